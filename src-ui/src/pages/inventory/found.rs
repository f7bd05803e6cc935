//! The heading of the page: the kind, how many rows there are, how old they are, and how they are shown.
//! Refuses to say the age anywhere else: this is its one place.

use crate::components::icon::icon;
use crate::components::when::Ago;
use crate::hooks::{VcenterService, Window, use_export, use_vcenter_service};
use crate::state::grid::Density;
use crate::state::table::View;
use crate::state::words;
use contract::{Rows, StaleReads, Time, VcenterId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What is looked at, and the rows of it.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) window: Window,
    pub(super) density: Density,
    /// Whether rows of several vCenters stand among each other.
    pub(super) several: bool,
    /// Changes how high rows are.
    pub(super) dense: Callback<Density>,
}

/// The heading.
#[function_component]
pub(super) fn Found(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let (other, label, sign) = match props.density {
        Density::Compact => (Density::Comfortable, "Comfortable rows", "bars"),
        Density::Comfortable => (Density::Compact, "Compact rows", "align-justify"),
    };
    let export = use_export(props.view.query(props.several));
    let is_exporting = export.is_under_way;
    let export = export.start.reform(|_: MouseEvent| ());
    let matching = props.window.rows().map_or(0, |rows| rows.matching);
    let export_label = match is_exporting {
        true => "Exporting\u{2026}".to_owned(),
        false => format!("Export {}", words::counted(matching, "row", "rows")),
    };
    let dense = props.dense.reform(move |_: MouseEvent| other);
    html! {
        <div class="muster-page__head muster-inventory__head">
            <h1 class="pf-v6-c-title pf-m-2xl">{ props.view.kind.title() }</h1>
            if let Some(rows) = props.window.rows() {
                { found(&service, &props.view, rows) }
                <span class="muster-inventory__actions">
                    <button type="button" id="export" class="pf-v6-c-button pf-m-secondary pf-m-small" onclick={export}
                        disabled={is_exporting || matching == 0} title="As a CSV file in the Downloads folder">
                        { icon("download") }{ " " }{ export_label }
                    </button>
                    <Button variant={ButtonVariant::Plain} onclick={dense} aria_label={label}>
                        <span title={label}>{ icon(sign) }</span>
                    </Button>
                </span>
            }
        </div>
    }
}

/// Which of them are stale and stay so, because their vCenter is set to be read only when somebody asks.
fn unasked(service: &VcenterService, rows: &Rows) -> Option<String> {
    let sources = rows.sources.clone();
    let all = sources.len();
    let stale: Vec<String> = service.see(move |world| {
        let is_stale = |at: Time, ttl: u64| words::age(at, world.now).is_none_or(|age| age > ttl as i64);
        let stale = sources.iter().filter(|s| s.synced_at.is_none_or(|at| is_stale(at, s.ttl_seconds)));
        let of = |source: &contract::Source| world.vcenter(&source.vcenter).cloned();
        let unasked = stale.filter_map(of).filter(|v| v.settings.stale_reads == StaleReads::Nothing);
        unasked.map(|vcenter| vcenter.name).collect()
    });
    match &stale[..] {
        [] => None,
        _ if stale.len() == all => Some(format!("stale, {}", words::NOT_BY_ITSELF)),
        [one] => Some(format!("{one}: stale, {}", words::NOT_BY_ITSELF)),
        _ => Some(format!("{} vCenters: stale, {}", stale.len(), words::NOT_BY_ITSELF)),
    }
}

/// How many rows there are, and how old they are.
fn found(service: &VcenterService, view: &View, rows: &Rows) -> Html {
    let count = match rows.matching != rows.total {
        true => {
            format!("{} of {}", words::grouped(rows.matching as i64), words::of_kind(rows.total, view.kind))
        }
        false => words::of_kind(rows.total, view.kind),
    };
    let read: Vec<Time> = rows.sources.iter().filter_map(|source| source.synced_at).collect();
    let oldest = service.see(move |world| words::oldest(read.iter().copied(), world.now));
    let is_reading = rows.sources.iter().any(|source| service.is_being_read(&source.vcenter));
    let unasked = unasked(service, rows);
    let sources: Vec<VcenterId> = rows.sources.iter().map(|source| source.vcenter.clone()).collect();
    let failed: Vec<String> = service.see(move |world| {
        let in_sight = world.troubled().filter(|status| sources.contains(&status.vcenter_id));
        in_sight.map(|status| status.vcenter.clone()).collect()
    });
    html! {
        <span id="found">
            <strong aria-live="polite">{ count }</strong>
            if let Some(oldest) = oldest {
                <span class="muster-quiet">{ " · last sync " }<Ago time={oldest} /></span>
            }
            if let Some(words) = unasked {
                <span class="muster-quiet" id="unasked">{ format!(" · {words}") }</span>
            }
            if is_reading {
                <span class="muster-quiet">{ " · refreshing…" }</span>
            }
            if !failed.is_empty() {
                <span class="muster-found__failed" title={format!("Not refreshed: {}", failed.join(", "))}>
                    { icon("exclamation-triangle") }
                    { match &failed[..] {
                        [one] => format!(" {one}: not refreshed"),
                        _ => format!(" {} vCenters not refreshed", failed.len()),
                    } }
                </span>
            }
        </span>
    }
}
