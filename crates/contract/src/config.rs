//! vCenters and credentials as configured, and what is known of their state.
//! Refuses to hold a password: none of these types has a place for one.

use crate::{Code, CredentialId, Operation, Permissions, Remedy, Time, VcenterId, VcenterSettings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person may do in Muster; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Read the cache.
    Viewer,
    /// Sync and test.
    Operator,
    /// Configure.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Which certificate is accepted: exactly one of these, never one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trust", rename_all = "snake_case")]
pub enum Trust {
    /// What the operating system trusts.
    System,
    /// What chains up to this CA, in PEM.
    Ca {
        /// One or more certificates in PEM.
        pem: String,
    },
    /// The certificate with this fingerprint.
    Pin {
        /// SHA-256 of the leaf in DER, 64 lower-case hexadecimal digits.
        sha256: String,
    },
}

impl Trust {
    /// The word for it: `system`, `ca` or `pin`.
    pub fn name(&self) -> &'static str {
        match self {
            Trust::System => "system",
            Trust::Ca { .. } => "ca",
            Trust::Pin { .. } => "pin",
        }
    }
}

/// A configured vCenter or ESXi host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcenter {
    /// Its id.
    pub id: VcenterId,
    /// The name its users gave it.
    pub name: String,
    /// DNS name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name of the credential it logs in with.
    pub credential: String,
    /// Id of that credential.
    pub credential_id: CredentialId,
    /// User of that credential.
    pub user: String,
    /// `system`, `ca` or `pin`.
    pub trust: String,
    /// The pinned fingerprint, where `trust` is `pin`.
    pub pin: Option<String>,
    /// What else is set for it.
    #[serde(flatten)]
    pub settings: VcenterSettings,
    /// Raised by each edit: an edit names the one that it was made from.
    pub edition: i64,
    /// about.instanceUuid, or the hardware UUID of an ESXi host; `null` until it first answered.
    pub instance_uuid: Option<String>,
    /// about.name, such as `VMware vCenter Server`.
    pub product: Option<String>,
    /// about.version.
    pub version: Option<String>,
    /// about.build.
    pub build: Option<String>,
    /// When the certificate that it showed at the newest connection expires; `null` before the first.
    #[serde(default)]
    pub certificate_expires_at: Option<Time>,
    /// What its account may do there, as the newest full sync found; `null` before the first.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

/// Where a credential's password is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialPlace {
    /// The operating system's keychain.
    Keychain,
    /// A file in the credentials folder.
    File,
    /// A helper prints it, once for each login; Muster keeps it nowhere.
    Helper,
    /// Nowhere: asked for, and held in memory.
    None,
}

/// Why a server rejected a login: what the account needs before it can log in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// User or password is wrong; a server doesn't tell which.
    InvalidLogin,
    /// The password has expired.
    PasswordExpired,
    /// The account is disabled.
    AccountDisabled,
    /// The account is locked, usually for minutes, because of logins that failed.
    AccountLocked,
    /// For a reason that has no word here; the message says which.
    Refused,
}

/// A credential without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Its name.
    pub name: String,
    /// The user it logs in as.
    pub user: String,
    /// Where its password is.
    pub stored: CredentialPlace,
    /// The program that prints its password and its arguments, where somebody named one.
    #[serde(default)]
    pub helper: Option<Vec<String>>,
    /// Names of the vCenters that log in with it, sorted.
    pub vcenters: Vec<String>,
    /// When a vCenter rejected it; nothing logs in by itself with the password that was rejected.
    pub rejected_at: Option<Time>,
    /// Why it was rejected.
    pub rejected_because: Option<Rejection>,
    /// The server's own words about it, where it had some.
    #[serde(default)]
    pub rejected_message: Option<String>,
}

/// What a server shows before anybody trusts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// SHA-256 of the leaf in DER, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Subject as in `CN=vc.example.org`.
    pub subject: String,
    /// Issuer, in the same form.
    pub issuer: String,
    /// DNS names and addresses it is valid for.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Time,
    /// Valid until.
    pub not_after: Time,
}

/// The CA that a vCenter offers for its own certificate, found among all that it offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedCa {
    /// Name of the vCenter.
    pub vcenter: String,
    /// The CA's own certificate.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// The same in PEM, as it is stored.
    pub pem: String,
    /// Why the vCenter could not be verified by it all the same, in words; `null` if it can.
    pub obstacle: Option<String>,
}

/// Answer of a probe: the handshake, and what the server says of itself if it is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// `host:port` that was asked.
    pub address: String,
    /// The host's name as people write it, where that is not what travels: `bücher.example`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_in_letters: Option<String>,
    /// The leaf certificate.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// Whether it is accepted.
    pub trusted: bool,
    /// Why not, in words.
    pub reason: Option<String>,
    /// about.name.
    pub product: Option<String>,
    /// about.version.
    pub version: Option<String>,
    /// about.build.
    pub build: Option<String>,
    /// about.instanceUuid; `null` on an ESXi host, which tells it only after login.
    pub instance_uuid: Option<String>,
}

/// Answer of a connection test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// Name of the vCenter.
    pub vcenter: String,
    /// about.name.
    pub product: String,
    /// about.version.
    pub version: String,
    /// about.build.
    pub build: String,
    /// about.instanceUuid, or the hardware UUID of an ESXi host.
    pub instance_uuid: Option<String>,
    /// Milliseconds that one small call took after login.
    pub latency_ms: u64,
    /// What this account may not see, in words.
    pub missing: Vec<String>,
    /// What it may do on the containers that it sees.
    #[serde(default)]
    pub permissions: Permissions,
}

/// Connection state as the last contact left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VcenterState {
    /// The last operation reached it.
    Online,
    /// The last operation did not reach it.
    Offline,
    /// It rejected the login.
    LoginRejected,
    /// No password is at hand.
    NoPassword,
    /// Its certificate is not trusted.
    Untrusted,
    /// Another vCenter answers at its address.
    DifferentVcenter,
    /// It was never synced.
    NeverSynced,
    /// Somebody paused it: nothing runs on it by itself, and nothing about it alarms.
    Paused,
    /// It was reached the last time, and that was neither in this run of the program nor within its TTL: nobody knows
    /// whether it could be reached now.
    Unknown,
}

impl VcenterState {
    /// Whether a vCenter can't be worked with; of one that nobody looked at lately that isn't known.
    pub fn is_trouble(self) -> bool {
        use VcenterState::{NeverSynced, Online, Paused, Unknown};
        !matches!(self, Online | NeverSynced | Unknown | Paused)
    }
}

/// Why a kind is older than its TTL: reading it takes long, and reading by itself may take a tenth of the time at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshWait {
    /// When it may be read again by itself.
    pub until: Time,
    /// Seconds that reading it took the last time.
    pub took_seconds: u64,
}

/// A vCenter failed again and again, so that nothing is tried by itself for a while. What a person asks for is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Failures in a row.
    pub failures: u32,
    /// When it is tried by itself again.
    pub until: Time,
}

/// Somebody paused a vCenter, as for its maintenance: nothing runs on it by itself, and nothing about it alarms. What a
/// person asks for is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it ends by itself; `null` where somebody has to resume it.
    pub until: Option<Time>,
    /// The tag that is paused, where it is not the vCenter itself.
    pub tag: Option<String>,
    /// Whether everything is paused, and not the vCenter or a tag alone.
    #[serde(default)]
    pub all: bool,
}

/// One vCenter, all that have a tag, or everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// By its id.
    Vcenter(VcenterId),
    /// Those that have it now, and those that get it.
    Tag(String),
    /// All vCenters, and what is about none.
    All,
}

/// State and freshness of one vCenter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VcenterStatus {
    /// Name of the vCenter.
    pub vcenter: String,
    /// Id of the vCenter.
    pub vcenter_id: VcenterId,
    /// Connection state.
    pub state: VcenterState,
    /// Since when contacts have left it in this state; `null` before the first contact.
    #[serde(default)]
    pub since: Option<Time>,
    /// When it was last contacted, by whichever process: what `state` says was true then.
    #[serde(default)]
    pub contact_at: Option<Time>,
    /// The same as `since`, by its name in the contract.
    #[serde(default)]
    pub contact_since: Option<Time>,
    /// Why the newest read of its inventory failed; `null` where it succeeded, at least in part.
    #[serde(default)]
    pub refresh_failed: Option<Code>,
    /// How many of the newest reads of its inventory failed, one after the other.
    #[serde(default)]
    pub failures_in_a_row: u32,
    /// Kinds that are older than the TTL and not read again by themselves yet, and until when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refresh_waits: BTreeMap<String, RefreshWait>,
    /// Whether nothing is done on it by itself because somebody paused it, or a tag of it; `null` if nobody did.
    #[serde(default)]
    pub paused: Option<Pause>,
    /// Since when no vCenter at all can be reached; `null` while one can, or nobody looks.
    #[serde(default)]
    pub no_network: Option<Time>,
    /// Until when nothing is tried by itself after failures in a row; `null` if it is.
    #[serde(default)]
    pub suspended: Option<Suspension>,
    /// When the certificate that it showed at the newest connection expires; `null` before the first.
    #[serde(default)]
    pub certificate_expires_at: Option<Time>,
    /// When the kind that was read longest ago was read.
    pub synced_at: Option<Time>,
    /// Seconds since then; `null` too where that time lies in the future, because a clock was wrong.
    pub age_seconds: Option<i64>,
    /// Whether the age is known and below the TTL.
    pub fresh: bool,
    /// Rows by kind, the kind in snake_case as every key.
    pub counts: BTreeMap<String, u64>,
    /// The newest operation.
    pub last_operation: Option<Operation>,
}

/// One finding of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do, if it isn't: a sentence, where the remedies don't say it all.
    pub next_step: Option<String>,
    /// What can be done, the most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}
