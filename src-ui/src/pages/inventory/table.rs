//! The rows of a window as a table.
//! Refuses to be drawn anew when its rows are the same.

use super::cell::{Cell, is_number};
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::hooks::go;
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::world::Answer;
use contract::columns::Column;
use contract::{Cells, Rows};
use std::rc::Rc;
use yew::prelude::*;

/// The window.
#[derive(Clone, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) answer: Option<Rc<Answer>>,
    /// Whether the rows are those of the question before.
    pub(super) is_waiting: bool,
    /// Whether rows of several vCenters stand among each other.
    pub(super) several: bool,
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        let same_rows = match (&self.answer, &other.answer) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_rows
            && self.view == other.view
            && (self.is_waiting, self.several) == (other.is_waiting, other.several)
    }
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let Some(Answer::Rows(rows)) = props.answer.as_deref() else { return Html::default() };
    let view = &props.view;
    let columns = view.columns();
    let vcenter = contract::columns::of(view.kind).column("vcenter").filter(|_| props.several);
    let heads = columns.iter().copied().take(1).chain(vcenter).chain(columns.iter().copied().skip(1));
    let label = format!("{}, page {}", view.kind.title(), view.page + 1);
    html! {
        <div class="muster-rows" id="rows" aria-busy={props.is_waiting.to_string()} role="region" aria-label={label.clone()}
            tabindex="0">
            <table class="pf-v6-c-table pf-m-compact" aria-label={label}>
                <thead class="pf-v6-c-table__thead">
                    <tr class="pf-v6-c-table__tr">{ for heads.map(|column| head(view, column)) }</tr>
                </thead>
                <tbody class="pf-v6-c-table__tbody">
                    { for rows.rows.iter().map(|row| line(view, rows, &columns, row, props.several)) }
                </tbody>
            </table>
        </div>
    }
}

fn head(view: &View, column: &'static Column) -> Html {
    let (by, down) = &view.sort;
    let is_sorted = *by == column.id;
    let (sort, arrow) = match (is_sorted, down) {
        (true, true) => ("descending", "long-arrow-alt-down"),
        (true, false) => ("ascending", "long-arrow-alt-up"),
        (false, _) => ("none", "arrows-alt-v"),
    };
    let next = Route::Inventory(Box::new(view.sorted_by(&column.id)));
    let onclick = Callback::from(move |_| go(&next));
    html! {
        <th scope="col" aria-sort={sort} data-column={column.id.to_string()}
            class={classes!("pf-v6-c-table__th", "pf-v6-c-table__sort", is_sorted.then_some("pf-m-selected"), is_number(column).then_some("muster-number"))}>
            <button type="button" class="pf-v6-c-table__button" {onclick} title={format!("Source: {}", column.origin())}>
                <span class="pf-v6-c-table__button-content">
                    <span class="pf-v6-c-table__text">{ &*column.title }</span>
                    <span class="pf-v6-c-table__sort-indicator">{ icon(arrow) }</span>
                </span>
            </button>
        </th>
    }
}

fn line(view: &View, rows: &Rows, columns: &[&'static Column], row: &Cells, several: bool) -> Html {
    let source = &rows.sources[row.source.min(rows.sources.len().saturating_sub(1))];
    let own = Selected { vcenter: source.vcenter.clone(), moref: row.moref.clone() };
    let is_open = view.open.as_ref() == Some(&own);
    let to = Route::Inventory(Box::new(view.opening(Some(own.clone()))));
    let cells = columns.iter().enumerate().map(|(position, column)| {
        let missing = row.missing.iter().find(|(at, _)| *at == position).map(|(_, why)| *why);
        let links = row.links.iter().find(|(at, _)| *at == position).map(|(_, targets)| targets.as_slice());
        let null = serde_json::Value::Null;
        let value = row.values.get(position).unwrap_or(&null);
        let cell = Cell { column, value, missing, links: links.unwrap_or_default(), row: &own };
        let shown = match (&*column.id, value.as_str()) {
            // The name opens the object itself.
            ("name", Some(name)) => html! {
                <Link to={to.clone()}>{ crate::state::words::shown(name) }</Link>
            },
            _ => cell.view(),
        };
        let class = classes!("pf-v6-c-table__td", is_number(column).then_some("muster-number"));
        html! { <td {class} data-column={column.id.to_string()}>{ shown }</td> }
    });
    let mut cells: Vec<Html> = cells.collect();
    if several {
        cells.insert(1, html! { <td class="pf-v6-c-table__td" data-column="vcenter">{ &source.name }</td> });
    }
    let class = classes!("pf-v6-c-table__tr", is_open.then_some("muster-open"));
    html! {
        <tr {class} key={format!("{}:{}", source.vcenter, row.moref)} data-moref={row.moref.to_string()} data-vcenter-id={source.vcenter.to_string()}>{ for cells }</tr>
    }
}
