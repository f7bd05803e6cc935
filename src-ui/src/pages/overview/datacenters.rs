//! A card for each datacenter.
//! Refuses to fill the page: of many the first are shown, and the others where somebody asks.

use super::OfOverview;
use super::gauge::shown;
use super::rows::{Scope, of_people};
use crate::components::icon;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::hooks::use_query;
use crate::state::capacity::{cpu, hosts, memory, storage};
use crate::state::health::{self, Looking};
use crate::state::route::Route;
use crate::state::words::{counted, grouped};
use contract::command::CountFindings;
use contract::health::{Level, OpenFindings};
use contract::{Kind, OfDatacenter, OfVcenter, Storage, words};
use std::collections::BTreeMap;
use yew::prelude::*;

/// So many are shown at first.
const FIRST: usize = 12;

/// The cards, by vCenter and name.
#[function_component]
pub(super) fn Datacenters(props: &OfOverview) -> Html {
    let is_open = use_state(|| false);
    let open = use_query(CountFindings {}).value;
    let vcenters = props.overview.vcenters.iter();
    let all: Vec<(&OfVcenter, &OfDatacenter)> =
        vcenters.flat_map(|vcenter| vcenter.datacenters.iter().map(move |one| (vcenter, one))).collect();
    if all.is_empty() {
        return Html::default();
    }
    let several = props.overview.vcenters.len() > 1;
    let shown_ones = if *is_open { all.len() } else { FIRST };
    let cards = all.iter().take(shown_ones).map(|(vcenter, one)| {
        let health = open.as_ref().map(|open| findings(vcenter, one, open));
        card(vcenter, one, several, health)
    });
    let more = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(true))
    };
    html! {
        <section aria-labelledby="overview-datacenters" class="muster-stack">
            <h2 id="overview-datacenters" class="pf-v6-c-title pf-m-lg">{ "Datacenters" }</h2>
            <ul class="muster-datacenters" role="list">{ for cards }</ul>
            if all.len() > shown_ones {
                <button type="button" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={more}>
                    { format!("Show all {} datacenters", all.len()) }
                </button>
            }
        </section>
    }
}

/// What is wrong in a datacenter, with the way to it.
fn findings(vcenter: &OfVcenter, one: &OfDatacenter, open: &[OpenFindings]) -> Html {
    let is_of = |found: &&OpenFindings| {
        found.vcenter_id == vcenter.vcenter_id && found.datacenter_moref.as_ref() == Some(&one.moref)
    };
    let none = BTreeMap::new();
    let levels = open.iter().find(is_of).map_or(&none, |found| &found.levels);
    if levels.is_empty() {
        return html! { <span class="muster-quiet">{ "No findings" }</span> };
    }
    let to = Route::Health(Looking {
        vcenter: Some(vcenter.vcenter_id.clone()),
        datacenter: Some(one.moref.clone()),
        ..Looking::default()
    });
    let count = |(level, count): (&Level, &usize)| {
        html! {
            <span class="muster-datacenter__finding">
                { icon::of_level(health::shade(*level)) }
                { format!("{} {}", grouped(*count as i64), words::level(*level).to_lowercase()) }
            </span>
        }
    };
    html! { <Link class="muster-datacenter__found" {to}>{ for levels.iter().rev().map(count) }</Link> }
}

fn card(vcenter: &OfVcenter, one: &OfDatacenter, several: bool, health: Option<Html>) -> Html {
    let scope = Scope {
        vcenter: Some(vcenter.vcenter_id.clone()),
        datacenter: Some(one.moref.clone()),
        cluster: None,
    };
    let rows = |kind| scope.rows(kind, Vec::new());
    let number = |number: i64| usize::try_from(number).unwrap_or_default();
    let (plain, vsan) = (&one.capacity.storage, &one.capacity.vsan);
    let all = Storage {
        capacity_bytes: plain.capacity_bytes.saturating_add(vsan.capacity_bytes),
        free_bytes: plain.free_bytes.saturating_add(vsan.free_bytes),
        provisioned_bytes: 0,
    };
    let with_vsan = (vsan.capacity_bytes > 0).then(|| "with vSAN, raw".to_owned());
    let title = match scope.open(Kind::Datacenters, &one.moref) {
        Some(to) => html! { <Link {to}><Name name={one.name.clone()} /></Link> },
        None => html! { <Name name={one.name.clone()} /> },
    };
    html! {
        <li key={format!("{}/{}", vcenter.vcenter_id, one.moref)} class="pf-v6-c-card muster-datacenter">
            <div class="muster-datacenter__head">
                <h3 class="muster-datacenter__title">{ title }</h3>
                if several {
                    <span class="muster-quiet">{ &vcenter.vcenter }</span>
                }
            </div>
            <p class="muster-datacenter__counts">
                <Link to={rows(Kind::Clusters)}>{ counted(number(one.counts.clusters), "cluster", "clusters") }</Link>
                <Link to={rows(Kind::Hosts)}>{ hosts(&one.counts) }</Link>
                <Link to={scope.rows(Kind::Vms, of_people())}>
                    { format!("{} {}", grouped(one.counts.vms), if one.counts.vms == 1 { "VM" } else { "VMs" }) }
                </Link>
            </p>
            <p class="muster-datacenter__findings">{ health }</p>
            <dl class="muster-datacenter__gauges">
                <div><dt>{ "CPU" }</dt><dd>{ shown(cpu(&one.capacity), rows(Kind::Hosts), None) }</dd></div>
                <div><dt>{ "Memory" }</dt><dd>{ shown(memory(&one.capacity), rows(Kind::Hosts), None) }</dd></div>
                <div><dt>{ "Storage" }</dt><dd>{ shown(storage(&all), rows(Kind::Datastores), with_vsan) }</dd></div>
            </dl>
        </li>
    }
}
