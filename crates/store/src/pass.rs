//! What a sync read, and when it asked for each part of it.
//! Refuses to take what was only kept for read: it has no time.

use contract::{Kind, Moref, Object, Revision, Snapshot, Time};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What a sync read.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The state of the inventory that was known when it began to read, and not before its operation was claimed.
    pub base: Revision,
    /// What was known then: its history says what became another one.
    pub before: Arc<Snapshot>,
    /// The objects. One that is listed twice counts as the last one of them.
    pub objects: Vec<Arc<Object>>,
    /// Kinds that were read completely: what is known of them and not among `objects` is removed. Snapshots are a
    /// kind of their own here, though their coverage is that of the VMs.
    pub whole: Vec<Kind>,
    /// Morefs of the clusters whose hosts were read.
    pub clusters: Vec<Moref>,
    /// Objects that are proven to be gone.
    pub gone: Vec<(Kind, Moref)>,
    /// When what was asked for.
    pub asked: Asked,
    /// Kinds whose changes are told as what the operation changed.
    pub counted: Vec<Kind>,
    /// When it began to read: what it read is at least as new as that.
    pub synced_at: Time,
}

/// When the calls were sent that the answers came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    objects: BTreeMap<Kind, HashMap<Moref, Time>>,
    lists: BTreeMap<Kind, Time>,
}

impl Asked {
    /// Notes when an object was asked for that came, or that is proven to be gone.
    pub fn object(&mut self, kind: Kind, moref: Moref, at: Time) {
        self.objects.entry(kind).or_default().insert(moref, at);
    }

    /// Notes when a kind was listed: what isn't in the list was not there after that.
    pub fn list(&mut self, kind: Kind, at: Time) {
        self.lists.insert(kind, at);
    }

    /// Takes in other times.
    pub fn extend(&mut self, other: Asked) {
        for (kind, objects) in other.objects {
            self.objects.entry(kind).or_default().extend(objects);
        }
        self.lists.extend(other.lists);
    }

    /// When an object was asked for; `None` if no answer about it came.
    pub fn of(&self, kind: Kind, moref: &str) -> Option<Time> {
        self.objects.get(&kind)?.get(moref).copied()
    }

    /// When it was asked for whatever shows that an object isn't there: by itself, with the one that it is part of, or by
    /// the list of its kind.
    pub(crate) fn absence(&self, kind: Kind, moref: &str, object: Option<&Object>) -> Time {
        let whole = kind.covered_by();
        let with_its_whole = || self.of(whole, &object.filter(|_| whole != kind)?.parent()?.moref);
        let listed = || self.lists.get(&whole).copied();
        self.of(kind, moref).or_else(with_its_whole).or_else(listed).unwrap_or(Time(i64::MIN))
    }
}

impl Pass {
    /// Whether it holds all there is: whatever a damaged row was about was read again.
    pub(crate) fn is_everything(&self) -> bool {
        Kind::READ.iter().all(|kind| self.whole.contains(kind))
    }

    /// Every kind of which something was read.
    pub(crate) fn kinds(&self) -> BTreeSet<Kind> {
        let objects = self.objects.iter().map(|object| object.kind);
        let gone = self.gone.iter().map(|(kind, _)| *kind);
        self.whole.iter().copied().chain(objects).chain(gone).collect()
    }

    /// The revision after which others published while it read, if they did. In another history nobody can tell: then what
    /// was read counts.
    pub(crate) fn overlaps(&self, now: &Revision) -> Option<i64> {
        let began = now.epoch == self.base.epoch || self.base.epoch.is_empty();
        (began && now.number > self.base.number).then_some(self.base.number)
    }

    /// When an object's absence was asked for, if the pass shows that it isn't there.
    pub(crate) fn absence(&self, kind: Kind, moref: &str, object: Option<&Object>) -> Option<Time> {
        let is_absent =
            self.whole.contains(&kind) || self.gone.iter().any(|gone| *gone.1 == *moref && gone.0 == kind);
        is_absent.then(|| self.asked.absence(kind, moref, object))
    }

    /// Whether its coverage says when an object was asked for.
    pub(crate) fn covers(&self, object: &Object) -> bool {
        let of_cluster = || {
            object
                .parent()
                .is_some_and(|parent| parent.kind == Kind::Clusters && self.clusters.contains(&parent.moref))
        };
        self.whole.contains(&object.kind) || object.kind == Kind::Hosts && of_cluster()
    }
}
