//! Which properties each type has, and how they are read off the estate. A path is looked up once a call, and again for
//! each object whose type extends the one that was asked about: it may have more there.
//! Refuses a path that isn't here, as a vCenter refuses one that its version doesn't have.

mod compute;
mod device;
mod host;
mod host_parts;
mod place;
mod storage;
mod vm;

#[cfg(test)]
pub(crate) use host_parts::serial;

use std::sync::LazyLock;

use crate::data::{Data, Record};
use crate::estate::{
    Compute, Datacenter, Datastore, Estate, Folder, Host, Id, Network, Object, Pool, Switch, Vm,
};

/// A managed object type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) base: Option<&'static Type>,
    fields: &'static [Field],
}

/// A property, or a field below one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    name: &'static str,
    of: Of,
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Leaf(Read),
    Record { type_name: &'static str, is_set: fn(At<'_>) -> bool, fields: &'static [Field] },
}

type Read = for<'a> fn(At<'a>) -> Option<Data<'a>>;

const fn leaf(name: &'static str, read: Read) -> Field {
    Field { name, of: Of::Leaf(read) }
}

/// What a vCenter has and nobody needs here: known, and not set.
fn unset<'a>(_: At<'a>) -> Option<Data<'a>> {
    None
}

/// A data object that is always there.
const fn record(name: &'static str, type_name: &'static str, fields: &'static [Field]) -> Field {
    record_if(name, type_name, |_| true, fields)
}

/// A data object that is there for some objects only.
const fn record_if(
    name: &'static str,
    type_name: &'static str,
    is_set: fn(At<'_>) -> bool,
    fields: &'static [Field],
) -> Field {
    Field { name, of: Of::Record { type_name, is_set, fields } }
}

/// Which object is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) id: Id,
    pub(crate) object: Object<'a>,
}

macro_rules! narrowed {
    ($($name:ident, $variant:ident);* $(;)?) => {$(
        fn $name(self) -> Option<&'a $variant> {
            match self.object {
                Object::$variant(found) => Some(found),
                _ => None,
            }
        }
    )*};
}

impl<'a> At<'a> {
    pub(crate) fn new(estate: &'a Estate, id: Id) -> Option<At<'a>> {
        estate.object(id).map(|object| At { estate, id, object })
    }

    narrowed! {
        folder, Folder; datacenter, Datacenter; compute, Compute; host, Host; pool, Pool; vm, Vm;
        datastore, Datastore; network, Network; switch, Switch;
    }
}

/// A property path of a type.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) text: String,
    steps: Vec<&'static Field>,
}

impl Path {
    /// The value that an object has there; none where it isn't set.
    pub(crate) fn read<'a>(&self, at: At<'a>) -> Option<Data<'a>> {
        let (last, above) = self.steps.split_last()?;
        above.iter().all(|step| step.is_set(at)).then(|| last.read(at))?
    }
}

impl Field {
    fn is_set(&self, at: At<'_>) -> bool {
        match self.of {
            Of::Leaf(_) => true,
            Of::Record { is_set, .. } => is_set(at),
        }
    }

    fn read<'a>(&self, at: At<'a>) -> Option<Data<'a>> {
        match &self.of {
            Of::Leaf(read) => read(at),
            Of::Record { is_set, .. } if !is_set(at) => None,
            Of::Record { type_name, fields, .. } => {
                let record = Record::new(type_name);
                let filled =
                    fields.iter().fold(record, |record, field| record.maybe(field.name, field.read(at)));
                Some(filled.into())
            }
        }
    }
}

impl Type {
    /// This type and those it extends, from the most derived one on.
    pub(crate) fn lineage(&'static self) -> impl Iterator<Item = &'static Type> {
        std::iter::successors(Some(self), |kind| kind.base)
    }

    pub(crate) fn is_a(&'static self, name: &str) -> bool {
        self.lineage().any(|kind| kind.name == name)
    }

    /// The path below this type.
    pub(crate) fn path(&'static self, text: &str) -> Option<Path> {
        let mut names = text.split('.');
        let first = names.next()?;
        let field = self.lineage().find_map(|kind| kind.fields.iter().find(|field| field.name == first))?;
        let mut steps = vec![field];
        for name in names {
            let Of::Record { fields, .. } = &steps.last()?.of else { return None };
            steps.push(fields.iter().find(|field| field.name == name)?);
        }
        Some(Path { text: text.to_owned(), steps })
    }

    /// The paths of everything that it has.
    pub(crate) fn all(&'static self) -> Vec<Path> {
        let fields = self.lineage().flat_map(|kind| kind.fields);
        let mut paths: Vec<Path> =
            fields.map(|field| Path { text: field.name.to_owned(), steps: vec![field] }).collect();
        paths.sort_by(|a, b| a.text.cmp(&b.text));
        paths.dedup_by(|a, b| a.text == b.text);
        paths
    }
}

/// The type of this name.
pub(crate) fn type_of(name: &str) -> Option<&'static Type> {
    static TYPES: LazyLock<Vec<&'static Type>> = LazyLock::new(|| {
        vec![
            &place::MANAGED_ENTITY,
            &place::FOLDER,
            &place::STORAGE_POD,
            &place::DATACENTER,
            &compute::COMPUTE_RESOURCE,
            &compute::CLUSTER,
            &compute::RESOURCE_POOL,
            &compute::VIRTUAL_APP,
            &host::HOST,
            &vm::VM,
            &vm::SNAPSHOT,
            &storage::DATASTORE,
            &storage::NETWORK,
            &storage::PORTGROUP,
            &storage::OPAQUE,
            &storage::SWITCH,
            &storage::VMWARE_SWITCH,
        ]
    });
    TYPES.iter().find(|kind| kind.name == name).copied()
}
