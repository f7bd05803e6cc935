//! Analytics in words: when a datastore is full, and why no date is told.
//! Refuses to sound surer than the numbers are: a date is a range.

use crate::Time;
use crate::analytics::{DatastoreTrend, NoDate};

/// When it is full, as in `2026-12-01 to 2027-01-15`, or why that can't be told.
pub fn full(one: &DatastoreTrend) -> String {
    match (one.full_earliest, one.full_latest, one.no_date) {
        (Some(_), ..) if one.used_bytes >= one.capacity_bytes => "Full".to_owned(),
        (Some(earliest), Some(latest), _) if day(earliest) == day(latest) => day(earliest),
        (Some(earliest), Some(latest), _) => format!("{} to {}", day(earliest), day(latest)),
        (Some(earliest), None, _) => format!("{} or later", day(earliest)),
        (None, _, Some(why)) => no_date(why).to_owned(),
        (None, _, None) => String::new(),
    }
}

/// Why there is no date.
pub fn no_date(why: NoDate) -> &'static str {
    match why {
        NoDate::NotRead => "Not read in the last 7 days",
        NoDate::TooFewDays => "Fewer than 7 days measured",
        NoDate::NotGrowing => "Not clearly growing",
        NoDate::NotSoon => "Not within 3 years",
    }
}

/// `2026-12-01`, in UTC.
fn day(at: Time) -> String {
    at.to_string().chars().take(10).collect()
}
