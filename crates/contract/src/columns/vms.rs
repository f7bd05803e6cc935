//! Columns of virtual machines and their snapshots.
//! Refuses to compute what the server reports.

use super::place::{self, behind, moref_of, name_of};
use super::{Column, Flat, Link, Row, Shape, Type, Unit, compute};
use crate::{Kind, Missing, Object};

/// A VM in a vApp has no parent: the vApp says which folder it is in.
const IN_FOLDER: &str = "parent, or parentFolder of the vApp";

pub(super) fn vms() -> Vec<Column> {
    let s = Column::stored;
    let d = Column::derived;
    let mut columns = vec![place::name()];
    columns.extend(place::datacenter(&["folder_ref", "vapp_moref"]));
    columns.extend([
        d("cluster", "Cluster", "parent of runtime.host", &["host_ref"], |row| name_of(cluster(row)))
            .beyond(cluster_beyond)
            .links(Link::Objects(Kind::Clusters))
            .shown(),
        d("cluster_moref", "Cluster moref", "parent of runtime.host", &["host_ref"], |row| {
            moref_of(cluster(row))
        })
        .beyond(cluster_beyond),
        d("host", "Host", "runtime.host", &["host_ref"], |row| place::name_behind(row, "host_ref"))
            .links(Link::Objects(Kind::Hosts))
            .shown(),
        d("host_moref", "Host moref", "runtime.host", &["host_ref"], |row| place::moref(row, "host_ref")),
        s("host_ref", "Host", "runtime.host", Shape::Reference).internal(),
        d("folder", "Folder", IN_FOLDER, &["folder_ref", "vapp_moref"], place::path_of_folder)
            .beyond(place::folder_beyond)
            .links(Link::Objects(Kind::Folders)),
        d("folder_moref", "Folder moref", IN_FOLDER, &["folder_ref", "vapp_moref"], place::folder)
            .beyond(place::folder_beyond),
        s("folder_ref", "Parent", "parent", Shape::Reference).place().formerly("folder_moref").internal(),
        s("vapp_moref", "vApp moref", "parentVApp", Shape::Reference).place(),
        d("resource_pool", "Resource pool", "resourcePool", &["resource_pool_moref"], |row| {
            place::name_behind(row, "resource_pool_moref")
        })
        .links(Link::Objects(Kind::ResourcePools)),
        s("resource_pool_moref", "Resource pool moref", "resourcePool", Shape::Reference).place(),
        s("overall_status", "Status", "overallStatus", Shape::Text),
        s("power_state", "Power", "runtime.powerState", Shape::Text).shown().alias(&["power"]),
        s("connection_state", "Connection", "runtime.connectionState", Shape::Text),
        s("boot_time", "Booted", "runtime.bootTime", Shape::Time),
        s("is_template", "Template", "config.template", Shape::Bool).alias(&["template"]),
        s("guest_os_configured", "Guest OS (configured)", "config.guestFullName", Shape::Text)
            .shown()
            .alias(&["os"]),
        s("guest_os_tools", "Guest OS (Tools)", "guest.guestFullName", Shape::Text),
        s("guest_hostname", "Hostname", "guest.hostName", Shape::Text).alias(&["hostname"]),
        s("bios_uuid", "BIOS UUID", "config.uuid", Shape::Text).alias(&["uuid"]),
        s("instance_uuid", "Instance UUID", "config.instanceUuid", Shape::Text),
        s("cpu_count", "CPUs", "config.hardware.numCPU", Shape::Int)
            .unit(Unit::Count)
            .shown()
            .alias(&["cpu"]),
        s("cores_per_socket", "Cores per socket", "config.hardware.numCoresPerSocket", Shape::Int)
            .unit(Unit::Count),
        s("memory_bytes", "Memory", "config.hardware.memoryMB", Shape::Mebibytes).shown().alias(&["mem"]),
        s("committed_bytes", "Committed", "summary.storage.committed", Shape::Int).unit(Unit::Bytes).shown(),
        s("uncommitted_bytes", "Uncommitted", "summary.storage.uncommitted", Shape::Int).unit(Unit::Bytes),
        s("ip_address", "IP address", "guest.ipAddress", Shape::Text).shown().alias(&["ip"]),
        s("ip_addresses", "IP addresses", "guest.net", Shape::Addresses("ipAddress")),
        s("mac_addresses", "MAC addresses", "config.hardware.device", Shape::CardMacs).alias(&["mac"]),
        s("tools_running_status", "Tools", "guest.toolsRunningStatus", Shape::Text).alias(&["tools"]),
        s("tools_version_status", "Tools version status", "guest.toolsVersionStatus2", Shape::Text),
        s("tools_version", "Tools version", "guest.toolsVersion", Shape::Text),
        s("hardware_version", "Hardware version", "config.version", Shape::Text),
        s("vmx_path", "VMX path", "config.files.vmPathName", Shape::Text),
        s("snapshot_count", "Snapshots", "snapshot.rootSnapshotList", Shape::SnapshotCount)
            .links(Link::Rows(Kind::Snapshots, "vm_moref"))
            .alias(&["snapshots"]),
        s("snapshot_oldest_at", "Oldest snapshot", "snapshot.rootSnapshotList", Shape::SnapshotOldest),
    ]);
    columns.extend(compute::references());
    columns.extend([
        s("annotation", "Notes", "config.annotation", Shape::Text).alias(&["notes"]),
        s("created_at", "Created", "config.createDate", Shape::Time).since(6, 7),
        s("consolidation_needed", "Consolidation needed", "runtime.consolidationNeeded", Shape::Bool),
        s("current_snapshot_moref", "Current snapshot", "snapshot.currentSnapshot", Shape::Reference)
            .internal(),
    ]);
    columns
}

pub(super) fn snapshots() -> Vec<Column> {
    const TREE: &str = "snapshot.rootSnapshotList of the VM";
    let s = |id, title, shape| Column::stored(id, title, TREE, shape);
    let plain = Shape::FromTree(Flat::Plain);
    vec![
        Column::derived("vm", "VM", "name of the VM", &["vm_ref"], |row| place::name_behind(row, "vm_ref"))
            .links(Link::Objects(Kind::Vms))
            .shown(),
        Column::derived("vm_moref", "VM moref", "the VM", &["vm_ref"], |row| place::moref(row, "vm_ref")),
        s("vm_ref", "VM", Shape::FromTree(Flat::Reference)).internal(),
        s("name", "Name", plain).shown(),
        s("description", "Description", plain),
        s("id", "Id", plain).ty(Type::Integer),
        s("created_at", "Created", plain).ty(Type::Time).shown(),
        s("vm_state", "VM state", plain).shown(),
        s("quiesced", "Quiesced", plain).ty(Type::Boolean),
        s("is_current", "Current", plain).ty(Type::Boolean).shown(),
        s("depth", "Depth", plain).ty(Type::Integer).shown(),
    ]
}

/// Why the cluster can't be told although the host is known.
fn cluster_beyond(row: &Row<'_>) -> Option<Missing> {
    behind(row, "host_ref")?.reason("parent_moref")
}

fn cluster<'a>(row: &Row<'a>) -> Option<&'a Object> {
    let host = Row { object: behind(row, "host_ref")?, ..*row };
    behind(&host, "parent_moref").filter(|object| object.kind == Kind::Clusters)
}
