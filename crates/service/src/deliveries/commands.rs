//! The commands on destinations.
//! Refuse to tell where one is to whoever may not change it: an address may be a secret itself.

use super::checking;
use crate::call::{Admitted, Answer, Handler};
use crate::{Service, explain};
use contract::command::*;
use contract::destination::{Delivery, Destination};
use contract::policy::Step;
use contract::{ApiError, DestinationId, Job, Role, designated};
use store::DestinationRecord;

impl Handler for ListDestinations {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.destinations(call.caller().role()).await
    }
}

impl Handler for ShowDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let all = call.destinations(call.caller().role()).await?;
        let found = designated(&all, &self.destination, "destination", |one| (&one.name, one.id.as_str()))?;
        Ok(found.clone())
    }
}

impl Handler for AddDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let settings = checking::checked(&call, self.settings).await?;
        let id = DestinationId(uuid::Uuid::new_v4().to_string());
        let record = DestinationRecord { id, settings, edition: 1 };
        call.store().add_destination(&record).await.map_err(explained)?;
        call.told_destination(&record.id).await
    }
}

impl Handler for EditDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let settings = checking::checked(&call, self.settings).await?;
        let before = call.destination(&self.destination).await?;
        if before.settings != settings || before.edition != self.edition {
            let to = DestinationRecord { settings, edition: self.edition, ..before };
            call.store().edit_destination(&to).await.map_err(explained)?;
        }
        call.told_destination(&self.destination).await
    }
}

impl Handler for RemoveDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let removed = call.destinations(Role::Admin).await?;
        let removed = removed.into_iter().find(|one| one.id == self.destination);
        call.store().remove_destination(&self.destination).await.map_err(explained)?;
        call.destinations_changed();
        removed.ok_or_else(|| {
            let id = self.destination.to_string();
            explain::store(store::Error::NotFound { what: "destination", id })
        })
    }
}

impl Handler for TestDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let record = call.destination(&self.destination).await?;
        let job = Job::Deliver {
            destination: record.id,
            name: record.settings.name,
            delivery: Box::new(Delivery::Test { edition: record.edition }),
        };
        call.inner.operations.submit_about_none(job, call.by(), !self.detached).await
    }
}

impl Service {
    /// Every destination, as a role is told of it.
    async fn destinations(&self, role: Role) -> Result<Vec<Destination>, ApiError> {
        let store = &self.inner.store;
        let records = store.destinations().await.map_err(explain::store)?;
        let policies = store.policies().await.map_err(explain::store)?;
        let credentials = store.credentials().await.map_err(explain::store)?;
        let told = |record: DestinationRecord| {
            let target = &record.settings.target;
            let named = |step: &Step| step.to() == Some(record.id.as_str());
            let of = policies.iter().filter(|policy| policy.settings.steps.iter().any(named));
            let credential = target.credential().and_then(|id| credentials.iter().find(|one| one.id == *id));
            Destination {
                name: record.settings.name,
                kind: target.kind(),
                credential: credential.map(|one| one.name.clone()),
                policies: of.map(|policy| policy.settings.name.clone()).collect(),
                edition: record.edition,
                target: (role >= Role::Admin).then(|| target.clone()),
                id: record.id.clone(),
            }
        };
        Ok(records.into_iter().map(told).collect())
    }

    /// One that was just changed.
    async fn told_destination(&self, id: &DestinationId) -> Result<Destination, ApiError> {
        self.destinations_changed();
        let all = self.destinations(Role::Admin).await?;
        all.into_iter()
            .find(|one| one.id == *id)
            .ok_or_else(|| explain::store(store::Error::NotFound { what: "destination", id: id.to_string() }))
    }

    fn destinations_changed(&self) {
        self.inner.events.publish(contract::Event::SchedulesChanged);
    }
}

/// What the store says, of a destination.
fn explained(error: store::Error) -> ApiError {
    let is_stale = matches!(error, store::Error::Stale { .. });
    let mut error = explain::store(error);
    if is_stale {
        error.message = "the destination was changed elsewhere in the meantime".to_owned();
    }
    error
}
