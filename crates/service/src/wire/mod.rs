//! Turns what a server sent into inventory objects, by the shapes that the column registry declares.
//! Refuses to fail: a value that is not of its shape costs that one value.

mod shape;
mod snapshots;

use contract::columns::{self, Column, Shape};
use contract::{Kind, Missing, Object, Ref, Value};
use std::collections::HashSet;
use vsphere::ApiVersion;

/// Which properties of a kind to ask for: those that a server of this version knows.
pub(crate) fn paths(kind: Kind, api: ApiVersion, refused: &HashSet<String>) -> Vec<String> {
    let mut paths: Vec<String> = columns::of(kind)
        .asked()
        .filter(|column| {
            column.subtype.is_none()
                && ApiVersion::new(column.since.0, column.since.1) <= api
                && !refused.contains(&*column.source)
        })
        .map(|column| column.source.to_string())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// An object of `kind` as the server sent it. `asked` holds the paths that were asked for.
pub(crate) fn object(kind: Kind, asked: &HashSet<&str>, sent: &vsphere::Object) -> Object {
    let schema = columns::of(kind);
    let mut missing = Vec::new();
    let values = schema
        .stored()
        .enumerate()
        .map(|(slot, (column, shape))| {
            let value = read(column, shape, asked, sent);
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

/// Keeps what was known before wherever this pass could not read it.
pub(crate) fn keep_known(object: &mut Object, before: &Object) {
    for (slot, _) in &object.missing {
        let slot = usize::from(*slot);
        if let (Some(value), Some(known)) = (object.values.get_mut(slot), before.values.get(slot)) {
            value.clone_from(known);
        }
    }
}

/// Whether the snapshot tree of a VM could not be read, so that its snapshots stay as they are known.
pub(crate) fn tree_is_missing(vm: &Object) -> bool {
    let slot = columns::of(Kind::Vms).slot("snapshot_count");
    vm.missing.iter().any(|(missing, _)| Some(usize::from(*missing)) == slot)
}

/// The references of an object that its columns resolve to names.
pub(crate) fn references(object: &Object) -> impl Iterator<Item = &Ref> {
    let schema = columns::of(object.kind);
    let referring = schema.stored().enumerate().filter(|(_, (_, shape))| shape.holds_references());
    referring.flat_map(|(slot, _)| object.values[slot].refs())
}

/// A reference as a contract reference; `None` for types that Muster doesn't read.
fn reference(moref: &vsphere::MoRef) -> Option<Ref> {
    Some(Ref { kind: Kind::of_object_type(&moref.kind)?, moref: (&*moref.value).into() })
}

fn read(
    column: &Column,
    shape: Shape,
    asked: &HashSet<&str>,
    sent: &vsphere::Object,
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
    let sent = sent.property(path);
    match column.field.map_or(sent, |field| sent?.field(field)) {
        Some(value) => shape::read(shape, value).ok_or(Missing::BadValue),
        // An unset list and an empty one are the same to vSphere, which leaves both out.
        None if matches!(shape, Shape::Length | Shape::SnapshotCount) => Ok(Value::Int(0)),
        None if matches!(shape, Shape::References) => Ok(Value::List(Box::default())),
        None => Ok(Value::Null),
    }
}

fn reason(why: &vsphere::Missing) -> Missing {
    match why {
        vsphere::Missing::NoPermission => Missing::NoPermission,
        vsphere::Missing::NotConnected => Missing::NotConnected,
        vsphere::Missing::NotReported => Missing::NotReported,
        vsphere::Missing::Gone | vsphere::Missing::Other(_) => Missing::Fault,
    }
}
