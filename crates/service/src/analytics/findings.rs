//! How many findings were open, step by step.
//! Refuses to judge: it adds up what was noted after syncs, of each vCenter what was noted last.

use super::Names;
use super::capacity::percentiles;
use super::steps::Steps;
use contract::analytics::{FindingAnalytics, FindingPoint, FindingTotals, Percentiles, Sample, Span};
use contract::health::Level;
use contract::{Time, VcenterId};
use std::collections::BTreeMap;
use store::Measure;

/// Open findings by level.
type Counts = BTreeMap<Level, u64>;

/// How many were noted of a vCenter, and when.
pub(super) struct Noted {
    pub(super) at: Time,
    vcenter: VcenterId,
    open: Counts,
}

/// Those samples that tell of findings of these vCenters, in their order.
pub(super) fn noted(samples: Vec<Measure<Sample>>, names: &Names) -> Vec<Noted> {
    let of = |sample: Measure<Sample>| {
        let open = sample.data.findings.filter(|_| names.contains_key(&sample.vcenter))?;
        Some(Noted { at: sample.at, vcenter: sample.vcenter, open })
    };
    samples.into_iter().filter_map(of).collect()
}

/// `samples` are in the order of their times.
pub(super) fn analytics(samples: &[Noted], names: &Names, steps: &Steps, span: Span) -> FindingAnalytics {
    let mut latest: BTreeMap<&VcenterId, &Counts> = BTreeMap::new();
    let mut of_each: BTreeMap<&VcenterId, Vec<f64>> = BTreeMap::new();
    let (mut series, mut of_all) = (Vec::with_capacity(steps.count), Vec::new());
    let mut samples = samples.iter().peekable();
    while let Some(early) = samples.next_if(|sample| sample.at < steps.from) {
        latest.insert(&early.vcenter, &early.open);
    }
    for step in 0..steps.count {
        let mut is_read = false;
        while let Some(sample) = samples.next_if(|sample| steps.step(sample.at) == Some(step)) {
            latest.insert(&sample.vcenter, &sample.open);
            is_read = true;
        }
        // Nothing is told of a step in which nothing was read.
        let sum = is_read.then(|| sum(latest.values().copied()));
        if sum.is_some() {
            latest.iter().for_each(|(vcenter, open)| of_each.entry(vcenter).or_default().push(all(open)));
        }
        of_all.extend(sum.as_ref().map(all));
        series.push(point(steps.at(step), sum.as_ref()));
    }
    let vcenters = names.iter().map(|(id, name)| {
        let values = of_each.remove(id).unwrap_or_default();
        totals(Some(name.clone()), latest.get(id).copied(), percentiles(values))
    });
    let mut vcenters: Vec<FindingTotals> = vcenters.collect();
    vcenters.sort_by(|one, other| one.vcenter.cmp(&other.vcenter));
    let sum = (!latest.is_empty()).then(|| sum(latest.values().copied()));
    FindingAnalytics { span, series, summary: totals(None, sum.as_ref(), percentiles(of_all)), vcenters }
}

fn sum<'a>(counts: impl Iterator<Item = &'a Counts>) -> Counts {
    counts.flatten().fold(Counts::new(), |mut sum, (level, count)| {
        let of = sum.entry(*level).or_default();
        *of = of.saturating_add(*count);
        sum
    })
}

fn all(open: &Counts) -> f64 {
    open.values().map(|count| *count as f64).sum()
}

fn of(open: Option<&Counts>, level: Level) -> Option<u64> {
    open.map(|open| open.get(&level).copied().unwrap_or_default())
}

fn point(at: Time, open: Option<&Counts>) -> FindingPoint {
    FindingPoint {
        at,
        critical: of(open, Level::Critical),
        warning: of(open, Level::Warning),
        information: of(open, Level::Information),
    }
}

fn totals(vcenter: Option<String>, open: Option<&Counts>, percentiles: Percentiles) -> FindingTotals {
    FindingTotals {
        vcenter,
        open: percentiles,
        unit: "findings".to_owned(),
        critical: of(open, Level::Critical),
        warning: of(open, Level::Warning),
        information: of(open, Level::Information),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::analytics::{Analysis, Window};

    #[test]
    fn a_step_tells_what_was_noted_last_of_each_vcenter_and_nothing_where_nothing_was_read() {
        let now = Time(1_772_366_400_000 + 90 * 60_000);
        let steps = Steps::of(Window::Day, Analysis::Findings, now);
        let noted = |hours: i64, vcenter: &str, open: &[(Level, u64)]| Noted {
            at: Time(now.0 - hours * 3_600_000),
            vcenter: VcenterId(vcenter.into()),
            open: open.iter().copied().collect(),
        };
        let samples = [
            // Before the window: known when it begins.
            noted(30, "a", &[(Level::Critical, 2), (Level::Warning, 1)]),
            noted(5, "b", &[(Level::Warning, 10)]),
            noted(2, "a", &[]),
        ];
        let names: Names = [("a", "Berlin"), ("b", "Paris")]
            .map(|(id, name)| (VcenterId(id.into()), name.to_owned()))
            .into();
        let span =
            Span { window: Window::Day, from: steps.from, until: now, step_seconds: 3600, known_since: None };
        let found = analytics(&samples, &names, &steps, span);
        let told: Vec<_> = found
            .series
            .iter()
            .enumerate()
            .filter_map(|(step, point)| {
                Some((steps.count - 1 - step, point.critical?, point.warning?, point.information?))
            })
            .collect();
        assert_eq!(told, [(5, 2, 11, 0), (2, 0, 10, 0)]);
        let summary = &found.summary;
        assert_eq!((summary.critical, summary.warning, summary.open.p95), (Some(0), Some(10), Some(13.0)));
        assert_eq!(found.vcenters[0].vcenter.as_deref(), Some("Berlin"));
        assert_eq!((found.vcenters[0].warning, found.vcenters[0].open.p50), (Some(0), Some(0.0)));
        assert_eq!(found.vcenters[1].open.p95, Some(10.0));
    }
}
