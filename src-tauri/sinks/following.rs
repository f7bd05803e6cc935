//! What happens in the service, in batches, so that a burst is one.
//! Refuses to carry state: a lost event heals itself with the next one.

use crate::wiring::Wiring;
use contract::Event;
use service::{Service, Subscription};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Whose events are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The service whose estate is shown, whichever that is.
    Shown,
    /// The real one.
    Real,
}

/// What came next.
enum Heard {
    Event(Event),
    /// As long was gathered as is to be.
    Full,
    /// Another service answers.
    Another,
    End,
}

/// The events of a service from now on.
pub(crate) struct Following {
    wiring: Wiring,
    of: Of,
    gather: Duration,
    estates: watch::Receiver<u64>,
    events: Option<Subscription>,
    /// What was gathered so far, and until when.
    batch: Vec<Event>,
    until: Option<Instant>,
}

impl Following {
    pub(crate) fn new(wiring: &Wiring, of: Of, gather: Duration) -> Following {
        Following {
            wiring: wiring.clone(),
            of,
            gather,
            estates: wiring.estates(),
            events: None,
            batch: Vec::new(),
            until: None,
        }
    }

    /// The next events, each once; `None` when the service is closed. Of a service that takes the place of another, and of
    /// the first, that everything may be different comes first. Whoever stops waiting for it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            let Some(events) = &mut self.events else {
                self.estates.borrow_and_update();
                match self.opened().await {
                    Some(service) => {
                        self.events = Some(service.subscribe());
                        // What changed before this subscription nobody told.
                        return Some(vec![Event::Lagged]);
                    }
                    // A service that cannot be opened is an answer to the page's commands; it is waited for here.
                    None => self.estates.changed().await.ok()?,
                }
                continue;
            };
            let is_full = async {
                match self.until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            let heard = tokio::select! {
                biased;
                // Before events: a service that was left is closed, and its events end.
                _ = self.estates.changed() => Heard::Another,
                event = events.next() => event.map_or(Heard::End, Heard::Event),
                () = is_full => Heard::Full,
            };
            match heard {
                Heard::Event(event) => {
                    if !self.batch.contains(&event) {
                        self.batch.push(event);
                    }
                    self.until.get_or_insert_with(|| Instant::now() + self.gather);
                }
                Heard::Full => return Some(self.gathered()),
                Heard::Another => {
                    (self.events, self.until) = (None, None);
                    self.batch.clear();
                }
                Heard::End => return None,
            }
            // A burst without end is a batch in time, too.
            if self.until.is_some_and(|until| until <= Instant::now()) {
                return Some(self.gathered());
            }
        }
    }

    fn gathered(&mut self) -> Vec<Event> {
        self.until = None;
        std::mem::take(&mut self.batch)
    }

    async fn opened(&self) -> Option<Service> {
        match self.of {
            Of::Shown => self.wiring.opened().await,
            Of::Real => self.wiring.opened_real(),
        }
    }
}
