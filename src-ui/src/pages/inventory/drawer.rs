//! One object in full: every property, where it comes from, and how old it is.

use super::cell::Cell;
use crate::components::failure::Failure;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::when::When;
use crate::hooks::{replace, use_rows, use_vcenter_service};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::{Cells, Kind, RowQuery, Rows, columns};
use gloo_events::EventListener;
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// The object.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) open: Selected,
}

/// The drawer.
#[function_component]
pub(super) fn Drawer(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let kind = props.view.kind;
    let query = RowQuery { vcenters: vec![props.open.vcenter.clone()], limit: 1, ..RowQuery::count(kind) };
    let window = use_rows(Some(query.with("moref", &props.open.moref)));
    let away = Route::Inventory(Box::new(props.view.opening(None)));
    {
        let (away, open) = (away.clone(), props.open.clone());
        use_effect_with((away, open), |(away, open)| {
            let (away, open) = (away.clone(), open.clone());
            let document = web_sys::window().and_then(|window| window.document());
            let listener = document.map(|document| {
                EventListener::new(&document, "keydown", move |event| {
                    let key = event.dyn_ref::<web_sys::KeyboardEvent>().map(|event| event.key());
                    let element =
                        event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                    let elsewhere = element.is_some_and(|e| e.closest("dialog").ok().flatten().is_some());
                    if key.as_deref() == Some("Escape") && !elsewhere {
                        leave(&away, &open);
                    }
                })
            });
            move || drop(listener)
        });
    }
    let close = {
        let open = props.open.clone();
        Callback::from(move |_| leave(&away, &open))
    };
    let vcenter = service.world().vcenter(&props.open.vcenter).map(|v| v.name.clone()).unwrap_or_default();
    let body = match window.rows() {
        None => match window.error() {
            Some(error) => html! { <Failure title="The details could not be read" error={error.clone()} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Reading" /></div> },
        },
        Some(Rows { rows, .. }) if rows.is_empty() => html! {
            <p class="muster-drawer__gone">{ "This object is not there any more: the last sync did not find it." }</p>
        },
        Some(rows) => properties(kind, &props.open, rows, &rows.rows[0]),
    };
    let name = window.rows().and_then(|rows| {
        let position = rows.columns.iter().position(|id| id == "name")?;
        rows.rows.first()?.values.get(position)?.as_str().map(words::shown)
    });
    html! {
        <aside class="muster-drawer" aria-label="Details" id="drawer">
            <div class="muster-drawer__head">
                <div>
                    <h2 class="pf-v6-c-title pf-m-lg muster-words">{ name.unwrap_or_else(|| props.open.moref.to_string()) }</h2>
                    <div class="muster-quiet">
                        { format!("{} in ", kind.object_type()) }
                        <Link to={Route::Vcenters { one: Some(props.open.vcenter.clone()), dialog: None }}>{ vcenter }</Link>
                        { format!(" · {}", props.open.moref) }
                    </div>
                </div>
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close the details">
                    { icon("times") }
                </Button>
            </div>
            { body }
        </aside>
    }
}

/// Closes the drawer, and gives the focus back to the row it was opened from.
fn leave(away: &Route, open: &Selected) {
    replace(away);
    let plain = |text: &str| text.replace(['"', '\\'], "");
    let (vcenter, moref) = (plain(open.vcenter.as_str()), plain(&open.moref));
    let row = format!("[data-vcenter-id=\"{vcenter}\"][data-moref=\"{moref}\"] td[data-column=\"name\"] a");
    let link = web_sys::window().and_then(|window| window.document()?.query_selector(&row).ok().flatten());
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A link that takes no focus leaves it where it is.
        let _ = link.focus();
    }
}

fn properties(kind: Kind, open: &Selected, rows: &Rows, row: &Cells) -> Html {
    // What people read comes first; morefs are for those who look for them.
    let (morefs, words): (Vec<_>, Vec<_>) =
        rows.columns.iter().enumerate().partition(|(_, id)| id.ends_with("_moref"));
    let lines = words.into_iter().chain(morefs).filter_map(|(position, id)| {
        let column = columns::of(kind).column(id)?;
        let missing = row.missing.iter().find(|(at, _)| *at == position).map(|(_, why)| *why);
        let links = row.links.iter().find(|(at, _)| *at == position).map(|(_, targets)| targets.as_slice());
        let value = row.values.get(position)?;
        let cell = Cell { column, value, missing, links: links.unwrap_or_default(), row: open };
        Some(html! {
            <div class="muster-property" data-column={id.clone()}>
                <dt title={format!("Source: {}", column.origin())}>{ &*column.title }</dt>
                <dd>
                    <div class="muster-words">{ cell.view() }</div>
                    if let Some(why) = cell.why() {
                        <div class="muster-property__why">{ why }</div>
                    }
                    <div class="muster-property__source">{ column.origin().into_owned() }</div>
                </dd>
            </div>
        })
    });
    let read = row.synced_at.or(rows.sources.get(row.source).and_then(|source| source.synced_at));
    html! {
        <>
            if let Some(read) = read {
                <p class="muster-drawer__read">{ "Read " }<When time={read} /></p>
            }
            <dl class="muster-properties" tabindex="0" aria-label="Properties">{ for lines }</dl>
        </>
    }
}
