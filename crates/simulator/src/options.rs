//! What a simulator can be asked for, and why it may refuse.
//! Refuses sizes that no vCenter has.

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
    /// TCP port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
}

impl Options {
    /// An estate of so many VMs, at a site that the seed chooses, on any free port.
    pub fn new(vms: u32, seed: u64) -> Options {
        let (site, _) = Random::new(seed, 0).pick(&SITES);
        Options { vms, seed, site: site.into(), port: 0 }
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
    /// No certificate could be made.
    #[error("making the certificate failed")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
}
