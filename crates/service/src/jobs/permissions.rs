//! What the account may do on the containers that came, by the roles that the server says it has on each.
//! Refuses to claim anything of what didn't come, and to fail a pass: it is told, and decides nothing.

use contract::{HeldRole, Kind, Permissions};
use std::collections::BTreeMap;
use vsphere::{MoRef, Object, Role, Session, Value};

/// The property that every container has. Source: ManagedEntity.effectiveRole.
pub(crate) const PATH: &str = "effectiveRole";

/// What permissions are handed out on.
pub(crate) const CONTAINERS: [Kind; 4] =
    [Kind::Folders, Kind::Datacenters, Kind::Clusters, Kind::ResourcePools];

/// Containers that are named for each role that doesn't read.
const NAMED: usize = 10;

/// A container with the roles that the account has on it.
pub(super) struct Container {
    name: String,
    is_root: bool,
    /// Ids; empty where the server doesn't tell.
    roles: Vec<i64>,
}

impl Container {
    pub(super) fn of(sent: &Object, root: &MoRef) -> Container {
        let name = sent.property("name").and_then(Value::as_str).unwrap_or(&sent.moref.value);
        let roles = sent.property(PATH).map(Value::as_list).unwrap_or_default();
        Container {
            name: name.to_owned(),
            is_root: sent.moref == *root,
            roles: roles.iter().filter_map(Value::as_i64).collect(),
        }
    }
}

/// What all of them say together. `missing` is what else may not be read.
pub(super) async fn of(session: &Session, containers: &[Container], missing: Vec<String>) -> Permissions {
    let roles = match containers.iter().any(|container| !container.roles.is_empty()) {
        // Those that every server has are known without it.
        true => session
            .roles()
            .await
            .inspect_err(|error| tracing::debug!(%error, "the roles of the server are not known"))
            .unwrap_or_default(),
        false => &[],
    };
    counted(containers, roles, missing)
}

fn counted(containers: &[Container], roles: &[Role], missing: Vec<String>) -> Permissions {
    let mut permissions = Permissions { missing, ..Permissions::default() };
    let mut held: BTreeMap<(String, bool), HeldRole> = BTreeMap::new();
    for container in containers {
        let Some((role, reads)) = named(&container.roles, roles) else {
            permissions.untold += 1;
            continue;
        };
        if container.is_root {
            permissions.root = Some(role.clone());
        }
        let one = HeldRole { role: role.clone(), reads, containers: 0, named: Vec::new() };
        let one = held.entry((role, reads)).or_insert(one);
        one.containers += 1;
        if !reads {
            one.named.push(container.name.clone());
        }
    }
    permissions.roles = held.into_values().collect();
    permissions.roles.sort_by_key(|role| std::cmp::Reverse(role.containers));
    for role in &mut permissions.roles {
        // Whichever came first, the same are named each time.
        role.named.sort_unstable();
        role.named.truncate(NAMED);
    }
    permissions
}

/// What several roles on one container are called, and whether one of them reads; none where nothing is known of one.
fn named(ids: &[i64], roles: &[Role]) -> Option<(String, bool)> {
    let known = |id: &i64| {
        let told = roles.iter().find(|role| role.id == *id).map(|role| (&*role.label, role.reads));
        told.or_else(|| BUILT_IN.iter().find(|(one, ..)| one == id).map(|(_, label, reads)| (*label, *reads)))
    };
    let all: Option<Vec<(&str, bool)>> = ids.iter().map(known).collect();
    let all = all.filter(|all| !all.is_empty())?;
    let labels: Vec<&str> = all.iter().map(|(label, _)| *label).collect();
    Some((labels.join(" + "), all.iter().any(|(_, reads)| *reads)))
}

/// The roles that every server has under the same number. Source: vSphere Web Services API, AuthorizationManager.
const BUILT_IN: [(i64, &str, bool); 5] = [
    (-1, "Administrator", true),
    (-2, "Read-only", true),
    (-3, "View", false),
    (-4, "Anonymous", false),
    (-5, "No access", false),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, roles: &[i64]) -> Container {
        Container { name: name.to_owned(), is_root: name == "root", roles: roles.to_vec() }
    }

    #[test]
    fn roles_are_counted_by_what_the_server_calls_them_and_those_that_do_not_read_named() {
        let roles = [
            Role { id: 17, label: "Auditors".into(), reads: true },
            Role { id: -2, label: "Read-only".into(), reads: true },
        ];
        let containers = [
            container("root", &[-2]),
            container("b", &[-5]),
            container("a", &[-5]),
            container("c", &[-2]),
            container("d", &[-2, 17]),
            container("e", &[]),
            container("f", &[99]),
            container("g", &[-2]),
        ];
        let found = counted(&containers, &roles, vec!["hosts".into()]);
        let told: Vec<_> =
            found.roles.iter().map(|role| (&*role.role, role.reads, role.containers)).collect();
        assert_eq!(
            told,
            [("Read-only", true, 3), ("No access", false, 2), ("Read-only + Auditors", true, 1)]
        );
        assert_eq!((found.root.as_deref(), found.untold, found.containers()), (Some("Read-only"), 2, 8));
        assert_eq!(found.roles[1].named, ["a", "b"]);
        assert!(found.lacks() && !found.reads_all());
    }

    #[test]
    fn a_server_that_tells_no_roles_is_no_server_that_hides_something() {
        let found = counted(&[container("root", &[]), container("a", &[])], &[], Vec::new());
        assert_eq!(found, Permissions { untold: 2, ..Permissions::default() });
        assert!(!found.lacks() && !found.reads_all());
        let built_in = counted(&[container("root", &[-2])], &[], Vec::new());
        assert!(built_in.reads_all(), "without a list of roles");
    }
}
