//! All that the page knows, and what has to be asked when something changes.
//! Refuses to call anything: it answers with what to ask, and is told what came of it.

use super::loaded::Loaded;
use super::pace::Pace;
use super::shared::Shared;
use super::toasts::{Toast, Toasts};
use contract::command::Estate;
use contract::{
    ApiError, Credential, Event, Operation, OperationId, OperationState, Origin, RowQuery, Rows, Time,
    Vcenter, VcenterId, VcenterState, VcenterStatus,
};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Operations that the page looks at: enough for what runs and for the last outcomes of each vCenter.
pub(crate) const OPERATIONS: u32 = 100;

/// What is on screen and older than its TTL is asked for again this often at most, in milliseconds.
const REFRESH: i64 = 60_000;

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

/// What was asked for a vCenter, and does not show in its operations yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    OnItsWay,
    Accepted,
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
    /// The operations whose end was told; `None` until the first list is there.
    told: Option<HashSet<OperationId>>,
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
            told: None,
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

    /// Somebody shows this from now on; answers whether to ask the service.
    #[must_use]
    pub(crate) fn ask(&mut self, ask: &Ask) -> bool {
        self.answers.ask(ask)
    }

    /// Somebody shows it no longer.
    pub(crate) fn release(&mut self, ask: &Ask) {
        self.answers.release(ask);
    }

    /// Why something is not known.
    pub(crate) fn error(&self, ask: &Ask) -> Option<&ApiError> {
        self.answers.all().find(|(asked, _)| *asked == ask).and_then(|(_, answer)| answer.error())
    }

    /// A window of rows, as far as it is there.
    pub(crate) fn rows(&self, query: &RowQuery) -> Loaded<Rc<Answer>> {
        self.answers.get(&Ask::Rows(query.clone()))
    }

    /// What changed; answers with what to ask the service.
    #[must_use]
    pub(crate) fn heard(&mut self, events: &[Event]) -> Vec<Ask> {
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
        self.answers.outdate(|ask| events.iter().any(|event| touches(ask, event)))
    }

    /// Takes in an answer; answers whether to ask once more.
    #[must_use]
    pub(crate) fn answered(&mut self, ask: &Ask, answer: Result<Answer, ApiError>) -> bool {
        if let Ok(Answer::Operations(operations)) = &answer {
            self.see(operations);
        }
        if let Ok(Answer::Estate(estate)) = &answer
            && self.estate().is_some_and(|before| before.simulated != estate.simulated)
        {
            // Another database: what it holds from before was not seen here.
            (self.told, self.toasts) = (None, Toasts::default());
        }
        self.answers.answered(ask, answer)
    }

    /// Time went by; answers with what to ask the service because it is on screen and has grown stale.
    #[must_use]
    pub(crate) fn tick(&mut self, now: Time) -> Vec<Ask> {
        self.now = now;
        if now.0 - self.refreshed < REFRESH {
            return Vec::new();
        }
        self.refreshed = now.0;
        let is_stale = |rows: &Rows| {
            rows.sources.iter().any(|source| {
                let age = source.synced_at.map(|at| at.age_seconds(now));
                // What cannot be refreshed needs a person, who sees why on the page.
                let waits_for_a_person = source.failure.as_ref().is_some_and(needs_a_person);
                !waits_for_a_person && age.is_some_and(|age| age > source.ttl_seconds as i64)
            })
        };
        let stale: HashSet<Ask> = self
            .answers
            .all()
            .filter(|(ask, answer)| {
                matches!((ask, answer.value().map(|answer| &**answer)),
                    (Ask::Rows(query), Some(Answer::Rows(rows))) if query.refresh && is_stale(rows))
            })
            .map(|(ask, _)| ask.clone())
            .collect();
        self.answers.outdate(|ask| stale.contains(ask))
    }

    /// A person asked for work on a vCenter: until it shows in the operations, it counts as busy.
    pub(crate) fn sent(&mut self, vcenter: &VcenterId) {
        self.sent.insert(vcenter.clone(), Sent::OnItsWay);
    }

    /// The service took it, or did not.
    pub(crate) fn accepted(&mut self, vcenter: &VcenterId, taken: bool) {
        if taken {
            self.sent.insert(vcenter.clone(), Sent::Accepted);
        } else {
            self.sent.remove(vcenter);
        }
    }

    /// The operations are others now; answers with what to ask the service.
    #[must_use]
    pub(crate) fn outdate_operations(&mut self) -> Vec<Ask> {
        self.answers.outdate(|ask| *ask == Ask::Operations)
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

    /// The newest outcome of a vCenter; a refresh counts only if it failed.
    pub(crate) fn last_outcome(&self, vcenter: &VcenterId) -> Option<&Operation> {
        let own = |operation: &&Operation| operation.vcenter_id == *vcenter && is_told(operation);
        let listed = self.operations().into_iter().flatten().find(own);
        listed
            .or_else(|| self.status(vcenter)?.last_operation.as_ref().filter(|operation| is_told(operation)))
    }

    /// The newest outcomes of all vCenters, newest first. A refresh that failed stands there only as long as it is
    /// the last word on its vCenter: while one is gone, they fail every few minutes.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Operation> {
        let mut seen = HashSet::new();
        let told = self.operations().into_iter().flatten().filter(|operation| is_told(operation));
        told.filter(move |operation| seen.insert(&operation.vcenter_id) || operation.origin == Origin::User)
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
        let fine = |state| matches!(state, VcenterState::Online | VcenterState::NeverSynced);
        self.statuses().into_iter().flatten().filter(move |status| !fine(status.state))
    }

    /// How fast an operation goes.
    pub(crate) fn pace(&self, operation: &OperationId) -> Option<&Pace> {
        self.paces.get(operation)
    }

    fn known(&self, ask: &Ask) -> Option<&Answer> {
        let (_, answer) = self.answers.all().find(|(asked, _)| *asked == ask)?;
        answer.value().map(|answer| &**answer)
    }

    fn see(&mut self, operations: &[Operation]) {
        self.sent.retain(|_, sent| *sent == Sent::OnItsWay);
        let running = |operation: &&Operation| operation.state == OperationState::Running;
        let mut paces = HashMap::new();
        for operation in operations.iter().filter(running) {
            let now = self.now.0;
            let mut pace =
                self.paces.remove(&operation.id).unwrap_or_else(|| Pace::new(now, &operation.progress));
            pace.see(now, &operation.progress);
            paces.insert(operation.id.clone(), pace);
        }
        self.paces = paces;
        let ended = operations.iter().filter(|operation| operation.state.is_final());
        let Some(told) = &mut self.told else {
            self.told = Some(ended.map(|operation| operation.id.clone()).collect());
            return;
        };
        for operation in ended.rev() {
            if told.insert(operation.id.clone())
                && operation.origin == Origin::User
                && let Some(toast) = Toast::of(operation)
            {
                self.toasts.show(toast);
            }
        }
    }
}

/// Whether an operation has an outcome that people want to see.
fn is_told(operation: &Operation) -> bool {
    operation.state.is_final()
        && (operation.origin == Origin::User || operation.state != OperationState::Succeeded)
}

fn needs_a_person(error: &ApiError) -> bool {
    use contract::Code::*;
    matches!(
        error.code,
        LoginRejected | NoPassword | KeychainLocked | UntrustedCertificate | DifferentVcenter | NoPermission
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use contract::{Code, Kind, Source};

    fn with_operations(operations: Vec<Operation>) -> World {
        let mut world = World::default();
        assert!(world.ask(&Ask::Operations));
        assert!(!world.answered(&Ask::Operations, Ok(Answer::Operations(operations))));
        world
    }

    fn list(world: &mut World, operations: Vec<Operation>) {
        assert_eq!(
            world.heard(&[Event::OperationChanged { operation: OperationId("x".into()) }]),
            [Ask::Operations]
        );
        assert!(!world.answered(&Ask::Operations, Ok(Answer::Operations(operations))));
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
    fn a_refresh_that_goes_on_by_itself_is_neither_told_nor_in_the_way() {
        let mut refresh = samples::operation("Berlin", OperationState::Running);
        refresh.origin = Origin::Reader;
        let mut world = with_operations(vec![refresh.clone()]);
        assert!(!world.is_busy(&refresh.vcenter_id));
        assert_eq!(world.active().count(), 1);
        refresh.state = OperationState::Succeeded;
        list(&mut world, vec![refresh.clone()]);
        assert_eq!((world.toasts.shown().len(), world.outcomes().count()), (0, 0));
        refresh.state = OperationState::Failed;
        refresh.id = OperationId("another".into());
        let mut again = refresh.clone();
        again.id = OperationId("a third".into());
        list(&mut world, vec![again, refresh.clone()]);
        assert_eq!((world.toasts.shown().len(), world.outcomes().count()), (0, 1));
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
        world.accepted(&id, true);
        list(&mut world, vec![running]);
        assert!(world.is_busy(&id));
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert!(!world.is_busy(&id));
        world.sent(&id);
        world.accepted(&id, false);
        assert!(!world.is_busy(&id), "what was refused is not under way");
    }

    #[test]
    fn a_new_inventory_outdates_the_rows_that_show_it_and_no_others() {
        let mut world = World::default();
        let of = |id: &str| RowQuery { vcenters: vec![VcenterId(id.into())], ..RowQuery::count(Kind::Hosts) };
        let all = RowQuery::count(Kind::Vms);
        for query in [of("a"), of("b"), all.clone()] {
            let ask = Ask::Rows(query);
            assert!(world.ask(&ask));
            assert!(!world.answered(&ask, Ok(Answer::Rows(Rows::default()))));
        }
        let mut asked = world.heard(&[Event::InventoryChanged { vcenter: VcenterId("a".into()) }]);
        asked.sort_by_key(|ask| format!("{ask:?}"));
        let mut expected = [Ask::Rows(of("a")), Ask::Rows(all)];
        expected.sort_by_key(|ask| format!("{ask:?}"));
        assert_eq!(asked, expected);
    }

    #[test]
    fn what_is_on_screen_is_asked_for_again_when_it_is_stale_unless_a_person_has_to_act() {
        let source = |synced_at, failure| Source {
            vcenter: VcenterId("a".into()),
            name: "Berlin".into(),
            synced_at: Some(Time(synced_at)),
            ttl_seconds: 300,
            refresh: None,
            failure,
        };
        let ask = Ask::Rows(RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) });
        let now = Time(1_000_000_000);
        let asked = |source: Source| {
            let mut world = World::default();
            assert!(world.ask(&ask));
            let rows = Rows { sources: vec![source], ..Rows::default() };
            assert!(!world.answered(&ask, Ok(Answer::Rows(rows))));
            let first = world.tick(now).len();
            (first, world.tick(Time(now.0 + 1000)).len())
        };
        assert_eq!(asked(source(now.0 - 10_000, None)), (0, 0), "fresh");
        assert_eq!(asked(source(now.0 - 400_000, None)), (1, 0), "stale, and asked for once");
        let rejected = Some(ApiError::new(Code::LoginRejected, "x"));
        assert_eq!(asked(source(now.0 - 400_000, rejected)), (0, 0), "a person has to act");
    }

    #[test]
    fn another_estate_begins_without_the_toasts_of_the_one_before() {
        let mut world = with_operations(Vec::new());
        let estate = |simulated| Estate { simulated, data_dir: String::new() };
        assert!(world.ask(&Ask::Estate));
        assert!(!world.answered(&Ask::Estate, Ok(Answer::Estate(estate(false)))));
        list(&mut world, vec![samples::operation("Berlin", OperationState::Succeeded)]);
        assert_eq!(world.toasts.shown().len(), 1);
        let _ = world.answered(&Ask::Estate, Ok(Answer::Estate(estate(true))));
        assert!(world.toasts.shown().is_empty());
        list(&mut world, vec![samples::operation("Munich", OperationState::Succeeded)]);
        assert!(world.toasts.shown().is_empty(), "what it holds from before was not seen here");
    }
}
