//! Toasts: what happened, to which vCenter, and what to do next.
//! Refuses to pile up: what is alike is one toast, and no more than a handful is shown. And to say what the page says.

use super::advice::{self, Action, Offer, Work};
use super::batches::Ending;
use super::operations::Looked;
use super::route::Route;
use super::words::{self, Level};
use contract::command::Removal;
use contract::{
    ApiError, Code, Job, Operation, OperationKind, OperationState, TestReport, Vcenter, VcenterId,
};

/// How long a toast stays that needs no answer, in milliseconds.
const STAYS: u32 = 5_000;

/// The same of one with something to read off: a path.
const STAYS_LONGER: u32 = 30_000;

/// The same of one that offers to undo something: as long as that can be undone.
const STAYS_TO_UNDO: u32 = Removal::UNDO_SECONDS * 1000;

/// Toasts that are on screen at once; the oldest that needs no answer makes room.
const AT_ONCE: usize = 5;

/// What failed: once it works, nobody wants its toast any more, nor what its button does.
#[derive(Clone, Debug, PartialEq)]
struct Failure {
    /// The vCenter; `None` where it was about none.
    id: Option<VcenterId>,
    name: String,
    /// The work; `None` where it didn't begin.
    job: Option<String>,
    /// Whether the login or the certificate was in the way, which any work that succeeds shows to be mended.
    at_the_door: bool,
}

impl Failure {
    fn of(id: Option<&VcenterId>, name: &str, job: Option<String>, error: &ApiError) -> Failure {
        let at_the_door = matches!(
            error.code,
            Code::LoginRejected
                | Code::NoPassword
                | Code::KeychainLocked
                | Code::UntrustedCertificate
                | Code::DifferentVcenter
        );
        Failure { id: id.cloned(), name: name.to_owned(), job, at_the_door }
    }

    fn is_mended_by(&self, success: &Operation) -> bool {
        self.id == success.vcenter_id
            && (self.at_the_door
                || success.kind() == OperationKind::FullSync
                || self.job.as_ref().is_some_and(|failed| {
                    *failed == words::job(&success.job) || failed == words::CONNECTION_TEST
                }))
    }
}

/// One toast.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Toast {
    pub(crate) id: u64,
    pub(crate) level: Level,
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) offers: Vec<Offer>,
    group: Option<Group>,
    /// What failed, for each vCenter that it is about.
    failures: Vec<Failure>,
    /// Whether the vCenter's card says the same, where there is one.
    is_on_its_card: bool,
    /// Whether it says something that people read off.
    is_read_off: bool,
    /// What failed of work on several vCenters: a button does it once more, and nothing else of it.
    pub(crate) again: Vec<Work>,
}

/// What is alike is one toast.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// What happened, as it stands behind the name: `full sync done`.
    what: String,
    /// The same as it stands before the number of several: `Full sync finished`.
    of_several: String,
    /// The vCenters.
    names: Vec<String>,
}

impl Group {
    fn title(&self) -> String {
        match &self.names[..] {
            [one] => format!("{one}: {}", self.what),
            names => format!("{}: {}", self.of_several, words::counted(names.len(), "vCenter", "vCenters")),
        }
    }
}

impl Toast {
    /// Whether it leaves by itself. Who is offered something has the time to take it, unless nothing can be undone any more, or
    /// it only leads to a page that stands in the menu.
    pub(crate) fn leaves(&self) -> bool {
        self.makes_room() && (self.undo().is_some() || self.offers.iter().all(Offer::is_place))
    }

    fn undo(&self) -> Option<&Action> {
        self.offers.iter().map(|offer| &offer.action).find(|action| matches!(action, Action::Restore { .. }))
    }

    /// Whether nothing has to be done about it.
    fn makes_room(&self) -> bool {
        matches!(self.level, Level::Good | Level::Info | Level::Neutral)
    }

    /// How long it stays before it leaves, in milliseconds.
    pub(crate) fn stays(&self) -> u32 {
        match self.is_read_off {
            true => STAYS_LONGER,
            false if self.undo().is_some() => STAYS_TO_UNDO,
            false => STAYS,
        }
    }

    /// Rows were written to a file, which people look for by its path.
    pub(crate) fn exported(rows: usize, path: String) -> Toast {
        let title = format!("Exported {}", words::counted(rows, "row", "rows"));
        Toast { is_read_off: true, ..Toast::new(Level::Good, title, path, Vec::new()) }
    }

    /// The configuration of vCenters in a file.
    pub(crate) fn exported_vcenters(vcenters: usize, path: String) -> Toast {
        let title = format!("Exported {}", words::counted(vcenters, "vCenter", "vCenters"));
        Toast { is_read_off: true, ..Toast::new(Level::Good, title, path, Vec::new()) }
    }

    fn new(level: Level, title: String, detail: String, offers: Vec<Offer>) -> Toast {
        let (group, failures) = (None, Vec::new());
        Toast {
            id: 0,
            level,
            title,
            detail,
            offers,
            group,
            failures,
            is_on_its_card: false,
            is_read_off: false,
            again: Vec::new(),
        }
    }

    /// The vCenters it is about, where they are several.
    pub(crate) fn names(&self) -> &[String] {
        match &self.group {
            Some(group) if group.names.len() > 1 => &group.names,
            _ => &[],
        }
    }

    /// Whether the page says all that it says: the card of every vCenter that it is about is there.
    pub(crate) fn stands_on(&self, has_card: impl Fn(&VcenterId) -> bool) -> bool {
        self.is_on_its_card
            && !self.failures.is_empty()
            && self.failures.iter().all(|failure| failure.id.as_ref().is_some_and(&has_card))
    }

    /// Something that went well.
    pub(crate) fn done(title: impl Into<String>, detail: impl Into<String>) -> Toast {
        Toast::new(Level::Good, title.into(), detail.into(), Vec::new())
    }

    /// Something that the service refused, whatever the vCenter.
    pub(crate) fn refused(title: &str, error: &ApiError) -> Toast {
        let next = advice::next(error);
        let detail = format!("{} {next}", advice::sentence(&error.message));
        Toast::new(Level::Danger, title.to_owned(), detail.trim().to_owned(), Vec::new())
    }

    /// The page hears of no changes.
    pub(crate) fn unheard(error: &ApiError) -> Toast {
        Toast::refused("Live updates are not available", error)
    }

    /// A certificate that was approved by its fingerprint; the vCenter's own CA would outlast it.
    pub(crate) fn approved(vcenter: &Vcenter) -> Toast {
        let title = format!("{}: certificate trusted", vcenter.name);
        Toast::new(Level::Good, title, String::new(), own_ca(vcenter))
    }

    /// A vCenter that was removed, and that can be brought back while this is there.
    pub(crate) fn removed(vcenter: &Vcenter) -> Toast {
        let restore = Action::Restore { vcenter: vcenter.id.clone(), name: vcenter.name.clone() };
        let undo = vec![Offer { label: "Undo", action: restore }];
        Toast::new(Level::Good, format!("{} was removed", vcenter.name), String::new(), undo)
    }

    /// A vCenter that was added.
    pub(crate) fn added(vcenter: &Vcenter, note: Option<String>, is_syncing: bool) -> Toast {
        let mut offers = Vec::new();
        if !is_syncing {
            offers.push(Offer {
                label: "Sync now",
                action: Action::Work(Work::new(&vcenter.id, Job::FULL_SYNC)),
            });
        }
        offers.extend(own_ca(vcenter));
        let level = if note.is_some() { Level::Warning } else { Level::Good };
        Toast::new(level, format!("{} was added", vcenter.name), note.unwrap_or_default(), offers)
    }

    /// A vCenter that was changed.
    pub(crate) fn saved(before: &Vcenter, vcenter: &Vcenter, note: Option<String>) -> Toast {
        let offers = if before.pin == vcenter.pin { Vec::new() } else { own_ca(vcenter) };
        let level = if note.is_some() { Level::Warning } else { Level::Good };
        Toast::new(level, format!("{} was saved", vcenter.name), note.unwrap_or_default(), offers)
    }

    /// Something that was done, with what is to be known of it.
    pub(crate) fn noted(title: String, note: Option<String>) -> Toast {
        let level = if note.is_some() { Level::Warning } else { Level::Good };
        Toast::new(level, title, note.unwrap_or_default(), Vec::new())
    }

    /// Work that the service did not take.
    pub(crate) fn not_started(name: &str, error: &ApiError, work: Work) -> Toast {
        let job = words::job(&work.job);
        let failures = vec![Failure::of(Some(&work.vcenter), name, Some(job.clone()), error)];
        let what = format!("{} could not start", words::within_a_sentence(&job));
        let error = &error.clone().of_job(name, &work.job);
        let advice = advice::on(error, &work.vcenter);
        Toast { failures, ..Toast::advised(&what, name, error, advice) }
    }

    fn advised(what: &str, name: &str, error: &ApiError, (next, offers): (String, Vec<Offer>)) -> Toast {
        let detail = format!("{} {}", advice::sentence(&error.message), words::with_fingerprints(&next));
        Toast::new(Level::Danger, format!("{name}: {what}"), detail.trim().to_owned(), offers)
    }

    /// Lets go of what failed and is told no longer; answers whether it still says anything.
    fn keep(&mut self, is_kept: impl Fn(&Failure) -> bool) -> bool {
        let before = self.failures.len();
        self.failures.retain(is_kept);
        self.again
            .retain(|work| self.failures.iter().any(|failure| failure.id.as_ref() == Some(&work.vcenter)));
        if (1..before).contains(&self.failures.len())
            && let Some(group) = &mut self.group
        {
            group.names.retain(|name| self.failures.iter().any(|failure| failure.name == *name));
            self.title = group.title();
        }
        before == 0 || !self.failures.is_empty()
    }

    /// One that is told together with others of its kind, whose reasons stand with each vCenter.
    fn among(self, what: &str, of_several: &str, name: &str) -> Toast {
        let (what, of_several, names) = (what.to_owned(), of_several.to_owned(), vec![name.to_owned()]);
        Toast { group: Some(Group { what, of_several, names }), ..self }
    }

    /// How an operation ended; `None` where nobody needs to hear of it.
    pub(crate) fn of(operation: &Operation) -> Option<Toast> {
        let subject = words::job(&operation.job);
        let job = words::within_a_sentence(&subject);
        let name = operation.about();
        let is_about_none = operation.vcenter_id.is_none();
        match operation.state {
            OperationState::Queued | OperationState::Running => None,
            OperationState::Succeeded if operation.kind() == OperationKind::Test => {
                let report = serde_json::from_value(operation.result.clone()?).ok()?;
                Some(Toast::tested(name, &report))
            }
            OperationState::Succeeded => {
                let changes = advice::sentence(&words::changes(operation));
                let offers = if is_about_none { vec![Offer::place_of(operation)] } else { Vec::new() };
                let toast = Toast::new(Level::Good, format!("{name}: {job} done"), changes, offers);
                Some(toast.among(&format!("{job} done"), &format!("{subject} finished"), name))
            }
            OperationState::Cancelled => {
                let (title, detail) = (format!("{name}: {job} cancelled"), "Nothing was changed.".to_owned());
                let toast = Toast::new(Level::Neutral, title, detail, Vec::new());
                Some(toast.among(&format!("{job} cancelled"), &format!("{subject} cancelled"), name))
            }
            OperationState::Partial | OperationState::Failed | OperationState::Interrupted => {
                let (word, level) = words::operation_state(operation.state);
                let unknown = ApiError::new(Code::Failed, "no reason was reported");
                let error = operation.error.as_ref().unwrap_or(&unknown);
                let word = words::within_a_sentence(word);
                let (what, of_several) = (format!("{job} {word}"), format!("{subject} {word}"));
                let advice = advice::on_operation(error, operation);
                let toast = Toast::advised(&what, name, error, advice);
                let job = Some(subject.clone());
                let failures = vec![Failure::of(operation.vcenter_id.as_ref(), name, job, error)];
                let toast = toast.among(&what, &of_several, name);
                Some(Toast { level, failures, is_on_its_card: true, ..toast })
            }
        }
    }

    /// How work ended that was asked for on several vCenters at once.
    pub(crate) fn summary(job: &Job, endings: &[Ending]) -> Toast {
        let good = endings.iter().filter(|ending| ending.state == OperationState::Succeeded).count();
        if good == endings.len() {
            let subject = words::job(job);
            let (what, of_several) = match job {
                Job::Test { .. } => ("connection works".to_owned(), "Connection works".to_owned()),
                _ => (format!("{} done", words::within_a_sentence(&subject)), format!("{subject} finished")),
            };
            let names = endings.iter().map(|ending| ending.name.clone()).collect();
            let group = Group { what, of_several, names };
            return Toast {
                group: Some(group.clone()),
                ..Toast::new(Level::Good, group.title(), String::new(), Vec::new())
            };
        }
        let of = format!("{good} of {}", endings.len());
        let title = match job {
            Job::FullSync { .. } => format!("{of} synced"),
            Job::SyncHosts { .. } => format!("{of} synced hosts"),
            Job::Refresh { .. } => format!("{of} refreshed"),
            Job::Test { .. } => format!("{of} connections work"),
            _ => format!("{of} done"),
        };
        let others = endings.iter().filter(|ending| ending.state != OperationState::Succeeded);
        let lines: Vec<String> = others.map(|one| format!("{}: {}", one.name, ended(one))).collect();
        let mut detail = lines.iter().take(AT_ONCE).cloned().collect::<Vec<_>>().join("\n");
        if lines.len() > AT_ONCE {
            detail = format!("{detail}\nand {} more", lines.len() - AT_ONCE);
        }
        let failed = endings
            .iter()
            .filter(|one| matches!(one.state, OperationState::Failed | OperationState::Interrupted));
        let again: Vec<Work> = failed.clone().map(|one| Work::new(&one.id, job.again())).collect();
        let unknown = ApiError::new(Code::Failed, "no reason was reported");
        let failure = |one: &Ending| {
            let error = one.error.as_ref().unwrap_or(&unknown);
            Failure::of(Some(&one.id), &one.name, Some(words::job(job)), error)
        };
        let failures: Vec<Failure> = failed.map(failure).collect();
        let is_partial = endings.iter().any(|one| one.state == OperationState::Partial);
        let level = match (again.is_empty(), is_partial) {
            (false, _) => Level::Danger,
            (true, true) => Level::Warning,
            (true, false) => Level::Neutral,
        };
        let see = Offer { label: "See why", action: Action::Go(Route::Operations(Looked::failed())) };
        let offers = if again.is_empty() { Vec::new() } else { vec![see] };
        Toast { again, failures, ..Toast::new(level, title, detail, offers) }
    }

    /// What a connection test found.
    pub(crate) fn tested(name: &str, report: &TestReport) -> Toast {
        let found = tested(report);
        let level = if report.missing.is_empty() { Level::Good } else { Level::Warning };
        let toast = Toast::new(level, format!("{name}: connection works"), found, Vec::new());
        // What an account may not see is another thing on each.
        match level {
            Level::Good => toast.among("connection works", "Connection works", name),
            _ => toast,
        }
    }
}

/// How work ended on one of several vCenters, in a few words: its reason in full stands with the operation.
fn ended(Ending { state, error, .. }: &Ending) -> String {
    let state = || words::within_a_sentence(words::operation_state(*state).0);
    let reason = match error.as_ref().map(|error| error.code) {
        Some(Code::LoginRejected) => "login rejected",
        Some(Code::NoSession) => "no session available",
        Some(Code::NoPassword) => "password needed",
        Some(Code::KeychainLocked) => "keychain locked",
        Some(Code::Unreachable) => "not reachable",
        Some(Code::TimedOut) => "timed out",
        Some(Code::WayFailed) => "proxy or tunnel failed",
        Some(Code::UntrustedCertificate) => "certificate not trusted",
        Some(Code::DifferentVcenter) => "different vCenter",
        Some(Code::TooManyRemovals) => "too many removals",
        Some(Code::NoPermission) => "no permission",
        _ => return state(),
    };
    reason.to_owned()
}

/// A test's report in a sentence.
pub(crate) fn tested(report: &TestReport) -> String {
    let TestReport { product, version, build, latency_ms, missing, .. } = report;
    let product = format!("{product} {version} (build {build}) responded in {latency_ms} ms.");
    match missing.len() {
        0 => format!("{product} Nothing that Muster reads was found to be missing."),
        _ => format!("{product} Missing: {}.", missing.join("; ")),
    }
}

/// The toasts on screen, the newest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
    last: u64,
}

impl Toasts {
    /// Those that are shown.
    pub(crate) fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// Shows one; answers with its id, which a grouped one takes over anew.
    pub(crate) fn show(&mut self, mut toast: Toast) -> u64 {
        self.last += 1;
        toast.id = self.last;
        if let Some(group) = &mut toast.group {
            let is_alike = |other: &Toast| other.group.as_ref().is_some_and(|other| other.what == group.what);
            let same = self.shown.iter().position(is_alike);
            let same = same.map(|position| self.shown.remove(position));
            let names = &mut group.names;
            let failures = same.as_ref().map(|same| same.failures.clone()).unwrap_or_default();
            toast.failures.extend(failures.into_iter().filter(|failure| !names.contains(&failure.name)));
            if let Some(before) = same.and_then(|same| same.group) {
                let before: Vec<String> =
                    before.names.into_iter().filter(|name| !names.contains(name)).collect();
                names.splice(0..0, before);
                // The same vCenter again is no group: what its newest operation did stays told.
                if names.len() > 1 {
                    toast.title = group.title();
                    toast.detail = String::new();
                    if !toast.leaves() {
                        // Each has its own reason, which stands with it.
                        let action = Action::Go(Route::vcenters());
                        toast.offers = vec![Offer { label: "See why", action }];
                    }
                }
            }
        }
        // The same failure again replaces the one before.
        self.shown.retain(|known| known.title != toast.title);
        self.shown.push(toast);
        // What needs an answer stays until it has one.
        if let (true, Some(oldest)) = (
            self.shown.len() > AT_ONCE,
            self.shown.iter().position(|toast| toast.makes_room() && toast.undo().is_none()),
        ) {
            self.shown.remove(oldest);
        }
        self.last
    }

    /// Takes away what failed and works by now; of several vCenters, that one.
    pub(crate) fn withdraw(&mut self, success: &Operation) {
        self.shown.retain_mut(|toast| toast.keep(|failure| !failure.is_mended_by(success)));
    }

    /// Takes away what the card of a vCenter says, which is on the page by now.
    pub(crate) fn stands_on_the_page(&mut self, vcenter: &VcenterId) {
        self.shown.retain_mut(|toast| {
            !toast.is_on_its_card || toast.keep(|failure| failure.id.as_ref() != Some(vcenter))
        });
    }

    /// Takes one away.
    pub(crate) fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// What the newest of those undoes that undo something.
    pub(crate) fn undo(&self) -> Option<(u64, Action)> {
        self.shown.iter().rev().find_map(|toast| Some((toast.id, toast.undo()?.clone())))
    }
}

/// What could be trusted instead of a certificate that is pinned. An ESXi host has no CA of its own.
fn own_ca(vcenter: &Vcenter) -> Vec<Offer> {
    let is_host = vcenter.product.as_deref().is_some_and(|product| product.contains("ESXi"));
    if vcenter.trust != "pin" || is_host {
        return Vec::new();
    }
    let dialog = Route::dialog(super::route::Dialog::OwnCa(vcenter.id.clone()));
    vec![Offer { label: "Trust its own CA instead…", action: Action::Go(dialog) }]
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_burst_of_successes_is_one_toast() {
        let mut toasts = Toasts::default();
        let mut ids = Vec::new();
        for name in ["Berlin", "Paris", "Rome"] {
            let mut operation = samples::operation(name, OperationState::Succeeded);
            operation.diff.added = 3;
            ids.push(toasts.show(Toast::of(&operation).unwrap()));
        }
        assert_eq!(toasts.shown().len(), 1);
        assert_eq!(toasts.shown()[0].title, "Full sync finished: 3 vCenters");
        assert_eq!(toasts.shown()[0].names(), ["Berlin", "Paris", "Rome"]);
        assert!(toasts.shown()[0].leaves());
        toasts.dismiss(ids[0]);
        assert_eq!(toasts.shown().len(), 1, "it stays as long as the newest of them");
        toasts.dismiss(ids[2]);
        assert!(toasts.shown().is_empty());
    }

    #[test]
    fn a_success_that_offers_something_stays_until_it_is_dismissed_or_others_need_its_place() {
        let mut toasts = Toasts::default();
        let vcenter = samples::vcenter("Berlin");
        toasts.show(Toast::added(&vcenter, None, false));
        assert_eq!(toasts.shown()[0].offers[0].label, "Sync now");
        assert!(!toasts.shown()[0].leaves());
        for number in 0..AT_ONCE {
            toasts.show(Toast::done(format!("done {number}"), ""));
        }
        assert_eq!(toasts.shown().len(), AT_ONCE);
        assert_eq!(toasts.shown()[0].title, "done 0");
    }

    #[test]
    fn a_second_success_of_one_vcenter_tells_what_it_did() {
        let mut toasts = Toasts::default();
        for removed in [0, 90] {
            let mut operation = samples::operation("Berlin", OperationState::Succeeded);
            operation.diff.removed = removed;
            toasts.show(Toast::of(&operation).unwrap());
        }
        assert_eq!(toasts.shown().len(), 1);
        assert_eq!(toasts.shown()[0].title, "Berlin: full sync done");
        assert_eq!(toasts.shown()[0].detail, "90 removed.");
    }

    #[test]
    fn a_burst_of_failures_is_one_toast_that_leads_to_the_reasons() {
        let mut toasts = Toasts::default();
        for name in ["Berlin", "Paris", "Berlin", "Paris"] {
            let mut operation = samples::operation(name, OperationState::Failed);
            operation.error = Some(ApiError::new(Code::Unreachable, "nothing answers"));
            toasts.show(Toast::of(&operation).unwrap());
        }
        let [toast] = toasts.shown() else { panic!("{toasts:?}") };
        assert_eq!(toast.title, "Full sync failed: 2 vCenters");
        assert_eq!(toast.offers[0].label, "See why");
        assert!(!toast.leaves());
    }

    #[test]
    fn a_removal_can_be_undone_as_long_as_its_toast_is_there_and_the_newest_is_undone_first() {
        let mut toasts = Toasts::default();
        assert_eq!(toasts.undo(), None);
        let [berlin, paris] = ["Berlin", "Paris"].map(samples::vcenter);
        let [first, second] = [&berlin, &paris].map(|vcenter| {
            let toast = Toast::removed(vcenter);
            assert!(toast.leaves() && toast.stays() == STAYS_TO_UNDO, "{toast:?}");
            toasts.show(toast)
        });
        for number in 0..AT_ONCE {
            toasts.show(Toast::done(format!("done {number}"), ""));
        }
        let restore = |of: &Vcenter| Action::Restore { vcenter: of.id.clone(), name: of.name.clone() };
        assert_eq!(toasts.undo(), Some((second, restore(&paris))));
        toasts.dismiss(second);
        assert_eq!(toasts.undo(), Some((first, restore(&berlin))));
    }

    #[test]
    fn a_failure_says_why_and_what_to_do_and_stays() {
        let mut operation = samples::operation("Berlin", OperationState::Failed);
        let update = contract::Remedy::ReplacePassword { credential: "Berlin".to_owned() };
        let error = ApiError::new(Code::LoginRejected, "10.0.0.1:443 rejected the login of u").remedy(update);
        operation.error = Some(error);
        let toast = Toast::of(&operation).unwrap();
        assert_eq!(toast.title, "Berlin: full sync failed");
        assert!(toast.detail.starts_with("10.0.0.1:443 rejected the login of u."), "{}", toast.detail);
        assert_eq!(toast.offers[0].label, "Update password");
        assert!(!toast.leaves());
    }

    #[test]
    fn a_success_takes_away_the_failure_of_the_same_work_and_of_the_login() {
        let failed = |name: &str, job: &Job, code| Operation {
            job: job.clone(),
            error: Some(ApiError::new(code, "no")),
            ..samples::operation(name, OperationState::Failed)
        };
        let succeeded = |name: &str, job: &Job| Operation {
            state: OperationState::Succeeded,
            ..failed(name, job, Code::Failed)
        };
        let hosts =
            |cluster: &str| Job::SyncHosts { clusters: vec![cluster.to_owned()], accept_removals: false };
        let (full, test, a, b) = (&Job::FULL_SYNC, &Job::TEST, &hosts("A"), &hosts("B"));
        for (what, success, leaves) in [
            (failed("Berlin", full, Code::TooManyRemovals), succeeded("Berlin", full), true),
            (failed("Berlin", full, Code::TooManyRemovals), succeeded("Paris", full), false),
            (failed("Berlin", full, Code::TooManyRemovals), succeeded("Berlin", test), false),
            (failed("Berlin", full, Code::LoginRejected), succeeded("Berlin", test), true),
            (failed("Berlin", full, Code::UntrustedCertificate), succeeded("Berlin", test), true),
            (failed("Berlin", a, Code::TooManyRemovals), succeeded("Berlin", b), false),
            (failed("Berlin", a, Code::TooManyRemovals), succeeded("Berlin", a), true),
            (failed("Berlin", a, Code::TooManyRemovals), succeeded("Berlin", full), true),
            (failed("Berlin", test, Code::Unreachable), succeeded("Berlin", b), true),
        ] {
            let mut toasts = Toasts::default();
            toasts.show(Toast::done("Rome was saved", ""));
            toasts.show(Toast::of(&what).unwrap());
            toasts.withdraw(&success);
            assert_eq!(toasts.shown().len(), if leaves { 1 } else { 2 }, "{what:?} {success:?}");
            assert_eq!(toasts.shown()[0].title, "Rome was saved");
        }
    }

    #[test]
    fn of_several_that_failed_those_that_still_do_stay_told() {
        let mut toasts = Toasts::default();
        for name in ["Berlin", "Paris", "Rome"] {
            let error = Some(ApiError::new(Code::LoginRejected, "no"));
            toasts.show(
                Toast::of(&Operation { error, ..samples::operation(name, OperationState::Failed) }).unwrap(),
            );
        }
        for (name, title) in [("Paris", "Full sync failed: 2 vCenters"), ("Rome", "Berlin: full sync failed")]
        {
            toasts.withdraw(&samples::operation(name, OperationState::Succeeded));
            assert_eq!(toasts.shown()[0].title, title);
            assert_eq!(toasts.shown()[0].offers[0].label, "See why");
        }
        toasts.withdraw(&samples::operation("Berlin", OperationState::Succeeded));
        assert!(toasts.shown().is_empty());
    }

    #[test]
    fn the_same_failure_again_is_not_a_second_toast_and_failures_outlast_successes() {
        let mut toasts = Toasts::default();
        let mut failed = samples::operation("Berlin", OperationState::Failed);
        failed.error = Some(ApiError::new(Code::Unreachable, "nothing answers"));
        toasts.show(Toast::of(&failed).unwrap());
        toasts.show(Toast::of(&failed).unwrap());
        assert_eq!(toasts.shown().len(), 1);
        for number in 0..10 {
            toasts.show(Toast::done(format!("done {number}"), ""));
        }
        assert_eq!(toasts.shown().len(), AT_ONCE);
        assert!(!toasts.shown()[0].leaves(), "the failure is still there");
    }

    #[test]
    fn work_that_goes_on_says_nothing_here_and_a_test_says_what_it_found() {
        assert_eq!(Toast::of(&samples::operation("Berlin", OperationState::Running)), None);
        let report = TestReport {
            vcenter: "Berlin".to_owned(),
            product: "VMware vCenter Server".to_owned(),
            version: "8.0.3".to_owned(),
            build: "1".to_owned(),
            instance_uuid: None,
            latency_ms: 3,
            missing: Vec::new(),
            permissions: contract::Permissions::default(),
        };
        let test = Operation {
            job: Job::TEST,
            result: serde_json::to_value(&report).ok(),
            ..samples::operation("Berlin", OperationState::Succeeded)
        };
        assert_eq!(Toast::of(&test), Some(Toast::tested("Berlin", &report)));
    }
}
