//! The cases that calendars, clocks and quiet hours bring, on given times.
//! Refuses to use the clock of the machine, and its time zones where Muster's own are meant.

use super::*;
use contract::{Code, ScheduleField};
use proptest::prelude::*;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A time as RFC 3339.
fn at(text: &str) -> Time {
    Time(text.parse::<Timestamp>().unwrap().as_millisecond())
}

fn plan(when: &str, quiet: Option<&str>) -> Plan {
    Plan::new(&words::timing_of(when).unwrap(), "Europe/Berlin", quiet).unwrap()
}

/// What runs of a schedule on one vCenter, as a worker that looks this often does it, between two times.
fn runs(plan: &Plan, from: Time, to: Time, look: i64) -> Vec<Time> {
    let mut planned = plan.after(from).unwrap();
    let (mut now, mut runs) = (from, Vec::new());
    while now < to {
        if plan.waits_until(plan.due(planned, Spread(0)), now).is_none() {
            runs.push(now);
            planned = plan.following(planned, now).unwrap();
        }
        now = Time(now.0 + look);
    }
    runs
}

fn shown(plan: &Plan, runs: &[Time]) -> Vec<String> {
    runs.iter().map(|run| plan.local(*run)).collect()
}

#[test]
fn half_past_two_runs_at_three_on_the_day_that_leaves_it_out_and_once_on_the_day_that_repeats_it() {
    for when in ["daily 02:30", "30 2,14 * * *"] {
        let plan = plan(when, None);
        let spring = runs(&plan, at("2026-03-28T12:00:00Z"), at("2026-03-30T10:00:00Z"), MINUTE);
        let spring: Vec<String> =
            shown(&plan, &spring).into_iter().filter(|run| !run.contains("14:30")).collect();
        assert_eq!(spring, ["Sun 29 Mar 2026 03:00 CEST", "Mon 30 Mar 2026 02:30 CEST"], "{when}");
        let autumn = runs(&plan, at("2026-10-24T13:00:00Z"), at("2026-10-26T10:00:00Z"), MINUTE);
        let autumn: Vec<String> =
            shown(&plan, &autumn).into_iter().filter(|run| !run.contains("14:30")).collect();
        assert_eq!(autumn, ["Sun 25 Oct 2026 02:30 CEST", "Mon 26 Oct 2026 02:30 CET"], "{when}");
    }
}

#[test]
fn two_times_that_one_day_leaves_out_are_one_run_and_others_run_as_ever() {
    let both = plan("0,30 2 * * *", None);
    let spring = runs(&both, at("2026-03-28T12:00:00Z"), at("2026-03-29T10:00:00Z"), MINUTE);
    assert_eq!(shown(&both, &spring), ["Sun 29 Mar 2026 03:00 CEST"]);
    let before = plan("daily 00:30", None);
    let spring = runs(&before, at("2026-03-28T12:00:00Z"), at("2026-03-29T10:00:00Z"), MINUTE);
    assert_eq!(shown(&before, &spring), ["Sun 29 Mar 2026 00:30 CET"]);
    let quarters = plan("*/15 * * * *", None);
    let autumn = runs(&quarters, at("2026-10-24T22:00:00Z"), at("2026-10-25T22:59:00Z"), MINUTE);
    assert_eq!(autumn.len(), 25 * 4 - 1, "each quarter of an hour of a day of 25 hours, from the second on");
}

#[test]
fn an_interval_is_real_time_whatever_the_clock_on_the_wall_does() {
    let plan = plan("every 30 min", None);
    let from = at("2026-03-28T23:00:00Z");
    let runs = runs(&plan, from, at("2026-03-29T23:00:00Z"), MINUTE);
    let all: Vec<i64> = runs.iter().map(|run| (run.0 - from.0) / MINUTE).collect();
    assert_eq!(all, (1..48).map(|n| n * 30).collect::<Vec<_>>());
}

#[test]
fn eight_hours_of_suspend_are_one_run_and_not_sixteen() {
    for when in ["every 30 min", "*/30 * * * *"] {
        let plan = plan(when, None);
        let from = at("2026-11-26T08:00:00Z");
        let planned = plan.after(from).unwrap();
        assert_eq!(planned, Time(from.0 + 30 * MINUTE));
        let woken = Time(planned.0 + 8 * HOUR + 10 * MINUTE);
        assert_eq!(plan.waits_until(planned, woken), None, "it runs when the machine is back");
        let next = plan.following(planned, woken).unwrap();
        assert!(next > woken && next.0 - woken.0 <= 30 * MINUTE, "{when}: {next}");
    }
}

#[test]
fn a_run_that_starts_a_little_late_does_not_shift_those_that_follow() {
    let plan = plan("every 30 min", None);
    let from = at("2026-11-26T08:00:00Z");
    for (late, next) in [(0, 30), (2 * SECOND, 30), (10 * MINUTE, 30), (20 * MINUTE, 50), (HOUR, 90)] {
        let next = Time(from.0 + next * MINUTE);
        assert_eq!(plan.following(from, Time(from.0 + late)), Some(next), "{late} ms late");
    }
}

#[test]
fn a_clock_set_back_by_a_day_costs_at_most_one_interval() {
    let now = at("2026-11-26T08:10:00Z");
    for (when, most) in
        [("every 30 min", 30 * MINUTE), ("*/30 * * * *", 30 * MINUTE), ("daily 02:30", 24 * HOUR)]
    {
        let plan = plan(when, None);
        let planned_tomorrow = plan.after(Time(now.0 + 24 * HOUR)).unwrap();
        let next = plan.replanned(planned_tomorrow, now).unwrap();
        assert!(next > now && next.0 - now.0 <= most, "{when}: {next}");
        let right = plan.after(now).unwrap();
        assert_eq!(plan.replanned(right, now), None, "{when}: what is planned stays planned");
        assert_eq!(plan.replanned(Time(now.0 - HOUR), now), None, "{when}: what is late is due");
    }
    // What sets clocks right by moments must not run twice what has just run.
    let daily = plan("daily 02:30", None);
    let tomorrow = daily.after(at("2026-11-26T01:30:00Z")).unwrap();
    assert_eq!(daily.replanned(tomorrow, at("2026-11-26T01:29:59.5Z")), None);
}

#[test]
fn what_falls_into_quiet_hours_waits_for_their_end_and_runs_once() {
    for when in ["every 30 min", "*/30 * * * *"] {
        let plan = plan(when, Some("22:00-06:00"));
        let night = runs(&plan, at("2026-11-26T20:00:00Z"), at("2026-11-27T06:10:00Z"), MINUTE);
        let night = shown(&plan, &night);
        assert_eq!(
            night,
            [
                "Thu 26 Nov 2026 21:30 CET",
                "Fri 27 Nov 2026 06:00 CET",
                "Fri 27 Nov 2026 06:30 CET",
                "Fri 27 Nov 2026 07:00 CET"
            ],
            "{when}"
        );
    }
    let noon = plan("daily 12:30", Some("12:00-13:00"));
    let day = runs(&noon, at("2026-11-26T00:00:00Z"), at("2026-11-27T00:00:00Z"), MINUTE);
    assert_eq!(shown(&noon, &day), ["Thu 26 Nov 2026 13:00 CET"]);
}

#[test]
fn what_was_held_up_until_quiet_hours_waits_for_their_end_too() {
    let plan = plan("every 30 min", Some("22:00-06:00"));
    let due = at("2026-11-26T20:30:00Z");
    let (in_time, late) = (Time(due.0 + 40 * SECOND), at("2026-11-26T22:00:00Z"));
    assert_eq!(plan.waits_until(due, in_time), None);
    assert_eq!(plan.waits_until(due, late), Some(at("2026-11-27T05:00:00Z")));
}

#[test]
fn quiet_hours_are_those_of_the_clock_on_the_wall_on_the_days_that_change_it() {
    let quiet = |hours, now: &str| plan("every 30 min", Some(hours)).quiet_until(at(now));
    // 02:30 doesn't exist on the day in spring: they end at 03:00, which comes after 01:59.
    assert_eq!(quiet("22:00-02:30", "2026-03-29T00:59:00Z"), Some(at("2026-03-29T01:00:00Z")));
    assert_eq!(quiet("22:00-02:30", "2026-03-29T01:00:00Z"), None);
    assert_eq!(quiet("22:00-06:00", "2026-03-29T03:59:00Z"), Some(at("2026-03-29T04:00:00Z")));
    assert_eq!(quiet("02:10-02:50", "2026-03-29T01:00:00Z"), None, "that day has none of them");
    // In autumn 02:30 comes twice: they end the first time, and don't begin again.
    assert_eq!(quiet("22:00-02:30", "2026-10-25T00:29:00Z"), Some(at("2026-10-25T00:30:00Z")));
    assert_eq!(quiet("22:00-02:30", "2026-10-25T00:30:00Z"), None);
    assert_eq!(quiet("22:00-02:30", "2026-10-25T01:10:00Z"), None);
    assert_eq!(quiet("22:00-06:00", "2026-10-25T04:59:00Z"), Some(at("2026-10-25T05:00:00Z")));
}

#[test]
fn fifty_vcenters_start_one_after_the_other_each_at_the_same_moment_every_time() {
    for (when, most) in [
        ("every 30 min", MINUTE),
        ("every 1 min", 6 * SECOND),
        ("daily 02:30", MINUTE),
        ("* * * * *", 6 * SECOND),
    ] {
        let plan = plan(when, None);
        let planned = plan.after(at("2026-11-26T08:00:00Z")).unwrap();
        let spread = |n: u32| Spread::new("schedule", Some(&VcenterId(format!("vcenter {n}"))));
        let mut starts: Vec<i64> = (0..50).map(|n| plan.due(planned, spread(n)).0 - planned.0).collect();
        assert!(starts.iter().all(|start| (0..most).contains(start)), "{when}: {starts:?}");
        assert_eq!(plan.due(planned, spread(7)).0 - planned.0, starts[7]);
        let next = plan.following(planned, plan.due(planned, spread(7))).unwrap();
        assert_eq!(next, plan.after(planned).unwrap(), "{when}: a start that was spread skips none");
        starts.sort_unstable();
        let (first, last) = (starts[0], starts[49]);
        assert!(last - first > most * 8 / 10, "{when}: they lie within {} ms", last - first);
        let in_a_tenth =
            |begin: i64| starts.iter().filter(|s| (begin..begin + most / 10).contains(s)).count();
        assert!((0..10).all(|n| in_a_tenth(n * most / 10) < 15), "{when}: {starts:?}");
    }
    // What is planned for just before quiet hours isn't moved into them.
    let last = plan("daily 21:59", Some("22:00-06:00"));
    let planned = last.after(at("2026-11-26T08:00:00Z")).unwrap();
    for n in 0..50 {
        let due = last.due(planned, Spread::new("s", Some(&VcenterId(n.to_string()))));
        assert!(due.0 - planned.0 < MINUTE, "{due}");
    }
}

#[test]
fn what_cannot_be_a_schedule_is_refused_at_its_field_with_what_to_type() {
    let cases = [
        ("61 2 * * *", "Europe/Berlin", None, ScheduleField::When, "30 2 * * 1-5 is"),
        ("30 2 * *", "Europe/Berlin", None, ScheduleField::When, "five fields"),
        ("0 30 2 * * *", "Europe/Berlin", None, ScheduleField::When, "five fields"),
        ("0 0 30 2 *", "Europe/Berlin", None, ScheduleField::When, "a day that exists in the month"),
        ("every 4 s", "Europe/Berlin", None, ScheduleField::When, "from 5 s to 31 days"),
        ("every 32 d", "Europe/Berlin", None, ScheduleField::When, "from 5 s to 31 days"),
        ("every 30 min", "Berlin", None, ScheduleField::Zone, "Europe/Berlin"),
        ("every 30 min", "new york", None, ScheduleField::Zone, "America/New_York"),
        ("every 30 min", "nowhere", None, ScheduleField::Zone, "IANA name"),
        ("every 30 min", "", None, ScheduleField::Zone, "IANA name"),
        ("every 30 min", "UTC", Some("22:00"), ScheduleField::Quiet, "22:00-06:00"),
        ("every 30 min", "UTC", Some("22:00-25:00"), ScheduleField::Quiet, "22:00-06:00"),
        ("every 30 min", "UTC", Some("06:00-06:00"), ScheduleField::Quiet, "turn it off"),
    ];
    for (when, zone, quiet, field, next) in cases {
        let timing = words::timing_of(when).unwrap();
        let (wrong, error) = Plan::new(&timing, zone, quiet).unwrap_err();
        assert_eq!((wrong, error.code), (field, Code::InvalidValue), "{when} {zone} {quiet:?}");
        assert!(error.next_step.as_deref().is_some_and(|step| step.contains(next)), "{error:?}");
    }
    let quiet = |text| Plan::new(&Timing::EverySeconds(60), "europe/berlin", Some(text)).unwrap();
    assert_eq!(quiet("22 - 6").quiet().unwrap().to_string(), "22:00-06:00");
    assert_eq!(quiet("22:15-6:00").zone_name(), "Europe/Berlin");
}

#[test]
fn time_zones_are_known_where_the_machine_has_none() {
    let berlin = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    let plan = Plan { rule: plan("daily 02:30", None).rule, quiet: None, zone: berlin, longest: None };
    assert_eq!(plan.after(at("2026-03-28T12:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
}

#[test]
fn the_day_of_a_leap_year_is_waited_for() {
    let plan = plan("0 12 29 2 *", None);
    let next = plan.after(at("2026-11-26T08:00:00Z")).unwrap();
    assert_eq!(plan.local(next), "Tue 29 Feb 2028 12:00 CET");
}

proptest! {
    #[test]
    fn a_daily_time_comes_once_a_day_in_every_zone_and_where_it_is_left_out_right_after(
        hour in 0..24_u32, minute in 0..60_u32, day in 18_300..23_700_i64, zone in 0..6_usize,
    ) {
        // Whole hours, half an hour, and a day that was left out are put forward in these.
        let zone = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Gaza"][zone];
        let timing = Timing::Cron(format!("{minute} {hour} * * *"));
        let plan = Plan::new(&timing, zone, Some("22:00-06:00")).unwrap();
        let mut last = Time(day * 24 * HOUR);
        for _ in 0..8 {
            let next = plan.after(last).unwrap();
            let gap = next.0 - last.0;
            prop_assert!(gap > 0 && gap <= 26 * HOUR, "{zone} {timing:?}: {last} {next}");
            let local = plan.zoned(next).unwrap();
            let of_day = (local.hour() as u32, local.minute() as u32);
            // What is left out comes in the minute after the gap.
            prop_assert!(of_day >= (hour, minute), "{zone} {timing:?}: {local}");
            let due = plan.due(next, Spread(next.0 as u64));
            prop_assert!(due >= next && plan.quiet_until(due).is_none(), "{zone} {timing:?}: {due}");
            last = next;
        }
    }

    #[test]
    fn no_text_breaks_what_reads_a_schedule(text in ".{0,40}", zone in ".{0,20}") {
        if let Ok(timing) = words::timing_of(&text) {
            let _ = (Plan::new(&timing, &zone, Some(&text)), words::timing(&timing));
        }
        let _ = (Cron::parse(&text), Quiet::parse(&text));
    }
}
