//! The estate at a glance, computed a second time: from rows alone, in another language, by the rules that it goes by.
//! Refuses to compute here: what is expected says `tests/capacity.py`.

use crate::equal::unusual::moref;
use crate::support::{Musterctl, Peer, Simulator};
use serde_json::{Value, json};
use std::process::Command;

/// The kinds whose rows say it all.
const KINDS: [&str; 7] = ["datacenters", "clusters", "hosts", "vms", "datastores", "networks", "snapshots"];

/// What the second computation says of what Muster says.
struct Compared {
    overview: Value,
    said: String,
}

/// Has everything computed again, and holds what Muster says against it.
#[expect(clippy::print_stdout, reason = "what was compared is told")]
fn compare(muster: &Musterctl) -> Compared {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, document: &Value| {
        std::fs::write(folder.path().join(format!("{name}.json")), document.to_string()).expect("written");
    };
    for kind in KINDS {
        write(kind, &muster.ok(&["inventory", kind]));
    }
    write("vcenters", &muster.ok(&["vcenter", "list"]));
    let overview = muster.ok(&["overview"]);
    write("overview", &overview);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/capacity.py");
    let run = Command::new("python3").arg(script).arg(folder.path()).output().expect("python3 runs");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    let said = said.trim().to_owned();
    println!("measured: {said}");
    Compared { overview, said }
}

#[test]
fn capacity_of_simulated_estates_is_what_their_rows_say() {
    let muster = Musterctl::new();
    let simulators = [("Large", "2500", "7"), ("Middle", "400", "8"), ("Small", "12", "9")];
    let mut running = Vec::new();
    for (name, vms, seed) in simulators {
        let simulator = Simulator::start(&["--vms", vms, "--seed", seed]);
        muster.add_simulator(&simulator, name);
        running.push(simulator);
    }
    muster.ok(&["sync", "full", "--all"]);
    // What is computed needs no server.
    drop(running);
    let Compared { overview, .. } = compare(&muster);
    let totals = &overview["totals"];
    let number = |key: &str| totals[key].as_i64().expect("a number");
    // The estates have each of the cases, or nothing would be compared.
    for key in ["templates", "agents", "placeholders", "hosts_in_maintenance", "hosts_not_connected"] {
        assert!(number(key) > 0, "no {key} in {totals}");
    }
    let all = ["vms", "templates", "agents", "placeholders"].map(number);
    assert_eq!(all.iter().sum::<i64>(), 2500 + 400 + 12, "every VM is one of them");
    assert!(overview["capacity"]["vsan"]["capacity_bytes"].as_i64() > Some(0), "{overview}");
    let left = &overview["capacity"]["memory"];
    assert!(left["after_failover_bytes"].as_i64() < left["total_bytes"].as_i64(), "{left}");
    assert_eq!(overview["changes"], json!([]), "a first sync is no change");
}

#[test]
fn capacity_with_datastores_seen_twice_mixed_hosts_and_a_host_added_twice_is_what_the_rows_say() {
    let (vcenter, esxi) = (Peer::start(&VCENTER), Peer::start(&["--model", "esx"]));
    let muster = Musterctl::with(&vcenter, "Berlin");
    muster.add(&esxi, "esx-alone");
    hosts(&vcenter, &esxi);
    datastores(&vcenter);
    machines(&vcenter);
    muster.ok(&["sync", "full", "--all"]);
    let Compared { overview, said } = compare(&muster);
    assert!(said.ends_with("3 datastores merged, 1 hosts counted once"), "{said}");
    let because: Vec<&str> = overview["merged_datastores"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["because"].as_str().expect("a word"))
        .collect();
    assert_eq!(because, ["volume", "vsan_pool", "nfs_share"]);
    assert_eq!(overview["hosts_counted_once"][0]["vcenter"], "esx-alone");
    let clusters = &overview["vcenters"][0]["datacenters"][0]["clusters"];
    assert_eq!(clusters[0]["failover_hosts"], 2, "{clusters}");
    let counts = &overview["totals"];
    assert_eq!(counts["hosts_not_connected"], 1);
    let in_maintenance = counts["hosts_in_maintenance"].as_i64().expect("a number");
    assert!(in_maintenance > 0, "{counts}");
    assert_eq!((&counts["agents"], &counts["placeholders"]), (&json!(2), &json!(1)));
    assert_eq!(counts["datastores_inaccessible"], 1);

    // The day after, somebody turns admission control off, and a host comes back.
    let cluster = moref(&vcenter, "ClusterComputeResource", 0);
    update(&vcenter, &cluster, json!({"configuration.dasConfig.admissionControlEnabled": false}));
    update(&vcenter, &moref(&vcenter, "HostSystem", 1), json!({"runtime.inMaintenanceMode": false}));
    muster.ok(&["sync", "full", "Berlin"]);
    let Compared { overview: later, .. } = compare(&muster);
    let clusters = &later["vcenters"][0]["datacenters"][0]["clusters"];
    assert_eq!(clusters[0]["failover_hosts"], 1, "{clusters}");
    assert_eq!(later["totals"]["hosts_in_maintenance"], in_maintenance - 1);
    assert_eq!(later["changes"][0]["vcenter"], "Berlin", "{later}");
    assert!(later["changes"][0]["changed"].as_u64() >= Some(2), "{later}");

    // Gone or paused, what is known last is told with its age.
    let before = later["vcenters"][0]["synced_at"].clone();
    drop((vcenter, esxi));
    muster.ok(&["vcenter", "pause", "Berlin"]);
    let Compared { overview: gone, .. } = compare(&muster);
    assert_eq!((&gone["capacity"], &gone["vcenters"][0]["synced_at"]), (&later["capacity"], &before));
}

#[test]
fn an_overview_of_nothing_says_so_and_of_what_was_never_read_that_it_is_not_all() {
    let muster = Musterctl::new();
    let run = muster.json(&["overview"]);
    assert_eq!((run.code, &run.document()["totals"]["vcenters"]), (0, &json!(0)), "{run:?}");
    assert!(run.stderr.contains("musterctl vcenter add"), "{run:?}");
    let peer = Peer::vcenter();
    muster.add(&peer, "Berlin");
    let run = muster.json(&["overview"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("Berlin was never fully synced"), "{run:?}");
    assert_eq!(run.document()["vcenters"][0]["age_seconds"], Value::Null);
    muster.ok(&["sync", "full", "Berlin"]);
    let text = muster.run(&["overview"]);
    assert_eq!(text.code, 0, "{text:?}");
    for part in ["Hosts", "AFTER FAILOVER", "Berlin", "DC0"] {
        assert!(text.stdout.contains(part), "no {part} in {}", text.stdout);
    }
}

const VCENTER: [&str; 10] =
    ["--datacenters", "2", "--clusters", "2", "--hosts-per-cluster", "4", "--datastores", "5", "--vms", "3"];

fn update(peer: &Peer, moref: &str, set: Value) {
    peer.post("/update", json!({"moref": moref, "set": set}));
}

/// Hosts of several sizes, one in maintenance mode, one lost, and one that is the ESXi host as well.
fn hosts(vcenter: &Peer, esxi: &Peer) {
    let sizes = [(16, 64), (32, 512), (64, 128), (8, 256), (48, 384), (24, 96)];
    let objects = vcenter.get("/objects?type=HostSystem");
    let all = objects["objects"].as_array().expect("hosts").len();
    for position in 0..all {
        let (cores, memory) = sizes[position % sizes.len()];
        let set = json!({
            "summary.hardware.numCpuCores": cores, "summary.hardware.cpuMhz": 2400 + 100 * (position % 3),
            "summary.hardware.memorySize": memory * (1_i64 << 30),
            "summary.quickStats.overallCpuUsage": cores * 700, "summary.quickStats.overallMemoryUsage": memory * 600,
        });
        update(vcenter, &moref(vcenter, "HostSystem", position), set);
    }
    // The first of the lists are in a compute resource of their own.
    update(vcenter, &moref(vcenter, "HostSystem", 1), json!({"runtime.inMaintenanceMode": true}));
    update(vcenter, &moref(vcenter, "HostSystem", 2), json!({"runtime.connectionState": "notResponding"}));
    let alone = moref(esxi, "HostSystem", 0);
    let uuid =
        &esxi.govc(&["object.collect", "-json", &format!("HostSystem:{alone}"), "summary.hardware.uuid"]);
    let uuid = uuid[0]["val"].as_str().or(uuid[0][0]["val"].as_str()).expect("a UUID").to_owned();
    let card = json!([{"device": "vmnic0", "key": "vmnic0", "pci": "0000:04:00.0", "mac": "3c:ec:ef:00:00:0b",
                       "spec": {}, "wakeOnLanSupported": false}]);
    let own = json!({"summary.managementServerIp": "10.9.0.5", "config.network.pnic": card});
    update(esxi, &alone, own);
    let twin = moref(vcenter, "HostSystem", 3);
    update(vcenter, &twin, json!({"summary.hardware.uuid": uuid, "config.network.pnic": card}));
    for (position, level) in [(0, 2), (1, 1)] {
        let set = json!({
            "configuration.dasConfig.enabled": true, "configuration.dasConfig.admissionControlEnabled": true,
            "configuration.dasConfig.failoverLevel": level,
        });
        update(vcenter, &moref(vcenter, "ClusterComputeResource", position), set);
    }
}

/// A volume in two datacenters, two names of a vSAN pool, a share by two names, one by the same at another size, and one
/// that nobody can access.
fn datastores(vcenter: &Peer) {
    let size = |kind: &str, capacity: i64, free: i64| json!({"summary.type": kind, "summary.capacity": capacity, "summary.freeSpace": free, "summary.uncommitted": 7});
    let set = |position: usize, size: Value, more: Value| {
        let mut all = size.as_object().expect("fields").clone();
        all.extend(more.as_object().expect("fields").clone());
        update(vcenter, &moref(vcenter, "Datastore", position), Value::Object(all));
    };
    let info = |type_name: &str, more: Value| {
        let mut info =
            json!({"_typeName": type_name, "name": "x", "url": "", "freeSpace": 1, "maxFileSize": 1});
        info.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        json!({"info": info})
    };
    let nas = |host: &str, capacity: i64| {
        info(
            "NasDatastoreInfo",
            json!({"nas": {"type": "NFS", "name": "x", "capacity": capacity, "remoteHost": host,
                                               "remotePath": "/vol/1"}}),
        )
    };
    let volume = json!({"summary.url": "ds:///vmfs/volumes/5f3a-77/"});
    set(0, size("VMFS", 1_000_000, 400_000), volume.clone());
    // The objects of the second datacenter stand behind those of the first.
    set(5, size("VMFS", 1_000_000, 390_000), volume);
    set(
        1,
        size("vsan", 5_000_000, 3_000_000),
        info("VsanDatastoreInfo", json!({"containerId": "52-a", "aliasOf": "52-a"})),
    );
    set(
        2,
        size("vsan", 5_000_000, 3_000_000),
        info("VsanDatastoreInfo", json!({"containerId": "da-b", "aliasOf": "52-a"})),
    );
    set(3, size("NFS", 700_000, 100_000), nas("filer", 700_000));
    set(4, size("NFS", 700_000, 100_000), nas("filer.example.org", 700_000));
    set(6, size("NFS", 900_000, 100_000), nas("filer.example.org", 900_000));
    set(7, size("VMFS", 9_000_000, 9_000_000), json!({"summary.accessible": false}));
}

/// Agents of both releases of vSphere, a placeholder, and a VM that reserves.
fn machines(vcenter: &Peer) {
    for (position, key, word, power) in [
        (0, "com.vmware.vim.eam", "cluster-agent", "poweredOn"),
        (1, "VirtualCenter", "vcls-entity", "poweredOn"),
        (2, "com.vmware.vcDr", "placeholderVm", "poweredOff"),
    ] {
        let set = json!({
            "config.managedBy": {"extensionKey": key, "type": word}, "runtime.powerState": power,
        });
        update(vcenter, &moref(vcenter, "VirtualMachine", position), set);
    }
    let set = json!({
        "config.cpuAllocation": {"reservation": 1500, "limit": -1},
        "config.memoryAllocation": {"reservation": 4096, "limit": -1},
    });
    update(vcenter, &moref(vcenter, "VirtualMachine", 3), set);
}
