//! The kinds of inventory objects, by their names on the command line and in routes.
//! Refuses to know properties or columns.

use serde::{Deserialize, Serialize};

/// A kind of inventory object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Datacenter.
    Datacenters,
    /// ClusterComputeResource.
    Clusters,
    /// HostSystem.
    Hosts,
    /// VirtualMachine, templates included.
    Vms,
    /// Datastore.
    Datastores,
    /// Network, DistributedVirtualPortgroup and OpaqueNetwork.
    Networks,
    /// ResourcePool and VirtualApp.
    ResourcePools,
    /// Folder and StoragePod, without the root folder.
    Folders,
    /// VirtualMachineSnapshot, read with its VM.
    Snapshots,
    /// ComputeResource of a host outside a cluster. Never listed: a link between a host and its datacenter.
    StandaloneHosts,
}

impl Kind {
    /// The kinds that users see, in the order in which they are listed.
    pub const LISTED: [Kind; 9] = [
        Kind::Datacenters,
        Kind::Clusters,
        Kind::Hosts,
        Kind::Vms,
        Kind::Datastores,
        Kind::Networks,
        Kind::ResourcePools,
        Kind::Folders,
        Kind::Snapshots,
    ];

    /// The kinds that are asked for by type; snapshots come with their VMs.
    pub const READ: [Kind; 9] = [
        Kind::Datacenters,
        Kind::Folders,
        Kind::Clusters,
        Kind::StandaloneHosts,
        Kind::Hosts,
        Kind::ResourcePools,
        Kind::Datastores,
        Kind::Networks,
        Kind::Vms,
    ];

    /// Every kind that is stored.
    pub const ALL: [Kind; 10] = [
        Kind::Datacenters,
        Kind::Clusters,
        Kind::Hosts,
        Kind::Vms,
        Kind::Datastores,
        Kind::Networks,
        Kind::ResourcePools,
        Kind::Folders,
        Kind::Snapshots,
        Kind::StandaloneHosts,
    ];

    /// The kind's name on the command line, in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Datacenters => "datacenters",
            Kind::Clusters => "clusters",
            Kind::Hosts => "hosts",
            Kind::Vms => "vms",
            Kind::Datastores => "datastores",
            Kind::Networks => "networks",
            Kind::ResourcePools => "resource-pools",
            Kind::Folders => "folders",
            Kind::Snapshots => "snapshots",
            Kind::StandaloneHosts => "standalone-hosts",
        }
    }

    /// The kind as a key of a JSON object: its name in snake_case.
    pub fn key(self) -> String {
        self.name().replace('-', "_")
    }

    /// The kind as a title for people: `Resource pools`.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Datacenters => "Datacenters",
            Kind::Clusters => "Clusters",
            Kind::Hosts => "Hosts",
            Kind::Vms => "VMs",
            Kind::Datastores => "Datastores",
            Kind::Networks => "Networks",
            Kind::ResourcePools => "Resource pools",
            Kind::Folders => "Folders",
            Kind::Snapshots => "Snapshots",
            Kind::StandaloneHosts => "Standalone hosts",
        }
    }

    /// The kind within a sentence: `VMs`, `resource pools`.
    pub fn plural(self) -> String {
        match self {
            Kind::Vms => "VMs".to_owned(),
            other => other.title().to_lowercase(),
        }
    }

    /// One of the kind within a sentence: `VM`, `resource pool`.
    pub fn singular(self) -> String {
        self.plural().trim_end_matches('s').to_owned()
    }

    /// The kind of that name, listed or not.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The managed object type to ask for; its subtypes come along.
    pub fn object_type(self) -> &'static str {
        match self {
            Kind::Datacenters => "Datacenter",
            Kind::Clusters => "ClusterComputeResource",
            Kind::Hosts => "HostSystem",
            Kind::Vms => "VirtualMachine",
            Kind::Datastores => "Datastore",
            Kind::Networks => "Network",
            Kind::ResourcePools => "ResourcePool",
            Kind::Folders => "Folder",
            Kind::Snapshots => "VirtualMachineSnapshot",
            Kind::StandaloneHosts => "ComputeResource",
        }
    }

    /// The kind of an object whose exact type is `object_type`; `None` for types Muster doesn't read.
    pub fn of_object_type(object_type: &str) -> Option<Kind> {
        Some(match object_type {
            "Datacenter" => Kind::Datacenters,
            "ClusterComputeResource" => Kind::Clusters,
            "ComputeResource" => Kind::StandaloneHosts,
            "HostSystem" => Kind::Hosts,
            "VirtualMachine" => Kind::Vms,
            "Datastore" => Kind::Datastores,
            "Network" | "DistributedVirtualPortgroup" | "OpaqueNetwork" => Kind::Networks,
            "ResourcePool" | "VirtualApp" => Kind::ResourcePools,
            "Folder" | "StoragePod" => Kind::Folders,
            "VirtualMachineSnapshot" => Kind::Snapshots,
            _ => return None,
        })
    }

    /// The kind whose coverage tells how old this kind's rows are.
    pub fn covered_by(self) -> Kind {
        match self {
            Kind::Snapshots => Kind::Vms,
            other => other,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {}
