//! The whole service on a vCenter of its own, with a clock that the test sets.
//! Refuses to wait for that clock: it stands still until a test moves it.

use super::*;
use contract::command::{
    AddVcenter, AwaitOperation, Doctor, Login, Password, RefreshIfOlder, Settings, Submit,
};
use contract::{
    Diff, Job, Kind, Operation, OperationId, OperationState, Origin, Progress, Remedy, Role, Trust,
    VcenterSettings, VcenterStatus,
};
use simulator::Simulator;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY: i64 = 86_400_000;

/// What the one test that uses it has set.
static NOW: AtomicI64 = AtomicI64::new(0);

fn set_clock() -> Time {
    Time(NOW.load(Ordering::Relaxed))
}

/// A service that has read nothing yet of what the folder holds.
pub(crate) async fn fresh(folder: &tempfile::TempDir) -> Service {
    opened(folder, set_clock).await
}

/// The same on another clock.
pub(crate) async fn opened(folder: &tempfile::TempDir, now: crate::Clock) -> Service {
    let options = Options {
        data_dir: folder.path().to_owned(),
        credentials_dir: None,
        keychain: false,
        unlock: Unlock::Never,
        read_only: false,
        worker: false,
        at_once: crate::AT_ONCE,
    };
    open_with(options, now).await.unwrap()
}

pub(crate) async fn on(server: &Simulator, folder: &tempfile::TempDir) -> (Service, VcenterId) {
    let service = fresh(folder).await;
    let added = service.call(&Caller::muster(), AddVcenter { settings: settings(server) }).await.unwrap();
    (service, added.vcenter.id)
}

pub(crate) fn settings(server: &Simulator) -> Settings {
    let password = Some(Password(server.password().to_owned()));
    Settings {
        name: "Berlin".to_owned(),
        address: server.address().to_string(),
        login: Login::Own { user: server.user().to_owned(), password, helper: None },
        trust: Some(Trust::Pin { sha256: server.sha256().to_owned() }),
        settings: VcenterSettings::default(),
    }
}

pub(crate) async fn sync(service: &Service, vcenter: &VcenterId) {
    let muster = Caller::muster();
    let full = Submit { vcenter: vcenter.clone(), job: Job::FULL_SYNC, detached: false };
    let operation = service.call(&muster, full).await.unwrap();
    let ended = service.call(&muster, AwaitOperation { operation }).await.unwrap();
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.error);
}

/// An operation that somebody asked for, and nothing more is known of it.
pub(crate) fn operation(job: Job) -> Operation {
    Operation {
        id: OperationId("o".into()),
        vcenter: Some("Berlin 2".into()),
        vcenter_id: Some(VcenterId("v".into())),
        job,
        origin: Origin::User,
        role: Role::Admin,
        state: OperationState::Running,
        awaited: true,
        waiting: 1,
        submitted_at: Time(0),
        started_at: None,
        finished_at: None,
        progress: Progress::default(),
        diff: Diff::default(),
        calls: 0,
        bytes: 0,
        error: None,
        result: None,
        recorded: None,
    }
}

async fn status(service: &Service) -> VcenterStatus {
    service.status().await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_wrong_clock_dated_in_the_future_is_stale_until_it_is_read_again() {
    let right = 1_772_366_400_000;
    NOW.store(right + DAY, Ordering::Relaxed);
    let server = Simulator::start(simulator::Options::new(20, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, vcenter) = on(&server, &folder).await;
    sync(&service, &vcenter).await;
    let before = status(&service).await;
    assert_eq!((before.fresh, before.age_seconds), (true, Some(0)));
    service.inner.reads.invalidate(&vcenter);

    NOW.store(right, Ordering::Relaxed);
    let misdated = status(&service).await;
    assert_eq!((misdated.fresh, misdated.age_seconds), (false, None), "it counts as stale, and has no age");
    assert_eq!(misdated.synced_at, Some(Time(right + DAY)));
    let doctor = service.call(&Caller::muster(), Doctor {}).await.unwrap();
    let finding = doctor.iter().find(|check| check.name == "vCenter Berlin").unwrap();
    assert!(!finding.ok && finding.detail.contains("dated in the future"), "{finding:?}");
    let again = Remedy::Retry { vcenter: "Berlin".to_owned(), job: Job::FULL_SYNC };
    assert_eq!((&finding.next_step, &finding.remedies[..]), (&None, &[again][..]));
    println!("fault | a clock that was a day ahead | {}", finding.detail);

    // However old the data may be: nobody knows how old it is.
    let muster = Caller::muster();
    let any_age =
        RefreshIfOlder { vcenter: vcenter.clone(), kind: Kind::Hosts, max_age_seconds: 365 * 86_400 };
    let operation = service.call(&muster, any_age.clone()).await.unwrap().refresh.unwrap();
    let ended = service.call(&muster, AwaitOperation { operation }).await.unwrap();
    let read = service.ages(&vcenter).await.unwrap().synced_at(Kind::Hosts);
    assert_eq!((read, ended.error), (Some(Time(right)), None), "it was read, and dated right");
    let again = service.call(&muster, any_age).await.unwrap();
    assert_eq!(again.refresh, None, "once is enough");
    assert!(!status(&service).await.fresh, "what else was read then is stale still");

    sync(&service, &vcenter).await;
    let after = status(&service).await;
    assert_eq!((after.fresh, after.age_seconds, after.synced_at), (true, Some(0), Some(Time(right))));
    assert_eq!(after.since, Some(Time(right)), "the state began when it was seen, and not tomorrow");
    service.close().await;
    server.stop().await;
}

#[tokio::test]
async fn a_service_that_closes_takes_no_more_in() {
    let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, vcenter) = on(&server, &folder).await;
    service.close().await;
    let full = Submit { vcenter, job: Job::FULL_SYNC, detached: false };
    let refused = service.call(&Caller::muster(), full).await.unwrap_err();
    assert_eq!(refused.code, Code::Cancelled);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_logins_at_once_one_session_is_left_and_what_is_lost_is_only_the_one_that_ended() {
    let server = Simulator::start(simulator::Options::new(5, 1)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (service, vcenter) = on(&server, &folder).await;
    let connections = &service.inner.connections;
    let login = connections::LoginAs { by_user: true, retry: None };
    let (one, other) = tokio::join!(connections.lease(&vcenter, login), connections.lease(&vcenter, login));
    let (one, other) = (one.unwrap().session, other.unwrap().session);
    assert!(one.is_same(&other), "both go on with the first one");
    one.current_time().await.unwrap();

    server.end_sessions();
    connections.lost(&vcenter, &one).await;
    let next = connections.lease(&vcenter, login).await.unwrap().session;
    assert!(!next.is_same(&one));
    connections.lost(&vcenter, &one).await;
    let kept = connections.lease(&vcenter, login).await.unwrap().session;
    assert!(kept.is_same(&next), "who hears late that the first one ended leaves the next one alone");
    service.close().await;
    server.stop().await;
}
