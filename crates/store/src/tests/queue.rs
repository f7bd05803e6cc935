//! The queue: equal operations, lanes, and processes that die.

use super::*;
use OperationKind::{FullSync, Refresh, SyncHosts, Test};
use contract::command::OperationFilter;
use std::io::BufRead;

/// The operations that a process may run now.
async fn runnable(store: &Store, is_worker: bool) -> Vec<OperationId> {
    store.runnable(is_worker).await.unwrap().into_iter().map(|runnable| runnable.id).collect()
}

#[tokio::test]
async fn an_operation_comes_back_as_it_was_submitted_run_and_finished() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let job = Job::SyncHosts { clusters: vec!["cluster \"a\"".to_owned()], accept_removals: true };
    store.submit(NewOperation { job: job.clone(), ..operation("op-1", &id, SyncHosts) }).await.unwrap();
    let queued = store.operation("op-1").await.unwrap();
    assert_eq!(
        (queued.state, queued.progress.attempts, queued.submitted_at),
        (OperationState::Queued, 0, Time(1_000))
    );
    assert_eq!((queued.about(), &queued.job), ("Berlin", &job));

    let claim = store.claim(&queued.id, Time(2_000)).await.unwrap().unwrap();
    assert_eq!(
        (claim.claim_no, claim.operation.state, claim.operation.progress.attempts),
        (1, OperationState::Running, 1)
    );
    let progress = Progress {
        step: "reading hosts".to_owned(),
        done: 7,
        total: 9,
        percent: Some(33),
        attempts: 1,
        ..Progress::default()
    };
    store.progress(&claim, &progress, 11, 12).await.unwrap();
    let running = store.operation("op").await.unwrap();
    assert_eq!((running.progress, running.calls, running.bytes), (progress, 11, 12));

    let error = ApiError::new(Code::NoPermission, "no \"right\"").next("Ask.");
    let end = Finish { state: OperationState::Partial, error: Some(error.clone()), ..finish(3_000) };
    store.finish(&claim, end.clone()).await.unwrap();
    let done = store.operation("op-1").await.unwrap();
    assert_eq!((done.started_at, done.finished_at), (Some(Time(2_000)), Some(Time(3_000))));
    assert_eq!((done.state, done.progress, done.diff), (end.state, end.progress, end.diff));
    assert_eq!((done.calls, done.bytes, done.error), (5, 6, Some(error)));
    assert!(matches!(store.finish(&claim, finish(4_000)).await, Err(Error::ClaimLost { .. })));
}

#[tokio::test]
async fn the_newest_operation_comes_first() {
    let (_dir, store) = opened().await;
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    for (id, vcenter) in [("op-1", &berlin), ("op-2", &paris), ("op-3", &berlin)] {
        let claim = claimed(&store, vcenter, id).await;
        store.finish(&claim, finish(3_000)).await.unwrap();
    }
    let ids = |operations: Vec<Operation>| operations.into_iter().map(|o| o.id.0).collect::<Vec<_>>();
    assert_eq!(ids(store.operations(None, 2).await.unwrap()), ["op-3", "op-2"]);
    assert_eq!(ids(store.operations(Some(&berlin), 9).await.unwrap()), ["op-3", "op-1"]);
    assert!(matches!(store.operation("op").await, Err(Error::Ambiguous { .. })));
}

#[tokio::test]
async fn equal_operations_become_one_for_as_long_as_it_lives() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    let hosts = |id: &str, of: &VcenterId, clusters: &[&str]| {
        let clusters = clusters.iter().map(|&one| one.to_owned()).collect();
        NewOperation {
            job: Job::SyncHosts { clusters, accept_removals: false },
            ..operation(id, of, SyncHosts)
        }
    };
    let (a, b) = (hosts("a", &id, &["x", "y"]), hosts("b", &id, &["x", "y"]));
    let different = hosts("c", &id, &["y"]);
    assert!(!store.submit(a.clone()).await.unwrap().coalesced);
    assert_eq!(other.submit(b.clone()).await.unwrap(), Submitted { id: a.id.clone(), coalesced: true });
    assert!(!store.submit(different).await.unwrap().coalesced);
    assert!(!store.submit(operation("d", &id, FullSync)).await.unwrap().coalesced);

    let claim = store.claim(&a.id, Time(2)).await.unwrap().unwrap();
    assert!(other.submit(b.clone()).await.unwrap().coalesced);
    store.finish(&claim, finish(3)).await.unwrap();
    assert_eq!(other.submit(b.clone()).await.unwrap(), Submitted { id: b.id, coalesced: false });
}

#[tokio::test]
async fn the_syncs_of_a_vcenter_have_one_lane_and_it_goes_in_order() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    let (berlin, paris) = (with_vcenter(&store, "Berlin").await, with_vcenter(&store, "Paris").await);
    let first = store.submit(operation("1", &berlin, FullSync)).await.unwrap().id;
    let second = other.submit(operation("2", &berlin, SyncHosts)).await.unwrap().id;
    let elsewhere = other.submit(operation("3", &paris, FullSync)).await.unwrap().id;
    assert_eq!(other.claim(&second, Time(2)).await.unwrap(), None, "the first one is first");
    let claim = store.claim(&first, Time(2)).await.unwrap().unwrap();
    assert_eq!(store.claim(&first, Time(2)).await.unwrap(), None, "it runs already");
    assert_eq!(other.claim(&second, Time(2)).await.unwrap(), None, "the first one runs");
    assert!(other.claim(&elsewhere, Time(2)).await.unwrap().is_some());
    store.finish(&claim, finish(3)).await.unwrap();
    assert!(other.claim(&second, Time(3)).await.unwrap().is_some());
    assert_eq!(store.claim(&first, Time(3)).await.unwrap(), None, "it ended");
}

#[tokio::test]
async fn the_database_itself_refuses_two_running_operations_of_one_lane() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    claimed(&store, &id, "1").await;
    store.submit(operation("2", &id, SyncHosts)).await.unwrap();
    let mut connection = raw(dir.path()).await;
    let forced = sqlx::query("UPDATE operations SET state = 'running', started_at = 1 WHERE id = '2'");
    assert!(forced.execute(&mut connection).await.is_err());
    let made_up = sqlx::query("UPDATE operations SET state = 'daydreaming' WHERE id = '2'");
    assert!(made_up.execute(&mut connection).await.is_err());
}

#[tokio::test]
async fn only_what_waits_can_be_cancelled_in_the_queue() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    let waiting = store.submit(operation("2", &id, Refresh)).await.unwrap().id;
    assert!(!store.cancel_queued(&claim.operation.id, Time(3)).await.unwrap());
    assert!(store.cancel_queued(&waiting, Time(3)).await.unwrap());
    assert!(!store.cancel_queued(&waiting, Time(4)).await.unwrap());
    let cancelled = store.operation("2").await.unwrap();
    assert_eq!((cancelled.state, cancelled.finished_at), (OperationState::Cancelled, Some(Time(3))));
    assert_eq!(cancelled.error.unwrap().code, Code::Cancelled);
}

#[tokio::test]
async fn what_is_asked_for_while_its_equal_is_being_cancelled_is_another_operation() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    let again = NewOperation { job: claim.operation.job.clone(), ..operation("2", &id, FullSync) };
    assert!(store.submit(again.clone()).await.unwrap().coalesced, "nobody has cancelled it");
    assert!(store.cancel(&claim.operation.id, Time(2)).await.unwrap());
    let submitted = store.submit(again.clone()).await.unwrap();
    assert!(!submitted.coalesced, "it would be cancelled with the first one");
    assert_eq!(store.claim(&submitted.id, Time(3)).await.unwrap(), None, "that one runs still");
    let third = NewOperation { id: OperationId("3".to_owned()), ..again };
    assert_eq!(store.submit(third).await.unwrap(), Submitted { id: submitted.id.clone(), coalesced: true });
    let cancelled = Finish { state: OperationState::Cancelled, ..finish(3) };
    store.finish(&claim, cancelled).await.unwrap();
    assert!(store.claim(&submitted.id, Time(4)).await.unwrap().is_some());
}

#[tokio::test]
async fn cancelling_what_no_longer_waits_tells_nobody() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    let claim = claimed(&store, &id, "1").await;
    let noted = "SELECT COUNT(*) FROM changes";
    let before = number(dir.path(), noted).await;
    assert!(!other.cancel_queued(&claim.operation.id, Time(3)).await.unwrap());
    assert_eq!(number(dir.path(), noted).await, before);
}

#[tokio::test]
async fn an_operation_is_awaited_while_any_process_that_lives_waits_for_it() {
    let (dir, store) = opened().await;
    let other = Store::open(dir.path()).await.unwrap();
    let id = with_vcenter(&store, "Berlin").await;
    let asked = operation("1", &id, FullSync);
    let submitted = store.submit(asked.clone()).await.unwrap().id;
    assert!(other.submit(asked).await.unwrap().coalesced);
    assert_eq!(store.operation("1").await.unwrap().waiting, 2);
    store.withdraw(&submitted).await.unwrap();
    assert!(store.goes_on_without_us(&submitted).await.unwrap(), "the other one waits");
    let claim = store.claim(&submitted, Time(2)).await.unwrap().unwrap();
    assert_eq!(store.unwanted().await.unwrap(), []);
    other.close().await;
    assert!(!store.goes_on_without_us(&submitted).await.unwrap(), "the other one is gone");
    assert_eq!(store.unwanted().await.unwrap(), [claim.operation.id], "nobody waits");
}

#[tokio::test]
async fn what_nobody_needs_to_wait_for_outlives_who_asked_and_is_run_by_a_worker_alone() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let asking = Store::open(dir.path()).await.unwrap();
    let detached = NewOperation { awaited: false, ..operation("1", &id, FullSync) };
    let submitted = asking.submit(detached).await.unwrap().id;
    assert_eq!(runnable(&asking, false).await, []);
    asking.close().await;
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), []);
    assert_eq!(runnable(&store, false).await, []);
    assert!(!store.has_worker());
    store.work().unwrap();
    assert!(store.has_worker());
    assert_eq!(runnable(&store, true).await, std::slice::from_ref(&submitted));
    store.claim(&submitted, Time(4)).await.unwrap().unwrap();
    assert_eq!(store.unwanted().await.unwrap(), [], "it runs in any case");
    assert!(store.cancel(&submitted, Time(5)).await.unwrap());
    assert_eq!(store.unwanted().await.unwrap(), [submitted]);
}

#[tokio::test]
async fn who_waits_behind_something_that_nobody_runs_runs_it_first() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let detached = NewOperation { awaited: false, ..operation("1", &id, SyncHosts) };
    let first = store.submit(detached).await.unwrap().id;
    let awaited = store.submit(operation("2", &id, FullSync)).await.unwrap().id;
    assert_eq!(runnable(&store, false).await, std::slice::from_ref(&first));
    let claim = store.claim(&first, Time(2)).await.unwrap().unwrap();
    assert_eq!(runnable(&store, false).await, [], "its lane is taken");
    store.finish(&claim, finish(3)).await.unwrap();
    assert_eq!(runnable(&store, false).await, [awaited]);
}

#[tokio::test]
async fn a_person_comes_before_what_happens_by_itself_and_refreshes_and_tests_run_beside_a_sync() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let refresh = |id: &str, vcenter: &VcenterId, of| NewOperation {
        job: Job::refresh(of),
        ..operation(id, vcenter, Refresh)
    };
    let running = claimed(&store, &id, "0").await;
    let by_itself = |id: &str, vcenter: &VcenterId, of| NewOperation {
        origin: Origin::Reader,
        ..refresh(id, vcenter, of)
    };
    let reader = store.submit(by_itself("1", &id, Kind::Vms)).await.unwrap().id;
    store.submit(by_itself("2", &id, Kind::Hosts)).await.unwrap();
    let sync = store.submit(operation("3", &id, SyncHosts)).await.unwrap().id;
    let test = store.submit(operation("4", &id, Test)).await.unwrap().id;
    assert_eq!(runnable(&store, false).await, std::slice::from_ref(&test), "beside what runs");
    let person = store.submit(refresh("5", &id, Kind::Vms)).await.unwrap();
    assert_eq!(person, Submitted { id: reader.clone(), coalesced: true });
    assert_eq!(runnable(&store, false).await, [reader.clone(), test], "a person waits for it now");
    store.claim(&reader, Time(2)).await.unwrap().unwrap();
    store.finish(&running, finish(3)).await.unwrap();
    assert_eq!(store.claim(&OperationId("2".to_owned()), Time(2)).await.unwrap(), None, "nothing overtakes");
    store.claim(&sync, Time(2)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_queued_full_sync_answers_whoever_wants_less_of_it_and_one_that_runs_does_not() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let full = store.submit(operation("1", &id, FullSync)).await.unwrap().id;
    let refresh = operation("2", &id, Refresh);
    assert_eq!(store.submit(refresh.clone()).await.unwrap(), Submitted { id: full.clone(), coalesced: true });
    let accepting = Job::Refresh { of: Kind::Vms, morefs: Vec::new(), accept_removals: true };
    let accepting = NewOperation { job: accepting, ..operation("3", &id, Refresh) };
    assert!(!store.submit(accepting).await.unwrap().coalesced, "the guard of the full sync was not answered");
    store.claim(&full, Time(2)).await.unwrap().unwrap();
    assert!(!store.submit(refresh).await.unwrap().coalesced, "it may have read that already");
}

#[tokio::test]
async fn refreshes_that_readers_started_and_that_are_over_hide_nothing() {
    let (_dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    for (operation_id, origin) in [("1", Origin::User), ("2", Origin::Reader), ("3", Origin::Reader)] {
        let asked = NewOperation { origin, ..operation(operation_id, &id, Refresh) };
        let submitted = store.submit(asked).await.unwrap().id;
        let claim = store.claim(&submitted, Time(2)).await.unwrap().unwrap();
        if operation_id != "3" {
            store.finish(&claim, finish(3)).await.unwrap();
        }
    }
    let ids = |operations: Vec<Operation>| operations.into_iter().map(|o| o.id.0).collect::<Vec<_>>();
    let recent = async |limit| {
        ids(store.recent_operations(&OperationFilter::default(), Time(9), limit).await.unwrap())
    };
    assert_eq!(recent(9).await, ["3", "1"]);
    assert_eq!(recent(1).await, ["3", "1"]);
    assert_eq!(recent(0).await, ["3"], "what runs is always there");
}

#[tokio::test]
async fn operations_of_a_process_that_left_are_interrupted_and_their_lane_is_free() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let gone = Store::open(dir.path()).await.unwrap();
    let claim = claimed(&gone, &id, "1").await;
    gone.stage(&claim, &pass(vec![object(Kind::Hosts, "host-1", "a")], &[Kind::Hosts], 2_000), &go_on)
        .await
        .unwrap();
    gone.submit(operation("2", &id, Refresh)).await.unwrap();
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), [], "it lives");
    gone.close().await;

    let submitted = store.submit(operation("3", &id, FullSync)).await.unwrap();
    assert!(!submitted.coalesced, "an operation of the dead is nothing to wait for");
    for dead in ["1", "2"] {
        let operation = store.operation(dead).await.unwrap();
        assert_eq!(
            (operation.state, operation.finished_at),
            (OperationState::Interrupted, Some(Time(1_000)))
        );
        assert_eq!(operation.error.unwrap().code, Code::Interrupted);
    }
    assert_eq!(number(dir.path(), "SELECT COUNT(*) FROM staged").await, 0);
    assert!(store.claim(&submitted.id, Time(4)).await.unwrap().is_some());
    assert_eq!(store.load(&id).await.unwrap().objects, []);
}

#[tokio::test]
async fn a_lock_file_that_nobody_holds_belongs_to_the_dead() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let submitted = store.submit(operation("1", &id, FullSync)).await.unwrap();
    std::fs::write(dir.path().join("run/somebody.lock"), "").unwrap();
    execute(dir.path(), "UPDATE waiters SET process = 'somebody'").await;
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), [submitted.id]);
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), []);
    let _sweeping = Store::open(dir.path()).await.unwrap();
    assert!(!dir.path().join("run/somebody.lock").exists());
}

#[tokio::test]
async fn operations_of_a_killed_process_are_interrupted() {
    let (dir, store) = opened().await;
    let id = with_vcenter(&store, "Berlin").await;
    let mut child = Killed::running("tests::queue::another_process_claims_and_waits", dir.path());
    let output = std::io::BufReader::new(child.0.stdout.take().unwrap());
    assert!(output.lines().map_while(Result::ok).any(|line| line.contains("claimed")));
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), [], "it lives");
    assert_eq!(store.operation("child").await.unwrap().state, OperationState::Running);
    assert!(matches!(store.remove_vcenter(&id, Time(9)).await, Err(Error::Running { .. })));

    drop(child);
    assert_eq!(store.interrupt_dead(Time(3)).await.unwrap(), [OperationId("child".to_owned())]);
    store.remove_vcenter(&id, Time(9)).await.unwrap();
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn another_process_claims_and_waits() {
    let dir = std::env::var_os("MUSTER_TEST_DIR").unwrap();
    let store = Store::open(Path::new(&dir)).await.unwrap();
    let id = vcenter("Berlin").id;
    claimed(&store, &id, "child").await;
    println!("claimed");
    std::future::pending::<()>().await;
}
