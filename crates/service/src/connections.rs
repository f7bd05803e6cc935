//! Keeps one live session per vCenter, and logs in with what `logins` lets it.
//! Never reads the cache, and never retries a rejected login.

mod login;

use crate::logins::{self, Logins};
use crate::{explain, validate};
use contract::analytics::CallTimes;
use contract::{ApiError, Code, Time, Trust, VcenterId, VcenterSettings, VcenterState};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Store, VcenterRecord};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vsphere::{About, Client, Endpoint, Latency, Session, Traffic};

/// vCenter drops idle sessions after 30 minutes; a third of that survives a lost ping.
const KEEP_ALIVE: Duration = Duration::from_secs(10 * 60);

/// How long a server may take to end a session before it is left to end it by itself.
const LOG_OUT: Duration = Duration::from_secs(3);

/// On whose word a login happens.
#[derive(Clone, Copy)]
pub(crate) struct LoginAs {
    /// Whether a person asked for it, who may be asked to unlock the keychain.
    pub(crate) by_user: bool,
    /// Whether a credential that was rejected before is tried all the same: a person said that it is right.
    pub(crate) retry: Option<Time>,
}

/// A session as a job uses it.
#[derive(Clone)]
pub(crate) struct Lease {
    pub(crate) session: Session,
    pub(crate) about: About,
    pub(crate) instance_uuid: Option<String>,
    /// What it was opened with: a session must not outlive its configuration.
    opened_for: VcenterRecord,
    /// What had gone over the session before it was leased.
    before: Traffic,
    /// How soon the server had answered until then.
    answered: Latency,
}

impl Lease {
    fn is_for(&self, vcenter: &VcenterRecord) -> bool {
        is_reached_alike(&self.opened_for, vcenter)
    }
}

/// Whether a session is opened in the same way for both: at the same address, by the same way and trust, with the same timeout, as the same user.
fn is_reached_alike(one: &VcenterRecord, other: &VcenterRecord) -> bool {
    let (ours, theirs) = (&one.vcenter, &other.vcenter);
    ours.settings.way() == theirs.settings.way()
        && ours.settings.timeout_seconds == theirs.settings.timeout_seconds
        && (&ours.host, ours.port, &ours.credential_id, &ours.user, &one.trust)
            == (&theirs.host, theirs.port, &theirs.credential_id, &theirs.user, &other.trust)
}

/// A session of one user. It is logged out when that one is done with it, also if it was cancelled while it logged in.
pub(crate) struct Own {
    lease: Option<Lease>,
    under_way: TaskTracker,
}

impl Own {
    pub(crate) fn lease(&self) -> &Lease {
        match &self.lease {
            Some(lease) => lease,
            None => unreachable!("it is taken by its end alone"),
        }
    }

    /// Logs out, and waits for it.
    pub(crate) async fn end(mut self) {
        if let Some(lease) = self.lease.take() {
            log_out(&lease).await;
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.under_way.spawn(async move { log_out(&lease).await });
        }
    }
}

/// Counts what went over the sessions that one operation used.
#[derive(Default)]
pub(crate) struct Meter(Mutex<Vec<Lease>>);

impl Meter {
    pub(crate) fn add(&self, lease: &Lease) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(lease.clone());
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leases.iter().fold(Traffic::default(), |sum, lease| {
            let now = lease.session.traffic();
            Traffic {
                calls: sum.calls + now.calls - lease.before.calls,
                bytes: sum.bytes + now.bytes - lease.before.bytes,
            }
        })
    }

    /// How soon the server answered, by method.
    pub(crate) fn latency(&self) -> CallTimes {
        let leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times = CallTimes::new();
        for lease in leases.iter() {
            for (method, micros, calls) in lease.session.latency().since(&lease.answered).counts() {
                times.entry(method.to_owned()).or_default().add_many(micros, calls);
            }
        }
        times
    }
}

/// Held by the one who logs in to a vCenter for all who want a session there.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// The sessions of this process.
#[derive(Clone)]
pub(crate) struct Connections {
    store: Store,
    logins: Logins,
    live: Arc<tokio::sync::Mutex<HashMap<VcenterId, Lease>>>,
    turns: Arc<Mutex<HashMap<VcenterId, Turn>>>,
    under_way: TaskTracker,
    closing: CancellationToken,
}

impl Connections {
    pub(crate) fn new(store: Store, logins: Logins, closing: CancellationToken) -> Connections {
        let under_way = TaskTracker::new();
        Connections { store, logins, live: Arc::default(), turns: Arc::default(), under_way, closing }
    }

    /// The live session of a vCenter, or a new one.
    pub(crate) async fn lease(&self, vcenter: &VcenterId, login: LoginAs) -> Result<Lease, ApiError> {
        loop {
            if let Some(lease) = self.lease_as_configured(vcenter, login).await? {
                return Ok(lease);
            }
            // While it waited for its turn somebody changed whom it is to reach, or as whom.
        }
    }

    /// A session that nobody else gets, which ends with whoever uses it: what a test says of a login must be true of a
    /// login, and nothing that runs beside it may lose its session.
    pub(crate) async fn own(&self, vcenter: &VcenterId, login: LoginAs) -> Result<Own, ApiError> {
        loop {
            let vcenter = self.store.vcenter(vcenter).await.map_err(explain::store)?;
            if let Some(session) = self.open(vcenter, login, Connections::keep_apart).await? {
                return Ok(session);
            }
        }
    }

    async fn keep_apart(self, lease: Lease) -> Result<Own, ApiError> {
        Ok(Own { lease: Some(lease), under_way: self.under_way.clone() })
    }

    /// `None` if what is configured was changed before the login.
    async fn lease_as_configured(
        &self,
        vcenter: &VcenterId,
        login: LoginAs,
    ) -> Result<Option<Lease>, ApiError> {
        // Whoever waits here finds the session that the one before opened. It is that one's until its login is answered, also
        // if nobody waits for it any more.
        let turn = self.turn(vcenter).lock_owned().await;
        let vcenter = self.store.vcenter(vcenter).await.map_err(explain::store)?;
        let id = &vcenter.vcenter.id;
        let live = self.live.lock().await.get(id).cloned();
        match live {
            Some(lease) if lease.is_for(&vcenter) => {
                self.note_certificate(&vcenter, lease.session.certificate()).await;
                return Ok(Some(Lease {
                    before: lease.session.traffic(),
                    answered: lease.session.latency(),
                    ..lease
                }));
            }
            Some(_) => self.leave(id).await,
            None => {}
        }
        let keep = |this: Connections, lease| async move {
            let kept = this.keep(lease).await;
            drop(turn);
            kept
        };
        self.open(vcenter, login, keep).await
    }

    /// Whether there is a password for a vCenter, without asking anybody for it. Where that can't be said, a login says it.
    pub(crate) async fn has_password(&self, vcenter: &VcenterId) -> bool {
        let Ok(vcenter) = self.store.vcenter(vcenter).await else { return true };
        let v = &vcenter.vcenter;
        let is_at_hand = self.logins.is_at_hand(&v.credential_id, &v.credential).await;
        !matches!(is_at_hand, Err(error) if matches!(error.code, Code::NoPassword | Code::KeychainLocked))
    }

    /// Why nobody is to log in to a vCenter for now, as far as that is known without contacting it.
    pub(crate) async fn refused(&self, vcenter: &VcenterRecord) -> Option<ApiError> {
        self.logins.look(vcenter, false).await.err()
    }

    fn turn(&self, vcenter: &VcenterId) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(vcenter.clone()).or_default().clone()
    }

    /// Logs in, and does with the session what is to become of it. The one way to a session.
    async fn open<T: Send + 'static, Kept: Future<Output = Result<T, ApiError>> + Send + 'static>(
        &self,
        vcenter: VcenterRecord,
        login: LoginAs,
        keep: impl FnOnce(Connections, Lease) -> Kept + Send + 'static,
    ) -> Result<Option<T>, ApiError> {
        if login.retry.is_none() {
            self.logins.look(&vcenter, login.by_user).await?;
        }
        let v = &vcenter.vcenter;
        let endpoint = endpoint(&v.host, v.port, &vcenter.trust, &v.settings)?;
        let client =
            Client::connect(&endpoint, &user_agent()).await.map_err(|e| explain::vsphere(&vcenter, &e))?;
        self.note_certificate(&vcenter, client.certificate().map(|(shown, _)| shown)).await;
        // Before login, so that no password goes to another server than the one it was meant for.
        let is_known = logins::is_known(&vcenter, client.about())?;
        // Who is cancelled while it waits for its turn logs in nowhere.
        let ready = self.while_open(self.when_its_turn_comes(&vcenter, is_known, login)).await?;
        let Some(ready) = ready else { return Ok(None) };
        let this = self.clone();
        let work = async move {
            match this.log_in(client, vcenter, ready).await? {
                Some(lease) => keep(this, lease).await.map(Some),
                None => Ok(None),
            }
        };
        self.to_the_end(work).await?
    }

    /// Notes the certificate of a connection that was accepted, where it is another one than is known. Nothing depends on it.
    pub(crate) async fn note_certificate(
        &self,
        vcenter: &VcenterRecord,
        shown: Option<vsphere::Certificate>,
    ) {
        let Some(shown) = shown else { return };
        let (sha256, not_after) = (contract::words::hex(&shown.sha256), Time(shown.not_after));
        if vcenter.certificate_sha256.as_ref() == Some(&sha256) {
            return;
        }
        let noted = self.store.note_certificate(&vcenter.vcenter.id, &sha256, not_after).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "when a certificate expires could not be written");
        }
    }

    /// Runs something that logs in, and goes on if the caller is cancelled: a login that was sent has a session as
    /// its answer, which nobody else would end.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.under_way.spawn(work).await.map_err(|error| {
            tracing::error!(%error, "a login panicked");
            explain::defect("the login failed", "Try again.")
        })
    }

    /// Runs something until it is done or the service closes, which waits for no server and no keychain.
    pub(crate) async fn while_open<T>(
        &self,
        work: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        self.closing.run_until_cancelled(work).await.unwrap_or_else(|| Err(explain::closing()))
    }

    /// Forgets a session that the server ended; one that took its place by now stays.
    pub(crate) async fn lost(&self, vcenter: &VcenterId, session: &Session) {
        let mut live = self.live.lock().await;
        if live.get(vcenter).is_some_and(|lease| lease.session.is_same(session))
            && let Some(lease) = live.remove(vcenter)
        {
            // A server may say that it is over while it lives on.
            self.under_way.spawn(async move { log_out(&lease).await });
        }
    }

    /// Logs out of one vCenter, as after a change of its configuration.
    pub(crate) async fn leave(&self, vcenter: &VcenterId) {
        let lease = self.live.lock().await.remove(vcenter);
        if let Some(lease) = lease {
            // A task of its own: whoever waits for it may be cancelled, and nobody else knows of the session.
            let _ = self.under_way.spawn(async move { log_out(&lease).await }).await;
        }
    }

    /// The same without waiting for it.
    pub(crate) fn leave_soon(&self, vcenter: &VcenterId) {
        let (this, vcenter) = (self.clone(), vcenter.clone());
        self.under_way.spawn(async move { this.leave(&vcenter).await });
    }

    /// Logs out everywhere, as far as the servers answer in time. The service is closing.
    pub(crate) async fn leave_all(&self, until: Instant) {
        self.under_way.close();
        let mut logouts = tokio::task::JoinSet::new();
        for (_, lease) in self.live.lock().await.drain() {
            logouts.spawn(async move { log_out(&lease).await });
        }
        // A login whose answer is still under way ends its session by itself.
        let all = async {
            tokio::join!(self.under_way.wait(), async { while logouts.join_next().await.is_some() {} })
        };
        if tokio::time::timeout_at(until, all).await.is_err() {
            tracing::warn!(
                "a server did not respond in time: a session may stay open on it until it times out"
            );
        }
    }

    /// Keeps idle sessions alive until the service closes.
    pub(crate) async fn keep_alive(self) {
        let pinging = async {
            let mut tick = tokio::time::interval(KEEP_ALIVE);
            tick.tick().await;
            loop {
                tick.tick().await;
                self.ping_all().await;
            }
        };
        // A ping may wait for its answer as long as any call.
        self.closing.run_until_cancelled(pinging).await;
    }

    async fn ping_all(&self) {
        let leases: Vec<(VcenterId, Lease)> =
            self.live.lock().await.iter().map(|(id, lease)| (id.clone(), lease.clone())).collect();
        let mut pings = tokio::task::JoinSet::new();
        for (id, lease) in leases {
            pings.spawn(async move {
                let answer = lease.session.current_time().await;
                (id, lease.session, answer)
            });
        }
        for (id, session, answer) in pings.join_all().await {
            // Anything else may pass; the next job will see.
            if let Err(error @ vsphere::Error::NotAuthenticated { .. }) = answer {
                tracing::info!(vcenter = %id, %error, "an idle session ended");
                self.lost(&id, &session).await;
            }
        }
    }

    /// Keeps a new session for all, unless everything ends: who logs out everywhere may have been here already. Whoever
    /// logs in has the turn, so there is no other one.
    async fn keep(self, lease: Lease) -> Result<Lease, ApiError> {
        let mut live = self.live.lock().await;
        if self.closing.is_cancelled() {
            drop(live);
            log_out(&lease).await;
            return Err(explain::closing());
        }
        live.insert(lease.opened_for.vcenter.id.clone(), lease.clone());
        Ok(lease)
    }
}

/// What to call to reach a server.
pub(crate) fn endpoint(
    host: &str,
    port: u16,
    trust: &Trust,
    settings: &VcenterSettings,
) -> Result<Endpoint, ApiError> {
    let trust = match trust {
        Trust::System => vsphere::Trust::System,
        Trust::Ca { pem } => vsphere::Trust::Ca(pem.clone()),
        Trust::Pin { sha256 } => vsphere::Trust::Pin(validate::fingerprint(sha256)?),
    };
    let timeout = Duration::from_secs(validate::timeout(settings.timeout_seconds)?);
    Ok(Endpoint { host: host.to_owned(), port, trust, way: validate::way(&settings.way())?, timeout })
}

/// How we name ourselves, so that an administrator sees whose sessions they are.
pub(crate) fn user_agent() -> String {
    format!("Muster/{}", env!("CARGO_PKG_VERSION"))
}

/// Who a server is: a vCenter by its instanceUuid, an ESXi host, whose instanceUuid is empty, by its hardware.
pub(crate) async fn identity(session: &Session, about: &About) -> Result<store::Identity, vsphere::Error> {
    let (instance_uuid, host_macs) = match &about.instance_uuid {
        Some(uuid) => (Some(uuid.clone()), None),
        None => {
            let host = session.host_identity().await?;
            (host.uuid, Some(host.macs))
        }
    };
    Ok(store::Identity {
        instance_uuid,
        host_macs,
        product: about.product.clone(),
        version: about.version.clone(),
        build: about.build.clone(),
    })
}

/// The state of a vCenter after an attempt that ended like this; `None` where that says nothing about it.
pub(crate) fn state_after(error: &ApiError) -> Option<VcenterState> {
    Some(match error.code {
        Code::Unreachable | Code::TimedOut | Code::WayFailed | Code::NotVsphere | Code::NoSession => {
            VcenterState::Offline
        }
        Code::LoginRejected => VcenterState::LoginRejected,
        Code::NoPassword | Code::KeychainLocked => VcenterState::NoPassword,
        Code::UntrustedCertificate => VcenterState::Untrusted,
        Code::DifferentVcenter => VcenterState::DifferentVcenter,
        Code::NoPermission | Code::TooManyRemovals | Code::BadAnswer => VcenterState::Online,
        _ => return None,
    })
}

async fn log_out(lease: &Lease) {
    log_out_of(&lease.session).await;
}

/// Ends a session, as far as the server answers.
pub(crate) async fn log_out_of(session: &Session) {
    let logout = tokio::time::timeout(LOG_OUT, session.logout()).await;
    if !matches!(logout, Ok(Ok(()))) {
        tracing::info!("a session could not be logged out; the server ends it when it times out");
    }
}
