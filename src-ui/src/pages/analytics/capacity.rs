//! Used space and VMs, and when datastores will be full.
//! Refuses to show a date as a day where it is a range, and one where there is no ground for it.

use crate::components::analysis::{Section, Steps, answered, facts, shown, table, use_retry};
use crate::components::chart::{Chart, Style};
use crate::hooks::use_query;
use crate::state::analytics::{Analyzed, Unit};
use contract::analytics::{Analysis, CapacityAnalytics, CapacityPoint, DatastoreTrend, Trend};
use contract::command::AnalyzeCapacity;
use contract::words;
use yew::prelude::*;

/// Datastores that are shown; the export has all.
const MOST: usize = 100;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) analyzed: Analyzed,
}

#[function_component]
pub(super) fn Capacity(props: &Properties) -> Html {
    let analyzed = Analyzed { kind: None, ..props.analyzed.clone() };
    let answer = use_query(AnalyzeCapacity { scope: analyzed.scope() });
    let retry = use_retry();
    let exports = &[(Analysis::Capacity, "Export CSV"), (Analysis::Datastores, "Export datastores CSV")][..];
    html! {
        <Section id="analytics-capacity" title="Capacity" {analyzed} {exports}>
            { answered(&answer, retry, drawn) }
        </Section>
    }
}

fn drawn(found: &CapacityAnalytics) -> Html {
    let steps = Steps { span: &found.span, series: &found.series, at: |point: &CapacityPoint| point.at };
    let space = vec![
        steps.measured("Used", |point| point.used_bytes.map(|bytes| bytes as f64)),
        steps.measured("Capacity", |point| point.capacity_bytes.map(|bytes| bytes as f64)),
    ];
    let vms = vec![steps.measured("VMs", |point| point.vms.map(|vms| vms as f64))];
    html! {
        <>
            { facts(&at_a_glance(found)) }
            <div class="muster-charts">
                <Chart id="space" title="Storage" numbers={steps.numbers(Unit::Bytes, Style::Lines, space)}
                    help="Accessible datastores, read at the time. One that several vCenters see counts once, as on the overview. vSAN is raw capacity." />
                <Chart id="vms" title="VMs" numbers={steps.numbers(Unit::Count, Style::Lines, vms)} help="Without templates, vSphere's own agents (vCLS) and placeholders." />
            </div>
            if !found.datastores.is_empty() {
                { datastores(&found.datastores) }
                <p class="muster-quiet">{ note(found.datastores.len()) }</p>
            }
        </>
    }
}

fn note(many: usize) -> String {
    let shown =
        if many > MOST { format!("The first {MOST} of {many}; the export has all. ") } else { String::new() };
    format!(
        "{shown}Growth is the median slope of the used space of up to 90 days, with its 95 % range. Dates follow from that range, \
         and are shown only where at least 7 days show growth. A migration or a new VM tomorrow is not in them."
    )
}

fn at_a_glance(found: &CapacityAnalytics) -> Vec<(&'static str, String)> {
    let nothing = || "\u{2013}".to_owned();
    let sum = &found.summary;
    let shown = |unit, number: Option<u64>| shown(unit, number.map(|number| number as f64));
    let percent = |percent: Option<f64>| percent.map_or_else(nothing, |percent| format!("{percent:.0} %"));
    vec![
        ("Used", shown(Unit::Bytes, sum.used_bytes)),
        ("Capacity", shown(Unit::Bytes, sum.capacity_bytes)),
        ("Used per datastore, p50", percent(sum.used.p50)),
        ("Used per datastore, p95", percent(sum.used.p95)),
        ("VMs", shown(Unit::Count, sum.vms)),
        (
            "VMs a day",
            sum.vm_trend.map_or_else(nothing, |trend| range(trend, |number| format!("{number:+.1}"))),
        ),
        ("Hosts", shown(Unit::Count, sum.hosts)),
    ]
}

fn range(trend: Trend, shown: impl Fn(f64) -> String) -> String {
    format!("{} ({} to {})", shown(trend.per_day), shown(trend.low), shown(trend.high))
}

fn datastores(datastores: &[DatastoreTrend]) -> Html {
    let size = |bytes: f64| {
        let sign = if bytes < 0.0 { "\u{2212}" } else { "+" };
        format!("{sign}{}", Unit::Bytes.shown(bytes.abs()))
    };
    let rows = datastores.iter().take(MOST).map(|one| {
        vec![
            html! { &one.name },
            html! { &one.vcenter },
            html! { format!("{:.1} %", one.used_percent) },
            html! { Unit::Bytes.shown(one.capacity_bytes as f64) },
            html! { one.trend.map_or_else(|| "\u{2013}".to_owned(), |trend| range(trend, size)) },
            html! { words::full(one) },
        ]
    });
    let heads = ["Datastore", "vCenter", "Used", "Capacity", "Growth a day (95 % range)", "Full (UTC)"];
    table("datastores", "Datastores and when they are full", &heads, &[0, 1, 5], rows.collect())
}
