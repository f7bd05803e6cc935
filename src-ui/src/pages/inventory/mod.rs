//! The page `/inventory/:kind`: the rows of a kind, found, sorted, paged, and one of them in full beside them.
//! Refuses to hold rows beyond its window: the service filters and sorts.

mod cell;
mod drawer;
mod table;
mod toolbar;

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::sync_manager::{NoVcenter, VcenterSyncManager};
use crate::hooks::{Window, go, replace, use_rows, use_vcenter_service};
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) view: View,
}

/// The page.
#[function_component]
pub(crate) fn InventoryPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let view = &props.view;
    let window = use_rows(Some(view.query()));
    {
        // Rows that went away must not leave somebody on a page beyond the last.
        let beyond =
            window.rows().filter(|rows| rows.rows.is_empty() && rows.matching > 0 && !window.is_waiting());
        let last = beyond.map(|rows| View { page: View::pages(rows.matching) - 1, ..view.clone() });
        use_effect_with(last, |last| {
            if let Some(last) = last.clone() {
                replace(&Route::Inventory(Box::new(last)));
            }
        });
    }
    let no_vcenter = service.vcenters().is_some_and(<[_]>::is_empty);
    let head = html! {
        <div class="muster-page__head">
            <h1 class="pf-v6-c-title pf-m-2xl">{ view.kind.title() }</h1>
        </div>
    };
    if no_vcenter {
        return html! { <div class="muster-page">{ head }<NoVcenter /></div> };
    }
    let several = view.vcenter.is_none() && service.vcenters().is_some_and(|vcenters| vcenters.len() > 1);
    html! {
        <div class="muster-page muster-page--whole">
            { head }
            if let Some(vcenter_id) = view.vcenter.clone() {
                <VcenterSyncManager {vcenter_id} compact=true />
            }
            <toolbar::Toolbar view={view.clone()} window={window.clone()} />
            <div class="muster-split">
                <div class="muster-split__rows">{ rows(&service, view, &window, several) }</div>
                if let Some(open) = view.open.clone() {
                    <drawer::Drawer key={format!("{}:{}", open.vcenter, open.moref)} view={view.clone()} open={open.clone()} />
                }
            </div>
        </div>
    }
}

fn rows(service: &crate::hooks::VcenterService, view: &View, window: &Window, several: bool) -> Html {
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let failure = window.error().map(|error| {
        let title = match window.rows() {
            Some(_) => "The rows are as they were last read: newer ones could not be",
            None => "The rows could not be read",
        };
        html! { <Failure {title} error={error.clone()} retry={retry.clone()} /> }
    });
    if window.rows().is_none() && failure.is_some() {
        return failure.unwrap_or_default();
    }
    // Rows that match and are none are a page beyond the last, from which the way to the last is under way.
    let there =
        window.rows().filter(|rows| !rows.rows.is_empty() || (rows.matching == 0 && !window.is_waiting()));
    let Some(rows) = there else {
        let what = format!("Reading {}", view.kind.plural());
        return html! { <div class="muster-waiting" id="rows" aria-busy="true"><Spinner aria_label={what} /></div> };
    };
    if rows.rows.is_empty() {
        return nothing(service, view, rows);
    }
    html! {
        <>
            { failure }
            <table::Table view={view.clone()} answer={window.shared()} is_waiting={window.is_waiting()} {several} />
        </>
    }
}

/// Why there are no rows, and what to do.
fn nothing(service: &crate::hooks::VcenterService, view: &View, rows: &contract::Rows) -> Html {
    let kind = view.kind.plural();
    if view.is_narrowed() && rows.total > 0 {
        let all = Route::Inventory(Box::new(view.whole()));
        let clear = Callback::from(move |_| go(&all));
        let actions =
            html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Show all" /> };
        return html! {
            <div id="rows" aria-busy="false">
                <Empty icon="search" title={format!("No {kind} match")} {actions}>
                    { format!("There are {}, and none of them has all that was asked for.", words::of_kind(rows.total, view.kind)) }
                </Empty>
            </div>
        };
    }
    let is_read = rows.sources.iter().any(|source| source.synced_at.is_some());
    let is_reading = rows.sources.iter().any(|source| service.world().is_being_read(&source.vcenter));
    let (title, words) = match (is_read, is_reading) {
        (true, _) => (format!("There are no {kind}"), "They were read, and the account sees none."),
        (false, true) => (format!("The {kind} are being read"), "They appear here when they are there."),
        (false, false) => (format!("No {kind} were read yet"), "Sync the vCenter to see them here."),
    };
    let sync = Callback::from(|_| go(&Route::vcenters()));
    let actions = match is_reading {
        true => Html::default(),
        false => {
            html! { <Button variant={ButtonVariant::Primary} onclick={sync} label="Go to the sync manager" /> }
        }
    };
    html! {
        <div id="rows" aria-busy={is_reading.to_string()}>
            <Empty icon="box-open" {title} {actions}>{ words }</Empty>
        </div>
    }
}
