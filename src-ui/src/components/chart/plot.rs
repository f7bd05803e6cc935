//! The drawing of a chart, and the value that is looked at.
//! Refuses to stretch text: only the drawing is an SVG, and its words stand around it.

use super::{Numbers, Style};
use crate::components::when::{Part, part};
use crate::state::analytics::{across, path};
use contract::Time;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

const DAY: u64 = 86_400;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) numbers: Rc<Numbers>,
}

/// When a step is, as long as it is.
pub(super) fn when(at: Time, step_seconds: u64) -> String {
    part(at, if step_seconds >= DAY { Part::Day } else { Part::Both })
}

/// The drawing with its axes. It is one stop of the tabulator; arrows lead from step to step.
#[function_component]
pub(super) fn Plot(props: &Properties) -> Html {
    let numbers = &props.numbers;
    let steps = numbers.times.len();
    let looked = use_state_eq(|| None::<usize>);
    let place = (*looked).filter(|step| *step < steps);
    let at = place.unwrap_or(steps.saturating_sub(1));
    let onkeydown = {
        let looked = looked.clone();
        Callback::from(move |event: KeyboardEvent| {
            let Some(next) = next(&event.key(), at, steps) else { return };
            event.prevent_default();
            looked.set(next);
        })
    };
    let onmousemove = {
        let looked = looked.clone();
        Callback::from(move |event: MouseEvent| {
            let plot = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
            let Some(shape) = plot.map(|plot| plot.get_bounding_client_rect()) else { return };
            let part = (f64::from(event.client_x()) - shape.left()) / shape.width().max(1.0);
            looked.set(Some(((part * steps as f64) as usize).min(steps.saturating_sub(1))));
        })
    };
    let clear = |_: ()| {
        let looked = looked.clone();
        move || looked.set(None)
    };
    let (leave, blur) = (clear(()), clear(()));
    let onfocus = {
        let looked = looked.clone();
        Callback::from(move |_: FocusEvent| looked.set(Some(at)))
    };
    let (top, step) = numbers.scale();
    let lines = (0..=(top / step).round() as usize).map(|line| line as f64 * step);
    let labels = lines.clone().map(|value| {
        html! { <span style={format!("inset-block-end: {:.2}%", value / top * 100.0)}>{ numbers.unit.shown(value) }</span> }
    });
    let grid: String = lines.map(|value| format!("M0 {0:.2}H100", 100.0 - value / top * 100.0)).collect();
    let summary = format!("{}-summary", props.id);
    html! {
        <div class="muster-chart__body">
            { legend(numbers) }
            <div class="muster-chart__axis" aria-hidden="true">{ for labels }</div>
            <div class="muster-chart__plot" role="slider" tabindex="0" aria-label={props.title} aria-describedby={summary.clone()}
                aria-orientation="horizontal" aria-valuemin="1" aria-valuemax={steps.to_string()} aria-valuenow={(at + 1).to_string()}
                aria-valuetext={numbers.told(at)} {onkeydown} {onmousemove} {onfocus}
                onmouseleave={move |_: MouseEvent| leave()} onblur={move |_: FocusEvent| blur()}>
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                    <path class="muster-chart__grid" d={grid} />
                    { drawn(numbers, top) }
                </svg>
                if let Some(place) = place { { pointed(numbers, place, top) } }
            </div>
            <div class="muster-chart__times" aria-hidden="true">{ for times(numbers) }</div>
            <p class="pf-v6-screen-reader" id={summary}>{ numbers.summary() }</p>
        </div>
    }
}

/// Where a key leads; `Some(None)` is nowhere any more.
fn next(key: &str, at: usize, steps: usize) -> Option<Option<usize>> {
    let last = steps.saturating_sub(1);
    Some(match key {
        "ArrowLeft" | "ArrowDown" => Some(at.saturating_sub(1)),
        "ArrowRight" | "ArrowUp" => Some((at + 1).min(last)),
        "Home" => Some(0),
        "End" => Some(last),
        "Escape" => None,
        _ => return None,
    })
}

fn legend(numbers: &Numbers) -> Html {
    let items = numbers.rows.iter().enumerate().map(|(number, row)| {
        let kind = if numbers.style == Style::Lines { "line" } else { "bar" };
        html! {
            <li>
                <span class={classes!("muster-chart__swatch", format!("muster-chart__swatch--{kind}"), format!("muster-chart--{number}"))}
                    aria-hidden="true" />
                { row.name }
            </li>
        }
    });
    html! { <ul class="muster-chart__legend" role="list">{ for items }</ul> }
}

fn drawn(numbers: &Numbers, top: f64) -> Html {
    let class = |number: usize| format!("muster-chart--{number}");
    match numbers.style {
        Style::Lines => {
            let lines = numbers.rows.iter().enumerate().map(|(number, row)| {
                let (line, dots) = path(&row.values, top);
                html! {
                    <>
                        <path class={classes!("muster-chart__line", class(number))} d={line} />
                        <path class={classes!("muster-chart__line", "muster-chart__dots", class(number))} d={dots} />
                    </>
                }
            });
            lines.collect()
        }
        Style::Bars => {
            let steps = numbers.times.len();
            let width = 100.0 / steps.max(1) as f64;
            let mut ground = vec![0.0; steps];
            let bars: Vec<Html> = numbers
                .rows
                .iter()
                .enumerate()
                .map(|(number, row)| {
                    let mut d = String::new();
                    for (step, value) in row.values.iter().enumerate() {
                        let Some(value) = value.filter(|value| *value > 0.0) else { continue };
                        let (low, high) = (ground[step], ground[step] + value);
                        ground[step] = high;
                        let (x, y) = (across(step, steps) - width * 0.4, 100.0 - high / top * 100.0);
                        let tall = (high - low) / top * 100.0;
                        d += &format!("M{x:.2} {y:.2}h{:.2}v{tall:.2}h-{:.2}z", width * 0.8, width * 0.8);
                    }
                    html! { <path class={classes!("muster-chart__bars", class(number))} {d} /> }
                })
                .collect();
            bars.into_iter().collect()
        }
    }
}

/// The step that is looked at: a line, a mark on each value, and the values in words.
fn pointed(numbers: &Numbers, step: usize, top: f64) -> Html {
    let x = across(step, numbers.times.len());
    let mut ground = 0.0;
    let marks = numbers.rows.iter().enumerate().filter_map(|(number, row)| {
        let value = row.values[step].filter(|value| numbers.style == Style::Lines || *value > 0.0)?;
        let height = if numbers.style == Style::Bars { ground + value } else { value };
        ground = height;
        let style = format!("inset-inline-start: {x:.2}%; inset-block-end: {:.2}%", height / top * 100.0);
        Some(html! { <span class={classes!("muster-chart__mark", format!("muster-chart--{number}"))} {style} /> })
    });
    let marks: Vec<Html> = marks.collect();
    let rows = numbers.rows.iter().map(|row| {
        html! { <><dt>{ row.name }</dt><dd>{ numbers.shown(row.values[step]) }</dd></> }
    });
    // It stands on the side that has room.
    let side = if x > 50.0 {
        format!("inset-inline-end: {:.2}%", 101.5 - x)
    } else {
        format!("inset-inline-start: {:.2}%", x + 1.5)
    };
    html! {
        <div aria-hidden="true">
            <span class="muster-chart__cursor" style={format!("inset-inline-start: {x:.2}%")} />
            { for marks }
            <div class="muster-chart__tip" style={side}>
                <strong>{ numbers.when(step) }</strong>
                <dl>{ for rows }</dl>
            </div>
        </div>
    }
}

/// A few times below the drawing, where their steps begin.
fn times(numbers: &Numbers) -> impl Iterator<Item = Html> {
    let (steps, step_seconds) = (numbers.times.len(), numbers.step_seconds);
    let every = steps.div_ceil(4).max(1);
    let is_short = step_seconds * steps as u64 <= DAY;
    numbers.times.iter().copied().enumerate().step_by(every).map(move |(step, at)| {
        let words = part(
            at,
            match (is_short, step_seconds >= DAY) {
                (true, _) => Part::Hour,
                (false, true) => Part::Day,
                (false, false) => Part::LocalDay,
            },
        );
        let style = format!("inset-inline-start: {:.2}%", step as f64 / steps.max(1) as f64 * 100.0);
        html! { <span key={step} {style}>{ words }</span> }
    })
}
