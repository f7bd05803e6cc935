//! How fast an operation goes, and how long it will take, out of what was seen of it.
//! Refuses to guess: from less than some seconds, from less than some percent, and before anything is counted.

use crate::Progress;

/// Milliseconds that have to be seen before anything is said of the rest.
const ENOUGH: i64 = 3_000;

/// Percent that have to pass by in that time.
const PASSED: u8 = 2;

/// What the rest is rounded up to, seconds: more would be precision that nobody has.
const ROUND: u64 = 10;

/// What was seen of a running operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    first: Sight,
    last: Sight,
    /// The first sight of something counted, from which the rest is told.
    counted: Option<Sight>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sight {
    at: i64,
    done: u64,
    percent: Option<u8>,
}

impl Pace {
    /// The first sight, at a time in milliseconds.
    pub fn new(now: i64, progress: &Progress) -> Pace {
        let sight = Sight { at: now, done: progress.done, percent: progress.percent };
        Pace { first: sight, last: sight, counted: progress.percent.map(|_| sight) }
    }

    /// Another sight. An operation that began anew counts from there, and so does one whose clock was set back.
    pub fn see(&mut self, now: i64, progress: &Progress) {
        if progress.done < self.last.done || progress.percent < self.last.percent || now < self.last.at {
            *self = Pace::new(now, progress);
            return;
        }
        self.last = Sight { at: now, done: progress.done, percent: progress.percent };
        if progress.percent.is_some() {
            self.counted.get_or_insert(self.last);
        }
    }

    /// Objects a second; none while nothing more is read, as when it is written.
    pub fn rate(&self) -> Option<f64> {
        let (ms, objects) = (self.last.at - self.first.at, self.last.done - self.first.done);
        (ms >= 1000 && objects > 0).then(|| objects as f64 * 1000.0 / ms as f64)
    }

    /// Seconds until everything is done, rounded up to ten.
    pub fn remaining(&self) -> Option<u64> {
        let (counted, percent) = (self.counted?, self.last.percent?);
        let (ms, passed) = (self.last.at - counted.at, percent - counted.percent?);
        if ms < ENOUGH || passed < PASSED || percent >= 100 {
            return None;
        }
        let left = ms as u64 * u64::from(100 - percent) / u64::from(passed) / 1000;
        Some(left.max(1).next_multiple_of(ROUND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, percent: Option<u8>) -> Progress {
        Progress { step: "reading VMs".into(), done, total: 1000, percent, attempts: 1 }
    }

    #[test]
    fn the_rest_is_told_after_some_seconds_and_to_ten_of_them() {
        let mut pace = Pace::new(0, &progress(0, None));
        pace.see(10_000, &progress(0, Some(0)));
        assert_eq!(pace.remaining(), None, "what came before the count says nothing of the rest");
        pace.see(12_000, &progress(200, Some(10)));
        assert_eq!((pace.remaining(), pace.rate()), (None, Some(200.0 / 12.0)));
        pace.see(14_000, &progress(400, Some(20)));
        assert_eq!(pace.remaining(), Some(20), "16 s");
        pace.see(29_000, &progress(1000, Some(95)));
        assert_eq!(pace.remaining(), Some(10), "1 s");
        pace.see(30_000, &progress(1000, Some(100)));
        assert_eq!(pace.remaining(), None);
    }

    #[test]
    fn what_begins_anew_and_what_is_not_counted_has_no_rest() {
        let mut pace = Pace::new(0, &progress(500, Some(50)));
        pace.see(5_000, &progress(3, None));
        assert_eq!((pace.rate(), pace.remaining()), (None, None));
        pace.see(9_000, &progress(50, None));
        assert_eq!((pace.rate(), pace.remaining()), (Some(47.0 / 4.0), None));
        pace.see(8_000, &progress(60, Some(10)));
        assert_eq!((pace.rate(), pace.remaining()), (None, None), "a clock was set back");
    }
}
