//! How soon a server answers, by method: counted in memory, in buckets.
//! Refuses to keep a time for each call: a session may live for months.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Buckets for each doubling of the time.
const PER_DOUBLING: u64 = 16;

/// How many calls of each method were answered how soon. Microseconds below 16 have a bucket each, and then there are 16
/// buckets to each doubling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency(BTreeMap<&'static str, BTreeMap<u16, u64>>);

impl Latency {
    fn add(&mut self, method: &'static str, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let doublings = micros.checked_ilog2().unwrap_or(0).saturating_sub(PER_DOUBLING.ilog2());
        let bucket = u64::from(doublings) * PER_DOUBLING + (micros >> doublings);
        let bucket = u16::try_from(bucket).unwrap_or(u16::MAX);
        *self.0.entry(method).or_default().entry(bucket).or_default() += 1;
    }

    /// What was counted since an earlier time.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let mut since = self.clone();
        for (method, counts) in &mut since.0 {
            let Some(known) = before.0.get(method) else { continue };
            for (bucket, count) in counts.iter_mut() {
                *count -= known.get(bucket).copied().unwrap_or(0).min(*count);
            }
            counts.retain(|_, count| *count > 0);
        }
        since.0.retain(|_, counts| !counts.is_empty());
        since
    }

    /// Method, microseconds and how many calls: of each bucket the least time that is in it.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        self.0.iter().flat_map(|(method, counts)| {
            counts.iter().map(move |(bucket, count)| (*method, least(u64::from(*bucket)), *count))
        })
    }
}

/// The least value of a bucket.
fn least(bucket: u64) -> u64 {
    if bucket < PER_DOUBLING {
        return bucket;
    }
    (bucket % PER_DOUBLING + PER_DOUBLING) << (bucket / PER_DOUBLING - 1).min(59)
}

/// The same, for all calls of a session at once.
#[derive(Debug, Default)]
pub(crate) struct Answered(Mutex<Latency>);

impl Answered {
    pub(crate) fn add(&self, method: &'static str, took: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(method, took);
    }

    pub(crate) fn so_far(&self) -> Latency {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_its_bucket_by_method_and_what_came_before_can_be_left_out() {
        let answered = Answered::default();
        for micros in [3, 15, 16, 33, 1_000_000] {
            answered.add("Login", Duration::from_micros(micros));
        }
        let before = answered.so_far();
        let counts: Vec<_> = before.counts().collect();
        let login = |micros| ("Login", micros, 1);
        assert_eq!(counts, [login(3), login(15), login(16), login(32), login(983_040)]);
        answered.add("Login", Duration::from_micros(32));
        answered.add("Logout", Duration::from_micros(9));
        let since: Vec<_> = answered.so_far().since(&before).counts().collect();
        assert_eq!(since, [("Login", 32, 1), ("Logout", 9, 1)]);
    }
}
