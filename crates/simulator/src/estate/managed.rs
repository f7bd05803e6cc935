//! VMs that nobody made by hand: the agents of vSphere Cluster Services, and placeholders of Site Recovery Manager.
//! Refuses to add any: some of those that there are become them, so that an estate keeps its number of VMs.

use std::collections::HashMap;

use super::guests::PHOTON;
use super::random::uuid;
use super::{Estate, Id, Managed, Power, Status, Tools, Vm};

const GIB: u64 = 1 << 30;

/// A smaller cluster keeps all of its VMs.
const LARGE: usize = 40;

/// So many agents as a cluster of three or more hosts has.
const AGENTS: usize = 3;

/// Placeholders of a large estate.
const PLACEHOLDERS: usize = 4;

/// Makes them, before anybody counts what VMs use.
pub(super) fn give(estate: &mut Estate) {
    let mut by_host: HashMap<Id, Id> = HashMap::new();
    for compute in estate.computes.iter().filter(|compute| compute.cluster.is_some_and(|own| own.drs)) {
        by_host.extend(compute.hosts.iter().map(|host| (*host, compute.pool)));
    }
    let mut in_cluster: HashMap<Id, Vec<usize>> = HashMap::new();
    for (place, vm) in estate.vms.iter().enumerate() {
        if let Some(cluster) = by_host.get(&vm.host) {
            in_cluster.entry(*cluster).or_default().push(place);
        }
    }
    let seed = estate.seed;
    for places in in_cluster.into_values().filter(|places| places.len() >= LARGE) {
        let fit = |place: &&usize| is_plain(&estate.vms[**place]) && estate.vms[**place].power == Power::On;
        let chosen: Vec<usize> = places.iter().rev().filter(fit).take(AGENTS).copied().collect();
        chosen.into_iter().for_each(|place| become_agent(&mut estate.vms[place], seed));
    }
    if estate.vms.len() >= 25 * LARGE {
        let off = estate.vms.iter_mut().filter(|vm| is_plain(vm) && vm.power == Power::Off);
        off.take(PLACEHOLDERS).for_each(become_placeholder);
    }
}

/// One about which nothing else is special.
fn is_plain(vm: &Vm) -> bool {
    !vm.is_template
        && vm.vapp.is_none()
        && vm.snapshots.is_empty()
        && !vm.consolidation_needed
        && vm.managed.is_none()
        && vm.networks.len() == 1
        && vm.tools != Tools::NotInstalled
}

fn become_agent(vm: &mut Vm, seed: u64) {
    vm.name = format!("vCLS-{}", uuid(seed, 6 << 40 | u64::from(vm.id.number())));
    vm.managed = Some(Managed::ClusterAgent);
    vm.os = &PHOTON;
    (vm.cpus, vm.cores_per_socket, vm.memory_mb) = (1, 1, 128);
    (vm.committed, vm.uncommitted) = (GIB, GIB);
    vm.status = Status::Green;
    vm.notes =
        "vSphere Cluster Service VM is deployed from an OVA with a minimal installed profile of PhotonOS."
            .to_owned();
}

/// It has the size of what it stands for, and no disks.
fn become_placeholder(vm: &mut Vm) {
    vm.managed = Some(Managed::Placeholder);
    vm.tools = Tools::NotInstalled;
    (vm.committed, vm.uncommitted) = (64 << 10, 0);
}
