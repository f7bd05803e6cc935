//! The schedules that there are, each with its switch.
//! Refuses to change more of one than whether it is on: its form does.

use super::super::dialog::Dialog;
use super::super::failure::Failure;
use super::super::outcome::Outcome;
use crate::hooks::{open, use_query, use_vcenter_service};
use crate::state::{route, schedules};
use contract::command::{AddSchedule, EditSchedule, EnableSchedule, ListSchedules};
use contract::words::{capital, due, scheduled_job};
use contract::{Schedule, ScheduleId, VcenterId};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// Which schedules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Of {
    /// All of them.
    #[default]
    All,
    /// Those of a vCenter.
    Vcenter(VcenterId),
    /// Those that are about no vCenter.
    Servers,
}

/// What is listed, and where the form of one is opened.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) of: Of,
    #[prop_or_else(|| Callback::from(|id| open(route::Dialog::Schedule(id))))]
    pub(crate) edit: Callback<ScheduleId>,
}

/// A list.
#[function_component]
pub(crate) fn Schedules(props: &Properties) -> Html {
    let answer = use_query(ListSchedules {});
    let Some(all) = answer.value else {
        return match answer.error {
            Some(error) => html! { <Failure title="The schedules could not be loaded" {error} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading schedules" /></div> },
        };
    };
    let is_shown = |schedule: &&Schedule| match &props.of {
        Of::All => true,
        Of::Vcenter(id) => schedules::target(schedule, id).is_some(),
        Of::Servers => !schedule.job.is_on_vcenters(),
    };
    let shown: Vec<Schedule> = all.iter().filter(is_shown).cloned().collect();
    if shown.is_empty() {
        let what = match props.of {
            Of::All => "syncs, connection tests or scans for BMCs",
            Of::Vcenter(_) => "syncs or connection tests",
            Of::Servers => "scans, or reads the known servers,",
        };
        return html! {
            <p class="muster-quiet">
                { format!("No schedules yet. A schedule starts {what} automatically while Muster is open, or while a worker \
                    runs.") }
            </p>
        };
    }
    let items = shown.into_iter().map(|schedule| {
        let key = schedule.id.to_string();
        html! { <Item {key} {schedule} edit={props.edit.clone()} /> }
    });
    html! { <ul class="muster-schedules" role="list">{ for items }</ul> }
}

#[derive(Clone, PartialEq, Properties)]
struct ItemProperties {
    schedule: Schedule,
    edit: Callback<ScheduleId>,
}

#[function_component]
fn Item(props: &ItemProperties) -> Html {
    let service = use_vcenter_service();
    let schedule = &props.schedule;
    let next = service.see({
        let schedule = schedule.clone();
        move |world| schedules::next_of(&schedule, world.now)
    });
    let edit = {
        let id = schedule.id.clone();
        props.edit.reform(move |_: MouseEvent| id.clone())
    };
    let turn = {
        let (service, id, enabled) = (service.clone(), schedule.id.clone(), !schedule.enabled);
        Callback::from(move |_: Event| service.enable_schedule(id.clone(), enabled))
    };
    let facts = [
        due(&schedule.timing(), schedule.smart),
        scheduled_job(&schedule.job).to_owned(),
        schedules::whom(schedule),
        schedule.quiet.as_ref().map(|quiet| format!("quiet {quiet}")).unwrap_or_default(),
    ];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    let may_turn = service.may::<EnableSchedule>();
    let (name, is_on) = (schedule.name.clone(), schedule.enabled);
    html! {
        <li class="muster-schedules__item" data-schedule={name.clone()}>
            <label class="muster-check">
                <input type="checkbox" checked={is_on} onchange={turn} disabled={!may_turn} aria-label={format!("On: {name}")} />
                { "On" }
            </label>
            <div class="muster-schedules__what">
                <strong class="muster-words">{ name.clone() }</strong>
                <span class="muster-words">{ facts.join(" \u{b7} ") }</span>
                <span class="muster-quiet">{ next.said }</span>
                if let Some(why) = next.why.filter(|_| schedule.smart) {
                    <span class="muster-quiet muster-words">{ why }</span>
                }
                if let Some(operation) = schedule.last_operation.clone() {
                    <Outcome {operation} brief=true />
                }
                if let Some(failed) = schedule.failed_on() {
                    <span class="muster-quiet">{ capital(&failed) }</span>
                }
            </div>
            if service.may::<EditSchedule>() {
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={edit} label="Edit"
                    aria_label={format!("Edit: {name}")} />
            }
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct DialogProperties {
    pub(crate) close: Callback<()>,
}

/// All of them, before the page.
#[function_component]
pub(crate) fn SchedulesDialog(props: &DialogProperties) -> Html {
    let may_add = use_vcenter_service().may::<AddSchedule>();
    let add = Callback::from(|_: MouseEvent| open(route::Dialog::AddSchedule(None)));
    let close = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            if may_add {
                <Button variant={ButtonVariant::Primary} onclick={add} label="Add schedule" />
            }
            <Button variant={ButtonVariant::Link} onclick={close} label="Close" />
        </>
    };
    html! {
        <Dialog title="Schedules" close={props.close.clone()} wide=true {actions}>
            <Schedules />
        </Dialog>
    }
}
