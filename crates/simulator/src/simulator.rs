//! A running simulator: started from options, ended by its owner.
//! Refuses to be reached from another machine: it listens on 127.0.0.1 and nowhere else.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::estate::{Estate, Kind};
use crate::inventory::Inventory;
use crate::kept;
use crate::options::{Access, Behavior, Error, Offers, Options, VMS};
use crate::recording::Recording;
use crate::server::Server;
use crate::vcenter::Vcenter;
use crate::{authorities, certificate};

const USER: &str = "administrator@vsphere.local";

/// A simulated vCenter. Dropped, it takes no more connections, and answers under way have a second to arrive;
/// [`Simulator::stop`] also waits for that.
pub struct Simulator {
    address: SocketAddr,
    sha256: String,
    ca_pem: String,
    password: String,
    contents: Contents,
    vcenter: Arc<Vcenter>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Datacenters.
    pub datacenters: usize,
    /// Clusters.
    pub clusters: usize,
    /// Hosts, in clusters and outside.
    pub hosts: usize,
    /// Hosts outside clusters.
    pub standalone_hosts: usize,
    /// Resource pools and vApps, with those that every cluster and every host of its own has.
    pub pools: usize,
    /// Folders and datastore clusters, the root folder left out.
    pub folders: usize,
    /// VMs, templates included.
    pub vms: usize,
    /// Templates among the VMs.
    pub templates: usize,
    /// Snapshots of all VMs.
    pub snapshots: usize,
    /// Datastores.
    pub datastores: usize,
    /// Standard networks and distributed portgroups.
    pub networks: usize,
}

impl Simulator {
    /// Makes the estate and a certificate, and begins to answer.
    ///
    /// # Errors
    /// [`Error::Size`] for a number of VMs that no estate has; [`Error::Listen`] where the port is taken;
    /// [`Error::Folder`] and [`Error::Kept`] where certificate or password can't be kept.
    pub async fn start(options: Options) -> Result<Simulator, Error> {
        if !VMS.contains(&options.vms) {
            return Err(Error::Size { vms: options.vms });
        }
        let (access, behavior) = (options.access.clone(), options.behavior);
        let make = move || {
            let estate = Estate::build(&options);
            let (contents, server_name) = (Contents::of(&estate), estate.server_name.clone());
            (Inventory::Made(estate), contents, server_name)
        };
        Simulator::serve(access, behavior, make).await
    }

    /// Answers what was recorded of a real server. Certificate, user and password are the simulator's.
    ///
    /// # Errors
    /// As [`Simulator::start`].
    pub async fn replay(
        recording: Recording,
        access: Access,
        behavior: Behavior,
    ) -> Result<Simulator, Error> {
        let contents = Contents::recorded(&recording);
        let make = move || (Inventory::Recorded(recording), contents, "recording".to_owned());
        Simulator::serve(access, behavior, make).await
    }

    async fn serve(
        access: Access,
        behavior: Behavior,
        make: impl FnOnce() -> (Inventory, Contents, String) + Send + 'static,
    ) -> Result<Simulator, Error> {
        let Access { port, password, folder, certificate: shown } = access;
        let listen = |source| Error::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        // It takes a good part of a second for the largest one, in which others want to go on.
        let made = tokio::task::spawn_blocking(move || {
            let (inventory, contents, server_name) = make();
            let certificate = kept::certificate(folder.as_deref(), &server_name, shown.days)?;
            let another = certificate::another_authority()?;
            let authorities = match shown.offers {
                Offers::Its => vec![&*another, &*certificate.ca_pem],
                Offers::Another => vec![&*another],
                Offers::None => Vec::new(),
            };
            let download = (!authorities.is_empty()).then(|| authorities::download(&authorities)).transpose();
            let download = download.map_err(|error| Error::Certificate(error.into()))?;
            let password = password.map_or_else(|| kept::password(folder.as_deref()), Ok)?;
            Ok((inventory, contents, certificate, download, password))
        });
        // It is never cancelled, so that it can only have panicked.
        let (inventory, contents, certificate, download, password) =
            made.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))?;
        let vcenter = Arc::new(Vcenter::new(inventory, behavior, USER, &password));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let server = Server {
            vcenter: vcenter.clone(),
            download,
            acceptor: TlsAcceptor::from(certificate.config),
            stop: stop.clone(),
            tasks: tasks.clone(),
        };
        tasks.spawn(server.listen(listener));
        let (sha256, ca_pem) = (certificate.sha256, certificate.ca_pem);
        Ok(Simulator { address, sha256, ca_pem, password, contents, vcenter, stop, tasks })
    }

    /// Where it listens: always 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SHA-256 of its certificate in DER, as 64 hex digits, for a pin. Another one at each start, unless a folder keeps it.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The authority that issued its certificate, in PEM. It goes with the certificate.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The only user.
    pub fn user(&self) -> &str {
        USER
    }

    /// The user's password. Unless one was given it is random, so that whoever else uses this machine can't guess it, and
    /// another one at each start, unless a folder keeps it.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Which vCenter it is, which depends on seed and size, or was recorded; none of an ESXi host. Source:
    /// about.instanceUuid.
    pub fn instance_uuid(&self) -> Option<&str> {
        self.vcenter.inventory.instance_uuid()
    }

    /// The estate, unless it answers a recording.
    pub(crate) fn estate(&self) -> Option<&Estate> {
        match &self.vcenter.inventory {
            Inventory::Made(estate) => Some(estate),
            Inventory::Recorded(_) => None,
        }
    }

    /// What is in it.
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// Ends every session with what is held for it, as a restart of a vCenter's services does: whoever was logged in is
    /// answered NotAuthenticated from now on.
    pub fn end_sessions(&self) {
        self.vcenter.end_sessions();
    }

    /// Counts anew how many pages are written at once, and has each wait until so many are, so that it can be seen
    /// whether they are. Nobody waits longer than some seconds.
    pub fn gather(&self, pages: usize) {
        self.vcenter.pages.gather(pages);
    }

    /// The most pages that were written at once.
    pub fn most_pages_at_once(&self) -> usize {
        self.vcenter.pages.most()
    }

    /// Ends it. Answers under way have a second to arrive.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Contents {
    fn recorded(recording: &Recording) -> Contents {
        let count = |type_name| recording.count(type_name);
        let clusters = count("ClusterComputeResource");
        Contents {
            datacenters: count("Datacenter"),
            clusters,
            hosts: count("HostSystem"),
            standalone_hosts: count("ComputeResource") - clusters,
            pools: count("ResourcePool"),
            folders: count("Folder").saturating_sub(1),
            vms: count("VirtualMachine"),
            templates: recording.templates(),
            snapshots: recording.snapshots(),
            datastores: count("Datastore"),
            networks: count("Network"),
        }
    }

    fn of(estate: &Estate) -> Contents {
        let clusters = estate.computes.iter().filter(|compute| compute.cluster.is_some()).count();
        Contents {
            datacenters: estate.datacenters.len(),
            clusters,
            hosts: estate.hosts.len(),
            standalone_hosts: estate.computes.len() - clusters,
            pools: estate.pools.len(),
            folders: estate.folders.len() - 1,
            vms: estate.vms.len(),
            templates: estate.vms.iter().filter(|vm| vm.is_template).count(),
            snapshots: estate.ids().filter(|id| estate.kind(*id) == Kind::VirtualMachineSnapshot).count(),
            datastores: estate.datastores.len(),
            networks: estate.networks.len(),
        }
    }
}
