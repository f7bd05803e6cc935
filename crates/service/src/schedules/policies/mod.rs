//! Policies: what is set for them, and how they stand.
//! Refuses to start anything: `starting.rs` does, where schedules are started, and the queue runs them.

mod checking;
mod commands;
mod conditions;
mod seen;
mod starting;

use super::due::{self, Plan};
use super::upcoming::runs;
use super::{Schedules, explained};
use crate::explain;
use crate::operations::{By, Hold, Holds};
use contract::policy::{Cause, DryRun, Happened, PlannedStep, Policy, PolicyRun, PolicySettings, Step};
use contract::{
    ApiError, Code, Job, OperationId, Pause, PolicyId, Time, Timing, VcenterId, designated, words,
};
use seen::Seen;
use store::{DestinationRecord, PolicyRecord, VcenterRecord};

/// Runs that a dry run foretells.
const FORETOLD: usize = 5;

/// Runs that are told at once, at most.
const RUNS: u32 = 1_000;

impl Schedules {
    /// Every policy, by name.
    async fn list_policies(&self) -> Result<Vec<Policy>, ApiError> {
        let (records, known) = (self.policy_records().await?, self.known_of_policies().await?);
        let mut policies = Vec::new();
        for record in &records {
            policies.push(self.policy_standing(record, &known).await?);
        }
        Ok(policies)
    }

    async fn show_policy(&self, designation: &str) -> Result<Policy, ApiError> {
        let records = self.policy_records().await?;
        let record = designated(&records, designation, "policy", |record| {
            (&record.settings.name, record.id.as_str())
        })?;
        self.policy_standing(record, &self.known_of_policies().await?).await
    }

    async fn policy(&self, id: &PolicyId) -> Result<Policy, ApiError> {
        self.policy_standing(&self.policy_record(id).await?, &self.known_of_policies().await?).await
    }

    async fn add_policy(&self, settings: PolicySettings) -> Result<Policy, ApiError> {
        let settings = self.checked(settings, &[]).await?;
        let id = PolicyId(uuid::Uuid::new_v4().to_string());
        let seen = self.seen_now(&settings).await?.text();
        let record = PolicyRecord { id, settings, enabled: true, edition: 1, seen, last: None };
        self.store.add_policy(&record).await.map_err(explained("policy"))?;
        self.changed();
        self.policy(&record.id).await
    }

    async fn edit_policy(
        &self,
        id: &PolicyId,
        made_from: i64,
        settings: PolicySettings,
    ) -> Result<Policy, ApiError> {
        let before = self.policy_record(id).await?;
        let tags = before.settings.conditions.tags.clone();
        let settings = self.checked(settings, &tags).await?;
        if settings != before.settings || made_from != before.edition {
            let seen = self.seen_now(&settings).await?.text();
            let to = PolicyRecord { settings, edition: made_from, seen, ..before };
            self.store.edit_policy(&to).await.map_err(explained("policy"))?;
            self.changed();
        }
        self.policy(id).await
    }

    async fn enable_policy(&self, id: &PolicyId, enabled: bool) -> Result<Policy, ApiError> {
        let before = self.policy_record(id).await?;
        if before.enabled != enabled {
            let seen = self.seen_now(&before.settings).await?.text();
            self.store
                .edit_policy(&PolicyRecord { enabled, seen, ..before })
                .await
                .map_err(explained("policy"))?;
            self.changed();
        }
        self.policy(id).await
    }

    async fn remove_policy(&self, id: &PolicyId) -> Result<Policy, ApiError> {
        let policy = self.policy(id).await?;
        self.store.remove_policy(id).await.map_err(explained("policy"))?;
        self.changed();
        Ok(policy)
    }

    /// Runs a policy for somebody, whether or not it is on.
    async fn run_policy(&self, id: &PolicyId, by: &By, awaited: bool) -> Result<OperationId, ApiError> {
        let record = self.policy_record(id).await?;
        let (settings, now) = (&record.settings, (self.now)());
        let about = self.about(settings, None, &self.operations.holds().await?.of_a_person()).await?;
        let held = self.held(settings, &about.vcenters, now).await?;
        if let Some(why) = held.iter().find(|held| !held.holds).map(|held| &held.words) {
            let message = format!("the policy \"{}\" does not run now: {why}", settings.name);
            return Err(ApiError::new(Code::InvalidValue, message)
                .next("Change its conditions, or wait until they hold."));
        }
        if about.is_nothing_for(settings) {
            let message = format!("the policy \"{}\" has no vCenter to run on", settings.name);
            let next = match about.left_out.is_empty() {
                true => "Change the vCenters or tags of its conditions.".to_owned(),
                false => format!("Left out: {}.", about.left_out.join(", ")),
            };
            return Err(ApiError::new(Code::InvalidValue, message).next(next));
        }
        let cause = Cause { what: Happened::Hand, at: now, vcenters: about.ids(), after: Vec::new() };
        let id = self.operations.run_policy(id, job(&record, cause), by, awaited).await?;
        self.changed();
        Ok(id)
    }

    /// The runs of a policy, the newest first.
    async fn runs(&self, id: &PolicyId, limit: u32) -> Result<Vec<PolicyRun>, ApiError> {
        let runs = self.store.runs_of(id, limit.clamp(1, RUNS)).await.map_err(explain::store)?;
        Ok(runs.into_iter().filter_map(PolicyRun::of).collect())
    }

    /// What would come of a policy if it ran now.
    async fn dry_run_policy(&self, settings: PolicySettings) -> Result<DryRun, ApiError> {
        let tags = settings.conditions.tags.clone();
        let settings = self.checked(settings, &tags).await?;
        let (known, now) = (self.known_of_policies().await?, (self.now)());
        let about = self.about(&settings, None, &self.operations.holds().await?.of_a_person()).await?;
        let held = self.held(&settings, &about.vcenters, now).await?;
        let names: Vec<String> = about.vcenters.iter().map(|one| one.vcenter.name.clone()).collect();
        let batch = settings.how.batch.map_or(usize::MAX, |batch| batch as usize).max(1);
        let step = |step: &Step| PlannedStep {
            step: words::policy_step(&step.clone().to_called(|id| known.destination(id))),
            batches: match step.is_on_vcenters() {
                true => names.chunks(batch.min(names.len().max(1))).map(<[String]>::to_vec).collect(),
                false => vec![Vec::new()],
            },
        };
        let is_nothing = about.is_nothing_for(&settings);
        let runs = held.iter().all(|held| held.holds) && !is_nothing;
        let nobody = is_nothing.then(|| about.no_vcenter());
        let pause = known.holds.pause_of_all();
        let paused = pause.as_ref().map(|pause| words::everything_paused(pause, now));
        let by_hand = paused.map(|paused| format!("{paused}: it runs only when somebody starts it"));
        Ok(DryRun {
            runs,
            conditions: by_hand
                .into_iter()
                .chain(nobody)
                .chain(held.into_iter().map(|held| held.words))
                .collect(),
            steps: settings.steps.iter().map(step).collect(),
            left_out: about.left_out,
            next_runs: coming(&settings, &Seen::default(), (now, &known.holds), FORETOLD),
        })
    }

    /// Settings as they are stored, if they can be.
    async fn checked(
        &self,
        settings: PolicySettings,
        tags_before: &[String],
    ) -> Result<PolicySettings, ApiError> {
        checking::checked(settings, &self.vcenters().await?, &self.destinations().await?, tags_before)
    }

    async fn destinations(&self) -> Result<Vec<DestinationRecord>, ApiError> {
        self.store.destinations().await.map_err(explain::store)
    }

    async fn policy_records(&self) -> Result<Vec<PolicyRecord>, ApiError> {
        self.store.policies().await.map_err(explain::store)
    }

    async fn policy_record(&self, id: &PolicyId) -> Result<PolicyRecord, ApiError> {
        let found = self.policy_records().await?.into_iter().find(|record| record.id == *id);
        found.ok_or_else(|| explain::store(store::Error::NotFound { what: "policy", id: id.to_string() }))
    }

    /// The policies that are on, each with what it does in words and when it runs next, up to so many times.
    pub(super) async fn coming_of_policies(
        &self,
        most: usize,
    ) -> Result<Vec<(PolicyRecord, String, Vec<Time>)>, ApiError> {
        let (known, now) = (self.known_of_policies().await?, (self.now)());
        let mut all = self.policy_records().await?;
        all.retain(|record| record.enabled);
        let told = |record: PolicyRecord| {
            let settings = &record.settings;
            let seen = Seen::of(&record).unwrap_or_default();
            let times = coming(settings, &seen, (now, &known.holds), most);
            let steps = settings.steps.iter().cloned();
            let steps: Vec<Step> = steps.map(|step| step.to_called(|id| known.destination(id))).collect();
            let what = words::policy_steps(&steps);
            (record, what, times)
        };
        Ok(all.into_iter().map(told).collect())
    }

    async fn known_of_policies(&self) -> Result<Known, ApiError> {
        Ok(Known {
            vcenters: self.vcenters().await?,
            destinations: self.destinations().await?,
            holds: self.operations.holds().await?,
        })
    }

    /// A policy, and how it stands.
    async fn policy_standing(&self, record: &PolicyRecord, known: &Known) -> Result<Policy, ApiError> {
        let settings = record.settings.clone();
        let mut conditions = settings.conditions.clone();
        conditions.vcenters = conditions.vcenters.iter().map(|id| known.vcenter(id)).collect();
        let (seen, now, pause) =
            (Seen::of(record).unwrap_or_default(), (self.now)(), known.holds.pause_of_all());
        // What is overdue stays so until a worker is there, but for what came in a pause of everything.
        let overdue =
            seen.next_due().filter(|due| *due <= now && pause.is_none() && !known.holds.was_paused(*due));
        let next_at = overdue.or_else(|| coming(&settings, &seen, (now, &known.holds), 1).first().copied());
        let next_at = next_at.filter(|_| record.enabled);
        let reason = match &pause {
            _ if !record.enabled => "off".to_owned(),
            Some(pause) => words::everything_paused(pause, now),
            None => words::triggers(&settings.when),
        };
        let last_run = match &record.last {
            Some(id) => self.ended_or_not(id).await?,
            None => None,
        };
        Ok(Policy {
            id: record.id.clone(),
            name: settings.name,
            enabled: record.enabled,
            when: settings.when,
            conditions,
            steps: settings
                .steps
                .into_iter()
                .map(|step| step.to_called(|id| known.destination(id)))
                .collect(),
            how: settings.how,
            zone: settings.zone.unwrap_or_else(due::own_zone),
            next_at,
            reason,
            last_run,
            edition: record.edition,
        })
    }

    /// The vCenters that a policy is about: of those on which something happened, or all that are meant.
    async fn about(
        &self,
        settings: &PolicySettings,
        happened_on: Option<&[VcenterId]>,
        holds: &Holds,
    ) -> Result<About, ApiError> {
        let all = self.vcenters().await?;
        let is_meant = |one: &VcenterRecord| {
            is_meant(settings, one) && happened_on.is_none_or(|ids| ids.contains(&one.vcenter.id))
        };
        Ok(About::of(all.into_iter().filter(is_meant), holds))
    }
}

/// What a policy is told with, read at one time.
struct Known {
    vcenters: Vec<VcenterRecord>,
    destinations: Vec<DestinationRecord>,
    holds: Holds,
}

impl Known {
    /// What a vCenter is called.
    fn vcenter(&self, id: &str) -> String {
        let known = self.vcenters.iter().find(|one| one.vcenter.id.as_str() == id);
        known.map_or_else(|| id.to_owned(), |one| one.vcenter.name.clone())
    }

    /// What a destination is called.
    fn destination(&self, id: &str) -> String {
        let known = self.destinations.iter().find(|one| one.id.as_str() == id);
        known.map_or_else(|| id.to_owned(), |one| one.settings.name.clone())
    }
}

/// Whether a policy is for a vCenter.
fn is_meant(settings: &PolicySettings, record: &VcenterRecord) -> bool {
    let conditions = &settings.conditions;
    let has_tag = |tag: &String| record.vcenter.settings.tags.contains(tag);
    (conditions.vcenters.is_empty() && conditions.tags.is_empty())
        || conditions.vcenters.iter().any(|id| record.vcenter.id.as_str() == id)
        || conditions.tags.iter().any(has_tag)
}

/// The vCenters that a run is about, and those it leaves out.
struct About {
    vcenters: Vec<VcenterRecord>,
    left_out: Vec<String>,
}

impl About {
    /// No policy runs on a vCenter that somebody paused.
    fn of(all: impl Iterator<Item = VcenterRecord>, holds: &Holds) -> About {
        let mut about = About { vcenters: Vec::new(), left_out: Vec::new() };
        for record in all {
            match holds.of(&record) {
                Some(Hold::Paused(_)) => about.left_out.push(format!("{}: paused", record.vcenter.name)),
                _ => about.vcenters.push(record),
            }
        }
        about
    }

    fn ids(&self) -> Vec<VcenterId> {
        self.vcenters.iter().map(|one| one.vcenter.id.clone()).collect()
    }

    /// Whether a policy does not run because there is no vCenter for it: also where other steps need none, as a message about
    /// nothing would alarm.
    fn is_nothing_for(&self, settings: &PolicySettings) -> bool {
        self.vcenters.is_empty() && settings.steps.iter().any(Step::is_about_vcenters)
    }

    /// Why it has none, in words.
    fn no_vcenter(&self) -> String {
        match self.left_out.is_empty() {
            true => "no vCenter matches its conditions".to_owned(),
            false => "all of its vCenters are left out".to_owned(),
        }
    }
}

/// The job of a run of a policy.
fn job(record: &PolicyRecord, cause: Cause) -> Job {
    Job::Policy {
        policy: record.id.clone(),
        settings: Box::new(record.settings.clone()),
        cause: Box::new(cause),
    }
}

/// When a trigger of a policy is due.
fn plan(settings: &PolicySettings, timing: &Timing) -> Result<Plan, due::Wrong> {
    let zone = settings.zone.clone().unwrap_or_else(due::own_zone);
    Plan::new(timing, &zone, settings.conditions.quiet.as_deref())
}

/// When a policy runs next, up to so many times, if that is a time: what waits for the end of quiet hours, and each trigger
/// from when it is due on, or from now. What falls into a pause of everything is dropped.
fn coming(settings: &PolicySettings, seen: &Seen, (now, holds): (Time, &Holds), most: usize) -> Vec<Time> {
    let pause = holds.pause_of_all();
    let begin = match pause {
        None => now,
        Some(Pause { until: Some(until), .. }) => until,
        Some(Pause { until: None, .. }) => return Vec::new(),
    };
    let quiet_until = |at: Time| conditions::quiet_until(settings, at).unwrap_or(at);
    let waiting = seen.waiting.iter().filter(|(_, cause)| pause.is_none() && cause.what == Happened::Time);
    let mut all: Vec<Time> = waiting.map(|(from, _)| quiet_until((*from).max(now))).collect();
    for (place, trigger) in settings.when.iter().enumerate() {
        let Some(plan) = trigger.timing().and_then(|timing| plan(settings, &timing).ok()) else { continue };
        let due = seen.due.get(&place).map(|due| plan.replanned(*due, now).unwrap_or(*due));
        let first = due.or_else(|| plan.after(now));
        // What comes in the pause, or was due in it or in one before, moves on to the first time after it.
        let first = first.and_then(|first| match pause {
            None if first <= now && holds.was_paused(first) => plan.following(first, now),
            Some(_) if first < begin => plan.following(first, Time(begin.0.saturating_sub(1))),
            _ => Some(first),
        });
        let runs = first.into_iter().flat_map(|first| runs(&plan, first, now));
        all.extend(runs.map(|(at, _)| at).take(most));
    }
    all.sort();
    all.dedup();
    all.truncate(most);
    all
}
