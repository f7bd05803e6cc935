//! How often what a server did not answer is tried again, and when.
//! Refuses to go on for long: what was tried four times has failed, calls that a pass made again included.

use super::{Context, Stop};
use backon::{BackoffBuilder, ExponentialBuilder};
use contract::{ApiError, Progress};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the same is tried in all.
const TRIES: u32 = 4;

/// Before the second try there is a pause of at most this, before each further one of at most twice the one before.
const FIRST: Duration = Duration::from_secs(1);

/// A server that wants to be left alone for longer is left alone.
const LONGEST: Duration = Duration::from_secs(60);

/// How often the work of one operation was tried.
#[derive(Default)]
pub(crate) struct Tries(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// Tries before this pass.
    before: u32,
    /// The most that something had before its last try, in this pass.
    most: u32,
}

impl Tries {
    /// Whether a call that this pass made again so often may be made once more; counts it, if it may.
    pub(super) fn may_again(&self, so_often: u32) -> bool {
        let mut counted = self.counted();
        let before = counted.before + so_often + 1;
        if before >= TRIES {
            return false;
        }
        counted.most = counted.most.max(before);
        true
    }

    /// Something was tried so often in this pass.
    pub(super) fn took(&self, tries: u32) {
        let mut counted = self.counted();
        counted.most = counted.most.max(counted.before + tries.saturating_sub(1));
    }

    /// Tries so far; the pass is over.
    fn so_far(&self) -> u32 {
        let mut counted = self.counted();
        counted.before = counted.before.max(counted.most) + 1;
        counted.most = counted.before;
        counted.before
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait before the try after so many; nothing if the server wants to be left alone for too long.
pub(crate) fn pause(tries: u32, after: Option<Duration>) -> Option<Duration> {
    if let Some(after) = after.filter(|after| !after.is_zero()) {
        // All that were sent away come back at the same time.
        return (after <= LONGEST).then(|| after + FIRST.mul_f64(fastrand::f64()));
    }
    let doubling = ExponentialBuilder::default().with_min_delay(FIRST).with_max_delay(LONGEST);
    let most = doubling.with_max_times(TRIES as usize).build().nth(tries.saturating_sub(1) as usize);
    Some(most.unwrap_or(LONGEST).mul_f64(fastrand::f64()))
}

impl Context {
    /// Waits until what failed may be tried once more. Answers with the failure where that is of no use, or was done often
    /// enough.
    pub(super) async fn before_another_try(&self, error: ApiError) -> Result<(), Stop> {
        let tries = self.tries.so_far();
        self.steps.failed(tries, &error);
        // A server that was silent from the beginning took its whole time; four of them are minutes in which nothing is said.
        let has_answered = self.meter.traffic().bytes > 0;
        let wait = error.transient.filter(|one| tries < TRIES && (has_answered || !one.is_silent));
        let Some(wait) = wait.and_then(|transient| pause(tries, transient.retry_after)) else {
            self.progress.send_modify(|progress| progress.attempts = tries);
            return Err(after(tries, error).into());
        };
        tracing::info!(vcenter = self.vcenter.vcenter.name, %error, tries, ?wait, "to be tried once more");
        // Once for each try: a line of a log, too.
        let (next, seconds) = (tries + 1, wait.as_secs_f64().ceil());
        self.step("waiting to try again");
        self.say(&format!("{}{next} of {TRIES} in {seconds} s: {}", Progress::ATTEMPT, error.message));
        self.or_cancelled(self.room.apart(tokio::time::sleep(wait))).await?;
        self.progress.send_modify(|progress| {
            *progress = Progress { attempts: tries + 1, ..Progress::default() };
        });
        Ok(())
    }
}

/// A failure that stands, with how often it was tried to do without it.
fn after(tries: u32, mut error: ApiError) -> ApiError {
    if tries > 1 {
        error.message = format!("{} ({tries} attempts)", error.message);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_tried_four_times() {
        let tries = Tries::default();
        assert_eq!([tries.so_far(), tries.so_far(), tries.so_far(), tries.so_far()], [1, 2, 3, 4]);
    }

    #[test]
    fn a_call_that_is_made_again_within_a_pass_counts_as_a_try_of_the_whole() {
        let tries = Tries::default();
        assert_eq!([0, 1, 2, 3].map(|so_often| tries.may_again(so_often)), [true, true, true, false]);
        assert_eq!(tries.so_far(), TRIES, "the pass is not tried again");
        let tries = Tries::default();
        assert!(tries.may_again(0) && tries.may_again(0), "two calls, each made again once");
        assert_eq!(tries.so_far(), 2);
        assert_eq!([0, 1].map(|so_often| tries.may_again(so_often)), [true, false], "the third and fourth");
        assert_eq!(tries.so_far(), 4);
    }

    #[test]
    fn pauses_double_with_full_jitter_and_a_server_that_says_how_long_is_believed() {
        for (tries, most) in [(1, 1), (2, 2), (3, 4)] {
            let pauses: Vec<Duration> = (0..200).map(|_| pause(tries, None).unwrap()).collect();
            let most = Duration::from_secs(most);
            assert!(pauses.iter().all(|pause| *pause <= most), "{tries}: {pauses:?}");
            // Of 200 not one in a quarter at either end: once in 10^24.
            assert!(pauses.iter().any(|pause| *pause < most / 4), "{tries}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause > most - most / 4), "{tries}: {pauses:?}");
        }
        let said = Duration::from_secs(7);
        let pauses = (0..50).map(|_| pause(1, Some(said)).unwrap());
        assert!(pauses.into_iter().all(|pause| (said..=said + FIRST).contains(&pause)));
        assert!(pause(1, Some(Duration::ZERO)).unwrap() <= FIRST, "that says nothing");
        assert_eq!(pause(1, Some(LONGEST + FIRST)), None);
    }
}
