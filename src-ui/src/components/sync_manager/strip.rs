//! One vCenter as a strip that fits into any page: state, age, progress, one button.

use super::{Work, cancel_button};
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::progress::bar;
use crate::components::schedule::NextRun;
use crate::components::status::{Age, State};
use crate::hooks::use_vcenter_service;
use crate::state::route::Route;
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
            let share = percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
            let job = words::job(&operation.job);
            let cancel = {
                let (service, id) = (service.clone(), operation.id.clone());
                Callback::from(move |_| service.cancel(&id))
            };
            html! {
                <>
                    <span class="muster-strip__progress" data-operation={operation.id.to_string()}>
                        { format!("{job}{share}") }
                        { bar(format!("{}: {job}", vcenter.name), percent) }
                    </span>
                    { cancel_button(&service, vcenter, is_cancelling, cancel) }
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
    let to = Route::Vcenters { one: Some(vcenter.id.clone()), dialog: None };
    html! {
        <div class="muster-strip" data-strip={vcenter.name.clone()}>
            <strong class="muster-strip__name"><Link {to}><Name name={vcenter.name.clone()} /></Link></strong>
            <State vcenter={vcenter.clone()} />
            <Age vcenter={vcenter.clone()} />
            <NextRun vcenter={vcenter.clone()} />
            <span class="muster-strip__work">{ work }</span>
        </div>
    }
}
