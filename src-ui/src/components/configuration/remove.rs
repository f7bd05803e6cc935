//! Whether a vCenter is really to be removed.

use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::hooks::{replace, use_is_there, use_vcenter_service};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use crate::state::words;
use contract::{ApiError, Kind, Vcenter, VcenterStatus};
use patternfly_yew::prelude::{Button, ButtonVariant};
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
    let counts = service.see({
        let id = props.vcenter.id.clone();
        move |world| world.status(&id).map(in_it)
    });
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
                        service.toast(Toast::done(format!("{} was removed", vcenter.name), ""));
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
                { "This also removes its cached data" }
                if let Some(counts) = counts { { format!(": {counts}") } }
                { ". Nothing changes on the vCenter itself. Its password is removed from the keychain unless another \
                    vCenter uses it." }
            </p>
            if let Some(error) = &*failure {
                <Failure title="It was not removed" error={error.clone()} vcenter={Some(props.vcenter.id.clone())} />
            }
        </Dialog>
    }
}

/// What it has most of.
fn in_it(status: &VcenterStatus) -> String {
    let count = |kind: Kind| status.counts.get(kind.name()).copied().unwrap_or(0) as usize;
    format!(
        "{} and {}",
        words::of_kind(count(Kind::Hosts), Kind::Hosts),
        words::of_kind(count(Kind::Vms), Kind::Vms)
    )
}
