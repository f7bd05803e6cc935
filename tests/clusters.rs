//! Clusters that were removed or renamed on the server while the cache still knows them as they were.
//! Refuses an answer that leaves open which clusters there are.

use crate::support::{Musterctl, Peer, table};
use serde_json::json;

fn two_clusters() -> (Peer, Musterctl) {
    let peer = Peer::start(&["--model", "vpx", "--clusters", "2", "--hosts-per-cluster", "2"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    (peer, muster)
}

#[test]
fn a_cluster_that_is_gone_on_the_server_is_told_with_those_that_there_are() {
    let (peer, muster) = two_clusters();
    let hosts = muster.ok(&["inventory", "hosts"]);
    peer.post("/destroy", json!({"type": "ClusterComputeResource", "name": "DC0_C1"}));

    let run = muster.json(&["sync", "hosts", "Berlin", "--cluster", ""]);
    assert_eq!((run.code, &run.error()["code"]), (2, &json!("invalid_value")), "{run:?}");
    let run = muster.json(&["sync", "hosts", "Berlin", "--cluster", "DC0_C1"]);
    let said = format!("exit {}, {}", run.code, run.error()["message"]);
    table("a cluster gone on the server, still cached", said);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (3, &json!("not_found")), "{run:?}");
    let next = run.error()["next_step"].as_str().unwrap().to_owned();
    assert!(next.contains("DC0_C0") && !next.contains("DC0_C1"), "{next}");
    assert_eq!(muster.ok(&["inventory", "hosts"]), hosts, "nothing was changed");
    assert_eq!(muster.ok(&["sync", "hosts", "Berlin", "--cluster", "DC0_C0"])[0]["state"], "succeeded");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_cluster_that_was_renamed_on_the_server_is_found_by_its_new_name() {
    let (peer, muster) = two_clusters();
    let set = json!({"name": "Gold"});
    peer.post("/update", json!({"type": "ClusterComputeResource", "name": "DC0_C1", "set": set}));

    let operation = &muster.ok(&["sync", "hosts", "Berlin", "--cluster", "Gold"])[0];
    table("a cluster renamed on the server", &operation["state"]);
    assert_eq!((&operation["state"], &operation["removed"]), (&json!("succeeded"), &json!(0)), "{operation}");
    let hosts = muster.ok(&["inventory", "hosts", "--columns", "name,cluster"]);
    let in_gold = hosts.as_array().unwrap().iter().filter(|host| host["cluster"] == "Gold");
    assert_eq!(in_gold.count(), 2, "{hosts}");

    let run = muster.json(&["sync", "hosts", "Berlin", "--cluster", "DC0_C1"]);
    assert_eq!(run.code, 3, "by now nobody is called that any more: {run:?}");
    assert!(run.error()["next_step"].as_str().unwrap().contains("Gold"), "{run:?}");
}
