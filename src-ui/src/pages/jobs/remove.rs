//! Whether a policy is really to be removed.

use crate::components::dialog::Dialog;
use crate::hooks::use_vcenter_service;
use contract::policy::Policy;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) policy: Policy,
    pub(super) close: Callback<()>,
}

/// The question.
#[function_component]
pub(super) fn Remove(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let remove = {
        let (policy, close) = (props.policy.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            service.remove_policy(&policy);
            close.emit(());
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Danger} onclick={remove} label="Remove" />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Remove policy {}?", props.policy.name)} close={props.close.clone()} {actions}>
            <p>{ "It runs no more. Operations that it started continue, and its past runs stay in the list of operations." }</p>
        </Dialog>
    }
}
