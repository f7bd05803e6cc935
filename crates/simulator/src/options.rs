//! What a simulator can be asked for, and why it may refuse.
//! Refuses sizes that no vCenter has.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::estate::random::Random;

/// The smallest and the largest estate, in VMs.
pub const VMS: std::ops::RangeInclusive<u32> = 1..=30_000;

/// Sites, and what they are called in host names.
const SITES: [(&str, &str); 12] = [
    ("Munich", "muc"),
    ("Berlin", "ber"),
    ("Hamburg", "ham"),
    ("Zurich", "zrh"),
    ("Vienna", "vie"),
    ("Amsterdam", "ams"),
    ("Stockholm", "sto"),
    ("Dublin", "dub"),
    ("Lyon", "lys"),
    ("Milan", "mil"),
    ("Madrid", "mad"),
    ("Oslo", "osl"),
];

/// What to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Number of VMs, templates included: 1 to 30,000.
    pub vms: u32,
    /// The same seed and size give the same estate: morefs, names and values.
    pub seed: u64,
    /// Name of the site, which datacenters are named after.
    pub site: String,
    /// Which servers the hosts are.
    pub hardware: Hardware,
    /// Where it listens, and what it is known by.
    pub access: Access,
    /// How it behaves where vCenters differ.
    pub behavior: Behavior,
}

/// Which servers the hosts of an estate are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hardware {
    /// Servers of Dell, HPE and Lenovo, each with a serial number and a UUID of its own.
    #[default]
    Clean,
    /// In every third cluster others with the same processors: of Supermicro, some of them with what the maker left blank
    /// (one serial number and UUID for many), of Cisco, and Dell's blades, which ESXi calls by their enclosure's tag.
    Odd,
}

/// Where a simulator listens, and what its clients know it by. The default is new at each start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// TCP port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// The password of its only user; none for a random one.
    pub password: Option<String>,
    /// The folder that keeps the certificate, and a random password, from one start to the next. It is made if there is
    /// none.
    pub folder: Option<PathBuf>,
    /// How a new certificate is made.
    pub certificate: Shown,
}

/// A certificate as a server shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Days from now on that it is valid; it expired so long ago where that is negative.
    pub days: i64,
    /// Which authorities the server offers for download.
    pub offers: Offers,
}

/// The authorities that a server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// The one that issued its certificate, beside another one, as vCenters do.
    Its,
    /// Another one alone.
    Another,
    /// None, as ESXi hosts.
    None,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { days: 2 * 365, offers: Offers::Its }
    }
}

/// How a server behaves where vCenters differ, or where somebody wants to see what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behavior {
    /// Objects in a page at most, whatever is asked. Many vCenters have the 100 that is the default.
    pub page: usize,
    /// Whether a session may have property collectors of its own.
    pub own_collectors: bool,
    /// What the fault InvalidProperty names.
    pub invalid_property: Named,
    /// What the account may do.
    pub rights: Rights,
}

/// What the only account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything: the role Administrator.
    Administrator,
    /// Read everything: the role Read-only.
    ReadOnly,
    /// The same, but for one folder of VMs, of which it sees the name alone: views leave out what lies below.
    AllButOneFolder,
}

/// What is named of a path that no type declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// All of it, as vCenters do.
    Path,
    /// Its beginning, up to the step that isn't known.
    Prefix,
}

impl Default for Behavior {
    fn default() -> Behavior {
        Behavior {
            page: 100,
            own_collectors: true,
            invalid_property: Named::Path,
            rights: Rights::Administrator,
        }
    }
}

impl Options {
    /// An estate of so many VMs, at a site that the seed chooses, on any free port.
    pub fn new(vms: u32, seed: u64) -> Options {
        let (site, _) = Random::new(seed, 0).pick(&SITES);
        Options {
            vms,
            seed,
            site: site.into(),
            hardware: Hardware::Clean,
            access: Access::default(),
            behavior: Behavior::default(),
        }
    }

    /// The site in host names: up to three letters.
    pub(crate) fn code(&self) -> String {
        let known = SITES.iter().find(|(site, _)| *site == self.site).map(|(_, code)| (*code).to_owned());
        let letters = || self.site.chars().filter(char::is_ascii_alphanumeric).take(3).collect::<String>();
        let code = known.unwrap_or_else(letters).to_ascii_lowercase();
        if code.is_empty() { "lab".into() } else { code }
    }
}

/// Why a simulator doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No estate has this size.
    #[error("a simulated vCenter has 1 to 30,000 VMs, not {vms}")]
    Size {
        /// The size that was asked for.
        vms: u32,
    },
    /// The port is taken, or not ours.
    #[error("listening on 127.0.0.1:{port} failed")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// An address of a BMC that other machines could reach.
    #[error("{address} is no loopback address: simulated BMCs listen on 127.0.0.0/8 only")]
    NotLoopback {
        /// The address.
        address: Ipv4Addr,
    },
    /// Address and port of a BMC are taken, or not ours.
    #[error("listening on {address} failed")]
    ListenBmc {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is no recording that can be used.
    #[error("the recording {} can't be used: {why}", file.display())]
    Recording {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where in it.
        why: String,
    },
    /// What is to be kept can't be written, or what was kept can't be read.
    #[error("{} can't be {attempt}", path.display())]
    Folder {
        /// What was done.
        attempt: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What was kept is damaged, or something else.
    #[error("{} can't be used: {why}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No certificate could be made.
    #[error("making the certificate failed")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
}
