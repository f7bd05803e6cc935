//! How values are spread, in buckets that grow with the value: spreads of many hours add up to that of a day, and a percentile
//! can be told of any of them.
//! Refuses to keep the values themselves: what it tells of one is right within [`Histogram::ERROR`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Buckets for each doubling of the value.
const PER_DOUBLING: u64 = 16;

/// Counts of values by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(BTreeMap<u16, u64>);

impl Histogram {
    /// By how much of the value itself one that is told may be wrong: half of a bucket's width.
    pub const ERROR: f64 = 1.0 / 32.0;

    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.add_many(value, 1);
    }

    /// Counts a value several times.
    pub fn add_many(&mut self, value: u64, times: u64) {
        if times > 0 {
            *self.0.entry(bucket(value)).or_default() += times;
        }
    }

    /// Adds all that another one counted.
    pub fn merge(&mut self, other: &Histogram) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least value that so large a part of all values don't exceed, as 0.95; `None` where there are no values.
    pub fn percentile(&self, part: f64) -> Option<u64> {
        let rank = ((part * self.count() as f64).ceil() as u64).max(1);
        let mut below = 0;
        for (bucket, count) in &self.0 {
            below += count;
            if below >= rank {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

/// The bucket of a value: below 16 each value has its own, and then there are 16 to each doubling.
fn bucket(value: u64) -> u16 {
    let doublings = value.checked_ilog2().unwrap_or(0).saturating_sub(PER_DOUBLING.ilog2());
    u16::try_from(u64::from(doublings) * PER_DOUBLING + (value >> doublings)).unwrap_or(u16::MAX)
}

/// The value in the middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < 2 * PER_DOUBLING {
        return bucket;
    }
    // What a damaged row says is no larger than a value can be.
    let doublings = (bucket / PER_DOUBLING - 1).min(59);
    let low = (bucket % PER_DOUBLING + PER_DOUBLING) << doublings;
    low + (1 << doublings) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_percentile_is_the_value_of_its_rank_and_none_where_there_are_no_values() {
        let mut values = Histogram::default();
        assert_eq!(values.percentile(0.5), None);
        (1..=10).for_each(|value| values.add(value));
        assert_eq!([0.0, 0.5, 0.95, 1.0].map(|part| values.percentile(part)), [1, 5, 10, 10].map(Some));
    }

    #[test]
    fn spreads_that_are_merged_are_the_spread_of_all() {
        let spread = |values: &[u64]| {
            let mut spread = Histogram::default();
            values.iter().for_each(|value| spread.add(*value));
            spread
        };
        let mut merged = spread(&[3, 900, 12_000]);
        merged.merge(&spread(&[3, 70]));
        assert_eq!(merged, spread(&[3, 3, 70, 900, 12_000]));
        let json = serde_json::to_string(&spread(&[3, 3, 70])).unwrap();
        assert_eq!(json, r#"{"3":2,"49":1}"#);
        assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), spread(&[3, 3, 70]));
    }

    proptest! {
        #[test]
        fn what_is_told_of_a_value_is_right_within_the_error(value in 0..u64::MAX / 2) {
            let mut one = Histogram::default();
            one.add(value);
            let told = one.percentile(0.5).unwrap();
            prop_assert!(told.abs_diff(value) as f64 <= value as f64 * Histogram::ERROR, "{value}: {told}");
            prop_assert_eq!(bucket(told), bucket(value));
        }

        #[test]
        fn a_percentile_is_within_the_error_of_the_exact_one(mut values in proptest::collection::vec(0..10_000_000_u64, 1..200)) {
            let mut spread = Histogram::default();
            values.iter().for_each(|value| spread.add(*value));
            values.sort_unstable();
            for part in [0.5, 0.95] {
                let exact = values[(part * values.len() as f64).ceil() as usize - 1];
                let told = spread.percentile(part).unwrap();
                prop_assert!(told.abs_diff(exact) as f64 <= exact as f64 * Histogram::ERROR, "{exact}: {told}");
            }
        }
    }
}
