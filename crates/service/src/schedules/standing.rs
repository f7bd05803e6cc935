//! How a schedule stands: when it starts something next on each vCenter, and why then.
//! Refuses to start or store anything: whoever only reads may ask.

use super::due::Plan;
use super::{Schedules, Target, plan, spread, targets};
use crate::operations::{Hold, Holds};
use crate::{explain, pacing};
use contract::{ApiError, Operation, OperationId, Schedule, ScheduleTarget, Time, VcenterId, words};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{PlannedRun, PlannedRuns, ScheduleRecord, VcenterRecord};

/// What is stored of schedules, read at one time.
pub(super) struct Known {
    pub(super) records: Vec<ScheduleRecord>,
    pub(super) planned: PlannedRuns,
    pub(super) vcenters: Vec<VcenterRecord>,
    /// What holds of all vCenters.
    pub(super) holds: Holds,
    /// What was done on each vCenter and about none so far, once it was looked up: several schedules may be for it.
    histories: Mutex<HashMap<Option<VcenterId>, Arc<[Operation]>>>,
}

impl Known {
    /// What is planned of a schedule there.
    pub(super) fn planned_of(&self, record: &ScheduleRecord, target: Target<'_>) -> Option<&PlannedRun> {
        self.planned.get(&(record.id.clone(), target.id().cloned()))
    }
}

/// When something starts, and why then.
struct Next {
    at: Option<Time>,
    reason: String,
    waits: bool,
}

impl Next {
    fn waits(at: Option<Time>, reason: impl Into<String>) -> Next {
        Next { at, reason: reason.into(), waits: true }
    }
}

impl Schedules {
    pub(super) async fn look(&self) -> Result<Known, ApiError> {
        let records = self.store.schedules().await.map_err(explain::store)?;
        let holds = self.operations.holds().await?;
        let (planned, vcenters) = match records.is_empty() {
            true => (PlannedRuns::new(), Vec::new()),
            false => (self.store.planned_runs().await.map_err(explain::store)?, self.vcenters().await?),
        };
        Ok(Known { records, planned, vcenters, holds, histories: Mutex::default() })
    }

    /// What was done on a vCenter or about none so far, newest first.
    pub(super) async fn history(
        &self,
        known: &Known,
        id: Option<&VcenterId>,
    ) -> Result<Arc<[Operation]>, ApiError> {
        let id = id.cloned();
        let looked_up = known.histories.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(history) = looked_up {
            return Ok(history);
        }
        let history: Arc<[Operation]> = match &id {
            Some(id) => self.operations.newest(Some(id), pacing::LOOK_BACK).await?.into(),
            None => self.operations.newest_about_none(pacing::LOOK_BACK).await?.into(),
        };
        known.histories.lock().unwrap_or_else(PoisonError::into_inner).insert(id, history.clone());
        Ok(history)
    }

    /// What keeps runs from a vCenter, or those that are about none.
    pub(super) async fn hold(&self, known: &Known, target: Target<'_>) -> Result<Option<Hold>, ApiError> {
        Ok(match target.0 {
            Some(vcenter) => known.holds.after(vcenter, &self.history(known, target.id()).await?),
            // Servers are reached over networks of their own: what keeps work from vCenters keeps none from them.
            None => known.holds.of_none(),
        })
    }

    /// A schedule, and how it stands.
    pub(super) async fn standing(
        &self,
        record: &ScheduleRecord,
        known: &Known,
    ) -> Result<Schedule, ApiError> {
        let now = (self.now)();
        let plan = plan(record);
        let mut all: Vec<ScheduleTarget> = Vec::new();
        for target in targets(&record.settings, &known.vcenters) {
            let planned = known.planned_of(record, target);
            let next = match &plan {
                _ if !record.enabled => Next::waits(None, "off"),
                Ok(plan) => self.next_on((record, plan), (target, planned), known, now).await?,
                Err((_, error)) => Next::waits(None, error.message.clone()),
            };
            let last_operation = match planned.and_then(|planned| planned.operation.as_ref()) {
                Some(id) => self.ended_or_not(id).await?,
                None => None,
            };
            let Next { at: next_at, reason, waits } = next;
            all.push(ScheduleTarget {
                vcenter_id: target.id().cloned(),
                vcenter: target.name().map(str::to_owned),
                next_at,
                reason,
                waits,
                last_operation,
            });
        }
        let first = all.iter().min_by_key(|target| (target.next_at.is_none(), target.next_at));
        let next_at = first.and_then(|target| target.next_at);
        let reason = first.map_or_else(|| nobody(record), |target| target.reason.clone());
        Ok(shown(record, all, next_at, reason))
    }

    /// When a schedule that is on starts something next on a vCenter or about none.
    async fn next_on(
        &self,
        (record, plan): (&ScheduleRecord, &Plan),
        (target, planned): (Target<'_>, Option<&PlannedRun>),
        known: &Known,
        now: Time,
    ) -> Result<Next, ApiError> {
        let id = target.id();
        let timing = words::due(&record.settings.when, record.settings.smart);
        let learned = planned.and_then(|planned| planned.reason.clone());
        let planned = planned.map(|planned| plan.replanned(planned.next_at, now).unwrap_or(planned.next_at));
        let Some(planned) = planned.or_else(|| plan.after(now)) else {
            return Ok(Next::waits(None, timing));
        };
        let due = plan.due(planned, spread(record, id));
        let at = plan.waits_until(due, now).unwrap_or(due);
        if let Some(hold) = self.hold(known, target).await?.filter(|hold| holds_up(hold, at, now)) {
            let (until, reason) = told(&hold, plan, now);
            let at = until.map(|until| until.max(at)).map(|at| plan.quiet_until(at).unwrap_or(at));
            return Ok(Next::waits(at, reason));
        }
        if let Target(Some(vcenter)) = target {
            let (history, job) = (self.history(known, id).await?, record.settings.job.job());
            if let Some(needs) = self.person.is_needed_after(vcenter, &history, &job).await {
                return Ok(Next::waits(None, needs.reason()));
            }
        }
        if plan.quiet_until(planned).is_some() || at > due {
            let end = plan.quiet_until(at.min(planned)).unwrap_or(at);
            let end = plan.soon(end, end);
            return Ok(match planned <= now {
                true => Next::waits(Some(at), format!("waits for the end of quiet hours ({end})")),
                // One that isn't due yet doesn't wait.
                false => {
                    let reason = format!("{timing}, after quiet hours ({end})");
                    Next { at: Some(at), reason, waits: false }
                }
            });
        }
        if now.0.saturating_sub(due.0) > Schedule::OVERDUE && !self.operations.has_worker() {
            return Ok(Next::waits(Some(due), "starts when a Muster window or a worker runs"));
        }
        Ok(Next { at: Some(at), reason: learned.unwrap_or(timing), waits: false })
    }

    /// An operation, unless it is kept no more.
    pub(super) async fn ended_or_not(&self, id: &OperationId) -> Result<Option<Operation>, ApiError> {
        match self.operations.show(id.as_str()).await {
            Ok(operation) => Ok(Some(operation)),
            Err(error) if error.code == contract::Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a hold is still there, as far as that is known, when a run is to start.
fn holds_up(hold: &Hold, at: Time, now: Time) -> bool {
    match hold {
        Hold::Paused(pause) => pause.until.is_none_or(|until| until > at),
        Hold::NoNetwork => at <= now,
        Hold::Suspended(suspension) => suspension.until > at,
    }
}

/// What keeps runs from a vCenter: until when, and in words.
pub(super) fn told(hold: &Hold, plan: &Plan, now: Time) -> (Option<Time>, String) {
    match hold {
        Hold::Paused(pause) => {
            // A length of time: a clock's would be that of the schedule's zone.
            let until = words::paused_until(pause, now);
            let words = match &pause.tag {
                _ if pause.all => words::everything_paused(pause, now),
                Some(tag) => format!("tag {tag} is paused {until}"),
                None => format!("paused {until}"),
            };
            (pause.until, words)
        }
        Hold::NoNetwork => (None, "waits for the network".to_owned()),
        Hold::Suspended(suspension) => {
            let (failures, until) = (suspension.failures, plan.soon(suspension.until, now));
            (Some(suspension.until), format!("waits until {until} after {failures} failures in a row"))
        }
    }
}

/// Why a schedule has no vCenter.
fn nobody(record: &ScheduleRecord) -> String {
    match &record.settings.tag {
        _ if !record.enabled => "off".to_owned(),
        Some(tag) => format!("no vCenter has the tag {tag}"),
        None => "its vCenters were removed".to_owned(),
    }
}

fn shown(
    record: &ScheduleRecord,
    targets: Vec<ScheduleTarget>,
    next_at: Option<Time>,
    reason: String,
) -> Schedule {
    let settings = record.settings.clone();
    let (every_seconds, cron) = match settings.when {
        contract::Timing::EverySeconds(seconds) => (Some(seconds), None),
        contract::Timing::Cron(expression) => (None, Some(expression)),
    };
    Schedule {
        id: record.id.clone(),
        name: settings.name,
        vcenters: targets.iter().filter_map(|target| target.vcenter.clone()).collect(),
        tag: settings.tag,
        job: settings.job,
        every_seconds,
        cron,
        zone: settings.zone.unwrap_or_default(),
        quiet: settings.quiet,
        smart: settings.smart,
        enabled: record.enabled,
        next_at,
        reason,
        last_operation: contract::worst_last(&targets).cloned(),
        edition: record.edition,
        targets,
    }
}
