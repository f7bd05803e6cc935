//! The steps that a window is cut into, and what they are read from.
//! Refuses to know what is counted in them.

use contract::Time;
use contract::analytics::{Analysis, Window};
use store::Length;

/// The steps of a window, up to the one that a time is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// When the first begins.
    pub(super) from: Time,
    /// How long each is.
    pub(super) millis: i64,
    /// How many there are.
    pub(super) count: usize,
    /// What they are made of: none is cut in two.
    pub(super) length: Length,
}

const MINUTE: i64 = 60_000;

const HOUR: i64 = 60 * MINUTE;

impl Steps {
    pub(super) fn of(window: Window, analysis: Analysis, now: Time) -> Steps {
        let (millis, length) = match (window, analysis) {
            (Window::Day, Analysis::Syncs) => (15 * MINUTE, Length::Minute),
            // Reads and capacity are counted by the hour.
            (Window::Day, _) => (HOUR, Length::Hour),
            (Window::Week, _) => (4 * HOUR, Length::Hour),
            (Window::Quarter, _) => (24 * HOUR, Length::Day),
        };
        let count = window.seconds() * 1000 / millis;
        let last = now.0.saturating_sub(now.0.rem_euclid(millis));
        let from = Time(last.saturating_sub((count - 1) * millis));
        Steps { from, millis, count: usize::try_from(count).unwrap_or_default(), length }
    }

    /// When a step begins.
    pub(super) fn at(&self, step: usize) -> Time {
        Time(self.from.0.saturating_add(self.millis.saturating_mul(step as i64)))
    }

    /// The step that a time is in; `None` before the first and after the last.
    pub(super) fn step(&self, at: Time) -> Option<usize> {
        let step = at.0.checked_sub(self.from.0)?.div_euclid(self.millis);
        usize::try_from(step).ok().filter(|step| *step < self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_the_step_that_it_is_now() {
        for (window, analysis, step, count) in [
            (Window::Day, Analysis::Syncs, 15 * MINUTE, 96),
            (Window::Day, Analysis::Calls, HOUR, 24),
            (Window::Week, Analysis::Capacity, 4 * HOUR, 42),
            (Window::Quarter, Analysis::Syncs, 24 * HOUR, 90),
        ] {
            let now = Time(1_772_445_540_123);
            let steps = Steps::of(window, analysis, now);
            assert_eq!((steps.millis, steps.count), (step, count), "{window:?}");
            assert_eq!(steps.step(now), Some(count - 1));
            assert_eq!(steps.step(Time(steps.from.0 - 1)), None);
            assert_eq!(steps.step(steps.from), Some(0));
            assert_eq!(steps.step(Time(now.0 + step)), None, "the future has none");
            assert_eq!(steps.step(steps.at(7)), Some(7));
            assert_eq!((steps.from.0 % step, step % steps.length.millis()), (0, 0));
        }
    }
}
