//! The page `/inventory/:kind`: the rows of a kind, found, sorted, paged, and one of them in full beside them.
//! Refuses to hold rows beyond its window: the service filters and sorts.

mod bmc;
mod cell;
mod copying;
mod drawer;
mod editor;
mod filters;
mod foot;
mod found;
mod head;
mod keyboard;
mod menu;
mod page;
mod place;
mod pointer;
mod properties;
mod resizer;
mod row;
mod search;
mod table;
mod toolbar;

use crate::components::clipboard;
use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::sync_manager::{NoVcenter, VcenterSyncManager};
use crate::hooks::{VcenterService, Window, go, replace, use_density, use_rows, use_vcenter_service};
use crate::state::choice::Choice;
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use gloo_timers::callback::Timeout;
use page::Page;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// How long it is said that something was copied, in milliseconds.
const SAID: u32 = 3_000;

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
    let several = view.vcenter.is_none() && service.vcenters().is_some_and(|vcenters| vcenters.len() > 1);
    let window = use_rows(Some(view.query(several)));
    use_last_page(view, &window);
    let (density, dense) = use_density();
    let page = use_page(view, &window, several);
    let (said, copy) = use_copying();
    let (width, change_width) = resizer::use_width();
    let menu = use_state_eq(|| None::<menu::At>);
    let no_vcenter = service.vcenters().is_some_and(|vcenters| vcenters.is_empty());
    if no_vcenter {
        let title = html! { <h1 class="pf-v6-c-title pf-m-2xl">{ view.kind.title() }</h1> };
        return html! { <div class="muster-page"><div class="muster-page__head">{ title }</div><NoVcenter /></div> };
    }
    let grid = page.as_ref().map(|page| {
        let copy_of = {
            let (page, copy) = (page.clone(), copy.clone());
            Callback::from(move |cell: Option<_>| copy.emit(copying::asked(&page, cell)))
        };
        let open = {
            let menu = menu.clone();
            Callback::from(move |at| menu.set(Some(at)))
        };
        html! {
            <table::Table key={view.kind.name()} page={page.clone()} {density} is_waiting={window.is_waiting()} menu={open}
                copy={copy_of} />
        }
    });
    let walk = page.clone().map(|page| Callback::from(move |down| page.walk(down))).unwrap_or_default();
    let by_key = page.as_ref().map(|page| page.by_key.clone()).unwrap_or_default();
    html! {
        <div class="muster-page muster-page--whole">
            <found::Found view={view.clone()} window={window.clone()} {several} {density} {dense} />
            if let Some(vcenter_id) = view.vcenter.clone() {
                <VcenterSyncManager {vcenter_id} compact=true />
            }
            <toolbar::Toolbar view={view.clone()} />
            <div class={classes!("muster-split", view.open.is_some().then_some("muster-split--open"))}>
                <div class="muster-split__rows">{ rows(&service, view, &window, grid) }</div>
                if let Some(open) = view.open.clone() {
                    <resizer::Resizer {width} change={change_width} />
                    <div class="muster-split__drawer" style={format!("--muster-drawer: {width:.1}rem")}>
                        <drawer::Drawer view={view.clone()} {open} {by_key} {walk} />
                    </div>
                }
            </div>
            if let Some(page) = &page {
                <foot::Foot page={page.clone()} said={(*said).clone()} />
            }
            if let (Some(page), Some(at)) = (&page, &*menu) {
                <menu::Menu page={page.clone()} at={at.clone()} {copy} close={Callback::from({
                    let menu = menu.clone();
                    move |()| menu.set(None)
                })} />
            }
        </div>
    }
}

/// Rows that went away must not leave somebody on a page beyond the last.
#[hook]
fn use_last_page(view: &View, window: &Window) {
    let beyond =
        window.rows().filter(|rows| rows.rows.is_empty() && rows.matching > 0 && !window.is_waiting());
    let last = beyond.map(|rows| View { page: View::pages(rows.matching) - 1, ..view.clone() });
    use_effect_with(last, |last| {
        if let Some(last) = last.clone() {
            replace(&Route::Inventory(Box::new(last)));
        }
    });
}

/// The rows on screen with what is selected of them.
#[hook]
fn use_page(view: &View, window: &Window, several: bool) -> Option<Page> {
    let choice = use_state_eq(|| Rc::new(Choice::default()));
    let by_key = use_memo((), |()| Rc::new(Cell::new(false)));
    let columns = use_memo((view.kind, several), |_| -> Rc<[_]> { view.columns(several).into() });
    let answer = window.shared();
    let rows = use_memo(window.clone(), |window| window.rows().map(Page::objects).unwrap_or_default());
    {
        let choice = choice.clone();
        use_effect_with((*rows).clone(), move |rows| {
            if let Some(left) = choice.without_lost(rows) {
                choice.set(Rc::new(left));
            }
        });
    }
    let chosen = (*choice).clone();
    let choose = Callback::from(move |new: Choice| choice.set(Rc::new(new)));
    Some(Page {
        view: view.clone(),
        answer: answer?,
        columns: (*columns).clone(),
        rows: (*rows).clone(),
        choice: chosen,
        choose,
        by_key: (*by_key).clone(),
    })
}

/// Copies a text, and what was said of the last one for a while.
#[hook]
fn use_copying() -> (UseStateHandle<Option<String>>, Callback<(String, String)>) {
    let said = use_state_eq(|| None::<String>);
    let while_said = use_mut_ref(|| None::<Timeout>);
    let copy = {
        let said = said.clone();
        Callback::from(move |(text, what): (String, String)| {
            let words = match clipboard::copy(&text) {
                true => format!("Copied {what}"),
                false => "Could not copy".to_owned(),
            };
            said.set(Some(words));
            let said = said.clone();
            while_said.replace(Some(Timeout::new(SAID, move || said.set(None))));
        })
    };
    (said, copy)
}

fn rows(service: &VcenterService, view: &View, window: &Window, grid: Option<Html>) -> Html {
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let failure = window.error().map(|error| {
        let title = match window.rows() {
            Some(_) => "These rows may be out of date: they could not be refreshed",
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
        let what = format!("Loading {}", view.kind.plural());
        return html! { <div class="muster-waiting" id="rows" aria-busy="true"><Spinner aria_label={what} /></div> };
    };
    if rows.rows.is_empty() {
        return nothing(service, view, rows);
    }
    html! { <>{ failure }{ grid.unwrap_or_default() }</> }
}

/// Why there are no rows, and what to do.
fn nothing(service: &VcenterService, view: &View, rows: &contract::Rows) -> Html {
    let kind = view.kind.plural();
    if view.is_narrowed() && rows.total > 0 {
        let all = Route::Inventory(Box::new(view.whole()));
        let clear = Callback::from(move |_| go(&all));
        let actions = html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Clear search and filters" /> };
        return html! {
            <div id="rows" aria-busy="false">
                <Empty icon="search" title={format!("No {kind} match")} {actions}>
                    { format!("0 of {} match the search and filters.", words::of_kind(rows.total, view.kind)) }
                </Empty>
            </div>
        };
    }
    let is_read = rows.sources.iter().any(|source| source.synced_at.is_some());
    let is_reading = rows.sources.iter().any(|source| service.is_being_read(&source.vcenter));
    let (title, words) = match (is_read, is_reading) {
        (true, _) => (format!("There are no {kind}"), "The last sync found none that this account can see."),
        (false, true) => (format!("Syncing {kind}\u{2026}"), "They appear here when the sync has finished."),
        (false, false) => (format!("No {kind} yet"), "Sync a vCenter to see them here."),
    };
    let sync = Callback::from(|_| go(&Route::vcenters()));
    let actions = match is_reading || !service.may_open(&Route::vcenters()) {
        true => Html::default(),
        false => {
            html! { <Button variant={ButtonVariant::Primary} onclick={sync} label="Go to vCenters" /> }
        }
    };
    html! {
        <div id="rows" aria-busy={is_reading.to_string()}>
            <Empty icon="box-open" {title} {actions}>{ words }</Empty>
        </div>
    }
}
