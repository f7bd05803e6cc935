//! Whole estates of which the truth is known: nothing matched wrongly, nearly all matched that can be told.
//! Refuses to be lenient: one wrong match fails.

use super::estate::{Estate, Story, estate};
use crate::discovery::matching::{Decisions, Matching, State, match_servers};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What came out of the servers of one story.
#[derive(Default)]
struct Count {
    servers: usize,
    running: usize,
    tellable: usize,
    told: usize,
    right: usize,
    wrong: usize,
    states: BTreeMap<State, usize>,
}

fn counted(estate: &Estate, matching: &Matching<u32, u32>) -> BTreeMap<Story, Count> {
    let mut counts: BTreeMap<Story, Count> = BTreeMap::new();
    for (server, verdict) in &matching.servers {
        let count = counts.entry(estate.stories[server]).or_default();
        let truth: Vec<u32> = estate.truth[server].iter().copied().collect();
        let is_right = verdict.state == State::Matched && verdict.with == truth;
        let is_tellable = estate.tellable.contains(server);
        count.servers += 1;
        count.running += usize::from(!truth.is_empty());
        count.tellable += usize::from(is_tellable);
        count.right += usize::from(is_right);
        count.told += usize::from(is_right && is_tellable);
        count.wrong += usize::from(verdict.state == State::Matched && !is_right);
        *count.states.entry(verdict.state).or_default() += 1;
    }
    counts
}

/// Precision and recall.
fn rates(counts: &BTreeMap<Story, Count>) -> (f64, f64) {
    let sum = |part: fn(&Count) -> usize| counts.values().map(part).sum::<usize>() as f64;
    (
        sum(|count| count.right) / sum(|count| count.right + count.wrong),
        sum(|count| count.told) / sum(|count| count.tellable),
    )
}

fn print(seed: u64, counts: &BTreeMap<Story, Count>, took: Duration) {
    let (precision, recall) = rates(counts);
    let (right, running) =
        counts.values().fold((0, 0), |sum, count| (sum.0 + count.right, sum.1 + count.running));
    println!(
        "seed {seed}: precision {precision:.4}, recall {recall:.4} of what can be told, {right} of all {running} pairs, {} ms",
        took.as_millis()
    );
    println!(
        "{:17}{:>8}{:>9}{:>7}{:>7}{:>10}{:>11}{:>7}",
        "", "servers", "tellable", "right", "wrong", "conflict", "ambiguous", "dark"
    );
    for (story, count) in counts {
        let of = |state| count.states.get(&state).copied().unwrap_or_default();
        println!(
            "{:17}{:>8}{:>9}{:>7}{:>7}{:>10}{:>11}{:>7}",
            format!("{story:?}"),
            count.servers,
            count.tellable,
            count.right,
            count.wrong,
            of(State::Conflict),
            of(State::Ambiguous),
            of(State::Alone)
        );
    }
}

fn judged(seed: u64, size: usize) -> (BTreeMap<Story, Count>, Duration) {
    let estate = estate(seed, size);
    let start = Instant::now();
    let matching = match_servers(&estate.hosts, &estate.servers, &Decisions::new());
    let took = start.elapsed();
    (counted(&estate, &matching), took)
}

#[test]
fn nothing_is_matched_wrongly_and_nearly_all_that_can_be_told_is_matched() {
    for seed in [1, 2, 3, 14, 20_261_127] {
        let (counts, took) = judged(seed, 2_000);
        print(seed, &counts, took);
        let (precision, recall) = rates(&counts);
        assert!(precision >= 1.0, "seed {seed}: precision {precision}");
        assert!(recall >= 0.98, "seed {seed}: recall {recall}");
        assert_eq!(counts.keys().count(), 24, "every story with a server is told");
    }
}

#[test]
fn an_estate_of_thirty_thousand_takes_seconds() {
    let (counts, took) = judged(7, 30_000);
    let (precision, recall) = rates(&counts);
    println!(
        "30,000 hosts and servers: precision {precision:.4}, recall {recall:.4}, {} ms",
        took.as_millis()
    );
    assert!(precision >= 1.0 && recall >= 0.98);
    assert!(took < Duration::from_secs(60), "{took:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_other_estate_is_matched_wrongly_either(seed: u64) {
        let (counts, _) = judged(seed, 1_000);
        let (precision, recall) = rates(&counts);
        prop_assert!(precision >= 1.0, "precision {}", precision);
        prop_assert!(recall >= 0.98, "recall {}", recall);
    }
}
