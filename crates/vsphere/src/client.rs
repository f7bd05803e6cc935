//! A server that is known but not logged in to: what it is, and which version of the API to speak with it.

use std::sync::Arc;

use reach::{Call, Certificate, Endpoint, Warning};
use secrecy::SecretString;

use crate::{
    error::Error,
    parser::Response,
    request::{self, Request},
    session::Session,
    transport::{Transport, Wire},
    value::{MoRef, Value},
    version::{self, ApiVersion},
};

/// What a server says about itself. Source: ServiceContent.about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `VMware vCenter Server` or `VMware ESXi`. Source: about.name.
    pub product: String,
    /// Product with version and build. Source: about.fullName.
    pub full_name: String,
    /// Like `8.0.3`. Source: about.version.
    pub version: String,
    /// Like `24022515`. Source: about.build.
    pub build: String,
    /// `VirtualCenter` or `HostAgent`. Source: about.apiType.
    pub api_type: String,
    /// Like `8.0.3.0`, as written by the server. Source: about.apiVersion.
    pub api_version: String,
    /// Which vCenter this is; none on an ESXi. Source: about.instanceUuid.
    pub instance_uuid: Option<String>,
}

impl About {
    /// Whether this is an ESXi host and not a vCenter.
    pub fn is_host(&self) -> bool {
        self.api_type == "HostAgent"
    }

    fn read(about: &Value) -> Self {
        let text = |field| about.field(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        Self {
            product: text("name"),
            full_name: text("fullName"),
            version: text("version"),
            build: text("build"),
            api_type: text("apiType"),
            api_version: text("apiVersion"),
            instance_uuid: Some(text("instanceUuid")).filter(|uuid| !uuid.is_empty()),
        }
    }
}

/// The objects every session starts from. Source: ServiceContent.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) root_folder: MoRef,
    pub(crate) property_collector: MoRef,
    pub(crate) session_manager: MoRef,
    pub(crate) view_manager: MoRef,
    /// Every server has one; without it nothing is known of roles.
    pub(crate) authorization_manager: Option<MoRef>,
}

/// What a client and its sessions share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) transport: Transport,
    pub(crate) content: Content,
    about: About,
    api_version: ApiVersion,
    action: String,
}

impl Server {
    pub(crate) fn about(&self) -> &About {
        &self.about
    }

    pub(crate) fn api_version(&self) -> ApiVersion {
        self.api_version
    }

    /// Sends a request in the version that was agreed on.
    pub(crate) async fn send(&self, wire: &Wire, request: Request) -> Result<Response, Error> {
        self.transport.send(wire, &self.action, request).await
    }

    /// An answer that lacks what its method always returns.
    pub(crate) fn incomplete(&self, method: &'static str, what: &str) -> Error {
        incomplete(&self.transport.call(method), what)
    }
}

/// A connection to a server, without a login.
#[derive(Debug)]
pub struct Client {
    server: Arc<Server>,
    wire: Wire,
}

impl Client {
    /// Connects and asks the server what it is. No credential is needed or sent.
    ///
    /// `user_agent` is what an administrator sees in the list of sessions, like `Muster/1.0`.
    ///
    /// # Errors
    /// [`Error::Untrusted`] holds the certificate; [`Error::NotVsphere`] says what answered instead, and
    /// [`Error::Unsupported`] which version does.
    pub async fn connect(endpoint: &Endpoint, user_agent: &str) -> Result<Self, Error> {
        let transport = Transport::new(endpoint, user_agent)?;
        let wire = Wire::default();
        let offered = transport.versions(&wire).await?.as_ref().and_then(version::newest_offered);
        let action = offered.as_ref().map_or_else(|| "urn:vim25".into(), |offered| action(&offered.spelled));
        let request = request::retrieve_service_content();
        let answer = transport.send(&wire, &action, request).await.map_err(not_vsphere)?;
        let call = transport.call("RetrieveServiceContent");
        let (content, about) = service_content(&call, &answer.value)?;
        let own: ApiVersion = about.api_version.parse().unwrap_or_default();
        if own < version::OLDEST {
            let About { product, api_version, .. } = about;
            return Err(Error::Unsupported { call, product, api_version });
        }
        let (api_version, action) = match offered {
            Some(offered) => (offered.version, action),
            None if own == own.or_newest_known() => (own, self::action(&about.api_version)),
            None => (own.or_newest_known(), self::action(&own.or_newest_known().to_string())),
        };
        tracing::debug!(host = %call.host, product = about.full_name, %api_version, "connected");
        Ok(Self { server: Arc::new(Server { transport, content, about, api_version, action }), wire })
    }

    /// What the server says about itself.
    pub fn about(&self) -> &About {
        &self.server.about
    }

    /// The version that is spoken: the newest that server and client both know. Properties that came later than
    /// this are unknown to the server, even if its own version is newer.
    pub fn api_version(&self) -> ApiVersion {
        self.server.api_version
    }

    /// The certificate of the newest connection and what is odd about it.
    pub fn certificate(&self) -> Option<(Certificate, Vec<Warning>)> {
        self.server.transport.shown().map(|seen| (seen.certificate, seen.warnings))
    }

    /// Logs in with exactly one call, which is never repeated.
    ///
    /// # Errors
    /// [`Error::InvalidLogin`] must not be answered by another try with the same password: five failures in three
    /// minutes lock an account.
    pub async fn login(&self, user: &str, password: &SecretString) -> Result<Session, Error> {
        let wire = Wire::take_over(&self.wire);
        let request = request::login(&self.server.content.session_manager, user, password);
        self.server.send(&wire, request).await?;
        if !wire.has_cookie() {
            return Err(self.server.incomplete("Login", "session cookie"));
        }
        Ok(Session::new(self.server.clone(), wire))
    }
}

fn action(version: &str) -> String {
    format!("urn:vim25/{version}")
}

/// Before it is known what answers here, a bad answer means that it isn't a vCenter.
fn not_vsphere(error: Error) -> Error {
    match error {
        Error::Malformed { call, detail, .. } => {
            Error::NotVsphere { call, status: 200, content_type: format!("text/xml, but {detail}") }
        }
        error => error,
    }
}

fn service_content(call: &Call, answer: &Value) -> Result<(Content, About), Error> {
    let moref = |field: &str| {
        let moref = answer.field("returnval").and_then(|content| content.field(field)?.as_ref()).cloned();
        moref.ok_or_else(|| incomplete(call, field))
    };
    let content = Content {
        root_folder: moref("rootFolder")?,
        property_collector: moref("propertyCollector")?,
        session_manager: moref("sessionManager")?,
        view_manager: moref("viewManager")?,
        authorization_manager: moref("authorizationManager").ok(),
    };
    let about = answer.field("returnval.about").ok_or_else(|| incomplete(call, "about"))?;
    Ok((content, About::read(about)))
}

fn incomplete(call: &Call, what: &str) -> Error {
    Error::Malformed { call: call.clone(), offset: 0, detail: format!("the answer has no {what}") }
}
