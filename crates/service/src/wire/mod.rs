//! Turns what a server sent into inventory objects, by the shapes that the column registry declares.
//! Refuses to fail: a value that is not of its shape costs that one value.

pub(crate) mod alarms;
mod reach;
mod shape;
mod snapshots;
#[cfg(test)]
mod tests;

use crate::jobs::permissions;
use contract::columns::{self, Column, Due, Shape};
use contract::{Kind, Missing, Object, Ref, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use vsphere::{ApiVersion, MoRef, Property, PropertySet};

/// What to ask for of a kind: of every object, and beside it what only a subtype has, for the kind's type doesn't know
/// those paths. A server gives an object what all the sets that fit it ask for. Left out is what a server of this version
/// doesn't know, what it has refused, and what isn't due.
pub(crate) fn sets(kind: Kind, api: ApiVersion, refused: &BTreeSet<String>, due: Due) -> Vec<PropertySet> {
    let is_known = |column: &&Column| {
        column.is_due(due)
            && ApiVersion::new(column.since.0, column.since.1) <= api
            && !refused.contains(&*column.source)
    };
    let mut by_subtype: BTreeMap<Option<&str>, BTreeMap<&str, Vec<Vec<&'static str>>>> = BTreeMap::new();
    for (column, shape) in columns::of(kind).stored().filter(|(_, shape)| shape.is_property()) {
        if !is_known(&column) {
            continue;
        }
        let of_type = by_subtype.entry(column.subtype).or_default();
        let steps = column.field.into_iter().flat_map(|field| field.split('.'));
        let read = steps.chain(shape::fields(shape)).collect();
        of_type.entry(&*column.source).or_default().push(read);
    }
    if permissions::CONTAINERS.contains(&kind) && !refused.contains(permissions::PATH) {
        by_subtype.entry(None).or_default().insert(permissions::PATH, vec![Vec::new()]);
    }
    by_subtype
        .into_iter()
        .map(|(subtype, paths)| {
            let properties = paths
                .into_iter()
                .map(|(path, read)| Property { path: path.to_owned(), fields: fields(read) });
            PropertySet::new(subtype.unwrap_or(kind.object_type()), properties)
        })
        .collect()
}

/// All that several columns read of one value; nothing if one of them reads everything.
fn fields(of_columns: Vec<Vec<&'static str>>) -> Vec<&'static str> {
    if of_columns.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let all: BTreeSet<&str> = of_columns.into_iter().flatten().collect();
    all.into_iter().collect()
}

/// An object of `kind` as the server sent it. `asked` holds the paths that were asked for, of subtypes too, and `root` is
/// the folder that the server names as the root of its inventory.
pub(crate) fn object(kind: Kind, asked: &HashSet<&str>, sent: &vsphere::Object, root: &MoRef) -> Object {
    let schema = columns::of(kind);
    let out_of_reach = reach::is_out_of_reach(kind, asked, sent);
    let mut missing = Vec::new();
    let values = schema
        .stored()
        .enumerate()
        .map(|(slot, (column, shape))| {
            let value = match shape {
                Shape::IsRoot => Ok(Value::Bool(sent.moref == *root)),
                _ => read(column, shape, asked, sent, out_of_reach),
            };
            value.unwrap_or_else(|why| {
                missing.push((u16::try_from(slot).unwrap_or(u16::MAX), why));
                Value::Null
            })
        })
        .collect();
    Object {
        kind,
        moref: (&*sent.moref.value).into(),
        object_type: (&*sent.moref.kind).into(),
        values,
        missing: missing.into(),
    }
}

/// The snapshots of a VM, from the tree that came with it.
pub(crate) use snapshots::of_vm as snapshots;

/// Snapshots of a VM as they are known, where its tree didn't come.
pub(crate) use snapshots::as_known as snapshot_as_known;

/// Why the snapshot tree of a VM could not be read, so that its snapshots stay as they are known; `None` if it was.
pub(crate) fn no_tree(vm: &Object) -> Option<Missing> {
    vm.reason("snapshot_count")
}

/// The references of an object that its columns resolve to names. Which hosts mount a datastore is no reason to read
/// those hosts: a sync of one cluster would bring along all others.
pub(crate) fn references(object: &Object) -> impl Iterator<Item = &Ref> {
    let schema = columns::of(object.kind);
    let referring = schema.stored().enumerate();
    let referring = referring.filter(|(_, (_, shape))| shape.holds_references() && *shape != Shape::Mounts);
    referring.flat_map(|(slot, _)| object.values[slot].refs())
}

/// A reference as a contract reference; `None` for types that Muster doesn't read.
fn reference(moref: &MoRef) -> Option<Ref> {
    Some(Ref { kind: Kind::of_object_type(&moref.kind)?, moref: (&*moref.value).into() })
}

fn read(
    column: &Column,
    shape: Shape,
    asked: &HashSet<&str>,
    sent: &vsphere::Object,
    out_of_reach: bool,
) -> Result<Value, Missing> {
    if !shape.is_property() || column.subtype.is_some_and(|subtype| subtype != &*sent.moref.kind) {
        return Ok(Value::Null);
    }
    let path = &*column.source;
    if !asked.contains(path) {
        return Err(Missing::NotReported);
    }
    if let Some((_, why)) = sent.missing.iter().find(|(missing, _)| **missing == *path) {
        return Err(reason(why));
    }
    let value = match (sent.property(path), column.field) {
        (Some(whole @ vsphere::Value::Struct { .. }), Some(field)) => {
            field.split('.').try_fold(whole, |value, name| value.field(name))
        }
        // Nothing of it is set that any column reads.
        (Some(whole), Some(_)) if whole.as_list().is_empty() => None,
        (Some(_), Some(_)) => return Err(Missing::BadValue),
        (value, _) => value,
    };
    match value {
        Some(value) => match shape {
            Shape::Alarms(status) => Ok(alarms::read(&sent.moref, status, value)),
            shape => shape::read(shape, value).ok_or(Missing::BadValue),
        },
        // Every object has a name: an answer without one has lost it.
        None if path == "name" => Err(Missing::Fault),
        // Of an object that the server itself can't reach it leaves out what it doesn't know.
        None if out_of_reach && !column.is_place => Err(Missing::NotConnected),
        None => Ok(shape.unset()),
    }
}

fn reason(why: &vsphere::Missing) -> Missing {
    match why {
        vsphere::Missing::NoPermission(_) | vsphere::Missing::NotAuthenticated => Missing::NoPermission,
        vsphere::Missing::NotConnected => Missing::NotConnected,
        vsphere::Missing::NotReported => Missing::NotReported,
        vsphere::Missing::TooLarge => Missing::TooLarge,
        vsphere::Missing::Gone | vsphere::Missing::Other(_) => Missing::Fault,
    }
}
