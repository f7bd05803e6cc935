//! Which properties each type has, and how they are read off the estate. Whether a path may be asked for is what types
//! declare; what an object has there is looked up by its own type, which may have more.
//! Refuses a path that isn't declared, as a vCenter does. What is declared and nobody needs here is not set.

mod compute;
pub(crate) mod declared;
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

/// A property path that may be asked for, and where it leads from objects of a type.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) text: String,
    /// The type that was asked about.
    pub(crate) of: &'static str,
    /// The fields on the way to the value, or to one that has it in it; none where an estate has nothing.
    fields: Vec<&'static Field>,
    /// What is left of the path inside the last field's value.
    inside: Vec<String>,
}

/// A path that no type declares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undeclared<'a> {
    pub(crate) path: &'a str,
    /// So much of it as nobody knows: what is before its last step is known.
    pub(crate) prefix: &'a str,
}

impl Path {
    /// The value that an object has there; none where it isn't set.
    pub(crate) fn read<'a>(&self, at: At<'a>) -> Option<Data<'a>> {
        let (last, above) = self.fields.split_last()?;
        let value = above.iter().all(|field| field.is_set(at)).then(|| last.read(at))??;
        self.inside.iter().try_fold(value, |value, name| value.into_field(name))
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

    /// The path, if this type declares it.
    pub(crate) fn path<'a>(&'static self, text: &'a str) -> Result<Path, Undeclared<'a>> {
        match declared::steps(self.name, text) {
            Ok(_) => Ok(self.follow(text)),
            Err(prefix) => Err(Undeclared { path: text, prefix }),
        }
    }

    /// Where a path leads from an object of exactly this type: also into what only its values' subtypes have.
    pub(crate) fn follow(&'static self, text: &str) -> Path {
        let mut names = text.split('.');
        let own = |name| self.lineage().find_map(|kind| kind.fields.iter().find(|field| field.name == name));
        let mut fields: Vec<&'static Field> = names.next().and_then(own).into_iter().collect();
        let mut inside = Vec::new();
        while let Some(last) = fields.last() {
            let Of::Record { fields: below, .. } = &last.of else {
                inside = names.map(str::to_owned).collect();
                break;
            };
            let Some(name) = names.next() else { break };
            match below.iter().find(|field| field.name == name) {
                Some(field) => fields.push(field),
                None => fields.clear(),
            }
        }
        Path { text: text.to_owned(), of: self.name, fields, inside }
    }

    /// The type of the data object that objects of exactly this type have at a path, where that is known.
    pub(crate) fn record(&'static self, text: &str) -> Option<&'static str> {
        let path = self.follow(text);
        match path.fields.last()?.of {
            Of::Record { type_name, .. } if path.inside.is_empty() => Some(type_name),
            _ => None,
        }
    }

    /// The paths of everything that it declares.
    pub(crate) fn all(&'static self) -> Vec<Path> {
        let mut names: Vec<&str> = declared::properties(self.name).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| self.follow(name)).collect()
    }
}

/// The type of this name.
pub(crate) fn type_of(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|kind| kind.name == name).copied()
}

/// Every type that there is here.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that are of a subtype of what is declared: the fields below those no path leads to.
    const SUBTYPES: [&str; 2] = ["ClusterComputeResource configurationEx", "ClusterComputeResource summary"];

    fn check(of: &'static Type, above: &str, fields: &[Field]) {
        for field in fields {
            let path =
                if above.is_empty() { field.name.to_owned() } else { format!("{above}.{}", field.name) };
            let place = format!("{} {path}", of.name);
            let found = declared::steps(of.name, &path).unwrap_or_else(|_| panic!("{place} is not declared"));
            let Of::Record { type_name, fields, .. } = field.of else { continue };
            if SUBTYPES.contains(&place.as_str()) {
                assert_ne!(found.last().unwrap().1.wire(), type_name, "{place}");
            } else {
                assert_eq!(found.last().unwrap().1.wire(), type_name, "{place}");
                check(of, &path, fields);
            }
        }
    }

    #[test]
    fn every_property_is_declared_and_of_the_type_that_is_declared() {
        TYPES.iter().for_each(|kind| check(kind, "", kind.fields));
    }

    #[test]
    fn the_type_that_each_extends_is_the_one_that_is_declared() {
        for kind in TYPES.iter() {
            let base = kind.base.map(|base| base.name);
            assert!(
                base.is_none_or(|base| declared::extends(kind.name, base)),
                "{} extends {base:?}",
                kind.name
            );
        }
    }
}
