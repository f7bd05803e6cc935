//! Simulates months of people, servers and syncs, and compares the planner with fixed intervals of the same number of syncs.
//! Refuses to let the planner know what has not happened yet.

#[path = "simulation/people.rs"]
mod people;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use people::{DAY, HOUR, MINUTE, People, WEEK};
use planner::{Bounds, Known, Pace, Plan, Reason, SLOT_MINUTES, Slot, Weeks};

/// Seeds that the planner's numbers were chosen with.
const TUNED: std::ops::Range<u64> = 1..5;

/// Seeds that were not run before all numbers had been chosen.
const UNSEEN: std::ops::Range<u64> = 1001..1009;

const WEEKS: i64 = 20;

/// Weeks that are measured: before them the planner knows too little.
const MEASURED: std::ops::Range<i64> = 2..WEEKS;

// Monday, 2 February 2026 at 00:00 in Berlin.
const BEGIN: i64 = 1_769_986_800_000;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC)
}

/// What happens, in milliseconds of UTC.
struct World {
    looks: Vec<i64>,
    changes: Vec<i64>,
    zone: TimeZone,
    /// When clocks are put forward.
    summer: i64,
}

impl World {
    fn new(people: People, seed: u64) -> World {
        let mut rng = Rng::with_seed(seed);
        let zone = berlin();
        let looks = people.looks(WEEKS, &mut rng).into_iter().map(|look| utc(look, &zone));
        let mut looks: Vec<i64> = looks.collect();
        looks.sort_unstable();
        let changes = people::changes(WEEKS, &mut rng).into_iter().map(|change| utc(change, &zone)).collect();
        let summer = utc(people::FORWARD * WEEK - DAY + 2 * HOUR, &zone);
        World { looks, changes, zone, summer }
    }

    fn slowness(&self, at: i64) -> f64 {
        people::slowness(at + HOUR + if at < self.summer { 0 } else { HOUR })
    }

    /// How long a sync takes that starts then.
    fn takes(&self, at: i64, rng: &mut Rng) -> i64 {
        (41_000.0 * (0.8 + 0.4 * rng.f64()) * self.slowness(at)) as i64
    }

    /// How many of these times lie between two.
    fn between(times: &[i64], from: i64, to: i64) -> usize {
        times.partition_point(|time| *time < to) - times.partition_point(|time| *time < from)
    }
}

/// Local milliseconds since the first Monday, in UTC.
fn utc(local: i64, zone: &TimeZone) -> i64 {
    let shown = jiff::tz::Offset::UTC
        .to_datetime(Timestamp::from_millisecond(BEGIN + HOUR + local).unwrap_or_default());
    zone.to_timestamp(shown).unwrap_or_default().as_millisecond()
}

/// A sync: when it started and when its data was there.
#[derive(Clone, Copy)]
struct Sync {
    start: i64,
    there: i64,
}

/// Syncs as the planner wants them.
fn planned(world: &World, bounds: Bounds, seed: u64, mut told: impl FnMut(i64, &Reason)) -> Vec<Sync> {
    let mut rng = Rng::with_seed(seed ^ 0xfeed);
    let mut known = Known { looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown(), sync: 0 };
    let (mut syncs, mut durations): (Vec<Sync>, Vec<i64>) = (Vec::new(), Vec::new());
    let (mut looked, mut changed, mut now) = (0, 0, BEGIN);
    let mut plan: Option<Plan> = None;
    while now < BEGIN + WEEKS * WEEK {
        for look in world.looks[looked..].iter().take_while(|look| **look < now) {
            known.looks.mark(Slot::at(*look, &world.zone));
            looked += 1;
        }
        let last = syncs.last().map(|sync: &Sync| sync.start);
        let current = plan.take().filter(|plan| plan.is_of(now));
        let current = current.unwrap_or_else(|| Plan::new(&known, bounds, &world.zone, now));
        let next = current.next(last, now);
        plan = Some(current);
        told(next.at, &next.reason);
        // A timer is some seconds late.
        let start = next.at + rng.i64(0..3000);
        let takes = world.takes(start, &mut rng);
        // A sync only finds that something has changed since the one before.
        let since = changed;
        changed += world.changes[changed..].iter().take_while(|change| **change < start).count();
        if changed > since {
            let from = last.unwrap_or(start);
            let slots = (from / SLOT + 1)..=(start / SLOT);
            slots.for_each(|slot| known.changes.mark(Slot::at(slot * SLOT, &world.zone)));
        }
        let usual = (30.0 * world.slowness(start)) as u16 + rng.u16(0..10);
        known.pace.measured(Slot::at(start, &world.zone), usual);
        durations.push((takes as f64 / world.slowness(start)) as i64);
        known.sync = durations.iter().rev().take(10).copied().max().unwrap_or(0);
        syncs.push(Sync { start, there: start + takes });
        now = start + takes;
    }
    syncs
}

const SLOT: i64 = SLOT_MINUTES as i64 * MINUTE;

/// Syncs of a fixed interval, of which the first one starts so long after the beginning.
fn fixed(world: &World, every: f64, phase: f64, seed: u64) -> Vec<Sync> {
    let mut rng = Rng::with_seed(seed ^ 0xfeed);
    let starts = (0..).map(|run| BEGIN + ((run as f64 + phase) * every) as i64);
    let starts = starts.take_while(|start| *start < BEGIN + WEEKS * WEEK);
    starts.map(|start| Sync { start, there: start + world.takes(start, &mut rng) }).collect()
}

/// What people saw in the measured weeks.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    looks: f64,
    /// Older than half the usual interval.
    stale: f64,
    /// Older than the usual interval.
    old: f64,
    /// Something had changed.
    untrue: f64,
    /// Sum of ages, minutes.
    ages: f64,
    syncs: f64,
    /// Syncs that started while the server was slow.
    slow: f64,
}

impl Seen {
    fn new(world: &World, syncs: &[Sync], usual: i64) -> Seen {
        let (from, to) = (BEGIN + MEASURED.start * WEEK, BEGIN + MEASURED.end * WEEK);
        let mut seen = Seen::default();
        for look in world.looks.iter().filter(|look| (from..to).contains(*look)) {
            let shown = syncs[syncs.partition_point(|sync| sync.there <= *look) - 1];
            let age = look - shown.start;
            let one = |is: bool| f64::from(u8::from(is));
            seen.looks += 1.0;
            seen.stale += one(age > usual / 2);
            seen.old += one(age > usual);
            seen.untrue += one(World::between(&world.changes, shown.start, *look) > 0);
            seen.ages += age as f64 / MINUTE as f64;
        }
        for sync in syncs.iter().filter(|sync| (from..to).contains(&sync.start)) {
            seen.syncs += 1.0;
            seen.slow += if world.slowness(sync.start) > 1.0 { 1.0 } else { 0.0 };
        }
        seen
    }

    fn add(&mut self, other: Seen, part: f64) {
        self.looks += other.looks * part;
        self.stale += other.stale * part;
        self.old += other.old * part;
        self.untrue += other.untrue * part;
        self.ages += other.ages * part;
        self.syncs += other.syncs * part;
        self.slow += other.slow * part;
    }
}

/// The planner's syncs and those of a fixed interval that makes as many.
fn compare(people: People, bounds: Bounds, seeds: std::ops::Range<u64>) -> (Seen, Seen) {
    let (mut smart, mut even) = (Seen::default(), Seen::default());
    for seed in seeds {
        let world = World::new(people, seed);
        let seen = Seen::new(&world, &planned(&world, bounds, seed, |_, _| {}), bounds.usual);
        smart.add(seen, 1.0);
        let every = (MEASURED.end - MEASURED.start) as f64 * WEEK as f64 / seen.syncs;
        for phase in 0..PHASES {
            let syncs = fixed(&world, every, f64::from(phase) / f64::from(PHASES), seed);
            even.add(Seen::new(&world, &syncs, bounds.usual), 1.0 / f64::from(PHASES));
        }
    }
    (smart, even)
}

const PHASES: u32 = 8;

fn minutes(usual: i64, shortest: i64, longest: i64) -> Bounds {
    Bounds { usual: usual * MINUTE, shortest: shortest * MINUTE, longest: longest * MINUTE }
}

const HEAD: &str = "people        |  looks | stale reads      ratio | untrue reads     ratio | older than usual | mean age, min |       syncs | in slow hours";

fn row(people: People, smart: Seen, even: Seen) -> String {
    format!(
        "{:<13} | {:>6.0} | {:>5.0} of {:>5.0}  {:>5.2} | {:>5.0} of {:>5.0}  {:>5.2} | {:>4.1} % ({:>4.1} %) | {:>5.1} ({:>4.1}) | {:>5.0} {:>5.0} | {:>4.0} {:>4.0}",
        format!("{people:?}"),
        smart.looks,
        smart.stale,
        even.stale,
        smart.stale / even.stale,
        smart.untrue,
        even.untrue,
        smart.untrue / even.untrue,
        100.0 * smart.old / smart.looks,
        100.0 * even.old / even.looks,
        smart.ages / smart.looks,
        even.ages / even.looks,
        smart.syncs,
        even.syncs,
        smart.slow,
        even.slow,
    )
}

#[test]
fn speed() {
    let world = World::new(People::Roster, 1);
    for usual in [10, 30, 120] {
        let mut known =
            Known { looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown(), sync: 41000 };
        world.looks.iter().for_each(|look| known.looks.mark(Slot::at(*look, &world.zone)));
        let start = std::time::Instant::now();
        Plan::new(&known, minutes(usual, 5, 480), &world.zone, BEGIN + WEEKS * WEEK);
        println!("{usual} {:?}", start.elapsed());
    }
}

#[test]
fn adopted() {
    for people in [People::Random, People::RandomBursts, People::Seldom, People::Roster, People::OnlyOnCall] {
        for usual in [15, 60] {
            let (mut adopted, mut total) = (0, 0);
            for seed in 5000..5020 {
                let world = World::new(people, seed);
                let mut known = Known {
                    looks: Weeks::none(),
                    changes: Weeks::none(),
                    pace: Pace::unknown(),
                    sync: 41000,
                };
                for week in 0..WEEKS {
                    let now = BEGIN + week * WEEK + 3 * HOUR;
                    let plan = Plan::new(&known, minutes(usual, 5, 480), &world.zone, now);
                    let reason = plan.next(Some(now), now).reason;
                    let fixed = matches!(reason, Reason::NoPattern { .. } | Reason::TooLittleKnown { .. });
                    adopted += u32::from(!fixed);
                    total += 1;
                    world
                        .looks
                        .iter()
                        .filter(|look| **look >= now && **look < now + WEEK)
                        .for_each(|look| known.looks.mark(Slot::at(*look, &world.zone)));
                }
            }
            println!("{people:?} {usual}: {adopted} of {total}");
        }
    }
}

#[test]
fn tuning() {
    for usual in [30] {
        println!("\nusual {usual} min\n{HEAD}");
        for people in People::ALL {
            let (smart, even) = compare(people, minutes(usual, 5, 480), TUNED);
            println!("{}", row(people, smart, even));
        }
    }
}

#[test]
fn reasons() {
    let world = World::new(People::Office, 1);
    let zone = berlin();
    planned(&world, minutes(60, 10, 480), 1, |at, reason| {
        if at > BEGIN + 10 * WEEK + 6 * DAY && at < BEGIN + 12 * WEEK + 2 * DAY {
            let at = Timestamp::from_millisecond(at).unwrap().to_zoned_datetime(zone.clone());
            println!("{}  {}", at.strftime("%a %H:%M"), reason.words("Berlin"));
        }
    });
    let _ = (UNSEEN, DAY);
}
