//! What an operation changed, object by object, and the steps in which it ran: what is kept of it beside its counts.
//! Refuses to hold what a measurement does by itself: columns that are volatile are no change.

use crate::columns::{self, Column};
use crate::{
    Code, Diff, Kind, Moref, Object, Operation, OperationKind, OperationState, Origin, Ref, Time, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How many objects an operation added, changed and removed, as its history has them: without those of which only volatile
/// columns changed, and without what a first sync brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// New objects.
    pub added: u64,
    /// Objects with another value in a column that isn't volatile.
    pub changed: u64,
    /// Objects that are gone.
    pub removed: u64,
}

impl Recorded {
    /// Objects of each that are recorded with their names and values at most; more are counted.
    pub const MOST: u64 = 1_000;

    /// How many of them are recorded with their names and values.
    pub fn named(self) -> u64 {
        self.added.min(Recorded::MOST) + self.changed.min(Recorded::MOST) + self.removed.min(Recorded::MOST)
    }

    /// Whether it is nothing.
    pub fn is_nothing(self) -> bool {
        self == Recorded::default()
    }

    /// This without a part of it.
    #[must_use]
    pub fn without(self, part: Recorded) -> Recorded {
        Recorded {
            added: self.added.saturating_sub(part.added),
            changed: self.changed.saturating_sub(part.changed),
            removed: self.removed.saturating_sub(part.removed),
        }
    }
}

/// The objects that an operation added, changed and removed, or a page of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectChanges {
    /// New ones.
    pub added: Vec<ChangedObject>,
    /// Those with other values.
    pub changed: Vec<ChangedObject>,
    /// Those that are gone.
    pub removed: Vec<ChangedObject>,
    /// Those that were counted and not recorded, because there were too many.
    pub more: Recorded,
}

impl ObjectChanges {
    /// How many objects it names.
    pub fn named(&self) -> usize {
        self.added.len() + self.changed.len() + self.removed.len()
    }

    /// Takes in the page that follows.
    pub fn append(&mut self, next: ObjectChanges) {
        self.added.extend(next.added);
        self.changed.extend(next.changed);
        self.removed.extend(next.removed);
        self.more = next.more;
    }
}

/// A page of the objects that an operation changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// The objects.
    pub changes: ObjectChanges,
    /// Whether others follow.
    pub has_more: bool,
}

/// An object that an operation added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedObject {
    /// Its kind.
    pub kind: Kind,
    /// Its moref.
    pub moref: Moref,
    /// What it was called then; `None` where that was never known.
    pub name: Option<String>,
    /// What changed of it; nothing of those that came or went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyChange>,
}

/// A value that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// The id of its column.
    pub property: String,
    /// The value before: as rows have it in JSON, and a name where it is a reference.
    pub old: Json,
    /// The value after.
    pub new: Json,
    /// The moref before, or the morefs, where it is a reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_moref: Option<Json>,
    /// The same after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_moref: Option<Json>,
    /// Whether the values are parts: the beginnings of long texts, or of long lists the elements that only one of them has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Letters of a text that are recorded.
const LONGEST_TEXT: usize = 1_000;

/// Elements of a list that are recorded whole.
const LONGEST_LIST: usize = 100;

/// What changed of an object: every stored column with another value that isn't volatile. `name` finds what the object that
/// a reference leads to is called. A value that is only not current any more hasn't changed.
pub fn changed_properties(
    before: &Object,
    after: &Object,
    name: &dyn Fn(&Ref) -> Option<String>,
) -> Vec<PropertyChange> {
    let columns = columns::of(after.kind);
    let pairs = before.values.iter().zip(&after.values);
    let differing =
        columns.stored().zip(pairs).filter(|((column, _), (old, new))| old != new && !column.is_volatile);
    differing
        .map(|((column, shape), (old, new))| {
            let (mut cut, old, new) = cut(old, new);
            match shape.holds_references() {
                true => PropertyChange {
                    property: column.property(),
                    old: named(&old, name, &mut cut),
                    new: named(&new, name, &mut cut),
                    old_moref: Some(old.to_json(column)),
                    new_moref: Some(new.to_json(column)),
                    cut,
                },
                false => PropertyChange {
                    property: column.property(),
                    old: old.to_json(column),
                    new: new.to_json(column),
                    old_moref: None,
                    new_moref: None,
                    cut,
                },
            }
        })
        .collect()
}

/// The beginning of a text, as much of it as a history holds.
pub fn shortened(text: &str) -> &str {
    text.char_indices().nth(LONGEST_TEXT).map_or(text, |(end, _)| &text[..end])
}

fn is_long_text(text: &str) -> bool {
    shortened(text).len() < text.len()
}

/// The values as they are recorded, and whether that is not all of them.
fn cut(old: &Value, new: &Value) -> (bool, Value, Value) {
    if !is_long(old) && !is_long(new) {
        return (false, old.clone(), new.clone());
    }
    (true, part_of(old, new), part_of(new, old))
}

fn is_long(value: &Value) -> bool {
    match value {
        Value::Text(text) => is_long_text(text),
        Value::Ref(reference) => is_long_text(&reference.moref),
        Value::List(values) => is_long_list(values) || values.iter().any(is_long),
        _ => false,
    }
}

fn is_long_list(values: &[Value]) -> bool {
    values.len() > LONGEST_LIST
}

fn part_of(value: &Value, other: &Value) -> Value {
    match (value, other) {
        (Value::List(values), Value::List(others)) if is_long_list(values) || is_long_list(others) => {
            let others: BTreeSet<&Value> = others.iter().collect();
            part_of_list(values.iter().filter(|value| !others.contains(value)))
        }
        (Value::List(values), _) => part_of_list(values.iter()),
        (Value::Text(text), _) => Value::text(shortened(text)),
        (Value::Ref(Ref { kind, moref }), _) => {
            Value::Ref(Ref { kind: *kind, moref: shortened(moref).into() })
        }
        (plain, _) => plain.clone(),
    }
}

fn part_of_list<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    Value::List(values.take(LONGEST_LIST).map(|value| part_of(value, &Value::Null)).collect())
}

/// References by their names, by the moref where that is all that is known; and whether one of them is cut.
fn named(value: &Value, name: &dyn Fn(&Ref) -> Option<String>, cut: &mut bool) -> Json {
    match value {
        Value::Ref(reference) => {
            let name = name(reference).unwrap_or_else(|| reference.moref.to_string());
            *cut |= is_long_text(&name);
            shortened(&name).into()
        }
        Value::List(values) => values.iter().map(|value| named(value, name, cut)).collect(),
        _ => Json::Null,
    }
}

impl PropertyChange {
    /// The column that it is a value of, for its title and how its values read; `None` for one that is no more.
    pub fn column(&self, kind: Kind) -> Option<&'static Column> {
        columns::of(kind).changing(&self.property)
    }
}

/// How an operation ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// What it did, in the order in which it began. Kinds are read side by side.
    pub steps: Vec<Step>,
    /// What failed and was tried again, or ended it, in the order in which it failed.
    pub failures: Vec<FailedAttempt>,
}

/// A step of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Of which attempt; the first is 1.
    pub attempt: u32,
    /// What was done: `reading hosts`.
    pub step: String,
    /// When it began, in milliseconds after the operation did.
    pub after_ms: u64,
    /// How long it took.
    pub took_ms: u64,
}

/// What failed of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// In which attempt; the first is 1.
    pub attempt: u32,
    /// When, in milliseconds after the operation began.
    pub after_ms: u64,
    /// What kind of failure it was.
    pub code: Code,
    /// What went wrong, in words.
    pub message: String,
}

impl Operation {
    /// What lists say that it changed: without objects of which only volatile columns did, and with what a first sync
    /// brought. What an earlier release ran is told as it was written.
    pub fn told_changes(&self) -> Recorded {
        let Diff { added, changed, removed, .. } = self.diff;
        match self.recorded {
            Some(recorded) => Recorded {
                added: added.max(recorded.added),
                changed: recorded.changed,
                removed: removed.max(recorded.removed),
            },
            None => Recorded { added, changed, removed },
        }
    }

    /// Objects of which only volatile columns changed.
    pub fn only_volatile(&self) -> u64 {
        self.diff.changed.saturating_sub(self.told_changes().changed)
    }

    /// Whether it ran by itself, went well, and found everything as it was but for what is volatile.
    pub fn changed_nothing_by_itself(&self) -> bool {
        // What a policy changed, its operations say.
        let went_well = self.state == OperationState::Succeeded && self.kind() != OperationKind::Policy;
        self.origin != Origin::User && went_well && self.told_changes().is_nothing()
    }
}

/// A line of a list of operations.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// An operation.
    One(&'a Operation),
    /// Several automatic ones that changed nothing.
    Fold(Fold<'a>),
}

/// Automatic operations of one kind on one vCenter that changed nothing, with none between them on that vCenter that did, that
/// failed or that a person asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold<'a> {
    /// Two or more, the newest first.
    pub operations: Vec<&'a Operation>,
}

impl Fold<'_> {
    /// What they are.
    pub fn kind(&self) -> OperationKind {
        self.operations.first().map_or(OperationKind::Refresh, |newest| newest.kind())
    }

    /// When the first and the last of them began.
    pub fn span(&self) -> (Time, Time) {
        let began = |one: &&Operation| one.started_at.unwrap_or(one.submitted_at);
        let times = || self.operations.iter().map(began);
        (times().min().unwrap_or(Time(0)), times().max().unwrap_or(Time(0)))
    }
}

/// Operations, the newest first, as lines: automatic runs that changed nothing are one line, where the newest of them stands.
pub fn fold<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Vec<Line<'a>> {
    let mut folds: Vec<Vec<&Operation>> = Vec::new();
    // Of each vCenter and kind the fold that the next one joins, unless something else comes in between.
    let mut open: Vec<usize> = Vec::new();
    for operation in operations {
        let is_quiet = operation.changed_nothing_by_itself();
        let of_same_vcenter = |at: &usize| folds[*at][0].vcenter_id == operation.vcenter_id;
        let joins = |at: &&usize| of_same_vcenter(at) && folds[**at][0].kind() == operation.kind();
        if is_quiet && let Some(at) = open.iter().find(joins).copied() {
            folds[at].push(operation);
            continue;
        }
        if is_quiet {
            open.push(folds.len());
        } else {
            open.retain(|at| !of_same_vcenter(at));
        }
        folds.push(vec![operation]);
    }
    let lines = folds.into_iter().map(|operations| match operations[..] {
        [one] => Line::One(one),
        _ => Line::Fold(Fold { operations }),
    });
    lines.collect()
}
