//! When work that runs by itself leaves a vCenter alone that fails again and again: a circuit breaker.
//! Refuses to hold up what a person asks for: that is always tried, and closes it if it succeeds.

use contract::{Code, Operation, OperationState, Suspension, Time};
use std::borrow::Borrow;

/// Failures in a row after which nothing is tried by itself for a while.
const FAILURES: u32 = 3;

/// How long that is at first; twice as long after each further failure.
const FIRST: i64 = 60_000;

/// The longest.
const LONGEST: i64 = 30 * 60_000;

/// Leaves out the failures up to a reset: they hold nothing up any more. One in the future was dated by a clock that was wrong.
pub(crate) fn forgive<O: Borrow<Operation>>(operations: &mut Vec<O>, reset_at: Option<Time>, now: Time) {
    let Some(reset_at) = reset_at.filter(|at| *at <= now) else { return };
    operations.retain(|operation| {
        let operation = operation.borrow();
        operation.state != OperationState::Failed || operation.finished_at.is_none_or(|at| at > reset_at)
    });
}

/// Until when nothing is tried by itself, after what was done so far and is not forgiven.
pub(crate) fn suspension<O: Borrow<Operation>>(operations: &[O], now: Time) -> Option<Suspension> {
    let ended = operations
        .iter()
        .map(Borrow::borrow)
        .filter_map(|operation| Some((says(operation)?, operation.finished_at?)));
    let mut ended: Vec<(Says, Time)> = ended.collect();
    // What was asked for first may end last.
    ended.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    let failures = ended.into_iter().take_while(|(says, _)| *says == Says::Fails);
    let failures: Vec<Time> = failures.map(|(_, at)| at).collect();
    let count = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    let newest = *failures.first()?;
    let further = count.checked_sub(FAILURES)?;
    let pause = FIRST.checked_shl(further).unwrap_or(LONGEST).clamp(FIRST, LONGEST);
    let until = Time(newest.0.saturating_add(pause));
    // An end in the future was dated by a clock that was wrong, and holds nothing up.
    (newest <= now && now < until).then_some(Suspension { failures: count, until })
}

/// What an operation that ended says of its vCenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Works,
    Fails,
}

fn says(operation: &Operation) -> Option<Says> {
    match operation.state {
        OperationState::Succeeded | OperationState::Partial => Some(Says::Works),
        OperationState::Failed => {
            operation.error.as_ref().filter(|error| is_its_own(error.code)).map(|_| Says::Fails)
        }
        OperationState::Queued
        | OperationState::Running
        | OperationState::Cancelled
        | OperationState::Interrupted => None,
    }
}

/// Whether a failure is the server's, or the network's to it; one of its proxy or tunnel says nothing of it, and trying again
/// asks nothing of the server. What needs a person first is held up for that (`person.rs`).
fn is_its_own(code: Code) -> bool {
    use Code::{BadAnswer, Failed, NoSession, NotVsphere, TimedOut, Unreachable};
    matches!(code, Failed | NoSession | Unreachable | TimedOut | NotVsphere | BadAnswer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{ApiError, Job};

    const MINUTE: i64 = 60_000;

    fn ended(state: OperationState, code: Option<Code>, minute: i64) -> Operation {
        Operation {
            state,
            finished_at: Some(Time(minute * MINUTE)),
            error: code.map(|code| ApiError::new(code, "no")),
            ..crate::tests::operation(Job::FULL_SYNC)
        }
    }

    fn failed(minute: i64) -> Operation {
        ended(OperationState::Failed, Some(Code::Unreachable), minute)
    }

    fn at(operations: &[Operation], minute: i64) -> Option<(u32, i64)> {
        let suspension = suspension(operations, Time(minute * MINUTE))?;
        Some((suspension.failures, suspension.until.0 / MINUTE))
    }

    #[test]
    fn three_failures_in_a_row_suspend_for_a_minute_and_each_further_one_for_twice_as_long_up_to_half_an_hour()
     {
        let mut failures = vec![failed(100), failed(99)];
        assert_eq!(at(&failures, 100), None);
        for minutes in [1, 2, 4, 8, 16, 30, 30] {
            failures.push(failed(90));
            let count = u32::try_from(failures.len()).unwrap();
            assert_eq!(at(&failures, 100), Some((count, 100 + minutes)));
            assert_eq!(at(&failures, 100 + minutes), None, "then it is tried once more");
        }
        failures.extend(vec![failed(1); 97]);
        assert_eq!(at(&failures, 100), Some((106, 130)));
        assert_eq!(at(&failures, 99), None, "a clock was wrong");
    }

    #[test]
    fn a_success_ends_the_row_and_what_says_nothing_of_the_server_is_passed_over() {
        use OperationState::{Cancelled, Failed, Interrupted, Partial, Queued, Running, Succeeded};
        let says_nothing = [
            ended(Cancelled, Some(Code::Cancelled), 100),
            ended(Interrupted, Some(Code::Interrupted), 100),
            ended(Failed, Some(Code::LoginRejected), 100),
            ended(Failed, Some(Code::TooManyRemovals), 100),
            ended(Failed, Some(Code::WayFailed), 100),
            Operation { finished_at: None, ..ended(Running, None, 0) },
            Operation { finished_at: None, ..ended(Queued, None, 0) },
        ];
        for between in says_nothing {
            let row = [between.clone(), failed(100), failed(99), between, failed(98)];
            assert_eq!(at(&row, 100), Some((3, 101)), "{:?}", row[0]);
        }
        for well in [Succeeded, Partial] {
            assert_eq!(at(&[failed(100), failed(99), ended(well, None, 98), failed(97)], 100), None);
        }
    }

    #[test]
    fn who_resets_it_begins_a_new_row() {
        let row = [failed(100), failed(99), failed(98)];
        let reset = |minute: i64| {
            let mut row = row.to_vec();
            forgive(&mut row, Some(Time(minute * MINUTE)), Time(100 * MINUTE));
            suspension(&row, Time(100 * MINUTE))
        };
        assert_eq!(reset(97).unwrap().failures, 3);
        assert_eq!((reset(98), reset(100)), (None, None));
    }
}
