//! A login: the calls that need one.
//! Doesn't renew itself, and can't log out when it is dropped: its owner calls `logout`.

use std::{collections::HashMap, sync::Arc};

use reach::Certificate;
use tokio::sync::{Mutex, OnceCell};

use crate::{
    alarm::{self, Names},
    client::{About, Server},
    collector::Collector,
    error::Error,
    host::HostIdentity,
    latency::Latency,
    parser::{Object, Page, Response},
    property::PropertySet,
    request::{self, Request},
    role::Role,
    transport::{Traffic, Wire},
    value::{MoRef, Value},
    version::ApiVersion,
    view::View,
};

/// Objects asked for by reference in one call. Each is some 150 bytes of request, and a vCenter caps those.
const BY_REFERENCE: usize = 500;

/// A live login. A clone is the same login. It dies after 30 idle minutes on a default vCenter; `current_time` keeps
/// it alive.
#[derive(Clone, Debug)]
pub struct Session(Arc<Login>);

#[derive(Debug)]
struct Login {
    server: Arc<Server>,
    wire: Wire,
    /// Whether the server knows that it is over. Locked while it is told.
    ended: Mutex<bool>,
    /// Once they were asked for.
    roles: OnceCell<Vec<Role>>,
    /// As far as they were asked for. Locked while more are.
    alarms: Mutex<Names>,
}

impl Session {
    pub(crate) fn new(server: Arc<Server>, wire: Wire) -> Self {
        Self(Arc::new(Login {
            server,
            wire,
            ended: Mutex::new(false),
            roles: OnceCell::new(),
            alarms: Mutex::default(),
        }))
    }

    /// Whether it is the very same session, and not another one on the same server.
    pub fn is_same(&self, other: &Session) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What the server said about itself when it was connected to.
    pub fn about(&self) -> &About {
        self.0.server.about()
    }

    /// The version that is spoken, see [`Client::api_version`](crate::Client::api_version).
    pub fn api_version(&self) -> ApiVersion {
        self.0.server.api_version()
    }

    /// The folder that holds everything.
    pub fn root_folder(&self) -> &MoRef {
        &self.server().content.root_folder
    }

    /// The certificate that the server showed at the newest connection.
    pub fn certificate(&self) -> Option<Certificate> {
        self.server().transport.shown().map(|seen| seen.certificate)
    }

    /// The roles that the server knows, which is asked once. Source: AuthorizationManager.roleList.
    pub async fn roles(&self) -> Result<&[Role], Error> {
        let Some(manager) = &self.server().content.authorization_manager else { return Ok(&[]) };
        let ask = || async {
            let set = PropertySet::new("AuthorizationManager", [Role::property()]);
            let manager = std::slice::from_ref(manager);
            let objects = self.collector().retrieve(manager, &[set], false).await?.whole()?;
            Ok(objects.first().map(Role::read).unwrap_or_default())
        };
        self.0.roles.get_or_try_init(ask).await.map(Vec::as_slice)
    }

    /// What these alarms are called, as far as the account may know. Each is asked for once, and no more than a thousand
    /// in a session. Source: Alarm.info.name.
    pub async fn alarm_names(&self, alarms: &[MoRef]) -> Result<HashMap<MoRef, Box<str>>, Error> {
        let mut names = self.0.alarms.lock().await;
        let unknown = names.unknown(alarms);
        if !unknown.is_empty() {
            let set = PropertySet::new(alarm::TYPE, [alarm::PATH]);
            let answer = self.collector().retrieve(&unknown, &[set], true).await?.whole()?;
            names.take(unknown, &answer);
        }
        Ok(names.of(alarms))
    }

    /// Calls and bytes of this session since its login, which counts.
    pub fn traffic(&self) -> Traffic {
        self.0.wire.counters.traffic()
    }

    /// How soon the server answered the calls of this session, the login included.
    pub fn latency(&self) -> Latency {
        self.0.wire.counters.answered.so_far()
    }

    /// The server's clock, milliseconds since 1970 UTC. Keeps the session alive and proves that it is.
    pub async fn current_time(&self) -> Result<i64, Error> {
        let answer = self.send(request::current_time()).await?;
        let time = answer.value.field("returnval").and_then(Value::as_time_ms);
        time.ok_or_else(|| self.server().incomplete("CurrentTime", "time"))
    }

    /// Ends the session. Does nothing once that has succeeded, and waits for a call of the same that is under way; a
    /// session that is over already is no error. Cancelled or failed, it may be tried again.
    pub async fn logout(&self) -> Result<(), Error> {
        let mut ended = self.0.ended.lock().await;
        if *ended {
            return Ok(());
        }
        match self.send(request::logout(&self.server().content.session_manager)).await {
            Ok(_) | Err(Error::NotAuthenticated { .. }) => {
                *ended = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// What tells an ESXi that is connected to directly from others, as `instanceUuid` does a vCenter. Source: the first
    /// HostSystem.
    pub async fn host_identity(&self) -> Result<HostIdentity, Error> {
        let view = View::open(self, "HostSystem", None).await?;
        let listed = view.list(&self.collector()).await;
        view.close().await;
        let Some(host) = listed?.members.into_iter().next() else { return Ok(HostIdentity::default()) };
        let hosts = self.retrieve(&[host], "HostSystem", &HostIdentity::PATHS).await?;
        Ok(hosts.first().map(HostIdentity::read).unwrap_or_default())
    }

    /// Properties of these objects, which are all of one type. Objects come in any order.
    ///
    /// # Errors
    /// [`Error::ManagedObjectNotFound`] names the object that doesn't exist; nothing is returned of the others.
    /// [`Error::TooLarge`] where more objects come than were asked for.
    pub async fn retrieve<P: AsRef<str>>(
        &self,
        objects: &[MoRef],
        type_name: &str,
        paths: &[P],
    ) -> Result<Vec<Object>, Error> {
        let set = PropertySet::new(type_name, paths.iter().map(|path| path.as_ref().to_owned()));
        let mut all = Vec::with_capacity(objects.len());
        for some in objects.chunks(BY_REFERENCE) {
            all.append(
                &mut self.collector().retrieve(some, std::slice::from_ref(&set), false).await?.whole()?,
            );
        }
        Ok(all)
    }

    /// The collector that every session has. For calls at once, [`Collector::create`] more of them.
    pub fn collector(&self) -> Collector {
        Collector::default_of(self)
    }

    pub(crate) fn server(&self) -> &Server {
        &self.0.server
    }

    /// Sends a call; once more where the connection broke, as an idle one does that a load balancer closed. A token
    /// works once, so what uses one is never sent again; everything else here may be.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Error> {
        let once_more = (request.method != "ContinueRetrievePropertiesEx").then(|| request.clone());
        match (self.server().send(&self.0.wire, request).await, once_more) {
            (Err(error @ (Error::Interrupted { .. } | Error::Truncated { .. })), Some(request)) => {
                tracing::debug!(%error, "asked once more on a new connection");
                self.server().send(&self.0.wire, request).await
            }
            (answer, _) => answer,
        }
    }

    /// A page, and the length of its answer in bytes.
    pub(crate) async fn page(&self, request: Request) -> Result<(Page, u64), Error> {
        let call = self.server().transport.call(request.method);
        let answer = self.send(request).await?;
        let end = answer.end;
        match answer.into_page() {
            Ok(page) => Ok((page, end)),
            Err(detail) => Err(Error::Malformed { call, offset: end, detail: detail.into() }),
        }
    }
}
