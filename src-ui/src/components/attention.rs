//! What needs somebody, a line for each rule that found something, each with the way to it and a snooze.
//! Refuses to list single objects where there are several: the page of health does.

use super::icon;
use super::link::Link;
use super::waive::Waive;
use super::when::Ago;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::health::{self, Looking};
use crate::state::route::Route;
use crate::state::words::shown;
use contract::command::{AddWaiver, ListAttention};
use contract::health::{Attention, rule};
use contract::words;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// Lines that are shown at first.
const FIRST: usize = 8;

/// The list.
#[function_component]
pub(crate) fn AttentionList() -> Html {
    let is_open = use_state_eq(|| false);
    let snoozing = use_state_eq(|| None::<Attention>);
    let answer = use_query(ListAttention {});
    let all = match (answer.value, answer.error) {
        (Some(all), _) => all,
        (None, Some(_)) => {
            return html! { <p class="muster-quiet">{ "What needs attention could not be read." }</p> };
        }
        (None, None) => return html! { <p class="muster-quiet" aria-busy="true">{ "Checking…" }</p> },
    };
    if all.is_empty() {
        return html! { <p class="muster-quiet">{ "Nothing in what was read so far needs attention." }</p> };
    }
    let snooze = {
        let snoozing = snoozing.clone();
        Callback::from(move |line: Attention| snoozing.set(Some(line)))
    };
    let close = {
        let snoozing = snoozing.clone();
        Callback::from(move |()| snoozing.set(None))
    };
    let shown_lines = if *is_open { all.len() } else { FIRST };
    let lines = all.iter().take(shown_lines).map(|line| {
        html! { <Line key={line.rule.clone()} line={line.clone()} snooze={snooze.clone()} /> }
    });
    let more = all.len().saturating_sub(FIRST);
    let toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    html! {
        <>
            <ul class="muster-attention" role="list">{ for lines }</ul>
            if more > 0 {
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={toggle}
                    label={if *is_open { "Show fewer".to_owned() } else { format!("Show {more} more") }} />
            }
            if let Some(line) = &*snoozing { <Snooze line={line.clone()} {close} /> }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LineProperties {
    line: Attention,
    snooze: Callback<Attention>,
}

#[function_component]
fn Line(props: &LineProperties) -> Html {
    let line = &props.line;
    let may = use_vcenter_service().may::<AddWaiver>();
    let title = rule(&line.rule).map_or(line.rule.as_str(), |rule| rule.title);
    let to = Route::Health(Looking { rule: Some(line.rule.clone()), ..Looking::default() });
    let what = match &line.name {
        Some(name) => shown(name),
        None => words::by_level(&line.levels),
    };
    let places = match &*line.r#where {
        [one] => one.clone(),
        several => format!("{} vCenters", several.len()),
    };
    let snooze = {
        let (snooze, line) = (props.snooze.clone(), line.clone());
        Callback::from(move |_: MouseEvent| snooze.emit(line.clone()))
    };
    let is_vcenter = line.kind == "vcenters" && line.name.is_some();
    html! {
        <li class="muster-attention__line" data-rule={line.rule.clone()}>
            <span title={words::level(line.level)}>{ icon::of_level(health::shade(line.level)) }</span>
            <Link class="muster-attention__title" {to}>{ title }</Link>
            <span class="muster-attention__what">
                { what }
                if !is_vcenter { <span class="muster-quiet">{ format!(" \u{00b7} {}", shown(&places)) }</span> }
            </span>
            <span class="muster-attention__since muster-quiet">if let Some(since) = line.since { <Ago time={since} /> }</span>
            if may {
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={snooze} label="Snooze…"
                    aria_label={format!("Snooze: {title}")} />
            }
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SnoozeProperties {
    line: Attention,
    close: Callback<()>,
}

/// The form, for where the rule found something.
#[function_component]
fn Snooze(props: &SnoozeProperties) -> Html {
    let vcenters = use_vcenter_service().vcenters().unwrap_or_default();
    let scopes = health::scopes_of_line(&props.line, &vcenters);
    html! { <Waive rule={props.line.rule.clone()} {scopes} snooze=true close={props.close.clone()} /> }
}
