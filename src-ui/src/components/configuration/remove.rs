//! Whether a vCenter is really to be removed.

use crate::components::dialog::Dialog;
use crate::components::failure::{Failure, said};
use crate::hooks::{replace, use_is_there, use_vcenter_service};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use contract::command::Removal;
use contract::words::goes_with;
use contract::{ApiError, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner, SpinnerSize};
use yew::{platform::spawn_local, prelude::*};

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) close: Callback<()>,
}

/// The question.
#[function_component]
pub(super) fn Remove(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let failure = use_state_eq(|| None::<ApiError>);
    let removing = use_state_eq(|| false);
    let is_there = use_is_there();
    let name = props.vcenter.name.clone();
    let goes = use_state_eq(|| None::<Result<Removal, ApiError>>);
    {
        let (service, goes) = (service.clone(), goes.clone());
        use_effect_with(props.vcenter.id.clone(), move |id| {
            let id = id.clone();
            spawn_local(async move { goes.set(Some(service.goes_with(id).await)) });
        });
    }
    let remove = {
        let (service, vcenter) = (service.clone(), props.vcenter.clone());
        let (failure, removing, is_there) = (failure.clone(), removing.clone(), is_there.clone());
        Callback::from(move |_| {
            let (service, vcenter) = (service.clone(), vcenter.clone());
            let (failure, removing, is_there) = (failure.clone(), removing.clone(), is_there.clone());
            removing.set(true);
            spawn_local(async move {
                match service.remove(vcenter.id.clone()).await {
                    Ok(()) => {
                        service.toast(Toast::removed(&vcenter));
                        if is_there.get() {
                            replace(&Route::vcenters());
                        }
                    }
                    Err(error) if !is_there.get() => {
                        service.toast(Toast::refused(&format!("{} was not removed", vcenter.name), &error));
                    }
                    Err(error) => {
                        removing.set(false);
                        failure.set(Some(error));
                    }
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Danger} disabled={*removing} onclick={remove}
                label={if *removing { "Removing…" } else { "Remove" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Remove {name}?")} close={props.close.clone()} {actions}>
            <p>
                { format!(
                    "Nothing changes on the vCenter itself. You can undo this for {} seconds.",
                    Removal::UNDO_SECONDS
                ) }
            </p>
            { listed(goes.as_ref()) }
            if let Some(error) = &*failure {
                <Failure title="It was not removed" error={error.clone()} vcenter={Some(props.vcenter.id.clone())} />
            }
        </Dialog>
    }
}

/// What goes with it, as far as it is known.
fn listed(goes: Option<&Result<Removal, ApiError>>) -> Html {
    match goes {
        None => {
            html! { <p><Spinner size={SpinnerSize::Md} />{ " Looking at what goes with it\u{2026}" }</p> }
        }
        Some(Err(error)) => {
            html! { <p class="muster-words">{ format!("What goes with it could not be read: {}", said(&error.message)) }</p> }
        }
        Some(Ok(removal)) => {
            let goes = goes_with(removal);
            if goes.is_empty() {
                return html! { <p>{ "Nothing is stored of it but its configuration." }</p> };
            }
            html! {
                <>
                    <p>{ "This is removed with it:" }</p>
                    <ul class="pf-v6-c-list muster-words">
                        { for goes.into_iter().map(|words| html! { <li>{ words }</li> }) }
                    </ul>
                </>
            }
        }
    }
}
