//! Turns what a server sent into inventory objects, by the shapes that the column registry declares.
//! Refuses to fail: a value that is not of its shape costs that one value.

mod shape;
mod snapshots;

use contract::columns::{self, Shape};
use contract::{Kind, Missing, Object, Ref, Value};
use std::collections::{BTreeSet, HashSet};
use vsphere::{ApiVersion, Property, PropertySet};

/// What to ask for of a kind, and which fields of each value its columns read.
pub(crate) fn sets(kind: Kind, api: ApiVersion, refused: &BTreeSet<String>) -> Vec<PropertySet> {
    let properties = paths(kind, api, refused).into_iter().map(|path| {
        let of_path = columns::of(kind).stored().filter(|(column, _)| *column.source == *path);
        Property { fields: fields(of_path.map(|(_, shape)| shape::fields(shape))), path }
    });
    vec![PropertySet::new(kind.object_type(), properties)]
}

/// All that several columns read of one value; nothing if one of them reads everything.
fn fields(of_columns: impl Iterator<Item = Vec<&'static str>>) -> Vec<&'static str> {
    let mut all = BTreeSet::new();
    for fields in of_columns {
        if fields.is_empty() {
            return Vec::new();
        }
        all.extend(fields);
    }
    all.into_iter().collect()
}

/// Which properties of a kind to ask for: those that a server of this version knows.
pub(crate) fn paths(kind: Kind, api: ApiVersion, refused: &BTreeSet<String>) -> Vec<String> {
    let mut paths: Vec<String> = columns::of(kind)
        .stored()
        .filter(|(column, shape)| {
            !matches!(shape, Shape::FromTree(_))
                && ApiVersion::new(column.since.0, column.since.1) <= api
                && !refused.contains(&*column.source)
        })
        .map(|(column, _)| column.source.to_string())
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
            let value = read(shape, &column.source, asked, sent);
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

fn read(shape: Shape, path: &str, asked: &HashSet<&str>, sent: &vsphere::Object) -> Result<Value, Missing> {
    if matches!(shape, Shape::FromTree(_)) {
        return Ok(Value::Null);
    }
    if !asked.contains(path) {
        return Err(Missing::NotReported);
    }
    if let Some((_, why)) = sent.missing.iter().find(|(missing, _)| **missing == *path) {
        return Err(reason(why));
    }
    match sent.property(path) {
        Some(value) => shape::read(shape, value).ok_or(Missing::BadValue),
        // An unset list and an empty one are the same to vSphere, which leaves both out.
        None if matches!(shape, Shape::Length | Shape::SnapshotCount) => Ok(Value::Int(0)),
        None if matches!(shape, Shape::References) => Ok(Value::List(Box::default())),
        None => Ok(Value::Null),
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
