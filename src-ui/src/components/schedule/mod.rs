//! Schedules in the window: what starts next on a vCenter, the list of them, and the form of one.
//! Refuses to be the page of jobs: it stands in the sync manager and before it.

mod fields;
mod form;
mod list;

pub(crate) use form::ScheduleEditor;
pub(crate) use list::{Of, Schedules, SchedulesDialog};

use crate::hooks::{open, use_query, use_vcenter_service};
use crate::state::route::Dialog;
use crate::state::schedules;
use contract::command::ListSchedules;
use contract::{Schedule, Vcenter, VcenterId};
use yew::prelude::*;

/// A vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) vcenter: Vcenter,
}

/// When something starts next on a vCenter by itself, and why then, on one line.
#[function_component]
pub(crate) fn NextRun(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let Some(all) = use_query(ListSchedules {}).value else { return Html::default() };
    let id = props.vcenter.id.clone();
    let next = service.see(move |world| schedules::next_on(&all, &id, world.now));
    html! {
        <span class="muster-quiet muster-next" title={next.whole()}>
            { next.said }
            if let Some(why) = next.why {
                <span class="muster-next__why">{ format!(" \u{b7} {why}") }</span>
            }
        </span>
    }
}

/// Opens what there is to say of the schedules of a vCenter: a new one, the only one, or those that there are.
#[hook]
pub(crate) fn use_open_schedule(vcenter: &VcenterId) -> Callback<()> {
    let all = use_query(ListSchedules {}).value;
    let id = vcenter.clone();
    Callback::from(move |()| {
        let is_own = |schedule: &&Schedule| schedules::target(schedule, &id).is_some();
        let own: Vec<&Schedule> = all.iter().flat_map(|all| all.iter()).filter(is_own).collect();
        open(match own[..] {
            [] => Dialog::AddSchedule(Some(id.clone())),
            [one] => Dialog::Schedule(one.id.clone()),
            _ => Dialog::Schedules,
        });
    })
}
