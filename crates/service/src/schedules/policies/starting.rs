//! Starts policies: what happened is read in its order, waits until it is to be answered, and is answered once.
//! Refuses to answer what a run of the same policy led to, a network that is gone, and a vCenter that somebody paused.

use super::conditions::quiet_until;
use super::seen::Seen;
use super::{is_meant, job, plan};
use crate::explain;
use crate::operations::Holds;
use crate::schedules::Schedules;
use contract::health::Level;
use contract::policy::{Cause, Happened, PolicySettings, Step, Trigger};
use contract::{ApiError, Code, Job, OperationId, PolicyId, Time, VcenterId, VcenterState};
use store::{Occurrence, PolicyRecord, VcenterRecord};

/// How long vCenters that go offline wait for others: all of them gone at once is one event.
const SETTLE: i64 = 30_000;

/// How often a start is noted again where that was not possible.
const TRIES: usize = 5;

/// What is started one after another before others have their turn.
const AT_ONCE: usize = 20;

/// What is looked up once for all policies.
struct Look {
    holds: Holds,
    now: Time,
}

impl Schedules {
    /// Notes for every policy that Muster started.
    pub(in crate::schedules) async fn note_start(&self) {
        if let Err(error) = self.start_all(true).await {
            tracing::warn!(%error, "policies that run when Muster starts could not be started");
        }
    }

    /// While everything is paused: drops what has happened so far, which starts no policy then.
    pub(crate) async fn drop_what_happened(&self) -> Result<(), ApiError> {
        self.start_all(false).await.map(drop)
    }

    /// Starts the policies that are to run now; answers with when one may be next.
    pub(in crate::schedules) async fn start_policies(&self) -> Result<Option<Time>, ApiError> {
        self.start_all(false).await
    }

    async fn start_all(&self, is_start: bool) -> Result<Option<Time>, ApiError> {
        let records = self.policy_records().await?;
        if !records.iter().any(|record| record.enabled) {
            return Ok(None);
        }
        let holds = self.operations.holds().await?;
        let look = Look { holds, now: (self.now)() };
        let mut next = Vec::new();
        // One that another worker moves on meanwhile is looked at again: that Muster started is noted here alone.
        for record in records.into_iter().filter(|record| record.enabled) {
            let name = record.settings.name.clone();
            let id = record.id.clone();
            let mut started = self.start_one(record, &look, is_start).await;
            let mut tries = if is_start { TRIES } else { 0 };
            while tries > 0 && !matches!(started, Ok(at) if at != Some(look.now)) {
                let Ok(record) = self.policy_record(&id).await else { break };
                started = self.start_one(record, &look, is_start).await;
                tries -= 1;
            }
            match started {
                Ok(at) => next.extend(at),
                Err(error) => tracing::warn!(policy = name, %error, "a policy was not started"),
            }
        }
        Ok(next.into_iter().min())
    }

    /// Starts what a policy is to answer now; answers with when the next look is worth it.
    async fn start_one(
        &self,
        mut record: PolicyRecord,
        look: &Look,
        is_start: bool,
    ) -> Result<Option<Time>, ApiError> {
        let mut seen = match Seen::of(&record) {
            Some(seen) => seen,
            // Of a newer release, or damaged: answering all of it again would be worse than none.
            None => self.seen_now(&record.settings).await?,
        };
        if is_start && record.settings.when.contains(&Trigger::Start {}) {
            seen.wait_for(look.now, cause(Happened::Start, look.now, Vec::new()), look.now);
        }
        due(&record, &mut seen, look);
        self.read_what_happened(&record, &mut seen, look).await?;
        for _ in 0..AT_ONCE {
            let run = self.answer(&record, &mut seen, look).await?;
            let starts = run.is_some();
            let text = seen.text();
            if !starts && text == record.seen {
                break;
            }
            let started = self.operations.start_policy(&record, &text, run).await?;
            if let Some(started) = &started {
                tracing::info!(policy = %record.id, operation = %started.id, "a policy was started");
                self.changed();
            } else if starts {
                // Another worker did it, or somebody changed the policy: the next look sees what is so then.
                return Ok(Some(look.now));
            }
            record.seen = text;
            record.last = started.map(|started| started.id).or(record.last);
        }
        let waiting = seen.waiting.iter().map(|(from, _)| (*from).max(look.now));
        let waiting = waiting.map(|from| quiet_until(&record.settings, from).unwrap_or(from));
        // What waits for a network is told when there is one.
        let waiting = waiting.filter(|from| *from > look.now);
        Ok(waiting.chain(seen.next_due()).min())
    }

    /// Takes in what happened since the last look, as far as it starts the policy.
    async fn read_what_happened(
        &self,
        record: &PolicyRecord,
        seen: &mut Seen,
        look: &Look,
    ) -> Result<(), ApiError> {
        loop {
            let happened = self.store.happened_since(seen.until).await.map_err(explain::store)?;
            let Some(last) = happened.last() else { return Ok(()) };
            seen.until = last.seq;
            // Looked up after it: nothing happens on what isn't there yet.
            let vcenters = self.vcenters().await?;
            for one in &happened {
                self.take_in(record, seen, (look, &vcenters), one).await?;
            }
        }
    }

    async fn take_in(
        &self,
        record: &PolicyRecord,
        seen: &mut Seen,
        (look, vcenters): (&Look, &[VcenterRecord]),
        one: &Occurrence,
    ) -> Result<(), ApiError> {
        let known = vcenters.iter().find(|known| known.vcenter.id == one.vcenter);
        let Some(known) = known.filter(|known| is_meant(&record.settings, known)) else { return Ok(()) };
        let was_lost = one.what == Happened::Online && seen.lost.remove(&one.vcenter);
        if look.holds.pause_of(&known.vcenter).is_some() {
            return Ok(());
        }
        // What a clock that was ahead has dated is not waited for.
        let at = one.at.min(look.now);
        if look.holds.was_paused(at) {
            return Ok(());
        }
        let alone = vec![one.vcenter.clone()];
        let has = |trigger: &Trigger| record.settings.when.contains(trigger);
        match one.what {
            // Also where only its return is waited for: it may turn out that the network is gone.
            Happened::Offline if has(&Trigger::Offline {}) || has(&Trigger::Online {}) => {
                if look.holds.no_network().is_some() {
                    seen.lost.insert(one.vcenter.clone());
                } else {
                    let from = Time(at.0.saturating_add(SETTLE));
                    seen.wait_for(from, cause(Happened::Offline, at, alone), look.now);
                }
            }
            Happened::Online if !was_lost && has(&Trigger::Online {}) => {
                seen.wait_for(at, cause(Happened::Online, at, alone), look.now);
            }
            Happened::Finding => {
                let level = Level::ALL.into_iter().find(|level| level.name() == one.detail);
                if level.is_some_and(|level| is_wanted(record, level)) {
                    seen.wait_for(one.at, cause(Happened::Finding, one.at, alone), look.now);
                }
            }
            Happened::Synced => {
                if let Some(after) = self.answers_sync(record, &OperationId(one.detail.clone())).await? {
                    let cause = Cause { after, ..cause(Happened::Synced, at, alone) };
                    seen.wait_for(at, cause, look.now);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a sync starts a policy; then with the policies whose runs led to it, of which it is none.
    async fn answers_sync(
        &self,
        record: &PolicyRecord,
        sync: &OperationId,
    ) -> Result<Option<Vec<PolicyId>>, ApiError> {
        for trigger in &record.settings.when {
            let Trigger::Synced { kind, change } = trigger else { continue };
            let changed = self.store.sync_changed(sync, *kind, *change).await.map_err(explain::store)?;
            let Some(parent) = changed else { continue };
            let after = match parent {
                Some(run) => self.led_to(&run).await?,
                None => Vec::new(),
            };
            return Ok((!after.contains(&record.id)).then_some(after));
        }
        Ok(None)
    }

    /// The policies whose runs led to what a run asked for.
    async fn led_to(&self, run: &OperationId) -> Result<Vec<PolicyId>, ApiError> {
        let run = match self.operations.show(run.as_str()).await {
            Ok(run) => run,
            Err(error) if error.code == Code::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let Job::Policy { policy, cause, .. } = run.job else { return Ok(Vec::new()) };
        Ok(cause.after.into_iter().chain([policy]).collect())
    }

    /// Takes the first of what waits that is to be answered now; with a job if it starts a run.
    async fn answer(
        &self,
        record: &PolicyRecord,
        seen: &mut Seen,
        look: &Look,
    ) -> Result<Option<Job>, ApiError> {
        let settings = &record.settings;
        // A network that is gone is no event, whatever is to be done.
        if look.holds.no_network().is_some() {
            seen.lose_offline();
        }
        seen.merge_ready(look.now);
        if look.holds.pause_of_all().is_some() {
            seen.waiting.retain(|(from, _)| *from > look.now);
            return Ok(None);
        }
        if quiet_until(settings, look.now).is_some() || self.is_running(record).await? {
            return Ok(None);
        }
        let needs_network = settings.steps.iter().any(Step::needs_network);
        if look.holds.no_network().is_some() && needs_network {
            return Ok(None);
        }
        while let Some(place) = seen.waiting.iter().position(|(from, _)| *from <= look.now) {
            let (_, cause) = seen.waiting.remove(place);
            if cause.what == Happened::Offline && !settings.when.contains(&Trigger::Offline {}) {
                continue;
            }
            let happened_on = (!cause.vcenters.is_empty()).then_some(&cause.vcenters[..]);
            let mut about = self.about(settings, happened_on, &look.holds).await?;
            if cause.what == Happened::Offline {
                // Who is back by now was away for a moment.
                about.vcenters.retain(is_offline);
            }
            if cause.what == Happened::Finding {
                self.keep_where_found(record, &mut about.vcenters, (cause.at, look.now)).await?;
            }
            self.leave_out_what_needs_a_person(settings, &mut about.vcenters).await?;
            let is_gone = happened_on.is_some() && about.vcenters.is_empty();
            if is_gone || about.is_nothing_for(settings) {
                continue;
            }
            let held = self.held(settings, &about.vcenters, look.now).await?;
            if held.iter().all(|held| held.holds) {
                // Looked for now: nobody may have noticed yet.
                let is_asked = needs_network || cause.what == Happened::Offline;
                let first = about.vcenters.first().filter(|_| is_asked);
                if let Some(first) = first
                    && self.network.is_gone_for(first).await
                {
                    seen.wait_for(look.now, cause, look.now);
                    seen.lose_offline();
                    return Ok(None);
                }
                return Ok(Some(job(record, Cause { vcenters: about.ids(), ..cause })));
            }
        }
        Ok(None)
    }

    /// Whether a run of it waits or runs: what happens meanwhile is one run after that.
    async fn is_running(&self, record: &PolicyRecord) -> Result<bool, ApiError> {
        let Some(last) = &record.last else { return Ok(false) };
        Ok(self.ended_or_not(last).await?.is_some_and(|run| !run.state.is_final()))
    }

    /// Leaves out the vCenters on which a step would only tell once more what a person has to do.
    async fn leave_out_what_needs_a_person(
        &self,
        settings: &PolicySettings,
        vcenters: &mut Vec<VcenterRecord>,
    ) -> Result<(), ApiError> {
        let mut ready = Vec::new();
        'all: for one in vcenters.drain(..) {
            for job in settings.steps.iter().filter_map(Step::job).filter(Job::is_of_a_vcenter) {
                if self.person.is_needed(&one.vcenter.id, &job).await?.is_some() {
                    continue 'all;
                }
            }
            ready.push(one);
        }
        *vcenters = ready;
        Ok(())
    }

    /// Leaves out the vCenters of which what was found is over.
    async fn keep_where_found(
        &self,
        record: &PolicyRecord,
        vcenters: &mut Vec<VcenterRecord>,
        between: (Time, Time),
    ) -> Result<(), ApiError> {
        let mut kept = Vec::new();
        for one in vcenters.drain(..) {
            let found = self.store.found_between(&one.vcenter.id, between).await.map_err(explain::store)?;
            if found.into_iter().any(|level| is_wanted(record, level)) {
                kept.push(one);
            }
        }
        *vcenters = kept;
        Ok(())
    }
}

/// Whether a finding of this level starts a policy.
fn is_wanted(record: &PolicyRecord, level: Level) -> bool {
    let starts = |trigger: &Trigger| matches!(trigger, Trigger::Finding { level: least } if level >= *least);
    record.settings.when.iter().any(starts)
}

fn is_offline(record: &VcenterRecord) -> bool {
    record.contact.is_some_and(|contact| contact.state == VcenterState::Offline)
}

fn cause(what: Happened, at: Time, vcenters: Vec<VcenterId>) -> Cause {
    Cause { what, at, vcenters, after: Vec::new() }
}

/// Takes in the times that have come, but those of a pause of everything. What was missed in between is one.
fn due(record: &PolicyRecord, seen: &mut Seen, look: &Look) {
    let now = look.now;
    for (place, trigger) in record.settings.when.iter().enumerate() {
        let Some(plan) = trigger.timing().and_then(|timing| plan(&record.settings, &timing).ok()) else {
            continue;
        };
        let planned = match seen.due.get(&place) {
            Some(planned) => plan.replanned(*planned, now).unwrap_or(*planned),
            None => match plan.after(now) {
                Some(first) => first,
                None => continue,
            },
        };
        let next = if planned <= now {
            if !look.holds.was_paused(planned) {
                seen.wait_for(planned, cause(Happened::Time, planned, Vec::new()), now);
            }
            plan.following(planned, now)
        } else {
            Some(planned)
        };
        match next {
            Some(next) => seen.due.insert(place, next),
            None => seen.due.remove(&place),
        };
    }
}
