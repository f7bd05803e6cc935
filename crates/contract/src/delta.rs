//! What was published of a vCenter's inventory between two of its states.
//! Refuses to be taken over by a state of another history: who holds one reads everything again.

use crate::{Coverage, Kind, Moref, Object, Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A state of a vCenter's inventory. Each publish makes the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The history that the number counts: a backup that is restored begins another one. Empty before the first publish.
    pub epoch: Box<str>,
    /// How many publishes there were.
    pub number: i64,
}

impl Revision {
    /// Whether it is a later state of the same history.
    pub fn is_after(&self, other: &Revision) -> bool {
        self.epoch == other.epoch && self.number > other.number
    }
}

/// When one object was asked for, where that was later than its kind was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Age {
    /// Its kind.
    pub kind: Kind,
    /// Its moref.
    pub moref: Moref,
    /// When the call was sent that its values come from.
    pub asked_at: Time,
}

/// What makes a later state out of an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// The later state.
    pub revision: Revision,
    /// Objects that are new or differ.
    pub objects: Vec<Arc<Object>>,
    /// Objects that are there no more.
    pub gone: Vec<(Kind, Moref)>,
    /// What was read, and when: all of it.
    pub coverage: Vec<Coverage>,
    /// Objects that were read later than their kind: all of them.
    pub ages: Vec<Age>,
}
