//! The calls in flight on one session: as many at once as the server takes well, each through a collector of its own.
//! Refuses to know what is read, and to give up: it only slows down.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use vsphere::{Collector, Error, Session};

/// Calls in flight on a vCenter.
const ON_A_VCENTER: usize = 4;

/// Calls in flight on an ESXi host, whose management service stalls under more.
const ON_A_HOST: usize = 2;

/// So many calls in a row have to go well before there is one more in flight again.
const SUCCESSES: u32 = 16;

/// The room for calls on one session.
pub(super) struct Slots<'a> {
    session: &'a Session,
    permits: Semaphore,
    free: Mutex<Vec<Collector>>,
    width: Mutex<Width>,
}

/// How many calls may be in flight.
#[derive(Debug)]
struct Width {
    most: usize,
    now: usize,
    /// Permits that are withdrawn when they are given back.
    surplus: usize,
    successes: u32,
}

impl Width {
    fn new(most: usize) -> Width {
        Width { most, now: most, surplus: 0, successes: 0 }
    }

    fn narrow(&mut self) {
        let narrower = (self.now / 2).max(1);
        self.surplus += self.now - narrower;
        self.now = narrower;
        self.successes = 0;
    }

    /// Counts a call that went well; true if there is room for one more from now on.
    fn widen(&mut self) -> bool {
        self.successes += 1;
        if self.now == self.most || self.successes < SUCCESSES {
            return false;
        }
        self.successes = 0;
        self.now += 1;
        // A permit that is still to be withdrawn need not be given out anew.
        let is_new = self.surplus == 0;
        self.surplus -= usize::from(!is_new);
        is_new
    }
}

impl<'a> Slots<'a> {
    pub(super) fn new(session: &'a Session) -> Slots<'a> {
        let most = if session.about().is_host() { ON_A_HOST } else { ON_A_VCENTER };
        Slots {
            session,
            permits: Semaphore::new(most),
            free: Mutex::default(),
            width: Mutex::new(Width::new(most)),
        }
    }

    /// The most calls that may ever be in flight.
    pub(super) fn most(&self) -> usize {
        self.width().most
    }

    /// Room for one call, when there is some.
    pub(super) async fn take(&self) -> Result<Slot<'_>, Error> {
        #[expect(clippy::expect_used, reason = "nobody closes the semaphore")]
        let permit = self.permits.acquire().await.expect("it is open");
        let idle = self.free().pop();
        let collector = match idle {
            Some(collector) => collector,
            None => Collector::create(self.session).await?,
        };
        Ok(Slot { slots: self, collector: Some(collector), permit: Some(permit) })
    }

    /// Fewer calls at once from now on, because the server refused, dropped or stalled one.
    pub(super) fn throttle(&self) {
        self.width().narrow();
    }

    /// A call went well.
    pub(super) fn went_well(&self) {
        if self.width().widen() {
            self.permits.add_permits(1);
        }
    }

    /// Gives the collectors back that nobody uses.
    pub(super) async fn close(&self) {
        let free = std::mem::take(&mut *self.free());
        futures_util::future::join_all(free.into_iter().map(Collector::destroy)).await;
    }

    fn free(&self) -> MutexGuard<'_, Vec<Collector>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn width(&self) -> MutexGuard<'_, Width> {
        self.width.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for one call; given back when dropped.
pub(super) struct Slot<'a> {
    slots: &'a Slots<'a>,
    collector: Option<Collector>,
    permit: Option<SemaphorePermit<'a>>,
}

impl Slot<'_> {
    /// The collector to call.
    pub(super) fn collector(&self) -> &Collector {
        #[expect(clippy::expect_used, reason = "who discards it makes no call after that")]
        self.collector.as_ref().expect("it is there until it is given back or discarded")
    }

    /// Forgets a collector that the server no longer has: the next call gets another one.
    pub(super) fn discard(&mut self) {
        self.collector = None;
    }
}

/// Whether a server answers that it no longer has the collector that was called.
pub(super) fn lacks_collector(error: &Error) -> bool {
    matches!(error, Error::ManagedObjectNotFound { moref: Some(moref), .. } if &*moref.kind == "PropertyCollector")
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.free().extend(self.collector.take());
        let mut width = self.slots.width();
        if width.surplus > 0
            && let Some(permit) = self.permit.take()
        {
            width.surplus -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttled_server_gets_fewer_calls_at_once_and_more_again_slowly() {
        let mut width = Width::new(4);
        width.narrow();
        assert_eq!((width.now, width.surplus), (2, 2));
        width.narrow();
        width.narrow();
        assert_eq!((width.now, width.surplus), (1, 3), "one call is always in flight");
        width.surplus = 0;
        let more: u32 = (0..3 * SUCCESSES).map(|_| u32::from(width.widen())).sum();
        assert_eq!((more, width.now), (3, 4));
        assert!((0..2 * SUCCESSES).all(|_| !width.widen()), "and never more than at the beginning");
    }

    #[test]
    fn room_that_is_still_to_be_withdrawn_is_not_given_out_twice() {
        let mut width = Width::new(4);
        width.narrow();
        assert!((0..2 * SUCCESSES).all(|_| !width.widen()), "the two permits were never given back");
        assert_eq!((width.now, width.surplus), (4, 0));
    }
}
