//! The estate at a glance: what there is, how much room it has, and what is seen more than once.
//! Refuses to read anything: it is computed out of snapshots, and of each of them once.

mod capacity;
mod estate;
mod twice;
mod volumes;

pub(crate) use capacity::Standing;
pub use volumes::datastores_that_are_one;

use crate::{Moref, Recorded, Run, Time, VcenterId};
use serde::{Deserialize, Serialize};

/// The whole estate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// How many there are of what, each counted once.
    pub totals: Totals,
    /// How much room there is, each host and each datastore counted once.
    pub capacity: Capacity,
    /// The same for each vCenter, by name.
    pub vcenters: Vec<OfVcenter>,
    /// Datastores that are seen as several and counted once.
    pub merged_datastores: Vec<MergedDatastore>,
    /// Hosts that were added directly and through their vCenter, and are counted once.
    pub hosts_counted_once: Vec<HostTwice>,
    /// Hosts that nothing can run on now, as many as are shown; the totals say how many there are.
    pub unavailable_hosts: Vec<UnavailableHost>,
    /// What syncs recorded in the last 24 hours, by vCenter; those without a change are left out.
    pub changes: Vec<RecentChanges>,
    /// What each schedule starts next, the soonest first.
    pub next_runs: Vec<Run>,
}

/// How many there are of what in the whole estate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Configured vCenters and ESXi hosts.
    pub vcenters: i64,
    /// Datacenters.
    pub datacenters: i64,
    /// Networks.
    pub networks: i64,
    /// Snapshots.
    pub snapshots: i64,
    /// What else.
    #[serde(flatten)]
    pub counts: Census,
}

/// How many there are of what. Every VM is counted as one of the four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Clusters.
    pub clusters: i64,
    /// Hosts.
    pub hosts: i64,
    /// Those that are connected, running and not in maintenance mode.
    pub hosts_available: i64,
    /// Those in maintenance mode.
    pub hosts_in_maintenance: i64,
    /// Those that are disconnected or don't respond.
    pub hosts_not_connected: i64,
    /// VMs of people.
    pub vms: i64,
    /// Those of them that are powered on.
    pub vms_on: i64,
    /// Templates.
    pub templates: i64,
    /// VMs that vSphere runs for itself.
    pub agents: i64,
    /// Places that Site Recovery Manager keeps for VMs of another site.
    pub placeholders: i64,
    /// Datastores.
    pub datastores: i64,
    /// Those of them that no host can access.
    pub datastores_inaccessible: i64,
}

/// How much room there is. Hosts that nothing can run on have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// CPU of the available hosts.
    pub cpu: Cpu,
    /// Memory of the available hosts.
    pub memory: Memory,
    /// Datastores that some host can access, vSAN left out.
    pub storage: Storage,
    /// vSAN, as raw capacity: how much fits into it depends on how often each VM is kept.
    pub vsan: Storage,
    /// Available hosts that are left out of CPU and memory because nobody knows how busy they are.
    pub hosts_unmeasured: i64,
}

/// CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// Clock of all cores, MHz.
    pub total_mhz: i64,
    /// What is in use of it.
    pub used_mhz: i64,
    /// What remains of the total while the hosts are down that HA is to survive; `None` where no cluster has HA.
    pub after_failover_mhz: Option<i64>,
    /// What is reserved for VMs that are powered on.
    pub reserved_mhz: i64,
    /// Cores of the available hosts.
    pub cores: i64,
    /// vCPUs of VMs that are powered on.
    pub vcpus: i64,
}

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// All of it.
    pub total_bytes: i64,
    /// What is in use of it.
    pub used_bytes: i64,
    /// What remains of the total while the hosts are down that HA is to survive; `None` where no cluster has HA.
    pub after_failover_bytes: Option<i64>,
    /// What is reserved for VMs that are powered on.
    pub reserved_bytes: i64,
    /// What is configured for VMs that are powered on.
    pub configured_bytes: i64,
}

/// Storage, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// All of it.
    pub capacity_bytes: i64,
    /// What is free of it.
    pub free_bytes: i64,
    /// What is used, and what thin disks may still grow to.
    pub provisioned_bytes: i64,
}

impl Storage {
    /// What is in use.
    pub fn used_bytes(&self) -> i64 {
        self.capacity_bytes.saturating_sub(self.free_bytes)
    }
}

/// One vCenter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfVcenter {
    /// Its name.
    pub vcenter: String,
    /// Its id.
    pub vcenter_id: VcenterId,
    /// When the kind that was read longest ago was read: its numbers are as old as that. `None` while a kind never was.
    pub synced_at: Option<Time>,
    /// The same as an age.
    pub age_seconds: Option<i64>,
    /// The vCenter that all of it is counted with, where this is a host that was added directly as well.
    pub counted_with: Option<String>,
    /// How many there are of what.
    pub counts: Census,
    /// How much room there is.
    pub capacity: Capacity,
    /// Its datacenters, by name.
    pub datacenters: Vec<OfDatacenter>,
}

/// One datacenter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfDatacenter {
    /// Its name.
    pub name: String,
    /// Its moref.
    pub moref: Moref,
    /// How many there are of what.
    pub counts: Census,
    /// How much room there is.
    pub capacity: Capacity,
    /// Its clusters, by name.
    pub clusters: Vec<OfCluster>,
}

/// One cluster. Its storage is what its hosts can access: a datastore that several clusters share is in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfCluster {
    /// Its name.
    pub name: String,
    /// Its moref.
    pub moref: Moref,
    /// Whether HA is on; `None` where nobody knows.
    pub ha_enabled: Option<bool>,
    /// Whether admission control is on, without which nothing is kept free for a failover.
    pub admission_control: Option<bool>,
    /// So many of the largest hosts are left out of what remains after a failover; `None` without HA.
    pub failover_hosts: Option<i64>,
    /// How many there are of what.
    pub counts: Census,
    /// How much room there is.
    pub capacity: Capacity,
}

/// A datastore that is seen as several: in two datacenters or vCenters, or under another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedDatastore {
    /// What tells that it is one.
    pub because: Sameness,
    /// The id of the volume, or the share.
    pub what: String,
    /// What is counted.
    pub storage: Storage,
    /// Each of those that it is seen as.
    pub seen_as: Vec<SeenAs>,
}

/// What tells that several datastores are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// They are the same volume: its id is nobody else's.
    Volume,
    /// They are names of one vSAN pool.
    VsanPool,
    /// They are a share of this name, path and capacity: nothing proves more of NFS.
    NfsShare,
}

/// A datastore of a vCenter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenAs {
    /// The name of its vCenter.
    pub vcenter: String,
    /// Its name.
    pub name: String,
    /// Its moref.
    pub moref: Moref,
}

/// A host that was added directly, and is managed by a vCenter that is configured too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostTwice {
    /// Its name, as its vCenter has it.
    pub name: String,
    /// The name of the entry that was added directly.
    pub vcenter: String,
    /// The name of the vCenter that it is counted with.
    pub counted_with: String,
}

/// A host that nothing can run on now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnavailableHost {
    /// The name of its vCenter.
    pub vcenter: String,
    /// The id of its vCenter.
    pub vcenter_id: VcenterId,
    /// Its name.
    pub name: String,
    /// Its moref.
    pub moref: Moref,
    /// The name of its cluster, if it is in one.
    pub cluster: Option<String>,
    /// One of vSphere's words.
    pub state: String,
}

/// What the syncs of a vCenter recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentChanges {
    /// The name of the vCenter.
    pub vcenter: String,
    /// The id of the vCenter.
    pub vcenter_id: VcenterId,
    /// How many objects came, changed and went.
    #[serde(flatten)]
    pub recorded: Recorded,
}

impl Overview {
    /// So many of the hosts that nothing can run on are named at most.
    pub const MOST_HOSTS: usize = 100;
}
