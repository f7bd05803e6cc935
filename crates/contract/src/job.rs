//! What an operation is to do, as data: stored whole with it and sent by every client, so that whoever can claim it can run
//! it, and a retry is the same value again.
//! Refuses to run anything: `service` has one file for each of them below `jobs/`.

use crate::destination::{Delivery, SoFar};
use crate::discovery::Scan;
use crate::policy::{Cause, PolicySettings, Step};
use crate::{DestinationId, Kind, Moref, OperationKind, PolicyId, ServerId};
use serde::{Deserialize, Serialize};

/// What an operation is to do. Two that are equal and wait or run at the same time are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Log in, look around, log out.
    Test {
        /// A person says that a login that was rejected is right after all.
        #[serde(default)]
        retry_login: bool,
    },
    /// Read the hosts of these clusters, or all hosts.
    SyncHosts {
        /// Names or morefs; empty for all.
        #[serde(default)]
        clusters: Vec<String>,
        /// Whether the deletion guard was answered.
        #[serde(default)]
        accept_removals: bool,
    },
    /// Read everything.
    FullSync {
        /// Whether the deletion guard was answered.
        #[serde(default)]
        accept_removals: bool,
    },
    /// Read one kind, or objects of it.
    Refresh {
        /// Which.
        of: Kind,
        /// These objects alone, at most [`Job::OBJECTS`]; empty for all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        morefs: Vec<Moref>,
        /// Whether the deletion guard was answered.
        #[serde(default)]
        accept_removals: bool,
    },
    /// Look for BMCs, and read those that are trusted. It is about no vCenter.
    Scan {
        /// Where, and how.
        scan: Box<Scan>,
    },
    /// Read known servers anew. It is about no vCenter.
    ReadServers {
        /// Which; empty for all.
        #[serde(default)]
        servers: Vec<ServerId>,
    },
    /// Run a policy, which asks for operations. It is about no vCenter itself.
    Policy {
        /// Which.
        policy: PolicyId,
        /// What is set for it.
        settings: Box<PolicySettings>,
        /// Why it runs.
        cause: Box<Cause>,
    },
    /// Deliver something to a destination. It is about no vCenter.
    Deliver {
        /// Where to.
        destination: DestinationId,
        /// What that is called.
        name: String,
        /// What.
        delivery: Box<Delivery>,
    },
    /// Show a notification where a window is open. It is about no vCenter.
    Notify {
        /// The run that it tells of.
        run: Box<SoFar>,
    },
}

/// Where a job takes its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// One of its vCenter at a time.
    Sync,
    /// Beside whatever else its vCenter does.
    Beside,
    /// One that talks to BMCs at a time: two at once might try two passwords at one of them.
    Discovery,
    /// One run of its policy at a time.
    Policy,
    /// One to its destination at a time.
    Delivery,
}

impl Job {
    /// A test with what is known of the login.
    pub const TEST: Job = Job::Test { retry_login: false };

    /// A sync of everything that stops if it would remove too much.
    pub const FULL_SYNC: Job = Job::FullSync { accept_removals: false };

    /// Objects that are refreshed by themselves at most; of more the kind is read.
    pub const OBJECTS: usize = 200;

    /// A refresh of one kind.
    pub fn refresh(of: Kind) -> Job {
        Job::Refresh { of, morefs: Vec::new(), accept_removals: false }
    }

    /// A refresh of objects.
    pub fn refresh_of(of: Kind, mut morefs: Vec<Moref>) -> Job {
        // Those who want the same ask for the same.
        morefs.sort();
        morefs.dedup();
        Job::Refresh { of, morefs, accept_removals: false }
    }

    /// What it is called in JSON, in lists and filters.
    pub fn kind(&self) -> OperationKind {
        match self {
            Job::Test { .. } => OperationKind::Test,
            Job::SyncHosts { .. } => OperationKind::SyncHosts,
            Job::FullSync { .. } => OperationKind::FullSync,
            Job::Refresh { .. } => OperationKind::Refresh,
            Job::Scan { .. } => OperationKind::Scan,
            Job::ReadServers { .. } => OperationKind::ReadServers,
            Job::Policy { .. } => OperationKind::Policy,
            Job::Deliver { .. } => OperationKind::Deliver,
            Job::Notify { .. } => OperationKind::Notify,
        }
    }

    /// What it is about, in the field's words: cluster names of a host sync, the kind of a refresh and its objects.
    pub fn scope(&self) -> Vec<String> {
        match self {
            Job::SyncHosts { clusters, .. } => clusters.clone(),
            Job::Refresh { of, morefs, .. } => {
                std::iter::once(of.to_string()).chain(morefs.iter().map(ToString::to_string)).collect()
            }
            Job::Scan { scan } => scan.ranges.clone(),
            Job::ReadServers { servers } => servers.iter().map(ToString::to_string).collect(),
            Job::Policy { settings, .. } => vec![settings.name.clone()],
            Job::Deliver { name, .. } => vec![name.clone()],
            Job::Notify { run } => vec![run.name.clone()],
            Job::Test { .. } | Job::FullSync { .. } => Vec::new(),
        }
    }

    /// Where it takes its turn.
    pub fn lane(&self) -> Lane {
        match self {
            Job::SyncHosts { .. } | Job::FullSync { .. } => Lane::Sync,
            Job::Test { .. } | Job::Refresh { .. } => Lane::Beside,
            Job::Scan { .. } | Job::ReadServers { .. } => Lane::Discovery,
            Job::Policy { .. } => Lane::Policy,
            Job::Deliver { .. } | Job::Notify { .. } => Lane::Delivery,
        }
    }

    /// Whether whoever waits for `other` gets all of it from this one, as long as neither has begun.
    pub fn covers(&self, other: &Job) -> bool {
        match (self, other) {
            _ if self == other => true,
            // Whoever didn't accept removals must not be answered by a job that does.
            (Job::FullSync { accept_removals }, Job::SyncHosts { accept_removals: other, clusters }) => {
                accept_removals == other && clusters.is_empty()
            }
            (Job::FullSync { accept_removals }, Job::Refresh { accept_removals: other, .. }) => {
                accept_removals == other
            }
            (
                Job::Refresh { of, morefs, accept_removals },
                Job::Refresh { of: others, accept_removals: other, .. },
            ) => of.covered_by() == others.covered_by() && morefs.is_empty() && accept_removals == other,
            _ => false,
        }
    }

    /// The same work once more, and no more than that: what a person answered for the first time is asked again.
    #[must_use]
    pub fn again(&self) -> Job {
        self.answered(false)
    }

    /// The same work with its removals accepted; `None` for what removes nothing.
    pub fn accepting_removals(&self) -> Option<Job> {
        self.reads_inventory().then(|| self.answered(true))
    }

    /// Whether the deletion guard was answered.
    pub fn accepts_removals(&self) -> bool {
        match self {
            Job::SyncHosts { accept_removals, .. }
            | Job::FullSync { accept_removals }
            | Job::Refresh { accept_removals, .. } => *accept_removals,
            _ => false,
        }
    }

    /// Whether it reads inventory of a vCenter into the cache.
    pub fn reads_inventory(&self) -> bool {
        matches!(self, Job::SyncHosts { .. } | Job::FullSync { .. } | Job::Refresh { .. })
    }

    /// Whether it is about a vCenter.
    pub fn is_of_a_vcenter(&self) -> bool {
        !matches!(self.lane(), Lane::Discovery | Lane::Policy | Lane::Delivery)
    }

    /// Whether it is a run of a policy, or what one delivers.
    pub fn is_of_policies(&self) -> bool {
        matches!(self.lane(), Lane::Policy | Lane::Delivery)
    }

    /// The scans that it does.
    pub fn scans(&self) -> Vec<&Scan> {
        match self {
            Job::Scan { scan } => vec![scan],
            Job::Policy { settings, .. } => settings.steps.iter().filter_map(Step::scan).collect(),
            _ => Vec::new(),
        }
    }

    /// The policy that it runs.
    pub fn policy(&self) -> Option<&PolicyId> {
        match self {
            Job::Policy { policy, .. } => Some(policy),
            _ => None,
        }
    }

    fn answered(&self, accept: bool) -> Job {
        let mut job = self.clone();
        match &mut job {
            Job::SyncHosts { accept_removals, .. }
            | Job::FullSync { accept_removals }
            | Job::Refresh { accept_removals, .. } => *accept_removals = accept,
            Job::Test { retry_login } => *retry_login = false,
            Job::Scan { .. }
            | Job::ReadServers { .. }
            | Job::Policy { .. }
            | Job::Deliver { .. }
            | Job::Notify { .. } => {}
        }
        job
    }
}

/// A job in the JSON of its operation: whole as `job`, and what scripts look for beside it as `kind` and `scope`.
pub(crate) mod in_operation {
    use super::Job;
    use serde::ser::SerializeMap;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(job: &Job, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("kind", &job.kind())?;
        map.serialize_entry("scope", &job.scope())?;
        map.serialize_entry("job", job)?;
        map.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Job, D::Error> {
        #[derive(Deserialize)]
        struct Whole {
            job: Job,
        }
        Whole::deserialize(deserializer).map(|whole| whole.job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Job> {
        let mut all = Vec::new();
        for accept_removals in [false, true] {
            all.push(Job::FullSync { accept_removals });
            all.push(Job::SyncHosts { clusters: Vec::new(), accept_removals });
            all.push(Job::SyncHosts { clusters: vec!["prod".into()], accept_removals });
            for morefs in [Vec::new(), vec![Moref::from("vm-1")]] {
                all.push(Job::Refresh { of: Kind::Vms, morefs, accept_removals });
            }
            all.push(Job::Test { retry_login: accept_removals });
        }
        all
    }

    #[test]
    fn a_job_comes_back_from_its_json_and_says_what_kind_it_is() {
        for job in all() {
            let json = serde_json::to_value(&job).unwrap();
            assert_eq!(json["kind"], job.kind().name());
            assert_eq!(serde_json::from_value::<Job>(json).unwrap(), job);
        }
    }

    #[test]
    fn what_covers_another_reads_no_less_and_was_answered_alike() {
        for one in all() {
            for other in all().iter().filter(|other| one.covers(other)) {
                assert_eq!(one.accepts_removals(), other.accepts_removals(), "{one:?} {other:?}");
                let is_whole = matches!(&one, Job::Refresh { morefs, .. } if morefs.is_empty());
                let is_more = is_whole || matches!(one, Job::FullSync { .. });
                assert!(one == *other || is_more, "{one:?} {other:?}");
            }
        }
        assert!(Job::FULL_SYNC.covers(&Job::SyncHosts { clusters: Vec::new(), accept_removals: false }));
        assert!(!Job::FULL_SYNC.covers(&Job::Test { retry_login: false }));
    }

    #[test]
    fn a_retry_accepts_nothing_by_itself() {
        for job in all() {
            let again = job.again();
            assert!(!again.accepts_removals() && again.kind() == job.kind() && again.scope() == job.scope());
            assert!(job.accepting_removals().is_none_or(|job| job.accepts_removals()));
        }
    }
}
