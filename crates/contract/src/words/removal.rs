//! What goes with a thing that is removed, in words.
//! Refuses to leave out what stays.

use super::counted;
use crate::CredentialPlace;
use crate::command::Removal;

/// What is said of a credential that is removed, with what becomes of its password.
pub fn with_password_of_removed(said: &str, place: CredentialPlace) -> String {
    let password = match place {
        CredentialPlace::Keychain => " Its password is removed from the keychain.",
        CredentialPlace::File => " The password file stays: delete it yourself.",
        CredentialPlace::Helper => " The helper itself stays.",
        CredentialPlace::None => "",
    };
    format!("{said}{password}")
}

/// What goes with a vCenter, one thing each; empty where that is nothing.
pub fn goes_with(removal: &Removal) -> Vec<String> {
    let Removal { hosts, vms, others, operations, schedules, credential } = removal;
    let objects = [(hosts, "host", "hosts"), (vms, "VM", "VMs"), (others, "other object", "other objects")];
    let objects = objects.into_iter().filter(|(number, ..)| **number > 0);
    let several = |number: u64, one, many| counted(usize::try_from(number).unwrap_or(usize::MAX), one, many);
    let objects: Vec<String> = objects.map(|(number, one, many)| several(*number, one, many)).collect();
    let mut goes = Vec::new();
    if !objects.is_empty() {
        goes.push(format!("Cached inventory: {}", objects.join(", ")));
    }
    if *operations > 0 {
        goes.push(format!("History: {}", several(*operations, "operation", "operations")));
    }
    if !schedules.is_empty() {
        goes.push(format!(
            "Its place in {}: {}",
            counted(schedules.len(), "schedule", "schedules"),
            schedules.join(", ")
        ));
    }
    if let Some(credential) = credential {
        let said = format!("Credential \u{201c}{}\u{201d}, which nothing else uses.", credential.name);
        goes.push(with_password_of_removed(&said, credential.stored));
    }
    goes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credential, CredentialId};

    #[test]
    fn everything_that_goes_with_a_vcenter_is_named_and_nothing_else() {
        assert_eq!(goes_with(&Removal::default()), [""; 0]);
        let credential = Credential {
            id: CredentialId("c".to_owned()),
            name: "Berlin".to_owned(),
            user: "ro".to_owned(),
            stored: CredentialPlace::Keychain,
            helper: None,
            vcenters: Vec::new(),
            rejected_at: None,
            rejected_because: None,
            rejected_message: None,
        };
        let schedules = vec!["Nightly".to_owned(), "Hourly".to_owned()];
        let removal = Removal {
            hosts: 1,
            vms: 30_000,
            others: 2,
            operations: 1,
            schedules,
            credential: Some(credential),
        };
        let expected = [
            "Cached inventory: 1 host, 30,000 VMs, 2 other objects",
            "History: 1 operation",
            "Its place in 2 schedules: Nightly, Hourly",
            "Credential \u{201c}Berlin\u{201d}, which nothing else uses. Its password is removed from the keychain.",
        ];
        assert_eq!(goes_with(&removal), expected);
    }
}
