//! Submits, runs, waits for and cancels operations: one at a time per vCenter, across all processes.
//! Refuses to run what another process owns, and to run anything twice.

use crate::connections::{self, Connections, Meter};
use crate::events::Events;
use crate::inventory::Inventory;
use crate::jobs::{self, Scope, Stop};
use crate::{Clock, explain};
use contract::{
    ApiError, Code, Diff, Event, Kind, Operation, OperationId, OperationKind, OperationState, Origin,
    Progress, TestReport, VcenterId, VcenterState,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Claim, Finish, NewOperation, Store};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
            Job::Refresh { kind } => vec![kind.to_string()],
            Job::Test { .. } | Job::FullSync { .. } => Vec::new(),
        }
    }

    fn reads(&self) -> Scope {
        match self {
            Job::SyncHosts { clusters, .. } if !clusters.is_empty() => Scope::Clusters(clusters.clone()),
            Job::SyncHosts { .. } => Scope::Kinds(vec![Kind::Hosts]),
            Job::Refresh { kind } => Scope::Kinds(vec![kind.covered_by()]),
            Job::FullSync { .. } | Job::Test { .. } => Scope::Kinds(Kind::READ.to_vec()),
        }
    }

    fn accepts_removals(&self) -> bool {
        match self {
            Job::SyncHosts { accept_removals, .. } | Job::FullSync { accept_removals } => *accept_removals,
            Job::Test { .. } | Job::Refresh { .. } => false,
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
            return Err(ApiError::new(Code::Cancelled, "Muster is closing").next("Start it again."));
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
            self.0.store.interrupt_dead((self.0.now)()).await.map_err(explain::store)?;
        }
    }

    /// Takes back a submission; true if that cancels the operation, because nobody else waits for it.
    /// What runs in another process is left to it.
    pub async fn withdraw(&self, id: &OperationId) -> Result<bool, ApiError> {
        let alone = self.0.store.withdraw(id).await.map_err(explain::store)?;
        if alone && let Some(local) = self.local().get(id) {
            local.cancel.cancel();
        }
        Ok(alone)
    }

    /// Whether an operation runs, or waits for its lane, in this process.
    pub fn runs_here(&self, id: &OperationId) -> bool {
        self.local().contains_key(id)
    }

    /// An operation by its id or a unique prefix of it.
    pub async fn show(&self, id: &str) -> Result<Operation, ApiError> {
        self.0.store.operation(id).await.map_err(explain::store)
    }

    /// The newest operations, newest first.
    pub async fn list(&self, vcenter: Option<&VcenterId>, limit: u32) -> Result<Vec<Operation>, ApiError> {
        self.0.store.interrupt_dead((self.0.now)()).await.map_err(explain::store)?;
        self.0.store.operations(vcenter, limit).await.map_err(explain::store)
    }

    /// What a test of this process found.
    pub fn take_report(&self, id: &OperationId) -> Option<TestReport> {
        self.0.reports.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }

    /// Takes nothing more in, cancels what runs, and waits for it for a while.
    pub(crate) async fn close(&self, patience: Duration) {
        self.0.closing.cancel();
        self.0.tracker.close();
        if tokio::time::timeout(patience, self.0.tracker.wait()).await.is_err() {
            tracing::warn!("operations did not end in time");
        }
    }

    fn start(&self, id: OperationId, job: Job) {
        let (ended, watching) = watch::channel(false);
        let cancel = self.0.closing.child_token();
        self.local().insert(id.clone(), Local { cancel: cancel.clone(), ended: watching });
        let this = self.clone();
        self.0.tracker.spawn(async move {
            if let Err(error) = this.run(&id, &job, &cancel).await {
                tracing::error!(operation = %id, %error, "the outcome could not be written");
            }
            this.local().remove(&id);
            ended.send_replace(true);
            this.0.events.publish(Event::OperationChanged { operation: id });
        });
    }

    async fn run(&self, id: &OperationId, job: &Job, cancel: &CancellationToken) -> Result<(), ApiError> {
        let Some(claim) = self.lane(id, cancel).await? else { return Ok(()) };
        let vcenter_id = claim.operation.vcenter_id.clone();
        self.0.events.publish(Event::OperationChanged { operation: id.clone() });
        if matches!(job, Job::Test { retry_login: true }) {
            let vcenter = self.0.store.vcenter(&vcenter_id).await.map_err(explain::store)?;
            self.0.store.clear_rejection(&vcenter.vcenter.credential_id).await.map_err(explain::store)?;
        }
        let context = Arc::new(jobs::Context {
            vcenter: self.0.store.vcenter(&vcenter_id).await.map_err(explain::store)?,
            claim,
            store: self.0.store.clone(),
            connections: self.0.connections.clone(),
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
        let outcome = self.watch(&context, work).await;
        self.settle(&context, outcome).await
    }

    /// Waits for the vCenter's lane; `None` if the operation was cancelled before its turn came.
    async fn lane(&self, id: &OperationId, cancel: &CancellationToken) -> Result<Option<Claim>, ApiError> {
        loop {
            let now = (self.0.now)();
            if cancel.is_cancelled() {
                self.0.store.cancel_queued(id, now).await.map_err(explain::store)?;
                return Ok(None);
            }
            if let Some(claim) = self.0.store.claim(id, now).await.map_err(explain::store)? {
                return Ok(Some(claim));
            }
            if self.0.store.operation(id.as_str()).await.map_err(explain::store)?.state.is_final() {
                return Ok(None);
            }
            let _ = cancel.run_until_cancelled(tokio::time::sleep(PEEK)).await;
        }
    }

    async fn work(&self, context: &jobs::Context, job: &Job) -> Result<Done, Stop> {
        if let Job::Test { .. } = job {
            return Ok(Done::Tested(jobs::test(context).await?));
        }
        let id = &context.vcenter.vcenter.id;
        // Another process may have published a moment ago: what is known is what the database says now.
        let before = self.0.inventory.reload(id).await?;
        let after = jobs::sync(context, &before, &job.reads(), job.accepts_removals()).await?;
        self.0.inventory.swap(id, after).await;
        Ok(Done::Published)
    }

    /// Publishes the progress of a job until it ends.
    async fn watch(
        &self,
        context: &jobs::Context,
        work: tokio::task::JoinHandle<Result<Done, Stop>>,
    ) -> Result<Done, Stop> {
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
                    if seen.has_changed().unwrap_or(false) {
                        let progress = seen.borrow_and_update().clone();
                        let traffic = context.meter.traffic();
                        // A lost claim shows when the job wants to publish.
                        let _ = self.0.store.progress(&context.claim, &progress, traffic.calls, traffic.bytes).await;
                        self.0.events.publish(Event::OperationChanged { operation: context.claim.operation.id.clone() });
                    }
                }
            }
        }
    }

    /// Writes how a job ended, where it has not done so itself.
    async fn settle(&self, context: &jobs::Context, outcome: Result<Done, Stop>) -> Result<(), ApiError> {
        let id = &context.vcenter.vcenter.id;
        let (state, error, contact) = match outcome {
            Ok(Done::Published) => {
                self.0.events.publish(Event::InventoryChanged { vcenter: id.clone() });
                self.0.events.publish(Event::VcentersChanged);
                return Ok(());
            }
            Ok(Done::Tested(report)) => {
                let key = context.claim.operation.id.clone();
                self.0.reports.lock().unwrap_or_else(PoisonError::into_inner).insert(key, report);
                (OperationState::Succeeded, None, Some(VcenterState::Online))
            }
            Err(Stop::Cancelled) => {
                let error = ApiError::new(Code::Cancelled, "it was cancelled; nothing was changed");
                (OperationState::Cancelled, Some(error), None)
            }
            Err(Stop::Failed(error)) => {
                let contact = connections::state_after(&error);
                (OperationState::Failed, Some(*error), Some(contact))
            }
        };
        self.0.store.discard(&context.claim).await.map_err(explain::store)?;
        let at = (self.0.now)();
        if let Some(contact) = contact {
            self.0.store.set_contact(id, contact, at).await.map_err(explain::store)?;
        }
        let traffic = context.meter.traffic();
        let finish = Finish {
            state,
            at,
            progress: context.progress.borrow().clone(),
            diff: Diff::default(),
            calls: traffic.calls,
            bytes: traffic.bytes,
            error,
        };
        self.0.store.finish(&context.claim, finish).await.map_err(explain::store)?;
        self.0.events.publish(Event::VcentersChanged);
        Ok(())
    }

    fn local(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Local>> {
        self.0.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a job ended well.
enum Done {
    /// The sync published; the operation is finished in the database.
    Published,
    /// A test's report.
    Tested(TestReport),
}
