//! When a smart schedule is due on a vCenter: as the planner plans its week from what was seen of that vCenter.
//! Refuses to plan anew within a week: a plan that changes under way can't keep its number of runs.

use super::due::{self, Plan};
use super::{Schedules, Target};
use crate::{explain, pacing};
use contract::{ApiError, Operation, OperationState, ScheduleSettings, Time, Timing};
use planner::{Bounds, Known, Pace, Planned, Reason, Weeks};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{NextRun, RunOf, ScheduleRecord, Usage, VcenterRecord, aside};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Between two runs is at least a fifth of the usual interval, and this.
const SHORTEST: i64 = 5 * MINUTE;

/// Between two runs are at most so many usual intervals, and a day.
const LONGEST: i64 = 8;

/// Of so many syncs the longest tells how long one takes.
const SYNCS: usize = 10;

/// The plans of this process for the weeks in which they were made. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Plans(Arc<Mutex<HashMap<RunOf, Kept>>>);

struct Kept {
    edition: i64,
    /// Since when it was noted what it was made from: what was deleted since must not be planned from any more.
    since: Option<Time>,
    plan: Arc<planner::Plan>,
}

/// The plan of a smart schedule on a vCenter.
pub(super) struct Smart {
    plan: Arc<planner::Plan>,
    vcenter: String,
}

impl Schedules {
    /// The plan of a stored schedule there, if it is a smart one: for a week the same one.
    pub(super) async fn smart(
        &self,
        record: &ScheduleRecord,
        target: Target<'_>,
        history: &[Operation],
        now: Time,
    ) -> Result<Option<Smart>, ApiError> {
        let Some((usual, vcenter)) = usual(&record.settings).zip(target.0) else { return Ok(None) };
        let usage = self.usage(vcenter).await?;
        let since = usage.as_ref().map(|usage| usage.since);
        let of = (record.id.clone(), target.id().cloned());
        let is_right =
            |kept: &&Kept| kept.edition == record.edition && kept.since == since && kept.plan.is_of(now.0);
        let kept = self.plans.all().get(&of).filter(is_right).map(|kept| kept.plan.clone());
        let plan = match kept {
            Some(plan) => plan,
            None => {
                let known = known(usage, longest_sync(&record.settings, history));
                let plan = self.planned(known, usual, now).await;
                let kept = Kept { edition: record.edition, since, plan: plan.clone() };
                self.plans.all().insert(of, kept);
                plan
            }
        };
        Ok(Some(Smart { plan, vcenter: vcenter.vcenter.name.clone() }))
    }

    /// The plan of a schedule there that is not stored yet, if it is a smart one.
    pub(super) async fn smart_for(
        &self,
        settings: &ScheduleSettings,
        target: Target<'_>,
        now: Time,
    ) -> Result<Option<Smart>, ApiError> {
        let Some((usual, vcenter)) = usual(settings).zip(target.0) else { return Ok(None) };
        let history = self.operations.newest(target.id(), pacing::LOOK_BACK).await?;
        let known = known(self.usage(vcenter).await?, longest_sync(settings, &history));
        let plan = self.planned(known, usual, now).await;
        Ok(Some(Smart { plan, vcenter: vcenter.vcenter.name.clone() }))
    }

    async fn usage(&self, vcenter: &VcenterRecord) -> Result<Option<Usage>, ApiError> {
        self.store.usage(&vcenter.vcenter.id).await.map_err(explain::store)
    }

    async fn planned(&self, known: Known, usual: i64, now: Time) -> Arc<planner::Plan> {
        let (bounds, zone) = (bounds(usual), self.zone.clone());
        Arc::new(aside(move || planner::Plan::new(&known, bounds, &zone, now.0)).await)
    }
}

impl Plans {
    fn all(&self) -> MutexGuard<'_, HashMap<RunOf, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Smart {
    /// The first run, an interval after now where there is no plan.
    pub(super) fn first(&self, now: Time) -> NextRun {
        self.next(now).0
    }

    /// The run after one that was planned for one time and started now.
    pub(super) fn following(&self, plan: &Plan, planned: Time, now: Time) -> Option<NextRun> {
        let (next, is_fixed) = self.next(now);
        // An interval keeps its beat.
        let at = if is_fixed { plan.following(planned, now)? } else { next.at };
        Some(NextRun { at, ..next })
    }

    /// The runs after one.
    pub(super) fn runs(&self, plan: &Plan, first: Time) -> impl Iterator<Item = NextRun> {
        let mut last = first;
        std::iter::from_fn(move || {
            let next = self.following(plan, last, last)?;
            last = plan.quiet_until(next.at).unwrap_or(next.at);
            Some(NextRun { at: last, reason: next.reason.filter(|_| last == next.at) })
        })
    }

    fn next(&self, now: Time) -> (NextRun, bool) {
        let Planned { at, reason } = self.plan.next(Some(now.0), now.0);
        let is_fixed = matches!(
            reason,
            Reason::TooLittleKnown { .. } | Reason::NoPattern { .. } | Reason::NoRoom { .. }
        );
        (NextRun { at: Time(at), reason: Some(reason.words(&self.vcenter)) }, is_fixed)
    }
}

/// The usual interval of a smart schedule, milliseconds.
fn usual(settings: &ScheduleSettings) -> Option<i64> {
    match settings.when {
        Timing::EverySeconds(seconds) if settings.smart => {
            Some(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
        }
        _ => None,
    }
}

/// The longest time that a smart schedule leaves between two runs, milliseconds.
pub(super) fn longest(settings: &ScheduleSettings) -> Option<i64> {
    usual(settings).map(|usual| bounds(usual).longest)
}

fn bounds(usual: i64) -> Bounds {
    let shortest = (usual / 5).max(SHORTEST).min(usual);
    let longest = usual.saturating_mul(LONGEST).min(DAY).max(usual);
    Bounds { usual, shortest, longest }
}

fn known(usage: Option<Usage>, sync: i64) -> Known {
    match usage {
        Some(Usage { looks, changes, pace, .. }) => Known { looks, changes, pace, sync },
        None => Known { looks: Weeks::none(), changes: Weeks::none(), pace: Pace::unknown(), sync },
    }
}

/// How long what the schedule does takes when it takes long, milliseconds.
fn longest_sync(settings: &ScheduleSettings, history: &[Operation]) -> i64 {
    let job = settings.job.job();
    let went_well = history.iter().filter(|one| one.job == job && one.state == OperationState::Succeeded);
    let took = went_well.filter_map(|one| Some(one.finished_at?.0 - one.started_at?.0));
    took.take(SYNCS).max().unwrap_or(0)
}

/// What is wrong with a schedule that is to be smart.
pub(super) fn wrong(settings: &ScheduleSettings) -> Option<due::Wrong> {
    if !settings.smart {
        return None;
    }
    let (message, next) = match settings.when {
        _ if !settings.job.reads_vcenters() => (
            "only a schedule that syncs vCenters can be smart",
            "Let it run at fixed times, or choose a full sync or a sync of hosts.",
        ),
        Timing::Cron(_) => (
            "a smart schedule needs an interval, not times of day",
            "Enter how often it runs, such as every 30 min.",
        ),
        Timing::EverySeconds(_) => return None,
    };
    Some((contract::ScheduleField::When, crate::validate::invalid(message.to_owned(), next).into()))
}
