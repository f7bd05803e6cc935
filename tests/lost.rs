//! What a vCenter no longer tells of hosts and VMs that it lost.
//! Refuses to look at one client alone: who never saw them before says that it doesn't know.

use crate::equal::unusual;
use crate::support::{Musterctl, Peer};
use serde_json::{Value, json};

/// The row of that moref.
fn row(muster: &Musterctl, kind: &str, moref: &str) -> Value {
    let rows = muster.ok(&["inventory", kind]);
    let rows = rows.as_array().expect("rows");
    rows.iter().find(|row| row["moref"] == moref).unwrap_or_else(|| panic!("no {moref}: {rows:?}")).clone()
}

/// The columns of a row that are not current for this reason.
fn because<'a>(row: &'a Value, why: &str) -> Vec<&'a str> {
    let missing = row["missing"].as_object().expect("reasons");
    missing.iter().filter(|(_, reason)| *reason == why).map(|(column, _)| column.as_str()).collect()
}

/// Loses a host that doesn't respond, and a VM whose files are out of reach.
fn lose(peer: &Peer, host: &str, vm: &str) {
    let lost = json!({
        "runtime.connectionState": "notResponding", "runtime.powerState": "unknown", "runtime.bootTime": null,
        "config": null, "summary.hardware": null,
    });
    peer.post("/update", json!({"moref": host, "set": lost}));
    let lost = json!({
        "runtime.connectionState": "inaccessible", "config": null, "guest": null, "snapshot": null,
        "summary.storage": null,
    });
    peer.post("/update", json!({"moref": vm, "set": lost}));
}

#[test]
fn a_lost_host_and_a_lost_vm_keep_what_is_no_longer_told_and_say_why() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let (host, vm) = (unusual::moref(&peer, "HostSystem", 0), unusual::moref(&peer, "VirtualMachine", 0));
    peer.govc(&["snapshot.create", "-vm", &format!("VirtualMachine:{vm}"), "before"]);
    muster.ok(&["sync", "full", "Berlin"]);
    let (host_before, vm_before) = (row(&muster, "hosts", &host), row(&muster, "vms", &vm));
    let (snapshots, counts) =
        (muster.ok(&["inventory", "snapshots"]), muster.ok(&["status"])[0]["counts"].clone());
    lose(&peer, &host, &vm);
    muster.ok(&["sync", "full", "Berlin"]);

    let now = row(&muster, "hosts", &host);
    assert_eq!((&now["connection_state"], &now["power_state"]), (&json!("notResponding"), &json!("unknown")));
    let lost = because(&now, "not_connected");
    for column in ["model", "memory_bytes", "uuid", "management_ips", "nic_macs", "boot_time"] {
        assert!(lost.contains(&column), "{column} of {now}");
        assert_eq!(now[column], host_before[column], "{column}");
    }
    for column in ["name", "cluster", "datacenter", "connection_state", "product_version", "vm_count"] {
        assert!(!lost.contains(&column), "{column} came: {now}");
    }

    let now = row(&muster, "vms", &vm);
    let lost = because(&now, "not_connected");
    for column in
        ["is_template", "cpu_count", "memory_bytes", "mac_addresses", "ip_address", "snapshot_count"]
    {
        assert!(lost.contains(&column), "{column} of {now}");
        assert_eq!(now[column], vm_before[column], "{column}");
    }
    for column in ["name", "host", "cluster", "datacenter", "folder", "resource_pool", "power_state"] {
        assert!(!lost.contains(&column), "{column} came: {now}");
        assert_eq!(now[column], vm_before[column], "{column}");
    }
    let kept = muster.ok(&["inventory", "snapshots"]);
    assert_eq!((&kept[0]["name"], &kept[0]["moref"]), (&json!("before"), &snapshots[0]["moref"]));
    assert!(because(&kept[0], "not_connected").contains(&"name"), "{kept}");
    assert_eq!(muster.ok(&["status"])[0]["counts"], counts, "no row is lost");
}

#[test]
fn what_was_never_known_of_a_lost_host_or_vm_is_null_with_the_reason() {
    let peer = Peer::vcenter();
    let (host, vm) = (unusual::moref(&peer, "HostSystem", 0), unusual::moref(&peer, "VirtualMachine", 0));
    lose(&peer, &host, &vm);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for (kind, moref, column) in [
        ("hosts", &host, "management_ips"),
        ("hosts", &host, "model"),
        ("vms", &vm, "is_template"),
        ("vms", &vm, "ip_addresses"),
        ("vms", &vm, "snapshot_count"),
    ] {
        let row = row(&muster, kind, moref);
        assert_eq!((&row[column], &row["missing"][column]), (&json!(null), &json!("not_connected")), "{row}");
    }
    let others = muster.ok(&["inventory", "vms"]);
    let others = others.as_array().expect("rows").iter().filter(|row| row["connection_state"] == "connected");
    for other in others.filter(|row| row["moref"] != *vm) {
        assert_eq!(because(other, "not_connected"), [""; 0], "{other}");
    }
}
