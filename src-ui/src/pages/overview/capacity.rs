//! The room that there is: of each vCenter, and of its datacenters and clusters where somebody opens it.
//! Refuses to say anything by a bar alone: what it shows stands beside it in numbers.

use super::OfOverview;
use super::card::Card;
use super::gauge::shown;
use super::rows::{Scope, powered_on};
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::when::Ago;
use crate::hooks::use_vcenter_service;
use crate::state::capacity::{allocated, cpu, hosts, memory, per_core, storage};
use crate::state::words::counted;
use contract::words::bytes;
use contract::{Capacity, Census, Kind, MergedDatastore, OfVcenter, Overview, Sameness, VcenterId};
use std::collections::BTreeSet;
use yew::prelude::*;

/// Of more vCenters than these the fullest are shown, and the others where somebody asks.
const MOST: usize = 8;

/// A line of the table.
struct Line {
    key: String,
    name: String,
    scope: Scope,
    counts: Census,
    capacity: Capacity,
    depth: usize,
    /// Whether something lies below it, and is shown.
    open: Option<bool>,
    note: Html,
}

/// The table, with all of the estate first where it is more than one vCenter.
#[function_component]
pub(super) fn CapacityCard(props: &OfOverview) -> Html {
    let service = use_vcenter_service();
    let flipped = use_state(BTreeSet::<String>::new);
    let all = use_state(|| false);
    let overview = &props.overview;
    let ids: Vec<_> = overview.vcenters.iter().map(|one| one.vcenter_id.clone()).collect();
    let stale: BTreeSet<_> = service.see(move |world| {
        let is_stale = |id: &VcenterId| world.status(id).is_some_and(|status| !status.fresh);
        ids.iter().filter(|id| is_stale(id)).cloned().collect()
    });
    let is_open = |key: &str, by_default: bool| flipped.contains(key) != by_default;
    let mut lines = Vec::new();
    if overview.vcenters.len() > 1 {
        lines.push(whole(overview));
    }
    let is_cut = overview.vcenters.len() > MOST && !*all;
    for vcenter in if is_cut { fullest(overview) } else { overview.vcenters.iter().collect() } {
        add(&mut lines, vcenter, stale.contains(&vcenter.vcenter_id), overview.vcenters.len() == 1, &is_open);
    }
    let rows = lines.into_iter().map(|line| {
        let toggle = {
            let (flipped, key) = (flipped.clone(), line.key.clone());
            Callback::from(move |_: MouseEvent| {
                let mut next = (*flipped).clone();
                if !next.remove(&key) {
                    next.insert(key.clone());
                }
                flipped.set(next);
            })
        };
        row(line, toggle)
    });
    let more = Callback::from(move |_: MouseEvent| all.set(true));
    html! {
        <Card id="overview-capacity" title="Capacity">
            <table class="muster-capacity" aria-labelledby="overview-capacity">
                <thead>
                    <tr>
                        <th scope="col">{ "Name" }</th>
                        <th scope="col">{ "CPU" }</th>
                        <th scope="col">{ "Memory" }</th>
                        <th scope="col">{ "Storage" }</th>
                        <th scope="col" class="muster-capacity__number">{ "vCPU per core" }</th>
                    </tr>
                </thead>
                <tbody>{ for rows }</tbody>
            </table>
            if is_cut {
                <p class="muster-quiet">
                    { format!("The {MOST} fullest of {} vCenters. ", overview.vcenters.len()) }
                    <button type="button" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={more}>{ "Show all" }</button>
                </p>
            }
            { once(overview) }
        </Card>
    }
}

/// Those of which the largest share of memory or storage is in use, the fullest first.
fn fullest(overview: &Overview) -> Vec<&OfVcenter> {
    let share = |one: &&OfVcenter| {
        let of = [memory(&one.capacity), storage(&one.capacity.storage), storage(&one.capacity.vsan)];
        std::cmp::Reverse(of.into_iter().filter_map(|gauge| gauge.percent).max())
    };
    let mut all: Vec<&OfVcenter> = overview.vcenters.iter().collect();
    all.sort_by_key(share);
    all.truncate(MOST);
    all
}

fn whole(overview: &Overview) -> Line {
    Line {
        key: "all".to_owned(),
        name: "All vCenters".to_owned(),
        scope: Scope::default(),
        counts: overview.totals.counts,
        capacity: overview.capacity,
        depth: 0,
        open: None,
        note: Html::default(),
    }
}

/// A vCenter, and what lies in it as far as it is open.
fn add(
    lines: &mut Vec<Line>,
    vcenter: &OfVcenter,
    is_stale: bool,
    is_only: bool,
    is_open: &impl Fn(&str, bool) -> bool,
) {
    let key = vcenter.vcenter_id.to_string();
    let scope = Scope { vcenter: Some(vcenter.vcenter_id.clone()), ..Scope::default() };
    let open = is_open(&key, is_only);
    lines.push(Line {
        key: key.clone(),
        name: vcenter.vcenter.clone(),
        scope: scope.clone(),
        counts: vcenter.counts,
        capacity: vcenter.capacity,
        depth: 0,
        open: (!vcenter.datacenters.is_empty()).then_some(open),
        note: note(vcenter, is_stale),
    });
    for datacenter in vcenter.datacenters.iter().filter(|_| open) {
        let key = format!("{key}/{}", datacenter.moref);
        let scope = Scope { datacenter: Some(datacenter.moref.clone()), ..scope.clone() };
        let open = is_open(&key, vcenter.datacenters.len() == 1);
        lines.push(Line {
            key: key.clone(),
            name: datacenter.name.clone(),
            scope: scope.clone(),
            counts: datacenter.counts,
            capacity: datacenter.capacity,
            depth: 1,
            open: (!datacenter.clusters.is_empty()).then_some(open),
            note: Html::default(),
        });
        lines.extend(datacenter.clusters.iter().filter(|_| open).map(|cluster| Line {
            key: format!("{key}/{}", cluster.moref),
            name: cluster.name.clone(),
            scope: Scope { cluster: Some(cluster.moref.clone()), ..scope.clone() },
            counts: cluster.counts,
            capacity: cluster.capacity,
            depth: 2,
            open: None,
            note: html! { { ha(cluster.failover_hosts, cluster.admission_control) } },
        }));
    }
}

/// What HA is to survive, and whether anything is kept free for it.
fn ha(failover_hosts: Option<i64>, admission_control: Option<bool>) -> String {
    match (failover_hosts, admission_control) {
        (None, _) => "no HA".to_owned(),
        (Some(_), Some(false)) => "HA without admission control".to_owned(),
        (Some(hosts), _) => {
            let hosts = usize::try_from(hosts).unwrap_or(usize::MAX);
            format!("HA survives {}", counted(hosts, "host", "hosts"))
        }
    }
}

fn note(vcenter: &OfVcenter, is_stale: bool) -> Html {
    let with =
        vcenter.counted_with.as_ref().map(|with| html! { <span>{ format!("counted with {with}") }</span> });
    let age = match vcenter.synced_at {
        None => html! { <span>{ "not all of it was read yet" }</span> },
        Some(at) if is_stale => html! { <span>{ "as of " }<Ago time={at} /></span> },
        Some(_) => Html::default(),
    };
    html! { <>{ with }{ age }</> }
}

fn row(line: Line, toggle: Callback<MouseEvent>) -> Html {
    let Line { key, name, scope, counts, capacity, depth, open, note } = line;
    let [reserved, configured, provisioned] = allocated(&capacity);
    let hosts_to = scope.rows(Kind::Hosts, Vec::new());
    let vsan = storage(&capacity.vsan).percent.map(|used| (used, bytes(capacity.vsan.capacity_bytes)));
    let datastores = scope.rows(Kind::Datastores, Vec::new());
    let has_storage = capacity.storage.capacity_bytes > 0 || vsan.is_none();
    let unmeasured = (capacity.hosts_unmeasured > 0).then(|| {
        let hosts = usize::try_from(capacity.hosts_unmeasured).unwrap_or(usize::MAX);
        html! { <span>{ format!("{} without a known use left out", counted(hosts, "host", "hosts")) }</span> }
    });
    html! {
        <tr key={key} data-depth={depth.to_string()}>
            <th scope="row">
                <span class="muster-capacity__name" style={format!("padding-inline-start:{}rem", depth)}>
                    if let Some(open) = open {
                        <button type="button" class="pf-v6-c-button pf-m-plain muster-capacity__toggle" onclick={toggle}
                            aria-expanded={open.to_string()} aria-label={format!("Details of {name}")}>
                            { icon(if open { "angle-down" } else { "angle-right" }) }
                        </button>
                    } else {
                        <span class="muster-capacity__toggle" />
                    }
                    <span class="muster-capacity__words">
                        <Name name={name} />
                        <span class="muster-quiet muster-capacity__notes">
                            <Link to={hosts_to.clone()}>{ hosts(&counts) }</Link>
                            { note }
                            { unmeasured }
                        </span>
                    </span>
                </span>
            </th>
            <td data-label="CPU">{ shown(cpu(&capacity), hosts_to.clone(), reserved) }</td>
            <td data-label="Memory">{ shown(memory(&capacity), hosts_to, configured) }</td>
            <td data-label="Storage">
                if has_storage {
                    { shown(storage(&capacity.storage), datastores.clone(), provisioned) }
                }
                if let Some(vsan) = vsan {
                    if has_storage {
                        <span class="muster-gauge__words">
                            <Link to={datastores}>{ format!("vSAN, raw: {} % of {}", vsan.0, vsan.1) }</Link>
                        </span>
                    } else {
                        { shown(storage(&capacity.vsan), datastores, Some("vSAN, raw".to_owned())) }
                    }
                }
            </td>
            <td data-label="vCPU per core" class="muster-capacity__number">
                if let Some(ratio) = per_core(&capacity) {
                    <Link to={scope.rows(Kind::Vms, powered_on())}>{ ratio }</Link>
                } else {
                    { "\u{2013}" }
                }
            </td>
        </tr>
    }
}

/// What is seen more than once, and counted once.
fn once(overview: &Overview) -> Html {
    let (hosts, datastores) = (&overview.hosts_counted_once, &overview.merged_datastores);
    if hosts.is_empty() && datastores.is_empty() {
        return Html::default();
    }
    let mut what = Vec::new();
    if !datastores.is_empty() {
        what.push(counted(datastores.len(), "datastore is seen", "datastores are seen") + " more than once");
    }
    if !hosts.is_empty() {
        what.push(
            counted(hosts.len(), "host was added", "hosts were added") + " directly and with its vCenter",
        );
    }
    let hosts = hosts.iter().map(|host| {
        html! { <li>{ format!("{}: added as {}, counted with {}", host.name, host.vcenter, host.counted_with) }</li> }
    });
    let datastores = datastores.iter().map(|one| html! { <li>{ said(one) }</li> });
    html! {
        <details class="muster-more" id="overview-once">
            <summary>{ format!("{}: counted once in the totals", what.join(", ")) }</summary>
            <ul class="muster-once">{ for hosts }{ for datastores }</ul>
        </details>
    }
}

fn said(one: &MergedDatastore) -> String {
    let seen: Vec<String> = one.seen_as.iter().map(|as_| format!("{} ({})", as_.name, as_.vcenter)).collect();
    let because = match one.because {
        Sameness::Volume => "the same volume",
        Sameness::VsanPool => "one vSAN pool",
        Sameness::NfsShare => "the same NFS share, at equal capacity",
    };
    format!("{}: {because}, {}", seen.join(", "), one.what)
}
