//! The page `/health`: what is wrong in the estate, the rules that say so, and what is silenced.
//! Refuses to judge: the service does, over what is cached.

mod findings;
mod limits;
mod over_time;
mod rules;
mod waivers;

use crate::components::link::Link;
use crate::state::health::{Looking, Part};
use crate::state::route::Route;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) looking: Looking,
}

/// The page.
#[function_component]
pub(crate) fn HealthPage(props: &Properties) -> Html {
    let looking = &props.looking;
    let content = match looking.part {
        Part::Findings => html! { <findings::FindingsPart looking={looking.clone()} /> },
        Part::Rules => html! { <rules::RulesPart looking={looking.clone()} /> },
        Part::Waivers => html! { <waivers::WaiversPart /> },
        Part::OverTime => html! { <over_time::OverTimePart looking={looking.clone()} /> },
    };
    let tab = |part: Part| {
        let is_current = part == looking.part;
        let to = Route::Health(Looking { part, ..Looking::default() });
        html! {
            <li key={part.title()} class={classes!("muster-tab", is_current.then_some("muster-tab--current"))}>
                <Link {to}><span aria-current={is_current.then_some("page")}>{ part.title() }</span></Link>
            </li>
        }
    };
    html! {
        <div class="muster-page" id="health">
            <div class="muster-page__head"><h1 class="pf-v6-c-title pf-m-2xl">{ "Health" }</h1></div>
            <nav aria-label="Health"><ul class="muster-tabs" role="list">{ for Part::ALL.map(tab) }</ul></nav>
            { content }
        </div>
    }
}
