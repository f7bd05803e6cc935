//! What holds in every estate, whatever its seed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;

use super::plausible::plausible;
use super::{Connection, Estate, Id, Kind, Object, Power, TODAY, Tools};
use crate::options::Options;
use crate::schema::{At, serial};

fn estate(vms: u32, seed: u64) -> Estate {
    Estate::build(&Options::new(vms, seed))
}

fn hold(vms: u32, seed: u64) {
    let estate = estate(vms, seed);
    assert_eq!(estate.vms.len(), vms as usize);
    morefs_lead_back(&estate);
    everything_is_below_the_root(&estate);
    names_are_unique_where_they_lie(&estate);
    references_go_both_ways(&estate);
    hosts_are_not_over_full(&estate);
    storage_adds_up(&estate);
    addresses_and_serials_are_unique(&estate);
    times_are_in_order(&estate);
    templates_are_in_no_pool(&estate);
    plausible(&estate);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_small_estate_is_consistent(vms in 1_u32..40, seed: u64) {
        hold(vms, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn estates_of_one_ten_and_three_hundred_vms_are_consistent(seed: u64) {
        for vms in [1, 10, 300] {
            hold(vms, seed);
        }
    }

    #[test]
    fn the_same_seed_and_size_give_the_same_estate_and_another_seed_another(seed: u64, vms in 5_u32..400) {
        let all = |seed| format!("{:?}", estate(vms, seed));
        prop_assert_eq!(all(seed), all(seed));
        prop_assert_ne!(all(seed), all(seed.wrapping_add(1)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn an_estate_of_five_thousand_vms_is_consistent(seed: u64) {
        hold(5_000, seed);
    }
}

#[test]
fn the_largest_estate_is_consistent_and_has_something_of_everything() {
    hold(30_000, 1);
    let mut mounts = Vec::new();
    for seed in 0..20 {
        let estate = estate(1_000, seed);
        for connection in [Connection::Connected, Connection::Disconnected] {
            assert!(estate.hosts.iter().any(|host| host.connection == connection), "{seed}: {connection:?}");
        }
        assert!(estate.hosts.iter().any(|host| host.in_maintenance), "{seed}");
        for datastore in &estate.datastores {
            let hosts = datastore.hosts.iter().filter_map(|id| estate.host(*id));
            mounts.extend(hosts.map(|host| estate.mount(datastore, host)));
        }
        assert!(estate.vms.iter().any(|vm| vm.is_template), "{seed}");
        assert!(estate.vms.iter().any(|vm| vm.vapp.is_some()), "{seed}");
        assert!(estate.vms.iter().any(|vm| vm.snapshots.len() > 1), "{seed}");
        assert!(estate.computes.iter().any(|compute| compute.cluster.is_none()), "{seed}");
        for kind in [Kind::StoragePod, Kind::Network, Kind::DistributedVirtualPortgroup, Kind::VirtualApp] {
            assert!(estate.ids().any(|id| estate.kind(id) == kind), "{seed}: {kind:?}");
        }
        for power in [Power::On, Power::Off, Power::Suspended] {
            assert!(estate.vms.iter().any(|vm| vm.power == power), "{seed}: {power:?}");
        }
    }
    assert!(mounts.iter().any(|mount| mount.mode == "readOnly"));
    assert!(mounts.iter().any(|mount| !mount.is_mounted));
    assert!(mounts.iter().any(|mount| mount.is_mounted && mount.reason.is_some()));
}

fn morefs_lead_back(estate: &Estate) {
    let mut seen = HashSet::new();
    for id in estate.ids() {
        let (kind, moref) = (estate.kind(id).type_name(), estate.moref(id));
        assert_eq!(estate.find(kind, &moref), Some(id));
        assert_eq!(estate.find("Task", &moref), None);
        assert!(seen.insert(moref));
    }
    assert_eq!(estate.moref(estate.root()), "group-d1");
}

fn everything_is_below_the_root(estate: &Estate) {
    let below: HashSet<Id> = estate.below(estate.root(), true).into_iter().collect();
    for id in estate.ids().filter(|id| *id != estate.root()) {
        let is_snapshot = estate.kind(id) == Kind::VirtualMachineSnapshot;
        assert_ne!(below.contains(&id), is_snapshot, "{}", estate.moref(id));
    }
}

fn names_are_unique_where_they_lie(estate: &Estate) {
    let names = |ids: &[Id]| {
        let mut seen = BTreeSet::new();
        for id in ids {
            let name = match estate.object(*id) {
                Some(Object::Folder(one)) => &one.name,
                Some(Object::Datacenter(one)) => &one.name,
                Some(Object::Compute(one)) => &one.name,
                Some(Object::Host(one)) => &one.name,
                Some(Object::Pool(one)) => &one.name,
                Some(Object::Vm(one)) => &one.name,
                Some(Object::Datastore(one)) => &one.name,
                Some(Object::Network(one)) => &one.name,
                Some(Object::Switch(one)) => &one.name,
                _ => panic!("{id:?} lies in a folder"),
            };
            assert!(!name.is_empty());
            assert!(seen.insert(name.to_lowercase()), "{name} is there twice");
        }
    };
    estate.folders.iter().for_each(|folder| names(&folder.children));
    estate.pools.iter().for_each(|pool| names(&pool.pools));
    names(&estate.hosts.iter().map(|host| host.id).collect::<Vec<_>>());
    names(&estate.vms.iter().map(|vm| vm.id).collect::<Vec<_>>());
}

/// Both sides as pairs must be the same set.
fn mirror(what: &str, one: impl Iterator<Item = (Id, Id)>, other: impl Iterator<Item = (Id, Id)>) {
    let (one, other): (Vec<_>, Vec<_>) = (one.collect(), other.collect());
    let (ones, others): (BTreeSet<_>, BTreeSet<_>) = (one.iter().collect(), other.iter().collect());
    assert_eq!((ones.len(), others.len()), (one.len(), other.len()), "{what} refer twice");
    assert_eq!(ones, others, "{what}");
}

fn pairs<'a, T: 'a>(
    of: &'a [T],
    id: impl Fn(&T) -> Id + 'a,
    to: impl Fn(&T) -> Vec<Id> + 'a,
) -> impl Iterator<Item = (Id, Id)> + 'a {
    of.iter().flat_map(move |one| {
        let own = id(one);
        to(one).into_iter().map(move |other| (own, other))
    })
}

fn swapped(pairs: impl Iterator<Item = (Id, Id)>) -> impl Iterator<Item = (Id, Id)> {
    pairs.map(|(one, other)| (other, one))
}

fn references_go_both_ways(estate: &Estate) {
    let Estate { hosts, vms, datastores, networks, computes, pools, folders, .. } = estate;
    mirror(
        "host.vm and vm.host",
        pairs(hosts, |h| h.id, |h| h.vms.clone()),
        vms.iter().map(|vm| (vm.host, vm.id)),
    );
    mirror(
        "host.datastore and datastore.host",
        pairs(hosts, |h| h.id, |h| h.datastores.clone()),
        swapped(pairs(datastores, |d| d.id, |d| d.hosts.clone())),
    );
    mirror(
        "host.network and network.host",
        pairs(hosts, |h| h.id, |h| h.networks.clone()),
        swapped(pairs(networks, |n| n.id, |n| n.hosts.clone())),
    );
    mirror(
        "vm.datastore and datastore.vm",
        pairs(vms, |v| v.id, |v| v.datastores.clone()),
        swapped(pairs(datastores, |d| d.id, |d| d.vms.clone())),
    );
    mirror(
        "vm.network and network.vm",
        pairs(vms, |v| v.id, |v| v.networks.clone()),
        swapped(pairs(networks, |n| n.id, |n| n.vms.clone())),
    );
    mirror(
        "pool.vm and vm.resourcePool",
        pairs(pools, |p| p.id, |p| p.vms.clone()),
        vms.iter().filter_map(|vm| Some((vm.pool?, vm.id))),
    );
    let children: BTreeMap<Id, Id> = estate
        .ids()
        .filter_map(|id| match estate.object(id)? {
            Object::Folder(folder) => Some(folder.children.iter().map(move |child| (*child, id))),
            _ => None,
        })
        .flatten()
        .collect();
    let lying = folders.iter().map(|folder| folder.children.len()).sum::<usize>();
    assert_eq!(children.len(), lying, "nothing lies in two folders");
    for vm in vms {
        assert_eq!(children.get(&vm.id).copied(), vm.folder);
        assert_eq!(vm.folder.is_some(), vm.vapp.is_none());
        assert!(vm.vapp.is_none() || vm.vapp == vm.pool);
        let host = estate.host(vm.host).expect("a host");
        for datastore in &vm.datastores {
            assert!(host.datastores.contains(datastore), "{} can't reach its files", vm.name);
        }
        for network in &vm.networks {
            assert!(host.networks.contains(network), "{} has no such network", vm.name);
        }
    }
    for id in estate.ids() {
        if let Some(Object::Compute(compute)) = estate.object(id) {
            assert_eq!(children.get(&id), Some(&compute.parent));
            assert!(
                compute.hosts.iter().all(|host| estate.host(*host).is_some_and(|host| host.parent == id))
            );
            assert!(matches!(estate.object(compute.pool), Some(Object::Pool(pool)) if pool.owner == id));
        }
    }
    let in_computes: usize = computes.iter().map(|compute| compute.hosts.len()).sum();
    assert_eq!(in_computes, hosts.len());
    for pool in pools {
        let is_known = match estate.object(pool.parent) {
            Some(Object::Pool(above)) => above.pools.contains(&pool.id),
            Some(Object::Compute(compute)) => compute.pool == pool.id,
            _ => false,
        };
        assert!(is_known, "{} hangs in the air", pool.name);
    }
}

fn hosts_are_not_over_full(estate: &Estate) {
    let mut running: BTreeMap<Id, (u64, u32)> = BTreeMap::new();
    for vm in estate.vms.iter().filter(|vm| vm.power == Power::On) {
        let of_host = running.entry(vm.host).or_default();
        of_host.0 += u64::from(vm.memory_mb);
        of_host.1 += 1;
    }
    for host in &estate.hosts {
        let (memory, count) = running.get(&host.id).copied().unwrap_or_default();
        assert!(memory <= u64::from(host.memory_gb) * 1024, "{} holds {memory} MiB", host.name);
        assert!(count <= 64, "{} runs {count}", host.name);
        assert!(!host.in_maintenance || count == 0, "{} runs VMs in maintenance", host.name);
        assert!(host.cpu_usage_mhz <= host.total_mhz());
        assert!(host.memory_usage_mb <= host.memory_gb * 1024);
    }
}

fn storage_adds_up(estate: &Estate) {
    for datastore in &estate.datastores {
        assert!(datastore.capacity > 0 && datastore.free < datastore.capacity, "{}", datastore.name);
        assert!(!datastore.hosts.is_empty(), "{} is mounted nowhere", datastore.name);
        let hosts = datastore.hosts.iter().filter_map(|id| estate.host(*id));
        let mounts: Vec<_> = hosts.map(|host| estate.mount(datastore, host)).collect();
        let is_reached = mounts.iter().any(|mount| mount.is_accessible);
        assert_eq!(is_reached, datastore.accessible, "{}: {mounts:?}", datastore.name);
    }
    let committed: u64 = estate.vms.iter().map(|vm| vm.committed).sum();
    let used: u64 = estate.datastores.iter().map(|datastore| datastore.capacity - datastore.free).sum();
    assert!(committed <= used);
}

fn addresses_and_serials_are_unique(estate: &Estate) {
    let mut seen = HashSet::new();
    let of_vms = estate.vms.iter().flat_map(|vm| vm.addresses.iter());
    for address in of_vms.chain(estate.hosts.iter().map(|host| &host.address)) {
        assert!(seen.insert(*address), "{address:x} is there twice");
    }
    let mut serials = HashSet::new();
    for host in &estate.hosts {
        let serial = At::new(estate, host.id).and_then(serial).expect("a serial number");
        assert!(serials.insert(serial), "the serial number of {} is there twice", host.name);
    }
    let cards: u32 = estate.vms.iter().map(|vm| vm.networks.len() as u32).sum();
    assert!(cards <= 0xffff, "MAC addresses are used up");
}

fn times_are_in_order(estate: &Estate) {
    for vm in &estate.vms {
        assert!(vm.created <= vm.boot && vm.boot <= TODAY, "{}", vm.name);
        let mut before = vm.created;
        for (place, snapshot) in vm.snapshots.iter().enumerate() {
            assert!(before <= snapshot.created && snapshot.created <= TODAY, "{}", vm.name);
            assert!(snapshot.parent.is_none_or(|parent| parent < place), "{}", vm.name);
            before = snapshot.created;
        }
    }
}

fn templates_are_in_no_pool(estate: &Estate) {
    for vm in &estate.vms {
        assert_eq!(vm.is_template, vm.pool.is_none(), "{}", vm.name);
        assert!(!vm.is_template || vm.power == Power::Off, "{}", vm.name);
        assert!(vm.tools != Tools::NotInstalled || !vm.is_talking());
        let host = estate.host(vm.host).expect("a host");
        assert!(vm.hardware <= host.release.hardware, "{}", vm.name);
    }
}
