//! Calls, their latency, and what reading from the cache saved.
//! Refuses to boast: what has no known price is told apart.

use crate::components::analysis::{Section, Steps, answered, facts, shown, table, use_retry};
use crate::components::chart::{Chart, Style};
use crate::hooks::use_query;
use crate::state::analytics::{Analyzed, Unit};
use contract::analytics::{Analysis, CallAnalytics, CallPoint, CallTotals, MethodTimes};
use contract::command::AnalyzeCalls;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) analyzed: Analyzed,
}

#[function_component]
pub(super) fn Calls(props: &Properties) -> Html {
    // Every call counts, whatever it is for.
    let analyzed = Analyzed { kind: None, ..props.analyzed.clone() };
    let answer = use_query(AnalyzeCalls { scope: analyzed.scope() });
    let retry = use_retry();
    html! {
        <Section id="analytics-calls" title="API calls and cache" {analyzed} exports={&[(Analysis::Calls, "Export CSV")][..]}>
            { answered(&answer, retry, drawn) }
        </Section>
    }
}

fn drawn(found: &CallAnalytics) -> Html {
    let steps = Steps { span: &found.span, series: &found.series, at: |point: &CallPoint| point.at };
    let calls = vec![
        steps.counted("Made", |point| point.calls),
        steps.counted("Saved by the cache", |point| point.saved_calls.round() as u64),
    ];
    let reads = vec![
        steps.counted("From the cache", |point| point.hits),
        steps.counted("Shared a refresh", |point| point.shared),
        steps.counted("Own refresh", |point| point.misses),
    ];
    let latency =
        vec![steps.measured("p50", |point| point.p50_ms), steps.measured("p95", |point| point.p95_ms)];
    let bytes = vec![steps.counted("Received", |point| point.bytes)];
    html! {
        <>
            { facts(&at_a_glance(&found.summary)) }
            <div class="muster-charts">
                <Chart id="calls" title="Calls" numbers={steps.numbers(Unit::Count, Style::Bars, calls)}
                    help="A read from the cache, or one that shared a refresh under way, saved what a refresh of that kind costs at that vCenter on average." />
                <Chart id="reads" title="Reads" numbers={steps.numbers(Unit::Count, Style::Bars, reads)}
                    help="How reads were answered. Reads of viewers are not counted." />
                <Chart id="latency" title="API latency" numbers={steps.numbers(Unit::Millis, Style::Lines, latency)}
                    help="From sending a call to the first byte of its answer; within 3.2 %." />
                <Chart id="bytes" title="Data received" numbers={steps.numbers(Unit::Bytes, Style::Bars, bytes)}
                    help="Answers of vCenters, after unpacking." />
            </div>
            if !found.methods.is_empty() { { methods(&found.methods) } }
            if found.vcenters.len() > 1 { { by_vcenter(&found.vcenters) } }
        </>
    }
}

fn at_a_glance(sum: &CallTotals) -> Vec<(&'static str, String)> {
    let count = |count: f64| Unit::Count.shown(count);
    let mut facts = vec![
        ("Calls saved", count(sum.saved.calls)),
        ("Data saved", Unit::Bytes.shown(sum.saved.bytes)),
        ("Waiting saved", Unit::Millis.shown(sum.saved.ms)),
        ("Calls made", count(sum.calls as f64)),
        ("Data received", Unit::Bytes.shown(sum.bytes as f64)),
        ("API latency, p50", shown(Unit::Millis, sum.latency.p50)),
        ("API latency, p95", shown(Unit::Millis, sum.latency.p95)),
    ];
    if sum.saved.unpriced > 0 {
        // Their kind was never refreshed by itself there.
        facts.insert(3, ("Saved reads of unknown cost", count(sum.saved.unpriced as f64)));
    }
    facts
}

fn methods(methods: &[MethodTimes]) -> Html {
    let rows = methods.iter().map(|one| {
        vec![
            html! { &one.method },
            html! { Unit::Count.shown(one.answers as f64) },
            html! { shown(Unit::Millis, one.p50_ms) },
            html! { shown(Unit::Millis, one.p95_ms) },
        ]
    });
    table("methods", "API latency by method", &["Method", "Answers", "p50", "p95"], &[0], rows.collect())
}

fn by_vcenter(vcenters: &[CallTotals]) -> Html {
    let rows = vcenters.iter().map(|one| {
        vec![
            html! { one.vcenter.clone().unwrap_or_default() },
            html! { Unit::Count.shown(one.calls as f64) },
            html! { Unit::Count.shown(one.saved.calls) },
            html! { Unit::Bytes.shown(one.bytes as f64) },
            html! { shown(Unit::Millis, one.latency.p50) },
            html! { shown(Unit::Millis, one.latency.p95) },
        ]
    });
    let heads = ["vCenter", "Calls made", "Calls saved", "Received", "Latency, p50", "Latency, p95"];
    table("call-vcenters", "Calls by vCenter", &heads, &[0], rows.collect())
}
