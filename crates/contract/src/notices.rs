//! What of the work that has ended a desktop tells: of work that a person started its outcome, of work that runs by itself the
//! first failure and the recovery.
//! Refuses to show anything, and to know whether anybody looks: who shows it decides that.

use crate::attention::Quiet;
use crate::destination::SoFar;
use crate::words::{self, counted};
use crate::{
    ApiError, Code, DestinationId, Job, Operation, OperationState, Origin, PolicyId, Time, Vcenter, VcenterId,
};
use std::collections::{BTreeSet, HashMap};

/// One thing worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(About);

#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    Work(Work),
    /// Of all vCenters together.
    Network {
        is_gone: bool,
    },
    /// A policy says so.
    Told {
        title: String,
        body: String,
    },
}

/// What became of work on a vCenter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Work {
    what: What,
    vcenter: String,
    vcenter_id: Option<VcenterId>,
    job: Job,
    says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Done,
    Partial,
    Failed,
    /// It couldn't even be asked for.
    NotStarted,
    /// It can be worked with again, while something of it goes on failing.
    Connected,
    Recovered,
}

impl What {
    fn is_failure(self) -> bool {
        matches!(self, What::Failed | What::NotStarted)
    }
}

impl Notice {
    /// That work a person asked for couldn't be submitted.
    pub fn not_started(vcenter: &Vcenter, job: Job, error: &ApiError) -> Notice {
        Notice(About::Work(Work {
            what: What::NotStarted,
            vcenter: vcenter.name.clone(),
            vcenter_id: Some(vcenter.id.clone()),
            job,
            says: words::sentence(&error.message),
        }))
    }
}

/// What a desktop shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its heading.
    pub title: String,
    /// What is said below it.
    pub body: String,
    /// Whether something failed.
    pub is_failure: bool,
    /// The vCenter it is about, if that is a single one.
    pub vcenter: Option<VcenterId>,
    /// Whether no window says it: it is shown to whoever looks at one, too.
    pub is_told: bool,
}

/// What fails and recovers as one.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Of {
    Vcenter(VcenterId),
    /// About none each job by itself: what one can't reach says nothing of another.
    Job(Job),
    /// Its runs, whatever starts them.
    Policy(PolicyId),
    /// What is delivered to it, whatever that is.
    Destination(DestinationId),
}

impl Of {
    fn what(operation: &Operation) -> Of {
        if let Job::Deliver { destination, .. } = &operation.job {
            return Of::Destination(destination.clone());
        }
        match (&operation.vcenter_id, operation.job.policy()) {
            (Some(vcenter), _) => Of::Vcenter(vcenter.clone()),
            (None, Some(policy)) => Of::Policy(policy.clone()),
            (None, None) => Of::Job(operation.job.clone()),
        }
    }
}

/// What fails of it while nobody asked for it.
#[derive(Debug, Default)]
struct Failing {
    /// It could not be worked with at all: whatever succeeds shows that this is over.
    at_the_door: bool,
    /// What failed behind the door.
    jobs: Vec<Job>,
}

/// Characters of what is said below a heading; a server's own words come without a limit.
const BODY: usize = 400;

/// Lines of what a policy tells.
const TOLD: usize = 4;

/// What was told so far. It is told of each operation that has ended once, in their order.
#[derive(Debug, Default)]
pub struct Notices {
    failing: HashMap<Of, Failing>,
    /// Whether there was no network when that was last asked.
    is_gone: bool,
}

impl Notices {
    /// A vCenter that was in trouble before anybody listened: only its recovery is worth telling.
    pub fn is_in_trouble(&mut self, vcenter: &VcenterId) {
        self.failing.entry(Of::Vcenter(vcenter.clone())).or_default().at_the_door = true;
    }

    /// What is worth telling of an operation that has ended.
    pub fn of(&mut self, operation: &Operation, quiet: Quiet) -> Option<Notice> {
        if let (Job::Notify { run }, OperationState::Succeeded) = (&operation.job, operation.state) {
            return (!quiet.off).then(|| told(run));
        }
        let what = match operation.origin {
            Origin::User => self.of_a_person(operation),
            Origin::Reader | Origin::Schedule | Origin::Policy => self.by_itself(operation, quiet),
        };
        what.filter(|_| !quiet.off).map(|what| {
            Notice(About::Work(Work {
                what,
                vcenter: operation.about().to_owned(),
                vcenter_id: operation.vcenter_id.clone(),
                job: operation.job.clone(),
                says: says(operation, what),
            }))
        })
    }

    /// What is worth telling of the network, which is gone since then or there.
    pub fn network(&mut self, gone_since: Option<Time>) -> Option<Notice> {
        let is_gone = gone_since.is_some();
        let was_gone = std::mem::replace(&mut self.is_gone, is_gone);
        (was_gone != is_gone).then_some(Notice(About::Network { is_gone }))
    }

    fn of_a_person(&mut self, operation: &Operation) -> Option<What> {
        match operation.state {
            OperationState::Succeeded | OperationState::Partial => {
                self.succeeded(operation);
                Some(done(operation))
            }
            OperationState::Failed => {
                // Who knows that it fails need not be told when it fails by itself.
                self.failed(operation);
                Some(What::Failed)
            }
            OperationState::Interrupted => Some(What::Failed),
            // Whoever cancelled it knows.
            OperationState::Cancelled | OperationState::Queued | OperationState::Running => None,
        }
    }

    fn by_itself(&mut self, operation: &Operation, quiet: Quiet) -> Option<What> {
        match operation.state {
            OperationState::Succeeded | OperationState::Partial => {
                self.succeeded(operation).filter(|_| !quiet.paused)
            }
            OperationState::Failed if quiet.paused => None,
            // Which is told once, and of all of them.
            OperationState::Failed if quiet.no_network.is_some() => None,
            OperationState::Failed => self.failed(operation).then_some(What::Failed),
            _ => None,
        }
    }

    /// Whether that is news: the first at the door, or the first behind it. One that goes on failing behind it may still go
    /// away.
    fn failed(&mut self, operation: &Operation) -> bool {
        let of = Of::what(operation);
        // About none there is no door.
        let is_at_the_door = matches!(of, Of::Vcenter(_)) && is_at_the_door(operation);
        let failing = self.failing.entry(of).or_default();
        if is_at_the_door {
            return !std::mem::replace(&mut failing.at_the_door, true);
        }
        let is_first = failing.jobs.is_empty();
        if is_first || !failing.jobs.contains(&operation.job) && !matches!(operation.job, Job::Deliver { .. })
        {
            failing.jobs.push(operation.job.clone());
        }
        is_first
    }

    /// What is over with it: everything that failed, or what failed at the door.
    fn succeeded(&mut self, operation: &Operation) -> Option<What> {
        let of = Of::what(operation);
        let failing = self.failing.get_mut(&of)?;
        let was_at_the_door = std::mem::take(&mut failing.at_the_door);
        // What one delivery shows is true of the next.
        let is_delivery = matches!(operation.job, Job::Deliver { .. });
        failing.jobs.retain(|job| !is_delivery && !operation.job.covers(job));
        if failing.jobs.is_empty() {
            self.failing.remove(&of);
            return Some(What::Recovered);
        }
        was_at_the_door.then_some(What::Connected)
    }
}

/// What a policy tells.
fn told(run: &SoFar) -> Notice {
    let steps = run.steps.iter().map(words::ran_step);
    let of = if run.names.is_empty() { String::new() } else { format!(": {}", run.names.join(", ")) };
    let lines = std::iter::once(format!("{}{of}.", words::cause(&run.cause))).chain(steps);
    Notice(About::Told { title: run.name.clone(), body: lines.collect::<Vec<_>>().join("\n") })
}

fn done(operation: &Operation) -> What {
    if operation.state == OperationState::Partial { What::Partial } else { What::Done }
}

/// Whether it failed before anything of the vCenter could be read.
pub fn is_at_the_door(operation: &Operation) -> bool {
    operation.error.as_ref().is_some_and(|error| {
        matches!(
            error.code,
            Code::Unreachable
                | Code::TimedOut
                | Code::WayFailed
                | Code::NotVsphere
                | Code::NoSession
                | Code::LoginRejected
                | Code::NoPassword
                | Code::KeychainLocked
                | Code::UntrustedCertificate
                | Code::DifferentVcenter
        )
    })
}

fn says(operation: &Operation, what: What) -> String {
    match (what, &operation.error) {
        (What::Done, _) if matches!(operation.job, Job::Test { .. }) => "The connection works.".to_owned(),
        (What::Recovered | What::Connected, _) => format!("{} succeeded.", words::job(&operation.job)),
        (_, Some(error)) => words::sentence(&error.message),
        (What::Failed, None) => words::sentence(words::outcome(operation.state)),
        (_, None) => words::sentence(&words::changes(operation)),
    }
}

/// What is shown of several notices that came together: one message, whatever their number.
pub fn message(notices: &[Notice]) -> Option<Message> {
    let (mut works, mut network, mut told) = (Vec::new(), None, Vec::new());
    for Notice(about) in notices {
        match about {
            About::Work(work) => works.push(work),
            // The newest: it may be gone and back within what is told together.
            About::Network { is_gone } => network = Some(*is_gone),
            About::Told { title, body } => told.push((title, body)),
        }
    }
    let beside = of_work(&works, network);
    let Some((title, body)) = told.first() else { return beside };
    // What a policy says comes first; whatever came with it is named below.
    let mut lines = vec![(*body).clone()];
    lines.extend(told[1..].iter().map(|(title, body)| format!("{title}: {body}")));
    lines.extend(beside.iter().map(|beside| beside.title.clone()));
    let is_failure = beside.as_ref().is_some_and(|beside| beside.is_failure);
    let shown =
        lines.iter().flat_map(|line| line.lines()).take(TOLD).map(|line| words::cut(line, BODY / TOLD));
    let body = shown.collect::<Vec<_>>().join("\n");
    Some(Message { title: words::label(title), body, is_failure, vcenter: None, is_told: true })
}

fn of_work(works: &[&Work], network: Option<bool>) -> Option<Message> {
    match (network, works) {
        (None, []) => None,
        (Some(is_gone), []) => {
            let (title, body) = of_the_network(is_gone);
            let (title, body) = (title.to_owned(), body.to_owned());
            Some(Message { title, body, is_failure: is_gone, vcenter: None, is_told: false })
        }
        (None, [work]) => Some(alone(work)),
        (_, several) => Some(together(several, network)),
    }
}

/// What is said of the network, and below it.
fn of_the_network(is_gone: bool) -> (&'static str, &'static str) {
    match is_gone {
        true => (
            "No network or VPN",
            "No vCenter can be reached. Cached data stays available; automatic work waits.",
        ),
        false => ("vCenters can be reached again", "Automatic work goes on."),
    }
}

fn alone(work: &Work) -> Message {
    let Work { what, says, .. } = work;
    let vcenter = words::label(&work.vcenter);
    let job = words::within_a_sentence(&words::job(&work.job));
    let title = match what {
        What::Done => format!("{vcenter}: {job} done"),
        What::Partial => format!("{vcenter}: {job} partially done"),
        What::Failed => format!("{vcenter}: {job} failed"),
        What::NotStarted => format!("{vcenter}: {job} could not start"),
        What::Connected => format!("{vcenter} is connected again"),
        What::Recovered => format!("{vcenter} is working again"),
    };
    let body = words::cut(says, BODY);
    Message { title, body, is_failure: what.is_failure(), vcenter: work.vcenter_id.clone(), is_told: false }
}

fn together(works: &[&Work], network: Option<bool>) -> Message {
    let vcenters: BTreeSet<&Option<VcenterId>> = works.iter().map(|work| &work.vcenter_id).collect();
    let is_each_another = vcenters.len() == works.len() && !vcenters.contains(&None);
    let are_syncs = works.iter().all(|work| work.job.reads_inventory());
    let (one, many) = if is_each_another { ("vCenter", "vCenters") } else { ("operation", "operations") };
    let done = if is_each_another && are_syncs { "synced" } else { "done" };
    let (mut parts, mut lines) = (Vec::new(), Vec::new());
    for (what, word) in [
        (What::Done, done),
        (What::Partial, "partially done"),
        (What::Failed, "failed"),
        (What::NotStarted, "not started"),
        (What::Connected, "connected again"),
        (What::Recovered, "working again"),
    ] {
        let names: Vec<&str> =
            works.iter().filter(|work| work.what == what).map(|work| &*work.vcenter).collect();
        if names.is_empty() {
            continue;
        }
        parts.push(match parts.is_empty() {
            true => format!("{} {word}", counted(names.len(), one, many)),
            false => format!("{} {word}", names.len()),
        });
        lines.push(format!("{}: {}", words::capital(word), listed(&names)));
    }
    lines.extend(network.map(|is_gone| format!("{}.", of_the_network(is_gone).0)));
    let vcenter = vcenters.first().filter(|_| vcenters.len() == 1).and_then(|id| (*id).clone());
    let is_failure = network == Some(true) || works.iter().any(|work| work.what.is_failure());
    Message { title: parts.join(", "), body: lines.join("\n"), is_failure, vcenter, is_told: false }
}

/// Names in a line; of many the first ones.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    let unlike: BTreeSet<&str> = names.iter().copied().collect();
    let shown: Vec<String> = unlike.iter().take(SHOWN).map(|name| words::label(name)).collect();
    match unlike.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::command::tests::operation;

    const LOUD: Quiet = Quiet { paused: false, no_network: None, off: false };

    fn ended(vcenter: &str, origin: Origin, state: OperationState) -> Operation {
        let mut ended = operation("a", 1, origin, state);
        (ended.vcenter, ended.vcenter_id) =
            (Some(vcenter.to_owned()), Some(VcenterId(vcenter.to_lowercase())));
        if state == OperationState::Failed {
            ended.error = Some(ApiError::new(Code::Unreachable, "vc.example.org could not be reached"));
        }
        ended
    }

    fn vcenter(name: &str) -> Vcenter {
        Vcenter {
            id: VcenterId(name.to_lowercase()),
            name: name.to_owned(),
            host: "vc.example.org".to_owned(),
            port: 443,
            credential: name.to_owned(),
            credential_id: crate::CredentialId("c".to_owned()),
            user: "u".to_owned(),
            trust: "system".to_owned(),
            pin: None,
            settings: crate::VcenterSettings::default(),
            edition: 1,
            instance_uuid: None,
            product: None,
            version: None,
            build: None,
            certificate_expires_at: None,
            permissions: None,
        }
    }

    #[test]
    fn a_policy_that_tells_something_is_shown_with_what_came_beside_it_and_not_where_notifications_are_off() {
        use crate::destination::SoFar;
        use crate::policy::{Cause, Happened, RanStep};
        let mut notify = operation("n", 1, Origin::Policy, OperationState::Succeeded);
        (notify.vcenter, notify.vcenter_id) = (None, None);
        notify.job = Job::Notify {
            run: Box::new(SoFar {
                run: crate::OperationId("r".to_owned()),
                step: 2,
                policy: PolicyId("p".to_owned()),
                name: "Tell me".to_owned(),
                cause: Cause {
                    what: Happened::Offline,
                    at: Time(0),
                    vcenters: Vec::new(),
                    after: Vec::new(),
                },
                vcenters: vec![VcenterId("b".to_owned())],
                names: vec!["Berlin".to_owned()],
                left_out: Vec::new(),
                steps: vec![RanStep {
                    step: "Full sync".to_owned(),
                    outcome: Some(OperationState::Failed),
                    operations: Vec::new(),
                    message: Some("Berlin: no\nresponse".to_owned()),
                }],
            }),
        };
        let mut notices = Notices::default();
        assert_eq!(notices.of(&notify, Quiet { off: true, ..LOUD }), None);
        let told = notices.of(&notify, LOUD).unwrap();
        let failed = notices.of(&ended("Oslo", Origin::User, OperationState::Failed), LOUD).unwrap();
        let message = message(&[failed, told]).unwrap();
        assert_eq!((&*message.title, message.is_failure), ("Tell me", true));
        let lines: Vec<&str> = message.body.lines().collect();
        assert_eq!(lines[0], "vCenters can't be reached: Berlin.");
        assert!(lines[1].starts_with("Full sync failed: Berlin"), "{lines:?}");
        assert!(lines.last().unwrap().starts_with("Oslo: "), "{lines:?}");
    }

    fn refresh(of: Kind, code: Option<Code>) -> Operation {
        let state = if code.is_some() { OperationState::Failed } else { OperationState::Succeeded };
        let error = code.map(|code| ApiError::new(code, "it failed"));
        Operation { job: Job::refresh(of), error, ..ended("Berlin", Origin::Reader, state) }
    }

    fn titles(notices: &mut Notices, operations: &[Operation], quiet: Quiet) -> Vec<String> {
        let told = operations.iter().filter_map(|operation| notices.of(operation, quiet));
        told.filter_map(|notice| message(&[notice])).map(|message| message.title).collect()
    }

    #[test]
    fn of_work_that_a_person_started_every_outcome_is_told_but_that_it_was_cancelled() {
        use OperationState::{Cancelled, Failed, Interrupted, Partial, Succeeded};
        let each = [Succeeded, Partial, Failed, Failed, Interrupted, Cancelled]
            .map(|state| ended("Berlin", Origin::User, state));
        assert_eq!(
            titles(&mut Notices::default(), &each, LOUD),
            [
                "Berlin: full sync done",
                "Berlin: full sync partially done",
                "Berlin: full sync failed",
                "Berlin: full sync failed",
                "Berlin: full sync failed",
            ]
        );
    }

    #[test]
    fn of_work_that_runs_by_itself_the_first_failure_and_the_recovery_are_told_and_no_run_between() {
        use OperationState::{Failed, Succeeded};
        for origin in [Origin::Schedule, Origin::Reader] {
            let runs = [Succeeded, Failed, Failed, Failed, Succeeded, Succeeded, Failed]
                .map(|state| ended("Berlin", origin, state));
            assert_eq!(
                titles(&mut Notices::default(), &runs, LOUD),
                ["Berlin: full sync failed", "Berlin is working again", "Berlin: full sync failed"]
            );
        }
    }

    #[test]
    fn a_part_that_goes_on_failing_is_no_recovery_and_no_second_failure() {
        let mut notices = Notices::default();
        let runs = [
            refresh(Kind::Vms, Some(Code::NoPermission)),
            refresh(Kind::Hosts, None),
            refresh(Kind::Vms, Some(Code::NoPermission)),
            refresh(Kind::Hosts, None),
            refresh(Kind::Vms, None),
        ];
        assert_eq!(
            titles(&mut notices, &runs, LOUD),
            ["Berlin: refresh of VMs failed", "Berlin is working again"]
        );
        // What failed at the door works again with whatever works.
        let runs = [refresh(Kind::Vms, Some(Code::Unreachable)), refresh(Kind::Hosts, None)];
        assert_eq!(titles(&mut notices, &runs, LOUD).len(), 2);
    }

    #[test]
    fn a_vcenter_with_a_part_that_goes_on_failing_is_told_when_it_goes_away_and_when_it_is_back() {
        for behind in [Code::NoPermission, Code::TooManyRemovals] {
            let runs = [
                refresh(Kind::Vms, Some(behind)),
                refresh(Kind::Hosts, Some(Code::Unreachable)),
                refresh(Kind::Vms, Some(Code::Unreachable)),
                refresh(Kind::Hosts, None),
                refresh(Kind::Vms, Some(behind)),
                refresh(Kind::Hosts, None),
                refresh(Kind::Vms, None),
            ];
            assert_eq!(
                titles(&mut Notices::default(), &runs, LOUD),
                [
                    "Berlin: refresh of VMs failed",
                    "Berlin: refresh of hosts failed",
                    "Berlin is connected again",
                    "Berlin is working again"
                ]
            );
        }
    }

    #[test]
    fn what_could_not_start_on_many_is_one_message() {
        let full = ApiError::new(Code::Database, "the disk is full");
        let one = |name: &str| Notice::not_started(&vcenter(name), Job::FULL_SYNC, &full);
        let alone = message(&[one("Berlin")]).unwrap();
        assert_eq!((&*alone.title, &*alone.body), ("Berlin: full sync could not start", "The disk is full."));
        let all: Vec<Notice> = (0..50).map(|n| one(&format!("vc-{n:02}"))).collect();
        let all = message(&all).unwrap();
        assert_eq!((&*all.title, all.is_failure), ("50 vCenters not started", true));
        assert!(all.body.ends_with("vc-05 and 44 more"), "{}", all.body);
    }

    #[test]
    fn what_a_server_calls_its_clusters_makes_no_message_long_or_breaks_its_line() {
        let long = "\u{202e}x\n".repeat(5000);
        let clusters = vec![long.clone(), long.clone()];
        let mut failed = ended("Berlin", Origin::User, OperationState::Failed);
        (failed.vcenter, failed.job) =
            (Some(long.clone()), Job::SyncHosts { clusters, accept_removals: false });
        failed.error = Some(ApiError::new(Code::Unreachable, long));
        let told = message(&[Notices::default().of(&failed, LOUD).unwrap()]).unwrap();
        assert!(told.title.chars().count() < 200 && told.body.chars().count() <= 401, "{told:?}");
        assert!(!told.title.contains(['\n', '\u{202e}']) && !told.body.contains(['\n', '\u{202e}']));
    }

    #[test]
    fn who_saw_it_fail_is_not_told_that_it_fails_by_itself() {
        use OperationState::{Failed, Succeeded};
        let by = |origin, state| ended("Berlin", origin, state);
        let runs = [
            by(Origin::User, Failed),
            by(Origin::Schedule, Failed),
            by(Origin::User, Succeeded),
            by(Origin::Schedule, Succeeded),
        ];
        assert_eq!(
            titles(&mut Notices::default(), &runs, LOUD),
            ["Berlin: full sync failed", "Berlin: full sync done"],
            "the person's own success is told as that"
        );
    }

    #[test]
    fn jobs_about_no_vcenter_fail_and_recover_each_for_itself() {
        use OperationState::{Failed, Succeeded};
        let run = |job: Job, state| {
            let ended = Operation { job, ..ended("Berlin", Origin::Schedule, state) };
            Operation { vcenter: None, vcenter_id: None, ..ended }
        };
        let scan = |range: &str| {
            let ranges = vec![range.to_owned()];
            Job::Scan { scan: Box::new(crate::discovery::Scan { ranges, ..Default::default() }) }
        };
        let read = || Job::ReadServers { servers: Vec::new() };
        let night = [
            run(scan("10.0.8.1"), Failed),
            run(read(), Succeeded),
            run(scan("10.0.8.1"), Failed),
            run(scan("10.0.9.1"), Failed),
            run(read(), Succeeded),
        ];
        let mut notices = Notices::default();
        assert_eq!(titles(&mut notices, &night, LOUD).len(), 2, "each scan once, and no success of another");
        let told = titles(&mut notices, &[run(scan("10.0.9.1"), Succeeded)], LOUD);
        assert_eq!(told, ["Discovery is working again"]);
        assert!(titles(&mut notices, &[run(scan("10.0.8.1"), Failed)], LOUD).is_empty(), "it still fails");
    }

    #[test]
    fn a_vcenter_that_was_in_trouble_before_is_told_only_when_it_recovers() {
        use OperationState::{Failed, Succeeded};
        let mut notices = Notices::default();
        notices.is_in_trouble(&VcenterId("berlin".to_owned()));
        let runs = [Failed, Succeeded].map(|state| ended("Berlin", Origin::Schedule, state));
        assert_eq!(titles(&mut notices, &runs, LOUD), ["Berlin is working again"]);
    }

    #[test]
    fn a_paused_vcenter_alarms_for_nothing_but_what_a_person_does() {
        use OperationState::{Failed, Succeeded};
        let paused = Quiet { paused: true, ..LOUD };
        let mut notices = Notices::default();
        let by_itself = [Failed, Succeeded].map(|state| ended("Berlin", Origin::Schedule, state));
        assert_eq!(titles(&mut notices, &by_itself, paused), Vec::<String>::new());
        let runs = [ended("Berlin", Origin::User, Failed)];
        assert_eq!(titles(&mut notices, &runs, paused), ["Berlin: full sync failed"]);
    }

    #[test]
    fn without_a_network_twenty_failures_are_one_message_and_each_network_that_goes_is_told() {
        use OperationState::{Failed, Succeeded};
        let mut notices = Notices::default();
        let failures: Vec<Operation> =
            (0..20).map(|n| ended(&format!("vc-{n}"), Origin::Schedule, Failed)).collect();
        let gone = Quiet { no_network: Some(Time(5)), ..LOUD };
        let title =
            |notice: Option<Notice>| message(&notice.into_iter().collect::<Vec<_>>()).map(|one| one.title);
        assert_eq!(title(notices.network(Some(Time(5)))).as_deref(), Some("No network or VPN"));
        assert_eq!(titles(&mut notices, &failures, gone), Vec::<String>::new());
        assert_eq!(title(notices.network(Some(Time(5)))), None, "that was told");
        assert_eq!(title(notices.network(None)).as_deref(), Some("vCenters can be reached again"));
        assert_eq!(title(notices.network(None)), None);
        let works = [ended("vc-0", Origin::Schedule, Succeeded)];
        assert_eq!(titles(&mut notices, &works, LOUD), Vec::<String>::new(), "no failure of it was told");
        assert_eq!(title(notices.network(Some(Time(9)))).as_deref(), Some("No network or VPN"));
    }

    #[test]
    fn what_is_off_is_not_told_and_not_forgotten() {
        use OperationState::{Failed, Succeeded};
        let mut notices = Notices::default();
        let off = Quiet { off: true, ..LOUD };
        let failed = [ended("Berlin", Origin::User, Failed), ended("Berlin", Origin::Schedule, Failed)];
        assert_eq!(titles(&mut notices, &failed, off), Vec::<String>::new());
        let recovered = [ended("Berlin", Origin::Schedule, Succeeded)];
        assert_eq!(titles(&mut notices, &recovered, LOUD), ["Berlin is working again"]);
    }

    #[test]
    fn a_burst_is_one_message_with_numbers_and_names() {
        use OperationState::{Failed, Succeeded};
        let mut notices = Notices::default();
        let mut told = Vec::new();
        for name in ["Rome", "Berlin", "Paris"] {
            told.extend(notices.of(&ended(name, Origin::User, Succeeded), LOUD));
        }
        told.extend(notices.of(&ended("Oslo", Origin::Schedule, Failed), LOUD));
        let one = message(&told).unwrap();
        assert_eq!(one.title, "3 vCenters synced, 1 failed");
        assert_eq!(one.body, "Synced: Berlin, Paris, Rome\nFailed: Oslo");
        assert_eq!((one.is_failure, one.vcenter), (true, None));

        let twice = [Succeeded, Failed].map(|state| ended("Berlin", Origin::User, state));
        let told: Vec<Notice> = twice.iter().filter_map(|one| notices.of(one, LOUD)).collect();
        let one = message(&told).unwrap();
        assert_eq!(one.title, "1 operation done, 1 failed");
        assert_eq!(one.vcenter, Some(VcenterId("berlin".to_owned())));

        let many: Vec<Notice> = (0..9)
            .filter_map(|n| notices.of(&ended(&format!("vc-{n}"), Origin::User, Succeeded), LOUD))
            .collect();
        let one = message(&many).unwrap();
        assert_eq!(one.body, "Synced: vc-0, vc-1, vc-2, vc-3, vc-4, vc-5 and 3 more");
        assert_eq!(message(&[]), None);
    }

    #[test]
    fn a_single_message_says_what_changed_or_why_it_failed() {
        use OperationState::{Failed, Succeeded};
        let mut notices = Notices::default();
        let mut said =
            |one: &Operation| message(&notices.of(one, LOUD).into_iter().collect::<Vec<_>>()).unwrap();
        let mut done = ended("Berlin", Origin::User, Succeeded);
        (done.diff.added, done.diff.removed) = (3, 1);
        assert_eq!(said(&done).body, "3 added, 1 removed.");
        let failed = said(&ended("Berlin", Origin::User, Failed));
        assert_eq!((failed.body.as_str(), failed.is_failure), ("vc.example.org could not be reached.", true));
        let test = Operation { job: Job::TEST, ..ended("Berlin", Origin::User, Succeeded) };
        assert_eq!(said(&test).title, "Berlin: connection test done");
        assert_eq!(said(&test).body, "The connection works.");
    }
}
