//! What schedules will start, and would: the next runs of those that are stored and of one that is being typed.
//! Refuses to start or store anything.

use super::due::{self, Plan};
use super::smart::{self, Smart};
use super::standing::Known;
use super::{Schedules, plan, targets};
use contract::{
    ApiError, Preview, Run, Schedule, ScheduleId, ScheduleSettings, Time, Timing, VcenterId, WrongField,
    words,
};
use std::collections::{BTreeMap, HashMap};
use store::{NextRun, ScheduleRecord};

/// The most runs that are computed for one answer.
const MOST_RUNS: u32 = 1000;

impl Schedules {
    /// What is started next, the soonest first.
    pub(super) async fn next(&self, of: Option<ScheduleId>, count: u32) -> Result<Vec<Run>, ApiError> {
        let count = count.min(MOST_RUNS) as usize;
        let known = self.look().await?;
        let is_wanted = |record: &&ScheduleRecord| of.as_ref().is_none_or(|id| record.id == *id);
        let mut runs = Vec::new();
        for record in known.records.iter().filter(is_wanted) {
            let schedule = self.standing(record, &known).await?;
            if let Ok(plan) = plan(record) {
                let smart = self.smart_plans(record, &known).await?;
                runs.extend(upcoming(&plan, &schedule, &smart, ((self.now)(), count)));
            }
        }
        runs.sort_by(|one, other| (one.at, &one.schedule).cmp(&(other.at, &other.schedule)));
        runs.truncate(count);
        Ok(runs)
    }

    /// What each schedule starts next, the soonest first: one that runs often is no more than one of them.
    pub(crate) async fn next_of_each(&self, most: usize) -> Result<Vec<Run>, ApiError> {
        let known = self.look().await?;
        let mut runs = Vec::new();
        for record in &known.records {
            let schedule = self.standing(record, &known).await?;
            if let Ok(plan) = plan(record) {
                // The one after it is not shown.
                runs.extend(
                    upcoming(&plan, &schedule, &HashMap::new(), ((self.now)(), 1)).into_iter().next(),
                );
            }
        }
        runs.sort_by(|one, other| (one.at, &one.schedule).cmp(&(other.at, &other.schedule)));
        runs.truncate(most);
        Ok(runs)
    }

    /// The plans of a smart schedule on its vCenters.
    pub(super) async fn smart_plans(
        &self,
        record: &ScheduleRecord,
        known: &Known,
    ) -> Result<HashMap<VcenterId, Smart>, ApiError> {
        let mut plans = HashMap::new();
        if !record.settings.smart || !record.enabled {
            return Ok(plans);
        }
        for target in targets(&record.settings, &known.vcenters) {
            let history = self.history(known, target.id()).await?;
            let plan = self.smart(record, target, &history, (self.now)()).await?;
            plans.extend(target.id().cloned().zip(plan));
        }
        Ok(plans)
    }

    /// The runs of a smart schedule that is not stored, on the first of its vCenters.
    async fn smart_preview(
        &self,
        settings: &ScheduleSettings,
        plan: &Plan,
        count: usize,
    ) -> Result<Option<Vec<Run>>, ApiError> {
        let vcenters = self.vcenters().await?;
        let targets = targets(settings, &vcenters);
        let Some(target) = targets.first().filter(|_| settings.smart) else { return Ok(None) };
        let now = (self.now)();
        let Some(smart) = self.smart_for(settings, *target, now).await? else { return Ok(None) };
        let name = target.name().unwrap_or_default().to_owned();
        let timing = words::due(&settings.when, settings.smart);
        let run = |next: NextRun| Run {
            at: next.at,
            schedule: settings.name.clone(),
            vcenters: vec![name.clone()],
            about: name.clone(),
            reason: next.reason.unwrap_or_else(|| reason_of(plan, &timing, true)),
            local: plan.local(next.at),
        };
        Ok(Some(smart.runs(plan, now).take(count).map(run).collect()))
    }

    /// When a schedule with these settings would run, if it were stored now.
    pub(super) async fn preview(&self, settings: &ScheduleSettings, count: u32) -> Result<Preview, ApiError> {
        let zone = settings.zone.as_deref().map_or_else(due::own_zone, str::to_owned);
        let quiet = settings.quiet.as_deref().filter(|quiet| !quiet.trim().is_empty());
        let plan = match Plan::new(&settings.when, &zone, quiet) {
            Ok(plan) => plan,
            Err(_) => {
                let wrong = wrong(settings, &zone, quiet);
                return Ok(Preview { zone: zone.clone(), runs: Vec::new(), wrong });
            }
        };
        if let Some((field, error)) = smart::wrong(settings) {
            let wrong = vec![WrongField { field, error: *error }];
            return Ok(Preview { zone: plan.zone_name().to_owned(), runs: Vec::new(), wrong });
        }
        let count = count.min(MOST_RUNS) as usize;
        if let Some(runs) = self.smart_preview(settings, &plan, count).await? {
            return Ok(Preview { zone: plan.zone_name().to_owned(), runs, wrong: Vec::new() });
        }
        let now = (self.now)();
        let times = plan.after(now).map(|first| runs(&plan, first, now)).into_iter().flatten();
        let run = |(at, is_quiet): (Time, bool)| Run {
            at,
            schedule: settings.name.clone(),
            vcenters: Vec::new(),
            about: String::new(),
            reason: reason_of(&plan, &words::due(&settings.when, settings.smart), is_quiet),
            local: plan.local(at),
        };
        let runs = times.take(count).map(run).collect();
        Ok(Preview { zone: plan.zone_name().to_owned(), runs, wrong: Vec::new() })
    }
}

/// Everything that is wrong with settings: a form shows each at its field.
fn wrong(settings: &ScheduleSettings, zone: &str, quiet: Option<&str>) -> Vec<WrongField> {
    const UTC: &str = "UTC";
    let every_hour = Timing::EverySeconds(3600);
    let looks = [
        Plan::new(&settings.when, UTC, None),
        Plan::new(&every_hour, zone, None),
        Plan::new(&every_hour, UTC, quiet),
    ];
    let wrong = looks.into_iter().filter_map(Result::err);
    wrong.map(|(field, error)| WrongField { field, error: *error }).collect()
}

/// The runs from a planned one on: when, and whether quiet hours put it off. What is due already runs now, once.
pub(super) fn runs(plan: &Plan, planned: Time, now: Time) -> impl Iterator<Item = (Time, bool)> {
    let mut planned = Some(planned);
    std::iter::from_fn(move || {
        let next = planned?;
        let from = next.max(now);
        let quiet = plan.quiet_until(from);
        let at = quiet.unwrap_or(from);
        planned = plan.following(next, at);
        Some((at, quiet.is_some()))
    })
}

/// The runs of a schedule from the next ones on, of which more is known: what is held up on a vCenter runs there later. So many
/// for each of its vCenters, where they run at times of their own.
pub(super) fn upcoming(
    plan: &Plan,
    schedule: &Schedule,
    smart: &HashMap<VcenterId, Smart>,
    (now, count): (Time, usize),
) -> Vec<Run> {
    let ready = schedule.targets.iter().filter(|target| !target.waits).filter_map(|target| target.next_at);
    let ready = ready.min();
    let Some(first) = schedule.targets.iter().filter_map(|target| target.next_at).min() else {
        return Vec::new();
    };
    let later = plan.following(first, first.max(now));
    let later = later.map(|later| runs(plan, later, now)).into_iter().flatten();
    let later: Vec<(Time, bool)> = later.take(count).collect();
    let timing = words::due(&schedule.timing(), schedule.smart);
    let mut all: BTreeMap<(Time, String), Vec<String>> = BTreeMap::new();
    for target in &schedule.targets {
        let Some(next) = target.next_at else { continue };
        // How they are spread is no news.
        let start = if target.waits { next } else { ready.unwrap_or(next) };
        all.entry((start, target.reason.clone())).or_default().extend(target.vcenter.clone());
        if let Some(smart) = target.vcenter_id.as_ref().and_then(|id| smart.get(id)) {
            for NextRun { at, reason } in smart.runs(plan, start).take(count) {
                let reason = reason.unwrap_or_else(|| reason_of(plan, &timing, true));
                all.entry((at, reason)).or_default().extend(target.vcenter.clone());
            }
            continue;
        }
        for (at, is_quiet) in later.iter().filter(|(at, _)| *at > start) {
            let reason = reason_of(plan, &timing, *is_quiet);
            all.entry((*at, reason)).or_default().extend(target.vcenter.clone());
        }
    }
    let run = |((at, reason), vcenters): ((Time, String), Vec<String>)| Run {
        at,
        schedule: schedule.name.clone(),
        about: match schedule.job.is_on_vcenters() {
            true => vcenters.join(", "),
            false => words::scheduled_about(schedule),
        },
        vcenters,
        reason,
        local: plan.local(at),
    };
    all.into_iter().map(run).collect()
}

/// Why a run starts when it does.
fn reason_of(plan: &Plan, timing: &str, is_quiet: bool) -> String {
    match plan.quiet().filter(|_| is_quiet) {
        Some(quiet) => format!("{timing}, after quiet hours {quiet}"),
        None => timing.to_owned(),
    }
}
