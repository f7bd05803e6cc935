//! What the queue promises to several processes on one data folder: real `musterctl` processes, and vCenters that count.
//! Refuses to ask Muster how often a server was asked; what ran when is what the database says.

mod ending;
mod idle;
mod logins;
mod storm;
mod waiting;

use crate::support::{Musterctl, PASSWORD, Peer, eventually, finish, table, terminate};
use contract::{Operation, OperationState};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// All operations there ever were, in the order in which they were queued.
fn operations(muster: &Musterctl) -> Vec<Operation> {
    let all = muster.json(&["operations", "list", "--limit", "1000000"]);
    let mut all: Vec<Operation> = serde_json::from_str(&all.stdout).unwrap_or_else(|_| panic!("{all:?}"));
    all.reverse();
    all
}

/// How many operations wait or run.
fn live(muster: &Musterctl) -> usize {
    operations(muster).iter().filter(|operation| !operation.state.is_final()).count()
}

/// A worker whose events nobody reads.
fn worker(muster: &Musterctl, duration: &str) -> Child {
    let mut command = muster.command(&["run", "--for", duration, "--json"]);
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// The id of the one operation that a command with `--detach` printed.
fn detached(muster: &Musterctl, arguments: &[&str]) -> String {
    let queued = muster.ok(&[arguments, &["--detach"]].concat());
    queued[0]["operation"].as_str().unwrap().to_owned()
}

fn state(muster: &Musterctl, id: &str) -> Value {
    muster.ok(&["operations", "show", id])["state"].clone()
}

/// Now, on the clock that the database has its times of.
fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A full sync in a process of its own, held back by the server while it reads.
fn held(muster: &Musterctl, peer: &Peer) -> Child {
    peer.rule(
        json!({"method": "RetrievePropertiesEx", "type": ">HostSystem<", "times": 1, "action": {"hold": true}}),
    );
    let owner = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("a sync reads", || peer.is_holding());
    owner
}

#[test]
fn twelve_vcenters_that_share_a_wrong_password_see_one_login_of_four_processes() {
    let peers: Vec<Peer> = (0..12).map(|_| Peer::start(&["--model", "vpx", "--vms", "0"])).collect();
    let muster = Musterctl::new();
    muster.put_password("ops", PASSWORD);
    muster.ok(&["credential", "add", "ops", "--user", "admin"]);
    for (number, peer) in peers.iter().enumerate() {
        let (name, address, ca) = (format!("vc-{number:02}"), peer.address(), peer.ca());
        muster.ok(&["vcenter", "add", &name, &address, "--credential", "ops", "--ca-file", &ca]);
        // Slow enough that all four are at it before the first answer.
        peer.rule(json!({"method": "Login", "action": {"delay_ms": 1000}}));
    }
    let logins = || peers.iter().map(|peer| peer.calls("Login")).sum::<u64>();
    let before = logins();
    muster.put_password("ops", "wrong");
    let started = Instant::now();
    let processes: Vec<Child> = (0..4).map(|_| muster.spawn(&["sync", "full", "--all", "--json"])).collect();
    for run in processes.into_iter().map(finish) {
        assert_eq!(run.code, 4, "{run:?}");
        let ended = run.document();
        assert_eq!(ended.as_array().unwrap().len(), 12);
        for operation in ended.as_array().unwrap() {
            assert_eq!(operation["error"]["code"], "login_rejected", "{operation}");
        }
        let said = ended.to_string();
        assert_eq!(said.matches("not tried: same account as vc-").count(), 11, "{said}");
    }
    let took = started.elapsed();
    let all = operations(&muster);
    assert!(all.len() >= 12 && all.iter().all(|one| one.state == OperationState::Failed), "{all:?}");
    let failed = logins() - before;
    table(
        "12 vCenters, one wrong password, 4 processes",
        format!("{failed} login, {} operations, {took:.1?}", all.len()),
    );
    assert_eq!(failed, 1, "what one vCenter said binds every process");
}

#[test]
fn what_was_queued_while_nothing_ran_is_done_by_the_next_worker() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let calls = peer.all_calls();
    let run = muster.json(&["sync", "full", "Berlin", "--detach"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("No window and no worker is running"), "{run:?}");
    let id = run.document()[0]["operation"].as_str().unwrap().to_owned();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(state(&muster, &id), "queued", "it outlives who asked for it, and nobody else runs it");
    assert_eq!(peer.all_calls(), calls);

    let started = Instant::now();
    let worker = worker(&muster, "20s");
    eventually("the worker has done it", || state(&muster, &id) == "succeeded");
    let took = started.elapsed();
    let run = muster.json(&["refresh", "vms", "Berlin", "--detach"]);
    assert!(!run.stderr.contains("no worker is running"), "somebody is there: {run:?}");
    eventually("that one too", || live(&muster) == 0);
    terminate(&worker);
    let run = finish(worker);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(peer.sessions(), 0);
    table("queued while nothing ran", format!("done {took:.1?} after a worker was started"));
}

#[test]
fn a_worker_ends_by_itself_after_the_time_it_was_given() {
    let muster = Musterctl::new();
    let started = Instant::now();
    let run = finish(worker(&muster, "2s"));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[test]
fn a_test_and_a_persons_refresh_run_beside_a_sync_that_is_held_up() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let owner = held(&muster, &peer);
    assert_eq!(peer.sessions(), 1);
    let started = Instant::now();
    let report = muster.ok(&["test", "Berlin"]);
    let tested = started.elapsed();
    assert!(report["latency_ms"].is_u64(), "{report}");
    assert_eq!(peer.sessions(), 1, "the session of the test has ended, and the sync has its own");
    let started = Instant::now();
    let refreshed = muster.ok(&["refresh", "datastores", "Berlin"]);
    let took = started.elapsed();
    assert_eq!(refreshed[0]["state"], "succeeded", "{refreshed}");
    assert!(peer.is_holding(), "the sync still waits for the server");
    peer.let_go();
    assert_eq!(finish(owner).code, 0);
    assert_eq!(peer.sessions(), 0);
    table("beside a held sync", format!("a test took {tested:.1?}, a refresh {took:.1?}"));
}

#[test]
fn a_tag_chooses_the_vcenters_that_have_it() {
    let peers =
        [Peer::start(&["--model", "vpx", "--vms", "0"]), Peer::start(&["--model", "vpx", "--vms", "0"])];
    let muster = Musterctl::new();
    for (name, peer) in ["Berlin", "Cologne"].iter().zip(&peers) {
        muster.add(peer, name);
        muster.ok(&["vcenter", "edit", name, "--tag", "emea", "--tag", &name.to_lowercase()]);
    }
    let synced = |tags: &[&str]| {
        let ended = muster.ok(&[&["sync", "full"], tags].concat());
        let names: Vec<_> =
            ended.as_array().unwrap().iter().map(|one| one["vcenter"].as_str().unwrap().to_owned()).collect();
        names
    };
    assert_eq!(synced(&["--tag", "cologne"]), ["Cologne"]);
    assert_eq!(synced(&["--tag", "emea"]), ["Berlin", "Cologne"]);
    assert_eq!(synced(&["--tag", "berlin", "--tag", "cologne"]), ["Berlin", "Cologne"]);
    let run = muster.json(&["sync", "full", "--tag", "apac"]);
    assert_eq!((run.code, &run.error()["code"]), (3, &json!("not_found")), "{run:?}");
    assert_eq!(muster.json(&["sync", "full", "Berlin", "--tag", "emea"]).code, 2, "one or the other");
}
