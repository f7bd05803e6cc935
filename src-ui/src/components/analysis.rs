//! Numbers over time as a part of a page: at a glance, as charts and tables, and what writes them to a file.
//! Refuses to know which numbers.

use super::chart::{Numbers, Row, Style};
use super::failure::Failure;
use crate::hooks::{use_command, use_vcenter_service};
use crate::state::analytics::{Analyzed, Unit};
use crate::state::cache::Answer;
use crate::state::toasts::Toast;
use contract::Time;
use contract::analytics::{Analysis, Span};
use contract::command::{ExportAnalytics, Exported};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::rc::Rc;
use yew::prelude::*;

/// A part of the page.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) analyzed: Analyzed,
    /// What is written to files, with the words on their buttons.
    pub(crate) exports: &'static [(Analysis, &'static str)],
    pub(crate) children: Html,
}

#[function_component]
pub(crate) fn Section(props: &Properties) -> Html {
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
pub(crate) fn answered<T>(answer: &Answer<T>, retry: Callback<()>, shown: impl FnOnce(&T) -> Html) -> Html {
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
pub(crate) fn use_retry() -> Callback<()> {
    let service = use_vcenter_service();
    Callback::from(move |()| service.refresh())
}

/// Numbers at a glance.
pub(crate) fn facts(facts: &[(&'static str, String)]) -> Html {
    let items = facts.iter().map(|(name, value)| html! { <div><dt>{ *name }</dt><dd>{ value }</dd></div> });
    html! { <dl class="muster-analysis__facts">{ for items }</dl> }
}

/// Steps that charts are made of.
pub(crate) struct Steps<'a, P> {
    pub(crate) span: &'a Span,
    pub(crate) series: &'a [P],
    /// When one begins.
    pub(crate) at: fn(&P) -> Time,
}

impl<P> Steps<'_, P> {
    /// The numbers of one chart.
    pub(crate) fn numbers(&self, unit: Unit, style: Style, rows: Vec<Row>) -> Rc<Numbers> {
        let times = self.series.iter().map(self.at).collect();
        Rc::new(Numbers { unit, style, times, step_seconds: self.span.step_seconds, rows })
    }

    /// What is counted, from when on anything was measured: before that nothing is known, and nothing is drawn.
    pub(crate) fn counted(&self, name: &'static str, of: fn(&P) -> u64) -> Row {
        let length = i64::try_from(self.span.step_seconds).unwrap_or(0) * 1000;
        let is_known = |one: &P| {
            let end = (self.at)(one).0.saturating_add(length);
            self.span.known_since.is_some_and(|since| since.0 < end)
        };
        Row::new(name, self.series.iter().map(|one| is_known(one).then(|| of(one) as f64)))
    }

    /// What is known of some steps only.
    pub(crate) fn measured(&self, name: &'static str, of: fn(&P) -> Option<f64>) -> Row {
        Row::new(name, self.series.iter().map(of))
    }
}

/// A number in its unit; a dash where none is known.
pub(crate) fn shown(unit: Unit, number: Option<f64>) -> String {
    number.map_or_else(|| "\u{2013}".to_owned(), |number| unit.shown(number))
}

/// A table with these heads; columns that aren't of words stand at the right.
pub(crate) fn table(
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
