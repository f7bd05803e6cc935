//! Jobs on the page: what stands before it, what is typed for a policy, and the policies to begin with.
//! Refuses to judge a policy: the service does, and says what is wrong.

use super::schedules::told;
use contract::command::{
    AddDestination, AddPolicy, AddSchedule, Command, DryRunPolicy, EditDestination, EditPolicy, EditSchedule,
    ListRuns, Pause, RemoveDestination, RemovePolicy,
};
use contract::health::Level;
use contract::policy::{Change, How, Policy, PolicySettings, Step, Trigger};
use contract::words::{capital, triggers};
use contract::{ApiError, Code, DestinationId, Kind, PolicyId, Role, ScheduleId};

/// What stands before the page of jobs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OfJob {
    /// A new policy.
    Add,
    /// One that is there.
    Edit(PolicyId),
    /// A new one that is like one that is there.
    Copy(PolicyId),
    /// What would come of it now.
    DryRun(PolicyId),
    /// What its runs did.
    Runs(PolicyId),
    /// Whether it is really to be removed.
    Remove(PolicyId),
    /// For how long everything is paused.
    PauseAll,
    /// A new schedule.
    AddSchedule,
    /// A schedule that is there.
    Schedule(ScheduleId),
    /// A new destination.
    AddDestination,
    /// A destination that is there.
    Destination(DestinationId),
    /// Whether it is really to be removed.
    RemoveDestination(DestinationId),
}

impl OfJob {
    /// The least role that it is open to.
    pub(crate) fn role(&self) -> Role {
        match self {
            OfJob::Add | OfJob::Copy(_) => AddPolicy::ROLE,
            OfJob::Edit(_) => EditPolicy::ROLE,
            OfJob::DryRun(_) => DryRunPolicy::ROLE,
            OfJob::Runs(_) => ListRuns::ROLE,
            OfJob::Remove(_) => RemovePolicy::ROLE,
            OfJob::PauseAll => Pause::ROLE,
            OfJob::AddSchedule => AddSchedule::ROLE,
            OfJob::Schedule(_) => EditSchedule::ROLE,
            OfJob::AddDestination => AddDestination::ROLE,
            OfJob::Destination(_) => EditDestination::ROLE,
            OfJob::RemoveDestination(_) => RemoveDestination::ROLE,
        }
    }

    /// As it stands in the address.
    pub(crate) fn pair(&self) -> (String, String) {
        let (key, id) = match self {
            OfJob::Add => ("add", ""),
            OfJob::Edit(id) => ("edit", id.as_str()),
            OfJob::Copy(id) => ("copy", id.as_str()),
            OfJob::DryRun(id) => ("dry-run", id.as_str()),
            OfJob::Runs(id) => ("runs", id.as_str()),
            OfJob::Remove(id) => ("remove", id.as_str()),
            OfJob::PauseAll => ("pause", ""),
            OfJob::AddSchedule => ("add-schedule", ""),
            OfJob::Schedule(id) => ("schedule", id.as_str()),
            OfJob::AddDestination => ("add-destination", ""),
            OfJob::Destination(id) => ("destination", id.as_str()),
            OfJob::RemoveDestination(id) => ("remove-destination", id.as_str()),
        };
        (key.to_owned(), id.to_owned())
    }

    /// What an address says.
    pub(crate) fn parse(pairs: &[(String, String)]) -> Option<OfJob> {
        let (key, value) = pairs.first()?;
        let id = || PolicyId(value.clone());
        Some(match key.as_str() {
            "add" => OfJob::Add,
            "edit" => OfJob::Edit(id()),
            "copy" => OfJob::Copy(id()),
            "dry-run" => OfJob::DryRun(id()),
            "runs" => OfJob::Runs(id()),
            "remove" => OfJob::Remove(id()),
            "pause" => OfJob::PauseAll,
            "add-schedule" => OfJob::AddSchedule,
            "schedule" => OfJob::Schedule(ScheduleId(value.clone())),
            "add-destination" => OfJob::AddDestination,
            "destination" => OfJob::Destination(DestinationId(value.clone())),
            "remove-destination" => OfJob::RemoveDestination(DestinationId(value.clone())),
            _ => return None,
        })
    }
}

/// A policy to begin with.
pub(crate) struct Template {
    /// What it is for.
    pub(crate) title: &'static str,
    pub(crate) settings: fn() -> PolicySettings,
}

/// Those that there are.
pub(crate) const TEMPLATES: [Template; 6] = [
    Template {
        title: "Nightly full sync",
        settings: || PolicySettings {
            when: vec![Trigger::Cron { cron: "30 2 * * *".to_owned() }],
            steps: vec![Step::FullSync {}],
            how: How { batch: Some(2), ..How::default() },
            ..named("Nightly full sync")
        },
    },
    Template {
        title: "Sync a vCenter that is back online",
        settings: || PolicySettings {
            when: vec![Trigger::Online {}],
            steps: vec![Step::Test {}, Step::FullSync {}],
            how: How { batch: Some(1), stop_after: Some(1), ..How::default() },
            ..named("Sync when back online")
        },
    },
    Template {
        title: "Read everything after hosts were added",
        settings: || PolicySettings {
            when: vec![Trigger::Synced { kind: Some(Kind::Hosts), change: Some(Change::Added) }],
            steps: vec![Step::FullSync {}],
            ..named("Sync after new hosts")
        },
    },
    Template {
        title: "Read hosts again after a critical finding",
        settings: || PolicySettings {
            when: vec![Trigger::Finding { level: Level::Critical }],
            steps: vec![Step::SyncHosts { clusters: Vec::new() }],
            ..named("Check after a finding")
        },
    },
    Template {
        title: "Tell me when a vCenter can't be reached",
        settings: || PolicySettings {
            when: vec![Trigger::Offline {}],
            steps: vec![Step::Notify {}],
            ..named("Tell me when a vCenter is offline")
        },
    },
    Template {
        title: "Test all connections when Muster starts",
        settings: || PolicySettings {
            when: vec![Trigger::Start {}],
            steps: vec![Step::Test {}],
            ..named("Test at start")
        },
    },
];

fn named(name: &str) -> PolicySettings {
    PolicySettings { name: name.to_owned(), ..PolicySettings::default() }
}

/// Settings as they stand in the form: the file of `musterctl policy`.
pub(crate) fn text(settings: &PolicySettings) -> String {
    serde_json::to_string_pretty(settings).unwrap_or_default()
}

/// What was typed, or what is wrong with it.
pub(crate) fn typed(text: &str) -> Result<PolicySettings, String> {
    let read = PolicySettings::from_file(text).map(|(settings, _)| settings);
    read.map_err(|error| format!("{}.", capital(&error.to_string())))
}

/// What the service has against it.
pub(crate) fn refused(error: &ApiError) -> Option<String> {
    matches!(error.code, Code::InvalidValue | Code::NotFound | Code::AlreadyExists).then(|| told(error))
}

/// What a policy waits for, beside when that is known.
pub(crate) fn waits_for(policy: &Policy) -> String {
    match policy.enabled {
        true => capital(&triggers(&policy.when)),
        false => "Off".to_owned(),
    }
}

/// What keeps a policy that is on from running, if something does.
pub(crate) fn held(policy: &Policy) -> Option<String> {
    let waits = policy.enabled && !policy.when.is_empty();
    (waits && policy.reason != triggers(&policy.when)).then(|| capital(&policy.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_page_stands_in_its_address() {
        let id = || PolicyId("0194-aa".to_owned());
        for dialog in [
            OfJob::Add,
            OfJob::Edit(id()),
            OfJob::Copy(id()),
            OfJob::DryRun(id()),
            OfJob::Runs(id()),
            OfJob::Remove(id()),
            OfJob::PauseAll,
            OfJob::AddSchedule,
            OfJob::Schedule(ScheduleId("0194-bb".to_owned())),
            OfJob::AddDestination,
            OfJob::Destination(DestinationId("0194-cc".to_owned())),
            OfJob::RemoveDestination(DestinationId("0194-cc".to_owned())),
        ] {
            assert_eq!(OfJob::parse(&[dialog.pair()]), Some(dialog));
        }
        assert_eq!(OfJob::parse(&[("other".to_owned(), String::new())]), None);
    }

    #[test]
    fn what_is_typed_is_a_policy_or_says_where_it_is_none() {
        for template in TEMPLATES {
            let settings = (template.settings)();
            assert_eq!(typed(&text(&settings)), Ok(settings));
        }
        let wrong = typed("{\n \"name\": \"p\",\n \"do\": [{\"step\": \"reboot\"}]\n}").unwrap_err();
        assert!(wrong.contains("reboot") && wrong.contains("line"), "{wrong}");
        assert!(typed("").is_err());
        assert!(typed(r#"["arr", [], {}, [{"step": "test"}], {}, null]"#).unwrap_err().contains("object"));
    }
}
