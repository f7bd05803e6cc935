//! How syncs went.
//! Refuses to mix them with tests, which read nothing.

use crate::components::analysis::{Section, Steps, answered, facts, shown, table, use_retry};
use crate::components::chart::{Chart, Style};
use crate::hooks::use_query;
use crate::state::analytics::{Analyzed, Unit};
use crate::state::words::grouped;
use contract::analytics::{Analysis, SyncAnalytics, SyncPoint, SyncTotals};
use contract::command::AnalyzeSyncs;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) analyzed: Analyzed,
}

#[function_component]
pub(super) fn Syncs(props: &Properties) -> Html {
    let answer = use_query(AnalyzeSyncs { scope: props.analyzed.scope() });
    let retry = use_retry();
    html! {
        <Section id="analytics-syncs" title="Syncs" analyzed={props.analyzed.clone()} exports={&[(Analysis::Syncs, "Export CSV")][..]}>
            { answered(&answer, retry, drawn) }
        </Section>
    }
}

fn drawn(found: &SyncAnalytics) -> Html {
    let steps = Steps { span: &found.span, series: &found.series, at: |point: &SyncPoint| point.at };
    let took = vec![steps.measured("p50", |point| point.p50_ms), steps.measured("p95", |point| point.p95_ms)];
    let ended = vec![
        steps.counted("Succeeded", |point| point.succeeded),
        steps.counted("Partial", |point| point.partial),
        steps.counted("Failed", |point| point.failed),
    ];
    let rate = vec![steps.measured("Objects", |point| point.objects_per_second)];
    let changes = vec![
        steps.counted("Added", |point| point.added),
        steps.counted("Changed", |point| point.changed),
        steps.counted("Removed", |point| point.removed),
    ];
    html! {
        <>
            { facts(&at_a_glance(&found.summary)) }
            <div class="muster-charts">
                <Chart id="sync-durations" title="Duration" numbers={steps.numbers(Unit::Millis, Style::Lines, took)}
                    help="Half of the syncs took no longer than p50, and 95 of 100 no longer than p95; both within 3.2 %." />
                <Chart id="sync-outcomes" title="Outcomes" numbers={steps.numbers(Unit::Count, Style::Bars, ended)}
                    help="Syncs by how they ended. Cancelled and interrupted ones are not drawn." />
                <Chart id="sync-rates" title="Objects per second" numbers={steps.numbers(Unit::PerSecond, Style::Lines, rate)}
                    help="Objects that were read, in the time that the syncs took." />
                <Chart id="sync-changes" title="Changes" numbers={steps.numbers(Unit::Count, Style::Bars, changes)}
                    help="Objects that syncs added, changed and removed. What is volatile, such as free space, is no change." />
            </div>
            if !found.summary.causes.is_empty() { { causes(&found.summary) } }
            if found.vcenters.len() > 1 { { by_vcenter(&found.vcenters) } }
        </>
    }
}

fn at_a_glance(sum: &SyncTotals) -> Vec<(&'static str, String)> {
    let count = |count: u64| grouped(i64::try_from(count).unwrap_or(i64::MAX));
    vec![
        ("Duration, p50", shown(Unit::Millis, sum.took.p50)),
        ("Duration, p95", shown(Unit::Millis, sum.took.p95)),
        ("Objects per second", shown(Unit::PerSecond, sum.objects_per_second)),
        ("Succeeded", count(sum.succeeded)),
        ("Partial", count(sum.partial)),
        ("Failed", count(sum.failed)),
        ("Retries", count(sum.retries)),
    ]
}

fn causes(sum: &SyncTotals) -> Html {
    let mut causes: Vec<_> = sum.causes.iter().collect();
    causes.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
    let words = |code: &str| {
        let words = code.replace('_', " ");
        let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
        format!("{}{rest}", first.to_uppercase())
    };
    let rows = causes.into_iter().map(|(code, count)| vec![html! { words(code) }, html! { count }]);
    table("sync-causes", "Causes of failed and partial syncs", &["Cause", "Syncs"], &[0], rows.collect())
}

fn by_vcenter(vcenters: &[SyncTotals]) -> Html {
    let rows = vcenters.iter().map(|one| {
        vec![
            html! { one.vcenter.clone().unwrap_or_default() },
            html! { shown(Unit::Millis, one.took.p50) },
            html! { shown(Unit::Millis, one.took.p95) },
            html! { shown(Unit::PerSecond, one.objects_per_second) },
            html! { one.succeeded },
            html! { one.partial },
            html! { one.failed },
            html! { one.retries },
        ]
    });
    let heads = ["vCenter", "p50", "p95", "Objects per second", "Succeeded", "Partial", "Failed", "Retries"];
    table("sync-vcenters", "Syncs by vCenter", &heads, &[0], rows.collect())
}
