//! Counts how reads are answered, and notes when somebody looks at a vCenter, when it changes and how fast it answers: in
//! memory, and on disk once a minute.
//! Refuses to make a reader wait or fail for it: what can't be written in time is not counted.

use crate::call::{Admitted, Answer, Handler};
use crate::{Clock, explain};
use contract::analytics::CallTimes;
use contract::command::DeleteUsage;
use contract::{Event, Job, Kind, Operation, Role, VcenterId};
use jiff::tz::TimeZone;
use planner::Slot;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{CacheReads, Counts as Counted, Seen, Store};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often what was counted is written, if anything was.
const WRITE: Duration = Duration::from_secs(60);

const HOUR: i64 = 3_600_000;

/// How a read was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// From what is cached.
    Hit,
    /// By a refresh that was under way.
    Shared,
    /// By a refresh of its own.
    Miss,
}

/// The counts of this process. Clones are the same.
#[derive(Clone)]
pub(crate) struct Counts(Arc<Inner>);

struct Inner {
    store: Store,
    /// Whether a person is there who sees what is read.
    is_on_screen: bool,
    zone: TimeZone,
    now: Clock,
    tally: Mutex<Tally>,
}

/// What was counted and is not written yet.
#[derive(Default)]
struct Tally {
    reads: HashMap<(VcenterId, i64, Kind), CacheReads>,
    seen: Vec<(VcenterId, Seen)>,
}

impl Tally {
    fn saw(&mut self, vcenter: &VcenterId, seen: Seen) {
        let seen = (vcenter.clone(), seen);
        // Who reads a page sees it over and over.
        if !self.seen.contains(&seen) {
            self.seen.push(seen);
        }
    }
}

impl Counts {
    pub(crate) fn new(store: Store, is_on_screen: bool, zone: TimeZone, now: Clock) -> Counts {
        Counts(Arc::new(Inner { store, is_on_screen, zone, now, tally: Mutex::default() }))
    }

    /// Somebody in this role read what is known of a kind at a vCenter. A viewer leaves no trace.
    pub(crate) fn read(&self, role: Role, vcenter: &VcenterId, kind: Kind, how: How) {
        if role == Role::Viewer || self.0.store.unwritable().is_some() {
            return;
        }
        let now = (self.0.now)();
        let one = match how {
            How::Hit => CacheReads { hits: 1, ..CacheReads::default() },
            How::Shared => CacheReads { shared: 1, ..CacheReads::default() },
            How::Miss => CacheReads { misses: 1, ..CacheReads::default() },
        };
        let mut tally = self.tally();
        *tally.reads.entry((vcenter.clone(), now.0.div_euclid(HOUR), kind.covered_by())).or_default() += one;
        if self.0.is_on_screen {
            tally.saw(vcenter, Seen::Look(Slot::at(now.0, &self.0.zone)));
        }
    }

    /// What this operation read was published here: what changed by it tells when a vCenter changes, and the calls of a sync how
    /// fast its server answers.
    pub(crate) fn synced(&self, ended: &Operation, latency: &CallTimes) {
        let Some((vcenter, at)) = ended.vcenter_id.as_ref().zip(ended.finished_at) else { return };
        let at = Slot::at(at.0, &self.0.zone);
        let mut tally = self.tally();
        if !ended.told_changes().is_nothing() {
            tally.saw(vcenter, Seen::Change(at));
        }
        // What reads less makes other calls, which take another time.
        let is_sync = matches!(ended.job, Job::FullSync { .. } | Job::SyncHosts { .. });
        if let Some(millis) = usual_millis(latency).filter(|_| is_sync) {
            tally.saw(vcenter, Seen::Answer(at, millis));
        }
    }

    /// Forgets what is not written yet of how vCenters are used.
    fn forget_usage(&self) {
        self.tally().seen.clear();
    }

    /// Writes once a minute what was counted, and what is left when the service closes.
    pub(crate) async fn keep(self, closing: CancellationToken) {
        let mut tick = tokio::time::interval_at(Instant::now() + WRITE, WRITE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while closing.run_until_cancelled(tick.tick()).await.is_some() {
            self.write().await;
        }
        self.write().await;
    }

    /// Writes what was counted.
    pub(crate) async fn write(&self) {
        let Tally { reads, seen } = std::mem::take(&mut *self.tally());
        if reads.is_empty() && seen.is_empty() {
            return;
        }
        let counted = Counted {
            reads: reads
                .iter()
                .map(|((vcenter, hour, kind), reads)| (vcenter.clone(), *hour, *kind, *reads))
                .collect(),
            seen,
        };
        match self.0.store.count(&counted, (self.0.now)()).await {
            Ok(()) => {}
            // Another process writes something large: with the next ones.
            Err(store::Error::Busy { .. }) => self.put_back(reads, counted.seen),
            Err(error) => tracing::debug!(%error, "what was counted is lost"),
        }
    }

    fn put_back(&self, reads: HashMap<(VcenterId, i64, Kind), CacheReads>, seen: Vec<(VcenterId, Seen)>) {
        let mut tally = self.tally();
        for (of, reads) in reads {
            *tally.reads.entry(of).or_default() += reads;
        }
        for (vcenter, seen) in seen {
            tally.saw(&vcenter, seen);
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for DeleteUsage {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.counts.forget_usage();
        call.store().delete_usage().await.map_err(explain::store)?;
        call.inner.events.publish(Event::SchedulesChanged);
        Ok(())
    }
}

/// What half of the calls took no longer than.
fn usual_millis(latency: &CallTimes) -> Option<u16> {
    let mut all = contract::Histogram::default();
    latency.values().for_each(|times| all.merge(times));
    all.percentile(0.5).map(|micros| u16::try_from(micros / 1000).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Caller;
    use contract::Time;
    use simulator::Simulator;
    use std::sync::atomic::{AtomicI64, Ordering};
    use tokio_util::task::TaskTracker;

    // 2026-03-02, a Monday, at 09:59 in UTC.
    const MONDAY: i64 = 1_772_445_540_000;

    static NOW: AtomicI64 = AtomicI64::new(MONDAY);

    fn now() -> Time {
        Time(NOW.load(Ordering::Relaxed))
    }

    /// Lets the other tasks run until they wait.
    async fn others_run() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_counted_is_written_once_a_minute_and_at_the_end_and_nothing_of_viewers() {
        let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (service, berlin) = crate::tests::on(&server, &folder).await;
        let store = service.inner.store.clone();
        tokio::time::pause();
        let (closing, kept) = (CancellationToken::new(), TaskTracker::new());
        let counts = Counts::new(store.clone(), true, TimeZone::UTC, now);
        kept.spawn(counts.clone().keep(closing.clone()));
        others_run().await;
        for (role, how) in [
            (Role::Admin, How::Miss),
            (Role::Operator, How::Shared),
            (Role::Admin, How::Hit),
            (Role::Admin, How::Hit),
            (Role::Viewer, How::Hit),
        ] {
            counts.read(role, &berlin, Kind::Hosts, how);
        }
        tokio::time::advance(WRITE - Duration::from_secs(1)).await;
        others_run().await;
        assert_eq!(counts.tally().reads.len(), 1, "no read waits for a write");
        tokio::time::advance(Duration::from_secs(2)).await;
        others_run().await;
        assert!(counts.tally().reads.is_empty(), "after a minute");
        // From here on the test waits for the database, and a clock that goes on by itself meanwhile would say that it is busy.
        tokio::time::resume();

        NOW.fetch_add(60_000, Ordering::Relaxed);
        counts.read(Role::Admin, &berlin, Kind::Snapshots, How::Hit);
        closing.cancel();
        kept.close();
        kept.wait().await;
        let hour = MONDAY.div_euclid(HOUR);
        let first = CacheReads { hits: 2, shared: 1, misses: 1 };
        let one = CacheReads { hits: 1, ..CacheReads::default() };
        let counted = [
            (berlin.clone(), hour, Some(Kind::Hosts), first),
            (berlin.clone(), hour + 1, Some(Kind::Vms), one),
        ];
        assert_eq!(store.cache_reads(hour).await.unwrap(), counted);
        let usage = store.usage(&berlin).await.unwrap().unwrap();
        let mut looks = planner::Weeks::none();
        for at in [MONDAY, MONDAY + 60_000] {
            looks.mark(Slot::at(at, &TimeZone::UTC));
        }
        assert_eq!((usage.looks, usage.changes), (looks, planner::Weeks::none()));
        service.close().await;
        server.stop().await;
    }

    #[tokio::test]
    async fn a_sync_notes_that_something_changed_and_how_fast_the_server_answers() {
        let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (service, berlin) = crate::tests::on(&server, &folder).await;
        let (store, counts) = (service.inner.store.clone(), service.inner.counts.clone());
        crate::tests::sync(&service, &berlin).await;
        counts.write().await;
        let first = store.usage(&berlin).await.unwrap().unwrap();
        assert_eq!(first.looks, planner::Weeks::none(), "nobody is there who sees it");
        assert_ne!((&first.changes, &first.pace), (&planner::Weeks::none(), &planner::Pace::unknown()));
        // Nothing has changed since.
        service.call(&Caller::muster(), DeleteUsage {}).await.unwrap();
        crate::tests::sync(&service, &berlin).await;
        counts.write().await;
        let second = store.usage(&berlin).await.unwrap().unwrap();
        assert_eq!(second.changes, planner::Weeks::none());
        assert_ne!(second.pace, planner::Pace::unknown());
        // What is not written yet is deleted, too.
        crate::tests::sync(&service, &berlin).await;
        service.call(&Caller::muster(), DeleteUsage {}).await.unwrap();
        counts.write().await;
        assert_eq!(store.usage(&berlin).await.unwrap(), None);
        service.close().await;
        server.stop().await;
    }
}
