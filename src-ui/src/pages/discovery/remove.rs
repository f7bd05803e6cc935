//! Whether a server is really to be removed.

use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::hooks::{replace, use_is_there, use_vcenter_service};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use crate::state::words;
use contract::ApiError;
use contract::discovery::Server;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::{platform::spawn_local, prelude::*};

/// The server.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) server: Server,
    pub(super) close: Callback<()>,
}

/// The question.
#[function_component]
pub(super) fn Remove(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let failure = use_state_eq(|| None::<ApiError>);
    let is_removing = use_state_eq(|| false);
    let is_there = use_is_there();
    let address = words::shown(&props.server.address);
    let remove = {
        let server = props.server.clone();
        let (failure, is_removing) = (failure.clone(), is_removing.clone());
        Callback::from(move |_: MouseEvent| {
            let (service, server, is_there) = (service.clone(), server.clone(), is_there.clone());
            let (failure, is_removing) = (failure.clone(), is_removing.clone());
            is_removing.set(true);
            failure.set(None);
            spawn_local(async move {
                match service.remove_server(&server).await {
                    Ok(()) => {
                        service.toast(Toast::done(format!("{} was removed", server.address), ""));
                        if is_there.get() {
                            // Its details are gone with it.
                            replace(&Route::discovery());
                        }
                    }
                    Err(error) if is_there.get() => {
                        is_removing.set(false);
                        failure.set(Some(error));
                    }
                    Err(error) => {
                        service.toast(Toast::refused(&format!("{} was not removed", server.address), &error));
                    }
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button id="remove-submit" variant={ButtonVariant::Danger} disabled={*is_removing} onclick={remove}
                label={if *is_removing { "Removing\u{2026}" } else { "Remove" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Remove server {address}?")} close={props.close.clone()} {actions}>
            <p class="muster-words">
                { "Muster forgets it, with its approved certificate and what people said of its match. Nothing is changed on the \
                   server. The next scan of its address may find it again." }
            </p>
            if let Some(error) = &*failure {
                <Failure title="It was not removed" error={error.clone()} />
            }
        </Dialog>
    }
}
