//! What is said of the roles of a window, and what each may do.
//! Refuses to decide who may do what: every command declares it.

use super::words::capital;
use contract::Role;
use contract::command::WindowRole;

/// A role as it is called on the page: `Viewer`.
pub(crate) fn title(role: Role) -> String {
    capital(role.name())
}

/// What it may do.
pub(crate) fn words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "reads and exports",
        Role::Operator => "also tests, syncs, pauses and schedules",
        Role::Admin => "also configures vCenters, credentials and Muster itself",
    }
}

/// Why a page isn't shown.
pub(crate) fn refusal(needed: Role, shown: WindowRole) -> String {
    let why = format!(
        "This page requires the role {}. This window is running as {}.",
        needed.name(),
        shown.role.name()
    );
    match shown.highest >= needed {
        true => format!("{why} The role can be raised again in the settings."),
        false => format!(
            "{why} Muster was started as {}: start it as {} to open this page.",
            shown.highest.name(),
            needed.name()
        ),
    }
}

/// The roles that a window can change to, the lowest first, as each may do what those before it may.
pub(crate) fn choices(shown: WindowRole) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| *role <= shown.highest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_which_role_is_needed_which_one_there_is_and_what_can_be_done() {
        let lowered = WindowRole { role: Role::Viewer, highest: Role::Admin, is_locked: false };
        assert_eq!(
            refusal(Role::Operator, lowered),
            "This page requires the role operator. This window is running as viewer. The role can be raised again in the settings."
        );
        let started = WindowRole { highest: Role::Viewer, ..lowered };
        assert!(
            refusal(Role::Operator, started)
                .ends_with("Muster was started as viewer: start it as operator to open this page.")
        );
    }

    #[test]
    fn no_role_above_that_of_the_start_can_be_chosen() {
        let shown = WindowRole { role: Role::Viewer, highest: Role::Operator, is_locked: true };
        assert_eq!(choices(shown), [Role::Viewer, Role::Operator]);
    }
}
