//! How long the history is kept: once an hour what is older goes, a few operations at a time.
//! Refuses to hurry: between two steps others write, and what can't be deleted now is deleted later.

use crate::call::{Admitted, Answer, Handler};
use crate::events::Events;
use crate::{Clock, explain, pacing, validate};
use contract::command::{SetPreferences, ShowPreferences};
use contract::{Event, Time};
use std::time::Duration;
use store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often is looked for what is too old.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// When a process looks first. A command ends before that, and looks as soon as it has run an operation.
const FIRST: Duration = Duration::from_secs(60);

/// Between two steps, each a short transaction.
const PAUSE: Duration = Duration::from_millis(250);

const DAY: i64 = 86_400_000;

/// Forgets what is too old until the service closes; `wake` by whoever ended an operation.
pub(crate) async fn keep(store: Store, events: Events, now: Clock, closing: CancellationToken) {
    let mut changes = events.subscribe();
    // Processes that start together don't look together.
    let mut next = Instant::now() + FIRST.mul_f64(1.0 + fastrand::f64());
    let mut is_new = true;
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            () = tokio::time::sleep_until(next) => {}
            event = changes.next(), if is_new => match event {
                Some(Event::InventoryChanged { .. }) => {}
                Some(_) => continue,
                None => return,
            },
        }
        is_new = false;
        next = Instant::now() + LOOK;
        // What a command leaves to the next one: it ends soon, and one step is enough for what one operation adds.
        while step(&store, now).await > 0 {
            if closing.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    }
}

/// Forgets a few operations that are too old; answers with how many went.
async fn step(store: &Store, now: Clock) -> u64 {
    if store.unwritable().is_some() {
        return 0;
    }
    let forgotten = async {
        let days = i64::from(store.preferences().await?.history_days);
        let before = Time(now().0.saturating_sub(days.saturating_mul(DAY)));
        store.forget_operations(before, pacing::LOOK_BACK).await
    };
    forgotten.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "old operations could not be forgotten");
        0
    })
}

impl Handler for ShowPreferences {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        call.inner.store.preferences().await.map_err(explain::store)
    }
}

impl Handler for SetPreferences {
    async fn run(self, call: Admitted<'_>) -> Answer<Self> {
        validate::preferences(&self.preferences)?;
        let store = &call.inner.store;
        let set = store.set_preferences(&self.made_from, &self.preferences).await.map_err(explain::store)?;
        call.inner.events.publish(Event::PreferencesChanged);
        Ok(set)
    }
}
