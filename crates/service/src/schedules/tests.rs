//! Schedules of a whole service, on a clock that the test sets.
//! Refuses to run what they start: the queue shows what was asked for, and no vCenter is contacted but where a login has to be rejected.

mod policies;
mod smart;
mod waiting;

use super::*;
use crate::{Caller, Service, VcenterId};
use contract::command::*;
use contract::discovery::Scan;
use contract::{
    Job, Operation, OperationState, Origin, ScheduleField, ScheduledJob, Timing, VcenterSettings, words,
};
use simulator::Simulator;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tokio::sync::Mutex;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// Thursday 26 November 2026, 08:00 in Berlin.
const MORNING: i64 = 1_795_676_400_000;

/// The clock of all tests here, one test at a time.
static NOW: AtomicI64 = AtomicI64::new(MORNING);
static CLOCK: Mutex<()> = Mutex::const_new(());

fn clock() -> Time {
    Time(NOW.load(Ordering::Relaxed))
}

fn set(now: i64) {
    NOW.store(now, Ordering::Relaxed);
}

/// A service on a folder; a worker's queue runs nothing here, as this process has no password.
async fn on(folder: &TempDir) -> Service {
    crate::tests::opened(folder, clock).await
}

/// Adds vCenters of these names, all at one server, by the store: nobody logs in.
async fn vcenters(service: &Service, names: &[&str], tag: &str) -> Vec<VcenterId> {
    let mut ids = Vec::new();
    for name in names {
        let id = VcenterId(format!("vcenter-{}", name.to_lowercase()));
        let credential = store::NewCredential {
            id: contract::CredentialId(format!("credential-{}", name.to_lowercase())),
            name: (*name).to_owned(),
            user: "reader@vsphere.local".to_owned(),
            stored: contract::CredentialPlace::None,
            helper: None,
        };
        let new = store::NewVcenter {
            id: id.clone(),
            name: (*name).to_owned(),
            host: format!("{}.example.org", name.to_lowercase()),
            port: 443,
            credential: store::VcenterCredential::New(credential),
            trust: contract::Trust::System,
            settings: VcenterSettings { tags: vec![tag.to_owned()], ..VcenterSettings::default() },
            identity: None,
        };
        service.inner.store.add_vcenter(new).await.unwrap();
        ids.push(id);
    }
    ids
}

fn settings(when: &str, vcenters: &[VcenterId]) -> ScheduleSettings {
    ScheduleSettings {
        name: "nightly".to_owned(),
        vcenters: vcenters.to_vec(),
        tag: None,
        when: words::timing_of(when).unwrap(),
        zone: Some("Europe/Berlin".to_owned()),
        job: ScheduledJob::Full,
        quiet: None,
        smart: false,
    }
}

async fn call<C: crate::Handler>(service: &Service, command: C) -> Result<C::Reply, ApiError> {
    service.call(&Caller::muster(), command).await
}

async fn add(service: &Service, settings: ScheduleSettings) -> Schedule {
    call(service, AddSchedule { settings }).await.unwrap()
}

async fn operations(service: &Service) -> Vec<Operation> {
    let history = OperationHistory { filter: OperationFilter::default(), limit: 1000 };
    call(service, history).await.unwrap().operations
}

/// How an operation ends now: well, or with this failure.
fn finish(code: Option<Code>) -> store::Finish {
    store::Finish {
        steps: contract::Steps::default(),
        latency: Default::default(),
        state: if code.is_some() { OperationState::Failed } else { OperationState::Succeeded },
        at: clock(),
        progress: contract::Progress::default(),
        diff: contract::Diff::default(),
        calls: 0,
        bytes: 0,
        error: code.map(|code| ApiError::new(code, "no")),
        result: None,
    }
}

/// Runs what is queued, and ends it so.
async fn end(service: &Service, id: &contract::OperationId, code: Option<Code>) {
    let claim = service.inner.store.claim(id, clock()).await.unwrap().unwrap();
    service.inner.store.finish(&claim, finish(code)).await.unwrap();
}

/// Ends what was queued, as if it had run.
async fn end_all(service: &Service) {
    for operation in operations(service).await {
        if !operation.state.is_final() {
            service.inner.store.claim(&operation.id, clock()).await.unwrap();
            let claim = store::Claim { operation, claim_no: 1 };
            service.inner.store.finish(&claim, finish(None)).await.unwrap();
        }
    }
}

/// Looks as the task of a worker does, once in so many milliseconds from now on until a time; ends what was started each time.
/// Answers with when something was started.
async fn work(service: &Service, until: i64, step: i64) -> Vec<i64> {
    let mut starts = Vec::new();
    let mut known = operations(service).await.len();
    while clock().0 < until {
        set(clock().0 + step);
        service.inner.schedules.start_due().await.unwrap();
        let all = operations(service).await.len();
        starts.extend((known..all).map(|_| clock().0));
        known = all;
        end_all(service).await;
    }
    starts
}

#[tokio::test]
async fn a_schedule_starts_what_is_due_and_says_when_it_does_next() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let added = add(&service, settings("every 30 min", &ids)).await;
    assert_eq!((added.reason.as_str(), added.vcenters.len()), ("every 30 min", 1));
    let next = added.next_at.unwrap().0 - MORNING;
    assert!((30 * MINUTE..31 * MINUTE).contains(&next), "{next}");
    let starts = work(&service, MORNING + 3 * 60 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 5, "{starts:?}");
    let all = operations(&service).await;
    assert!(
        all.iter().all(|one| one.origin == Origin::Schedule && one.job == Job::FULL_SYNC && !one.awaited)
    );
    let shown = call(&service, ShowSchedule { schedule: "NIGHTLY".to_owned() }).await.unwrap();
    assert_eq!(shown.last_operation.unwrap().id, all[0].id, "the newest");
    assert!(shown.next_at.unwrap() > clock());
    service.close().await;
}

#[tokio::test]
async fn two_workers_on_one_database_start_each_run_once() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (on(&folder).await, on(&folder).await);
    let names: Vec<String> = (0..10).map(|n| format!("vc{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = vcenters(&one, &names, "prod").await;
    add(&one, ScheduleSettings { name: "b".to_owned(), ..settings("every 1 min", &ids) }).await;
    let mut started = 0;
    for _ in 0..20 {
        set(clock().0 + 30 * SECOND);
        let before = operations(&one).await.len();
        let (a, b) = tokio::join!(one.inner.schedules.start_due(), other.inner.schedules.start_due());
        a.unwrap();
        b.unwrap();
        started += operations(&one).await.len() - before;
        end_all(&one).await;
    }
    // Ten minutes, of which the first run comes after one and the last one is due within the spread of six seconds.
    assert_eq!(started, 9 * 10);
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn eight_hours_asleep_are_one_run_and_a_clock_set_back_a_day_costs_one_interval() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("every 30 min", &ids)).await;
    set(MORNING + 8 * 60 * MINUTE);
    let starts = work(&service, clock().0 + 20 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 1, "{starts:?}");
    let back = clock().0 - DAY;
    set(back);
    let starts = work(&service, back + 32 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 1, "one interval after the clock was set: {starts:?}");
    service.close().await;
}

#[tokio::test]
async fn while_everything_is_paused_nothing_starts_and_schedules_run_once_when_it_ends() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("every 10 min", &ids)).await;
    let servers = ScheduleSettings {
        name: "read".to_owned(),
        job: ScheduledJob::Servers,
        ..settings("every 10 min", &[])
    };
    add(&service, servers).await;
    call(&service, Pause { of: contract::Group::All, until: Some(Time(MORNING + 35 * MINUTE)) })
        .await
        .unwrap();
    for schedule in call(&service, ListSchedules {}).await.unwrap() {
        assert_eq!(schedule.reason, "everything is paused for 35 min", "{}", schedule.name);
        assert!(
            schedule.targets[0].waits && schedule.next_at.is_some_and(|at| at.0 >= MORNING + 35 * MINUTE)
        );
    }
    let calendar = call(&service, ShowCalendar { days: 1 }).await.unwrap();
    assert!(calendar.pause.is_some_and(|pause| pause.all));
    let starts = work(&service, MORNING + 39 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 2, "each once, after three that were due meanwhile: {starts:?}");
    assert!(starts.iter().all(|at| *at >= MORNING + 35 * MINUTE), "{starts:?}");
    service.close().await;
}

#[tokio::test]
async fn a_run_that_is_held_up_waits_says_why_and_is_caught_up_once() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("every 5 min", &ids)).await;
    // Seven failures in a row: it is left alone for 16 minutes.
    for n in 0..7 {
        let job = Job::SyncHosts { clusters: vec![n.to_string()], accept_removals: false };
        let submit = Submit { vcenter: ids[0].clone(), job, detached: true };
        let id = call(&service, submit).await.unwrap();
        end(&service, &id, Some(Code::Unreachable)).await;
    }
    let held = call(&service, ListSchedules {}).await.unwrap().remove(0);
    assert_eq!(held.reason, "waits until 08:16 after 7 failures in a row");
    assert_eq!((held.next_at, held.targets[0].waits), (Some(Time(MORNING + 16 * MINUTE)), true));
    let starts = work(&service, MORNING + 19 * MINUTE, MINUTE).await;
    assert_eq!(
        starts,
        [MORNING + 17 * MINUTE],
        "three were due meanwhile; its own moment within half a minute"
    );
    service.close().await;
}

/// Begins what is queued as another process does, and ends that process.
async fn interrupt(service: &Service, folder: &TempDir) {
    let dead = store::Store::open(folder.path()).await.unwrap();
    for operation in operations(service).await.iter().filter(|one| !one.state.is_final()) {
        dead.claim(&operation.id, clock()).await.unwrap().unwrap();
    }
    dead.close().await;
    service.inner.store.interrupt_dead(clock()).await.unwrap();
}

#[tokio::test]
async fn a_run_whose_worker_ended_is_started_once_more_and_not_again_and_again() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    add(&service, settings("daily 08:01", &ids)).await;
    let start = async |until: i64| {
        while clock().0 < until {
            set(clock().0 + 10 * SECOND);
            service.inner.schedules.start_due().await.unwrap();
        }
        operations(&service).await.len()
    };
    assert_eq!(start(MORNING + 3 * MINUTE).await, 1);
    interrupt(&service, &folder).await;
    assert_eq!(start(MORNING + 6 * MINUTE).await, 2, "it is due at once");
    interrupt(&service, &folder).await;
    assert_eq!(start(MORNING + 30 * MINUTE).await, 2, "it may be what ends workers");
    set(MORNING + DAY);
    assert_eq!(start(MORNING + DAY + 3 * MINUTE).await, 3, "and goes on at its next time");
    end_all(&service).await;
    assert_eq!(start(MORNING + DAY + 9 * MINUTE).await, 3, "what was done is done");
}

#[tokio::test]
async fn a_paused_vcenter_is_left_alone_and_caught_up_once_while_the_others_go_on() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin", "Bonn"], "prod").await;
    add(&service, settings("every 5 min", &ids)).await;
    let of = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of, until: Some(Time(MORNING + 21 * MINUTE)) }).await.unwrap();
    let held = call(&service, ListSchedules {}).await.unwrap().remove(0);
    let berlin = held.targets.iter().find(|target| target.vcenter.as_deref() == Some("Berlin")).unwrap();
    assert_eq!((berlin.reason.as_str(), berlin.waits), ("paused for 21 min", true));
    assert_eq!(berlin.next_at, Some(Time(MORNING + 21 * MINUTE)));
    assert_eq!(held.reason, "every 5 min", "the first of them is not held up");
    let runs = call(&service, NextRuns { schedule: None, count: 50 }).await.unwrap();
    let early = runs.iter().filter(|run| run.at < Time(MORNING + 21 * MINUTE));
    assert!(early.clone().count() >= 4 && early.clone().all(|run| run.vcenters == ["Bonn"]), "{runs:?}");
    assert!(runs.iter().any(|run| run.vcenters == ["Berlin", "Bonn"]), "and then both: {runs:?}");
    work(&service, MORNING + 23 * MINUTE, MINUTE).await;
    let all = operations(&service).await;
    let of = |name: &str| all.iter().filter(|one| one.about() == name).collect::<Vec<_>>();
    assert_eq!((of("Berlin").len(), of("Bonn").len()), (1, 4));
    assert_eq!(of("Berlin")[0].submitted_at, Time(MORNING + 22 * MINUTE), "looked at once a minute");
    service.close().await;
}

/// A schedule about no vCenter.
fn about_none(when: &str, job: ScheduledJob) -> ScheduleSettings {
    ScheduleSettings { name: job.name().to_owned(), job, ..settings(when, &[]) }
}

/// A scan of this range.
fn scan(range: &str) -> ScheduledJob {
    ScheduledJob::Scan(Box::new(Scan { ranges: vec![range.to_owned()], ..Scan::default() }))
}

#[tokio::test]
async fn a_scan_and_a_reading_of_servers_are_scheduled_about_no_vcenter_whichever_of_them_is_paused() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let of = contract::Group::Vcenter(ids[0].clone());
    call(&service, Pause { of, until: None }).await.unwrap();
    let job = scan("10.0.8.0/24");
    let weekly = add(&service, about_none("every 30 min", job.clone())).await;
    assert_eq!((weekly.reason.as_str(), &*weekly.vcenters), ("every 30 min", &[][..]));
    assert_eq!(weekly.next_at, Some(Time(MORNING + 30 * MINUTE)), "what is about none is not spread");
    assert_eq!((weekly.targets.len(), &weekly.targets[0].vcenter_id), (1, &None));
    let edit = EditSchedule {
        schedule: weekly.id.clone(),
        edition: weekly.edition,
        settings: ScheduleSettings { quiet: Some("08:10-08:20".to_owned()), ..weekly.settings() },
    };
    let edited = call(&service, edit).await.unwrap();
    assert_eq!((&edited.job, &*edited.settings().vcenters), (&job, &[][..]), "an edit keeps where it looks");
    add(&service, about_none("every 1 h", ScheduledJob::Servers)).await;
    let runs = call(&service, NextRuns { schedule: None, count: 3 }).await.unwrap();
    let next = runs.iter().map(|run| (&*run.schedule, run.vcenters.len(), (run.at.0 - MORNING) / MINUTE));
    assert_eq!(next.collect::<Vec<_>>(), [("scan", 0, 30), ("scan", 0, 60), ("servers", 0, 60)]);
    while clock() < Time(MORNING + 61 * MINUTE) {
        set(clock().0 + MINUTE);
        service.inner.schedules.start_due().await.unwrap();
        // One at a time talks to BMCs, the oldest first.
        for operation in operations(&service).await.iter().rev().filter(|one| !one.state.is_final()) {
            end(&service, &operation.id, None).await;
        }
    }
    let all = operations(&service).await;
    assert_eq!(all.len(), 3);
    let is = |one: &Operation| one.origin == Origin::Schedule && one.vcenter_id.is_none() && !one.awaited;
    assert!(all.iter().all(is), "{all:?}");
    assert_eq!(all.iter().filter(|one| one.job == job.job()).count(), 2);
    let shown = call(&service, ShowSchedule { schedule: "scan".to_owned() }).await.unwrap();
    assert_eq!(shown.last_operation.map(|last| last.job), Some(job.job()));
    service.close().await;
}

#[tokio::test]
async fn a_schedule_of_a_scan_that_cannot_run_or_names_vcenters_is_refused() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let many = scan("10.0.0.0/16");
    for (settings, words) in [
        (about_none("daily 02:30", scan("10.0.8.0/33")), "10.0.8.0/33"),
        (about_none("daily 02:30", many.clone()), "65,534"),
        (about_none("daily 02:30", scan("")), "no "),
        (
            ScheduleSettings { vcenters: ids, ..about_none("daily 02:30", scan("10.0.8.1")) },
            "is for no vCenter",
        ),
        (
            ScheduleSettings {
                tag: Some("prod".to_owned()),
                ..about_none("daily 02:30", ScheduledJob::Servers)
            },
            "is for no vCenter",
        ),
        (
            ScheduleSettings { job: ScheduledJob::Full, ..about_none("daily 02:30", many) },
            "no vCenter is selected",
        ),
    ] {
        let error = call(&service, AddSchedule { settings }).await.unwrap_err();
        assert!(error.message.contains(words), "{words}: {}", error.message);
        assert!(!error.next_step.unwrap_or_default().is_empty());
    }
    assert!(call(&service, ListSchedules {}).await.unwrap().is_empty());
    service.close().await;
}

#[tokio::test]
async fn an_equal_operation_that_waits_or_runs_is_this_run() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let schedule = add(&service, settings("every 5 min", &ids)).await;
    let submit = Submit { vcenter: ids[0].clone(), job: Job::FULL_SYNC, detached: true };
    let own = call(&service, submit).await.unwrap();
    for n in 1..=3 {
        set(MORNING + n * 6 * MINUTE);
        service.inner.schedules.start_due().await.unwrap();
        set(clock().0 + 31 * SECOND);
        service.inner.schedules.start_due().await.unwrap();
        let all = operations(&service).await;
        assert_eq!((all.len(), &all[0].id, all[0].origin), (1, &own, Origin::User));
        let shown = call(&service, ShowSchedule { schedule: schedule.id.to_string() }).await.unwrap();
        assert_eq!(shown.last_operation.map(|last| last.id), Some(own.clone()));
        assert!(shown.next_at.unwrap() > clock());
    }
    service.close().await;
}

#[tokio::test]
async fn a_schedule_for_a_tag_is_for_whatever_has_it_and_says_so_when_nothing_has() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let prod = vcenters(&service, &["Berlin", "Bonn"], "prod").await;
    vcenters(&service, &["Paris"], "test").await;
    let of_tag = |tag: &str| ScheduleSettings { tag: Some(tag.to_owned()), ..settings("every 5 min", &[]) };
    let unknown = call(&service, AddSchedule { settings: of_tag("nonsense") }).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound, "{unknown:?}");
    assert_eq!(add(&service, of_tag("prod")).await.vcenters, ["Berlin", "Bonn"]);
    vcenters(&service, &["Rome"], "prod").await;
    service.inner.schedules.start_due().await.unwrap();
    let starts = work(&service, MORNING + 6 * MINUTE, MINUTE).await;
    assert_eq!(starts.len(), 3, "one that got the tag later too: {starts:?}");
    for id in ["vcenter-berlin", "vcenter-bonn", "vcenter-rome"] {
        call(&service, RemoveVcenter { vcenter: VcenterId(id.to_owned()), at_once: true }).await.unwrap();
    }
    let left = call(&service, ListSchedules {}).await.unwrap().remove(0);
    assert_eq!((left.reason.as_str(), left.next_at), ("no vCenter has the tag prod", None));
    let chosen =
        AddSchedule { settings: ScheduleSettings { name: "b".to_owned(), ..settings("every 5 min", &prod) } };
    assert_eq!(call(&service, chosen).await.unwrap_err().code, Code::NotFound, "they are gone");
    service.close().await;
}

#[tokio::test]
async fn a_schedule_that_is_off_starts_nothing_and_catches_nothing_up_when_it_is_turned_on() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let added = add(&service, settings("every 5 min", &ids)).await;
    let off = call(&service, EnableSchedule { schedule: added.id.clone(), enabled: false }).await.unwrap();
    assert_eq!((off.enabled, off.next_at, off.reason.as_str()), (false, None, "off"));
    assert_eq!(work(&service, MORNING + 60 * MINUTE, MINUTE).await, [0_i64; 0]);
    let on = call(&service, EnableSchedule { schedule: added.id.clone(), enabled: true }).await.unwrap();
    assert!(on.next_at.unwrap().0 >= clock().0 + 5 * MINUTE);
    assert_eq!(call(&service, NextRuns { schedule: None, count: 3 }).await.unwrap().len(), 3);
    service.close().await;
}

#[tokio::test]
async fn an_edit_names_the_edition_it_was_made_from_and_plans_anew_only_for_another_time() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let ids = vcenters(&service, &["Berlin"], "prod").await;
    let added = add(&service, settings("every 30 min", &ids)).await;
    let edit = |edition, settings| EditSchedule { schedule: added.id.clone(), edition, settings };
    set(MORNING + 10 * MINUTE);
    let quiet = ScheduleSettings { quiet: Some("22 - 6".to_owned()), ..added.settings() };
    let edited = call(&service, edit(added.edition, quiet.clone())).await.unwrap();
    assert_eq!((edited.quiet.as_deref(), edited.next_at), (Some("22:00-06:00"), added.next_at));
    let stale = call(&service, edit(added.edition, settings("every 1 h", &ids))).await.unwrap_err();
    assert_eq!(
        (stale.code, stale.message.contains("the schedule was changed")),
        (Code::ChangedMeanwhile, true)
    );
    let hourly = ScheduleSettings { when: Timing::EverySeconds(3600), ..edited.settings() };
    let hourly = call(&service, edit(edited.edition, hourly)).await.unwrap();
    assert!(hourly.next_at.unwrap().0 >= MORNING + 70 * MINUTE);
    let taken = call(&service, AddSchedule { settings: settings("every 1 h", &ids) }).await.unwrap_err();
    assert_eq!(taken.code, Code::AlreadyExists);
    call(&service, RemoveSchedule { schedule: added.id.clone() }).await.unwrap();
    assert_eq!(call(&service, ListSchedules {}).await.unwrap(), []);
    let gone = call(&service, ShowSchedule { schedule: "nightly".to_owned() }).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    service.close().await;
}

#[tokio::test]
async fn a_preview_shows_the_runs_across_quiet_hours_or_what_is_wrong_at_each_field() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let preview = |settings: ScheduleSettings| PreviewSchedule { settings, count: 5 };
    let asked = ScheduleSettings { quiet: Some("12:00-20:00".to_owned()), ..settings("every 3 h", &[]) };
    let right = call(&service, preview(asked.clone())).await.unwrap();
    let local: Vec<&str> = right.runs.iter().map(|run| &run.local[16..21]).collect();
    assert_eq!(local, ["11:00", "20:00", "23:00", "02:00", "05:00"]);
    assert!(right.runs[1].reason.contains("after quiet hours 12:00-20:00"), "{:?}", right.runs[1]);
    let wrong = ScheduleSettings {
        when: Timing::Cron("0 0 30 2 *".to_owned()),
        zone: Some("Berlin".to_owned()),
        quiet: Some("always".to_owned()),
        ..asked
    };
    let wrong = call(&service, preview(wrong)).await.unwrap();
    let fields: Vec<ScheduleField> = wrong.wrong.iter().map(|wrong| wrong.field).collect();
    assert_eq!(fields, [ScheduleField::When, ScheduleField::Zone, ScheduleField::Quiet]);
    assert_eq!(wrong.runs, []);
    service.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_started_where_the_login_was_rejected() {
    let _clock = CLOCK.lock().await;
    set(MORNING);
    let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let service = on(&folder).await;
    let added = call(&service, AddVcenter { settings: crate::tests::settings(&server) }).await.unwrap();
    let vcenter = added.vcenter;
    add(&service, settings("every 5 min", std::slice::from_ref(&vcenter.id))).await;
    let wrong = Some(Password("another one".to_owned()));
    let credential = vcenter.credential_id.clone();
    call(&service, SetCredential { credential, name: None, user: None, password: wrong, helper: None })
        .await
        .unwrap();
    let submit = Submit { vcenter: vcenter.id.clone(), job: Job::TEST, detached: false };
    let operation = call(&service, submit).await.unwrap();
    let ended = call(&service, AwaitOperation { operation }).await.unwrap();
    assert_eq!(ended.error.map(|error| error.code), Some(Code::LoginRejected));
    assert_eq!(work(&service, MORNING + 30 * MINUTE, MINUTE).await, [0_i64; 0]);
    let waits = call(&service, ListSchedules {}).await.unwrap().remove(0);
    assert_eq!((waits.next_at, waits.reason.as_str()), (None, "waits: the login was rejected"));
    let password = Some(Password(server.password().to_owned()));
    call(
        &service,
        SetCredential { credential: vcenter.credential_id, name: None, user: None, password, helper: None },
    )
    .await
    .unwrap();
    service.inner.schedules.start_due().await.unwrap();
    set(clock().0 + 31 * SECOND);
    service.inner.schedules.start_due().await.unwrap();
    assert_eq!(operations(&service).await.iter().filter(|one| one.origin == Origin::Schedule).count(), 1);
    service.close().await;
    server.stop().await;
}
