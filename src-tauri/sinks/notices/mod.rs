//! Notifications of what has ended, while no window of Muster is in front.
//! Refuses to decide what is worth telling: `contract::notices` does; and to tell of simulated vCenters.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use elsewhere as host;
#[cfg(target_os = "linux")]
use linux as host;

use super::following::{Following, Of};
use super::quiet;
use crate::shell::Shell;
use crate::window::Which;
use contract::command::{ListStatus, ListVcenters, OperationFilter, OperationHistory, ShowOperation};
use contract::notices::{Message, Notice, Notices, Quiet, is_at_the_door, message};
use contract::words::{job, sentence, within_a_sentence};
use contract::{ApiError, Event, Job, Operation, OperationId, Time, Vcenter, VcenterId, network};
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How long events are gathered.
const GATHER: Duration = Duration::from_millis(500);
/// How long nothing more may have ended before what has ended is told.
const SETTLE: Duration = Duration::from_millis(1500);
/// The same while more of what a person started runs: its end belongs to it.
const MORE: Duration = Duration::from_secs(10);
/// The same after work that began by itself didn't even reach its vCenter: by then it is known whether that is the network's end,
/// for which each of the others is tried for five seconds.
const LOOKED_AROUND: Duration = Duration::from_secs(6);
/// Operations that are looked through where events were lost.
const LOOKED: u32 = 200;
/// Operations that are remembered as told.
const REMEMBERED: usize = 2000;

/// A vCenter whose sync couldn't even be asked for.
pub(crate) struct Problem {
    pub(crate) vcenter: Vcenter,
    pub(crate) error: ApiError,
}

/// Tells, from now on until everything ends.
pub(crate) fn notices(shell: &Shell, problems: mpsc::Receiver<Problem>) {
    let of = shell.clone();
    shell.wiring.run_until_closed(async move { Teller::new(of).run(problems).await });
}

/// What was told, and what waits to be.
struct Teller {
    shell: Shell,
    host: host::Notifier,
    notices: Notices,
    /// What ended before is no news.
    since: Time,
    /// Operations of people that wait or run.
    active: HashSet<OperationId>,
    ended: Vec<Operation>,
    seen: VecDeque<OperationId>,
}

impl Teller {
    fn new(shell: Shell) -> Teller {
        Teller {
            shell,
            host: host::Notifier::default(),
            notices: Notices::default(),
            since: now(),
            active: HashSet::new(),
            ended: Vec::new(),
            seen: VecDeque::new(),
        }
    }

    async fn run(mut self, mut problems: mpsc::Receiver<Problem>) {
        let mut following = Following::new(&self.shell.wiring, Of::Real, GATHER);
        let mut is_begun = false;
        let mut at: Option<(Instant, Instant)> = None;
        loop {
            let due = async {
                match at {
                    Some((soon, last)) => sleep_until(soon.min(last)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                batch = following.next() => {
                    let Some(batch) = batch else { return };
                    if !is_begun {
                        is_begun = self.begin().await;
                    }
                    if self.look(&batch).await {
                        let begun = at.map_or_else(Instant::now, |(_, last)| last - MORE);
                        at = Some((Instant::now() + self.wait(), begun + MORE));
                    }
                }
                () = due => {
                    at = None;
                    self.tell().await;
                }
                problem = problems.recv() => {
                    if let Some(problem) = problem {
                        self.show(&not_started(&problem)).await;
                    }
                }
                clicked = self.host.clicked() => {
                    let address = clicked.map(|id| format!("/vcenter/{id}"));
                    self.shell.windows.show(&self.shell, Which::Main, address);
                }
            }
        }
    }

    /// Looks once at what is in trouble already.
    async fn begin(&mut self) -> bool {
        let Some(service) = self.shell.wiring.opened_real() else { return false };
        let Ok(statuses) = service.call(self.shell.wiring.caller(), ListStatus {}).await else {
            return false;
        };
        self.notices.network(network::is_gone_since(&statuses));
        for status in statuses.iter().filter(|status| status.state.is_trouble()) {
            self.notices.is_in_trouble(&status.vcenter_id);
        }
        true
    }

    /// How long nothing more may happen before what happened is told.
    fn wait(&self) -> Duration {
        let is_by_itself = |one: &&Operation| one.origin != contract::Origin::User;
        let failed = |one: &Operation| one.state == contract::OperationState::Failed && is_at_the_door(one);
        match self.active.is_empty() {
            true if self.ended.iter().filter(is_by_itself).any(failed) => LOOKED_AROUND,
            true => SETTLE,
            false => MORE,
        }
    }

    /// Takes in what ended; whether there may be something to tell.
    async fn look(&mut self, batch: &[Event]) -> bool {
        let Some(service) = self.shell.wiring.opened_real() else { return false };
        let caller = self.shell.wiring.caller();
        let (mut changed, mut is_another) = (Vec::new(), false);
        for event in batch {
            match event {
                Event::VcentersChanged => is_another = true,
                Event::OperationChanged { operation } => {
                    let asked = ShowOperation { operation: operation.to_string() };
                    // One that is gone is told by nobody.
                    changed.extend(service.call(caller, asked).await);
                }
                Event::Lagged => {
                    let all = OperationHistory { filter: OperationFilter::default(), limit: LOOKED };
                    let listed = service.call(caller, all).await.map(|all| all.operations);
                    changed.extend(listed.unwrap_or_default());
                }
                _ => {}
            }
        }
        let before = self.ended.len();
        changed.into_iter().for_each(|operation| self.see(operation));
        is_another || self.ended.len() > before
    }

    fn see(&mut self, operation: Operation) {
        if !operation.state.is_final() {
            if operation.origin == contract::Origin::User {
                self.active.insert(operation.id);
            }
            return;
        }
        self.active.remove(&operation.id);
        let is_news = operation.finished_at.is_some_and(|at| at >= self.since);
        if !is_news || self.seen.contains(&operation.id) {
            return;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(operation.id.clone());
        self.ended.push(operation);
    }

    /// Tells what has happened, in one message.
    async fn tell(&mut self) {
        let mut ended = std::mem::take(&mut self.ended);
        ended.sort_by_key(|operation| operation.finished_at);
        let Some(service) = self.shell.wiring.opened_real() else { return };
        let caller = self.shell.wiring.caller();
        let (vcenters, statuses) =
            tokio::join!(service.call(caller, ListVcenters {}), service.call(caller, ListStatus {}));
        // Where that can't be said, nothing is told of the network.
        let gone_since = statuses.as_deref().map(network::is_gone_since);
        let gone = gone_since.ok().and_then(|since| self.notices.network(since));
        let (vcenters, statuses) = (vcenters.unwrap_or_default(), statuses.unwrap_or_default());
        let notifies = self.shell.desk.preferences().notify;
        let is_off = |id: &VcenterId| {
            let vcenter = vcenters.iter().find(|vcenter| vcenter.id == *id);
            !notifies || vcenter.is_some_and(|vcenter| !vcenter.settings.notify)
        };
        let mut told: Vec<Notice> = gone.into_iter().filter(|_| notifies).collect();
        for operation in &ended {
            let id = &operation.vcenter_id;
            let quiet = Quiet { off: is_off(id), ..quiet::of(&statuses, id) };
            told.extend(self.notices.of(operation, quiet));
        }
        if let Some(message) = message(&told) {
            self.show(&message).await;
        }
    }

    /// Shows a message, unless somebody looks at a window that says it.
    async fn show(&mut self, message: &Message) {
        if !self.shell.windows.is_in_front() {
            self.host.show(message).await;
        }
    }
}

fn not_started(Problem { vcenter, error }: &Problem) -> Message {
    Message {
        title: format!("{}: {} could not start", vcenter.name, within_a_sentence(&job(&Job::FULL_SYNC))),
        body: sentence(&error.message),
        is_failure: true,
        vcenter: Some(vcenter.id.clone()),
    }
}

/// A text where it is read as markup.
#[cfg(target_os = "linux")]
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
