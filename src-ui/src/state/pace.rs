//! How fast an operation goes, and how long it will take, out of what was seen of it.
//! Refuses to guess from less than a second, and where the server gave no total.

use contract::Progress;

/// What was seen of a running operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    first: (i64, u64),
    last: (i64, u64),
}

impl Pace {
    /// The first sight, at a time in milliseconds.
    pub(crate) fn new(now: i64, progress: &Progress) -> Pace {
        Pace { first: (now, progress.done), last: (now, progress.done) }
    }

    /// Another sight. A pass that began anew counts from there.
    pub(crate) fn see(&mut self, now: i64, progress: &Progress) {
        if progress.done < self.last.1 {
            *self = Pace::new(now, progress);
        } else {
            self.last = (now, progress.done);
        }
    }

    /// Objects a second.
    pub(crate) fn rate(&self) -> Option<f64> {
        let (ms, objects) = (self.last.0 - self.first.0, self.last.1 - self.first.1);
        (ms >= 1000 && objects > 0).then(|| objects as f64 * 1000.0 / ms as f64)
    }

    /// Seconds until everything that the server listed so far is read.
    pub(crate) fn remaining(&self, progress: &Progress) -> Option<u64> {
        let left = progress.total.checked_sub(progress.done).filter(|_| progress.total > 0)?;
        self.rate().map(|rate| (left as f64 / rate).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, total: u64) -> Progress {
        Progress { step: "reading vms".into(), done, total }
    }

    #[test]
    fn a_pace_is_told_after_a_second_and_the_rest_follows_from_it() {
        let mut pace = Pace::new(0, &progress(0, 1000));
        pace.see(500, &progress(100, 1000));
        assert_eq!((pace.rate(), pace.remaining(&progress(100, 1000))), (None, None));
        pace.see(2000, &progress(400, 1000));
        assert_eq!(pace.rate(), Some(200.0));
        assert_eq!(pace.remaining(&progress(400, 1000)), Some(3));
    }

    #[test]
    fn a_pass_that_begins_anew_has_no_pace_yet_and_no_total_gives_no_rest() {
        let mut pace = Pace::new(0, &progress(0, 0));
        pace.see(5000, &progress(50, 0));
        assert_eq!(pace.remaining(&progress(50, 0)), None);
        pace.see(6000, &progress(3, 10));
        assert_eq!(pace.rate(), None);
    }
}
