//! What the page of operations shows: which of them, in which order, and the words of each.
//! Refuses to count what is not loaded: what matches is looked for among the operations that are there.

use super::advice::{Action, Offer, Work};
use super::words;
use contract::command::OperationFilter;
use contract::{
    Fold, Line, Operation, OperationId, OperationKind, OperationState, Origin, Time, VcenterId, fold,
};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Which operations are looked at, and which of them in full, as the address has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) filter: OperationFilter,
    /// The one whose details are open.
    pub(crate) open: Option<OperationId>,
}

impl Looked {
    /// Those that failed.
    pub(crate) fn failed() -> Looked {
        let filter = OperationFilter { states: vec![OperationState::Failed], ..OperationFilter::default() };
        Looked { filter, open: None }
    }

    /// The same with these details open, or none.
    pub(crate) fn opening(&self, open: Option<OperationId>) -> Looked {
        Looked { open, ..self.clone() }
    }

    /// As pairs of an address.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let OperationFilter { vcenter, kinds, states, origin, since, until } = &self.filter;
        let mut pairs = Vec::new();
        let mut add = |key: &str, value: String| pairs.push((key.to_owned(), value));
        vcenter.iter().for_each(|id| add("vcenter", id.to_string()));
        kinds.iter().for_each(|kind| add("kind", kind.name().to_owned()));
        states.iter().for_each(|state| add("state", state.name().to_owned()));
        origin.iter().for_each(|origin| add("origin", origin.name().to_owned()));
        since.iter().for_each(|since| add("since", since.to_string()));
        until.iter().for_each(|until| add("until", until.to_string()));
        self.open.iter().for_each(|id| add("open", id.to_string()));
        pairs
    }

    /// What such pairs say; what they don't is left as it is by itself.
    pub(super) fn parse(pairs: &[(String, String)]) -> Looked {
        let values = |key: &'static str| {
            let own = pairs.iter().filter(move |(name, value)| name == key && !value.is_empty());
            own.map(|(_, value)| value.as_str())
        };
        let filter = OperationFilter {
            vcenter: values("vcenter").next().map(|id| VcenterId(id.to_owned())),
            kinds: values("kind").filter_map(OperationKind::from_name).collect(),
            states: values("state").filter_map(OperationState::from_name).collect(),
            origin: values("origin").find_map(Origin::from_name),
            since: values("since").find_map(|text| text.parse().ok()),
            until: values("until").find_map(|text| text.parse().ok()),
        };
        Looked { filter, open: values("open").next().map(|id| OperationId(id.to_owned())) }
    }
}

/// The operations on screen, in their order: what runs, what waits for its turn, and what has ended, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) queue: Vec<Operation>,
    pub(crate) history: Vec<Operation>,
}

impl Listed {
    /// Puts together what waits or runs and what is known of before. One that is in both, because it ended between two
    /// answers, has ended.
    pub(crate) fn of<'a>(
        active: impl IntoIterator<Item = &'a Operation>,
        history: &'a [Operation],
    ) -> Listed {
        let history_of = |id: &OperationId| history.iter().find(|known| known.id == *id);
        let mut queue: Vec<&Operation> = active
            .into_iter()
            .filter(|one| history_of(&one.id).is_none_or(|known| !known.state.is_final()))
            .collect();
        let waiting = history.iter().rev().filter(|operation| !operation.state.is_final());
        for operation in waiting {
            if !queue.iter().any(|known| known.id == operation.id) {
                queue.push(operation);
            }
        }
        queue.sort_by_key(|operation| (operation.state == OperationState::Queued, operation.submitted_at));
        let ended = history.iter().filter(|operation| operation.state.is_final());
        Listed { queue: queue.into_iter().cloned().collect(), history: ended.cloned().collect() }
    }

    /// The same without those of before that fell out of what is looked at.
    pub(crate) fn within(active: &[Operation], history: &[Operation], out: &[OperationId]) -> Listed {
        if out.is_empty() {
            return Listed::of(active, history);
        }
        let within: Vec<Operation> = history.iter().filter(|one| !out.contains(&one.id)).cloned().collect();
        Listed::of(active, &within)
    }

    /// All of them, as they stand below each other.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Operation> {
        self.queue.iter().chain(&self.history)
    }
}

/// The lines of the table, as they stand below each other.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    pub(crate) all: Rc<[Item]>,
    /// How many of them run or wait.
    queue: usize,
}

impl Items {
    /// What runs and waits, and what has ended.
    pub(crate) fn parts(&self) -> (&[Item], &[Item]) {
        self.all.split_at(self.queue)
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// An operation, and whether it is one of those of the line above it.
    One(Rc<Operation>, bool),
    /// Automatic operations that changed nothing, and whether they stand below it.
    Fold(Folded),
}

/// Automatic operations that changed nothing, as one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Folded {
    /// The newest first.
    pub(crate) operations: Vec<Rc<Operation>>,
    pub(crate) words: String,
    /// When the first and the last of them began.
    pub(crate) span: (Time, Time),
    pub(crate) is_open: bool,
}

impl Folded {
    fn of(fold: &Fold<'_>, unfolded: &BTreeSet<OperationId>) -> Folded {
        Folded {
            operations: fold.operations.iter().map(|one| Rc::new((*one).clone())).collect(),
            words: contract::words::folded(fold),
            span: fold.span(),
            // By any of them: new ones join at the top, and older ones at the bottom.
            is_open: fold.operations.iter().any(|one| unfolded.contains(&one.id)),
        }
    }
}

impl Item {
    /// The id of its element.
    pub(crate) fn element(&self) -> String {
        match self {
            Item::One(operation, _) => format!("{ONE}{}", operation.id),
            // By the oldest: new ones join at the top, and the line stays the same.
            Item::Fold(folded) => {
                let oldest = folded.operations.last();
                format!("{FOLD}{}", oldest.map_or("", |oldest| oldest.id.as_str()))
            }
        }
    }

    fn holds(&self, id: &str) -> bool {
        match self {
            Item::One(operation, _) => operation.id.as_str() == id,
            Item::Fold(folded) => folded.operations.iter().any(|one| one.id.as_str() == id),
        }
    }

    /// Whether it is, or hides, an operation.
    pub(crate) fn has(&self, id: &OperationId) -> bool {
        match self {
            Item::One(operation, _) => operation.id == *id,
            Item::Fold(folded) => !folded.is_open && folded.operations.iter().any(|one| one.id == *id),
        }
    }
}

/// The place of what had an element: that, or else the line that holds the operation by now. Older ones may have joined a
/// fold, and one that stood alone may be in one.
pub(crate) fn place_of(items: &[Item], element: &str) -> Option<usize> {
    let same = items.iter().position(|item| item.element() == element);
    same.or_else(|| {
        let id = element.strip_prefix(FOLD).or_else(|| element.strip_prefix(ONE))?;
        items.iter().position(|item| item.holds(id))
    })
}

/// What ids of elements begin with.
const ONE: &str = "operation-";
const FOLD: &str = "fold-";

impl Listed {
    /// All of them as lines: what runs and waits, and what has ended.
    pub(crate) fn items(&self, unfolded: &BTreeSet<OperationId>) -> Items {
        let mut all: Vec<Item> =
            self.queue.iter().map(|one| Item::One(Rc::new(one.clone()), false)).collect();
        all.extend(self.past(unfolded));
        Items { all: all.into(), queue: self.queue.len() }
    }

    /// What has ended, as lines: automatic operations that changed nothing are one, or stand below it where that was asked
    /// for by one of their ids.
    fn past(&self, unfolded: &BTreeSet<OperationId>) -> Vec<Item> {
        let mut items = Vec::new();
        for line in fold(&self.history) {
            match line {
                Line::One(one) => items.push(Item::One(Rc::new(one.clone()), false)),
                Line::Fold(fold) => {
                    let folded = Folded::of(&fold, unfolded);
                    let below = folded.operations.iter().filter(|_| folded.is_open).cloned();
                    let below: Vec<Item> = below.map(|one| Item::One(one, true)).collect();
                    items.push(Item::Fold(folded));
                    items.extend(below);
                }
            }
        }
        items
    }

    /// How many lines that are.
    pub(crate) fn lines(&self) -> usize {
        self.queue.len() + fold(&self.history).len()
    }
}

/// Who asked for it.
pub(crate) fn origin(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::User => ("User", "A user started it, in the window or on the command line."),
        Origin::Reader => ("Automatic", "Muster started it, because the data shown was older than its TTL."),
        Origin::Schedule => ("Schedule", "A schedule started it."),
        Origin::Policy => ("Policy", "A policy started it."),
    }
}

/// How many milliseconds it took, or takes so far; `None` for one that never began.
pub(crate) fn took(operation: &Operation, now: Time) -> Option<i64> {
    let from = operation.started_at?;
    match operation.finished_at {
        Some(to) => Some((to.0 - from.0).max(0)),
        // To the second, and none where the page's clock, which is looked at every few seconds, is behind.
        None if operation.state == OperationState::Running => {
            Some(from.age_seconds(now).unwrap_or_default() * 1000)
        }
        None => None,
    }
}

/// The same in words, or how long it will still take where that is known.
pub(crate) fn took_or_left(operation: &Operation, now: Time) -> Option<String> {
    match operation.progress.remaining_seconds {
        Some(seconds) if operation.state == OperationState::Running => Some(contract::words::left(seconds)),
        _ => took(operation, now).map(words::took),
    }
}

/// How fast it goes: `430/s · 2.4 MiB/s`.
pub(crate) fn speed(operation: &Operation) -> Option<String> {
    let progress = &operation.progress;
    let rates = [
        progress.objects_per_second.map(contract::words::rate),
        progress.bytes_per_second.map(contract::words::byte_rate),
    ];
    let rates: Vec<String> = rates.into_iter().flatten().collect();
    (operation.state == OperationState::Running && !rates.is_empty()).then(|| rates.join(" \u{b7} "))
}

/// How many objects it read.
pub(crate) fn objects(operation: &Operation) -> Option<u64> {
    let is_known = operation.job.reads_inventory() && operation.progress.total > 0;
    is_known.then_some(operation.progress.done)
}

/// What it changed, where it changed anything at all.
pub(crate) fn changes(operation: &Operation) -> Option<String> {
    let is_published = matches!(operation.state, OperationState::Succeeded | OperationState::Partial);
    (is_published && operation.kind() != OperationKind::Test).then(|| words::changes(operation))
}

/// Whether a person may want it once more.
pub(crate) fn may_run_again(operation: &Operation) -> bool {
    matches!(
        operation.state,
        OperationState::Partial
            | OperationState::Failed
            | OperationState::Cancelled
            | OperationState::Interrupted
    )
}

/// What a failure offers beside running the operation again.
pub(crate) fn other_offers(operation: &Operation, offers: Vec<Offer>) -> Vec<Offer> {
    let again = operation.vcenter_id.as_ref().map(|id| Action::Work(Work::new(id, operation.job.again())));
    offers.into_iter().filter(|offer| Some(&offer.action) != again.as_ref()).collect()
}

/// How many operations run and wait, in a phrase; `None` where there are none.
pub(crate) fn counted<'a>(active: impl IntoIterator<Item = &'a Operation>) -> Option<String> {
    let (mut running, mut queued) = (0, 0);
    for operation in active {
        match operation.state {
            OperationState::Running => running += 1,
            _ => queued += 1,
        }
    }
    let parts = [(running, "running"), (queued, "queued")].into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> =
        parts.map(|(number, what)| format!("{} {what}", words::grouped(number))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use contract::{ApiError, Code, Job};

    fn operation(id: &str, state: OperationState, submitted: i64) -> Operation {
        Operation {
            id: OperationId(id.to_owned()),
            submitted_at: Time(submitted),
            ..samples::operation("Berlin", state)
        }
    }

    fn ids(operations: &[Operation]) -> Vec<&str> {
        operations.iter().map(|operation| operation.id.as_str()).collect()
    }

    #[test]
    fn automatic_operations_without_changes_are_one_line_until_somebody_looks_and_stay_open_when_one_joins() {
        let quiet = |id: &str, at| Operation {
            origin: Origin::Schedule,
            ..operation(id, OperationState::Succeeded, at)
        };
        let history = vec![quiet("c", 3), quiet("b", 2), quiet("a", 1)];
        let mut listed = Listed { queue: Vec::new(), history };
        let elements = |listed: &Listed, unfolded: &[&str]| {
            let unfolded = unfolded.iter().map(|id| OperationId((*id).to_owned())).collect();
            listed.past(&unfolded).iter().map(Item::element).collect::<Vec<_>>()
        };
        assert_eq!(elements(&listed, &[]), ["fold-a"]);
        assert!(
            listed.past(&BTreeSet::new())[0].has(&OperationId("b".to_owned())),
            "its details may be open"
        );
        let open = ["fold-a", "operation-c", "operation-b", "operation-a"];
        assert_eq!(elements(&listed, &["c"]), open);
        listed.history.insert(0, quiet("d", 4));
        assert_eq!(elements(&listed, &["c"]).len(), 5);
        assert_eq!(listed.lines(), 1);
    }

    #[test]
    fn the_keyboard_stays_on_a_fold_whichever_operations_join_it() {
        let of = |vcenter: &str, ids: &[&str]| {
            let quiet = |id: &&str| Operation {
                origin: Origin::Schedule,
                vcenter_id: Some(VcenterId(vcenter.to_owned())),
                ..operation(id, OperationState::Succeeded, 1)
            };
            ids.iter().map(quiet).collect::<Vec<_>>()
        };
        let items = |history: [Vec<Operation>; 2], unfolded: &[&str]| {
            let unfolded = unfolded.iter().map(|id| OperationId((*id).to_owned())).collect();
            Listed { queue: Vec::new(), history: history.concat() }.items(&unfolded).all
        };
        let first = items([of("Rome", &["r2", "r1"]), of("Berlin", &["b3", "b2"])], &[]);
        let place = first[1].element();
        let newer = items([of("Rome", &["r3", "r2", "r1"]), of("Berlin", &["b4", "b3", "b2"])], &[]);
        assert_eq!((place_of(&newer, &place), newer[1].element()), (Some(1), place.clone()), "the same row");
        let older = items([of("Rome", &["r2", "r1"]), of("Berlin", &["b3", "b2", "b1"])], &[]);
        assert_eq!(place_of(&older, &place), Some(1), "more was shown");
        let open = items([of("Rome", &["r2", "r1"]), of("Berlin", &["b3", "b2", "b1"])], &["b2"]);
        assert_eq!(place_of(&open, &place), Some(1), "the fold, not the operation below it");
        assert_eq!(place_of(&open, "operation-b2"), Some(3));
        let alone = items([of("Rome", &["r2", "r1"]), of("Berlin", &["b2"])], &[]);
        assert_eq!(place_of(&first, &alone[1].element()), Some(1), "a second one came");
        assert_eq!(place_of(&first, "operation-x"), None);
    }

    #[test]
    fn what_runs_stands_before_what_waits_and_both_before_what_has_ended() {
        use OperationState::{Failed, Queued, Running, Succeeded};
        let active = [operation("b", Queued, 2), operation("a", Running, 3), operation("c", Running, 1)];
        let history = [
            operation("d", Succeeded, 9),
            operation("old", Queued, 0),
            operation("a", Running, 3),
            operation("c", Failed, 1),
        ];
        let listed = Listed::of(&active, &history);
        assert_eq!(ids(&listed.queue), ["a", "old", "b"], "c ended between the two answers");
        assert_eq!(ids(&listed.history), ["d", "c"]);
        assert_eq!(listed.all().count(), 5);
    }

    #[test]
    fn what_ran_again_is_offered_once() {
        let failed = Operation {
            error: Some(
                ApiError::new(Code::Unreachable, "nothing answers")
                    .remedy(contract::Remedy::EditAddress { vcenter: "a".to_owned() })
                    .of_job("a", &contract::Job::FULL_SYNC),
            ),
            ..operation("a", OperationState::Failed, 1)
        };
        let (_, offers) = super::super::advice::now(failed.error.as_ref().unwrap(), &failed, None);
        assert!(offers.iter().any(|offer| offer.label == "Try again"));
        let left = other_offers(&failed, offers);
        assert!(!left.is_empty() && left.iter().all(|offer| offer.label != "Try again"), "{left:?}");
    }

    #[test]
    fn what_is_under_way_is_counted_by_what_it_does() {
        use OperationState::{Queued, Running};
        let one = operation("a", Running, 1);
        let waiting = operation("b", Queued, 1);
        assert_eq!(counted([]), None);
        assert_eq!(counted([&one]).as_deref(), Some("1 running"));
        assert_eq!(counted([&one, &waiting, &waiting]).as_deref(), Some("1 running, 2 queued"));
    }

    #[test]
    fn a_test_reads_no_objects_and_a_failure_changes_nothing() {
        let mut one = operation("a", OperationState::Succeeded, 1);
        one.progress.total = 7;
        one.progress.done = 7;
        assert_eq!((objects(&one), changes(&one).as_deref()), (Some(7), Some("nothing changed")));
        one.state = OperationState::Failed;
        assert_eq!(changes(&one), None);
        assert!(may_run_again(&one));
        one.job = Job::TEST;
        assert_eq!(objects(&one), None);
    }

    #[test]
    fn how_long_is_told_of_what_began() {
        let mut one = operation("a", OperationState::Running, 1);
        assert_eq!(took(&one, Time(6_500)), Some(5_000));
        assert_eq!(took(&one, Time(0)), Some(0), "the page's clock is behind");
        one.progress.remaining_seconds = Some(20);
        assert_eq!(took_or_left(&one, Time(6_000)).as_deref(), Some("20 s left"));
        one.finished_at = Some(Time(1_400));
        one.state = OperationState::Succeeded;
        assert_eq!(took_or_left(&one, Time(6_000)).as_deref(), Some("0.4 s"));
        one.started_at = None;
        assert_eq!(took(&one, Time(6_000)), None);
    }

    #[test]
    fn how_fast_is_told_of_what_runs() {
        let mut one = operation("a", OperationState::Running, 1);
        assert_eq!(speed(&one), None);
        (one.progress.objects_per_second, one.progress.bytes_per_second) = (Some(430), Some(2_516_582));
        assert_eq!(speed(&one).as_deref(), Some("430/s \u{b7} 2.4 MiB/s"));
        one.state = OperationState::Succeeded;
        assert_eq!(speed(&one), None);
    }
}
