//! Runs what waits: one task for each process, woken when something changes.
//! Refuses to look at operations one by one: lanes and their order stand in one question to the database, which is written
//! only when there is something to claim.

use super::{Here, Local, Operations, PEEK, Place, UNWRITABLE};
use crate::explain;
use crate::outcomes::End;
use contract::{ApiError, Code, Event, OperationId, OperationState, VcenterId};
use std::collections::HashMap;
use std::time::Duration;
use store::{Claim, Runnable};
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// How often the queue is looked at without a reason: what a dead process left, and what nobody said.
const LOOK: Duration = Duration::from_secs(2);

/// How long a password that is missing is not looked for again.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// vCenters whose password is missing, since when.
type Without = HashMap<VcenterId, Instant>;

/// Looks without a reason. Not a pause after the last wake: where others report progress all the time it would never end.
fn looks() -> Interval {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look
}

impl Operations {
    /// Runs what waits until the service closes, and then ends what was asked for here and has not begun.
    pub(super) async fn dispatch(self) {
        let mut stuck: Option<Instant> = None;
        let mut woken = self.0.wake.subscribe();
        let mut without = Without::new();
        let mut look = looks();
        while !self.0.closing.is_cancelled() {
            self.end_cancelled().await;
            stuck = self.run_next(stuck, &mut without).await;
            tokio::select! {
                () = self.0.closing.cancelled() => {}
                _ = woken.changed() => {}
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

    /// Cancels what runs here as soon as nobody wants it any more, until the service closes. A task of its own: who holds up
    /// the next claim must not hold up that.
    pub(super) async fn cancel_what_is_unwanted(self) {
        let mut woken = self.0.wake.subscribe();
        let mut look = looks();
        while !self.0.closing.is_cancelled() {
            self.cancel_unwanted().await;
            tokio::select! {
                () = self.0.closing.cancelled() => {}
                _ = woken.changed() => {}
                _ = look.tick() => {}
            }
        }
    }

    /// Claims and runs what may run now. Answers with since when nothing can be claimed because nothing can be written.
    async fn run_next(&self, stuck: Option<Instant>, without: &mut Without) -> Option<Instant> {
        if self.0.room.free() == 0 {
            return None;
        }
        let runnable = self.0.store.runnable(self.0.is_worker).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the queue could not be read");
            Vec::new()
        });
        // What is waited for here first: a keychain that hangs must not hold it up.
        let (own, others): (Vec<_>, Vec<_>) = runnable.into_iter().partition(|runnable| runnable.is_own);
        for Runnable { id, vcenter_id, is_own, is_of_a_person } in own.into_iter().chain(others) {
            // It was queued before that began; who waits for it here asked for it.
            if !is_own && !is_of_a_person && self.is_held(vcenter_id.as_ref()).await {
                continue;
            }
            if let Some(vcenter) = vcenter_id.as_ref().filter(|_| !is_own)
                && !self.may_log_in(vcenter, without).await
            {
                continue;
            }
            let place = self.0.room.take().filter(|_| !self.0.closing.is_cancelled());
            let Some(place) = place else { break };
            match self.0.store.claim(&id, (self.0.now)()).await {
                Ok(Some(claim)) => self.begin(claim, place),
                // Somebody was faster, or its vCenter was removed, and its operations with it.
                Ok(None) | Err(store::Error::NotFound { .. }) => {}
                Err(error) => {
                    if stuck.is_none() {
                        tracing::warn!(operation = %id, %error, "the operation could not be claimed");
                    }
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

    /// Whether there is a password for what is run for others; where there is none, another process may have it.
    async fn may_log_in(&self, vcenter: &VcenterId, without: &mut Without) -> bool {
        without.retain(|_, since| since.elapsed() < ASK_AGAIN);
        if without.contains_key(vcenter) {
            return false;
        }
        let has_password = self.0.connections.has_password(vcenter).await;
        if !has_password {
            tracing::info!(%vcenter, "queued work is left to a process that has the password");
            without.insert(vcenter.clone(), Instant::now());
        }
        has_password
    }

    fn begin(&self, claim: Claim, place: Place) {
        let id = claim.operation.id.clone();
        let cancel = self.enter(&id, Here::Runs);
        let this = self.clone();
        self.0.tracker.spawn(async move {
            this.0.events.publish(Event::OperationChanged { operation: id.clone() });
            this.run(claim, place, &cancel).await;
            this.leave(&id);
        });
    }

    /// An operation is this process's no longer.
    fn leave(&self, id: &OperationId) {
        self.local().remove(id);
        self.0.events.publish(Event::OperationChanged { operation: id.clone() });
        self.wake();
    }

    /// Cancels what runs here and is not wanted any more.
    async fn cancel_unwanted(&self) {
        if !self.local().values().any(|local| local.here == Here::Runs) {
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

    /// Ends what was cancelled before it began. What the end of this process cancels is not cancelled for others: it waits on,
    /// or whoever looks next finds that nobody waits for it.
    async fn end_cancelled(&self) {
        let is_over = |local: &Local| local.here == Here::Waits && local.cancel.is_cancelled();
        let over: Vec<(OperationId, bool)> = {
            let local = self.local();
            let over = local.iter().filter(|(_, local)| is_over(local));
            over.map(|(id, local)| (id.clone(), local.is_asked)).collect()
        };
        for (id, is_asked) in over {
            if is_asked {
                let error = "it was cancelled before it started; nothing was changed";
                let error = ApiError::new(Code::Cancelled, error);
                self.never_began(&id, OperationState::Cancelled, error).await;
                continue;
            }
            if let Err(error) = self.0.store.withdraw(&id).await {
                tracing::warn!(%error, operation = %id, "the end of a wait could not be written");
            }
            self.leave(&id);
        }
    }

    async fn never_began(&self, id: &OperationId, state: OperationState, error: ApiError) {
        let end = End::NeverBegan { id: id.clone(), state, at: (self.0.now)(), error };
        self.0.outcomes.settle(end).await;
        self.leave(id);
    }

    /// Forgets what was asked for here, and what another process took or ended: one that waits for it too.
    async fn forget_those_elsewhere(&self) {
        // Looked up before the queue is: what comes after that is in it.
        let waiting: Vec<OperationId> = {
            let local = self.local();
            local.iter().filter(|(_, local)| local.here == Here::Waits).map(|(id, _)| id.clone()).collect()
        };
        if waiting.is_empty() {
            return;
        }
        match self.0.store.queued().await {
            Ok(queued) => {
                let mut local = self.local();
                for id in waiting.iter().filter(|id| !queued.contains(*id)) {
                    if local.get(id).is_some_and(|local| local.here == Here::Waits) {
                        local.remove(id);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the queue could not be read"),
        }
    }
}
