//! Smart schedules of a whole service: a week of them, and what keeps them from their plan.

use super::*;
use crate::counts::{Counts, How};
use contract::{Kind, Role};
use jiff::tz::TimeZone;
use jiff::{ToSpan, civil};

const HOUR: i64 = 60 * MINUTE;

/// A time on the clock of this machine, in the week that is tested or one before.
fn local(day: i64, hour: i8, minute: i8) -> i64 {
    let monday = civil::date(2026, 11, 30).checked_add(day.days()).unwrap();
    TimeZone::system().to_timestamp(monday.at(hour, minute, 0, 0)).unwrap().as_millisecond()
}

/// People looked at it in a window from eight to four on the weekdays of the eight weeks before; scripts read it at
/// all hours.
async fn look(service: &Service, vcenter: &VcenterId) {
    let now = clock().0;
    let counts =
        |is_on_screen| Counts::new(service.inner.store.clone(), is_on_screen, TimeZone::system(), clock);
    let (window, script) = (counts(true), counts(false));
    for day in (-8 * 7..0).filter(|day: &i64| day.rem_euclid(7) < 5) {
        for hour in 0..24 {
            let read_by = if (8..16).contains(&hour) { &window } else { &script };
            for minute in [5, 20, 35] {
                set(local(day, hour, minute));
                read_by.read(Role::Operator, vcenter, Kind::Vms, How::Hit);
            }
        }
    }
    set(now);
    window.write().await;
    script.write().await;
}

fn smart(vcenters: &[VcenterId]) -> ScheduleSettings {
    ScheduleSettings { smart: true, zone: None, ..settings("every 30 min", vcenters) }
}

async fn shown(service: &Service) -> Schedule {
    call(service, ListSchedules {}).await.unwrap().remove(0)
}

/// Works until a time as a worker does that sleeps until something is due; answers with when something was started.
async fn work_until(services: &[&Service], until: i64) -> Vec<i64> {
    let mut starts = Vec::new();
    while clock().0 < until {
        let before = operations(services[0]).await.len();
        let looks = services.iter().map(|service| service.inner.schedules.start_due());
        let next = futures_util::future::join_all(looks).await.into_iter().filter_map(Result::unwrap).min();
        let started = operations(services[0]).await.len() - before;
        starts.extend((0..started).map(|_| clock().0));
        end_all(services[0]).await;
        let next = next.map_or(until, |next| next.0.max(clock().0 + SECOND));
        set(next.min(until));
    }
    starts
}

fn gaps(starts: &[i64], from: i64, to: i64) -> Vec<i64> {
    let pairs =
        starts.windows(2).filter(|pair| (from..to).contains(&pair[0]) && (from..to).contains(&pair[1]));
    pairs.map(|pair| (pair[1] - pair[0]) / MINUTE).collect()
}

#[tokio::test]
async fn a_smart_schedule_reads_before_people_look_and_as_often_in_a_week_as_its_interval() {
    let _clock = CLOCK.lock().await;
    set(local(0, 0, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    look(&service, &ids[0]).await;
    add(&service, smart(&ids)).await;
    let mut starts = work_until(&[&service], local(0, 6, 0)).await;
    let early = shown(&service).await;
    assert!(early.targets[0].reason.starts_with("Hardly anybody looks at Berlin"), "{}", early.reason);
    while shown(&service).await.next_at.unwrap().0 < local(0, 7, 50) {
        let next = shown(&service).await.next_at.unwrap().0;
        starts.extend(work_until(&[&service], next + MINUTE).await);
    }
    let opening = shown(&service).await;
    assert!(
        opening.reason.starts_with(
            "People open Berlin at about 08:00 on weekdays; its sync takes 1 s, so it starts at 07:5"
        ),
        "{}",
        opening.reason
    );
    assert!((local(0, 7, 50)..local(0, 8, 0)).contains(&opening.next_at.unwrap().0), "{opening:?}");
    starts.extend(work_until(&[&service], local(7, 0, 0)).await);
    let week = 7 * 48;
    assert!(starts.len().abs_diff(week) <= 2, "{} runs", starts.len());
    let (day, night) =
        (gaps(&starts, local(1, 8, 0), local(1, 16, 0)), gaps(&starts, local(1, 18, 0), local(2, 6, 0)));
    assert!(day.iter().all(|gap| (5..30).contains(gap)), "while people look: {day:?}");
    assert!(night.iter().all(|gap| (31..=242).contains(gap)), "at night, up to eight intervals: {night:?}");
    service.close().await;
}

#[tokio::test]
async fn with_nothing_known_a_smart_schedule_is_its_interval_and_says_why() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let added = add(&service, smart(&ids)).await;
    let of = (added.id.clone(), Some(ids[0].clone()));
    let said = "Too little is known yet of when people look at Berlin: it is read every 30 min.";
    assert_eq!((added.smart, &*added.reason), (true, said));
    for n in 1..12 {
        let planned = service.inner.store.planned_runs().await.unwrap().remove(&of).unwrap();
        assert_eq!(planned.next_at, Time(MORNING + n * 30 * MINUTE));
        // It starts a little late, as it is spread, and keeps its beat.
        set(planned.next_at.0 + MINUTE);
        service.inner.schedules.start_due().await.unwrap();
        end_all(&service).await;
    }
    assert_eq!((operations(&service).await.len(), &*shown(&service).await.reason), (11, said));
    service.close().await;
}

#[tokio::test]
async fn the_calendar_has_a_smart_schedule_of_several_vcenters_on_every_day() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Oslo", "Paris"], "prod").await;
    let hourly = contract::Timing::EverySeconds(3600);
    add(&service, ScheduleSettings { when: hourly, ..smart(&ids) }).await;
    let calendar = call(&service, ShowCalendar { days: 7 }).await.unwrap();
    let empty: Vec<&str> =
        calendar.days.iter().filter(|day| day.runs.is_empty()).map(|day| &*day.date).collect();
    assert!(calendar.often.is_empty() && empty.is_empty(), "{empty:?}: {calendar:?}");
    service.close().await;
}

#[tokio::test]
async fn a_smart_schedule_waits_while_it_is_paused_and_in_quiet_hours() {
    let _clock = CLOCK.lock().await;
    set(local(0, 7, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    look(&service, &ids[0]).await;
    let zone = TimeZone::system().iana_name().map(str::to_owned);
    add(&service, ScheduleSettings { quiet: Some("12:00-13:00".to_owned()), zone, ..smart(&ids) }).await;
    let of = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of, until: Some(Time(local(0, 9, 0))) }).await.unwrap();
    assert_eq!(shown(&service).await.reason, "paused for 2 h");
    let starts = work_until(&[&service], local(0, 14, 0)).await;
    let within = |from: i64, to: i64| starts.iter().filter(|start| (from..to).contains(start)).count();
    assert_eq!(within(local(0, 7, 0), local(0, 9, 0)), 0, "paused: {starts:?}");
    assert_eq!(within(local(0, 9, 0), local(0, 9, 2)), 1, "caught up once: {starts:?}");
    // What was due at noon may be spread.
    assert_eq!(within(local(0, 12, 1), local(0, 13, 0)), 0, "quiet: {starts:?}");
    assert_eq!(within(local(0, 13, 0), local(0, 13, 2)), 1, "after quiet hours: {starts:?}");
    let next = call(&service, NextRuns { schedule: None, count: 200 }).await.unwrap();
    assert!(next.iter().all(|run| !(local(1, 12, 0)..local(1, 13, 0)).contains(&run.at.0)), "{next:?}");
    assert!(
        next.iter()
            .any(|run| run.at.0 == local(1, 13, 0) && run.reason.contains("after quiet hours 12:00-13:00"))
    );
    assert!(next.iter().any(|run| run.reason.starts_with("People look at Berlin between 08:00 and 16:00")));
    assert!(next.iter().all(|run| run.vcenters == ["Berlin"]));
    service.close().await;
}

#[tokio::test]
async fn two_workers_start_each_run_of_a_smart_schedule_once() {
    let _clock = CLOCK.lock().await;
    set(local(0, 7, 0));
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (on(&folder).await, on(&folder).await);
    let ids = vcenters(&one, &["Berlin"], "prod").await;
    look(&one, &ids[0]).await;
    add(&one, smart(&ids)).await;
    let starts = work_until(&[&one, &other], local(0, 12, 0)).await;
    assert!(starts.len() >= 10, "{starts:?}");
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 5 * MINUTE), "{starts:?}");
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn an_edit_makes_a_schedule_smart_and_plain_again_and_plans_it_anew() {
    let _clock = CLOCK.lock().await;
    set(local(0, 20, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    look(&service, &ids[0]).await;
    let plain = add(&service, ScheduleSettings { smart: false, ..smart(&ids) }).await;
    let edit = |of: &Schedule, smart| EditSchedule {
        schedule: of.id.clone(),
        edition: of.edition,
        settings: ScheduleSettings { smart, ..of.settings() },
    };
    let learned = call(&service, edit(&plain, true)).await.unwrap();
    let ahead = learned.next_at.unwrap().0 - clock().0;
    assert!((32 * MINUTE..=4 * HOUR + MINUTE).contains(&ahead), "nobody looks at night: {ahead}");
    assert!(learned.reason.starts_with("Hardly anybody looks at Berlin"), "{}", learned.reason);
    set(clock().0 + 10 * MINUTE);
    service.inner.schedules.start_due().await.unwrap();
    assert_eq!(
        shown(&service).await.next_at,
        learned.next_at,
        "it lies further ahead than an interval, and stays"
    );
    let plain = call(&service, edit(&learned, false)).await.unwrap();
    let ahead = plain.next_at.unwrap().0 - clock().0;
    assert!((30 * MINUTE..=31 * MINUTE).contains(&ahead), "{ahead}");
    assert_eq!((plain.smart, plain.reason.as_str()), (false, "every 30 min"));
    service.close().await;
}

#[tokio::test]
async fn deleted_usage_data_is_planned_from_no_more_and_its_reasons_are_gone() {
    let _clock = CLOCK.lock().await;
    set(local(0, 7, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    look(&service, &ids[0]).await;
    add(&service, smart(&ids)).await;
    work_until(&[&service], local(0, 10, 0)).await;
    assert!(shown(&service).await.reason.starts_with("People look at Berlin"));
    call(&service, DeleteUsage {}).await.unwrap();
    assert_eq!(service.inner.store.usage(&ids[0]).await.unwrap(), None);
    assert_eq!(shown(&service).await.reason, "smart, about every 30 min");
    let starts = work_until(&[&service], local(0, 14, 0)).await;
    let gaps = gaps(&starts, local(0, 10, 0), local(0, 14, 0));
    assert!(gaps.iter().all(|gap| (29..=31).contains(gap)) && gaps.len() >= 6, "{gaps:?}");
    assert!(shown(&service).await.reason.starts_with("Too little is known yet"));
    service.close().await;
}

#[tokio::test]
async fn only_syncs_at_an_interval_are_smart_and_a_form_is_told_so_at_its_field() {
    let _clock = CLOCK.lock().await;
    set(local(0, 7, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let daily = ScheduleSettings { when: words::timing_of("daily 02:30").unwrap(), ..smart(&ids) };
    let tests = ScheduleSettings { job: ScheduledJob::Test, ..smart(&ids) };
    let servers = ScheduleSettings { smart: true, ..about_none("every 30 min", ScheduledJob::Servers) };
    for (asked, said) in [(daily, "an interval"), (tests, "syncs vCenters"), (servers, "syncs vCenters")] {
        let refused = call(&service, AddSchedule { settings: asked.clone() }).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidValue);
        assert!(refused.message.contains(said) && refused.next_step.is_some(), "{refused:?}");
        let preview = call(&service, PreviewSchedule { settings: asked, count: 5 }).await.unwrap();
        assert_eq!((preview.wrong[0].field, preview.runs.len()), (ScheduleField::When, 0));
    }
    look(&service, &ids[0]).await;
    let preview = call(&service, PreviewSchedule { settings: smart(&ids), count: 5 }).await.unwrap();
    assert!(preview.runs.len() == 5 && preview.wrong.is_empty(), "{preview:?}");
    assert!(
        preview.runs.iter().any(|run| run.reason.contains("People open Berlin at about 08:00")),
        "{preview:?}"
    );
    let hosts = ScheduleSettings { job: ScheduledJob::Hosts, ..smart(&ids) };
    assert!(add(&service, hosts).await.smart);
    service.close().await;
}

#[tokio::test]
async fn a_support_bundle_says_nothing_of_when_people_look() {
    let _clock = CLOCK.lock().await;
    set(local(0, 10, 0));
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    look(&service, &ids[0]).await;
    add(&service, smart(&ids)).await;
    let schedule = shown(&service).await;
    assert!(schedule.reason.contains("People look at"), "{}", schedule.reason);
    let told = crate::bundle::unlearned(schedule.clone()).to_string();
    assert!(told.contains("smart, about every 30 min") && !told.contains("People"), "{told}");
    let of = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of, until: None }).await.unwrap();
    let told = crate::bundle::unlearned(shown(&service).await).to_string();
    assert!(told.contains("paused until resumed"), "what holds it up is said: {told}");
    service.close().await;
}
