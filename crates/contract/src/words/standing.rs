//! How a vCenter, what was done to it and a credential stand, in the words of every client.
//! Refuses to colour them: how serious something is each client shows in its own way.

use super::{capital, grouped};
use crate::destination::Delivery;
use crate::{Credential, CredentialPlace, Job, Operation, OperationKind, Rejection, VcenterState};

/// A connection state in words.
pub fn vcenter_state(state: VcenterState) -> &'static str {
    match state {
        VcenterState::Online => "Online",
        VcenterState::Offline => "Offline",
        VcenterState::LoginRejected => "Login rejected",
        VcenterState::NoPassword => "Password needed",
        VcenterState::Untrusted => "Certificate not trusted",
        VcenterState::DifferentVcenter => "Different vCenter",
        VcenterState::NeverSynced => "Never synced",
        VcenterState::Unknown => "Not contacted",
        VcenterState::Paused => "Paused",
    }
}

/// Where a password is, in words.
pub fn credential_place(place: CredentialPlace) -> &'static str {
    match place {
        CredentialPlace::Keychain => "keychain",
        CredentialPlace::File => "file",
        CredentialPlace::Helper => "helper",
        CredentialPlace::None => "not stored",
    }
}

/// Why a login was rejected, in words; `None` where nobody said why.
pub fn rejected_because(credential: &Credential) -> Option<&str> {
    match credential.rejected_because {
        None | Some(Rejection::Refused) => credential.rejected_message.as_deref(),
        Some(Rejection::InvalidLogin) => Some("wrong user or password"),
        Some(Rejection::PasswordExpired) => Some("password expired"),
        Some(Rejection::AccountDisabled) => Some("account disabled"),
        Some(Rejection::AccountLocked) => Some("account locked"),
    }
}

/// What an operation changed: `3 added, 1 removed`, `nothing changed`.
pub fn changes(operation: &Operation) -> String {
    if operation.kind() == OperationKind::Policy {
        let total = usize::try_from(operation.progress.total).unwrap_or(usize::MAX);
        return format!(
            "{} of {}",
            operation.progress.done,
            super::counted(total, "operation", "operations")
        );
    }
    match &operation.job {
        Job::Deliver { delivery, .. } => return done_by(delivery).to_owned(),
        Job::Notify { .. } => return "shown where a window is open".to_owned(),
        _ => {}
    }
    let diff = operation.told_changes();
    let told = counts([(diff.added, "added"), (diff.changed, "changed"), (diff.removed, "removed")]);
    told.unwrap_or_else(|| "nothing changed".to_owned())
}

/// What became of a delivery that succeeded.
fn done_by(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Rows { .. } => "the files were written",
        Delivery::Test { .. } => "the destination works",
        Delivery::Run { .. } | Delivery::Health { .. } => "the message was taken",
    }
}

/// Those of these numbers that are more than nothing, each with its word.
pub(super) fn counts(numbers: [(u64, &str); 3]) -> Option<String> {
    let said = |(number, what)| format!("{} {what}", grouped(i64::try_from(number).unwrap_or(i64::MAX)));
    let said: Vec<String> = numbers.into_iter().filter(|(number, _)| *number > 0).map(said).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// A message as a sentence: with a capital letter, but where it begins with a host's name, and a full stop.
pub fn sentence(message: &str) -> String {
    let message = message.trim();
    let word = message.split_whitespace().next().unwrap_or_default();
    // A host name at the beginning stays as it is.
    let begun = if word.contains(['.', ':']) { message.to_owned() } else { capital(message) };
    let end = if message.is_empty() || message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{begun}{end}")
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_message_is_a_sentence() {
        assert_eq!(sentence("nothing answers"), "Nothing answers.");
        assert_eq!(sentence("vc.example.org:443 broke off"), "vc.example.org:443 broke off.");
        assert_eq!(sentence(" "), "");
    }
}
