//! Submits, runs, waits for and cancels operations: one at a time per vCenter, across all processes.
//! Refuses to run what another process owns, and to run anything twice.

use crate::connections::{self, Connections, LoginAs, Meter};
use crate::events::Events;
use crate::inventory::{Inventory, was_read_since};
use crate::jobs::{self, Scope, Stop};
use crate::outcomes::{End, Outcomes, Ran};
use crate::{Clock, explain};
use contract::command::Withdrawn;
use contract::{
    ApiError, Code, Diff, Event, Kind, Operation, OperationId, OperationKind, OperationState, Origin,
    Progress, TestReport, Time, VcenterId, VcenterState,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Claim, Finish, NewOperation, Store};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vsphere::Traffic;

/// How often progress is written and published: often enough to look alive, seldom enough to cost nothing.
const PROGRESS: Duration = Duration::from_millis(250);

/// How often a lane that another process holds, or an operation that it runs, is looked at.
const PEEK: Duration = Duration::from_millis(250);

/// How long nothing can be written before an operation ends for that: what is over sooner was no full disk.
const UNWRITABLE: Duration = Duration::from_secs(2);

/// What an operation is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Test the connection. With `retry_login`, also with a credential that was rejected before.
    Test {
        /// A person says that the login is right after all.
        retry_login: bool,
    },
    /// Read the hosts of these clusters, or all hosts.
    SyncHosts {
        /// Names or morefs; empty for all.
        clusters: Vec<String>,
        /// Whether the deletion guard was answered.
        accept_removals: bool,
    },
    /// Read everything.
    FullSync {
        /// Whether the deletion guard was answered.
        accept_removals: bool,
    },
    /// Read one kind.
    Refresh {
        /// Which.
        kind: Kind,
        /// Whether the deletion guard was answered.
        accept_removals: bool,
    },
}

impl Job {
    fn kind(&self) -> OperationKind {
        match self {
            Job::Test { .. } => OperationKind::Test,
            Job::SyncHosts { .. } => OperationKind::SyncHosts,
            Job::FullSync { .. } => OperationKind::FullSync,
            Job::Refresh { .. } => OperationKind::Refresh,
        }
    }

    fn scope(&self) -> Vec<String> {
        match self {
            Job::SyncHosts { clusters, .. } => clusters.clone(),
            Job::Refresh { kind, .. } => vec![kind.to_string()],
            Job::Test { .. } | Job::FullSync { .. } => Vec::new(),
        }
    }

    fn reads(&self) -> Scope {
        match self {
            Job::SyncHosts { clusters, .. } if !clusters.is_empty() => Scope::Clusters(clusters.clone()),
            Job::SyncHosts { .. } => Scope::Kinds(vec![Kind::Hosts]),
            Job::Refresh { kind, .. } => Scope::Kinds(vec![kind.covered_by()]),
            Job::FullSync { .. } | Job::Test { .. } => Scope::Kinds(Kind::READ.to_vec()),
        }
    }

    fn accepts_removals(&self) -> bool {
        match self {
            Job::SyncHosts { accept_removals, .. }
            | Job::FullSync { accept_removals }
            | Job::Refresh { accept_removals, .. } => *accept_removals,
            Job::Test { .. } => false,
        }
    }
}

/// An operation that runs in this process.
struct Local {
    cancel: CancellationToken,
    ended: watch::Receiver<bool>,
}

/// The queue as this process sees it.
#[derive(Clone)]
pub struct Operations(Arc<Inner>);

struct Inner {
    store: Store,
    connections: Connections,
    inventory: Inventory,
    events: Events,
    outcomes: Outcomes,
    tracker: TaskTracker,
    closing: CancellationToken,
    now: Clock,
    local: Mutex<HashMap<OperationId, Local>>,
    reports: Mutex<HashMap<OperationId, TestReport>>,
}

impl Operations {
    pub(crate) fn new(
        store: Store,
        connections: Connections,
        inventory: Inventory,
        events: Events,
        now: Clock,
    ) -> Operations {
        let (tracker, closing) = (TaskTracker::new(), CancellationToken::new());
        let outcomes = Outcomes::new(store.clone(), events.clone(), tracker.clone(), closing.clone());
        Operations(Arc::new(Inner {
            store,
            connections,
            inventory,
            events,
            outcomes,
            tracker,
            closing,
            now,
            local: Mutex::default(),
            reports: Mutex::default(),
        }))
    }

    /// Asks for a job and answers at once; an equal one that waits or runs already is answered with its id.
    pub async fn submit(
        &self,
        vcenter: &VcenterId,
        job: Job,
        origin: Origin,
    ) -> Result<OperationId, ApiError> {
        if self.0.closing.is_cancelled() {
            return Err(explain::closing());
        }
        // An equal one that has ended here must not be the answer, nor hold the lane.
        self.0.outcomes.flush().await;
        let id = OperationId(uuid::Uuid::now_v7().to_string());
        let args = serde_json::json!({
            "scope": job.scope(),
            "accept_removals": job.accepts_removals(),
            // A test answers the one who asked with a report, so no two tests are equal.
            "unique": matches!(job, Job::Test { .. }).then(|| id.to_string()),
        });
        let new = NewOperation {
            id,
            vcenter_id: vcenter.clone(),
            kind: job.kind(),
            scope: job.scope(),
            args,
            origin,
            at: (self.0.now)(),
        };
        let submitted = self.0.store.submit(new).await.map_err(explain::store)?;
        if !submitted.coalesced {
            self.start(submitted.id.clone(), job);
        }
        self.0.events.publish(Event::OperationChanged { operation: submitted.id.clone() });
        Ok(submitted.id)
    }

    /// Waits until an operation has ended, wherever it runs.
    pub async fn wait(&self, id: &OperationId) -> Result<Operation, ApiError> {
        let local = self.local().get(id).map(|local| local.ended.clone());
        if let Some(mut ended) = local {
            // An error means that the runner is gone, and with it the operation ended.
            let _ = ended.wait_for(|ended| *ended).await;
            return self.operation(id.as_str()).await;
        }
        let mut trouble = Trouble::default();
        loop {
            let operation = self.operation(id.as_str()).await?;
            if operation.state.is_final() {
                self.0.inventory.reload_if_read(&operation.vcenter_id).await;
                return Ok(operation);
            }
            tokio::time::sleep(PEEK).await;
            // Who runs it can't write how it ended, and has told whoever looks at that process.
            if let Some(why) = trouble.after(self.0.store.has_room()) {
                return Err(explain::store(why));
            }
            self.end_dead().await;
        }
    }

    /// An operation as it is, by its id or a unique prefix of it.
    async fn operation(&self, id: &str) -> Result<Operation, ApiError> {
        let operation = self.0.store.operation(id).await.map_err(explain::store)?;
        Ok(self.0.outcomes.with_outcome(operation))
    }

    fn with_outcomes(&self, operations: Vec<Operation>) -> Vec<Operation> {
        operations.into_iter().map(|operation| self.0.outcomes.with_outcome(operation)).collect()
    }

    /// Takes back a submission: that cancels the operation, unless another process waits for it too. What runs here is
    /// cancelled at once, whether or not the database can be written.
    pub async fn withdraw(&self, id: &OperationId) -> Result<Withdrawn, ApiError> {
        if !self.runs_here(id) {
            if self.has_ended(id).await {
                return Ok(Withdrawn::Ended);
            }
            self.0.store.withdraw(id).await.map_err(explain::store)?;
            return Ok(Withdrawn::GoesOnElsewhere);
        }
        if self.0.store.is_awaited_elsewhere(id).await.map_err(explain::store)? {
            self.0.store.withdraw(id).await.map_err(explain::store)?;
            return Ok(Withdrawn::GoesOnHere);
        }
        self.cancel(id);
        let (store, id) = (self.0.store.clone(), id.clone());
        self.0.tracker.spawn(async move {
            if let Err(error) = store.withdraw(&id).await {
                tracing::warn!(%error, operation = %id, "the end of the last wait could not be written");
            }
        });
        Ok(Withdrawn::Cancelled)
    }

    fn cancel(&self, id: &OperationId) {
        if let Some(local) = self.local().get(id) {
            local.cancel.cancel();
        }
    }

    /// Whether an operation runs, or waits for its lane, in this process.
    pub fn runs_here(&self, id: &OperationId) -> bool {
        self.local().contains_key(id)
    }

    /// An operation by its id or a unique prefix of it.
    pub async fn show(&self, id: &str) -> Result<Operation, ApiError> {
        self.end_dead().await;
        self.operation(id).await
    }

    /// The newest operations, newest first.
    pub async fn list(&self, vcenter: Option<&VcenterId>, limit: u32) -> Result<Vec<Operation>, ApiError> {
        self.end_dead().await;
        self.newest(vcenter, limit).await
    }

    /// The same without looking for processes that died.
    pub(crate) async fn newest(
        &self,
        vcenter: Option<&VcenterId>,
        limit: u32,
    ) -> Result<Vec<Operation>, ApiError> {
        Ok(self.with_outcomes(self.0.store.operations(vcenter, limit).await.map_err(explain::store)?))
    }

    /// What waits or runs, and the newest that a person asked for, newest first.
    pub async fn recent(&self, limit: u32) -> Result<Vec<Operation>, ApiError> {
        self.end_dead().await;
        Ok(self.with_outcomes(self.0.store.recent_operations(limit).await.map_err(explain::store)?))
    }

    /// Ends the operations of processes that died, as far as the database can be written: who only reads must be able
    /// to on a full disk.
    pub(crate) async fn end_dead(&self) {
        if self.0.store.unwritable().is_some() {
            return;
        }
        match self.0.store.interrupt_dead((self.0.now)()).await {
            Ok(dead) => {
                for operation in dead {
                    self.0.events.publish(Event::OperationChanged { operation });
                }
            }
            Err(error) => tracing::warn!(%error, "operations of dead processes could not be ended"),
        }
    }

    /// Tests a connection, and answers with what the test found.
    pub async fn test(&self, vcenter: &VcenterId, retry_login: bool) -> Result<TestReport, ApiError> {
        let id = self.submit(vcenter, Job::Test { retry_login }, Origin::User).await?;
        let ended = self.wait(&id).await?;
        self.take_report(&id).ok_or_else(|| {
            let unknown = || ApiError::new(Code::Interrupted, "the test ended without a result");
            ended.error.unwrap_or_else(|| unknown().next("Test again."))
        })
    }

    /// What a test of this process found.
    pub fn take_report(&self, id: &OperationId) -> Option<TestReport> {
        self.0.reports.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }

    /// Takes nothing more in, and cancels what runs.
    pub(crate) fn cancel_all(&self) {
        self.0.closing.cancel();
        self.0.tracker.close();
    }

    /// Waits for the end of what was cancelled, for a while.
    pub(crate) async fn drain(&self, until: Instant) {
        if tokio::time::timeout_at(until, self.0.tracker.wait()).await.is_err() {
            tracing::warn!("operations did not end in time");
        }
    }

    fn start(&self, id: OperationId, job: Job) {
        let (ended, watching) = watch::channel(false);
        let cancel = self.0.closing.child_token();
        self.local().insert(id.clone(), Local { cancel: cancel.clone(), ended: watching });
        let this = self.clone();
        self.0.tracker.spawn(async move {
            if let Some(claim) = this.lane(&id, &cancel).await {
                this.0.events.publish(Event::OperationChanged { operation: id.clone() });
                this.run(claim, &job, &cancel).await;
            }
            this.local().remove(&id);
            ended.send_replace(true);
            this.0.events.publish(Event::OperationChanged { operation: id });
        });
    }

    /// Waits for the vCenter's lane; `None` if the operation ended before its turn came.
    async fn lane(&self, id: &OperationId, cancel: &CancellationToken) -> Option<Claim> {
        let mut unwritable = None;
        loop {
            let now = (self.0.now)();
            let claimed = if cancel.is_cancelled() {
                self.0.store.cancel_queued(id, now).await.map(|_| None)
            } else {
                self.0.store.claim(id, now).await
            };
            match claimed {
                Ok(Some(claim)) => return Some(claim),
                Ok(None) if self.has_ended(id).await => return None,
                Ok(None) => unwritable = None,
                // The vCenter was removed, and its operations with it.
                Err(store::Error::NotFound { .. }) => return None,
                Err(error) => {
                    tracing::warn!(operation = %id, %error, "the lane could not be read");
                    let is_stuck = error.is_unwritable()
                        && unwritable.get_or_insert_with(Instant::now).elapsed() >= UNWRITABLE;
                    if cancel.is_cancelled() || is_stuck {
                        self.0.outcomes.settle(never_began(id, cancel, now, error)).await;
                        return None;
                    }
                }
            }
            self.cancel_if_nobody_waits(id).await;
            tokio::time::sleep(PEEK).await;
        }
    }

    async fn has_ended(&self, id: &OperationId) -> bool {
        match self.operation(id.as_str()).await {
            Ok(operation) => operation.state.is_final(),
            Err(error) => error.code == Code::NotFound,
        }
    }

    async fn cancel_if_nobody_waits(&self, id: &OperationId) {
        if matches!(self.0.store.is_awaited(id).await, Ok(false)) {
            self.cancel(id);
        }
    }

    /// Runs what was claimed. However that ends, the operation has an outcome afterwards: its lane must not stay
    /// blocked while this process lives.
    async fn run(&self, claim: Claim, job: &Job, cancel: &CancellationToken) {
        let id = claim.operation.vcenter_id.clone();
        let vcenter = match self.0.store.vcenter(&id).await {
            Ok(vcenter) => vcenter,
            Err(error) => {
                let stop = Stop::from(explain::store(error));
                return self
                    .settle(&claim, Outcome::of(Err(stop)), Progress::default(), Traffic::default())
                    .await;
            }
        };
        let login = LoginAs {
            by_user: claim.operation.origin == Origin::User,
            retry: matches!(job, Job::Test { retry_login: true }),
        };
        let context = Arc::new(jobs::Context {
            claim,
            vcenter,
            store: self.0.store.clone(),
            connections: self.0.connections.clone(),
            login,
            cancel: cancel.clone(),
            progress: watch::channel(Progress::default()).0,
            meter: Meter::default(),
            now: self.0.now,
        });
        let work = {
            let (this, context, job) = (self.clone(), context.clone(), job.clone());
            // A task of its own, so that a panic ends the operation and not the queue.
            self.0.tracker.spawn(async move { this.work(&context, &job).await })
        };
        let done = self.watch(&context, work).await;
        if let Ok(Done::Published) = done {
            self.0.events.publish(Event::InventoryChanged { vcenter: id });
            self.0.events.publish(Event::VcentersChanged);
            return;
        }
        let progress = context.progress.borrow().clone();
        let outcome = Outcome::of(done.map(|done| self.keep(&context.claim, done)));
        self.settle(&context.claim, outcome, progress, context.meter.traffic()).await;
    }

    async fn work(&self, context: &jobs::Context, job: &Job) -> Result<Done, Stop> {
        if let Job::Test { .. } = job {
            return Ok(Done::Tested(jobs::test(context).await?));
        }
        let id = &context.vcenter.vcenter.id;
        // Another process may have published a moment ago: what is known is what the database says now. And not before the
        // claim: who publishes from here on must see that this operation runs (decision 0032).
        let before = self.0.inventory.reload(id).await?;
        if let Job::Refresh { kind, .. } = job
            && was_read_since(context.claim.operation.submitted_at, before.synced_at(*kind), (self.0.now)())
        {
            return Ok(Done::Fresh);
        }
        jobs::sync(context, &before, &job.reads(), job.accepts_removals()).await?;
        self.0.inventory.published(id).await;
        Ok(Done::Published)
    }

    /// Publishes the progress of a job until it ends, and cancels it when nobody waits for it any more, or when nothing can
    /// be written any more.
    async fn watch(
        &self,
        context: &jobs::Context,
        work: tokio::task::JoinHandle<Result<Done, Stop>>,
    ) -> Result<Done, Stop> {
        let mut tick = tokio::time::interval(PROGRESS);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut seen = context.progress.subscribe();
        let mut trouble = Trouble::default();
        let mut work = std::pin::pin!(work);
        let ended = loop {
            tokio::select! {
                // A write that others hold up must not hold up the end.
                ended = &mut work => break ended,
                () = self.look_after(context, &mut tick, &mut seen, &mut trouble) => {}
            }
        };
        self.0.outcomes.progressed(&context.claim.operation.id, None);
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
        context: &jobs::Context,
        tick: &mut tokio::time::Interval,
        seen: &mut watch::Receiver<Progress>,
        trouble: &mut Trouble,
    ) {
        let id = &context.claim.operation.id;
        tick.tick().await;
        self.cancel_if_nobody_waits(id).await;
        let written = match seen.has_changed() {
            Ok(true) => {
                let progress = seen.borrow_and_update().clone();
                let traffic = context.meter.traffic();
                let (calls, bytes) = (traffic.calls, traffic.bytes);
                // Shown before it is written: while a pass is published nothing else is written.
                self.0.outcomes.progressed(id, Some(progress.clone()));
                self.0.events.publish(Event::OperationChanged { operation: id.clone() });
                self.0.store.progress(&context.claim, &progress, calls, bytes).await
            }
            _ => self.0.store.has_room(),
        };
        // A lost claim shows when the job wants to publish.
        if let Some(why) = trouble.after(written)
            && !context.cancel.is_cancelled()
        {
            trouble.gave_up = Some(why);
            context.cancel.cancel();
        }
    }

    /// Keeps a test's report for the one who asked.
    fn keep(&self, claim: &Claim, done: Done) {
        if let Done::Tested(report) = done {
            let mut reports = self.0.reports.lock().unwrap_or_else(PoisonError::into_inner);
            reports.insert(claim.operation.id.clone(), report);
        }
    }

    /// Says how a job ended.
    async fn settle(&self, claim: &Claim, outcome: Outcome, progress: Progress, traffic: Traffic) {
        let finish = Finish {
            state: outcome.state,
            at: (self.0.now)(),
            progress,
            diff: Diff::default(),
            calls: traffic.calls,
            bytes: traffic.bytes,
            error: outcome.error,
        };
        let ran = Ran { claim: claim.clone(), finish, contact: outcome.contact };
        self.0.outcomes.settle(End::Ran(Box::new(ran))).await;
        self.0.events.publish(Event::VcentersChanged);
    }

    fn local(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Local>> {
        self.0.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of an operation that the database didn't let out of the queue.
fn never_began(id: &OperationId, cancel: &CancellationToken, at: Time, error: store::Error) -> End {
    let (state, error) = match cancel.is_cancelled() {
        true => (
            OperationState::Cancelled,
            ApiError::new(Code::Cancelled, "it was cancelled before it started; nothing was changed"),
        ),
        false => (OperationState::Failed, explain::store(error)),
    };
    End::NeverBegan { id: id.clone(), state, at, error }
}

/// Since when nothing can be written.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    /// Why the job was broken off.
    gave_up: Option<store::Error>,
}

impl Trouble {
    /// Takes in what came of a write; answers with why it is time to give up.
    fn after(&mut self, written: Result<(), store::Error>) -> Option<store::Error> {
        match written {
            Err(error) if error.is_unwritable() => {
                let since = *self.since.get_or_insert_with(Instant::now);
                (since.elapsed() >= UNWRITABLE).then_some(error)
            }
            _ => {
                self.since = None;
                None
            }
        }
    }
}

/// How a job ended well.
enum Done {
    /// The sync published; the operation is finished in the database.
    Published,
    /// Somebody else read it while this one waited for its turn.
    Fresh,
    /// A test's report.
    Tested(TestReport),
}

/// What is written of a job that has not finished its operation itself.
struct Outcome {
    state: OperationState,
    error: Option<ApiError>,
    contact: Option<VcenterState>,
}

impl Outcome {
    fn of(done: Result<(), Stop>) -> Outcome {
        match done {
            Ok(()) => {
                Outcome { state: OperationState::Succeeded, error: None, contact: Some(VcenterState::Online) }
            }
            Err(Stop::Cancelled) => {
                let error = ApiError::new(Code::Cancelled, "it was cancelled; nothing was changed");
                let error = Some(error.next("Start it again if you still need it."));
                Outcome { state: OperationState::Cancelled, error, contact: None }
            }
            Err(Stop::Failed(error)) => {
                let contact = connections::state_after(&error);
                Outcome { state: OperationState::Failed, error: Some(*error), contact }
            }
        }
    }
}
