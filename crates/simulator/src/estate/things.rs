//! The objects of an estate, kept small: what follows from a number is computed when it is asked for.
//! Refuses to hold text that was not made for the object.

use super::guests::Os;
use super::hardware::{Model, Release};
use super::ids::Id;

/// What a folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Datacenters,
    Vms,
    Hosts,
    Datastores,
    Networks,
    /// A datastore cluster.
    Pod,
}

impl Holds {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Holds::Datacenters => "group-d",
            Holds::Vms => "group-v",
            Holds::Hosts => "group-h",
            Holds::Datastores => "group-s",
            Holds::Networks => "group-n",
            Holds::Pod => "group-p",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) parent: Option<Id>,
    pub(crate) holds: Holds,
    pub(crate) children: Vec<Id>,
}

#[derive(Debug)]
pub(crate) struct Datacenter {
    pub(crate) name: String,
    pub(crate) parent: Id,
    pub(crate) vm_folder: Id,
    pub(crate) host_folder: Id,
    pub(crate) datastore_folder: Id,
    pub(crate) network_folder: Id,
    pub(crate) datastores: Vec<Id>,
    pub(crate) networks: Vec<Id>,
}

/// A cluster, or what is around a host of its own.
#[derive(Debug)]
pub(crate) struct Compute {
    pub(crate) name: String,
    pub(crate) parent: Id,
    pub(crate) pool: Id,
    pub(crate) hosts: Vec<Id>,
    pub(crate) datastores: Vec<Id>,
    pub(crate) networks: Vec<Id>,
    /// None for a host of its own.
    pub(crate) cluster: Option<Cluster>,
    pub(crate) status: Status,
}

/// How a cluster is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cluster {
    pub(crate) ha: bool,
    pub(crate) admission_control: bool,
    pub(crate) drs: bool,
    pub(crate) drs_behavior: &'static str,
    pub(crate) evc: Option<&'static str>,
    pub(crate) vsan: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    Connected,
    Disconnected,
    NotResponding,
}

impl Connection {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Connection::Connected => "connected",
            Connection::Disconnected => "disconnected",
            Connection::NotResponding => "notResponding",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Green,
    Yellow,
    Red,
    Gray,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Status::Green => "green",
            Status::Yellow => "yellow",
            Status::Red => "red",
            Status::Gray => "gray",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) parent: Id,
    /// How many hosts were made before it.
    pub(crate) ordinal: u32,
    pub(crate) model: &'static Model,
    pub(crate) memory_gb: u32,
    pub(crate) release: &'static Release,
    pub(crate) address: u32,
    pub(crate) connection: Connection,
    pub(crate) in_maintenance: bool,
    pub(crate) reboot_required: bool,
    pub(crate) boot: i64,
    pub(crate) status: Status,
    pub(crate) cpu_usage_mhz: u32,
    pub(crate) memory_usage_mb: u32,
    pub(crate) vms: Vec<Id>,
    pub(crate) datastores: Vec<Id>,
    pub(crate) networks: Vec<Id>,
}

impl Host {
    /// Whether VMs can run here.
    pub(crate) fn is_effective(&self) -> bool {
        self.connection == Connection::Connected && !self.in_maintenance
    }

    /// Memory in bytes, as the host reports it: firmware keeps a little of what was bought.
    pub(crate) fn memory(&self) -> u64 {
        (u64::from(self.memory_gb) << 30) - (300 << 20)
    }

    /// Of all cores.
    pub(crate) fn total_mhz(&self) -> u32 {
        u32::from(self.model.cores()) * u32::from(self.model.mhz)
    }
}

/// A resource pool or a vApp.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) parent: Id,
    pub(crate) owner: Id,
    /// The VM folder that a vApp lies in.
    pub(crate) vapp_folder: Option<Id>,
    pub(crate) pools: Vec<Id>,
    pub(crate) vms: Vec<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    Off,
    Suspended,
}

impl Power {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Power::On => "poweredOn",
            Power::Off => "poweredOff",
            Power::Suspended => "suspended",
        }
    }
}

/// State of VMware Tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tools {
    NotInstalled,
    Current,
    Old,
    /// open-vm-tools, which the system's packages update.
    Unmanaged,
}

/// Which extension manages a VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Managed {
    /// ESX Agent Manager, for vSphere Cluster Services.
    ClusterAgent,
    /// Site Recovery Manager, which keeps the place of a VM of another site.
    Placeholder,
}

impl Managed {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Managed::ClusterAgent => "com.vmware.vim.eam",
            Managed::Placeholder => "com.vmware.vcDr",
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Managed::ClusterAgent => "cluster-agent",
            Managed::Placeholder => "placeholderVm",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) os: &'static Os,
    pub(crate) host: Id,
    /// None for templates.
    pub(crate) pool: Option<Id>,
    /// None in a vApp.
    pub(crate) folder: Option<Id>,
    pub(crate) vapp: Option<Id>,
    /// The first holds its files.
    pub(crate) datastores: Vec<Id>,
    pub(crate) networks: Vec<Id>,
    /// Addresses, one for each network.
    pub(crate) addresses: Vec<u32>,
    /// The number of its first network card.
    pub(crate) nic: u32,
    pub(crate) cpus: u16,
    pub(crate) cores_per_socket: u16,
    pub(crate) memory_mb: u32,
    pub(crate) committed: u64,
    pub(crate) uncommitted: u64,
    pub(crate) power: Power,
    pub(crate) is_template: bool,
    /// None for what people made.
    pub(crate) managed: Option<Managed>,
    pub(crate) tools: Tools,
    pub(crate) hardware: u8,
    pub(crate) created: i64,
    pub(crate) boot: i64,
    /// 0 while it doesn't run, as is the memory.
    pub(crate) cpu_usage_mhz: u32,
    pub(crate) memory_usage_mb: u32,
    pub(crate) status: Status,
    pub(crate) notes: String,
    pub(crate) consolidation_needed: bool,
    pub(crate) snapshots: Vec<Snapshot>,
}

impl Vm {
    /// Whether Tools report what goes on inside.
    pub(crate) fn is_talking(&self) -> bool {
        self.power == Power::On && self.tools != Tools::NotInstalled
    }

    /// All of its disks, in bytes.
    pub(crate) fn provisioned(&self) -> u64 {
        self.committed + self.uncommitted
    }
}

/// A snapshot of a VM. The newest is the current one.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) description: &'static str,
    pub(crate) created: i64,
    /// Place of the parent in the VM's list, which comes before it.
    pub(crate) parent: Option<usize>,
    pub(crate) state: Power,
    pub(crate) quiesced: bool,
}

#[derive(Debug)]
pub(crate) struct Datastore {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) parent: Id,
    /// VMFS, NFS or vsan.
    pub(crate) type_name: &'static str,
    pub(crate) is_local: bool,
    pub(crate) capacity: u64,
    pub(crate) free: u64,
    pub(crate) uncommitted: u64,
    pub(crate) accessible: bool,
    pub(crate) maintenance: &'static str,
    pub(crate) status: Status,
    pub(crate) hosts: Vec<Id>,
    pub(crate) vms: Vec<Id>,
}

/// A standard network or a distributed portgroup.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) parent: Id,
    /// None for a standard network.
    pub(crate) switch: Option<Id>,
    /// 0 where frames aren't tagged.
    pub(crate) vlan: u16,
    pub(crate) is_uplink: bool,
    /// The first address of its VMs.
    pub(crate) base: u32,
    pub(crate) hosts: Vec<Id>,
    pub(crate) vms: Vec<Id>,
}

#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) parent: Id,
    pub(crate) portgroups: Vec<Id>,
    pub(crate) hosts: Vec<Id>,
}
