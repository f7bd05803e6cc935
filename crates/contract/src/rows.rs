//! Windows of rows: what the window asks for, and what it gets.
//! Refuses to carry what the column registry says already: titles, types, units and sources stand there.

use crate::{Condition, Kind, Missing, Moref, OperationId, Time, VcenterId};
use serde::{Deserialize, Serialize};

/// Rows a window may have at most; more is another window.
pub const LARGEST_WINDOW: usize = 500;

/// Which rows are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowQuery {
    /// Their kind.
    pub kind: Kind,
    /// Of these vCenters; empty for all.
    #[serde(default)]
    pub vcenters: Vec<VcenterId>,
    /// Names of the columns wanted; empty for all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Columns to sort by, the first one most, a leading `-` turns the order; empty for the name.
    #[serde(default)]
    pub sort: Vec<String>,
    /// Words that have to stand in the object each, in whichever column, without regard to case.
    #[serde(default)]
    pub text: String,
    /// Conditions that have to hold, all of them.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// These objects alone; empty for all.
    #[serde(default)]
    pub chosen: Vec<(VcenterId, Moref)>,
    /// How many matching rows come before the first one wanted.
    #[serde(default)]
    pub offset: usize,
    /// Maximum number of rows, up to [`LARGEST_WINDOW`]; 0 only counts.
    pub limit: usize,
    /// Whether what is older than its vCenter's TTL is refreshed meanwhile. The answer doesn't wait for that.
    #[serde(default)]
    pub refresh: bool,
}

impl RowQuery {
    /// Every row of a kind, counted only.
    pub fn count(kind: Kind) -> RowQuery {
        RowQuery {
            kind,
            vcenters: Vec::new(),
            columns: Vec::new(),
            sort: Vec::new(),
            text: String::new(),
            conditions: Vec::new(),
            chosen: Vec::new(),
            offset: 0,
            limit: 0,
            refresh: false,
        }
    }

    /// The same, of those whose column has this value.
    #[must_use]
    pub fn with(mut self, column: &str, value: &str) -> RowQuery {
        self.conditions.push(Condition::is(column, value));
        self
    }

    /// The same, of those whose column has another value than this, or none that is known.
    #[must_use]
    pub fn without(mut self, column: &str, value: &str) -> RowQuery {
        self.conditions.push(Condition::is_not(column, value));
        self
    }
}

/// A window of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// Ids of the columns, in the order asked for.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Cells>,
    /// How many rows match.
    pub matching: usize,
    /// How many there are without text and conditions.
    pub total: usize,
    /// Sums over all rows that match.
    #[serde(default)]
    pub sums: Vec<Sum>,
    /// The vCenters they come from, which rows refer to by position.
    pub sources: Vec<Source>,
}

/// The sum of a column over all rows that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Id of the column.
    pub column: String,
    /// The sum of the values that are known.
    pub value: i64,
    /// How many rows have a value.
    pub rows: usize,
}

/// One vCenter's part in a window of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which vCenter.
    pub vcenter: VcenterId,
    /// Its name.
    pub name: String,
    /// When the whole kind was last read; `None` if never.
    pub synced_at: Option<Time>,
    /// Seconds after which that is stale.
    pub ttl_seconds: u64,
    /// The refresh under way, if one was asked for.
    pub refresh: Option<OperationId>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    /// Position of its vCenter in [`Rows::sources`].
    pub source: usize,
    /// Its moref.
    pub moref: Moref,
    /// When it was last known to be true, if that is another time than its source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced_at: Option<Time>,
    /// A value per column: times in milliseconds, sizes in bytes, clocks in MHz.
    pub values: Vec<serde_json::Value>,
    /// Positions of the columns whose value is not current, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<(usize, Missing)>,
    /// Positions of the columns that lead elsewhere, and to what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<(usize, Vec<Target>)>,
    /// Ids of columns outside of those wanted in which words that were looked for stand, and what stands there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<(String, String)>,
}

/// An object that a cell refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its moref, within the vCenter of the row.
    pub moref: Moref,
}
