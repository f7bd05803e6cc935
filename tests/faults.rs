//! What goes wrong in the middle of a sync, and that the inventory stays whole.
//! Refuses to fake a failure in the client: the server really misbehaves.

use crate::support::{Musterctl, Peer, Run, eventually, finish, interrupt};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A synced vCenter, on which one VM has been renamed since: a sync that commits shows the new name.
struct Walk {
    peer: Peer,
    muster: Musterctl,
    before: Vec<Value>,
    /// Sessions that nobody could log out of, because the server was gone.
    lost_sessions: u64,
}

const KINDS: [&str; 8] =
    ["datacenters", "clusters", "hosts", "vms", "datastores", "networks", "resource-pools", "folders"];

impl Walk {
    fn new() -> Walk {
        let peer = Peer::start(&["--model", "vpx", "--vms", "20"]);
        let muster = Musterctl::with(&peer, "Berlin");
        muster.ok(&["sync", "full", "Berlin"]);
        let before = inventory(&muster);
        let vm = before[3][0]["moref"].clone();
        peer.post("/update", json!({"type": "VirtualMachine", "moref": vm, "set": {"name": "renamed"}}));
        let host = before[2][0]["moref"].clone();
        peer.post("/update", json!({"type": "HostSystem", "moref": host, "set": {"name": "renamed host"}}));
        Walk { peer, muster, before, lost_sessions: 0 }
    }

    fn sync(&self) -> Run {
        self.muster.json(&["sync", "full", "Berlin"])
    }

    /// The failed sync changed nothing, left no session, and the next one succeeds.
    fn failed(&self, run: &Run, exit: i32, code: &str) {
        assert_eq!(run.code, exit, "{run:?}");
        let operation = &run.document()[0];
        assert_eq!(
            (&operation["state"], &operation["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{run:?}"
        );
        assert!(!operation["error"]["next_step"].as_str().unwrap().is_empty(), "{run:?}");
        assert_eq!(inventory(&self.muster), self.before, "the previous inventory is intact");
        assert_eq!(self.peer.sessions(), self.lost_sessions, "no session is left on the server");
        self.next_one_succeeds();
        assert_eq!(self.peer.sessions(), self.lost_sessions, "no session is left on the server");
    }

    fn next_one_succeeds(&self) {
        self.peer.behave();
        let next = self.sync();
        assert_eq!(next.code, 0, "{next:?}");
        self.is_renamed();
    }

    fn is_renamed(&self) {
        let after = inventory(&self.muster);
        let has =
            |kind: usize, name: &str| after[kind].as_array().unwrap().iter().any(|row| row["name"] == name);
        assert!(has(3, "renamed") && has(2, "renamed host"), "the sync brought both changes");
    }
}

fn inventory(muster: &Musterctl) -> Vec<Value> {
    KINDS.iter().map(|kind| muster.ok(&["inventory", kind])).collect()
}

#[test]
fn a_server_that_stops_in_the_middle_leaves_the_previous_inventory() {
    let mut walk = Walk::new();
    walk.peer
        .rule(json!({"method": "RetrievePropertiesEx", "type": "VirtualMachine", "action": {"hold": true}}));
    let child = walk.muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the sync reads VMs", || walk.peer.is_holding());
    walk.peer.post("/stop", json!({}));
    let run = finish(child);
    walk.peer.post("/start", json!({}));
    walk.lost_sessions = 1;
    walk.failed(&run, 5, "unreachable");
}

#[test]
fn a_terminated_session_is_replaced_once_and_the_pass_begins_anew() {
    let walk = Walk::new();
    let logins = walk.peer.calls("Login");
    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": "VirtualMachine", "times": 1,
        "action": {"terminate_sessions": true}
    }));
    let run = walk.sync();
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(walk.peer.calls("Login"), logins + 2, "one login, and one more after the first session ended");
    walk.is_renamed();
    assert_eq!(walk.peer.sessions(), 0);
}

#[test]
fn a_session_that_ends_again_and_again_fails_the_sync() {
    let walk = Walk::new();
    let logins = walk.peer.calls("Login");
    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": "VirtualMachine", "action": {"terminate_sessions": true}
    }));
    let run = walk.sync();
    assert_eq!(walk.peer.calls("Login"), logins + 2, "it is not tried for ever");
    walk.failed(&run, 1, "failed");
}

#[test]
fn a_kind_that_may_not_be_read_keeps_its_age_and_the_rest_is_committed() {
    let walk = Walk::new();
    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"fault": "NoPermission"}
    }));
    let run = walk.sync();
    assert_eq!(run.code, 8, "{run:?}");
    let operation = &run.document()[0];
    assert_eq!(
        (&operation["state"], &operation["error"]["code"]),
        (&json!("partial"), &json!("no_permission")),
        "{run:?}"
    );
    assert!(operation["error"]["message"].as_str().unwrap().contains("hosts"), "{run:?}");
    let after = inventory(&walk.muster);
    let names =
        |rows: &Value| rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&after[2]), names(&walk.before[2]), "the hosts are as they were");
    assert_eq!(after[2][0]["synced_at"], walk.before[2][0]["synced_at"], "with their old age");
    assert_ne!(after[3][0]["synced_at"], walk.before[3][0]["synced_at"]);
    assert!(names(&after[3]).contains(&json!("renamed")), "the VMs are new");
    walk.next_one_succeeds();
    assert_eq!(walk.peer.sessions(), 0, "no session is left on the server");
}

#[test]
fn a_property_that_may_not_be_read_keeps_its_value_and_says_why() {
    let walk = Walk::new();
    let known = walk.before[2][0].clone();
    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">HostSystem<",
        "action": {"replace_text": [[
            "<propSet><name>summary.hardware.model</name>",
            "<missingSet><path>summary.hardware.model</path><fault><fault xsi:type=\"NoPermission\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><privilegeId>System.Read</privilegeId></fault>\
             <localizedMessage>x</localizedMessage></fault></missingSet><propSet><name>unknown.to.us</name>"
        ]]}
    }));
    let run = walk.sync();
    assert_eq!(run.code, 8, "no host shows it, which is said: {run:?}");
    let hosts = walk.muster.ok(&["inventory", "hosts"]);
    let host = hosts.as_array().unwrap().iter().find(|row| row["moref"] == known["moref"]).unwrap();
    assert_eq!(host["model"], known["model"], "the value known before stays");
    assert_eq!(host["missing"], json!({"model": "no_permission"}));
    walk.next_one_succeeds();
    let hosts = walk.muster.ok(&["inventory", "hosts"]);
    let reasons = |rows: &Value| -> BTreeMap<String, Value> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| (row["moref"].to_string(), row["missing"].clone())).collect()
    };
    assert_eq!(reasons(&hosts), reasons(&walk.before[2]), "and is current again");
}

#[test]
fn a_truncated_answer_is_never_taken_for_a_whole_one() {
    for cut in [json!({"truncate": 3000}), json!({"truncate_clean": 3000})] {
        let walk = Walk::new();
        walk.peer.rule(json!({"method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "action": cut}));
        let run = walk.sync();
        walk.failed(&run, 1, "bad_answer");
    }
}

#[test]
fn a_property_the_server_does_not_know_is_left_out_and_the_rest_is_read() {
    let walk = Walk::new();
    for path in ["summary.hardware.vendor", "config.network.pnic"] {
        walk.peer.rule(json!({
            "method": "RetrievePropertiesEx", "type": ">HostSystem<",
            "action": {"fault": "InvalidProperty", "name": path}
        }));
    }
    let run = walk.sync();
    assert_eq!(run.code, 0, "{run:?}");
    walk.is_renamed();
    for host in walk.muster.ok(&["inventory", "hosts"]).as_array().unwrap() {
        let missing = host["missing"].as_object().unwrap().iter();
        let unknown: Vec<_> = missing.filter(|(_, why)| **why == "not_reported").map(|(id, _)| id).collect();
        assert_eq!(unknown, ["vendor", "nic_macs"], "{host}");
        assert!(host["model"].is_string(), "{host}");
    }
    walk.next_one_succeeds();
    assert_eq!(walk.peer.sessions(), 0, "no session is left on the server");
}

#[test]
fn an_empty_answer_with_a_live_session_does_not_empty_the_inventory() {
    let walk = Walk::new();
    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "times": 1, "action": {"empty": true}
    }));
    let run = walk.sync();
    assert_eq!(run.code, 0, "what the list has and the page had not was asked for: {run:?}");
    walk.is_renamed();
    let vms = walk.muster.ok(&["inventory", "vms"]);
    assert_eq!(vms.as_array().unwrap().len(), walk.before[3].as_array().unwrap().len());

    walk.peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "action": {"empty": true}
    }));
    let run = walk.sync();
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("bad_answer")), "{run:?}");
    let vms = walk.muster.ok(&["inventory", "vms"]);
    assert_eq!(vms.as_array().unwrap().len(), walk.before[3].as_array().unwrap().len());
    walk.next_one_succeeds();
    assert_eq!(walk.peer.sessions(), 0, "no session is left on the server");
}

#[test]
fn another_vcenter_at_the_same_address_stops_everything_before_the_password_is_sent() {
    let walk = Walk::new();
    let logins = walk.peer.calls("Login");
    walk.peer.post("/identity", json!({"instance_uuid": "11111111-2222-3333-4444-555555555555"}));
    let run = walk.sync();
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("different_vcenter")), "{run:?}");
    assert_eq!(inventory(&walk.muster), walk.before);
    assert_eq!(walk.muster.ok(&["status"])[0]["state"], "different_vcenter");
    assert_eq!(walk.peer.calls("Login"), logins);
}

#[test]
fn a_changed_certificate_stops_everything_until_a_person_looked() {
    let walk = Walk::new();
    let pinned = walk.peer.sha256();
    walk.muster.ok(&["vcenter", "edit", "Berlin", "--pin", &pinned]);
    assert_eq!(walk.sync().code, 0);
    let shown = walk.peer.post("/certificate", json!({}))["sha256"].as_str().unwrap().to_owned();
    let logins = walk.peer.calls("Login");
    let run = walk.sync();
    assert_eq!(run.code, 6, "{run:?}");
    let message = run.document()[0]["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains(&pinned) && message.contains(&shown),
        "old and new stand side by side: {message}"
    );
    assert_eq!(walk.peer.calls("Login"), logins);
    assert_eq!(walk.muster.ok(&["status"])[0]["state"], "untrusted");
    walk.muster.ok(&["vcenter", "edit", "Berlin", "--pin", &shown]);
    assert_eq!(walk.sync().code, 0);
}

#[test]
fn ctrl_c_cancels_the_sync_and_logs_out() {
    let walk = Walk::new();
    walk.peer.rule(
        json!({"method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "action": {"hold": true}}),
    );
    let child = walk.muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the sync reads VMs", || walk.peer.is_holding());
    interrupt(&child);
    let run = finish(child);
    assert_eq!((run.code, &run.document()[0]["state"]), (130, &json!("cancelled")), "{run:?}");
    walk.peer.post("/release", json!({}));
    assert_eq!(inventory(&walk.muster), walk.before);
    walk.next_one_succeeds();
    assert_eq!(walk.peer.sessions(), 0, "no session is left on the server");
}

#[test]
fn a_killed_process_leaves_an_interrupted_operation_and_a_free_lane() {
    let walk = Walk::new();
    walk.peer.rule(
        json!({"method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "action": {"hold": true}}),
    );
    let mut child = walk.muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the sync reads VMs", || walk.peer.is_holding());
    child.kill().unwrap();
    child.wait().unwrap();
    walk.peer.post("/release", json!({}));
    assert_eq!(inventory(&walk.muster), walk.before);
    assert_eq!(walk.muster.ok(&["operations", "list", "--limit", "1"])[0]["state"], "interrupted");
    walk.peer.behave();
    assert_eq!(walk.sync().code, 0);
    walk.is_renamed();
}

#[test]
fn a_damaged_row_costs_that_row_doctor_names_it_and_a_full_sync_heals_it() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let kinds = || ["hosts", "vms", "clusters"].map(|kind| muster.ok(&["inventory", kind]));
    let before = kinds();
    let name = before[0][0]["name"].as_str().unwrap();
    // A byte of the file, as a worn disk would have it: the hash beside the document stays right.
    let file = muster.data().join("muster.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let document = format!("{{\"values\":{{\"name\":\"{name}\"");
    // It stands in pages that are free again, too: those of what was staged.
    let found =
        bytes.windows(document.len()).enumerate().filter(|(_, window)| *window == document.as_bytes());
    let places: Vec<usize> = found.map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + document.len() - 2] ^= 1;
    }
    std::fs::write(&file, &bytes).unwrap();

    let names = |rows: &Value| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let damaged = kinds();
    let mut left = names(&before[0]);
    left.retain(|other| other != name);
    assert_eq!(names(&damaged[0]), left, "the row is left out, and no other");
    assert_eq!([1, 2].map(|kind| names(&damaged[kind])), [1, 2].map(|kind| names(&before[kind])));
    let said = "musterctl: 1 damaged row was left out; run musterctl doctor";
    for (command, says) in [
        (&["inventory", "hosts"][..], 1),
        (&["inventory", "hosts", "--json"], 1),
        // What is counted isn't read, and so nothing is left out: a damaged host is counted with the others.
        (&["status"], 0),
        (&["status", "--json"], 0),
    ] {
        let run = muster.run(command);
        assert_eq!((run.code, run.stderr.matches(said).count()), (0, says), "{run:?}");
    }
    let counted = &muster.ok(&["status"])[0]["counts"]["hosts"];
    assert_eq!(*counted, json!(before[0].as_array().unwrap().len()));
    let finding = |checks: &Value| {
        checks.as_array().unwrap().iter().find(|check| check["name"] == "inventory of Berlin").cloned()
    };
    let doctor = muster.json(&["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    let found = finding(&doctor.document()).unwrap();
    let moref = before[0][0]["moref"].as_str().unwrap();
    assert!(found["detail"].as_str().unwrap().contains(&format!("hosts {moref}")), "{found}");
    assert_eq!(found["next_step"], "musterctl sync full Berlin", "{found}");

    let healed = &muster.ok(&["sync", "full", "Berlin"])[0];
    assert_eq!((&healed["changed"], &healed["removed"]), (&json!(1), &json!(0)), "{healed}");
    assert_eq!(kinds().map(|rows| names(&rows)), before.map(|rows| names(&rows)));
    assert_eq!(finding(&muster.json(&["doctor"]).document()), None);
    assert_eq!(muster.run(&["status"]).stderr, "");
}

#[test]
fn a_pass_that_would_remove_much_stops_at_the_guard_until_it_is_accepted() {
    let peer = Peer::start(&[
        "--model",
        "vpx",
        "--clusters",
        "1",
        "--hosts-per-cluster",
        "4",
        "--standalone-hosts",
        "0",
        "--vms",
        "0",
        "--extra-hosts",
        "96",
    ]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let before = muster.ok(&["inventory", "hosts"]);
    assert_eq!(before.as_array().unwrap().len(), 100);
    peer.post("/destroy", json!({"type": "HostSystem", "count": 60}));

    let run = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("too_many_removals")), "{run:?}");
    assert!(run.error()["message"].as_str().unwrap().contains("60 of 100 hosts"), "{run:?}");
    assert!(run.error()["next_step"].as_str().unwrap().contains("--accept-removals"), "{run:?}");
    assert_eq!(muster.ok(&["inventory", "hosts"]), before);

    let accepted = &muster.ok(&["sync", "full", "Berlin", "--accept-removals"])[0];
    assert_eq!(accepted["removed"], 60, "{accepted}");
    assert_eq!(muster.ok(&["inventory", "hosts"]).as_array().unwrap().len(), 40);
}

#[test]
fn a_server_that_is_silent_for_long_is_given_up_or_waited_for_as_its_timeout_says() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "RetrieveServiceContent", "action": {"delay_ms": 7_000}}));
    muster.ok(&["vcenter", "edit", "Berlin", "--timeout", "5s"]);
    let run = muster.json(&["test", "Berlin"]);
    let operation = run.document();
    let error = &operation["error"];
    assert_eq!((run.code, &error["code"]), (5, &json!("timed_out")), "{run:?}");
    assert!(error["message"].as_str().unwrap().ends_with("did not respond within 5 s"), "{error}");
    muster.ok(&["vcenter", "edit", "Berlin", "--timeout", "30s"]);
    assert_eq!(muster.json(&["test", "Berlin"]).code, 0);
    for wrong in ["4s", "11m", "0s", "soon"] {
        let run = muster.json(&["vcenter", "edit", "Berlin", "--timeout", wrong]);
        assert_eq!((run.code, &run.error()["code"]), (2, &json!("invalid_value")), "{wrong}: {run:?}");
    }
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["timeout_seconds"], 30);
}
