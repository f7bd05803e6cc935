//! The keys of the rows.
//! Refuse those that are for the whole page, and what the browser does better: marked text is copied by it.

use super::menu::At;
use super::page::Page;
use super::place::Place;
use super::table::Properties;
use crate::components::keys;
use crate::hooks::{go, replace};
use crate::state::choice::Choice;
use crate::state::grid::Step;
use crate::state::route::{Route, Selected};
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

/// How long the keyboard rests on a row before the details show it, in milliseconds.
const REST: u32 = 60;

/// What a key does.
pub(super) fn on_key(props: &Properties, place: &Place) -> Callback<KeyboardEvent> {
    let (props, place) = (props.clone(), place.clone());
    Callback::from(move |event: KeyboardEvent| {
        let page = &props.page;
        let Some(to) = act(&event, &props, place.at) else { return };
        event.prevent_default();
        place.set.emit(to);
        let Some(row) = to.0.checked_sub(1).and_then(|index| page.rows.get(index)) else { return };
        page.choose.emit(match event.shift_key() {
            true => page.choice.to(row, &page.rows),
            false => page.choice.anchored(row),
        });
        follow(page, &place, row);
    })
}

/// The details follow, as soon as somebody rests.
fn follow(page: &Page, place: &Place, row: &Selected) {
    if page.view.open.as_ref().is_none_or(|open| open == row) {
        return;
    }
    let to = Route::Inventory(Box::new(page.view.opening(Some(row.clone()))));
    let (asked, row) = (place.asked.clone(), row.clone());
    place.rest.replace(Some(Timeout::new(REST, move || {
        asked.replace(Some(row));
        replace(&to);
    })));
}

/// Does what a key is for; answers with where it leads, if it leads anywhere.
fn act(event: &KeyboardEvent, props: &Properties, place: (usize, usize)) -> Option<(usize, usize)> {
    let page = &props.page;
    let (key, control) = (event.key(), event.ctrl_key() || event.meta_key());
    if event.alt_key() {
        return None;
    }
    if let Some(step) = Step::of(&key, control) {
        return Some(step.from(place, (page.rows.len(), page.columns.len()), in_sight()));
    }
    let row = place.0.checked_sub(1).and_then(|index| page.rows.get(index));
    let column = page.columns.get(place.1).copied()?;
    let is_key = match (key.as_str(), control, row) {
        ("Enter" | " ", false, None) => {
            go(&Route::Inventory(Box::new(page.view.sorted_by(&column.id))));
            true
        }
        ("Enter", false, Some(row)) => {
            page.open(row);
            true
        }
        (" ", false, Some(row)) => {
            page.choose.emit(page.choice.toggled(row));
            true
        }
        ("a", true, _) => {
            page.choose.emit(page.choice.all(&page.rows));
            true
        }
        ("c", true, _) if !is_marked() => {
            props.copy.emit(row.map(|row| (row.clone(), &*column.id)));
            true
        }
        ("Escape", false, _) if page.view.open.is_none() && !page.choice.is_empty() => {
            page.choose.emit(Choice::default());
            true
        }
        ("ContextMenu", ..) | ("F10", ..) if key != "F10" || event.shift_key() => {
            match (row, active_corner()) {
                (Some(row), Some((x, y))) => {
                    props.menu.emit(At { row: row.clone(), column, x, y });
                    true
                }
                _ => false,
            }
        }
        _ => false,
    };
    if is_key {
        event.prevent_default();
    }
    None
}

/// Gives the keyboard to the rows.
pub(super) fn focus() {
    if let Some(grid) = element("grid") {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // An element that takes no focus leaves it where it is.
        let _ = grid.focus_with_options(&options);
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

pub(super) fn bring_into_view() {
    if let Some(cell) = element("cell") {
        keys::bring_into_view(&cell);
    }
}

/// Shows the first rows.
pub(super) fn to_the_top() {
    if let Some(rows) = element("rows") {
        rows.set_scroll_top(0);
    }
}

/// How many rows are in sight.
fn in_sight() -> usize {
    let height = element("rows").map_or(0, |rows| rows.client_height());
    let row = element("cell").map_or(0, |cell| cell.offset_height()).max(1);
    // The heading is one of them.
    usize::try_from(height / row - 2).unwrap_or_default()
}

/// Where a menu of the active cell opens, in CSS pixels.
fn active_corner() -> Option<(f64, f64)> {
    let rect = element("cell")?.get_bounding_client_rect();
    Some((rect.left() + 8.0, rect.bottom()))
}

/// Whether somebody marked text with the pointer, which is what is to be copied then.
fn is_marked() -> bool {
    let marked = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    marked.is_some_and(|marked| !marked.is_collapsed())
}
