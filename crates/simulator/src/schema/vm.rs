//! Properties of VMs.
//! Refuses what only Tools would know where they don't run.

use super::device::devices;
use super::place::MANAGED_ENTITY;
use super::{At, Field, Type, leaf, record, record_if, unset};
use crate::data::{self, Data, Record};
use crate::estate::{Connection, Id, Object, Power, TODAY, Tools, Vm, random};
use std::net::Ipv4Addr;

pub(super) static VM: Type = Type {
    name: "VirtualMachine",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("parentVApp", |at| at.vm()?.vapp.map(Data::Reference)),
        leaf("resourcePool", |at| at.vm()?.pool.map(Data::Reference)),
        leaf("datastore", |at| Some(Data::References(at.vm()?.datastores.clone()))),
        leaf("network", |at| Some(Data::References(at.vm()?.networks.clone()))),
        record("runtime", "VirtualMachineRuntimeInfo", RUNTIME),
        record("config", "VirtualMachineConfigInfo", CONFIG),
        record("guest", "GuestInfo", GUEST),
        record("summary", "VirtualMachineSummary", SUMMARY),
        leaf("guestHeartbeatStatus", |at| Some(Data::Word("ManagedEntityStatus", heartbeat(at.vm()?)))),
        record_if("snapshot", "VirtualMachineSnapshotInfo", has_snapshots, SNAPSHOTS),
        leaf("rootSnapshot", |at| Some(Data::References(root_snapshots(at.vm()?)))),
        leaf("capability", unset),
        leaf("environmentBrowser", unset),
        leaf("layout", unset),
        leaf("layoutEx", unset),
        leaf("resourceConfig", unset),
        leaf("storage", unset),
    ],
};

pub(super) static SNAPSHOT: Type = Type {
    name: "VirtualMachineSnapshot",
    base: None,
    fields: &[
        leaf("vm", |at| match at.object {
            Object::Snapshot(vm, _) => Some(Data::Reference(vm.id)),
            _ => None,
        }),
        leaf("childSnapshot", |at| match at.object {
            Object::Snapshot(vm, id) => Some(Data::References(child_snapshots(vm, id))),
            _ => None,
        }),
    ],
};

const RUNTIME: &[Field] = &[
    leaf("host", |at| Some(Data::Reference(at.vm()?.host))),
    leaf("connectionState", |at| Some(Data::Word("VirtualMachineConnectionState", connection(at)?))),
    leaf("powerState", |at| Some(Data::Word("VirtualMachinePowerState", at.vm()?.power.word()))),
    leaf("toolsInstallerMounted", |_| Some(Data::Bool(false))),
    leaf("bootTime", |at| at.vm().filter(|vm| vm.power == Power::On).map(|vm| Data::Time(vm.boot))),
    leaf("maxCpuUsage", |at| Some(Data::Int(i64::from(at.vm()?.cpus) * 2000))),
    leaf("maxMemoryUsage", |at| Some(Data::Int(at.vm()?.memory_mb.into()))),
    leaf("consolidationNeeded", |at| Some(Data::Bool(at.vm()?.consolidation_needed))),
    record_if("question", "VirtualMachineQuestionInfo", |_| false, &[leaf("text", unset)]),
];

const CONFIG: &[Field] = &[
    leaf("changeVersion", |at| Some(Data::Time(at.vm()?.created))),
    leaf("modified", |at| Some(Data::Time(at.vm()?.created))),
    leaf("name", |at| Some(data::name(&at.vm()?.name))),
    leaf("guestFullName", |at| Some(Data::text(at.vm()?.os.full_name))),
    leaf("version", |at| Some(Data::text(format!("vmx-{}", at.vm()?.hardware)))),
    leaf("uuid", |at| Some(Data::text(uuid(at, 7)?))),
    leaf("createDate", |at| Some(Data::Time(at.vm()?.created))),
    leaf("instanceUuid", |at| Some(Data::text(uuid(at, 8)?))),
    leaf("template", |at| Some(Data::Bool(at.vm()?.is_template))),
    leaf("guestId", |at| Some(Data::text(at.vm()?.os.id))),
    leaf("annotation", |at| Some(Data::text(at.vm()?.notes.as_str()))),
    record_if(
        "managedBy",
        "ManagedByInfo",
        |at| at.vm().is_some_and(|vm| vm.managed.is_some()),
        &[
            leaf("extensionKey", |at| Some(Data::text(at.vm()?.managed?.key()))),
            leaf("type", |at| Some(Data::text(at.vm()?.managed?.word()))),
        ],
    ),
    record("files", "VirtualMachineFileInfo", &[leaf("vmPathName", |at| Some(Data::text(vmx(at)?)))]),
    record(
        "hardware",
        "VirtualHardware",
        &[
            leaf("numCPU", |at| Some(Data::Int(at.vm()?.cpus.into()))),
            leaf("numCoresPerSocket", |at| Some(Data::Int(at.vm()?.cores_per_socket.into()))),
            leaf("memoryMB", |at| Some(Data::Int(at.vm()?.memory_mb.into()))),
            leaf("device", |at| Some(Data::List("VirtualDevice", devices(at)?))),
        ],
    ),
    record(
        "cpuAllocation",
        "ResourceAllocationInfo",
        &[
            leaf("reservation", |at| Some(Data::Long(i64::from(at.vm()?.cpus) * 1000 * reserved(at)?))),
            leaf("expandableReservation", |_| Some(Data::Bool(false))),
            leaf("limit", |_| Some(Data::Long(-1))),
        ],
    ),
    record(
        "memoryAllocation",
        "ResourceAllocationInfo",
        &[
            leaf("reservation", |at| Some(Data::Long(i64::from(at.vm()?.memory_mb) * reserved(at)?))),
            leaf("expandableReservation", |_| Some(Data::Bool(false))),
            leaf("limit", |_| Some(Data::Long(-1))),
        ],
    ),
];

const GUEST: &[Field] = &[
    leaf("toolsVersionStatus2", |at| Some(Data::text(tools_version_status(at.vm()?)))),
    leaf("toolsRunningStatus", |at| Some(Data::text(running_status(at.vm()?)))),
    leaf("toolsVersion", |at| Some(Data::text(tools_version(at.vm()?)))),
    leaf("guestId", |at| talking(at).map(|vm| Data::text(vm.os.id))),
    leaf("guestFamily", |at| talking(at).map(|vm| Data::text(family(vm)))),
    leaf("guestFullName", |at| talking(at).map(|vm| Data::text(vm.os.full_name))),
    leaf("hostName", |at| talking(at).map(|vm| Data::text(host_name(at, vm)))),
    leaf("ipAddress", |at| Some(Data::text(ip(*talking(at)?.addresses.first()?)))),
    leaf("net", |at| talking(at).map(|vm| Data::List("GuestNicInfo", guest_nics(at, vm)))),
    leaf("disk", |at| talking(at).map(|vm| Data::List("GuestDiskInfo", guest_disks(at, vm)))),
    leaf("guestState", |at| Some(Data::text(guest_state(at.vm()?)))),
];

const SUMMARY: &[Field] = &[
    leaf("vm", |at| Some(Data::Reference(at.vm()?.id))),
    record("runtime", "VirtualMachineRuntimeInfo", RUNTIME),
    record("quickStats", "VirtualMachineQuickStats", QUICK_STATS),
    record("guest", "VirtualMachineGuestSummary", GUEST_SUMMARY),
    record("config", "VirtualMachineConfigSummary", CONFIG_SUMMARY),
    record(
        "storage",
        "VirtualMachineStorageSummary",
        &[
            leaf("committed", |at| Some(Data::bytes(at.vm()?.committed))),
            leaf("uncommitted", |at| Some(Data::bytes(at.vm()?.uncommitted))),
            leaf("unshared", |at| Some(Data::bytes(at.vm()?.committed))),
            leaf("timestamp", |_| Some(Data::Time(TODAY))),
        ],
    ),
    leaf("overallStatus", |at| Some(Data::Word("ManagedEntityStatus", at.vm()?.status.word()))),
];

const QUICK_STATS: &[Field] = &[
    leaf("overallCpuUsage", |at| Some(Data::Int(at.vm()?.cpu_usage_mhz.into()))),
    leaf("guestMemoryUsage", |at| Some(Data::Int(i64::from(at.vm()?.memory_usage_mb) / 2))),
    leaf("hostMemoryUsage", |at| Some(Data::Int(at.vm()?.memory_usage_mb.into()))),
    leaf("guestHeartbeatStatus", |at| Some(Data::Word("ManagedEntityStatus", heartbeat(at.vm()?)))),
    leaf("balloonedMemory", |at| Some(Data::Int(reclaimed(at, 22)?))),
    leaf("swappedMemory", |at| Some(Data::Int(reclaimed(at, 23)?))),
];

const GUEST_SUMMARY: &[Field] = &[
    leaf("guestId", |at| talking(at).map(|vm| Data::text(vm.os.id))),
    leaf("guestFullName", |at| talking(at).map(|vm| Data::text(vm.os.full_name))),
    leaf("toolsVersionStatus2", |at| Some(Data::text(tools_version_status(at.vm()?)))),
    leaf("toolsRunningStatus", |at| Some(Data::text(running_status(at.vm()?)))),
    leaf("hostName", |at| talking(at).map(|vm| Data::text(host_name(at, vm)))),
    leaf("ipAddress", |at| Some(Data::text(ip(*talking(at)?.addresses.first()?)))),
];

const CONFIG_SUMMARY: &[Field] = &[
    leaf("name", |at| Some(data::name(&at.vm()?.name))),
    leaf("template", |at| Some(Data::Bool(at.vm()?.is_template))),
    leaf("vmPathName", |at| Some(Data::text(vmx(at)?))),
    leaf("memorySizeMB", |at| Some(Data::Int(at.vm()?.memory_mb.into()))),
    leaf("numCpu", |at| Some(Data::Int(at.vm()?.cpus.into()))),
    leaf("numEthernetCards", |at| Some(Data::Int(at.vm()?.networks.len() as i64))),
    leaf("numVirtualDisks", |at| Some(Data::Int(at.vm()?.datastores.len() as i64))),
    leaf("uuid", |at| Some(Data::text(uuid(at, 7)?))),
    leaf("instanceUuid", |at| Some(Data::text(uuid(at, 8)?))),
    leaf("guestId", |at| Some(Data::text(at.vm()?.os.id))),
    leaf("guestFullName", |at| Some(Data::text(at.vm()?.os.full_name))),
    leaf("annotation", |at| Some(Data::text(at.vm()?.notes.as_str()))),
];

const SNAPSHOTS: &[Field] = &[
    leaf("currentSnapshot", |at| Some(Data::Reference(at.vm()?.snapshots.last()?.id))),
    leaf("rootSnapshotList", |at| Some(Data::List("VirtualMachineSnapshotTree", trees(at.vm()?, None)))),
];

/// 1 for the few that are promised all of what they have, and 0 for others.
fn reserved(at: At<'_>) -> Option<i64> {
    let vm = at.vm()?;
    Some(i64::from(vm.managed.is_none() && !vm.is_template && vm.id.number() % 16 == 3))
}

fn has_snapshots(at: At<'_>) -> bool {
    at.vm().is_some_and(|vm| !vm.snapshots.is_empty())
}

/// The VM if Tools tell what goes on inside.
fn talking(at: At<'_>) -> Option<&Vm> {
    at.vm().filter(|vm| vm.is_talking())
}

fn connection(at: At<'_>) -> Option<&'static str> {
    let host = at.estate.host(at.vm()?.host)?;
    Some(if host.connection == Connection::Connected { "connected" } else { "disconnected" })
}

fn heartbeat(vm: &Vm) -> &'static str {
    if vm.is_talking() { "green" } else { "gray" }
}

fn running_status(vm: &Vm) -> &'static str {
    if vm.is_talking() { "guestToolsRunning" } else { "guestToolsNotRunning" }
}

fn guest_state(vm: &Vm) -> &'static str {
    if vm.is_talking() { "running" } else { "notRunning" }
}

fn family(vm: &Vm) -> &'static str {
    if vm.os.is_windows { "windowsGuest" } else { "linuxGuest" }
}

fn tools_version_status(vm: &Vm) -> &'static str {
    match vm.tools {
        Tools::NotInstalled => "guestToolsNotInstalled",
        Tools::Current => "guestToolsCurrent",
        Tools::Old => "guestToolsSupportedOld",
        Tools::Unmanaged => "guestToolsUnmanaged",
    }
}

fn tools_version(vm: &Vm) -> &'static str {
    match vm.tools {
        Tools::NotInstalled => "0",
        Tools::Current => "12421",
        Tools::Old => "11365",
        Tools::Unmanaged => "12352",
    }
}

fn host_name(at: At<'_>, vm: &Vm) -> String {
    let name = vm.name.replace('/', "-");
    if vm.os.is_windows { format!("{name}.{}", at.estate.domain) } else { name }
}

fn ip(address: u32) -> String {
    Ipv4Addr::from(address).to_string()
}

/// The MAC address of a network card: of the range from which vCenters give them out.
pub(super) fn mac(at: At<'_>, vm: &Vm, card: usize) -> String {
    let number = vm.nic + card as u32;
    let own = 0x80 + (at.estate.seed % 64) as u32;
    format!("00:50:56:{own:02x}:{:02x}:{:02x}", number >> 8 & 0xff, number & 0xff)
}

fn guest_nics<'a>(at: At<'a>, vm: &'a Vm) -> Vec<Data<'a>> {
    let nics = vm.networks.iter().zip(&vm.addresses).enumerate().map(|(card, (network, address))| {
        let name = match at.estate.object(*network) {
            Some(Object::Network(network)) => network.name.as_str(),
            _ => "",
        };
        let mut addresses = vec![Data::text(ip(*address))];
        if vm.os.is_windows {
            addresses.push(Data::text(format!("fe80::250:56ff:fe{:02x}:{:04x}", card, address & 0xffff)));
        }
        Record::new("GuestNicInfo")
            .with("network", data::name(name))
            .with("ipAddress", Data::List("string", addresses))
            .with("macAddress", Data::text(mac(at, vm, card)))
            .with("connected", Data::Bool(true))
            .with("deviceConfigId", Data::Int(4000 + card as i64))
            .into()
    });
    nics.collect()
}

/// What the guest says of its volumes: one in eighty is almost full.
fn guest_disks<'a>(at: At<'a>, vm: &'a Vm) -> Vec<Data<'a>> {
    let capacity = vm.provisioned();
    let share = if chance(at, vm, 24, 12) { 3 } else { 12 + number(at, vm, 25) % 70 };
    let path = if vm.os.is_windows { "C:\\" } else { "/" };
    vec![
        Record::new("GuestDiskInfo")
            .with("diskPath", Data::text(path))
            .with("capacity", Data::bytes(capacity))
            .with("freeSpace", Data::bytes(capacity / 100 * share))
            .into(),
    ]
}

/// Memory that its host took back from a VM, MB: one in two hundred that run.
fn reclaimed(at: At<'_>, concern: u64) -> Option<i64> {
    let vm = at.vm()?;
    let is_short = vm.power == Power::On && chance(at, vm, concern, 5);
    Some(if is_short { i64::from(vm.memory_mb / 16) } else { 0 })
}

/// Whether something that is so for so many in a thousand is so for this VM.
pub(super) fn chance(at: At<'_>, vm: &Vm, concern: u64, per_mille: u64) -> bool {
    number(at, vm, concern) % 1000 < per_mille
}

fn number(at: At<'_>, vm: &Vm, concern: u64) -> u64 {
    random::mix(at.estate.seed, concern << 40 | u64::from(vm.id.number()))
}

fn uuid(at: At<'_>, concern: u64) -> Option<String> {
    Some(random::uuid(at.estate.seed, concern << 40 | u64::from(at.vm()?.id.number())))
}

/// The name of the VM's folder on its datastores: names of files can't have a slash.
pub(super) fn files(vm: &Vm) -> String {
    vm.name.replace('/', "_")
}

/// `[datastore] folder/`.
pub(super) fn directory(at: At<'_>, vm: &Vm, datastore: Option<&Id>) -> Option<String> {
    match at.estate.object(*datastore?)? {
        Object::Datastore(datastore) => Some(format!("[{}] {}/", datastore.name, files(vm))),
        _ => None,
    }
}

fn vmx(at: At<'_>) -> Option<String> {
    let vm = at.vm()?;
    let extension = if vm.is_template { "vmtx" } else { "vmx" };
    Some(format!("{}{}.{extension}", directory(at, vm, vm.datastores.first())?, files(vm)))
}

/// The snapshots below one of them, with all below those. An estate has only a few, one below the other.
fn trees<'a>(vm: &'a Vm, parent: Option<usize>) -> Vec<Data<'a>> {
    let children = vm.snapshots.iter().enumerate().filter(|(_, snapshot)| snapshot.parent == parent);
    let trees = children.map(|(place, snapshot)| {
        Record::new("VirtualMachineSnapshotTree")
            .with("snapshot", Data::Reference(snapshot.id))
            .with("vm", Data::Reference(vm.id))
            .with("name", data::name(&snapshot.name))
            .with("description", Data::text(snapshot.description))
            .with("id", Data::Int(place as i64 + 1))
            .with("createTime", Data::Time(snapshot.created))
            .with("state", Data::Word("VirtualMachinePowerState", snapshot.state.word()))
            .with("quiesced", Data::Bool(snapshot.quiesced))
            .with("childSnapshotList", Data::List("VirtualMachineSnapshotTree", trees(vm, Some(place))))
            .with("replaySupported", Data::Bool(false))
            .into()
    });
    trees.collect()
}

fn root_snapshots(vm: &Vm) -> Vec<Id> {
    vm.snapshots.iter().filter(|snapshot| snapshot.parent.is_none()).map(|snapshot| snapshot.id).collect()
}

fn child_snapshots(vm: &Vm, id: Id) -> Vec<Id> {
    let place = vm.snapshots.iter().position(|snapshot| snapshot.id == id);
    let children =
        vm.snapshots.iter().filter(|snapshot| snapshot.parent.is_some() && snapshot.parent == place);
    children.map(|snapshot| snapshot.id).collect()
}
