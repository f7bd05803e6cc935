//! Cron expressions: five fields, read by croner, on jiff's time zones.
//! Refuses one that is never due, and decides what a fixed time does that the clock leaves out or repeats.

use super::invalid;
use contract::{ApiError, Time, words};
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CivilDateTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use std::cmp::Ordering;

/// What to type.
const NEXT: &str = "It has five fields: minute, hour, day of the month, month, day of the week. 30 2 * * 1-5 is 02:30 on weekdays.";

/// Times of day that are looked at one by one: more of them are no fixed times any more, but an interval.
const FIXED: usize = 48;

/// An expression. croner moves a time that the clock leaves out behind the gap, and runs one that it repeats once, only where
/// the expression has a single time of day. So one with several is several expressions here.
#[derive(Clone, Debug)]
pub(super) struct Cron(Vec<croner::Cron>);

impl Cron {
    pub(super) fn parse(expression: &str) -> Result<Cron, ApiError> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let shown = words::excerpt(expression);
        let whole = parser.parse(expression).map_err(|error| wrong(&shown, &error))?;
        // On any day: what is never due in one time zone is due in none.
        let start = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
        if whole.find_next_occurrence(&At(start), false).is_err() {
            let message = format!("\"{shown}\" never runs: there is no such day");
            return Err(invalid(message, "Choose a day that exists in the month."));
        }
        let fixed = fixed(expression).into_iter().map(|one| parser.parse(&one));
        let fixed: Vec<croner::Cron> =
            fixed.collect::<Result<_, _>>().map_err(|error| wrong(&shown, &error))?;
        Ok(Cron(if fixed.is_empty() { vec![whole] } else { fixed }))
    }

    /// The next time after this one.
    pub(super) fn after(&self, at: Time, zone: &TimeZone) -> Option<Time> {
        let at = At(super::zoned(at, zone)?);
        let next = |cron: &croner::Cron| {
            Some(Time(cron.find_next_occurrence(&at, false).ok()?.0.timestamp().as_millisecond()))
        };
        self.0.iter().filter_map(next).min()
    }
}

/// The same expression for each of its times of day; nothing for one that has no list of them, or a long one.
fn fixed(expression: &str) -> Vec<String> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields[..] else { return Vec::new() };
    let is_list = |field: &str| field.chars().all(|c| c.is_ascii_digit() || c == ',');
    let count = minutes.split(',').count() * hours.split(',').count();
    if !is_list(minutes) || !is_list(hours) || count > FIXED {
        return Vec::new();
    }
    let times = hours.split(',').flat_map(|hour| minutes.split(',').map(move |minute| (minute, hour)));
    times.map(|(minute, hour)| format!("{minute} {hour} {days} {months} {weekdays}")).collect()
}

fn wrong(shown: &str, error: &CronError) -> ApiError {
    let why = match error {
        CronError::EmptyPattern => "it is empty".to_owned(),
        CronError::InvalidDate | CronError::InvalidTime | CronError::TimeSearchLimitExceeded => {
            "there is no such time".to_owned()
        }
        CronError::InvalidPattern(_) => "it has another number of fields".to_owned(),
        CronError::IllegalCharacters(_) => "it has characters that mean nothing".to_owned(),
        CronError::ComponentError(why) => words::within_a_sentence(why.trim_end_matches('.')),
    };
    invalid(format!("\"{shown}\" is not a cron expression: {why}"), NEXT)
}

/// A moment in a time zone, for croner to search from.
#[derive(Clone, Debug)]
struct At(ZonedDateTime);

impl CronDateTime for At {
    fn to_civil(&self) -> CivilDateTime {
        let at = self.0.datetime();
        let part = |part: i8| u32::try_from(part).unwrap_or(0);
        let civil = CivilDateTime::from_ymd_hms_opt(
            i32::from(at.year()),
            part(at.month()),
            part(at.day()),
            part(at.hour()),
            part(at.minute()),
            part(at.second()),
        );
        // A date of the calendar has no other parts.
        civil.unwrap_or_else(|| unreachable!("{at} is a date"))
    }

    fn civil_weekday(&self) -> Weekday {
        match self.0.weekday() {
            jiff::civil::Weekday::Sunday => Weekday::Sunday,
            jiff::civil::Weekday::Monday => Weekday::Monday,
            jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
            jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
            jiff::civil::Weekday::Thursday => Weekday::Thursday,
            jiff::civil::Weekday::Friday => Weekday::Friday,
            jiff::civil::Weekday::Saturday => Weekday::Saturday,
        }
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<At>, CronError> {
        let at = datetime(civil).ok_or(CronError::InvalidDate)?;
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(at);
        let at =
            |zoned: Result<ZonedDateTime, jiff::Error>| zoned.map(At).map_err(|_| CronError::InvalidTime);
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(at(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(at(ambiguous.clone().earlier())?, at(ambiguous.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<At> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(At)
    }

    fn cmp_instant(&self, other: &At) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn datetime(civil: CivilDateTime) -> Option<DateTime> {
    let part = |part: u32| i8::try_from(part).ok();
    let (year, month, day) = (i16::try_from(civil.year()).ok()?, part(civil.month())?, part(civil.day())?);
    let (hour, minute, second) = (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}
