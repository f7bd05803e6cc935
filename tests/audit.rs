//! The audit log, as the command line writes, shows and checks it.
//! Refuses to look into the database: that a change of a row is found the tests of the store show.

use crate::support::{Musterctl, PASSWORD, Peer};
use serde_json::{Value, json};

fn rows(muster: &Musterctl, filter: &[&str]) -> Vec<Value> {
    let listed = muster.ok(&[&["audit", "list", "--limit", "1000"], filter].concat());
    listed.as_array().expect("a list").clone()
}

/// Command and outcome of each row, oldest first.
fn told(rows: &[Value]) -> Vec<String> {
    let told =
        |row: &Value| format!("{} {}", row["command"].as_str().unwrap(), row["outcome"].as_str().unwrap());
    rows.iter().rev().map(told).collect()
}

#[test]
fn what_somebody_does_is_told_with_who_where_from_and_what_differs_and_no_password() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1h"]);
    muster.ok(&["sync", "full", "Berlin"]);
    muster.json(&["vcenter", "remove", "Berlin", "--yes", "--role", "operator"]);
    muster.json(&["vcenter", "edit", "Berlin", "--name", "a/b"]);
    let rows = rows(&muster, &[]);
    assert_eq!(
        told(&rows),
        [
            "probe_address accepted",
            "probe_address done",
            "add_vcenter accepted",
            "add_vcenter done",
            "edit_vcenter done",
            "submit accepted",
            "submit done",
            "remove_vcenter refused",
            "edit_vcenter failed",
        ]
    );
    let of = |command: &str, outcome: &str| {
        rows.iter().find(|row| row["command"] == command && row["outcome"] == outcome).unwrap().clone()
    };
    let edited = of("edit_vcenter", "done");
    assert_eq!(
        (&edited["before"]["ttl_seconds"], &edited["after"]["ttl_seconds"]),
        (&json!(300), &json!(3600))
    );
    assert_eq!((&edited["subject"], &edited["origin"]), (&json!("Berlin"), &json!("cli")));
    for key in ["actor", "host"] {
        assert!(edited[key].as_str().is_some_and(|who| !who.is_empty()), "{edited}");
    }
    let ended = of("submit", "done");
    assert_eq!(ended["operation"], of("submit", "accepted")["operation"]);
    assert_eq!(ended["after"]["state"], "succeeded");
    let refused = of("remove_vcenter", "refused");
    assert_eq!((&refused["role"], &refused["subject"]), (&json!("operator"), &json!("Berlin")));
    assert!(of("edit_vcenter", "failed")["error"].as_str().unwrap().contains("a/b"));
    let everything = serde_json::to_string(&rows).unwrap();
    assert!(!everything.contains(PASSWORD), "{everything}");
    let text = muster.run(&["audit", "list", "--command", "edit_vcenter", "--outcome", "done"]).stdout;
    assert!(text.contains("TTL seconds: 300 \u{2192} 3600"), "{text}");
}

#[test]
fn a_log_is_verified_against_a_receipt_exported_and_pruned() {
    let muster = Musterctl::new();
    muster.put_password("lab", PASSWORD);
    for name in ["lab", "spare", "third"] {
        muster.ok(&["credential", "add", name, "--user", "admin"]);
    }
    let file = |name: &str| muster.folder().join(name).display().to_string();
    let (receipt, export) = (file("receipt"), file("log.jsonl"));
    muster.ok(&["audit", "receipt", "--out", &receipt]);
    let verify = |more: &[&str]| muster.json(&[&["audit", "verify"], more].concat());
    let whole = verify(&["--receipt", &receipt]).document();
    assert_eq!(
        (&whole["ok"], &whole["rows"], &whole["first_broken"]),
        (&json!(true), &json!(3), &Value::Null)
    );
    let again = muster.json(&["audit", "receipt", "--out", &receipt]);
    assert_eq!((again.code, &again.error()["code"]), (9, &json!("already_exists")), "{again:?}");
    let written = muster.ok(&["audit", "export", "--out", &export]);
    assert_eq!((&written["rows"], &written["pruned"]), (&json!(3), &json!(0)));
    let lines = std::fs::read_to_string(&export).unwrap();
    assert_eq!(lines.lines().count(), 3);
    let csv = file("log.csv");
    let pruned = muster.ok(&["audit", "export", "--out", &csv, "--prune", "--yes"]);
    assert_eq!((&pruned["rows"], &pruned["pruned"]), (&json!(3), &json!(3)));
    assert!(std::fs::read_to_string(&csv).unwrap().contains("\"add_credential\""));
    let left = rows(&muster, &[]);
    assert_eq!(told(&left), ["prune_audit done"]);
    assert_eq!(left[0]["after"]["file"], csv.as_str());
    assert_eq!(verify(&[]).document()["ok"], true);
    assert_eq!(verify(&["--receipt", &receipt]).document()["ok"], true, "it is of the last row that went");
    // A log that was begun anew.
    let other = Musterctl::new();
    other.ok(&["status"]);
    let foreign = other.json(&["audit", "verify", "--receipt", &receipt]);
    assert_eq!((foreign.code, &foreign.document()["ok"]), (1, &json!(false)), "{foreign:?}");
    std::fs::write(file("no receipt"), "{}").unwrap();
    let unusable = muster.json(&["audit", "verify", "--receipt", &file("no receipt")]);
    assert_eq!((unusable.code, &unusable.error()["code"]), (2, &json!("invalid_value")));
}

#[cfg(unix)]
#[test]
fn what_is_written_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let muster = Musterctl::new();
    muster.ok(&["credential", "add", "lab", "--user", "admin"]);
    let file = muster.folder().join("log.jsonl");
    muster.ok(&["audit", "export", "--out", &file.display().to_string()]);
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}
