//! A refresh of a kind beside a running sync of the same vCenter: what was asked for later stays, wherever one looks.
//! Refuses to be lucky: the server holds the sync back until the refresh is through.

use crate::support::{Musterctl, PATIENCE, Peer, eventually, finish, vcenter};
use contract::command::{AwaitOperation, Submit};
use contract::{Job, Kind, OperationState, Vcenter};
use serde_json::{Value, json};
use service::Client;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_that_adds_changes_and_deletes_while_a_sync_reads_loses_nothing() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let service = muster.service().await;
    let vcenter = vcenter(&service, "Berlin").await;
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
    let job = Job::refresh(Kind::Vms);
    let submit = Submit { vcenter: vcenter.id.clone(), job, detached: false };
    let operation = service.call(submit).await.unwrap();
    eventually("the refresh has begun beside it", || peer.get("/held")["held"] == 2);
    peer.post("/release", json!({}));
    let ended = service.call(AwaitOperation { operation }).await.unwrap();
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.error);
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
    while service.read(&vcenter.id).await.unwrap().revision().number < 3 {
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
async fn seen(service: &Client, vcenter: &Vcenter) -> Vec<(String, String)> {
    let snapshot = service.read(&vcenter.id).await.unwrap();
    let vms = snapshot.objects(Kind::Vms).iter();
    let mut vms: Vec<_> = vms
        .map(|vm| (vm.moref.to_string(), vm.stored("name").as_text().unwrap_or_default().to_owned()))
        .collect();
    vms.sort();
    vms
}

#[test]
fn what_is_named_is_refreshed_alone_and_what_is_part_of_it_too() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let snapshots = |muster: &Musterctl| {
        let rows = muster.ok(&["inventory", "snapshots", "--columns", "vm_moref"]);
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["vm_moref"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let with_snapshot = snapshots(&muster)[0].clone();
    let before = vms(&muster);
    let renamed = before.iter().find(|(moref, _)| *moref != with_snapshot).unwrap().clone();
    peer.post("/update", json!({"type": "VirtualMachine", "moref": renamed.0, "set": {"name": "renamed"}}));
    peer.post("/destroy", json!({"moref": with_snapshot}));
    let other = before.iter().find(|(moref, _)| *moref != with_snapshot && *moref != renamed.0).unwrap();
    peer.post("/update", json!({"type": "VirtualMachine", "moref": other.0, "set": {"name": "unseen"}}));

    let views = peer.calls("CreateContainerView");
    let ended = muster.ok(&["refresh", "vms", "Berlin", "--object", &renamed.1, "--object", &with_snapshot]);
    let operation = &ended[0];
    assert_eq!(
        (&operation["state"], &operation["changed"], &operation["removed"]),
        (&json!("succeeded"), &json!(1), &json!(1))
    );
    assert_eq!(peer.calls("CreateContainerView"), views, "nothing is listed");
    let after = vms(&muster);
    assert!(after.contains(&(renamed.0.clone(), "renamed".to_owned())), "{after:?}");
    assert!(after.contains(other), "nobody asked for it: {after:?}");
    assert!(after.iter().all(|(moref, _)| *moref != with_snapshot), "{after:?}");
    assert!(!snapshots(&muster).contains(&with_snapshot), "they went with their VM");

    let age = |muster: &Musterctl| muster.ok(&["status"])[0]["synced_at"].clone();
    let synced_at = age(&muster);
    muster.ok(&["refresh", "vms", "Berlin", "--object", "renamed"]);
    assert_eq!(age(&muster), synced_at, "the kind was not read");
    let unknown = muster.json(&["refresh", "vms", "Berlin", "--object", "nobody"]);
    assert_eq!(unknown.code, 3, "{unknown:?}");
    assert!(unknown.stderr.contains("has no VM called"), "{unknown:?}");
    muster.ok(&["sync", "full", "Berlin"]);
    assert!(vms(&muster).contains(&(other.0.clone(), "unseen".to_owned())));
}
