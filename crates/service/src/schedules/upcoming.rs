//! What schedules will start, and would: the next runs of those that are stored and of one that is being typed.
//! Refuses to start or store anything.

use super::due::{self, Plan};
use super::{Schedules, plan};
use contract::{
    ApiError, Preview, Run, Schedule, ScheduleId, ScheduleSettings, Time, Timing, WrongField, words,
};
use std::collections::BTreeMap;
use store::ScheduleRecord;

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
                runs.extend(upcoming(&plan, &schedule, count));
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
                runs.extend(upcoming(&plan, &schedule, 1));
            }
        }
        runs.sort_by(|one, other| (one.at, &one.schedule).cmp(&(other.at, &other.schedule)));
        runs.truncate(most);
        Ok(runs)
    }

    /// When a schedule with these settings would run, if it were stored now.
    pub(super) fn preview(&self, settings: &ScheduleSettings, count: u32) -> Preview {
        let zone = settings.zone.as_deref().map_or_else(due::own_zone, str::to_owned);
        let quiet = settings.quiet.as_deref().filter(|quiet| !quiet.trim().is_empty());
        let plan = match Plan::new(&settings.when, &zone, quiet) {
            Ok(plan) => plan,
            Err(_) => {
                return Preview {
                    zone: zone.clone(),
                    runs: Vec::new(),
                    wrong: wrong(settings, &zone, quiet),
                };
            }
        };
        let first = plan.after((self.now)());
        let times = first.map(|first| runs(&plan, first)).into_iter().flatten();
        let run = |(at, is_quiet): (Time, bool)| Run {
            at,
            schedule: settings.name.clone(),
            vcenters: Vec::new(),
            about: String::new(),
            reason: reason_of(&plan, &settings.when, is_quiet),
            local: plan.local(at),
        };
        let runs = times.take(count.min(MOST_RUNS) as usize).map(run).collect();
        Preview { zone: plan.zone_name().to_owned(), runs, wrong: Vec::new() }
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

/// The runs from a planned one on: when, and whether quiet hours put it off.
fn runs(plan: &Plan, planned: Time) -> impl Iterator<Item = (Time, bool)> {
    let mut planned = Some(planned);
    std::iter::from_fn(move || {
        let next = planned?;
        let at = plan.quiet_until(next).unwrap_or(next);
        planned = plan.following(next, at);
        Some((at, at != next))
    })
}

/// The runs of a schedule from the next ones on, of which more is known: what is held up on a vCenter runs there later.
fn upcoming(plan: &Plan, schedule: &Schedule, count: usize) -> Vec<Run> {
    let ready = schedule.targets.iter().filter(|target| !target.waits).filter_map(|target| target.next_at);
    let ready = ready.min();
    let Some(first) = schedule.targets.iter().filter_map(|target| target.next_at).min() else {
        return Vec::new();
    };
    let later = plan.after(first).map(|later| runs(plan, later)).into_iter().flatten();
    let later: Vec<(Time, bool)> = later.take(count).collect();
    let timing = schedule.timing();
    let mut all: BTreeMap<(Time, String), Vec<String>> = BTreeMap::new();
    for target in &schedule.targets {
        let Some(next) = target.next_at else { continue };
        // How they are spread is no news.
        let start = if target.waits { next } else { ready.unwrap_or(next) };
        all.entry((start, target.reason.clone())).or_default().extend(target.vcenter.clone());
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
    all.into_iter().take(count).map(run).collect()
}

/// Why a run starts when it does.
fn reason_of(plan: &Plan, timing: &Timing, is_quiet: bool) -> String {
    match plan.quiet().filter(|_| is_quiet) {
        Some(quiet) => format!("{}, after quiet hours {quiet}", words::timing(timing)),
        None => words::timing(timing),
    }
}
