//! The headings of a table: what a column is, and by which the rows are sorted.
//! Refuse to be cut: every column has room for its heading and for the arrow beside it.

use super::cell::is_number;
use crate::components::icon::icon;
use crate::hooks::go;
use crate::state::route::Route;
use crate::state::table::View;
use contract::columns::Column;
use std::rc::Rc;
use yew::prelude::*;

/// What they are of.
#[derive(Clone, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) columns: Rc<[&'static Column]>,
    /// The position of the column in which the keyboard is, if it is in the headings.
    pub(super) active: Option<usize>,
    /// Whether all rows of the page are selected.
    pub(super) is_all: bool,
    /// Selects them, or none.
    pub(super) all: Callback<()>,
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.columns, &other.columns)
            && (self.active, self.is_all) == (other.active, other.is_all)
            && self.view == other.view
            && self.all == other.all
    }
}

/// The headings.
#[function_component]
pub(super) fn Head(props: &Properties) -> Html {
    let onchange = props.all.reform(|_: Event| ());
    html! {
        <thead>
            <tr>
                <th class="muster-choose" scope="col">
                    <input id="choose-all" type="checkbox" tabindex="-1" checked={props.is_all} {onchange}
                        aria-label="Select all rows of this page" />
                </th>
                { for props.columns.iter().enumerate().map(|(position, column)|
                    head(&props.view, column, props.active == Some(position))) }
            </tr>
        </thead>
    }
}

fn head(view: &View, column: &'static Column, is_active: bool) -> Html {
    let (by, down) = &view.sort;
    let is_sorted = *by == column.id;
    let (sort, arrow) = match (is_sorted, down) {
        (true, true) => ("descending", "long-arrow-alt-down"),
        (true, false) => ("ascending", "long-arrow-alt-up"),
        (false, _) => ("none", "arrows-alt-v"),
    };
    let next = Route::Inventory(Box::new(view.sorted_by(&column.id)));
    let onclick = Callback::from(move |_| go(&next));
    let class = classes!(is_sorted.then_some("muster-sorted"), is_number(column).then_some("muster-number"));
    html! {
        <th scope="col" id={is_active.then_some("cell")} aria-sort={sort} data-column={&*column.id} {class}>
            <button type="button" tabindex="-1" {onclick} title={format!("Source: {}", column.origin())}>
                { &*column.title }{ icon(arrow) }
            </button>
        </th>
    }
}
