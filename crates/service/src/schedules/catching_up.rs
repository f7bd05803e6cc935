//! Spreads what is started late: what was held up, or missed while nobody was there, on many vCenters at once.
//! Refuses to store anything: each worker spreads from when it sees that nothing holds a run up any more.

use super::due::{Plan, Spread};
use contract::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{PlannedRuns, RunOf};

/// The runs of this process that are late. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct CatchingUp(Arc<Mutex<HashMap<RunOf, Late>>>);

#[derive(Clone, Copy)]
struct Late {
    planned: Time,
    /// Since when nothing holds it up any more.
    free_since: Option<Time>,
}

impl CatchingUp {
    /// Forgets what was started since, here or elsewhere.
    pub(super) fn keep(&self, planned: &PlannedRuns) {
        self.all().retain(|of, late| planned.get(of).is_some_and(|now| now.next_at == late.planned));
    }

    /// A run that is due is held up.
    pub(super) fn is_held(&self, of: &RunOf, planned: Time) {
        self.all().insert(of.clone(), Late { planned, free_since: None });
    }

    /// When a run that is due and not held up may start: at once, unless it is late.
    pub(super) fn starts(&self, of: &RunOf, planned: Time, plan: &Plan, spread: Spread, now: Time) -> Time {
        let mut all = self.all();
        let is_late = plan.is_late(plan.due(planned, spread), now);
        if !is_late && !all.contains_key(of) {
            return now;
        }
        let late = all.entry(of.clone()).or_insert(Late { planned, free_since: None });
        // A clock that was set back must not keep it until it comes to that time again.
        let since = late.free_since.filter(|since| *since <= now).unwrap_or(now);
        late.free_since = Some(since);
        plan.spread_from(since, planned, spread)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<RunOf, Late>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
