//! What the simulated vCenter manages: made from a seed in one go, and never changed after.
//! Refuses to know XML and sessions. Everything that refers refers both ways.

mod builder;
mod compute;
mod guests;
mod hardware;
pub(crate) mod identity;
mod ids;
#[cfg(test)]
mod invariants;
mod machines;
mod managed;
mod mounts;
mod plan;
#[cfg(test)]
mod plausible;
mod purposes;
pub(crate) mod random;
mod settle;
mod snapshots;
mod things;

pub(crate) use hardware::{MEMORY_GB, MODELS, Model, ODD_MODELS};
pub(crate) use ids::{Id, Kind, Object};
pub(crate) use things::{
    Cluster, Compute, Connection, Datacenter, Datastore, Folder, Holds, Host, Managed, Network, Pool, Power,
    Snapshot, Status, Switch, Tools, Vm,
};

use crate::options::{Hardware, Options};
use ids::Slot;

/// The day on which the estate stands still: 1 November 2026, 00:00 UTC, in milliseconds since 1970. Ages are counted
/// back from it, and not from today, so that a seed gives the same values on any day.
pub(crate) const TODAY: i64 = 1_793_491_200_000;

/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// Everything there is.
#[derive(Debug, Default)]
pub(crate) struct Estate {
    pub(crate) seed: u64,
    pub(crate) hardware: Hardware,
    /// What the server is called in the network.
    pub(crate) server_name: String,
    pub(crate) domain: String,
    /// Which vCenter this is. Source: about.instanceUuid.
    pub(crate) instance_uuid: String,
    /// By number: the last part of a moref.
    slots: Vec<Slot>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) datacenters: Vec<Datacenter>,
    pub(crate) computes: Vec<Compute>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) vms: Vec<Vm>,
    pub(crate) datastores: Vec<Datastore>,
    pub(crate) networks: Vec<Network>,
    pub(crate) switches: Vec<Switch>,
}

impl Estate {
    /// The estate of these options.
    pub(crate) fn build(options: &Options) -> Estate {
        builder::build(options)
    }

    /// The folder that holds everything.
    pub(crate) fn root(&self) -> Id {
        Id::ROOT
    }

    /// What has this number.
    pub(crate) fn object(&self, id: Id) -> Option<Object<'_>> {
        let slot = self.slots.get(id.number() as usize)?;
        let index = slot.index as usize;
        Some(match slot.kind {
            Kind::Nothing => return None,
            Kind::Folder | Kind::StoragePod => Object::Folder(&self.folders[index]),
            Kind::Datacenter => Object::Datacenter(&self.datacenters[index]),
            Kind::ComputeResource | Kind::ClusterComputeResource => Object::Compute(&self.computes[index]),
            Kind::HostSystem => Object::Host(&self.hosts[index]),
            Kind::ResourcePool | Kind::VirtualApp => Object::Pool(&self.pools[index]),
            Kind::VirtualMachine => Object::Vm(&self.vms[index]),
            Kind::VirtualMachineSnapshot => Object::Snapshot(&self.vms[index], id),
            Kind::Datastore => Object::Datastore(&self.datastores[index]),
            Kind::Network | Kind::DistributedVirtualPortgroup => Object::Network(&self.networks[index]),
            Kind::VmwareDistributedVirtualSwitch => Object::Switch(&self.switches[index]),
        })
    }

    /// The kind of what has this number.
    pub(crate) fn kind(&self, id: Id) -> Kind {
        self.slots.get(id.number() as usize).map_or(Kind::Nothing, |slot| slot.kind)
    }

    /// Every object, in the order in which they were made.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> {
        (1..self.slots.len() as u32).map(Id::new)
    }

    /// The id of an object by its type and moref as they are on the wire.
    pub(crate) fn find(&self, type_name: &str, moref: &str) -> Option<Id> {
        let digits = moref.len() - moref.bytes().rev().take_while(u8::is_ascii_digit).count();
        let id = Id::new(moref[digits..].parse().ok()?);
        (self.kind(id).type_name() == type_name && self.moref(id) == moref).then_some(id)
    }

    /// The moref of an object.
    pub(crate) fn moref(&self, id: Id) -> String {
        let prefix = match (self.kind(id), self.object(id)) {
            (_, Some(Object::Folder(folder))) => folder.holds.prefix(),
            (kind, _) => kind.prefix(),
        };
        format!("{prefix}{}", id.number())
    }

    pub(crate) fn host(&self, id: Id) -> Option<&Host> {
        match self.object(id)? {
            Object::Host(host) => Some(host),
            _ => None,
        }
    }

    /// What lies directly in an object, as a container view walks down.
    pub(crate) fn children(&self, id: Id) -> Vec<Id> {
        match self.object(id) {
            Some(Object::Folder(folder)) => folder.children.clone(),
            Some(Object::Datacenter(dc)) => {
                vec![dc.vm_folder, dc.host_folder, dc.datastore_folder, dc.network_folder]
            }
            Some(Object::Compute(compute)) => compute.hosts.iter().copied().chain([compute.pool]).collect(),
            Some(Object::Pool(pool)) => pool.pools.iter().chain(&pool.vms).copied().collect(),
            Some(Object::Host(host)) => host.vms.clone(),
            _ => Vec::new(),
        }
    }

    /// Everything below a container, at any depth or directly in it; the container itself isn't.
    pub(crate) fn below(&self, container: Id, recursive: bool) -> Vec<Id> {
        if !recursive {
            return self.children(container);
        }
        let mut seen = vec![false; self.slots.len()];
        let mut found = Vec::new();
        let mut stack = self.children(container);
        stack.reverse();
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut seen[id.number() as usize], true) {
                continue;
            }
            found.push(id);
            let mut children = self.children(id);
            children.reverse();
            stack.append(&mut children);
        }
        found
    }
}
