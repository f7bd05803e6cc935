//! What can be done with one vCenter, and with several that were chosen.
//! Refuses to do to the others what fails on one: each runs on its own and fails on its own.

use super::{Work, cancel_button, counted};
use crate::components::menu::{Menu, MenuItem};
use crate::components::schedule::use_open_schedule;
use crate::hooks::{open as open_dialog, use_vcenter_service};
use crate::state::route::{Dialog, Focus};
use contract::command::{AddSchedule, CancelOperation, Command, EditVcenter, Pause, RemoveVcenter, Submit};
use contract::{Job, OperationId, Vcenter};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// A vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// The buttons of one.
#[function_component]
pub(super) fn Actions(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    let act = |act: fn(&crate::hooks::VcenterService, &Vcenter)| {
        let (service, vcenter) = (service.clone(), vcenter.clone());
        Callback::from(move |_| act(&service, &vcenter))
    };
    let open = |dialog: fn(contract::VcenterId) -> Dialog| {
        let id = vcenter.id.clone();
        Callback::from(move |_| open_dialog(dialog(id.clone())))
    };
    let schedule = use_open_schedule(&vcenter.id);
    let plain = |label: &str, onclick: Callback<MouseEvent>| {
        html! {
            <Button variant={ButtonVariant::Link} size={ButtonSize::Small} {onclick} label={label.to_owned()}
                aria_label={format!("{label}: {}", vcenter.name)} />
        }
    };
    html! {
        <div class="muster-actions">
            <Work label="Full sync" vcenter={vcenter.clone()}
                onclick={act(crate::hooks::VcenterService::full_sync)} />
            <Work label="Sync hosts…" vcenter={vcenter.clone()} onclick={open(Dialog::Clusters)} />
            <Work label="Test" vcenter={vcenter.clone()} onclick={act(crate::hooks::VcenterService::test_connection)} />
            if service.may::<AddSchedule>() { { plain("Schedule…", schedule.reform(|_: MouseEvent| ())) } }
            if service.may::<Pause>() { { plain("Pause…", open(Dialog::Pause)) } }
            if service.may::<EditVcenter>() { { plain("Edit", open(|id| Dialog::Edit(id, Focus::First))) } }
            if service.may::<RemoveVcenter>() { { plain("Remove", open(Dialog::Remove)) } }
        </div>
    }
}

/// The button of a row: what is done most, or its end; and the menu of everything else.
#[function_component]
pub(super) fn RowActions(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    let running: Vec<OperationId> = service.see({
        let id = vcenter.id.clone();
        move |world| world.asked_for(&id).map(|operation| operation.id.clone()).collect()
    });
    let sync = {
        let (service, vcenter) = (service.clone(), vcenter.clone());
        Callback::from(move |_| service.full_sync(&vcenter))
    };
    let is_running = !running.is_empty();
    let cancel = {
        let (service, running) = (service.clone(), running.clone());
        Callback::from(move |()| running.iter().for_each(|operation| service.cancel(operation)))
    };
    let is_cancelling = running.iter().any(|operation| service.is_cancelling(operation));
    let first = match is_running {
        true => cancel_button(&service, vcenter, is_cancelling, cancel.reform(|_: MouseEvent| ())),
        false => html! { <Work label="Full sync" vcenter={vcenter.clone()} onclick={sync} /> },
    };
    let busy = service.is_vcenter_busy(&vcenter.id).then_some(AttrValue::Static(super::BUSY));
    let act = |label: &'static str, act: fn(&crate::hooks::VcenterService, &Vcenter)| {
        let (service, vcenter) = (service.clone(), vcenter.clone());
        let choose = Callback::from(move |()| act(&service, &vcenter));
        MenuItem { label: label.into(), barred: busy.clone(), choose }
    };
    let open = |label: &'static str, barred: Option<AttrValue>, dialog: fn(contract::VcenterId) -> Dialog| {
        let id = vcenter.id.clone();
        let choose = Callback::from(move |()| open_dialog(dialog(id.clone())));
        MenuItem { label: label.into(), barred, choose }
    };
    let schedule = use_open_schedule(&vcenter.id);
    let mut items = Vec::new();
    if is_running && service.may::<CancelOperation>() {
        items.push(MenuItem { label: "Cancel".into(), barred: None, choose: cancel });
    }
    let all = [
        (Submit::ROLE, act("Full sync", crate::hooks::VcenterService::full_sync)),
        (Submit::ROLE, open("Sync hosts…", busy.clone(), Dialog::Clusters)),
        (Submit::ROLE, act("Test connection", crate::hooks::VcenterService::test_connection)),
        (AddSchedule::ROLE, MenuItem { label: "Schedule…".into(), barred: None, choose: schedule }),
        (Pause::ROLE, open("Pause…", None, Dialog::Pause)),
        (EditVcenter::ROLE, open("Edit…", None, |id| Dialog::Edit(id, Focus::First))),
        (RemoveVcenter::ROLE, open("Remove…", None, Dialog::Remove)),
    ];
    items.extend(all.into_iter().filter(|(role, _)| service.has_role(*role)).map(|(_, item)| item));
    html! {
        <div class="muster-row-actions">
            <span class="muster-row-actions__first">{ first }</span>
            <Menu label={format!("Actions for {}", vcenter.name)} {items} />
        </div>
    }
}

/// The vCenters that were chosen.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct BatchProperties {
    pub(super) chosen: Vec<Vcenter>,
}

/// The buttons of several.
#[function_component]
pub(super) fn Batch(props: &BatchProperties) -> Html {
    let service = use_vcenter_service();
    let idle: Vec<Vcenter> =
        props.chosen.iter().filter(|vcenter| !service.is_vcenter_busy(&vcenter.id)).cloned().collect();
    let each = |job: Job| {
        let (service, idle) = (service.clone(), idle.clone());
        Callback::from(move |_| service.batch(&idle, &job))
    };
    let running: Vec<OperationId> = service.see({
        let chosen = props.chosen.clone();
        move |world| {
            let of = chosen.iter().flat_map(|vcenter| world.asked_for(&vcenter.id));
            of.map(|operation| operation.id.clone()).collect()
        }
    });
    let nothing_runs = running.is_empty();
    let cancel = {
        let service = service.clone();
        Callback::from(move |_| running.iter().for_each(|operation| service.cancel(operation)))
    };
    if props.chosen.is_empty() || !service.may::<Submit>() {
        return Html::default();
    }
    let button = |label: &str, disabled: bool, onclick: Callback<MouseEvent>| {
        html! {
            <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} {disabled} {onclick}
                label={label.to_owned()} />
        }
    };
    html! {
        <div class="muster-actions" role="group" aria-label="Actions for the selected vCenters">
            <span class="muster-quiet" aria-live="polite">
                { format!("{} selected", counted(props.chosen.len())) }
            </span>
            { button("Full sync", idle.is_empty(), each(Job::FULL_SYNC)) }
            { button("Sync hosts", idle.is_empty(), each(Job::SyncHosts { clusters: Vec::new(), accept_removals: false })) }
            { button("Test", idle.is_empty(), each(Job::TEST)) }
            { button("Cancel", nothing_runs, cancel) }
        </div>
    }
}
