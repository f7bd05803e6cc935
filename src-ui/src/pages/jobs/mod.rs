//! The page `/jobs`: what runs by itself. Policies, and the schedules of vCenters and servers.
//! Refuses to run anything beside the queue: what it starts are operations.

mod calendar;
mod destination;
mod destinations;
mod dry_run;
mod form;
mod policies;
mod remove;
mod runs;

use crate::components::configuration::PauseForm;
use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::schedule::{ScheduleEditor, Schedules};
use crate::hooks::{go, replace, use_query, use_vcenter_service};
use crate::state::jobs::OfJob;
use crate::state::route::Route;
use contract::command::{AddPolicy, AddSchedule, ListDestinations, ListPolicies};
use contract::policy::Policy;
use contract::{PolicyId, ScheduleId};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::prelude::*;

/// What stands before the page.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) dialog: Option<OfJob>,
}

/// The page.
#[function_component]
pub(super) fn JobsPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let listed = use_query(ListPolicies {});
    let is_loading = listed.is_loading();
    let to = |dialog: OfJob| Callback::from(move |_: MouseEvent| go(&Route::Jobs(Some(dialog.clone()))));
    let edit = Callback::from(|id: ScheduleId| go(&Route::Jobs(Some(OfJob::Schedule(id)))));
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let may_add = service.may::<AddPolicy>();
    let add = html! {
        if may_add {
            <Button id="add-policy" variant={ButtonVariant::Primary} onclick={to(OfJob::Add)} label="Add policy" />
        }
    };
    let policies = match (listed.value.clone(), listed.error) {
        (Some(all), _) if all.is_empty() => html! {
            <Empty icon="calendar-check" title="No policies yet" actions={add.clone()}>
                { "A policy syncs, tests or scans when something happens: at a time, when a vCenter goes offline or comes back, \
                    after a sync that changed something, or on a health finding." }
            </Empty>
        },
        (Some(all), _) => html! { <policies::Policies policies={(*all).clone()} /> },
        (None, Some(error)) => {
            html! { <Failure title="The policies could not be loaded" {error} {retry} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting"><Spinner aria_label="Loading policies" /></div> }
        }
    };
    let has_some = listed.value.as_ref().is_some_and(|all| !all.is_empty());
    let all = listed.value.map(|all| (*all).clone());
    html! {
        <div class="muster-page" id="jobs" aria-busy={is_loading.to_string()}>
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Jobs" }</h1>
                <div class="muster-actions">
                    <calendar::PauseAll />
                    if service.may::<AddSchedule>() {
                        <Button id="add-schedule" variant={ButtonVariant::Secondary} onclick={to(OfJob::AddSchedule)}
                            label="Add schedule" />
                    }
                    if has_some {
                        { add }
                    }
                </div>
            </div>
            <calendar::CalendarStrip />
            <section aria-labelledby="jobs-policies">
                <h2 class="pf-v6-c-title pf-m-lg" id="jobs-policies">{ "Policies" }</h2>
                { policies }
            </section>
            <section aria-labelledby="jobs-schedules">
                <h2 class="pf-v6-c-title pf-m-lg" id="jobs-schedules">{ "Schedules" }</h2>
                <Schedules {edit} />
            </section>
            if service.may::<ListDestinations>() {
                <destinations::Destinations />
            }
            { props.dialog.clone().map(|dialog| before(dialog, all.as_deref())).unwrap_or_default() }
        </div>
    }
}

/// The form or the question that is open. Of a policy that is gone, or not known yet, there is none.
fn before(dialog: OfJob, all: Option<&[Policy]>) -> Html {
    let close = Callback::from(|()| replace(&Route::Jobs(None)));
    let find = |id: &PolicyId| all.and_then(|all| all.iter().find(|one| one.id == *id)).cloned();
    match dialog {
        OfJob::Add => html! { <form::PolicyForm {close} /> },
        OfJob::Edit(id) => find(&id)
            .map(|policy| html! { <form::PolicyForm key={id.to_string()} before={Some(policy)} {close} /> })
            .unwrap_or_default(),
        OfJob::Copy(id) => find(&id)
            .map(|policy| {
                html! { <form::PolicyForm key={id.to_string()} before={Some(policy)} is_copy=true {close} /> }
            })
            .unwrap_or_default(),
        OfJob::DryRun(id) => {
            find(&id).map(|policy| html! { <dry_run::DryRunDialog {policy} {close} /> }).unwrap_or_default()
        }
        OfJob::Runs(id) => {
            find(&id).map(|policy| html! { <runs::Runs {policy} {close} /> }).unwrap_or_default()
        }
        OfJob::Remove(id) => {
            find(&id).map(|policy| html! { <remove::Remove {policy} {close} /> }).unwrap_or_default()
        }
        OfJob::PauseAll => html! { <PauseForm {close} /> },
        OfJob::AddSchedule => html! { <ScheduleEditor {close} /> },
        OfJob::Schedule(id) => html! { <ScheduleEditor schedule={Some(id)} {close} /> },
        // These know the destinations.
        OfJob::AddDestination | OfJob::Destination(_) | OfJob::RemoveDestination(_) => {
            html! { <destinations::Before {dialog} {close} /> }
        }
    }
}
