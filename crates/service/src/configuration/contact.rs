//! Looks at a server before it is configured, and logs in once to see that everything is right.
//! Refuses to send a password before the certificate is trusted.

use super::{LoginWith, normal};
use crate::explain::{self, Server};
use crate::jobs::{self, Seen};
use crate::{Service, connections, validate};
use contract::command::Settings;
use contract::{ApiError, Code, Credential, CredentialId, Probe, TestReport, Trust, Vcenter, VcenterId};
use secrecy::SecretString;
use secrets::CredentialKey;
use store::VcenterRecord;
use vsphere::Client;

impl Service {
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

    /// The same for a vCenter that is configured, at its address and with the trust that is stored for it.
    pub async fn probe_vcenter(&self, vcenter: &VcenterId) -> Result<Probe, ApiError> {
        let record = self.record(vcenter.as_str()).await?;
        self.probe(&Server::from(&record).address(), &record.trust).await
    }

    /// Connects, logs in once, asks who it is, logs out.
    pub(super) async fn first_contact(
        &self,
        server: Server<'_>,
        login: &Login,
    ) -> Result<store::Identity, ApiError> {
        let endpoint = connections::endpoint(server.host, server.port, server.trust)?;
        let client = Client::connect(&endpoint, &connections::user_agent()).await;
        let client = client.map_err(|error| explain::vsphere(server, &error))?;
        let about = client.about().clone();
        if let Some(uuid) = &about.instance_uuid {
            self.is_new_vcenter(uuid).await?;
        }
        let met = self.meet(client, login, Look::AtItsIdentity).await?;
        let (instance_uuid, _) = met.map_err(|error| explain::vsphere(server, &error))?;
        Ok(store::Identity {
            instance_uuid,
            product: about.product,
            version: about.version,
            build: about.build,
        })
    }

    /// Logs in once with settings that are not stored yet, looks around, logs out. With `editing`, they are to be
    /// those of a vCenter that is there already, whose password serves where none is given.
    pub async fn try_vcenter(
        &self,
        settings: Settings,
        editing: Option<&VcenterId>,
    ) -> Result<TestReport, ApiError> {
        let name = validate::name("vCenter", &settings.name)?;
        let (host, port) = validate::address(&settings.address)?;
        let editing = match editing {
            Some(id) => Some(self.record(id.as_str()).await?),
            None => None,
        };
        let stored = editing.as_ref().map(|record| record.trust.clone());
        let trust = normal(settings.trust.or(stored).unwrap_or(Trust::System))?;
        let own = editing.as_ref().map(|record| &record.vcenter);
        let moved = own.is_some_and(|own| (&own.host, own.port) != (&host, port));
        let login = match (own, settings.login.into()) {
            (Some(own), LoginWith::User { user, password }) => self.own_login(own, &user, password).await?,
            (_, login) => self.login(&name, login).await?,
        };
        let server = Server {
            name: &name,
            host: &host,
            port,
            user: &login.user,
            credential: &login.name,
            trust: &trust,
            configured: false,
        };
        let endpoint = connections::endpoint(&host, port, &trust)?;
        let client = Client::connect(&endpoint, &connections::user_agent()).await;
        let client = client.map_err(|error| explain::vsphere(server, &error))?;
        let about = client.about().clone();
        let known = own.and_then(|own| own.instance_uuid.as_deref());
        let told = about.instance_uuid.as_deref();
        if moved && !login.given && (known.is_none() || told.is_none()) {
            // It could be any server: an ESXi host tells who it is only after it was sent the password.
            return Err(ApiError::new(
                Code::NoPassword,
                "the server at the new address does not tell that it is the same one",
            )
            .next("Type the password: the stored one is not sent to another address."));
        }
        // Before login, so that no password goes to another server than the one it is meant for.
        self.is_the_one(server, editing.as_ref(), told).await?;
        let met = self.meet(client, &login, Look::Around).await?;
        let (instance_uuid, seen) = met.map_err(|error| explain::vsphere(server, &error))?;
        // An ESXi host tells who it is only after login.
        self.is_the_one(server, editing.as_ref(), instance_uuid.as_deref()).await?;
        let seen = seen.ok_or_else(|| ApiError::new(Code::Failed, "the test looked at nothing"))?;
        Ok(seen.report(&name, &about, instance_uuid))
    }

    /// Fails if a server is known to be another one than the vCenter that is edited, or is configured already.
    async fn is_the_one(
        &self,
        server: Server<'_>,
        editing: Option<&VcenterRecord>,
        found: Option<&str>,
    ) -> Result<(), ApiError> {
        let known = editing.and_then(|record| Some((record, record.vcenter.instance_uuid.as_deref()?)));
        match (found, known) {
            (None, _) => Ok(()),
            (Some(found), Some((_, known))) if found == known => Ok(()),
            (Some(found), Some((record, _))) => Err(explain::different_at(record, &server.address(), found)),
            (Some(found), None) => self.is_new_vcenter(found).await,
        }
    }

    /// The login of a vCenter that is being edited: with a password that was just typed, or the one that is stored.
    async fn own_login(
        &self,
        own: &Vcenter,
        user: &str,
        password: Option<SecretString>,
    ) -> Result<Login, ApiError> {
        let user = validate::user(user)?;
        let (id, name) = (own.credential_id.clone(), own.credential.clone());
        match password {
            // What a server says of a login that is not stored says nothing about the one that is.
            Some(password) => Ok(Login { id, name, user, password, given: true, is_new: true }),
            None if user != own.user => {
                let password = self.find_password(&id, &name).await?;
                Ok(Login { id, name, user, password, given: false, is_new: true })
            }
            None => self.login(&own.name, LoginWith::Credential(id.0)).await,
        }
    }

    /// Logs in once and looks, also when nobody waits for it any more: what was logged in has to be logged out.
    async fn meet(&self, client: Client, login: &Login, look: Look) -> Result<Met, ApiError> {
        let (this, login) = (self.clone(), login.clone());
        self.inner.connections.to_the_end(async move { this.introduce(client, login, look).await }).await?
    }

    async fn introduce(&self, client: Client, login: Login, look: Look) -> Result<Met, ApiError> {
        let connections = &self.inner.connections;
        let lock = async { self.inner.store.login_lock(&login.id).await.map_err(explain::store) };
        let lock = connections.while_open(lock).await?;
        let answer = client.login(&login.user, &login.password).await;
        if !login.is_new {
            connections.note_answer(&login.id, &answer, false).await?;
        }
        drop(lock);
        let session = match answer {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        let met = async {
            let identity = connections::identity(&session, client.about()).await?;
            let seen = match look {
                Look::AtItsIdentity => None,
                Look::Around => Some(jobs::look_around(&session, |_| {}).await?),
            };
            Ok((identity, seen))
        };
        let met = connections.while_open(async { Ok(met.await) }).await;
        connections::log_out_of(&session).await;
        met
    }

    /// What to log in with, its password at hand.
    pub(super) async fn login(&self, vcenter: &str, with: LoginWith) -> Result<Login, ApiError> {
        match with {
            LoginWith::User { user, password } => {
                let user = validate::user(&user)?;
                let id = CredentialId(uuid::Uuid::new_v4().to_string());
                self.credential_name_is_free(vcenter).await?;
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

    pub(super) async fn find_password(
        &self,
        id: &CredentialId,
        name: &str,
    ) -> Result<SecretString, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned() };
        let found = self.inner.secrets.find(&key, self.inner.unlock).await;
        let found = found.map_err(|error| explain::secrets(name, &error))?;
        found.map(|(password, _)| password).ok_or_else(|| explain::no_password(name))
    }
}

/// What to look at once logged in.
#[derive(Clone, Copy)]
enum Look {
    AtItsIdentity,
    Around,
}

/// Identity of a server, and what a look around showed.
type Met = Result<(Option<String>, Option<Seen>), vsphere::Error>;

/// What to log in with.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) id: CredentialId,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) password: SecretString,
    /// Whether the password was given with the call, and so is to be kept.
    pub(super) given: bool,
    pub(super) is_new: bool,
}
