//! Makes the next inventory out of what a pass read and what was known.
//! Refuses to forget a value that could not be read this time.

use super::pass::Reading;
use crate::wire;
use contract::{Coverage, Kind, Moref, Object, Snapshot, Time};
use std::collections::HashSet;
use std::sync::Arc;
use store::Pass;

/// What the store is to write of a reading.
pub(super) fn pass(reading: Reading, before: &Snapshot, synced_at: Time) -> Pass {
    let mut objects = Vec::new();
    let mut whole = reading.whole;
    for (_, read) in reading.kinds {
        let mut snapshots: Vec<Object> = read.snapshots.into_values().collect();
        for (_, object) in read.objects {
            if object.kind == Kind::Vms && wire::tree_is_missing(&object) {
                snapshots.extend(known_snapshots(before, &object));
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

fn known_snapshots(before: &Snapshot, vm: &Object) -> impl Iterator<Item = Object> {
    let of_vm = |snapshot: &&Arc<Object>| snapshot.parent().is_some_and(|parent| parent.moref == vm.moref);
    before.objects(Kind::Snapshots).iter().filter(of_vm).map(|snapshot| (**snapshot).clone())
}

/// The snapshot after a pass was published.
pub(super) fn after(pass: Pass, before: &Snapshot) -> Snapshot {
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
