//! The CA of a vCenter's own, offered in the place of its pinned certificate.
//! Refuses to store one that nobody saw, and one that the vCenter could not be verified by.

use super::certificate::{Shown, store};
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::hooks::{use_is_there, use_vcenter_service};
use crate::state::toasts::Toast;
use crate::state::words::{self, Level};
use contract::{ApiError, OfferedCa, Trust, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::{platform::spawn_local, prelude::*};

/// The vCenter that it is offered for.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) close: Callback<()>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Looking,
    Found(Box<OfferedCa>),
    Saving(Box<OfferedCa>),
    /// Nothing is known of a CA.
    Unread(ApiError),
    NotStored(ApiError),
}

/// What the vCenter offers, and the word of a person.
#[function_component]
pub(super) fn OwnCa(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let stage = use_state_eq(|| Stage::Looking);
    let is_there = use_is_there();
    // As it was when the CA was looked for.
    let vcenter = (*use_state(|| props.vcenter.clone())).clone();
    let look = {
        let (service, stage, vcenter) = (service.clone(), stage.clone(), vcenter.clone());
        Callback::from(move |()| {
            stage.set(Stage::Looking);
            let (service, stage, vcenter) = (service.clone(), stage.clone(), vcenter.id.clone());
            spawn_local(async move {
                let offered = service.offer_ca(vcenter).await;
                stage.set(offered.map_or_else(Stage::Unread, |offered| Stage::Found(Box::new(offered))));
            });
        })
    };
    {
        let look = look.clone();
        use_effect_with((), move |()| look.emit(()));
    }
    let trust = |offered: &OfferedCa| {
        let (service, stage, close) = (service.clone(), stage.clone(), props.close.clone());
        let (vcenter, offered, is_there) = (vcenter.clone(), Box::new(offered.clone()), is_there.clone());
        Callback::from(move |_: MouseEvent| {
            stage.set(Stage::Saving(offered.clone()));
            let (service, stage, close) = (service.clone(), stage.clone(), close.clone());
            let (vcenter, pem, is_there) = (vcenter.clone(), offered.pem.clone(), is_there.clone());
            spawn_local(async move {
                let done = |_: &Vcenter| Toast::done(format!("{}: CA trusted", vcenter.name), "");
                match store(&service, &vcenter, Trust::Ca { pem }, "CA", done, &is_there).await {
                    Some(Ok(())) => close.emit(()),
                    Some(Err(error)) => stage.set(Stage::NotStored(error)),
                    None => {}
                }
            });
        })
    };
    let (body, primary) = match &*stage {
        Stage::Looking => (
            html! { <div class="muster-waiting"><Spinner aria_label="Looking for the CA" /></div> },
            Html::default(),
        ),
        Stage::Unread(error) => (
            html! { <Failure title="The CA could not be read" error={error.clone()} retry={look} /> },
            Html::default(),
        ),
        Stage::NotStored(error) => {
            (html! { <Failure title="The CA was not stored" error={error.clone()} /> }, Html::default())
        }
        Stage::Found(offered) | Stage::Saving(offered) => {
            let is_saving = matches!(*stage, Stage::Saving(_));
            let label = if is_saving { "Saving…" } else { "Trust this CA" };
            let button = html! {
                <Button variant={ButtonVariant::Primary} disabled={is_saving} onclick={trust(offered)} {label} />
            };
            (shown(&vcenter, offered), if offered.obstacle.is_some() { Html::default() } else { button })
        }
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions =
        html! { <>{ primary }<Button variant={ButtonVariant::Link} onclick={cancel} label="Close" /></> };
    html! {
        <Dialog title={format!("CA of {}", vcenter.name)} close={props.close.clone()} {actions} wide=true>
            { body }
        </Dialog>
    }
}

fn shown(vcenter: &Vcenter, offered: &OfferedCa) -> Html {
    let said = match &offered.obstacle {
        Some(obstacle) => html! {
            <Alert level={Level::Warning} title={format!("{} could not be verified by its CA", vcenter.name)}>
                <p class="muster-words">
                    { words::shown(&format!("{}. Nothing was changed.", contract::words::capital(obstacle))) }
                </p>
            </Alert>
        },
        None => html! {
            <Alert level={Level::Info} title={format!("This CA issued the certificate of {}", vcenter.name)}>
                <p>
                    { "The vCenter offers it over the connection that is trusted already. Trusted instead of the pinned \
                       certificate, it outlasts the certificate: a renewal needs no new approval." }
                </p>
            </Alert>
        },
    };
    html! { <>{ said }<Shown certificate={offered.certificate.clone()} /></> }
}
