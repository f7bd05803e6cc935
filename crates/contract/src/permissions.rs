//! What an account may do on a vCenter, by the roles that it has on what it sees.
//! Refuses to call anything complete: what an account has no access to doesn't appear, and nobody can count it.

use serde::{Deserialize, Serialize};

/// The roles of an account on the containers that came: datacenters, folders, clusters and resource pools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// Its role on the root folder; `null` where the server doesn't tell.
    pub root: Option<String>,
    /// The roles that it has somewhere, those on most containers first.
    pub roles: Vec<HeldRole>,
    /// Containers whose role the server doesn't tell.
    pub untold: u32,
    /// Kinds, and properties of kinds, that the account may not read.
    pub missing: Vec<String>,
}

/// A role, and on what the account has it. Several roles on one container are one here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// As the vSphere Client calls it: `Read-only`.
    pub role: String,
    /// Whether it has System.Read, without which nothing but names is shown.
    pub reads: bool,
    /// Containers that the account has it on.
    pub containers: u32,
    /// Names of the first of these, where it doesn't read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
}

impl Permissions {
    /// Containers that came.
    pub fn containers(&self) -> u32 {
        self.roles.iter().map(|role| role.containers).sum::<u32>() + self.untold
    }

    /// The roles that don't read.
    pub fn blind(&self) -> impl Iterator<Item = &HeldRole> {
        self.roles.iter().filter(|role| !role.reads)
    }

    /// Whether everything that came can be read, the root folder included: then no container is known to be hidden.
    pub fn reads_all(&self) -> bool {
        self.root.is_some() && self.untold == 0 && self.missing.is_empty() && self.blind().next().is_none()
    }

    /// Whether something is known to be missing.
    pub fn lacks(&self) -> bool {
        !self.missing.is_empty() || self.blind().next().is_some()
    }
}
