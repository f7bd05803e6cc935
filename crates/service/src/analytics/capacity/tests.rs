//! Capacity out of samples: gaps, what counts once, and where datastores lead.

use super::*;
use crate::analytics::steps::Steps;
use contract::analytics::{Analysis, NoDate, Window};
use contract::{Coverage, columns};

const DAY: i64 = 86_400_000;

/// Noon of some day.
const NOW: Time = Time(20_000 * DAY + DAY / 2);

fn id(of: &str) -> VcenterId {
    VcenterId(of.to_owned())
}

fn datastore(moref: &str, url: &str, capacity: i64, free: i64, accessible: bool) -> Arc<Object> {
    let schema = columns::of(Kind::Datastores);
    let mut values = vec![Value::Null; schema.stored().len()];
    for (column, value) in [
        ("name", Value::text(format!("name of {moref}"))),
        ("url", Value::text(url)),
        ("capacity_bytes", Value::Int(capacity)),
        ("free_bytes", Value::Int(free)),
        ("accessible", Value::Bool(accessible)),
    ] {
        values[schema.slot(column).unwrap()] = value;
    }
    Arc::new(Object {
        kind: Kind::Datastores,
        moref: moref.into(),
        object_type: "Datastore".into(),
        values: values.into(),
        missing: Box::default(),
    })
}

fn known(of: &str, datastores: Vec<Arc<Object>>) -> Known {
    let coverage = vec![Coverage { kind: Kind::Datastores, cluster: None, synced_at: NOW }];
    Known { id: id(of), name: of.to_uppercase(), snapshot: Arc::new(Snapshot::new(datastores, coverage)) }
}

fn sample(of: &str, at: i64, vms: Option<u64>, datastores: &[(&str, u64, u64)]) -> Measure<Sample> {
    let datastores: BTreeMap<Moref, (u64, u64)> =
        datastores.iter().map(|(moref, capacity, free)| ((*moref).into(), (*capacity, *free))).collect();
    let datastores = (!datastores.is_empty()).then_some(datastores);
    Measure {
        vcenter: id(of),
        at: Time(at),
        what: "capacity".to_owned(),
        data: Sample { vms, datastores, ..Sample::default() },
    }
}

fn found(samples: &[Measure<Sample>], days: &[Measure<Sample>], known: &[Known]) -> CapacityAnalytics {
    let steps = Steps::of(Window::Quarter, Analysis::Capacity, NOW);
    let span = Span {
        window: Window::Quarter,
        from: steps.from,
        until: NOW,
        step_seconds: 86_400,
        known_since: None,
    };
    analytics(samples, days, known, &steps, span)
}

#[test]
fn a_step_in_which_nothing_was_read_is_a_gap_and_what_several_see_counts_once() {
    let known = [
        known(
            "a",
            vec![
                datastore("d1", "ds:///vmfs/volumes/one/", 100, 40, true),
                datastore("d2", "", 50, 10, true),
            ],
        ),
        known(
            "b",
            vec![
                datastore("d1", "ds:///vmfs/volumes/one/", 100, 40, true),
                datastore("d2", "", 50, 20, true),
            ],
        ),
    ];
    let day = |back: i64| 20_000 * DAY - back * DAY;
    let samples = [
        sample("b", day(95), Some(5), &[("d1", 100, 90), ("d2", 50, 50)]),
        sample("a", day(2), Some(7), &[("d1", 100, 50), ("d2", 50, 10)]),
        sample("gone", day(2), Some(700), &[("d9", 1_000, 10)]),
        sample("b", day(0), None, &[("d1", 100, 40), ("d2", 50, 20)]),
    ];
    let all = found(&samples, &samples, &known);
    let of = |back: usize| {
        let point = &all.series[89 - back];
        (point.capacity_bytes, point.used_bytes, point.vms)
    };
    assert_eq!(of(3), (None, None, None), "nothing was read");
    // What the other one was is known from before the window; the shared one counts as the first sees it.
    assert_eq!(of(2), (Some(200), Some(90), Some(12)));
    assert_eq!(of(1), (None, None, None));
    assert_eq!(of(0), (Some(200), Some(120), None), "VMs were not read");
    let names: Vec<_> =
        all.datastores.iter().map(|one| (&*one.vcenter, &*one.moref, one.used_bytes)).collect();
    assert_eq!(names, [("A", "d2", 40), ("A", "d1", 60), ("B", "d2", 30)], "the fullest first");
    assert_eq!((all.summary.used.p50, all.summary.used.p95), (Some(60.0), Some(80.0)));
    assert_eq!((all.summary.capacity_bytes, all.summary.vms), (Some(200), Some(12)));
}

#[test]
fn a_date_is_told_of_what_grows_and_of_nothing_else() {
    let known = [known(
        "a",
        vec![
            datastore("flat", "", 1_000, 500, true),
            datastore("grows", "", 1_000, 200, true),
            datastore("gone", "", 1_000, 0, false),
            datastore("new", "", 1_000, 900, true),
        ],
    )];
    let days: Vec<Measure<Sample>> = (0..10)
        .map(|day| {
            let at = (20_000 - 9 + day as i64) * DAY;
            let noise = [0, 3, 1, 2][day as usize % 4];
            let mut datastores = vec![("flat", 1_000, 500 + noise), ("grows", 1_000, 290 - day * 10)];
            if day > 5 {
                datastores.push(("new", 1_000, 950 - day));
            }
            sample("a", at, Some(100 + 2 * day), &datastores)
        })
        .collect();
    let all = found(&days, &days, &known);
    let of = |moref: &str| all.datastores.iter().find(|one| &*one.moref == moref);
    let grows = of("grows").unwrap();
    assert_eq!(grows.trend.map(|trend| (trend.days, trend.per_day)), Some((10, 10.0)));
    let full = Time(NOW.0 + 20 * DAY);
    assert_eq!((grows.full_earliest, grows.full_latest, grows.no_date), (Some(full), Some(full), None));
    assert_eq!(&*all.datastores[0].moref, "grows", "what is full first comes first");
    assert_eq!(of("flat").unwrap().no_date, Some(NoDate::NotGrowing));
    assert_eq!(of("new").unwrap().no_date, Some(NoDate::TooFewDays));
    assert!(of("gone").is_none(), "it is not accessible");
    assert_eq!(all.summary.vm_trend.map(|trend| (trend.low, trend.high)), Some((2.0, 2.0)));
}

#[test]
fn a_vcenter_that_was_added_is_no_growth_of_vms() {
    let known = [known("a", Vec::new()), known("b", Vec::new())];
    let day = |of: &str, day: i64, vms| sample(of, (20_000 - 20 + day) * DAY, Some(vms), &[]);
    let mut days: Vec<_> = (0..20).map(|at| day("a", at, 100)).collect();
    days.extend((12..20).map(|at| day("b", at, 5_000)));
    days.sort_by_key(|day| day.at);
    let trend = found(&days, &days, &known).summary.vm_trend.unwrap();
    assert_eq!((trend.days, trend.per_day, trend.high), (8, 0.0, 0.0), "{trend:?}");
}
