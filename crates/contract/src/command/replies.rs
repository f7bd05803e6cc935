//! What commands answer with that no other type says.
//! Refuses a place for a password: none of these has one.

use crate::{ApiError, Credential, CredentialId, OperationId, Role, Time, Vcenter, VcenterStatus};
use serde::{Deserialize, Serialize};

/// State and freshness of every vCenter, and what is left out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// By name.
    pub vcenters: Vec<VcenterStatus>,
    /// Damaged rows that were left out: objects, and vCenters that can't be read themselves.
    pub left_out: usize,
}

/// What goes with a vCenter that is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// ESXi hosts that are cached.
    pub hosts: u64,
    /// VMs that are.
    pub vms: u64,
    /// All other objects that are.
    pub others: u64,
    /// Operations, with what they changed.
    pub operations: u64,
    /// The names of the schedules that it was chosen for.
    pub schedules: Vec<String>,
    /// The credential that was made with it, where nothing else uses that.
    pub credential: Option<Credential>,
}

impl Removal {
    /// How many seconds a vCenter can be brought back after it was removed.
    pub const UNDO_SECONDS: u32 = 10;
}

/// A vCenter that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// As it was.
    pub vcenter: Vcenter,
    /// Its credential, where that was removed with it.
    pub credential: Option<Credential>,
}

/// A credential as it was stored, and where its password went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCredential {
    /// The credential.
    pub credential: Credential,
    /// Why the password is not in the keychain, where one was given; in words.
    pub password_note: Option<String>,
}

/// An entry in the keychain that was stored for a credential that isn't there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The id that the credential had.
    pub credential: CredentialId,
    /// What the keychain shows people: its name, as a rule.
    pub label: String,
}

/// Two credentials that are one now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedCredential {
    /// The one that is left, with all vCenters that log in with it.
    pub credential: Credential,
    /// The one that was removed, as it was.
    pub removed: Credential,
}

/// The role that the calls of a program's windows have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRole {
    /// The one of now.
    pub role: Role,
    /// The one that the program was started in, above which none is.
    pub highest: Role,
    /// Whether a passphrase is asked for before it is raised.
    pub is_locked: bool,
}

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFolder {
    /// The folder.
    pub path: String,
    /// Size of all files in it, bytes.
    pub bytes: u64,
    /// What is free on its disk, bytes; `null` where the system doesn't say.
    pub free_bytes: Option<u64>,
}

/// What a program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its version.
    pub version: String,
    /// The commit that it was built from, where the build was told.
    pub commit: Option<String>,
    /// The date of that commit, as `2026-11-28`, where the build was told. Not that of the build: two builds of one commit
    /// are the same.
    pub commit_date: Option<String>,
    /// The platform that it was built for, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
}

/// A password that a person has to give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededPassword {
    /// The credential it belongs to.
    pub credential_id: CredentialId,
    /// The credential's name.
    pub credential: String,
    /// Whose password it is.
    pub user: String,
    /// Why it is needed.
    pub why: WhyNeeded,
}

/// Why a person has to give a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNeeded {
    /// The one that is stored was rejected.
    Rejected {
        /// When.
        at: Time,
    },
    /// The address of a host was changed, and the stored one is not sent there.
    Moved {
        /// Name of the vCenter.
        vcenter: String,
        /// Its new address.
        host: String,
    },
    /// None is stored, or the keychain gives none.
    NotAtHand {
        /// What is wrong with the keychain, in words.
        problem: Option<String>,
    },
}

/// What came of asking for data that is not older than wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshened {
    /// When the kind was last read; `None` if never.
    pub synced_at: Option<Time>,
    /// The refresh that is under way because the data is older.
    pub refresh: Option<OperationId>,
    /// Why the data is older and no refresh is under way.
    pub failure: Option<ApiError>,
}
