//! All that the page knows, and what has to be asked when something changes.
//! Refuses to call anything: it answers with what to ask, and is told what came of it.

use super::loaded::Loaded;
use super::shared::Shared;
use super::toasts::{Toast, Toasts};
use super::words;
use contract::command::Estate;
use contract::{
    ApiError, Credential, Event, Operation, OperationId, OperationKind, OperationState, Origin, Pace,
    RowQuery, Rows, Source, Time, Vcenter, VcenterId, VcenterState, VcenterStatus,
};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Operations that the page looks at: enough for what runs and for the last outcomes of each vCenter.
pub(crate) const OPERATIONS: u32 = 100;

/// What is on screen and older than its TTL is asked for again this often at most, in milliseconds.
const REFRESH: i64 = 60_000;

/// How often ages are told while they change by the second, and while they don't, in milliseconds.
const SOON: u32 = 5_000;
const LATER: u32 = 30_000;

/// Something to be asked of the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    Estate,
    Vcenters,
    Status,
    Operations,
    Credentials,
    Rows(RowQuery),
}

/// What the service answered to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Estate(Estate),
    Vcenters(Vec<Vcenter>),
    Status(Vec<VcenterStatus>),
    Operations(Vec<Operation>),
    Credentials(Vec<Credential>),
    Rows(Rows),
}

/// A call that has to be made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Errand {
    pub(crate) ask: Ask,
    /// Whether rows that are stale are to be read anew by the service. What is asked because something changed never
    /// does that, or a change would bring about the next one.
    pub(crate) refresh: bool,
}

/// What was asked for a vCenter, and does not show in its operations yet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sent {
    OnItsWay,
    Accepted(OperationId),
}

/// What the page knows.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// The time, as ages are told by it.
    pub(crate) now: Time,
    /// The toasts on screen.
    pub(crate) toasts: Toasts,
    answers: Shared<Ask, Answer>,
    sent: HashMap<VcenterId, Sent>,
    /// Operations that a person cancelled and that have not ended yet.
    cancelling: HashSet<OperationId>,
    /// The vCenters whose work and its outcome stand on the page, and how often.
    cards: HashMap<VcenterId, usize>,
    /// What changed while nobody could see the page; `None` while somebody can.
    unseen: Option<HashSet<Event>>,
    /// The operations whose end was told; `None` until the first list is there.
    told: Option<HashSet<OperationId>>,
    /// When the first list came.
    looking_since: Time,
    paces: HashMap<OperationId, Pace>,
    refreshed: i64,
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident: $variant:ident -> $ty:ty;)*) => {
        $($(#[$doc])*
        pub(crate) fn $name(&self) -> Option<&$ty> {
            match self.known(&Ask::$variant) {
                Some(Answer::$variant(value)) => Some(value),
                _ => None,
            }
        })*
    };
}

impl Default for World {
    fn default() -> World {
        World {
            now: Time(0),
            toasts: Toasts::default(),
            answers: Shared::default(),
            sent: HashMap::new(),
            cancelling: HashSet::new(),
            cards: HashMap::new(),
            unseen: None,
            told: None,
            looking_since: Time(0),
            paces: HashMap::new(),
            refreshed: 0,
        }
    }
}

impl World {
    known! {
        /// Which estate is shown.
        estate: Estate -> Estate;
        /// Every vCenter, by name.
        vcenters: Vcenters -> Vec<Vcenter>;
        /// Their states.
        statuses: Status -> Vec<VcenterStatus>;
        /// The newest operations, newest first.
        operations: Operations -> Vec<Operation>;
        /// Every credential.
        credentials: Credentials -> Vec<Credential>;
    }

    /// What is asked for as long as the page is there.
    pub(crate) const ALWAYS: [Ask; 4] = [Ask::Estate, Ask::Vcenters, Ask::Status, Ask::Operations];

    /// Somebody shows this from now on.
    #[must_use]
    pub(crate) fn ask(&mut self, ask: &Ask) -> Option<Errand> {
        self.answers.ask(ask).then(|| Errand { ask: ask.clone(), refresh: true })
    }

    /// Somebody shows it no longer.
    pub(crate) fn release(&mut self, ask: &Ask) {
        self.answers.release(ask);
    }

    /// Why something is not known.
    pub(crate) fn error(&self, ask: &Ask) -> Option<&ApiError> {
        self.answers.peek(ask)?.error()
    }

    /// A window of rows, as far as it is there.
    pub(crate) fn rows(&self, query: &RowQuery) -> Loaded<Rc<Answer>> {
        self.answers.get(&Ask::Rows(query.clone()))
    }

    /// Whether anybody can see the page. While nobody can, nothing is asked; what changed meanwhile is asked once, and so
    /// is what has grown stale.
    #[must_use]
    pub(crate) fn shown(&mut self, is_visible: bool, now: Time) -> Vec<Errand> {
        if !is_visible {
            self.unseen.get_or_insert_default();
            return Vec::new();
        }
        let Some(missed) = self.unseen.take() else { return Vec::new() };
        self.refreshed = 0;
        let mut errands = self.tick(now);
        errands.extend(self.heard(&Vec::from_iter(missed)));
        errands
    }

    /// Whether nobody can see the page.
    pub(crate) fn is_hidden(&self) -> bool {
        self.unseen.is_some()
    }

    /// What changed.
    #[must_use]
    pub(crate) fn heard(&mut self, events: &[Event]) -> Vec<Errand> {
        if let Some(unseen) = &mut self.unseen {
            unseen.extend(events.iter().cloned());
            return Vec::new();
        }
        let touches = |ask: &Ask, event: &Event| match (event, ask) {
            (Event::Lagged, _) => true,
            (Event::VcentersChanged, ask) => !matches!(ask, Ask::Estate | Ask::Operations),
            (Event::CredentialsChanged, ask) => matches!(ask, Ask::Credentials | Ask::Vcenters),
            (Event::OperationChanged { .. }, ask) => *ask == Ask::Operations,
            (Event::InventoryChanged { vcenter }, Ask::Rows(query)) => {
                query.vcenters.is_empty() || query.vcenters.contains(vcenter)
            }
            (Event::InventoryChanged { .. }, ask) => *ask == Ask::Status,
        };
        quietly(self.answers.outdate(|ask| events.iter().any(|event| touches(ask, event))))
    }

    /// Takes in an answer.
    #[must_use]
    pub(crate) fn answered(&mut self, ask: &Ask, answer: Result<Answer, ApiError>) -> Vec<Errand> {
        let mut calls = Vec::new();
        if let Ok(Answer::Estate(estate)) = &answer
            && self.estate().is_some_and(|before| before.simulated != estate.simulated)
        {
            // Another database: nothing that was known before is of it, nor is an answer that is under way.
            calls = self.answers.start_over(|ask| *ask != Ask::Estate);
            (self.told, self.toasts) = (None, Toasts::default());
            (self.sent, self.paces, self.cancelling) = (HashMap::new(), HashMap::new(), HashSet::new());
        }
        if self.answers.answered(ask, answer) {
            calls.push(ask.clone());
        }
        if *ask == Ask::Operations {
            self.see();
        }
        quietly(calls)
    }

    /// What time it is, for whoever is about to ask.
    pub(crate) fn at(&mut self, now: Time) {
        self.now = now;
        // A clock that was set back must not silence what ends from now on until it comes to that time again.
        self.looking_since = self.looking_since.min(now);
    }

    /// Time went by: what is on screen and has grown stale is read anew.
    #[must_use]
    pub(crate) fn tick(&mut self, now: Time) -> Vec<Errand> {
        self.at(now);
        if (0..REFRESH).contains(&now.0.saturating_sub(self.refreshed)) {
            return Vec::new();
        }
        self.refreshed = now.0;
        let is_stale = |rows: &Rows| rows.sources.iter().any(|source| self.is_worth_a_refresh(source));
        let stale: HashSet<Ask> = self
            .answers
            .all()
            .filter(|(ask, answer)| {
                matches!((ask, answer.value().map(|answer| &**answer)),
                    (Ask::Rows(query), Some(Answer::Rows(rows))) if query.refresh && is_stale(rows))
            })
            .map(|(ask, _)| ask.clone())
            .collect();
        let stale = self.answers.outdate(|ask| stale.contains(ask));
        stale.into_iter().map(|ask| Errand { ask, refresh: true }).collect()
    }

    /// Whether a part of some rows is stale, and reading it anew could help.
    fn is_worth_a_refresh(&self, source: &Source) -> bool {
        // What is dated in the future is as good as old: nobody knows its age.
        let is_old = |at: Time| words::age(at, self.now).is_none_or(|age| age > source.ttl_seconds as i64);
        let last = self.status(&source.vcenter).and_then(|status| status.last_operation.as_ref());
        let failed =
            last.is_some_and(|last| last.state.is_final() && last.state != OperationState::Succeeded);
        let tried = || self.status(&source.vcenter)?.last_operation.as_ref()?.finished_at;
        source.synced_at.is_some_and(is_old)
            && match self.status(&source.vcenter).map(|status| status.state) {
                // Each try is an operation that fails: one for each TTL is enough to notice that it is back.
                Some(VcenterState::Offline) => tried().is_none_or(is_old),
                // These need a person, who sees why on the page.
                Some(
                    VcenterState::LoginRejected
                    | VcenterState::NoPassword
                    | VcenterState::Untrusted
                    | VcenterState::DifferentVcenter,
                ) => false,
                // A right that is missing, or a guard that asks: trying at once again would say the same.
                Some(VcenterState::Online | VcenterState::NeverSynced | VcenterState::Unknown) => {
                    !failed || tried().is_none_or(is_old)
                }
                None => true,
            }
    }

    /// A person asked for work on a vCenter: until it shows in the operations, it counts as busy.
    pub(crate) fn sent(&mut self, vcenter: &VcenterId) {
        self.sent.insert(vcenter.clone(), Sent::OnItsWay);
    }

    /// A person cancels an operation: until it has ended, or goes on for others, it is shown as what it is about to be.
    pub(crate) fn cancel(&mut self, operation: OperationId) {
        self.cancelling.insert(operation);
    }

    /// It could not be cancelled.
    pub(crate) fn continues(&mut self, operation: &OperationId) {
        self.cancelling.remove(operation);
    }

    /// Whether a person cancelled it and it has not ended yet.
    pub(crate) fn is_cancelling(&self, operation: &OperationId) -> bool {
        self.cancelling.contains(operation)
    }

    /// A vCenter's work and its outcome stand on the page from now on. Answers whether that made a toast go.
    pub(crate) fn card(&mut self, vcenter: &VcenterId) -> bool {
        *self.cards.entry(vcenter.clone()).or_default() += 1;
        self.toasts.stands_on_the_page(vcenter)
    }

    /// They do no longer.
    pub(crate) fn no_card(&mut self, vcenter: &VcenterId) {
        if let Some(cards) = self.cards.get_mut(vcenter) {
            *cards = cards.saturating_sub(1);
        }
    }

    /// Shows a toast, unless what it says stands on the page.
    pub(crate) fn say(&mut self, toast: Toast) {
        if !toast.stands_on(|vcenter| self.cards.get(vcenter).is_some_and(|cards| *cards > 0)) {
            self.toasts.show(toast);
        }
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
    pub(crate) fn accepted(&mut self, vcenter: &VcenterId, operation: Option<OperationId>) -> Vec<Errand> {
        match operation {
            Some(operation) => self.sent.insert(vcenter.clone(), Sent::Accepted(operation)),
            None => self.sent.remove(vcenter),
        };
        quietly(self.answers.outdate(|ask| *ask == Ask::Operations))
    }

    /// Whether work that a person asked for waits or runs. A refresh that goes on by itself is in nobody's way.
    pub(crate) fn is_busy(&self, vcenter: &VcenterId) -> bool {
        self.sent.contains_key(vcenter)
            || self
                .active()
                .any(|operation| operation.vcenter_id == *vcenter && operation.origin == Origin::User)
    }

    /// The operations that wait or run, the oldest first.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Operation> {
        self.operations().into_iter().flatten().rev().filter(|operation| !operation.state.is_final())
    }

    /// How the last sync of a vCenter ended, whatever was tested since. A refresh counts only if it failed, and only as the
    /// last word on its vCenter.
    pub(crate) fn last_sync_outcome(&self, vcenter: &VcenterId) -> Option<&Operation> {
        let is_own = |operation: &&Operation| {
            operation.vcenter_id == *vcenter && operation.kind() != OperationKind::Test
        };
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
        self.outcomes()
            .find(|operation| operation.vcenter_id == *vcenter && operation.kind() == OperationKind::Test)
    }

    /// The newest outcomes of what people asked for, newest first.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Operation> {
        let by_people =
            |operation: &&Operation| operation.state.is_final() && operation.origin == Origin::User;
        self.operations().into_iter().flatten().filter(by_people)
    }

    /// Whether something of a vCenter is being read, by whomever.
    pub(crate) fn is_being_read(&self, vcenter: &VcenterId) -> bool {
        self.active()
            .any(|operation| operation.vcenter_id == *vcenter && operation.kind() != OperationKind::Test)
    }

    /// Whether a vCenter answers at this moment: something reads from it, and is past connecting.
    pub(crate) fn is_answering(&self, vcenter: &VcenterId) -> bool {
        let is_past = |step: &str| !matches!(step, "" | "connecting");
        self.active().any(|one| {
            one.vcenter_id == *vcenter && one.state == OperationState::Running && is_past(&one.progress.step)
        })
    }

    /// State and freshness of a vCenter.
    pub(crate) fn status(&self, vcenter: &VcenterId) -> Option<&VcenterStatus> {
        self.statuses()?.iter().find(|status| status.vcenter_id == *vcenter)
    }

    /// A vCenter.
    pub(crate) fn vcenter(&self, id: &VcenterId) -> Option<&Vcenter> {
        self.vcenters()?.iter().find(|vcenter| vcenter.id == *id)
    }

    /// The vCenters that cannot be worked with at the moment, so that everything of them is as old as it says.
    pub(crate) fn troubled(&self) -> impl Iterator<Item = &VcenterStatus> {
        self.statuses().into_iter().flatten().filter(|status| words::is_trouble(status.state))
    }

    /// How fast an operation goes.
    pub(crate) fn pace(&self, operation: &OperationId) -> Option<&Pace> {
        self.paces.get(operation)
    }

    fn known(&self, ask: &Ask) -> Option<&Answer> {
        self.answers.peek(ask)?.value().map(|answer| &**answer)
    }

    /// Looks at a list of operations that has just come.
    fn see(&mut self) {
        let Some(operations) = self.operations().cloned() else { return };
        let is_listed = |id: &OperationId| operations.iter().any(|operation| operation.id == *id);
        self.sent.retain(|_, sent| !matches!(sent, Sent::Accepted(operation) if is_listed(operation)));
        self.cancelling.retain(|id| {
            operations.iter().any(|operation| operation.id == *id && !operation.state.is_final())
        });
        let now = self.now.0;
        let mut paces = HashMap::new();
        for operation in operations.iter().filter(|operation| operation.state == OperationState::Running) {
            let known = self.paces.remove(&operation.id);
            let mut pace = known.unwrap_or_else(|| Pace::new(now, &operation.progress));
            pace.see(now, &operation.progress);
            paces.insert(operation.id.clone(), pace);
        }
        self.paces = paces;
        let ended: Vec<&Operation> =
            operations.iter().filter(|operation| operation.state.is_final()).collect();
        let Some(told) = &mut self.told else {
            // What had ended before the first list came was not seen to end.
            self.told = Some(ended.iter().map(|operation| operation.id.clone()).collect());
            self.looking_since = self.now;
            return;
        };
        let since = self.looking_since;
        let mut said = Vec::new();
        for operation in ended.into_iter().rev() {
            // One that had left the list may come back to it when others go.
            let is_news = told.insert(operation.id.clone()) && operation.finished_at >= Some(since);
            if is_news && operation.state == OperationState::Succeeded {
                self.toasts.withdraw(operation);
            }
            if is_news
                && operation.origin == Origin::User
                && let Some(toast) = Toast::of(operation)
            {
                said.push(toast);
            }
        }
        for toast in said {
            self.say(toast);
        }
    }
}

/// Calls because something changed.
fn quietly(asks: Vec<Ask>) -> Vec<Errand> {
    asks.into_iter().map(|ask| Errand { ask, refresh: false }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use contract::Kind;

    fn with_operations(operations: Vec<Operation>) -> World {
        let mut world = World::default();
        assert!(world.ask(&Ask::Operations).is_some());
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(operations))).is_empty());
        world
    }

    fn with_status(world: &mut World, state: VcenterState, last_operation: Option<Operation>) {
        let status = VcenterStatus {
            vcenter: "Berlin".into(),
            vcenter_id: VcenterId("id-Berlin".into()),
            state,
            since: None,
            contact_at: None,
            contact_since: None,
            refresh_failed: None,
            refresh_waits: std::collections::BTreeMap::new(),
            synced_at: None,
            age_seconds: None,
            fresh: false,
            counts: std::collections::BTreeMap::new(),
            last_operation,
        };
        assert!(world.ask(&Ask::Status).is_some());
        assert!(world.answered(&Ask::Status, Ok(Answer::Status(vec![status]))).is_empty());
    }

    fn list(world: &mut World, operations: Vec<Operation>) {
        let changed = Event::OperationChanged { operation: OperationId("x".into()) };
        assert_eq!(world.heard(&[changed]), quietly(vec![Ask::Operations]));
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(operations))).is_empty());
    }

    #[test]
    fn what_ended_before_the_window_opened_is_not_told_and_what_ends_later_is_told_once() {
        let mut world = with_operations(vec![samples::operation("Rome", OperationState::Succeeded)]);
        assert!(world.toasts.shown().is_empty());
        list(&mut world, vec![samples::operation("Berlin", OperationState::Running)]);
        assert!(world.toasts.shown().is_empty());
        for _ in 0..2 {
            list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
            assert_eq!(world.toasts.shown().len(), 1);
        }
    }

    #[test]
    fn what_comes_back_into_the_list_is_no_news() {
        let mut world = World::default();
        world.at(Time(2_000));
        assert!(world.ask(&Ask::Operations).is_some());
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(Vec::new()))).is_empty());
        let mut old = samples::operation("Rome", OperationState::Failed);
        old.finished_at = Some(Time(1_500));
        list(&mut world, vec![old]);
        assert!(world.toasts.shown().is_empty());
    }

    #[test]
    fn a_refresh_that_goes_on_by_itself_is_neither_told_nor_in_the_way() {
        let mut refresh = samples::operation("Berlin", OperationState::Running);
        refresh.origin = Origin::Reader;
        let mut world = with_operations(vec![refresh.clone()]);
        let id = refresh.vcenter_id.clone();
        assert!(!world.is_busy(&id) && world.is_being_read(&id));
        assert_eq!(world.active().count(), 1);
        refresh.state = OperationState::Failed;
        list(&mut world, vec![refresh.clone()]);
        assert_eq!((world.toasts.shown().len(), world.outcomes().count()), (0, 0));
        with_status(&mut world, VcenterState::Offline, Some(refresh));
        assert!(world.last_sync_outcome(&id).is_some(), "why it is offline");
    }

    #[test]
    fn a_vcenter_is_busy_from_the_click_until_its_operation_ends() {
        let running = samples::operation("Berlin", OperationState::Running);
        let id = running.vcenter_id.clone();
        let mut world = with_operations(Vec::new());
        world.sent(&id);
        assert!(world.is_busy(&id));
        list(&mut world, Vec::new());
        assert!(world.is_busy(&id), "the list is older than the answer");
        let asked = world.accepted(&id, Some(running.id.clone()));
        assert_eq!(asked, quietly(vec![Ask::Operations]));
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(Vec::new()))).is_empty());
        assert!(world.is_busy(&id), "a list that was under way when it was accepted");
        list(&mut world, vec![running]);
        assert!(world.is_busy(&id));
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert!(!world.is_busy(&id));
        world.sent(&id);
        let _ = world.accepted(&id, None);
        assert!(!world.is_busy(&id), "what was refused is not under way");
    }

    #[test]
    fn a_new_inventory_outdates_the_rows_that_show_it_and_no_others_and_starts_no_refresh() {
        let mut world = World::default();
        let of = |id: &str| RowQuery { vcenters: vec![VcenterId(id.into())], ..RowQuery::count(Kind::Hosts) };
        let all = RowQuery::count(Kind::Vms);
        for query in [of("a"), of("b"), all.clone()] {
            let ask = Ask::Rows(query);
            assert!(world.ask(&ask).is_some_and(|errand| errand.refresh), "whoever looks wants it fresh");
            assert!(world.answered(&ask, Ok(Answer::Rows(Rows::default()))).is_empty());
        }
        let mut asked = world.heard(&[Event::InventoryChanged { vcenter: VcenterId("a".into()) }]);
        asked.sort_by_key(|errand| format!("{errand:?}"));
        let mut expected = quietly(vec![Ask::Rows(of("a")), Ask::Rows(all)]);
        expected.sort_by_key(|errand| format!("{errand:?}"));
        assert_eq!(asked, expected);
    }

    #[test]
    fn what_is_on_screen_is_read_anew_when_it_is_stale_unless_a_person_has_to_act() {
        let now = Time(1_000_000_000);
        let ago = |seconds: i64| Time(now.0 - seconds * 1000);
        let asked = |read: Time, state: VcenterState, tried: Option<Time>| {
            let mut last = samples::operation("Berlin", OperationState::Failed);
            last.finished_at = tried;
            let mut world = World::default();
            with_status(&mut world, state, tried.map(|_| last));
            let ask = Ask::Rows(RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) });
            assert!(world.ask(&ask).is_some());
            let source = Source {
                vcenter: VcenterId("id-Berlin".into()),
                name: "Berlin".into(),
                synced_at: Some(read),
                ttl_seconds: 300,
                refresh: None,
            };
            let rows = Rows { sources: vec![source], ..Rows::default() };
            assert!(world.answered(&ask, Ok(Answer::Rows(rows))).is_empty());
            let first = world.tick(now);
            assert!(first.iter().all(|errand| errand.refresh));
            (first.len(), world.tick(Time(now.0 + 1000)).len())
        };
        assert_eq!(asked(ago(10), VcenterState::Online, None), (0, 0), "fresh");
        assert_eq!(asked(ago(400), VcenterState::Online, None), (1, 0), "stale, and asked for once");
        assert_eq!(asked(ago(400), VcenterState::LoginRejected, None), (0, 0), "a person has to act");
        assert_eq!(asked(ago(4000), VcenterState::Offline, Some(ago(100))), (0, 0), "tried a moment ago");
        assert_eq!(asked(ago(4000), VcenterState::Offline, Some(ago(400))), (1, 0), "it may be back");
        assert_eq!(asked(ago(4000), VcenterState::Online, Some(ago(100))), (0, 0), "a right is missing");
        assert_eq!(asked(ago(-4000), VcenterState::Online, None), (1, 0), "dated in the future");
        assert_eq!(
            asked(ago(-4000), VcenterState::Offline, Some(ago(-4000))),
            (1, 0),
            "nobody knows since when"
        );
    }

    #[test]
    fn a_page_that_nobody_sees_asks_nothing_and_once_for_all_that_changed_when_it_is_seen_again() {
        let mut world = with_operations(Vec::new());
        let ask = Ask::Rows(RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) });
        assert!(world.ask(&ask).is_some());
        let source = Source {
            vcenter: VcenterId("id-Berlin".into()),
            name: "Berlin".into(),
            synced_at: Some(Time(0)),
            ttl_seconds: 300,
            refresh: None,
        };
        let rows = Rows { sources: vec![source], ..Rows::default() };
        assert!(world.answered(&ask, Ok(Answer::Rows(rows))).is_empty());
        assert!(world.shown(false, Time(1_000_000)).is_empty() && world.is_hidden());
        let changed = || Event::OperationChanged { operation: OperationId("x".into()) };
        for _ in 0..100 {
            assert!(world.heard(&[changed()]).is_empty());
        }
        let asked = world.shown(true, Time(2_000_000));
        assert!(!world.is_hidden());
        assert_eq!(asked, [Errand { ask, refresh: true }, Errand { ask: Ask::Operations, refresh: false }]);
        assert!(world.shown(true, Time(2_000_001)).is_empty(), "it was seen all the time");
    }

    #[test]
    fn what_a_card_on_the_page_says_is_no_toast() {
        let failed = |name: &str| Operation {
            error: Some(ApiError::new(contract::Code::Unreachable, "nothing answers")),
            ..samples::operation(name, OperationState::Failed)
        };
        let mut world = with_operations(Vec::new());
        let berlin = VcenterId("id-Berlin".into());
        assert!(!world.card(&berlin));
        list(&mut world, vec![failed("Berlin"), failed("Rome")]);
        let titles = |world: &World| -> Vec<String> {
            world.toasts.shown().iter().map(|toast| toast.title.clone()).collect()
        };
        assert_eq!(titles(&world), ["Rome: full sync failed"]);
        world.no_card(&berlin);
        list(&mut world, vec![Operation { id: OperationId("next".into()), ..failed("Berlin") }]);
        assert_eq!(titles(&world), ["Full sync failed: 2 vCenters"]);
        assert!(world.card(&berlin), "what is said already goes when it stands on the page");
        assert_eq!(titles(&world), ["Rome: full sync failed"]);
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert_eq!(titles(&world).len(), 1, "the id was seen");
    }

    #[test]
    fn a_cancelled_operation_is_shown_as_cancelling_from_the_click_until_it_has_ended() {
        let running = samples::operation("Berlin", OperationState::Running);
        let id = running.id.clone();
        let mut world = with_operations(vec![running.clone()]);
        world.cancel(id.clone());
        list(&mut world, vec![running]);
        assert!(world.is_cancelling(&id));
        list(&mut world, vec![samples::operation("Berlin", OperationState::Cancelled)]);
        assert!(!world.is_cancelling(&id));
    }

    #[test]
    fn ages_are_told_every_five_seconds_only_while_they_change_by_the_second() {
        let mut world = with_operations(vec![samples::operation("Berlin", OperationState::Running)]);
        assert_eq!(world.next_tick(), SOON);
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        world.at(Time(600_000));
        assert_eq!(world.next_tick(), LATER);
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nothing() {
        let (ahead, right) = (Time(2_000_000_000), Time(1_000_000_000));
        let mut world = World::default();
        world.at(ahead);
        assert!(world.ask(&Ask::Operations).is_some());
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(Vec::new()))).is_empty());
        assert!(world.tick(ahead).is_empty());
        world.at(right);
        let mut ended = samples::operation("Berlin", OperationState::Succeeded);
        ended.finished_at = Some(Time(right.0 + 1));
        list(&mut world, vec![ended]);
        assert_eq!(world.toasts.shown().len(), 1, "what ends from now on is told");
        assert!(world.tick(right).is_empty());
        assert_eq!(world.refreshed, right.0, "and what is stale is looked for again");
    }

    #[test]
    fn another_estate_begins_with_nothing_of_the_one_before() {
        let mut world = with_operations(Vec::new());
        let estate = |simulated| Answer::Estate(Estate { simulated, data_dir: String::new() });
        assert!(world.ask(&Ask::Estate).is_some() && world.ask(&Ask::Vcenters).is_some());
        assert!(world.answered(&Ask::Estate, Ok(estate(false))).is_empty());
        let known = Answer::Vcenters(vec![samples::vcenter("Berlin")]);
        assert!(world.answered(&Ask::Vcenters, Ok(known)).is_empty());
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert_eq!(world.toasts.shown().len(), 1);
        let anew = world.answered(&Ask::Estate, Ok(estate(true)));
        assert_eq!(anew.len(), 2, "{anew:?}");
        assert!(world.vcenters().is_none() && world.toasts.shown().is_empty());
        let seen = vec![samples::operation("Munich", OperationState::Succeeded)];
        assert!(world.answered(&Ask::Operations, Ok(Answer::Operations(seen))).is_empty());
        assert!(world.toasts.shown().is_empty(), "what it holds from before was not seen here");
    }
}
