//! Says what a server said of a login, in its own words and with its own next step.
//! Refuses to call every one of them a wrong password.

use super::{Server, address, lacks_password};
use contract::{ApiError, Code, Credential, Rejection, Remedy, Vcenter};
use secrets::Place;
use store::{Rejected, VcenterRecord};
use vsphere::Refusal;

/// The most of a server's words that is passed on.
const LONGEST_WORDS: usize = 300;

/// A server's own words, where it has some: one line, and not longer than anybody reads.
pub(crate) fn words(message: &str) -> Option<String> {
    let words: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(LONGEST_WORDS).collect();
    Some(words).filter(|words| !words.is_empty())
}

/// Why, as it is stored and told.
pub(crate) fn rejection(refusal: Refusal) -> Rejection {
    match refusal {
        Refusal::UserOrPassword => Rejection::InvalidLogin,
        Refusal::PasswordExpired => Rejection::PasswordExpired,
        Refusal::AccountDisabled => Rejection::AccountDisabled,
        Refusal::AccountLocked => Rejection::AccountLocked,
        Refusal::Other => Rejection::Refused,
    }
}

/// A login that was rejected just now.
pub(super) fn rejected(server: &Server<'_>, refusal: Refusal, message: &str) -> ApiError {
    let because = rejection(refusal);
    let message = format!(
        "{} rejected the login of {}{}",
        server.address(),
        server.user,
        reason(because, words(message).as_deref())
    );
    let (next, remedies) = match server.configured {
        true => (
            what_to_do(because, server.user, server.credential, server.place),
            remedies(because, server.credential, Some(server.name), server.place),
        ),
        false => (before_it_is_stored(because, server.user), Vec::new()),
    };
    let error = ApiError::new(Code::LoginRejected, message).next(next).remedies(remedies);
    ApiError { rejected_because: Some(because), ..error }
}

/// A credential that some vCenter rejected earlier. `vcenter` is the one that was to be logged in to, if it is configured.
pub(crate) fn rejected_before(credential: &Credential, vcenter: Option<&str>, place: Place) -> ApiError {
    let Credential { name, user, vcenters, .. } = credential;
    let because = credential.rejected_because.unwrap_or(Rejection::Refused);
    let vcenter = vcenter.or(vcenters.first().map(String::as_str));
    let mut next = what_to_do(because, user, name, place);
    if place == Place::File && because != Rejection::AccountLocked {
        next.push_str(" If another password is in the file already, retry the login.");
    }
    let message =
        format!("{}; it was not tried again, since that could lock the account", was_rejected(credential));
    let remedies = remedies(because, name, vcenter, place);
    let error = ApiError::new(Code::LoginRejected, message).next(next).remedies(remedies);
    ApiError { rejected_because: Some(because), ..error }
}

/// The same for a vCenter that was not asked, since another one that shares the credential rejected it.
pub(crate) fn not_tried(credential: &Credential, by: &str, vcenter: &str, place: Place) -> ApiError {
    let message = format!("not tried: same account as {by}; {}", was_rejected(credential));
    ApiError { message, ..rejected_before(credential, Some(vcenter), place) }
}

/// A rejection just now by one vCenter of several, while the same password works on another one.
pub(crate) fn works_elsewhere(error: ApiError, vcenter: &str, works_on: &str) -> ApiError {
    let message = format!("{}, although the same password worked on {works_on}", error.message);
    there(ApiError { message, ..error }, vcenter)
}

/// The same from earlier; nobody may have seen it work since.
pub(crate) fn rejected_there(
    vcenter: &Vcenter,
    rejected: &Rejected,
    works_on: Option<&str>,
    place: Place,
) -> ApiError {
    let Vcenter { name, user, credential, .. } = vcenter;
    let reason = reason(rejected.because, rejected.message.as_deref());
    let although = works_on.map(|on| format!(", although the account works on {on}")).unwrap_or_default();
    let message = format!(
        "{name} rejected the login of {user} at {}{reason}{although}; it was not tried again, since that could lock \
         the account",
        rejected.at
    );
    let error = ApiError::new(Code::LoginRejected, message)
        .next(what_to_do(rejected.because, user, credential, place))
        .remedies(remedies(rejected.because, credential, Some(name), place));
    let error = ApiError { rejected_because: Some(rejected.because), ..error };
    if works_on.is_some() { there(error, name) } else { error }
}

/// What to do where the password is right elsewhere: another one would be wrong there. A lock passes, and what the account
/// lacks is said as ever.
fn there(error: ApiError, vcenter: &str) -> ApiError {
    let next = match error.rejected_because {
        Some(Rejection::InvalidLogin | Rejection::Refused) | None => format!(
            "Check the identity source of {vcenter}, or use another credential for it. Muster doesn't log in there with \
             this password again. Once it is fixed, retry the login."
        ),
        Some(_) => return error,
    };
    ApiError { remedies: vec![Remedy::RetryLogin { vcenter: vcenter.to_owned() }], ..error }.next(next)
}

/// A password that some vCenter rejected earlier, while another one of the same credential worked since.
pub(crate) fn rejected_once(credential: &Credential, vcenter: Option<&str>, place: Place) -> ApiError {
    let Credential { name, user, vcenters, .. } = credential;
    let vcenter = vcenter.or(vcenters.first().map(String::as_str));
    let which = match place {
        Place::File => format!("in $CREDENTIALS_DIRECTORY/{name}"),
        Place::Helper => "that the helper printed".to_owned(),
        Place::Keychain | Place::Memory => "available now".to_owned(),
    };
    let message = format!(
        "the password {which} for the credential \"{name}\" ({user}) was rejected before, and another one was accepted \
         elsewhere; it was not tried again, since that could lock the account"
    );
    let next = format!("{} If this one is correct, retry the login.", new_password(name, place));
    let remedies = remedies(Rejection::InvalidLogin, name, vcenter, place);
    ApiError::new(Code::LoginRejected, message).next(next).remedies(remedies)
}

/// Where the right password has to go: a file is read before the keychain, and a helper is asked before both.
fn new_password(credential: &str, place: Place) -> String {
    match place {
        Place::File => format!(
            "Write the new password into $CREDENTIALS_DIRECTORY/{credential}: it is tried at the next login."
        ),
        Place::Helper => {
            "Change it where the helper gets it from: another one that it prints is tried at the next login."
                .to_owned()
        }
        Place::Keychain | Place::Memory => "Store the new password.".to_owned(),
    }
}

/// What is known of a rejection, as a sentence without its end.
pub(crate) fn was_rejected(credential: &Credential) -> String {
    let Credential { name, user, rejected_message, .. } = credential;
    let because = credential.rejected_because.unwrap_or(Rejection::Refused);
    let at = credential.rejected_at.map(|at| format!(" at {at}")).unwrap_or_default();
    format!(
        "the credential \"{name}\" ({user}) was rejected{at}{}",
        reason(because, rejected_message.as_deref())
    )
}

/// A server that does not show, before any login, that it is the one that the password is for.
pub(crate) fn unknown_at(vcenter: &VcenterRecord, place: Place) -> ApiError {
    let v = &vcenter.vcenter;
    let which = match place {
        Place::File => format!("write the password into $CREDENTIALS_DIRECTORY/{}", v.credential),
        Place::Helper | Place::Keychain | Place::Memory => "enter its password".to_owned(),
    };
    ApiError::new(
        Code::NoPassword,
        format!(
            "the address of {} was changed, and the server at {} could not be verified as the same server; \
             the stored password is not sent to it",
            v.name,
            address(&v.host, v.port)
        ),
    )
    .next(format!("If it is the same, {which} for this address."))
    .remedy(Remedy::ConfirmPassword { vcenter: v.name.clone() })
}

/// No password in any of the places where it could be.
pub(crate) fn no_password(credential: &str) -> ApiError {
    lacks_password(credential, Remedy::SetPassword { credential: credential.to_owned() })
}

/// The same for a credential that is only about to be made.
pub fn no_new_password(credential: &str) -> ApiError {
    lacks_password(credential, Remedy::GivePassword)
}

fn reason(because: Rejection, said: Option<&str>) -> String {
    let ours = match because {
        Rejection::InvalidLogin => ": wrong user or password",
        Rejection::PasswordExpired => ": its password has expired",
        Rejection::AccountDisabled => ": the account is disabled",
        Rejection::AccountLocked => ": the account is locked",
        Rejection::Refused => "",
    };
    let said = said.map(|said| format!(" (the server says: {said})")).unwrap_or_default();
    format!("{ours}{said}")
}

const FEDERATED: &str =
    "On a vCenter with federated login (ADFS, Okta, MFA) use a local or directory account.";

/// What can be done, the most likely first: a password in a file, or of a helper, is changed there and nowhere else.
fn remedies(because: Rejection, credential: &str, vcenter: Option<&str>, place: Place) -> Vec<Remedy> {
    let replace = (!matches!(place, Place::File | Place::Helper))
        .then(|| Remedy::ReplacePassword { credential: credential.to_owned() });
    let retry = vcenter.map(|vcenter| Remedy::RetryLogin { vcenter: vcenter.to_owned() });
    let ordered = match because {
        Rejection::InvalidLogin | Rejection::PasswordExpired => [replace, retry],
        Rejection::AccountDisabled | Rejection::AccountLocked | Rejection::Refused => [retry, replace],
    };
    ordered.into_iter().flatten().collect()
}

fn what_to_do(because: Rejection, user: &str, credential: &str, place: Place) -> String {
    let set = new_password(credential, place);
    match because {
        Rejection::InvalidLogin => format!(
            "This password is not used again until it is changed. {set} If it was correct, retry the login. \
             {FEDERATED}"
        ),
        Rejection::PasswordExpired => format!(
            "Set a new password for {user} on the vCenter or in its directory. {set} If the old one is valid \
             again, retry the login."
        ),
        Rejection::AccountDisabled => format!(
            "Ask an administrator to enable {user} on the vCenter or in its directory, then retry the login. \
             {set}"
        ),
        Rejection::AccountLocked => format!(
            "Wait: Muster doesn't log in with it for 15 minutes, so that vCenter can unlock the account. The \
             next operation after that tries again. If it was unlocked earlier, retry the login. Check for \
             other programs that still use an old password of {user}."
        ),
        Rejection::Refused => {
            format!("Follow the server's message. {set} If it was correct, retry the login.")
        }
    }
}

fn before_it_is_stored(because: Rejection, user: &str) -> String {
    match because {
        Rejection::InvalidLogin => {
            format!("Check user and password, then add it again; nothing was stored. {FEDERATED}")
        }
        Rejection::PasswordExpired => format!(
            "Set a new password for {user} on the vCenter or in its directory, then add it again with that \
             one; nothing was stored."
        ),
        Rejection::AccountDisabled => format!(
            "Ask an administrator to enable {user} on the vCenter or in its directory, then add it again; nothing was \
             stored."
        ),
        Rejection::AccountLocked => format!(
            "Wait until {user} is unlocked, which vCenter does automatically after a few minutes, then add \
             it again; nothing was stored."
        ),
        Rejection::Refused => "Follow the server's message, then add it again; nothing was stored.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{CredentialId, CredentialPlace, Time, Trust};
    use std::collections::BTreeSet;

    const ALL: [Refusal; 5] = [
        Refusal::UserOrPassword,
        Refusal::PasswordExpired,
        Refusal::AccountDisabled,
        Refusal::AccountLocked,
        Refusal::Other,
    ];

    #[test]
    fn every_rejection_has_words_and_a_next_step_of_its_own() {
        let (mut messages, mut steps) = (BTreeSet::new(), BTreeSet::new());
        for refusal in ALL {
            for configured in [true, false] {
                let server = Server {
                    name: "Ber lin",
                    host: "vc",
                    port: 443,
                    user: "reader",
                    credential: "a b",
                    trust: &Trust::System,
                    configured,
                    place: Place::Keychain,
                };
                let error = rejected(&server, refusal, "  in its\nown words ");
                assert!(error.message.contains("the server says: in its own words"), "{error:?}");
                assert_eq!(error.rejected_because, Some(rejection(refusal)));
                let next = error.next_step.unwrap();
                assert_eq!(next.contains("nothing was stored"), !configured, "{next}");
                assert_eq!(error.remedies.len(), if configured { 2 } else { 0 }, "{:?}", error.remedies);
                messages.insert(error.message);
                steps.insert(next);
            }
        }
        assert_eq!((messages.len(), steps.len()), (ALL.len(), 2 * ALL.len()));
    }

    #[test]
    fn who_was_not_tried_names_the_vcenter_that_rejected_the_account_and_has_the_same_remedies() {
        let credential = credential();
        let told = not_tried(&credential, "Berlin", "Oslo", Place::Keychain);
        assert!(told.message.starts_with("not tried: same account as Berlin; "), "{told:?}");
        assert!(told.message.contains("was rejected at"), "{told:?}");
        let own = rejected_before(&credential, Some("Oslo"), Place::Keychain);
        assert_eq!((told.code, &told.remedies, &told.next_step), (own.code, &own.remedies, &own.next_step));
    }

    #[test]
    fn a_rejection_of_what_works_elsewhere_is_the_identity_sources_and_one_of_a_locked_account_its_own() {
        let server = Server {
            name: "Berlin",
            host: "vc",
            port: 443,
            user: "reader",
            credential: "ops",
            trust: &Trust::System,
            configured: true,
            place: Place::Keychain,
        };
        for refusal in ALL {
            let error = works_elsewhere(rejected(&server, refusal, ""), "Berlin", "Oslo");
            assert!(error.message.ends_with("although the same password worked on Oslo"), "{error:?}");
            let retry = Remedy::RetryLogin { vcenter: "Berlin".into() };
            assert!(error.remedies.contains(&retry), "{error:?}");
            let is_its_own = matches!(refusal, Refusal::UserOrPassword | Refusal::Other);
            let next = error.next_step.unwrap();
            assert_eq!(next.contains("identity source of Berlin"), is_its_own, "{next}");
            assert_eq!(error.remedies.len(), if is_its_own { 1 } else { 2 });
        }
    }

    fn credential() -> Credential {
        Credential {
            id: CredentialId("c".into()),
            name: "ops".into(),
            user: "reader".into(),
            stored: CredentialPlace::File,
            helper: None,
            vcenters: vec!["Bonn".into()],
            rejected_at: Some(Time(0)),
            rejected_because: Some(Rejection::InvalidLogin),
            rejected_message: None,
        }
    }

    #[test]
    fn a_rejection_from_before_names_a_vcenter_to_try_again_on_and_the_file() {
        let credential = credential();
        let retry = |vcenter: &str| Remedy::RetryLogin { vcenter: vcenter.into() };
        let replace = Remedy::ReplacePassword { credential: "ops".into() };
        let of_file = rejected_before(&credential, None, Place::File);
        for error in [of_file, rejected_once(&credential, None, Place::File)] {
            assert_eq!(error.remedies, [retry("Bonn")]);
            let told = error.next_step.unwrap();
            assert!(told.contains("Write the new password into $CREDENTIALS_DIRECTORY/ops"), "{told}");
        }
        let of_keychain = rejected_before(&credential, Some("Köln"), Place::Keychain);
        assert_eq!(of_keychain.remedies, [replace.clone(), retry("Köln")]);
        assert!(!of_keychain.next_step.unwrap().contains("DIRECTORY"));
        for because in [Rejection::PasswordExpired, Rejection::AccountDisabled, Rejection::Refused] {
            for place in [Place::File, Place::Helper, Place::Keychain, Place::Memory] {
                let told = what_to_do(because, "reader", "ops", place);
                let offered = remedies(because, "ops", Some("Bonn"), place);
                assert_eq!(told.contains("$CREDENTIALS_DIRECTORY/ops"), place == Place::File, "{told}");
                assert_eq!(told.contains("where the helper gets it from"), place == Place::Helper, "{told}");
                let is_ours = matches!(place, Place::Keychain | Place::Memory);
                assert_eq!(offered.contains(&replace), is_ours, "{offered:?}");
                assert!(offered.contains(&retry("Bonn")), "{offered:?}");
            }
        }
    }
}
