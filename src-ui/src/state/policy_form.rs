//! What stands in the form of a policy, and the policy that it means.
//! Refuses to judge more than what can't be read: the service does, and says what is wrong.

use super::scanning::{NO_RANGE, looking_in};
use super::schedules::sentence;
use contract::destination::About;
use contract::discovery::Scan;
use contract::health::Level;
use contract::policy::{Change, Conditions, How, PolicySettings, Rows, Step, Trigger};
use contract::words::{timing, timing_of};
use contract::{Kind, Timing, duration_in_seconds};

/// The ids of the fields that there is one of.
pub(crate) const NAME: &str = "policy-name";
pub(crate) const STEPS: &str = "policy-steps";
pub(crate) const BATCH: &str = "policy-batch";
pub(crate) const PAUSE: &str = "policy-pause";
pub(crate) const STOP: &str = "policy-stop";
pub(crate) const MOST: &str = "policy-most";

/// What is wrong, in words, by the id of its field.
pub(crate) type Wrong = Vec<(String, String)>;

/// The id of a field of an entry.
pub(crate) fn id(list: &str, place: usize, field: &str) -> String {
    format!("policy-{list}-{place}-{field}")
}

/// What starts a policy, as it is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Time,
    Synced,
    Offline,
    Online,
    Finding,
    Start,
}

impl On {
    /// Each with its words.
    pub(crate) const ALL: [(On, &str); 6] = [
        (On::Time, "At a time"),
        (On::Synced, "After a sync with changes"),
        (On::Offline, "When a vCenter goes offline"),
        (On::Online, "When a vCenter is back online"),
        (On::Finding, "On a new health finding"),
        (On::Start, "When Muster starts"),
    ];
}

/// A trigger; of other sorts than its own it has what stood there before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TriggerEntry {
    /// What tells it from the others of its form, wherever it stands.
    pub(crate) key: u64,
    pub(crate) on: On,
    pub(crate) time: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) change: Option<Change>,
    pub(crate) level: Level,
}

impl TriggerEntry {
    pub(crate) fn new(key: u64) -> TriggerEntry {
        let time = "daily 02:30".to_owned();
        TriggerEntry { key, on: On::Time, time, kind: None, change: None, level: Level::Critical }
    }

    fn of(key: u64, trigger: &Trigger) -> TriggerEntry {
        let new = TriggerEntry::new(key);
        match trigger {
            Trigger::Interval { every_seconds } => {
                TriggerEntry { time: timing(&Timing::EverySeconds(*every_seconds)), ..new }
            }
            Trigger::Cron { cron } => {
                let when = Timing::Cron(cron.clone());
                let said = timing(&when);
                // An expression that its words don't bring back stands as it is.
                let time = if timing_of(&said).as_ref() == Ok(&when) { said } else { cron.clone() };
                TriggerEntry { time, ..new }
            }
            Trigger::Synced { kind, change } => {
                TriggerEntry { on: On::Synced, kind: *kind, change: *change, ..new }
            }
            Trigger::Offline {} => TriggerEntry { on: On::Offline, ..new },
            Trigger::Online {} => TriggerEntry { on: On::Online, ..new },
            Trigger::Finding { level } => TriggerEntry { on: On::Finding, level: *level, ..new },
            Trigger::Start {} => TriggerEntry { on: On::Start, ..new },
        }
    }

    /// The trigger, or what is wrong with which of its fields.
    fn trigger(&self) -> Result<Trigger, (&'static str, String)> {
        Ok(match self.on {
            On::Time => match timing_of(&self.time).map_err(|(why, next)| ("time", sentence(&why, next)))? {
                Timing::EverySeconds(every_seconds) => Trigger::Interval { every_seconds },
                Timing::Cron(cron) => Trigger::Cron { cron },
            },
            On::Synced => Trigger::Synced { kind: self.kind, change: self.change },
            On::Offline => Trigger::Offline {},
            On::Online => Trigger::Online {},
            On::Finding => Trigger::Finding { level: self.level },
            On::Start => Trigger::Start {},
        })
    }
}

/// What a step does, as it is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Test,
    SyncHosts,
    FullSync,
    ReadServers,
    Scan,
    Send,
    Export,
    Notify,
}

impl Does {
    /// Each with its words.
    pub(crate) const ALL: [(Does, &str); 8] = [
        (Does::Test, "Test the connection"),
        (Does::SyncHosts, "Sync hosts"),
        (Does::FullSync, "Full sync"),
        (Does::ReadServers, "Read known servers"),
        (Does::Scan, "Scan for BMCs"),
        (Does::Send, "Send a message"),
        (Does::Export, "Export to a folder"),
        (Does::Notify, "Show a notification"),
    ];
}

/// A step; of other sorts than its own it has what stood there before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StepEntry {
    /// What tells it from the others of its form, wherever it stands.
    pub(crate) key: u64,
    pub(crate) does: Does,
    /// Separated by commas.
    pub(crate) clusters: String,
    pub(crate) ranges: String,
    pub(crate) exclude: String,
    /// What no field shows of a scan.
    scan: Scan,
    /// The name of the destination.
    pub(crate) to: String,
    pub(crate) about: About,
    pub(crate) kinds: Vec<Kind>,
}

impl StepEntry {
    pub(crate) fn new(key: u64) -> StepEntry {
        StepEntry {
            key,
            does: Does::FullSync,
            clusters: String::new(),
            ranges: String::new(),
            exclude: String::new(),
            scan: Scan::default(),
            to: String::new(),
            about: About::Run,
            kinds: vec![Kind::Vms],
        }
    }

    fn of(key: u64, step: &Step) -> StepEntry {
        let new = StepEntry::new(key);
        match step {
            Step::Test {} => StepEntry { does: Does::Test, ..new },
            Step::SyncHosts { clusters } => {
                StepEntry { does: Does::SyncHosts, clusters: clusters.join(", "), ..new }
            }
            Step::FullSync {} => new,
            Step::ReadServers {} => StepEntry { does: Does::ReadServers, ..new },
            Step::Scan { scan } => StepEntry {
                does: Does::Scan,
                ranges: scan.ranges.join(", "),
                exclude: scan.exclude.join(", "),
                scan: (**scan).clone(),
                ..new
            },
            Step::Send { to, about } => StepEntry { does: Does::Send, to: to.clone(), about: *about, ..new },
            Step::Export { to, kinds } => {
                StepEntry { does: Does::Export, to: to.clone(), kinds: kinds.clone(), ..new }
            }
            Step::Notify {} => StepEntry { does: Does::Notify, ..new },
        }
    }

    /// The step, or what is wrong with which of its fields.
    fn step(&self) -> Result<Step, (&'static str, String)> {
        let to = || match self.to.as_str() {
            "" => Err(("to", "Select a destination.".to_owned())),
            to => Ok(to.to_owned()),
        };
        Ok(match self.does {
            Does::Test => Step::Test {},
            Does::SyncHosts => Step::SyncHosts { clusters: names(&self.clusters) },
            Does::FullSync => Step::FullSync {},
            Does::ReadServers => Step::ReadServers {},
            Does::Scan => {
                let scan = looking_in(&self.scan, &self.ranges, &self.exclude);
                if scan.ranges.is_empty() {
                    return Err(("ranges", NO_RANGE.to_owned()));
                }
                Step::Scan { scan: Box::new(scan) }
            }
            Does::Send => Step::Send { to: to()?, about: self.about },
            Does::Export if self.kinds.is_empty() => {
                return Err(("kinds", "Select at least one kind.".to_owned()));
            }
            Does::Export => Step::Export { to: to()?, kinds: self.kinds.clone() },
            Does::Notify => Step::Notify {},
        })
    }
}

/// A condition on rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowsEntry {
    /// What tells it from the others of its form, wherever it stands.
    pub(crate) key: u64,
    pub(crate) kind: Kind,
    /// A line each.
    pub(crate) conditions: String,
    pub(crate) at_least: String,
}

impl RowsEntry {
    pub(crate) fn new(key: u64) -> RowsEntry {
        RowsEntry { key, kind: Kind::Hosts, conditions: String::new(), at_least: "1".to_owned() }
    }

    fn of(key: u64, rows: &Rows) -> RowsEntry {
        let (conditions, at_least) = (rows.conditions.join("\n"), rows.at_least.to_string());
        RowsEntry { key, kind: rows.kind, conditions, at_least }
    }

    fn rows(&self) -> Result<Rows, (&'static str, String)> {
        let at_least = self.at_least.trim().parse().ok().filter(|number| *number > 0);
        let at_least = at_least.ok_or_else(|| ("first", "Enter a number, 1 or more.".to_owned()))?;
        let conditions = self.conditions.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(Rows { kind: self.kind, conditions: conditions.map(str::to_owned).collect(), at_least })
    }
}

/// Each field as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PolicyForm {
    pub(crate) name: String,
    pub(crate) triggers: Vec<TriggerEntry>,
    /// By their names; with no tags either, all of them.
    pub(crate) vcenters: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) quiet: String,
    pub(crate) zone: String,
    pub(crate) rows: Vec<RowsEntry>,
    pub(crate) steps: Vec<StepEntry>,
    pub(crate) batch: String,
    pub(crate) pause: String,
    pub(crate) stop_after: String,
    pub(crate) most: String,
}

impl PolicyForm {
    pub(crate) fn of(settings: &PolicySettings) -> PolicyForm {
        let PolicySettings { name, when, conditions, steps, how, zone } = settings;
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        PolicyForm {
            name: name.clone(),
            triggers: (0..).zip(when).map(|(key, one)| TriggerEntry::of(key, one)).collect(),
            vcenters: conditions.vcenters.clone(),
            tags: conditions.tags.clone(),
            quiet: conditions.quiet.clone().unwrap_or_default(),
            zone: zone.clone().unwrap_or_default(),
            rows: (0..).zip(&conditions.rows).map(|(key, one)| RowsEntry::of(key, one)).collect(),
            steps: (0..).zip(steps).map(|(key, one)| StepEntry::of(key, one)).collect(),
            batch: number(how.batch),
            pause: Some(how.pause_seconds).filter(|pause| *pause > 0).map(length).unwrap_or_default(),
            stop_after: number(how.stop_after),
            most: how.most_seconds.map(length).unwrap_or_default(),
        }
    }

    /// The same, unless something of the policy has no field: then it would be lost. What is wrong with it, its fields say.
    pub(crate) fn whole(settings: &PolicySettings) -> Option<PolicyForm> {
        let form = PolicyForm::of(settings);
        form.settings().map_or(true, |read| read == *settings).then_some(form)
    }

    /// The policy, or everything that can't be read.
    pub(crate) fn settings(&self) -> Result<PolicySettings, Wrong> {
        let mut wrong = Wrong::new();
        if self.name.trim().is_empty() {
            wrong.push((NAME.to_owned(), "Enter a name.".to_owned()));
        }
        let when = read(&mut wrong, "when", &self.triggers, TriggerEntry::trigger);
        let rows = read(&mut wrong, "rows", &self.rows, RowsEntry::rows);
        let steps = read(&mut wrong, "step", &self.steps, StepEntry::step);
        if self.steps.is_empty() {
            wrong.push((STEPS.to_owned(), "Add a step.".to_owned()));
        }
        let how = How {
            batch: optional(&mut wrong, BATCH, number(&self.batch)),
            pause_seconds: optional(&mut wrong, PAUSE, seconds(&self.pause)).unwrap_or_default(),
            stop_after: optional(&mut wrong, STOP, number(&self.stop_after)),
            most_seconds: optional(&mut wrong, MOST, seconds(&self.most)),
        };
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let conditions = Conditions {
            vcenters: self.vcenters.clone(),
            tags: self.tags.clone(),
            quiet: some(&self.quiet),
            rows,
        };
        let settings =
            PolicySettings { name: self.name.clone(), when, conditions, steps, how, zone: some(&self.zone) };
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// A key that no entry has.
    pub(crate) fn next_key(&self) -> u64 {
        let steps = self.steps.iter().map(|one| one.key);
        let triggers = self.triggers.iter().map(|one| one.key);
        let rows = self.rows.iter().map(|one| one.key);
        steps.chain(triggers).chain(rows).max().map_or(0, |key| key + 1)
    }

    /// Whether something stands below "If" that isn't so of every policy.
    pub(crate) fn has_conditions(&self) -> bool {
        !(self.vcenters.is_empty() && self.tags.is_empty() && self.quiet.is_empty() && self.rows.is_empty())
    }

    /// The same below "How".
    pub(crate) fn has_limits(&self) -> bool {
        [&self.batch, &self.pause, &self.stop_after, &self.most].iter().any(|text| !text.is_empty())
    }
}

/// The entries of a list that can be read; what is wrong with the others is noted at their fields.
fn read<Entry, T>(
    wrong: &mut Wrong,
    list: &str,
    entries: &[Entry],
    of: fn(&Entry) -> Result<T, (&'static str, String)>,
) -> Vec<T> {
    let mut all = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        match of(entry) {
            Ok(one) => all.push(one),
            Err((field, why)) => wrong.push((id(list, place, field), why)),
        }
    }
    all
}

/// What stands in a field that may be empty; nothing if it can't be read, which is noted.
fn optional<T>(wrong: &mut Wrong, field: &str, read: Result<Option<T>, String>) -> Option<T> {
    read.unwrap_or_else(|why| {
        wrong.push((field.to_owned(), why));
        None
    })
}

/// What stands between commas: names of clusters have spaces.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<u32>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err("Enter a number, 1 or more, or leave it empty.".to_owned()),
        },
    }
}

fn seconds(text: &str) -> Result<Option<u64>, String> {
    match text.trim() {
        "" => Ok(None),
        text => duration_in_seconds(text)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(Some)
            .ok_or_else(|| "Enter a length such as 30 s, 5 min or 2 h, or leave it empty.".to_owned()),
    }
}

/// Seconds as they are typed: `90 s`, `5 min`, `2 h`.
fn length(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::jobs::TEMPLATES;

    fn whole() -> PolicySettings {
        let to = "Ops".to_owned();
        let scan = Scan {
            ranges: vec!["10.0.8.0/24".into()],
            exclude: vec!["10.0.8.9".into()],
            ports: vec![8443],
            accept_many: true,
            ..Scan::default()
        };
        PolicySettings {
            name: "All of it".into(),
            when: vec![
                Trigger::Interval { every_seconds: 1800 },
                Trigger::Cron { cron: "7 */3 1 * *".into() },
                Trigger::Synced { kind: Some(Kind::Hosts), change: Some(Change::Removed) },
                Trigger::Synced { kind: None, change: None },
                Trigger::Offline {},
                Trigger::Online {},
                Trigger::Finding { level: Level::Warning },
                Trigger::Start {},
            ],
            conditions: Conditions {
                vcenters: vec!["Berlin".into()],
                tags: vec!["prod".into()],
                quiet: Some("22:00-06:00".into()),
                rows: vec![Rows {
                    kind: Kind::Vms,
                    conditions: vec!["name~a, b".into(), "x=1".into()],
                    at_least: 5,
                }],
            },
            steps: vec![
                Step::Test {},
                Step::SyncHosts { clusters: vec!["a".into(), "b c".into()] },
                Step::FullSync {},
                Step::ReadServers {},
                Step::Scan { scan: Box::new(scan) },
                Step::Send { to: to.clone(), about: About::Health },
                Step::Export { to, kinds: vec![Kind::Hosts, Kind::Vms] },
                Step::Notify {},
            ],
            how: How { batch: Some(2), pause_seconds: 90, stop_after: Some(3), most_seconds: Some(7200) },
            zone: Some("Europe/Berlin".into()),
        }
    }

    #[test]
    fn nothing_of_a_policy_is_lost_in_its_form() {
        assert_eq!(PolicyForm::of(&whole()).settings(), Ok(whole()));
        for template in TEMPLATES {
            let settings = (template.settings)();
            assert_eq!(PolicyForm::of(&settings).settings(), Ok(settings));
        }
        assert_eq!(Does::ALL.len(), whole().steps.len());
        // What its fields can't show is told, and not changed.
        let commas = vec![Step::SyncHosts { clusters: vec!["a, b".into()] }];
        assert_eq!(PolicyForm::whole(&PolicySettings { steps: commas, ..whole() }), None);
        for cron in ["30 02 * * *", "30 2 * * mon-fri", "0 3 * * 7", "0 18,6 * * *", "30 2 * * 1-5"] {
            let when = vec![Trigger::Cron { cron: cron.into() }];
            let settings = PolicySettings { when, ..whole() };
            assert_eq!(PolicyForm::of(&settings).settings(), Ok(settings), "{cron}");
        }
        let unfinished = PolicySettings { steps: Vec::new(), ..whole() };
        assert!(PolicyForm::whole(&unfinished).is_some(), "its fields say what is missing");
    }

    #[test]
    fn what_cannot_be_read_is_said_at_its_field() {
        let mut form = PolicyForm::of(&whole());
        form.name = "  ".into();
        form.triggers[0].time = "now and then".into();
        form.rows[0].at_least = "0".into();
        form.steps[4].ranges = " , ".into();
        form.steps[5].to = String::new();
        form.steps[6].kinds.clear();
        (form.batch, form.pause, form.most) = ("many".into(), "5".into(), "-1 h".into());
        let wrong = form.settings().unwrap_err();
        let ids: Vec<&str> = wrong.iter().map(|(id, _)| id.as_str()).collect();
        let wanted = [
            NAME,
            "policy-when-0-time",
            "policy-rows-0-first",
            "policy-step-4-ranges",
            "policy-step-5-to",
            "policy-step-6-kinds",
            BATCH,
            PAUSE,
            MOST,
        ];
        assert_eq!(ids, wanted);
        let none = PolicyForm { steps: Vec::new(), ..PolicyForm::of(&whole()) };
        assert_eq!(none.settings().unwrap_err()[0].0, STEPS);
    }

    #[test]
    fn what_was_said_of_many_addresses_holds_for_those_alone() {
        let mut form = PolicyForm::of(&whole());
        form.steps[4].ranges = "10.0.0.0/16".into();
        let settings = form.settings().unwrap();
        let scan = settings.steps[4].scan().unwrap();
        assert!(!scan.accept_many && scan.ports == [8443]);
    }
}
