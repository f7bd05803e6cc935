//! Policies: what is done by itself when something happens, under which conditions, and how.
//! Refuse to know whether something has happened: the service looks.

use crate::destination::{About, Delivery, SoFar};
use crate::discovery::Scan;
use crate::health::Level;
use crate::names::names;
use crate::{
    DestinationId, Job, Kind, Operation, OperationId, OperationState, PolicyId, Time, Timing, VcenterId,
};
use serde::{Deserialize, Serialize};

/// What is set for a policy: the file of `musterctl policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySettings {
    /// Its name.
    pub name: String,
    /// What starts it; by hand it is started in any case.
    #[serde(default)]
    pub when: Vec<Trigger>,
    /// What has to hold then.
    #[serde(rename = "if", default)]
    pub conditions: Conditions,
    /// What is done, in this order.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
    /// How it is done on several vCenters.
    #[serde(default)]
    pub how: How,
    /// The IANA name of its time zone; `None` for that of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl PolicySettings {
    /// What a file says: settings alone, or all that `policy show --json` printed; then with the edition that it was printed as.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_file(text: &str) -> Result<(PolicySettings, Option<i64>), serde_json::Error> {
        // Editors of Windows may write it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let whole: serde_json::Value = serde_json::from_str(text)?;
        if !whole.is_object() {
            return Err(serde::de::Error::custom(
                "a policy is an object, as in { \"name\": …, \"do\": […] }",
            ));
        }
        if whole.get("policy").is_some() {
            let printed: Policy = serde_json::from_str(text)?;
            return Ok((printed.settings(), Some(printed.edition)));
        }
        Ok((serde_json::from_str(text)?, None))
    }
}

/// What starts a policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
// Variants without fields have braces: only then does serde refuse unknown fields of them.
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// So many seconds went by.
    Interval {
        /// How many.
        every_seconds: u64,
    },
    /// A time of a cron expression of five fields, in the policy's time zone.
    Cron {
        /// The expression.
        cron: String,
    },
    /// A sync changed something, or objects of a kind, or in one way.
    Synced {
        /// Of this kind alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
        /// In this way alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Change>,
    },
    /// A vCenter can't be reached any more.
    Offline {},
    /// A vCenter that could not be reached is back.
    Online {},
    /// Something was found wrong, of this level or a worse one.
    Finding {
        /// The level.
        level: Level,
    },
    /// Muster starts: a window, or `musterctl run`.
    Start {},
}

impl Trigger {
    /// When it is due, if it is a time.
    pub fn timing(&self) -> Option<Timing> {
        match self {
            Trigger::Interval { every_seconds } => Some(Timing::EverySeconds(*every_seconds)),
            Trigger::Cron { cron } => Some(Timing::Cron(cron.clone())),
            _ => None,
        }
    }
}

names!(
    /// In which way a sync changed something.
    Change {
        /// It is new.
        Added = "added",
        /// It was known, and is another one.
        Changed = "changed",
        /// It is gone.
        Removed = "removed",
    }
);

/// What has to hold when a policy is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The vCenters it is for, by name or id; with no tags either, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vcenters: Vec<String>,
    /// It is also for those with one of these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Hours in which it starts nothing, in its time zone: `22:00-06:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// So many rows of the inventory have to match, each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Rows>,
}

/// Rows of the inventory of the policy's vCenters that have to match.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Of which kind.
    pub kind: Kind,
    /// The conditions on their columns, as `--where` takes them.
    #[serde(rename = "where")]
    pub conditions: Vec<String>,
    /// How many at least.
    #[serde(default = "one")]
    pub at_least: u64,
}

fn one() -> u64 {
    1
}

/// What a policy does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
// Variants without fields have braces: only then does serde refuse unknown fields of them.
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Test the connection.
    Test {},
    /// Read the hosts, of these clusters or of all.
    SyncHosts {
        /// Their names.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        clusters: Vec<String>,
    },
    /// Read everything.
    FullSync {},
    /// Read the known servers anew.
    ReadServers {},
    /// Look for BMCs, and read those that are trusted.
    Scan {
        /// Where, and how.
        scan: Box<Scan>,
    },
    /// Send a message, as mail or to a webhook.
    Send {
        /// The destination, by name or id.
        to: String,
        /// What it is about.
        #[serde(default = "about_run")]
        about: About,
    },
    /// Write the inventory of its vCenters to a folder, a file for each kind.
    Export {
        /// The destination, by name or id.
        to: String,
        /// Which kinds.
        kinds: Vec<Kind>,
    },
    /// Show a notification where a window of Muster is open.
    Notify {},
}

fn about_run() -> About {
    About::Run
}

impl Step {
    /// The job that it asks for; `None` where that depends on the run, which it tells of.
    pub fn job(&self) -> Option<Job> {
        Some(match self {
            Step::Test {} => Job::TEST,
            Step::SyncHosts { clusters } => {
                Job::SyncHosts { clusters: clusters.clone(), accept_removals: false }
            }
            Step::FullSync {} => Job::FULL_SYNC,
            Step::ReadServers {} => Job::ReadServers { servers: Vec::new() },
            Step::Scan { scan } => Job::Scan { scan: scan.clone() },
            Step::Send { .. } | Step::Export { .. } | Step::Notify {} => return None,
        })
    }

    /// The job that it asks for in a run, which delivers to what is called so.
    pub fn job_in(&self, run: SoFar, destination: &str) -> Job {
        let run = Box::new(run);
        match self {
            Step::Send { to, about: About::Run } => deliver(to, destination, Delivery::Run { run }),
            Step::Send { to, about: About::Health } => deliver(to, destination, Delivery::Health { run }),
            Step::Export { to, kinds } => {
                deliver(to, destination, Delivery::Rows { run, kinds: kinds.clone() })
            }
            other => other.job().unwrap_or(Job::Notify { run }),
        }
    }

    /// Whether it is done on each vCenter.
    pub fn is_on_vcenters(&self) -> bool {
        self.job().is_some_and(|job| job.is_of_a_vcenter())
    }

    /// Whether nothing comes of it without a vCenter.
    pub fn is_about_vcenters(&self) -> bool {
        self.is_on_vcenters() || matches!(self, Step::Export { .. })
    }

    /// Whether nothing comes of it without a network.
    pub fn needs_network(&self) -> bool {
        self.is_on_vcenters() || matches!(self, Step::Send { .. })
    }

    /// The destination that it delivers to.
    pub fn to(&self) -> Option<&str> {
        match self {
            Step::Send { to, .. } | Step::Export { to, .. } => Some(to),
            _ => None,
        }
    }

    /// The same with its destination called as `named` calls it.
    #[must_use]
    pub fn to_called(mut self, named: impl FnOnce(&str) -> String) -> Step {
        if let Step::Send { to, .. } | Step::Export { to, .. } = &mut self {
            *to = named(to);
        }
        self
    }

    /// Where it looks, if it is a scan.
    pub fn scan(&self) -> Option<&Scan> {
        match self {
            Step::Scan { scan } => Some(scan),
            _ => None,
        }
    }
}

fn deliver(to: &str, name: &str, delivery: Delivery) -> Job {
    Job::Deliver {
        destination: DestinationId(to.to_owned()),
        name: name.to_owned(),
        delivery: Box::new(delivery),
    }
}

/// How a policy does its steps on several vCenters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// On how many vCenters at once; on all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// The time between two batches, seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pause_seconds: u64,
    /// After so many failures nothing more is begun; without, all is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
    /// After so long what runs is cancelled and nothing more is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_seconds: Option<u64>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why a policy runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// What happened.
    pub what: Happened,
    /// When.
    pub at: Time,
    /// On which vCenters; empty where it is about none.
    #[serde(default)]
    pub vcenters: Vec<VcenterId>,
    /// The policies whose runs led to it: none of them is started by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<PolicyId>,
}

names!(
    /// What starts a run of a policy.
    Happened {
        /// Somebody started it.
        Hand = "hand",
        /// Its time had come.
        Time = "time",
        /// A sync changed something.
        Synced = "synced",
        /// vCenters can't be reached any more.
        Offline = "offline",
        /// vCenters are back.
        Online = "online",
        /// Something was found wrong.
        Finding = "finding",
        /// Muster started.
        Start = "start",
    }
);

/// A policy, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id.
    #[serde(rename = "policy")]
    pub id: PolicyId,
    /// Its name.
    pub name: String,
    /// Whether it is on.
    pub enabled: bool,
    /// What starts it.
    pub when: Vec<Trigger>,
    /// What has to hold then, its vCenters by their names.
    #[serde(rename = "if")]
    pub conditions: Conditions,
    /// What is done, in this order.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
    /// How it is done on several vCenters.
    pub how: How,
    /// The IANA name of its time zone.
    pub zone: String,
    /// When it starts next at a time that is known; `null` where it waits for something to happen.
    pub next_at: Option<Time>,
    /// What it waits for, in words.
    pub reason: String,
    /// Its newest run.
    pub last_run: Option<Operation>,
    /// Raised by each edit: an edit names the one that it was made from.
    pub edition: i64,
}

impl Policy {
    /// What is set for it.
    pub fn settings(&self) -> PolicySettings {
        PolicySettings {
            name: self.name.clone(),
            when: self.when.clone(),
            conditions: self.conditions.clone(),
            steps: self.steps.clone(),
            how: self.how.clone(),
            zone: Some(self.zone.clone()),
        }
    }
}

/// What would come of a policy if it ran now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    /// Whether it would run.
    pub runs: bool,
    /// Why it would not, or what has to hold and does, in words.
    pub conditions: Vec<String>,
    /// What it would do, in this order.
    pub steps: Vec<PlannedStep>,
    /// The vCenters that it leaves out, and why.
    pub left_out: Vec<String>,
    /// When it would run next, up to five times.
    pub next_runs: Vec<Time>,
}

/// A step as it would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// What, in words.
    pub step: String,
    /// The names of its vCenters, batch by batch; one empty batch where it is about none.
    pub batches: Vec<Vec<String>>,
}

/// What became of a run: the `result` of its operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Each step, in this order; those that were not begun as well.
    pub steps: Vec<RanStep>,
    /// The vCenters that were left out, and why.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// A run of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRun {
    /// Its operation.
    pub run: OperationId,
    /// The policy.
    pub policy: PolicyId,
    /// Why it ran.
    pub cause: Cause,
    /// When it was asked for.
    pub submitted_at: Time,
    /// When it began; `null` while it waits.
    pub started_at: Option<Time>,
    /// When it ended; `null` while it runs.
    pub finished_at: Option<Time>,
    /// How it stands or ended.
    pub outcome: OperationState,
    /// Why it failed, or what of it did, in words.
    pub message: Option<String>,
    /// The operations that it asked for.
    pub operations: Vec<OperationId>,
    /// What became of its steps; empty while it runs.
    pub steps: Vec<RanStep>,
    /// The vCenters that were left out, and why.
    pub left_out: Vec<String>,
}

impl PolicyRun {
    /// Of its operation; `None` of another one.
    pub fn of(operation: Operation) -> Option<PolicyRun> {
        let Job::Policy { policy, cause, .. } = operation.job else { return None };
        let ran = operation.result.and_then(|result| serde_json::from_value::<Ran>(result).ok());
        let Ran { steps, left_out } = ran.unwrap_or_default();
        Some(PolicyRun {
            run: operation.id,
            policy,
            cause: *cause,
            submitted_at: operation.submitted_at,
            started_at: operation.started_at,
            finished_at: operation.finished_at,
            outcome: operation.state,
            message: operation.error.map(|error| error.message),
            operations: steps.iter().flat_map(|step| step.operations.clone()).collect(),
            steps,
            left_out,
        })
    }
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RanStep {
    /// What, in words.
    pub step: String,
    /// How the worst of its operations ended; `null` where none was begun.
    pub outcome: Option<OperationState>,
    /// The operations that it asked for.
    pub operations: Vec<OperationId>,
    /// Why it was not begun or not done, in words.
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_a_step_or_trigger_does_not_have_is_refused() {
        for step in ["test", "full_sync", "read_servers", "notify", "sync_hosts"] {
            let good = format!(r#"{{"step":"{step}"}}"#);
            let read: Step = serde_json::from_str(&good).unwrap();
            assert!(serde_json::to_string(&read).unwrap().contains(&good[1..good.len() - 1]), "{step}");
            let bad = format!(r#"{{"step":"{step}","vcenters":["Berlin"]}}"#);
            assert!(
                serde_json::from_str::<Step>(&bad).unwrap_err().to_string().contains("vcenters"),
                "{step}"
            );
        }
        for on in ["offline", "online", "start", "synced"] {
            serde_json::from_str::<Trigger>(&format!(r#"{{"on":"{on}"}}"#)).unwrap();
            let bad = format!(r#"{{"on":"{on}","vcenters":["Berlin"]}}"#);
            assert!(
                serde_json::from_str::<Trigger>(&bad).unwrap_err().to_string().contains("vcenters"),
                "{on}"
            );
        }
    }
}
