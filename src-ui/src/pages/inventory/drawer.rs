//! One object in full, beside or below the rows: first what people look for, then the rest in groups.
//! Refuses to keep the keyboard: Escape gives it back to the row.

use super::bmc::Bmc;
use super::properties::properties;
use crate::components::drawer::{use_closing_key, use_in_view, use_keyboard};
use crate::components::failure::Failure;
use crate::components::frame::icon_of;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::when::When;
use crate::hooks::{replace, use_remembered, use_rows, use_vcenter_service};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::command::Submit;
use contract::{Kind, RowQuery, Rows};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::KeyboardEvent;
use yew::prelude::*;

/// The object.
#[derive(Clone, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) open: Selected,
    /// Whether it was opened by a key, and takes the keyboard; it takes that back.
    pub(super) by_key: Rc<Cell<bool>>,
    /// Leads to the row after, or before.
    pub(super) walk: Callback<bool>,
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        self.view == other.view && self.open == other.open && self.walk == other.walk
    }
}

/// Everything that is known of one object.
pub(super) fn query(view: &View, object: &Selected) -> RowQuery {
    RowQuery {
        vcenters: vec![object.vcenter.clone()],
        chosen: vec![(object.vcenter.clone(), object.moref.clone())],
        limit: 1,
        ..RowQuery::count(view.kind)
    }
}

/// The button that reads the object anew.
pub(super) const REFRESH: &str = "refresh-object";

/// The drawer.
#[function_component]
pub(super) fn Drawer(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let kind = props.view.kind;
    let window = use_rows(Some(query(&props.view, &props.open)));
    let (paths, remember) = use_remembered("show-paths");
    let paths = paths.as_deref() == Some("true");
    use_closing_key(&props.view, leave);
    use_keyboard(&props.open, &props.by_key);
    use_in_view();
    let close = {
        let view = props.view.clone();
        Callback::from(move |_| leave(&view))
    };
    let may_refresh = service.may::<Submit>();
    let refresh = {
        let (service, open) = (service.clone(), props.open.clone());
        Callback::from(move |_| service.refresh_objects(kind, std::slice::from_ref(&open)))
    };
    let onkeydown = {
        let walk = props.walk.clone();
        Callback::from(move |event: KeyboardEvent| {
            let down = match event.key().as_str() {
                "ArrowDown" => true,
                "ArrowUp" => false,
                _ => return,
            };
            if !(event.ctrl_key() || event.alt_key() || event.shift_key() || event.meta_key()) {
                event.prevent_default();
                walk.emit(down);
            }
        })
    };
    let vcenter = service.vcenter(&props.open.vcenter).map(|vcenter| vcenter.name).unwrap_or_default();
    let found = window.rows().filter(|rows| !rows.rows.is_empty());
    let body = match window.rows() {
        None => match window.error() {
            Some(error) => html! { <Failure title="The details could not be read" error={error.clone()} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading" /></div> },
        },
        Some(Rows { rows, .. }) if rows.is_empty() => html! {
            <p class="muster-drawer__gone">{ "This object no longer exists: the last sync did not find it." }</p>
        },
        Some(rows) => {
            let is_host = matches!(kind, Kind::Hosts | Kind::StandaloneHosts);
            let bmc = html! { if is_host { <Bmc host={props.open.clone()} /> } };
            properties(kind, rows, paths, &bmc)
        }
    };
    let name = found.and_then(|rows| {
        let position = rows.columns.iter().position(|id| id == "name")?;
        rows.rows[0].values.get(position)?.as_str().map(words::shown)
    });
    // The age of the kind stands above the rows; this is that of an object that was last read at another time.
    let read = found.and_then(|rows| rows.rows[0].synced_at);
    let singular = words::capital(&kind.singular());
    let toggle = Callback::from(move |_: Event| remember.emit((!paths).to_string()));
    html! {
        <aside class="muster-drawer" aria-label="Details" id="drawer" {onkeydown} aria-busy={window.is_waiting().to_string()}>
            <div class="muster-drawer__head">
                <div class="muster-drawer__what">
                    <h2 class="pf-v6-c-title pf-m-md muster-words">
                        { icon(icon_of(kind)) }{ " " }{ name.unwrap_or_else(|| props.open.moref.to_string()) }
                    </h2>
                    <div class="muster-quiet">
                        { format!("{singular} in ") }
                        <Link to={Route::Vcenters { one: Some(props.open.vcenter.clone()), dialog: None }}>{ vcenter }</Link>
                        if let Some(read) = read {
                            { ", read " }<When time={read} />
                        }
                    </div>
                </div>
                if may_refresh {
                    <Button variant={ButtonVariant::Plain} onclick={refresh} aria_label="Refresh" id={REFRESH}>
                        { icon("sync-alt") }
                    </Button>
                }
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close the details">
                    { icon("times") }
                </Button>
            </div>
            <div class="muster-drawer__body" id="drawer-body" tabindex="0" role="group" aria-label="Properties">
                { body }
            </div>
            <label class="muster-drawer__foot">
                <input type="checkbox" id="show-paths" checked={paths} onchange={toggle} />
                { " Show property paths" }
            </label>
        </aside>
    }
}

/// Closes the drawer, and gives the keyboard back to the rows, where it is on the row that was open.
fn leave(view: &View) {
    replace(&Route::Inventory(Box::new(view.opening(None))));
    super::keyboard::focus();
}
