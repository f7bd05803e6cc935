//! What can only be known when everything is in place: who uses which datastore and network, how full and how busy.
//! Refuses to make anything new.

use std::collections::HashMap;

use super::builder::Builder;
use super::managed;
use super::random::{Random, mix};
use super::{Connection, Estate, Id, Power, Status};

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

impl Builder {
    /// Ties up what is open.
    pub(super) fn settle(&mut self) {
        let estate = &mut self.estate;
        managed::give(estate);
        let host_ids: Vec<(Id, Vec<Id>, Vec<Id>)> = estate
            .hosts
            .iter()
            .map(|host| (host.id, host.datastores.clone(), host.networks.clone()))
            .collect();
        users(estate, &host_ids);
        let gone: Vec<Id> = (estate.hosts.iter())
            .filter(|host| host.connection != Connection::Connected)
            .map(|host| host.id)
            .collect();
        for host in &mut estate.hosts {
            let mut random = Random::new(estate.seed, 1 << 40 | u64::from(host.id.number()));
            host.status = match host.connection {
                Connection::NotResponding => Status::Red,
                Connection::Disconnected => Status::Gray,
                Connection::Connected if host.reboot_required => Status::Yellow,
                Connection::Connected => match random.below(1000) {
                    0..10 => Status::Red,
                    10..60 => Status::Yellow,
                    _ => Status::Green,
                },
            };
        }
        usage(estate);
        for vm in &mut estate.vms {
            if gone.contains(&vm.host) {
                vm.status = Status::Gray;
            }
        }
        storage(estate);
        computes(estate);
        in_datacenters(estate);
    }
}

/// Tells datastores, networks and switches who uses them.
fn users(estate: &mut Estate, hosts: &[(Id, Vec<Id>, Vec<Id>)]) {
    let place = |ids: Vec<Id>| -> HashMap<Id, usize> {
        ids.into_iter().enumerate().map(|(place, id)| (id, place)).collect()
    };
    let datastores = place(estate.datastores.iter().map(|datastore| datastore.id).collect());
    let networks = place(estate.networks.iter().map(|network| network.id).collect());
    let switches = place(estate.switches.iter().map(|switch| switch.id).collect());
    for (host, mounted, attached) in hosts {
        for datastore in mounted {
            estate.datastores[datastores[datastore]].hosts.push(*host);
        }
        for network in attached {
            let network = &mut estate.networks[networks[network]];
            network.hosts.push(*host);
            if let Some(switch) = network.switch.filter(|_| network.is_uplink) {
                estate.switches[switches[&switch]].hosts.push(*host);
            }
        }
    }
    for vm in &estate.vms {
        for datastore in &vm.datastores {
            estate.datastores[datastores[datastore]].vms.push(vm.id);
        }
    }
}

/// What ESXi itself takes of a host.
pub(super) const OVERHEAD_MHZ: u32 = 600;
pub(super) const OVERHEAD_MB: u32 = 6 * 1024;

/// How busy VMs are, and their hosts with them: some part of what they could use, as far as the host has it.
fn usage(estate: &mut Estate) {
    let mut wanted: HashMap<Id, u64> = HashMap::new();
    for vm in estate.vms.iter_mut().filter(|vm| vm.power == Power::On) {
        let part = mix(estate.seed, 9 << 40 | u64::from(vm.id.number())) as u32 % 900 + 50;
        vm.cpu_usage_mhz = u32::from(vm.cpus) * 900 * part / 1000;
        vm.memory_usage_mb = (u64::from(vm.memory_mb) * u64::from(part) / 1000) as u32;
        *wanted.entry(vm.host).or_default() += u64::from(vm.cpu_usage_mhz);
    }
    let place: HashMap<Id, usize> =
        estate.hosts.iter().enumerate().map(|(place, host)| (host.id, place)).collect();
    for host in &mut estate.hosts {
        (host.cpu_usage_mhz, host.memory_usage_mb) = (OVERHEAD_MHZ, OVERHEAD_MB);
    }
    for vm in &mut estate.vms {
        let host = &mut estate.hosts[place[&vm.host]];
        let (room, wanted) = (u64::from(host.total_mhz()) * 9 / 10, wanted.get(&vm.host).copied());
        if let Some(wanted) = wanted.filter(|wanted| *wanted > room) {
            vm.cpu_usage_mhz = (u64::from(vm.cpu_usage_mhz) * room / wanted) as u32;
        }
        host.cpu_usage_mhz += vm.cpu_usage_mhz;
        host.memory_usage_mb += vm.memory_usage_mb;
    }
}

/// Capacity around what is stored.
fn storage(estate: &mut Estate) {
    let mut stored: HashMap<Id, (u64, u64)> = HashMap::new();
    for vm in &estate.vms {
        let shares = vm.datastores.len() as u64;
        for datastore in &vm.datastores {
            let of = stored.entry(*datastore).or_default();
            of.0 += vm.committed / shares;
            of.1 += vm.uncommitted / shares;
        }
    }
    for datastore in &mut estate.datastores {
        let mut random = Random::new(estate.seed, 3 << 40 | u64::from(datastore.id.number()));
        let (used, uncommitted) = stored.get(&datastore.id).copied().unwrap_or_default();
        let used = used + if datastore.is_local { 2 * GIB } else { 120 * GIB };
        // Most have room, some are nearly full.
        let fill = match random.below(100) {
            0..4 => 960,
            4..14 => 880,
            _ => 450 + u64::from(random.below(330)),
        };
        let wanted = used / fill * 1000;
        datastore.capacity = match datastore.is_local {
            true => wanted.max(u64::from(random.pick(&[240_u32, 446, 893])) * GIB),
            false => wanted.div_ceil(TIB / 4).max(4) * (TIB / 4),
        };
        datastore.free = datastore.capacity - used;
        datastore.uncommitted = uncommitted;
        let reachable = |id: &Id| {
            estate.hosts.iter().any(|host| host.id == *id && host.connection == Connection::Connected)
        };
        datastore.accessible = datastore.hosts.iter().any(reachable);
        if datastore.vms.is_empty() && !datastore.is_local && random.per_mille(100) {
            datastore.maintenance = "inMaintenance";
        }
        datastore.status = match datastore.free * 100 / datastore.capacity {
            0..5 => Status::Red,
            5..15 => Status::Yellow,
            _ => Status::Green,
        };
    }
}

/// A cluster is as well as its hosts.
fn computes(estate: &mut Estate) {
    for compute in &mut estate.computes {
        let hosts = || estate.hosts.iter().filter(|host| compute.hosts.contains(&host.id));
        compute.status = if hosts().any(|host| host.connection == Connection::NotResponding) {
            Status::Red
        } else if hosts().any(|host| host.connection == Connection::Disconnected) {
            Status::Yellow
        } else {
            Status::Green
        };
    }
}

fn in_datacenters(estate: &mut Estate) {
    for at in 0..estate.datacenters.len() {
        let folders = {
            let datacenter = &estate.datacenters[at];
            [datacenter.datastore_folder, datacenter.network_folder]
        };
        let [datastores, networks] = folders.map(|folder| estate.below(folder, true));
        let is_datastore = |id: &Id| matches!(estate.kind(*id), super::Kind::Datastore);
        let is_network = |id: &Id| {
            matches!(estate.kind(*id), super::Kind::Network | super::Kind::DistributedVirtualPortgroup)
        };
        let datastores = datastores.into_iter().filter(is_datastore).collect();
        let networks = networks.into_iter().filter(is_network).collect();
        estate.datacenters[at].datastores = datastores;
        estate.datacenters[at].networks = networks;
    }
}
