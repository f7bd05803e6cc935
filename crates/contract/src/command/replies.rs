//! What commands answer with that no other type says.
//! Refuses a place for a password: none of these has one.

use crate::{ApiError, Credential, CredentialId, OperationId, Time, Vcenter, VcenterStatus};
use serde::{Deserialize, Serialize};

/// State and freshness of every vCenter, and what is left out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// By name.
    pub vcenters: Vec<VcenterStatus>,
    /// Damaged rows that were left out: objects, and vCenters that can't be read themselves.
    pub left_out: usize,
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
