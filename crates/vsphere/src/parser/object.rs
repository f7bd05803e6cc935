//! One object of a page: its reference, the properties that came, and those that are missing with a reason.
//! Refuses an object without a reference, and no property: one that can't be understood is left out.

use std::sync::Arc;

use super::names::Names;
use crate::value::{MoRef, Value};

/// One managed object with the properties that were asked for. A path that is in neither list is absent: unset.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Which object.
    pub moref: MoRef,
    /// Path and value, in the server's order. Source: ObjectContent.propSet.
    pub properties: Vec<(Arc<str>, Value)>,
    /// Path and reason. Source: ObjectContent.missingSet.
    pub missing: Vec<(Arc<str>, Missing)>,
}

impl Object {
    /// The value of a property path that came.
    pub fn property(&self, path: &str) -> Option<&Value> {
        self.properties.iter().find(|(known, _)| &**known == path).map(|(_, value)| value)
    }
}

/// Why a property is missing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Missing {
    /// The account may not read it, for want of this privilege.
    NoPermission(Option<Arc<str>>),
    /// The session is over, or there never was one.
    NotAuthenticated,
    /// The object is gone.
    Gone,
    /// The host is disconnected or doesn't respond.
    NotConnected,
    /// The server doesn't know the path (InvalidProperty).
    NotReported,
    /// It is larger, or nested deeper, than is read; no server says so of itself.
    TooLarge,
    /// Any other fault, by its name.
    Other(Arc<str>),
}

/// Reads an ObjectContent whose properties were taken out already; `None` without a reference to an object.
pub(super) fn from_content(
    content: Value,
    properties: Vec<(Arc<str>, Value)>,
    names: &mut Names,
) -> Option<Object> {
    let Value::Struct { fields, .. } = content else { return None };
    let (mut moref, mut missing) = (None, Vec::new());
    for (name, value) in fields {
        match (&*name, value) {
            ("obj", Value::Ref(obj)) if !obj.value.is_empty() => moref = Some(obj),
            ("missingSet", value) => {
                missing.extend(value.as_list().iter().filter_map(|set| missing_property(set, names)));
            }
            _ => {}
        }
    }
    Some(Object { moref: moref?, properties, missing })
}

/// Reads the fields of a DynamicProperty.
pub(super) fn property(
    fields: impl Iterator<Item = (Arc<str>, Value)>,
    names: &mut Names,
) -> Option<(Arc<str>, Value)> {
    let (mut path, mut val) = (None, None);
    for (name, value) in fields {
        match &*name {
            "name" => path = value.as_str().map(|path| names.get(path.trim())),
            "val" => val = Some(value),
            _ => {}
        }
    }
    Some((path?, val?))
}

fn missing_property(set: &Value, names: &mut Names) -> Option<(Arc<str>, Missing)> {
    let path = names.get(set.field("path")?.as_str()?.trim());
    let fault = set.field("fault.fault").and_then(Value::type_name).unwrap_or("unknown");
    let reason = match fault {
        "NotAuthenticated" => Missing::NotAuthenticated,
        "NoPermission" => {
            let privilege = set.field("fault.fault.privilegeId").and_then(Value::as_str).map(str::trim);
            Missing::NoPermission(privilege.filter(|name| !name.is_empty()).map(|name| names.get(name)))
        }
        "ManagedObjectNotFound" => Missing::Gone,
        "HostNotConnected" | "HostNotReachable" | "HostCommunication" | "HostConnectFault" => {
            Missing::NotConnected
        }
        "InvalidProperty" => Missing::NotReported,
        other => Missing::Other(names.get(other)),
    };
    Some((path, reason))
}
