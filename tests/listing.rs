//! `operations list` with its filters, and what another process sees of an operation while it runs.
//! Refuses to look into the database: what is listed is what a user reads.

use crate::support::{Musterctl, Peer, eventually, finish, table};
use serde_json::{Value, json};

fn kinds(listed: &Value) -> Vec<&str> {
    listed.as_array().into_iter().flatten().filter_map(|one| one["kind"].as_str()).collect()
}

#[test]
fn operations_are_listed_by_kind_state_origin_and_time_and_a_wrong_value_names_the_right_ones() {
    let (peer, other) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&peer, "Berlin");
    muster.add(&other, "Paris");
    let began = muster.ok(&["test", "Berlin"]);
    assert!(began["version"].is_string());
    muster.ok(&["sync", "hosts", "Berlin"]);
    muster.ok(&["sync", "full", "Paris"]);
    other.post("/stop", json!({}));
    let failed = muster.json(&["sync", "hosts", "Paris"]);
    assert_ne!(failed.code, 0, "{failed:?}");

    let list = |more: &[&str]| muster.ok(&[&["operations", "list"], more].concat());
    assert_eq!(kinds(&list(&[])), ["sync_hosts", "full_sync", "sync_hosts", "test"]);
    for (more, wanted) in [
        (&["--kind", "sync_hosts"][..], &["sync_hosts", "sync_hosts"][..]),
        (&["--kind", "test", "--kind", "full_sync"], &["full_sync", "test"]),
        (&["--state", "failed"], &["sync_hosts"]),
        (&["--state", "failed", "--state", "succeeded", "--vcenter", "Paris"], &["sync_hosts", "full_sync"]),
        (&["--kind", "test", "--state", "failed"], &[]),
        (&["--origin", "reader"], &[]),
        (&["--origin", "user", "--limit", "1"], &["sync_hosts"]),
        (&["--since", "1h", "--kind", "test"], &["test"]),
        (&["--since", "2020-01-01T00:00:00Z", "--kind", "test"], &["test"]),
        (&["--since", "2126-01-01T00:00:00Z"], &[]),
    ] {
        assert_eq!(kinds(&list(more)), wanted, "{more:?}");
    }
    let more = muster.run(&["operations", "list", "--limit", "2"]);
    assert!(more.stderr.contains("There are older ones"), "{more:?}");
    let all = muster.run(&["operations", "list", "--limit", "4"]);
    assert_eq!(all.stderr, "", "{all:?}");
    let none = muster.run(&["operations", "list", "--state", "interrupted"]);
    assert_eq!((&*none.stdout, none.stderr.trim()), ("", "No operations match."), "{none:?}");

    for (flag, right) in
        [("--kind", "full_sync"), ("--state", "interrupted"), ("--origin", "reader"), ("--since", "7d")]
    {
        let run = muster.json(&["operations", "list", flag, "nonsense"]);
        let error = run.error();
        assert_eq!((run.code, &error["code"]), (2, &json!("invalid_value")), "{run:?}");
        assert!(run.stderr.contains(right), "{flag}: {run:?}");
    }
}

#[test]
fn another_process_sees_how_fast_an_operation_goes_and_how_long_it_will_take_until_it_has_ended() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "600"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"delay_ms": 1200}}));
    let mut sync = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    let mut seen: Vec<Value> = Vec::new();
    eventually("it ends", || {
        if let Some(one) = muster.ok(&["operations", "list", "--state", "running"]).get(0) {
            seen.push(one.clone());
        }
        sync.try_wait().is_ok_and(|ended| ended.is_some())
    });
    let run = finish(sync);
    assert_eq!(run.code, 0, "{run:?}");
    let numbers = |key: &str| seen.iter().filter_map(|one| one[key].as_u64()).collect::<Vec<u64>>();
    let distinct = |key: &str| {
        let mut numbers = numbers(key);
        numbers.dedup();
        numbers
    };
    let bytes = distinct("bytes");
    let (rates, rest) = (distinct("objects_per_second"), distinct("remaining_seconds"));
    table("bytes while it runs", format!("{bytes:?}"));
    table("objects a second", format!("{rates:?}"));
    table("seconds left", format!("{rest:?}"));
    assert!(bytes.is_sorted() && bytes.iter().any(|bytes| *bytes > 0), "{bytes:?}");
    assert!(!rates.is_empty() && !rest.is_empty(), "{seen:?}");
    let ended = &muster.ok(&["operations", "list"])[0];
    for key in ["objects_per_second", "bytes_per_second", "remaining_seconds"] {
        assert_eq!(ended[key], json!(null), "{ended}");
    }
}
