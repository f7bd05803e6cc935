//! Runs one claimed operation, publishes its progress and writes how it ended.
//! Refuses to leave it without an outcome: its lane must not stay blocked while this process lives.

use super::{Operations, Place, Trouble};
use crate::connections::{self, LoginAs, Meter};
use crate::inventory::was_read_since;
use crate::jobs::{self, Scope, Steps, Stop, Tries};
use crate::outcomes::{End, Ran};
use crate::rates::Rates;
use crate::{analytics, discovery, explain};
use contract::analytics::CallTimes;
use contract::{
    ApiError, Code, Diff, Event, Job, Kind, Lane, OperationState, Origin, Progress, TestReport, VcenterState,
};
use std::sync::Arc;
use std::time::Duration;
use store::{Claim, Finish};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vsphere::Traffic;

/// How often progress is published: often enough to look alive, seldom enough to cost nothing.
const PROGRESS: Duration = Duration::from_millis(250);

/// How often it is written, for other processes.
const WRITTEN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;

impl Operations {
    /// Runs what was claimed. However that ends, the operation has an outcome afterwards: its lane must not stay
    /// blocked while this process lives.
    pub(super) async fn run(&self, claim: Claim, place: Place, cancel: &CancellationToken) {
        let job = claim.operation.job.clone();
        match job.lane() {
            Lane::Policy => return self.carry_out(claim, place, cancel).await,
            Lane::Discovery => return self.discover(claim, cancel).await,
            Lane::Delivery => return self.deliver(claim, place, cancel).await,
            Lane::Sync | Lane::Beside => {}
        }
        let id = claim.vcenter_id().clone();
        let vcenter = match self.0.store.vcenter(&id).await {
            Ok(vcenter) => vcenter,
            Err(error) => {
                let stop = Stop::from(explain::store(error));
                return self.settle(&claim, self.stopped(&claim, stop), How::default()).await;
            }
        };
        let login = LoginAs {
            by_user: claim.operation.origin == Origin::User,
            retry: matches!(job, Job::Test { retry_login: true }).then_some(claim.operation.submitted_at),
        };
        let context = Arc::new(jobs::Context {
            claim,
            vcenter,
            store: self.0.store.clone(),
            connections: self.0.connections.clone(),
            login,
            cancel: cancel.clone(),
            progress: watch::channel(Progress { attempts: 1, ..Progress::default() }).0,
            meter: Meter::default(),
            room: place,
            tries: Tries::default(),
            steps: Steps::default(),
            now: self.0.now,
        });
        let work = {
            let (this, context) = (self.clone(), context.clone());
            // A task of its own, so that a panic ends the operation and not the queue.
            self.0.tracker.spawn(async move { this.work(&context).await })
        };
        let traffic = || context.meter.traffic();
        let watched =
            Watched { claim: &context.claim, progress: &context.progress, cancel, traffic: &traffic };
        let done = self.watch(&watched, work).await;
        if let Ok(Done::Published) = done {
            self.0.events.publish(Event::InventoryChanged { vcenter: id.clone() });
            self.0.events.publish(Event::VcentersChanged);
            // Since when what is wrong is told only of what was published.
            self.0.health.record(&context.vcenter.vcenter).await;
            self.0.events.publish(Event::HealthChanged);
            self.note_capacity(&context.claim).await;
            if let Ok(ended) = self.0.store.operation(context.claim.operation.id.as_str()).await {
                self.0.counts.synced(&ended, &context.meter.latency());
            }
            return;
        }
        let progress = context.progress.borrow().clone();
        let outcome = match done {
            Ok(done) => Outcome::of(done),
            Err(stop) => self.stopped(&context.claim, stop),
        };
        if let Some(error) = outcome.error.as_ref().filter(|_| outcome.state == OperationState::Failed) {
            context.steps.failed(progress.attempts.max(1), error);
        }
        let steps = context.steps.told();
        let (traffic, latency) = (context.meter.traffic(), context.meter.latency());
        self.settle(&context.claim, outcome, How { progress, traffic, steps, latency, ..How::default() })
            .await;
    }

    /// Notes what there is of capacity, as far as an operation has read that.
    async fn note_capacity(&self, claim: &Claim) {
        let (vcenter, now) = (claim.vcenter_id(), (self.0.now)());
        let since = claim.operation.started_at.unwrap_or(now);
        if let Ok(snapshot) = self.0.inventory.read(vcenter).await {
            analytics::sample(&self.0.store, vcenter, snapshot, since, now).await;
        }
    }

    /// Runs a job that talks to BMCs.
    async fn discover(&self, claim: Claim, cancel: &CancellationToken) {
        let context = Arc::new(discovery::Context {
            claim: claim.clone(),
            store: self.0.store.clone(),
            logins: self.0.logins.clone(),
            events: self.0.events.clone(),
            cancel: cancel.clone(),
            progress: watch::channel(Progress { attempts: 1, ..Progress::default() }).0,
            now: self.0.now,
        });
        let work = {
            let context = context.clone();
            self.0.tracker.spawn(async move { discovery::run(&context).await })
        };
        let traffic = Traffic::default;
        let watched = Watched { claim: &claim, progress: &context.progress, cancel, traffic: &traffic };
        let done = self.watch(&watched, work).await;
        let progress = context.progress.borrow().clone();
        let (outcome, diff, calls) = match done {
            Err(stop) => (Outcome { contact: None, ..self.stopped(&claim, stop) }, Diff::default(), 0),
            Ok(done) => {
                let error = done.missing();
                let state = if error.is_some() { OperationState::Partial } else { OperationState::Succeeded };
                let result = serde_json::to_value(&done.found).ok();
                (Outcome { state, error, contact: None, result }, done.diff(), done.requests)
            }
        };
        let traffic = Traffic { calls, bytes: 0 };
        self.settle(&claim, outcome, How { progress, traffic, diff, ..How::default() }).await;
    }

    /// How an operation ended that did not reach its end.
    pub(super) fn stopped(&self, claim: &Claim, stop: Stop) -> Outcome {
        let kept = match claim.operation.job.lane() {
            Lane::Sync | Lane::Beside => "nothing was changed",
            Lane::Discovery => "what was found by then is kept",
            Lane::Policy => "what its operations did by then is kept",
            Lane::Delivery => "nothing is delivered again by itself",
        };
        match stop {
            // Nobody decided that: a worker that was stopped leaves it as one that died does.
            Stop::Cancelled if self.0.closing.is_cancelled() && !claim.operation.awaited => {
                Outcome::interrupted(kept)
            }
            Stop::Cancelled => Outcome::cancelled(kept),
            Stop::Failed(error) => Outcome::failed(*error),
        }
    }

    async fn work(&self, context: &jobs::Context) -> Result<Done, Stop> {
        let job = &context.claim.operation.job;
        let scope = match job {
            // They are about no vCenter, and have run already.
            Job::Scan { .. }
            | Job::ReadServers { .. }
            | Job::Policy { .. }
            | Job::Deliver { .. }
            | Job::Notify { .. } => return Ok(Done::Fresh),
            Job::Test { .. } => return Ok(Done::Tested(Box::new(jobs::test(context).await?))),
            Job::SyncHosts { clusters, .. } if !clusters.is_empty() => Scope::Clusters(clusters.clone()),
            Job::SyncHosts { .. } => Scope::Kinds(vec![Kind::Hosts]),
            Job::FullSync { .. } => Scope::Kinds(Kind::READ.to_vec()),
            Job::Refresh { of, morefs, .. } if morefs.is_empty() => Scope::Kinds(vec![of.covered_by()]),
            Job::Refresh { of, morefs, .. } => Scope::Objects(*of, morefs.clone()),
        };
        let id = &context.vcenter.vcenter.id;
        // Another process may have published a moment ago: what is known is what the database says now. And not before the
        // claim: who publishes from here on must see that this operation runs (decision 0032).
        let before = self.0.inventory.reload(id).await?;
        if let Job::Refresh { of, morefs, .. } = job
            && morefs.is_empty()
            && was_read_since(context.claim.operation.submitted_at, before.synced_at(*of), (self.0.now)())
        {
            return Ok(Done::Fresh);
        }
        jobs::sync(context, &before, &scope).await?;
        self.0.inventory.published(id).await;
        Ok(Done::Published)
    }

    /// Publishes the progress of a job until it ends, and cancels it when nothing can be written any more.
    pub(super) async fn watch<T>(
        &self,
        watched: &Watched<'_>,
        work: tokio::task::JoinHandle<Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let mut tick = tokio::time::interval(PROGRESS);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut seen = Seen::default();
        let mut trouble = Trouble::default();
        let mut work = std::pin::pin!(work);
        let ended = loop {
            tokio::select! {
                // A write that others hold up must not hold up the end.
                ended = &mut work => break ended,
                () = self.look_after(watched, &mut tick, &mut seen, &mut trouble) => {}
            }
        };
        self.0.outcomes.progressed(&watched.claim.operation.id, None);
        let ended = ended.unwrap_or_else(|error| {
            tracing::error!(%error, "a job panicked");
            let next = "Start it again. If it happens again, report it with the log.";
            Err(explain::defect("the operation failed", next).into())
        });
        match (ended, trouble.gave_up) {
            (Err(Stop::Cancelled), Some(why)) => Err(explain::store(why).into()),
            (ended, _) => ended,
        }
    }

    async fn look_after(
        &self,
        watched: &Watched<'_>,
        tick: &mut tokio::time::Interval,
        seen: &mut Seen,
        trouble: &mut Trouble,
    ) {
        let id = &watched.claim.operation.id;
        tick.tick().await;
        let (progress, traffic) = (watched.progress.borrow().clone(), (watched.traffic)());
        let now = (seen.rates.see(Instant::now(), progress, traffic), traffic);
        if seen.last != now {
            // Shown before it is written: while a pass is published nothing else is written.
            self.0.outcomes.progressed(id, Some(now.clone()));
            self.0.events.publish(Event::OperationChanged { operation: id.clone() });
            (seen.last, seen.is_unwritten) = (now, true);
        }
        let written = if seen.is_unwritten && seen.written_at.elapsed() >= WRITTEN {
            (seen.is_unwritten, seen.written_at) = (false, Instant::now());
            let (progress, traffic) = &seen.last;
            self.0.store.progress(watched.claim, progress, traffic.calls, traffic.bytes).await
        } else {
            self.0.store.has_room()
        };
        // A lost claim shows when the job wants to publish.
        if let Some(why) = trouble.after(written)
            && !watched.cancel.is_cancelled()
        {
            trouble.gave_up = Some(why);
            watched.cancel.cancel();
        }
    }

    /// Says how a job ended.
    pub(super) async fn settle(&self, claim: &Claim, outcome: Outcome, ran: How) {
        let How { progress, traffic, diff, steps, latency } = ran;
        let finish = Finish {
            state: outcome.state,
            at: (self.0.now)(),
            progress,
            diff,
            calls: traffic.calls,
            bytes: traffic.bytes,
            error: outcome.error,
            result: outcome.result,
            steps,
            latency,
        };
        let told = finish.error.as_ref().map(|error| error.message.as_str());
        let (state, vcenter) = (finish.state.name(), claim.operation.about());
        tracing::info!(operation = %claim.operation.id, vcenter, state, error = told, "an operation ended");
        let ran = Ran { claim: claim.clone(), finish, contact: outcome.contact };
        self.0.outcomes.settle(End::Ran(Box::new(ran))).await;
        self.0.events.publish(Event::VcentersChanged);
    }
}

/// A job as it is watched while it runs.
pub(super) struct Watched<'a> {
    pub(super) claim: &'a Claim,
    pub(super) progress: &'a watch::Sender<Progress>,
    pub(super) cancel: &'a CancellationToken,
    pub(super) traffic: &'a (dyn Fn() -> Traffic + Sync),
}

/// How far a job came, and in which steps.
#[derive(Default)]
pub(super) struct How {
    pub(super) progress: Progress,
    pub(super) traffic: Traffic,
    /// What it changed; what publishes has said that already.
    pub(super) diff: Diff,
    pub(super) steps: contract::Steps,
    pub(super) latency: CallTimes,
}

/// What was seen of a job's progress.
struct Seen {
    rates: Rates,
    last: (Progress, Traffic),
    is_unwritten: bool,
    written_at: Instant,
}

impl Default for Seen {
    fn default() -> Seen {
        let (rates, last) = Default::default();
        Seen { rates, last, is_unwritten: false, written_at: Instant::now() }
    }
}

/// How a job ended well.
enum Done {
    /// The sync published; the operation is finished in the database.
    Published,
    /// Somebody else read it while this one waited for its turn.
    Fresh,
    /// A test's report.
    Tested(Box<TestReport>),
}

/// What is written of a job that has not finished its operation itself.
pub(super) struct Outcome {
    pub(super) state: OperationState,
    pub(super) error: Option<ApiError>,
    pub(super) contact: Option<VcenterState>,
    pub(super) result: Option<serde_json::Value>,
}

impl Outcome {
    fn interrupted(kept: &str) -> Outcome {
        let message = format!("the process that ran it ended; {kept}");
        let error = Some(ApiError::new(Code::Interrupted, message).next("Start it again."));
        Outcome { state: OperationState::Interrupted, error, contact: None, result: None }
    }

    fn cancelled(kept: &str) -> Outcome {
        let error = ApiError::new(Code::Cancelled, format!("it was cancelled; {kept}"));
        let error = Some(error.next("Start it again if you still need it."));
        Outcome { state: OperationState::Cancelled, error, contact: None, result: None }
    }

    fn failed(error: ApiError) -> Outcome {
        let contact = connections::state_after(&error);
        Outcome { state: OperationState::Failed, error: Some(error), contact, result: None }
    }

    fn of(done: Done) -> Outcome {
        let result = match done {
            Done::Tested(report) => serde_json::to_value(report).ok(),
            Done::Published | Done::Fresh => None,
        };
        let contact = Some(VcenterState::Online);
        Outcome { state: OperationState::Succeeded, error: None, contact, result }
    }
}
