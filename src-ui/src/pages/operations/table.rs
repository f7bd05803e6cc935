//! The operations as a table with one stop of the tabulator: arrows lead through the rows, Enter opens the details.
//! Refuses to lose its place: the keyboard stays on its operation, wherever new ones put it.

use super::row::{Row, row_id};
use crate::components::drawer;
use crate::components::keys;
use crate::hooks::{go, replace};
use crate::state::grid::Step;
use crate::state::operations::{Listed, Looked};
use crate::state::route::Route;
use contract::{Operation, OperationId};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

/// Columns that are there at every width: a heading over more of them would have columns made for it that are none.
const COLUMNS: usize = 3;

/// Rows that a page key leads over.
const PAGE: usize = 20;

/// The operations.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looked: Looked,
    pub(super) listed: Rc<Listed>,
    /// Set where the details are opened by a key.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let place = use_state_eq(|| props.looked.open.clone());
    let all: Vec<&Operation> = props.listed.all().collect();
    let active = active(&all, place.as_ref().or(props.looked.open.as_ref()));
    let active_id = all.get(active).map(|operation| operation.id.clone());
    use_effect_with(active_id.clone().filter(|_| place.is_some()), |id| {
        let row = id.as_ref().and_then(|id| element(&format!("operation-{id}")));
        if let Some(row) = row {
            keys::bring_into_view(&row);
        }
    });
    let onkeydown = {
        let (props, place) = (props.clone(), place.clone());
        Callback::from(move |event: KeyboardEvent| on_key(&event, &props, &place))
    };
    let onclick = {
        let (looked, place) = (props.looked.clone(), place.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let row = target.and_then(|target| target.closest("tr[data-operation]").ok().flatten());
            let Some(id) = row.and_then(|row| row.get_attribute("data-operation")).map(OperationId) else {
                return;
            };
            place.set(Some(id.clone()));
            go(&Route::Operations(looked.opening(Some(id))));
        })
    };
    let row = |operation: &Operation| {
        html! {
            <Row key={operation.id.to_string()} operation={operation.clone()}
                is_open={props.looked.open.as_ref() == Some(&operation.id)}
                is_active={active_id.as_ref() == Some(&operation.id)} />
        }
    };
    let group = |title: &'static str, operations: &[Operation]| {
        if operations.is_empty() {
            return Html::default();
        }
        html! {
            <tbody aria-label={title}>
                <tr class="muster-operations__group"><th colspan={COLUMNS.to_string()} scope="rowgroup">
                    { format!("{title} ({})", operations.len()) }
                </th></tr>
                { for operations.iter().map(row) }
            </tbody>
        }
    };
    let activedescendant = all.get(active).map(|operation| row_id(operation));
    html! {
        <div class="muster-rows" id="rows">
            <table id="grid" class="muster-operations" role="grid" tabindex="0" aria-label="Operations"
                aria-activedescendant={activedescendant} {onkeydown} {onclick}>
                { head() }
                { group("Running and queued", &props.listed.queue) }
                { group("History", &props.listed.history) }
            </table>
        </div>
    }
}

fn head() -> Html {
    let column = |class: &'static str, title: &'static str| {
        html! { <th scope="col" class={class}>{ title }</th> }
    };
    html! {
        <thead>
            <tr>
                { column("muster-operations__state", "State") }
                { column("muster-operations__job", "Operation") }
                { column("muster-operations__vcenter", "vCenter") }
                { column("muster-operations__by", "Started by") }
                { column("muster-operations__when", "Started") }
                { column("muster-operations__took muster-number", "Took") }
                { column("muster-operations__objects muster-number", "Objects") }
                { column("muster-operations__changes", "Changes") }
                <td class="muster-operations__action" />
            </tr>
        </thead>
    }
}

/// The place of an operation; the first where it is not there any more.
fn active(all: &[&Operation], id: Option<&OperationId>) -> usize {
    id.and_then(|id| all.iter().position(|operation| operation.id == *id)).unwrap_or_default()
}

fn on_key(event: &KeyboardEvent, props: &Properties, place: &UseStateHandle<Option<OperationId>>) {
    if event.alt_key() {
        return;
    }
    let all: Vec<&Operation> = props.listed.all().collect();
    let at = active(&all, place.as_ref().or(props.looked.open.as_ref()));
    let open = |id: &OperationId| Route::Operations(props.looked.opening(Some(id.clone())));
    if event.key() == "Enter" {
        if let Some(operation) = all.get(at) {
            event.prevent_default();
            props.by_key.set(true);
            // That of the same operation may be open.
            drawer::focus();
            go(&open(&operation.id));
        }
        return;
    }
    let Some(step) = Step::of(&event.key(), event.ctrl_key() || event.meta_key()) else { return };
    event.prevent_default();
    // Rows are counted from the heading, and there are no cells to walk through.
    let step = match step {
        Step::Home => Step::Top,
        Step::End => Step::Bottom,
        other => other,
    };
    let (to, _) = step.from((at + 1, 0), (all.len(), 1), PAGE);
    let Some(operation) = all.get(to.max(1) - 1) else { return };
    place.set(Some(operation.id.clone()));
    // The details follow.
    if props.looked.open.as_ref().is_some_and(|open| *open != operation.id) {
        replace(&open(&operation.id));
    }
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}
