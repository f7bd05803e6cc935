//! All objects of a kind, in order, and where each of them is.
//! Refuses to copy an object: what comes after a change shares those that didn't.

use crate::{Moref, Object};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The objects of a kind in the order of their morefs. Clones share everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfKind {
    objects: Arc<[Arc<Object>]>,
    positions: Arc<HashMap<Moref, usize>>,
}

impl OfKind {
    pub(crate) fn new(mut objects: Vec<Arc<Object>>) -> OfKind {
        objects.sort_by(|a, b| moref_order(&a.moref, &b.moref));
        OfKind::sorted(objects)
    }

    fn sorted(objects: Vec<Arc<Object>>) -> OfKind {
        let positions = objects.iter().enumerate().map(|(at, object)| (object.moref.clone(), at)).collect();
        OfKind { objects: objects.into(), positions: Arc::new(positions) }
    }

    pub(crate) fn objects(&self) -> &[Arc<Object>] {
        &self.objects
    }

    pub(crate) fn position(&self, moref: &str) -> Option<usize> {
        self.positions.get(moref).copied()
    }

    pub(crate) fn get(&self, moref: &str) -> Option<&Arc<Object>> {
        self.objects.get(self.position(moref)?)
    }

    /// The objects after these came or changed and those went.
    pub(crate) fn after(&self, mut changed: Vec<Arc<Object>>, gone: &[Moref]) -> OfKind {
        let stays = |object: &Arc<Object>| self.positions.contains_key(&object.moref);
        if changed.iter().all(stays) && !gone.iter().any(|moref| self.positions.contains_key(moref)) {
            let mut objects = self.objects.to_vec();
            for object in changed {
                if let Some(at) = self.position(&object.moref) {
                    objects[at] = object;
                }
            }
            return OfKind { objects: objects.into(), positions: self.positions.clone() };
        }
        changed.sort_by(|a, b| moref_order(&a.moref, &b.moref));
        let replaced: HashSet<&str> =
            changed.iter().map(|object| &*object.moref).chain(gone.iter().map(|moref| &**moref)).collect();
        let kept = self.objects.iter().filter(|object| !replaced.contains(&*object.moref));
        let kept = kept.cloned().collect();
        OfKind::sorted(merge(kept, changed))
    }
}

/// Two sorted lists without common morefs as one.
fn merge(kept: Vec<Arc<Object>>, new: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
    let mut merged = Vec::with_capacity(kept.len() + new.len());
    let mut kept = kept.into_iter().peekable();
    for object in new {
        while let Some(before) = kept.next_if(|one| moref_order(&one.moref, &object.moref).is_lt()) {
            merged.push(before);
        }
        merged.push(object);
    }
    merged.extend(kept);
    merged
}

/// Orders `host-9` before `host-10`, as people count.
fn moref_order(a: &str, b: &str) -> Ordering {
    (a.len(), a).cmp(&(b.len(), b))
}
