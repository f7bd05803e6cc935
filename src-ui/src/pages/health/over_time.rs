//! How many findings were open over time.
//! Refuses to count: what is drawn was noted after each sync.

use crate::components::analysis::{Section, Steps, answered, facts, shown, table, use_retry};
use crate::components::chart::{Chart, Style};
use crate::components::select::Select;
use crate::hooks::{replace, use_query, use_vcenter_service};
use crate::state::analytics::{Analyzed, Unit};
use crate::state::health::Looking;
use crate::state::route::Route;
use contract::analytics::{Analysis, FindingAnalytics, FindingPoint, FindingTotals, Window};
use contract::command::AnalyzeFindings;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looking: Looking,
}

/// The part of the page.
#[function_component]
pub(super) fn OverTimePart(props: &Properties) -> Html {
    let looking = &props.looking;
    let window = looking.window.unwrap_or(Window::Week);
    let analyzed = Analyzed { vcenter: looking.vcenter.clone(), window, kind: None };
    let answer = use_query(AnalyzeFindings { scope: analyzed.scope() });
    let retry = use_retry();
    html! {
        <>
            <Choices looking={looking.clone()} />
            <Section id="findings-over-time" title="Open findings" {analyzed} exports={&[(Analysis::Findings, "Export CSV")][..]}>
                { answered(&answer, retry, drawn) }
            </Section>
        </>
    }
}

/// Window and vCenter, kept in the address.
#[function_component]
fn Choices(props: &Properties) -> Html {
    let looking = &props.looking;
    let known = use_vcenter_service().vcenters().unwrap_or_default();
    let windows = Window::ALL.iter().map(|one| (one.name().to_owned(), format!("Last {}", one.words())));
    let mut vcenters = vec![(String::new(), "All vCenters".to_owned())];
    vcenters.extend(known.iter().map(|one| (one.id.to_string(), one.name.clone())));
    let choosing = |change: fn(&mut Looking, String)| {
        let looking = looking.clone();
        Callback::from(move |value: String| {
            let mut looking = looking.clone();
            change(&mut looking, value);
            replace(&Route::Health(looking));
        })
    };
    html! {
        <div class="muster-toolbar" role="search" aria-label="Findings over time">
            <Select id="window" class="muster-scope" aria_label="Time" options={windows.collect::<Vec<_>>()}
                chosen={looking.window.unwrap_or(Window::Week).name()}
                choose={choosing(|looking, name| looking.window = Window::from_name(&name))} />
            <Select id="by-vcenter" class="muster-scope" aria_label="vCenter" options={vcenters}
                chosen={looking.vcenter.as_ref().map(|id| id.to_string()).unwrap_or_default()}
                choose={choosing(|looking, id| looking.vcenter = (!id.is_empty()).then_some(contract::VcenterId(id)))} />
        </div>
    }
}

fn drawn(found: &FindingAnalytics) -> Html {
    let steps = Steps { span: &found.span, series: &found.series, at: |point: &FindingPoint| point.at };
    // The worst lies on top, in the colour that stands out.
    let rows = vec![
        steps.measured("Information", |point| point.information.map(|count| count as f64)),
        steps.measured("Warning", |point| point.warning.map(|count| count as f64)),
        steps.measured("Critical", |point| point.critical.map(|count| count as f64)),
    ];
    html! {
        <>
            { facts(&at_a_glance(&found.summary)) }
            <div class="muster-charts">
                <Chart id="open-findings" title="Open findings by level" numbers={steps.numbers(Unit::Count, Style::Bars, rows)}
                    help="Findings in inventories, without waived ones, after the last sync of each step. A vCenter without a sync in a step counts as after its last one. How vCenters themselves stand, such as a rejected login, is not counted." />
            </div>
            if found.vcenters.len() > 1 { { by_vcenter(&found.vcenters) } }
        </>
    }
}

fn counts(sum: &FindingTotals) -> [String; 5] {
    let count = |count: Option<u64>| shown(Unit::Count, count.map(|count| count as f64));
    let open = |number| shown(Unit::Count, number);
    let levels = [count(sum.critical), count(sum.warning), count(sum.information)];
    let [critical, warning, information] = levels;
    [critical, warning, information, open(sum.open.p50), open(sum.open.p95)]
}

fn at_a_glance(sum: &FindingTotals) -> Vec<(&'static str, String)> {
    let names = ["Critical", "Warning", "Information", "Open, p50", "Open, p95"];
    names.into_iter().zip(counts(sum)).collect()
}

fn by_vcenter(vcenters: &[FindingTotals]) -> Html {
    let rows = vcenters.iter().map(|one| {
        let name = html! { one.vcenter.clone().unwrap_or_default() };
        [name].into_iter().chain(counts(one).map(|count| html! { count })).collect()
    });
    let heads = ["vCenter", "Critical", "Warning", "Information", "Open, p50", "Open, p95"];
    table("findings-vcenters", "Open findings by vCenter", &heads, &[0], rows.collect())
}
