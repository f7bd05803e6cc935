//! All that the page knows, and what has to be asked when something changes.
//! Refuses to call anything: it answers with what to ask, and is told what came of it.

use super::cache::{Answer, Asked, Cache, Call, Errand, Reply};
use super::news::News;
use super::words;
use super::work::Work;
use contract::command::{
    Estate, ListOperations, ListStatus, ListVcenters, OperationFilter, ShownEstate, ShownRole, WindowRole,
};
use contract::{
    ApiError, Operation, OperationId, OperationKind, OperationState, Origin, Source, Time, Vcenter,
    VcenterId, VcenterState, VcenterStatus,
};

/// Ended operations that the page looks at beside all that run: enough for the last outcomes of each vCenter.
pub(crate) const OPERATIONS: u32 = 100;

/// What is on screen and older than its TTL is asked for again this often at most, in milliseconds.
const REFRESH: i64 = 60_000;

/// How often ages are told while they change by the second, and while they don't, in milliseconds.
const SOON: u32 = 5_000;
const LATER: u32 = 30_000;

/// What the page knows.
pub(crate) struct World {
    /// The time, as ages are told by it.
    pub(crate) now: Time,
    pub(crate) cache: Cache,
    pub(crate) work: Work,
    pub(crate) news: News,
    // What is asked as long as the page is there, because many components and these lines show something of it.
    estate: Asked<ShownEstate>,
    role: Asked<ShownRole>,
    vcenters: Asked<ListVcenters>,
    statuses: Asked<ListStatus>,
    operations: Asked<ListOperations>,
    refreshed: i64,
}

impl Default for World {
    fn default() -> World {
        World {
            now: Time(0),
            cache: Cache::default(),
            work: Work::default(),
            news: News::default(),
            estate: Asked::new(ShownEstate {}),
            role: Asked::new(ShownRole {}),
            vcenters: Asked::new(ListVcenters {}),
            statuses: Asked::new(ListStatus {}),
            operations: Asked::new(ListOperations { filter: OperationFilter::default(), limit: OPERATIONS }),
            refreshed: 0,
        }
    }
}

impl World {
    /// The page opens. Answers with the calls that have to be made.
    #[must_use]
    pub(crate) fn open(&mut self, is_visible: bool, now: Time) -> Vec<Errand> {
        self.at(now);
        if !is_visible {
            self.cache.hide();
        }
        let cache = &mut self.cache;
        let errands = [
            cache.show(&self.estate),
            cache.show(&self.role),
            cache.show(&self.vcenters),
            cache.show(&self.statuses),
            cache.show(&self.operations),
        ];
        errands.into_iter().flatten().collect()
    }

    /// Which estate is shown.
    pub(crate) fn estate(&self) -> Option<&Estate> {
        self.cache.value(&self.estate)
    }

    /// The role that this window calls in; `None` until it is known.
    pub(crate) fn role(&self) -> Option<WindowRole> {
        self.cache.value(&self.role).copied()
    }

    /// Every vCenter, by name.
    pub(crate) fn vcenters(&self) -> Answer<Vec<Vcenter>> {
        self.cache.answer(&self.vcenters)
    }

    /// Their states.
    pub(crate) fn statuses(&self) -> Option<&[VcenterStatus]> {
        self.cache.value(&self.statuses).map(Vec::as_slice)
    }

    /// The newest operations, newest first.
    pub(crate) fn operations(&self) -> &[Operation] {
        self.cache.value(&self.operations).map(Vec::as_slice).unwrap_or_default()
    }

    /// Why something that is always asked is older than it could be.
    pub(crate) fn outdated(&self) -> Option<&ApiError> {
        let cache = &self.cache;
        let errors = [
            cache.error(&self.estate),
            cache.error(&self.vcenters),
            cache.error(&self.statuses),
            cache.error(&self.operations),
        ];
        errors.into_iter().flatten().next()
    }

    /// Whether anybody can see the page. While nobody can, nothing is asked; what changed meanwhile is asked once, and so
    /// is what has grown stale.
    #[must_use]
    pub(crate) fn shown(&mut self, is_visible: bool, now: Time) -> Vec<Errand> {
        if !is_visible {
            self.cache.hide();
            return Vec::new();
        }
        let Some(missed) = self.cache.unhide() else { return Vec::new() };
        self.refreshed = 0;
        let mut errands = self.tick(now);
        errands.extend(self.cache.heard(&missed));
        errands
    }

    /// Takes in what came of a call.
    #[must_use]
    pub(crate) fn answered(&mut self, call: &Call, reply: Reply, now: Time) -> Vec<Errand> {
        self.at(now);
        let before = self.estate().map(|estate| estate.simulated);
        let names = self.names_if(call.is_of(&self.vcenters));
        let known = self.cache.answer(&self.operations);
        let mut errands = self.cache.answered(call, reply);
        if names.is_some() && names != self.names_if(true) {
            errands.extend(self.cache.renamed());
        }
        let shown = self.estate().map(|estate| estate.simulated);
        if before.is_some() && shown != before {
            // Another database: nothing that was known before is of it, nor is an answer that is under way. The role is the
            // program's.
            errands.extend(self.cache.start_over(&self.estate, &self.role));
            self.work = Work::default();
            self.news.start_over();
        }
        // Also where one of them alone was asked for.
        if (call.is_of(&self.operations) || known != self.cache.answer(&self.operations))
            && let Some(operations) = self.cache.value(&self.operations)
        {
            self.work.see(operations);
            self.news.see(operations, now);
        }
        errands
    }

    /// What vCenters are called, once that is known.
    fn names_if(&self, is_wanted: bool) -> Option<Vec<(VcenterId, String)>> {
        let vcenters = self.cache.value(&self.vcenters).filter(|_| is_wanted)?;
        Some(vcenters.iter().map(|vcenter| (vcenter.id.clone(), vcenter.name.clone())).collect())
    }

    /// What time it is, for whoever is about to ask.
    fn at(&mut self, now: Time) {
        self.now = now;
        self.news.at(now);
    }

    /// Time went by: what is on screen and has grown stale is read anew.
    #[must_use]
    pub(crate) fn tick(&mut self, now: Time) -> Vec<Errand> {
        self.at(now);
        if (0..REFRESH).contains(&now.0.saturating_sub(self.refreshed)) {
            return Vec::new();
        }
        self.refreshed = now.0;
        let World { cache, statuses, .. } = self;
        let statuses = cache.answer(statuses).value.unwrap_or_default();
        cache.refresh(|source| {
            let status = statuses.iter().find(|status| status.vcenter_id == source.vcenter);
            is_worth_a_refresh(source, status, now)
        })
    }

    /// Milliseconds until ages on the page read otherwise: seconds while something is new or runs, else minutes.
    pub(crate) fn next_tick(&self) -> u32 {
        let is_new =
            |time: Option<Time>| time.is_some_and(|at| words::age(at, self.now).is_some_and(|age| age < 60));
        let moves = self.active().next().is_some()
            || self.statuses().into_iter().flatten().any(|status| {
                let ended = status.last_operation.as_ref().and_then(|last| last.finished_at);
                [status.synced_at, status.since, ended].into_iter().any(is_new)
            });
        if moves { SOON } else { LATER }
    }

    /// The service took it as this operation, or nothing of it is under way any more.
    #[must_use]
    pub(crate) fn accepted(&mut self, vcenter: &VcenterId, operation: Option<OperationId>) -> Option<Errand> {
        self.work.accepted(vcenter, operation);
        self.cache.ask_anew(&self.operations)
    }

    /// Whether work that a person asked for waits or runs. A refresh that goes on by itself is in nobody's way.
    pub(crate) fn is_busy(&self, vcenter: &VcenterId) -> bool {
        self.work.is_sent(vcenter) || self.asked_for(vcenter).next().is_some()
    }

    /// The operations that wait or run, the oldest first.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Operation> {
        self.operations().iter().rev().filter(|operation| !operation.state.is_final())
    }

    /// How the last sync of a vCenter ended, whatever was tested since. A refresh counts only if it failed, and only as the
    /// last word on its vCenter.
    pub(crate) fn last_sync_outcome(&self, vcenter: &VcenterId) -> Option<&Operation> {
        let is_own =
            |operation: &&Operation| operation.is_of(vcenter) && operation.kind() != OperationKind::Test;
        let listed = self.outcomes().find(is_own);
        let last = self.status(vcenter).and_then(|status| status.last_operation.as_ref());
        let failed = last.filter(|last| {
            last.kind() != OperationKind::Test
                && last.state.is_final()
                && last.state != OperationState::Succeeded
        });
        listed.into_iter().chain(failed).max_by_key(|operation| operation.submitted_at)
    }

    /// How the last test of a connection ended.
    pub(crate) fn last_test(&self, vcenter: &VcenterId) -> Option<&Operation> {
        self.outcomes().find(|operation| operation.is_of(vcenter) && operation.kind() == OperationKind::Test)
    }

    /// The newest outcomes of what people asked for, newest first.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Operation> {
        let by_people =
            |operation: &&Operation| operation.state.is_final() && operation.origin == Origin::User;
        self.operations().iter().filter(by_people)
    }

    /// Whether something of a vCenter is being read, by whomever.
    pub(crate) fn is_being_read(&self, vcenter: &VcenterId) -> bool {
        self.active().any(|operation| operation.is_of(vcenter) && operation.kind() != OperationKind::Test)
    }

    /// Whether a vCenter answers at this moment: something reads from it, and is past connecting.
    pub(crate) fn is_answering(&self, vcenter: &VcenterId) -> bool {
        self.active().any(|one| {
            one.is_of(vcenter) && one.state == OperationState::Running && one.progress.is_answered()
        })
    }

    /// State and freshness of a vCenter.
    pub(crate) fn status(&self, vcenter: &VcenterId) -> Option<&VcenterStatus> {
        self.statuses()?.iter().find(|status| status.vcenter_id == *vcenter)
    }

    /// A vCenter.
    pub(crate) fn vcenter(&self, id: &VcenterId) -> Option<&Vcenter> {
        self.cache.value(&self.vcenters)?.iter().find(|vcenter| vcenter.id == *id)
    }

    /// Whether a vCenter cannot be worked with at the moment.
    pub(crate) fn is_troubled(&self, vcenter: &VcenterId) -> bool {
        self.troubled().any(|status| status.vcenter_id == *vcenter)
    }

    /// What a person asked for on a vCenter and that waits or runs, the oldest first.
    pub(crate) fn asked_for(&self, vcenter: &VcenterId) -> impl Iterator<Item = &Operation> {
        self.active().filter(move |operation| operation.is_of(vcenter) && operation.origin == Origin::User)
    }

    /// The vCenters that cannot be worked with at the moment, so that everything of them is as old as it says.
    pub(crate) fn troubled(&self) -> impl Iterator<Item = &VcenterStatus> {
        self.statuses().into_iter().flatten().filter(|status| status.state.is_trouble())
    }
}

/// Whether a part of an answer is old, and reading it anew could help.
fn is_worth_a_refresh(source: &Source, status: Option<&VcenterStatus>, now: Time) -> bool {
    // What is dated in the future is as good as old: nobody knows its age.
    let is_old = |at: Time| words::age(at, now).is_none_or(|age| age > source.ttl_seconds as i64);
    let last = status.and_then(|status| status.last_operation.as_ref());
    let failed = last.is_some_and(|last| last.state.is_final() && last.state != OperationState::Succeeded);
    let tried = || last?.finished_at;
    source.synced_at.is_some_and(is_old)
        && match status.map(|status| status.state) {
            // Each try is an operation that fails: one for each TTL is enough to notice that it is back.
            Some(VcenterState::Offline) => tried().is_none_or(is_old),
            // These need a person, who sees why on the page.
            Some(
                VcenterState::LoginRejected
                | VcenterState::NoPassword
                | VcenterState::Untrusted
                | VcenterState::DifferentVcenter
                | VcenterState::Paused,
            ) => false,
            // A right that is missing, or a guard that asks: trying at once again would say the same.
            Some(VcenterState::Online | VcenterState::NeverSynced | VcenterState::Unknown) => {
                !failed || tried().is_none_or(is_old)
            }
            None => true,
        }
}

#[cfg(test)]
mod tests;
