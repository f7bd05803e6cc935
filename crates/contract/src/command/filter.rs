//! Which operations somebody wants to see: filters as data, the same for the window, the command line and the database.
//! Refuses to look anything up: what it is held against is an operation and the time.

use crate::condition::{self, Wanted};
use crate::{ApiError, Code, Operation, OperationKind, OperationState, Origin, Time, VcenterId, words};
use serde::{Deserialize, Serialize};

/// Operations that meet all of these; what is empty or `None` leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationFilter {
    /// On this vCenter.
    pub vcenter: Option<VcenterId>,
    /// Of any of these kinds.
    pub kinds: Vec<OperationKind>,
    /// In any of these states.
    pub states: Vec<OperationState>,
    /// Asked for by whom.
    pub origin: Option<Origin>,
    /// Submitted since then.
    pub since: Option<Since>,
    /// Submitted before then.
    pub until: Option<Since>,
}

impl OperationFilter {
    /// Those of one vCenter.
    pub fn of(vcenter: VcenterId) -> OperationFilter {
        OperationFilter { vcenter: Some(vcenter), ..OperationFilter::default() }
    }

    /// Whether any operation is left out.
    pub fn is_narrow(&self) -> bool {
        *self != OperationFilter::default()
    }

    /// Whether an operation meets it. The database answers the same.
    pub fn has(&self, operation: &Operation, now: Time) -> bool {
        self.vcenter.as_ref().is_none_or(|id| operation.is_of(id))
            && (self.kinds.is_empty() || self.kinds.contains(&operation.kind()))
            && (self.states.is_empty() || self.states.contains(&operation.state))
            && self.origin.is_none_or(|origin| operation.origin == origin)
            && self.since.is_none_or(|since| operation.submitted_at >= since.at(now))
            && self.until.is_none_or(|until| operation.submitted_at < until.at(now))
    }
}

/// A point in time, or how long ago that is: whoever asks again later means later then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Since {
    /// Then.
    Time(Time),
    /// So many seconds ago.
    Ago(u64),
}

impl Since {
    /// When that is.
    pub fn at(self, now: Time) -> Time {
        match self {
            Since::Time(time) => time,
            Since::Ago(seconds) => {
                let ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                Time(now.0.saturating_sub(ms))
            }
        }
    }
}

impl std::str::FromStr for Since {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Since, ApiError> {
        match condition::moment(text.trim()) {
            Some(Wanted::Ago(ms)) => Ok(Since::Ago(u64::try_from(ms / 1000).unwrap_or(0))),
            Some(Wanted::At(ms)) => Ok(Since::Time(Time(ms))),
            _ => {
                let shown = words::excerpt(text);
                let message = format!("\"{shown}\" is neither a time nor an age");
                Err(ApiError::new(Code::InvalidValue, message)
                    .next("Specify an age such as 30m, 2h or 7d, or a time such as 2026-03-01T12:00:00Z."))
            }
        }
    }
}

/// As it is read again.
impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Since::Time(time) => time.fmt(f),
            Since::Ago(seconds) => {
                let units = [(86_400, "d"), (3600, "h"), (60, "m")];
                let fits = |(size, _): &(u64, &str)| seconds >= *size && seconds.is_multiple_of(*size);
                let (size, unit) = units.into_iter().find(fits).unwrap_or((1, "s"));
                write!(f, "{}{unit}", seconds / size)
            }
        }
    }
}

/// Operations that were asked for, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// No more than were asked for.
    pub operations: Vec<Operation>,
    /// Whether older ones match too.
    pub has_more: bool,
}

/// Puts an operation that changed where it belongs among others, the newest first; takes it away where it doesn't.
pub(super) fn put(operations: &mut Vec<Operation>, operation: &Operation, belongs: bool) {
    let known = operations.iter().position(|one| one.id == operation.id);
    match (known, belongs) {
        (Some(at), true) => operations[at].clone_from(operation),
        (Some(at), false) => drop(operations.remove(at)),
        (None, true) => {
            // Ids begin with the time too, and tell apart what was submitted in one moment.
            let age = |one: &Operation| (one.submitted_at, one.id.clone());
            let own = age(operation);
            let at = operations.iter().position(|one| age(one) < own).unwrap_or(operations.len());
            operations.insert(at, operation.clone());
        }
        (None, false) => {}
    }
}

/// When an operation changed that was heard of just now, as far as it says itself: close enough to tell an age by.
pub(super) fn changed_at(operation: &Operation) -> Time {
    operation.finished_at.or(operation.started_at).unwrap_or(operation.submitted_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_read_as_people_write_it_and_written_as_it_is_read() {
        for (text, since, written) in [
            ("90s", Since::Ago(90), "90s"),
            ("2h", Since::Ago(7200), "2h"),
            (" 7d ", Since::Ago(604_800), "7d"),
            ("1w", Since::Ago(604_800), "7d"),
            ("2026-03-01T12:00:00Z", Since::Time(Time(1_772_366_400_000)), "2026-03-01T12:00:00Z"),
            ("2026-03-01T13:00:00+01:00", Since::Time(Time(1_772_366_400_000)), "2026-03-01T12:00:00Z"),
            ("2026-03-01", Since::Time(Time(1_772_323_200_000)), "2026-03-01T00:00:00Z"),
        ] {
            let read: Since = text.parse().unwrap();
            assert_eq!((read, read.to_string().as_str()), (since, written), "{text}");
            assert_eq!(written.parse::<Since>().unwrap(), since);
            let json = serde_json::to_string(&since).unwrap();
            assert_eq!(serde_json::from_str::<Since>(&json).unwrap(), since, "{json}");
        }
        for text in ["", "yesterday", "5", "-2h", "2 fortnights", "2026-13-01", "99999999999999999999d"] {
            let error = text.parse::<Since>().unwrap_err();
            assert!(error.next_step.is_some_and(|next| next.contains("7d")), "{text}");
        }
        assert_eq!(Since::Ago(2).at(Time(5_000)), Time(3_000));
        assert!(Since::Ago(u64::MAX).at(Time(0)).0 < 0);
    }
}
