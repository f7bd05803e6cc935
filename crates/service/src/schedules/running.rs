//! Starts what is due: one task in each process that is a worker, which sleeps until then.
//! Refuses to start anything twice: who starts a run moves it on in the same transaction, from the time it has seen.

use super::due::Plan;
use super::standing::{self, Known};
use super::{Schedules, Target, plan, spread, targets};
use contract::{ApiError, Code, Event, OperationState, Origin, Time};
use futures_util::{StreamExt, stream};
use std::time::Duration;
use store::{DueRun, NextRun, PlannedRun, RunOf, ScheduleRecord};
use tokio_util::sync::CancellationToken;

/// How long it sleeps at most: so late it notices that a clock was set, or that the machine was asleep.
const LOOK: Duration = Duration::from_secs(60);

/// What changes often within moments is looked at once.
const SETTLE: Duration = Duration::from_millis(100);

/// Runs that are looked at at once: those of a vCenter that doesn't answer must not delay the others.
const AT_ONCE: usize = 16;

/// A schedule on a vCenter or about none, as it was looked up.
struct Looked<'a> {
    known: &'a Known,
    record: &'a ScheduleRecord,
    plan: Plan,
    target: Target<'a>,
    planned: Option<&'a PlannedRun>,
}

impl Looked<'_> {
    fn of(&self) -> RunOf {
        (self.record.id.clone(), self.target.id().cloned())
    }
}

impl Schedules {
    /// Starts what is due, until the service closes.
    pub(crate) async fn run(self, closing: CancellationToken) {
        if closing.run_until_cancelled(self.note_start()).await.is_none() {
            return;
        }
        while !closing.is_cancelled() {
            let mut events = self.events.subscribe();
            // Whoever quits doesn't wait for vCenters: what isn't committed by then stays due.
            let Some(looked) = closing.run_until_cancelled(self.start_due()).await else { break };
            let next = looked.unwrap_or_else(|error| {
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
        let of_policies = self.start_policies().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the policies could not be read");
            None
        });
        Ok(self.start_schedules().await?.into_iter().chain(of_policies).min())
    }

    async fn start_schedules(&self) -> Result<Option<Time>, ApiError> {
        let known = self.look().await?;
        self.catching_up.keep(&known.planned);
        let mut all = Vec::new();
        for record in known.records.iter().filter(|record| record.enabled) {
            // One that this release can't read says so where schedules are listed.
            let Ok(plan) = plan(record) else { continue };
            all.extend(targets(&record.settings, &known.vcenters).into_iter().map(|target| {
                let planned = known.planned_of(record, target);
                Looked { known: &known, record, plan: plan.clone(), target, planned }
            }));
        }
        let looks = all.iter().map(|looked| async {
            self.start_on(looked).await.unwrap_or_else(|error| {
                // As a vCenter that is being removed, or a disk that is full. It stays due.
                let (schedule, vcenter) = looked.of();
                let vcenter = vcenter.as_ref().map(tracing::field::display);
                tracing::warn!(%schedule, vcenter, %error, "a run was not started");
                None
            })
        });
        let looks: Vec<_> = looks.collect();
        let next: Vec<Option<Time>> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
        Ok(next.into_iter().flatten().min())
    }

    /// Starts the run that is due now; answers with when the next look is worth it.
    async fn start_on(&self, looked: &Looked<'_>) -> Result<Option<Time>, ApiError> {
        let Looked { record, plan, target, planned, .. } = looked;
        let (id, now) = (target.id(), (self.now)());
        let due_at = |planned: Time| plan.due(planned, spread(record, id));
        let Some(PlannedRun { next_at: planned, is_interrupted, .. }) = planned.cloned() else {
            return Ok(self.plan_first(looked, now).await?.map(due_at));
        };
        let run = |next| DueRun { schedule: record.id.clone(), edition: record.edition, seen: planned, next };
        let replan = |at: Time| run(at.into());
        // What its worker left undone is due at once.
        if is_interrupted && planned > now && !self.is_interrupted_again(looked).await? {
            if self.store.replan_run(&replan(now), id).await.map_err(super::explained("schedule"))? {
                self.changed();
            }
            return Ok(Some(now));
        }
        if let Some(right) = plan.replanned(planned, now) {
            if self.store.replan_run(&replan(right), id).await.map_err(super::explained("schedule"))? {
                self.changed();
            }
            return Ok(Some(due_at(right)));
        }
        if let Some(until) = plan.waits_until(due_at(planned), now) {
            return Ok(Some(until));
        }
        if let Some(look) = self.waits(looked, planned, now).await? {
            return Ok(look);
        }
        let Some(next) = self.following(looked, planned, now).await? else { return Ok(None) };
        let due_next = due_at(next.at);
        match self.operations.submit_due(id, record.settings.job.job(), &run(next)).await {
            Ok(Some(submitted)) => {
                let vcenter = id.map(tracing::field::display);
                tracing::info!(schedule = %record.id, vcenter, operation = %submitted.id, "a run was started");
                self.changed();
            }
            Ok(None) => {}
            // Removed since it was looked at.
            Err(error) if error.code == Code::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(due_next))
    }

    /// The run after one that was planned for one time and starts now.
    async fn following(
        &self,
        looked: &Looked<'_>,
        planned: Time,
        now: Time,
    ) -> Result<Option<NextRun>, ApiError> {
        let Looked { known, record, plan, target, .. } = looked;
        if !record.settings.smart {
            return Ok(plan.following(planned, now).map(NextRun::from));
        }
        let history = self.history(known, target.id()).await?;
        Ok(match self.smart(record, *target, &history, now).await? {
            Some(smart) => smart.following(plan, planned, now),
            None => plan.following(planned, now).map(NextRun::from),
        })
    }

    /// Whether the run before was interrupted, too: what ends the workers that begin it must not be begun again and again.
    async fn is_interrupted_again(&self, looked: &Looked<'_>) -> Result<bool, ApiError> {
        let job = looked.record.settings.job.job();
        let history = self.history(looked.known, looked.target.id()).await?;
        let mut runs = history.iter().filter(|one| one.origin == Origin::Schedule && one.job == job);
        Ok(runs.nth(1).is_some_and(|before| before.state == OperationState::Interrupted))
    }

    /// Plans the first run: answers with when.
    async fn plan_first(&self, looked: &Looked<'_>, now: Time) -> Result<Option<Time>, ApiError> {
        let Some(first) = looked.plan.after(now) else { return Ok(None) };
        let next = self.first_on(looked.record, looked.target, first, now).await?;
        let first = next.at;
        let planned = [(looked.target.id().cloned(), next)];
        self.store.plan_runs(&looked.record.id, &planned).await.map_err(super::explained("schedule"))?;
        self.changed();
        Ok(Some(first))
    }

    /// Whether a run that is due waits all the same; then with when the next look is worth it, as far as that is known.
    async fn waits(
        &self,
        looked: &Looked<'_>,
        planned: Time,
        now: Time,
    ) -> Result<Option<Option<Time>>, ApiError> {
        let Looked { known, record, plan, target, .. } = looked;
        let of = looked.of();
        if let Some(hold) = self.hold(known, *target).await? {
            self.catching_up.is_held(&of, planned);
            return Ok(Some(standing::told(&hold, plan, now).0));
        }
        let Target(Some(vcenter)) = target else { return Ok(None) };
        let history = self.history(known, target.id()).await?;
        // What would only be told once more what a person has to do is not queued.
        if self.person.is_needed_after(vcenter, &history, &record.settings.job.job()).await.is_some() {
            self.catching_up.is_held(&of, planned);
            return Ok(Some(None));
        }
        let starts = self.catching_up.starts(&of, planned, plan, spread(record, target.id()), now);
        if now < starts {
            return Ok(Some(Some(starts)));
        }
        // What would only find out that there is no network stays due, and is started once there is one.
        if self.network.is_gone_for(vcenter).await {
            self.catching_up.is_held(&of, planned);
            return Ok(Some(None));
        }
        Ok(None)
    }
}

/// How long to sleep until a time.
fn pause_until(next: Time, now: Time) -> Duration {
    let ms = u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_millis(ms).min(LOOK)
}

/// Whether something may be due at another time after this, or not be held up any more.
fn may_change(event: &Event) -> bool {
    use Event::{CredentialsChanged, HealthChanged, Lagged, SchedulesChanged, VcentersChanged};
    matches!(event, SchedulesChanged | VcentersChanged | CredentialsChanged | HealthChanged | Lagged)
}
