//! What a simulated server manages: an estate that was made from a seed, or what was recorded of a real server.
//! Refuses to know requests: which objects there are, what lies in what, and the value at a path is all it says.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::content::Content;
use crate::data::{Data, escape};
use crate::estate::{Estate, Holds, Id, Object};
use crate::recording::Recording;
use crate::schema::{At, Path, type_of};

/// One of the two.
#[derive(Debug)]
pub(crate) enum Inventory {
    Made(Estate),
    Recorded(Recording),
}

/// The value of a property.
pub(crate) enum Value<'a> {
    Made(Data<'a>),
    /// A whole `val`, as it stands in the answer.
    Written(String),
}

impl Inventory {
    /// What its server says about itself.
    pub(crate) fn content(&self) -> Content {
        match self {
            Inventory::Made(estate) => Content::of_estate(estate),
            Inventory::Recorded(recording) => Content::of_recording(recording.content()),
        }
    }

    /// Which server it is. Source: about.instanceUuid, which an ESXi host doesn't have.
    pub(crate) fn instance_uuid(&self) -> Option<&str> {
        match self {
            Inventory::Made(estate) => Some(&estate.instance_uuid),
            Inventory::Recorded(recording) => recording.content().instance_uuid.as_deref(),
        }
    }

    /// An object by its type and moref as they are on the wire.
    pub(crate) fn find(&self, type_name: &str, moref: &str) -> Option<Id> {
        match self {
            Inventory::Made(estate) => estate.find(type_name, moref),
            Inventory::Recorded(recording) => recording.find(type_name, moref),
        }
    }

    pub(crate) fn type_name(&self, id: Id) -> &str {
        match self {
            Inventory::Made(estate) => estate.kind(id).type_name(),
            Inventory::Recorded(recording) => recording.moref(id).map_or("", |moref| &moref.kind),
        }
    }

    fn moref(&self, id: Id) -> Cow<'_, str> {
        match self {
            Inventory::Made(estate) => estate.moref(id).into(),
            Inventory::Recorded(recording) => recording.moref(id).map_or("", |moref| &moref.value).into(),
        }
    }

    /// A folder that holds VMs and lies in another one.
    pub(crate) fn some_vm_folder(&self) -> Option<Id> {
        let Inventory::Made(estate) = self else { return None };
        estate.ids().find(|id| match estate.object(*id) {
            Some(Object::Folder(folder)) => {
                let parent = folder.parent.and_then(|parent| estate.object(parent));
                folder.holds == Holds::Vms
                    && matches!(parent, Some(Object::Folder(_)))
                    && !estate.below(*id, true).is_empty()
            }
            _ => false,
        })
    }

    /// Everything below a container, at any depth or directly in it; the container itself isn't.
    pub(crate) fn below(&self, container: Id, recursive: bool) -> Vec<Id> {
        match self {
            Inventory::Made(estate) => estate.below(container, recursive),
            Inventory::Recorded(recording) => recording.below(container, recursive),
        }
    }

    /// What an object has at a path that one of its types declares; none where it isn't set.
    pub(crate) fn value<'a>(&'a self, id: Id, path: &Path) -> Option<Value<'a>> {
        match self {
            Inventory::Made(estate) => made(estate, id, path).map(Value::Made),
            Inventory::Recorded(recording) => recording.value(id, &path.text).map(Value::Written),
        }
    }

    /// The objects that a path leads to.
    pub(crate) fn references(&self, id: Id, path: &Path) -> Vec<Id> {
        match self {
            Inventory::Made(estate) => made(estate, id, path).map(Data::references).unwrap_or_default(),
            Inventory::Recorded(recording) => recording.references(id, &path.text),
        }
    }

    /// Writes a reference as an element with these further attributes.
    pub(crate) fn write_reference(&self, name: &str, id: Id, attributes: &str, out: &mut String) {
        let _ = write!(out, "<{name} type=\"{}\"{attributes}>", self.type_name(id));
        escape(&self.moref(id), out);
        let _ = write!(out, "</{name}>");
    }

    /// Writes references as an array's `val`.
    pub(crate) fn write_references(&self, ids: &[Id], out: &mut String) {
        out.push_str("<val xsi:type=\"ArrayOfManagedObjectReference\">");
        let attributes = " xsi:type=\"ManagedObjectReference\"";
        ids.iter().for_each(|id| self.write_reference("ManagedObjectReference", *id, attributes, out));
        out.push_str("</val>");
    }
}

impl Value<'_> {
    pub(crate) fn write(&self, inventory: &Inventory, out: &mut String) {
        match (self, inventory) {
            (Value::Made(data), Inventory::Made(estate)) => data.write_val(estate, out),
            // Nothing of an estate is ever read off a recording.
            (Value::Made(_), Inventory::Recorded(_)) => {}
            (Value::Written(val), _) => out.push_str(val),
        }
    }
}

/// An object of a subtype may have more at a path than the type that was asked about.
fn made<'a>(estate: &'a Estate, id: Id, path: &Path) -> Option<Data<'a>> {
    let at = At::new(estate, id)?;
    match estate.kind(id).type_name() {
        own if own == path.of => path.read(at),
        own => type_of(own)?.follow(&path.text).read(at),
    }
}
