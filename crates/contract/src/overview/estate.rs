//! What all vCenters have together, each host and each datastore counted once.
//! Refuses to count what an entry has that is a host of another one.

use super::volumes::{self, Read, Sum};
use super::{Capacity, Census, OfVcenter, Overview, UnavailableHost, twice};
use crate::{Kind, Snapshot, Time, Vcenter};
use std::sync::Arc;

impl Overview {
    /// What is known of these vCenters. What changed and what comes next is told by others.
    pub fn of(inventories: &[(Vcenter, Arc<Snapshot>)], now: Time) -> Overview {
        let twice = twice::find(inventories);
        let mut overview = Overview::default();
        let (mut reads, mut names) = (Vec::new(), Vec::new());
        for (source, ((vcenter, snapshot), twice)) in inventories.iter().zip(&twice).enumerate() {
            let standing = snapshot.standing();
            names.push(&*vcenter.name);
            overview.vcenters.push(of_vcenter(
                vcenter,
                snapshot,
                twice.as_ref().map(|one| &*one.counted_with),
                now,
            ));
            overview.totals.vcenters += 1;
            if twice.is_some() {
                continue;
            }
            overview.totals.datacenters += i64::try_from(standing.datacenters.len()).unwrap_or(i64::MAX);
            overview.totals.networks += standing.networks;
            overview.totals.snapshots += standing.snapshots;
            overview.totals.counts.add(&standing.counts);
            overview.capacity.add(&standing.capacity);
            let at = snapshot.synced_at(Kind::Datastores).map_or(i64::MIN, |at| at.0);
            reads.extend(standing.volumes.iter().map(|volume| Read { source, at, volume }));
            let room = Overview::MOST_HOSTS.saturating_sub(overview.unavailable_hosts.len());
            overview.unavailable_hosts.extend(standing.unavailable.iter().take(room).map(
                |(moref, name, cluster, state)| UnavailableHost {
                    vcenter: vcenter.name.clone(),
                    vcenter_id: vcenter.id.clone(),
                    name: name.clone(),
                    moref: moref.clone(),
                    cluster: cluster.clone(),
                    state: state.clone(),
                },
            ));
        }
        // What each has by itself was summed up above; of the whole estate a datastore is counted once.
        let storage = Sum::of(&reads);
        overview.totals.counts.datastores = storage.count + overview.totals.counts.datastores_inaccessible;
        (overview.capacity.storage, overview.capacity.vsan) = (storage.storage, storage.vsan);
        overview.merged_datastores = volumes::merged(&reads, &names);
        overview.hosts_counted_once = twice.into_iter().flatten().collect();
        overview
    }
}

fn of_vcenter(vcenter: &Vcenter, snapshot: &Snapshot, counted_with: Option<&str>, now: Time) -> OfVcenter {
    let standing = snapshot.standing();
    let synced_at = snapshot.oldest(now);
    OfVcenter {
        vcenter: vcenter.name.clone(),
        vcenter_id: vcenter.id.clone(),
        synced_at,
        age_seconds: synced_at.and_then(|at| at.age_seconds(now)),
        counted_with: counted_with.map(str::to_owned),
        counts: standing.counts,
        capacity: standing.capacity,
        datacenters: standing.datacenters.clone(),
    }
}

impl Census {
    fn add(&mut self, other: &Census) {
        let Census {
            clusters,
            hosts,
            hosts_available,
            hosts_in_maintenance,
            hosts_not_connected,
            vms,
            vms_on,
            templates,
            agents,
            placeholders,
            datastores,
            datastores_inaccessible,
        } = other;
        self.clusters += clusters;
        self.hosts += hosts;
        self.hosts_available += hosts_available;
        self.hosts_in_maintenance += hosts_in_maintenance;
        self.hosts_not_connected += hosts_not_connected;
        self.vms += vms;
        self.vms_on += vms_on;
        self.templates += templates;
        self.agents += agents;
        self.placeholders += placeholders;
        self.datastores += datastores;
        self.datastores_inaccessible += datastores_inaccessible;
    }
}

impl Capacity {
    /// CPU and memory; storage is not the sum of what each sees.
    fn add(&mut self, other: &Capacity) {
        let (cpu, memory) = (&mut self.cpu, &mut self.memory);
        // Where only some have HA, the others lose nothing.
        let left = |own: Option<i64>, total: i64, other: Option<i64>, other_total: i64| match (own, other) {
            (None, None) => None,
            (own, other) => Some(own.unwrap_or(total).saturating_add(other.unwrap_or(other_total))),
        };
        cpu.after_failover_mhz =
            left(cpu.after_failover_mhz, cpu.total_mhz, other.cpu.after_failover_mhz, other.cpu.total_mhz);
        memory.after_failover_bytes = left(
            memory.after_failover_bytes,
            memory.total_bytes,
            other.memory.after_failover_bytes,
            other.memory.total_bytes,
        );
        let add = |own: &mut i64, other: i64| *own = own.saturating_add(other);
        add(&mut cpu.total_mhz, other.cpu.total_mhz);
        add(&mut cpu.used_mhz, other.cpu.used_mhz);
        add(&mut cpu.reserved_mhz, other.cpu.reserved_mhz);
        add(&mut cpu.cores, other.cpu.cores);
        add(&mut cpu.vcpus, other.cpu.vcpus);
        add(&mut memory.total_bytes, other.memory.total_bytes);
        add(&mut memory.used_bytes, other.memory.used_bytes);
        add(&mut memory.reserved_bytes, other.memory.reserved_bytes);
        add(&mut memory.configured_bytes, other.memory.configured_bytes);
        add(&mut self.hosts_unmeasured, other.hosts_unmeasured);
    }
}
