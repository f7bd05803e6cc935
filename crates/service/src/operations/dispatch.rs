//! Runs what waits: one task for each process, woken when something changes.
//! Refuses to look at operations one by one: lanes and their order stand in one question to the database, which is written
//! only when there is something to claim.

use super::{Operations, PEEK, UNWRITABLE};
use crate::explain;
use crate::outcomes::End;
use contract::{ApiError, Code, Event, OperationId, OperationState};
use std::time::Duration;
use store::Claim;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the queue is looked at without a reason: what a dead process left, and what nobody said.
const LOOK: Duration = Duration::from_secs(2);

/// Operations that run in this process at once.
const AT_ONCE: usize = 8;

impl Operations {
    /// Runs what waits until the service closes, and then ends what was asked for here and has not begun.
    pub(super) async fn dispatch(self) {
        let mut stuck: Option<Instant> = None;
        // Not a pause after the last wake: where others report progress all the time it would never end.
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.0.closing.is_cancelled() {
            self.end_cancelled().await;
            self.cancel_unwanted().await;
            stuck = self.run_next(stuck).await;
            tokio::select! {
                () = self.0.closing.cancelled() => {}
                () = self.0.wake.notified() => {}
                // Soon again where nothing can be written: nobody says when that is over.
                () = tokio::time::sleep(PEEK), if stuck.is_some() => {}
                _ = look.tick() => {
                    self.end_dead().await;
                    self.forget_those_elsewhere().await;
                }
            }
        }
        self.end_cancelled().await;
    }

    /// Claims and runs what may run now. Answers with since when nothing can be claimed because nothing can be written.
    async fn run_next(&self, stuck: Option<Instant>) -> Option<Instant> {
        let free = AT_ONCE.saturating_sub(self.local().values().filter(|local| local.runs).count());
        if free == 0 {
            return None;
        }
        let runnable = self.0.store.runnable(self.0.is_worker).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the queue could not be read");
            Vec::new()
        });
        for id in runnable.into_iter().take(free) {
            match self.0.store.claim(&id, (self.0.now)()).await {
                Ok(Some(claim)) => self.begin(claim),
                // Somebody was faster, or its vCenter was removed, and its operations with it.
                Ok(None) | Err(store::Error::NotFound { .. }) => {}
                Err(error) => {
                    tracing::warn!(operation = %id, %error, "the operation could not be claimed");
                    if !error.is_unwritable() {
                        continue;
                    }
                    let since = stuck.unwrap_or_else(Instant::now);
                    // What nobody waits for here can go on waiting for room.
                    if since.elapsed() >= UNWRITABLE && self.runs_here(&id) {
                        self.never_began(&id, OperationState::Failed, explain::store(error)).await;
                    }
                    return Some(since);
                }
            }
        }
        None
    }

    fn begin(&self, claim: Claim) {
        let id = claim.operation.id.clone();
        let cancel = self.enter(&id, true);
        let this = self.clone();
        self.0.tracker.spawn(async move {
            this.0.events.publish(Event::OperationChanged { operation: id.clone() });
            this.run(claim, &cancel).await;
            this.leave(&id);
        });
    }

    /// An operation is this process's no longer.
    fn leave(&self, id: &OperationId) {
        self.local().remove(id);
        self.0.events.publish(Event::OperationChanged { operation: id.clone() });
        self.0.wake.notify_one();
    }

    /// Cancels what runs here and is not wanted any more.
    async fn cancel_unwanted(&self) {
        if !self.local().values().any(|local| local.runs) {
            return;
        }
        match self.0.store.unwanted().await {
            Ok(unwanted) => {
                let local = self.local();
                unwanted.iter().filter_map(|id| local.get(id)).for_each(|local| local.cancel.cancel());
            }
            Err(error) => tracing::warn!(%error, "whether operations are still wanted could not be read"),
        }
    }

    /// Ends what was cancelled before it began.
    async fn end_cancelled(&self) {
        let is_over = |local: &super::Local| !local.runs && local.cancel.is_cancelled();
        let cancelled: Vec<OperationId> =
            self.local().iter().filter(|(_, local)| is_over(local)).map(|(id, _)| id.clone()).collect();
        for id in cancelled {
            let error =
                ApiError::new(Code::Cancelled, "it was cancelled before it started; nothing was changed");
            self.never_began(&id, OperationState::Cancelled, error).await;
        }
    }

    async fn never_began(&self, id: &OperationId, state: OperationState, error: ApiError) {
        let end = End::NeverBegan { id: id.clone(), state, at: (self.0.now)(), error };
        self.0.outcomes.settle(end).await;
        self.leave(id);
    }

    /// Forgets what was asked for here, and what another process took or ended: one that waits for it too.
    async fn forget_those_elsewhere(&self) {
        if self.local().values().all(|local| local.runs) {
            return;
        }
        match self.0.store.queued().await {
            Ok(queued) => self.local().retain(|id, local| local.runs || queued.contains(id)),
            Err(error) => tracing::warn!(%error, "the queue could not be read"),
        }
    }
}
