//! A vCenter's inventory as one immutable snapshot, and the rows that columns are computed from.
//! Refuses to be changed: a sync builds the next snapshot beside it.

use crate::columns::{self, Column, Get};
use crate::held::Held;
use crate::tally::{Tallies, Tally};
use crate::{Kind, Moref, Ref, Time, Value, Vcenter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

/// Why a value is not current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The account has no permission to read it.
    NoPermission,
    /// The server doesn't know this property, or is too old for it.
    NotReported,
    /// The host is disconnected or doesn't respond, or the VM can't be accessed.
    NotConnected,
    /// It refers to an object that this account can't see.
    NotVisible,
    /// The server sent a value of an unexpected type.
    BadValue,
    /// It is larger, or nested deeper, than Muster reads.
    TooLarge,
    /// The server answered with another fault.
    Fault,
}

impl Missing {
    /// The reason as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Missing::NoPermission => "no_permission",
            Missing::NotReported => "not_reported",
            Missing::NotConnected => "not_connected",
            Missing::NotVisible => "not_visible",
            Missing::BadValue => "bad_value",
            Missing::TooLarge => "too_large",
            Missing::Fault => "fault",
        }
    }
}

/// One inventory object: the stored columns of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Kind; decides what `values` holds.
    pub kind: Kind,
    /// Its moref.
    pub moref: Moref,
    /// The exact managed object type, such as `VirtualApp`.
    pub object_type: Box<str>,
    /// A value per stored column, in the order of `columns::of(kind).stored()`.
    pub values: Box<[Value]>,
    /// Stored columns (by slot) whose value is not current, and why.
    pub missing: Box<[(u16, Missing)]>,
}

impl Object {
    /// The value of a stored column; `Null` if there is no such column.
    pub fn stored(&self, id: &str) -> &Value {
        static NULL: Value = Value::Null;
        columns::of(self.kind).slot(id).and_then(|slot| self.values.get(slot)).unwrap_or(&NULL)
    }

    /// Why the value of a stored column is not current; `None` if it is.
    pub fn reason(&self, id: &str) -> Option<Missing> {
        self.reason_at(columns::of(self.kind).slot(id)?)
    }

    /// The object that contains this one; a VM in a vApp has its vApp here.
    pub fn parent(&self) -> Option<&Ref> {
        self.first_of(&["parent_moref", "folder_ref", "vapp_moref", "vm_ref"])
    }

    fn first_of(&self, ids: &[&str]) -> Option<&Ref> {
        ids.iter().find_map(|id| self.stored(id).refs().next())
    }

    fn reason_at(&self, slot: usize) -> Option<Missing> {
        self.missing.iter().find(|(missing, _)| usize::from(*missing) == slot).map(|(_, why)| *why)
    }
}

/// When a kind was read, completely or within one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Kind that was read.
    pub kind: Kind,
    /// Moref of the cluster that was read, or `None` for the whole vCenter.
    pub cluster: Option<Moref>,
    /// When the complete pass that read it began: what it read is at least as new as that.
    pub synced_at: Time,
}

/// The inventory of one vCenter at one moment, or a part of it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    held: Held,
    objects: BTreeMap<Kind, Vec<Arc<Object>>>,
    index: HashMap<(Kind, Moref), usize>,
    coverage: Vec<Coverage>,
    tallies: OnceLock<Tallies>,
    texts: BTreeMap<Kind, OnceLock<Vec<Box<str>>>>,
}

impl Snapshot {
    /// A snapshot of these objects.
    pub fn new(objects: impl IntoIterator<Item = Arc<Object>>, coverage: Vec<Coverage>) -> Snapshot {
        let mut by_kind: BTreeMap<Kind, Vec<Arc<Object>>> = BTreeMap::new();
        for object in objects {
            by_kind.entry(object.kind).or_default().push(object);
        }
        let mut index = HashMap::new();
        for (kind, objects) in &mut by_kind {
            objects.sort_by(|a, b| moref_order(&a.moref, &b.moref));
            for (position, object) in objects.iter().enumerate() {
                index.insert((*kind, object.moref.clone()), position);
            }
        }
        let texts = by_kind.keys().map(|kind| (*kind, OnceLock::new())).collect();
        let (held, tallies) = (Held::default(), OnceLock::new());
        Snapshot { held, objects: by_kind, index, coverage, tallies, texts }
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
        self.objects.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values().flatten()
    }

    /// One object.
    pub fn get(&self, kind: Kind, moref: &str) -> Option<&Arc<Object>> {
        // The tuple key needs an owned moref; a lookup costs one small allocation.
        let position = self.index.get(&(kind, moref.into()));
        if position.is_none() {
            self.held.look(kind);
        }
        position.map(|position| &self.objects[&kind][*position])
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

    /// Keeps what can be searched of the objects of a kind, in their order, made at the first call.
    pub fn texts(&self, kind: Kind, make: impl FnOnce() -> Vec<Box<str>>) {
        if let Some(texts) = self.texts.get(&kind) {
            texts.get_or_init(make);
        }
    }

    /// What can be searched of an object, if it was made.
    pub fn text(&self, kind: Kind, moref: &Moref) -> Option<&str> {
        let position = *self.index.get(&(kind, moref.clone()))?;
        self.texts.get(&kind)?.get()?.get(position).map(|text| &**text)
    }

    /// What lies within a container, counted and summed up. All of it is computed at once, the first time somebody asks.
    pub fn tally(&self, container: &Object) -> &Tally {
        self.tallies.get_or_init(|| Tallies::of(self)).within(container)
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

/// Orders `host-9` before `host-10`, as people count.
fn moref_order(a: &str, b: &str) -> std::cmp::Ordering {
    (a.len(), a).cmp(&(b.len(), b))
}

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

/// One object within its snapshot: what the value of a column is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The vCenter it belongs to.
    pub vcenter: &'a Vcenter,
    /// The inventory around it.
    pub snapshot: &'a Snapshot,
    /// The object.
    pub object: &'a Object,
    /// When it is looked at.
    pub now: Time,
}

impl<'a> Row<'a> {
    /// The value of a column.
    pub fn value(&self, column: &Column) -> Value {
        match &column.get {
            Get::Stored { slot, .. } => self.object.values.get(*slot).cloned().unwrap_or_default(),
            Get::Derived { value, .. } => value(self),
            Get::Identity(of) => of(self),
        }
    }

    /// Why a column's value is not current; `None` if it is.
    pub fn missing(&self, column: &Column) -> Option<Missing> {
        match &column.get {
            Get::Stored { slot, .. } => self.object.reason_at(*slot),
            Get::Derived { from, beyond, value } => {
                let why = from
                    .iter()
                    .find_map(|id| self.object.reason(id))
                    .or_else(|| self.refers_out_of_sight(from).then_some(Missing::NotVisible))
                    .or_else(|| beyond(self));
                // A reference is known as it is, also of what is out of sight.
                let is_reference = || column.id.ends_with("_moref") && !value(self).is_null();
                why.filter(|why| *why != Missing::NotVisible || !is_reference())
            }
            Get::Identity(_) => None,
        }
    }

    /// When this row was last known to be true.
    pub fn synced_at(&self) -> Option<Time> {
        let kind = self.object.kind.covered_by();
        let cluster = match kind {
            Kind::Hosts => self.object.parent().filter(|parent| parent.kind == Kind::Clusters),
            _ => None,
        };
        self.snapshot
            .coverage
            .iter()
            .filter(|coverage| coverage.kind == kind)
            .filter(|coverage| match (&coverage.cluster, cluster) {
                (None, _) => true,
                (Some(covered), Some(own)) => *covered == own.moref,
                (Some(_), None) => false,
            })
            .map(|coverage| coverage.synced_at)
            .max()
    }

    fn refers_out_of_sight(&self, columns: &[&str]) -> bool {
        columns
            .iter()
            .flat_map(|id| self.object.stored(id).refs())
            .any(|reference| self.snapshot.follow(reference).is_none())
    }
}
