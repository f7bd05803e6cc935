//! Counts how reads are answered, and in which hours of the week somebody looks at a vCenter: in memory, and on disk once a
//! minute.
//! Refuses to make a reader wait or fail for it: what can't be written in time is not counted.

use crate::Clock;
use contract::{Kind, Role, Time, VcenterId};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{CacheReads, Counts as Counted, LookedAt, Store};
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
    looked: HashMap<(VcenterId, Time), LookedAt>,
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
        let looked = self.0.is_on_screen.then(|| hour_of_week(now, &self.0.zone)).flatten();
        let mut tally = self.tally();
        *tally.reads.entry((vcenter.clone(), now.0.div_euclid(HOUR), kind.covered_by())).or_default() += one;
        if let Some(looked) = looked {
            tally.looked.insert((vcenter.clone(), looked.began), looked);
        }
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

    async fn write(&self) {
        let Tally { reads, looked } = std::mem::take(&mut *self.tally());
        if reads.is_empty() && looked.is_empty() {
            return;
        }
        let counted = Counted {
            reads: reads
                .iter()
                .map(|((vcenter, hour, kind), reads)| (vcenter.clone(), *hour, *kind, *reads))
                .collect(),
            looked: looked.iter().map(|((vcenter, _), looked)| (vcenter.clone(), *looked)).collect(),
        };
        match self.0.store.count(&counted).await {
            Ok(()) => {}
            // Another process writes something large: with the next ones.
            Err(store::Error::Busy { .. }) => self.put_back(reads, looked),
            Err(error) => tracing::debug!(%error, "what was counted is lost"),
        }
    }

    fn put_back(
        &self,
        reads: HashMap<(VcenterId, i64, Kind), CacheReads>,
        looked: HashMap<(VcenterId, Time), LookedAt>,
    ) {
        let mut tally = self.tally();
        for (of, reads) in reads {
            *tally.reads.entry(of).or_default() += reads;
        }
        for (of, looked) in looked {
            tally.looked.entry(of).or_insert(looked);
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hour of the week that a time is in, as a clock on the wall shows it; none for a time beyond the calendar.
fn hour_of_week(at: Time, zone: &TimeZone) -> Option<LookedAt> {
    let local = zone.to_datetime(jiff::Timestamp::from_millisecond(at.0).ok()?);
    let hour = i64::from(local.weekday().to_monday_zero_offset()) * 24 + i64::from(local.hour());
    let into = i64::from(local.minute()) * 60_000
        + i64::from(local.second()) * 1000
        + i64::from(local.millisecond());
    Some(LookedAt { hour_of_week: u8::try_from(hour).ok()?, began: Time(at.0 - into), at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulator::Simulator;
    use std::sync::atomic::{AtomicI64, Ordering};
    use tokio_util::task::TaskTracker;

    #[test]
    fn an_hour_of_the_week_is_that_of_the_clock_on_the_wall() {
        let at = |text: &str| Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let zone = |name: &str| TimeZone::posix(name).unwrap();
        for (time, name, hour, began) in [
            ("2026-03-02T00:00:00Z", "UTC0", 0, "2026-03-02T00:00:00Z"),
            ("2026-03-01T23:59:59.999Z", "UTC0", 167, "2026-03-01T23:00:00Z"),
            ("2026-03-01T23:30:00Z", "CET-1", 0, "2026-03-01T23:00:00Z"),
            // Where clocks differ by half an hour.
            ("2026-03-02T03:45:00Z", "IST-5:30", 9, "2026-03-02T03:30:00Z"),
            ("2026-03-02T03:00:00Z", "EST5", 6 * 24 + 22, "2026-03-02T03:00:00Z"),
        ] {
            let looked = hour_of_week(at(time), &zone(name)).unwrap();
            assert_eq!((looked.hour_of_week, looked.began), (hour, at(began)), "{time} {name}");
        }
        assert!(hour_of_week(Time(i64::MAX), &TimeZone::UTC).is_none());
    }

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
        assert_eq!(store.looked_at().await.unwrap(), [(berlin.clone(), 9, 1), (berlin, 10, 1)]);
        service.close().await;
        server.stop().await;
    }
}
