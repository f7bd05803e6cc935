//! An operation that waits or runs: its phase, how far, how fast, how long still, and a way to cancel it.
//! Refuses to invent progress: until the objects are counted the bar only shows that something goes on.

use super::icon::icon;
use crate::hooks::{use_card_if, use_vcenter_service};
use crate::state::words;
use contract::Operation;
use contract::command::CancelOperation;
use contract::words::progress;
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
    use_card_if(operation.vcenter_id.as_ref().filter(|_| !props.passing));
    let is_cancelling = service.is_cancelling(&operation.id);
    let name = words::job(&operation.job);
    let title = if props.named { format!("{}: {name}", operation.about()) } else { name.clone() };
    let facts = match is_cancelling {
        true => "Cancelling\u{2026}".to_owned(),
        false => progress(operation).join(" \u{b7} "),
    };
    let cancel = {
        let (service, id) = (service.clone(), operation.id.clone());
        Callback::from(move |_| service.cancel(&id))
    };
    let label = format!("{}: {name}", operation.about());
    html! {
        <div class="muster-progress" data-operation={operation.id.to_string()}>
            <div class="muster-progress__head">
                <span class="muster-progress__title">{ title }</span>
                if service.may::<CancelOperation>() {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={cancel}
                        disabled={is_cancelling} aria_label={format!("Cancel {label}")}>
                        { if is_cancelling { "Cancelling\u{2026}" } else { "Cancel" } }
                    </Button>
                }
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
