//! When a schedule is due in the words of people, and back: `every 30 min`, `weekdays 02:30`.
//! Refuses to judge a cron expression: what isn't such words is one, and the service reads it.

use crate::{Schedule, ScheduledJob, Timing};

/// Days of the week by their number in cron, as they are said and as they are typed.
const DAYS: [(&str, &str); 7] = [
    ("sundays", "sun"),
    ("mondays", "mon"),
    ("tuesdays", "tue"),
    ("wednesdays", "wed"),
    ("thursdays", "thu"),
    ("fridays", "fri"),
    ("saturdays", "sat"),
];

/// What to type.
const EXAMPLES: &str = "Enter it as every 30 min, daily 02:30, weekdays 02:30, sundays 03:00, or as a cron expression: 30 2 * * 1-5.";

/// What a schedule does, in words.
pub fn scheduled_job(job: &ScheduledJob) -> &'static str {
    super::operation_kind(job.job().kind())
}

/// What a schedule is about: its vCenters, or where it looks.
pub fn scheduled_about(schedule: &Schedule) -> String {
    match (&schedule.tag, schedule.job.scan()) {
        (Some(tag), _) => format!("tag {tag}"),
        (None, Some(scan)) => scan.ranges.join(", "),
        (None, None) if schedule.job.is_on_vcenters() => schedule.vcenters.join(", "),
        (None, None) => "all known servers".to_owned(),
    }
}

/// When a schedule is due: `every 30 min`, `weekdays 02:30`; a cron expression that has no such words as it is.
pub fn timing(timing: &Timing) -> String {
    match timing {
        Timing::EverySeconds(seconds) => match seconds {
            s if *s > 86_400 && s % 86_400 == 0 => format!("every {} days", s / 86_400),
            s if *s > 0 && s % 3600 == 0 => format!("every {} h", s / 3600),
            s if *s > 0 && s % 60 == 0 => format!("every {} min", s / 60),
            s => format!("every {s} s"),
        },
        Timing::Cron(expression) => said(expression).unwrap_or_else(|| expression.clone()),
    }
}

/// When a schedule is due; of a smart one, how often.
pub fn due(when: &Timing, smart: bool) -> String {
    if smart { format!("smart, about {}", timing(when)) } else { timing(when) }
}

/// A cron expression of whole times of day, in words.
fn said(expression: &str) -> Option<String> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hours, "*", "*", days] = fields[..] else { return None };
    let minute: u8 = minute.parse().ok().filter(|minute| *minute < 60)?;
    let mut times = Vec::new();
    for hour in hours.split(',') {
        let hour: u8 = hour.parse().ok().filter(|hour| *hour < 24)?;
        times.push(format!("{hour:02}:{minute:02}"));
    }
    Some(format!("{} {}", said_days(days)?, times.join(", ")))
}

fn said_days(days: &str) -> Option<String> {
    let lower = days.to_lowercase();
    match &*lower {
        "*" => return Some("daily".to_owned()),
        "1-5" | "mon-fri" => return Some("weekdays".to_owned()),
        "0,6" | "6,0" | "sat,sun" | "sun,sat" => return Some("weekends".to_owned()),
        _ => {}
    }
    let said = lower.split(',').map(|day| {
        let number = day.parse::<usize>().ok().filter(|number| *number <= 7).map(|number| number % 7);
        let number = number.or_else(|| DAYS.iter().position(|(_, short)| *short == day))?;
        Some(DAYS[number].0)
    });
    Some(said.collect::<Option<Vec<_>>>()?.join(", "))
}

/// What somebody typed for when a schedule is due; else what is wrong with it and what to type.
pub fn timing_of(text: &str) -> Result<Timing, (String, &'static str)> {
    let typed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = typed.to_lowercase();
    if lower.is_empty() {
        return Err(("no time is specified".to_owned(), EXAMPLES));
    }
    if is_cron(&lower) {
        return Ok(Timing::Cron(typed));
    }
    if let Some(seconds) = interval(&lower) {
        return Ok(Timing::EverySeconds(seconds));
    }
    let wrong = || (format!("\"{}\" is not a time that Muster understands", super::excerpt(text)), EXAMPLES);
    at_times(&lower).map(Timing::Cron).ok_or_else(wrong)
}

/// Whether this is meant as a cron expression, right or wrong.
fn is_cron(lower: &str) -> bool {
    let is_field = |field: &str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*,-/#?".contains(c));
    let fields: Vec<&str> = lower.split(' ').collect();
    let begins_so = lower.starts_with(|c: char| c == '*' || c.is_ascii_digit());
    lower.starts_with('@') || (begins_so && fields.len() >= 4 && fields.iter().all(|field| is_field(field)))
}

/// `every 30 min`, `30m`, `every hour`.
fn interval(lower: &str) -> Option<u64> {
    let rest = lower.strip_prefix("every ").unwrap_or(lower);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = rest.split_at(digits);
    let number: u64 = match number {
        "" if lower.starts_with("every ") => 1,
        number => number.parse().ok()?,
    };
    let unit = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        // A day without its time of day would run whenever it was saved.
        "d" | "days" if digits > 0 => 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// `weekdays 02:30`, `mondays, thursdays at 6:00`, `daily 02:30, 14:30`: as cron.
fn at_times(lower: &str) -> Option<String> {
    let words = lower.replace(',', " ");
    let mut words: Vec<&str> =
        words.split(' ').filter(|word| !matches!(*word, "" | "at" | "and" | "on" | "every")).collect();
    let times = words.split_off(words.iter().position(|word| word.contains(':'))?);
    let mut minute = None;
    let mut hours = Vec::new();
    for time in times {
        let (hour, minutes) = time.split_once(':')?;
        let (hour, minutes): (u8, u8) = (hour.parse().ok()?, minutes.parse().ok()?);
        // Cron has the same minute for all hours.
        if hour > 23 || minutes > 59 || minute.is_some_and(|minute| minute != minutes) {
            return None;
        }
        minute = Some(minutes);
        hours.push(hour);
    }
    hours.sort_unstable();
    hours.dedup();
    let hours = hours.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    Some(format!("{} {hours} * * {}", minute?, days(&words)?))
}

fn days(words: &[&str]) -> Option<String> {
    match words {
        [] | ["daily" | "day" | "days"] => return Some("*".to_owned()),
        ["weekdays" | "weekday"] => return Some("1-5".to_owned()),
        ["weekends" | "weekend"] => return Some("0,6".to_owned()),
        _ => {}
    }
    let number = |word: &&str| {
        DAYS.iter().position(|(plural, short)| {
            word == plural || *word == plural.trim_end_matches('s') || word == short
        })
    };
    let mut numbers = words.iter().map(number).collect::<Option<Vec<_>>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(expression: &str) -> Timing {
        Timing::Cron(expression.to_owned())
    }

    #[test]
    fn when_a_schedule_is_due_can_be_typed_as_people_say_it() {
        for (typed, expected) in [
            ("every 30 min", Timing::EverySeconds(1800)),
            ("Every 30 Minutes", Timing::EverySeconds(1800)),
            ("30m", Timing::EverySeconds(1800)),
            ("every hour", Timing::EverySeconds(3600)),
            (" every  2 h ", Timing::EverySeconds(7200)),
            ("every 5 s", Timing::EverySeconds(5)),
            ("every 2 days", Timing::EverySeconds(172_800)),
            ("weekdays 02:30", cron("30 2 * * 1-5")),
            ("Weekdays at 2:30", cron("30 2 * * 1-5")),
            ("daily 02:30", cron("30 2 * * *")),
            ("every day at 02:30", cron("30 2 * * *")),
            ("02:30", cron("30 2 * * *")),
            ("daily 14:30, 02:30", cron("30 2,14 * * *")),
            ("sundays 03:00", cron("0 3 * * 0")),
            ("every sunday 03:00", cron("0 3 * * 0")),
            ("fri, mon and wed 03:00", cron("0 3 * * 1,3,5")),
            ("weekends 03:00", cron("0 3 * * 0,6")),
            ("30 2 * * MON-FRI", cron("30 2 * * MON-FRI")),
            ("*/15 * * * *", cron("*/15 * * * *")),
            ("99 2 30 2 *", cron("99 2 30 2 *")),
            ("@daily", cron("@daily")),
        ] {
            assert_eq!(timing_of(typed), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_to_type() {
        for typed in [
            "",
            "often",
            "every",
            "every day",
            "daily",
            "daily 25:00",
            "daily 02:30, 03:45",
            "30",
            "mondays",
            "every -5 min",
        ] {
            let (message, next) = timing_of(typed).unwrap_err();
            assert!(!message.is_empty() && next.contains("weekdays 02:30"), "{typed}: {message}");
        }
    }

    #[test]
    fn words_say_the_same_again_when_they_are_typed() {
        for (timed, words) in [
            (Timing::EverySeconds(1800), "every 30 min"),
            (Timing::EverySeconds(86_400), "every 24 h"),
            (Timing::EverySeconds(7 * 86_400), "every 7 days"),
            (Timing::EverySeconds(5400), "every 90 min"),
            (Timing::EverySeconds(45), "every 45 s"),
            (cron("30 2 * * 1-5"), "weekdays 02:30"),
            (cron("30 2 * * *"), "daily 02:30"),
            (cron("0 3 * * 0"), "sundays 03:00"),
            (cron("0 3 * * 1,4"), "mondays, thursdays 03:00"),
            (cron("30 2,14 * * *"), "daily 02:30, 14:30"),
            (cron("0 3 * * 0,6"), "weekends 03:00"),
            (cron("*/15 * * * *"), "*/15 * * * *"),
            (cron("0 3 1 * *"), "0 3 1 * *"),
        ] {
            assert_eq!(timing(&timed), words);
            assert_eq!(timing_of(words), Ok(timed), "{words}");
        }
        assert_eq!(timing(&cron("0 3 * * MON-FRI")), "weekdays 03:00");
        assert_eq!(timing(&cron("0 3 * * SUN")), "sundays 03:00");
        assert_eq!(timing(&cron("0 3 * * 7")), "sundays 03:00");
    }
}
