//! How syncs went.
//! Refuses to mix them with tests, which read nothing.

use super::section::{Section, answered, facts, known, table, use_retry};
use crate::components::chart::{Chart, Numbers, Row, Style};
use crate::hooks::use_query;
use crate::state::analytics::{Analyzed, Unit};
use crate::state::words::grouped;
use contract::analytics::{Analysis, SyncAnalytics, SyncPoint, SyncTotals};
use contract::command::AnalyzeSyncs;
use std::rc::Rc;
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
            { answered(&answer, retry, shown) }
        </Section>
    }
}

fn shown(found: &SyncAnalytics) -> Html {
    let numbers = |unit, style, rows| {
        let times = found.series.iter().map(|point| point.at).collect();
        Rc::new(Numbers { unit, style, times, step_seconds: found.span.step_seconds, rows })
    };
    let counted = |name, of: fn(&SyncPoint) -> u64| {
        Row::new(name, found.series.iter().map(move |point| known(&found.span, point.at, of(point))))
    };
    let measured = |name, of: fn(&SyncPoint) -> Option<f64>| Row::new(name, found.series.iter().map(of));
    let took = vec![measured("p50", |point| point.p50_ms), measured("p95", |point| point.p95_ms)];
    let ended = vec![
        counted("Succeeded", |point| point.succeeded),
        counted("Partial", |point| point.partial),
        counted("Failed", |point| point.failed),
    ];
    let rate = vec![measured("Objects", |point| point.objects_per_second)];
    let changes = vec![
        counted("Added", |point| point.added),
        counted("Changed", |point| point.changed),
        counted("Removed", |point| point.removed),
    ];
    html! {
        <>
            { facts(&at_a_glance(&found.summary)) }
            <div class="muster-charts">
                <Chart id="sync-durations" title="Duration" numbers={numbers(Unit::Millis, Style::Lines, took)}
                    help="Half of the syncs took no longer than p50, and 95 of 100 no longer than p95; both within 3.2 %." />
                <Chart id="sync-outcomes" title="Outcomes" numbers={numbers(Unit::Count, Style::Bars, ended)}
                    help="Syncs by how they ended. Cancelled and interrupted ones are not drawn." />
                <Chart id="sync-rates" title="Objects per second" numbers={numbers(Unit::PerSecond, Style::Lines, rate)}
                    help="Objects that were read, in the time that the syncs took." />
                <Chart id="sync-changes" title="Changes" numbers={numbers(Unit::Count, Style::Bars, changes)}
                    help="Objects that syncs added, changed and removed. What is volatile, such as free space, is no change." />
            </div>
            if !found.summary.causes.is_empty() { { causes(&found.summary) } }
            if found.vcenters.len() > 1 { { by_vcenter(&found.vcenters) } }
        </>
    }
}

fn ms(ms: Option<f64>) -> String {
    ms.map_or_else(|| "\u{2013}".to_owned(), |ms| Unit::Millis.shown(ms))
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "\u{2013}".to_owned(), |rate| Unit::PerSecond.shown(rate))
}

fn at_a_glance(sum: &SyncTotals) -> Vec<(&'static str, String)> {
    let count = |count: u64| grouped(i64::try_from(count).unwrap_or(i64::MAX));
    vec![
        ("Duration, p50", ms(sum.took.p50)),
        ("Duration, p95", ms(sum.took.p95)),
        ("Objects per second", rate(sum.objects_per_second)),
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
            html! { ms(one.took.p50) },
            html! { ms(one.took.p95) },
            html! { rate(one.objects_per_second) },
            html! { one.succeeded },
            html! { one.partial },
            html! { one.failed },
            html! { one.retries },
        ]
    });
    let heads = ["vCenter", "p50", "p95", "Objects per second", "Succeeded", "Partial", "Failed", "Retries"];
    table("sync-vcenters", "Syncs by vCenter", &heads, &[0], rows.collect())
}
