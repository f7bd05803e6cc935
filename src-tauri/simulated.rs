//! The simulated estate: vCenters of our own inside this process, and a service on a data folder of its own.
//! Refuses to touch the real data: no credential, no row and no total is shared with it.

use contract::command::{AddVcenter, Login, Password, Settings, Submit};
use contract::{ApiError, Code, Job, Trust, VcenterSettings};
use service::{Caller, Options, Service, Unlock};
use simulator::Simulator;
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// Name of each simulated vCenter, how many VMs it has, and the seed it is made from.
const VCENTERS: [(&str, u32, u64); 2] = [("Frankfurt", 380, 7), ("Munich", 220, 11)];

/// What runs while it is shown.
pub(crate) struct Simulated {
    /// The service on it.
    pub(crate) service: Service,
    /// Its own data folder.
    pub(crate) data_dir: PathBuf,
    servers: Vec<Simulator>,
}

impl Simulated {
    /// Starts it inside the real data folder, always anew: the servers of the last time are gone, and their data with them.
    pub(crate) async fn start(real_data_dir: &Path) -> Result<Simulated, ApiError> {
        let data_dir = real_data_dir.join("simulated");
        match std::fs::remove_dir_all(&data_dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&error)
                    .next(format!("Remove the folder {} manually, then try again.", data_dir.display())));
            }
            _ => {}
        }
        let options = Options {
            data_dir: data_dir.clone(),
            credentials_dir: None,
            // Their passwords are worth nothing and end with the process.
            keychain: false,
            unlock: Unlock::Never,
            read_only: false,
            // Schedules are tried there too.
            worker: true,
            at_once: service::AT_ONCE,
        };
        let mut simulated =
            Simulated { service: service::open(options).await?, data_dir, servers: Vec::new() };
        for (name, vms, seed) in VCENTERS {
            if let Err(error) = simulated.add(name, vms, seed).await {
                simulated.stop().await;
                return Err(error);
            }
        }
        Ok(simulated)
    }

    async fn add(&mut self, name: &str, vms: u32, seed: u64) -> Result<(), ApiError> {
        let options = simulator::Options { site: name.to_owned(), ..simulator::Options::new(vms, seed) };
        let server = Simulator::start(options).await.map_err(|error| failed(&error).next("Try again."))?;
        let settings = Settings {
            name: name.to_owned(),
            address: server.address().to_string(),
            login: Login::Own {
                user: server.user().to_owned(),
                password: Some(Password(server.password().to_owned())),
                helper: None,
            },
            trust: Some(Trust::Pin { sha256: server.sha256().to_owned() }),
            settings: VcenterSettings { tags: vec!["simulated".to_owned()], ..VcenterSettings::default() },
        };
        self.servers.push(server);
        // Whoever may look at simulated vCenters need not be allowed to add real ones.
        let muster = Caller::muster();
        let vcenter = self.service.call(&muster, AddVcenter { settings }).await?.vcenter.id;
        self.service.call(&muster, Submit { vcenter, job: Job::FULL_SYNC, detached: false }).await?;
        Ok(())
    }

    /// Ends it. Its data stays until it is started again.
    pub(crate) async fn stop(self) {
        self.stop_by(Instant::now() + service::CLOSE).await;
    }

    /// The same until a moment that may come sooner.
    pub(crate) async fn stop_by(self, end: Instant) {
        self.service.close_by(end).await;
        for server in self.servers {
            server.stop().await;
        }
    }
}

fn failed(reason: &dyn std::error::Error) -> ApiError {
    let mut message = format!("the simulated vCenters could not be started: {reason}");
    let mut source = reason.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    ApiError::new(Code::Failed, message)
}
