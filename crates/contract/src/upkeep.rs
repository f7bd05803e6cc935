//! What keeps a data folder well: lines of its log, support bundles and backups, as clients see them.
//! Refuses to say what a file holds beyond what is needed to judge it.

use crate::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How much stands in the log, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What went wrong for good.
    Error,
    /// And what went wrong and may pass.
    Warn,
    /// And what was done.
    Info,
    /// And how.
    Debug,
    /// And every step of it.
    Trace,
}

impl LogLevel {
    /// Each of them, the one that says least first.
    pub const ALL: [LogLevel; 5] =
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<LogLevel> {
        LogLevel::ALL.into_iter().find(|level| level.name() == name)
    }

    /// What it is called for people.
    pub fn words(self) -> &'static str {
        match self {
            LogLevel::Error => "Errors",
            LogLevel::Warn => "Warnings",
            LogLevel::Info => "Information",
            LogLevel::Debug => "Details",
            LogLevel::Trace => "Everything",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Time,
    /// How bad it is.
    pub level: LogLevel,
    /// The part of Muster that says it.
    pub target: String,
    /// What it says.
    pub message: String,
    /// What it says it of.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// The program, and the number that the system gave its process: `musterctl 4711`.
    pub process: String,
}

impl LogLine {
    /// What it says, and of what: `published (vcenter=Berlin, rows_written=35)`.
    pub fn said(&self) -> String {
        let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields: Vec<String> =
            self.fields.iter().map(|(key, one)| format!("{key}={}", value(one))).collect();
        let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
        format!("{}: {}{fields}", self.target, self.message)
    }
}

/// A file within a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundledFile {
    /// Its name there.
    pub name: String,
    /// Its size there, bytes.
    pub bytes: u64,
}

/// A support bundle that is made and not yet written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleDraft {
    /// Designates it when it is written; a newer draft takes its place.
    pub draft: String,
    /// What is in it.
    pub files: Vec<BundledFile>,
    /// How many different names, addresses and so on were replaced, by kind.
    pub replaced: BTreeMap<String, u64>,
    /// Its size, bytes.
    pub bytes: u64,
}

/// A support bundle that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenBundle {
    /// The file.
    pub path: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// The file that says what was replaced by what, where one was asked for.
    pub mapping: Option<String>,
}

/// What is known of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The file.
    pub path: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it was made.
    pub made_at: Time,
    /// The release of Muster that made it.
    pub release: String,
    /// The schema of the database in it.
    pub schema: i64,
    /// The random id of the database, under which the keychain has its passwords.
    pub database_id: String,
    /// SHA-256 of the database in it.
    pub sha256: String,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
}

/// What became of a data folder that a backup was restored into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The database that was replaced.
    pub path: String,
    /// The copy that was kept of the one that was there, if one was.
    pub kept: Option<String>,
    /// What was restored.
    pub backup: Backup,
}

#[cfg(test)]
mod tests {
    use super::LogLevel;

    #[test]
    fn the_words_of_levels_are_those_of_json_and_the_worst_says_least() {
        for level in LogLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
            assert_eq!(LogLevel::from_name(level.name()), Some(level));
        }
        assert!(LogLevel::Error < LogLevel::Info && LogLevel::Info < LogLevel::Trace);
    }
}
