//! A part of the page: its numbers at a glance, its charts, and what writes them to a file.
//! Refuses to know which numbers.

use crate::components::failure::Failure;
use crate::hooks::{use_command, use_vcenter_service};
use crate::state::analytics::Analyzed;
use crate::state::cache::Answer;
use crate::state::toasts::Toast;
use contract::Time;
use contract::analytics::{Analysis, Span};
use contract::command::{ExportAnalytics, Exported};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// A part of the page.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) analyzed: Analyzed,
    /// What is written to files, with the words on their buttons.
    pub(super) exports: &'static [(Analysis, &'static str)],
    pub(super) children: Html,
}

#[function_component]
pub(super) fn Section(props: &Properties) -> Html {
    let heading = format!("{}-title", props.id);
    let exports = props.exports.iter().map(|(analysis, label)| {
        html! { <Export analyzed={props.analyzed.clone()} analysis={*analysis} {label} /> }
    });
    html! {
        <section class="muster-analysis" id={props.id} aria-labelledby={heading.clone()}>
            <div class="muster-page__head">
                <h2 class="pf-v6-c-title pf-m-lg" id={heading}>{ props.title }</h2>
                <div class="muster-actions">{ for exports }</div>
            </div>
            { props.children.clone() }
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ExportProperties {
    analyzed: Analyzed,
    analysis: Analysis,
    label: &'static str,
}

#[function_component]
fn Export(props: &ExportProperties) -> Html {
    let command = ExportAnalytics { analysis: props.analysis, scope: props.analyzed.scope() };
    let export =
        use_command(command, "The numbers could not be exported", |service, Exported { path, rows }| {
            service.toast(Toast::exported(rows, path));
        });
    let onclick = export.start.reform(|_: MouseEvent| ());
    html! {
        <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} {onclick} disabled={export.is_under_way}
            label={props.label} />
    }
}

/// An answer, or what stands in its place.
pub(super) fn answered<T>(answer: &Answer<T>, retry: Callback<()>, shown: impl FnOnce(&T) -> Html) -> Html {
    match (&answer.value, &answer.error) {
        (Some(value), _) => shown(value),
        (None, Some(error)) => {
            html! { <Failure title="The numbers could not be loaded" error={error.clone()} {retry} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting muster-analysis__waiting"><Spinner aria_label="Loading the numbers" /></div> }
        }
    }
}

/// What asks once more.
#[hook]
pub(super) fn use_retry() -> Callback<()> {
    let service = use_vcenter_service();
    Callback::from(move |()| service.refresh())
}

/// Numbers at a glance.
pub(super) fn facts(facts: &[(&'static str, String)]) -> Html {
    let items = facts.iter().map(|(name, value)| html! { <div><dt>{ *name }</dt><dd>{ value }</dd></div> });
    html! { <dl class="muster-analysis__facts">{ for items }</dl> }
}

/// A number of a step, where anything was measured by then: before that nothing is known, and nothing is drawn.
pub(super) fn known(span: &Span, at: Time, number: u64) -> Option<f64> {
    let end = at.0.saturating_add(i64::try_from(span.step_seconds).unwrap_or(0) * 1000);
    span.known_since.filter(|since| since.0 < end).map(|_| number as f64)
}

/// A table with these heads; columns that aren't of words stand at the right.
pub(super) fn table(
    id: &'static str,
    title: &'static str,
    heads: &[&'static str],
    words: &[usize],
    rows: Vec<Vec<Html>>,
) -> Html {
    let class = |column: usize| classes!((!words.contains(&column)).then_some("muster-chart__number"));
    let heads = heads
        .iter()
        .enumerate()
        .map(|(column, head)| html! { <th scope="col" class={class(column)}>{ *head }</th> });
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().enumerate().map(|(column, cell)| match column {
            0 => html! { <th scope="row">{ cell }</th> },
            _ => html! { <td class={class(column)}>{ cell }</td> },
        });
        html! { <tr>{ for cells }</tr> }
    });
    let heading = format!("{id}-title");
    html! {
        <div class="pf-v6-c-card muster-chart" {id}>
            <div class="muster-chart__head"><h3 id={heading.clone()}>{ title }</h3></div>
            <div class="muster-chart__table muster-chart__table--tall" role="region" tabindex="0" aria-labelledby={heading}>
                <table><thead><tr>{ for heads }</tr></thead><tbody>{ for rows }</tbody></table>
            </div>
        </div>
    }
}
