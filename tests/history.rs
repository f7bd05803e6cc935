//! The history of what changed on a server, held against what was changed there with another client; failed attempts, the
//! settings of the history, and its lists.
//! Refuses to change anything through Muster: govc does, and says itself what it was before.

use crate::support::{Musterctl, Peer, table};
use serde_json::{Value, json};

/// What `operations show` says of the newest operation.
fn newest(muster: &Musterctl) -> Value {
    let id = muster.ok(&["operations", "list", "--limit", "1"])[0]["operation"].clone();
    muster.ok(&["operations", "show", id.as_str().unwrap()])
}

fn morefs(changes: &Value, what: &str) -> Vec<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let all = changes[what].as_array().unwrap();
    all.iter().map(|one| (text(one, "kind"), text(one, "moref"))).collect()
}

/// The change of a property of an object.
fn property<'a>(changes: &'a Value, moref: &str, property: &str) -> &'a Value {
    let changed = changes["changed"].as_array().unwrap();
    let object =
        changed.iter().find(|one| one["moref"] == moref).unwrap_or_else(|| panic!("{moref}: {changes}"));
    let properties = object["properties"].as_array().unwrap();
    properties
        .iter()
        .find(|one| one["property"] == property)
        .unwrap_or_else(|| panic!("{property}: {object}"))
}

/// A column of the rows of a kind, by moref.
fn row(muster: &Musterctl, kind: &str, moref: &str) -> Value {
    let rows = muster.ok(&["inventory", kind]);
    rows.as_array().unwrap().iter().find(|row| row["moref"] == moref).cloned().unwrap_or_default()
}

#[test]
fn the_old_and_the_new_value_of_what_another_client_changed_are_in_the_history() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "12"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let first = newest(&muster);
    assert!(first["added"].as_u64().unwrap() > 20, "{first}");
    assert_eq!(first["recorded"], json!({ "added": 0, "changed": 0, "removed": 0 }), "a first sync");
    assert_eq!(morefs(&first["changes"], "added"), []);

    let vms = muster.ok(&["inventory", "vms", "--where", "power_state=poweredOn", "--where", "cluster~C0"]);
    let vm = |at: usize| vms[at].clone();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let [renamed, stopped, moved, deleted, snapshot] = [0, 1, 2, 3, 4].map(vm);
    let by_moref = |row: &Value| format!("VirtualMachine:{}", row["moref"].as_str().unwrap());
    peer.govc(&["object.rename", "-json", &by_moref(&renamed), "renamed"]);
    peer.govc(&["vm.power", "-json", "-off", &text(&stopped, "name")]);
    let hosts =
        muster.ok(&["inventory", "hosts", "--where", &format!("cluster={}", text(&moved, "cluster"))]);
    let target = hosts.as_array().unwrap().iter().find(|host| host["name"] != moved["host"]).unwrap().clone();
    peer.govc(&["vm.migrate", "-json", "-host", &text(&target, "name"), &text(&moved, "name")]);
    peer.govc(&["vm.destroy", "-json", &text(&deleted, "name")]);
    peer.govc(&["snapshot.create", "-vm", &text(&snapshot, "name"), "before the update"]);
    let datastore = snapshot["datastores"][0].as_str().unwrap();
    let name = text(&snapshot, "name");
    peer.govc(&[
        "vm.clone",
        "-json",
        "-vm",
        &name,
        "-ds",
        datastore,
        "-pool",
        "DC0_C0/Resources",
        "-on=false",
        "cloned",
    ]);
    // What a server measures by itself.
    let host = text(&hosts[0], "moref");
    let usage =
        json!({ "summary.quickStats.overallCpuUsage": 4321, "summary.quickStats.overallMemoryUsage": 777 });
    peer.post("/update", json!({ "type": "HostSystem", "moref": host, "set": usage }));
    muster.ok(&["sync", "full", "Berlin"]);

    let second = newest(&muster);
    let changes = &second["changes"];
    let name = property(changes, renamed["moref"].as_str().unwrap(), "name");
    assert_eq!((&name["old"], &name["new"]), (&renamed["name"], &json!("renamed")));
    let power = property(changes, stopped["moref"].as_str().unwrap(), "power_state");
    assert_eq!((&power["old"], &power["new"]), (&json!("poweredOn"), &json!("poweredOff")));
    let host_of_vm = property(changes, moved["moref"].as_str().unwrap(), "host");
    assert_eq!((&host_of_vm["old"], &host_of_vm["new"]), (&moved["host"], &target["name"]));
    assert_eq!(
        (&host_of_vm["old_moref"], &host_of_vm["new_moref"]),
        (&moved["host_moref"], &target["moref"])
    );
    let count = property(changes, snapshot["moref"].as_str().unwrap(), "snapshot_count");
    assert_eq!((&count["old"], &count["new"]), (&snapshot["snapshot_count"], &json!(1)));
    assert_eq!(morefs(changes, "removed"), [("vms".to_owned(), text(&deleted, "moref"))]);
    assert_eq!(changes["removed"][0]["name"], deleted["name"]);
    let added = changes["added"].as_array().unwrap();
    let names: Vec<&str> = added.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["before the update", "cloned"], "{added:?}");
    // Every new value is what a reader sees now, and every old one was another.
    let mut compared = 0;
    for object in changes["changed"].as_array().unwrap() {
        let moref = object["moref"].as_str().unwrap();
        let now = row(&muster, object["kind"].as_str().unwrap(), moref);
        for change in object["properties"].as_array().unwrap() {
            let id = change["property"].as_str().unwrap();
            assert_ne!(change["old"], change["new"], "{moref}: {change}");
            assert!(!["cpu_usage_mhz", "memory_usage_bytes"].contains(&id), "{moref}: {change}");
            if let Some(shown) = now.get(id) {
                assert_eq!(*shown, change["new"], "{moref}.{id}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 5, "{changes}");
    let counted = |what: &str| changes[what].as_array().unwrap().len();
    let recorded =
        json!({ "added": counted("added"), "changed": counted("changed"), "removed": counted("removed") });
    assert_eq!(second["recorded"], recorded);
    table("values of a history held against rows", compared);

    // Nothing but usage: it is written, and no change.
    let usage = json!({ "summary.quickStats.overallCpuUsage": 1234 });
    peer.post("/update", json!({ "type": "HostSystem", "moref": host, "set": usage }));
    muster.ok(&["sync", "full", "Berlin"]);
    let third = newest(&muster);
    assert!(third["changed"].as_u64().unwrap() >= 1, "{third}");
    assert_eq!(third["recorded"], json!({ "added": 0, "changed": 0, "removed": 0 }), "{third}");

    let shown = muster.run(&["operations", "show", second["operation"].as_str().unwrap()]).stdout;
    for words in
        ["renamed", "Powered on", "Powered off", "listing VMs", "reading VMs", "writing", "snapshots"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn steps_have_their_times_and_each_failed_attempt_its_reason() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({
        "method": "CreateContainerView", "type": ">VirtualMachine<", "action": { "status": 503 }, "times": 2,
    }));
    peer.rule(
        json!({ "method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": { "delay_ms": 300 } }),
    );
    muster.ok(&["sync", "full", "Berlin"]);
    let operation = newest(&muster);
    let steps = operation["steps"].as_array().unwrap();
    let of = |step: &str| {
        let of = steps.iter().rev().find(|one| one["step"] == step);
        of.unwrap_or_else(|| panic!("{step}: {steps:?}"))
    };
    for step in
        ["connecting", "listing hosts", "reading hosts", "listing VMs", "reading VMs", "comparing", "writing"]
    {
        assert!(of(step)["took_ms"].as_u64().is_some(), "{step}");
    }
    let ended = of("writing")["after_ms"].as_u64().unwrap() + of("writing")["took_ms"].as_u64().unwrap();
    let waited: u64 = steps
        .iter()
        .filter(|one| one["step"] != "writing")
        .map(|one| one["took_ms"].as_u64().unwrap())
        .max()
        .unwrap();
    assert!(ended >= waited, "{steps:?}");
    let failures = operation["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 2, "{failures:?}");
    for (number, failure) in failures.iter().enumerate() {
        assert_eq!(failure["attempt"], number + 1, "{failures:?}");
        assert!(failure["message"].as_str().unwrap().contains("503"), "{failure}");
    }

    peer.post("/stop", json!({}));
    let run = muster.json(&["sync", "full", "Berlin"]);
    assert_ne!(run.code, 0, "{run:?}");
    let failed = newest(&muster);
    let failures = failed["failures"].as_array().unwrap();
    assert_eq!(failures.len() as u64, failed["attempts"].as_u64().unwrap(), "{failed}");
    assert!(failures.iter().all(|one| one["code"] == "unreachable"), "{failures:?}");
    assert_eq!(failed["changes"]["changed"], json!([]));
    assert_eq!(failed["recorded"], Value::Null);
}

#[test]
fn how_long_the_history_is_kept_is_a_setting_and_a_wrong_one_is_refused() {
    let muster = Musterctl::new();
    assert_eq!(
        muster.ok(&["settings", "show"]),
        json!({ "history_days": 90, "default_ttl_seconds": 300, "default_stale_reads": "kind", "log_level": "info", "analytics_days": 400 })
    );
    assert_eq!(
        muster.ok(&["settings", "set", "--history-days", "30"]),
        json!({ "history_days": 30, "default_ttl_seconds": 300, "default_stale_reads": "kind", "log_level": "info", "analytics_days": 400 })
    );
    assert_eq!(muster.ok(&["settings", "show"])["history_days"], 30);
    assert!(muster.run(&["settings", "show"]).stdout.contains("30 d"));
    for (arguments, code) in [
        (&["settings", "set", "--history-days", "0"][..], 2),
        (&["settings", "set", "--history-days", "3651"], 2),
        (&["settings", "set", "--history-days", "often"], 2),
        (&["settings", "set"], 2),
        (&["settings", "set", "--history-days", "7", "--role", "operator"], 7),
    ] {
        let run = muster.json(arguments);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.error()["next_step"].is_string(), "{run:?}");
    }
    assert_eq!(muster.ok(&["settings", "show", "--role", "viewer"])["history_days"], 30);
}
