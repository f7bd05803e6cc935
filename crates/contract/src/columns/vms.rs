//! Columns of virtual machines and their snapshots.
//! Refuses to compute what the server reports.

use super::place::{self, behind, moref_of, name_of};
use super::{Column, Flat, Link, Row, Shape, Type, Unit, compute};
use crate::tally::{is_agent, is_placeholder};
use crate::{Kind, Missing, Object, Value, words};

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
            .links(Link::Objects(Kind::Clusters)),
        d("cluster_moref", "Cluster moref", "parent of runtime.host", &["host_ref"], |row| {
            moref_of(cluster(row))
        })
        .beyond(cluster_beyond),
        d("host", "Host", "runtime.host", &["host_ref"], |row| place::name_behind(row, "host_ref"))
            .links(Link::Objects(Kind::Hosts))
            .host_name(),
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
        s("overall_status", "Status", "overallStatus", Shape::Text).terms(words::STATUS),
        s("power_state", "Power", "runtime.powerState", Shape::Text).terms(words::POWER).alias(&["power"]),
        s("connection_state", "Connection", "runtime.connectionState", Shape::Text).terms(words::CONNECTION),
        s("boot_time", "Boot time", "runtime.bootTime", Shape::Time),
        place::uptime(),
        s("is_template", "Template", "config.template", Shape::Bool).alias(&["template"]),
        s("managed_by", "Managed by", "config.managedBy", Shape::Text).field("extensionKey"),
        s("managed_type", "Managed as", "config.managedBy", Shape::Text).field("type"),
        d("is_agent", "Agent VM", "config.managedBy", &MANAGED, |row| managed(row, is_agent))
            .ty(Type::Boolean)
            .alias(&["vcls"]),
        d("is_placeholder", "Placeholder VM", "config.managedBy", &MANAGED, |row| {
            managed(row, is_placeholder)
        })
        .ty(Type::Boolean)
        .alias(&["placeholder"]),
        s("guest_os_configured", "Guest OS (configured)", "config.guestFullName", Shape::Text).alias(&["os"]),
        s("guest_os_tools", "Guest OS (Tools)", "guest.guestFullName", Shape::Text),
        s("guest_hostname", "DNS name", "guest.hostName", Shape::Text).alias(&["hostname"]),
        s("bios_uuid", "BIOS UUID", "config.uuid", Shape::Text).alias(&["uuid"]),
        s("instance_uuid", "Instance UUID", "config.instanceUuid", Shape::Text),
        s("cpu_count", "vCPU", "config.hardware.numCPU", Shape::Int)
            .unit(Unit::Count)
            .alias(&["cpu", "vcpu"])
            .summed(),
        s("cores_per_socket", "Cores per socket", "config.hardware.numCoresPerSocket", Shape::Int)
            .unit(Unit::Count),
        s("memory_bytes", "Memory", "config.hardware.memoryMB", Shape::Mebibytes).alias(&["mem"]).summed(),
        s("cpu_reservation_mhz", "CPU reservation", "config.cpuAllocation.reservation", Shape::Int)
            .unit(Unit::Mhz)
            .summed(),
        s(
            "memory_reservation_bytes",
            "Memory reservation",
            "config.memoryAllocation.reservation",
            Shape::Mebibytes,
        )
        .summed(),
        s("committed_bytes", "Used space", "summary.storage.committed", Shape::Int)
            .unit(Unit::Bytes)
            .alias(&["used"])
            .summed()
            .volatile(),
        d(
            "provisioned_bytes",
            "Provisioned space",
            "summary.storage.committed and uncommitted",
            &["committed_bytes", "uncommitted_bytes"],
            |row| {
                let int = |id| row.object.stored(id).as_int();
                let sizes = int("committed_bytes").zip(int("uncommitted_bytes"));
                sizes.map(|(used, more)| Value::Int(used.saturating_add(more))).into()
            },
        )
        .number(Unit::Bytes)
        .alias(&["provisioned"])
        .summed(),
        s("uncommitted_bytes", "Uncommitted", "summary.storage.uncommitted", Shape::Int)
            .unit(Unit::Bytes)
            .volatile(),
        s("ip_address", "IP address", "guest.ipAddress", Shape::Text).address().alias(&["ip"]),
        s("ip_addresses", "IP addresses", "guest.net", Shape::Addresses("ipAddress")),
        s("mac_addresses", "MAC addresses", "config.hardware.device", Shape::CardMacs).alias(&["mac"]),
        s("tools_running_status", "VMware Tools", "guest.toolsRunningStatus", Shape::Text)
            .terms(words::TOOLS_RUNNING)
            .alias(&["tools"]),
        s("tools_version_status", "VMware Tools status", "guest.toolsVersionStatus2", Shape::Text)
            .terms(words::TOOLS_VERSION),
        s("tools_version", "VMware Tools version", "guest.toolsVersion", Shape::Text),
        s("hardware_version", "Compatibility", "config.version", Shape::Text).terms(words::COMPATIBILITY),
        s("vmx_path", "VMX path", "config.files.vmPathName", Shape::Text),
        d("home_datastore", "Datastore", "config.files.vmPathName", &["vmx_path"], |row| {
            home(row).map(Value::text).into()
        })
        .links(Link::Objects(Kind::Datastores)),
        d("home_datastore_moref", "Datastore moref", "config.files.vmPathName", &["vmx_path"], |row| {
            let is_home = |one: &&Object| one.stored("name").as_text() == home(row);
            let own = row.object.stored("datastore_refs").refs();
            moref_of(own.filter_map(|r| row.snapshot.follow(r)).map(|one| &**one).find(is_home))
        }),
        s("snapshot_count", "Snapshots", "snapshot.rootSnapshotList", Shape::SnapshotCount)
            .links(Link::Rows(Kind::Snapshots, "vm_moref"))
            .alias(&["snapshots"]),
        s("snapshot_oldest_at", "Oldest snapshot", "snapshot.rootSnapshotList", Shape::SnapshotOldest),
        d(
            "snapshot_age_seconds",
            "Oldest snapshot age",
            "snapshot.rootSnapshotList",
            &["snapshot_oldest_at"],
            |row| place::age(row, "snapshot_oldest_at"),
        )
        .number(Unit::Seconds)
        .alias(&["snapshot_age"]),
    ]);
    columns.extend(place::alarms());
    columns.extend(compute::references());
    columns.extend([
        s("annotation", "Notes", "config.annotation", Shape::Text).alias(&["notes"]),
        s("created_at", "Created", "config.createDate", Shape::Time).since(6, 7),
        s("consolidation_needed", "Needs consolidation", "runtime.consolidationNeeded", Shape::Bool),
        s("question", "Question", "runtime.question.text", Shape::Text),
        s("ballooned_bytes", "Ballooned memory", "summary.quickStats.balloonedMemory", Shape::Mebibytes)
            .summed()
            .volatile(),
        s("swapped_bytes", "Swapped memory", "summary.quickStats.swappedMemory", Shape::Mebibytes)
            .summed()
            .volatile(),
        s("guest_free_percent", "Fullest volume free %", "guest.disk", Shape::LeastFree).volatile(),
        s("guest_fullest_volume", "Fullest volume", "guest.disk", Shape::Fullest).volatile(),
        s("connected_drives", "Connected CD/DVD and floppy drives", "config.hardware.device", Shape::Drives),
        d(
            "folder_matches_name",
            "Folder named like the VM",
            "config.files.vmPathName and name",
            &["vmx_path"],
            |row| {
                let folder = row.object.stored("vmx_path").as_text().and_then(folder_of);
                let name = row.object.stored("name").as_text();
                folder.zip(name).map(|(folder, name)| Value::Bool(is_folder_of(folder, name))).into()
            },
        )
        .ty(Type::Boolean),
        s("current_snapshot_moref", "Current snapshot", "snapshot.currentSnapshot", Shape::Reference)
            .internal(),
    ]);
    columns
}

/// What tells who manages a VM, and that its configuration was read at all: one that nobody manages has none of it.
const MANAGED: [&str; 3] = ["managed_by", "managed_type", "is_template"];

/// What is true of a VM by who manages it; unknown while its configuration is.
fn managed(row: &Row<'_>, of: fn(&Object) -> bool) -> Value {
    let vm = row.object;
    let is_known = vm.reason("managed_by").is_none() && !vm.stored("is_template").is_null();
    if is_known || !vm.stored("managed_by").is_null() { Value::Bool(of(vm)) } else { Value::Null }
}

pub(super) fn snapshots() -> Vec<Column> {
    const TREE: &str = "snapshot.rootSnapshotList of the VM";
    let s = |id, title, shape| Column::stored(id, title, TREE, shape);
    let plain = Shape::FromTree(Flat::Plain);
    vec![
        Column::derived("vm", "VM", "name of the VM", &["vm_ref"], |row| place::name_behind(row, "vm_ref"))
            .links(Link::Objects(Kind::Vms)),
        Column::derived("vm_moref", "VM moref", "the VM", &["vm_ref"], |row| place::moref(row, "vm_ref")),
        s("vm_ref", "VM", Shape::FromTree(Flat::Reference)).internal(),
        s("name", "Name", plain),
        s("description", "Description", plain),
        s("id", "Id", plain).ty(Type::Integer),
        s("created_at", "Created", plain).ty(Type::Time),
        Column::derived("age_seconds", "Age", TREE, &["created_at"], |row| place::age(row, "created_at"))
            .number(Unit::Seconds)
            .alias(&["age"]),
        s("vm_state", "VM state", plain).terms(words::POWER),
        s("quiesced", "Quiesced", plain).ty(Type::Boolean),
        s("is_current", "Current", plain).ty(Type::Boolean),
        s("depth", "Depth", plain).ty(Type::Integer),
        Column::derived("is_backup", "Made by a backup", "name of the snapshot", &["name"], |row| {
            row.object.stored("name").as_text().map(|name| Value::Bool(is_backup(name))).into()
        })
        .ty(Type::Boolean),
        of_vm("cluster", "Cluster", |row| value_of_vm(row, "cluster")).links(Link::Objects(Kind::Clusters)),
        of_vm("cluster_moref", "Cluster moref", |row| value_of_vm(row, "cluster_moref")),
        of_vm("datastores", "Datastores", |row| value_of_vm(row, "datastores"))
            .ty(Type::List)
            .links(Link::Objects(Kind::Datastores)),
        of_vm("datastores_moref", "Datastore morefs", |row| value_of_vm(row, "datastores_moref"))
            .ty(Type::List),
    ]
}

/// A column of the VM that a snapshot is of.
fn of_vm(id: &'static str, title: &'static str, value: fn(&Row<'_>) -> Value) -> Column {
    Column::derived(id, title, "the VM", &["vm_ref"], value)
}

fn value_of_vm(row: &Row<'_>, id: &str) -> Value {
    let column = super::of(Kind::Vms).column(id);
    let vm = behind(row, "vm_ref").map(|object| Row { object, ..*row });
    vm.zip(column).map(|(vm, column)| vm.value(column)).into()
}

/// The folder with the configuration file of a VM; `None` where it lies in none, or is called by an id as vSAN does.
fn folder_of(path: &str) -> Option<&str> {
    let (folder, _) = path.split_once("] ")?.1.rsplit_once('/')?;
    let is_id = folder.len() == 36 && folder.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (!is_id && !folder.contains('/')).then_some(folder)
}

/// Whether a folder is called like its VM, apart from case and from what vSphere puts behind a name that is taken (`web_1`).
fn is_folder_of(folder: &str, name: &str) -> bool {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let unnumbered = folder.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    letters(folder) == letters(name) || letters(unnumbered) == letters(name)
}

/// The names that backup software gives the snapshots that it makes for a moment, as far as they are published.
const BACKUPS: [&str; 7] = [
    "veeam backup temporary snapshot",
    "veeam replica temporary snapshot",
    "gx_backup",
    "nbu_snapshot",
    "vcb-backup",
    "tsm-vm snapshot",
    "nakivo temporary snapshot",
];

/// Whether a snapshot is called as backup software calls its own.
fn is_backup(name: &str) -> bool {
    let name = name.to_lowercase();
    BACKUPS.iter().any(|begins| name.starts_with(begins))
}

/// The datastore with the configuration file of a VM: `[ds-01] web/web.vmx`.
fn home<'a>(row: &Row<'a>) -> Option<&'a str> {
    let path = row.object.stored("vmx_path").as_text()?;
    path.strip_prefix('[')?.split_once(']').map(|(name, _)| name)
}

/// Why the cluster can't be told although the host is known.
fn cluster_beyond(row: &Row<'_>) -> Option<Missing> {
    behind(row, "host_ref")?.reason("parent_moref")
}

fn cluster<'a>(row: &Row<'a>) -> Option<&'a Object> {
    compute::own_cluster(&Row { object: behind(row, "host_ref")?, ..*row })
}
