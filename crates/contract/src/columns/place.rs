//! Columns of the kinds that say where things are, and the computations on places that other kinds share.
//! Refuses to look beyond the containers of an object.

use super::{Column, Link, Shape, Unit};
use crate::{Kind, Missing, Object, Row, Tally, Time, Value, words};

pub(super) fn datacenters() -> Vec<Column> {
    let mut columns = vec![
        name(),
        Column::derived("path", "Path", "names of parents", &["name", "parent_moref"], path),
        parent(),
        count_within("cluster_count", "Clusters", "clusters in it", |row| {
            counted(row, &[Kind::Clusters], |tally| tally.clusters)
        })
        .links(Link::Rows(Kind::Clusters, "datacenter_moref")),
        count_within("host_count", "Hosts", "hosts in it", |row| {
            counted(row, &[Kind::Hosts], |tally| tally.hosts)
        })
        .links(Link::Rows(Kind::Hosts, "datacenter_moref"))
        .summed(),
        count_within("vm_count", "VMs", "VMs in it", |row| counted(row, &[Kind::Vms], |tally| tally.vms))
            .links(Link::Rows(Kind::Vms, "datacenter_moref"))
            .summed(),
        cpu_percent(),
        memory_percent(),
        count_within("capacity_bytes", "Capacity", "capacity of its accessible datastores", |row| {
            counted(row, &[Kind::Datastores], |tally| tally.capacity_bytes)
        })
        .unit(Unit::Bytes)
        .summed(),
        Column::derived("free_percent", "Free %", "free space of its accessible datastores", &[], |row| {
            Value::percent(tally(row).free_bytes, tally(row).capacity_bytes)
        })
        .percent(),
    ];
    columns.extend(alarms());
    columns
}

fn tally<'a>(row: &Row<'a>) -> &'a Tally {
    row.snapshot.tally(row.object)
}

/// A number out of a tally; unknown while one of the kinds that it is made of was never read.
pub(super) fn counted(row: &Row<'_>, kinds: &[Kind], of: fn(&Tally) -> i64) -> Value {
    if kinds.iter().all(|kind| row.snapshot.is_read(*kind)) {
        Value::Int(of(tally(row)))
    } else {
        Value::Null
    }
}

/// A number of things that lie within a container.
fn count_within(
    id: &'static str,
    title: &'static str,
    source: &'static str,
    value: fn(&Row<'_>) -> Value,
) -> Column {
    Column::derived(id, title, source, &[], value).number(Unit::Count)
}

/// How much of the CPU of the hosts in it is in use.
pub(super) fn cpu_percent() -> Column {
    let source = "clock in use, of cores times clock of its available hosts";
    Column::derived("cpu_percent", "CPU %", source, &[], |row| tally(row).cpu_percent()).percent()
}

/// How much of the memory of the hosts in it is in use.
pub(super) fn memory_percent() -> Column {
    let source = "memory in use, of the memory of its available hosts";
    Column::derived("memory_percent", "Memory %", source, &[], |row| tally(row).memory_percent(0)).percent()
}

/// A stored number as a share of another one.
pub(super) fn share(row: &Row<'_>, part: &str, whole: &str) -> Value {
    let int = |id| row.object.stored(id).as_int();
    int(part).zip(int(whole)).map(|(part, whole)| Value::percent(part, whole)).into()
}

/// What vCenter says is wrong with how an object is configured.
pub(super) fn config_issues() -> Column {
    Column::stored(
        "config_issues",
        "Configuration issues",
        "configIssue",
        Shape::Each("fullFormattedMessage"),
    )
}

/// Whether alarms of an object do what they are set to do.
pub(super) fn alarm_actions() -> Column {
    Column::stored("alarm_actions_enabled", "Alarm actions", "alarmActionsEnabled", Shape::Bool)
}

/// The alarms on an object that nobody acknowledged: those that are red, and those that are yellow. They come and go as
/// what they watch is measured.
pub(super) fn alarms() -> [Column; 2] {
    let of = |id, title, status| {
        Column::stored(id, title, "triggeredAlarmState", Shape::Alarms(status)).place().volatile()
    };
    [of("red_alarms", "Red alarms", "red"), of("yellow_alarms", "Yellow alarms", "yellow")]
}

/// How long a host or a VM has been running.
pub(super) fn uptime() -> Column {
    Column::derived("uptime_seconds", "Uptime", "runtime.bootTime", &["boot_time"], |row| {
        age(row, "boot_time")
    })
    .number(Unit::Seconds)
    .alias(&["uptime"])
}

/// How long ago the time in a stored column was; unknown where it lies in the future.
pub(super) fn age(row: &Row<'_>, id: &str) -> Value {
    let at = row.object.stored(id).as_int();
    at.and_then(|at| Time(at).age_seconds(row.now)).map(Value::Int).into()
}

pub(super) fn folders() -> Vec<Column> {
    let mut columns = vec![name()];
    columns.extend(datacenter(&["parent_moref"]));
    columns.extend([
        Column::derived("path", "Path", "names of parents", &["name", "parent_moref"], path),
        Column::stored("type", "Type", "childType", Shape::FolderType).terms(words::FOLDER_TYPE),
        count_within("vm_count", "VMs", "VMs in it and in the folders below", |row| {
            counted(row, &[Kind::Vms], |tally| tally.vms)
        }),
        parent(),
        Column::stored("is_root", "Root", "ServiceContent.rootFolder", Shape::IsRoot).internal(),
    ]);
    columns.extend(alarms());
    columns
}

pub(super) fn standalone_hosts() -> Vec<Column> {
    vec![name(), parent()]
}

/// Every kind's name.
pub(super) fn name() -> Column {
    Column::stored("name", "Name", "name", Shape::Name)
}

/// The container that every kind but VMs has, for walking upwards.
pub(super) fn parent() -> Column {
    Column::stored("parent_moref", "Parent", "parent", Shape::Reference).place().internal()
}

/// The datacenter's name and moref, found through these stored columns.
pub(super) fn datacenter(from: &'static [&'static str]) -> [Column; 2] {
    [
        Column::derived("datacenter", "Datacenter", "name of the Datacenter above", from, |row| {
            name_of(container(row, Kind::Datacenters))
        })
        .links(Link::Objects(Kind::Datacenters)),
        Column::derived("datacenter_moref", "Datacenter moref", "the Datacenter above", from, |row| {
            moref_of(container(row, Kind::Datacenters))
        }),
    ]
}

/// The nearest container of a kind.
pub(super) fn container<'a>(row: &Row<'a>, kind: Kind) -> Option<&'a Object> {
    row.snapshot.containers(row.object).find(|object| object.kind == kind).map(|object| &**object)
}

/// An object's name.
pub(super) fn name_of(object: Option<&Object>) -> Value {
    object.map(|object| object.stored("name").clone()).into()
}

/// An object's moref.
pub(super) fn moref_of(object: Option<&Object>) -> Value {
    object.map(|object| Value::text(object.moref.clone())).into()
}

/// The name of the object that a stored column refers to.
pub(super) fn name_behind(row: &Row<'_>, id: &str) -> Value {
    name_of(behind(row, id))
}

/// The object that a stored column refers to.
pub(super) fn behind<'a>(row: &Row<'a>, id: &str) -> Option<&'a Object> {
    let reference = row.object.stored(id).refs().next()?;
    row.snapshot.follow(reference).map(|object| &**object)
}

/// The names of the objects that a stored column refers to; those out of sight are left out.
pub(super) fn names_behind(row: &Row<'_>, id: &str) -> Value {
    match row.object.stored(id) {
        Value::Null => Value::Null,
        refs => {
            Value::list(refs.refs().filter_map(|r| row.snapshot.follow(r)).map(|o| o.stored("name").clone()))
        }
    }
}

/// The morefs in a stored column of references.
pub(super) fn morefs(row: &Row<'_>, id: &str) -> Value {
    match row.object.stored(id) {
        Value::Null => Value::Null,
        refs => Value::list(refs.refs().map(|r| Value::text(r.moref.clone()))),
    }
}

/// The moref in a stored column that holds one reference.
pub(super) fn moref(row: &Row<'_>, id: &str) -> Value {
    row.object.stored(id).refs().next().map(|r| Value::text(r.moref.clone())).into()
}

/// Names from the root down to the object itself, `/`-joined.
fn path(row: &Row<'_>) -> Value {
    join(row.snapshot.containers(row.object).map(|object| &**object).collect(), Some(row.object))
}

/// Names from below the datacenter down to the folder that a VM is in, `/`-joined.
pub(super) fn path_of_folder(row: &Row<'_>) -> Value {
    let known = row.snapshot.folder(row.object).and_then(|folder| row.snapshot.follow(folder));
    known.map_or(Value::Null, |folder| {
        let above = row.snapshot.containers(folder).map(|object| &**object);
        join(above.take_while(|object| object.kind != Kind::Datacenters).collect(), Some(&**folder))
    })
}

/// The moref of the folder that a VM is in.
pub(super) fn folder(row: &Row<'_>) -> Value {
    row.snapshot.folder(row.object).map(|folder| Value::text(folder.moref.clone())).into()
}

/// Why it isn't known which folder the vApp around a VM is in.
pub(super) fn folder_beyond(row: &Row<'_>) -> Option<Missing> {
    let outermost = row.snapshot.vapps(row.object).last()?;
    match row.snapshot.folder(row.object) {
        Some(folder) => row.snapshot.follow(folder).is_none().then_some(Missing::NotVisible),
        None => ["parent_folder_moref", "parent_vapp_moref", "parent_moref"]
            .into_iter()
            .find_map(|id| outermost.reason(id)),
    }
}

fn join<'a>(mut upwards: Vec<&'a Object>, last: Option<&'a Object>) -> Value {
    upwards.reverse();
    upwards.extend(last);
    let names: Option<Vec<String>> =
        upwards.iter().map(|object| Some(object.stored("name").as_text()?.replace('/', "%2f"))).collect();
    match names {
        Some(names) if !names.is_empty() => Value::text(names.join("/")),
        _ => Value::Null,
    }
}
