//! Which credential is tried at which BMC.
//! Refuses a second login at a BMC, and to try at many what no BMC has accepted yet: one is asked first.

use crate::logins::{Logins, Password};
use contract::discovery::Vendor;
use contract::{ApiError, Code, Credential, CredentialId, Time};
use std::collections::HashMap;
use std::sync::{Arc, Mutex as Shared, PoisonError};
use store::{BmcProfile, Store};
use tokio::sync::{Mutex, MutexGuard};

/// A credential that may be tried.
pub(super) struct Profile {
    pub(super) credential: Credential,
    vendor: Option<Vendor>,
    /// Held while it is tried for the first time; what it holds is what came of that.
    first: Mutex<Standing>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Proven,
    Untried,
    /// A BMC rejected it before any accepted it: nobody else is asked.
    Rejected,
}

/// The profiles of a scan.
pub(super) struct Profiles {
    store: Store,
    logins: Logins,
    by_user: bool,
    all: Vec<Profile>,
    /// Those that are paused: what they are for is tried by no other.
    paused: Vec<(BmcProfile, String)>,
    passwords: Shared<HashMap<CredentialId, Result<Arc<Password>, ApiError>>>,
}

/// The right to try a profile at one BMC.
pub(super) struct Turn<'a> {
    pub(super) profile: &'a Profile,
    pub(super) password: Arc<Password>,
    first: Option<MutexGuard<'a, Standing>>,
}

impl Profiles {
    /// Those that are wanted, or all; those that are paused are left out.
    pub(super) async fn new(
        store: Store,
        logins: Logins,
        wanted: &[CredentialId],
        by_user: bool,
    ) -> Result<Profiles, store::Error> {
        let (profiles, credentials) = (store.bmc_profiles().await?, store.credentials().await?);
        let name = |id: &CredentialId| {
            let of = credentials.iter().find(|credential| credential.id == *id);
            of.map_or_else(String::new, |credential| credential.name.clone())
        };
        let paused = profiles.iter().filter(|one| one.paused_at.is_some());
        let paused = paused.map(|one| (one.clone(), name(&one.credential))).collect();
        let is_usable = |one: &BmcProfile| {
            one.paused_at.is_none() && (wanted.is_empty() || wanted.contains(&one.credential))
        };
        let profile = |one: BmcProfile| {
            let credential = credentials.iter().find(|credential| credential.id == one.credential)?.clone();
            let standing = if one.proven_at.is_some() { Standing::Proven } else { Standing::Untried };
            Some(Profile { credential, vendor: one.vendor, first: Mutex::new(standing) })
        };
        let mut all: Vec<Profile> = profiles.into_iter().filter(is_usable).filter_map(profile).collect();
        // One for the vendor comes before one for all.
        all.sort_by_key(|profile| profile.vendor.is_none());
        Ok(Profiles { store, logins, by_user, all, paused, passwords: Shared::default() })
    }

    /// The one that is for a BMC: the one that read it last, or the first for its vendor, or for all.
    fn of(&self, vendor: Vendor, last: Option<&CredentialId>) -> Option<&Profile> {
        let fits = |one: &&Profile| one.vendor.is_none_or(|of| of == vendor);
        let known = last.and_then(|id| self.all.iter().find(|one| one.credential.id == *id));
        known.filter(fits).or_else(|| self.all.iter().find(fits))
    }

    /// Waits until a profile may be tried at a BMC.
    pub(super) async fn turn(
        &self,
        vendor: Vendor,
        last: Option<&CredentialId>,
    ) -> Result<Turn<'_>, ApiError> {
        let is_for = |one: &BmcProfile| last == Some(&one.credential) || one.vendor == Some(vendor);
        if let Some((_, name)) = self.paused.iter().find(|(one, _)| is_for(one)) {
            return Err(paused(name));
        }
        let profile = self.of(vendor, last).ok_or_else(|| no_profile(vendor))?;
        let first = profile.first.lock().await;
        if *first == Standing::Rejected {
            return Err(rejected_elsewhere(&profile.credential.name));
        }
        // One after the other: a helper is run once for each login, and a keychain asked once.
        let password = self.password(profile).await?;
        let first = (*first == Standing::Untried).then_some(first);
        Ok(Turn { profile, password, first })
    }

    async fn password(&self, profile: &Profile) -> Result<Arc<Password>, ApiError> {
        let credential = &profile.credential;
        // What a helper prints may be another one each time.
        let printed = credential.helper.is_some();
        let known = self.known().get(&credential.id).cloned();
        if let Some(known) = known.filter(|_| !printed) {
            return known;
        }
        let password =
            self.logins.password(&credential.id, &credential.name, self.by_user).await.map(Arc::new);
        self.known().insert(credential.id.clone(), password.clone());
        password
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<CredentialId, Result<Arc<Password>, ApiError>>> {
        self.passwords.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a BMC said, before anybody else tries it.
    pub(super) async fn note(&self, turn: Turn<'_>, is_accepted: bool, at: Time) {
        let Turn { profile, first, .. } = turn;
        let id = &profile.credential.id;
        // What is proven already needs no word more, and what rejects it says nothing of it.
        if first.is_none() {
            return;
        }
        if let Err(error) = self.store.profile_was(id, is_accepted, at).await {
            tracing::warn!(%error, credential = profile.credential.name, "what a BMC said could not be noted");
        }
        if let Some(mut first) = first {
            *first = if is_accepted { Standing::Proven } else { Standing::Rejected };
        }
    }
}

fn no_profile(vendor: Vendor) -> ApiError {
    let message = format!("no credential profile fits this BMC (vendor: {})", vendor.words());
    ApiError::new(Code::NoPassword, message)
        .next("Add a credential profile for it, or resume one that is paused, and read the server again.")
}

fn paused(name: &str) -> ApiError {
    let message =
        format!("the login was not tried: the credential profile {name} is paused, because BMCs rejected it");
    ApiError::new(Code::NoPassword, message)
        .next("Check user and password of the profile, resume it, and read the server again.")
}

fn rejected_elsewhere(name: &str) -> ApiError {
    let message = format!(
        "the login was not tried: another BMC rejected the profile {name}, and none has accepted it yet"
    );
    ApiError::new(Code::NoPassword, message)
        .next("Check user and password of the profile, and read the server again.")
}
