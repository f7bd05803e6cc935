//! The forms of vCenters: add, import, edit, remove, approve a certificate, choose clusters.
//! Refuses to keep a password: its field is read once, when it is sent, and cleared.

mod authority;
pub(crate) mod certificate;
mod clusters;
pub(crate) mod field;
mod form;
mod import;
mod pause;
mod remove;

pub(crate) use pause::PauseForm;

use super::schedule::{ScheduleEditor, SchedulesDialog};
use crate::hooks::{replace, use_vcenter_service};
use crate::state::route::{self, Focus, Route};
use contract::{Vcenter, VcenterId};
use yew::prelude::*;

/// Which form, if any.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) dialog: Option<route::Dialog>,
    /// The vCenter whose page it stands on, and to which closing leads back.
    #[prop_or_default]
    pub(crate) on: Option<VcenterId>,
}

/// The form that is open.
#[function_component]
pub(crate) fn VcenterConfiguration(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let close = {
        let one = props.on.clone();
        Callback::from(move |()| replace(&Route::Vcenters { one: one.clone(), dialog: None }))
    };
    let Some(dialog) = props.dialog.clone() else { return Html::default() };
    let about = |id: &VcenterId, show: &dyn Fn(Vcenter) -> Html| {
        // A vCenter that is gone has no form; until all are known there is nothing to fill in.
        service.vcenter(id).map(show).unwrap_or_default()
    };
    match dialog {
        route::Dialog::Add => html! { <form::VcenterForm {close} focus={Focus::First} /> },
        route::Dialog::Edit(id, focus) => about(&id, &|vcenter| {
            html! { <form::VcenterForm key={vcenter.id.to_string()} vcenter={Some(vcenter.clone())} close={close.clone()} {focus} /> }
        }),
        route::Dialog::Certificate(id) => {
            about(&id, &|vcenter| html! { <certificate::Review {vcenter} close={close.clone()} /> })
        }
        route::Dialog::OwnCa(id) => {
            about(&id, &|vcenter| html! { <authority::OwnCa {vcenter} close={close.clone()} /> })
        }
        route::Dialog::Remove(id) => {
            about(&id, &|vcenter| html! { <remove::Remove {vcenter} close={close.clone()} /> })
        }
        route::Dialog::Clusters(id) => {
            about(&id, &|vcenter| html! { <clusters::Clusters {vcenter} close={close.clone()} /> })
        }
        route::Dialog::Import => html! { <import::Import {close} /> },
        route::Dialog::Schedules => html! { <SchedulesDialog {close} /> },
        route::Dialog::AddSchedule(vcenter) => html! { <ScheduleEditor {vcenter} {close} /> },
        route::Dialog::Schedule(id) => html! { <ScheduleEditor schedule={Some(id)} {close} /> },
        route::Dialog::Pause(id) => {
            about(&id, &|vcenter| html! { <PauseForm vcenter={Some(vcenter)} close={close.clone()} /> })
        }
    }
}
