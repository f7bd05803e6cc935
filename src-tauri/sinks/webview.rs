//! Tells the page what changed, in batches, so that a burst is one message.
//! Refuses to carry state: a lost message heals itself with the next one.

use crate::wiring::Wiring;
use contract::Event;
use service::Subscription;
use std::collections::HashSet;
use std::time::Duration;
use tauri::ipc::Channel;
use tokio::time::{Instant, timeout_at};

/// How long events are gathered: less than anybody sees, and longer than a burst.
const GATHER: Duration = Duration::from_millis(50);

/// Sends events to the page until it is gone, or subscribes anew.
pub(crate) fn webview(wiring: &Wiring, page: Channel<Vec<Event>>) {
    let follower = wiring.clone();
    wiring.run_the_only_sink(async move { follow(&follower, &page).await });
}

async fn follow(wiring: &Wiring, page: &Channel<Vec<Event>>) {
    let mut estate = wiring.estates();
    loop {
        estate.borrow_and_update();
        // A service that cannot be opened is an answer to the page's commands; it is waited for here.
        if let Some(service) = wiring.opened().await {
            let mut events = service.subscribe();
            // What changed before this subscription nobody told.
            let mut told = page.send(vec![Event::Lagged]);
            while told.is_ok() {
                let batch = tokio::select! {
                    batch = gather(&mut events) => batch,
                    _ = estate.changed() => { estate.mark_changed(); break }
                };
                let Some(batch) = batch else { return };
                told = page.send(batch);
            }
            if told.is_err() {
                return;
            }
        }
        if estate.changed().await.is_err() {
            return;
        }
    }
}

/// The next events, each once; `None` when the service is closed.
async fn gather(events: &mut Subscription) -> Option<Vec<Event>> {
    let first = events.next().await?;
    let until = Instant::now() + GATHER;
    let mut batch = vec![first.clone()];
    let mut seen = HashSet::from([first]);
    while let Ok(Some(event)) = timeout_at(until, events.next()).await {
        if seen.insert(event.clone()) {
            batch.push(event);
        }
    }
    Some(batch)
}
