//! Puts an estate together: numbers objects, hangs them below their parents, and lays out the datacenters.
//! Refuses to leave a reference one-sided.

use std::collections::HashMap;

use super::ids::Slot;
use super::plan::{self, DatacenterPlan};
use super::purposes::Storage;
use super::random::{Random, uuid};
use super::{Compute, Datacenter, Estate, Folder, Holds, Id, Kind, Network, Pool, Status, Switch};
use crate::options::Options;

/// Streams of numbers below the seed, one for each concern, so that one doesn't shift another.
pub(super) mod stream {
    pub(super) const IDENTITY: u64 = 1;
    pub(super) const LAYOUT: u64 = 2;
}

/// An estate under construction.
pub(super) struct Builder {
    pub(super) estate: Estate,
    pub(super) random: Random,
    /// How many of a stem were named.
    names: HashMap<String, u32>,
    /// VM folders by the datacenter and their path.
    vm_folders: HashMap<(Id, String), Id>,
    /// Network cards so far.
    pub(super) nics: u32,
}

/// A datacenter with what its clusters share.
pub(super) struct Site {
    pub(super) id: Id,
    pub(super) index: u32,
    pub(super) vm_folder: Id,
    pub(super) host_folder: Id,
    pub(super) datastore_folder: Id,
    pub(super) network_folder: Id,
    pub(super) local_datastores: Id,
    pub(super) branch_hosts: Id,
    pub(super) switch: Id,
    pub(super) uplinks: Id,
    pub(super) vm_network: Id,
    pub(super) images: Id,
    /// How far the addresses of hosts have come.
    pub(super) hosts: u32,
    pub(super) has_vapp: bool,
}

/// The estate of these options.
pub(super) fn build(options: &Options) -> Estate {
    let code = options.code();
    let domain = format!("{code}.example.net");
    let estate = Estate {
        seed: options.seed,
        hardware: options.hardware,
        server_name: format!("vcenter.{domain}"),
        domain,
        instance_uuid: uuid(options.seed ^ (u64::from(options.vms) << 32), stream::IDENTITY),
        ..Estate::default()
    };
    let mut builder = Builder {
        estate,
        random: Random::new(options.seed, stream::LAYOUT),
        names: HashMap::new(),
        vm_folders: HashMap::new(),
        nics: 0,
    };
    builder.id(Kind::Nothing, 0);
    let root = builder.folder("Datacenters", None, Holds::Datacenters);
    for (index, plan) in plan::datacenters(options.vms, &options.site, &code).iter().enumerate() {
        builder.datacenter(root, index as u32, &code, plan);
    }
    builder.settle();
    builder.estate
}

impl Builder {
    /// The next number, for the object at this place of its list.
    pub(super) fn id(&mut self, kind: Kind, index: usize) -> Id {
        let id = Id::new(self.estate.slots.len() as u32);
        self.estate.slots.push(Slot { kind, index: index as u32 });
        id
    }

    /// `stem` with the next number of so many digits.
    pub(super) fn name(&mut self, stem: &str, digits: usize) -> String {
        let count = self.names.entry(stem.to_owned()).or_default();
        *count += 1;
        format!("{stem}{:0digits$}", *count)
    }

    fn adopt(&mut self, parent: Option<Id>, child: Id) {
        let Some(parent) = parent else { return };
        let slot = self.estate.slots[parent.number() as usize];
        if matches!(slot.kind, Kind::Folder | Kind::StoragePod) {
            self.estate.folders[slot.index as usize].children.push(child);
        }
    }

    pub(super) fn folder(&mut self, name: &str, parent: Option<Id>, holds: Holds) -> Id {
        let kind = if holds == Holds::Pod { Kind::StoragePod } else { Kind::Folder };
        let id = self.id(kind, self.estate.folders.len());
        self.estate.folders.push(Folder { name: name.into(), parent, holds, children: Vec::new() });
        self.adopt(parent, id);
        id
    }

    /// The VM folder of this path, made where it isn't there yet.
    pub(super) fn vm_folder(&mut self, site: &Site, path: &str) -> Id {
        if let Some(known) = self.vm_folders.get(&(site.id, path.to_owned())) {
            return *known;
        }
        let (parent, name) = match path.rsplit_once('/') {
            Some((above, name)) => (self.vm_folder(site, above), name),
            None => (site.vm_folder, path),
        };
        let id = self.folder(name, Some(parent), Holds::Vms);
        self.vm_folders.insert((site.id, path.to_owned()), id);
        id
    }

    fn datacenter(&mut self, root: Id, index: u32, code: &str, plan: &DatacenterPlan) {
        let slot = self.estate.datacenters.len();
        let id = self.id(Kind::Datacenter, slot);
        self.adopt(Some(root), id);
        let [vm_folder, host_folder, datastore_folder, network_folder] = [
            ("vm", Holds::Vms),
            ("host", Holds::Hosts),
            ("datastore", Holds::Datastores),
            ("network", Holds::Networks),
        ]
        .map(|(name, holds)| self.folder(name, Some(id), holds));
        self.estate.datacenters.push(Datacenter {
            name: plan.name.clone(),
            parent: root,
            vm_folder,
            host_folder,
            datastore_folder,
            network_folder,
            datastores: Vec::new(),
            networks: Vec::new(),
        });
        let switch = self.switch(&format!("dvs-{code}-{:02}", index + 1), network_folder);
        let uplinks =
            self.network(&format!("dvs-{code}-{:02}-DVUplinks", index + 1), network_folder, Some(switch), 0);
        let vm_network = self.network("VM Network", network_folder, None, 0);
        let images = self.datastore("nfs-iso-templates", datastore_folder, Storage::Nfs, false);
        let branches = plan.clusters.iter().any(|cluster| cluster.name.is_none());
        let mut site = Site {
            id,
            index,
            vm_folder,
            host_folder,
            datastore_folder,
            network_folder,
            // Only made where something lies in it.
            local_datastores: datastore_folder,
            branch_hosts: host_folder,
            switch,
            uplinks,
            vm_network,
            images,
            hosts: 0,
            has_vapp: false,
        };
        if plan.clusters.iter().any(|cluster| cluster.purpose.storage != Storage::Vsan) {
            site.local_datastores = self.folder("local", Some(datastore_folder), Holds::Datastores);
        }
        if branches {
            site.branch_hosts = self.folder("Branch offices", Some(host_folder), Holds::Hosts);
        }
        for cluster in &plan.clusters {
            self.compute(&mut site, cluster);
        }
        self.templates(&site, plan.templates);
    }

    pub(super) fn pool(&mut self, name: &str, parent: Id, owner: Id, vapp_folder: Option<Id>) -> Id {
        let kind = if vapp_folder.is_some() { Kind::VirtualApp } else { Kind::ResourcePool };
        let id = self.id(kind, self.estate.pools.len());
        let (pools, vms) = (Vec::new(), Vec::new());
        self.estate.pools.push(Pool { id, name: name.into(), parent, owner, vapp_folder, pools, vms });
        let above = self.estate.slots[parent.number() as usize];
        if matches!(above.kind, Kind::ResourcePool | Kind::VirtualApp) {
            self.estate.pools[above.index as usize].pools.push(id);
        }
        self.adopt(vapp_folder, id);
        id
    }

    pub(super) fn datastore(&mut self, name: &str, parent: Id, storage: Storage, is_local: bool) -> Id {
        let id = self.id(Kind::Datastore, self.estate.datastores.len());
        self.estate.datastores.push(super::Datastore {
            id,
            name: name.into(),
            parent,
            type_name: match storage {
                Storage::Vmfs => "VMFS",
                Storage::Nfs => "NFS",
                Storage::Vsan => "vsan",
            },
            is_local,
            capacity: 0,
            free: 0,
            uncommitted: 0,
            accessible: true,
            maintenance: "normal",
            status: Status::Green,
            hosts: Vec::new(),
            vms: Vec::new(),
        });
        self.adopt(Some(parent), id);
        id
    }

    pub(super) fn network(&mut self, name: &str, parent: Id, switch: Option<Id>, vlan: u16) -> Id {
        let count = self.estate.networks.len();
        let kind = if switch.is_some() { Kind::DistributedVirtualPortgroup } else { Kind::Network };
        let id = self.id(kind, count);
        let (hosts, vms) = (Vec::new(), Vec::new());
        // Each has room for 8,190 addresses, from 10.0.0.0 upwards.
        let base = (10 << 24) + ((count as u32) << 13);
        let is_uplink = name.ends_with("-DVUplinks");
        self.estate.networks.push(Network {
            id,
            name: name.into(),
            parent,
            switch,
            vlan,
            is_uplink,
            base,
            hosts,
            vms,
        });
        self.adopt(Some(parent), id);
        if let Some(switch) = switch {
            let at = self.estate.slots[switch.number() as usize].index as usize;
            self.estate.switches[at].portgroups.push(id);
        }
        id
    }

    fn switch(&mut self, name: &str, parent: Id) -> Id {
        let id = self.id(Kind::VmwareDistributedVirtualSwitch, self.estate.switches.len());
        let (portgroups, hosts) = (Vec::new(), Vec::new());
        self.estate.switches.push(Switch { id, name: name.into(), parent, portgroups, hosts });
        self.adopt(Some(parent), id);
        id
    }

    pub(super) fn push_compute(&mut self, kind: Kind, compute: impl FnOnce(Id) -> Compute) -> Id {
        let id = self.id(kind, self.estate.computes.len());
        let compute = compute(id);
        self.adopt(Some(compute.parent), id);
        self.estate.computes.push(compute);
        id
    }

    pub(super) fn compute_mut(&mut self, id: Id) -> &mut Compute {
        let at = self.estate.slots[id.number() as usize].index as usize;
        &mut self.estate.computes[at]
    }

    pub(super) fn pool_mut(&mut self, id: Id) -> &mut Pool {
        let at = self.estate.slots[id.number() as usize].index as usize;
        &mut self.estate.pools[at]
    }

    pub(super) fn network_mut(&mut self, id: Id) -> &mut Network {
        let at = self.estate.slots[id.number() as usize].index as usize;
        &mut self.estate.networks[at]
    }

    /// Hangs a VM below its folder.
    pub(super) fn file(&mut self, folder: Id, vm: Id) {
        self.adopt(Some(folder), vm);
    }
}
