//! What has ended and waits to be told: until nothing more ends, but not for ever.
//! Refuses to tell anything twice, and to look at a clock that somebody can set.

use super::Problem;
use contract::notices::is_at_the_door;
use contract::{Operation, OperationId, OperationState, Origin};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// How long nothing more may have ended before what has ended is told.
const SETTLE: Duration = Duration::from_millis(1500);
/// The same while more of what a person started runs, and the most that anything waits for what comes after it.
const MORE: Duration = Duration::from_secs(10);
/// How long work that began by itself and didn't even reach its vCenter waits at least: by then it is known whether that is the
/// network's end, for which the others are looked at within five seconds.
const LOOKED_AROUND: Duration = Duration::from_secs(6);
/// Operations that are remembered as told.
const REMEMBERED: usize = 2000;

/// All of it.
#[derive(Default)]
pub(super) struct Gathered {
    /// Operations of people that wait or run.
    active: HashSet<OperationId>,
    seen: VecDeque<OperationId>,
    /// What has ended, and from when on it may be told.
    ended: Vec<(Operation, Instant)>,
    problems: Vec<Problem>,
    /// When the first of them came, and the last.
    came: Option<(Instant, Instant)>,
}

impl Gathered {
    /// It ended before anybody listened: no news, whatever the clock says.
    pub(super) fn is_known(&mut self, operation: &Operation) {
        if operation.state.is_final() {
            self.remember(operation.id.clone());
        }
    }

    /// Takes in how an operation stands.
    pub(super) fn see(&mut self, operation: Operation, now: Instant) {
        if !operation.state.is_final() {
            if operation.origin == Origin::User {
                self.active.insert(operation.id);
            }
            return;
        }
        self.active.remove(&operation.id);
        if self.seen.contains(&operation.id) {
            return;
        }
        self.remember(operation.id.clone());
        let looks_around = operation.origin != Origin::User
            && operation.state == OperationState::Failed
            && is_at_the_door(&operation);
        self.ended.push((operation, if looks_around { now + LOOKED_AROUND } else { now }));
        self.came(now);
    }

    /// Takes in that something couldn't be started.
    pub(super) fn fails_to_start(&mut self, problem: Problem, now: Instant) {
        self.problems.push(problem);
        self.came(now);
    }

    /// Something changed that may be worth telling without an operation.
    pub(super) fn came(&mut self, now: Instant) {
        let first = self.came.map_or(now, |(first, _)| first);
        self.came = Some((first, now));
    }

    /// Whether any operation of a person is known to wait or run.
    pub(super) fn has_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// None of a person waits or runs but those for which this is so: a vCenter takes its operations with it when it is removed.
    pub(super) fn retain_active(&mut self, is_active: impl Fn(&OperationId) -> bool) {
        self.active.retain(is_active);
    }

    /// When it is to be told.
    pub(super) fn due(&self) -> Option<Instant> {
        let (first, last) = self.came?;
        let settled = last + if self.active.is_empty() { SETTLE } else { MORE };
        let ripe = self.ended.iter().map(|(_, ripe)| *ripe);
        // What looks around keeps what came with it waiting, so that it is one message.
        let all = ripe.clone().max().map_or(settled, |ripe| ripe.max(settled));
        let soonest = if self.problems.is_empty() { ripe.min() } else { None };
        // Before anything may be told nothing is due.
        Some(soonest.map_or(first + MORE, |soonest| soonest.max(first + MORE)).min(all))
    }

    /// Takes what is to be told now; what looks around still is left for later.
    pub(super) fn take(&mut self, now: Instant) -> (Vec<Operation>, Vec<Problem>) {
        let (ripe, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.ended).into_iter().partition(|(_, ripe)| *ripe <= now);
        self.ended = waiting;
        self.came = (!self.ended.is_empty()).then_some((now, now));
        let mut ripe: Vec<Operation> = ripe.into_iter().map(|(operation, _)| operation).collect();
        ripe.sort_by_key(|operation| operation.finished_at);
        (ripe, std::mem::take(&mut self.problems))
    }

    fn remember(&mut self, id: OperationId) {
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;
    use contract::{ApiError, Code, Time};

    fn operation(id: &str, origin: Origin, state: OperationState, code: Option<Code>) -> Operation {
        Operation {
            finished_at: Some(Time(2)),
            error: code.map(|code| ApiError::new(code, "it failed")),
            ..samples::operation(id, "Berlin", origin, state)
        }
    }

    fn away(id: &str) -> Operation {
        operation(id, Origin::Schedule, OperationState::Failed, Some(Code::Unreachable))
    }

    fn done(id: &str) -> Operation {
        operation(id, Origin::User, OperationState::Succeeded, None)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_ended_before_is_no_news_and_what_ends_after_a_clock_was_set_back_is() {
        let (now, mut gathered) = (Instant::now(), Gathered::default());
        gathered.is_known(&done("a"));
        gathered.see(done("a"), now);
        assert_eq!(gathered.due(), None);
        gathered.see(Operation { finished_at: Some(Time(-86_400_000)), ..done("b") }, now);
        assert_eq!(gathered.due(), Some(now + SETTLE));
        assert_eq!(gathered.take(now + SETTLE).0.len(), 1);
        gathered.see(done("b"), now);
        assert_eq!(gathered.due(), None, "it was told");
    }

    #[test]
    fn what_ends_while_more_of_a_person_runs_is_told_with_it_or_after_ten_seconds() {
        let (now, mut gathered) = (Instant::now(), Gathered::default());
        gathered.see(operation("b", Origin::User, OperationState::Running, None), now);
        gathered.see(done("a"), now);
        assert_eq!(gathered.due(), Some(now + MORE));
        gathered.see(done("b"), now + seconds(4));
        assert_eq!(gathered.due(), Some(now + seconds(4) + SETTLE));
        for second in 5..30 {
            gathered.see(done(&second.to_string()), now + seconds(second));
        }
        assert_eq!(gathered.due(), Some(now + MORE), "what never settles is told too");
    }

    #[test]
    fn an_operation_that_went_with_its_vcenter_keeps_nothing_waiting() {
        let (now, mut gathered) = (Instant::now(), Gathered::default());
        gathered.see(operation("b", Origin::User, OperationState::Running, None), now);
        gathered.retain_active(|_| false);
        gathered.see(done("a"), now);
        assert_eq!(gathered.due(), Some(now + SETTLE));
    }

    #[test]
    fn the_look_around_after_a_vcenter_is_gone_is_never_cut_short() {
        let (now, mut gathered) = (Instant::now(), Gathered::default());
        gathered.see(away("a"), now);
        assert_eq!(gathered.due(), Some(now + LOOKED_AROUND));
        // One after the other: each is looked around for, and the first doesn't wait for all.
        gathered.see(away("b"), now + seconds(5));
        gathered.see(away("c"), now + seconds(9));
        let due = gathered.due().unwrap();
        assert_eq!(due, now + MORE);
        let told: Vec<OperationId> = gathered.take(due).0.into_iter().map(|one| one.id).collect();
        assert_eq!(told, [OperationId("a".to_owned())]);
        let due = gathered.due().unwrap();
        assert_eq!(due, now + seconds(9) + LOOKED_AROUND);
        assert_eq!(gathered.take(due).0.len(), 2);
        assert_eq!(gathered.due(), None);
    }

    #[test]
    fn what_could_not_start_waits_for_the_others_and_is_one_message_with_them() {
        let (now, mut gathered) = (Instant::now(), Gathered::default());
        let error = ApiError::new(Code::Database, "the disk is full");
        for _ in 0..50 {
            gathered
                .fails_to_start(Problem { vcenter: samples::vcenter("Berlin"), error: error.clone() }, now);
        }
        assert_eq!(gathered.due(), Some(now + SETTLE));
        assert_eq!(gathered.take(now + SETTLE).1.len(), 50);
        assert_eq!(gathered.due(), None);
    }
}
