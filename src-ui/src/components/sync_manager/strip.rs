//! One vCenter as a strip that fits into any page: state, age, progress, one button.

use super::Work;
use crate::components::name::Name;
use crate::components::status::{Age, State};
use crate::hooks::use_vcenter_service;
use crate::state::words;
use contract::Vcenter;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// The strip.
#[function_component]
pub(super) fn Strip(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    // A refresh that goes on by itself must not put another button under the pointer.
    let own = |o: &contract::Operation| o.vcenter_id == vcenter.id && o.origin == contract::Origin::User;
    let active = service.get_active_operations().into_iter().find(own);
    let work = match active {
        Some(operation) => {
            let is_cancelling = service.world().is_cancelling(&operation.id);
            let percent = operation.progress.percent.filter(|_| !is_cancelling);
            let percent = percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
            let cancel = {
                let (service, id) = (service.clone(), operation.id.clone());
                Callback::from(move |_| service.cancel(&id))
            };
            let aria_label = format!("Cancel: {}", vcenter.name);
            html! {
                <>
                    <span>{ format!("{}{percent}", words::job(&operation)) }</span>
                    <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={cancel}
                        disabled={is_cancelling} label={if is_cancelling { "Cancelling\u{2026}" } else { "Cancel" }}
                        {aria_label} />
                </>
            }
        }
        None => {
            let sync = {
                let (service, vcenter) = (service.clone(), vcenter.clone());
                Callback::from(move |_| service.full_sync(&vcenter))
            };
            html! { <Work label="Full sync" vcenter={vcenter.clone()} onclick={sync} /> }
        }
    };
    html! {
        <div class="muster-strip" data-strip={vcenter.name.clone()}>
            <strong class="muster-strip__name"><Name name={vcenter.name.clone()} /></strong>
            <State vcenter={vcenter.clone()} />
            <Age vcenter={vcenter.clone()} />
            <span class="muster-strip__work">{ work }</span>
        </div>
    }
}
