//! What the page of operations shows: which of them, in which order, and the words of each.
//! Refuses to count what is not loaded: what matches is looked for among the operations that are there.

use super::advice::{Action, Offer, Work};
use super::words;
use contract::{Operation, OperationId, OperationKind, OperationState, Origin, VcenterId};

/// Which operations are looked at, and which of them in full, as the address has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Only those of this vCenter.
    pub(crate) vcenter: Option<VcenterId>,
    /// Only those that stand like this.
    pub(crate) state: Option<OperationState>,
    /// The one whose details are open.
    pub(crate) open: Option<OperationId>,
}

impl Looked {
    /// The states to choose from, in the order in which an operation meets them.
    pub(crate) const STATES: [OperationState; 7] = [
        OperationState::Queued,
        OperationState::Running,
        OperationState::Succeeded,
        OperationState::Partial,
        OperationState::Failed,
        OperationState::Cancelled,
        OperationState::Interrupted,
    ];

    /// The same with these details open, or none.
    pub(crate) fn opening(&self, open: Option<OperationId>) -> Looked {
        Looked { open, ..self.clone() }
    }

    /// Whether any operation is left out.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.vcenter.is_some() || self.state.is_some()
    }

    /// As pairs of an address.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let vcenter = self.vcenter.as_ref().map(|id| ("vcenter", id.to_string()));
        let state = self.state.map(|state| ("state", state.name().to_owned()));
        let open = self.open.as_ref().map(|id| ("open", id.to_string()));
        [vcenter, state, open].into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// What such pairs say; what they don't is left as it is by itself.
    pub(super) fn parse(pairs: &[(String, String)]) -> Looked {
        let value = |key: &str| {
            let pair = pairs.iter().find(|(name, value)| name == key && !value.is_empty());
            pair.map(|(_, value)| value.clone())
        };
        Looked {
            vcenter: value("vcenter").map(VcenterId),
            state: value("state").and_then(|name| OperationState::from_name(&name)),
            open: value("open").map(OperationId),
        }
    }

    fn has(&self, operation: &Operation) -> bool {
        self.vcenter.as_ref().is_none_or(|id| operation.vcenter_id == *id)
            && self.state.is_none_or(|state| operation.state == state)
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
        looked: &Looked,
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
        Listed {
            queue: queue.into_iter().filter(|one| looked.has(one)).cloned().collect(),
            history: ended.filter(|one| looked.has(one)).cloned().collect(),
        }
    }

    /// All of them, as they stand below each other.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Operation> {
        self.queue.iter().chain(&self.history)
    }
}

/// Who asked for it.
pub(crate) fn origin(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::User => ("User", "A user started it, in the window or on the command line."),
        Origin::Reader => ("Automatic", "Muster started it, because the data shown was older than its TTL."),
    }
}

/// How many seconds it took, or takes so far; `None` for one that never began.
pub(crate) fn seconds(operation: &Operation, now: contract::Time) -> Option<i64> {
    let from = operation.started_at?;
    let to = match operation.finished_at {
        Some(to) => to,
        None if operation.state == OperationState::Running => now,
        None => return None,
    };
    // The page's clock is looked at every few seconds, and may be behind.
    Some(from.age_seconds(to).unwrap_or_default())
}

/// How long it took in words: `< 1 s`, `12 s`.
pub(crate) fn took(seconds: i64) -> String {
    if seconds < 1 { "< 1 s".to_owned() } else { words::took(seconds) }
}

/// How many objects it read.
pub(crate) fn objects(operation: &Operation) -> Option<u64> {
    let is_known = operation.kind() != OperationKind::Test && operation.progress.total > 0;
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
    let again = Action::Work(Work::new(&operation.vcenter_id, operation.job.again()));
    offers.into_iter().filter(|offer| offer.action != again).collect()
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
    use contract::{ApiError, Code, Job, Time};

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
    fn what_runs_stands_before_what_waits_and_both_before_what_has_ended() {
        use OperationState::{Failed, Queued, Running, Succeeded};
        let active = [operation("b", Queued, 2), operation("a", Running, 3), operation("c", Running, 1)];
        let history = [
            operation("d", Succeeded, 9),
            operation("old", Queued, 0),
            operation("a", Running, 3),
            operation("c", Failed, 1),
        ];
        let listed = Listed::of(&active, &history, &Looked::default());
        assert_eq!(ids(&listed.queue), ["a", "old", "b"], "c ended between the two answers");
        assert_eq!(ids(&listed.history), ["d", "c"]);
        assert_eq!(listed.all().count(), 5);
    }

    #[test]
    fn filters_leave_out_what_is_of_another_vcenter_or_stands_otherwise() {
        let own = operation("own", OperationState::Failed, 1);
        let other = Operation {
            id: OperationId("other".to_owned()),
            ..samples::operation("Paris", OperationState::Failed)
        };
        let done = operation("done", OperationState::Succeeded, 2);
        let history = [done, other, own];
        let looked = |vcenter: Option<&str>, state| Looked {
            vcenter: vcenter.map(|name| VcenterId(format!("id-{name}"))),
            state,
            open: None,
        };
        let shown = |looked: &Looked| Listed::of(&[], &history, looked).history.len();
        assert_eq!(shown(&looked(None, None)), 3);
        assert_eq!(shown(&looked(Some("Paris"), None)), 1);
        assert_eq!(shown(&looked(None, Some(OperationState::Failed))), 2);
        assert_eq!(shown(&looked(Some("Paris"), Some(OperationState::Succeeded))), 0);
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
        assert_eq!(seconds(&one, Time(6_000)), Some(5));
        assert_eq!(seconds(&one, Time(0)), Some(0), "the page's clock is behind");
        one.started_at = None;
        assert_eq!(seconds(&one, Time(6_000)), None);
        assert_eq!((took(0), took(65)), ("< 1 s".to_owned(), "1 min 5 s".to_owned()));
    }
}
