//! The commands on destinations.
//! Refuse to tell where one is to whoever may not change it: an address may be a secret itself.

use super::checking;
use crate::call::{Admitted, Answer, Handler};
use crate::schedules::explained;
use crate::{Service, explain};
use contract::command::*;
use contract::destination::{Delivery, Destination};
use contract::policy::Step;
use contract::{ApiError, Credential, DestinationId, Job, Role, designated};
use store::{DestinationRecord, PolicyRecord};

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
        call.store().add_destination(&record).await.map_err(explained("destination"))?;
        call.destinations_changed();
        call.told_destination(&record.id).await
    }
}

impl Handler for EditDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let settings = checking::checked(&call, self.settings).await?;
        let before = call.destination(&self.destination).await?;
        if before.settings != settings || before.edition != self.edition {
            let to = DestinationRecord { settings, edition: self.edition, ..before };
            call.store().edit_destination(&to).await.map_err(explained("destination"))?;
            call.destinations_changed();
        }
        call.told_destination(&self.destination).await
    }
}

impl Handler for RemoveDestination {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        let removed = call.told_destination(&self.destination).await?;
        let store = call.store();
        store.remove_destination(&self.destination).await.map_err(explained("destination"))?;
        call.destinations_changed();
        Ok(removed)
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
        let records = self.inner.store.destinations().await.map_err(explain::store)?;
        let around = self.around_destinations().await?;
        Ok(records.into_iter().map(|record| around.told(record, role)).collect())
    }

    /// One, whole.
    async fn told_destination(&self, id: &DestinationId) -> Result<Destination, ApiError> {
        let record = self.destination(id).await?;
        Ok(self.around_destinations().await?.told(record, Role::Admin))
    }

    async fn around_destinations(&self) -> Result<Around, ApiError> {
        let store = &self.inner.store;
        Ok(Around {
            policies: store.policies().await.map_err(explain::store)?,
            credentials: store.credentials().await.map_err(explain::store)?,
        })
    }

    fn destinations_changed(&self) {
        self.inner.events.publish(contract::Event::SchedulesChanged);
    }
}

/// What uses destinations, and what they use.
struct Around {
    policies: Vec<PolicyRecord>,
    credentials: Vec<Credential>,
}

impl Around {
    fn told(&self, record: DestinationRecord, role: Role) -> Destination {
        let DestinationRecord { id, settings, edition } = record;
        let named = |step: &Step| step.to() == Some(id.as_str());
        let of = self.policies.iter().filter(|policy| policy.settings.steps.iter().any(named));
        let is_its = |one: &&Credential| settings.target.credential() == Some(&one.id);
        Destination {
            name: settings.name,
            kind: settings.target.kind(),
            credential: self.credentials.iter().find(is_its).map(|one| one.name.clone()),
            policies: of.map(|policy| policy.settings.name.clone()).collect(),
            edition,
            target: (role >= Role::Admin).then(|| settings.target.clone()),
            id,
        }
    }
}
