//! What can go wrong with the database, told apart where somebody acts on it.
//! Refuses to carry values of rows: an error names the attempt and the id of what it was about.

use crate::room;
use contract::OperationId;
use std::path::{Path, PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do what it was asked.
    #[error("{attempt} failed")]
    Database {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// Other processes kept the database busy for too long.
    #[error("{attempt} failed: the database was busy for 30 s")]
    Busy {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// The disk is full.
    #[error("the disk of {} is full{}; {attempt} failed", path.display(), free.map(in_words).unwrap_or_default())]
    DiskFull {
        /// What was attempted.
        attempt: String,
        /// The data folder.
        path: PathBuf,
        /// What is free on its disk, bytes, where the system says so.
        free: Option<u64>,
        /// What may be written of what was attempted, bytes, where that is known.
        needed: Option<u64>,
    },
    /// Nothing can be written to the data folder.
    #[error("{} can't be written to: {reason}; {attempt} failed", path.display())]
    ReadOnly {
        /// What was attempted.
        attempt: String,
        /// The data folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file is damaged, or no database at all. It is kept as it is.
    #[error("{attempt} failed: the database is damaged ({detail})")]
    Corrupt {
        /// What was attempted.
        attempt: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The file is a database of another program. It is kept as it is.
    #[error("{} is a database, but not one of Muster's", path.display())]
    NotMuster {
        /// The file.
        path: PathBuf,
    },
    /// A newer release of Muster has changed the database.
    #[error(
        "the database has schema {found}, and this release knows up to {known}: a newer Muster has used it"
    )]
    NewerSchema {
        /// Schema of the database.
        found: i64,
        /// Newest schema that this release knows.
        known: i64,
    },
    /// Other processes have the database open, and it has to change its schema.
    #[error("{attempt} failed: {} has the database open", if by.is_empty() { "another process".to_owned() } else { by.join(", ") })]
    Locked {
        /// What was attempted.
        attempt: &'static str,
        /// The processes.
        by: Vec<String>,
    },
    /// The schema could not be changed; the database is as it was.
    #[error("changing the schema of the database failed")]
    Migration {
        /// Why it failed.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// After the change of the schema rows would refer to nothing; the database is as it was.
    #[error("changing the schema of the database failed: rows of {} would have missing references", tables.join(", "))]
    Dangling {
        /// The tables that these rows are in.
        tables: Vec<String>,
    },
    /// A file or folder beside the database could not be used.
    #[error("{attempt} {} failed", path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A vCenter or credential has this name already, up to case.
    #[error("the name {name:?} is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It is the same vCenter as one that is configured already.
    #[error("it is the same vCenter as {name:?}")]
    SameVcenter {
        /// The name of the one that is there.
        name: String,
    },
    /// The credential is used by these vCenters.
    #[error("the credential is used by {}", vcenters.join(", "))]
    InUse {
        /// Their names.
        vcenters: Vec<String>,
    },
    /// What a destination is can't be changed.
    #[error("a destination stays what it is")]
    AnotherKind,
    /// Policies deliver to the destination.
    #[error("the destination is used by {}", policies.join(", "))]
    Named {
        /// Their names.
        policies: Vec<String>,
    },
    /// An operation of the vCenter is running.
    #[error("operation {operation} is running on the vCenter")]
    Running {
        /// The operation.
        operation: OperationId,
    },
    /// An edit of a vCenter was made from an edition that others have changed since.
    #[error("the change of vCenter {id} was made from its edition {made_from}, and it is at {edition}")]
    Stale {
        /// The vCenter.
        id: String,
        /// The edition that the edit was made from.
        made_from: i64,
        /// The edition of now.
        edition: i64,
    },
    /// There is no such thing.
    #[error("there is no {what} {id:?}")]
    NotFound {
        /// `vCenter`, `credential` or `operation`.
        what: &'static str,
        /// Its id, or the beginning of one.
        id: String,
    },
    /// Several ids begin like this.
    #[error("{prefix:?} matches more than one {what}")]
    Ambiguous {
        /// What it was to designate.
        what: &'static str,
        /// The beginning.
        prefix: String,
    },
    /// The operation is no longer run under this claim.
    #[error("operation {operation} is no longer run by this claim")]
    ClaimLost {
        /// The operation.
        operation: OperationId,
    },
    /// Whoever watched the write said that it is not to go on; nothing of it shows.
    #[error("operation {operation} was cancelled")]
    Stopped {
        /// The operation.
        operation: OperationId,
    },
    /// What was staged is not what is to be published.
    #[error("operation {operation} staged {staged} rows, but {found} could be published")]
    Incomplete {
        /// The operation.
        operation: OperationId,
        /// Rows that were staged.
        staged: u64,
        /// Rows that publishing would have written.
        found: u64,
    },
}

impl Error {
    /// Whether nothing can be written to the data folder: trying again helps only after somebody did something about it.
    pub fn is_unwritable(&self) -> bool {
        match self {
            Error::DiskFull { .. } | Error::ReadOnly { .. } => true,
            Error::Io { source, .. } => room::is_unwritable(source),
            _ => false,
        }
    }

    /// The same, with how much may have to be written.
    #[must_use]
    pub(crate) fn needing(self, bytes: u64) -> Error {
        match self {
            Error::DiskFull { attempt, path, free, .. } => {
                Error::DiskFull { attempt, path, free, needed: Some(bytes) }
            }
            other => other,
        }
    }
}

fn in_words(free: u64) -> String {
    format!(" ({} free)", room::in_words(free))
}

/// What is being attempted, on what, and in which data folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    what: &'static str,
    id: &'a str,
    dir: &'a Path,
}

impl<'a> Attempt<'a> {
    pub(crate) const fn of(dir: &'a Path, what: &'static str) -> Attempt<'a> {
        Attempt { what, id: "", dir }
    }

    pub(crate) const fn on(self, id: &'a str) -> Attempt<'a> {
        Attempt { id, ..self }
    }

    pub(crate) fn dir(&self) -> &'a Path {
        self.dir
    }

    pub(crate) fn corrupt(self, detail: impl Into<String>) -> Error {
        Error::Corrupt { attempt: self.to_string(), detail: detail.into() }
    }
}

impl std::fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            "" => f.write_str(self.what),
            id => write!(f, "{} {id}", self.what),
        }
    }
}

/// Says what was attempted when the database failed.
pub(crate) trait During<T> {
    fn during(self, attempt: Attempt<'_>) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, sqlx::Error> {
    fn during(self, attempt: Attempt<'_>) -> Result<T, Error> {
        self.map_err(|source| crate::engine::error(attempt, source))
    }
}
