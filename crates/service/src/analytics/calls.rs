//! Calls, their latency, and what reads from the cache saved.
//! Refuses to put a price on what was never paid: reads of a kind that was never refreshed by itself at their vCenter are told
//! apart.

use super::Names;
use super::steps::Steps;
use super::syncs::percentiles;
use contract::analytics::{
    CallAnalytics, CallPoint, CallTotals, Measured, MethodTimes, Percentiles, Saved, Span,
};
use contract::{Kind, Time, VcenterId};
use std::collections::{BTreeMap, HashMap};
use store::{CacheReads, Length, Measure};

/// Reads of a vCenter's kind in an hour.
type Reads = (VcenterId, i64, Option<Kind>, CacheReads);

/// What one refresh of a kind costs at a vCenter, on average of the last 90 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Price {
    calls: f64,
    bytes: f64,
    ms: f64,
}

pub(super) type Prices = HashMap<(VcenterId, Kind), Price>;

/// What refreshes cost.
pub(super) fn prices(days: &[Measure<Measured>]) -> Prices {
    let mut sums: BTreeMap<(VcenterId, Kind), Measured> = BTreeMap::new();
    for day in days {
        let Some(kind) = day.what.strip_prefix("refresh ").and_then(Kind::from_name) else { continue };
        sums.entry((day.vcenter.clone(), kind)).or_default().merge(&day.data);
    }
    let price = |sum: &Measured| {
        let many = sum.took.count();
        let mean = |of: u64| of as f64 / many as f64;
        (many > 0).then(|| Price {
            calls: mean(sum.read_calls),
            bytes: mean(sum.read_bytes),
            ms: mean(sum.took_us) / 1000.0,
        })
    };
    sums.iter().filter_map(|(of, sum)| Some((of.clone(), price(sum)?))).collect()
}

/// What is summed up of a step or a vCenter.
#[derive(Clone, Default)]
struct Sum {
    measured: Measured,
    reads: CacheReads,
    saved: Saved,
}

impl Sum {
    fn read(&mut self, reads: CacheReads, price: Option<&Price>) {
        self.reads += reads;
        let saved = reads.hits + reads.shared;
        self.saved.reads += saved;
        match price {
            Some(price) => {
                let many = saved as f64;
                self.saved.calls += many * price.calls;
                self.saved.bytes += many * price.bytes;
                self.saved.ms += many * price.ms;
            }
            None => self.saved.unpriced += saved,
        }
    }
}

pub(super) fn analytics(
    measures: &[Measure<Measured>],
    reads: &[Reads],
    prices: &Prices,
    names: &Names,
    steps: &Steps,
    span: Span,
) -> CallAnalytics {
    let mut all = Sum::default();
    let mut by_step = vec![Sum::default(); steps.count];
    let mut by_vcenter: BTreeMap<&VcenterId, Sum> = BTreeMap::new();
    for measure in measures {
        let Some(step) = steps.step(measure.at).filter(|_| names.contains_key(&measure.vcenter)) else {
            continue;
        };
        for sum in [&mut by_step[step], by_vcenter.entry(&measure.vcenter).or_default(), &mut all] {
            sum.measured.merge(&measure.data);
        }
    }
    for (vcenter, hour, kind, reads) in reads {
        let at = Time(hour.saturating_mul(Length::Hour.millis()));
        let Some(step) = steps.step(at).filter(|_| names.contains_key(vcenter)) else { continue };
        let price = kind.and_then(|kind| prices.get(&(vcenter.clone(), kind)));
        for sum in [&mut by_step[step], by_vcenter.entry(vcenter).or_default(), &mut all] {
            sum.read(*reads, price);
        }
    }
    let mut vcenters: Vec<CallTotals> =
        by_vcenter.iter().map(|(id, sum)| totals(names.get(*id).cloned(), sum)).collect();
    vcenters.sort_by(|one, other| one.vcenter.cmp(&other.vcenter));
    CallAnalytics {
        span,
        series: by_step.iter().enumerate().map(|(step, sum)| point(steps.at(step), sum)).collect(),
        summary: totals(None, &all),
        vcenters,
        methods: methods(&all.measured),
    }
}

fn point(at: Time, sum: &Sum) -> CallPoint {
    let Percentiles { p50, p95 } = percentiles(&sum.measured.latency_of_all());
    let CacheReads { hits, shared, misses } = sum.reads;
    let Measured { calls, bytes, .. } = sum.measured;
    CallPoint {
        at,
        calls,
        bytes,
        p50_ms: p50,
        p95_ms: p95,
        hits,
        shared,
        misses,
        saved_calls: sum.saved.calls,
    }
}

fn totals(vcenter: Option<String>, sum: &Sum) -> CallTotals {
    let CacheReads { hits, shared, misses } = sum.reads;
    CallTotals {
        vcenter,
        latency: percentiles(&sum.measured.latency_of_all()),
        unit: "ms".to_owned(),
        calls: sum.measured.calls,
        bytes: sum.measured.bytes,
        hits,
        shared,
        misses,
        saved: sum.saved,
    }
}

fn methods(sum: &Measured) -> Vec<MethodTimes> {
    let of = |(method, times): (&String, &contract::Histogram)| {
        let Percentiles { p50, p95 } = percentiles(times);
        MethodTimes { method: method.clone(), answers: times.count(), p50_ms: p50, p95_ms: p95 }
    };
    let mut methods: Vec<MethodTimes> = sum.latency.iter().map(of).collect();
    methods.sort_by(|one, other| other.answers.cmp(&one.answers).then_with(|| one.method.cmp(&other.method)));
    methods
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::analytics::{Analysis, Window};

    fn berlin() -> VcenterId {
        VcenterId("b".to_owned())
    }

    fn refreshes(what: &str, many: u64, calls: u64, bytes: u64, ms: u64) -> Measure<Measured> {
        let mut data =
            Measured { read_calls: calls, read_bytes: bytes, took_us: ms * 1000, ..Measured::default() };
        data.took.add_many(ms * 1000 / many.max(1), many);
        Measure { vcenter: berlin(), at: Time(0), what: what.to_owned(), data }
    }

    #[test]
    fn a_read_from_the_cache_saves_what_a_refresh_of_its_kind_costs_on_average_there() {
        let days = [
            refreshes("refresh vms", 2, 20, 4_000, 600),
            refreshes("refresh vms", 1, 40, 2_000, 300),
            refreshes("refresh", 1, 1, 1, 1),
            refreshes("full_sync", 1, 99, 99, 99),
        ];
        let prices = prices(&days);
        let one = Price { calls: 20.0, bytes: 2_000.0, ms: 300.0 };
        assert_eq!(prices, Prices::from([((berlin(), Kind::Vms), one)]));

        let now = Time(1_772_445_540_000);
        let steps = Steps::of(Window::Day, Analysis::Calls, now);
        let hour = steps.at(23).0 / Length::Hour.millis();
        let of = |kind, hits, shared, misses| (berlin(), hour, kind, CacheReads { hits, shared, misses });
        let elsewhere =
            (VcenterId("other".into()), hour, Some(Kind::Vms), CacheReads { hits: 9, ..Default::default() });
        let early = (berlin(), hour - 24, Some(Kind::Vms), CacheReads { hits: 9, ..Default::default() });
        let reads = [
            of(Some(Kind::Vms), 3, 1, 5),
            of(Some(Kind::Hosts), 2, 0, 0),
            of(None, 4, 0, 0),
            elsewhere,
            early,
        ];
        let names = Names::from([(berlin(), "Berlin".to_owned())]);
        let span =
            Span { window: Window::Day, from: steps.from, until: now, step_seconds: 3600, known_since: None };
        let found = analytics(&[], &reads, &prices, &names, &steps, span);
        let CallTotals { hits, shared, misses, saved, .. } = found.summary;
        assert_eq!((hits, shared, misses), (9, 1, 5));
        assert_eq!(saved, Saved { reads: 10, calls: 80.0, bytes: 8_000.0, ms: 1_200.0, unpriced: 6 });
        assert_eq!((found.series[23].hits, found.series[23].saved_calls), (9, 80.0));
        assert_eq!((found.series[22].hits, found.vcenters.len()), (0, 1));
    }
}
