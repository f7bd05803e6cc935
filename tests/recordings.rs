//! What five real servers answered, served again, read by Muster, and every column of it read a second way.
//! Refuses to leave a column out: those that no recording has a value for are told.

use crate::equal::columns::KINDS;
use crate::equal::govc::Source;
use crate::equal::recorded::{Recorded, unpacked};
use crate::equal::{Compared, EXCEPTED, VCENTER, differences, said};
use crate::support::{Musterctl, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each with how many objects it has.
const RECORDINGS: [(&str, usize); 5] = [
    ("vcenter-5.5", 119),
    ("vcenter-6.7", 56),
    ("vcenter-8.0.1-vmc", 49),
    ("vcenter-8.0.3", 8),
    ("esxi-8.0.1", 11),
];

/// Columns that have no value in any of them: none of these servers had an EVC mode, a VM in a vApp, a datastore in a
/// datastore cluster that was recorded with it, an NFS share of which that was recorded, or a snapshot with a description; and nobody recorded what health rules alone need. `tests/equal` has them all.
const NOWHERE: [&str; 33] = [
    "datacenters red_alarms",
    "datacenters yellow_alarms",
    "clusters evc_mode",
    "clusters config_issues",
    "clusters alarm_actions_enabled",
    "clusters red_alarms",
    "clusters yellow_alarms",
    "hosts ha_state",
    "hosts red_sensors",
    "hosts certificate_not_after",
    "hosts certificate_issuer",
    "hosts ntp_servers",
    "hosts config_issues",
    "hosts alarm_actions_enabled",
    "hosts bmc_address",
    "hosts bmc_mac_address",
    "hosts red_alarms",
    "hosts yellow_alarms",
    "vms vapp_moref",
    "vms question",
    "vms red_alarms",
    "vms yellow_alarms",
    "datastores datastore_cluster",
    "datastores datastore_cluster_moref",
    "datastores remote_host",
    "datastores remote_path",
    "datastores red_alarms",
    "datastores yellow_alarms",
    "networks red_alarms",
    "networks yellow_alarms",
    "folders red_alarms",
    "folders yellow_alarms",
    "snapshots description",
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(format!("{name}.xml.gz"))
}

#[test]
fn every_column_of_what_real_servers_answered_is_what_the_recording_has() {
    let mut seen = BTreeSet::new();
    let mut differing = Vec::new();
    for (name, objects) in RECORDINGS {
        let recorded = Recorded::of(&unpacked(&file(name)));
        assert_eq!(recorded.len(), objects, "{name}");
        let (muster, _simulator) = synced(name);
        let said = said(Source::Recorded(&recorded));
        let Compared { rows, pairs, differences } = differences(&muster, &said, &EXCEPTED);
        println!(
            "{name}: {objects} objects, {rows} rows, {pairs} pairs compared, {} differ",
            differences.len()
        );
        differing.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        let is_known = |value: &Value| !value.is_null() && *value != json!([]) && *value != json!("");
        for (kind, rows) in &said {
            let known = rows.values().flatten().filter(|(_, value)| is_known(value));
            seen.extend(known.map(|(column, _)| format!("{kind} {column}")));
        }
    }
    let all =
        KINDS.iter().flat_map(|kind| kind.compared().map(move |column| format!("{} {column}", kind.name)));
    let nowhere: Vec<String> = all.filter(|column| !seen.contains(column)).collect();
    println!("columns that have no value in any recording: {}", nowhere.join(", "));
    assert!(differing.is_empty(), "{} differences:\n{}", differing.len(), differing.join("\n"));
    assert_eq!(nowhere, NOWHERE);
}

/// A Muster that has read a recording, and the server of it.
fn synced(name: &str) -> (Musterctl, Simulator) {
    let simulator = Simulator::of_recording(&file(name));
    let muster = Musterctl::new();
    muster.add_simulator(&simulator, VCENTER);
    let done = muster.ok(&["sync", "full", VCENTER]);
    assert_eq!(done[0]["state"], "succeeded", "{name}: {done}");
    (muster, simulator)
}

#[test]
fn a_single_value_that_differs_from_the_recording_is_found() {
    let name = "esxi-8.0.1";
    let (muster, _simulator) = synced(name);
    let another = unpacked(&file(name)).replacen("<numCPU>", "<numCPU>9", 1);
    let Compared { differences, .. } =
        differences(&muster, &said(Source::Recorded(&Recorded::of(&another))), &EXCEPTED);
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(differences[0].contains(" cpu_count: Muster says "), "{differences:?}");
}

#[test]
fn a_recording_that_cannot_be_used_is_refused_with_the_place_and_what_to_do() {
    let muster = Musterctl::new();
    let broken = muster.folder().join("broken.xml");
    for (text, why) in [
        ("<recording>\n<content>", "line 2, column 10: it ends before its elements do"),
        ("{}", "it has no element: it is not valid XML"),
        (
            "<recording><content><rootFolder type='Folder'>f</rootFolder></content></recording>",
            "has no <about>",
        ),
    ] {
        std::fs::write(&broken, text).unwrap();
        let run = muster.json(&["simulator", "--recording", broken.to_str().unwrap()]);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
        let error = run.error();
        assert_eq!(error["code"], "invalid_value");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("broken.xml") && message.contains(why), "{message}");
        assert!(error["next_step"].as_str().unwrap().contains("user guide"), "{error}");
    }
    let run = muster.json(&["simulator", "--recording", "/no/such/file"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.error()["message"].as_str().unwrap().contains("/no/such/file"), "{run:?}");
}

#[test]
fn a_recording_is_announced_as_a_made_up_vcenter_is() {
    let simulator = Simulator::of_recording(&file("vcenter-5.5"));
    let keys: Vec<&str> = simulator.ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["address", "user", "password", "sha256", "instance_uuid", "vms", "seed"]);
    let ready = &simulator.ready;
    assert_eq!((&ready["vms"], &ready["seed"]), (&json!(64), &Value::Null));
    assert_eq!(ready["instance_uuid"], "D6EB1D64-05B2-4937-BFF6-6F77C6E647B7");
    let host = Simulator::of_recording(&file("esxi-8.0.1"));
    assert_eq!(host.ready["instance_uuid"], Value::Null);
}
