//! Servers that discovery found at their BMCs, and what people say of them.
//! Refuses to talk to a BMC and to match: the service does both.

use crate::designation::{is_long_enough, trimmed};
use crate::names::names;
use crate::words::excerpt;
use crate::{ApiError, Certificate, Code, CredentialId, ImportAction, Moref, ServerId, Time, VcenterId, Way};
use serde::{Deserialize, Serialize};

names!(
    /// How a server stands.
    ServerState {
        /// It is an ESXi host, by what both say or because a person said so.
        Matched = "matched",
        /// Nothing points at an ESXi host.
        Dark = "dark",
        /// There are only hints: a person may say.
        Ambiguous = "ambiguous",
        /// Facts claim it for several hosts, or contradict each other: a person has to say.
        Conflict = "conflict",
        /// Its certificate is not approved yet: nothing logs in there.
        Untrusted = "untrusted",
        /// Its BMC rejected the login.
        Rejected = "rejected",
        /// It could not be read, for another reason.
        Unreadable = "unreadable",
    }
);

names!(
    /// Who made the BMC. A credential profile may be for one of them.
    Vendor {
        /// iDRAC.
        Dell = "dell",
        /// iLO.
        Hpe = "hpe",
        /// XCC.
        Lenovo = "lenovo",
        /// Supermicro.
        Supermicro = "supermicro",
        /// CIMC, UCS.
        Cisco = "cisco",
        /// Any other, or one that doesn't say.
        Other = "other",
    }
);

impl Vendor {
    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Vendor::Dell => "Dell",
            Vendor::Hpe => "HPE",
            Vendor::Lenovo => "Lenovo",
            Vendor::Supermicro => "Supermicro",
            Vendor::Cisco => "Cisco",
            Vendor::Other => "Other",
        }
    }
}

/// Where BMCs are looked for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scan {
    /// `10.0.8.0/24`, `10.0.9.10-50`, `10.0.9.10-10.0.10.20`, single IPv4 and IPv6 addresses, host names.
    pub ranges: Vec<String>,
    /// What is left out of that, in the same form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// TCP ports; empty for 443.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// Credential profiles that may be used; empty for those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<CredentialId>,
    /// Authorities in PEM that are trusted for these ranges, beside what was approved for single addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The way that leads there.
    #[serde(default, skip_serializing_if = "Way::is_direct")]
    pub way: Way,
    /// Whether somebody said that more than [`Scan::MANY`] addresses are meant.
    #[serde(default)]
    pub accept_many: bool,
}

impl Scan {
    /// More addresses than these are scanned only by a person's word.
    pub const MANY: usize = 4_096;

    /// More addresses than these are never scanned at once.
    pub const MOST: usize = 65_536;

    /// Bytes of an authority in PEM; what is longer is none.
    pub const LONGEST_CA: usize = 1_048_576;

    /// The port of a BMC, unless others are named.
    pub const PORT: u16 = 443;
}

/// What a credential is for discovery: it may be tried at BMCs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The credential.
    pub credential_id: CredentialId,
    /// Its name.
    pub profile: String,
    /// The user it logs in as.
    pub user: String,
    /// Only for BMCs of this vendor; `None` for any.
    pub vendor: Option<Vendor>,
    /// When a BMC last accepted it as it is now; `None` while none did: then it is tried at one BMC before the others.
    pub proven_at: Option<Time>,
    /// When two BMCs in a row had rejected it: it is tried nowhere until its password is changed or somebody resumes it.
    pub paused_at: Option<Time>,
    /// BMCs that were last read with it.
    pub servers: usize,
}

/// A server, as far as its BMC told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    #[serde(rename = "server")]
    pub id: ServerId,
    /// The BMC: `host`, or `host:port` where the port is unusual.
    pub address: String,
    /// Where its BMC is opened in a browser.
    pub url: String,
    /// Who made it, in the BMC's words.
    pub vendor: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its service tag; Dell only.
    pub service_tag: Option<String>,
    /// Its system UUID.
    pub uuid: Option<String>,
    /// Its host name, as the BMC knows it.
    pub hostname: Option<String>,
    /// `On`, `Off`, …
    pub power_state: Option<String>,
    /// `OK`, `Warning`, `Critical`.
    pub health: Option<String>,
    /// Version of its BIOS.
    pub bios_version: Option<String>,
    /// Model of the BMC, such as `iDRAC9`.
    pub bmc_model: Option<String>,
    /// Version of the BMC's firmware.
    pub bmc_firmware: Option<String>,
    /// MAC addresses of its network cards.
    pub mac_addresses: Vec<String>,
    /// MAC addresses of the BMC.
    pub bmc_mac_addresses: Vec<String>,
    /// When its BMC was first found.
    pub found_at: Time,
    /// When its BMC last answered; `None` while it never did.
    pub seen_at: Option<Time>,
    /// When it was last read; `None` while it never was.
    pub read_at: Option<Time>,
    /// How it stands.
    pub state: ServerState,
    /// Why it could not be read last time, and what to do.
    pub problem: Option<ApiError>,
    /// What its BMC showed last.
    pub certificate: Option<Certificate>,
    /// Whether its certificate was approved, or issued by a CA that was trusted for it.
    pub was_trusted: bool,
    /// SHA-256 of the certificate that somebody approved; where what it showed last is another one, it may not be the same BMC.
    pub approved_sha256: Option<String>,
    /// Whether it showed a Redfish service root. What answers with HTTP status 401, 403 or 503 to everybody may be a BMC that is
    /// hardened or starting, or any other server.
    pub is_redfish: bool,
    /// How many other BMCs showed the same certificate: then it proves none of them.
    pub same_certificate: usize,
    /// The profile that it was last read with.
    pub profile: Option<String>,
    /// Name of the ESXi host that it is.
    pub host: Option<String>,
    /// Moref of that host.
    pub host_moref: Option<Moref>,
    /// Name of that host's vCenter.
    pub vcenter: Option<String>,
    /// Id of that.
    pub vcenter_id: Option<VcenterId>,
    /// Whether a person said which host it is.
    pub confirmed: bool,
    /// How sure the match is, or the likeliest candidate's, 0 to 100.
    pub score: Option<u8>,
    /// Why it is matched, and what disagrees all the same, in words.
    pub reasons: Vec<String>,
    /// Hosts that it might be.
    pub candidates: Vec<Candidate>,
    /// Hosts that a person said it is not.
    pub rejected_hosts: Vec<RejectedHost>,
}

impl Server {
    /// The host of its address, an IPv6 address without brackets, and the port where it has one.
    pub fn host_and_port(&self) -> (&str, Option<&str>) {
        if let Some((host, port)) = self.address.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
            return (host, Some(port));
        }
        match self.address.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (&self.address, None),
        }
    }

    /// Whether its certificate may be approved together with others: one that is another than before, and one of a server that
    /// may be no BMC, are approved by name.
    pub fn waits_for_approval(&self) -> bool {
        let is_shown = self.state == ServerState::Untrusted && self.certificate.is_some();
        is_shown && !self.was_trusted && self.is_redfish
    }
}

/// A host that a server is not, as a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedHost {
    /// Name of the host.
    pub host: String,
    /// Its moref.
    pub host_moref: Moref,
    /// Name of its vCenter.
    pub vcenter: String,
    /// Id of that.
    pub vcenter_id: VcenterId,
}

/// A host that a server might be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Name of the host.
    pub host: String,
    /// Its moref.
    pub host_moref: Moref,
    /// Name of its vCenter.
    pub vcenter: String,
    /// Id of that.
    pub vcenter_id: VcenterId,
    /// How likely, 0 to 100.
    pub score: u8,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// An ESXi host that no known BMC belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWithoutBmc {
    /// Name of the host.
    pub host: String,
    /// Its moref.
    pub host_moref: Moref,
    /// Name of its vCenter.
    pub vcenter: String,
    /// Id of that.
    pub vcenter_id: VcenterId,
    /// Who made it.
    pub vendor: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// How many servers might be it.
    pub candidates: usize,
}

/// Everything that discovery knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovered {
    /// The servers, by address.
    pub servers: Vec<Server>,
    /// ESXi hosts without a known BMC, by vCenter and name.
    pub hosts_without_bmc: Vec<HostWithoutBmc>,
}

impl Discovered {
    /// One server, by id or unique beginning of it, address, serial number or service tag.
    pub fn named(&self, name: &str) -> Result<&Server, ApiError> {
        let name = trimmed(name);
        if let Some(exact) = self.servers.iter().find(|one| one.id.as_str() == name) {
            return Ok(exact);
        }
        let is = |text: &Option<String>| text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(name));
        let is_meant = |one: &&Server| {
            // The port may be left out where that is enough.
            (one.address == name || one.host_and_port().0 == name)
                || is(&one.serial_number)
                || is(&one.service_tag)
                || is_long_enough(name) && one.id.as_str().starts_with(name)
        };
        let mut meant = self.servers.iter().filter(is_meant).filter(|_| !name.is_empty());
        let shown = excerpt(name);
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                let message = format!("\"{shown}\" names several servers");
                Err(ApiError::new(Code::InvalidValue, message).next("Name one by its id."))
            }
            _ => {
                let message = format!("there is no server \"{shown}\"");
                Err(ApiError::new(Code::NotFound, message).next("List the servers, or scan for them."))
            }
        }
    }
}

/// A server that was entered or stands in a file, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedServer {
    /// Its id, where it is known or was added.
    pub server: Option<ServerId>,
    /// The BMC: `host`, or `host:port` where the port is unusual; what stands in the file, where that is none.
    pub address: String,
    /// The profile that was chosen for it, or the user of a credential of its own; `null` for the profile that fits.
    pub credential: Option<String>,
    /// What is done.
    pub action: ImportAction,
    /// What changes, what comes with it, or why it is not imported; in words.
    pub reason: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: Option<u64>,
}

impl PlannedServer {
    /// Says something that came with it.
    pub fn note(&mut self, note: Option<String>) {
        self.reason = match (self.reason.take(), note) {
            (Some(reason), Some(note)) => Some(format!("{reason}; {note}")),
            (reason, note) => note.or(reason),
        };
    }
}

/// A certificate that somebody looked at and approves for a BMC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The server.
    pub server: ServerId,
    /// SHA-256 that was shown: another one is not approved.
    pub sha256: String,
}
