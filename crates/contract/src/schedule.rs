//! Schedules: what is done by itself, on which vCenters or about none, when, and what comes of it.
//! Refuses to compute when one is due: the service does.

use crate::discovery::Scan;
use crate::{ApiError, Job, Operation, OperationState, Pause, PolicyId, ScheduleId, Time, VcenterId};
use serde::{Deserialize, Serialize};

/// When a schedule is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Every so many seconds of real time.
    EverySeconds(u64),
    /// At the times of a cron expression of five fields, in the schedule's time zone.
    Cron(String),
}

/// What a schedule does on each of its vCenters, or about none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "job", content = "scan", rename_all = "snake_case")]
pub enum ScheduledJob {
    /// Read everything.
    #[default]
    Full,
    /// Read the hosts.
    Hosts,
    /// Test the connection.
    Test,
    /// Read the known servers anew. It is about no vCenter.
    Servers,
    /// Look for BMCs, and read those that are trusted. It is about no vCenter.
    Scan(Box<Scan>),
}

impl ScheduledJob {
    /// Those that a name says whole.
    pub const NAMED: [ScheduledJob; 4] =
        [ScheduledJob::Full, ScheduledJob::Hosts, ScheduledJob::Test, ScheduledJob::Servers];

    /// The name in JSON and in the database.
    pub fn name(&self) -> &'static str {
        match self {
            ScheduledJob::Full => "full",
            ScheduledJob::Hosts => "hosts",
            ScheduledJob::Test => "test",
            ScheduledJob::Servers => "servers",
            ScheduledJob::Scan(_) => "scan",
        }
    }

    /// What has that name, unless the name doesn't say all of it.
    pub fn from_name(name: &str) -> Option<ScheduledJob> {
        ScheduledJob::NAMED.into_iter().find(|job| job.name() == name)
    }

    /// Whether it reads what is there on vCenters: what a smart schedule can move to when people look.
    pub fn reads_vcenters(&self) -> bool {
        matches!(self, ScheduledJob::Full | ScheduledJob::Hosts)
    }

    /// Whether it is done on vCenters.
    pub fn is_on_vcenters(&self) -> bool {
        matches!(self, ScheduledJob::Full | ScheduledJob::Hosts | ScheduledJob::Test)
    }

    /// Where it looks, if it is a scan.
    pub fn scan(&self) -> Option<&Scan> {
        match self {
            ScheduledJob::Scan(scan) => Some(scan),
            _ => None,
        }
    }

    /// The job of its operations.
    pub fn job(&self) -> Job {
        match self {
            ScheduledJob::Full => Job::FULL_SYNC,
            ScheduledJob::Hosts => Job::SyncHosts { clusters: Vec::new(), accept_removals: false },
            ScheduledJob::Test => Job::TEST,
            ScheduledJob::Servers => Job::ReadServers { servers: Vec::new() },
            ScheduledJob::Scan(scan) => Job::Scan { scan: scan.clone() },
        }
    }
}

/// What is set for a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScheduleSettings {
    /// Its name.
    pub name: String,
    /// The vCenters it is for; empty where it is for a tag, and where it is about none.
    #[serde(default)]
    pub vcenters: Vec<VcenterId>,
    /// The tag of the vCenters it is for, whichever have it when it is due.
    #[serde(default)]
    pub tag: Option<String>,
    /// When it is due.
    pub when: Timing,
    /// The IANA name of its time zone; `None` for that of this machine.
    #[serde(default)]
    pub zone: Option<String>,
    /// What it does: `job` by its name, and `scan` where that is one.
    #[serde(flatten)]
    pub job: ScheduledJob,
    /// Hours in which it starts nothing, in its time zone: `22:00-06:00`.
    #[serde(default)]
    pub quiet: Option<String>,
    /// Whether it runs when people look, as often as its interval would.
    #[serde(default)]
    pub smart: bool,
}

/// A schedule, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its id.
    #[serde(rename = "schedule")]
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// The names of the vCenters that it is for now, sorted.
    pub vcenters: Vec<String>,
    /// The tag that it is for, where it isn't for chosen vCenters.
    pub tag: Option<String>,
    /// What it does: `job` by its name, and `scan` where that is one.
    #[serde(flatten)]
    pub job: ScheduledJob,
    /// How often it is due, where that is an interval.
    pub every_seconds: Option<u64>,
    /// When it is due, where it is at times of day.
    pub cron: Option<String>,
    /// The IANA name of its time zone.
    pub zone: String,
    /// Hours in which it starts nothing.
    pub quiet: Option<String>,
    /// Whether it runs when people look, as often as its interval would.
    #[serde(default)]
    pub smart: bool,
    /// Whether it is on.
    pub enabled: bool,
    /// When it starts something next; `null` where nobody knows.
    pub next_at: Option<Time>,
    /// Why then, in words.
    pub reason: String,
    /// Of the newest operations that it started on each of its vCenters, the one that ended worst.
    pub last_operation: Option<Operation>,
    /// Raised by each edit: an edit names the one that it was made from.
    pub edition: i64,
    /// How it stands on each of its vCenters; of one that is about none, the one way it stands.
    pub targets: Vec<ScheduleTarget>,
}

/// How a schedule stands on one vCenter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleTarget {
    /// The vCenter; `null` where the schedule is about none.
    pub vcenter_id: Option<VcenterId>,
    /// Its name.
    pub vcenter: Option<String>,
    /// When something starts on it next; `null` where nobody knows.
    pub next_at: Option<Time>,
    /// Why then, in words.
    pub reason: String,
    /// Whether it waits for something else than its time.
    pub waits: bool,
    /// The newest operation that it started there.
    #[serde(default)]
    pub last_operation: Option<Operation>,
}

/// Of the newest operations on each vCenter the one that ended worst, the newest of several: what went well on one vCenter
/// doesn't hide that it failed on another.
pub fn worst_last(targets: &[ScheduleTarget]) -> Option<&Operation> {
    let badness = |operation: &Operation| match operation.state {
        OperationState::Failed => 4,
        OperationState::Interrupted => 3,
        OperationState::Partial => 2,
        OperationState::Cancelled => 1,
        OperationState::Queued | OperationState::Running | OperationState::Succeeded => 0,
    };
    let last = targets.iter().filter_map(|target| target.last_operation.as_ref());
    // Ids begin with the time at which they were made.
    last.max_by_key(|operation| (badness(operation), &operation.id))
}

impl Schedule {
    /// What is due for longer than this, milliseconds, is not about to start: no process is there that starts it.
    pub const OVERDUE: i64 = 90_000;

    /// On how many of its vCenters the newest operation failed, where it has several and failed on any of them:
    /// `failed on 2 of 5 vCenters`.
    pub fn failed_on(&self) -> Option<String> {
        let is_failed = |target: &&ScheduleTarget| {
            target.last_operation.as_ref().is_some_and(|last| last.state == OperationState::Failed)
        };
        let (failed, all) = (self.targets.iter().filter(is_failed).count(), self.targets.len());
        (failed > 0 && all > 1).then(|| format!("failed on {failed} of {all} vCenters"))
    }

    /// Takes in what became of an operation.
    pub fn take_in(&mut self, operation: &Operation) {
        let last = self.targets.iter_mut().filter_map(|target| target.last_operation.as_mut());
        last.filter(|last| last.id == operation.id).for_each(|last| *last = operation.clone());
        self.last_operation = worst_last(&self.targets).cloned();
    }

    /// When it is due.
    pub fn timing(&self) -> Timing {
        match (self.every_seconds, &self.cron) {
            (Some(seconds), _) => Timing::EverySeconds(seconds),
            (None, cron) => Timing::Cron(cron.clone().unwrap_or_default()),
        }
    }

    /// What is set for it.
    pub fn settings(&self) -> ScheduleSettings {
        let chosen = self.targets.iter().filter_map(|target| target.vcenter_id.clone());
        ScheduleSettings {
            name: self.name.clone(),
            vcenters: if self.tag.is_some() { Vec::new() } else { chosen.collect() },
            tag: self.tag.clone(),
            when: self.timing(),
            zone: Some(self.zone.clone()),
            job: self.job.clone(),
            quiet: self.quiet.clone(),
            smart: self.smart,
        }
    }
}

/// Something that schedules will start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When.
    pub at: Time,
    /// The name of the schedule; empty where it has none yet.
    pub schedule: String,
    /// On which vCenters; empty where it is about none.
    pub vcenters: Vec<String>,
    /// What it is about, in words: its vCenters, or where a scan looks.
    pub about: String,
    /// Why then, in words.
    pub reason: String,
    /// The same time in the schedule's time zone: `Sun 29 Mar 2026 03:00 CEST`.
    pub local: String,
}

/// What runs by itself in the days to come, as far as its time is known: schedules and policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The IANA name of the time zone that its days are of: that of this machine.
    pub zone: String,
    /// That everything is paused, if it is: what would run until then is left out.
    pub pause: Option<Pause>,
    /// Day by day, today first, those without runs too.
    pub days: Vec<CalendarDay>,
    /// What runs more often than 24 times a day, which is not in the days.
    pub often: Vec<Often>,
}

/// A day, and what runs on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarDay {
    /// The day: `2026-03-29`.
    pub date: String,
    /// The same in words: `Sun 29 Mar`.
    pub title: String,
    /// The first run of each schedule and policy on it, by time.
    pub runs: Vec<CalendarRun>,
}

/// The runs of a schedule or a policy on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarRun {
    /// Which.
    #[serde(flatten)]
    pub job: CalendarJob,
    /// When the first of that day starts.
    pub at: Time,
    /// The same on the clock: `02:30`.
    pub local: String,
    /// How many follow on the same day.
    pub more: u32,
    /// Why then, in words.
    pub reason: String,
}

/// What runs more often than 24 times a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Often {
    /// Which.
    #[serde(flatten)]
    pub job: CalendarJob,
    /// How often, in words.
    pub reason: String,
}

/// A schedule or a policy in the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarJob {
    /// The schedule, if it is one.
    pub schedule: Option<ScheduleId>,
    /// The policy, if it is one.
    pub policy: Option<PolicyId>,
    /// Its name.
    pub name: String,
    /// What it does, in words: `Full sync: Berlin, Paris`.
    pub what: String,
}

/// A field of a schedule's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleField {
    /// When it is due.
    When,
    /// Its time zone.
    Zone,
    /// Its quiet hours.
    Quiet,
}

/// What is wrong with what somebody typed into a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongField {
    /// Which field.
    pub field: ScheduleField,
    /// What is wrong, and what to type instead.
    pub error: ApiError,
}

/// What would become of a schedule that is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Its time zone: the one that was asked for, or that of this machine.
    pub zone: String,
    /// When it would run; empty where something is wrong.
    pub runs: Vec<Run>,
    /// What is wrong.
    pub wrong: Vec<WrongField>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_schedule_does_crosses_json_by_its_name() {
        for job in ScheduledJob::NAMED {
            assert_eq!(serde_json::to_value(&job).unwrap(), serde_json::json!({ "job": job.name() }));
            assert_eq!(ScheduledJob::from_name(job.name()), Some(job.clone()));
            assert!(!job.job().accepts_removals());
        }
        let ranges = vec!["10.0.8.0/24".to_owned()];
        let scan = ScheduledJob::Scan(Box::new(Scan { ranges, ..Scan::default() }));
        assert_eq!(
            serde_json::to_string(&scan).unwrap(),
            r#"{"job":"scan","scan":{"ranges":["10.0.8.0/24"],"accept_many":false}}"#
        );
        assert_eq!(ScheduledJob::from_name(scan.name()), None);
        assert!(!scan.is_on_vcenters() && !ScheduledJob::Servers.is_on_vcenters());
        // One that an earlier release wrote, or a script that knows none, is not smart.
        let plain = serde_json::json!({ "name": "a", "when": { "every_seconds": 1800 }, "job": "full" });
        let plain: ScheduleSettings = serde_json::from_value(plain).unwrap();
        assert!(!plain.smart);
        let smart = serde_json::to_value(ScheduleSettings { smart: true, ..plain }).unwrap();
        assert_eq!(smart["smart"], true);
        let every = Timing::EverySeconds(1800);
        assert_eq!(serde_json::to_string(&every).unwrap(), r#"{"every_seconds":1800}"#);
    }
}
