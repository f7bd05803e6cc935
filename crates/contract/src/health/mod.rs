//! What may be wrong in an estate: the rules, what they find, and what people set about them.
//! Refuses to look: the service holds the rules against what is cached.

mod rules;
mod settings;

pub use rules::{RULES, SAID_AGAIN, rule};
pub use settings::{Limits, NewWaiver, Scope, Waiver};

use crate::{Condition, Kind, Moref, Operator, Time, VcenterId, VcenterStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Information,
    /// It will become a problem.
    Warning,
    /// Something doesn't work, or won't soon.
    Critical,
}

impl Level {
    /// Every one, the worst first.
    pub const ALL: [Level; 3] = [Level::Critical, Level::Warning, Level::Information];

    /// Its name in JSON and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Level::Information => "information",
            Level::Warning => "warning",
            Level::Critical => "critical",
        }
    }

    /// What has that name.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// The value from which on a rule finds something, for each level; "" where it needs none. A rule without any level is off.
pub type Levels = BTreeMap<Level, String>;

/// Something that may be wrong.
#[derive(Debug)]
pub struct Rule {
    /// Its id, in kebab-case: a contract with other people's scripts.
    pub id: &'static str,
    /// What is wrong.
    pub title: &'static str,
    /// What it means, and what to do.
    pub advice: &'static str,
    /// What it looks at.
    pub looks: Looks,
    /// Its levels, unless somebody set others.
    pub levels: &'static [(Level, &'static str)],
    /// For how many seconds it has to be so before it is a finding.
    pub held_seconds: i64,
    /// Whether it explains all that is found of what depends on the object: that isn't told beside it.
    pub covers: bool,
    /// Whether what it finds are alarms of the vCenter itself, whose names stand in the column that it shows.
    pub is_alarm: bool,
    /// Whether its row is the root folder alone, which no list has: it stands for the vCenter itself.
    pub of_root: bool,
}

/// What a rule looks at.
#[derive(Debug)]
pub enum Looks {
    /// At how a vCenter stands.
    Vcenter {
        /// What the levels' values are held against, a number or seconds; `None` where it isn't so.
        is: fn(&VcenterStatus, Time) -> Option<i64>,
        /// How; `None` where there is nothing to measure.
        beyond: Option<Operator>,
    },
    /// At rows: those that meet all conditions and, where the rule has a measure, are beyond a level's value.
    Rows {
        /// Of which kind.
        kind: Kind,
        /// What has to hold, as conditions are written.
        given: &'static [&'static str],
        /// The column that is held against the levels' values, and how.
        measure: Option<(&'static str, Operator)>,
        /// The column that says more about a finding.
        shows: Option<&'static str>,
    },
}

impl Rule {
    /// Its levels as long as nobody set others.
    pub fn defaults(&self) -> Levels {
        self.levels.iter().map(|(level, value)| (*level, (*value).to_owned())).collect()
    }

    /// The kind of rows that it looks at; `None` for vCenters.
    pub fn kind(&self) -> Option<Kind> {
        self.columns().filter(|_| !self.of_root)
    }

    /// The kind whose columns it is about; `None` where it reads no columns.
    pub fn columns(&self) -> Option<Kind> {
        match self.looks {
            Looks::Vcenter { .. } => None,
            Looks::Rows { kind, .. } => Some(kind),
        }
    }

    /// Whether its levels have values.
    pub fn has_values(&self) -> bool {
        self.levels.iter().any(|(_, value)| !value.is_empty())
    }

    /// The column whose value a finding has.
    pub fn shown(&self) -> Option<&'static str> {
        match self.looks {
            Looks::Vcenter { .. } => None,
            Looks::Rows { measure, shows, .. } => measure.map(|(column, _)| column).or(shows),
        }
    }

    /// The column that says more about a finding with a measure.
    pub fn detail(&self) -> Option<&'static str> {
        match self.looks {
            Looks::Rows { measure: Some(_), shows, .. } => shows,
            _ => None,
        }
    }

    /// The column that is held against the levels' values.
    pub fn measured(&self) -> Option<&'static str> {
        match self.looks {
            Looks::Rows { measure: Some((column, _)), .. } => Some(column),
            _ => None,
        }
    }

    /// How something is held against the levels' values.
    pub fn operator(&self) -> Option<Operator> {
        match self.looks {
            Looks::Vcenter { beyond, .. } => beyond,
            Looks::Rows { measure, .. } => measure.map(|(_, operator)| operator),
        }
    }

    /// What has to hold of a row, whatever the level.
    pub fn given(&self) -> Vec<Condition> {
        match self.looks {
            Looks::Vcenter { .. } => Vec::new(),
            Looks::Rows { given, .. } => given.iter().filter_map(|text| text.parse().ok()).collect(),
        }
    }

    /// What has to hold of a row for a finding of this level's value. With [`Rule::given`] these are the conditions by which
    /// the inventory shows what was found.
    pub fn beyond(&self, value: &str) -> Option<Condition> {
        match self.looks {
            Looks::Rows { measure: Some((column, operator)), .. } if !value.is_empty() => {
                Some(Condition { column: column.to_owned(), operator, value: value.to_owned() })
            }
            _ => None,
        }
    }
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// How bad it is.
    pub level: Level,
    /// Name of the vCenter.
    pub vcenter: String,
    /// Its id.
    pub vcenter_id: VcenterId,
    /// `vcenters`, or the kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Its moref; `null` for a vCenter.
    pub moref: Option<Moref>,
    /// The datacenter that it is in, or is.
    #[serde(default)]
    pub datacenter_moref: Option<Moref>,
    /// What was found, in the unit of the rule's column.
    pub value: serde_json::Value,
    /// What says more about it, in the unit of its column.
    #[serde(default)]
    pub detail: serde_json::Value,
    /// From which value on it is a finding of this level.
    pub threshold: Option<String>,
    /// Since when it is known to be so.
    pub since: Option<Time>,
    /// How many findings of what depends on the object are not told beside it.
    #[serde(default)]
    pub covers: usize,
    /// The waiver that silences it, if one does.
    #[serde(default)]
    pub waiver: Option<String>,
    /// Until when it is silenced; `null` for ever where `waiver` is set.
    pub waived_until: Option<Time>,
}

impl Finding {
    /// Whether nothing silences it.
    pub fn is_open(&self) -> bool {
        self.waiver.is_none()
    }
}

/// How many findings a rule has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// Id of the rule.
    pub rule: String,
    /// How many are open, by level.
    pub open: BTreeMap<Level, usize>,
    /// How many are silenced.
    pub waived: usize,
    /// Since when the oldest open one is known.
    pub since: Option<Time>,
    /// The value from which on the mildest open one is a finding.
    #[serde(default)]
    pub threshold: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The findings, the worst first, as many as were asked for.
    pub findings: Vec<Finding>,
    /// How many there are of each rule that found any.
    pub rules: Vec<RuleCount>,
    /// Names of vCenters that are left out because they are paused.
    pub paused: Vec<String>,
}

/// Which findings are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FindingFilter {
    /// Of these vCenters; empty for all.
    #[serde(default)]
    pub vcenters: Vec<VcenterId>,
    /// In this datacenter.
    #[serde(default)]
    pub datacenter: Option<Moref>,
    /// Of this rule.
    #[serde(default)]
    pub rule: Option<String>,
    /// At least as bad as this.
    #[serde(default)]
    pub level: Option<Level>,
    /// Those that are silenced, too.
    #[serde(default)]
    pub waived: bool,
    /// How many findings at most; the counts are of all.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// One line of the attention list: what a rule found, in how many objects, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Id of the rule.
    pub rule: String,
    /// The worst level of what it found.
    pub level: Level,
    /// How many open findings it has.
    pub count: usize,
    /// How many of each level.
    #[serde(default)]
    pub levels: BTreeMap<Level, usize>,
    /// `vcenters`, or the kind of the objects.
    pub kind: String,
    /// The vCenters that they are in, by name.
    pub r#where: Vec<String>,
    /// Name of the object, where it is one.
    pub name: Option<String>,
    /// Since when the oldest of them is known.
    pub since: Option<Time>,
}

/// How many findings are open in a datacenter, or in none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFindings {
    /// The vCenter.
    pub vcenter_id: VcenterId,
    /// The datacenter; `None` for what lies in none, and for the vCenter itself.
    pub datacenter_moref: Option<Moref>,
    /// How many of each level that has some.
    pub levels: BTreeMap<Level, usize>,
}
