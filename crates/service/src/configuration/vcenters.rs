//! Configured vCenters: create, read, update, delete.
//! Refuses to store anything by halves.

use super::credentials::may_keep_its_password;
use super::{AddVcenter, EditVcenter, Stored, conflict, normal};
use crate::explain::{self, Server};
use crate::{Service, validate};
use contract::{
    ApiError, Code, Credential, CredentialPlace, Event, Remedy, Vcenter, VcenterId, VcenterState, Way,
    designated,
};
use secrecy::{ExposeSecret, SecretString};
use secrets::{Helper, Place};
use store::{Identity, NewCredential, NewVcenter, VcenterCredential, VcenterEdit, VcenterRecord};

impl Service {
    /// Every vCenter, by name.
    pub(crate) async fn vcenters(&self) -> Result<Vec<Vcenter>, ApiError> {
        Ok(self.records().await?.into_iter().map(|record| record.vcenter).collect())
    }

    /// The vCenter with this name, id or unique beginning of an id.
    pub(crate) async fn vcenter(&self, designation: &str) -> Result<Vcenter, ApiError> {
        Ok(self.record(designation).await?.vcenter)
    }

    /// Logs in once to see that everything is right, and only then stores the vCenter.
    pub(crate) async fn add_vcenter(&self, add: AddVcenter) -> Result<Stored<Vcenter>, ApiError> {
        let name = validate::name("vCenter", &add.name)?;
        let (host, port) = validate::address(&add.address)?;
        let settings = validate::settings(add.settings)?;
        let trust = normal(add.trust)?;
        self.name_is_free(&name).await?;
        let login = self.login(&name, add.login).await?;

        let server = Server {
            name: &name,
            host: &host,
            port,
            user: &login.user,
            credential: &login.name,
            trust: &trust,
            configured: false,
            place: Place::Memory,
        };
        let (found, shown) = self.first_contact(server, &settings, &login).await?;
        let vcenter_id = VcenterId(uuid::Uuid::new_v4().to_string());
        let credential = if login.is_new {
            let stored = CredentialPlace::None;
            VcenterCredential::New(NewCredential {
                id: login.id.clone(),
                name: login.name.clone(),
                user: login.user,
                stored,
                helper: login.helper.as_ref().map(Helper::command),
            })
        } else {
            VcenterCredential::Existing(login.id.clone())
        };
        let new = NewVcenter {
            id: vcenter_id.clone(),
            name,
            host,
            port,
            credential,
            trust,
            settings,
            identity: Some(found),
        };
        self.store().add_vcenter(new).await.map_err(explain::store)?;
        // It is added by now: what fails from here on must not say otherwise.
        if let Err(error) = self.inner.store.set_contact(&vcenter_id, VcenterState::Online, self.now()).await
        {
            tracing::warn!(%error, "the state of a new vCenter could not be written");
        }
        if let Ok(added) = self.inner.store.vcenter(&vcenter_id).await {
            self.inner.connections.note_certificate(&added, shown).await;
        }
        let password_note = match (login.is_new, login.given) {
            (true, true) => self
                .keep_password(&login.id, &login.name, &login.password.secret)
                .await
                .unwrap_or_else(|error| Some(format!("The password was not stored: {error}."))),
            _ => None,
        };
        // After the password was kept, which forgets what was known of the one before.
        if let Err(error) = self.inner.logins.proven_by(&vcenter_id, &login.id, &login.password).await {
            tracing::warn!(%error, "that a login worked could not be written");
        }
        self.changed();
        let record = self.inner.store.vcenter(&vcenter_id).await.map_err(explain::store)?;
        Ok(Stored { what: record.vcenter, password_note })
    }

    /// Changes a vCenter without contacting it, unless it is another one by now than the edition that the edit was made from.
    pub(crate) async fn edit_vcenter(
        &self,
        designation: &str,
        made_from: i64,
        edit: EditVcenter,
    ) -> Result<Stored<Vcenter>, ApiError> {
        let record = self.record(designation).await?;
        let id = record.vcenter.id.clone();
        let address = edit.address.as_deref().map(validate::address).transpose()?;
        let user = edit.user.as_deref().map(validate::user).transpose()?;
        let credential = match &edit.credential {
            Some(credential) => Some(self.credential(credential).await?),
            None => None,
        };
        let v = &record.vcenter;
        let own = credential.as_ref().map_or(&v.credential_id, |credential| &credential.id);
        if let (Some(user), None) = (&user, &edit.password) {
            may_keep_its_password(&self.credential(own.as_str()).await?, user)?;
        }
        let change = VcenterEdit {
            name: edit.name.as_deref().map(|name| validate::name("vCenter", name)).transpose()?,
            host: address.as_ref().map(|(host, _)| host.clone()),
            port: address.as_ref().map(|(_, port)| *port),
            credential_id: credential.as_ref().map(|credential| credential.id.clone()),
            user: user.clone(),
            trust: edit.trust.map(normal).transpose()?,
            settings: edit.settings.map(validate::settings).transpose()?,
        };
        // As they are stored: two that are written differently may be the same.
        let there = (change.host.as_deref().unwrap_or(&v.host), change.port.unwrap_or(v.port));
        let way = change.settings.as_ref().unwrap_or(&v.settings).way();
        if (there, &way) != ((&*v.host, v.port), &v.settings.way()) {
            self.is_at_no_others_address(&id, there, &way).await?;
        }
        // Whoever is about to log in reads user and password of the same moment; what was sent before says nothing any more.
        let lock = match user.is_some() || edit.password.is_some() {
            true => Some(self.inner.store.login_lock(own).await.map_err(explain::store)?),
            false => None,
        };
        let record = match self.store().edit_vcenter(&id, made_from, change.clone()).await {
            Ok(record) => record,
            Err(store::Error::Stale { .. }) => {
                let now = self.record(id.as_str()).await?;
                return conflict::outcome(now, &change, credential, edit.password.is_some());
            }
            Err(error) => return Err(explain::store(error)),
        };
        if record.vcenter.edition == made_from && edit.password.is_none() {
            return Ok(Stored { what: record.vcenter, password_note: None });
        }
        let v = &record.vcenter;
        if user.is_some() {
            self.inner.logins.forget_typed(&v.credential_id);
        }
        // The next operation logs in with what is configured now, and so do those that share a changed user.
        self.inner.connections.leave(&id).await;
        self.leave_sessions_of(&v.credential_id).await?;
        let password_note = match &edit.password {
            Some(password) => {
                let note = self.keep_password(&v.credential_id, &v.credential, password).await?;
                self.vouch(&record, password, note).await?
            }
            None => None,
        };
        drop(lock);
        self.changed();
        Ok(Stored { what: record.vcenter, password_note })
    }

    /// Fails if another vCenter is reached at this address in the same way.
    async fn is_at_no_others_address(
        &self,
        id: &VcenterId,
        address: (&str, u16),
        way: &Way,
    ) -> Result<(), ApiError> {
        let records = self.records().await?;
        let others = records.iter().map(|record| &record.vcenter).filter(|other| other.id != *id);
        let same = |other: &&Vcenter| (&*other.host, other.port) == address && other.settings.way() == *way;
        match others.into_iter().find(same) {
            None => Ok(()),
            Some(other) => {
                let shown = contract::words::address(address.0, address.1);
                Err(ApiError::new(
                    Code::AlreadyExists,
                    format!("\"{}\" has the address {shown} already", other.name),
                )
                .next("Enter another address."))
            }
        }
    }

    /// Somebody gave this password for the address of a vCenter: it may be sent there, and nothing else that is stored.
    /// Answers with what to say of it.
    async fn vouch(
        &self,
        record: &VcenterRecord,
        password: &SecretString,
        note: Option<String>,
    ) -> Result<Option<String>, ApiError> {
        let v = &record.vcenter;
        let key = self.inner.logins.key(&v.credential_id, &v.credential).await?;
        let stored = self.inner.secrets.find_stored(&key, self.inner.unlock).await.ok().flatten();
        match stored {
            Some((stored, _)) if stored.expose_secret() == password.expose_secret() => {
                self.inner.store.vouch_for(&v.id, (&v.host, v.port)).await.map_err(explain::store)?;
                Ok(note)
            }
            _ if !record.is_moved() => Ok(note),
            stored => {
                self.inner.logins.hold(&key, password.clone(), Some(v));
                let is_file = matches!(stored, Some((_, Place::File)));
                Ok(note.map(|note| if is_file { format!("{note} {NOT_VOUCHED_FOR}") } else { note }))
            }
        }
    }

    /// Removes a vCenter with everything cached of it; the credential that was made with it goes too if nothing uses it. Where
    /// that isn't to happen at once, they are hidden until it is too late to bring them back. Answers with the names of what
    /// was removed.
    pub(crate) async fn remove_vcenter(
        &self,
        designation: &str,
        at_once: bool,
    ) -> Result<(Vcenter, Option<Credential>), ApiError> {
        let record = self.record(designation).await?;
        let (store, v, now) = (self.store(), record.vcenter, self.now());
        let removed = match at_once {
            true => store.remove_vcenter(&v.id, now).await,
            false => store.hide_vcenter(&v.id, now).await,
        };
        let removed = removed.map_err(explain::store)?;
        for operation in removed.ended {
            self.inner.events.publish(Event::OperationChanged { operation });
        }
        self.inner.operations.wake();
        self.inner.connections.leave(&v.id).await;
        self.inner.inventory.forget(&v.id);
        if at_once && let Some(credential) = &removed.credential {
            // Whoever stores a password for it at this moment has it, and comes first.
            let _lock = self.inner.store.login_lock(&credential.id).await.map_err(explain::store)?;
            self.erase(credential).await;
        }
        self.changed();
        Ok((v, removed.credential))
    }

    /// Brings back what was hidden.
    pub(crate) async fn restore_vcenter(&self, vcenter: &VcenterId) -> Result<Vcenter, ApiError> {
        let restored = self.store().restore_vcenter(vcenter).await.map_err(|error| match error {
            store::Error::NotFound { .. } => {
                ApiError::new(Code::NotFound, "it can't be brought back any more: it was removed for good")
                    .next("Add it again.")
                    .remedy(Remedy::AddVcenter)
            }
            // Its own name, which nobody types here.
            store::Error::NameTaken { name } => {
                let message = format!("something else has the name \"{name}\" by now");
                ApiError::new(Code::AlreadyExists, message)
                    .next("It stays removed. Add it again under another name.")
            }
            other => explain::store(other),
        })?;
        self.changed();
        self.inner.events.publish(Event::InventoryChanged { vcenter: vcenter.clone() });
        self.inner.events.publish(Event::SchedulesChanged);
        Ok(restored.vcenter)
    }

    /// Checks that a new vCenter may have this name, before anybody types a password for it.
    pub(crate) async fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        let name = validate::name("vCenter", name)?;
        let taken =
            self.records().await?.iter().any(|r| r.vcenter.name.to_lowercase() == name.to_lowercase());
        if taken { Err(explain::store(store::Error::NameTaken { name })) } else { Ok(()) }
    }

    pub(crate) async fn records(&self) -> Result<Vec<VcenterRecord>, ApiError> {
        self.inner.store.vcenters().await.map_err(explain::store)
    }

    pub(crate) async fn record(&self, designation: &str) -> Result<VcenterRecord, ApiError> {
        let all = self.records().await?;
        designated(&all, designation, "vCenter", |r| (&r.vcenter.name, r.vcenter.id.as_str())).cloned()
    }

    /// Fails if a server is one that is configured already.
    pub(super) async fn is_new_vcenter(&self, identity: &Identity) -> Result<(), ApiError> {
        match self.inner.store.same_as(identity).await.map_err(explain::store)? {
            Some(name) => Err(explain::store(store::Error::SameVcenter { name })),
            None => Ok(()),
        }
    }

    pub(crate) fn changed(&self) {
        self.inner.events.publish(Event::VcentersChanged);
        self.inner.events.publish(Event::CredentialsChanged);
    }
}

/// Another password is in the file than the one that was typed for the address.
const NOT_VOUCHED_FOR: &str = "It differs from the password you entered and is not sent to the new address. Then enter it \
     again for this vCenter.";
