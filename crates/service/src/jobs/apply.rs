//! Makes the next inventory out of what a pass read and what was known.
//! Refuses to forget a value that could not be read this time.

use super::pass::Reading;
use crate::wire;
use contract::{Coverage, Kind, Moref, Object, Snapshot, Time};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{Pass, aside};

/// What the store is to write of a reading.
pub(super) async fn pass(reading: Reading, before: &Arc<Snapshot>, synced_at: Time) -> Pass {
    let before = before.clone();
    aside(move || settle(reading, &before, synced_at)).await
}

/// The snapshot after a pass was published.
pub(super) async fn after(pass: Pass, before: &Arc<Snapshot>) -> Snapshot {
    let before = before.clone();
    aside(move || next(pass, &before)).await
}

fn settle(reading: Reading, before: &Snapshot, synced_at: Time) -> Pass {
    let mut objects = Vec::new();
    let mut whole = reading.whole;
    let mut known = None;
    for (_, read) in reading.kinds {
        let mut snapshots: Vec<Object> = read.snapshots.into_values().collect();
        for (_, object) in read.objects {
            if object.kind == Kind::Vms
                && let Some(why) = wire::no_tree(&object)
            {
                let known = known.get_or_insert_with(|| snapshots_by_vm(before));
                let of_vm = known.get(&object.moref).into_iter().flatten();
                snapshots.extend(of_vm.map(|snapshot| wire::snapshot_as_known(snapshot, why)));
            }
            objects.push(settled(object, before));
        }
        objects.extend(snapshots.into_iter().map(|snapshot| settled(snapshot, before)));
    }
    if whole.contains(&Kind::Vms) {
        whole.push(Kind::Snapshots);
    }
    Pass { objects, whole, clusters: reading.clusters, gone: reading.gone, synced_at }
}

/// The object with what was known where it could not be read; the very same one if nothing differs.
fn settled(mut object: Object, before: &Snapshot) -> Arc<Object> {
    match before.get(object.kind, &object.moref) {
        Some(known) => {
            wire::keep_known(&mut object, known);
            if **known == object { known.clone() } else { Arc::new(object) }
        }
        None => Arc::new(object),
    }
}

/// Every known snapshot, by its VM: looked at once, however many VMs come without their tree.
fn snapshots_by_vm(before: &Snapshot) -> HashMap<&Moref, Vec<&Object>> {
    let mut by_vm: HashMap<&Moref, Vec<&Object>> = HashMap::new();
    for snapshot in snapshots(before) {
        if let Some(vm) = snapshot.parent() {
            by_vm.entry(&vm.moref).or_default().push(snapshot);
        }
    }
    by_vm
}

/// The known snapshots. A test counts how many are looked at.
fn snapshots(before: &Snapshot) -> impl Iterator<Item = &Object> {
    before.objects(Kind::Snapshots).iter().map(|snapshot| {
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        &**snapshot
    })
}

fn next(pass: Pass, before: &Snapshot) -> Snapshot {
    let read: HashSet<(Kind, Moref)> = pass.objects.iter().map(|o| (o.kind, o.moref.clone())).collect();
    let gone: HashSet<(Kind, Moref)> = pass.gone.iter().cloned().collect();
    let kept = before.all().filter(|object| {
        let key = (object.kind, object.moref.clone());
        !pass.whole.contains(&object.kind) && !read.contains(&key) && !gone.contains(&key)
    });
    let objects: Vec<Arc<Object>> = kept.cloned().chain(pass.objects).collect();

    let mut coverage: Vec<Coverage> = before.coverage().to_vec();
    let read_again = |old: &Coverage| match &old.cluster {
        _ if pass.whole.contains(&old.kind) => true,
        Some(cluster) => old.kind == Kind::Hosts && pass.clusters.contains(cluster),
        None => false,
    };
    coverage.retain(|old| !read_again(old));
    let covered = |kind, cluster| Coverage { kind, cluster, synced_at: pass.synced_at };
    coverage.extend(
        pass.whole.iter().filter(|kind| kind.covered_by() == **kind).map(|kind| covered(*kind, None)),
    );
    coverage.extend(pass.clusters.iter().map(|cluster| covered(Kind::Hosts, Some(cluster.clone()))));
    Snapshot::new(objects, coverage)
}

#[cfg(test)]
mod tests;
