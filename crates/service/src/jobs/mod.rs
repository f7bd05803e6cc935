//! What operations do: one file per job.
//! Refuses to know the queue: a job gets a claim, a way to the server and a token that cancels it.

mod apply;
mod ask;
mod guard;
mod listing;
mod pass;
pub(crate) mod permissions;
mod read;
mod refused;
mod retry;
mod slots;
mod steps;
mod sync;
mod test;
mod withheld;

pub(crate) use retry::{Tries, pause};
pub(crate) use steps::Steps;
pub(crate) use sync::{Scope, sync};
pub(crate) use test::{Seen, look_around, test};

use crate::connections::{Connections, Lease, LoginAs, Meter};
use crate::operations::Place;
use contract::{ApiError, Progress, Time};
use store::{Claim, Store, VcenterRecord};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a job works with.
pub(crate) struct Context {
    pub(crate) claim: Claim,
    pub(crate) vcenter: VcenterRecord,
    pub(crate) store: Store,
    pub(crate) connections: Connections,
    pub(crate) login: LoginAs,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) meter: Meter,
    pub(crate) room: Place,
    pub(crate) tries: Tries,
    pub(crate) steps: Steps,
    pub(crate) now: fn() -> Time,
}

/// Why a job ended without its result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Somebody cancelled it.
    Cancelled,
    /// It failed, in words for users.
    Failed(Box<ApiError>),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Stop {
        Stop::Failed(Box::new(error))
    }
}

impl Context {
    /// Runs a call to the server until it answers or the operation is cancelled.
    async fn or_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        self.cancel.run_until_cancelled(work).await.ok_or(Stop::Cancelled)
    }

    /// A session, its traffic counted from here on.
    async fn lease(&self) -> Result<Lease, Stop> {
        self.step("connecting");
        let lease = self.room.apart(self.connections.lease(&self.vcenter.vcenter.id, self.login));
        let lease = self.or_cancelled(lease).await??;
        self.meter.add(&lease);
        Ok(lease)
    }

    /// Begins a step, which lasts until the next one.
    fn step(&self, step: &str) {
        self.steps.begin(self.attempt(), step);
        self.say(step);
    }

    /// What it does at the moment, in words.
    fn say(&self, step: &str) {
        self.progress.send_modify(|progress| step.clone_into(&mut progress.step));
    }

    /// The number of the attempt that is under way.
    fn attempt(&self) -> u32 {
        self.progress.borrow().attempts.max(1)
    }

    /// How far a phase is, and with it the whole operation. A bar never goes back: what is still found makes it wait.
    fn reached(&self, phase: Phase, done: usize, of: usize) {
        let (from, to) = phase.share();
        let share = (to - from) * done.min(of) / of.max(1);
        let percent = u8::try_from(from + share).unwrap_or(100);
        self.progress
            .send_modify(|progress| progress.percent = Some(progress.percent.unwrap_or(0).max(percent)));
    }

    /// What a write is told after every chunk: whether to go on.
    fn onward(&self, phase: Phase) -> impl Fn(usize, usize) -> bool + Send + Sync + '_ {
        move |done, of| {
            self.reached(phase, done, of);
            !self.cancel.is_cancelled()
        }
    }
}

/// The phases of a sync that can be counted; connecting and listing come before them.
#[derive(Clone, Copy)]
enum Phase {
    Reading,
    Comparing,
    Writing,
    /// The only one, as of a test.
    Whole,
}

impl Phase {
    /// From where to where each goes in the one bar, in percent: what they take of a full sync of 30,000 VMs, about.
    fn share(self) -> (usize, usize) {
        match self {
            Phase::Reading => (0, 80),
            Phase::Comparing => (80, 92),
            Phase::Writing => (92, 100),
            Phase::Whole => (0, 100),
        }
    }
}
