//! How much there is of what, each counted once.
//! Refuses to show a part of which there is nothing.

use super::rows::{Scope, being, of_people, powered_on};
use crate::components::frame::icon_of;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::state::route::Route;
use crate::state::words::grouped;
use contract::{Census, Condition, Kind, Overview};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct TotalsProperties {
    /// What is known, or nothing yet.
    pub(super) overview: Option<Rc<Overview>>,
}

/// A number, and parts of it that are worth a look.
struct Total {
    title: &'static str,
    icon: &'static str,
    number: i64,
    to: Route,
    parts: Vec<(i64, &'static str, Route)>,
}

/// The numbers; dots in their place until they are known, so that nothing jumps.
#[function_component]
pub(super) fn Totals(props: &TotalsProperties) -> Html {
    let is_known = props.overview.is_some();
    let overview = props.overview.as_deref().cloned().unwrap_or_default();
    let items = all(&overview).into_iter().map(|total| shown(total, is_known));
    html! { <ul class="muster-totals" role="list" aria-label="Totals">{ for items }</ul> }
}

fn shown(total: Total, is_known: bool) -> Html {
    let Total { title, icon: name, number, to, parts } = total;
    let parts = parts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, words, to)| {
        html! { <Link key={words} {to}>{ format!("{} {words}", grouped(number)) }</Link> }
    });
    html! {
        <li key={title} class="muster-total">
            <span class="muster-total__icon">{ icon(name) }</span>
            <Link class="muster-total__number" {to}>
                { if is_known { grouped(number) } else { "\u{2026}".to_owned() } }
                <span class="muster-total__title">{ title }</span>
            </Link>
            <span class="muster-total__parts">{ for parts }</span>
        </li>
    }
}

fn all(overview: &Overview) -> Vec<Total> {
    let Census {
        clusters,
        hosts,
        hosts_in_maintenance,
        hosts_not_connected,
        vms,
        vms_on,
        templates,
        agents,
        placeholders,
        datastores,
        datastores_inaccessible,
        ..
    } = overview.totals.counts;
    let everywhere = Scope::default();
    let rows = |kind, conditions| everywhere.rows(kind, conditions);
    let total = |title, kind, number, conditions| Total {
        title,
        icon: icon_of(kind),
        number,
        to: rows(kind, conditions),
        parts: Vec::new(),
    };
    let lost = vec![Condition::is_not("connection_state", "connected")];
    let hosts = Total {
        parts: vec![
            (
                hosts_in_maintenance,
                "in maintenance",
                rows(Kind::Hosts, vec![Condition::is("state", "maintenance")]),
            ),
            (hosts_not_connected, "not connected", rows(Kind::Hosts, lost)),
        ],
        ..total("Hosts", Kind::Hosts, hosts, Vec::new())
    };
    let vms = Total {
        parts: vec![(vms_on, "powered on", rows(Kind::Vms, powered_on()))],
        ..total("VMs", Kind::Vms, vms, of_people())
    };
    let gone = vec![Condition::is("accessible", "false")];
    let datastores = Total {
        parts: vec![(datastores_inaccessible, "not accessible", rows(Kind::Datastores, gone))],
        ..total("Datastores", Kind::Datastores, datastores, Vec::new())
    };
    // What else is no VM of people.
    let templates = Total {
        parts: vec![
            (agents, "agent VMs", rows(Kind::Vms, being("is_agent"))),
            (placeholders, "placeholders", rows(Kind::Vms, being("is_placeholder"))),
        ],
        ..total("Templates", Kind::Vms, templates, being("is_template"))
    };
    let vcenters = Total {
        title: "vCenters",
        icon: "server",
        number: overview.totals.vcenters,
        to: Route::vcenters(),
        parts: Vec::new(),
    };
    vec![
        vcenters,
        total("Datacenters", Kind::Datacenters, overview.totals.datacenters, Vec::new()),
        total("Clusters", Kind::Clusters, clusters, Vec::new()),
        hosts,
        vms,
        templates,
        datastores,
        total("Networks", Kind::Networks, overview.totals.networks, Vec::new()),
        total("Snapshots", Kind::Snapshots, overview.totals.snapshots, Vec::new()),
    ]
}
