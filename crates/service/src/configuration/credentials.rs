//! Credentials: create, read, update, delete, and where their passwords go.
//! Refuses to hand a password out.

use super::Stored;
use crate::logins::key;
use crate::{Service, explain, validate};
use contract::command::{MergedCredential, NeededPassword, WhyNeeded};
use contract::{
    ApiError, AuditOutcome, Code, Credential, CredentialId, CredentialPlace, Rejection, Remedy, Subject,
    VcenterId, designated, trimmed,
};
use secrecy::SecretString;
use secrets::{CredentialKey, Helper, KeychainState, Place};
use store::{NewCredential, VcenterRecord};

/// Where the password of a credential is to come from.
pub(crate) enum Source {
    /// This one, from the keychain.
    Password(SecretString),
    /// What this prints at each login.
    Helper(Helper),
    /// From nothing that prints it, any more.
    NoHelper,
}

/// A credential gets one or the other.
pub(crate) fn one_of_both() -> ApiError {
    ApiError::new(Code::InvalidValue, "both a password and a helper were given")
        .next("Give the password, or name what prints it.")
}

/// Fails for another user where the keychain has a password: that is one of the user before, and would be sent as theirs.
pub(super) fn may_keep_its_password(credential: &Credential, user: &str) -> Result<(), ApiError> {
    if credential.stored != CredentialPlace::Keychain || credential.user == user {
        return Ok(());
    }
    let message = format!("the stored password is that of {}, not of {user}", credential.user);
    Err(ApiError::new(Code::InvalidValue, message)
        .next("Give the password of the new user as well.")
        .remedy(Remedy::GivePassword))
}

impl Service {
    /// Every credential, by name.
    pub(crate) async fn credentials(&self) -> Result<Vec<Credential>, ApiError> {
        let mut credentials = self.inner.store.credentials().await.map_err(explain::store)?;
        // A keychain that hangs would cost its three seconds for each of them.
        if self.inner.secrets.state().await != KeychainState::TimedOut {
            for credential in &mut credentials {
                self.locate(credential).await;
            }
        }
        Ok(credentials)
    }

    /// The credential with this name, id or unique beginning of an id.
    pub(crate) async fn credential(&self, designation: &str) -> Result<Credential, ApiError> {
        let all = self.inner.store.credentials().await.map_err(explain::store)?;
        let mut found = designated(&all, designation, "credential", |c| (&c.name, c.id.as_str()))?.clone();
        self.locate(&mut found).await;
        Ok(found)
    }

    /// Adds a credential.
    pub(crate) async fn add_credential(
        &self,
        name: &str,
        user: &str,
        password: Option<SecretString>,
        helper: Option<Helper>,
    ) -> Result<Stored<Credential>, ApiError> {
        let name = validate::name("credential", name)?;
        let user = validate::user(user)?;
        if let Some(helper) = &helper {
            if password.is_some() {
                return Err(one_of_both());
            }
            helper.check().await.map_err(|error| explain::unfit_helper(&error))?;
        }
        let id = CredentialId(uuid::Uuid::new_v4().to_string());
        let new = NewCredential {
            id: id.clone(),
            name: name.clone(),
            user,
            stored: CredentialPlace::None,
            helper: helper.as_ref().map(Helper::command),
        };
        self.store().add_credential(new).await.map_err(explain::store)?;
        let password_note = match password {
            Some(password) => self.keep_password(&id, &name, &password).await?,
            None => None,
        };
        self.changed();
        Ok(Stored { what: self.credential(id.as_str()).await?, password_note })
    }

    /// Changes name or user of a credential, or where its password comes from; another user or password has not been rejected yet.
    /// What the keychain has is under its id, and stays there under any name.
    pub(crate) async fn set_credential(
        &self,
        designation: &str,
        name: Option<&str>,
        user: Option<&str>,
        source: Option<Source>,
    ) -> Result<Stored<Credential>, ApiError> {
        let credential = self.credential(designation).await?;
        let name = name.map(|name| validate::name("credential", name)).transpose()?;
        let user = user.map(validate::user).transpose()?;
        if let Some(Source::Helper(helper)) = &source {
            helper.check().await.map_err(|error| explain::unfit_helper(&error))?;
        }
        if let (Some(user), None) = (&user, &source) {
            may_keep_its_password(&credential, user)?;
        }
        let is_another_login = user.is_some() || source.is_some();
        // Whoever is about to log in reads user and password of the same moment; what was sent before says nothing any more.
        let lock = match is_another_login {
            true => Some(self.inner.store.login_lock(&credential.id).await.map_err(explain::store)?),
            false => None,
        };
        if name.is_some() || user.is_some() {
            let (name, user) = (name.clone(), user.clone());
            self.store().edit_credential(&credential.id, name, user).await.map_err(explain::store)?;
        }
        if user.is_some() {
            self.inner.logins.forget_typed(&credential.id);
        }
        let name = name.unwrap_or_else(|| credential.name.clone());
        let password_note = match source {
            Some(Source::Password(password)) => self.keep_password(&credential.id, &name, &password).await?,
            Some(Source::Helper(helper)) => {
                self.set_helper(&credential, Some(&helper)).await?;
                None
            }
            Some(Source::NoHelper) => {
                self.set_helper(&credential, None).await?;
                None
            }
            None => None,
        };
        drop(lock);
        if is_another_login {
            self.leave_sessions_of(&credential.id).await?;
            self.profile_is_new(&credential.id).await?;
        }
        self.changed();
        Ok(Stored { what: self.credential(credential.id.as_str()).await?, password_note })
    }

    /// Has the password printed from now on, or no longer. A stored one, and one that was typed, would come back one day: it
    /// goes. The caller holds the login lock.
    async fn set_helper(&self, credential: &Credential, helper: Option<&Helper>) -> Result<(), ApiError> {
        let id = &credential.id;
        let command = helper.map(Helper::command);
        self.store().set_helper(id, command.as_deref(), self.now()).await.map_err(explain::store)?;
        if helper.is_some() {
            self.erase(credential).await;
        }
        self.inner.logins.forget_typed(id);
        self.inner.store.clear_rejection(id).await.map_err(explain::store)
    }

    /// Takes a password that nobody needs any more out of the keychain. Where that doesn't answer, whoever finds it open
    /// does that later.
    pub(super) async fn erase(&self, credential: &Credential) {
        let subject = Subject::credential(&credential.id).named(&credential.name);
        self.tell_outside(&subject, AuditOutcome::Accepted, "to be removed").await;
        let erased = self.inner.secrets.forget(&key(credential), self.inner.unlock).await;
        let (outcome, told) = match &erased {
            Ok(true) => (AuditOutcome::Done, "removed"),
            Ok(false) => (AuditOutcome::Done, "there is no keychain here"),
            Err(error) => {
                tracing::warn!(credential = credential.name, %error, "its password could not be removed from the keychain");
                (AuditOutcome::Failed, "not removed yet")
            }
        };
        self.tell_outside(&subject, outcome, told).await;
        if matches!(erased, Ok(true))
            && let Err(error) = self.inner.store.set_erased(&credential.id).await
        {
            tracing::warn!(%error, "that a password was removed from the keychain could not be written");
        }
    }

    /// Removes a credential that no vCenter uses, and its password.
    pub(crate) async fn remove_credential(&self, designation: &str) -> Result<Credential, ApiError> {
        let credential = self.credential(designation).await?;
        let _lock = self.inner.store.login_lock(&credential.id).await.map_err(explain::store)?;
        self.store().remove_credential(&credential.id, self.now()).await.map_err(|error| match error {
            store::Error::InUse { vcenters } => ApiError::new(
                Code::InUse,
                format!("the credential \"{}\" is used by {}", credential.name, vcenters.join(", ")),
            )
            .next(explain::ANOTHER_CREDENTIAL)
            .remedy(Remedy::ChangeCredential),
            other => explain::store(other),
        })?;
        self.erase(&credential).await;
        self.changed();
        Ok(credential)
    }

    /// Has every vCenter of one credential log in with another one, and removes the first with its password.
    pub(crate) async fn merge_credential(
        &self,
        from: &CredentialId,
        into: &CredentialId,
        other_user: bool,
    ) -> Result<MergedCredential, ApiError> {
        let (removed, kept) = (self.credential(from.as_str()).await?, self.credential(into.as_str()).await?);
        if removed.id == kept.id {
            let message = format!("the credential \"{}\" can't be merged into itself", kept.name);
            return Err(ApiError::new(Code::InvalidValue, message).next("Choose another credential."));
        }
        if removed.user != kept.user && !other_user {
            let message = format!(
                "the credentials have different users: \"{}\" is {}, \"{}\" is {}",
                removed.name, removed.user, kept.name, kept.user
            );
            return Err(ApiError::new(Code::InvalidValue, message)
                .next("Confirm that the vCenters are to log in as the other user."));
        }
        let _lock = self.inner.store.login_lock(&removed.id).await.map_err(explain::store)?;
        let moved =
            self.store().merge_credential(&removed.id, &kept.id, self.now()).await.map_err(explain::store)?;
        self.inner.logins.forget_typed(&removed.id);
        for vcenter in &moved {
            // The next operation logs in with what is configured now.
            self.inner.connections.leave(vcenter).await;
        }
        self.erase(&removed).await;
        self.changed();
        Ok(MergedCredential { credential: self.credential(kept.id.as_str()).await?, removed })
    }

    /// Whether a password for this credential is at hand.
    pub(crate) async fn has_password(&self, id: &CredentialId, name: &str) -> Result<bool, ApiError> {
        let key = self.inner.logins.key(id, name).await?;
        if self.inner.logins.is_printed(&key) {
            return Ok(true);
        }
        let found = self.inner.secrets.find(&key, self.inner.unlock).await;
        Ok(found.map_err(|error| explain::secrets(name, &error))?.is_some())
    }

    /// Whether a person has to give a password: where none is to be found, where the one that is stored was rejected, or
    /// where it is not sent to the vCenter, because the address of a host was changed: that one doesn't show who it is
    /// before somebody logs in.
    pub(crate) async fn missing_password(
        &self,
        id: &CredentialId,
        vcenter: Option<&VcenterId>,
    ) -> Result<Option<NeededPassword>, ApiError> {
        let credential = self.credential(id.as_str()).await?;
        let record = match vcenter {
            Some(vcenter) => Some(self.record(vcenter.as_str()).await?),
            None => None,
        };
        let moved = record.filter(|record| record.is_moved() && record.is_host());
        let is_blocked = self.inner.logins.is_blocked(&credential).await?;
        let why = match (credential.rejected_at.filter(|_| is_blocked), moved) {
            // The server says so itself if it is locked still: a password typed now would only be counted.
            (Some(_), _) if credential.rejected_because == Some(Rejection::AccountLocked) => return Ok(None),
            (Some(at), _) => WhyNeeded::Rejected { at },
            (None, Some(VcenterRecord { vcenter, .. })) => {
                WhyNeeded::Moved { vcenter: vcenter.name, host: vcenter.host }
            }
            (None, None) => match self.has_password(id, &credential.name).await {
                Ok(true) => return Ok(None),
                Ok(false) => WhyNeeded::NotAtHand { problem: None },
                // A keychain that gives none for whatever reason is no reason not to ask a person.
                Err(error) => WhyNeeded::NotAtHand { problem: Some(error.message) },
            },
        };
        let Credential { id: credential_id, name: credential, user, .. } = credential;
        Ok(Some(NeededPassword { credential_id, credential, user, why }))
    }

    /// Holds a password that was typed, until the process ends; with a vCenter, it was typed for that one's address. It
    /// says nothing about a stored one that was rejected.
    pub(crate) async fn hold_password(
        &self,
        id: &CredentialId,
        password: SecretString,
        vcenter: Option<&VcenterId>,
    ) -> Result<(), ApiError> {
        let credential = self.inner.store.credential(id).await.map_err(explain::store)?;
        let vcenter = match vcenter {
            Some(vcenter) => Some(self.record(vcenter.as_str()).await?.vcenter),
            None => None,
        };
        self.inner.logins.hold(&key(&credential), password, vcenter.as_ref());
        Ok(())
    }

    /// Checks that a new vCenter may have a credential of its own under this name.
    pub(crate) async fn credential_name_is_free(&self, name: &str) -> Result<(), ApiError> {
        let all = self.inner.store.credentials().await.map_err(explain::store)?;
        if all.iter().any(|credential| credential.name.to_lowercase() == trimmed(name).to_lowercase()) {
            let error =
                ApiError::new(Code::AlreadyExists, format!("a credential named \"{name}\" already exists"));
            return Err(error
                .next("Use it, or choose another name.")
                .remedy(Remedy::UseCredential { credential: name.to_owned() }));
        }
        Ok(())
    }

    /// Puts a password into the keychain; answers with why it is not there, in words, if it isn't. It lifts a rejection,
    /// unless others still find the password of before: in a file, or in a keychain that didn't take the new one. Once it is
    /// stored, nothing prints one any more. The caller holds the login lock.
    pub(super) async fn keep_password(
        &self,
        id: &CredentialId,
        name: &str,
        password: &SecretString,
    ) -> Result<Option<String>, ApiError> {
        let key = self.inner.logins.key(id, name).await?;
        let kept = self.store_password(&key, password).await?;
        self.inner.logins.forget_typed(id);
        self.leave_sessions_of(id).await?;
        let is_stored = matches!(kept, Ok(Place::Keychain));
        let file = format!("file $CREDENTIALS_DIRECTORY/{name}");
        if let Ok(true) = self.inner.secrets.is_in_folder(&key).await
            && (is_stored || key.helper.is_none())
        {
            let too = if is_stored { " too" } else { "" };
            return Ok(Some(format!(
                "The {file} contains a password{too}, which takes precedence: change it there."
            )));
        }
        let elsewhere = match key.helper {
            Some(_) => "The helper stays.".to_owned(),
            None => format!("Put it into the {file}, or enter it when a command prompts for it."),
        };
        let note = match &kept {
            Ok(Place::Keychain) => None,
            Ok(Place::Memory | Place::File | Place::Helper) => {
                Some(format!("No keychain is available, so the password was not stored. {elsewhere}"))
            }
            Err(error) => {
                self.inner.secrets.hold(&key, password.clone());
                Some(format!("The password was not stored: {error}. {elsewhere}"))
            }
        };
        let is_changed = kept.is_ok() || self.is_of_a_typed_one(id).await?;
        if is_changed {
            self.inner.store.clear_rejection(id).await.map_err(explain::store)?;
        }
        Ok(note)
    }

    /// Stores a password in the keychain, and notes that it may be there before anybody can be sure that it is.
    async fn store_password(
        &self,
        key: &CredentialKey,
        password: &SecretString,
    ) -> Result<Result<Place, secrets::Error>, ApiError> {
        let (id, store) = (CredentialId(key.id.clone()), &self.inner.store);
        let subject = Subject::credential(&id).named(&key.name);
        self.tell_outside(&subject, AuditOutcome::Accepted, "to be stored").await;
        // Whoever erases what was there before would erase this one; and whoever is killed from here on may have stored it.
        let had_one = store.may_be_stored(&id).await.map_err(explain::store)?;
        let kept = self.inner.secrets.store(key, password, self.inner.unlock).await;
        let (outcome, told) = match &kept {
            Ok(Place::Keychain) => (AuditOutcome::Done, "stored in the keychain"),
            Ok(Place::Memory | Place::File | Place::Helper) => (AuditOutcome::Done, "held in memory"),
            Err(_) => (AuditOutcome::Failed, "not stored"),
        };
        self.tell_outside(&subject, outcome, told).await;
        let may_have_one = matches!(kept, Ok(Place::Keychain) | Err(secrets::Error::KeychainTimedOut));
        if !may_have_one && !had_one {
            store.set_stored(&id, CredentialPlace::None).await.map_err(explain::store)?;
        }
        if let Some(helper) = &key.helper {
            let outcome = match kept {
                Ok(Place::Keychain) => self.store().set_helper(&id, None, self.now()).await,
                // It stays, and with it what was to be erased.
                _ => store.set_helper(&id, Some(&helper.command()), self.now()).await,
            };
            outcome.map_err(explain::store)?;
        }
        Ok(kept)
    }

    /// Whether what was rejected is a password that somebody typed.
    async fn is_of_a_typed_one(&self, id: &CredentialId) -> Result<bool, ApiError> {
        let rejected = self.inner.store.standing(id).await.map_err(explain::store)?.last;
        Ok(rejected.is_some_and(|rejected| rejected.is_typed))
    }

    pub(super) async fn leave_sessions_of(&self, credential: &CredentialId) -> Result<(), ApiError> {
        for record in self.records().await? {
            if record.vcenter.credential_id == *credential {
                self.inner.connections.leave(&record.vcenter.id).await;
            }
        }
        Ok(())
    }

    pub(super) async fn locate(&self, credential: &mut Credential) {
        credential.stored = match self.inner.secrets.is_stored(&key(credential)).await {
            Ok(Some(Place::Keychain)) => CredentialPlace::Keychain,
            Ok(Some(Place::File)) => CredentialPlace::File,
            Ok(Some(Place::Helper)) => CredentialPlace::Helper,
            Ok(Some(Place::Memory) | None) => CredentialPlace::None,
            // A locked or silent keychain tells nothing: then what was last known stands.
            Err(_) => credential.stored,
        };
    }
}
