//! Roles: what an account may do where it has one.
//! Refuses to say whether a role is handed down to what lies below: a server doesn't tell.

use crate::{parser::Object, property::Property, value::Value};

/// A role. Source: AuthorizationRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What `effectiveRole` of an object names. Those that every server has are negative.
    pub id: i64,
    /// As administrators know it: `Read-only`. Source: info.label, or name where that is empty.
    pub label: String,
    /// Whether who has it may read what is more than a name: the privilege System.Read.
    pub reads: bool,
}

impl Role {
    const PATH: &str = "roleList";

    pub(crate) fn property() -> Property {
        Property { path: Self::PATH.into(), fields: vec!["roleId", "name", "info", "label", "privilege"] }
    }

    pub(crate) fn read(manager: &Object) -> Vec<Self> {
        let list = manager.property(Self::PATH).map(Value::as_list).unwrap_or_default();
        list.iter().filter_map(Self::one).collect()
    }

    fn one(role: &Value) -> Option<Self> {
        let text = |path: &str| role.field(path).and_then(Value::as_str).map(str::trim);
        let label = text("info.label").filter(|label| !label.is_empty()).or_else(|| text("name"))?;
        let mut privileges = role.list("privilege").iter().filter_map(Value::as_str);
        Some(Self {
            id: role.field("roleId")?.as_i64()?,
            label: label.to_owned(),
            reads: privileges.any(|privilege| privilege == "System.Read"),
        })
    }
}
