//! Values that servers have and the simulator doesn't: set by hand, or made by govc.
//! Refuses to know what becomes of them: they are there to be compared.

use crate::support::Peer;
use serde_json::{Value, json};

/// Gives some objects of each kind something unusual.
pub(super) fn give(peer: &Peer) {
    cards_and_snapshots(peer);
    let set = |object_type: &str, position: usize, values: Value| {
        let moref = moref(peer, object_type, position);
        peer.post("/update", json!({"moref": moref, "set": values}));
    };
    set(
        "ClusterComputeResource",
        0,
        json!({
            "summary.currentEVCModeKey": "intel-broadwell",
            "configuration.dasConfig.enabled": true,
            "configuration.dasConfig.admissionControlEnabled": true,
            "configuration.dasConfig.failoverLevel": 2,
            "configuration.dasConfig.hostMonitoring": "disabled",
            "configuration.dasConfig.admissionControlPolicy": {
                "_typeName": "ClusterFailoverResourcesAdmissionControlPolicy",
                "cpuFailoverResourcesPercent": 34, "memoryFailoverResourcesPercent": 25,
            },
            "configuration.drsConfig.enabled": false,
            "configuration.drsConfig.defaultVmBehavior": "partiallyAutomated",
            "overallStatus": "yellow",
        }),
    );
    let kept = moref(peer, "HostSystem", 1);
    set(
        "ClusterComputeResource",
        1,
        json!({
            "configuration.dasConfig.admissionControlPolicy": {
                "_typeName": "ClusterFailoverHostAdmissionControlPolicy",
                "failoverHosts": [{"type": "HostSystem", "value": kept}],
            },
        }),
    );
    set(
        "ResourcePool",
        1,
        json!({
            "config.cpuAllocation.reservation": 1200, "config.cpuAllocation.limit": 4800,
            "config.memoryAllocation.reservation": 2048, "config.memoryAllocation.limit": 8192,
        }),
    );
    set("HostSystem", 0, host());
    let issue = json!([{"_typeName": "GeneralHostWarningEvent", "key": 1, "chainId": 1, "userName": "", "message": "",
        "createdTime": "2026-03-01T12:00:00Z", "fullFormattedMessage": "SSH is <on>"}]);
    let sensor = |name: &str, state: &str| {
        json!({"name": name, "healthState": {"_typeName": "ElementDescription", "label": "", "summary": "", "key": state},
            "currentReading": 0, "unitModifier": 0, "baseUnits": "", "sensorType": "fan"})
    };
    set(
        "HostSystem",
        0,
        json!({
            "configIssue": issue, "alarmActionsEnabled": false, "runtime.dasHostState": {"state": "master"},
            "config.ipmi": {"bmcIpAddress": "10.0.8.7", "bmcMacAddress": "70:b5:e8:f0:52:dc", "login": "root"},
            "hardware.systemInfo.serialNumber": "J44R4C0",
            "runtime.healthSystemRuntime.systemHealthInfo.numericSensorInfo":
                [sensor("Fan 2", "red"), sensor("Fan 1", "red"), sensor("Fan 3", "green")],
            "config.multipathState": {"path": [{"name": "vmhba64:C0:T0:L0", "pathState": "dead"},
                {"name": "vmhba64:C0:T0:L1", "pathState": "active"}, {"name": "vmhba65:C0:T0:L0", "pathState": "dead"}]},
            "config.dateTimeInfo": {"timeZone": {"key": "UTC", "name": "UTC", "description": "", "gmtOffset": 0},
                "ntpConfig": {"server": ["ntp2.example", "10.0.0.1"]}},
        }),
    );
    set("ClusterComputeResource", 0, json!({"configIssue": issue, "alarmActionsEnabled": true}));
    set(
        "VirtualMachine",
        2,
        json!({
            "runtime.question": {"id": "1", "text": "moved or copied?", "choice": {"choiceInfo": [], "defaultIndex": 0}},
            "summary.quickStats.balloonedMemory": 3, "summary.quickStats.swappedMemory": 5,
            "guest.disk": [
                {"diskPath": "/", "capacity": 3000, "freeSpace": 1000}, {"diskPath": "/var", "capacity": 900, "freeSpace": 100},
                {"diskPath": "/empty", "capacity": 0, "freeSpace": 0}, {"diskPath": "/odd", "capacity": 1, "freeSpace": 2},
            ],
        }),
    );
    set(
        "HostSystem",
        1,
        json!({"summary.hardware.otherIdentifyingInfo": [identifier("EnclosureSerialNumberTag", "ENC 7")]}),
    );
    set("VirtualMachine", 0, machine());
    set("VirtualMachine", 1, json!({"guest": null, "runtime.bootTime": null, "summary.storage": null}));
    set(
        "Datastore",
        0,
        json!({"summary.maintenanceMode": "enteringMaintenance", "summary.uncommitted": null}),
    );
    set("Datastore", 1, json!({"summary.accessible": false, "info.timestamp": "2025-12-31T23:30:00-05:00"}));
    let info = json!({"name": "nfs", "url": "ds:///vmfs/volumes/5f/", "freeSpace": 1, "maxFileSize": 1});
    let info = |more: Value| {
        let mut all = info.as_object().expect("fields").clone();
        all.extend(more.as_object().expect("fields").clone());
        json!({"info": all})
    };
    set(
        "Datastore",
        2,
        info(json!({
            "_typeName": "NasDatastoreInfo",
            "nas": {"type": "NFS", "name": "nfs", "capacity": 1, "remoteHost": "filer.example", "remotePath": "/v/1"},
        })),
    );
    set(
        "Datastore",
        0,
        info(json!({"_typeName": "VsanDatastoreInfo", "containerId": "52-a", "aliasOf": "52-b",
                    "timestamp": "2025-12-31T23:30:00Z"})),
    );
    alarms(peer);
    let vms = [0, 1].map(|position| moref(peer, "VirtualMachine", position));
    let vms = vms.map(|moref| json!({"type": "VirtualMachine", "value": moref}));
    set("Network", 0, json!({"summary.accessible": false, "vm": vms}));
}

/// Alarms of objects themselves and, as servers hand them upwards, of what lies below; some of them acknowledged.
fn alarms(peer: &Peer) {
    let state = |(object_type, moref): (&str, &str), alarm: &str, status: &str, acknowledged: bool| {
        json!({"key": alarm, "entity": {"type": object_type, "value": moref}, "time": "2026-03-01T12:00:00Z",
            "alarm": {"type": "Alarm", "value": alarm}, "overallStatus": status, "acknowledged": acknowledged})
    };
    let types =
        ["Datacenter", "ClusterComputeResource", "HostSystem", "VirtualMachine", "Datastore", "Network"];
    let below = moref(peer, "HostSystem", 1);
    for object_type in types.into_iter().chain(["StoragePod"]) {
        let own = moref(peer, object_type, 0);
        let own = (object_type, &*own);
        let states = json!([
            state(own, "alarm-11", "red", false),
            state(own, "alarm-12", "yellow", false),
            state(own, "alarm-384", "red", true),
            state(("HostSystem", &below), "alarm-384", "red", false),
        ]);
        peer.post("/update", json!({"moref": own.1, "set": {"triggeredAlarmState": states}}));
    }
}

/// The moref of the object that was made as the `position`th of its type.
pub(crate) fn moref(peer: &Peer, object_type: &str, position: usize) -> String {
    let objects = peer.get(&format!("/objects?type={object_type}"));
    objects["objects"][position]["moref"].as_str().expect("an object").to_owned()
}

/// Made by methods, which also set what belongs to it: so these come before anything that is set by hand.
fn cards_and_snapshots(peer: &Peer) {
    let vm = format!("VirtualMachine:{}", moref(peer, "VirtualMachine", 0));
    for adapter in ["vmxnet3", "e1000e", "pcnet32", "sriov"] {
        peer.govc(&["vm.network.add", "-vm", &vm, "-net", "VM Network", "-net.adapter", adapter]);
    }
    for (name, description) in [("before 50%25 of a%2fb", "<b>\"quoted\"</b>\n& more"), ("Zürich 東京", "")]
    {
        peer.govc(&["snapshot.create", "-vm", &vm, "-d", description, name]);
    }
}

fn host() -> Value {
    let vnic = |key: &str, address: &str, v6: &[&str]| {
        let v6: Vec<Value> = v6.iter().map(|address| v6_address(address)).collect();
        json!({
            "device": key, "key": key, "portgroup": "Management Network",
            "spec": {"ip": {"dhcp": false, "ipAddress": address, "ipV6Config": {"ipV6Address": v6}}},
        })
    };
    let candidates = json!([
        vnic("vmk0", "10.9.0.2", &["fe80::9", "2001:db8::2"]),
        vnic("vmk1", "10.10.0.1", &[]),
        vnic("vmk2", "10.100.0.1", &[]),
    ]);
    json!({
        "runtime.bootTime": "2024-02-29T23:59:59.9876543+05:30",
        "overallStatus": "red",
        "summary.rebootRequired": true,
        "summary.managementServerIp": "10.9.0.5",
        "summary.hardware.vendor": "Dell <Inc.> & Söhne \"東京\"",
        "summary.hardware.memorySize": 6_597_069_766_656_i64,
        "summary.quickStats.overallCpuUsage": 123_456,
        "summary.quickStats.overallMemoryUsage": 2_147_483_647,
        "summary.hardware.otherIdentifyingInfo": [
            identifier("ServiceTag", "TAG2"),
            identifier("EnclosureSerialNumberTag", "not this one"),
            identifier("SerialNumberTag", "SN-B"),
            identifier("ServiceTag", "TAG1"),
            identifier("SerialNumberTag", "SN-A"),
        ],
        "config.network.pnic": [
            nic("vmnic1", "3c:ec:ef:00:00:0b"), nic("vmnic0", "00:50:56:00:00:0a"), nic("vmnic2", ""),
        ],
        "config.virtualNicManagerInfo.netConfig": [
            {"nicType": "vmotion", "multiSelectAllowed": true, "candidateVnic": candidates, "selectedVnic": ["vmk2"]},
            {"nicType": "management", "multiSelectAllowed": true, "candidateVnic": candidates,
             "selectedVnic": ["vmk1", "vmk0"]},
        ],
    })
}

fn machine() -> Value {
    let nic = |mac: &str, addresses: &[&str]| {
        json!({"network": "VM Network", "macAddress": mac, "connected": true, "deviceConfigId": 4000,
               "ipAddress": addresses})
    };
    json!({
        "runtime.consolidationNeeded": true,
        "runtime.bootTime": "2025-01-01T00:00:00.5-11:00",
        "config.createDate": "1970-01-01T00:00:00Z",
        "config.cpuAllocation": {"reservation": 1500, "limit": -1},
        "config.memoryAllocation": {"reservation": 4096, "limit": -1},
        "config.managedBy": {"extensionKey": "com.vmware.vim.eam", "type": "cluster-agent"},
        "config.annotation": "  <script>alert(\"x\")</script> ]]> &#x41; 100%25\n\u{202e}שלום\t ",
        "config.guestFullName": "Debian GNU/Linux 12 (64-bit)",
        "config.hardware.memoryMB": 25_165_824,
        "guest.hostName": "münchen-1.example",
        "guest.net": [
            nic("00:50:56:00:00:01", &["10.20.0.9", "10.20.0.10", "fe80::1", "fec0::1", "169.254.1.1"]),
            nic("00:50:56:00:00:02", &[]),
            nic("00:50:56:00:00:03", &["10.100.0.1"]),
        ],
        "summary.storage.committed": 9_007_199_254_740_993_i64,
    })
}

fn identifier(key: &str, value: &str) -> Value {
    let kind = json!({"_typeName": "ElementDescription", "label": key, "summary": key, "key": key});
    json!({"identifierValue": value, "identifierType": kind})
}

fn nic(device: &str, mac: &str) -> Value {
    json!({"device": device, "key": device, "pci": "0000:04:00.0", "mac": mac, "spec": {},
           "wakeOnLanSupported": false})
}

fn v6_address(address: &str) -> Value {
    json!({"ipAddress": address, "prefixLength": 64})
}
