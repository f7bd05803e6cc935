//! What the tray shows, made of what is true now: its state, its words and its menu.
//! Refuses to know how a tray is drawn, and to ask for anything.

use contract::attention::needs_somebody;
use contract::words::{self, NO_NETWORK, counted, label, vcenter_state};
use contract::{ApiError, Operation, Time, Vcenter, VcenterId, VcenterState, VcenterStatus, network};

/// vCenters that have a line of their own; of more those that need somebody come first.
const LISTED: usize = 20;
/// Characters of what is said of a database that doesn't open.
const BROKEN: usize = 160;

/// How Muster stands; each has an icon that differs in its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Idle,
    Running,
    /// Something needs a person.
    Attention,
}

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tray {
    pub(crate) state: State,
    /// `Muster`, and that what it shows is simulated.
    pub(crate) title: &'static str,
    /// The state in words.
    pub(crate) words: String,
    pub(crate) entries: Vec<Entry>,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Line,
    /// Words that do nothing.
    Words(String),
    Item {
        label: String,
        is_enabled: bool,
        act: Act,
    },
}

/// What a line of the menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    OpenVcenter(VcenterId),
    OpenVcenters,
    SyncAll,
    Open,
    OpenCompact,
    Quit,
}

/// What is known.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) vcenters: Vec<Vcenter>,
    pub(crate) statuses: Vec<VcenterStatus>,
    /// What waits or runs.
    pub(crate) active: Vec<Operation>,
    /// Whether the person at this program may sync, and open the page of vCenters.
    pub(crate) may_sync: bool,
    pub(crate) is_simulated: bool,
}

impl Tray {
    /// Of what is known, at this time.
    pub(crate) fn of(known: &Known, now: Time) -> Tray {
        let mut lines: Vec<(bool, &Vcenter, String)> = known
            .vcenters
            .iter()
            .map(|vcenter| {
                let (alarms, words) = known.stand(vcenter, now);
                (alarms, vcenter, words)
            })
            .collect();
        let alarming: Vec<String> = lines
            .iter()
            .filter(|(alarms, ..)| *alarms)
            .map(|(_, vcenter, words)| {
                format!("{}: {}", label(&vcenter.name), words::within_a_sentence(words))
            })
            .collect();
        let is_gone = network::is_gone_since(&known.statuses).is_some();
        let words = in_words(known.active.len(), is_gone, &alarming);
        let state = match (alarming.is_empty(), known.active.is_empty()) {
            (false, _) => State::Attention,
            (true, false) => State::Running,
            (true, true) => State::Idle,
        };
        if lines.len() > LISTED {
            // Sorting keeps the order of names among those that are alike.
            lines.sort_by_key(|(alarms, ..)| !*alarms);
        }
        let more = lines.len().saturating_sub(LISTED);
        lines.truncate(LISTED);
        let mut entries = vec![Entry::Words(words.clone()), Entry::Line];
        entries.extend(lines.iter().map(|(_, vcenter, words)| {
            known.leading(format!("{}: {words}", label(&vcenter.name)), Act::OpenVcenter(vcenter.id.clone()))
        }));
        if more > 0 {
            entries.push(known.leading(format!("{more} more\u{2026}"), Act::OpenVcenters));
        }
        if !known.vcenters.is_empty() {
            entries.push(Entry::Line);
        }
        if known.may_sync {
            entries.push(item("Sync all", !known.vcenters.is_empty(), Act::SyncAll));
        }
        entries.extend(ways());
        let title = if known.is_simulated { "Muster (simulated)" } else { "Muster" };
        Tray { state, title, words, entries }
    }

    /// Where nothing is known, and why.
    pub(crate) fn broken(error: &ApiError) -> Tray {
        let words = words::cut(&words::sentence(&error.message), BROKEN);
        let mut entries = vec![Entry::Words(words.clone()), Entry::Line];
        entries.extend(ways());
        Tray { state: State::Attention, title: "Muster", words, entries }
    }
}

impl Known {
    /// A line that leads to the page of vCenters, or says no more than it says for who may not open it.
    fn leading(&self, label: String, act: Act) -> Entry {
        if self.may_sync { item(&label, true, act) } else { Entry::Words(label) }
    }

    /// Whether what is shown grows old by itself: it says how long something is paused.
    pub(crate) fn ages(&self) -> bool {
        let ends = |status: &VcenterStatus| status.paused.as_ref().is_some_and(|pause| pause.until.is_some());
        self.statuses.iter().any(ends)
    }

    /// Whether a vCenter needs somebody, and how it stands in words.
    fn stand(&self, vcenter: &Vcenter, now: Time) -> (bool, String) {
        let status = self.statuses.iter().find(|status| status.vcenter_id == vcenter.id);
        let Some(status) = status else { return (false, "Loading\u{2026}".to_owned()) };
        let running = self.active.iter().find(|one| one.is_of(&vcenter.id));
        let pause = status.paused.as_ref().map(|pause| words::paused(pause, now));
        let mut parts = vec![match (running, &pause) {
            (Some(operation), _) => words::job(&operation.job),
            // In its words is the state.
            (None, Some(pause)) if status.state == VcenterState::Paused => words::capital(pause),
            (None, _) => vcenter_state(status.state).to_owned(),
        }];
        if running.is_some() {
            parts.extend(pause);
        } else if is_failing(status) {
            parts.push("last sync failed".to_owned());
        }
        (needs_somebody(status), parts.join(", "))
    }
}

/// Whether its last sync failed, where its state doesn't say so.
fn is_failing(status: &VcenterStatus) -> bool {
    status.refresh_failed.is_some() && !status.state.is_trouble() && status.state != VcenterState::Paused
}

fn in_words(active: usize, is_gone: bool, alarming: &[String]) -> String {
    let running = (active > 0).then(|| format!("{active} running"));
    let gone = is_gone.then(|| NO_NETWORK.to_owned());
    let alarm = match alarming {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("{} need attention", counted(several.len(), "vCenter", "vCenters"))),
    };
    let parts: Vec<String> = running.into_iter().chain(gone).chain(alarm).collect();
    if parts.is_empty() { "Nothing running".to_owned() } else { parts.join(" \u{b7} ") }
}

fn ways() -> [Entry; 4] {
    [
        item("Open Muster", true, Act::Open),
        item("Compact window", true, Act::OpenCompact),
        Entry::Line,
        item("Quit", true, Act::Quit),
    ]
}

fn item(label: &str, is_enabled: bool, act: Act) -> Entry {
    Entry::Item { label: label.to_owned(), is_enabled, act }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples::{operation, vcenter};
    use contract::{Code, Job, OperationState, Origin, Pause};
    use std::collections::BTreeMap;

    fn status(name: &str, state: VcenterState) -> VcenterStatus {
        VcenterStatus {
            vcenter: name.to_owned(),
            vcenter_id: VcenterId(name.to_lowercase()),
            state,
            since: None,
            contact_at: None,
            contact_since: None,
            refresh_failed: None,
            failures_in_a_row: 0,
            refresh_waits: BTreeMap::new(),
            paused: None,
            no_network: None,
            suspended: None,
            certificate_expires_at: None,
            synced_at: None,
            age_seconds: None,
            fresh: true,
            counts: BTreeMap::new(),
            last_operation: None,
        }
    }

    fn running(name: &str) -> Operation {
        operation("o", name, Origin::User, OperationState::Running)
    }

    fn known(all: &[(&str, VcenterState)]) -> Known {
        Known {
            vcenters: all.iter().map(|(name, _)| vcenter(name)).collect(),
            statuses: all.iter().map(|(name, state)| status(name, *state)).collect(),
            may_sync: true,
            ..Known::default()
        }
    }

    fn labels(tray: &Tray) -> Vec<&str> {
        let label = |entry: &'_ Entry| match entry {
            Entry::Line => None,
            Entry::Words(words) => Some(words.clone()),
            Entry::Item { label, .. } => Some(label.clone()),
        };
        tray.entries.iter().filter_map(label).map(|label| &*label.leak()).collect()
    }

    #[test]
    fn an_idle_tray_lists_each_vcenter_with_its_state() {
        let known = known(&[("Berlin", VcenterState::Online), ("Rome", VcenterState::NeverSynced)]);
        let tray = Tray::of(&known, Time(0));
        assert_eq!(tray.state, State::Idle);
        assert_eq!(
            labels(&tray),
            [
                "Nothing running",
                "Berlin: Online",
                "Rome: Never synced",
                "Sync all",
                "Open Muster",
                "Compact window",
                "Quit"
            ]
        );
    }

    #[test]
    fn what_runs_and_what_needs_somebody_stands_in_the_words_of_the_tray() {
        let mut known = known(&[("Berlin", VcenterState::Online), ("Rome", VcenterState::Offline)]);
        known.active.push(running("Berlin"));
        let tray = Tray::of(&known, Time(0));
        assert_eq!((tray.state, &*tray.words), (State::Attention, "1 running \u{b7} Rome: offline"));
        assert_eq!(labels(&tray)[1..3], ["Berlin: Full sync", "Rome: Offline"]);
        known.statuses.remove(1);
        known.vcenters.remove(1);
        let tray = Tray::of(&known, Time(0));
        assert_eq!((tray.state, &*tray.words), (State::Running, "1 running"));
    }

    #[test]
    fn a_sync_that_failed_on_a_vcenter_that_answers_needs_attention_too() {
        let mut known = known(&[("Berlin", VcenterState::Online)]);
        known.statuses[0].refresh_failed = Some(Code::TooManyRemovals);
        let tray = Tray::of(&known, Time(0));
        assert_eq!((tray.state, &*tray.words), (State::Attention, "Berlin: online, last sync failed"));
    }

    #[test]
    fn a_paused_vcenter_says_until_when_and_alarms_nobody() {
        let mut known = known(&[("Berlin", VcenterState::Paused), ("Rome", VcenterState::Paused)]);
        let until = |until| Some(Pause { until, ..Pause::default() });
        (known.statuses[0].paused, known.statuses[1].paused) = (until(Some(Time(7_200_000))), until(None));
        known.statuses[0].refresh_failed = Some(Code::TooManyRemovals);
        let tray = Tray::of(&known, Time(0));
        assert_eq!((tray.state, &*tray.words), (State::Idle, "Nothing running"));
        assert_eq!(labels(&tray)[1..3], ["Berlin: Paused for 2 h", "Rome: Paused until resumed"]);
        assert!(known.ages());
        assert_eq!(labels(&Tray::of(&known, Time(3_600_000)))[1], "Berlin: Paused for 1 h");
        known.active.push(running("Berlin"));
        assert_eq!(labels(&Tray::of(&known, Time(0)))[1], "Berlin: Full sync, paused for 2 h");
    }

    #[test]
    fn without_a_network_the_tray_says_so_once_and_needs_nobody() {
        let mut known = known(&[("Berlin", VcenterState::Offline), ("Rome", VcenterState::Offline)]);
        known.statuses.iter_mut().for_each(|status| status.no_network = Some(Time(1)));
        let tray = Tray::of(&known, Time(2));
        assert_eq!((tray.state, &*tray.words), (State::Idle, "No vCenter can be reached: no network or VPN"));
        assert_eq!(labels(&tray)[1], "Berlin: Offline");
    }

    #[test]
    fn names_of_any_length_and_with_any_signs_make_one_short_line_each() {
        let long = format!("a\n{}", "x".repeat(10_000));
        let mut known = known(&[(&*long, VcenterState::Offline)]);
        let clusters = vec!["y\r".repeat(5_000)];
        let job = Job::SyncHosts { clusters, accept_removals: false };
        known.active.push(Operation { job, ..running(&long) });
        let tray = Tray::of(&known, Time(0));
        for label in labels(&tray) {
            assert!(label.chars().count() < 160 && !label.contains(char::is_control), "{label:?}");
        }
    }

    #[test]
    fn of_very_many_vcenters_those_in_trouble_are_listed_and_the_rest_is_a_click_away() {
        let names: Vec<String> = (0..30).map(|n| format!("vc-{n:02}")).collect();
        let all: Vec<(&str, VcenterState)> =
            names.iter().map(|name| (&**name, VcenterState::Online)).collect();
        let mut known = known(&all);
        known.statuses[29].state = VcenterState::LoginRejected;
        known.statuses[28].state = VcenterState::Offline;
        let tray = Tray::of(&known, Time(0));
        let labels = labels(&tray);
        assert_eq!(labels[0], "2 vCenters need attention");
        assert_eq!(labels[1..4], ["vc-28: Offline", "vc-29: Login rejected", "vc-00: Online"]);
        assert_eq!(labels[21], "10 more\u{2026}");
    }

    #[test]
    fn who_may_not_sync_is_not_offered_it_and_without_a_vcenter_there_is_nothing_to_sync() {
        let viewer = Known { may_sync: false, ..known(&[("Berlin", VcenterState::Online)]) };
        let tray = Tray::of(&viewer, Time(0));
        assert!(!labels(&tray).contains(&"Sync all"));
        assert!(
            tray.entries.contains(&Entry::Words("Berlin: Online".to_owned())),
            "its page is none of theirs"
        );
        let empty = Tray::of(&known(&[]), Time(0));
        let sync = empty.entries.iter().find(|entry| matches!(entry, Entry::Item { act: Act::SyncAll, .. }));
        assert!(matches!(sync, Some(Entry::Item { is_enabled: false, .. })));
    }

    #[test]
    fn a_database_that_does_not_open_is_said_and_the_ways_in_stay() {
        let tray = Tray::broken(&ApiError::new(Code::Database, "the database is damaged"));
        assert_eq!(tray.state, State::Attention);
        assert_eq!(labels(&tray), ["The database is damaged.", "Open Muster", "Compact window", "Quit"]);
    }
}
