//! The policies that there are, each with its switch, what it waits for and what its last run did.
//! Refuses to change more of one than whether it is on: its form does.

use crate::components::link::Link;
use crate::components::outcome::Outcome;
use crate::hooks::{go, use_vcenter_service};
use crate::state::jobs::{self, OfJob};
use crate::state::operations::Looked;
use crate::state::route::Route;
use crate::state::schedules;
use crate::state::words;
use contract::OperationId;
use contract::command::{AddPolicy, EditPolicy, EnablePolicy, RemovePolicy, RunPolicy};
use contract::policy::{Policy, Ran, RanStep};
use contract::words::{policy_steps, ran_step};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) policies: Vec<Policy>,
}

/// The list.
#[function_component]
pub(super) fn Policies(props: &Properties) -> Html {
    let items = props.policies.iter().map(|policy| {
        let key = policy.id.to_string();
        html! { <Item {key} policy={policy.clone()} /> }
    });
    html! { <ul class="muster-schedules muster-policies" role="list" id="policies">{ for items }</ul> }
}

#[derive(Clone, PartialEq, Properties)]
struct ItemProperties {
    policy: Policy,
}

#[function_component]
fn Item(props: &ItemProperties) -> Html {
    let service = use_vcenter_service();
    let policy = &props.policy;
    let next = service.see({
        let (next_at, held) = (policy.next_at, jobs::held(policy));
        move |world| next_at.map(|at| schedules::next_at(at, world.now)).or_else(|| held.clone())
    });
    let turn = {
        let (service, id, enabled) = (service.clone(), policy.id.clone(), !policy.enabled);
        Callback::from(move |_: Event| service.enable_policy(id.clone(), enabled))
    };
    let run = {
        let (service, id) = (service.clone(), policy.id.clone());
        Callback::from(move |_: MouseEvent| service.run_policy(id.clone()))
    };
    let to = |dialog: OfJob| Callback::from(move |_: MouseEvent| go(&Route::Jobs(Some(dialog.clone()))));
    let runs = policy.last_run.as_ref().is_some_and(|run| !run.state.is_final());
    let name = &policy.name;
    let (size, variant) = (ButtonSize::Small, ButtonVariant::Link);
    html! {
        <li class="muster-schedules__item" data-policy={name.clone()}>
            <label class="muster-check">
                <input type="checkbox" checked={policy.enabled} onchange={turn} disabled={!service.may::<EnablePolicy>()}
                    aria-label={format!("On: {name}")} />
                { "On" }
            </label>
            <div class="muster-schedules__what">
                <strong class="muster-words">{ words::shown(name) }</strong>
                <span class="muster-words">
                    { words::shown(&format!("{} \u{b7} {}", jobs::waits_for(policy), policy_steps(&policy.steps))) }
                </span>
                if let Some(next) = next {
                    <span class="muster-quiet">{ next }</span>
                }
                if let Some(operation) = policy.last_run.clone() {
                    <Outcome {operation} brief=true />
                    { ran(policy) }
                }
            </div>
            <div class="muster-actions">
                if service.may::<RunPolicy>() {
                    <Button {variant} {size} onclick={run} disabled={runs} label="Run now" aria_label={format!("Run now: {name}")} />
                }
                <Button {variant} {size} onclick={to(OfJob::DryRun(policy.id.clone()))} label="Dry run"
                    aria_label={format!("Dry run: {name}")} />
                <Button {variant} {size} onclick={to(OfJob::Runs(policy.id.clone()))} label="Runs"
                    aria_label={format!("Runs: {name}")} />
                if service.may::<EditPolicy>() {
                    <Button {variant} {size} onclick={to(OfJob::Edit(policy.id.clone()))} label="Edit"
                        aria_label={format!("Edit: {name}")} />
                }
                if service.may::<AddPolicy>() {
                    <Button {variant} {size} onclick={to(OfJob::Copy(policy.id.clone()))} label="Duplicate"
                        aria_label={format!("Duplicate: {name}")} />
                }
                if service.may::<RemovePolicy>() {
                    <Button {variant} {size} onclick={to(OfJob::Remove(policy.id.clone()))} label="Remove\u{2026}"
                        aria_label={format!("Remove: {name}")} />
                }
            </div>
        </li>
    }
}

/// The steps of the last run, each with its operations.
fn ran(policy: &Policy) -> Html {
    let result = policy.last_run.as_ref().and_then(|run| run.result.clone());
    let Some(ran) = result.and_then(|result| serde_json::from_value::<Ran>(result).ok()) else {
        return Html::default();
    };
    let of = |(number, id): (usize, &OperationId)| {
        let to = Route::Operations(Looked { open: Some(id.clone()), ..Looked::default() });
        html! { <>{ " " }<Link {to}>{ format!("Operation {}", number + 1) }</Link></> }
    };
    let step = |step: &RanStep| {
        html! {
            <li class="muster-words">
                { words::shown(&ran_step(step)) }
                { for step.operations.iter().enumerate().map(of) }
            </li>
        }
    };
    html! { <ul class="muster-quiet" role="list" aria-label="Steps of the last run">{ for ran.steps.iter().map(step) }</ul> }
}
