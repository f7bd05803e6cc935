//! A refresh of a kind beside a running sync of the same vCenter: what was asked for later stays, wherever one looks.
//! Refuses to be lucky: the server holds the sync back until the refresh is through.

use crate::support::{Musterctl, PATIENCE, Peer, eventually, finish};
use contract::{Kind, Vcenter};
use serde_json::{Value, json};
use service::{Freshness, Service};
use std::process::Command;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_that_adds_changes_and_deletes_while_a_sync_reads_loses_nothing() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let service = muster.service().await;
    let vcenter = service.vcenter("Berlin").await.unwrap();
    let before = vms(&muster);
    let (renamed, deleted) = (before[0].0.clone(), before[1].0.clone());

    // The sync has read every VM, and waits for the datastores.
    hold(&peer, "CreateContainerView", ">Datastore<");
    let sync = muster.spawn(&["--json", "sync", "full", "Berlin"]);
    eventually("the sync waits", || peer.is_holding());
    quiet(&peer);
    peer.post("/update", json!({"type": "VirtualMachine", "moref": renamed, "set": {"name": "renamed"}}));
    peer.post("/destroy", json!({"moref": deleted}));
    peer.post("/add", json!({"vms": 1}));

    // The datastores are held back at the next call too, when this one goes on.
    hold(&peer, "CreateContainerView", ">VirtualMachine<");
    peer.rule(
        json!({"method": "RetrievePropertiesEx", "type": "type=\"Datastore\"", "action": {"hold": true}}),
    );
    elsewhere(&muster);
    let mut refresh = tokio::task::JoinSet::new();
    let (reader, id) = (service.clone(), vcenter.id.clone());
    let stale = Freshness::AtMost(Duration::ZERO);
    refresh.spawn(async move { reader.read_fresh(&id, Kind::Vms, stale).await });
    eventually("the refresh has begun beside it", || peer.get("/held")["held"] == 2);
    back(&muster, &vcenter);
    peer.post("/release", json!({}));
    let reading = refresh.join_next().await.unwrap().unwrap().unwrap();
    assert!(reading.failure.is_none(), "{:?}", reading.failure);
    let expected = seen(&service, &vcenter).await;
    assert!(expected.iter().any(|(moref, name)| *moref == renamed && name == "renamed"), "{expected:?}");
    assert!(expected.iter().all(|(moref, _)| *moref != deleted), "{expected:?}");
    let created = |vm: &&(String, String)| before.iter().all(|known| known.0 != vm.0);
    assert_eq!(expected.iter().filter(created).count(), 1, "{expected:?}");
    assert_eq!(vms(&muster), expected, "in the database");

    peer.let_go();
    let run = finish(sync);
    assert_eq!(run.code, 0, "{run:?}");
    let diff = &serde_json::from_str::<Value>(&run.stdout).unwrap()[0];
    assert_eq!([&diff["added"], &diff["removed"]], [0, 0], "the sync changed none of it: {diff}");
    assert_eq!(vms(&muster), expected, "in the database after the sync");
    let deadline = std::time::Instant::now() + PATIENCE;
    while service
        .read(&vcenter.id, Kind::Datastores, Freshness::Cached)
        .await
        .unwrap()
        .snapshot
        .revision()
        .number
        < 3
    {
        assert!(std::time::Instant::now() < deadline, "the other process hears of the sync");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(seen(&service, &vcenter).await, expected, "in the memory of another process");
    service.close().await;
}

/// Has the next such call wait.
fn hold(peer: &Peer, method: &str, of: &str) {
    peer.rule(json!({"method": method, "type": of, "times": 1, "action": {"hold": true}}));
}

/// Waits until nothing is asked any more but what is held back.
fn quiet(peer: &Peer) {
    let mut calls = 0;
    eventually("nothing more is asked", || {
        std::thread::sleep(Duration::from_millis(500));
        std::mem::replace(&mut calls, peer.all_calls()) == calls
    });
}

/// VMs with their names, as a fresh process reads them.
fn vms(muster: &Musterctl) -> Vec<(String, String)> {
    let rows = muster.ok(&["inventory", "vms", "--columns", "moref,name", "--sort", "moref"]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let mut vms: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (text(row, "moref"), text(row, "name"))).collect();
    vms.sort();
    vms
}

/// The same from the memory of this one.
async fn seen(service: &Service, vcenter: &Vcenter) -> Vec<(String, String)> {
    let snapshot = service.read(&vcenter.id, Kind::Vms, Freshness::Cached).await.unwrap().snapshot;
    let vms = snapshot.objects(Kind::Vms).iter();
    let mut vms: Vec<_> = vms
        .map(|vm| (vm.moref.to_string(), vm.stored("name").as_text().unwrap_or_default().to_owned()))
        .collect();
    vms.sort();
    vms
}

/// Takes the running sync out of the way of the refresh, until one lane has room for both.
fn elsewhere(muster: &Musterctl) {
    sql(muster, "DROP INDEX one_running_operation_per_vcenter");
    sql(muster, "UPDATE operations SET vcenter_id = 'elsewhere' WHERE state = 'running'");
}

/// Puts it back.
fn back(muster: &Musterctl, vcenter: &Vcenter) {
    let id = &vcenter.id;
    sql(muster, &format!("UPDATE operations SET vcenter_id = '{id}' WHERE vcenter_id = 'elsewhere'"));
}

fn sql(muster: &Musterctl, sql: &str) {
    let script = "import sqlite3,sys; c = sqlite3.connect(sys.argv[1], timeout=30); c.execute(sys.argv[2]); c.commit()";
    let file = muster.data().join("muster.db");
    let run = Command::new("python3").args(["-c", script]).arg(file).arg(sql).output().unwrap();
    assert!(run.status.success(), "{sql}: {run:?}");
}
