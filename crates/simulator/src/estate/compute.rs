//! Clusters and hosts: how many it takes for the VMs, which servers, what storage and networks they see.
//! Refuses to fill a host beyond its memory.

use super::builder::{Builder, Site};
use super::hardware::{MEMORY_GB, MODELS, Model, ODD_MODELS, RELEASES};
use super::machines::Draft;
use super::plan::ClusterPlan;
use super::purposes::{Purpose, Storage};
use super::{Cluster, Compute, Connection, DAY, Host, Id, Kind, Power, Status, TODAY};
use crate::options::Hardware;

/// What VMs may be put on.
pub(super) struct Room {
    pub(super) compute: Id,
    /// Places in the list of hosts.
    pub(super) hosts: Vec<usize>,
    /// Those that may run VMs.
    pub(super) usable: Vec<usize>,
    pub(super) datastores: Vec<Id>,
    pub(super) networks: Vec<Id>,
    pub(super) pools: Vec<Id>,
    pub(super) vapp: Option<Id>,
}

impl Builder {
    /// A cluster or a host of its own, with its VMs.
    pub(super) fn compute(&mut self, site: &mut Site, plan: &ClusterPlan) {
        let purpose = plan.purpose;
        let drafts = self.drafts(purpose, plan.vms);
        let running: u64 = drafts.iter().filter(|d| d.power == Power::On).map(|d| d.memory_mb()).sum();
        let largest = drafts.iter().map(Draft::memory_mb).max().unwrap_or(0);
        let stored: u64 = drafts.iter().map(|draft| draft.committed).sum();
        let count = host_count(purpose, plan, running);
        let compute = self.compute_object(site, plan);
        let (model, release) = (self.model(site), self.random.below(RELEASES.len() as u32) as usize);
        let states = self.states(plan, count);
        // A host that is lost keeps its VMs; one in maintenance was emptied before.
        let usable = states.iter().filter(|(_, in_maintenance)| !in_maintenance);
        let memory_gb = memory_for(running, largest, usable.count() as u64);
        let networks = self.networks_of(site, purpose);
        let mut room = Room {
            compute,
            hosts: Vec::new(),
            usable: Vec::new(),
            datastores: Vec::new(),
            networks,
            pools: Vec::new(),
            vapp: None,
        };
        for state in states {
            let release = (release + usize::from(self.random.per_mille(80))).min(RELEASES.len() - 1);
            self.host(site, plan, &mut room, (model, memory_gb, release), state);
        }
        self.storage(site, plan, &mut room, stored);
        self.pools(site, plan, &mut room, drafts.iter().any(Draft::is_erp));
        self.place(site, &room, drafts);
        self.finish_compute(purpose, &room);
    }

    fn compute_object(&mut self, site: &Site, plan: &ClusterPlan) -> Id {
        let purpose = plan.purpose;
        let cluster = plan.name.as_ref().map(|_| Cluster {
            ha: purpose.ha,
            admission_control: purpose.ha && plan.vms >= 2 * purpose.per_host,
            // Nobody has switched it on for the test machines of later sites.
            drs: purpose.drs && (site.index == 0 || purpose.name != "dev-test"),
            drs_behavior: purpose.drs_behavior,
            // It depends on the servers, which are chosen later.
            evc: None,
            vsan: purpose.storage == Storage::Vsan,
        });
        let (kind, parent) = match cluster {
            Some(_) => (Kind::ClusterComputeResource, site.host_folder),
            None => (Kind::ComputeResource, site.branch_hosts),
        };
        let name = plan.name.clone().unwrap_or_default();
        let id = self.push_compute(kind, |id| Compute {
            name,
            parent,
            pool: id,
            hosts: Vec::new(),
            datastores: Vec::new(),
            networks: Vec::new(),
            cluster,
            status: Status::Green,
        });
        let pool = self.pool("Resources", id, id, None);
        self.compute_mut(id).pool = pool;
        id
    }

    fn model(&mut self, site: &Site) -> &'static Model {
        let usual = self.usual_model(site);
        let at = self.estate.computes.len();
        // The second of every three, in turn, so that small estates have some too.
        let is_odd = self.estate.hardware == Hardware::Odd && at % 3 == 2;
        if is_odd { &ODD_MODELS[at / 3 % ODD_MODELS.len()] } else { usual }
    }

    fn usual_model(&mut self, site: &Site) -> &'static Model {
        // Each site has a model that it buys most.
        let favourite = (self.estate.seed as usize).wrapping_add(site.index as usize) % MODELS.len();
        let other = self.random.below(MODELS.len() as u32) as usize;
        &MODELS[if self.random.per_mille(600) { favourite } else { other }]
    }

    /// Connection and maintenance of each host.
    fn states(&mut self, plan: &ClusterPlan, count: u32) -> Vec<(Connection, bool)> {
        let mut states = vec![(Connection::Connected, false); count as usize];
        let shown = |connection| self.estate.hosts.iter().any(|host| host.connection == connection);
        let has_all = shown(Connection::Disconnected);
        // The first large cluster of an estate has something of everything, whatever would be drawn.
        if count >= 5 && !has_all {
            states[count as usize - 1] = (Connection::Disconnected, false);
            states[count as usize - 2] = (Connection::Connected, true);
            if count >= 8 {
                states[count as usize - 3] = (Connection::NotResponding, false);
            }
            return states;
        }
        let mut spare = if plan.name.is_some() { count / 4 } else { 0 };
        for state in states.iter_mut().rev() {
            let drawn = match self.random.below(1000) {
                0..45 => (Connection::Connected, true),
                45..60 => (Connection::Disconnected, self.random.per_mille(300)),
                60..75 => (Connection::NotResponding, false),
                _ => continue,
            };
            if spare > 0 {
                *state = drawn;
                spare -= 1;
            }
        }
        states
    }

    fn host(
        &mut self,
        site: &mut Site,
        plan: &ClusterPlan,
        room: &mut Room,
        (model, memory_gb, release): (&'static Model, u32, usize),
        (connection, in_maintenance): (Connection, bool),
    ) {
        let stem = format!("esx-{}-", plan.purpose.host_code);
        let name = format!("{}.{}", self.name(&stem, 2), self.estate.domain);
        let at = self.estate.hosts.len();
        let id = self.id(Kind::HostSystem, at);
        let address =
            (10 << 24) | ((250 + site.index) << 16) | ((site.hosts / 200) << 8) | (11 + site.hosts % 200);
        site.hosts += 1;
        let days = i64::from(self.random.below(400));
        self.estate.hosts.push(Host {
            id,
            name: name.clone(),
            parent: room.compute,
            ordinal: at as u32,
            model,
            memory_gb,
            release: &RELEASES[release],
            address,
            connection,
            in_maintenance,
            reboot_required: self.random.per_mille(if in_maintenance { 300 } else { 30 }),
            boot: TODAY - days * DAY - i64::from(self.random.below(86_400)) * 1000,
            status: Status::Green,
            cpu_usage_mhz: 0,
            memory_usage_mb: 0,
            vms: Vec::new(),
            datastores: vec![site.images],
            networks: Vec::new(),
        });
        if plan.name.is_none() {
            self.compute_mut(room.compute).name = name;
        }
        if !in_maintenance {
            room.usable.push(room.hosts.len());
        }
        room.hosts.push(at);
    }

    /// The portgroups of a purpose, made once for each datacenter.
    fn networks_of(&mut self, site: &Site, purpose: &Purpose) -> Vec<Id> {
        if purpose.vlans.is_empty() {
            return vec![site.vm_network];
        }
        let names = purpose.vlans.iter().map(|(vlan, name)| (*vlan, format!("VLAN {vlan} {name}")));
        let names: Vec<(u16, String)> = names.collect();
        let mut found = Vec::new();
        for (vlan, name) in names {
            let known = self
                .estate
                .networks
                .iter()
                .find(|network| network.parent == site.network_folder && network.name == name)
                .map(|network| network.id);
            let id = match known {
                Some(id) => id,
                None => self.network(&name, site.network_folder, Some(site.switch), vlan),
            };
            found.push(id);
        }
        found
    }

    fn storage(&mut self, site: &Site, plan: &ClusterPlan, room: &mut Room, stored: u64) {
        const LUN: u64 = 8 << 40;
        let storage = plan.purpose.storage;
        let label = plan.name.clone();
        let parent = match (&label, plan.vms) {
            (Some(name), 80..) if storage == Storage::Vmfs => {
                self.folder(&format!("dsc-{name}"), Some(site.datastore_folder), super::Holds::Pod)
            }
            _ => site.datastore_folder,
        };
        if let Some(name) = label {
            let count = if storage == Storage::Vsan { 1 } else { stored.div_ceil(LUN).max(1) };
            for number in 1..=count {
                let name = match storage {
                    Storage::Vmfs => format!("san-{name}-{number:02}"),
                    Storage::Nfs => format!("nfs-{name}-{number:02}"),
                    Storage::Vsan => format!("vsan-{name}"),
                };
                let id = self.datastore(&name, parent, storage, false);
                room.datastores.push(id);
            }
        }
        for &at in &room.hosts {
            self.estate.hosts[at].datastores.extend(&room.datastores);
            if storage != Storage::Vsan {
                let short = self.estate.hosts[at].name.split('.').next().unwrap_or_default().to_owned();
                let local = format!("local-{short}");
                let id = self.datastore(&local, site.local_datastores, Storage::Vmfs, true);
                self.estate.hosts[at].datastores.push(id);
                if plan.name.is_none() {
                    room.datastores.push(id);
                }
            }
            let is_tagged = !plan.purpose.vlans.is_empty();
            let host = &mut self.estate.hosts[at];
            // Every ESXi comes with this one.
            host.networks.push(site.vm_network);
            if is_tagged {
                host.networks.extend(&room.networks);
                host.networks.push(site.uplinks);
            }
        }
    }

    fn pools(&mut self, site: &mut Site, plan: &ClusterPlan, room: &mut Room, has_erp: bool) {
        let root = self.compute_mut(room.compute).pool;
        room.pools.push(root);
        if plan.vms >= 20 && plan.name.is_some() {
            for name in ["High", "Normal", "Low"] {
                let id = self.pool(name, root, room.compute, None);
                room.pools.push(id);
            }
        }
        if plan.vms >= 30 && has_erp && !site.has_vapp {
            site.has_vapp = true;
            let folder = self.vm_folder(site, "ERP");
            room.vapp = Some(self.pool("vApp SAP landscape", root, room.compute, Some(folder)));
        }
    }

    fn finish_compute(&mut self, purpose: &Purpose, room: &Room) {
        let hosts: Vec<Id> = room.hosts.iter().map(|at| self.estate.hosts[*at].id).collect();
        let first = room.hosts.first().map(|at| self.estate.hosts[*at].model.evc);
        let mut datastores: Vec<Id> =
            room.hosts.iter().flat_map(|at| &self.estate.hosts[*at].datastores).copied().collect();
        datastores.sort_unstable();
        datastores.dedup();
        let networks =
            room.hosts.first().map(|at| self.estate.hosts[*at].networks.clone()).unwrap_or_default();
        let compute = self.compute_mut(room.compute);
        compute.hosts = hosts;
        compute.datastores = datastores;
        compute.networks = networks;
        if let Some(cluster) = &mut compute.cluster {
            cluster.evc = first.filter(|_| purpose.evc);
        }
    }
}

/// Enough hosts for the number of VMs and their memory, and a spare one where there are several.
fn host_count(purpose: &Purpose, plan: &ClusterPlan, running_mb: u64) -> u32 {
    if plan.name.is_none() {
        return 1;
    }
    let by_count = plan.vms.div_ceil(purpose.per_host).max(1);
    let by_memory = running_mb.div_ceil(u64::from(MEMORY_GB[7]) * 1024 * 7 / 10) as u32;
    let needed = by_count.max(by_memory);
    // Without a witness elsewhere, vSAN takes three to keep two copies and know which is right.
    let least = if purpose.storage == Storage::Vsan { 3 } else { 1 };
    (if plan.vms > 6 { needed + 1 } else { needed }).max(least)
}

/// The smallest memory with which the usable hosts hold what runs, in GiB.
fn memory_for(running_mb: u64, largest_mb: u64, usable: u64) -> u32 {
    let needed = (running_mb / usable.max(1) + largest_mb) * 11 / 10 / 1024;
    MEMORY_GB.into_iter().find(|size| u64::from(*size) >= needed).unwrap_or(MEMORY_GB[MEMORY_GB.len() - 1])
}
