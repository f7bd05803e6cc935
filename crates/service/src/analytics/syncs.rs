//! How syncs went, out of what was measured of them.
//! Refuses to count tests: they read nothing.

use super::Names;
use super::steps::Steps;
use contract::analytics::{Measured, Percentiles, Span, SyncAnalytics, SyncPoint, SyncTotals};
use contract::{Histogram, OperationKind, OperationState, VcenterId};
use std::collections::BTreeMap;
use store::Measure;

/// What syncs of a kind, or of all kinds, did.
pub(super) fn analytics(
    measures: &[Measure<Measured>],
    names: &Names,
    steps: &Steps,
    span: Span,
    kind: Option<OperationKind>,
) -> SyncAnalytics {
    let mut all = Measured::default();
    let mut by_step = vec![Measured::default(); steps.count];
    let mut by_vcenter: BTreeMap<&VcenterId, Measured> = BTreeMap::new();
    for measure in measures.iter().filter(|measure| is_wanted(&measure.what, kind)) {
        let (Some(step), true) = (steps.step(measure.at), names.contains_key(&measure.vcenter)) else {
            continue;
        };
        by_step[step].merge(&measure.data);
        by_vcenter.entry(&measure.vcenter).or_default().merge(&measure.data);
        all.merge(&measure.data);
    }
    let mut vcenters: Vec<SyncTotals> =
        by_vcenter.iter().map(|(id, sum)| totals(names.get(*id).cloned(), sum)).collect();
    vcenters.sort_by(|one, other| one.vcenter.cmp(&other.vcenter));
    let series = by_step.iter().enumerate().map(|(step, sum)| point(steps, step, sum)).collect();
    SyncAnalytics { span, series, summary: totals(None, &all), vcenters }
}

/// Whether what is counted under this name is a sync of this kind.
fn is_wanted(what: &str, kind: Option<OperationKind>) -> bool {
    let own = OperationKind::from_name(what.split(' ').next().unwrap_or_default());
    match kind {
        Some(kind) => own == Some(kind),
        None => own.is_some_and(|own| own != OperationKind::Test),
    }
}

/// Percentiles in milliseconds of what was counted in microseconds.
pub(super) fn percentiles(spread: &Histogram) -> Percentiles {
    let ms = |part| spread.percentile(part).map(|micros| micros as f64 / 1000.0);
    Percentiles { p50: ms(0.5), p95: ms(0.95) }
}

fn per_second(sum: &Measured) -> Option<f64> {
    (sum.took_us > 0).then(|| sum.objects as f64 / (sum.took_us as f64 / 1e6))
}

fn point(steps: &Steps, step: usize, sum: &Measured) -> SyncPoint {
    let Percentiles { p50, p95 } = percentiles(&sum.took);
    SyncPoint {
        at: steps.at(step),
        succeeded: sum.ended(OperationState::Succeeded),
        partial: sum.ended(OperationState::Partial),
        failed: sum.ended(OperationState::Failed),
        p50_ms: p50,
        p95_ms: p95,
        objects_per_second: per_second(sum),
        retries: sum.retries,
        added: sum.added,
        changed: sum.changed,
        removed: sum.removed,
    }
}

fn totals(vcenter: Option<String>, sum: &Measured) -> SyncTotals {
    SyncTotals {
        vcenter,
        took: percentiles(&sum.took),
        unit: "ms".to_owned(),
        succeeded: sum.ended(OperationState::Succeeded),
        partial: sum.ended(OperationState::Partial),
        failed: sum.ended(OperationState::Failed),
        stopped: sum.ended(OperationState::Cancelled) + sum.ended(OperationState::Interrupted),
        retries: sum.retries,
        objects_per_second: per_second(sum),
        added: sum.added,
        changed: sum.changed,
        removed: sum.removed,
        causes: sum.causes.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::steps::Steps;
    use contract::Time;
    use contract::analytics::{Analysis, Window};

    fn measured(state: &str, took_ms: u64, objects: u64) -> Measured {
        let mut one = Measured { objects, took_us: took_ms * 1000, ..Measured::default() };
        one.states.insert(state.to_owned(), 1);
        if took_ms > 0 {
            one.took.add(took_ms * 1000);
        }
        one
    }

    #[test]
    fn syncs_are_counted_in_their_step_and_of_their_vcenter_and_tests_are_none() {
        let now = Time(1_772_445_540_000);
        let steps = Steps::of(Window::Day, Analysis::Syncs, now);
        let names = Names::from(
            [("b", "Berlin"), ("p", "Paris")].map(|(id, name)| (VcenterId(id.into()), name.into())),
        );
        let measure = |id: &str, step: usize, what: &str, data| Measure {
            vcenter: VcenterId(id.to_owned()),
            at: steps.at(step),
            what: what.to_owned(),
            data,
        };
        let mut failed = measured("failed", 0, 0);
        failed.causes.insert("unreachable".to_owned(), 1);
        failed.retries = 3;
        let measures = [
            measure("b", 0, "full_sync", measured("succeeded", 1_000, 500)),
            measure("b", 95, "refresh vms", measured("succeeded", 4_000, 500)),
            measure("p", 95, "full_sync", failed),
            measure("p", 95, "test", measured("succeeded", 9_000, 0)),
            measure("gone", 95, "full_sync", measured("succeeded", 9_000, 9)),
        ];
        let span =
            Span { window: Window::Day, from: steps.from, until: now, step_seconds: 900, known_since: None };
        let found = analytics(&measures, &names, &steps, span.clone(), None);
        let counts = |point: &SyncPoint| (point.succeeded, point.failed, point.retries);
        assert_eq!(found.series.len(), 96);
        assert_eq!([0, 1, 95].map(|step| counts(&found.series[step])), [(1, 0, 0), (0, 0, 0), (1, 1, 3)]);
        assert_eq!((found.series[1].p50_ms, found.series[1].objects_per_second), (None, None));
        let all = &found.summary;
        assert_eq!((all.succeeded, all.failed, all.objects_per_second), (2, 1, Some(200.0)));
        assert!((all.took.p50.unwrap() - 1_000.0).abs() < 32.0, "{all:?}");
        assert_eq!(all.causes["unreachable"], 1);
        let by_name: Vec<_> = found.vcenters.iter().map(|one| (one.vcenter.as_deref(), one.failed)).collect();
        assert_eq!(by_name, [(Some("Berlin"), 0), (Some("Paris"), 1)]);

        let full = analytics(&measures, &names, &steps, span, Some(OperationKind::FullSync));
        assert_eq!((full.summary.succeeded, full.summary.failed), (1, 1));
    }
}
