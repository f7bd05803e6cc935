//! Looks at a server before it is configured, and logs in once to see that everything is right.
//! Refuses to send a password before the certificate is trusted.

use super::{LoginWith, normal};
use crate::explain::{self, Server};
use crate::jobs::{self, Seen};
use crate::{Service, connections, logins, validate};
use contract::command::Settings;
use contract::{
    ApiError, Code, Credential, CredentialId, Probe, TestReport, Trust, Vcenter, VcenterId, VcenterSettings,
    Way,
};
use secrecy::SecretString;
use secrets::{CredentialKey, Helper, Place};
use store::{Identity, Standing, VcenterRecord};
use vsphere::{About, Certificate, Client};

impl Service {
    /// Opens a connection, shows the certificate, and what the server says of itself if it is trusted.
    /// Never sends a credential.
    pub(crate) async fn probe(&self, address: &str, trust: &Trust, way: &Way) -> Result<Probe, ApiError> {
        let (host, port) = validate::address(address)?;
        let server = Server {
            name: address,
            host: &host,
            port,
            user: "",
            credential: "",
            trust,
            configured: false,
            place: Place::Memory,
        };
        let endpoint = connections::endpoint(&host, port, trust, &way.into())?;
        let probe = vsphere::probe(&endpoint).await.map_err(|error| explain::vsphere(server, &error))?;
        let mut answer = Probe {
            address: server.address(),
            host_in_letters: explain::in_letters(&host),
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

    /// The same for a vCenter that is configured, at its address and with the trust that is stored for it, by the way that is
    /// set or the one given; `None` without contacting anybody, if what was `typed` is another address, however it is written.
    pub(crate) async fn probe_vcenter(
        &self,
        vcenter: &VcenterId,
        typed: Option<&str>,
        way: Option<Way>,
    ) -> Result<Option<Probe>, ApiError> {
        let record = self.record(vcenter.as_str()).await?;
        let address = Server::from(&record).address();
        if let Some(typed) = typed
            && validate::address(typed)? != validate::address(&address)?
        {
            return Ok(None);
        }
        let way = way.unwrap_or_else(|| record.vcenter.settings.way());
        self.probe(&address, &record.trust, &way).await.map(Some)
    }

    /// Connects, logs in once, asks who it is, logs out. Answers with the certificate, too.
    pub(super) async fn first_contact(
        &self,
        server: Server<'_>,
        settings: &VcenterSettings,
        login: &Login,
    ) -> Result<(Identity, Option<Certificate>), ApiError> {
        let endpoint = connections::endpoint(server.host, server.port, server.trust, settings)?;
        let client = Client::connect(&endpoint, &connections::user_agent()).await;
        let client = client.map_err(|error| explain::vsphere(server, &error))?;
        self.is_new_vcenter(&reported(client.about())).await?;
        let shown = client.certificate().map(|(shown, _)| shown);
        let met = self.meet(client, login, Look::AtItsIdentity).await?;
        let (identity, _) = met.map_err(|error| explain::vsphere(server, &error))?;
        Ok((identity, shown))
    }

    /// Logs in once with settings that are not stored yet, looks around, logs out. With `editing`, they are to be
    /// those of a vCenter that is there already, whose password serves where none is given.
    pub(crate) async fn try_vcenter(
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
        // As it would be with the new address: whether that is known to be its own is what is asked.
        let editing = editing.map(|record| {
            let vcenter = Vcenter { host: host.clone(), port, ..record.vcenter };
            VcenterRecord { vcenter, ..record }
        });
        let own = editing.as_ref().map(|record| &record.vcenter);
        let login = match (own, LoginWith::try_from(settings.login)?) {
            (Some(own), LoginWith::User { user, password, helper }) => {
                self.own_login(own, &user, password, helper).await?
            }
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
            place: Place::Memory,
        };
        let endpoint = connections::endpoint(&host, port, &trust, &settings.settings)?;
        let client = Client::connect(&endpoint, &connections::user_agent()).await;
        let client = client.map_err(|error| explain::vsphere(server, &error))?;
        let about = client.about().clone();
        // Before login, so that no password goes to another server than the one it is meant for.
        match &editing {
            Some(record) if !logins::is_known(record, &about)? && !login.given => {
                return Err(unknown_in_form());
            }
            Some(record) if record.vcenter.instance_uuid.is_some() => {}
            _ => self.is_new_vcenter(&reported(&about)).await?,
        }
        let met = self.meet(client, &login, Look::Around).await?;
        let (identity, seen) = met.map_err(|error| explain::vsphere(server, &error))?;
        // An ESXi host tells who it is only after login.
        self.is_the_one(editing.as_ref(), &identity).await?;
        let seen = seen.ok_or_else(|| ApiError::new(Code::Failed, "the test checked nothing"))?;
        Ok(seen.report(&name, &about, identity.instance_uuid))
    }

    /// Fails if a server is known to be another one than the vCenter that is edited, or is configured already.
    async fn is_the_one(&self, editing: Option<&VcenterRecord>, found: &Identity) -> Result<(), ApiError> {
        let known = editing.and_then(|record| Some((record, record.vcenter.instance_uuid.as_deref()?)));
        match (&found.instance_uuid, known) {
            (None, _) => Ok(()),
            (Some(found), Some((_, known))) if found == known => Ok(()),
            (Some(found), Some((record, _))) => Err(explain::different(record, found)),
            (Some(_), None) => self.is_new_vcenter(found).await,
        }
    }

    /// The login of a vCenter that is being edited: with a password that was just typed, one that is printed by what was just
    /// named for it, or the one that is stored.
    async fn own_login(
        &self,
        own: &Vcenter,
        user: &str,
        password: Option<SecretString>,
        helper: Option<Helper>,
    ) -> Result<Login, ApiError> {
        let user = validate::user(user)?;
        let (id, name) = (own.credential_id.clone(), own.credential.clone());
        // What a server says of a login that is not stored says nothing about the one that is.
        let new = |password, given, helper| Login {
            id: id.clone(),
            name: name.clone(),
            user: user.clone(),
            password,
            given,
            helper,
            is_new: true,
            at: None,
        };
        match (password, helper) {
            (Some(typed), _) => Ok(new(self.inner.logins.given(&id, typed).await?, true, None)),
            (None, Some(helper)) => {
                let printed = self.printed(&id, &name, &helper).await?;
                Ok(new(printed, false, Some(helper)))
            }
            (None, None) if user != own.user => {
                Ok(new(self.inner.logins.password(&id, &name, true).await?, false, None))
            }
            (None, None) => {
                let login = self.login(&own.name, LoginWith::Credential(id.0)).await?;
                Ok(Login { at: Some(own.clone()), ..login })
            }
        }
    }

    /// Logs in once and looks, also when nobody waits for it any more: what was logged in has to be logged out.
    async fn meet(&self, client: Client, login: &Login, look: Look) -> Result<Met, ApiError> {
        let (this, login) = (self.clone(), login.clone());
        self.inner.connections.to_the_end(async move { this.introduce(client, login, look).await }).await?
    }

    async fn introduce(&self, client: Client, login: Login, look: Look) -> Result<Met, ApiError> {
        let connections = &self.inner.connections;
        let ready = async {
            let there = match &login.at {
                Some(at) => Some(self.inner.store.login_at(&at.id).await.map_err(explain::store)?),
                None => None,
            };
            // Nobody knows yet whether it is right for this server: nobody else tries it until that is answered.
            let turn = self.inner.logins.turns.wait(&login.id, true).await?;
            let lock = self.inner.store.login_lock(&login.id).await.map_err(explain::store)?;
            let login = self.as_it_is_now(login).await?;
            let before = match login.is_new {
                true => Standing::default(),
                false => self.may_be_tried(&login).await?,
            };
            drop(lock);
            Ok(((turn, there), login, before))
        };
        let ((mut turn, there), login, before) = connections.while_open(ready).await?;
        let sent = logins::log_in(&client, &login.user, &login.password.secret);
        let answer = logins::answer_of(sent, &mut turn).await;
        if !login.is_new {
            let at = login.at.as_ref();
            connections.note_answer(&login.id, at, &login.password, &before, &answer).await?;
        }
        drop((turn, there));
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

    /// What is known of a login that is stored; fails if it must not be tried.
    async fn may_be_tried(&self, login: &Login) -> Result<Standing, ApiError> {
        self.inner.logins.refuse_rejected(&login.id, &login.password, login.at.as_ref(), None).await
    }

    /// A login with what is stored by now: whoever changes it has the lock, which the caller holds.
    async fn as_it_is_now(&self, login: Login) -> Result<Login, ApiError> {
        if login.given || login.helper.is_some() {
            return Ok(login);
        }
        let key = self.inner.logins.key(&login.id, &login.name).await?;
        // What prints it is run once for each login.
        let password = match login.password.is_printed_for(&key) {
            true => login.password,
            false => self.inner.logins.password_of(&key, true).await?,
        };
        let user = match login.is_new {
            true => login.user,
            false => self.inner.store.credential(&login.id).await.map_err(explain::store)?.user,
        };
        Ok(Login { user, password, ..login })
    }

    /// The password that is printed by what isn't stored with the credential yet.
    async fn printed(
        &self,
        id: &CredentialId,
        name: &str,
        helper: &Helper,
    ) -> Result<logins::Password, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned(), helper: Some(helper.clone()) };
        self.inner.logins.password_of(&key, true).await
    }

    /// What to log in with, its password at hand.
    pub(super) async fn login(&self, vcenter: &str, with: LoginWith) -> Result<Login, ApiError> {
        match with {
            LoginWith::User { user, password, helper } => {
                let user = validate::user(&user)?;
                let id = CredentialId(uuid::Uuid::new_v4().to_string());
                self.credential_name_is_free(vcenter).await?;
                let given = password.is_some();
                let password = match (password, &helper) {
                    (Some(typed), _) => self.inner.logins.given(&id, typed).await?,
                    (None, Some(helper)) => self.printed(&id, vcenter, helper).await?,
                    (None, None) => self.inner.logins.password(&id, vcenter, true).await?,
                };
                let name = vcenter.to_owned();
                Ok(Login { id, name, user, password, given, helper, is_new: true, at: None })
            }
            LoginWith::Credential(designation) => {
                let credential = self.credential(&designation).await?;
                let Credential { id, name, user, .. } = credential;
                let password = self.inner.logins.password(&id, &name, true).await?;
                let login =
                    Login { id, name, user, password, given: false, helper: None, is_new: false, at: None };
                self.may_be_tried(&login).await?;
                Ok(login)
            }
        }
    }
}

/// What a server says of itself before anybody logs in.
fn reported(about: &About) -> Identity {
    Identity {
        instance_uuid: about.instance_uuid.clone(),
        host_macs: None,
        product: about.product.clone(),
        version: about.version.clone(),
        build: about.build.clone(),
    }
}

/// It could be any server: an ESXi host tells who it is only after it was sent the password.
fn unknown_in_form() -> ApiError {
    ApiError::new(Code::NoPassword, "the server at the new address could not be verified as the same server")
        .next("Enter the password: the stored one is not sent to a new address.")
}

/// What to look at once logged in.
#[derive(Clone, Copy)]
enum Look {
    AtItsIdentity,
    Around,
}

/// Identity of a server, and what a look around showed.
type Met = Result<(Identity, Option<Seen>), vsphere::Error>;

/// What to log in with.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) id: CredentialId,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) password: logins::Password,
    /// Whether the password was given with the call, and so is to be kept.
    pub(super) given: bool,
    /// What prints the password from now on, where the call named something.
    pub(super) helper: Option<Helper>,
    pub(super) is_new: bool,
    /// The vCenter that is logged in to, if it is configured.
    pub(super) at: Option<Vcenter>,
}
