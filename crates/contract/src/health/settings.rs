//! What people set about health rules: other levels, and what is silenced for a while and why.
//! Refuses to decide which of several holds: that is looked up where findings are made.

use super::Levels;
use crate::{Kind, Moref, Time, VcenterId};
use serde::{Deserialize, Serialize};

/// What a setting of a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    All,
    /// vCenters with this tag.
    Tag {
        /// The tag.
        tag: String,
    },
    /// One vCenter.
    Vcenter {
        /// Which.
        vcenter: VcenterId,
    },
    /// What lies in a cluster, and the cluster.
    Cluster {
        /// In which vCenter.
        vcenter: VcenterId,
        /// Which.
        moref: Moref,
    },
    /// One object.
    Object {
        /// In which vCenter.
        vcenter: VcenterId,
        /// Its kind.
        kind: Kind,
        /// Which.
        moref: Moref,
        /// What it was called then, for people.
        #[serde(default)]
        name: String,
    },
    /// The rows of the rule's kind that meet all of these conditions, as they are written.
    Rows {
        /// The conditions.
        conditions: Vec<String>,
    },
}

impl Scope {
    /// How narrow it is: of several that hold, the narrowest does.
    pub fn rank(&self) -> u8 {
        match self {
            Scope::All => 0,
            Scope::Tag { .. } => 1,
            Scope::Vcenter { .. } => 2,
            Scope::Cluster { .. } => 3,
            Scope::Rows { .. } => 4,
            Scope::Object { .. } => 5,
        }
    }

    /// The vCenter that it is about, where it is about one.
    pub fn vcenter(&self) -> Option<&VcenterId> {
        match self {
            Scope::Vcenter { vcenter } | Scope::Cluster { vcenter, .. } | Scope::Object { vcenter, .. } => {
                Some(vcenter)
            }
            Scope::All | Scope::Tag { .. } | Scope::Rows { .. } => None,
        }
    }
}

/// Levels of a rule that somebody set for a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Id of the rule.
    pub rule: String,
    /// What for.
    pub scope: Scope,
    /// The levels; none turns the rule off.
    pub levels: Levels,
}

/// What silences findings of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// What for.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Until when; `null` where somebody is to take it back.
    pub until: Option<Time>,
    /// When it was made.
    pub at: Time,
    /// By whom.
    pub by: String,
}

impl Waiver {
    /// Whether it still silences anything.
    pub fn holds(&self, now: Time) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// A waiver that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWaiver {
    /// Id of the rule.
    pub rule: String,
    /// What for.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Until when; `None` where somebody is to take it back.
    pub until: Option<Time>,
}
