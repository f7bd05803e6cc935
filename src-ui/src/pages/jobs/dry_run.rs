//! What would come of a policy if it ran now: to what, in which batches, and when it would run next.
//! Refuses to start anything, but to offer it.

use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::components::keys;
use crate::components::when::local;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::words::{self, Level};
use contract::command::{DryRunPolicy, RunPolicy};
use contract::policy::{DryRun, PlannedStep, Policy, PolicySettings};
use contract::words::capital;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) policy: Policy,
    pub(super) close: Callback<()>,
}

/// The dialog.
#[function_component]
pub(super) fn DryRunDialog(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let answer = use_query(DryRunPolicy { settings: props.policy.settings() });
    let run = {
        let (service, id, close) = (service.clone(), props.policy.id.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            service.run_policy(id.clone());
            close.emit(());
        })
    };
    let close = props.close.reform(|_: MouseEvent| ());
    let runs = answer.value.as_ref().is_some_and(|dry| dry.runs);
    let actions = html! {
        <>
            if service.may::<RunPolicy>() {
                <Button variant={ButtonVariant::Primary} onclick={run} disabled={!runs} label="Run now" />
            }
            <Button variant={ButtonVariant::Link} onclick={close} label="Close" />
        </>
    };
    html! {
        <Dialog title={format!("Dry run of {}", props.policy.name)} close={props.close.clone()} wide=true {actions}>
            <Outcome settings={props.policy.settings()} />
        </Dialog>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct OutcomeProperties {
    pub(super) settings: PolicySettings,
}

/// What would come of these settings.
#[function_component]
pub(super) fn Outcome(props: &OutcomeProperties) -> Html {
    let answer = use_query(DryRunPolicy { settings: props.settings.clone() });
    // Below a form it may be out of sight.
    use_effect_with(answer.value.is_some() || answer.error.is_some(), |is_there| {
        if *is_there {
            keys::reveal("dry-run");
        }
    });
    let body = match (answer.value, answer.error) {
        (Some(dry), _) => shown(&dry),
        (None, Some(error)) => html! { <Failure title="The dry run failed" {error} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading" /></div> },
    };
    html! { <div id="dry-run" class="muster-stack" aria-live="polite">{ body }</div> }
}

fn shown(dry: &DryRun) -> Html {
    let (level, title) = match dry.runs {
        true => (Level::Good, "It would run now. Nothing was contacted."),
        false => (Level::Info, "It would not run now."),
    };
    let line = |text: String| html! { <li class="muster-words">{ words::shown(&text) }</li> };
    let step = |step: &PlannedStep| {
        let batches: Vec<String> = step.batches.iter().map(|batch| batch.join(", ")).collect();
        let on = batches.join("; then ");
        line(if on.is_empty() { step.step.clone() } else { format!("{} on {on}", step.step) })
    };
    html! {
        <>
            <Alert {level} {title}>
                if !dry.conditions.is_empty() {
                    <ul role="list">{ for dry.conditions.iter().map(|one| line(capital(one))) }</ul>
                }
            </Alert>
            <h3 class="pf-v6-c-title pf-m-md">{ "Steps" }</h3>
            <ol>{ for dry.steps.iter().map(step) }</ol>
            if !dry.left_out.is_empty() {
                <h3 class="pf-v6-c-title pf-m-md">{ "Left out" }</h3>
                <ul role="list">{ for dry.left_out.iter().cloned().map(line) }</ul>
            }
            if !dry.next_runs.is_empty() {
                <h3 class="pf-v6-c-title pf-m-md">{ "Next runs" }</h3>
                <ol>{ for dry.next_runs.iter().map(|at| line(local(*at))) }</ol>
            }
        </>
    }
}
