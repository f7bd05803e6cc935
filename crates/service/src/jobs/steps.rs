//! The steps of an operation as it runs, each with how long it took, and what failed of it: for its history.
//! Refuses to grow without end: of a server that fails again and again the first and the last failures are enough.

use contract::{ApiError, FailedAttempt, Step, shortened};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Steps that are kept: a full sync of four attempts has some hundred.
const MOST: usize = 200;

/// Failures that are kept.
const FAILURES: usize = 20;

/// The steps of one operation.
pub(crate) struct Steps {
    began: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    told: contract::Steps,
    /// The step that lasts until the next one begins, by its place.
    open: Option<usize>,
}

impl Default for Steps {
    fn default() -> Steps {
        Steps { began: Instant::now(), kept: Mutex::default() }
    }
}

impl Steps {
    /// Begins a step that lasts until the next one begins.
    pub(crate) fn begin(&self, attempt: u32, step: &str) {
        let mut kept = self.kept();
        self.end(&mut kept);
        kept.open = self.push(&mut kept, attempt, step);
    }

    /// Begins a step that runs beside others; it is over when what this returns is dropped.
    pub(crate) fn beside(&self, attempt: u32, step: &str) -> Beside<'_> {
        let mut kept = self.kept();
        self.end(&mut kept);
        kept.open = None;
        Beside { steps: self, at: self.push(&mut kept, attempt, step), began: Instant::now() }
    }

    /// What failed in an attempt.
    pub(crate) fn failed(&self, attempt: u32, error: &ApiError) {
        let mut kept = self.kept();
        let message = shortened(&error.message).to_owned();
        let failures = &mut kept.told.failures;
        // The very same is told once: what ended an attempt, and the operation, was the failure of its last call.
        let is_same = |last: &FailedAttempt| last.attempt == attempt && message.starts_with(&*last.message);
        if failures.last().is_some_and(is_same) {
            return;
        }
        if failures.len() == FAILURES {
            failures.pop();
        }
        failures.push(FailedAttempt { attempt, after_ms: self.after(), code: error.code, message });
    }

    /// What was done so far; the last step ends here.
    pub(crate) fn told(&self) -> contract::Steps {
        let mut kept = self.kept();
        self.end(&mut kept);
        kept.told.clone()
    }

    fn push(&self, kept: &mut Kept, attempt: u32, step: &str) -> Option<usize> {
        if kept.told.steps.len() == MOST {
            return None;
        }
        let step = Step { attempt, step: shortened(step).to_owned(), after_ms: self.after(), took_ms: 0 };
        kept.told.steps.push(step);
        Some(kept.told.steps.len() - 1)
    }

    fn end(&self, kept: &mut Kept) {
        let after = self.after();
        if let Some(open) = kept.open.and_then(|at| kept.told.steps.get_mut(at)) {
            open.took_ms = after.saturating_sub(open.after_ms);
        }
    }

    fn after(&self) -> u64 {
        in_ms(self.began.elapsed())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step that runs beside others.
pub(crate) struct Beside<'a> {
    steps: &'a Steps,
    at: Option<usize>,
    began: Instant,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        let took = in_ms(self.began.elapsed());
        let mut kept = self.steps.kept();
        if let Some(step) = self.at.and_then(|at| kept.told.steps.get_mut(at)) {
            step.took_ms = took;
        }
    }
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Code;

    async fn pass(ms: u64) {
        tokio::time::advance(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_lasts_until_the_next_one_and_those_side_by_side_as_long_as_they_are_held() {
        let steps = Steps::default();
        steps.begin(1, "connecting");
        pass(120).await;
        let hosts = steps.beside(1, "reading hosts");
        pass(30).await;
        let vms = steps.beside(1, "reading VMs");
        pass(50).await;
        drop(hosts);
        pass(400).await;
        drop(vms);
        steps.begin(1, "comparing");
        pass(7).await;
        let told: Vec<_> =
            steps.told().steps.into_iter().map(|one| (one.step, one.after_ms, one.took_ms)).collect();
        let step = |step: &str, after, took| (step.to_owned(), after, took);
        assert_eq!(
            told,
            [
                step("connecting", 0, 120),
                step("reading hosts", 120, 80),
                step("reading VMs", 150, 450),
                step("comparing", 600, 7),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_failures_and_the_last_one_are_kept_and_the_very_same_is_told_once() {
        let steps = Steps::default();
        let error = |words: &str| ApiError::new(Code::Unreachable, words);
        steps.failed(1, &error("no answer"));
        steps.failed(1, &error("no answer"));
        steps.failed(2, &error("no answer"));
        assert_eq!(steps.told().failures.len(), 2);
        for number in 0..50 {
            steps.failed(3, &error(&format!("failure {number}")));
        }
        let failures = steps.told().failures;
        assert_eq!(failures.len(), FAILURES);
        assert_eq!((&*failures[0].message, &*failures[FAILURES - 1].message), ("no answer", "failure 49"));
    }
}
