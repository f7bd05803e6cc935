//! How an operation ended, in a line.
//! Refuses to leave out why.

use super::failure::{Offers, said};
use super::icon;
use super::when::Ago;
use crate::hooks::{use_card_if, use_vcenter_service};
use crate::state::{advice, words};
use contract::{Operation, OperationKind, OperationState, VcenterState};
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) operation: Operation,
    /// With its vCenter's name, where it stands among those of others.
    #[prop_or_default]
    pub(crate) named: bool,
    /// Without what to do about it, where that stands elsewhere.
    #[prop_or_default]
    pub(crate) brief: bool,
}

/// A sentence, the reason, and what to do.
#[function_component]
pub(crate) fn Outcome(props: &Properties) -> Html {
    let operation = &props.operation;
    use_card_if(operation.vcenter_id.as_ref());
    let service = use_vcenter_service();
    let state = operation.vcenter_id.as_ref().and_then(|vcenter| service.state(vcenter));
    let (word, level) = words::operation_state(operation.state);
    let job = words::job(&operation.job);
    let title = match props.named {
        true => format!(
            "{}: {} {}",
            operation.about(),
            words::within_a_sentence(&job),
            words::within_a_sentence(word)
        ),
        false => format!("{job} {}", words::within_a_sentence(word)),
    };
    let is_sync = operation.kind() != OperationKind::Test && !operation.job.is_of_policies();
    let changes =
        (operation.state == OperationState::Succeeded && is_sync).then(|| words::changes(operation));
    let took = contract::words::ran(operation).filter(|ms| *ms >= 1000);
    html! {
        <div class="muster-outcome">
            { icon::of_level(level) }
            <div class="muster-outcome__text">
                <div>
                    <span class="muster-outcome__title">{ title }</span>
                    if let Some(changes) = changes {
                        { format!(" · {changes}") }
                    }
                    if let Some(at) = operation.finished_at {
                        <span class="muster-quiet">{ " · " }<Ago time={at} /></span>
                    }
                    if let Some(ms) = took {
                        <span class="muster-quiet">{ format!(" · took {}", words::took(ms)) }</span>
                    }
                    if operation.progress.attempts > 1 {
                        <span class="muster-quiet">{ format!(" · {} attempts", operation.progress.attempts) }</span>
                    }
                </div>
                if let Some(error) = &operation.error {
                    <div class="muster-words">{ said(&error.message) }</div>
                    if !props.brief {
                        { remedy(operation, state) }
                    }
                }
            </div>
        </div>
    }
}

fn remedy(operation: &Operation, state: Option<VcenterState>) -> Html {
    let Some(error) = &operation.error else { return Html::default() };
    let (next, offers) = advice::now(error, operation, state);
    html! {
        <>
            if !next.is_empty() {
                <div class="muster-quiet muster-words">{ words::with_fingerprints(&next) }</div>
            }
            <Offers {offers} />
        </>
    }
}
