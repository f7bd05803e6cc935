//! Who calls, and in which role: made by the program that calls, never out of what a page or a script sends it.
//! Refuses to raise a role: what lowers it is an option, a variable and a person while it runs, and the lowest of them counts.

use contract::command::Command;
use contract::{ApiError, Code, Door, Remedy, Role, Time};
use store::Act;

/// The variable that lowers the role of every program that is started with it.
const VARIABLE: &str = "MUSTER_ROLE";

/// What lowers it for one run.
const OPTION: &str = "an option";

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    who: String,
    host: String,
    door: Door,
    option: Option<Role>,
    variable: Option<Role>,
    lowered: Option<Role>,
}

impl Caller {
    /// The person who started this program: with every right, unless the option or MUSTER_ROLE lowers the role.
    pub fn person(option: Option<Role>, door: Door) -> Result<Caller, ApiError> {
        let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        let variable = variable.map(|value| named(&value.to_string_lossy())).transpose()?;
        Ok(Caller { who: user(), host: host(), door, option, variable, lowered: None })
    }

    /// Muster itself, in what it does without being asked for it.
    pub fn muster() -> Caller {
        let who = "muster".to_owned();
        Caller { who, host: host(), door: Door::Muster, option: None, variable: None, lowered: None }
    }

    /// The same in a role that a person lowered it to since it was started; never in a higher one.
    #[must_use]
    pub fn lowered_to(&self, role: Role) -> Caller {
        Caller { lowered: Some(role), ..self.clone() }
    }

    /// The same person from another part of the window's program.
    #[must_use]
    pub fn through(mut self, door: Door) -> Caller {
        self.door = door;
        self
    }

    /// One of their calls, as the audit log has it.
    pub(crate) fn act(&self, command: &'static str, at: Time) -> Act {
        Act::new((&self.who, &self.host), self.door, self.role(), command, at)
    }

    /// The role that the calls have.
    pub fn role(&self) -> Role {
        self.option.into_iter().chain(self.variable).chain(self.lowered).min().unwrap_or(Role::Admin)
    }

    /// Whose call it is, as the system calls the user.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// Fails if the role is too low for a command. [`crate::Service::call`] checks it in any case; this is for those who would
    /// ask a person something before.
    pub fn may<C: Command>(&self) -> Result<(), ApiError> {
        if self.role() >= C::ROLE { Ok(()) } else { Err(self.forbidden(C::ROLE)) }
    }

    fn forbidden(&self, needed: Role) -> ApiError {
        let message = format!(
            "this requires the role {}, but Muster is running with the role {}",
            needed.name(),
            self.role().name()
        );
        let too_low = |role: Option<Role>| role.is_some_and(|role| role < needed);
        let ways = [(OPTION, self.option), (VARIABLE, self.variable)];
        let ways: Vec<&str> = ways.into_iter().filter(|way| too_low(way.1)).map(|way| way.0).collect();
        let enough: Vec<&str> =
            Role::ALL.into_iter().filter(|role| *role >= needed).map(Role::name).collect();
        let option = too_low(self.option).then_some(Remedy::SetRole { role: needed });
        if ways.is_empty() {
            return ApiError::new(Code::Forbidden, message)
                .next("The role was lowered since Muster was started: raise it again in the settings.");
        }
        ApiError::new(Code::Forbidden, message)
            .next(format!(
                "The role was set with {}: set it to {}, or leave it out, and start Muster again.",
                ways.join(" and "),
                enough.join(" or ")
            ))
            .remedies(option)
    }
}

/// The role in the variable.
fn named(value: &str) -> Result<Role, ApiError> {
    Role::from_name(value).ok_or_else(|| {
        let [viewer, operator, admin] = Role::ALL.map(Role::name);
        let shown = contract::words::excerpt(value);
        ApiError::new(Code::InvalidValue, format!("\"{shown}\" in {VARIABLE} is not a role"))
            .next(format!("Set it to {viewer}, {operator} or {admin}, or unset it."))
    })
}

/// The user who runs this process, as the system says and not the environment.
pub(crate) fn user() -> String {
    whoami::username().unwrap_or_default()
}

/// This machine.
pub(crate) fn host() -> String {
    whoami::hostname().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::command::{ListVcenters, RemoveVcenter, Submit};

    fn caller(option: Option<Role>, variable: Option<Role>) -> Caller {
        Caller { option, variable, ..Caller::muster() }
    }

    #[test]
    fn the_lower_of_option_and_variable_counts_and_neither_raises_it() {
        use Role::{Admin, Operator, Viewer};
        for (option, variable, role) in [
            (None, None, Admin),
            (Some(Viewer), None, Viewer),
            (None, Some(Operator), Operator),
            (Some(Admin), Some(Viewer), Viewer),
            (Some(Viewer), Some(Admin), Viewer),
        ] {
            assert_eq!(caller(option, variable).role(), role, "{option:?} {variable:?}");
        }
    }

    #[test]
    fn a_refusal_says_which_role_is_needed_which_one_there_is_and_what_lowered_it() {
        let viewer = caller(Some(Role::Operator), Some(Role::Viewer));
        assert_eq!(viewer.may::<ListVcenters>(), Ok(()));
        let refused = viewer.may::<Submit>().unwrap_err();
        assert_eq!(refused.code, Code::Forbidden);
        assert_eq!(
            refused.message,
            "this requires the role operator, but Muster is running with the role viewer"
        );
        assert_eq!(
            refused.next_step.unwrap(),
            "The role was set with MUSTER_ROLE: set it to operator or admin, or leave it out, and start Muster again."
        );
        let refused = viewer.may::<RemoveVcenter>().unwrap_err().next_step.unwrap();
        assert!(
            refused.starts_with("The role was set with an option and MUSTER_ROLE: set it to admin,"),
            "{refused}"
        );
    }

    #[test]
    fn a_role_that_was_lowered_since_is_the_lowest_of_all_and_raises_none() {
        use Role::{Admin, Operator, Viewer};
        let operator = caller(Some(Operator), None);
        assert_eq!(operator.lowered_to(Viewer).role(), Viewer);
        assert_eq!(operator.lowered_to(Admin).role(), Operator);
        let refused = operator.lowered_to(Viewer).may::<Submit>().unwrap_err();
        assert_eq!(
            refused.next_step.unwrap(),
            "The role was lowered since Muster was started: raise it again in the settings."
        );
        let refused = operator.lowered_to(Viewer).may::<RemoveVcenter>().unwrap_err().next_step.unwrap();
        assert!(refused.starts_with("The role was set with an option: set it to admin,"), "{refused}");
    }

    #[test]
    fn a_role_that_there_is_none_of_is_told_with_those_there_are() {
        let error = named("root").unwrap_err();
        assert_eq!(error.code, Code::InvalidValue);
        assert!(error.next_step.unwrap().contains("viewer, operator or admin"));
        for role in Role::ALL {
            assert_eq!(named(role.name()), Ok(role));
        }
    }
}
