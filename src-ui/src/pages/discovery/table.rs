//! The servers as a table with one stop of the tabulator: arrows lead through the rows, Enter opens the details.
//! Refuses to lose its place: the keyboard stays on its server, wherever new ones put it.

use crate::components::drawer;
use crate::components::icon;
use crate::components::keys;
use crate::components::link::Link;
use crate::components::when::Ago;
use crate::hooks::{go, replace, use_density};
use crate::state::discovery::{self, Sought};
use crate::state::grid::Step;
use crate::state::route::Route;
use crate::state::words::{self, Level};
use contract::ServerId;
use contract::discovery::Server;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

/// Rows that a page key leads over.
const PAGE: usize = 20;

/// What stands where there is nothing.
const NONE: &str = "\u{2013}";

/// The servers.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
    pub(super) rows: Rc<Vec<Server>>,
    /// Set where the details are opened by a key.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let place = use_state_eq(|| None::<ServerId>);
    let (density, _) = use_density();
    let rows = &props.rows;
    let at = position(rows, (*place).as_ref().or(props.sought.open.as_ref()));
    let active = rows.get(at).map(|server| server.id.clone());
    use_effect_with(active.clone().filter(|_| place.is_some()), |id| {
        let row = id.as_ref().and_then(|id| web_sys::window()?.document()?.get_element_by_id(&element(id)));
        if let Some(row) = row {
            keys::bring_into_view(&row);
        }
    });
    let onkeydown = {
        let (props, place) = (props.clone(), place.clone());
        Callback::from(move |event: KeyboardEvent| on_key(&event, &props, &place, at))
    };
    let onclick = {
        let (sought, place) = (props.sought.clone(), place.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            // A link in a row leads where it says.
            let row = target.filter(|target| target.closest("a").ok().flatten().is_none());
            let row = row.and_then(|target| target.closest("tr[data-server]").ok().flatten());
            let Some(id) = row.and_then(|row| row.get_attribute("data-server")).map(ServerId) else { return };
            place.set(Some(id.clone()));
            go(&Route::Discovery(sought.opening(Some(id))));
        })
    };
    let row = |server: &Server| {
        let is_open = props.sought.open.as_ref() == Some(&server.id);
        let is_active = active.as_ref() == Some(&server.id);
        html! { <Row key={server.id.to_string()} server={server.clone()} {is_open} {is_active} /> }
    };
    let head = |class: &'static str, title: &'static str| html! { <th scope="col" {class}>{ title }</th> };
    html! {
        <div class={classes!("muster-rows", format!("muster-rows--{}", density.name()))} id="rows">
            <table id="grid" class="muster-operations muster-servers" role="grid" tabindex="0" aria-label="Servers"
                aria-activedescendant={active.as_ref().map(element)} {onkeydown} {onclick}>
                <thead>
                    <tr>
                        { head("muster-servers__state", "State") }
                        { head("muster-servers__address", "BMC address") }
                        { head("muster-servers__product", "Server") }
                        { head("muster-servers__serial", "Serial / service tag") }
                        { head("muster-servers__power", "Power") }
                        { head("muster-servers__health", "Health") }
                        { head("muster-servers__firmware", "BMC firmware") }
                        { head("muster-servers__host", "ESXi host") }
                        { head("muster-servers__seen", "Seen") }
                    </tr>
                </thead>
                <tbody>{ for rows.iter().map(row) }</tbody>
            </table>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProperties {
    server: Server,
    is_open: bool,
    is_active: bool,
}

#[function_component]
fn Row(props: &RowProperties) -> Html {
    let server = &props.server;
    let (word, level) = discovery::state(server.state);
    let class = classes!(props.is_open.then_some("muster-open"), props.is_active.then_some("muster-active"));
    let cut = |class: &'static str, text: Option<String>| {
        let text = text.map_or_else(|| NONE.to_owned(), |text| words::shown(&text));
        html! { <td {class} title={text.clone()}>{ text }</td> }
    };
    let health = server.health.as_deref().map(|health| {
        html! { <>{ icon::of_level(discovery::health(health)) }{ " " }{ words::shown(health) }</> }
    });
    html! {
        <tr id={element(&server.id)} {class} data-server={server.id.to_string()} data-address={server.address.clone()}
            data-state={server.state.name()} aria-selected={props.is_open.to_string()}>
            <td class="muster-servers__state" title={discovery::meaning(server.state)}>
                { icon::of_level(level) }{ " " }{ word }
                if let Some(problem) = discovery::unread(server) {
                    <span class="muster-servers__problem" title={problem.clone()} role="img"
                        aria-label={format!("Not read: {problem}")}>
                        { icon::of_level(Level::Warning) }
                    </span>
                }
            </td>
            { cut("muster-servers__address", Some(server.address.clone())) }
            { cut("muster-servers__product", discovery::product(server.vendor.as_deref(), server.model.as_deref())) }
            { cut("muster-servers__serial", discovery::serial(server).map(str::to_owned)) }
            { cut("muster-servers__power", server.power_state.clone()) }
            <td class="muster-servers__health">{ health.unwrap_or_else(|| NONE.into()) }</td>
            { cut("muster-servers__firmware", discovery::firmware(server)) }
            <td class="muster-servers__host">{ host(server) }</td>
            <td class="muster-servers__seen">{ seen(server) }</td>
        </tr>
    }
}

fn seen(server: &Server) -> Html {
    server.seen_at.map_or_else(|| "Never".into(), |at| html! { <Ago time={at} /> })
}

/// The host that it is, or how many it may be.
fn host(server: &Server) -> Html {
    match (&server.host, discovery::host_of(server)) {
        (Some(host), Some(to)) => {
            html! { <Link {to} title={words::shown(host)} within=true>{ words::shown(host) }</Link> }
        }
        (Some(host), None) => words::shown(host).into(),
        (None, _) if server.candidates.is_empty() => NONE.into(),
        (None, _) => {
            let many = words::counted(server.candidates.len(), "candidate", "candidates");
            html! { <span class="muster-quiet">{ many }</span> }
        }
    }
}

fn element(id: &ServerId) -> String {
    format!("server-{id}")
}

/// The place of a row; the first where it isn't there any more.
fn position(rows: &[Server], id: Option<&ServerId>) -> usize {
    id.and_then(|id| rows.iter().position(|server| server.id == *id)).unwrap_or_default()
}

fn on_key(event: &KeyboardEvent, props: &Properties, place: &UseStateHandle<Option<ServerId>>, at: usize) {
    if event.alt_key() {
        return;
    }
    let rows = &props.rows;
    let open = |id: &ServerId| Route::Discovery(props.sought.opening(Some(id.clone())));
    // On a link in a row, Enter follows it.
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_link = target.is_some_and(|target| target.tag_name() == "A");
    if let ("Enter", Some(server), false) = (&*event.key(), rows.get(at), is_link) {
        event.prevent_default();
        props.by_key.set(true);
        drawer::focus();
        go(&open(&server.id));
        return;
    }
    let Some(step) = Step::of(&event.key(), event.ctrl_key() || event.meta_key()) else { return };
    event.prevent_default();
    let Some(server) = rows.get(step.among_rows(at, rows.len(), PAGE)) else { return };
    place.set(Some(server.id.clone()));
    // The details follow.
    if props.sought.open.as_ref().is_some_and(|shown| *shown != server.id) {
        replace(&open(&server.id));
    }
}
