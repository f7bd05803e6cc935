//! Schedules and policies: what is set for them, and how they stand.
//! Refuses to start anything: `running.rs` does, in one process for each database and run.

mod calendar;
mod catching_up;
mod commands;
mod due;
mod policies;
mod running;
mod smart;
mod standing;
#[cfg(test)]
mod tests;
mod upcoming;

use crate::configuration::is_a_tag;
use crate::events::Events;
use crate::inventory::Inventory;
use crate::network::Network;
use crate::operations::Operations;
use crate::person::Person;
use crate::{Clock, Service, discovery, explain, validate};
use catching_up::CatchingUp;
use contract::{
    ApiError, Code, Event, Schedule, ScheduleId, ScheduleSettings, ScheduledJob, Time, VcenterId, designated,
    trimmed,
};
use due::{Plan, Spread};
use jiff::tz::TimeZone;
use store::{NextRun, ScheduleRecord, Store, VcenterRecord};

/// Whoever knows the schedules.
#[derive(Clone)]
pub(crate) struct Schedules {
    store: Store,
    inventory: Inventory,
    operations: Operations,
    person: Person,
    network: Network,
    events: Events,
    /// The one in which it is noted when people look.
    zone: TimeZone,
    now: Clock,
    catching_up: CatchingUp,
    plans: smart::Plans,
}

/// What schedules stand on.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) inventory: Inventory,
    pub(crate) operations: Operations,
    pub(crate) person: Person,
    pub(crate) network: Network,
    pub(crate) events: Events,
    pub(crate) zone: TimeZone,
    pub(crate) now: Clock,
}

impl Service {
    /// The schedules, for what is changed of them.
    fn schedules(&self) -> Schedules {
        Schedules { store: self.store(), ..self.inner.schedules.clone() }
    }
}

impl Schedules {
    pub(crate) fn new(parts: Parts) -> Schedules {
        let Parts { store, inventory, operations, person, network, events, zone, now } = parts;
        let (catching_up, plans) = (CatchingUp::default(), smart::Plans::default());
        Schedules { store, inventory, operations, person, network, events, zone, now, catching_up, plans }
    }

    /// Every schedule, by name.
    pub(crate) async fn list(&self) -> Result<Vec<Schedule>, ApiError> {
        let known = self.look().await?;
        let mut schedules = Vec::new();
        for record in &known.records {
            schedules.push(self.standing(record, &known).await?);
        }
        Ok(schedules)
    }

    async fn show(&self, designation: &str) -> Result<Schedule, ApiError> {
        let known = self.look().await?;
        let record = designated(&known.records, designation, "schedule", |record| {
            (&record.settings.name, record.id.as_str())
        })?;
        self.standing(record, &known).await
    }

    async fn shown(&self, id: &ScheduleId) -> Result<Schedule, ApiError> {
        let known = self.look().await?;
        let record = known.records.iter().find(|record| record.id == *id);
        self.standing(record.ok_or_else(|| gone(id))?, &known).await
    }

    async fn add(&self, settings: ScheduleSettings) -> Result<Schedule, ApiError> {
        let vcenters = self.vcenters().await?;
        let (settings, plan) = checked(settings, &vcenters, None)?;
        let id = ScheduleId(uuid::Uuid::new_v4().to_string());
        let record = ScheduleRecord { id: id.clone(), settings, enabled: true, edition: 1 };
        let first = self.first(&plan, &record, &vcenters).await?;
        self.store.add_schedule(&id, &record.settings, &first).await.map_err(explained("schedule"))?;
        self.changed();
        self.shown(&id).await
    }

    async fn edit(
        &self,
        id: &ScheduleId,
        made_from: i64,
        settings: ScheduleSettings,
    ) -> Result<Schedule, ApiError> {
        let before = self.record(id).await?;
        let vcenters = self.vcenters().await?;
        let (settings, plan) = checked(settings, &vcenters, before.settings.tag.as_deref())?;
        let is_same = (settings == before.settings) && made_from == before.edition;
        if !is_same {
            let timed = |one: &ScheduleSettings| (one.when.clone(), one.zone.clone(), one.smart);
            let anew = timed(&settings) != timed(&before.settings);
            let to = ScheduleRecord { settings, edition: made_from, ..before };
            let first = self.first(&plan, &to, &vcenters).await?;
            self.store.edit_schedule(&to, anew, &first).await.map_err(explained("schedule"))?;
            self.changed();
        }
        self.shown(id).await
    }

    /// Turns a schedule on or off. One that is turned on is planned anew.
    async fn enable(&self, id: &ScheduleId, enabled: bool) -> Result<Schedule, ApiError> {
        let before = self.record(id).await?;
        if before.enabled != enabled {
            let vcenters = self.vcenters().await?;
            let first = match plan(&before) {
                Ok(plan) => self.first(&plan, &before, &vcenters).await?,
                // One that can't be read any more can be turned off.
                Err((_, error)) if enabled => return Err(*error),
                Err(_) => Vec::new(),
            };
            let to = ScheduleRecord { enabled, ..before };
            self.store.edit_schedule(&to, true, &first).await.map_err(explained("schedule"))?;
            self.changed();
        }
        self.shown(id).await
    }

    async fn remove(&self, id: &ScheduleId) -> Result<Schedule, ApiError> {
        let schedule = self.shown(id).await?;
        self.store.remove_schedule(id).await.map_err(explained("schedule"))?;
        self.changed();
        Ok(schedule)
    }

    async fn record(&self, id: &ScheduleId) -> Result<ScheduleRecord, ApiError> {
        let all = self.store.schedules().await.map_err(explain::store)?;
        all.into_iter().find(|record| record.id == *id).ok_or_else(|| gone(id))
    }

    async fn vcenters(&self) -> Result<Vec<VcenterRecord>, ApiError> {
        self.store.vcenters().await.map_err(explain::store)
    }

    /// The first runs of a plan from now on.
    async fn first(
        &self,
        plan: &Plan,
        record: &ScheduleRecord,
        vcenters: &[VcenterRecord],
    ) -> Result<Vec<(Option<VcenterId>, NextRun)>, ApiError> {
        let now = (self.now)();
        let Some(first) = plan.after(now) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for target in targets(&record.settings, vcenters) {
            all.push((target.id().cloned(), self.first_on(record, target, first, now).await?));
        }
        Ok(all)
    }

    /// The first run on a vCenter or about none, which for all but a smart schedule is at this time.
    async fn first_on(
        &self,
        record: &ScheduleRecord,
        target: Target<'_>,
        first: Time,
        now: Time,
    ) -> Result<NextRun, ApiError> {
        if !record.settings.smart {
            return Ok(first.into());
        }
        let smart = self.smart_for(&record.settings, target, now).await?;
        Ok(smart.map_or_else(|| first.into(), |smart| smart.first(now)))
    }

    fn changed(&self) {
        self.events.publish(Event::SchedulesChanged);
    }
}

/// The plan of a stored schedule.
fn plan(record: &ScheduleRecord) -> Result<Plan, due::Wrong> {
    let settings = &record.settings;
    let zone = settings.zone.as_deref().unwrap_or("UTC");
    let plan = Plan::new(&settings.when, zone, settings.quiet.as_deref())?;
    Ok(plan.reaching(smart::longest(settings)))
}

/// What a schedule is done on: a vCenter, or none.
#[derive(Clone, Copy)]
pub(super) struct Target<'a>(pub(super) Option<&'a VcenterRecord>);

impl<'a> Target<'a> {
    fn id(self) -> Option<&'a VcenterId> {
        self.0.map(|record| &record.vcenter.id)
    }

    fn name(self) -> Option<&'a str> {
        self.0.map(|record| &*record.vcenter.name)
    }
}

/// What a schedule is done on now, vCenters by name.
fn targets<'a>(settings: &ScheduleSettings, vcenters: &'a [VcenterRecord]) -> Vec<Target<'a>> {
    if !settings.job.is_on_vcenters() {
        return vec![Target(None)];
    }
    let is_meant = |record: &&VcenterRecord| match &settings.tag {
        Some(tag) => record.vcenter.settings.tags.contains(tag),
        None => settings.vcenters.contains(&record.vcenter.id),
    };
    vcenters.iter().filter(is_meant).map(|record| Target(Some(record))).collect()
}

/// Settings as they are stored, and their plan. The tag that a schedule has already may be on no vCenter any more.
fn checked(
    asked: ScheduleSettings,
    vcenters: &[VcenterRecord],
    tag_before: Option<&str>,
) -> Result<(ScheduleSettings, Plan), ApiError> {
    let name = validate::name("schedule", &asked.name)?;
    let zone = asked.zone.filter(|zone| !zone.trim().is_empty()).unwrap_or_else(due::own_zone);
    let quiet = asked.quiet.filter(|quiet| !quiet.trim().is_empty());
    let plan = Plan::new(&asked.when, &zone, quiet.as_deref()).map_err(|(_, error)| *error)?;
    let mut chosen = asked.vcenters;
    chosen.sort();
    chosen.dedup();
    let tag = asked.tag.map(|tag| trimmed(&tag).to_owned()).filter(|tag| !tag.is_empty());
    if !asked.job.is_on_vcenters() && (tag.is_some() || !chosen.is_empty()) {
        let message = "a schedule that scans or reads servers is for no vCenter and no tag";
        return Err(validate::invalid(message.to_owned(), "Leave out vCenters and tag."));
    }
    let job = match asked.job {
        ScheduledJob::Scan(scan) => ScheduledJob::Scan(Box::new(discovery::checked(*scan)?)),
        job => job,
    };
    if job.is_on_vcenters() && tag.is_some() != chosen.is_empty() {
        let message = if tag.is_some() {
            "a schedule is for vCenters or for a tag, not both"
        } else {
            "no vCenter is selected"
        };
        return Err(validate::invalid(message.to_owned(), "Select the vCenters it is for, or a tag."));
    }
    let is_there = |id: &VcenterId| vcenters.iter().any(|record| record.vcenter.id == *id);
    if let Some(unknown) = chosen.iter().find(|id| !is_there(id)) {
        return Err(explain::store(store::Error::NotFound { what: "vCenter", id: unknown.to_string() }));
    }
    let settings = ScheduleSettings {
        name,
        vcenters: chosen,
        tag,
        when: asked.when,
        zone: Some(plan.zone_name().to_owned()),
        job,
        quiet: plan.quiet().map(ToString::to_string),
        smart: asked.smart,
    };
    if let Some((_, error)) = smart::wrong(&settings) {
        return Err(*error);
    }
    if let Some(tag) = settings.tag.as_deref().filter(|tag| Some(*tag) != tag_before) {
        is_a_tag(tag, vcenters)?;
    }
    Ok((settings, plan))
}

fn gone(id: &ScheduleId) -> ApiError {
    explain::store(store::Error::NotFound { what: "schedule", id: id.to_string() })
}

/// What went wrong with a schedule, a policy or a destination.
pub(crate) fn explained(what: &'static str) -> impl FnOnce(store::Error) -> ApiError {
    move |error| match error {
        store::Error::Stale { .. } => {
            let message = format!("the {what} was changed elsewhere in the meantime");
            ApiError::new(Code::ChangedMeanwhile, message)
                .next("Look at the current version, then make your change again if it is still needed.")
        }
        other => explain::store(other),
    }
}

/// How far the starts of a schedule on one vCenter lie from the planned times.
fn spread(record: &ScheduleRecord, vcenter: Option<&VcenterId>) -> Spread {
    Spread::new(record.id.as_str(), vcenter)
}
