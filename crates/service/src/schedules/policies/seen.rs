//! How much of what happened a policy has answered: what is due when, what was read, and what waits to be answered.
//! Refuses to lose anything: it is stored as text, and moved on in the transaction that starts a run.

use super::plan;
use crate::explain;
use crate::schedules::Schedules;
use contract::policy::{Cause, Happened, PolicySettings};
use contract::{ApiError, Time, VcenterId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::PolicyRecord;

/// What a policy has answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// When each trigger that is a time is due next, by its place.
    pub(super) due: BTreeMap<usize, Time>,
    /// What happened up to here was read.
    pub(super) until: i64,
    /// What is to be answered, and not before when.
    pub(super) waiting: Vec<(Time, Cause)>,
    /// vCenters that could not be reached because there was no network at all: their return is no news either.
    pub(super) lost: BTreeSet<VcenterId>,
}

impl Seen {
    /// That of a policy; `None` if this release can't read it.
    pub(super) fn of(record: &PolicyRecord) -> Option<Seen> {
        serde_json::from_str(&record.seen).ok()
    }

    /// As it is stored.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When a time of it is due next.
    pub(super) fn next_due(&self) -> Option<Time> {
        self.due.values().min().copied()
    }

    /// Makes one of what is ready and alike: it waited for different times, and is answered together.
    pub(super) fn merge_ready(&mut self, now: Time) {
        let (ready, ahead) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(from, _)| *from <= now);
        self.waiting = ahead;
        let ready: Vec<(Time, Cause)> = ready;
        ready.into_iter().for_each(|(from, cause)| self.wait_for(from, cause, now));
    }

    /// That vCenters went offline is no event where there is no network.
    pub(super) fn lose_offline(&mut self) {
        for (_, cause) in self.waiting.extract_if(.., |(_, cause)| cause.what == Happened::Offline) {
            self.lost.extend(cause.vcenters);
        }
    }

    /// Lets something wait for its answer from a time on: with others of its sort that wait already it is one.
    pub(super) fn wait_for(&mut self, from: Time, cause: Cause, now: Time) {
        let is_one = |other: Time| from == other || from.max(other) <= now || cause.what == Happened::Offline;
        let mut waiting = self.waiting.iter_mut().map(|(from, cause)| (from, cause));
        let alike = waiting.find(|(other_from, other)| other.what == cause.what && is_one(**other_from));
        let Some((since, other)) = alike else { return self.waiting.push((from, cause)) };
        *since = (*since).min(from);
        other.at = other.at.min(cause.at);
        let new: Vec<VcenterId> =
            cause.vcenters.into_iter().filter(|id| !other.vcenters.contains(id)).collect();
        other.vcenters.extend(new);
        let after: Vec<_> = cause.after.into_iter().filter(|id| !other.after.contains(id)).collect();
        other.after.extend(after);
    }
}

impl Schedules {
    /// What a policy with these settings has answered if it begins now: everything.
    pub(super) async fn seen_now(&self, settings: &PolicySettings) -> Result<Seen, ApiError> {
        let now = (self.now)();
        let until = self.store.newest_happened().await.map_err(explain::store)?;
        let timings = settings.when.iter().enumerate();
        let due = timings.filter_map(|(place, trigger)| {
            Some((place, plan(settings, &trigger.timing()?).ok()?.after(now)?))
        });
        Ok(Seen { due: due.collect(), until, ..Seen::default() })
    }
}
