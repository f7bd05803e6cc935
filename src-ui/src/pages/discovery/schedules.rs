//! The schedules of scans and of readings, before the page.
//! Refuses to schedule anything itself: the form of a scan does, where its ranges are typed, and the form of schedules.

use crate::components::dialog::Dialog;
use crate::components::schedule::{Of, Schedules};
use crate::hooks::{go, use_vcenter_service};
use crate::state::discovery::{OfDiscovery, Sought};
use crate::state::route::Route;
use contract::ScheduleId;
use contract::command::AddSchedule;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What it stands before.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
    pub(super) close: Callback<()>,
}

/// The list.
#[function_component]
pub(super) fn SchedulesOfServers(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let to = |dialog: OfDiscovery| {
        let to = Route::Discovery(props.sought.asking(Some(dialog)));
        Callback::from(move |_: MouseEvent| go(&to))
    };
    let edit = {
        let sought = props.sought.clone();
        Callback::from(move |id: ScheduleId| {
            go(&Route::Discovery(sought.asking(Some(OfDiscovery::Schedule(id)))));
        })
    };
    let close = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            if service.may::<AddSchedule>() {
                <Button variant={ButtonVariant::Primary} onclick={to(OfDiscovery::ScheduleScan)}
                    label="Schedule a scan\u{2026}" />
                <Button variant={ButtonVariant::Secondary} onclick={to(OfDiscovery::ScheduleReading)}
                    label="Schedule reading\u{2026}" />
            }
            <Button variant={ButtonVariant::Link} onclick={close} label="Close" />
        </>
    };
    html! {
        <Dialog title="Schedules of discovery" close={props.close.clone()} wide=true {actions}>
            <Schedules of={Of::Servers} {edit} />
        </Dialog>
    }
}
