//! Submits, runs, waits for and cancels operations: one at a time per vCenter, across all processes.
//! Refuses to run what another process owns, and to run anything twice.

use crate::connections::{self, Connections, LoginAs, Meter};
use crate::events::Events;
use crate::inventory::{Inventory, was_read_since};
use crate::jobs::{self, Scope, Stop};
use crate::{Clock, explain};
use backon::{ExponentialBuilder, Retryable};
use contract::command::Withdrawn;
use contract::{
    ApiError, Code, Diff, Event, Kind, Operation, OperationId, OperationKind, OperationState, Origin,
    Progress, TestReport, VcenterId, VcenterState,
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
        Operations(Arc::new(Inner {
            store,
            connections,
            inventory,
            events,
            tracker: TaskTracker::new(),
            closing: CancellationToken::new(),
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
            return self.0.store.operation(id.as_str()).await.map_err(explain::store);
        }
        loop {
            let operation = self.0.store.operation(id.as_str()).await.map_err(explain::store)?;
            if operation.state.is_final() {
                self.0.inventory.reload_if_read(&operation.vcenter_id).await;
                return Ok(operation);
            }
            tokio::time::sleep(PEEK).await;
            self.bury().await;
        }
    }

    /// Takes back a submission: that cancels the operation, unless another process waits for it too.
    pub async fn withdraw(&self, id: &OperationId) -> Result<Withdrawn, ApiError> {
        self.0.store.withdraw(id).await.map_err(explain::store)?;
        if !self.runs_here(id) {
            let has_ended = self.has_ended(id).await;
            return Ok(if has_ended { Withdrawn::Ended } else { Withdrawn::GoesOnElsewhere });
        }
        if self.0.store.is_awaited(id).await.map_err(explain::store)? {
            return Ok(Withdrawn::GoesOnHere);
        }
        self.cancel(id);
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
        self.bury().await;
        self.0.store.operation(id).await.map_err(explain::store)
    }

    /// The newest operations, newest first.
    pub async fn list(&self, vcenter: Option<&VcenterId>, limit: u32) -> Result<Vec<Operation>, ApiError> {
        self.bury().await;
        self.0.store.operations(vcenter, limit).await.map_err(explain::store)
    }

    /// The newest operation of a vCenter, as it stands in the database.
    pub(crate) async fn newest(&self, vcenter: &VcenterId) -> Result<Option<Operation>, ApiError> {
        Ok(self.0.store.operations(Some(vcenter), 1).await.map_err(explain::store)?.pop())
    }

    /// What waits or runs, and the newest that a person asked for, newest first.
    pub async fn noted(&self, limit: u32) -> Result<Vec<Operation>, ApiError> {
        self.bury().await;
        self.0.store.noted_operations(limit).await.map_err(explain::store)
    }

    /// Ends the operations of processes that died, as far as the database can be written: who only reads must be able
    /// to on a full disk.
    pub(crate) async fn bury(&self) {
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
                Ok(None) => {}
                // The vCenter was removed, and its operations with it.
                Err(store::Error::NotFound { .. }) => return None,
                Err(error) => tracing::warn!(operation = %id, %error, "the lane could not be looked at"),
            }
            self.cancel_if_nobody_waits(id).await;
            tokio::time::sleep(PEEK).await;
        }
    }

    async fn has_ended(&self, id: &OperationId) -> bool {
        match self.0.store.operation(id.as_str()).await {
            Ok(operation) => operation.state.is_final(),
            Err(error) => matches!(error, store::Error::NotFound { .. }),
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
        // Another process may have published a moment ago: what is known is what the database says now.
        let before = self.0.inventory.reload(id).await?;
        if let Job::Refresh { kind, .. } = job
            && was_read_since(context.claim.operation.submitted_at, before.synced_at(*kind), (self.0.now)())
        {
            return Ok(Done::Fresh);
        }
        let (change_seq, after) = jobs::sync(context, &before, &job.reads(), job.accepts_removals()).await?;
        self.0.inventory.swap(id, change_seq, after).await;
        Ok(Done::Published)
    }

    /// Publishes the progress of a job until it ends, and cancels it when nobody waits for it any more.
    async fn watch(
        &self,
        context: &jobs::Context,
        work: tokio::task::JoinHandle<Result<Done, Stop>>,
    ) -> Result<Done, Stop> {
        let id = &context.claim.operation.id;
        let mut tick = tokio::time::interval(PROGRESS);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut seen = context.progress.subscribe();
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                ended = &mut work => return ended.unwrap_or_else(|error| {
                    tracing::error!(%error, "a job panicked");
                    let error = ApiError::new(Code::Failed, "the operation failed for a reason inside Muster");
                    Err(error.next("Start it again. If it happens again, report it with the log.").into())
                }),
                _ = tick.tick() => {
                    self.cancel_if_nobody_waits(id).await;
                    if seen.has_changed().unwrap_or(false) {
                        let progress = seen.borrow_and_update().clone();
                        let traffic = context.meter.traffic();
                        // A lost claim shows when the job wants to publish.
                        let _ = self.0.store.progress(&context.claim, &progress, traffic.calls, traffic.bytes).await;
                        self.0.events.publish(Event::OperationChanged { operation: id.clone() });
                    }
                }
            }
        }
    }

    /// Keeps a test's report for the one who asked.
    fn keep(&self, claim: &Claim, done: Done) {
        if let Done::Tested(report) = done {
            let mut reports = self.0.reports.lock().unwrap_or_else(PoisonError::into_inner);
            reports.insert(claim.operation.id.clone(), report);
        }
    }

    /// Writes how a job ended, again and again until the database takes it or this process ends.
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
        let (store, claim, contact) = (self.0.store.clone(), claim.clone(), outcome.contact);
        let write = move || write_outcome(store.clone(), claim.clone(), contact, finish.clone());
        let written = write
            .clone()
            .retry(ExponentialBuilder::default().with_jitter().without_max_times())
            .when(is_worth_another_try);
        // While closing, one more try is all there is time for.
        if self.0.closing.run_until_cancelled(written).await.is_none() {
            let _ = write().await;
        }
        self.0.events.publish(Event::VcentersChanged);
    }

    fn local(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Local>> {
        self.0.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write_outcome(
    store: Store,
    claim: Claim,
    contact: Option<VcenterState>,
    finish: Finish,
) -> Result<(), store::Error> {
    if let Some(contact) = contact {
        store.set_contact(&claim.operation.vcenter_id, contact, finish.at).await?;
    }
    store.finish(&claim, finish).await
}

fn is_worth_another_try(error: &store::Error) -> bool {
    tracing::error!(%error, "the outcome of an operation could not be written");
    !matches!(error, store::Error::ClaimLost { .. } | store::Error::NotFound { .. })
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
                let error = Some(error.next("Start it again when you want it."));
                Outcome { state: OperationState::Cancelled, error, contact: None }
            }
            Err(Stop::Failed(error)) => {
                let contact = connections::state_after(&error);
                Outcome { state: OperationState::Failed, error: Some(*error), contact }
            }
        }
    }
}
