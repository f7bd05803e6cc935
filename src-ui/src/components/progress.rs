//! A running operation: step, how far, how fast, how long still, and a way to cancel it.
//! Refuses to invent progress: where the server gave no total there is no bar.

use super::icon::icon;
use crate::hooks::use_vcenter_service;
use crate::state::words::{self, grouped};
use contract::{Operation, OperationState};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) operation: Operation,
    /// Without its vCenter's name where that stands beside it.
    #[prop_or_default]
    pub(crate) named: bool,
}

/// What it does, and how far it is.
#[function_component]
pub(crate) fn OperationProgress(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let operation = &props.operation;
    let progress = &operation.progress;
    let (done, total) = (progress.done, progress.total);
    let name = words::job(operation);
    let title = if props.named { format!("{}: {name}", operation.vcenter) } else { name.clone() };
    let step = match operation.state {
        OperationState::Queued => "waiting for its turn".to_owned(),
        _ if progress.step.is_empty() => "starting".to_owned(),
        _ => progress.step.clone(),
    };
    let mut facts = vec![step];
    if total > 0 {
        facts.push(format!("{} of {}", grouped(done as i64), grouped(total as i64)));
    }
    if let Some(pace) = service.world().pace(&operation.id) {
        facts.extend(pace.rate().map(|rate| format!("{}/s", grouped(rate.round() as i64))));
        let remaining = pace.remaining(progress).filter(|seconds| *seconds > 0);
        facts.extend(remaining.map(|seconds| format!("{} left", words::duration(seconds as i64))));
    }
    let cancel = {
        let (service, id) = (service.clone(), operation.id.clone());
        Callback::from(move |_| service.cancel(&id))
    };
    let percent = (done * 100).checked_div(total).unwrap_or(0).min(100);
    let label = format!("{}: {name}", operation.vcenter);
    html! {
        <div class="muster-progress" data-operation={operation.id.to_string()}>
            <div class="muster-progress__head">
                <span class="muster-progress__title">{ title }</span>
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={cancel}
                    aria_label={format!("Cancel {label}")}>{ "Cancel" }</Button>
            </div>
            if total > 0 {
                <div class="muster-bar" role="progressbar" aria-label={label} aria-valuemin="0"
                    aria-valuemax={total.to_string()} aria-valuenow={done.min(total).to_string()}>
                    <div class="muster-bar__fill" style={format!("inline-size:{percent}%")} />
                </div>
            } else {
                <div class="muster-bar" role="progressbar" aria-label={label}>
                    <div class="muster-bar__wait" />
                </div>
            }
            <div class="muster-progress__facts">{ icon("circle-notch") }{ facts.join(" · ") }</div>
        </div>
    }
}
