//! What one vCenter has: how many of what, and how much room, in it and in each of its datacenters and clusters.
//! Refuses to look at another vCenter: what several of them see is put together in `estate`.

use super::volumes::{Read, Sum, Volume};
use super::{Capacity, Census, Cpu, Memory, OfCluster, OfDatacenter};
use crate::tally::{Tally, failover_hosts, host_state};
use crate::{Kind, Moref, Object, Snapshot, Value, natural};
use std::collections::HashMap;
use std::sync::Arc;

/// All of it, computed once for each snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    pub(super) counts: Census,
    pub(super) networks: i64,
    pub(super) snapshots: i64,
    pub(super) capacity: Capacity,
    pub(super) datacenters: Vec<OfDatacenter>,
    /// Datastores that some host can access.
    pub(super) volumes: Vec<Volume>,
    /// Hosts that nothing can run on: moref, name, cluster and state.
    pub(super) unavailable: Vec<(Moref, String, Option<String>, String)>,
    /// Every host by its hardware.
    pub(super) by_uuid: HashMap<Box<str>, Vec<Moref>>,
}

/// What is gone of CPU and memory while failover hosts are down; nothing where no cluster has HA.
#[derive(Clone, Copy, Default)]
struct Lost(Option<(i64, i64)>);

impl Lost {
    fn add(&mut self, other: Lost) {
        if let Some((mhz, bytes)) = other.0 {
            let (all_mhz, all_bytes) = self.0.unwrap_or_default();
            self.0 = Some((all_mhz.saturating_add(mhz), all_bytes.saturating_add(bytes)));
        }
    }
}

impl Standing {
    pub(crate) fn of(snapshot: &Snapshot) -> Standing {
        let volumes = Volume::all(snapshot);
        let mut clusters: HashMap<Option<Moref>, Vec<(OfCluster, Lost)>> = HashMap::new();
        for object in snapshot.objects(Kind::Clusters) {
            let datacenter = snapshot.containers(object).find(|one| one.kind == Kind::Datacenters);
            let of_datacenter = clusters.entry(datacenter.map(|one| one.moref.clone())).or_default();
            of_datacenter.push(cluster(snapshot, object, &volumes));
        }
        let mut all_lost = Lost::default();
        clusters.values().flatten().for_each(|(_, lost)| all_lost.add(*lost));
        let datacenters = snapshot.objects(Kind::Datacenters).iter();
        let datacenters = datacenters.map(|object| {
            let clusters = clusters.remove(&Some(object.moref.clone())).unwrap_or_default();
            datacenter(snapshot, object, clusters, &volumes)
        });
        let mut datacenters: Vec<OfDatacenter> = datacenters.collect();
        datacenters.sort_by_cached_key(|one| natural::key(&one.name));
        let whole = snapshot.whole();
        let storage = Sum::of(&read(volumes.iter()));
        let count = |kind| i64::try_from(snapshot.count(kind)).unwrap_or(i64::MAX);
        Standing {
            counts: counts(whole, &storage),
            networks: count(Kind::Networks),
            snapshots: count(Kind::Snapshots),
            capacity: capacity(whole, all_lost, storage),
            datacenters,
            unavailable: unavailable(snapshot),
            by_uuid: by_uuid(snapshot),
            volumes,
        }
    }
}

fn cluster(snapshot: &Snapshot, object: &Arc<Object>, volumes: &[Volume]) -> (OfCluster, Lost) {
    let tally = snapshot.tally(object);
    let failover_hosts = failover_hosts(object);
    let lost = Lost(failover_hosts.map(|hosts| {
        let largest =
            |sizes: &[i64]| sizes.iter().take(hosts).fold(0_i64, |sum, one| sum.saturating_add(*one));
        (largest(&tally.host_mhz), largest(&tally.memory_bytes))
    }));
    let storage = Sum::of(&read(volumes.iter().filter(|one| one.clusters.contains(&object.moref))));
    let flag = |id| match object.stored(id) {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    };
    let of = OfCluster {
        name: name(object),
        moref: object.moref.clone(),
        ha_enabled: flag("ha_enabled"),
        admission_control: flag("admission_control"),
        failover_hosts: failover_hosts.and_then(|hosts| i64::try_from(hosts).ok()),
        // It is one itself.
        counts: Census { clusters: 0, ..counts(tally, &storage) },
        capacity: capacity(tally, lost, storage),
    };
    (of, lost)
}

fn datacenter(
    snapshot: &Snapshot,
    object: &Arc<Object>,
    clusters: Vec<(OfCluster, Lost)>,
    volumes: &[Volume],
) -> OfDatacenter {
    let tally = snapshot.tally(object);
    let mut lost = Lost::default();
    clusters.iter().for_each(|(_, of)| lost.add(*of));
    let storage = Sum::of(&read(volumes.iter().filter(|one| one.datacenter.as_ref() == Some(&object.moref))));
    let mut clusters: Vec<OfCluster> = clusters.into_iter().map(|(of, _)| of).collect();
    clusters.sort_by_cached_key(|one| natural::key(&one.name));
    OfDatacenter {
        name: name(object),
        moref: object.moref.clone(),
        counts: counts(tally, &storage),
        capacity: capacity(tally, lost, storage),
        clusters,
    }
}

/// Volumes of one snapshot: what was read at once is as new.
fn read<'a>(volumes: impl Iterator<Item = &'a Volume>) -> Vec<Read<'a>> {
    volumes.map(|volume| Read { source: 0, at: 0, volume }).collect()
}

fn counts(tally: &Tally, storage: &Sum) -> Census {
    Census {
        clusters: tally.clusters,
        hosts: tally.hosts,
        hosts_available: tally.hosts_available,
        hosts_in_maintenance: tally.hosts_in_maintenance,
        hosts_not_connected: tally.hosts_not_connected,
        vms: tally.vms - tally.templates - tally.agents - tally.placeholders,
        vms_on: tally.vms_on,
        templates: tally.templates,
        agents: tally.agents,
        placeholders: tally.placeholders,
        datastores: storage.count + tally.datastores_inaccessible,
        datastores_inaccessible: tally.datastores_inaccessible,
    }
}

fn capacity(tally: &Tally, lost: Lost, storage: Sum) -> Capacity {
    let total = |sizes: &[i64]| sizes.iter().fold(0_i64, |sum, one| sum.saturating_add(*one));
    let (total_mhz, total_bytes) = (total(&tally.host_mhz), total(&tally.memory_bytes));
    let measured = i64::try_from(tally.memory_bytes.len().min(tally.host_mhz.len())).unwrap_or(i64::MAX);
    Capacity {
        cpu: Cpu {
            total_mhz,
            used_mhz: tally.cpu_used_mhz,
            after_failover_mhz: lost.0.map(|(mhz, _)| total_mhz.saturating_sub(mhz)),
            reserved_mhz: tally.cpu_reserved_mhz,
            cores: tally.cores,
            vcpus: tally.vcpus_on,
        },
        memory: Memory {
            total_bytes,
            used_bytes: tally.memory_used_bytes,
            after_failover_bytes: lost.0.map(|(_, bytes)| total_bytes.saturating_sub(bytes)),
            reserved_bytes: tally.memory_reserved_bytes,
            configured_bytes: tally.memory_on_bytes,
        },
        storage: storage.storage,
        vsan: storage.vsan,
        hosts_unmeasured: tally.hosts_available.saturating_sub(measured),
    }
}

fn unavailable(snapshot: &Snapshot) -> Vec<(Moref, String, Option<String>, String)> {
    let hosts = snapshot.objects(Kind::Hosts).iter();
    let mut gone: Vec<_> = hosts
        .filter_map(|host| {
            let state = host_state(host).filter(|state| *state != "connected")?;
            let cluster = host.parent().filter(|up| up.kind == Kind::Clusters);
            let cluster = cluster.and_then(|up| snapshot.follow(up)).map(|cluster| name(cluster));
            Some((host.moref.clone(), name(host), cluster, state.to_owned()))
        })
        .collect();
    gone.sort_by_cached_key(|(_, name, ..)| natural::key(name));
    gone
}

fn by_uuid(snapshot: &Snapshot) -> HashMap<Box<str>, Vec<Moref>> {
    let mut found: HashMap<Box<str>, Vec<Moref>> = HashMap::new();
    for host in snapshot.objects(Kind::Hosts) {
        if let Some(uuid) = host.stored("uuid").as_text() {
            found.entry(uuid.to_lowercase().into()).or_default().push(host.moref.clone());
        }
    }
    found
}

/// What it is called, or its moref where nobody knows.
pub(super) fn name(object: &Object) -> String {
    object.stored("name").as_text().unwrap_or(&object.moref).to_owned()
}
