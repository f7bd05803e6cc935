//! An operation that waits or runs: its phase, how far, how fast, how long still, and a way to cancel it.
//! Refuses to invent progress: until the objects are counted the bar only shows that something goes on.

use super::icon::icon;
use crate::hooks::{use_card_if, use_vcenter_service};
use crate::state::words::{self, grouped};
use contract::{Operation, OperationState, Pace};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) operation: Operation,
    /// Without its vCenter's name where that stands beside it.
    #[prop_or_default]
    pub(crate) named: bool,
    /// Whether what comes of it is told by a toast, because it doesn't stand in its place afterwards.
    #[prop_or_default]
    pub(crate) passing: bool,
}

/// What it does, and how far it is.
#[function_component]
pub(crate) fn OperationProgress(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let operation = &props.operation;
    use_card_if((!props.passing).then_some(&operation.vcenter_id));
    let is_cancelling = service.is_cancelling(&operation.id);
    let name = words::job(&operation.job);
    let title = if props.named { format!("{}: {name}", operation.vcenter) } else { name.clone() };
    let facts = match is_cancelling {
        true => "Cancelling\u{2026}".to_owned(),
        false => {
            let id = operation.id.clone();
            facts(operation, service.see(move |world| world.work.pace(&id)))
        }
    };
    let cancel = {
        let (service, id) = (service.clone(), operation.id.clone());
        Callback::from(move |_| service.cancel(&id))
    };
    let label = format!("{}: {name}", operation.vcenter);
    html! {
        <div class="muster-progress" data-operation={operation.id.to_string()}>
            <div class="muster-progress__head">
                <span class="muster-progress__title">{ title }</span>
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={cancel}
                    disabled={is_cancelling} aria_label={format!("Cancel {label}")}>
                    { if is_cancelling { "Cancelling\u{2026}" } else { "Cancel" } }
                </Button>
            </div>
            { bar(label, operation.progress.percent.filter(|_| !is_cancelling)) }
            <div class="muster-progress__facts">{ icon("circle-notch") }{ facts }</div>
        </div>
    }
}

/// How much of the whole is done; it moves where that isn't known.
pub(crate) fn bar(label: String, percent: Option<u8>) -> Html {
    html! {
        <div class="muster-bar" role="progressbar" aria-label={label} aria-valuemin="0" aria-valuemax="100"
            aria-valuenow={percent.map(|percent| percent.to_string())}>
            if let Some(percent) = percent {
                <div class="muster-bar__fill" style={format!("inline-size:{percent}%")} />
            } else {
                <div class="muster-bar__wait" />
            }
        </div>
    }
}

/// Phase, share, objects, rate and rest, as far as each is known.
fn facts(operation: &Operation, pace: Option<Pace>) -> String {
    let progress = &operation.progress;
    let mut facts = vec![step(operation)];
    facts.extend(progress.percent.map(|percent| format!("{percent} %")));
    // When everything is read, what is left is to compare and write it.
    if progress.percent.is_some() && progress.done < progress.total {
        facts.push(format!("{} of {}", grouped(progress.done as i64), grouped(progress.total as i64)));
        let rate = pace.as_ref().and_then(Pace::rate);
        facts.extend(rate.map(|rate| format!("{}/s", grouped(rate.round() as i64))));
    }
    let remaining = pace.as_ref().and_then(Pace::remaining);
    facts.extend(remaining.map(|seconds| format!("{} left", words::took(seconds as i64))));
    facts.join(" · ")
}

/// The phase that it is in.
pub(crate) fn step(operation: &Operation) -> String {
    match operation.state {
        OperationState::Queued => "Queued".to_owned(),
        _ if operation.progress.step.is_empty() => "Starting".to_owned(),
        _ => words::capital(&operation.progress.step),
    }
}
