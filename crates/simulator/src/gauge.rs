//! How many pages are written at once, and a gate for who wants to see that several are.
//! Refuses to hold anybody for ever: who waits at the gate goes on after a while.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than another call takes to arrive on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub(crate) struct Gauge {
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Count {
    inside: usize,
    most: usize,
    /// Who comes in waits until there were so many at once.
    together: usize,
}

/// One page that is being written.
pub(crate) struct Inside<'a>(&'a Gauge);

impl Gauge {
    /// Comes in, and waits at the gate if there is one.
    pub(crate) fn enter(&self) -> Inside<'_> {
        let mut count = self.count();
        count.inside += 1;
        count.most = count.most.max(count.inside);
        self.changed.notify_all();
        let few = |count: &mut Count| count.most < count.together;
        let waited = self.changed.wait_timeout_while(count, PATIENCE, few);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        Inside(self)
    }

    /// Counts anew, and puts up the gate: from now on who comes in waits until so many are inside.
    pub(crate) fn gather(&self, together: usize) {
        let mut count = self.count();
        (count.most, count.together) = (count.inside, together);
    }

    /// The most that were inside at once.
    pub(crate) fn most(&self) -> usize {
        self.count().most
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        // Numbers are never half-changed.
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.count().inside -= 1;
    }
}
