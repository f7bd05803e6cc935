//! Quiet hours: each day from one time to another, over midnight where that comes first.
//! Refuses a whole day: that is a schedule that is off.

use super::invalid;
use contract::{ApiError, Time, words};
use jiff::civil::{Date, Time as OfDay};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Hours of each day in which nothing starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedules) struct Quiet {
    from: OfDay,
    to: OfDay,
}

impl Quiet {
    pub(super) fn parse(text: &str) -> Result<Quiet, ApiError> {
        let wrong = || {
            let message = format!("\"{}\" is not a valid range of hours", words::excerpt(text));
            invalid(message, "Enter it as 22:00-06:00.")
        };
        let (from, to) = text.split_once(['-', '\u{2013}']).ok_or_else(wrong)?;
        let (from, to) = (of_day(from).ok_or_else(wrong)?, of_day(to).ok_or_else(wrong)?);
        if from == to {
            let message =
                format!("quiet hours of a whole day leave no time to run: \"{}\"", words::excerpt(text));
            return Err(invalid(message, "Enter shorter ones, such as 22:00-06:00, or turn it off."));
        }
        Ok(Quiet { from, to })
    }

    /// When those end in which this time lies. They begin at their first moment and end before their last one.
    pub(super) fn end(&self, at: Time, zone: &TimeZone) -> Option<Time> {
        let at = super::zoned(at, zone)?;
        let (timestamp, today) = (at.timestamp(), at.date());
        // Those that began the day before may last until today.
        [today.yesterday().ok()?, today].into_iter().find_map(|day| {
            let last = if self.from < self.to { day } else { day.checked_add(1.day()).ok()? };
            let (from, to) = (instant(day, self.from, zone)?, instant(last, self.to, zone)?);
            (from <= timestamp && timestamp < to).then(|| Time(to.as_millisecond()))
        })
    }
}

impl std::fmt::Display for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Quiet { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.hour(), from.minute(), to.hour(), to.minute())
    }
}

/// `22:00`, `6:00`, `22`.
fn of_day(text: &str) -> Option<OfDay> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let number =
        |digits: &str| digits.parse::<i8>().ok().filter(|_| digits.chars().all(|c| c.is_ascii_digit()));
    OfDay::new(number(hour)?, number(minute)?, 0, 0).ok()
}

/// The first moment at which a clock shows this time or, where it leaves that out, a later one.
fn instant(day: Date, time: OfDay, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(day.to_datetime(time));
    let earlier = ambiguous.earlier().ok()?;
    if matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. }) {
        // As far before the gap as the time lies in it; the clock is put forward next.
        return zone.following(earlier).next().map(|transition| transition.timestamp());
    }
    Some(earlier)
}
