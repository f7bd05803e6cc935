//! What happens: operations that run and ended, hosts that are not available, what changed of late, and what runs next.
//! Refuses to list all of it: each leads to the page that does.

use super::OfOverview;
use super::card::Card;
use super::rows::Scope;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::outcome::Outcome;
use crate::components::progress::OperationProgress;
use crate::components::when::local;
use crate::hooks::use_vcenter_service;
use crate::state::operations::Looked;
use crate::state::route::Route;
use crate::state::words::grouped;
use contract::command::OperationFilter;
use contract::{Condition, Kind, Operation, Time, UnavailableHost, columns, words};
use yew::prelude::*;

/// Outcomes that are shown.
const OUTCOMES: usize = 10;

/// Hosts that are named.
const HOSTS: usize = 10;

/// What runs now, and how the last operations ended.
#[function_component]
pub(super) fn Operations() -> Html {
    let service = use_vcenter_service();
    let active: Vec<Html> = service
        .get_active_operations()
        .into_iter()
        .map(
            |operation| html! { <OperationProgress key={operation.id.to_string()} operation={operation.clone()} named=true /> },
        )
        .collect();
    let outcomes: Vec<Operation> = service.see(|world| world.outcomes().take(OUTCOMES).cloned().collect());
    let outcomes: Vec<Html> = outcomes
        .into_iter()
        .map(|operation| {
            html! {
                <li key={operation.id.to_string()}><Outcome {operation} named=true brief=true /></li>
            }
        })
        .collect();
    html! {
        <>
            <Card id="overview-running" title="Running now">
                if active.is_empty() {
                    <p class="muster-quiet">{ "No operations are running." }</p>
                } else {
                    { for active }
                }
            </Card>
            <Card id="overview-outcomes" title="Recent operations">
                if outcomes.is_empty() {
                    <p class="muster-quiet">{ "No operations yet. Sync a vCenter to see its result here." }</p>
                } else {
                    <ul class="muster-outcomes" role="list">{ for outcomes }</ul>
                }
            </Card>
        </>
    }
}

/// Hosts that nothing can run on now.
#[function_component]
pub(super) fn Hosts(props: &OfOverview) -> Html {
    let overview = &props.overview;
    let totals = &overview.totals.counts;
    let gone = totals.hosts - totals.hosts_available;
    if overview.unavailable_hosts.is_empty() {
        return match totals.hosts {
            0 => Html::default(),
            _ => html! {
                <Card id="overview-hosts" title="Hosts not available">
                    <p class="muster-quiet">{ if gone == 0 { "All hosts are connected and out of maintenance." } else { "The state of some hosts is not known." } }</p>
                </Card>
            },
        };
    }
    let rows = overview.unavailable_hosts.iter().take(HOSTS).map(host);
    let all = Scope::default().rows(Kind::Hosts, vec![Condition::is_not("state", "connected")]);
    let action = html! { <Link to={all}>{ format!("All {}", grouped(gone)) }</Link> };
    html! {
        <Card id="overview-hosts" title="Hosts not available" {action}>
            <ul class="muster-lines" role="list">{ for rows }</ul>
        </Card>
    }
}

fn host(host: &UnavailableHost) -> Html {
    let scope = Scope { vcenter: Some(host.vcenter_id.clone()), ..Scope::default() };
    let state = columns::of(Kind::Hosts).column("state");
    let state = state.map_or(host.state.clone().into(), |column| words::term(column, &host.state));
    let place =
        host.cluster.as_ref().map_or(host.vcenter.clone(), |cluster| format!("{cluster}, {}", host.vcenter));
    html! {
        <li key={format!("{}/{}", host.vcenter_id, host.moref)}>
            if let Some(to) = scope.open(Kind::Hosts, &host.moref) {
                <Link {to}><Name name={words::short_host_name(&host.name).to_owned()} /></Link>
            }
            <span>{ state.into_owned() }</span>
            <span class="muster-quiet muster-cut">{ place }</span>
        </li>
    }
}

/// What syncs recorded of late.
#[function_component]
pub(super) fn Changes(props: &OfOverview) -> Html {
    let changes = &props.overview.changes;
    let rows = changes.iter().map(|one| {
        let recorded = one.recorded;
        let parts = [(recorded.added, "added"), (recorded.changed, "changed"), (recorded.removed, "removed")];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts
            .map(|(number, words)| format!("{} {words}", grouped(i64::try_from(*number).unwrap_or(i64::MAX))))
            .collect();
        let filter = OperationFilter::of(one.vcenter_id.clone());
        let to = Route::Operations(Looked { filter, open: None });
        html! {
            <li key={one.vcenter_id.to_string()}>
                <Name name={one.vcenter.clone()} />
                <Link {to}>{ parts.join(", ") }</Link>
            </li>
        }
    });
    html! {
        <Card id="overview-changes" title="Changed in the last 24 hours">
            if changes.is_empty() {
                <p class="muster-quiet">{ "No changes were recorded." }</p>
            } else {
                <ul class="muster-lines" role="list">{ for rows }</ul>
            }
        </Card>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SoonProperties {
    at: Time,
}

/// A time to come, and how long it is until then.
#[function_component]
fn Soon(props: &SoonProperties) -> Html {
    let at = props.at;
    let left = use_vcenter_service().see(move |world| words::until(at, world.now));
    html! {
        <time datetime={at.to_string()}>
            { local(at) }<span class="muster-quiet">{ format!(" (in {left})") }</span>
        </time>
    }
}

/// What schedules start next.
#[function_component]
pub(super) fn Next(props: &OfOverview) -> Html {
    let runs = &props.overview.next_runs;
    if runs.is_empty() {
        return Html::default();
    }
    let rows = runs.iter().map(|run| {
        html! {
            <li key={format!("{}/{}", run.at, run.schedule)}>
                <Name name={run.schedule.clone()} />
                <Soon at={run.at} />
                <span class="muster-quiet muster-cut">{ run.about.clone() }</span>
            </li>
        }
    });
    html! {
        <Card id="overview-next" title="Next scheduled">
            <ul class="muster-lines" role="list">{ for rows }</ul>
        </Card>
    }
}
