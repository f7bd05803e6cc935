//! Times in words: how old something is, how long it took, how fast it goes and how long it will take.
//! Refuses to format a date: that is done as the reader's locale, or a program, wants it.

use super::{bytes, capital, counted, grouped};
use crate::{Operation, OperationState, Time};

/// `12 s`, `3 min`, `1 h 30 min`, `5 h`, `2 days`: the two largest units where the second one matters.
pub fn duration(seconds: i64) -> String {
    let (m, h, d) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..3600 => format!("{m} min"),
        3600..86_400 if h < 6 && m % 60 > 0 => format!("{h} h {} min", m % 60),
        3600..86_400 => format!("{h} h"),
        _ => counted(usize::try_from(d).unwrap_or_default(), "day", "days"),
    }
}

/// How long it is until a time, rounded up as whoever waits for it does: `40 s`, `2 h`, `1 day 3 h`; nothing is `0 s`.
pub fn until(until: Time, now: Time) -> String {
    let seconds = (until.0.saturating_sub(now.0).max(0).saturating_add(999)) / 1000;
    let minutes = seconds.saturating_add(59) / 60;
    match seconds {
        ..60 => duration(seconds),
        60..86_340 => duration(minutes * 60),
        _ => {
            let (days, hours) = (minutes / 1440, minutes % 1440 / 60);
            let days = counted(usize::try_from(days).unwrap_or_default(), "day", "days");
            if hours == 0 { days } else { format!("{days} {hours} h") }
        }
    }
}

/// How long something took: `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`.
pub fn took(ms: i64) -> String {
    match ms {
        ..100 => "< 0.1 s".to_owned(),
        100..10_000 if ms % 1000 / 100 > 0 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => to_the_second(ms / 1000),
    }
}

/// The same where most are short, and which of them isn't is what people look for: `40 ms`, `12 s`.
pub fn exactly(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { took(i64::try_from(ms).unwrap_or(i64::MAX)) }
}

fn to_the_second(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// How many milliseconds an operation ran; `None` for one that never began or still runs, and where a clock was set back.
pub fn ran(operation: &Operation) -> Option<i64> {
    let (start, end) = (operation.started_at?, operation.finished_at?);
    (start <= end).then(|| end.0.saturating_sub(start.0))
}

/// How old something is: `5 s`, `3 min`, `never`.
pub fn age(at: Option<Time>, now: Time) -> String {
    match at.map(|at| at.age_seconds(now)) {
        None => "never".to_owned(),
        // A clock was wrong, then or now.
        Some(None) => IN_THE_FUTURE.to_owned(),
        Some(Some(seconds)) => duration(seconds),
    }
}

/// How many seconds ago something was: `just now`, `3 min ago`; `None` for what is dated in the future.
pub fn ago(seconds: Option<i64>) -> String {
    match seconds {
        None => IN_THE_FUTURE.to_owned(),
        Some(..10) => "just now".to_owned(),
        Some(seconds) => format!("{} ago", duration(seconds)),
    }
}

const IN_THE_FUTURE: &str = "in the future";

/// `1,200/s`.
pub fn rate(a_second: u64) -> String {
    format!("{}/s", number(a_second))
}

/// `2.4 MiB/s`.
pub fn byte_rate(a_second: u64) -> String {
    format!("{}/s", bytes(i64::try_from(a_second).unwrap_or(i64::MAX)))
}

fn number(number: u64) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// `20 s left`, `3 min left`.
pub fn left(seconds: u64) -> String {
    format!("{} left", to_the_second(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// What an operation that waits or runs does, how far it is, how fast it goes and how long it will take, as far as each is
/// known: `Reading VMs`, `42 %`, `1,200 of 3,000`, `430/s`, `2.4 MiB/s`, `20 s left`.
pub fn progress(operation: &Operation) -> Vec<String> {
    let progress = &operation.progress;
    let mut facts = vec![step(operation)];
    // One that waits to be tried again says so by itself.
    if progress.attempts > 1 && !progress.is_to_be_tried_again() {
        facts.push(format!("attempt {}", progress.attempts));
    }
    if operation.state != OperationState::Running {
        return facts;
    }
    facts.extend(progress.percent.map(|percent| format!("{percent} %")));
    // When everything is read, what is left is to compare and write it.
    if progress.percent.is_some() && progress.done < progress.total {
        facts.push(format!("{} of {}", number(progress.done), number(progress.total)));
        facts.extend(progress.objects_per_second.map(rate));
        facts.extend(progress.bytes_per_second.map(byte_rate));
    }
    facts.extend(progress.remaining_seconds.map(left));
    facts
}

/// What an operation that waits or runs does at the moment.
pub fn step(operation: &Operation) -> String {
    match operation.state {
        OperationState::Queued => "Queued".to_owned(),
        _ if operation.progress.step.is_empty() => "Starting".to_owned(),
        _ => capital(&operation.progress.step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rounded_up() {
        for (ms, words) in [
            (-5, "0 s"),
            (1, "1 s"),
            (59_500, "1 min"),
            (7_199_500, "2 h"),
            (86_399_000, "1 day"),
            (97_200_000, "1 day 3 h"),
            (172_799_500, "2 days"),
        ] {
            assert_eq!(super::until(Time(1_000_000 + ms), Time(1_000_000)), words, "{ms}");
        }
    }

    #[test]
    fn ages_are_in_the_unit_that_people_would_say() {
        for (seconds, words) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (23 * 3600 + 1800, "23 h"),
            (86_400, "1 day"),
            (200_000, "2 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
        let now = Time(1_000_000);
        let aged =
            [Some(5_000), Some(300_000), Some(-1), None].map(|ms| age(ms.map(|ms| Time(now.0 - ms)), now));
        assert_eq!(aged, ["5 s", "5 min", "in the future", "never"]);
        let told = [Some(9), Some(10), Some(600), None].map(ago);
        assert_eq!(told, ["just now", "10 s ago", "10 min ago", "in the future"]);
    }

    #[test]
    fn what_is_short_is_told_to_the_millisecond() {
        let said = [0, 40, 999, 1_000, 65_000].map(exactly);
        assert_eq!(said, ["0 ms", "40 ms", "999 ms", "1 s", "1 min 5 s"]);
    }

    #[test]
    fn what_something_took_is_told_to_a_tenth_of_a_second_and_from_ten_on_to_the_second() {
        for (ms, words) in [
            (0, "< 0.1 s"),
            (99, "< 0.1 s"),
            (400, "0.4 s"),
            (1_000, "1 s"),
            (9_990, "9.9 s"),
            (12_900, "12 s"),
            (60_000, "1 min"),
            (65_000, "1 min 5 s"),
            (3_600_000, "1 h"),
            (3_725_000, "1 h 2 min"),
        ] {
            assert_eq!(took(ms), words);
        }
    }

    #[test]
    fn progress_says_what_is_known_and_nothing_else() {
        use crate::command::tests::operation;
        let mut one = operation("a", 0, crate::Origin::User, OperationState::Queued);
        let said = |one: &Operation| progress(one).join(", ");
        assert_eq!(said(&one), "Queued");
        one.state = OperationState::Running;
        assert_eq!(said(&one), "Starting");
        one.progress.step = "reading VMs".to_owned();
        (one.progress.done, one.progress.total) = (1200, 3000);
        assert_eq!(said(&one), "Reading VMs", "what is listed grows until all is counted");
        one.progress.percent = Some(32);
        assert_eq!(said(&one), "Reading VMs, 32 %, 1,200 of 3,000");
        one.progress.objects_per_second = Some(1430);
        one.progress.bytes_per_second = Some(2_516_582);
        one.progress.remaining_seconds = Some(65);
        one.progress.attempts = 2;
        assert_eq!(
            said(&one),
            "Reading VMs, attempt 2, 32 %, 1,200 of 3,000, 1,430/s, 2.4 MiB/s, 1 min 5 s left"
        );
        one.progress.done = 3000;
        one.progress.step = "writing".to_owned();
        assert_eq!(said(&one), "Writing, attempt 2, 32 %, 1 min 5 s left");
        one.progress.step = "attempt 3 of 4 in 2 s: connection reset".to_owned();
        assert!(said(&one).starts_with("Attempt 3 of 4 in 2 s: connection reset, 32 %"));
    }
}
