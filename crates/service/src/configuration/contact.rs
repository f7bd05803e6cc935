//! Looks at a server before it is configured, and logs in once to see that everything is right.
//! Refuses to send a password before the certificate is trusted.

use super::LoginWith;
use crate::explain::{self, Server};
use crate::{Service, connections, validate};
use contract::{ApiError, Credential, CredentialId, Probe, Trust};
use secrecy::SecretString;
use secrets::CredentialKey;
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
        let (this, login) = (self.clone(), login.clone());
        let identity =
            self.inner.connections.to_the_end(async move { this.introduce(client, login).await }).await??;
        Ok(store::Identity {
            instance_uuid: identity.map_err(|error| explain::vsphere(server, &error))?,
            product: about.product,
            version: about.version,
            build: about.build,
        })
    }

    /// Logs in once, asks who it is, logs out.
    pub(super) async fn introduce(
        &self,
        client: Client,
        login: Login,
    ) -> Result<Result<Option<String>, vsphere::Error>, ApiError> {
        let connections = &self.inner.connections;
        let lock = self.inner.store.login_lock(&login.id).await.map_err(explain::store)?;
        let answer = client.login(&login.user, &login.password).await;
        if !login.is_new {
            connections.note_answer(&login.id, &answer, false).await?;
        }
        drop(lock);
        let session = match answer {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        let identity = connections::identity(&session, client.about()).await;
        connections::log_out_of(&session).await;
        Ok(identity)
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
