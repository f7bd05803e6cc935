//! What a server doesn't answer is tried again, so often and not more often, and one that fails again and again is left alone.
//! Refuses to count in the client: how often a call was made, the server says.

use crate::support::{Musterctl, Peer, Run, eventually, finish, interrupt, rested, vcenter};
use contract::command::{AwaitOperation, ReadRows};
use contract::{Kind, RowQuery};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What servers do instead of answering.
fn failures() -> [(&'static str, Value); 5] {
    [
        ("resets the connection", json!({"reset": true})),
        ("cuts its answer off", json!({"truncate": 100})),
        ("ends its answer early, in order", json!({"truncate_clean": 0, "chunked": true})),
        ("is busy", json!({"status": 503, "retry_after": 1})),
        ("is behind a proxy that gave up", json!({"status": 504})),
    ]
}

/// A rule for the one call of a sync of everything that opens the view of VMs: how often it is made is how often it was tried.
fn rule(peer: &Peer, times: Option<u32>, action: &Value) {
    let mut rule = json!({"method": "CreateContainerView", "type": ">VirtualMachine<", "action": action});
    if let Some(times) = times {
        rule["times"] = times.into();
    }
    peer.rule(rule);
}

/// How often a rule was applied.
fn applied(peer: &Peer) -> u64 {
    peer.get("/rules")[0]["applied"].as_u64().unwrap()
}

fn sync(muster: &Musterctl) -> (Run, Value) {
    let run = muster.json(&["sync", "full", "Berlin"]);
    let operation = run.document()[0].clone();
    (run, operation)
}

#[test]
fn what_works_at_the_fourth_try_is_done() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for (what, action) in failures() {
        rule(&peer, Some(3), &action);
        let began = Instant::now();
        let (run, operation) = sync(&muster);
        println!("fault | {what} three times: done after {:.1?}", began.elapsed());
        assert_eq!((run.code, &operation["state"]), (0, &json!("succeeded")), "{what}: {run:?}");
        assert_eq!(applied(&peer), 3, "{what}");
        let attempts = operation["attempts"].as_u64().unwrap();
        assert!((1..=4).contains(&attempts), "{what}: {operation}");
        if action.get("retry_after").is_some() {
            assert!(
                began.elapsed() >= Duration::from_secs(3),
                "it said that three times: {:?}",
                began.elapsed()
            );
        }
        peer.behave();
    }
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn what_does_not_work_at_the_fourth_try_has_failed_and_says_how_often_it_was_tried() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for (what, action) in failures() {
        rule(&peer, None, &action);
        let (run, operation) = sync(&muster);
        assert_ne!(run.code, 0, "{what}: {run:?}");
        assert_eq!(operation["state"], "failed", "{what}: {operation}");
        let message = operation["error"]["message"].as_str().unwrap();
        println!("fault | {what} all the time: {message}");
        assert_eq!(applied(&peer), 4, "{what}: {operation}");
        assert!(message.ends_with("(4 attempts)"), "{what}: {message}");
        peer.behave();
    }
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_server_that_wants_to_be_left_alone_for_long_is_not_waited_for() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    rule(&peer, None, &json!({"status": 503, "retry_after": 3600}));
    let (_, operation) = sync(&muster);
    assert_eq!((applied(&peer), &operation["state"]), (1, &json!("failed")), "{operation}");
}

#[test]
fn a_server_that_is_gone_is_tried_four_times_and_each_wait_is_shown_and_can_be_cancelled() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    peer.post("/stop", json!({}));
    let (run, operation) = sync(&muster);
    assert_eq!((run.code, &operation["attempts"]), (5, &json!(4)), "{run:?}");
    assert!(operation["error"]["message"].as_str().unwrap().ends_with("(4 attempts)"), "{operation}");
    // A wait may be short: several syncs have one that is seen.
    let mut child = Some(muster.spawn(&["sync", "full", "Berlin", "--json"]));
    eventually("a wait is shown", || {
        if child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
            child = Some(muster.spawn(&["sync", "full", "Berlin", "--json"]));
        }
        let newest = &muster.ok(&["operations", "list", "--limit", "1"])[0];
        newest["step"].as_str().unwrap().starts_with("attempt ")
    });
    let child = child.unwrap();
    let began = Instant::now();
    interrupt(&child);
    let run = finish(child);
    println!("fault | cancelled between two tries after {:.1?}", began.elapsed());
    assert!([130, 5].contains(&run.code), "{run:?}");
    peer.post("/start", json!({}));
}

#[test]
fn a_login_that_may_have_arrived_is_not_sent_again() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    for action in [json!({"reset": true}), json!({"truncate": 100})] {
        let before = peer.calls("Login");
        peer.rule(json!({"method": "Login", "action": action}));
        let (_, operation) = sync(&muster);
        assert_eq!(
            (&operation["state"], &operation["attempts"]),
            (&json!("failed"), &json!(1)),
            "{operation}"
        );
        assert_eq!(peer.calls("Login"), before + 1);
        peer.behave();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vcenter_that_fails_three_times_is_left_alone_by_whatever_runs_by_itself_until_somebody_says_so() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    peer.rule(json!({"method": "CreateContainerView", "action": {"fault": "NotSupported"}}));
    let service = muster.service().await;
    let berlin = vcenter(&service, "Berlin").await.id;
    for so_often in 0..3 {
        assert_eq!(suspended(&muster), Value::Null, "after {so_often}");
        let (run, _) = tokio::task::block_in_place(|| sync(&muster));
        assert_eq!(run.code, 1, "{run:?}");
    }
    let suspension = suspended(&muster);
    assert_eq!(suspension["failures"], 3, "{suspension}");
    rested(&muster);
    let stale = || ReadRows { query: RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) } };
    let rows = service.call(stale()).await.unwrap();
    assert_eq!(rows.sources[0].refresh, None, "nothing is tried by itself");
    let run = muster.json(&["status"]);
    assert!(run.stderr.contains("automatic refresh suspended for"), "{run:?}");
    assert!(run.stderr.contains("musterctl vcenter resume Berlin"), "{run:?}");

    peer.behave();
    assert_eq!(muster.ok(&["vcenter", "resume", "Berlin"])["name"], "Berlin");
    assert_eq!(suspended(&muster), Value::Null);
    rested(&muster);
    let operation = service.call(stale()).await.unwrap().sources[0].refresh.clone();
    let ended = service.call(AwaitOperation { operation: operation.unwrap() }).await.unwrap();
    assert_eq!(ended.error, None, "and it is tried again: {berlin}");
    let run = muster.run(&["vcenter", "resume", "Berlin"]);
    assert!(run.code == 0 && run.stdout.contains("neither paused nor suspended"), "{run:?}");
    service.close().await;
}

#[test]
fn a_person_is_never_held_up_and_a_success_ends_the_suspension() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "CreateContainerView", "action": {"fault": "NotSupported"}}));
    for _ in 0..4 {
        let before = peer.calls("CreateContainerView");
        sync(&muster);
        assert!(peer.calls("CreateContainerView") > before, "a person's sync is tried each time");
    }
    assert_eq!(suspended(&muster)["failures"], 4);
    peer.behave();
    muster.ok(&["test", "Berlin"]);
    assert_eq!(suspended(&muster), Value::Null);
}

fn suspended(muster: &Musterctl) -> Value {
    muster.ok(&["status"])[0]["suspended"].clone()
}
