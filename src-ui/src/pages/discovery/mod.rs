//! The page `/discovery`: servers that were found at their BMCs, which ESXi hosts they are, and who may log in to them.
//! Refuses to log in where nobody approved a certificate: it only shows what is known, and asks the service.

mod add;
mod add_profile;
mod approve;
mod by_hand;
mod certificate;
mod drawer;
mod filters;
mod hosts;
mod matching;
mod profiles;
mod remove;
mod scan;
mod schedules;
mod servers;
mod table;

use crate::components::link::Link;
use crate::components::progress::OperationProgress;
use crate::components::schedule::ScheduleEditor;
use crate::hooks::{replace, use_query, use_vcenter_service};
use crate::state::discovery::{self, OfDiscovery, Part, Sought};
use crate::state::route::Route;
use contract::ScheduledJob;
use contract::command::{ImportServers, ListServers, ReadServers, StartScan};
use contract::discovery::Discovered;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) sought: Sought,
}

/// The page.
#[function_component]
pub(crate) fn DiscoveryPage(props: &Properties) -> Html {
    let sought = &props.sought;
    let answer = use_query(ListServers {});
    let is_loading = answer.is_loading();
    let known = answer.value.clone();
    let part = match sought.part {
        Part::Servers => html! { <servers::ServersPart sought={sought.clone()} answer={answer.clone()} /> },
        Part::Hosts => html! { <hosts::HostsPart answer={answer.clone()} /> },
        Part::Profiles => html! { <profiles::ProfilesPart sought={sought.clone()} /> },
    };
    let tab = |part: Part| {
        let is_current = part == sought.part;
        let to = Route::Discovery(Sought { part, ..Sought::default() });
        html! {
            <li key={part.title()} class={classes!("muster-tab", is_current.then_some("muster-tab--current"))}>
                <Link {to}><span aria-current={is_current.then_some("page")}>{ part.title() }</span></Link>
            </li>
        }
    };
    html! {
        <div class="muster-page muster-page--whole" id="discovery" aria-busy={is_loading.to_string()}>
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Discovery" }</h1>
                <Actions sought={sought.clone()} known={known.clone()} />
            </div>
            <nav aria-label="Discovery"><ul class="muster-tabs" role="list">{ for Part::ALL.map(tab) }</ul></nav>
            { part }
            // Below the rows: what comes and goes moves none of them away from under the pointer. In an element of its own:
            // what is before it is put in before something that stays.
            <div class="muster-underway"><UnderWay /></div>
            { before(sought, known) }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ActionsProperties {
    sought: Sought,
    known: Option<Rc<Discovered>>,
}

/// Scan, review certificates, and read all servers anew.
#[function_component]
fn Actions(props: &ActionsProperties) -> Html {
    let service = use_vcenter_service();
    let servers = props.known.as_ref().map(|known| known.servers.as_slice()).unwrap_or_default();
    let waiting = discovery::unapproved(servers).len();
    let is_busy = service.see(|world| !discovery::under_way(world.active()).is_empty());
    let open = |dialog: OfDiscovery| {
        let to = Route::Discovery(props.sought.asking(Some(dialog)));
        Callback::from(move |_: MouseEvent| crate::hooks::go(&to))
    };
    let read = {
        let service = service.clone();
        Callback::from(move |_: MouseEvent| service.read_servers(Vec::new()))
    };
    html! {
        <div class="muster-actions">
            if waiting > 0 {
                <Button id="review-certificates" variant={ButtonVariant::Secondary} onclick={open(OfDiscovery::Approve)}
                    label={format!("Review certificates ({waiting})")} />
            }
            if !servers.is_empty() && service.may::<ReadServers>() {
                <Button id="read-all" variant={ButtonVariant::Secondary} disabled={is_busy} onclick={read} label="Read all" />
            }
            <Button id="schedules" variant={ButtonVariant::Secondary} onclick={open(OfDiscovery::Schedules)}
                label="Schedules\u{2026}" />
            if service.may::<ImportServers>() {
                <Button id="add-servers" variant={ButtonVariant::Secondary} onclick={open(OfDiscovery::AddServers)}
                    label="Add\u{2026}" />
            }
            if service.may::<StartScan>() {
                <Button id="scan" variant={ButtonVariant::Primary} onclick={open(OfDiscovery::Scan)} label="Scan\u{2026}" />
            }
        </div>
    }
}

/// The scans and readings that wait or run.
#[function_component]
fn UnderWay() -> Html {
    let service = use_vcenter_service();
    let all = service.see(|world| discovery::under_way(world.active()));
    if all.is_empty() {
        return Html::default();
    }
    let one = |operation: contract::Operation| {
        html! {
            <li key={operation.id.to_string()}><OperationProgress {operation} passing=true /></li>
        }
    };
    html! {
        <ul class="muster-stack" id="discovery-progress" role="list" aria-label="Under way">{ for all.into_iter().map(one) }</ul>
    }
}

/// The form or the question that is open. Of a server that is gone, or not known yet, there is none.
fn before(sought: &Sought, known: Option<Rc<Discovered>>) -> Html {
    let close = {
        let to = Route::Discovery(sought.asking(None));
        Callback::from(move |()| replace(&to))
    };
    match (&sought.dialog, known) {
        (None, _) => Html::default(),
        (Some(OfDiscovery::Scan), _) => html! { <scan::ScanForm {close} /> },
        (Some(OfDiscovery::ScheduleScan), _) => html! { <scan::ScanForm is_scheduled=true {close} /> },
        (Some(OfDiscovery::ScheduleReading), _) => {
            html! { <ScheduleEditor job={ScheduledJob::Servers} {close} /> }
        }
        (Some(OfDiscovery::Schedules), _) => {
            html! { <schedules::SchedulesOfServers sought={sought.clone()} {close} /> }
        }
        (Some(OfDiscovery::Schedule(id)), _) => {
            html! { <ScheduleEditor schedule={Some(id.clone())} {close} /> }
        }
        (Some(OfDiscovery::AddServers), _) => html! { <add::Add {close} /> },
        (Some(OfDiscovery::AddProfile), _) => html! { <add_profile::AddProfile {close} /> },
        (Some(_), None) => Html::default(),
        (Some(OfDiscovery::Approve), Some(known)) => {
            html! { <approve::Approve servers={discovery::unapproved(&known.servers)} {close} /> }
        }
        (Some(OfDiscovery::Remove(id)), Some(known)) => {
            let server = known.servers.iter().find(|server| server.id == *id).cloned();
            server.map(|server| html! { <remove::Remove {server} {close} /> }).unwrap_or_default()
        }
    }
}
