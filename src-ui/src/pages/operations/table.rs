//! The operations as a table with one stop of the tabulator: arrows lead through the rows, Enter opens the details.
//! Refuses to lose its place: the keyboard stays on its operation, wherever new ones put it.

use super::fold::FoldRow;
use super::row::Row;
use crate::components::drawer;
use crate::components::keys;
use crate::hooks::{go, replace, use_density};
use crate::state::grid::Step;
use crate::state::operations::{Folded, Item, Listed, Looked, place_of};
use crate::state::route::Route;
use contract::OperationId;
use std::cell::Cell;
use std::collections::BTreeSet;
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
    let place = use_state_eq(|| None::<String>);
    let unfolded = use_state_eq(BTreeSet::<OperationId>::new);
    let (density, _) = use_density();
    // Not each time the keyboard moves: there may be a thousand.
    let items =
        use_memo((props.listed.clone(), (*unfolded).clone()), |(listed, unfolded)| listed.items(unfolded));
    let all = items.all.clone();
    let active = active(&all, place.as_deref(), props.looked.open.as_ref());
    let active_id = all.get(active).map(Item::element);
    use_effect_with(active_id.clone().filter(|_| place.is_some()), |id| {
        let row = id.as_ref().and_then(|id| element(id));
        if let Some(row) = row {
            keys::bring_into_view(&row);
        }
    });
    let toggle = {
        let unfolded = unfolded.clone();
        Callback::from(move |folded: Folded| {
            let mut next = (*unfolded).clone();
            for one in &folded.operations {
                match folded.is_open {
                    true => drop(next.remove(&one.id)),
                    false => drop(next.insert(one.id.clone())),
                }
            }
            unfolded.set(next);
        })
    };
    let onkeydown = {
        let (props, place, all, toggle) = (props.clone(), place.clone(), all.clone(), toggle.clone());
        Callback::from(move |event: KeyboardEvent| {
            on_key(&event, &props, &Keys { all: &all, place: &place, toggle: &toggle })
        })
    };
    let onclick = {
        let (looked, place, all) = (props.looked.clone(), place.clone(), all.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            // A link in a row leads where it says.
            let target = target.filter(|target| target.closest("a").ok().flatten().is_none());
            let row = target.and_then(|target| target.closest("tr[id]").ok().flatten());
            let Some(item) = row.and_then(|row| all.iter().find(|item| item.element() == row.id())) else {
                return;
            };
            place.set(Some(item.element()));
            match item {
                Item::One(operation, _) => {
                    go(&Route::Operations(looked.opening(Some(operation.id.clone()))));
                }
                Item::Fold(folded) => toggle.emit(folded.clone()),
            }
        })
    };
    let row = |item: &Item| {
        let id = item.element();
        let is_active = active_id.as_ref() == Some(&id);
        match item {
            Item::One(operation, is_below) => html! {
                <Row key={id.clone()} id={id.clone()} operation={operation.clone()} {is_active} is_below={*is_below}
                    is_open={props.looked.open.as_ref() == Some(&operation.id)} />
            },
            Item::Fold(folded) => html! {
                <FoldRow key={id.clone()} id={id.clone()} folded={folded.clone()} {is_active} />
            },
        }
    };
    let group = |title: &'static str, number: usize, items: &[Item]| {
        if items.is_empty() {
            return Html::default();
        }
        html! {
            <tbody aria-label={title}>
                <tr class="muster-operations__group"><th colspan={COLUMNS.to_string()} scope="rowgroup">
                    { format!("{title} ({number})") }
                </th></tr>
                { for items.iter().map(row) }
            </tbody>
        }
    };
    let (queue, past) = items.parts();
    html! {
        <div class={classes!("muster-rows", format!("muster-rows--{}", density.name()))} id="rows">
            <table id="grid" class="muster-operations" role="grid" tabindex="0" aria-label="Operations"
                aria-activedescendant={active_id.clone()} {onkeydown} {onclick}>
                { head() }
                { group("Running and queued", queue.len(), queue) }
                { group("History", props.listed.history.len(), past) }
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

/// The place of a line, or of the one with the open operation; the first where neither is there any more.
fn active(all: &[Item], element: Option<&str>, open: Option<&OperationId>) -> usize {
    let placed = element.and_then(|id| place_of(all, id));
    let shown = || open.and_then(|open| all.iter().position(|item| item.has(open)));
    placed.or_else(shown).unwrap_or_default()
}

/// What keys move and press.
struct Keys<'a> {
    all: &'a [Item],
    place: &'a UseStateHandle<Option<String>>,
    toggle: &'a Callback<Folded>,
}

fn on_key(event: &KeyboardEvent, props: &Properties, keys: &Keys<'_>) {
    if event.alt_key() {
        return;
    }
    let Keys { all, place, toggle } = keys;
    let at = active(all, place.as_deref(), props.looked.open.as_ref());
    let open = |id: &OperationId| Route::Operations(props.looked.opening(Some(id.clone())));
    match (&*event.key(), all.get(at)) {
        ("Enter", Some(Item::One(operation, _))) => {
            event.prevent_default();
            props.by_key.set(true);
            // That of the same operation may be open.
            drawer::focus();
            go(&open(&operation.id));
            return;
        }
        (key, Some(item @ Item::Fold(folded)))
            if matches!(key, "Enter" | " ")
                || key == if folded.is_open { "ArrowLeft" } else { "ArrowRight" } =>
        {
            event.prevent_default();
            place.set(Some(item.element()));
            toggle.emit(folded.clone());
            return;
        }
        ("Enter", None) => return,
        _ => {}
    }
    let Some(step) = Step::of(&event.key(), event.ctrl_key() || event.meta_key()) else { return };
    event.prevent_default();
    let Some(item) = all.get(step.among_rows(at, all.len(), PAGE)) else { return };
    place.set(Some(item.element()));
    // The details follow.
    if let (Item::One(operation, _), Some(shown)) = (item, &props.looked.open)
        && *shown != operation.id
    {
        replace(&open(&operation.id));
    }
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}
