//! vCenters and credentials: create, read, update, delete, and look before they are trusted.
//! Refuses to store anything by halves, and to send a password before the certificate is trusted.

pub(crate) mod asked;
mod authority;
mod commands;
mod conflict;
mod contact;
mod credentials;
pub(crate) mod orphans;
mod vcenters;

pub(crate) use conflict::differences;
pub(crate) use credentials::Source;

use crate::validate;
use contract::{ApiError, Code, Trust, VcenterSettings, words};
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
