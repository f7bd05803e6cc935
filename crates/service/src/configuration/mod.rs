//! vCenters and credentials: create, read, update, delete, and look before they are trusted.
//! Refuses to store anything by halves, and to send a password before the certificate is trusted.

mod asked;
mod authority;
mod commands;
mod conflict;
mod contact;
mod credentials;
pub(crate) mod orphans;
mod vcenters;

pub(crate) use conflict::differences;

use crate::validate;
use contract::{ApiError, Code, Remedy, Trust, VcenterSettings, words};
use secrecy::SecretString;
use secrets::Helper;
use std::collections::BTreeSet;
use store::VcenterRecord;

/// What a new vCenter logs in with.
#[derive(Debug)]
pub(crate) enum LoginWith {
    /// A credential of its own, named after it.
    User {
        /// The user.
        user: String,
        /// Its password; where none is given it is looked for in the credentials folder.
        password: Option<SecretString>,
        /// What prints its password at each login, in the place of one.
        helper: Option<Helper>,
    },
    /// A credential that exists, by name or id.
    Credential(String),
}

/// A vCenter to be added.
#[derive(Debug)]
pub(crate) struct AddVcenter {
    /// Its name.
    pub(crate) name: String,
    /// Host name, address or URL, with a port if it isn't 443.
    pub(crate) address: String,
    /// What to log in with.
    pub(crate) login: LoginWith,
    /// Which certificate to accept.
    pub(crate) trust: Trust,
    /// What else is set for it.
    pub(crate) settings: VcenterSettings,
}

/// What to change of a vCenter; `None` leaves it as it is.
#[derive(Debug, Default)]
pub(crate) struct EditVcenter {
    /// Another name.
    pub(crate) name: Option<String>,
    /// Another address.
    pub(crate) address: Option<String>,
    /// Another credential, by name or id.
    pub(crate) credential: Option<String>,
    /// New user, for every vCenter that shares the credential.
    pub(crate) user: Option<String>,
    /// Another password, for every vCenter that shares the credential.
    pub(crate) password: Option<SecretString>,
    /// Another trust.
    pub(crate) trust: Option<Trust>,
    /// What else is set for it, all of it.
    pub(crate) settings: Option<VcenterSettings>,
}

/// What was stored, and where the password went.
#[derive(Debug)]
pub(crate) struct Stored<T> {
    /// What was stored.
    pub(crate) what: T,
    /// Why the password is not in the keychain, where one was given; in words.
    pub(crate) password_note: Option<String>,
}

/// How many characters of an id designate what has it. A shorter one is more likely a name that was mistyped, and it must
/// not remove another thing.
pub(crate) const SHORTEST_BEGINNING: usize = 8;

/// Whether any vCenter has a tag: a mistyped one would stand for none of them.
pub(crate) fn is_a_tag(tag: &str, vcenters: &[VcenterRecord]) -> Result<(), ApiError> {
    let tags: BTreeSet<&str> =
        vcenters.iter().flat_map(|record| &record.vcenter.settings.tags).map(String::as_str).collect();
    if tags.contains(tag) {
        return Ok(());
    }
    let next = match tags.is_empty() {
        true => "Add the tag to a vCenter first.".to_owned(),
        false => format!("Tags there are: {}.", tags.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("no vCenter has the tag \"{}\"", words::excerpt(tag));
    Err(ApiError::new(Code::NotFound, message).next(next))
}

/// The thing that a name, an id or a unique beginning of an id designates.
pub(crate) fn designated<'a, T>(
    all: &'a [T],
    designation: &str,
    what: &str,
    names: impl Fn(&T) -> (&String, &str),
) -> Result<&'a T, ApiError> {
    let lower = validate::trimmed(designation).to_lowercase();
    let by_name = all.iter().find(|one| names(one).0.to_lowercase() == lower);
    if let Some(found) = by_name.or_else(|| all.iter().find(|one| names(one).1 == lower)) {
        return Ok(found);
    }
    let is_long_enough = lower.chars().count() >= SHORTEST_BEGINNING;
    let beginning: Vec<&T> =
        all.iter().filter(|one| is_long_enough && names(one).1.starts_with(&lower)).collect();
    match beginning[..] {
        [one] => Ok(one),
        [] => {
            let known: Vec<&str> = all.iter().map(|one| names(one).0.as_str()).collect();
            let error = ApiError::new(Code::NotFound, format!("there is no {what} \"{designation}\""));
            let add = match what {
                "credential" => Some(Remedy::AddCredential),
                "vCenter" => Some(Remedy::AddVcenter),
                _ => None,
            };
            Err(match known.is_empty() {
                true => error.next(format!("There is no {what} yet. Add one.")).remedies(add),
                false => error.next(format!("Available: {}.", known.join(", "))),
            })
        }
        _ => Err(ApiError::new(Code::InvalidValue, format!("\"{designation}\" matches more than one id"))
            .next("Enter more of the id, or the name.")),
    }
}

/// Trust with its values checked and in their stored form.
pub(crate) fn normal(trust: Trust) -> Result<Trust, ApiError> {
    Ok(match trust {
        Trust::System => Trust::System,
        Trust::Pin { sha256 } => {
            Trust::Pin { sha256: contract::words::hex(&validate::fingerprint(&sha256)?) }
        }
        Trust::Ca { pem } => {
            let unusable = |error: String| {
                ApiError::new(Code::InvalidValue, format!("the CA file can't be used: {error}"))
                    .next("It must contain one or more PEM certificates (-----BEGIN CERTIFICATE-----).")
            };
            let pem = validate::pem_text(pem.as_bytes()).map_err(unusable)?;
            vsphere::Trust::Ca(pem.clone()).check().map_err(unusable)?;
            Trust::Ca { pem }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::designated;
    use contract::{ApiError, Code};

    #[test]
    fn an_id_designates_from_eight_characters_on_and_a_name_always() {
        let ids = ["e2aaaaaa-1111", "e2aaaaaa-2222", "0c3d4e5f-3333"];
        let all = ["Berlin", "E", "0c3d4e5f"].map(str::to_owned).into_iter().zip(ids).collect::<Vec<_>>();
        let find = |designation: &str| -> Result<&str, ApiError> {
            designated(&all, designation, "vCenter", |one| (&one.0, one.1)).map(|one| one.1)
        };
        for (designation, id) in
            [("berlin", ids[0]), ("e", ids[1]), ("E2AAAAAA-1", ids[0]), ("e2aaaaaa-2222", ids[1])]
        {
            assert_eq!(find(designation).unwrap(), id, "{designation}");
        }
        for short in ["0", "0c", "0C3D4E5", "e2", "E2", ""] {
            let error = find(short).unwrap_err();
            assert_eq!(error.code, Code::NotFound, "{short}");
            assert_eq!(error.message, format!("there is no vCenter \"{short}\""));
        }
        assert_eq!(find("0c3d4e5f-").unwrap(), ids[2]);
        assert!(find("e2aaaaaa").unwrap_err().message.contains("more than one id"));
    }
}
