//! One chart: lines or bars over time, with axes, a value under the pointer and the arrows, and its numbers as a table.
//! Refuses to tell lines apart by colour alone, and to draw what isn't known: there a gap is.

mod plot;

use crate::state::analytics::Unit;
use contract::Time;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Each as a line.
    Lines,
    /// One on the other, as bars.
    Bars,
}

/// Numbers of one sort, one for each step; `None` where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Option<f64>>,
}

impl Row {
    pub(crate) fn new(name: &'static str, values: impl IntoIterator<Item = Option<f64>>) -> Row {
        Row { name, values: values.into_iter().collect() }
    }
}

/// The numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) unit: Unit,
    pub(crate) style: Style,
    /// When each step begins.
    pub(crate) times: Vec<Time>,
    /// How long each is.
    pub(crate) step_seconds: u64,
    pub(crate) rows: Vec<Row>,
}

impl Numbers {
    /// What the axis goes up to, and from line to line.
    fn scale(&self) -> (f64, f64) {
        let of = |step: usize| {
            let known = self.rows.iter().filter_map(|row| row.values[step]);
            match self.style {
                Style::Lines => known.fold(0.0, f64::max),
                Style::Bars => known.sum(),
            }
        };
        let largest = (0..self.times.len()).map(of).fold(0.0, f64::max);
        let step = self.unit.step(largest);
        ((largest / step).ceil().max(1.0) * step, step)
    }

    /// Whether anything is known of a step.
    fn is_known(&self, step: usize) -> bool {
        self.rows.iter().any(|row| row.values[step].is_some())
    }

    fn is_empty(&self) -> bool {
        !(0..self.times.len()).any(|step| self.is_known(step))
    }

    fn shown(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "\u{2013}".to_owned(), |value| self.unit.shown(value))
    }

    /// When a step is.
    fn when(&self, step: usize) -> String {
        plot::when(self.times[step], self.step_seconds)
    }

    /// What a step says, in a sentence.
    fn told(&self, step: usize) -> String {
        if !self.is_known(step) {
            return format!("{}: nothing known", self.when(step));
        }
        let values: Vec<String> =
            self.rows.iter().map(|row| format!("{} {}", row.name, self.shown(row.values[step]))).collect();
        format!("{}: {}", self.when(step), values.join(", "))
    }

    /// What the whole says to who doesn't see it.
    fn summary(&self) -> String {
        let of = |row: &Row| {
            let known: Vec<f64> = row.values.iter().flatten().copied().collect();
            let least = known.iter().copied().reduce(f64::min)?;
            let most = known.iter().copied().reduce(f64::max)?;
            let (least, most) = (self.unit.shown(least), self.unit.shown(most));
            Some(format!("{} from {least} to {most}", row.name))
        };
        let rows: Vec<String> = self.rows.iter().filter_map(of).collect();
        format!("{}. Arrow keys lead from step to step.", rows.join(", "))
    }
}

/// A chart and what it is called.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// Unique on the page.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// How the numbers came about, in a sentence or two.
    pub(crate) help: &'static str,
    pub(crate) numbers: Rc<Numbers>,
}

/// The chart, or its table.
#[function_component]
pub(crate) fn Chart(props: &Properties) -> Html {
    let is_table = use_state_eq(|| false);
    let numbers = &props.numbers;
    let toggle = {
        let is_table = is_table.clone();
        Callback::from(move |_: MouseEvent| is_table.set(!*is_table))
    };
    let (heading, help) = (format!("{}-title", props.id), format!("{}-help", props.id));
    let label = if *is_table { "Show as chart" } else { "Show as table" };
    let words = format!("{label}: {}", props.title);
    let content = match (numbers.is_empty(), *is_table) {
        (true, _) => {
            html! { <p class="muster-quiet muster-chart__nothing">{ "Nothing known in this time." }</p> }
        }
        (false, true) => table(props),
        (false, false) => html! {
            <plot::Plot id={props.id} title={props.title} numbers={numbers.clone()} />
        },
    };
    html! {
        <section class="pf-v6-c-card muster-chart" id={props.id} aria-labelledby={heading.clone()} aria-describedby={help.clone()}>
            <div class="muster-chart__head">
                <h3 id={heading}>{ props.title }</h3>
                if !numbers.is_empty() {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={toggle} aria_label={words}
                        {label} />
                }
            </div>
            { content }
            <p class="muster-quiet muster-chart__help" id={help}>{ props.help }</p>
        </section>
    }
}

/// The numbers of every step of which something is known, the newest first.
fn table(props: &Properties) -> Html {
    let numbers = &props.numbers;
    let rows = (0..numbers.times.len()).rev().filter(|step| numbers.is_known(*step)).map(|step| {
        let cells = numbers.rows.iter().map(|row| {
            html! { <td class="muster-chart__number">{ numbers.shown(row.values[step]) }</td> }
        });
        html! { <tr key={step}><th scope="row">{ numbers.when(step) }</th>{ for cells }</tr> }
    });
    let heads = numbers
        .rows
        .iter()
        .map(|row| html! { <th scope="col" class="muster-chart__number">{ row.name }</th> });
    html! {
        <div class="muster-chart__table" role="region" tabindex="0" aria-label={format!("{}, as table", props.title)}>
            <table>
                <thead><tr><th scope="col">{ "Time" }</th>{ for heads }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}
