//! The queue: what is asked for, waited for and cancelled; `dispatch.rs` runs it.
//! Refuses to run anything where it is asked for: what may run, and when, is decided in one place.

mod commands;
mod delivering;
mod dispatch;
mod hold;
mod policy;
mod room;
mod running;

pub(crate) use hold::{Hold, Holds};
pub(crate) use room::{Place, Room};

use crate::connections::Connections;
use crate::counts::Counts;
use crate::events::Events;
use crate::health::Health;
use crate::inventory::Inventory;
use crate::logins::Logins;
use crate::outcomes::Outcomes;
use crate::{Clock, caller, explain};
use contract::command::{Command, Listing, OperationFilter, RefreshIfOlder, Submit, Withdrawn};
use contract::{
    ApiError, AuditOutcome, ChangesPage, Code, Door, Event, Job, Operation, OperationId, OperationKind,
    Origin, PolicyId, Role, Steps, Subject, Time, VcenterId,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use store::{Act, DueRun, Entry, NewOperation, PolicyRecord, Store, Submitted};
use tokio::sync::{SetOnce, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often an operation that another process runs is looked at without having heard of it: whether that process lives.
const PEEK: Duration = Duration::from_millis(250);

/// Between two looks for dead processes, at least: a client that shows many operations asks for each of them.
const DEAD: Duration = Duration::from_millis(125);

/// Changed objects that are answered at once: some hundred kilobytes.
const LARGEST_PAGE: u32 = 1_000;

/// How long nothing can be written before an operation ends for that: what is over sooner was no full disk.
const UNWRITABLE: Duration = Duration::from_secs(2);

/// An operation that runs in this process, or that was asked for in it and waits for its turn.
struct Local {
    cancel: CancellationToken,
    here: Here,
    /// Whether somebody asked to cancel it; else it is the end of this process that does.
    is_asked: bool,
}

/// What this process does for an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    /// It waits in the queue, of which this process may take it.
    Waits,
    /// It runs.
    Runs,
}

/// On whose behalf something is asked for.
#[derive(Clone)]
pub(crate) struct By {
    pub(crate) origin: Origin,
    pub(crate) role: Role,
    /// The call that asks for it, as the audit log has it; a reader asks for nothing that is recorded.
    pub(crate) act: Option<Act>,
    /// The run of a policy that asks for it.
    pub(crate) parent: Option<OperationId>,
}

impl By {
    /// What runs by itself may what the one who made it may at least.
    pub(super) fn itself(origin: Origin, host: &str, at: Time) -> By {
        let door = if origin == Origin::Policy { Door::Policy } else { Door::Schedule };
        let role = Role::Operator;
        let act = Act::new(("muster", host), door, role, Submit::NAME, at);
        By { origin, role, act: Some(act), parent: None }
    }

    /// The store that records what is asked for.
    fn acting(&self, store: &Store) -> Store {
        self.act.as_ref().map_or_else(|| store.clone(), |act| store.acting(act))
    }
}

/// What the queue works with.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) counts: Counts,
    pub(crate) connections: Connections,
    pub(crate) logins: Logins,
    pub(crate) inventory: Inventory,
    pub(crate) health: Health,
    pub(crate) events: Events,
    /// Whether this process runs what nobody waits for.
    pub(crate) is_worker: bool,
    /// How many operations run in it at once.
    pub(crate) at_once: usize,
    pub(crate) now: Clock,
}

/// The queue as this process sees it.
#[derive(Clone)]
pub(crate) struct Operations(Arc<Inner>);

struct Inner {
    store: Store,
    counts: Counts,
    connections: Connections,
    logins: Logins,
    inventory: Inventory,
    health: Health,
    events: Events,
    outcomes: Outcomes,
    tracker: TaskTracker,
    closing: CancellationToken,
    is_worker: bool,
    now: Clock,
    /// This machine.
    host: String,
    /// Rung when something was asked for, cancelled or done here.
    wake: watch::Sender<()>,
    room: Room,
    local: Mutex<HashMap<OperationId, Local>>,
    /// Of which vCenters it is recorded that what is stale is read by itself.
    read_by_itself: Mutex<HashSet<VcenterId>>,
    /// What deliveries tell of.
    reads: SetOnce<Weak<crate::Inner>>,
    /// When dead processes were last looked for.
    looked: Mutex<Option<Instant>>,
}

impl Operations {
    /// Opens the queue, and begins to run what waits in it.
    pub(crate) fn start(parts: Parts) -> Operations {
        let Parts { store, counts, connections, logins, inventory, health, events, is_worker, at_once, now } =
            parts;
        let wake = watch::Sender::new(());
        let (tracker, closing) = (TaskTracker::new(), CancellationToken::new());
        let outcomes = Outcomes::new(store.clone(), events.clone(), tracker.clone(), closing.clone());
        let operations = Operations(Arc::new(Inner {
            store,
            counts,
            connections,
            logins,
            inventory,
            health,
            events,
            outcomes,
            tracker,
            closing,
            is_worker,
            now,
            host: crate::caller::host(),
            room: Room::new(at_once, wake.clone()),
            wake,
            local: Mutex::default(),
            read_by_itself: Mutex::default(),
            reads: SetOnce::new(),
            looked: Mutex::default(),
        }));
        operations.0.tracker.spawn(operations.clone().dispatch());
        operations.0.tracker.spawn(operations.clone().cancel_what_is_unwanted());
        operations
    }

    /// Asks for a job and answers at once; one that does the same and waits or runs already is answered with its id. If it is
    /// awaited, it ends when nobody waits for it any more: this process does from now on.
    pub(crate) async fn submit(
        &self,
        vcenter: &VcenterId,
        job: Job,
        by: By,
        awaited: bool,
    ) -> Result<OperationId, ApiError> {
        Ok(self.join(vcenter, job, by, awaited).await?.id)
    }

    /// The same, and whether it is one that was there already.
    pub(crate) async fn join(
        &self,
        vcenter: &VcenterId,
        job: Job,
        by: By,
        awaited: bool,
    ) -> Result<Submitted, ApiError> {
        let submitted = self.queue(Some(vcenter), job, &by, awaited).await?;
        if by.origin == Origin::Reader {
            self.record_reader(vcenter).await;
        }
        Ok(submitted)
    }

    /// The same for a job that is about no vCenter.
    pub(crate) async fn submit_about_none(
        &self,
        job: Job,
        by: By,
        awaited: bool,
    ) -> Result<OperationId, ApiError> {
        Ok(self.queue(None, job, &by, awaited).await?.id)
    }

    async fn queue(
        &self,
        vcenter: Option<&VcenterId>,
        job: Job,
        by: &By,
        awaited: bool,
    ) -> Result<Submitted, ApiError> {
        let store = by.acting(&self.0.store);
        let new = self.new_operation(vcenter, job, by, awaited).await?;
        let submitted = store.submit(new).await.map_err(explain::store)?;
        self.take_in(&submitted, awaited);
        Ok(submitted)
    }

    /// What was asked for here is here, if somebody waits for it, and everybody hears of it.
    fn take_in(&self, submitted: &Submitted, awaited: bool) {
        if !submitted.coalesced && awaited {
            self.enter(&submitted.id, Here::Waits);
        }
        self.tell_submitted(submitted);
    }

    /// Asks for the job of a run that is due, which nobody waits for; `None` if another process did, or it is due no more.
    pub(crate) async fn submit_due(
        &self,
        vcenter: Option<&VcenterId>,
        job: Job,
        run: &DueRun,
    ) -> Result<Option<Submitted>, ApiError> {
        let by = By::itself(Origin::Schedule, &self.0.host, (self.0.now)());
        let new = self.new_operation(vcenter, job, &by, false).await?;
        let submitted = by.acting(&self.0.store).submit_due(new, run).await.map_err(explain::store)?;
        submitted.iter().for_each(|submitted| self.tell_submitted(submitted));
        Ok(submitted)
    }

    /// Asks for a run of a policy because something happened, or only notes what it has answered; `None` where nothing was
    /// started.
    pub(crate) async fn start_policy(
        &self,
        policy: &PolicyRecord,
        seen: &str,
        run: Option<Job>,
    ) -> Result<Option<Submitted>, ApiError> {
        let by = By::itself(Origin::Policy, &self.0.host, (self.0.now)());
        let run = match run {
            Some(job) => Some(self.new_operation(None, job, &by, false).await?),
            None => None,
        };
        let started =
            by.acting(&self.0.store).start_policy(policy, seen, run).await.map_err(explain::store)?;
        started.iter().for_each(|submitted| self.tell_submitted(submitted));
        Ok(started)
    }

    /// Asks for a run of a policy for somebody.
    pub(crate) async fn run_policy(
        &self,
        policy: &PolicyId,
        job: Job,
        by: &By,
        awaited: bool,
    ) -> Result<OperationId, ApiError> {
        let new = self.new_operation(None, job, by, awaited).await?;
        let submitted = by.acting(&self.0.store).run_policy(policy, new).await.map_err(explain::store)?;
        self.take_in(&submitted, awaited);
        Ok(submitted.id)
    }

    async fn new_operation(
        &self,
        vcenter: Option<&VcenterId>,
        job: Job,
        by: &By,
        awaited: bool,
    ) -> Result<NewOperation, ApiError> {
        if self.0.closing.is_cancelled() {
            return Err(explain::closing());
        }
        // An equal one that has ended here must not be the answer, nor hold the lane.
        self.0.outcomes.flush().await;
        let id = OperationId(uuid::Uuid::now_v7().to_string());
        let (By { origin, role, parent, .. }, at) = (by, (self.0.now)());
        let (origin, role, parent) = (*origin, *role, parent.clone());
        Ok(NewOperation { id, vcenter_id: vcenter.cloned(), job, origin, role, awaited, at, parent })
    }

    /// Records once in the life of this process that what is stale of a vCenter is read by itself.
    async fn record_reader(&self, vcenter: &VcenterId) {
        let is_first =
            self.0.read_by_itself.lock().unwrap_or_else(PoisonError::into_inner).insert(vcenter.clone());
        if !is_first {
            return;
        }
        let who = (&*caller::user(), &*self.0.host);
        let act = Act::new(who, Door::Muster, Role::Viewer, RefreshIfOlder::NAME, (self.0.now)());
        let entry = Entry { outcome: AuditOutcome::Accepted, ..Entry::done(Subject::vcenter(vcenter)) };
        let entry = entry.after(&serde_json::json!({ "refreshes": "automatic, as data gets stale" }));
        if let Err(error) = self.0.store.record_alone(&act, entry).await {
            tracing::warn!(%error, "a row of the audit log could not be written");
        }
    }

    fn tell_submitted(&self, submitted: &Submitted) {
        self.wake();
        self.0.events.publish(Event::OperationChanged { operation: submitted.id.clone() });
    }

    /// Asks for what an operation did once more, and for no more than that.
    pub(crate) async fn retry(
        &self,
        id: &OperationId,
        by: By,
        awaited: bool,
    ) -> Result<OperationId, ApiError> {
        let operation = self.operation(id.as_str()).await?;
        if !operation.state.is_final() {
            let message = format!("operation {id} is still {}", operation.state.name());
            return Err(ApiError::new(Code::InUse, message).next("Wait until it ends, or cancel it first."));
        }
        Ok(self.queue(operation.vcenter_id.as_ref(), operation.job.again(), &by, awaited).await?.id)
    }

    /// Whether any process is there that runs what nobody waits for.
    pub(crate) fn has_worker(&self) -> bool {
        self.0.store.has_worker()
    }

    /// Waits until an operation has ended, wherever it runs, and what it read can be read here.
    pub(crate) async fn wait(&self, id: &OperationId) -> Result<Operation, ApiError> {
        let mut events = self.0.events.subscribe();
        let mut trouble = Trouble::default();
        let mut ran_here = false;
        loop {
            let here = self.here(id);
            ran_here |= here == Some(Here::Runs);
            let operation = self.operation(id.as_str()).await?;
            // What runs here has ended before everybody sees what it read.
            if operation.state.is_final() && self.here(id) != Some(Here::Runs) {
                if let Some(vcenter) = operation.vcenter_id.as_ref().filter(|_| !ran_here) {
                    self.0.inventory.reload_if_read(vcenter).await;
                }
                return Ok(operation);
            }
            let changed = async { while !events.next().await.is_none_or(|event| event.is_about(id)) {} };
            let _ = tokio::time::timeout(PEEK, changed).await;
            if here.is_some() {
                continue;
            }
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
    pub(crate) async fn withdraw(&self, id: &OperationId, by: By) -> Result<Withdrawn, ApiError> {
        let here = self.here(id);
        if here.is_none() && self.has_ended(id).await {
            return Ok(Withdrawn::Ended);
        }
        if here.is_none() || self.0.store.goes_on_without_us(id).await.map_err(explain::store)? {
            by.acting(&self.0.store).withdraw(id).await.map_err(explain::store)?;
            if here == Some(Here::Runs) {
                return Ok(Withdrawn::GoesOnHere);
            }
            self.local().remove(id);
            return Ok(Withdrawn::GoesOnElsewhere);
        }
        self.cancel_here(id);
        let (this, id) = (self.clone(), id.clone());
        self.0.tracker.spawn(async move {
            if let Err(error) = this.0.store.withdraw(&id).await {
                tracing::warn!(%error, operation = %id, "the end of the last wait could not be written");
            }
            this.say_cancelled(&id, &by).await;
        });
        Ok(Withdrawn::Cancelled)
    }

    /// Cancels an operation for whoever waits for it, wherever it runs.
    pub(crate) async fn cancel(&self, id: &OperationId, by: By) -> Result<bool, ApiError> {
        if self.here(id) == Some(Here::Runs) {
            self.cancel_here(id);
            self.say_cancelled(id, &by).await;
            return Ok(true);
        }
        match by.acting(&self.0.store).cancel(id, (self.0.now)()).await {
            Ok(is_cancelled) => {
                self.local().remove(id);
                self.0.events.publish(Event::OperationChanged { operation: id.clone() });
                Ok(is_cancelled)
            }
            // It ends here all the same.
            Err(error) if error.is_unwritable() && self.runs_here(id) => {
                self.cancel_here(id);
                Ok(true)
            }
            Err(error) => Err(explain::store(error)),
        }
    }

    fn cancel_here(&self, id: &OperationId) {
        if let Some(local) = self.local().get_mut(id) {
            local.is_asked = true;
            local.cancel.cancel();
        }
        self.wake();
    }

    /// Writes that an operation of this process is cancelled: who asks for the same from now on must not get this one.
    async fn say_cancelled(&self, id: &OperationId, by: &By) {
        if let Err(error) = by.acting(&self.0.store).cancel(id, (self.0.now)()).await {
            tracing::warn!(%error, operation = %id, "that it is cancelled could not be written");
        }
    }

    async fn has_ended(&self, id: &OperationId) -> bool {
        match self.operation(id.as_str()).await {
            Ok(operation) => operation.state.is_final(),
            Err(error) => error.code == Code::NotFound,
        }
    }

    fn here(&self, id: &OperationId) -> Option<Here> {
        self.local().get(id).map(|local| local.here)
    }

    /// Whether an operation runs, or waits for its lane, in this process.
    pub(crate) fn runs_here(&self, id: &OperationId) -> bool {
        self.here(id).is_some()
    }

    /// An operation by its id or a unique prefix of it.
    pub(crate) async fn show(&self, id: &str) -> Result<Operation, ApiError> {
        self.end_dead().await;
        self.operation(id).await
    }

    /// The newest operations that meet a filter, newest first.
    pub(crate) async fn list(&self, filter: &OperationFilter, limit: u32) -> Result<Listing, ApiError> {
        self.end_dead().await;
        let listing = self.0.store.history(filter, (self.0.now)(), limit).await.map_err(explain::store)?;
        let Listing { operations, has_more } = listing;
        Ok(Listing { operations: self.with_outcomes(operations), has_more })
    }

    /// The objects that an operation added, changed and removed: a page of them.
    pub(crate) async fn changes(
        &self,
        id: &OperationId,
        skip: u32,
        limit: u32,
    ) -> Result<ChangesPage, ApiError> {
        self.0.store.changes_of(id, skip, limit.clamp(1, LARGEST_PAGE)).await.map_err(explain::store)
    }

    /// The steps in which an operation ran, and what failed of it.
    pub(crate) async fn steps(&self, id: &OperationId) -> Result<Steps, ApiError> {
        self.0.store.steps_of(id).await.map_err(explain::store)
    }

    /// The newest of a vCenter or of all, without looking for processes that died.
    pub(crate) async fn newest(
        &self,
        vcenter: Option<&VcenterId>,
        limit: u32,
    ) -> Result<Vec<Operation>, ApiError> {
        Ok(self.with_outcomes(self.0.store.operations(vcenter, limit).await.map_err(explain::store)?))
    }

    /// The newest that are about no vCenter, likewise.
    pub(crate) async fn newest_about_none(&self, limit: u32) -> Result<Vec<Operation>, ApiError> {
        let kinds = vec![OperationKind::Scan, OperationKind::ReadServers];
        let filter = OperationFilter { kinds, ..OperationFilter::default() };
        let listing = self.0.store.history(&filter, (self.0.now)(), limit).await.map_err(explain::store)?;
        Ok(self.with_outcomes(listing.operations))
    }

    /// All that waits or runs, and the newest that a person asked for, newest first.
    pub(crate) async fn recent(
        &self,
        filter: &OperationFilter,
        limit: u32,
    ) -> Result<Vec<Operation>, ApiError> {
        self.end_dead().await;
        let recent = self.0.store.recent_operations(filter, (self.0.now)(), limit).await;
        Ok(self.with_outcomes(recent.map_err(explain::store)?))
    }

    /// Ends the operations of processes that died, as far as the database can be written: who only reads must be able
    /// to on a full disk.
    pub(crate) async fn end_dead(&self) {
        if self.0.store.unwritable().is_some() || !self.may_look() {
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

    /// Whether the last look for dead processes is long enough ago; notes this one if it is.
    fn may_look(&self) -> bool {
        let mut looked = self.0.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let may = looked.is_none_or(|at| at.elapsed() >= DEAD);
        if may {
            *looked = Some(Instant::now());
        }
        may
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

    /// Something changed in another process: there may be something to run here, or to cancel.
    pub(crate) fn wake(&self) {
        self.0.wake.send_replace(());
    }

    /// Notes an operation of this process; answers with what cancels it.
    fn enter(&self, id: &OperationId, here: Here) -> CancellationToken {
        let mut local = self.local();
        let known = local.entry(id.clone()).or_insert_with(|| Local {
            cancel: self.0.closing.child_token(),
            here,
            is_asked: false,
        });
        if here == Here::Runs {
            known.here = here;
        }
        known.cancel.clone()
    }

    fn local(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Local>> {
        self.0.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
