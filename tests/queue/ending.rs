//! Cancelling in each step, from the process itself and from another one, and doing the same once more.
//! Refuses to believe that it has ended before the server has no session of it.

use super::{detached, held, now_ms, operations, state, worker};
use crate::support::{Musterctl, Peer, eventually, finish, interrupt, table, terminate};
use contract::{Job, OperationState};
use serde_json::{Value, json};
use std::process::Child;
use std::time::{Duration, Instant};

/// A second is promised; what is asserted allows for a busy machine.
const MOST: Duration = Duration::from_secs(5);

/// Who cancels.
#[derive(Clone, Copy, Debug)]
enum By {
    CtrlC,
    AnotherProcess,
}

/// A full sync that has got as far as this step and stays there for a while.
fn stopped_at(step: &str, muster: &Musterctl, peer: &Peer) -> Child {
    let rule = match step {
        "connecting" => json!({"method": "Login", "action": {"delay_ms": 1500}}),
        "reading" => {
            json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}})
        }
        // All is read by then; what is left of the pass is proven, compared and written.
        "the last answer" => {
            json!({"method": "RetrievePropertiesEx", "type": "<type>Folder</type><all>false</all><pathSet>name</pathSet></propSet>", "action": {"hold": true}})
        }
        other => panic!("no rule for {other}"),
    };
    let logins = peer.calls("Login");
    peer.rule(rule);
    let child = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    match step {
        "connecting" => eventually("it logs in", || peer.calls("Login") > logins),
        _ => eventually("the server holds it back", || peer.is_holding()),
    }
    child
}

/// Cancels the newest operation; answers with how long it and its process went on.
fn cancel(by: By, muster: &Musterctl, child: Child) -> [Duration; 2] {
    let id = operations(muster).pop().unwrap().id;
    let (started, told) = (Instant::now(), now_ms());
    match by {
        By::CtrlC => interrupt(&child),
        By::AnotherProcess => {
            let cancelled = muster.ok(&["operations", "cancel", id.as_str()]);
            assert_eq!(cancelled["state"], "cancelled", "{cancelled}");
        }
    }
    let run = finish(child);
    let process = started.elapsed();
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");
    let ended = operations(muster).into_iter().find(|one| one.id == id).unwrap().finished_at.unwrap();
    [Duration::from_millis(u64::try_from(ended.0 - told).unwrap()), process]
}

/// A line of the table, and the promise.
fn in_time(step: &str, by: By, [operation, process]: [Duration; 2]) {
    table(
        &format!("cancelled {step} by {by:?}"),
        format!("ended after {operation:.2?}, its process after {process:.2?}"),
    );
    assert!(operation < MOST && process < MOST, "{step} {by:?}: {operation:?} {process:?}");
}

#[test]
fn what_is_cancelled_ends_at_once_in_each_step_and_from_any_process() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for by in [By::CtrlC, By::AnotherProcess] {
        for step in ["connecting", "reading", "the last answer"] {
            let child = stopped_at(step, &muster, &peer);
            in_time(&format!("at {step}"), by, cancel(by, &muster, child));
            peer.let_go();
            eventually("the session has ended", || peer.sessions() == 0);
        }
        let owner = held(&muster, &peer);
        let waiting = muster.spawn(&["sync", "hosts", "Berlin", "--json"]);
        eventually("it is queued", || {
            operations(&muster).last().is_some_and(|one| one.state == OperationState::Queued)
        });
        in_time("while queued", by, cancel(by, &muster, waiting));
        peer.let_go();
        let run = finish(owner);
        assert_eq!(run.code, 0, "what it waited behind is untouched: {run:?}");
        assert_eq!(peer.sessions(), 0);
    }
}

#[test]
fn what_nobody_waits_for_is_cancelled_too_whether_or_not_a_worker_has_begun() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let queued = detached(&muster, &["sync", "full", "Berlin"]);
    assert_eq!(muster.ok(&["operations", "cancel", &queued])["state"], "cancelled");

    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    let worker = worker(&muster, "5m");
    let running = detached(&muster, &["sync", "full", "Berlin"]);
    eventually("the worker reads", || peer.is_holding());
    let started = Instant::now();
    assert_eq!(muster.ok(&["operations", "cancel", &running])["state"], "cancelled");
    let took = started.elapsed();
    table("cancelled at a worker by another process", format!("ended after {took:.1?}"));
    assert!(took < MOST, "{took:?}");
    // Sync the same again at once: who asked for it after the cancel gets an operation of their own.
    peer.let_go();
    let again = detached(&muster, &["sync", "full", "Berlin"]);
    assert_ne!(again, running);
    eventually("the worker goes on", || state(&muster, &again) == "succeeded");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn what_is_asked_for_while_its_equal_is_being_cancelled_is_not_cancelled_with_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"hold": true}}));
    // It takes a while to end: the server does not answer the logout either, but its process lives on meanwhile.
    peer.rule(json!({"method": "DestroyView|Logout", "action": {"delay_ms": 800}}));
    let worker = worker(&muster, "5m");
    let cancelled = detached(&muster, &["sync", "full", "Berlin"]);
    eventually("the worker reads", || peer.is_holding());
    let cancelling = muster.spawn(&["operations", "cancel", &cancelled, "--json"]);
    let mut wanted = Vec::new();
    while state(&muster, &cancelled) == "running" {
        wanted.push(detached(&muster, &["sync", "full", "Berlin"]));
    }
    assert_eq!(finish(cancelling).code, 0);
    peer.let_go();
    // The first of them may have been asked for before the cancel was.
    if let Some(last) = wanted.iter().rev().find(|id| **id != cancelled) {
        eventually("it runs", || state(&muster, last) == "succeeded");
    }
    terminate(&worker);
    finish(worker);
}

#[test]
fn a_retry_does_the_same_once_more_and_accepts_no_removals_by_itself() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "2", "--extra-vms", "160"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let newest = || operations(&muster).pop().unwrap();

    let run = muster.json(&["sync", "hosts", "Berlin", "--cluster", "no such cluster"]);
    assert_ne!(run.code, 0);
    let failed = newest();
    let again = muster.json(&["operations", "retry", failed.id.as_str()]);
    assert_eq!(again.code, run.code, "{again:?}");
    assert_eq!((newest().job, newest().state), (failed.job.clone(), failed.state));
    assert_ne!(newest().id, failed.id, "it is another operation");

    let lose = || peer.post("/destroy", json!({"type": "VirtualMachine", "count": 60}));
    lose();
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 1);
    muster.ok(&["sync", "full", "Berlin", "--accept-removals"]);
    let accepted = newest();
    assert_eq!(accepted.job, Job::FullSync { accept_removals: true });
    lose();
    let run = muster.json(&["operations", "retry", accepted.id.as_str()]);
    let code = |run: &Value| run[0]["error"]["code"].clone();
    assert_eq!((run.code, code(&run.document())), (1, json!("too_many_removals")), "{run:?}");
    assert_eq!(newest().job, Job::FULL_SYNC, "who accepted removals once did not accept these");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_retry_and_a_cancel_say_why_they_cannot_be() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for verb in ["cancel", "retry"] {
        let run = muster.json(&["operations", verb, "no-such-operation"]);
        assert_eq!((run.code, &run.error()["code"]), (3, &json!("not_found")), "{run:?}");
    }
    muster.ok(&["sync", "full", "Berlin"]);
    let ended = operations(&muster).pop().unwrap().id;
    let run = muster.json(&["operations", "cancel", ended.as_str()]);
    assert_eq!((run.code, &run.error()["code"]), (3, &json!("not_found")), "{run:?}");
    assert!(run.stderr.contains("has ended already"), "{run:?}");

    let owner = held(&muster, &peer);
    let running = operations(&muster).pop().unwrap().id;
    let run = muster.json(&["operations", "retry", running.as_str()]);
    assert_eq!((run.code, &run.error()["code"]), (1, &json!("in_use")), "{run:?}");
    assert!(run.stderr.contains("still running"), "{run:?}");
    peer.let_go();
    assert_eq!(finish(owner).code, 0);

    // Without waiting for it, and named by the beginning of its id.
    let run = muster.json(&["operations", "retry", ended.as_str(), "--detach"]);
    assert_eq!((run.code, &run.document()[0]["state"]), (0, &json!("queued")), "{run:?}");
    assert!(run.stderr.contains("No window and no worker is running"), "{run:?}");
}
