//! Columns of datastores and networks.
//! Refuses to compute what the server reports.

use super::place::{self, behind, moref_of, name_of};
use super::{Column, Link, Row, Shape, Type, Unit};
use crate::{Kind, Missing, Object, Ref, Value, words};
use std::collections::BTreeSet;

pub(super) fn datastores() -> Vec<Column> {
    let s = Column::stored;
    // Where an NFS share is and which pool a vSAN datastore is another name of stand in subtypes of DatastoreInfo, or in
    // what no reference has: the whole has to come.
    let info = |id, title, field, shape| Column::stored(id, title, "info", shape).field(field);
    let mut columns = vec![place::name()];
    columns.extend(place::datacenter(&["parent_moref"]));
    columns.extend([
        Column::derived("datastore_cluster", "Datastore cluster", "parent", &["parent_moref"], |row| {
            name_of(pod(row))
        })
        .links(Link::Objects(Kind::Folders)),
        Column::derived(
            "datastore_cluster_moref",
            "Datastore cluster moref",
            "parent",
            &["parent_moref"],
            |row| moref_of(pod(row)),
        ),
        s("type", "Type", "summary.type", Shape::Text),
        s("url", "URL", "summary.url", Shape::Text),
        s("capacity_bytes", "Capacity", "summary.capacity", Shape::Int)
            .unit(Unit::Bytes)
            .alias(&["capacity"])
            .summed(),
        s("free_bytes", "Free space", "summary.freeSpace", Shape::Int)
            .unit(Unit::Bytes)
            .alias(&["free"])
            .summed()
            .volatile(),
        Column::derived(
            "free_percent",
            "Free %",
            "summary.freeSpace, of summary.capacity",
            &["free_bytes", "capacity_bytes"],
            |row| place::share(row, "free_bytes", "capacity_bytes"),
        )
        .beyond(out_of_reach)
        .percent(),
        Column::derived(
            "provisioned_percent",
            "Provisioned %",
            "capacity without free space and with uncommitted space, of the capacity",
            &["free_bytes", "capacity_bytes", "uncommitted_bytes"],
            provisioned,
        )
        .beyond(out_of_reach)
        .percent(),
        s("uncommitted_bytes", "Uncommitted", "summary.uncommitted", Shape::Int).unit(Unit::Bytes).volatile(),
        s("accessible", "Accessible", "summary.accessible", Shape::Bool),
        s("maintenance_mode", "Maintenance mode", "summary.maintenanceMode", Shape::Text)
            .terms(words::DATASTORE_MAINTENANCE),
        s("shared", "Shared", "summary.multipleHostAccess", Shape::Bool),
        info("as_of", "Free space as of", "timestamp", Shape::Time).volatile(),
        info("container_id", "vSAN container", "containerId", Shape::Text),
        info("alias_of", "vSAN alias of", "aliasOf", Shape::Text),
        info("remote_host", "NFS server", "nas.remoteHost", Shape::Text),
        info("remote_path", "NFS path", "nas.remotePath", Shape::Text),
        s("host_count", "Hosts", "host", Shape::Length).links(Link::Rows(Kind::Hosts, "datastores_moref")),
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "datastores_moref"))
            .alias(&["vms"]),
        Column::derived("mounted", "Mounted", "host.mountInfo.accessible", &["host_count"], |row| {
            let able = row.object.stored("mount_refs");
            let of = |all| Value::text(format!("{} of {all}", able.refs().count()));
            row.object.stored("host_count").as_int().filter(|_| !able.is_null()).map(of).into()
        }),
        Column::derived(
            "clusters",
            "Clusters",
            "clusters of the hosts that can access it",
            &["mount_refs"],
            |row| names(row, |cluster| cluster.stored("name").clone()),
        )
        .ty(Type::List)
        .links(Link::Objects(Kind::Clusters)),
        Column::derived(
            "clusters_moref",
            "Cluster morefs",
            "clusters of the hosts that can access it",
            &["mount_refs"],
            |row| names(row, |cluster| Value::text(cluster.moref.clone())),
        )
        .ty(Type::List),
        Column::derived(
            "hosts_without_access",
            "Hosts without access",
            "host.mountInfo.accessible",
            &["host_count"],
            |row| {
                let able = row.object.stored("mount_refs");
                let all = row.object.stored("host_count").as_int().filter(|_| !able.is_null());
                all.map(|all| Value::Int(all.saturating_sub(able.refs().count() as i64))).into()
            },
        )
        .number(Unit::Count),
        Column::derived(
            "is_local",
            "Local",
            "summary.type and multipleHostAccess",
            &["type", "shared"],
            |row| {
                let (of_type, shared) = (row.object.stored("type").as_text(), row.object.stored("shared"));
                match (of_type, shared) {
                    (Some(of_type), Value::Bool(shared)) => Value::Bool(of_type == "VMFS" && !shared),
                    _ => Value::Null,
                }
            },
        )
        .ty(Type::Boolean),
        s("mount_refs", "Hosts with access", "host", Shape::Mounts).internal(),
        place::parent(),
    ]);
    columns.extend(place::alarms());
    columns
}

pub(super) fn networks() -> Vec<Column> {
    let s = Column::stored;
    let mut columns = vec![place::name()];
    columns.extend(place::datacenter(&["parent_moref"]));
    columns.extend([
        Column::derived("type", "Type", "type of the object", &[], network_type).terms(words::NETWORK_TYPE),
        s("accessible", "Accessible", "summary.accessible", Shape::Bool),
        s("host_count", "Hosts", "host", Shape::Length).links(Link::Rows(Kind::Hosts, "networks_moref")),
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "networks_moref"))
            .alias(&["vms"]),
        place::parent(),
    ]);
    columns.extend(place::alarms());
    columns
}

/// Sizes hold only while some host can access a datastore.
fn out_of_reach(row: &Row<'_>) -> Option<Missing> {
    (*row.object.stored("accessible") == Value::Bool(false)).then_some(Missing::NotConnected)
}

fn provisioned(row: &Row<'_>) -> Value {
    let int = |id| row.object.stored(id).as_int();
    let sizes = int("capacity_bytes").zip(int("free_bytes")).zip(int("uncommitted_bytes"));
    let share = |((capacity, free), uncommitted): ((i64, i64), i64)| {
        Value::percent(capacity.saturating_sub(free).saturating_add(uncommitted), capacity)
    };
    sizes.map(share).into()
}

/// Something of each cluster whose hosts can access a datastore.
fn names(row: &Row<'_>, of: fn(&Object) -> Value) -> Value {
    let hosts = match row.object.stored("mount_refs") {
        Value::Null => return Value::Null,
        hosts => hosts.refs(),
    };
    let parents: BTreeSet<&Ref> = hosts.filter_map(|host| row.snapshot.follow(host)?.parent()).collect();
    let clusters = parents.into_iter().filter(|parent| parent.kind == Kind::Clusters);
    Value::list(clusters.filter_map(|cluster| row.snapshot.follow(cluster)).map(|cluster| of(cluster)))
}

fn pod<'a>(row: &Row<'a>) -> Option<&'a Object> {
    behind(row, "parent_moref").filter(|object| &*object.object_type == "StoragePod")
}

fn network_type(row: &Row<'_>) -> Value {
    Value::text(match &*row.object.object_type {
        "DistributedVirtualPortgroup" => "distributed_portgroup",
        "OpaqueNetwork" => "opaque",
        _ => "standard",
    })
}
