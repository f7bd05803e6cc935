//! The steps in which an operation ran, with how long each took, and what failed of it.
//! Refuses to show a bar: kinds are read side by side, and their times overlap.

use crate::components::failure::said;
use crate::hooks::use_query;
use crate::state::words::{capital, counted};
use contract::command::ShowSteps;
use contract::words::exactly;
use contract::{FailedAttempt, OperationId, Step};
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) operation: OperationId,
}

/// Its steps; nothing where none are known.
#[function_component]
pub(super) fn StepsTaken(props: &Properties) -> Html {
    let answer = use_query(ShowSteps { operation: props.operation.clone() });
    let Some(known) = answer.value.filter(|known| !known.steps.is_empty() || !known.failures.is_empty())
    else {
        return Html::default();
    };
    let attempts = known.steps.iter().map(|step| step.attempt).max().unwrap_or(1);
    html! {
        <>
            if !known.failures.is_empty() {
                <h3 class="muster-group">{ counted(known.failures.len(), "failed attempt", "failed attempts") }</h3>
                <dl class="muster-properties">{ for known.failures.iter().map(failure) }</dl>
            }
            if !known.steps.is_empty() {
                <details class="muster-steps" id="steps">
                    <summary class="muster-group">{ format!("Steps ({})", known.steps.len()) }</summary>
                    <dl class="muster-properties">{ for known.steps.iter().map(|one| step(one, attempts > 1)) }</dl>
                </details>
            }
        </>
    }
}

fn failure(one: &FailedAttempt) -> Html {
    html! {
        <div class="muster-property">
            <dt>{ format!("Attempt {}, after {}", one.attempt, exactly(one.after_ms)) }</dt>
            <dd class="muster-words">{ said(&one.message) }</dd>
        </div>
    }
}

fn step(one: &Step, is_numbered: bool) -> Html {
    let name = capital(&one.step);
    let name = if is_numbered { format!("{name} (attempt {})", one.attempt) } else { name };
    html! {
        <div class="muster-property"><dt>{ name }</dt><dd>{ exactly(one.took_ms) }</dd></div>
    }
}
