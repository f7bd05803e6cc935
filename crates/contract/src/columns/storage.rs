//! Columns of datastores and networks.
//! Refuses to compute what the server reports.

use super::place::{self, behind, moref_of, name_of};
use super::{Column, Link, Row, Shape, Unit};
use crate::{Kind, Object, Value};

pub(super) fn datastores() -> Vec<Column> {
    let s = Column::stored;
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
        s("type", "Type", "summary.type", Shape::Text).shown(),
        s("url", "URL", "summary.url", Shape::Text),
        s("capacity_bytes", "Capacity", "summary.capacity", Shape::Int)
            .unit(Unit::Bytes)
            .shown()
            .alias(&["capacity"]),
        s("free_bytes", "Free", "summary.freeSpace", Shape::Int).unit(Unit::Bytes).shown().alias(&["free"]),
        s("uncommitted_bytes", "Uncommitted", "summary.uncommitted", Shape::Int).unit(Unit::Bytes),
        s("accessible", "Accessible", "summary.accessible", Shape::Bool).shown(),
        s("maintenance_mode", "Maintenance mode", "summary.maintenanceMode", Shape::Text),
        s("shared", "Shared", "summary.multipleHostAccess", Shape::Bool).shown(),
        s("as_of", "Free space as of", "info.timestamp", Shape::Time),
        s("host_count", "Hosts", "host", Shape::Length)
            .links(Link::Rows(Kind::Hosts, "datastores_moref"))
            .shown(),
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "datastores_moref"))
            .shown()
            .alias(&["vms"]),
        place::parent(),
    ]);
    columns
}

pub(super) fn networks() -> Vec<Column> {
    let s = Column::stored;
    let mut columns = vec![place::name()];
    columns.extend(place::datacenter(&["parent_moref"]));
    columns.extend([
        Column::derived("type", "Type", "type of the object", &[], network_type).shown(),
        s("accessible", "Accessible", "summary.accessible", Shape::Bool).shown(),
        s("host_count", "Hosts", "host", Shape::Length)
            .links(Link::Rows(Kind::Hosts, "networks_moref"))
            .shown(),
        s("vm_count", "VMs", "vm", Shape::Length)
            .links(Link::Rows(Kind::Vms, "networks_moref"))
            .shown()
            .alias(&["vms"]),
        place::parent(),
    ]);
    columns
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
