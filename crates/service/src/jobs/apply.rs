//! Makes the next inventory out of what a pass read and what was known.
//! Refuses to forget a value that could not be read this time.

use super::pass::Reading;
use crate::wire;
use contract::{Kind, Moref, Object, Snapshot, Time};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{Asked, Pass, aside};

/// What the store is to write of a reading.
pub(super) async fn pass(reading: Reading, before: &Arc<Snapshot>, synced_at: Time) -> Pass {
    let before = before.clone();
    aside(move || settle(reading, &before, synced_at)).await
}

fn settle(reading: Reading, before: &Arc<Snapshot>, synced_at: Time) -> Pass {
    let Reading { kinds, mut whole, clusters, .. } = reading;
    let (mut objects, mut gone, mut asked) = (Vec::new(), Vec::new(), Asked::default());
    let (mut known, mut treeless) = (None, HashSet::new());
    for (kind, read) in kinds {
        let mut snapshots: Vec<Object> = read.snapshots.into_values().collect();
        for (_, object) in read.objects {
            if object.kind == Kind::Vms
                && let Some(why) = wire::no_tree(&object)
            {
                let known = known.get_or_insert_with(|| snapshots_by_vm(before));
                let of_vm = known.get(&object.moref).into_iter().flatten();
                snapshots.extend(of_vm.map(|snapshot| wire::snapshot_as_known(snapshot, why)));
                treeless.insert(object.moref.clone());
            }
            objects.push(settled(object, before));
        }
        objects.extend(snapshots.into_iter().map(|snapshot| settled(snapshot, before)));
        gone.extend(read.gone.into_iter().map(|moref| (kind, moref)));
        asked.extend(read.asked);
    }
    if whole.contains(&Kind::Vms) {
        whole.push(Kind::Snapshots);
    }
    date_snapshots(&mut asked, &objects, before, &treeless);
    Pass {
        base: before.revision().clone(),
        before: before.clone(),
        objects,
        whole,
        clusters,
        gone,
        asked,
        counted: Vec::new(),
        synced_at,
    }
}

/// Snapshots are asked for with their VM: those that its tree has, and those that it has no more. Of a tree that didn't come
/// they are only kept.
fn date_snapshots(asked: &mut Asked, objects: &[Arc<Object>], before: &Snapshot, treeless: &HashSet<Moref>) {
    let read = objects.iter().filter(|object| object.kind == Kind::Snapshots);
    for snapshot in read.chain(before.objects(Kind::Snapshots)) {
        let vm = snapshot.parent().filter(|vm| !treeless.contains(&vm.moref));
        if let Some(at) = vm.and_then(|vm| asked.of(Kind::Vms, &vm.moref)) {
            asked.object(Kind::Snapshots, snapshot.moref.clone(), at);
        }
    }
}

/// The object with what was known where it could not be read; the very same one if nothing differs.
fn settled(mut object: Object, before: &Snapshot) -> Arc<Object> {
    match before.get(object.kind, &object.moref) {
        Some(known) => {
            object.keep_known(known);
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

#[cfg(test)]
mod tests;
