//! Keeps one live session per vCenter, and logs in with what `secrets` has.
//! Never reads the cache, and never retries a rejected login.

use crate::{Clock, explain};
use contract::{ApiError, Code, CredentialId, Trust, VcenterId, VcenterState};
use secrecy::SecretString;
use secrets::{CredentialKey, Secrets, Unlock};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Store, VcenterRecord};
use tokio_util::sync::CancellationToken;
use vsphere::{About, Client, Endpoint, Session, Traffic};

/// vCenter drops idle sessions after 30 minutes; a third of that survives a lost ping.
const KEEP_ALIVE: Duration = Duration::from_secs(10 * 60);

/// Longest silence of a server within one answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A session as a job uses it.
#[derive(Clone)]
pub(crate) struct Lease {
    pub(crate) session: Session,
    pub(crate) about: About,
    pub(crate) instance_uuid: Option<String>,
    /// What had gone over the session before it was leased.
    before: Traffic,
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
}

/// The sessions of this process.
#[derive(Clone)]
pub(crate) struct Connections {
    store: Store,
    secrets: Secrets,
    unlock: Unlock,
    live: Arc<tokio::sync::Mutex<HashMap<VcenterId, Lease>>>,
    now: Clock,
}

impl Connections {
    pub(crate) fn new(store: Store, secrets: Secrets, unlock: Unlock, now: Clock) -> Connections {
        Connections { store, secrets, unlock, live: Arc::default(), now }
    }

    /// The live session of a vCenter, or a new one.
    pub(crate) async fn lease(&self, vcenter: &VcenterRecord) -> Result<Lease, ApiError> {
        let id = &vcenter.vcenter.id;
        if let Some(lease) = self.live.lock().await.get(id) {
            return Ok(Lease { before: lease.session.traffic(), ..lease.clone() });
        }
        // The lane of the vCenter runs one operation at a time, so nobody else logs in meanwhile.
        let lease = self.log_in(vcenter).await?;
        self.live.lock().await.insert(id.clone(), lease.clone());
        Ok(lease)
    }

    /// Forgets a session that the server ended.
    pub(crate) async fn lost(&self, vcenter: &VcenterId) {
        self.live.lock().await.remove(vcenter);
    }

    /// Logs out of one vCenter, as after a change of its configuration.
    pub(crate) async fn leave(&self, vcenter: &VcenterId) {
        let lease = self.live.lock().await.remove(vcenter);
        if let Some(lease) = lease {
            log_out(&lease).await;
        }
    }

    /// Logs out everywhere.
    pub(crate) async fn leave_all(&self) {
        let leases: Vec<Lease> = self.live.lock().await.drain().map(|(_, lease)| lease).collect();
        let mut logouts = tokio::task::JoinSet::new();
        for lease in leases {
            logouts.spawn(async move { log_out(&lease).await });
        }
        logouts.join_all().await;
    }

    /// Keeps idle sessions alive until cancelled.
    pub(crate) async fn keep_alive(self, cancel: CancellationToken) {
        let mut tick = tokio::time::interval(KEEP_ALIVE);
        tick.tick().await;
        while cancel.run_until_cancelled(tick.tick()).await.is_some() {
            let leases: Vec<(VcenterId, Lease)> =
                self.live.lock().await.iter().map(|(id, lease)| (id.clone(), lease.clone())).collect();
            for (id, lease) in leases {
                if let Err(error) = lease.session.current_time().await {
                    tracing::info!(vcenter = %id, %error, "an idle session ended");
                    self.lost(&id).await;
                }
            }
        }
    }

    async fn log_in(&self, vcenter: &VcenterRecord) -> Result<Lease, ApiError> {
        let v = &vcenter.vcenter;
        let credential = self.store.credential(&v.credential_id).await.map_err(explain::store)?;
        if let Some(at) = credential.rejected_at {
            return Err(explain::rejected_before(vcenter, at));
        }
        let password = self.password(&v.credential_id, &v.credential).await?;
        let endpoint = endpoint(&v.host, v.port, &vcenter.trust)?;
        let client =
            Client::connect(&endpoint, &user_agent()).await.map_err(|e| explain::vsphere(vcenter, &e))?;
        if let (Some(known), Some(found)) = (&v.instance_uuid, &client.about().instance_uuid)
            && known != found
        {
            // Told before login, so that no password goes to another server than the one it was meant for.
            return Err(explain::different(vcenter, found));
        }
        let session = match client.login(&v.user, &password).await {
            Ok(session) => session,
            Err(error) => {
                if matches!(error, vsphere::Error::InvalidLogin { .. }) {
                    self.store.set_rejected(&v.credential_id, (self.now)()).await.map_err(explain::store)?;
                }
                return Err(explain::vsphere(vcenter, &error));
            }
        };
        drop(password);
        match self.identify(vcenter, &session, client.about()).await {
            Ok(instance_uuid) => Ok(Lease {
                about: client.about().clone(),
                instance_uuid,
                session,
                before: Traffic::default(),
            }),
            Err(error) => {
                let _ = session.logout().await;
                Err(error)
            }
        }
    }

    /// Makes sure that this is the server that was configured; answers with its identity.
    async fn identify(
        &self,
        vcenter: &VcenterRecord,
        session: &Session,
        about: &About,
    ) -> Result<Option<String>, ApiError> {
        let v = &vcenter.vcenter;
        let found = identity(session, about).await.map_err(|error| explain::vsphere(vcenter, &error))?;
        match (&v.instance_uuid, &found) {
            (Some(known), Some(found)) if known != found => return Err(explain::different(vcenter, found)),
            (Some(known), None) => {
                return Err(explain::different(vcenter, &format!("none, instead of {known}")));
            }
            _ => {}
        }
        let as_known = v.instance_uuid == found
            && v.product.as_deref() == Some(&*about.product)
            && v.version.as_deref() == Some(&*about.version)
            && v.build.as_deref() == Some(&*about.build);
        if !as_known {
            let identity = store::Identity {
                instance_uuid: found.clone(),
                product: about.product.clone(),
                version: about.version.clone(),
                build: about.build.clone(),
            };
            self.store.identify(&v.id, identity).await.map_err(explain::store)?;
        }
        Ok(found)
    }

    async fn password(&self, id: &CredentialId, name: &str) -> Result<SecretString, ApiError> {
        let key = CredentialKey { id: id.0.clone(), name: name.to_owned() };
        match self.secrets.find(&key, self.unlock).await.map_err(|error| explain::secrets(name, &error))? {
            Some((password, _)) => Ok(password),
            None => Err(explain::no_password(name)),
        }
    }
}

/// What to call to reach a server.
pub(crate) fn endpoint(host: &str, port: u16, trust: &Trust) -> Result<Endpoint, ApiError> {
    let trust = match trust {
        Trust::System => vsphere::Trust::System,
        Trust::Ca { pem } => vsphere::Trust::Ca(pem.clone()),
        Trust::Pin { sha256 } => vsphere::Trust::Pin(explain::fingerprint(sha256)?),
    };
    Ok(Endpoint { host: host.to_owned(), port, trust, timeout: TIMEOUT })
}

/// How we name ourselves, so that an administrator sees whose sessions they are.
pub(crate) fn user_agent() -> String {
    format!("Muster/{}", env!("CARGO_PKG_VERSION"))
}

/// The instanceUuid, or the hardware UUID of an ESXi host, whose instanceUuid is empty.
pub(crate) async fn identity(session: &Session, about: &About) -> Result<Option<String>, vsphere::Error> {
    match &about.instance_uuid {
        Some(uuid) => Ok(Some(uuid.clone())),
        None => session.host_hardware_uuid().await,
    }
}

/// The state of a vCenter after an attempt that ended like this.
pub(crate) fn state_after(error: &ApiError) -> VcenterState {
    match error.code {
        Code::Unreachable | Code::TimedOut | Code::NotVsphere => VcenterState::Offline,
        Code::LoginRejected => VcenterState::LoginRejected,
        Code::NoPassword | Code::KeychainLocked => VcenterState::NoPassword,
        Code::UntrustedCertificate => VcenterState::Untrusted,
        Code::DifferentVcenter => VcenterState::DifferentVcenter,
        _ => VcenterState::Online,
    }
}

async fn log_out(lease: &Lease) {
    // Three seconds are all that an exit may wait for a server that doesn't answer.
    let logout = tokio::time::timeout(Duration::from_secs(3), lease.session.logout()).await;
    if !matches!(logout, Ok(Ok(()))) {
        tracing::info!("a session could not be logged out; the server will end it when it has idled");
    }
}
