//! What the runs of a policy did, the newest first, each with its operations.
//! Refuses to remember them: they are operations, and go with the history.

use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::icon::of_level;
use crate::components::link::Link;
use crate::components::when::Ago;
use crate::hooks::use_query;
use crate::state::operations::Looked;
use crate::state::route::Route;
use crate::state::words;
use contract::command::ListRuns;
use contract::policy::{Policy, PolicyRun};
use contract::words::{cause, ran_step};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::prelude::*;

/// Runs that are shown; the page of operations has them all.
const SHOWN: u32 = 50;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) policy: Policy,
    pub(super) close: Callback<()>,
}

/// The list.
#[function_component]
pub(super) fn Runs(props: &Properties) -> Html {
    let answer = use_query(ListRuns { policy: props.policy.id.clone(), limit: SHOWN });
    let close = props.close.reform(|_: MouseEvent| ());
    let actions = html! { <Button variant={ButtonVariant::Primary} onclick={close} label="Close" /> };
    let runs = match (answer.value, answer.error) {
        (Some(runs), _) if runs.is_empty() => {
            html! { <p>{ "It has not run yet, or its runs are older than the history is kept." }</p> }
        }
        (Some(runs), _) => {
            html! { <ul class="muster-runs" role="list" id="runs">{ for runs.iter().map(run) }</ul> }
        }
        (None, Some(error)) => html! { <Failure title="The runs could not be loaded" {error} /> },
        (None, None) => html! { <Spinner aria_label="Loading the runs" /> },
    };
    html! {
        <Dialog title={format!("Runs of {}", props.policy.name)} close={props.close.clone()} wide=true {actions}>
            { runs }
        </Dialog>
    }
}

fn run(one: &PolicyRun) -> Html {
    let (word, level) = words::operation_state(one.outcome);
    let to = Route::Operations(Looked { open: Some(one.run.clone()), ..Looked::default() });
    let left_out = one.left_out.iter().map(|left_out| format!("Left out {left_out}"));
    let lines = one.steps.iter().map(ran_step).chain(left_out);
    html! {
        <li key={one.run.to_string()}>
            <div>
                { of_level(level) }{ " " }<strong>{ word }</strong>
                <span class="muster-quiet">{ " \u{b7} " }<Ago time={one.started_at.unwrap_or(one.submitted_at)} />
                    { format!(" \u{b7} {} \u{b7} ", cause(&one.cause)) }</span>
                <Link {to}>{ "Operation" }</Link>
            </div>
            <ul class="muster-quiet" role="list">
                { for lines.map(|line| html! { <li class="muster-words">{ words::shown(&line) }</li> }) }
            </ul>
        </li>
    }
}
