//! The roles that a server has, and which of them its account has where.
//! Refuses to hand out any other: the account has one role, on one folder perhaps another one.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::estate::Id;
use crate::inventory::Inventory;
use crate::options::Rights;

/// Roles that every server has: id, name, label and privileges. Source: AuthorizationManager.roleList of vSphere 8.
const ROLES: [(i32, &str, &str, &[&str]); 5] = [
    (-5, "NoAccess", "No access", &[]),
    (-4, "Anonymous", "Anonymous", &["System.Anonymous"]),
    (-3, "View", "View", &["System.Anonymous", "System.View"]),
    (-2, "ReadOnly", "Read-only", &["System.Anonymous", "System.Read", "System.View"]),
    (-1, "Admin", "Administrator", &["Global.Licenses", "System.Anonymous", "System.Read", "System.View"]),
];

/// What the account may do.
#[derive(Debug)]
pub(crate) struct Roles {
    /// On everything but that folder.
    role: i32,
    folder: Option<Id>,
    hidden: HashSet<Id>,
}

impl Roles {
    pub(crate) fn of(inventory: &Inventory, rights: Rights) -> Roles {
        let role = if rights == Rights::Administrator { -1 } else { -2 };
        let folder = match rights {
            Rights::AllButOneFolder => inventory.some_vm_folder(),
            Rights::Administrator | Rights::ReadOnly => None,
        };
        let hidden = folder.map(|folder| inventory.below(folder, true)).unwrap_or_default();
        Roles { role, folder, hidden: hidden.into_iter().collect() }
    }

    /// Whether the account sees an object at all.
    pub(crate) fn shows(&self, id: Id) -> bool {
        !self.hidden.contains(&id)
    }

    /// The value of `effectiveRole`.
    pub(crate) fn effective(&self, id: Id) -> String {
        let role = if self.folder == Some(id) { -3 } else { self.role };
        format!("<val xsi:type=\"ArrayOfInt\"><int xsi:type=\"xsd:int\">{role}</int></val>")
    }
}

/// The value of `roleList`.
pub(crate) fn list() -> String {
    let mut out = String::from("<val xsi:type=\"ArrayOfAuthorizationRole\">");
    for (id, name, label, privileges) in ROLES {
        let _ = write!(
            out,
            "<AuthorizationRole xsi:type=\"AuthorizationRole\"><roleId>{id}</roleId><system>true</system>\
             <name>{name}</name><info><label>{label}</label><summary>{label}</summary></info>"
        );
        for privilege in privileges {
            let _ = write!(out, "<privilege>{privilege}</privilege>");
        }
        out.push_str("</AuthorizationRole>");
    }
    out.push_str("</val>");
    out
}
