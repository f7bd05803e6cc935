//! Who waits for an operation, and what becomes of it when they die.
//! Refuses to end anything in order: they are killed.

use super::{detached, held, now_ms, operations, state, worker};
use crate::support::{Musterctl, Peer, eventually, finish, table, terminate};
use contract::{OperationKind, OperationState, Origin};
use serde_json::json;
use std::process::Child;
use std::time::Duration;

fn killed(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A sync of hosts that waits behind a held full sync.
fn queued(muster: &Musterctl) -> (Child, String) {
    let child = muster.spawn(&["sync", "hosts", "Berlin", "--json"]);
    let mut id = String::new();
    eventually("it is queued", || {
        let newest = operations(muster).pop().unwrap();
        id = newest.id.to_string();
        newest.state == OperationState::Queued && newest.kind() == OperationKind::SyncHosts
    });
    (child, id)
}

fn waiting(muster: &Musterctl, id: &str) -> u64 {
    muster.ok(&["operations", "show", id])["waiting"].as_u64().unwrap()
}

#[test]
fn an_operation_goes_on_while_another_process_waits_for_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let (first, id) = queued(&muster);
    let second = muster.spawn(&["sync", "hosts", "Berlin", "--json"]);
    eventually("both wait for it", || waiting(&muster, &id) == 2);
    killed(first);
    peer.let_go();
    assert_eq!(finish(owner).code, 0);
    let run = finish(second);
    assert_eq!((run.code, &run.document()[0]["state"]), (0, &json!("succeeded")), "{run:?}");
    assert_eq!(run.document()[0]["operation"], id.as_str(), "the very one that the dead process asked for");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn an_operation_that_was_left_to_a_worker_too_outlives_who_asked_for_it_first() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let (first, id) = queued(&muster);
    assert_eq!(detached(&muster, &["sync", "hosts", "Berlin"]), id);
    let worker = worker(&muster, "5m");
    killed(first);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(state(&muster, &id), "queued", "it runs in any case");
    peer.let_go();
    assert_eq!(finish(owner).code, 0);
    eventually("the worker has done it", || state(&muster, &id) == "succeeded");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn an_operation_whose_only_waiter_died_in_the_queue_is_interrupted_soon() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let (first, id) = queued(&muster);
    // Somebody has to be there who notices; nobody asks meanwhile.
    let worker = worker(&muster, "5m");
    std::thread::sleep(Duration::from_secs(1));
    killed(first);
    let died = now_ms();
    std::thread::sleep(Duration::from_secs(6));
    let ended = operations(&muster).into_iter().find(|one| one.id.as_str() == id).unwrap();
    assert_eq!((ended.state, ended.progress.attempts), (OperationState::Interrupted, 0), "{ended:?}");
    let after = ended.finished_at.unwrap().0 - died;
    table("the only waiter died while queued", format!("interrupted after {after} ms"));
    assert!((0..5_000).contains(&after), "{after} ms");
    peer.let_go();
    assert_eq!(finish(owner).code, 0);
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn a_running_operation_whose_process_died_is_interrupted_and_never_begun_again_by_itself() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let id = operations(&muster).pop().unwrap().id.to_string();
    let worker = worker(&muster, "5m");
    killed(owner);
    eventually("it is interrupted", || state(&muster, &id) == "interrupted");
    let behind = detached(&muster, &["sync", "hosts", "Berlin"]);
    peer.let_go();
    eventually("its lane is free", || state(&muster, &behind) == "succeeded");
    let dead = operations(&muster).into_iter().find(|one| one.id.as_str() == id).unwrap();
    assert_eq!((dead.state, dead.progress.attempts), (OperationState::Interrupted, 1));
    let retried = muster.ok(&["operations", "retry", &id]);
    assert_eq!(retried[0]["state"], "succeeded", "{retried}");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
}

#[test]
fn a_worker_that_is_stopped_leaves_what_it_ran_interrupted_and_what_was_queued_to_the_next() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let first = worker(&muster, "5m");
    let running = detached(&muster, &["sync", "full", "Berlin"]);
    eventually("the worker reads", || peer.is_holding());
    let behind = detached(&muster, &["sync", "hosts", "Berlin"]);
    terminate(&first);
    assert_eq!(finish(first).code, 0);
    let ended = muster.ok(&["operations", "show", &running]);
    assert_eq!((&ended["state"], &ended["error"]["code"]), (&json!("interrupted"), &json!("interrupted")));
    assert_eq!(state(&muster, &behind), "queued");
    peer.let_go();
    assert_eq!(peer.sessions(), 0, "it logged out before it ended");
    let next = worker(&muster, "5m");
    eventually("the next one goes on", || state(&muster, &behind) == "succeeded");
    assert_eq!(state(&muster, &running), "interrupted", "and begins nothing again by itself");
    terminate(&next);
    assert_eq!(finish(next).code, 0);
}

#[test]
fn a_persons_work_goes_before_what_a_reader_asked_for_first() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    let reader = muster.spawn(&["inventory", "networks", "--vcenter", "Berlin", "--max-age", "1s", "--json"]);
    eventually("the reader's refresh is queued", || operations(&muster).len() == 2);
    let (person, _) = queued(&muster);
    peer.let_go();
    for child in [owner, person, reader] {
        assert_eq!(finish(child).code, 0);
    }
    let all = operations(&muster);
    let [sync, reader, person] = &all[..] else { panic!("{all:#?}") };
    assert_eq!((reader.origin, person.origin), (Origin::Reader, Origin::User));
    assert!(sync.finished_at <= person.started_at && person.finished_at <= reader.started_at, "{all:#?}");
}

#[test]
fn a_worker_without_the_password_leaves_detached_work_to_one_that_has_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let mut without = muster.command(&["run", "--for", "60s"]);
    let without = without.env_remove("CREDENTIALS_DIRECTORY").stdout(std::process::Stdio::null()).spawn();
    let without = without.unwrap();
    eventually("a worker is there", || {
        let run = std::fs::read_dir(muster.data().join("run")).unwrap().flatten();
        run.into_iter().any(|file| file.path().extension().is_some_and(|end| end == "worker"))
    });
    let logins = peer.calls("Login");
    let id = detached(&muster, &["sync", "full", "Berlin"]);
    // Nothing tells that a worker leaves something; it has heard of it long before.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((state(&muster, &id), peer.calls("Login")), (json!("queued"), logins));
    let able = worker(&muster, "60s");
    eventually("the other one does it", || state(&muster, &id) == "succeeded");
    killed(without);
    killed(able);
}
