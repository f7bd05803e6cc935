//! Health rules on an estate that has exactly their cases: each is found, and nothing else; and what silences them.
//! Refuses to make a case in Muster: the server has it.

use crate::support::{Musterctl, Peer};
use contract::health::{Looks, RULES};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// A vCenter on which no rule about rows finds anything, and one Muster that has read it.
struct Estate {
    peer: Peer,
    muster: Musterctl,
}

/// Where a case is made, and what shows it.
struct Case {
    rule: &'static str,
    level: &'static str,
    of_type: &'static str,
    /// Which of the type, in the order of their morefs.
    nth: usize,
    set: Value,
}

const HOST: &str = "HostSystem";
const VM: &str = "VirtualMachine";
const CLUSTER: &str = "ClusterComputeResource";
const DATASTORE: &str = "Datastore";
const FOLDER: &str = "Folder";

/// The last of a type: of folders the root, whose moref is another kind of word.
const LAST: usize = usize::MAX;

impl Estate {
    fn calm() -> Estate {
        let peer = Peer::start(&["--model", "vpx"]);
        let all = |of_type: &str, set: Value| {
            peer.post("/update", json!({ "type": of_type, "all": true, "set": set }));
        };
        all(
            VM,
            json!({ "config.hardware.device": [], "snapshot": null, "guest.disk": [], "runtime.connectionState": "connected" }),
        );
        all(
            VM,
            json!({ "guest.toolsVersionStatus2": "guestToolsCurrent", "guest.toolsRunningStatus": "guestToolsRunning" }),
        );
        all(
            HOST,
            json!({
                "runtime.connectionState": "connected",
                "runtime.powerState": "poweredOn",
                "runtime.inMaintenanceMode": false,
                "summary.config.product.build": "24022510",
                "summary.rebootRequired": false,
                "config.dateTimeInfo": { "timeZone": { "key": "UTC", "name": "UTC", "description": "", "gmtOffset": 0 },
                    "ntpConfig": { "server": ["10.0.0.1"] } },
            }),
        );
        all(CLUSTER, ha(true, true, "enabled"));
        for (place, vm) in objects(&peer, VM).iter().enumerate() {
            let path = format!("[LocalDS_0] {}/{}.vmx", vm["name"].as_str().unwrap(), place);
            peer.post(
                "/update",
                json!({ "type": VM, "moref": vm["moref"], "set": { "config.files.vmPathName": path } }),
            );
        }
        let muster = Musterctl::with(&peer, "Berlin");
        Estate { peer, muster }
    }

    fn set(&self, of_type: &str, nth: usize, set: &Value) {
        let all = objects(&self.peer, of_type);
        let moref = &all[if nth == LAST { all.len() - 1 } else { nth }]["moref"];
        let set =
            set.to_string().replace("\"itself\"", &json!({ "type": of_type, "value": moref }).to_string());
        let set: Value = serde_json::from_str(&set).unwrap();
        self.peer.post("/update", json!({ "type": of_type, "moref": moref, "set": set }));
    }

    /// Rule and level of every finding after a sync.
    fn found(&self) -> BTreeSet<(String, String)> {
        self.muster.ok(&["sync", "full", "Berlin"]);
        let findings = self.muster.ok(&["health"]);
        let told = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("rule"), text("level"))
        };
        findings.as_array().unwrap().iter().map(told).collect()
    }

    /// Whatever is found began so much earlier.
    fn later(&self, seconds: i64) {
        let script = "import sqlite3, sys\n\
            with sqlite3.connect(sys.argv[1]) as db:\n \
            db.execute('UPDATE findings SET since = since - ?', (int(sys.argv[2]) * 1000,))";
        let database = self.muster.data().join("muster.db");
        let ran =
            Command::new("python3").args(["-c", script]).arg(database).arg(seconds.to_string()).status();
        assert!(ran.unwrap().success());
    }
}

fn objects(peer: &Peer, of_type: &str) -> Vec<Value> {
    let mut objects = peer.get(&format!("/objects?type={of_type}"))["objects"].as_array().unwrap().clone();
    objects.sort_by_key(|one| one["moref"].as_str().unwrap().to_owned());
    objects
}

/// How HA of a cluster is set.
fn ha(enabled: bool, admission_control: bool, monitoring: &str) -> Value {
    json!({ "configuration.dasConfig": { "enabled": enabled, "admissionControlEnabled": admission_control,
        "failoverLevel": 1, "hostMonitoring": monitoring } })
}

fn issue(message: &str) -> Value {
    json!([{ "_typeName": "GeneralHostWarningEvent", "message": message, "key": 1, "chainId": 1, "createdTime": "2026-03-01T12:00:00Z", "userName": "",
        "fullFormattedMessage": message, "submittedFrom": {}, "host": { "name": "x", "host": { "type": HOST, "value": "host-1" } } }])
}

fn snapshot(name: &str, created: &str) -> Value {
    let reference = json!({ "type": "VirtualMachineSnapshot", "value": "snapshot-900" });
    json!({ "currentSnapshot": reference, "rootSnapshotList": [{ "snapshot": reference,
        "vm": { "type": VM, "value": "vm-1" }, "name": name, "description": "", "id": 1, "createTime": created,
        "state": "poweredOff", "quiesced": false, "replaySupported": false }] })
}

/// A snapshot of long ago in a chain of four.
fn chain() -> Value {
    let node = |number: u32, child: Value| {
        json!([{ "snapshot": { "type": "VirtualMachineSnapshot", "value": format!("snapshot-90{number}") },
            "vm": { "type": VM, "value": "vm-1" }, "name": format!("level {number}"), "description": "", "id": number,
            "createTime": recently(), "state": "poweredOff", "quiesced": false, "replaySupported": false, "childSnapshotList": child }])
    };
    let tree = node(1, node(2, node(3, node(4, json!([])))));
    json!({ "currentSnapshot": { "type": "VirtualMachineSnapshot", "value": "snapshot-904" }, "rootSnapshotList": tree })
}

fn recently() -> String {
    days_ago(0)
}

fn days_ago(days: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
    contract::Time(now - days * 86_400_000).to_string()
}

fn sensor(state: &str) -> Value {
    json!([{ "name": "Fan 1", "healthState": { "_typeName": "ElementDescription", "label": state, "summary": "", "key": state },
        "currentReading": 0, "unitModifier": 0, "baseUnits": "", "sensorType": "fan" }])
}

/// A certificate that ends in so many days.
fn certificate(days: u32) -> Value {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-subj",
            "/CN=esx",
            "-days",
        ])
        .arg(days.to_string())
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut packed =
        Command::new("base64").arg("-w0").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    packed.stdin.take().unwrap().write_all(&made.stdout).unwrap();
    let base64 = String::from_utf8(packed.wait_with_output().unwrap().stdout).unwrap();
    json!({ "config.certificate": base64 })
}

/// An alarm of an object itself, an acknowledged one, and one of another object.
fn alarm(status: &str) -> Value {
    let state = |entity: Value, acknowledged: bool| {
        json!({ "key": "1", "entity": entity, "alarm": { "type": "Alarm", "value": "alarm-11" }, "overallStatus": status,
            "time": "2026-03-01T12:00:00Z", "acknowledged": acknowledged })
    };
    let other = json!({ "type": HOST, "value": "host-0" });
    json!({ "triggeredAlarmState": [state(json!("itself"), false), state(json!("itself"), true), state(other, false)] })
}

fn volume(free: i64) -> Value {
    json!([{ "diskPath": "/", "capacity": 1000, "freeSpace": free }])
}

fn drive(of_type: &str, key: i32) -> Value {
    json!([{ "_typeName": of_type, "key": key, "connectable": { "startConnected": true, "allowGuestControl": true, "connected": true } }])
}

fn mount(accessible: &[bool]) -> Value {
    let mount = |(place, accessible): (usize, &bool)| {
        json!({ "key": { "type": HOST, "value": format!("host-{place}") },
            "mountInfo": { "accessMode": "readWrite", "mounted": true, "accessible": accessible } })
    };
    accessible.iter().enumerate().map(mount).collect()
}

fn cases() -> Vec<Case> {
    let case = |rule, level, of_type, nth, set| Case { rule, level, of_type, nth, set };
    let on = json!({ "runtime.powerState": "poweredOn" });
    let with = |more: Value| {
        let mut all = on.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    vec![
        case("host-disconnected", "warning", HOST, 3, json!({ "runtime.connectionState": "disconnected" })),
        case(
            "host-not-responding",
            "critical",
            HOST,
            3,
            json!({ "runtime.connectionState": "notResponding" }),
        ),
        case(
            "host-hardware",
            "critical",
            HOST,
            1,
            json!({ "runtime.healthSystemRuntime.systemHealthInfo.numericSensorInfo": sensor("red") }),
        ),
        case(
            "host-ha-agent",
            "critical",
            HOST,
            1,
            json!({ "runtime.dasHostState": { "state": "networkIsolated" } }),
        ),
        case("host-config-issue", "warning", HOST, 1, json!({ "configIssue": issue("SSH is on") })),
        case("host-maintenance", "warning", HOST, 1, json!({ "runtime.inMaintenanceMode": true })),
        case("host-alarm-actions", "warning", HOST, 1, json!({ "alarmActionsEnabled": false })),
        case("host-no-ntp", "warning", HOST, 1, json!({ "config.dateTimeInfo.ntpConfig.server": [] })),
        case(
            "host-dead-paths",
            "warning",
            HOST,
            1,
            json!({ "config.multipathState": { "path": [{ "name": "vmhba64:C0:T0:L0", "pathState": "dead" },
                { "name": "vmhba65:C0:T0:L0", "pathState": "active" }] } }),
        ),
        case("host-certificate", "critical", HOST, 1, certificate(5)),
        case("host-certificate", "warning", HOST, 1, certificate(20)),
        case("host-reboot-required", "information", HOST, 1, json!({ "summary.rebootRequired": true })),
        case(
            "cluster-failover-memory",
            "critical",
            HOST,
            1,
            json!({ "summary.quickStats.overallMemoryUsage": 2_000_000_000 }),
        ),
        case("cluster-host-monitoring", "critical", CLUSTER, 0, ha(true, true, "disabled")),
        case("cluster-ha-off", "warning", CLUSTER, 0, ha(false, true, "enabled")),
        case("cluster-admission-control", "warning", CLUSTER, 0, ha(true, false, "enabled")),
        case(
            "cluster-config-issue",
            "warning",
            CLUSTER,
            0,
            json!({ "configIssue": issue("insufficient resources") }),
        ),
        case("cluster-alarm-actions", "warning", CLUSTER, 0, json!({ "alarmActionsEnabled": false })),
        case("cluster-vcpu-per-core", "warning", VM, 2, with(json!({ "config.hardware.numCPU": 10_000 }))),
        case("cluster-mixed-builds", "information", HOST, 1, json!({ "summary.config.product.build": "1" })),
        case("datastore-inaccessible", "critical", DATASTORE, 0, json!({ "summary.accessible": false })),
        case("datastore-partly-mounted", "warning", DATASTORE, 0, json!({ "host": mount(&[true, false]) })),
        case(
            "datastore-free",
            "critical",
            DATASTORE,
            0,
            json!({ "summary.capacity": 1000, "summary.freeSpace": 49 }),
        ),
        case(
            "datastore-free",
            "warning",
            DATASTORE,
            0,
            json!({ "summary.capacity": 1000, "summary.freeSpace": 149 }),
        ),
        case(
            "datastore-free-vsan",
            "warning",
            DATASTORE,
            0,
            json!({ "summary.type": "vsan", "summary.capacity": 1000, "summary.freeSpace": 299 }),
        ),
        case(
            "datastore-free-vsan",
            "critical",
            DATASTORE,
            0,
            json!({ "summary.type": "vsan", "summary.capacity": 1000, "summary.freeSpace": 199 }),
        ),
        case(
            "datastore-maintenance",
            "warning",
            DATASTORE,
            0,
            json!({ "summary.maintenanceMode": "inMaintenance" }),
        ),
        case("vm-unavailable", "critical", VM, 0, json!({ "runtime.connectionState": "orphaned" })),
        case(
            "vm-question",
            "critical",
            VM,
            0,
            json!({ "runtime.question": { "id": "1", "text": "moved or copied?", "choice": { "choiceInfo": [], "defaultIndex": 0 } } }),
        ),
        case("vm-consolidation", "warning", VM, 0, json!({ "runtime.consolidationNeeded": true })),
        case("vm-guest-disk", "warning", VM, 0, with(json!({ "guest.disk": volume(49) }))),
        case("vm-ballooning", "warning", VM, 0, with(json!({ "summary.quickStats.balloonedMemory": 1 }))),
        case("vm-swapping", "warning", VM, 0, with(json!({ "summary.quickStats.swappedMemory": 1 }))),
        case(
            "vm-tools-not-running",
            "warning",
            VM,
            0,
            with(json!({ "guest.toolsRunningStatus": "guestToolsNotRunning" })),
        ),
        case(
            "vm-tools-not-installed",
            "information",
            VM,
            0,
            with(json!({ "guest.toolsVersionStatus2": "guestToolsNotInstalled" })),
        ),
        case(
            "vm-tools-must-upgrade",
            "warning",
            VM,
            0,
            json!({ "guest.toolsVersionStatus2": "guestToolsBlacklisted" }),
        ),
        case(
            "vm-tools-too-old",
            "warning",
            VM,
            0,
            json!({ "guest.toolsVersionStatus2": "guestToolsTooOld" }),
        ),
        case(
            "vm-drive-connected",
            "information",
            VM,
            0,
            with(json!({ "config.hardware.device": drive("VirtualCdrom", 3000) })),
        ),
        case(
            "vm-drive-connected",
            "information",
            VM,
            0,
            with(json!({ "config.hardware.device": drive("VirtualFloppy", 8000) })),
        ),
        case(
            "vm-folder-name",
            "information",
            VM,
            0,
            json!({ "config.files.vmPathName": "[LocalDS_0] other/other.vmx" }),
        ),
        case(
            "snapshot-old",
            "warning",
            VM,
            0,
            json!({ "snapshot": snapshot("before the update", &days_ago(4)) }),
        ),
        case(
            "snapshot-old",
            "critical",
            VM,
            0,
            json!({ "snapshot": snapshot("before the update", &days_ago(15)) }),
        ),
        case(
            "snapshot-backup-left",
            "critical",
            VM,
            0,
            json!({ "snapshot": snapshot("VEEAM BACKUP TEMPORARY SNAPSHOT", &days_ago(2)) }),
        ),
        case("snapshot-depth", "information", VM, 0, json!({ "snapshot": chain() })),
        case("vcenter-red-alarm", "critical", FOLDER, LAST, alarm("red")),
        case("vcenter-yellow-alarm", "warning", FOLDER, LAST, alarm("yellow")),
        case("folder-red-alarm", "critical", FOLDER, 0, alarm("red")),
        case("folder-yellow-alarm", "warning", FOLDER, 0, alarm("yellow")),
        case("datacenter-red-alarm", "critical", "Datacenter", 0, alarm("red")),
        case("datacenter-yellow-alarm", "warning", "Datacenter", 0, alarm("yellow")),
        case("cluster-red-alarm", "critical", CLUSTER, 0, alarm("red")),
        case("cluster-yellow-alarm", "warning", CLUSTER, 0, alarm("yellow")),
        case("host-red-alarm", "critical", HOST, 1, alarm("red")),
        case("host-yellow-alarm", "warning", HOST, 1, alarm("yellow")),
        case("datastore-red-alarm", "critical", DATASTORE, 0, alarm("red")),
        case("datastore-yellow-alarm", "warning", DATASTORE, 0, alarm("yellow")),
        case("network-red-alarm", "critical", "Network", 0, alarm("red")),
        case("network-yellow-alarm", "warning", "Network", 0, alarm("yellow")),
        case("vm-red-alarm", "critical", VM, 0, alarm("red")),
        case("vm-yellow-alarm", "warning", VM, 0, alarm("yellow")),
    ]
}

#[test]
fn each_rule_finds_exactly_its_cases() {
    let untested: Vec<&str> = RULES
        .iter()
        .filter(|rule| matches!(rule.looks, Looks::Rows { .. }))
        .map(|rule| rule.id)
        .filter(|id| cases().iter().all(|case| case.rule != *id))
        .collect();
    assert!(untested.is_empty(), "rules without a case: {untested:?}");
    let mut wrong = Vec::new();
    for (place, case) in cases().into_iter().enumerate() {
        // An estate of its own: what was set before must not be what is found.
        let estate = Estate::calm();
        let mut is = |when: &str, expected: &BTreeSet<(String, String)>| {
            let found = estate.found();
            if found != *expected {
                wrong.push(format!("{} {when}: {found:?}", case.rule));
            }
        };
        // They are all alike.
        if place == 0 {
            is("before", &BTreeSet::new());
        }
        estate.set(case.of_type, case.nth, &case.set);
        let expected = BTreeSet::from([(case.rule.to_owned(), case.level.to_owned())]);
        let held = RULES.iter().find(|rule| rule.id == case.rule).unwrap().held_seconds;
        if held > 0 {
            is("at once", &BTreeSet::new());
            estate.later(held - 60);
            is("too soon", &BTreeSet::new());
            estate.later(60);
        }
        is("in the end", &expected);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_waived_is_quiet_until_that_ends_and_thresholds_hold_where_they_are_set() {
    let estate = Estate::calm();
    let muster = &estate.muster;
    estate.set(DATASTORE, 0, &json!({ "summary.capacity": 1000, "summary.freeSpace": 149 }));
    estate.found();
    let codes = |level: &str| muster.json(&["health", "--level", level]).code;
    assert_eq!((codes("critical"), codes("warning"), codes("information")), (0, 10, 10));

    let name = objects(&estate.peer, DATASTORE)[0]["name"].as_str().unwrap().to_owned();
    let waive = ["health", "waive", "datastore-free", "--vcenter", "Berlin", "--name", &name];
    let missing = muster.json(&[&waive[..], &["--reason", "  "]].concat());
    assert_eq!(missing.code, 2, "{missing:?}");
    let waiver = muster.ok(&[&waive[..], &["--reason", "it is being emptied", "--for", "1h"]].concat());
    assert_eq!(codes("warning"), 0);
    let all = muster.ok(&["health", "--waived"]);
    assert_eq!(all[0]["waived_until"], waiver["until"], "{all}");
    muster.ok(&["health", "unwaive", waiver["id"].as_str().unwrap()]);
    assert_eq!(codes("warning"), 10);

    let short = muster.ok(&[&waive[..], &["--reason", "for a moment", "--for", "2s"]].concat());
    assert_eq!(codes("warning"), 0);
    crate::support::eventually("the waiver has ended", || codes("warning") == 10);
    let kept = muster.ok(&["health", "waivers"]);
    assert_eq!(kept[0]["id"], short["id"], "what has ended says why it was quiet");

    muster.ok(&["health", "set", "datastore-free", "--vcenter", "Berlin", "--critical", "14.95"]);
    assert_eq!(codes("critical"), 10);
    muster.ok(&["health", "set", "datastore-free", "--vcenter", "Berlin", "--off"]);
    assert_eq!(codes("information"), 0);
    muster.ok(&["health", "set", "datastore-free", "--vcenter", "Berlin", "--default"]);
    assert_eq!(codes("warning"), 10);
    for (wrong, code) in [
        (&["health", "set", "datastore-free", "--critical", "many"][..], 2),
        (&["health", "set", "no-such-rule", "--off"], 3),
        (&["health", "set", "vm-question", "--critical", "5"], 2),
        (&["health", "waive", "vm-question", "--where", "nothing", "--reason", "x"], 2),
        (&["health", "waive", "datastore-free", "--tag", "nobody", "--reason", "x"], 3),
        (&["health", "unwaive", "0000"], 3),
        (&["--role", "viewer", "health", "waive", "vm-question", "--reason", "x"], 7),
        (&["--role", "operator", "health", "set", "vm-question", "--off"], 7),
    ] {
        let run = muster.json(wrong);
        assert_eq!(run.code, code, "{wrong:?}: {run:?}");
    }
}
