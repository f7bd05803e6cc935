//! Gives the planner whatever can be given, and checks that its runs are within the bounds.
//! Refuses to assume that clocks, counts or settings make sense.

use jiff::tz::TimeZone;
use planner::{Bounds, HOURS, Known, Pace, Plan, SLOTS, Slot, Weeks};
use proptest::collection::vec;
use proptest::prelude::*;

const DAY: i64 = 86_400_000;

const OFFICE_WEEK: i32 = 2950;

/// Looks from 08:30 to 17:00 on weekdays, in all weeks.
fn office() -> Vec<u8> {
    let is_work = |slot: usize| slot / 48 < 5 && (17..34).contains(&(slot % 48));
    (0..2 * SLOTS).map(|byte| if is_work(byte / 2) { 0xff } else { 0 }).collect()
}

fn weeks() -> impl Strategy<Value = Weeks> {
    let noise = vec(any::<u8>(), 2 * SLOTS).boxed();
    let bytes = prop_oneof![noise, Just(office()), Just(vec![0; 2 * SLOTS]), Just(vec![0xff; 2 * SLOTS])];
    (prop_oneof![2900..3000i32, any::<i32>()], bytes)
        .prop_map(|(latest, bytes)| Weeks::from_bytes(latest, &bytes).unwrap_or(Weeks::none()))
}

fn known() -> impl Strategy<Value = Known> {
    let pace = prop_oneof![Just(vec![0; 2 * HOURS]), vec(any::<u8>(), 2 * HOURS)];
    let sync = prop_oneof![0..100_000i64, any::<i64>()];
    (weeks(), weeks(), pace, sync).prop_map(|(looks, changes, pace, sync)| Known {
        looks,
        changes,
        pace: Pace::from_bytes(&pace).unwrap_or(Pace::unknown()),
        sync,
    })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let sensible = (10..1440i64, 1..60i64, 1..1440i64);
    let sensible =
        sensible.prop_map(|(usual, shortest, longest)| (usual * 60_000, shortest * 60_000, longest * 60_000));
    prop_oneof![3 => sensible, 1 => any::<(i64, i64, i64)>()].prop_map(|(usual, shortest, longest)| Bounds {
        usual,
        shortest,
        longest,
    })
}

// Around the weeks of `weeks`, and anywhere.
fn time() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 1_750_000_000_000..1_810_000_000_000i64, 1 => any::<i64>()]
}

fn zone() -> impl Strategy<Value = TimeZone> {
    let zones = ["UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45", "<+14>-14"];
    proptest::sample::select(zones.to_vec()).prop_map(|zone| TimeZone::posix(zone).unwrap_or(TimeZone::UTC))
}

fn check(plan: &Plan, bounds: Bounds, last: i64, now: i64) -> Result<(), TestCaseError> {
    let usual = bounds.usual.clamp(1000, 31 * DAY);
    let (shortest, longest) = (bounds.shortest.clamp(1000, usual), bounds.longest.clamp(usual, 31 * DAY));
    let next = plan.next(Some(last), now);
    // A clock that was set back says that it is the time of the last run.
    let last = last.min(now);
    prop_assert!(next.at >= now);
    prop_assert!(next.at >= last.saturating_add(shortest));
    prop_assert!(next.at <= last.saturating_add(longest).max(now));
    prop_assert!(next.reason.words("Berlin").ends_with('.'));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_is_never_outside_the_bounds(
        known in known(), bounds in bounds(), zone in zone(), made in time(), last in time(), since in -DAY..3 * DAY,
    ) {
        let plan = Plan::new(&known, bounds, &zone, made);
        check(&plan, bounds, last, last.saturating_add(since))?;
    }

    #[test]
    fn a_chosen_run_is_never_outside_the_bounds(
        usual in 15..240i64, shortest in 5..60i64, longest in 240..1440i64, last in 0..7 * DAY, since in -DAY..DAY,
    ) {
        let bounds = Bounds { usual: usual * 60_000, shortest: shortest * 60_000, longest: longest * 60_000 };
        let looks = Weeks::from_bytes(OFFICE_WEEK, &office()).unwrap_or(Weeks::none());
        let known = Known { looks, changes: Weeks::none(), pace: Pace::unknown(), sync: 41_000 };
        // The week after, which begins on a Monday in UTC.
        let begin = (i64::from(OFFICE_WEEK + 1) * 7 - 3) * DAY;
        let plan = Plan::new(&known, bounds, &TimeZone::UTC, begin);
        prop_assert!(plan.is_of(begin + last));
        check(&plan, bounds, begin + last, begin + last + since)?;
        let is_fixed = plan.next(Some(begin), begin).at == begin + bounds.usual;
        prop_assume!(!is_fixed);
    }

    #[test]
    fn what_is_marked_is_kept_and_can_be_stored(times in vec(time(), 0..30), zone in zone()) {
        let mut weeks = Weeks::none();
        times.iter().for_each(|time| weeks.mark(Slot::at(*time, &zone)));
        prop_assert!(times.iter().all(|time| Slot::at(*time, &zone).slot < SLOTS));
        prop_assert_eq!(times.is_empty(), weeks == Weeks::none());
        prop_assert_eq!(Weeks::from_bytes(weeks.latest(), &weeks.to_bytes()), Some(weeks));
    }
}

#[test]
fn what_was_never_read_is_read_now() {
    let known = Known { looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown(), sync: 0 };
    let bounds = Bounds { usual: 1_800_000, shortest: 300_000, longest: 21_600_000 };
    let plan = Plan::new(&known, bounds, &TimeZone::UTC, 5);
    assert_eq!(plan.next(None, 5).at, 5);
}

#[test]
fn what_knows_nothing_keeps_the_interval_exactly() {
    let known = Known { looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown(), sync: 41_000 };
    let bounds = Bounds { usual: 1_800_000, shortest: 300_000, longest: 21_600_000 };
    let next = Plan::new(&known, bounds, &TimeZone::UTC, 0).next(Some(7), 9);
    assert_eq!(next.at, 1_800_007);
    assert_eq!(
        next.reason.words("Berlin"),
        "Too little is known yet of when people look at Berlin: it is read every 30 min."
    );
}
