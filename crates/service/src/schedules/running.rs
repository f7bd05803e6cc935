//! Starts what is due: one task in each process that is a worker, which sleeps until then.
//! Refuses to start anything twice: who starts a run moves it on in the same transaction, from the time it has seen.

use super::due::Plan;
use super::{Schedules, plan, spread, standing, targets};
use contract::{ApiError, Code, Event, Time};
use std::time::Duration;
use store::{DueRun, PlannedRun, ScheduleRecord, VcenterRecord};
use tokio_util::sync::CancellationToken;

/// How long it sleeps at most: so late it notices that a clock was set, or that the machine was asleep.
const LOOK: Duration = Duration::from_secs(60);

/// What changes often within moments is looked at once.
const SETTLE: Duration = Duration::from_millis(100);

impl Schedules {
    /// Starts what is due, until the service closes.
    pub(crate) async fn run(self, closing: CancellationToken) {
        while !closing.is_cancelled() {
            let mut events = self.events.subscribe();
            let next = self.start_due().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the schedules could not be read");
                None
            });
            let pause = next.map_or(LOOK, |next| pause_until(next, (self.now)()));
            let changed = async {
                while let Some(event) = events.next().await {
                    if may_change(&event) {
                        return tokio::time::sleep(SETTLE).await;
                    }
                }
                // The service is closing.
                closing.cancelled().await;
            };
            tokio::select! {
                () = closing.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                () = changed => {}
            }
        }
    }

    /// Starts what is due now; answers with when something is due next, as far as that is known.
    pub(super) async fn start_due(&self) -> Result<Option<Time>, ApiError> {
        let known = self.look().await?;
        let mut next: Option<Time> = None;
        for record in known.records.iter().filter(|record| record.enabled) {
            // One that this release can't read says so where schedules are listed.
            let Ok(plan) = plan(record) else { continue };
            for vcenter in targets(&record.settings, &known.vcenters) {
                let of = (record.id.clone(), vcenter.vcenter.id.clone());
                let looked = self.start_on(record, &plan, vcenter, known.planned.get(&of)).await;
                let due = looked.unwrap_or_else(|error| {
                    // As a vCenter that is being removed, or a disk that is full. It stays due.
                    tracing::warn!(schedule = %record.id, vcenter = %of.1, %error, "a run was not started");
                    None
                });
                next = next.into_iter().chain(due).min();
            }
        }
        Ok(next)
    }

    /// Starts the run on a vCenter that is due now; answers with when the next look is worth it.
    async fn start_on(
        &self,
        record: &ScheduleRecord,
        plan: &Plan,
        vcenter: &VcenterRecord,
        planned: Option<&PlannedRun>,
    ) -> Result<Option<Time>, ApiError> {
        let (id, now) = (&vcenter.vcenter.id, (self.now)());
        let due_at = |planned: Time| plan.due(planned, spread(record, id));
        let Some(planned) = planned.map(|planned| planned.next_at) else {
            let Some(first) = plan.after(now) else { return Ok(None) };
            let planned = self.store.plan_runs(&record.id, &[(id.clone(), first)]).await;
            planned.map_err(super::explained)?;
            self.changed();
            return Ok(Some(due_at(first)));
        };
        let run = |next| DueRun { schedule: record.id.clone(), edition: record.edition, seen: planned, next };
        if let Some(right) = plan.replanned(planned, now) {
            if self.store.replan_run(&run(right), id).await.map_err(super::explained)? {
                self.changed();
            }
            return Ok(Some(due_at(right)));
        }
        if let Some(until) = plan.waits_until(due_at(planned), now) {
            return Ok(Some(until));
        }
        if let Some(hold) = self.operations.hold(id).await? {
            return Ok(standing::told(&hold, plan, now).0);
        }
        // What would only be told that once more is not queued.
        if self.operations.refused(vcenter).await.is_some() {
            return Ok(None);
        }
        // What would only find out that there is no network stays due, and is started once there is one.
        if self.network.is_gone_for(vcenter).await {
            return Ok(None);
        }
        let Some(next) = plan.following(planned, now) else { return Ok(None) };
        match self.operations.submit_due(id, record.settings.job.job(), &run(next)).await {
            Ok(Some(submitted)) => {
                tracing::info!(schedule = %record.id, vcenter = %id, operation = %submitted.id, "a run was started");
                self.changed();
            }
            Ok(None) => {}
            // Removed since it was looked at.
            Err(error) if error.code == Code::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(due_at(next)))
    }
}

/// How long to sleep until a time.
fn pause_until(next: Time, now: Time) -> Duration {
    let ms = u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_millis(ms).min(LOOK)
}

/// Whether something may be due at another time after this, or not be held up any more.
fn may_change(event: &Event) -> bool {
    use Event::{CredentialsChanged, Lagged, SchedulesChanged, VcentersChanged};
    matches!(event, SchedulesChanged | VcentersChanged | CredentialsChanged | Lagged)
}
