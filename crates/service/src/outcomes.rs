//! How operations of this process ended, also where the database doesn't take it: then they have ended all the same, here
//! at once and on disk as soon as there is room.
//! Refuses to let anybody wait for that: what can't be written is no reason to be still running.

use crate::events::Events;
use contract::{ApiError, Event, Operation, OperationId, OperationState, Progress, Time, VcenterState};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Claim, Finish, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vsphere::Traffic;

/// How often an outcome is offered to a database that didn't take it.
const AGAIN: Duration = Duration::from_secs(1);

/// How an operation ended.
#[derive(Clone)]
pub(crate) enum End {
    /// It ran.
    Ran(Box<Ran>),
    /// It never left the queue.
    NeverBegan { id: OperationId, state: OperationState, at: Time, error: ApiError },
}

/// What ran under a claim, how it ended, and the state in which that left its vCenter, if it is known.
#[derive(Clone)]
pub(crate) struct Ran {
    pub(crate) claim: Claim,
    pub(crate) finish: Finish,
    pub(crate) contact: Option<VcenterState>,
}

impl End {
    fn id(&self) -> &OperationId {
        match self {
            End::Ran(ran) => &ran.claim.operation.id,
            End::NeverBegan { id, .. } => id,
        }
    }
}

/// The outcomes of this process. Clones are the same.
#[derive(Clone)]
pub(crate) struct Outcomes(Arc<Inner>);

struct Inner {
    store: Store,
    events: Events,
    tracker: TaskTracker,
    closing: CancellationToken,
    unwritten: Mutex<HashMap<OperationId, End>>,
    /// How far what runs here is, which the database takes only when nothing else is being written.
    progress: Mutex<HashMap<OperationId, (Progress, Traffic)>>,
}

impl Outcomes {
    pub(crate) fn new(
        store: Store,
        events: Events,
        tracker: TaskTracker,
        closing: CancellationToken,
    ) -> Outcomes {
        Outcomes(Arc::new(Inner {
            store,
            events,
            tracker,
            closing,
            unwritten: Mutex::default(),
            progress: Mutex::default(),
        }))
    }

    /// Writes an outcome. When this returns the operation has ended for everybody in this process, and on disk too or as
    /// soon as the database takes it.
    pub(crate) async fn settle(&self, end: End) {
        if self.write(&end).await {
            return;
        }
        let id = end.id().clone();
        self.unwritten().insert(id.clone(), end);
        let this = self.clone();
        self.0.tracker.spawn(async move {
            while this.0.closing.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_some() {
                if this.write_again(&id).await {
                    return;
                }
            }
            // While closing, one more try is all there is time for.
            this.write_again(&id).await;
        });
    }

    /// Writes what is not written yet, before anything that depends on it.
    pub(crate) async fn flush(&self) {
        let waiting: Vec<OperationId> = self.unwritten().keys().cloned().collect();
        for id in waiting {
            self.write_again(&id).await;
        }
    }

    /// How far an operation is that runs here; `None` when it doesn't run any more.
    pub(crate) fn progressed(&self, id: &OperationId, progress: Option<(Progress, Traffic)>) {
        let mut known = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => drop(known.insert(id.clone(), progress)),
            None => drop(known.remove(id)),
        }
    }

    /// An operation as it is, whatever the database says of it.
    pub(crate) fn with_outcome(&self, operation: Operation) -> Operation {
        let mut operation = self.as_it_is(operation);
        // What can be done about its failure names its job, and its vCenter as that is called now.
        if let Some(vcenter) = &operation.vcenter {
            operation.error = operation.error.map(|error| error.of_job(vcenter, &operation.job));
        }
        operation
    }

    fn as_it_is(&self, mut operation: Operation) -> Operation {
        if operation.state.is_final() {
            return operation;
        }
        if operation.state == OperationState::Running
            && let Some((progress, traffic)) =
                self.0.progress.lock().unwrap_or_else(PoisonError::into_inner).get(&operation.id)
        {
            operation.progress = progress.clone();
            (operation.calls, operation.bytes) = (traffic.calls, traffic.bytes);
        }
        let unwritten = self.unwritten();
        match unwritten.get(&operation.id) {
            Some(End::Ran(ran)) => Operation {
                state: ran.finish.state,
                finished_at: Some(ran.finish.at),
                progress: ran.finish.progress.clone(),
                diff: ran.finish.diff,
                calls: ran.finish.calls,
                bytes: ran.finish.bytes,
                error: ran.finish.error.clone(),
                result: ran.finish.result.clone(),
                ..operation
            },
            Some(End::NeverBegan { state, at, error, .. }) => {
                Operation { state: *state, finished_at: Some(*at), error: Some(error.clone()), ..operation }
            }
            None => operation,
        }
    }

    async fn write_again(&self, id: &OperationId) -> bool {
        let Some(end) = self.unwritten().get(id).cloned() else { return true };
        let is_written = self.write(&end).await;
        if is_written {
            self.unwritten().remove(id);
            self.0.events.publish(Event::OperationChanged { operation: id.clone() });
        }
        is_written
    }

    /// Whether nothing is left to be written.
    async fn write(&self, end: &End) -> bool {
        let written = match end {
            End::Ran(ran) => self.write_ran(ran).await,
            End::NeverBegan { id, state, at, error } => {
                self.0.store.end_queued(id, *state, *at, error).await.map(drop)
            }
        };
        match written {
            Ok(()) | Err(store::Error::ClaimLost { .. } | store::Error::NotFound { .. }) => true,
            Err(error) => {
                tracing::error!(%error, operation = %end.id(), "an outcome could not be written");
                false
            }
        }
    }

    async fn write_ran(&self, ran: &Ran) -> Result<(), store::Error> {
        let Ran { claim, finish, contact } = ran;
        if let Some(contact) = contact {
            self.0.store.set_contact(claim.vcenter_id(), *contact, finish.at).await?;
        }
        self.0.store.finish(claim, finish.clone()).await
    }

    fn unwritten(&self) -> MutexGuard<'_, HashMap<OperationId, End>> {
        self.0.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
