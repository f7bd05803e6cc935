//! How fast an operation goes, and how long it will still take, out of what is seen of it while it runs.
//! Refuses to guess from little, and to let the rest jump: it counts down, stands still, and rises only where it has to.

use contract::Progress;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;
use vsphere::Traffic;

/// Rates are those of so much time: answers of a server come in lumps of seconds.
const WINDOW: Duration = Duration::from_secs(5);

/// What has to be seen before a rate is told.
const ENOUGH: Duration = Duration::from_secs(1);

/// Time and share of the work that have to pass before anything is said of the rest.
const COUNTED: Duration = Duration::from_secs(3);
const PASSED: u8 = 3;

/// A new estimate of the rest counts in full after about this time.
const SMOOTH: Duration = Duration::from_secs(5);

/// By what share the rest must have been told too short before it is told longer.
const TOO_SHORT: f64 = 0.25;

/// Where nothing moves for so long nobody knows how long it will take, and nothing more is told or written of it.
const STALLED: Duration = Duration::from_secs(10);

/// What was seen of an operation that runs.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    seen: VecDeque<Sight>,
    /// The first sight of something counted, from which the rest is told.
    counted: Option<(Instant, u8)>,
    rest: Option<Rest>,
    /// When anything moved last, and to where.
    moved: Option<(Instant, Place)>,
}

/// Objects read, bytes and percent.
type Place = (u64, u64, Option<u8>);

#[derive(Clone, Copy, Debug)]
struct Sight {
    at: Instant,
    done: u64,
    bytes: u64,
}

/// How long it will take.
#[derive(Clone, Copy, Debug)]
struct Rest {
    at: Instant,
    /// As it is estimated, smoothed, in seconds.
    likely: f64,
    /// As it is told.
    told: f64,
}

impl Rates {
    /// Takes in how far an operation is at this moment; answers with the same and how fast it goes.
    pub(crate) fn see(&mut self, at: Instant, progress: Progress, traffic: Traffic) -> Progress {
        let sight = Sight { at, done: progress.done, bytes: traffic.bytes };
        if self.seen.back().is_some_and(|last| sight.done < last.done || sight.bytes < last.bytes) {
            // It began anew.
            *self = Rates::default();
        }
        self.seen.push_back(sight);
        // One sight stays that is as old as the window, or what came at its beginning would count for nothing.
        while self.seen.get(1).is_some_and(|second| at.duration_since(second.at) >= WINDOW) {
            self.seen.pop_front();
        }
        let place = (progress.done, traffic.bytes, progress.percent);
        let (moved, _) =
            *self.moved.insert(self.moved.filter(|(_, last)| *last == place).unwrap_or((at, place)));
        let is_stalled = at.duration_since(moved) >= STALLED;
        self.estimate(at, progress.percent);
        Progress {
            objects_per_second: self.rate(|sight| sight.done),
            bytes_per_second: self.rate(|sight| sight.bytes),
            remaining_seconds: self.rest.filter(|_| !is_stalled).map(|rest| rounded(rest.told)),
            ..progress
        }
    }

    fn rate(&self, what: impl Fn(&Sight) -> u64) -> Option<u64> {
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        let (time, came) = (last.at.duration_since(first.at), what(last).saturating_sub(what(first)));
        if time < ENOUGH || came == 0 {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "a rate"
        )]
        let rate = (came as f64 / time.as_secs_f64()).round() as u64;
        // Less than one in two seconds is nothing that a number a second could tell.
        Some(three_digits(rate)).filter(|rate| *rate > 0)
    }

    fn estimate(&mut self, at: Instant, percent: Option<u8>) {
        let Some(percent) = percent else { return };
        let (since, from) = *self.counted.get_or_insert((at, percent));
        let (time, passed) = (at.duration_since(since), percent.saturating_sub(from));
        if percent >= 100 || time < COUNTED || passed < PASSED {
            self.rest = self.rest.filter(|_| percent < 100);
            return;
        }
        let estimate = time.as_secs_f64() * f64::from(100 - percent) / f64::from(passed);
        self.rest = Some(match self.rest {
            None => Rest { at, likely: estimate, told: estimate },
            Some(rest) => rest.after(at, estimate),
        });
    }
}

impl Rest {
    fn after(self, at: Instant, estimate: f64) -> Rest {
        let passed = at.duration_since(self.at).as_secs_f64();
        let weight = 1.0 - (-passed / SMOOTH.as_secs_f64()).exp();
        let expected = (self.likely - passed).max(0.0);
        let likely = expected + (estimate - expected) * weight;
        let told =
            if likely <= self.told || likely > self.told * (1.0 + TOO_SHORT) { likely } else { self.told };
        Rest { at, likely, told }
    }
}

/// More digits would be precision that nobody has, and move all the time.
fn three_digits(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 1000 {
        unit *= 10;
    }
    number / unit * unit
}

/// Seconds as a person would tell them: to five of them, from two minutes on to half a minute, from ten on to a minute.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and far from the end of the scale"
)]
fn rounded(seconds: f64) -> u64 {
    let whole = seconds.ceil() as u64;
    let unit = match whole {
        ..120 => 5,
        120..600 => 30,
        _ => 60,
    };
    whole.max(1).next_multiple_of(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(250);

    fn progress(done: u64, percent: Option<u8>) -> Progress {
        Progress { step: "reading VMs".into(), done, total: 1000, percent, ..Progress::default() }
    }

    /// Sees how far an operation is every quarter of a second; answers with what was told, and when in seconds.
    async fn told(seconds: u64, how_far: impl Fn(f64) -> (u64, Option<u8>, u64)) -> Vec<(f64, Progress)> {
        let (mut rates, began) = (Rates::default(), Instant::now());
        let mut told = Vec::new();
        while began.elapsed() <= Duration::from_secs(seconds) {
            let at = began.elapsed().as_secs_f64();
            let (done, percent, bytes) = how_far(at);
            told.push((at, rates.see(Instant::now(), progress(done, percent), Traffic { calls: 1, bytes })));
            tokio::time::advance(TICK).await;
        }
        told
    }

    #[tokio::test(start_paused = true)]
    async fn rates_are_those_of_the_last_seconds_and_none_before_there_is_something_to_say() {
        // 100 objects a second, then 40, then none.
        let how_far = |at: f64| {
            let done = 100.0 * at.min(20.0) + 40.0 * (at.min(40.0) - 20.0).max(0.0);
            (done as u64, None, done as u64 * 1000)
        };
        let told = told(60, how_far).await;
        let at = |second: f64| told.iter().find(|(at, _)| *at >= second).unwrap().1.clone();
        assert_eq!((at(0.5).objects_per_second, at(0.5).bytes_per_second), (None, None));
        assert_eq!((at(3.0).objects_per_second, at(3.0).bytes_per_second), (Some(100), Some(100_000)));
        assert_eq!(at(19.0).objects_per_second, Some(100));
        assert!(matches!(at(22.5).objects_per_second, Some(45..95)), "{:?}", at(22.5));
        assert_eq!(at(30.0).objects_per_second, Some(40));
        assert_eq!((at(50.0).objects_per_second, at(50.0).bytes_per_second), (None, None), "it stalls");
        assert_eq!(at(50.0).remaining_seconds, None, "nothing is counted");
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_counts_down_and_is_about_right_where_answers_come_in_lumps() {
        // 100 seconds, in answers of two seconds each.
        let told = told(99, |at| {
            let lumps = (at / 2.0).floor() * 2.0;
            (lumps as u64 * 10, Some(lumps as u8), 0)
        })
        .await;
        let rest: Vec<(f64, u64)> =
            told.iter().filter_map(|(at, told)| Some((*at, told.remaining_seconds?))).collect();
        assert!(rest[0].0 >= 3.0 && rest.len() > 300, "{rest:?}");
        assert!(rest.is_sorted_by(|one, next| next.1 <= one.1), "it never rises: {rest:?}");
        for (at, told) in &rest[20..] {
            let left = 100.0 - at;
            let unit = if *told > 120 { 30.0 } else { 5.0 };
            assert!((*told as f64 - left).abs() <= left * 0.3 + unit, "{told} s are told, {left} s are left");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_it_slows_down_or_stalls_the_rest_rises_in_steps_and_is_right_again_in_the_end() {
        // Half of it at 2 % a second, then nothing for 20 seconds, then a quarter of that speed.
        let share = |at: f64| 2.0 * at.min(25.0) + 0.5 * (at - 45.0).max(0.0);
        let told = told(140, |at| (share(at) as u64 * 10, Some(share(at) as u8), 0)).await;
        let rest: Vec<(f64, u64)> =
            told.iter().filter_map(|(at, told)| Some((*at, told.remaining_seconds?))).collect();
        let rises: Vec<(u64, u64)> =
            rest.windows(2).filter(|two| two[1].1 > two[0].1).map(|two| (two[0].1, two[1].1)).collect();
        assert!(!rises.is_empty() && rises.len() <= 12, "{rises:?}");
        assert!(rises.iter().all(|(from, to)| *to <= from + from / 2 + 10), "{rises:?}");
        assert!(rest.iter().all(|(at, _)| !(36.0..45.0).contains(at)), "nobody knows while it stalls");
        let last = rest.iter().rfind(|(at, _)| *at < 135.0).unwrap();
        assert!((5..=25).contains(&last.1), "{last:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_begins_anew_and_what_is_not_counted_has_no_rest() {
        let mut rates = Rates::default();
        let mut see = async |done, percent| {
            tokio::time::advance(Duration::from_secs(4)).await;
            rates.see(Instant::now(), progress(done, percent), Traffic::default())
        };
        assert_eq!(see(0, None).await.remaining_seconds, None);
        assert_eq!(see(100, Some(0)).await.remaining_seconds, None);
        assert_eq!(see(300, Some(20)).await.remaining_seconds, Some(20), "16 s");
        let anew = see(3, None).await;
        assert_eq!((anew.objects_per_second, anew.remaining_seconds), (None, None));
        assert_eq!(see(50, Some(2)).await.remaining_seconds, None);
        assert_eq!(see(900, Some(90)).await.remaining_seconds, Some(5));
        assert_eq!(see(1000, Some(100)).await.remaining_seconds, None, "it is done");
    }

    #[test]
    fn numbers_have_no_more_digits_than_anybody_knows() {
        assert_eq!([7, 999, 1234, 98_765].map(three_digits), [7, 999, 1230, 98_700]);
        assert_eq!([0.2, 5.0, 61.0, 130.0, 700.0].map(rounded), [5, 5, 65, 150, 720]);
    }
}
