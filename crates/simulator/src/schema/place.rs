//! Properties of everything in the inventory, and of folders and datacenters.
//! Refuses to tell a parent that the account could not see: there are no such here.

use super::{At, Field, Type, leaf, record, unset};
use crate::alarms;
use crate::data::{self, Data};
use crate::estate::{Holds, Id, Object, Status};

pub(super) static MANAGED_ENTITY: Type = Type {
    name: "ManagedEntity",
    base: None,
    fields: &[
        leaf("name", |at| Some(data::name(name(at)?))),
        leaf("parent", |at| parent(at).map(Data::Reference)),
        leaf("overallStatus", |at| Some(Data::Word("ManagedEntityStatus", status(at).word()))),
        leaf("configStatus", |at| Some(Data::Word("ManagedEntityStatus", status(at).word()))),
        leaf("alarmActionsEnabled", |_| Some(Data::Bool(true))),
        leaf("effectiveRole", |_| Some(Data::List("int", vec![Data::Int(-1)]))),
        leaf("customValue", |_| Some(Data::List("CustomFieldValue", Vec::new()))),
        leaf("configIssue", |_| Some(Data::List("Event", Vec::new()))),
        leaf("declaredAlarmState", unset),
        leaf("triggeredAlarmState", alarms::triggered),
        leaf("disabledMethod", unset),
        leaf("permission", unset),
        leaf("recentTask", |_| Some(Data::References(Vec::new()))),
        leaf("tag", unset),
        leaf("value", |_| Some(Data::List("CustomFieldValue", Vec::new()))),
        leaf("availableField", unset),
    ],
};

pub(super) static FOLDER: Type = Type {
    name: "Folder",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("childType", |at| Some(Data::List("string", child_types(at.folder()?.holds)))),
        leaf("childEntity", |at| Some(Data::References(at.folder()?.children.clone()))),
        leaf("namespace", unset),
    ],
};

pub(super) static STORAGE_POD: Type = Type {
    name: "StoragePod",
    base: Some(&FOLDER),
    fields: &[record("summary", "StoragePodSummary", SUMMARY_OF_POD), leaf("podStorageDrsEntry", unset)],
};

const SUMMARY_OF_POD: &[Field] = &[
    leaf("name", |at| Some(Data::text(at.folder()?.name.as_str()))),
    leaf("capacity", |at| Some(Data::bytes(of_pod(at)?.0))),
    leaf("freeSpace", |at| Some(Data::bytes(of_pod(at)?.1))),
];

pub(super) static DATACENTER: Type = Type {
    name: "Datacenter",
    base: Some(&MANAGED_ENTITY),
    fields: &[
        leaf("vmFolder", |at| Some(Data::Reference(at.datacenter()?.vm_folder))),
        leaf("hostFolder", |at| Some(Data::Reference(at.datacenter()?.host_folder))),
        leaf("datastoreFolder", |at| Some(Data::Reference(at.datacenter()?.datastore_folder))),
        leaf("networkFolder", |at| Some(Data::Reference(at.datacenter()?.network_folder))),
        leaf("datastore", |at| Some(Data::References(at.datacenter()?.datastores.clone()))),
        leaf("network", |at| Some(Data::References(at.datacenter()?.networks.clone()))),
    ],
};

/// An object's name as people gave it.
pub(super) fn name(at: At<'_>) -> Option<&str> {
    Some(match at.object {
        Object::Folder(folder) => &folder.name,
        Object::Datacenter(datacenter) => &datacenter.name,
        Object::Compute(compute) => &compute.name,
        Object::Host(host) => &host.name,
        Object::Pool(pool) => &pool.name,
        Object::Vm(vm) => &vm.name,
        Object::Datastore(datastore) => &datastore.name,
        Object::Network(network) => &network.name,
        Object::Switch(switch) => &switch.name,
        Object::Snapshot(..) => return None,
    })
}

/// What an object lies in. The root folder lies in nothing, and a VM of a vApp neither.
fn parent(at: At<'_>) -> Option<Id> {
    Some(match at.object {
        Object::Folder(folder) => return folder.parent,
        Object::Vm(vm) => return vm.folder,
        Object::Datacenter(datacenter) => datacenter.parent,
        Object::Compute(compute) => compute.parent,
        Object::Host(host) => host.parent,
        Object::Pool(pool) => pool.parent,
        Object::Datastore(datastore) => datastore.parent,
        Object::Network(network) => network.parent,
        Object::Switch(switch) => switch.parent,
        Object::Snapshot(..) => return None,
    })
}

pub(super) fn status(at: At<'_>) -> Status {
    match at.object {
        Object::Compute(compute) => compute.status,
        Object::Host(host) => host.status,
        Object::Vm(vm) => vm.status,
        Object::Datastore(datastore) => datastore.status,
        _ => Status::Green,
    }
}

fn child_types(holds: Holds) -> Vec<Data<'static>> {
    let types: &[&str] = match holds {
        Holds::Datacenters => &["Folder", "Datacenter"],
        Holds::Vms => &["Folder", "VirtualMachine", "VirtualApp"],
        Holds::Hosts => &["Folder", "ComputeResource"],
        Holds::Datastores => &["Folder", "Datastore", "StoragePod"],
        Holds::Networks => &["Folder", "Network", "DistributedVirtualSwitch"],
        Holds::Pod => &["Datastore"],
    };
    types.iter().map(|name| Data::text(*name)).collect()
}

/// Capacity and free space of a datastore cluster.
fn of_pod(at: At<'_>) -> Option<(u64, u64)> {
    let children = at.folder()?.children.iter();
    let datastores = children.filter_map(|id| match at.estate.object(*id)? {
        Object::Datastore(datastore) => Some(datastore),
        _ => None,
    });
    Some(datastores.fold((0, 0), |(capacity, free), one| (capacity + one.capacity, free + one.free)))
}
