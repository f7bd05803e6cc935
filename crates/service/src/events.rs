//! Hands events to whoever subscribed, from this process and from others on the same database.
//! Refuses to queue without end: who is too slow is told to read everything again.

use crate::inventory::Inventory;
use crate::operations::Operations;
use contract::{Event, OperationId, VcenterId};
use store::{Change, Changes, Topic};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Events that a slow subscriber may be behind.
const BACKLOG: usize = 256;

/// The place where events are published.
#[derive(Clone, Debug)]
pub(crate) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(crate) fn new() -> Events {
        Events(broadcast::channel(BACKLOG).0)
    }

    pub(crate) fn publish(&self, event: Event) {
        // Nobody listening is no failure.
        let _ = self.0.send(event);
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
    }

    /// Takes over and publishes what other processes change, until cancelled.
    pub(crate) async fn relay(
        self,
        mut changes: Changes,
        inventory: Inventory,
        operations: Operations,
        cancel: CancellationToken,
    ) {
        while let Some(changes) = cancel.run_until_cancelled(changes.next()).await {
            let changes = changes.unwrap_or_else(|error| {
                tracing::warn!(%error, "what other processes changed could not be read");
                Vec::new()
            });
            let events: Vec<Event> = changes.into_iter().map(event).collect();
            // Before inventories are read: whoever cancels doesn't wait for that.
            if events.iter().any(|event| matches!(event, Event::OperationChanged { .. } | Event::Lagged)) {
                operations.wake();
            }
            for event in events {
                // Whoever hears of a new inventory must be able to read it.
                match &event {
                    Event::InventoryChanged { vcenter } => inventory.reload_if_read(vcenter).await,
                    Event::Lagged => inventory.reload_all().await,
                    _ => {}
                }
                self.publish(event);
            }
        }
    }
}

fn event(change: Change) -> Event {
    match change {
        Change::Lagged => Event::Lagged,
        Change::Changed { topic: Topic::Vcenters, .. } => Event::VcentersChanged,
        Change::Changed { topic: Topic::Credentials, .. } => Event::CredentialsChanged,
        Change::Changed { topic: Topic::Preferences, .. } => Event::PreferencesChanged,
        Change::Changed { topic: Topic::Health, .. } => Event::HealthChanged,
        Change::Changed { topic: Topic::Servers, .. } => Event::ServersChanged,
        Change::Changed { topic: Topic::Operation, id } => {
            Event::OperationChanged { operation: OperationId(id) }
        }
        Change::Changed { topic: Topic::Schedules, .. } => Event::SchedulesChanged,
        Change::Changed { topic: Topic::Inventory, id } => Event::InventoryChanged { vcenter: VcenterId(id) },
    }
}

/// One subscriber's events.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next event; `None` once the service is closed.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
