//! The snapshots of all vCenters, each behind an atomic pointer, and parts of them for those who need no more.
//! Refuses to wait for the network: what is read here is what is cached; and to read again what it has: of what was
//! published since, only what changed is taken over.

use crate::explain;
use arc_swap::ArcSwapOption;
use contract::{ApiError, Delta, Kind, Moref, Snapshot, StaleReads, Time, VcenterId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use store::{Part, Since, Store, Summary, aside};

/// How fresh a reader wants its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Whatever there is.
    Cached,
    /// Not older than this; older data is answered all the same, and refreshed.
    AtMost(Duration),
    /// The same where nobody asked for it in particular: it starts what is set for the vCenter, and what would cost too much
    /// of the time waits.
    ByItself(Duration, StaleReads),
}

impl Freshness {
    /// Whether data of this age will do. What is dated in the future has no age that anybody knows: a clock was wrong.
    pub fn accepts(self, synced_at: Option<Time>, now: Time) -> bool {
        match (self, synced_at) {
            (Freshness::Cached, _) => true,
            (Freshness::AtMost(_) | Freshness::ByItself(..), None) => false,
            (Freshness::AtMost(most) | Freshness::ByItself(most, _), Some(at)) => {
                (0..=millis(most)).contains(&(i128::from(now.0) - i128::from(at.0)))
            }
        }
    }
}

/// Whether what was read at a time was read since another one, and not dated by a clock that was wrong.
pub fn was_read_since(since: Time, synced_at: Option<Time>, now: Time) -> bool {
    synced_at.is_some_and(|at| (since..=now).contains(&at))
}

fn millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX)
}

/// The cache.
#[derive(Clone)]
pub(crate) struct Inventory {
    store: Store,
    slots: Arc<RwLock<HashMap<VcenterId, Arc<Slot>>>>,
}

/// What was read of a vCenter's inventory.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) snapshot: Arc<Snapshot>,
    /// Rows that were left out of it, because they are damaged.
    pub(crate) left_out: usize,
}

#[derive(Default)]
struct Slot {
    current: ArcSwapOption<Known>,
    /// Held by who puts another state in its place: each is newer than the one before.
    loading: tokio::sync::Mutex<()>,
}

impl Inventory {
    pub(crate) fn new(store: Store) -> Inventory {
        Inventory { store, slots: Arc::default() }
    }

    /// The inventory as it is known; from the database the first time.
    pub(crate) async fn read(&self, vcenter: &VcenterId) -> Result<Arc<Snapshot>, ApiError> {
        self.whole(vcenter).await.map(|known| known.snapshot)
    }

    /// A part of the inventory; all of it where somebody has read all of it already.
    pub(crate) async fn part(&self, vcenter: &VcenterId, part: &Part) -> Result<Known, ApiError> {
        if *part == Part::everything() || self.is_read(vcenter) {
            return self.whole(vcenter).await;
        }
        let loaded = self.store.load_part(vcenter, part).await.map_err(explain::store)?;
        let (kinds, left_out) = (part.kinds.clone(), loaded.damaged.len());
        let snapshot = aside(move || {
            Snapshot::part(loaded.objects, loaded.coverage, &kinds).at(loaded.revision, loaded.ages)
        })
        .await;
        Ok(Known { snapshot: Arc::new(snapshot), left_out })
    }

    /// Whether somebody has read all of it already.
    pub(crate) fn is_read(&self, vcenter: &VcenterId) -> bool {
        self.slot(vcenter).current.load().is_some()
    }

    /// How many there are of what, counted and not read.
    pub(crate) async fn summary(&self, vcenter: &VcenterId) -> Result<Summary, ApiError> {
        if let Some(current) = &*self.slot(vcenter).current.load() {
            let Known { snapshot, left_out } = &**current;
            let count = |kind: Kind| (kind, u64::try_from(snapshot.count(kind)).unwrap_or(u64::MAX));
            let counts = Kind::ALL.into_iter().map(count).collect();
            return Ok(Summary { counts, coverage: snapshot.coverage().to_vec(), left_out: *left_out });
        }
        self.store.summary(vcenter).await.map_err(explain::store)
    }

    /// What the objects of a kind are called, as far as that can be said without reading them.
    pub(crate) async fn names(
        &self,
        vcenter: &VcenterId,
        kind: Kind,
    ) -> Result<Vec<(Moref, Option<Box<str>>)>, ApiError> {
        self.store.names(vcenter, kind).await.map_err(explain::store)
    }

    async fn whole(&self, vcenter: &VcenterId) -> Result<Known, ApiError> {
        let slot = self.slot(vcenter);
        if let Some(current) = &*slot.current.load() {
            return Ok(Known::clone(current));
        }
        let _loading = slot.loading.lock().await;
        match slot.current.load_full() {
            Some(current) => Ok(Known::clone(&current)),
            None => self.load(vcenter, &slot).await,
        }
    }

    /// The inventory as the database has it now: what is known, and what was published since.
    pub(crate) async fn reload(&self, vcenter: &VcenterId) -> Result<Arc<Snapshot>, ApiError> {
        let slot = self.slot(vcenter);
        let _loading = slot.loading.lock().await;
        // A damaged row may have been written again, and is in no list of what is new: only reading everything finds it.
        if let Some(current) = slot.current.load_full().filter(|current| current.left_out == 0) {
            let since = self.store.since(vcenter, current.snapshot.revision()).await;
            match since.map_err(explain::store)? {
                Since::Nothing => return Ok(current.snapshot.clone()),
                Since::Delta(delta) => return Ok(take_over(&slot, current, *delta).await),
                Since::Unknown => {}
            }
        }
        self.load(vcenter, &slot).await.map(|known| known.snapshot)
    }

    /// Takes over what this process published. When it can't be read now, the next reader reads everything.
    pub(crate) async fn published(&self, vcenter: &VcenterId) {
        if let Err(error) = self.reload(vcenter).await {
            tracing::warn!(%vcenter, %error, "what was published could not be read again");
            self.slot(vcenter).current.store(None);
        }
    }

    /// Reads again what other processes published, if anybody here has read it at all.
    pub(crate) async fn reload_if_read(&self, vcenter: &VcenterId) {
        let slot = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(vcenter).cloned();
        let read = slot.is_some_and(|slot| slot.current.load().is_some());
        if read && let Err(error) = self.reload(vcenter).await {
            tracing::warn!(%vcenter, %error, "the inventory could not be read again");
        }
    }

    /// Reads everything again that anybody here has read.
    pub(crate) async fn reload_all(&self) {
        let known: Vec<VcenterId> =
            self.slots.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        for vcenter in known {
            self.reload_if_read(&vcenter).await;
        }
    }

    /// Forgets a vCenter that was removed.
    pub(crate) fn forget(&self, vcenter: &VcenterId) {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(vcenter);
    }

    /// Reads everything. The caller holds `loading`.
    async fn load(&self, vcenter: &VcenterId, slot: &Slot) -> Result<Known, ApiError> {
        let loaded = self.store.load(vcenter).await.map_err(explain::store)?;
        let left_out = loaded.damaged.len();
        let snapshot =
            aside(move || Snapshot::new(loaded.objects, loaded.coverage).at(loaded.revision, loaded.ages))
                .await;
        let known = Known { snapshot: Arc::new(snapshot), left_out };
        slot.current.store(Some(Arc::new(known.clone())));
        Ok(known)
    }

    fn slot(&self, vcenter: &VcenterId) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().unwrap_or_else(PoisonError::into_inner).get(vcenter) {
            return slot.clone();
        }
        self.slots.write().unwrap_or_else(PoisonError::into_inner).entry(vcenter.clone()).or_default().clone()
    }
}

/// Makes what was published since part of what is known. The caller holds `loading`.
async fn take_over(slot: &Slot, current: Arc<Known>, delta: Delta) -> Arc<Snapshot> {
    let next = aside(move || Arc::new(current.snapshot.after(delta))).await;
    slot.current.store(Some(Arc::new(Known { snapshot: next.clone(), left_out: 0 })));
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_dated_in_the_future_is_stale_whatever_age_is_allowed() {
        let now = Time(100_000);
        let hour = Freshness::AtMost(Duration::from_secs(3600));
        for (at, is_fresh) in [(100_000, true), (40_000, true), (100_001, false), (i64::MAX, false)] {
            assert_eq!(hour.accepts(Some(Time(at)), now), is_fresh, "{at}");
        }
        assert!(!Freshness::AtMost(Duration::MAX).accepts(Some(Time(i64::MAX)), Time(i64::MIN)));
        assert!(Freshness::Cached.accepts(Some(Time(i64::MAX)), now), "it is shown all the same");
    }

    #[test]
    fn what_is_dated_in_the_future_was_not_read_since_anybody_asked() {
        let (asked, now) = (Time(50_000), Time(60_000));
        let was_read = |at: i64| was_read_since(asked, Some(Time(at)), now);
        assert_eq!([49_999, 50_000, 60_000, 60_001].map(was_read), [false, true, true, false]);
        assert!(!was_read_since(asked, None, now));
    }
}
