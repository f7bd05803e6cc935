//! The tallies of all containers: what lies directly in each is counted once, and then taken in by those around it.
//! Refuses to count a VM twice where it lies in folders and runs in a cluster.

use super::{OfVm, Tally};
use crate::{Kind, Moref, Object, Snapshot};
use std::collections::HashMap;

/// The tallies of all containers of a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    by_container: HashMap<(Kind, Moref), Tally>,
    whole: Tally,
    nothing: Tally,
}

impl Tallies {
    pub(crate) fn of(snapshot: &Snapshot) -> Tallies {
        let mut tallies = Tallies::default();
        let mut held = Held::default();
        for kind in [Kind::Clusters, Kind::Hosts, Kind::Datastores] {
            for object in snapshot.objects(kind) {
                let tally = held.in_nearest(snapshot, object);
                match kind {
                    Kind::Clusters => tally.clusters += 1,
                    Kind::Hosts => tally.add_host(object),
                    _ => tally.add_datastore(object),
                }
            }
        }
        let of_vm = OfVm::new();
        for vm in snapshot.objects(Kind::Vms) {
            held.in_nearest(snapshot, vm).add_vm(vm, &of_vm);
            // A VM lies in folders, and runs in a cluster.
            let host = of_vm.host.and_then(|slot| vm.values.get(slot)?.refs().next());
            if let Some(host) = host {
                held.on_hosts.entry(&host.moref).or_default().add_vm(vm, &of_vm);
            }
        }
        tallies.take(snapshot, held);
        tallies.by_container.values_mut().for_each(Tally::sort);
        tallies.whole.sort();
        tallies
    }

    pub(crate) fn within(&self, container: &Object) -> &Tally {
        self.by_container.get(&(container.kind, container.moref.clone())).unwrap_or(&self.nothing)
    }

    /// What lies in the whole snapshot.
    pub(crate) fn whole(&self) -> &Tally {
        &self.whole
    }

    /// Adds what lies directly in each container to all those around it.
    fn take(&mut self, snapshot: &Snapshot, held: Held<'_>) {
        for (nearest, tally) in held.directly.values() {
            self.whole.merge(tally);
            let Some(nearest) = nearest else { continue };
            // A VM of which only the pool is known stands in it, and in the cluster by its host.
            let in_pool = nearest.kind == Kind::ResourcePools;
            let around = std::iter::once(*nearest).chain(snapshot.containers(nearest).map(|one| &**one));
            for container in around.filter(|one| !(in_pool && one.kind == Kind::Clusters)) {
                self.entry(container).merge(tally);
            }
        }
        for (host, tally) in &held.on_hosts {
            let host = snapshot.get(Kind::Hosts, host);
            let cluster = host.and_then(|host| snapshot.follow(host.parent()?));
            if let Some(cluster) = cluster.filter(|cluster| cluster.kind == Kind::Clusters) {
                self.entry(cluster).merge(tally);
            }
        }
    }

    fn entry(&mut self, container: &Object) -> &mut Tally {
        self.by_container.entry((container.kind, container.moref.clone())).or_default()
    }
}

/// A container by kind and moref; neither for what lies in none.
type Nearest<'a> = (Option<Kind>, &'a str);

/// What lies directly in each container, and what runs on each host.
#[derive(Default)]
struct Held<'a> {
    directly: HashMap<Nearest<'a>, (Option<&'a Object>, Tally)>,
    on_hosts: HashMap<&'a str, Tally>,
}

impl<'a> Held<'a> {
    fn in_nearest(&mut self, snapshot: &'a Snapshot, object: &'a Object) -> &mut Tally {
        let nearest = snapshot.containers(object).next().map(|nearest| &**nearest);
        let key = nearest.map_or((None, ""), |nearest| (Some(nearest.kind), &*nearest.moref));
        &mut self.directly.entry(key).or_insert_with(|| (nearest, Tally::default())).1
    }
}
