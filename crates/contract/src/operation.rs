//! Operations: everything that talks to a vCenter, with its outcome.
//! Refuses to run them.

use crate::names::names;
use crate::{ApiError, Job, OperationId, Recorded, Role, Time, VcenterId};
use serde::{Deserialize, Serialize};

names!(
    /// What an operation does.
    OperationKind {
        /// Log in, look around, log out.
        Test = "test",
        /// Read the hosts, of the whole vCenter or of chosen clusters.
        SyncHosts = "sync_hosts",
        /// Read everything.
        FullSync = "full_sync",
        /// Read one kind that a reader wanted fresher, or a person asked for.
        Refresh = "refresh",
        /// Look for BMCs, and read those that are trusted.
        Scan = "scan",
        /// Read known servers anew.
        ReadServers = "read_servers",
        /// Run a policy, which asks for others.
        Policy = "policy",
        /// Deliver something to a destination.
        Deliver = "deliver",
        /// Show a notification.
        Notify = "notify",
    }
);

names!(
    /// Who asked for it.
    Origin {
        /// A person, in the window or on the command line.
        User = "user",
        /// A reader that wanted fresher data than there was.
        Reader = "reader",
        /// A schedule that was due.
        Schedule = "schedule",
        /// A policy, for one of its steps or because something happened.
        Policy = "policy",
    }
);

names!(
    /// How far it is.
    OperationState {
        /// Waiting for its turn.
        Queued = "queued",
        /// Running in some process.
        Running = "running",
        /// Done.
        Succeeded = "succeeded",
        /// Done but for kinds the account may not read.
        Partial = "partial",
        /// Not done; nothing of the inventory changed.
        Failed = "failed",
        /// Stopped by a person.
        Cancelled = "cancelled",
        /// The process that ran it ended before it was done.
        Interrupted = "interrupted",
    }
);

impl OperationState {
    /// Whether it will change no more.
    pub fn is_final(self) -> bool {
        !matches!(self, OperationState::Queued | OperationState::Running)
    }
}

/// How far a running operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it does at the moment, in words: `reading hosts`.
    pub step: String,
    /// Objects read so far.
    pub done: u64,
    /// Objects to read, as far as the server told; grows as kinds are opened.
    pub total: u64,
    /// How much of the whole operation is done, from connecting to writing; `null` until the objects are counted.
    #[serde(default)]
    pub percent: Option<u8>,
    /// How often it was tried, with the try that is under way; 0 while it waits for its turn.
    #[serde(default)]
    pub attempts: u32,
    /// Objects read a second, over the last few seconds; `null` while none come, and once it has ended.
    #[serde(default)]
    pub objects_per_second: Option<u64>,
    /// Bytes received a second, in the same way.
    #[serde(default)]
    pub bytes_per_second: Option<u64>,
    /// Seconds until it is done, rounded; `null` until that can be told, and once it has ended.
    #[serde(default)]
    pub remaining_seconds: Option<u64>,
}

impl Progress {
    /// The same of what runs no more: how far it came, and no rates.
    #[must_use]
    pub fn at_rest(self) -> Progress {
        Progress { objects_per_second: None, bytes_per_second: None, remaining_seconds: None, ..self }
    }
}

impl Progress {
    /// What the step of one that waits to be tried again begins with.
    pub const ATTEMPT: &str = "attempt ";

    /// Whether the server answers: it is past connecting, and doesn't wait to be tried again.
    pub fn is_answered(&self) -> bool {
        !matches!(&*self.step, "" | "connecting") && !self.is_to_be_tried_again()
    }

    /// Whether it waits to be tried again, as its step says.
    pub fn is_to_be_tried_again(&self) -> bool {
        self.step.starts_with(Progress::ATTEMPT)
    }
}

/// What an operation changed in the cache, in objects of the kinds that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// New objects.
    pub added: u64,
    /// Objects with another value than before.
    pub changed: u64,
    /// Objects that are gone.
    pub removed: u64,
    /// Objects as they were.
    pub unchanged: u64,
}

impl Diff {
    /// Both together.
    pub fn and(self, other: Diff) -> Diff {
        Diff {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            removed: self.removed + other.removed,
            unchanged: self.unchanged + other.unchanged,
        }
    }

    /// This one without a part of it.
    pub fn without(self, part: Diff) -> Diff {
        Diff {
            added: self.added.saturating_sub(part.added),
            changed: self.changed.saturating_sub(part.changed),
            removed: self.removed.saturating_sub(part.removed),
            unchanged: self.unchanged.saturating_sub(part.unchanged),
        }
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    #[serde(rename = "operation")]
    pub id: OperationId,
    /// Name of its vCenter; `null` where it is about none.
    pub vcenter: Option<String>,
    /// Id of its vCenter.
    pub vcenter_id: Option<VcenterId>,
    /// What it does: `kind`, `scope` and the whole of it as `job`.
    #[serde(flatten, with = "crate::job::in_operation")]
    pub job: Job,
    /// Who asked.
    pub origin: Origin,
    /// In which role; running it asks for none.
    pub role: Role,
    /// How far it is.
    pub state: OperationState,
    /// Whether it ends when nobody waits for it any more; else it runs in any case.
    pub awaited: bool,
    /// How many processes wait for it, or waited when it ended.
    pub waiting: u32,
    /// When it was asked for.
    pub submitted_at: Time,
    /// When it was last started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How far it is: `step`, `done`, `total`, `percent`, `attempts`.
    #[serde(flatten)]
    pub progress: Progress,
    /// What it changed: `added`, `changed`, `removed`, `unchanged`.
    #[serde(flatten)]
    pub diff: Diff,
    /// What of that its history has, without what is volatile and of kinds that are not counted too; `null` where it
    /// published nothing, or in an earlier release.
    #[serde(default)]
    pub recorded: Option<Recorded>,
    /// Calls made to the server, from login on.
    pub calls: u64,
    /// Bytes received from the server, after decompression.
    pub bytes: u64,
    /// Why it failed, or what is missing of a partial one.
    pub error: Option<ApiError>,
    /// What it answers with beside its counts: the report of a test.
    pub result: Option<serde_json::Value>,
}

impl Operation {
    /// What it is about, by name: its vCenter, or discovery.
    pub fn about(&self) -> &str {
        match &self.job {
            Job::Policy { settings, .. } => &settings.name,
            Job::Deliver { name, .. } => name,
            Job::Notify { run } => &run.name,
            _ => self.vcenter.as_deref().unwrap_or("Discovery"),
        }
    }

    /// Whether it is about this vCenter.
    pub fn is_of(&self, vcenter: &VcenterId) -> bool {
        self.vcenter_id.as_ref() == Some(vcenter)
    }

    /// What it does, in a word.
    pub fn kind(&self) -> OperationKind {
        self.job.kind()
    }

    /// Whether it is a sync, of whatever, that a person asked for.
    pub fn is_sync_of_a_person(&self) -> bool {
        self.origin == Origin::User && self.job.reads_inventory()
    }
}
