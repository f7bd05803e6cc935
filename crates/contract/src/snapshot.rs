//! A vCenter's inventory as one immutable snapshot.
//! Refuses to be changed: what a sync brings makes the next snapshot beside it, which shares what stayed.

use crate::delta::{Age, Delta, Revision};
use crate::held::Held;
use crate::of_kind::OfKind;
use crate::overview::Standing;
use crate::tally::{Tallies, Tally};
use crate::{Coverage, Kind, Moref, Object, Ref, Row, Time, Value, Vcenter};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

/// The inventory of one vCenter at one moment, or a part of it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    revision: Revision,
    held: Held,
    kinds: BTreeMap<Kind, OfKind>,
    coverage: Vec<Coverage>,
    ages: HashMap<(Kind, Moref), Time>,
    tallies: OnceLock<Tallies>,
    standing: OnceLock<Standing>,
    texts: BTreeMap<Kind, OnceLock<Vec<Box<str>>>>,
}

impl Snapshot {
    /// A snapshot of these objects.
    pub fn new(objects: impl IntoIterator<Item = Arc<Object>>, coverage: Vec<Coverage>) -> Snapshot {
        let mut by_kind: BTreeMap<Kind, Vec<Arc<Object>>> = BTreeMap::new();
        for object in objects {
            by_kind.entry(object.kind).or_default().push(object);
        }
        let kinds = by_kind.into_iter().map(|(kind, objects)| (kind, OfKind::new(objects))).collect();
        Snapshot::of(kinds, coverage)
    }

    fn of(kinds: BTreeMap<Kind, OfKind>, coverage: Vec<Coverage>) -> Snapshot {
        let texts = kinds.keys().map(|kind| (*kind, OnceLock::new())).collect();
        Snapshot { kinds, coverage, texts, ..Snapshot::default() }
    }

    /// The same, as of a revision, with objects that were read later than their kind.
    pub fn at(self, revision: Revision, ages: impl IntoIterator<Item = Age>) -> Snapshot {
        let ages = ages.into_iter().map(|age| ((age.kind, age.moref), age.asked_at)).collect();
        Snapshot { revision, ages, ..self }
    }

    /// The snapshot after what was published since. What didn't change is shared with this one.
    pub fn after(&self, delta: Delta) -> Snapshot {
        let Delta { revision, objects, gone, coverage, ages } = delta;
        let mut changes: BTreeMap<Kind, (Vec<Arc<Object>>, Vec<Moref>)> = BTreeMap::new();
        for object in objects {
            changes.entry(object.kind).or_default().0.push(object);
        }
        for (kind, moref) in gone {
            changes.entry(kind).or_default().1.push(moref);
        }
        let mut kinds = self.kinds.clone();
        for (kind, (changed, gone)) in changes {
            let next = kinds.get(&kind).cloned().unwrap_or_default().after(changed, &gone);
            kinds.insert(kind, next);
        }
        Snapshot { held: self.held.clone(), ..Snapshot::of(kinds, coverage) }.at(revision, ages)
    }

    /// Which state of the inventory it is.
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// When an object was asked for, where that was later than its kind was read.
    pub fn age(&self, object: &Object) -> Option<Time> {
        // Most snapshots have none: then no key is made.
        if self.ages.is_empty() {
            return None;
        }
        self.ages.get(&(object.kind, object.moref.clone())).copied()
    }

    /// A part of a snapshot: all objects of these kinds, and maybe some of others.
    pub fn part(
        objects: impl IntoIterator<Item = Arc<Object>>,
        coverage: Vec<Coverage>,
        kinds: &[Kind],
    ) -> Snapshot {
        Snapshot { held: Held::kinds(kinds), ..Snapshot::new(objects, coverage) }
    }

    /// Whether whatever was computed from it so far is what the whole snapshot would have given: nobody looked for what
    /// this part doesn't hold.
    pub fn is_enough(&self) -> bool {
        self.held.is_enough()
    }

    /// Every object of a kind, in the order of their morefs, also those that are not listed.
    pub fn objects(&self, kind: Kind) -> &[Arc<Object>] {
        self.held.look(kind);
        self.kinds.get(&kind).map_or(&[], OfKind::objects)
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.kinds.values().flat_map(OfKind::objects)
    }

    /// One object.
    pub fn get(&self, kind: Kind, moref: &str) -> Option<&Arc<Object>> {
        let found = self.kinds.get(&kind).and_then(|of_kind| of_kind.get(moref));
        if found.is_none() {
            self.held.look(kind);
        }
        found
    }

    /// The object that a reference points to.
    pub fn follow(&self, reference: &Ref) -> Option<&Arc<Object>> {
        self.get(reference.kind, &reference.moref)
    }

    /// The rows of a kind that users see. The vCenter is a parameter because it can be renamed without a sync, and the
    /// time because ages are those of now.
    pub fn rows<'a>(&'a self, vcenter: &'a Vcenter, kind: Kind, now: Time) -> impl Iterator<Item = Row<'a>> {
        let listed = self.objects(kind).iter().filter(|object| !is_root(object));
        listed.map(move |object| Row { vcenter, snapshot: self, object, now })
    }

    /// The root folder as a row, which stands for the vCenter itself and is in no list.
    pub fn root<'a>(&'a self, vcenter: &'a Vcenter, now: Time) -> Option<Row<'a>> {
        let root = self.objects(Kind::Folders).iter().find(|object| is_root(object))?;
        Some(Row { vcenter, snapshot: self, object: root, now })
    }

    /// Keeps what can be searched of the objects of a kind, in their order, made at the first call.
    pub fn texts(&self, kind: Kind, make: impl FnOnce() -> Vec<Box<str>>) {
        if let Some(texts) = self.texts.get(&kind) {
            texts.get_or_init(make);
        }
    }

    /// What can be searched of an object, if it was made.
    pub fn text(&self, kind: Kind, moref: &Moref) -> Option<&str> {
        let position = self.kinds.get(&kind)?.position(moref)?;
        self.texts.get(&kind)?.get()?.get(position).map(|text| &**text)
    }

    /// What lies within a container, counted and summed up. All of it is computed at once, the first time somebody asks.
    pub fn tally(&self, container: &Object) -> &Tally {
        self.tallies.get_or_init(|| Tallies::of(self)).within(container)
    }

    /// What lies in all of it.
    pub(crate) fn whole(&self) -> &Tally {
        self.tallies.get_or_init(|| Tallies::of(self)).whole()
    }

    /// What there is and how much room it has, computed at the first call.
    pub(crate) fn standing(&self) -> &Standing {
        self.standing.get_or_init(|| Standing::of(self))
    }

    /// How many rows of a kind users see.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects(kind).iter().filter(|object| !is_root(object)).count()
    }

    /// What was read, and when.
    pub fn coverage(&self) -> &[Coverage] {
        &self.coverage
    }

    /// When the whole kind was last read; `None` if never.
    pub fn synced_at(&self, kind: Kind) -> Option<Time> {
        self.coverage
            .iter()
            .filter(|c| c.kind == kind.covered_by() && c.cluster.is_none())
            .map(|c| c.synced_at)
            .max()
    }

    /// Whether the whole kind was ever read, so that none of it means that there is none.
    pub fn is_read(&self, kind: Kind) -> bool {
        self.synced_at(kind).is_some()
    }

    /// When the kind that was read longest ago was read, a time in the future before all others; `None` while a kind
    /// was never read.
    pub fn oldest(&self, now: Time) -> Option<Time> {
        let read: Option<Vec<Time>> = Kind::READ.iter().map(|kind| self.synced_at(*kind)).collect();
        Time::oldest(read?, now)
    }

    /// The containers of an object from the nearest outwards, the root folder left out. Those of a VM in a vApp are
    /// the folders that it is in, or its pools where the folder isn't known.
    pub fn containers<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a Arc<Object>> {
        let next = |object: &Object| {
            let folder = self.folder(object).and_then(|folder| self.follow(folder));
            folder.or_else(|| self.follow(object.parent()?))
        };
        std::iter::successors(next(object), move |object| next(object))
            .take(DEPTH)
            .filter(|object| !is_root(object))
    }

    /// The folder that a VM is in: its own, or the one that the outermost of the vApps around it names.
    pub fn folder<'a>(&'a self, vm: &'a Object) -> Option<&'a Ref> {
        if vm.kind != Kind::Vms {
            return None;
        }
        vm.first_of(&["folder_ref"])
            .or_else(|| self.vapps(vm).find_map(|vapp| vapp.first_of(&["parent_folder_moref"])))
    }

    /// The vApps around a VM or a vApp, from the nearest outwards.
    pub fn vapps<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a Arc<Object>> {
        let next = |object: &Object| {
            let around = object.first_of(&["vapp_moref", "parent_vapp_moref", "parent_moref"])?;
            self.follow(around).filter(|around| &*around.object_type == "VirtualApp")
        };
        std::iter::successors(next(object), move |object| next(object)).take(DEPTH)
    }
}

/// A hostile server could close the chain of containers into a ring; real trees are a dozen levels deep.
const DEPTH: usize = 128;

/// The root folder is in the way of everybody: it is kept for walking upwards, and listed nowhere.
fn is_root(object: &Object) -> bool {
    match object.stored("is_root") {
        Value::Bool(flag) => *flag,
        // Read by a release that didn't keep which it is: then it is the one without a parent. A folder whose parent may
        // not be read has none either, and is listed.
        _ => {
            object.kind == Kind::Folders
                && object.missing.is_empty()
                && object.stored("parent_moref").is_null()
        }
    }
}
