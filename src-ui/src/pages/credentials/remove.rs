//! Whether a credential is really to be removed.

use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::hooks::{use_is_there, use_vcenter_service};
use crate::state::credentials::{not_removable, what_removing_does};
use crate::state::toasts::Toast;
use contract::{ApiError, Credential};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::{platform::spawn_local, prelude::*};

/// The credential.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) credential: Credential,
    pub(super) close: Callback<()>,
}

/// The question.
#[function_component]
pub(super) fn Remove(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let failure = use_state_eq(|| None::<ApiError>);
    let removing = use_state_eq(|| false);
    let is_there = use_is_there();
    let credential = &props.credential;
    let barred = not_removable(credential);
    let remove = {
        let (credential, close) = (credential.clone(), props.close.clone());
        let (failure, removing) = (failure.clone(), removing.clone());
        Callback::from(move |_: MouseEvent| {
            let (service, credential, close) = (service.clone(), credential.clone(), close.clone());
            let (failure, removing, is_there) = (failure.clone(), removing.clone(), is_there.clone());
            removing.set(true);
            spawn_local(async move {
                match service.remove_credential(credential.id.clone()).await {
                    Ok(removed) => {
                        service.toast(Toast::done(format!("Credential {} was removed", removed.name), ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) if is_there.get() => {
                        removing.set(false);
                        failure.set(Some(error));
                    }
                    Err(error) => {
                        service
                            .toast(Toast::refused(&format!("{} was not removed", credential.name), &error));
                    }
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Danger} disabled={*removing || barred.is_some()} onclick={remove}
                label={if *removing { "Removing…" } else { "Remove" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Remove credential {}?", credential.name)} close={props.close.clone()} {actions}>
            <p class="muster-words">{ barred.unwrap_or_else(|| what_removing_does(credential)) }</p>
            if let Some(error) = &*failure {
                <Failure title="It was not removed" error={error.clone()} />
            }
        </Dialog>
    }
}
