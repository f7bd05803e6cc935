//! What is known of an object, when it was read, and the rows that columns are computed from.
//! Refuses to know where it is kept: a snapshot holds the objects, and the store the documents.

use crate::columns::{self, Column, Due, Get, Shape};
use crate::{Kind, Moref, Ref, Snapshot, Time, Value, Vcenter};
use serde::{Deserialize, Serialize};

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

    /// Keeps what was known before wherever this reading has no value.
    pub fn keep_known(&mut self, before: &Object) {
        for (slot, _) in &self.missing {
            let slot = usize::from(*slot);
            if let (Some(value), Some(known)) = (self.values.get_mut(slot), before.values.get(slot)) {
                value.clone_from(known);
            }
        }
    }

    /// Keeps what is known of what a reading didn't ask for, and why that isn't current; nothing where the object is new.
    pub fn keep_undue(&mut self, before: Option<&Object>, due: Due) {
        let undue =
            columns::of(self.kind).stored().enumerate().filter(|(_, (column, _))| !column.is_due(due));
        let slots: Vec<u16> = undue.filter_map(|(slot, _)| u16::try_from(slot).ok()).collect();
        if slots.is_empty() {
            return;
        }
        let known = |slot: &u16| before?.values.get(usize::from(*slot)).cloned();
        for slot in &slots {
            if let Some(value) = self.values.get_mut(usize::from(*slot)) {
                *value = known(slot).unwrap_or_default();
            }
        }
        let mut missing: Vec<(u16, Missing)> = self.missing.to_vec();
        missing.retain(|(slot, _)| !slots.contains(slot));
        let reasons = before.into_iter().flat_map(|known| &known.missing);
        missing.extend(reasons.filter(|(slot, _)| slots.contains(slot)));
        missing.sort_unstable();
        self.missing = missing.into();
    }

    /// Notes when what is read once a week was asked for, if it came; else that stays as it is known.
    pub fn stamp_weekly(&mut self, before: Option<&Object>, asked_at: Time) {
        let (mut stamp, mut came) = (None, false);
        for (slot, (column, shape)) in
            columns::of(self.kind).stored().enumerate().filter(|(_, (c, _))| c.is_weekly)
        {
            match shape {
                Shape::WeeklyReadAt => stamp = Some((slot, &column.id)),
                // What can't be read now can't be read tomorrow either.
                _ => came |= matches!(self.reason_at(slot), None | Some(Missing::BadValue)),
            }
        }
        let Some((slot, id)) = stamp else { return };
        self.values[slot] = match (came, before) {
            (true, _) => Value::Int(asked_at.0),
            (false, Some(known)) => known.stored(id).clone(),
            (false, None) => Value::Null,
        };
    }

    /// Takes from another reading of the same object what this one has no value for and that one has. True if there was
    /// any.
    pub fn fill_gaps(&mut self, other: &Object) -> bool {
        let mut filled = false;
        for (slot, _) in &self.missing {
            if other.reason_at(usize::from(*slot)).is_some() {
                continue;
            }
            let slot = usize::from(*slot);
            if let (Some(value), Some(read)) = (self.values.get_mut(slot), other.values.get(slot))
                && value != read
            {
                value.clone_from(read);
                filled = true;
            }
        }
        filled
    }

    pub(crate) fn first_of(&self, ids: &[&str]) -> Option<&Ref> {
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
        let covered = self
            .snapshot
            .coverage()
            .iter()
            .filter(|coverage| coverage.kind == kind)
            .filter(|coverage| match (&coverage.cluster, cluster) {
                (None, _) => true,
                (Some(covered), Some(own)) => *covered == own.moref,
                (Some(_), None) => false,
            })
            .map(|coverage| coverage.synced_at)
            .max();
        covered.max(self.snapshot.age(self.object))
    }

    fn refers_out_of_sight(&self, columns: &[&str]) -> bool {
        columns
            .iter()
            .flat_map(|id| self.object.stored(id).refs())
            .any(|reference| self.snapshot.follow(reference).is_none())
    }
}
