//! vCenters and credentials: create, read, update, delete, and look before they are trusted.
//! Refuses to store anything by halves, and to send a password before the certificate is trusted.

use crate::explain::{self, Server};
use crate::{Service, connections, validate};
use contract::{
    ApiError, Code, Credential, CredentialId, CredentialPlace, Event, Probe, Trust, Vcenter, VcenterId,
    VcenterState,
};
use secrecy::SecretString;
use secrets::{CredentialKey, Place};
use std::time::Duration;
use store::{NewCredential, NewVcenter, VcenterCredential, VcenterEdit, VcenterRecord};
use vsphere::Client;

/// What a new vCenter logs in with.
#[derive(Debug)]
pub enum LoginWith {
    /// A credential of its own, named after it.
    User {
        /// The user.
        user: String,
        /// Its password; where none is given it is looked for in the credentials folder.
        password: Option<SecretString>,
    },
    /// A credential that exists, by name or id.
    Credential(String),
}

/// A vCenter to be added.
#[derive(Debug)]
pub struct AddVcenter {
    /// Its name.
    pub name: String,
    /// Host name, address or URL, with a port if it isn't 443.
    pub address: String,
    /// What to log in with.
    pub login: LoginWith,
    /// Which certificate to accept.
    pub trust: Trust,
    /// Labels.
    pub tags: Vec<String>,
    /// How old its data may be before a reader that asks for fresh data triggers a refresh.
    pub ttl: Option<Duration>,
}

/// What to change of a vCenter; `None` leaves it as it is.
#[derive(Debug, Default)]
pub struct EditVcenter {
    /// Another name.
    pub name: Option<String>,
    /// Another address.
    pub address: Option<String>,
    /// Another credential, by name or id.
    pub credential: Option<String>,
    /// Another user, for every vCenter that shares the credential.
    pub user: Option<String>,
    /// Another password, for every vCenter that shares the credential.
    pub password: Option<SecretString>,
    /// Another trust.
    pub trust: Option<Trust>,
    /// Other labels, instead of the ones it has.
    pub tags: Option<Vec<String>>,
    /// Another TTL.
    pub ttl: Option<Duration>,
}

/// What was stored, and where the password went.
#[derive(Debug)]
pub struct Stored<T> {
    /// What was stored.
    pub what: T,
    /// Why the password is not in the keychain, where one was given; in words.
    pub password_note: Option<String>,
}

impl Service {
    /// Every vCenter, by name.
    pub async fn vcenters(&self) -> Result<Vec<Vcenter>, ApiError> {
        Ok(self.records().await?.into_iter().map(|record| record.vcenter).collect())
    }

    /// The vCenter with this name, id or unique beginning of an id.
    pub async fn vcenter(&self, designation: &str) -> Result<Vcenter, ApiError> {
        Ok(self.record(designation).await?.vcenter)
    }

    /// Opens a connection, shows the certificate, and what the server says of itself if it is trusted.
    /// Never sends a credential.
    pub async fn probe(&self, address: &str, trust: &Trust) -> Result<Probe, ApiError> {
        let (host, port) = validate::address(address)?;
        let server =
            Server { name: address, host: &host, port, user: "", credential: "", trust, configured: false };
        let endpoint = connections::endpoint(&host, port, trust)?;
        let probe = vsphere::probe(&endpoint).await.map_err(|error| explain::vsphere(server, &error))?;
        let mut answer = Probe {
            address: server.address(),
            certificate: explain::certificate(&probe.certificate),
            trusted: probe.trusted,
            reason: probe.reason,
            product: None,
            version: None,
            build: None,
            instance_uuid: None,
        };
        if probe.trusted {
            let client = Client::connect(&endpoint, &connections::user_agent()).await;
            let client = client.map_err(|error| explain::vsphere(server, &error))?;
            let about = client.about();
            answer.product = Some(about.product.clone());
            answer.version = Some(about.version.clone());
            answer.build = Some(about.build.clone());
            answer.instance_uuid.clone_from(&about.instance_uuid);
        }
        Ok(answer)
    }

    /// Logs in once to see that everything is right, and only then stores the vCenter.
    pub async fn add_vcenter(&self, add: AddVcenter) -> Result<Stored<Vcenter>, ApiError> {
        let name = validate::name("vCenter", &add.name)?;
        let (host, port) = validate::address(&add.address)?;
        let tags = validate::tags(add.tags)?;
        let ttl = validate::ttl(add.ttl.unwrap_or(validate::DEFAULT_TTL))?;
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
        };
        let found = self.first_contact(server, &login).await?;
        let vcenter_id = VcenterId(uuid::Uuid::new_v4().to_string());
        let credential = if login.is_new {
            let stored = CredentialPlace::None;
            VcenterCredential::New(NewCredential {
                id: login.id.clone(),
                name: login.name.clone(),
                user: login.user,
                stored,
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
            tags,
            ttl_seconds: ttl.as_secs(),
            identity: Some(found),
        };
        self.inner.store.add_vcenter(new).await.map_err(explain::store)?;
        self.inner
            .store
            .set_contact(&vcenter_id, VcenterState::Online, self.now())
            .await
            .map_err(explain::store)?;
        let password_note = match (login.is_new, login.given) {
            (true, true) => self.keep_password(&login.id, &login.name, &login.password).await?,
            _ => None,
        };
        self.changed();
        let record = self.inner.store.vcenter(&vcenter_id).await.map_err(explain::store)?;
        Ok(Stored { what: record.vcenter, password_note })
    }

    /// Changes a vCenter without contacting it.
    pub async fn edit_vcenter(
        &self,
        designation: &str,
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
        let change = VcenterEdit {
            name: edit.name.as_deref().map(|name| validate::name("vCenter", name)).transpose()?,
            host: address.as_ref().map(|(host, _)| host.clone()),
            port: address.as_ref().map(|(_, port)| *port),
            credential_id: credential.as_ref().map(|credential| credential.id.clone()),
            user: user.clone(),
            trust: edit.trust.map(normal).transpose()?,
            tags: edit.tags.map(validate::tags).transpose()?,
            ttl_seconds: edit.ttl.map(validate::ttl).transpose()?.map(|ttl| ttl.as_secs()),
        };
        self.inner.store.edit_vcenter(&id, change).await.map_err(explain::store)?;
        // The next operation logs in with what is configured now.
        self.inner.connections.leave(&id).await;
        let record = self.inner.store.vcenter(&id).await.map_err(explain::store)?;
        let v = &record.vcenter;
        let password_note = match &edit.password {
            Some(password) => self.keep_password(&v.credential_id, &v.credential, password).await?,
            None => None,
        };
        self.changed();
        Ok(Stored { what: record.vcenter, password_note })
    }

    /// Removes a vCenter with everything cached of it; its own credential goes too if nothing else uses it.
    /// Answers with the names of what was removed.
    pub async fn remove_vcenter(&self, designation: &str) -> Result<(Vcenter, Option<Credential>), ApiError> {
        let record = self.record(designation).await?;
        let v = record.vcenter;
        self.inner.store.remove_vcenter(&v.id).await.map_err(explain::store)?;
        self.inner.connections.leave(&v.id).await;
        self.inner.inventory.forget(&v.id);
        let credential = self.credential(v.credential_id.as_str()).await?;
        let its_own =
            credential.vcenters.is_empty() && credential.name.to_lowercase() == v.name.to_lowercase();
        let removed =
            if its_own { Some(self.remove_credential(credential.id.as_str()).await?) } else { None };
        self.changed();
        Ok((v, removed))
    }

    /// Every credential, by name.
    pub async fn credentials(&self) -> Result<Vec<Credential>, ApiError> {
        let mut credentials = self.inner.store.credentials().await.map_err(explain::store)?;
        for credential in &mut credentials {
            self.locate(credential).await;
        }
        Ok(credentials)
    }

    /// The credential with this name, id or unique beginning of an id.
    pub async fn credential(&self, designation: &str) -> Result<Credential, ApiError> {
        let all = self.inner.store.credentials().await.map_err(explain::store)?;
        let mut found = designated(&all, designation, "credential", |c| (&c.name, c.id.as_str()))?.clone();
        self.locate(&mut found).await;
        Ok(found)
    }

    /// Adds a credential.
    pub async fn add_credential(
        &self,
        name: &str,
        user: &str,
        password: Option<SecretString>,
    ) -> Result<Stored<Credential>, ApiError> {
        let name = validate::name("credential", name)?;
        let user = validate::user(user)?;
        let id = CredentialId(uuid::Uuid::new_v4().to_string());
        let new = NewCredential { id: id.clone(), name: name.clone(), user, stored: CredentialPlace::None };
        self.inner.store.add_credential(new).await.map_err(explain::store)?;
        let password_note = match password {
            Some(password) => self.keep_password(&id, &name, &password).await?,
            None => None,
        };
        self.changed();
        Ok(Stored { what: self.credential(id.as_str()).await?, password_note })
    }

    /// Changes user or password of a credential, and with that forgets that it was rejected.
    pub async fn set_credential(
        &self,
        designation: &str,
        user: Option<&str>,
        password: Option<SecretString>,
    ) -> Result<Stored<Credential>, ApiError> {
        let credential = self.credential(designation).await?;
        let user = user.map(validate::user).transpose()?;
        if let Some(user) = user {
            self.inner
                .store
                .edit_credential(&credential.id, None, Some(user))
                .await
                .map_err(explain::store)?;
        }
        let password_note = match password {
            Some(password) => self.keep_password(&credential.id, &credential.name, &password).await?,
            None => None,
        };
        self.inner.store.clear_rejection(&credential.id).await.map_err(explain::store)?;
        self.leave_sessions_of(&credential.id).await?;
        self.changed();
        Ok(Stored { what: self.credential(credential.id.as_str()).await?, password_note })
    }

    /// Removes a credential that no vCenter uses, and its password.
    pub async fn remove_credential(&self, designation: &str) -> Result<Credential, ApiError> {
        let credential = self.credential(designation).await?;
        self.inner.store.remove_credential(&credential.id).await.map_err(|error| match error {
            store::Error::InUse { vcenters } => ApiError::new(
                Code::InUse,
                format!("the credential \"{}\" is used by {}", credential.name, vcenters.join(", ")),
            )
            .next("Give these vCenters another credential first: musterctl vcenter edit NAME --credential OTHER."),
            other => explain::store(other),
        })?;
        let key = CredentialKey { id: credential.id.0.clone(), name: credential.name.clone() };
        if let Err(error) = self.inner.secrets.forget(&key, self.inner.unlock).await {
            tracing::warn!(credential = credential.name, %error, "its password could not be removed from the keychain");
        }
        self.changed();
        Ok(credential)
    }

    /// Whether a password for this credential is at hand.
    pub async fn has_password(&self, id: &CredentialId, name: &str) -> Result<bool, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned() };
        let found = self.inner.secrets.find(&key, self.inner.unlock).await;
        Ok(found.map_err(|error| explain::secrets(name, &error))?.is_some())
    }

    /// Holds a password that was typed, until the process ends.
    pub fn hold_password(&self, id: &CredentialId, name: &str, password: SecretString) {
        self.inner.secrets.hold(&CredentialKey { id: id.0.clone(), name: name.to_owned() }, password);
    }

    pub(crate) async fn records(&self) -> Result<Vec<VcenterRecord>, ApiError> {
        self.inner.store.vcenters().await.map_err(explain::store)
    }

    pub(crate) async fn record(&self, designation: &str) -> Result<VcenterRecord, ApiError> {
        let all = self.records().await?;
        designated(&all, designation, "vCenter", |r| (&r.vcenter.name, r.vcenter.id.as_str())).cloned()
    }

    /// Connects, logs in once, asks who it is, logs out.
    async fn first_contact(&self, server: Server<'_>, login: &Login) -> Result<store::Identity, ApiError> {
        let endpoint = connections::endpoint(server.host, server.port, server.trust)?;
        let client = Client::connect(&endpoint, &connections::user_agent()).await;
        let client = client.map_err(|error| explain::vsphere(server, &error))?;
        let about = client.about().clone();
        if let Some(uuid) = &about.instance_uuid {
            self.is_new_vcenter(uuid).await?;
        }
        let session = match client.login(&login.user, &login.password).await {
            Ok(session) => session,
            Err(error) => {
                if matches!(error, vsphere::Error::InvalidLogin { .. }) && !login.is_new {
                    self.inner.store.set_rejected(&login.id, self.now()).await.map_err(explain::store)?;
                }
                return Err(explain::vsphere(server, &error));
            }
        };
        let identity = connections::identity(&session, &about).await;
        if let Err(error) = session.logout().await {
            tracing::info!(%error, "the session could not be logged out");
        }
        Ok(store::Identity {
            instance_uuid: identity.map_err(|error| explain::vsphere(server, &error))?,
            product: about.product,
            version: about.version,
            build: about.build,
        })
    }

    async fn is_new_vcenter(&self, instance_uuid: &str) -> Result<(), ApiError> {
        let same = self
            .records()
            .await?
            .into_iter()
            .find(|record| record.vcenter.instance_uuid.as_deref() == Some(instance_uuid));
        same.map_or(Ok(()), |record| {
            Err(explain::store(store::Error::SameVcenter { name: record.vcenter.name }))
        })
    }

    /// Checks that a new vCenter may have this name, before anybody types a password for it.
    pub async fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        let name = validate::name("vCenter", name)?;
        let taken =
            self.records().await?.iter().any(|r| r.vcenter.name.to_lowercase() == name.to_lowercase());
        if taken { Err(explain::store(store::Error::NameTaken { name })) } else { Ok(()) }
    }

    /// What to log in with, its password at hand.
    async fn login(&self, vcenter: &str, with: LoginWith) -> Result<Login, ApiError> {
        match with {
            LoginWith::User { user, password } => {
                let user = validate::user(&user)?;
                let id = CredentialId(uuid::Uuid::new_v4().to_string());
                let all = self.inner.store.credentials().await.map_err(explain::store)?;
                if all.iter().any(|c| c.name.to_lowercase() == vcenter.to_lowercase()) {
                    return Err(ApiError::new(
                        Code::AlreadyExists,
                        format!("there is a credential named \"{vcenter}\" already"),
                    )
                    .next(format!("Log in with it: --credential \"{vcenter}\", or choose another name.")));
                }
                let given = password.is_some();
                let password = match password {
                    Some(password) => password,
                    None => self.find_password(&id, vcenter).await?,
                };
                Ok(Login { id, name: vcenter.to_owned(), user, password, given, is_new: true })
            }
            LoginWith::Credential(designation) => {
                let credential = self.credential(&designation).await?;
                if let Some(at) = credential.rejected_at {
                    let server = Server {
                        name: vcenter,
                        host: "",
                        port: 0,
                        user: &credential.user,
                        credential: &credential.name,
                        trust: &Trust::System,
                        configured: false,
                    };
                    return Err(explain::rejected_before(server, at));
                }
                let password = self.find_password(&credential.id, &credential.name).await?;
                let Credential { id, name, user, .. } = credential;
                Ok(Login { id, name, user, password, given: false, is_new: false })
            }
        }
    }

    async fn find_password(&self, id: &CredentialId, name: &str) -> Result<SecretString, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned() };
        let found = self.inner.secrets.find(&key, self.inner.unlock).await;
        let found = found.map_err(|error| explain::secrets(name, &error))?;
        found.map(|(password, _)| password).ok_or_else(|| explain::no_password(name))
    }

    /// Puts a password into the keychain; answers with why it is not there, in words, if it isn't.
    async fn keep_password(
        &self,
        id: &CredentialId,
        name: &str,
        password: &SecretString,
    ) -> Result<Option<String>, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned() };
        let kept = self.inner.secrets.store(&key, password, self.inner.unlock).await;
        self.inner.store.clear_rejection(id).await.map_err(explain::store)?;
        self.leave_sessions_of(id).await?;
        let elsewhere = format!(
            "Put it into the file $CREDENTIALS_DIRECTORY/{name}, or type it when a command on a terminal asks for it."
        );
        Ok(match kept {
            Ok(Place::Keychain) => None,
            Ok(Place::Memory | Place::File) => {
                Some(format!("There is no keychain here: the password was not stored. {elsewhere}"))
            }
            Err(error) => {
                self.inner.secrets.hold(&key, password.clone());
                Some(format!("The password was not stored: {error}. {elsewhere}"))
            }
        })
    }

    async fn leave_sessions_of(&self, credential: &CredentialId) -> Result<(), ApiError> {
        for record in self.records().await? {
            if record.vcenter.credential_id == *credential {
                self.inner.connections.leave(&record.vcenter.id).await;
            }
        }
        Ok(())
    }

    async fn locate(&self, credential: &mut Credential) {
        let key = CredentialKey { id: credential.id.0.clone(), name: credential.name.clone() };
        credential.stored = match self.inner.secrets.is_stored(&key).await {
            Ok(Some(Place::Keychain)) => CredentialPlace::Keychain,
            Ok(Some(Place::File)) => CredentialPlace::File,
            Ok(Some(Place::Memory) | None) => CredentialPlace::None,
            // A locked or silent keychain tells nothing: then what was last known stands.
            Err(_) => credential.stored,
        };
    }

    fn changed(&self) {
        self.inner.events.publish(Event::VcentersChanged);
        self.inner.events.publish(Event::CredentialsChanged);
    }
}

/// What to log in with.
struct Login {
    id: CredentialId,
    name: String,
    user: String,
    password: SecretString,
    /// Whether the password was given with the call, and so is to be kept.
    given: bool,
    is_new: bool,
}

/// The thing that a name, an id or a unique beginning of an id designates.
fn designated<'a, T>(
    all: &'a [T],
    designation: &str,
    what: &str,
    names: impl Fn(&T) -> (&String, &str),
) -> Result<&'a T, ApiError> {
    let lower = designation.trim().to_lowercase();
    let by_name = all.iter().find(|one| names(one).0.to_lowercase() == lower);
    if let Some(found) = by_name.or_else(|| all.iter().find(|one| names(one).1 == lower)) {
        return Ok(found);
    }
    let beginning: Vec<&T> =
        all.iter().filter(|one| !lower.is_empty() && names(one).1.starts_with(&lower)).collect();
    match beginning[..] {
        [one] => Ok(one),
        [] => {
            let known: Vec<&str> = all.iter().map(|one| names(one).0.as_str()).collect();
            let next = match known.is_empty() {
                true => format!(
                    "There is no {what} yet: add the first with musterctl {} add.",
                    what.to_lowercase()
                ),
                false => format!("There are: {}.", known.join(", ")),
            };
            Err(ApiError::new(Code::NotFound, format!("there is no {what} \"{designation}\"")).next(next))
        }
        _ => Err(ApiError::new(
            Code::InvalidValue,
            format!("\"{designation}\" is the beginning of several ids"),
        )
        .next("Type more of it, or the name.")),
    }
}

/// Trust with its values checked and in their stored form.
fn normal(trust: Trust) -> Result<Trust, ApiError> {
    Ok(match trust {
        Trust::System => Trust::System,
        Trust::Pin { sha256 } => Trust::Pin { sha256: explain::hex(&explain::fingerprint(&sha256)?) },
        Trust::Ca { pem } => {
            vsphere::Trust::Ca(pem.clone()).check().map_err(|error| {
                ApiError::new(Code::InvalidValue, format!("the CA file can't be used: {error}"))
                    .next("It must hold one or more certificates in PEM (-----BEGIN CERTIFICATE-----).")
            })?;
            Trust::Ca { pem }
        }
    })
}
