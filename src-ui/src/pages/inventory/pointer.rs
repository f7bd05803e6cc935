//! What the pointer does among the rows.
//! Refuses to take a press on a link from it, unless a key says that rows are selected.

use super::keyboard::focus;
use super::menu::At;
use super::page::Page;
use super::place::Place;
use crate::hooks::{go, replace};
use crate::state::route::Route;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};
use yew::prelude::*;

/// A press on a cell: the keyboard is there from now on.
pub(super) fn on_click(page: &Page, place: &Place) -> Callback<MouseEvent> {
    let (page, place) = (page.clone(), place.clone());
    Callback::from(move |event: MouseEvent| {
        let Some((row, column)) = under(&event, &page) else { return };
        place.set.emit((row, column.unwrap_or(place.at.1)));
        focus();
        press(&event, &page, row, column.is_none());
    })
}

/// Two presses open the details.
pub(super) fn on_double_click(page: &Page) -> Callback<MouseEvent> {
    let page = page.clone();
    Callback::from(move |event: MouseEvent| {
        if let Some((row @ 1.., Some(_))) = under(&event, &page)
            && let Some(row) = page.rows.get(row - 1)
        {
            go(&Route::Inventory(Box::new(page.view.opening(Some(row.clone())))));
        }
    })
}

/// The menu of the cell under the pointer.
pub(super) fn on_menu(page: &Page, place: &Place, menu: &Callback<At>) -> Callback<MouseEvent> {
    let (page, place, menu) = (page.clone(), place.clone(), menu.clone());
    Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        if let Some((row @ 1.., column)) = under(&event, &page)
            && let Some(selected) = page.rows.get(row - 1)
        {
            let column = column.unwrap_or(0);
            place.set.emit((row, column));
            focus();
            let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
            menu.emit(At { row: selected.clone(), column: page.columns[column], x, y });
        }
    })
}

/// A press on a row: with Shift up to it, with Ctrl or in the first column it alone, and else it is where ranges begin,
/// and what the details show if they are open.
fn press(event: &MouseEvent, page: &Page, row: usize, is_choosing: bool) {
    let Some(row) = row.checked_sub(1).and_then(|index| page.rows.get(index)) else { return };
    if event.shift_key() {
        event.prevent_default();
        page.choose.emit(page.choice.to(row, &page.rows));
    } else if event.ctrl_key() || event.meta_key() || is_choosing {
        event.prevent_default();
        page.choose.emit(page.choice.toggled(row));
    } else {
        page.choose.emit(page.choice.anchored(row));
        if is_name(event) {
            event.prevent_default();
            go(&Route::Inventory(Box::new(page.view.opening(Some(row.clone())))));
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_link = target.is_some_and(|target| matches!(target.closest("a"), Ok(Some(_))));
        if page.view.open.as_ref().is_some_and(|open| open != row) && !is_link {
            replace(&Route::Inventory(Box::new(page.view.opening(Some(row.clone())))));
        }
    }
}

/// The row and the column under the pointer; 0 is the heading, and no column is the one in which rows are selected.
fn under(event: &MouseEvent, page: &Page) -> Option<(usize, Option<usize>)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let cell = target.closest("td, th").ok()??;
    let id = cell.get_attribute("data-column")?;
    let column = page.columns.iter().position(|column| *column.id == *id);
    let row = cell
        .closest("tr[data-row]")
        .ok()?
        .and_then(|row| row.get_attribute("data-row")?.parse::<usize>().ok());
    match (row, column) {
        (None, None) => None,
        (row, column) => Some((row.map_or(0, |index| index + 1), column)),
    }
}

/// Whether it is on the name of an object, which opens its details.
fn is_name(event: &MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| matches!(target.closest("td[data-column=name] a"), Ok(Some(_))))
}
