//! One vCenter as a strip that fits into any page: state, age, progress, one button.

use super::{Work, cancel_button};
use crate::components::name::Name;
use crate::components::schedule::NextRun;
use crate::components::status::{Age, State};
use crate::hooks::use_vcenter_service;
use crate::state::words;
use contract::Vcenter;
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
    let work = match service.asked_for(&vcenter.id).into_iter().next() {
        Some(operation) => {
            let is_cancelling = service.is_cancelling(&operation.id);
            let percent = operation.progress.percent.filter(|_| !is_cancelling);
            let percent = percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
            let cancel = {
                let (service, id) = (service.clone(), operation.id.clone());
                Callback::from(move |_| service.cancel(&id))
            };
            html! {
                <>
                    <span>{ format!("{}{percent}", words::job(&operation.job)) }</span>
                    { cancel_button(vcenter, is_cancelling, cancel) }
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
            <NextRun vcenter={vcenter.clone()} />
            <span class="muster-strip__work">{ work }</span>
        </div>
    }
}
