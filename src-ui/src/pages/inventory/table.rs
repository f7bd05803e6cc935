//! The rows of a window as a grid: one stop of the tabulator, in which keys lead from cell to cell.
//! Refuses to lose its place when rows are read anew: it holds on to the object and the column.

use super::head::Head;
use super::menu::At;
use super::page::{Page, Rect};
use super::row::Row;
use crate::hooks::{go, replace};
use crate::state::grid::{self, Density, Step};
use crate::state::route::{Route, Selected};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// How long the keyboard rests on a row before the details show it, in milliseconds.
const REST: u32 = 60;

/// What it shows.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) page: Page,
    pub(super) density: Density,
    /// Whether the rows are those of the question before.
    pub(super) is_waiting: bool,
    /// Opens the menu of a cell.
    pub(super) menu: Callback<At>,
    /// Copies: the selection, or else the cell.
    pub(super) copy: Callback<Option<(Selected, &'static str)>>,
}

/// Where the keyboard is: an object, or the heading, and a column. The position serves where the object went away.
#[derive(Clone, Debug, PartialEq)]
struct Active {
    row: Option<Selected>,
    position: usize,
    column: &'static str,
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let page = &props.page;
    let columns = &page.columns;
    let active = use_state_eq(|| None::<Active>);
    let place = place(active.as_ref(), page);
    // The row that the details were last asked to show from here.
    let asked = use_mut_ref(|| None::<Selected>);
    let rest = use_mut_ref(|| None::<Timeout>);
    let set = {
        let (active, page) = (active.clone(), page.clone());
        move |(row, column): (usize, usize)| {
            let column = page.columns.get(column).map_or("name", |column| &*column.id);
            let of = row.checked_sub(1).and_then(|index| page.rows.get(index).cloned());
            active.set(Some(Active { row: of, position: row, column }));
        }
    };
    {
        // The details were led to another row: the keyboard is there as well.
        let (asked, set, page, column) = (asked.clone(), set.clone(), page.clone(), place.1);
        use_effect_with(page.view.open.clone(), move |open| {
            let is_own = asked.borrow().as_ref() == open.as_ref();
            if let Some(index) = open.as_ref().and_then(|open| page.position(open))
                && !is_own
            {
                set((index + 1, column));
            }
        });
    }
    use_effect_with(active.clone(), |active| {
        if active.is_some() {
            bring_into_view();
        }
    });
    let onkeydown = {
        let (props, set) = (props.clone(), set.clone());
        Callback::from(move |event: KeyboardEvent| {
            let page = &props.page;
            let Some(to) = act(&event, &props, place) else { return };
            event.prevent_default();
            set(to);
            let now = to.0.checked_sub(1).and_then(|index| page.rows.get(index));
            if event.shift_key()
                && let Some(row) = now
            {
                page.choose.emit(page.choice.to(row, &page.rows));
            } else if let Some(row) = now {
                page.choose.emit(page.choice.anchored(row));
            }
            // The details follow, as soon as somebody rests.
            if let (Some(open), Some(row)) = (&page.view.open, now)
                && open != row
            {
                let to = Route::Inventory(Box::new(page.view.opening(Some(row.clone()))));
                asked.replace(Some(row.clone()));
                rest.replace(Some(Timeout::new(REST, move || replace(&to))));
            }
        })
    };
    let onclick = {
        let (props, set) = (props.clone(), set.clone());
        Callback::from(move |event: MouseEvent| {
            let Some((row, column)) = under(&event, &props.page) else { return };
            set((row, column.unwrap_or(place.1)));
            focus();
            press(&event, &props.page, row, column.is_none());
        })
    };
    let ondblclick = {
        let page = page.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some((row @ 1.., Some(_))) = under(&event, &page)
                && let Some(row) = page.rows.get(row - 1)
            {
                go(&Route::Inventory(Box::new(page.view.opening(Some(row.clone())))));
            }
        })
    };
    let oncontextmenu = {
        let (page, menu) = (page.clone(), props.menu.clone());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            if let Some((row @ 1.., column)) = under(&event, &page)
                && let Some(selected) = page.rows.get(row - 1)
            {
                let column = column.unwrap_or(0);
                set((row, column));
                focus();
                let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
                menu.emit(At { row: selected.clone(), column: page.columns[column], x, y });
            }
        })
    };
    // The browser would mark the text from here to there.
    let onmousedown = Callback::from(|event: MouseEvent| {
        if event.shift_key() {
            event.prevent_default();
        }
    });
    let base = Rc::new(page.view.opening(None));
    let rows = page.rows.iter().enumerate().map(|(index, row)| {
        let is_open = page.view.open.as_ref() == Some(row);
        let active = (place.0 == index + 1).then_some(place.1);
        html! {
            <Row key={format!("{}:{}", row.vcenter, row.moref)} answer={page.answer.clone()} {index} base={base.clone()}
                columns={columns.clone()} {active} {is_open} is_chosen={page.choice.has(row)} />
        }
    });
    let label = format!("{}, page {}", page.view.kind.title(), page.view.page + 1);
    let (least, most) = page.widths();
    let style = format!("min-inline-size: {least:.1}em; inline-size: min(100%, {most:.1}em)");
    html! {
        <div class={classes!("muster-rows", format!("muster-rows--{}", props.density.name()))} id="rows"
            aria-busy={props.is_waiting.to_string()}>
            <table id="grid" role="grid" tabindex="0" aria-label={label} aria-multiselectable="true"
                aria-activedescendant="cell" {style}
                {onkeydown} {onclick} {ondblclick} {oncontextmenu} {onmousedown}>
                <colgroup>
                    <col class="muster-choose" />
                    { for columns.iter().map(|column| match &*column.id {
                        "name" => html! { <col /> },
                        _ => html! { <col style={format!("inline-size: {:.1}em", grid::width(column))} /> },
                    }) }
                </colgroup>
                <Head view={page.view.clone()} columns={columns.clone()} active={(place.0 == 0).then_some(place.1)}
                    is_all={page.choice.has_all(&page.rows)} all={page.choose.reform({
                        let (choice, rows) = (page.choice.clone(), page.rows.clone());
                        move |()| choice.all(&rows)
                    })} />
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}

/// Where the keyboard is among the rows of now; before it was anywhere, on the first name.
fn place(active: Option<&Active>, page: &Page) -> (usize, usize) {
    let named = page.columns.iter().position(|column| column.id == "name").unwrap_or_default();
    let Some(active) = active else { return (1.min(page.rows.len()), named) };
    let column = page.columns.iter().position(|column| column.id == active.column).unwrap_or(named);
    let row = active.row.as_ref().and_then(|row| page.position(row)).map(|index| index + 1);
    (row.unwrap_or(active.position).min(page.rows.len()), column)
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
            page.choose.emit(crate::state::choice::Choice::default());
            true
        }
        ("ContextMenu", ..) | ("F10", ..) if key != "F10" || event.shift_key() => {
            match (row, active_rect()) {
                (Some(row), Some(Rect { x, y })) => {
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

fn bring_into_view() {
    if let Some(cell) = element("cell") {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        options.set_inline(web_sys::ScrollLogicalPosition::Nearest);
        cell.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// How many rows are in sight.
fn in_sight() -> usize {
    let height = element("rows").map_or(0, |rows| rows.client_height());
    let row = element("cell").map_or(0, |cell| cell.offset_height()).max(1);
    // The heading is one of them.
    usize::try_from(height / row - 2).unwrap_or_default()
}

fn active_rect() -> Option<Rect> {
    let rect = element("cell")?.get_bounding_client_rect();
    Some(Rect { x: rect.left() + 8.0, y: rect.bottom() })
}

/// Whether somebody marked text with the pointer, which is what is to be copied then.
fn is_marked() -> bool {
    let marked = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    marked.is_some_and(|marked| !marked.is_collapsed())
}
