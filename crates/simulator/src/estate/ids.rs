//! Numbers and types of objects, which together make morefs.
//! Refuses to know what objects are made of.

use super::{Compute, Datacenter, Datastore, Folder, Host, Network, Pool, Switch, Vm};

/// The number of an object, which is unique in its vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u32);

impl Id {
    /// The root folder, `group-d1`.
    pub(crate) const ROOT: Id = Id(1);

    pub(crate) const fn new(number: u32) -> Id {
        Id(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// Managed object types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    Folder,
    StoragePod,
    Datacenter,
    ComputeResource,
    ClusterComputeResource,
    HostSystem,
    ResourcePool,
    VirtualApp,
    VirtualMachine,
    VirtualMachineSnapshot,
    Datastore,
    Network,
    DistributedVirtualPortgroup,
    VmwareDistributedVirtualSwitch,
}

impl Kind {
    /// The type's name on the wire.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Kind::Nothing => "",
            Kind::Folder => "Folder",
            Kind::StoragePod => "StoragePod",
            Kind::Datacenter => "Datacenter",
            Kind::ComputeResource => "ComputeResource",
            Kind::ClusterComputeResource => "ClusterComputeResource",
            Kind::HostSystem => "HostSystem",
            Kind::ResourcePool => "ResourcePool",
            Kind::VirtualApp => "VirtualApp",
            Kind::VirtualMachine => "VirtualMachine",
            Kind::VirtualMachineSnapshot => "VirtualMachineSnapshot",
            Kind::Datastore => "Datastore",
            Kind::Network => "Network",
            Kind::DistributedVirtualPortgroup => "DistributedVirtualPortgroup",
            Kind::VmwareDistributedVirtualSwitch => "VmwareDistributedVirtualSwitch",
        }
    }

    /// What morefs of this type begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Kind::Nothing => "nothing-",
            Kind::Folder => "group-",
            Kind::StoragePod => "group-p",
            Kind::Datacenter => "datacenter-",
            Kind::ComputeResource => "domain-s",
            Kind::ClusterComputeResource => "domain-c",
            Kind::HostSystem => "host-",
            Kind::ResourcePool => "resgroup-",
            Kind::VirtualApp => "resgroup-v",
            Kind::VirtualMachine => "vm-",
            Kind::VirtualMachineSnapshot => "snapshot-",
            Kind::Datastore => "datastore-",
            Kind::Network => "network-",
            Kind::DistributedVirtualPortgroup => "dvportgroup-",
            Kind::VmwareDistributedVirtualSwitch => "dvs-",
        }
    }
}

/// Where an object lies in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    pub(crate) index: u32,
}

/// An object of any type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Object<'a> {
    Folder(&'a Folder),
    Datacenter(&'a Datacenter),
    Compute(&'a Compute),
    Host(&'a Host),
    Pool(&'a Pool),
    Vm(&'a Vm),
    /// The VM, and which of its snapshots.
    Snapshot(&'a Vm, Id),
    Datastore(&'a Datastore),
    Network(&'a Network),
    Switch(&'a Switch),
}
