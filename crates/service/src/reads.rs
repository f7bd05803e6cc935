//! Reads that say how fresh they want their data, and share one refresh.
//! Refuses to make a reader wait: whoever wants to asks for the end of the refresh.

use crate::Clock;
use crate::call::{Admitted, Answer, Handler};
use crate::counts::How;
use crate::inventory::{Freshness, Inventory, Known};
use crate::operations::{By, Operations};
use crate::pacing;
use crate::person::Person;
use contract::command::{Freshened, Invalidate, RefreshIfOlder};
use contract::{ApiError, Job, Kind, OperationId, Origin, Role, Snapshot, Time, VcenterId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::Part;
use tokio::sync::Mutex;

/// Whoever reads may have what is stale read again: that takes no more than the least role.
const READER: By = By { origin: Origin::Reader, role: Role::Viewer, act: None, parent: None };

/// After a refresh that failed, readers don't start the next one for this long.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// What a read answers.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The inventory as it is known, or the part of it that was asked for.
    pub(crate) snapshot: Arc<Snapshot>,
    /// When the kind was last read; `None` if never.
    pub(crate) synced_at: Option<Time>,
    /// The refresh that is under way because the data is older than was asked for.
    pub(crate) refresh: Option<OperationId>,
    /// Why the data is older than was asked for and no refresh is under way.
    pub(crate) failure: Option<ApiError>,
    /// From where it is answered.
    pub(crate) how: How,
}

/// The way in which everybody reads.
#[derive(Clone)]
pub(crate) struct Reads {
    inventory: Inventory,
    operations: Operations,
    person: Person,
    flights: Arc<Mutex<HashMap<(VcenterId, Job), Flight>>>,
    invalid_since: Arc<std::sync::Mutex<HashMap<VcenterId, Time>>>,
    now: Clock,
}

impl Handler for RefreshIfOlder {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let freshness = Freshness::AtMost(Duration::from_secs(self.max_age_seconds));
        // Nothing of it is shown, so no object is read.
        let reading = call.inner.reads.read(&self.vcenter, self.kind, freshness, &Part::default()).await?;
        // What is fresh enough is read right after this, and counted then.
        if reading.how != How::Hit {
            call.inner.counts.read(call.by().role, &self.vcenter, self.kind, reading.how);
        }
        let Reading { synced_at, refresh, failure, .. } = reading;
        Ok(Freshened { synced_at, refresh, failure })
    }
}

impl Handler for Invalidate {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.reads.invalidate(&self.vcenter);
        Ok(())
    }
}

/// The newest refresh of its sort.
struct Flight {
    operation: OperationId,
    failed: Option<(Time, ApiError)>,
}

impl Reads {
    pub(crate) fn new(inventory: Inventory, operations: Operations, person: Person, now: Clock) -> Reads {
        Reads { inventory, operations, person, flights: Arc::default(), invalid_since: Arc::default(), now }
    }

    /// From now on what is known counts as stale, whatever its age, until it is read again.
    pub(crate) fn invalidate(&self, vcenter: &VcenterId) {
        let mut invalid_since = self.invalid_since.lock().unwrap_or_else(PoisonError::into_inner);
        invalid_since.insert(vcenter.clone(), (self.now)());
    }

    fn accepts(&self, vcenter: &VcenterId, freshness: Freshness, synced_at: Option<Time>) -> bool {
        let now = (self.now)();
        let invalid_since = {
            let mut all = self.invalid_since.lock().unwrap_or_else(PoisonError::into_inner);
            all.get_mut(vcenter).map(|since| {
                // A clock that was set back must not keep the data stale until it comes to that time again.
                *since = (*since).min(now);
                *since
            })
        };
        let outdated = freshness != Freshness::Cached && synced_at < invalid_since;
        !outdated && freshness.accepts(synced_at, now)
    }

    /// Answers at once with what there is; starts a refresh if that is older than asked for.
    pub(crate) async fn read(
        &self,
        vcenter: &VcenterId,
        kind: Kind,
        freshness: Freshness,
        part: &Part,
    ) -> Result<Reading, ApiError> {
        let Known { snapshot, .. } = self.inventory.part(vcenter, part).await?;
        let at = snapshot.synced_at(kind);
        if self.accepts(vcenter, freshness, at) {
            return Ok(Reading { snapshot, synced_at: at, refresh: None, failure: None, how: How::Hit });
        }
        self.refresh(vcenter, kind.covered_by(), freshness, part).await
    }

    async fn refresh(
        &self,
        vcenter: &VcenterId,
        kind: Kind,
        freshness: Freshness,
        part: &Part,
    ) -> Result<Reading, ApiError> {
        // Whoever comes while another looks waits here, and then finds fresh data or the refresh under way.
        let mut flights = self.flights.lock().await;
        let job = pacing::job(freshness, kind);
        let key = (vcenter.clone(), job.clone());
        let mut running = None;
        if let Some(flight) = flights.get_mut(&key) {
            let operation = self.operations.show(flight.operation.as_str()).await.ok();
            match operation {
                // Between the commit and the swap an operation is final in the database and not yet here.
                Some(operation)
                    if !operation.state.is_final() || self.operations.runs_here(&operation.id) =>
                {
                    running = Some(operation.id);
                }
                Some(operation) => {
                    flight.failed = operation.error.and_then(|error| Some((operation.finished_at?, error)));
                }
                None => {}
            }
        }
        let Known { snapshot, .. } = self.inventory.part(vcenter, part).await?;
        let at = snapshot.synced_at(kind);
        if self.accepts(vcenter, freshness, at) {
            return Ok(Reading { snapshot, synced_at: at, refresh: None, failure: None, how: How::Hit });
        }
        let rest = Freshness::AtMost(REST_AFTER_FAILURE);
        let failed = flights.get(&key).and_then(|flight| flight.failed.clone());
        if let (None, Some((when, error))) = (&running, failed)
            && rest.accepts(Some(when), (self.now)())
        {
            return Ok(Reading {
                snapshot,
                synced_at: at,
                refresh: None,
                failure: Some(error),
                how: How::Hit,
            });
        }
        if let (None, Freshness::ByItself(_, reads)) = (&running, freshness)
            && (self.person.is_needed(vcenter, &job).await?.is_some()
                || self.operations.holds_up(vcenter, reads, kind).await?)
        {
            return Ok(Reading { snapshot, synced_at: at, refresh: None, failure: None, how: How::Hit });
        }
        let (operation, how) = match running {
            Some(operation) => (operation, How::Shared),
            None => {
                let submitted = self.operations.join(vcenter, job, READER, true).await?;
                (submitted.id, if submitted.coalesced { How::Shared } else { How::Miss })
            }
        };
        flights.insert(key, Flight { operation: operation.clone(), failed: None });
        Ok(Reading { snapshot, synced_at: at, refresh: Some(operation), failure: None, how })
    }

    /// Whether a refresh of this kind was begun or joined for a reader in this process.
    pub(crate) async fn has_refreshed(&self, vcenter: &VcenterId, kind: Kind) -> bool {
        self.flights.lock().await.contains_key(&(vcenter.clone(), Job::refresh(kind.covered_by())))
    }
}
