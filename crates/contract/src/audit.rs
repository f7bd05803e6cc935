//! The audit log: who did what, when, from where, and what came of it; and the small file that proves later that nothing of it
//! was cut off or rewritten.
//! Refuses to hold a secret: what stands here is what a security officer may read.

use crate::command::Since;
use crate::names::names;
use crate::{
    CredentialId, DestinationId, Group, OperationId, PolicyId, ScheduleId, ServerId, Time, VcenterId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

names!(
    /// The part of Muster that something came from.
    Door {
        /// The window, the compact one too, and a notification that was clicked.
        Window = "window",
        /// The menu of the tray.
        Tray = "tray",
        /// `musterctl`.
        Cli = "cli",
        /// A schedule that was due.
        Schedule = "schedule",
        /// A policy, for one of its steps or because something happened.
        Policy = "policy",
        /// Muster itself: what it reads so that what is on screen stays fresh, or does with the simulated vCenters.
        Muster = "muster",
    }
);

names!(
    /// What came of it.
    AuditOutcome {
        /// It was begun: a row of its own says later how it ended.
        Accepted = "accepted",
        /// It was done.
        Done = "done",
        /// It was tried, and failed.
        Failed = "failed",
        /// The role was too low: nothing was done.
        Refused = "refused",
    }
);

/// What something was done to. The name is the one it had then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `vcenter`, `credential`, `schedule`, `operation`, `tag`, `rule`, `waiver`, `file`, `keychain`, `audit`; empty where there is none.
    pub kind: String,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its name, where it has one and that is known.
    pub name: Option<String>,
}

impl Subject {
    fn new(kind: &str, id: Option<&str>, name: Option<&str>) -> Subject {
        // What somebody typed stands here before it is checked.
        const LONGEST: usize = 255;
        let cut = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>();
        Subject { kind: kind.to_owned(), id: id.map(cut), name: name.map(cut) }
    }

    /// Nothing in particular.
    pub fn none() -> Subject {
        Subject::default()
    }

    /// A vCenter.
    pub fn vcenter(id: &VcenterId) -> Subject {
        Subject::new("vcenter", Some(id.as_str()), None)
    }

    /// A vCenter that has no id yet.
    pub fn new_vcenter(name: &str) -> Subject {
        Subject::new("vcenter", None, Some(name))
    }

    /// A credential.
    pub fn credential(id: &CredentialId) -> Subject {
        Subject::new("credential", Some(id.as_str()), None)
    }

    /// A credential that has no id yet.
    pub fn new_credential(name: &str) -> Subject {
        Subject::new("credential", None, Some(name))
    }

    /// A schedule.
    pub fn schedule(id: &ScheduleId) -> Subject {
        Subject::new("schedule", Some(id.as_str()), None)
    }

    /// A policy.
    pub fn policy(id: &PolicyId) -> Subject {
        Subject::new("policy", Some(id.as_str()), None)
    }

    /// A destination.
    pub fn destination(id: &DestinationId) -> Subject {
        Subject::new("destination", Some(id.as_str()), None)
    }

    /// A destination that has no id yet, or as somebody called it.
    pub fn new_destination(name: &str) -> Subject {
        Subject::new("destination", None, Some(name))
    }

    /// A policy that has no id yet, or as somebody called it.
    pub fn new_policy(name: &str) -> Subject {
        Subject::new("policy", None, Some(name))
    }

    /// A schedule that has no id yet.
    pub fn new_schedule(name: &str) -> Subject {
        Subject::new("schedule", None, Some(name))
    }

    /// A health rule.
    pub fn rule(id: &str) -> Subject {
        Subject::new("rule", Some(id), Some(id))
    }

    /// An operation.
    pub fn operation(id: &OperationId) -> Subject {
        Subject::new("operation", Some(id.as_str()), None)
    }

    /// A server that discovery found.
    pub fn server(id: &ServerId) -> Subject {
        Subject::new("server", Some(id.as_str()), None)
    }

    /// A vCenter, all that have a tag, or everything.
    pub fn group(of: &Group) -> Subject {
        match of {
            Group::Vcenter(id) => Subject::vcenter(id),
            Group::Tag(tag) => Subject::new("tag", None, Some(tag)),
            Group::All => Subject::only("everything"),
        }
    }

    /// A server at an address.
    pub fn address(address: &str) -> Subject {
        // Somebody may type a user and a password before it.
        let host = address.rsplit('@').next().unwrap_or_default();
        Subject::new("address", None, Some(host))
    }

    /// A file.
    pub fn file(path: &str) -> Subject {
        Subject::new("file", None, Some(path))
    }

    /// Something there is one of: the settings, the audit log.
    pub fn only(kind: &str) -> Subject {
        Subject::new(kind, None, None)
    }

    /// The same with the name it has now.
    #[must_use]
    pub fn named(mut self, name: &str) -> Subject {
        self.name = Some(name.to_owned());
        self
    }
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number: each is one more than the one before.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// The user of the operating system.
    pub actor: String,
    /// The machine.
    pub host: String,
    /// Where in Muster it came from: `window`, `tray`, `cli`, `schedule`, `muster`.
    pub origin: String,
    /// The role it was done in.
    pub role: String,
    /// The command.
    pub command: String,
    /// Name of what it was done to, as it was then.
    pub subject: Option<String>,
    /// What that is: `vcenter`, `credential`, ….
    pub subject_kind: String,
    /// Its id.
    pub subject_id: Option<String>,
    /// What was there before: of something that was changed what differs, without secrets.
    pub before: Option<Value>,
    /// What is there after.
    pub after: Option<Value>,
    /// `accepted`, `done`, `failed` or `refused`.
    pub outcome: String,
    /// The operation it began, or that ended.
    pub operation: Option<OperationId>,
    /// Why it failed or was refused, in words.
    pub error: Option<String>,
    /// SHA-256 of the hash of the row before and everything above, 64 hexadecimal digits.
    pub hash: String,
}

/// Which rows somebody wants to see; what is `None` leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// Written since then.
    pub since: Option<Since>,
    /// Written before then.
    pub until: Option<Since>,
    /// By this user.
    pub actor: Option<String>,
    /// This command.
    pub command: Option<String>,
    /// From there.
    pub origin: Option<Door>,
    /// With this outcome.
    pub outcome: Option<AuditOutcome>,
    /// With this anywhere in them, without regard to case.
    pub text: Option<String>,
}

impl AuditFilter {
    /// Whether any row is left out.
    pub fn is_narrow(&self) -> bool {
        *self != AuditFilter::default()
    }
}

/// Rows of the audit log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Whether older ones match too.
    pub has_more: bool,
}

/// The head of the chain at one time. Kept elsewhere, it shows later whether the log was cut or rewritten since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of which database.
    pub database_id: String,
    /// Number of the newest row; 0 where there was none.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When the receipt was made.
    pub at: Time,
}

/// What the audit log looks like, checked row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// How many rows were checked.
    pub rows: u64,
    /// Whether every one is as it was written, and follows the one before; with a receipt, whether that fits too.
    pub ok: bool,
    /// The first row that isn't.
    pub first_broken: Option<u64>,
    /// What is wrong with it, in words.
    pub reason: Option<String>,
    /// The rows before this one were exported and removed; 0 where none were.
    pub pruned_through: u64,
}
