//! Reading by list and chunk: what may go wrong with a part of it, and that it costs that part alone.
//! Refuses to fake a failure in the client: the server really misbehaves. Prints a line for each kind of fault.

use crate::support::{Musterctl, Peer, Run, eventually, finish, table as told, vcenter};
use contract::Job;
use contract::command::{AwaitOperation, CancelOperation, Submit};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn sync(muster: &Musterctl) -> Run {
    muster.json(&["sync", "full", "Berlin"])
}

fn succeeded(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{run:?}");
    run.document()[0].clone()
}

fn rows(muster: &Musterctl, kind: &str) -> Vec<Value> {
    muster.ok(&["inventory", kind]).as_array().unwrap().clone()
}

fn names(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn count_on(peer: &Peer, object_type: &str) -> usize {
    usize::try_from(peer.get(&format!("/objects?type={object_type}"))["count"].as_u64().unwrap()).unwrap()
}

/// What a server is told to send instead of the beginning of each of these properties.
fn withheld(paths: &[&str], fault: &str) -> Value {
    let pair = |path: &&str| {
        json!([
            format!("<propSet><name>{path}</name>"),
            format!(
                "<missingSet><path>{path}</path><fault><fault xsi:type=\"{fault}\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><privilegeId>System.Read</privilegeId></fault>\
                 <localizedMessage>x</localizedMessage></fault></missingSet><propSet><name>unknown.to.us</name>"
            )
        ])
    };
    paths.iter().map(pair).collect()
}

/// The property paths that a sync asks for of hosts.
const OF_HOSTS: [&str; 39] = [
    "alarmActionsEnabled",
    "config.certificate",
    "config.dateTimeInfo.ntpConfig.server",
    "config.ipmi.bmcIpAddress",
    "config.ipmi.bmcMacAddress",
    "config.multipathState.path",
    "config.network.pnic",
    "config.virtualNicManagerInfo.netConfig",
    "configIssue",
    "datastore",
    "hardware.systemInfo.serialNumber",
    "name",
    "network",
    "overallStatus",
    "parent",
    "runtime.bootTime",
    "runtime.connectionState",
    "runtime.dasHostState.state",
    "runtime.healthSystemRuntime.systemHealthInfo.numericSensorInfo",
    "runtime.inMaintenanceMode",
    "runtime.powerState",
    "summary.config.product.build",
    "summary.config.product.version",
    "summary.hardware.cpuMhz",
    "summary.hardware.cpuModel",
    "summary.hardware.memorySize",
    "summary.hardware.model",
    "summary.hardware.numCpuCores",
    "summary.hardware.numCpuPkgs",
    "summary.hardware.numCpuThreads",
    "summary.hardware.otherIdentifyingInfo",
    "summary.hardware.uuid",
    "summary.hardware.vendor",
    "summary.managementServerIp",
    "summary.quickStats.overallCpuUsage",
    "summary.quickStats.overallMemoryUsage",
    "summary.rebootRequired",
    "triggeredAlarmState",
    "vm",
];

#[test]
fn vms_that_vanish_while_they_are_read_cost_neither_the_pass_nor_a_call_each() {
    for (gone, is_reported) in [(250, true), (1_500, true), (250, false)] {
        let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--extra-vms", "2000"]);
        let muster = Musterctl::with(&peer, "Berlin");
        let all = count_on(&peer, "VirtualMachine");
        let first = peer.get("/objects?type=VirtualMachine")["objects"][0]["moref"].clone();
        peer.rule(json!({
            "method": "RetrievePropertiesEx", "type": ">config.hardware.device<", "action": {"hold": true}
        }));
        let child = muster.spawn(&["sync", "full", "Berlin", "--json"]);
        eventually("the sync reads VMs", || peer.is_holding());
        peer.post("/destroy", json!({"type": "VirtualMachine", "count": gone}));
        peer.behave();
        if !is_reported {
            // As a server does that doesn't know how to leave missing objects out.
            let first = first.as_str().unwrap();
            peer.rule(json!({
                "method": "RetrievePropertiesEx", "type": format!(">{first}</obj>"), "action": {
                    "fault": "ManagedObjectNotFound", "object": format!("VirtualMachine:{first}")
                }
            }));
        }
        peer.post("/release", json!({}));
        let run = finish(child);
        let operation = succeeded(&run);
        let left = rows(&muster, "vms").len();
        assert_eq!(left, all - gone, "{run:?}");
        assert_eq!(operation["done"], operation["total"], "{operation}");
        let calls = operation["calls"].as_u64().unwrap();
        assert!(calls < 100, "no call for each of {gone}: {calls}");
        told(&format!("{gone} of {all} VMs gone during the read"), format!("{left} rows, {calls} calls"));
    }
}

#[test]
fn a_first_pass_may_lose_most_and_what_was_known_meets_the_guard() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--extra-vms", "200"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    peer.post("/destroy", json!({"type": "VirtualMachine", "count": 150}));
    let run = sync(&muster);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("too_many_removals")), "{run:?}");
    told("150 of 200 known VMs gone", "the deletion guard asks");
}

#[test]
fn connections_that_are_closed_now_and_then_cost_a_call_and_no_login() {
    for (fault, action) in [
        ("every 7th request's connection closed before the answer", json!({"reset": true})),
        ("every 7th request's connection closed after the answer began", json!({"truncate": 600})),
    ] {
        let peer = Peer::start(&["--model", "vpx", "--vms", "20", "--extra-vms", "900"]);
        let muster = Musterctl::with(&peer, "Berlin");
        let logins = peer.calls("Login");
        peer.rule(json!({
            "method": "RetrievePropertiesEx|CreateContainerView|CreatePropertyCollector|DestroyView",
            "every": 7, "action": action
        }));
        let operation = succeeded(&sync(&muster));
        assert_eq!(rows(&muster, "vms").len(), count_on(&peer, "VirtualMachine"));
        assert_eq!(peer.calls("Login"), logins + 1);
        assert_eq!(peer.sessions(), 0);
        told(fault, format!("every row, one login, {} calls", operation["calls"]));
    }
}

#[test]
fn an_answer_that_is_cut_off_more_than_once_costs_that_call_alone() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "20"]);
    let muster = Musterctl::with(&peer, "Berlin");
    // Three calls, as each is made a second time at once.
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">ContainerView</type>", "times": 6, "action": {"reset": true}
    }));
    let datacenter = peer.get("/objects?type=Datacenter")["objects"][0]["moref"].clone();
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": format!(">{}</obj>", datacenter.as_str().unwrap()), "times": 3,
        "action": {"truncate": 600}
    }));
    let operation = succeeded(&sync(&muster));
    assert_eq!(operation["attempts"], 1, "nothing that had come was read again: {operation}");
    told("lists and the only datacenter cut off several times", "every row, in one pass");
}

#[test]
fn tokens_that_a_server_refuses_are_no_loss() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "20", "--extra-vms", "300"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.post("/paging?max=30", json!({}));
    peer.rule(json!({"method": "ContinueRetrievePropertiesEx", "action": {"fault": "NoPermission"}}));
    let operation = succeeded(&sync(&muster));
    assert_eq!(rows(&muster, "vms").len(), count_on(&peer, "VirtualMachine"));
    told("every Continue refused (NoPermission)", format!("every row, {} calls", operation["calls"]));
}

#[test]
fn a_server_that_makes_no_collectors_is_read_through_its_default_one() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "20", "--extra-vms", "300"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({"method": "CreatePropertyCollector", "action": {"fault": "NotSupported"}}));
    succeeded(&sync(&muster));
    assert_eq!(rows(&muster, "vms").len(), count_on(&peer, "VirtualMachine"));
    assert_eq!(peer.calls("DestroyPropertyCollector"), 0);
    told("CreatePropertyCollector refused", "every row through the default collector");
}

#[test]
fn every_collector_and_view_is_given_back() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "20", "--extra-vms", "900"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let made = peer.calls("CreatePropertyCollector");
    assert!((2..=4).contains(&made), "several calls were in flight, each through its own: {made}");
    assert_eq!(peer.calls("DestroyPropertyCollector"), made);
    assert_eq!(peer.calls("DestroyView"), peer.calls("CreateContainerView"));
}

#[test]
fn a_busy_server_is_asked_again_a_little_later() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "20"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": "<reportMissingObjectsInResults>", "times": 3,
        "action": {"status": 503}
    }));
    peer.rule(json!({"method": "CreateContainerView", "times": 2, "action": {"status": 503}}));
    succeeded(&sync(&muster));
    told("503 a few times", "asked again, every row");
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": "<reportMissingObjectsInResults>", "action": {"status": 503}
    }));
    let run = sync(&muster);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (5, &json!("unreachable")), "{run:?}");
    told("503 for ever", "the sync fails in words, nothing was changed");
}

#[test]
fn chains_of_200_disks_and_snapshots_are_read() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--standalone-hosts", "0"]);
    let muster = Musterctl::with(&peer, "Berlin");
    let vm = peer.get("/objects?type=VirtualMachine")["objects"][0]["moref"].clone();
    peer.post("/snapshot", json!({"vm": vm, "depth": 200}));
    let chain = format!(
        "<VirtualDevice xsi:type=\"VirtualDisk\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><key>1</key>\
         <backing>{}{}</backing></VirtualDevice><VirtualDevice ",
        "<parent>".repeat(200),
        "</parent>".repeat(200)
    );
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">config.hardware.device<",
        "action": {"replace_text": [["<VirtualDevice ", chain]]}
    }));
    succeeded(&sync(&muster));
    let vm = &muster.ok(&["inventory", "vms", "--columns", "name,snapshot_count,mac_addresses"])[0];
    assert!(vm["snapshot_count"].as_i64().unwrap() >= 200, "{vm}");
    assert!(!vm["mac_addresses"].as_array().unwrap().is_empty() && vm["missing"] == json!({}), "{vm}");
    let deepest = rows(&muster, "snapshots").iter().filter_map(|row| row["depth"].as_i64()).max();
    assert!(deepest >= Some(200), "{deepest:?}");
    told("a disk chain of 200 and a snapshot chain of 200", "read whole");
}

#[test]
fn heavy_objects_are_asked_for_few_at_a_time_and_one_that_is_too_large_costs_its_property() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "8"]);
    let muster = Musterctl::with(&peer, "Berlin");
    let all = peer.get("/objects?type=VirtualMachine");
    let vms: Vec<&Value> = all["objects"].as_array().unwrap().iter().collect();
    let note = "x".repeat(5_000_000);
    for vm in &vms {
        peer.post("/update", json!({"moref": vm["moref"], "set": {"config.annotation": note}}));
    }
    succeeded(&sync(&muster));
    let rows = muster.ok(&["inventory", "vms", "--columns", "name,annotation"]);
    let whole = rows.as_array().unwrap().iter().filter(|row| row["annotation"] == note.as_str()).count();
    assert_eq!(whole, vms.len());
    told(&format!("{} VMs of 5 MB each", vms.len()), "every one read whole");

    peer.post(
        "/update",
        json!({
            "moref": vms[0]["moref"], "set": {"config.annotation": "y".repeat(9_000_000)}
        }),
    );
    succeeded(&sync(&muster));
    let rows = muster.ok(&["inventory", "vms", "--columns", "name,annotation,memory_bytes"]);
    let row = rows.as_array().unwrap().iter().find(|row| row["moref"] == vms[0]["moref"]).unwrap();
    assert_eq!(row["missing"], json!({"annotation": "too_large"}));
    assert!(row["annotation"] == note.as_str() && row["memory_bytes"].is_i64(), "what was known stays");
    told("a text of 9 MB", "that property says too_large and keeps its last value");

    // And one of its parts never comes.
    let reference = format!(">{}</obj>", vms[0]["moref"].as_str().unwrap());
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": reference, "skip": 3, "action": {"truncate": 600}
    }));
    let run = sync(&muster);
    assert_eq!(run.code, 8, "{run:?}");
    assert!(run.document()[0]["calls"].as_u64().unwrap() < 200, "it comes to an end: {run:?}");
    told("a text of 9 MB whose parts are cut off", "that object keeps its last values");
}

#[test]
fn one_object_that_a_server_can_not_send_costs_itself() {
    for (fault, action) in [
        ("a fault for one object", json!({"fault": "SystemError"})),
        ("a connection that breaks for one object", json!({"reset": true})),
    ] {
        let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--extra-vms", "300"]);
        let muster = Musterctl::with(&peer, "Berlin");
        succeeded(&sync(&muster));
        let before = rows(&muster, "vms");
        let bad = peer.get("/objects?type=VirtualMachine")["objects"][120]["moref"].clone();
        let reference = format!(">{}</obj>", bad.as_str().unwrap());
        peer.rule(json!({"method": "RetrievePropertiesEx", "type": reference, "action": action}));
        let run = sync(&muster);
        assert_eq!(run.code, 8, "{fault}: {run:?}");
        let error = run.document()[0]["error"].clone();
        assert!(
            error["message"].as_str().unwrap().contains(&format!("1 of {} VMs", before.len())),
            "{error}"
        );
        let after = rows(&muster, "vms");
        assert_eq!(names(&after), names(&before));
        let row = after.iter().find(|row| row["moref"] == bad).unwrap();
        assert_eq!(row["missing"]["memory_bytes"], "fault", "{row}");
        let fresh = after.iter().filter(|row| row["missing"] == json!({})).count();
        let others = before.iter().filter(|row| row["moref"] != bad && row["missing"] == json!({}));
        assert_eq!(fresh, others.count());
        told(fault, "its row stays and says fault, the sync is partial and says so");
    }
}

#[test]
fn what_may_not_be_read_of_a_whole_kind_is_said() {
    let peer = Peer::start(&["--model", "vpx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "hosts");
    let some = withheld(&["summary.hardware.model", "summary.hardware.uuid"], "NoPermission");
    let rule = |pairs: Value| {
        peer.rule(json!({
            "method": "RetrievePropertiesEx", "type": ">HostSystem<", "action": {"replace_text": pairs}
        }));
    };
    rule(some);
    let run = sync(&muster);
    assert_eq!(run.code, 8, "{run:?}");
    let error = run.document()[0]["error"].clone();
    let words = format!("{} {}", error["message"], error["next_step"]);
    for part in ["hosts", "summary.hardware.model", "summary.hardware.uuid", "System.Read", "Read-only"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let begins = error["message"].as_str().expect("a message");
    assert!(begins.starts_with("the account "), "no name that a window would write with a capital: {begins}");
    assert!(rows(&muster, "hosts").iter().all(|row| row["synced_at"] != before[0]["synced_at"]));
    told("two properties withheld for every host", "partial; names them and System.Read");

    peer.behave();
    let fresh = rows(&muster, "hosts");
    rule(withheld(&OF_HOSTS, "NoPermission"));
    let run = sync(&muster);
    assert_eq!(run.code, 8, "{run:?}");
    let after = rows(&muster, "hosts");
    assert_eq!(names(&after), names(&fresh));
    for row in &after {
        assert_eq!(row["synced_at"], fresh[0]["synced_at"], "the kind keeps its age: {row}");
        assert_eq!(row["missing"]["name"], "no_permission", "{row}");
    }
    told("every property of every host withheld", "partial; rows keep their age and say no_permission");
}

#[test]
fn an_object_that_goes_while_its_properties_are_read_is_gone_or_read_again() {
    let peer = Peer::start(&["--model", "vpx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let reasons =
        || -> Vec<Value> { rows(&muster, "hosts").iter().map(|row| row["missing"].clone()).collect() };
    let before = reasons();
    let rule = |paths: &[&str], times: Value| {
        let mut rule = json!({
            "method": "RetrievePropertiesEx", "type": ">summary.hardware.model<",
            "action": {"replace_text": withheld(paths, "ManagedObjectNotFound")}
        });
        if times.is_u64() {
            rule["times"] = times;
        }
        peer.rule(rule);
    };
    rule(&["summary.hardware.model"], json!(1));
    succeeded(&sync(&muster));
    assert_eq!(reasons(), before);
    told("ManagedObjectNotFound for one property", "asked once more, read whole");

    rule(&OF_HOSTS, json!(null));
    let operation = succeeded(&sync(&muster));
    assert_eq!((&operation["removed"], reasons().len()), (&json!(before.len()), 0), "{operation}");
    told("ManagedObjectNotFound for every property", "the object is gone");
}

#[test]
fn a_known_object_that_is_listed_no_more_but_there_is_hidden_and_not_deleted() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "5"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "vms");
    let hidden = before[0]["moref"].as_str().unwrap();
    hide(&peer, &before[..1]);
    let operation = succeeded(&sync(&muster));
    assert_eq!(operation["removed"], 0, "{operation}");
    let after = rows(&muster, "vms");
    assert_eq!(names(&after), names(&before));
    let row = after.iter().find(|row| row["moref"] == hidden).unwrap();
    assert_eq!(row["missing"]["name"], "no_permission", "{row}");
    told("a VM that is listed no more and still answers", "its row stays with no_permission");

    peer.behave();
    succeeded(&sync(&muster));
    assert!(rows(&muster, "vms").iter().all(|row| row["missing"]["name"].is_null()));
}

#[test]
fn what_a_server_refused_is_remembered_until_it_is_another_release_or_a_test_asks_again() {
    let peer = Peer::start(&["--model", "vpx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    // Named by its unknown prefix alone.
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">summary.quickStats.overallCpuUsage<",
        "action": {"fault": "custom", "kind": "InvalidProperty", "detail": "<name>summary.quickStats</name>"}
    }));
    succeeded(&sync(&muster));
    let reasons = || rows(&muster, "hosts")[0]["missing"].clone();
    let not_reported = ["cpu_usage_mhz", "memory_usage_bytes", "cpu_percent", "memory_percent"];
    let refused: Value =
        not_reported.iter().map(|column| (column.to_string(), json!("not_reported"))).collect();
    assert_eq!(reasons(), refused, "what is computed of them is not known either");
    let asked = || {
        let rules = peer.get("/rules");
        rules["rules"]
            .as_array()
            .or(rules.as_array())
            .map_or(0, |rules| rules.iter().filter_map(|rule| rule["applied"].as_u64()).sum())
    };
    let before = asked();
    assert!(before > 0, "{}", peer.get("/rules"));
    succeeded(&sync(&muster));
    assert_eq!((asked(), reasons()), (before, refused), "it was not asked again");
    told("InvalidProperty that names a prefix", "both paths below it dropped, remembered, not asked again");

    peer.behave();
    peer.post("/identity", json!({"build": "99999999"}));
    succeeded(&sync(&muster));
    assert_eq!(reasons(), json!({}), "another release is asked again");
}

#[test]
fn names_and_parents_are_never_given_up() {
    let peer = Peer::start(&["--model", "vpx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">runtime.connectionState<",
        "action": {"fault": "InvalidProperty", "name": "name"}
    }));
    let run = sync(&muster);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (1, &json!("bad_answer")), "{run:?}");
    told("InvalidProperty for name", "the sync fails: nothing is shown without a name");
}

#[test]
fn a_server_that_is_too_old_is_refused_in_words_before_anything_is_sent_or_stored() {
    for (version, shown) in [("4.1", "4.1"), ("5.1", "5.1"), ("uA046D008", "uA046D008")] {
        let peer = Peer::start(&["--model", "vpx", "--api-version", version]);
        let muster = Musterctl::new();
        muster.put_password("Berlin", crate::support::PASSWORD);
        let add = ["vcenter", "add", "Berlin", &peer.address(), "--user", "admin", "--ca-file", &peer.ca()];
        let run = muster.json(&add);
        assert_ne!(run.code, 0, "{version}: {run:?}");
        let error = run.error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(shown) && message.contains("5.5"), "{message}");
        assert_eq!(peer.calls("Login"), 0, "{version}");
        assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
        told(&format!("a server of API version {version}"), message);
    }
}

/// Hides VMs from every list, while they still answer.
fn hide(peer: &Peer, vms: &[Value]) {
    let listed = |vm: &Value| {
        let moref = vm["moref"].as_str().unwrap();
        json!([
            format!("<ManagedObjectReference type=\"VirtualMachine\">{moref}</ManagedObjectReference>"),
            ""
        ])
    };
    let pairs: Vec<Value> = vms.iter().map(listed).collect();
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": "<pathSet>view</pathSet>", "action": {"replace_text": pairs}
    }));
}

/// What is asked of VMs that are listed no more.
const PRESENCE: &str = "<type>VirtualMachine</type><all>false</all><pathSet>name</pathSet></propSet>";

#[test]
fn a_hidden_object_is_kept_also_where_the_server_fails_the_call_for_one_that_is_gone() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "5"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "vms");
    let (gone, hidden) = (before[0]["moref"].as_str().unwrap(), before[1]["moref"].as_str().unwrap());
    peer.post("/destroy", json!({"moref": gone}));
    hide(&peer, &before[1..2]);
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": format!(">{gone}</obj>"),
        "action": {"fault": "ManagedObjectNotFound", "object": format!("VirtualMachine:{gone}")}
    }));
    let operation = succeeded(&sync(&muster));
    assert_eq!(operation["removed"], 1, "{operation}");
    let after = rows(&muster, "vms");
    let row = after.iter().find(|row| row["moref"] == hidden).unwrap();
    assert_eq!(row["missing"]["name"], "no_permission", "{row}");
    assert!(after.iter().all(|row| row["moref"] != gone));
    told("one unlisted VM gone, named by a fault of the call, and one hidden", "one row removed, one kept");
}

#[test]
fn many_hidden_objects_that_fail_their_calls_do_not_deny_their_kind() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--extra-vms", "100"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "vms");
    hide(&peer, &before[..20]);
    peer.rule(
        json!({"method": "RetrievePropertiesEx", "type": PRESENCE, "action": {"fault": "NoPermission"}}),
    );
    let run = sync(&muster);
    assert_eq!((run.code, &run.document()[0]["removed"]), (8, &json!(0)), "{run:?}");
    let after = rows(&muster, "vms");
    assert_eq!(names(&after), names(&before));
    let hidden = after.iter().filter(|row| row["missing"]["name"] == "no_permission").count();
    let fresh = after.iter().filter(|row| row["synced_at"] != before[0]["synced_at"]).count();
    assert_eq!((hidden, fresh), (20, before.len()));
    told("20 unlisted VMs whose calls fail with NoPermission", "their rows stay, all others are new");
}

#[test]
fn a_host_has_no_more_than_two_calls_in_flight() {
    let peer = Peer::start(&["--model", "esx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    peer.rule(json!({
        "method": "RetrievePropertiesEx|CreateContainerView|CreatePropertyCollector",
        "action": {"delay_ms": 150, "hold": true}
    }));
    let child = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("calls are held", || peer.is_holding());
    std::thread::sleep(std::time::Duration::from_millis(700));
    let in_flight = peer.get("/held")["held"].as_u64().unwrap();
    assert!(in_flight <= 2, "{in_flight} calls at once");
    peer.let_go();
    succeeded(&finish(child));
}

#[test]
fn an_account_without_rights_on_the_root_folder_reads_everything_below() {
    let peer = Peer::start(&["--model", "vpx"]);
    let muster = Musterctl::with(&peer, "Berlin");
    let missing = "<obj type=\"Folder\">group-d1</obj><missingSet><path>name</path><fault><fault \
                   xsi:type=\"NoPermission\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><privilegeId>\
                   System.View</privilegeId></fault><localizedMessage>x</localizedMessage></fault></missingSet>\
                   <propSet><name>unknown.to.us</name><val>1</val></propSet>";
    peer.rule(json!({
        "method": "RetrievePropertiesEx",
        "action": {"replace_text": [["<obj type=\"Folder\">group-d1</obj>", missing]]}
    }));
    succeeded(&sync(&muster));
    assert_eq!(rows(&muster, "vms").len(), count_on(&peer, "VirtualMachine"));
    assert!(rows(&muster, "folders").iter().all(|row| row["name"].is_string()));
    told("the root folder's name withheld", "everything below is read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_sync_leaves_no_session_with_views_and_collectors_behind() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let service = muster.service().await;
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">VirtualMachine<", "action": {"hold": true}
    }));
    let vcenter = vcenter(&service, "Berlin").await.id;
    let operation = service.call(Submit { vcenter, job: Job::FULL_SYNC, detached: false }).await.unwrap();
    eventually("the sync reads VMs", || peer.is_holding());
    service.call(CancelOperation { operation: operation.clone() }).await.unwrap();
    let ended = service.call(AwaitOperation { operation }).await.unwrap();
    assert_eq!(ended.state, contract::OperationState::Cancelled);
    eventually("the session is logged out", || peer.sessions() == 0);
    service.close().await;
}

#[test]
fn objects_that_a_server_can_not_send_cost_themselves_however_they_are_spread() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "1", "--extra-vms", "200"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let all = rows(&muster, "vms");
    let bad: Vec<&str> = all.iter().step_by(10).map(|row| row["moref"].as_str().unwrap()).collect();
    for moref in &bad {
        peer.rule(json!({
            "method": "RetrievePropertiesEx", "type": format!(">{moref}</obj>"), "action": {"fault": "SystemError"}
        }));
    }
    let run = sync(&muster);
    assert_eq!(run.code, 8, "{run:?}");
    let message = run.document()[0]["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("{} of {} VMs", bad.len(), all.len())), "{message}");
    let faulty = rows(&muster, "vms").iter().filter(|row| row["missing"]["memory_bytes"] == "fault").count();
    assert_eq!(faulty, bad.len());
    told(&format!("{} of {} VMs that fault", bad.len(), all.len()), "each costs itself, the sync is partial");
}

#[test]
fn a_collector_that_the_server_lost_is_replaced() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "5"]);
    let muster = Musterctl::with(&peer, "Berlin");
    for asked in [">config.hardware.device<", "<pathSet>view</pathSet>"] {
        peer.rule(json!({
            "method": "RetrievePropertiesEx", "type": asked, "times": 1,
            "action": {"fault": "ManagedObjectNotFound", "object": "PropertyCollector:session-own"}
        }));
    }
    succeeded(&sync(&muster));
    assert_eq!(rows(&muster, "vms").len(), count_on(&peer, "VirtualMachine"));
    told("a property collector that is gone", "another one, every row");
}

#[test]
fn a_name_that_did_not_come_is_not_forgotten() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "5"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "vms");
    peer.rule(json!({
        "method": "RetrievePropertiesEx", "type": ">config.hardware.device<",
        "action": {"replace_text": [["<propSet><name>name</name>", "<propSet><name>no.name</name>"]]}
    }));
    sync(&muster);
    let after = rows(&muster, "vms");
    assert_eq!(names(&after), names(&before));
    assert!(after.iter().all(|row| row["missing"]["name"] == "fault"));
    told("names that are left out", "the last known ones stay, with the reason fault");
}

#[test]
fn a_kind_that_is_hidden_whole_is_said_and_keeps_its_age() {
    let peer = Peer::start(&["--model", "vpx", "--vms", "5"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let before = rows(&muster, "vms");
    hide(&peer, &before);
    let run = sync(&muster);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (8, &json!("no_permission")), "{run:?}");
    let after = rows(&muster, "vms");
    assert_eq!(names(&after), names(&before));
    for row in &after {
        assert_eq!(
            (&row["synced_at"], &row["missing"]["name"]),
            (&before[0]["synced_at"], &json!("no_permission"))
        );
    }
    told("every VM unlisted, and each still there", "partial; rows keep their age and say no_permission");
}

#[test]
fn a_cluster_whose_hosts_are_all_gone_is_empty() {
    let peer = Peer::start(&["--model", "vpx", "--clusters", "2", "--hosts-per-cluster", "2", "--vms", "0"]);
    let muster = Musterctl::with(&peer, "Berlin");
    succeeded(&sync(&muster));
    let hosts = muster.ok(&["inventory", "hosts", "--columns", "name,cluster"]);
    for host in hosts.as_array().unwrap().iter().filter(|host| host["cluster"] == "DC0_C1") {
        peer.post("/destroy", json!({"moref": host["moref"]}));
    }
    let operation = &muster.ok(&["sync", "hosts", "Berlin", "--cluster", "DC0_C1"])[0];
    assert_eq!((&operation["state"], &operation["removed"]), (&json!("succeeded"), &json!(2)), "{operation}");
}
