//! Runs of schedules: started once, whoever looks, and never by halves.

use super::*;
use contract::discovery::Scan;

/// Settings of a schedule for these vCenters.
pub(super) fn settings(name: &str, vcenters: &[VcenterId]) -> ScheduleSettings {
    ScheduleSettings {
        name: name.to_owned(),
        vcenters: vcenters.to_vec(),
        tag: None,
        when: Timing::EverySeconds(60),
        zone: Some("UTC".to_owned()),
        job: ScheduledJob::Full,
        quiet: None,
        smart: false,
    }
}

fn id() -> ScheduleId {
    ScheduleId("nightly".to_owned())
}

fn due(edition: i64, seen: i64, next: i64) -> DueRun {
    DueRun { schedule: id(), edition, seen: Time(seen), next: Time(next).into() }
}

fn new(operation: &str, vcenter: &VcenterId) -> NewOperation {
    let new = super::operation(operation, vcenter, OperationKind::FullSync);
    NewOperation { origin: Origin::Schedule, awaited: false, ..new }
}

async fn planned(store: &Store, vcenter: &VcenterId) -> (i64, Option<String>) {
    let all = store.planned_runs().await.unwrap();
    let run = &all[&(id(), Some(vcenter.clone()))];
    (run.next_at.0, run.operation.as_ref().map(|id| id.0.clone()))
}

/// A store with one schedule, due at 100 on one vCenter.
async fn scheduled() -> (TempDir, Store, VcenterId) {
    let (dir, store) = opened().await;
    let berlin = with_vcenter(&store, "Berlin").await;
    let first = [(Some(berlin.clone()), Time(100).into())];
    store.add_schedule(&id(), &settings("Nightly", std::slice::from_ref(&berlin)), &first).await.unwrap();
    (dir, store, berlin)
}

#[tokio::test]
async fn of_two_that_saw_the_same_run_one_starts_it() {
    let (dir, store, berlin) = scheduled().await;
    let other = Store::open(dir.path()).await.unwrap();
    let run = due(1, 100, 160);
    let (one, two) =
        tokio::join!(store.submit_due(new("a", &berlin), &run), other.submit_due(new("b", &berlin), &run));
    let started: Vec<Submitted> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(started.len(), 1);
    assert_eq!(planned(&store, &berlin).await, (160, Some(started[0].id.0.clone())));
    assert_eq!(store.operations(None, 10).await.unwrap().len(), 1);
    other.close().await;
    store.close().await;
}

#[tokio::test]
async fn what_was_edited_turned_off_or_removed_since_starts_nothing() {
    let (_dir, store, berlin) = scheduled().await;
    let run = due(1, 100, 160);
    let first = [(Some(berlin.clone()), Time(500).into())];
    let to = |edition, enabled| ScheduleRecord {
        id: id(),
        settings: settings("Nightly", std::slice::from_ref(&berlin)),
        enabled,
        edition,
    };
    store.edit_schedule(&to(1, true), false, &first).await.unwrap();
    assert_eq!(store.submit_due(new("a", &berlin), &run).await.unwrap(), None, "another edition");
    assert_eq!(planned(&store, &berlin).await.0, 100, "an edit of something else plans nothing anew");
    let stale = store.edit_schedule(&to(1, true), false, &first).await.unwrap_err();
    assert!(matches!(stale, Error::Stale { edition: 2, .. }), "{stale:?}");
    store.edit_schedule(&to(2, false), true, &first).await.unwrap();
    assert_eq!(planned(&store, &berlin).await.0, 500);
    assert_eq!(store.submit_due(new("a", &berlin), &due(3, 500, 560)).await.unwrap(), None, "it is off");
    store.remove_schedule(&id()).await.unwrap();
    assert_eq!(store.submit_due(new("a", &berlin), &due(3, 500, 560)).await.unwrap(), None);
    assert_eq!(store.operations(None, 10).await.unwrap(), []);
    store.close().await;
}

#[tokio::test]
async fn a_run_that_cannot_be_queued_stays_due() {
    let (dir, store, berlin) = scheduled().await;
    execute(dir.path(), "CREATE TRIGGER no BEFORE INSERT ON operations BEGIN SELECT RAISE(FAIL, 'no'); END")
        .await;
    store.submit_due(new("a", &berlin), &due(1, 100, 160)).await.unwrap_err();
    assert_eq!(planned(&store, &berlin).await, (100, None));
    execute(dir.path(), "DROP TRIGGER no").await;
    assert!(store.submit_due(new("a", &berlin), &due(1, 100, 160)).await.unwrap().is_some());
    store.close().await;
}

#[tokio::test]
async fn a_scan_is_planned_once_and_about_no_vcenter_whatever_becomes_of_them() {
    let (_dir, store, berlin) = scheduled().await;
    let scan = Scan { ranges: vec!["10.0.8.0/24".to_owned()], ..Scan::default() };
    let (weekly, job) = (ScheduleId("weekly".to_owned()), ScheduledJob::Scan(Box::new(scan.clone())));
    let weekly_scan = ScheduleSettings { job, ..settings("Weekly scan", &[]) };
    store.add_schedule(&weekly, &weekly_scan, &[(None, Time(100).into())]).await.unwrap();
    store.plan_runs(&weekly, &[(None, Time(200).into())]).await.unwrap();
    assert_eq!(store.schedules().await.unwrap()[1].settings, weekly_scan);
    let run = DueRun { schedule: weekly.clone(), edition: 1, seen: Time(100), next: Time(160).into() };
    let new = |id: &str| {
        let job = Job::Scan { scan: Box::new(scan.clone()) };
        NewOperation { vcenter_id: None, job, ..new(id, &berlin) }
    };
    let started = store.submit_due(new("a"), &run).await.unwrap().unwrap();
    assert_eq!(store.submit_due(new("b"), &run).await.unwrap(), None, "it was started");
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    let planned = store.planned_runs().await.unwrap();
    let is = planned.iter().map(|(of, run)| (of.clone(), run.next_at, run.operation.clone()));
    assert_eq!(is.collect::<Vec<_>>(), [((weekly.clone(), None), Time(160), Some(started.id))]);
    let record = store.schedules().await.unwrap().remove(1);
    store.edit_schedule(&record, true, &[(None, Time(500).into())]).await.unwrap();
    assert_eq!(store.planned_runs().await.unwrap()[&(weekly, None)].next_at, Time(500));
    store.close().await;
}

#[tokio::test]
async fn what_is_planned_goes_with_its_vcenter() {
    let (_dir, store, berlin) = scheduled().await;
    store.remove_vcenter(&berlin, Time(9)).await.unwrap();
    assert!(store.planned_runs().await.unwrap().is_empty());
    assert_eq!(store.schedules().await.unwrap()[0].settings.vcenters, []);
    store.close().await;
}
