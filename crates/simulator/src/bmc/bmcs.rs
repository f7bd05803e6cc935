//! Running BMCs: started together from plans, ended by their owner.
//! Refuses to be reached from another machine: they listen on 127.0.0.0/8 and nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::certificate::{self, Certificate};
use super::device::Device;
use super::fleet::{self, BmcOptions};
use super::wire::Wire;
use super::{BmcBehavior, BmcContent, BmcCounts, BmcMachine, BmcRecording};
use crate::kept;
use crate::options::Error;
use crate::simulator::Simulator;

/// Ports that are tried where any will do.
const TRIES: usize = 20;

/// A BMC that is to be started.
#[derive(Clone, Debug)]
pub struct BmcPlan {
    /// Where it listens, in 127.0.0.0/8.
    pub address: Ipv4Addr,
    /// TCP port; 0 for one that is free on the addresses of all plans with 0, which get the same one where no address
    /// comes twice, and any where one does.
    pub port: u16,
    /// What it tells.
    pub content: BmcContent,
    /// The only user.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// How it behaves.
    pub behavior: BmcBehavior,
    /// BMCs with the same text here show one certificate; none for one of its own.
    pub shared_key: Option<String>,
    /// The moref of the ESXi host that runs on its server, if one does.
    pub host: Option<String>,
}

impl BmcPlan {
    /// One on 127.0.0.1 and any port, with its vendor's habits, user `inventory` and a random password.
    pub fn new(content: BmcContent) -> BmcPlan {
        let behavior = content.vendor().map_or_else(BmcBehavior::default, BmcBehavior::of);
        BmcPlan {
            address: Ipv4Addr::LOCALHOST,
            port: 0,
            content,
            user: "inventory".into(),
            password: kept::random_password(),
            behavior,
            shared_key: None,
            host: None,
        }
    }
}

/// BMCs that run. Dropped, they take no more connections and end those that there are; [`Bmcs::stop`] also waits for
/// that.
pub struct Bmcs {
    all: Vec<Bmc>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A simulated BMC.
pub struct Bmc {
    device: Arc<Device>,
    user: String,
    password: String,
    sha256: String,
    host: Option<String>,
}

impl Bmcs {
    /// Starts BMCs. They are in the order of the plans.
    ///
    /// # Errors
    /// [`Error::NotLoopback`] for an address outside 127.0.0.0/8, [`Error::ListenBmc`] where an address and port are
    /// taken, [`Error::Certificate`] where no certificate can be made.
    pub async fn start(plans: Vec<BmcPlan>) -> Result<Bmcs, Error> {
        if let Some(plan) = plans.iter().find(|plan| !plan.address.is_loopback()) {
            return Err(Error::NotLoopback { address: plan.address });
        }
        let listeners = listen(&plans).await?;
        // Thousands of keys take some time, in which others want to go on.
        let made = tokio::task::spawn_blocking(move || {
            let certificates = certificates(&plans)?;
            Ok((plans, certificates))
        });
        // It is never cancelled, so that it can only have panicked.
        let (plans, certificates) = made.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut all = Vec::with_capacity(plans.len());
        for ((plan, certificate), (listener, address)) in plans.into_iter().zip(certificates).zip(listeners) {
            let login = (&*plan.user, &*plan.password);
            let device = Arc::new(Device::new(address, plan.content, plan.behavior, login));
            let wire = Wire {
                device: device.clone(),
                acceptor: TlsAcceptor::from(certificate.config),
                stop: stop.clone(),
                tasks: tasks.clone(),
            };
            tasks.spawn(wire.listen(listener));
            let (user, password, host) = (plan.user, plan.password, plan.host);
            all.push(Bmc { device, user, password, sha256: certificate.sha256, host });
        }
        Ok(Bmcs { all, stop, tasks })
    }

    /// The BMCs of a simulator's hosts, and of servers that run no ESXi. None for one that answers a recording.
    ///
    /// # Errors
    /// As [`Bmcs::start`].
    pub async fn of(simulator: &Simulator, options: BmcOptions) -> Result<Bmcs, Error> {
        Bmcs::start(fleet::plans(simulator, &options)).await
    }

    /// Every recording in the folders of a folder, in the order of their names: one address each from this one on, with
    /// their vendors' habits and one random password for user `inventory`.
    ///
    /// # Errors
    /// As [`Bmcs::start`], and [`BmcRecording::read_all`].
    pub async fn recorded(folder: &Path, first: Ipv4Addr, port: u16) -> Result<Bmcs, Error> {
        if !first.is_loopback() {
            return Err(Error::NotLoopback { address: first });
        }
        let password = kept::random_password();
        let recordings = BmcRecording::read_all(folder)?;
        let plans = recordings.into_iter().zip(u32::from(first)..).map(|(recording, address)| BmcPlan {
            address: Ipv4Addr::from(address),
            port,
            password: password.clone(),
            ..BmcPlan::new(BmcContent::Recorded(Arc::new(recording)))
        });
        Bmcs::start(plans.collect()).await
    }

    /// All of them.
    pub fn all(&self) -> &[Bmc] {
        &self.all
    }

    /// The one that listens there.
    pub fn at(&self, address: SocketAddr) -> Option<&Bmc> {
        self.all.iter().find(|bmc| bmc.address() == address)
    }

    /// Ends all of them with their connections.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Bmcs {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl fmt::Debug for Bmcs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bmcs").field("all", &self.all).finish_non_exhaustive()
    }
}

impl Bmc {
    /// Where it listens: always in 127.0.0.0/8.
    pub fn address(&self) -> SocketAddr {
        self.device.address
    }

    /// The only user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user's password.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// SHA-256 of its certificate in DER, as 64 hex digits, for a pin. Another one at each start.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What it tells.
    pub fn content(&self) -> &BmcContent {
        &self.device.content
    }

    /// The server, if it is a made one.
    pub fn machine(&self) -> Option<&BmcMachine> {
        match &self.device.content {
            BmcContent::Made(machine) => Some(machine),
            BmcContent::Recorded(_) => None,
        }
    }

    /// The moref of the ESXi host that really runs on its server, if one does.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// How it behaves.
    pub fn behavior(&self) -> &BmcBehavior {
        &self.device.behavior
    }

    /// What it was asked until now.
    pub fn counts(&self) -> BmcCounts {
        self.device.state().counts.clone()
    }

    /// Ends every session, as a restart does: their tokens are answered 401 from now on.
    pub fn end_sessions(&self) {
        let state = &mut *self.device.state();
        state.logins.end_all(&mut state.counts);
    }
}

impl fmt::Debug for Bmc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bmc").field("address", &self.address()).finish_non_exhaustive()
    }
}

type Listening = (TcpListener, SocketAddr);

/// A listener for each plan.
async fn listen(plans: &[BmcPlan]) -> Result<Vec<Listening>, Error> {
    let mut open: Vec<Ipv4Addr> =
        plans.iter().filter(|plan| plan.port == 0).map(|plan| plan.address).collect();
    open.sort_unstable();
    let is_twice = open.windows(2).any(|pair| pair[0] == pair[1]);
    let mut tries = 0;
    loop {
        // Any port that is free on the first address is most likely free on the others too.
        let mut shared = None;
        match bind_all(plans, is_twice, &mut shared).await {
            Err(_) if shared.is_some() && tries < TRIES => tries += 1,
            bound => return bound,
        }
    }
}

async fn bind_all(
    plans: &[BmcPlan],
    is_twice: bool,
    shared: &mut Option<u16>,
) -> Result<Vec<Listening>, Error> {
    let mut bound = Vec::with_capacity(plans.len());
    for plan in plans {
        let port = if plan.port == 0 { shared.unwrap_or(0) } else { plan.port };
        let wanted = SocketAddr::from((plan.address, port));
        let failed = |source| Error::ListenBmc { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if plan.port == 0 && !is_twice {
            *shared = Some(address.port());
        }
        bound.push((listener, address));
    }
    Ok(bound)
}

/// A certificate for each plan.
fn certificates(plans: &[BmcPlan]) -> Result<Vec<Certificate>, Error> {
    let mut shared: BTreeMap<&str, Certificate> = BTreeMap::new();
    let mut all = Vec::with_capacity(plans.len());
    for plan in plans {
        let name = match &plan.content {
            BmcContent::Made(machine) => machine.bmc_name(),
            BmcContent::Recorded(_) => String::new(),
        };
        let certificate = match plan.shared_key.as_deref() {
            None => certificate::make(&name)?,
            Some(key) => match shared.get(key) {
                Some(known) => known.clone(),
                None => shared.entry(key).or_insert(certificate::make("BMC")?).clone(),
            },
        };
        all.push(certificate);
    }
    Ok(all)
}
