//! What holds because vSphere, or whoever runs it, would have it no other way.

use std::collections::BTreeMap;

use super::settle::{OVERHEAD_MB, OVERHEAD_MHZ};
use super::{Cluster, Compute, Estate, Id};
use crate::options::Options;

/// The largest that VMFS can be.
const VMFS: u64 = 64 << 40;

pub(super) fn plausible(estate: &Estate) {
    datastores_have_sizes_that_there_are(estate);
    clusters_can_be_what_they_are(estate);
    hosts_are_as_busy_as_their_vms(estate);
    guests_are_known_to_their_hosts(estate);
    for vm in estate.vms.iter().filter(|vm| vm.vapp.is_some()) {
        assert!(vm.name.starts_with("app-erp-"), "{} is in the vApp of the ERP", vm.name);
    }
}

fn datastores_have_sizes_that_there_are(estate: &Estate) {
    for datastore in estate.datastores.iter().filter(|datastore| datastore.type_name == "VMFS") {
        assert!(datastore.capacity <= VMFS, "{} has {} TiB", datastore.name, datastore.capacity >> 40);
    }
}

fn clusters(estate: &Estate) -> impl Iterator<Item = (&Compute, Cluster)> {
    estate.computes.iter().filter_map(|compute| Some((compute, compute.cluster?)))
}

fn clusters_can_be_what_they_are(estate: &Estate) {
    for (compute, cluster) in clusters(estate) {
        assert!(!cluster.vsan || compute.hosts.len() >= 3, "{} has too few hosts for vSAN", compute.name);
        assert!(cluster.ha || !cluster.admission_control, "{}", compute.name);
    }
}

fn hosts_are_as_busy_as_their_vms(estate: &Estate) {
    let mut used: BTreeMap<Id, (u32, u32)> = BTreeMap::new();
    for vm in &estate.vms {
        let of_host = used.entry(vm.host).or_default();
        of_host.0 += vm.cpu_usage_mhz;
        of_host.1 += vm.memory_usage_mb;
    }
    for host in &estate.hosts {
        let (mhz, mb) = used.get(&host.id).copied().unwrap_or_default();
        assert_eq!((host.cpu_usage_mhz, host.memory_usage_mb), (mhz + OVERHEAD_MHZ, mb + OVERHEAD_MB));
    }
}

fn guests_are_known_to_their_hosts(estate: &Estate) {
    for vm in estate.vms.iter().filter(|vm| ["windows11_64Guest", "debian12_64Guest"].contains(&vm.os.id)) {
        let release = estate.host(vm.host).expect("a host").release;
        assert!(release.version.starts_with("8."), "{} runs on {}", vm.name, release.version);
        assert!(vm.hardware >= 20, "{} has version {}", vm.name, vm.hardware);
    }
}

#[test]
fn some_clusters_have_ha_or_drs_and_some_do_not() {
    for seed in 0..20 {
        for vms in [380, 1_000] {
            let estate = Estate::build(&Options::new(vms, seed));
            for wanted in [true, false] {
                assert!(
                    clusters(&estate).any(|(_, cluster)| cluster.ha == wanted),
                    "HA {wanted}: {vms} {seed}"
                );
                assert!(
                    clusters(&estate).any(|(_, cluster)| cluster.drs == wanted),
                    "DRS {wanted}: {vms} {seed}"
                );
            }
            assert!(clusters(&estate).any(|(_, cluster)| cluster.evc.is_some()));
            assert!(clusters(&estate).any(|(_, cluster)| cluster.evc.is_none()));
        }
    }
}
