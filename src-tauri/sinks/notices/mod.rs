//! Notifications of what has ended, while no window of Muster is in front.
//! Refuses to decide what is worth telling: `contract::notices` does; and to tell of simulated vCenters.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod gathered;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
use elsewhere as host;
#[cfg(target_os = "linux")]
use linux as host;

use super::following::{Following, Of};
use crate::shell::Shell;
use crate::window::Which;
use contract::attention::Quiet;
use contract::command::{
    ListOperations, ListStatus, ListVcenters, OperationFilter, OperationHistory, ShowOperation, Submit,
};
use contract::notices::{Message, Notice, Notices, message};
use contract::{ApiError, Event, Job, Operation, OperationId, Vcenter, VcenterId, network};
use gathered::Gathered;
use service::{Caller, Service};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How long events are gathered.
const GATHER: Duration = Duration::from_millis(500);
/// Operations that are looked through where events were lost, and more at first: what moves up among them when others are
/// removed is no news.
const LOOKED: u32 = 200;
const LOOKED_AT_FIRST: u32 = 1000;

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
    gathered: Gathered,
}

impl Teller {
    fn new(shell: Shell) -> Teller {
        Teller {
            shell,
            host: host::Notifier::default(),
            notices: Notices::default(),
            gathered: Gathered::default(),
        }
    }

    async fn run(mut self, mut problems: mpsc::Receiver<Problem>) {
        let mut following = Following::new(&self.shell.wiring, Of::Real, GATHER);
        let mut is_begun = false;
        loop {
            let at = self.gathered.due();
            let due = async {
                match at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                batch = following.next() => {
                    let Some(batch) = batch else { return };
                    if !is_begun {
                        is_begun = self.begin().await;
                    }
                    if is_begun {
                        self.look(&batch).await;
                    }
                }
                () = due => self.tell().await,
                Some(problem) = problems.recv() => self.gathered.fails_to_start(problem, Instant::now()),
                clicked = self.host.clicked() => {
                    let caller = self.shell.wiring.caller();
                    let address = clicked.map(|id| leads_to(&id, &caller));
                    self.shell.windows.show(&self.shell, Which::Main, address);
                }
            }
        }
    }

    /// Looks once at what has ended and what is in trouble already.
    async fn begin(&mut self) -> bool {
        let Some(service) = self.shell.wiring.opened_real() else { return false };
        let caller = self.shell.wiring.caller();
        let all = OperationHistory { filter: OperationFilter::default(), limit: LOOKED_AT_FIRST };
        let (statuses, before) =
            tokio::join!(service.call(&caller, ListStatus {}), service.call(&caller, all));
        let (Ok(statuses), Ok(before)) = (statuses, before) else { return false };
        before.operations.iter().for_each(|operation| self.gathered.is_known(operation));
        self.notices.network(network::is_gone_since(&statuses));
        for status in statuses.iter().filter(|status| status.state.is_trouble()) {
            self.notices.is_in_trouble(&status.vcenter_id);
        }
        true
    }

    /// Takes in what ended.
    async fn look(&mut self, batch: &[Event]) {
        let Some(service) = self.shell.wiring.opened_real() else { return };
        let mut changed = Vec::new();
        for event in batch {
            match event {
                Event::OperationChanged { operation } => {
                    changed.extend(self.one(&service, operation).await);
                }
                Event::Lagged => {
                    let all = OperationHistory { filter: OperationFilter::default(), limit: LOOKED };
                    let listed = service.call(&self.shell.wiring.caller(), all).await;
                    // The newest comes first.
                    changed.extend(listed.map(|all| all.operations).unwrap_or_default().into_iter().rev());
                }
                _ => {}
            }
        }
        let now = Instant::now();
        changed.into_iter().for_each(|operation| self.gathered.see(operation, now));
        if batch.contains(&Event::VcentersChanged) {
            // The network may be gone, or there again.
            self.gathered.came(now);
        }
        if batch.iter().any(|event| matches!(event, Event::VcentersChanged | Event::Lagged)) {
            self.forget_the_removed(&service).await;
        }
    }

    /// How an operation stands; one that is gone is told by nobody, and nothing waits for it.
    async fn one(&mut self, service: &Service, id: &OperationId) -> Option<Operation> {
        let asked = ShowOperation { operation: id.to_string() };
        let shown = service.call(&self.shell.wiring.caller(), asked).await.ok();
        if shown.is_none() {
            self.gathered.retain_active(|active| active != id);
        }
        shown
    }

    /// Operations of a vCenter that is removed are gone without a word.
    async fn forget_the_removed(&mut self, service: &Service) {
        if !self.gathered.has_active() {
            return;
        }
        let active = ListOperations { filter: OperationFilter::default(), limit: 0 };
        if let Ok(active) = service.call(&self.shell.wiring.caller(), active).await {
            self.gathered.retain_active(|id| active.iter().any(|one| one.id == *id));
        }
    }

    /// Tells what has happened, in one message.
    async fn tell(&mut self) {
        let (ended, problems) = self.gathered.take(Instant::now());
        let Some(service) = self.shell.wiring.opened_real() else { return };
        let caller = self.shell.wiring.caller();
        let (vcenters, statuses) =
            tokio::join!(service.call(&caller, ListVcenters {}), service.call(&caller, ListStatus {}));
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
            let status = statuses.iter().find(|status| operation.is_of(&status.vcenter_id));
            // What is about no vCenter is off where everything is.
            let off = operation.vcenter_id.as_ref().map_or(!notifies, is_off);
            let quiet = Quiet { off, ..status.map(Quiet::of).unwrap_or_default() };
            told.extend(self.notices.of(operation, quiet));
        }
        for Problem { vcenter, error } in problems.iter().filter(|problem| !is_off(&problem.vcenter.id)) {
            told.push(Notice::not_started(vcenter, Job::FULL_SYNC, error));
        }
        if let Some(message) = message(&told) {
            self.show(&message).await;
        }
    }

    /// Shows a message, unless somebody looks at a window that says it.
    async fn show(&mut self, message: &Message) {
        if message.is_told || !self.shell.windows.is_in_front() {
            self.host.show(message).await;
        }
    }
}

/// The page that says more of a vCenter: its own, or what was done with it where the role doesn't open that.
fn leads_to(vcenter: &VcenterId, caller: &Caller) -> String {
    match caller.may::<Submit>() {
        Ok(()) => format!("/vcenter/{vcenter}"),
        Err(_) => format!("/operations?vcenter={vcenter}"),
    }
}

/// A text where it is read as markup.
#[cfg(target_os = "linux")]
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
