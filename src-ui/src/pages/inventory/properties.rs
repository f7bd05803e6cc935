//! The properties of one object: what people look for, then the rest in groups, ids last.
//! Refuse to say where a value comes from unless somebody wants to know.

use super::cell::Cell;
use super::row;
use crate::state::route::Selected;
use contract::columns::{self, Column};
use contract::{Cells, Kind, Rows};
use yew::prelude::*;

/// The properties of the first of these rows, with what else is known of it behind those that people look for.
pub(super) fn properties(kind: Kind, rows: &Rows, paths: bool, beside: &Html) -> Html {
    let (Some(cells), Some(source)) = (rows.rows.first(), rows.sources.first()) else {
        return Html::default();
    };
    let own = Selected { vcenter: source.vcenter.clone(), moref: cells.moref.clone() };
    let groups = groups(kind).into_iter().enumerate().map(|(place, (title, columns))| {
        let lines: Vec<Html> =
            columns.into_iter().filter_map(|column| line(column, rows, cells, &own, paths)).collect();
        html! {
            <>
                if !lines.is_empty() {
                    if !title.is_empty() { <h3 class="muster-group">{ title }</h3> }
                    <dl class="muster-properties">{ for lines }</dl>
                }
                if place == 0 {
                    { beside.clone() }
                }
            </>
        }
    });
    html! { { for groups } }
}

/// All columns of a kind in groups; the first group has no title, and the name stands above all.
fn groups(kind: Kind) -> Vec<(&'static str, Vec<&'static Column>)> {
    let schema = columns::of(kind);
    let first = ("", schema.details());
    std::iter::once(first)
        .chain(schema.groups().into_iter().map(|group| (group.title, group.columns)))
        .collect()
}

fn line(column: &'static Column, rows: &Rows, cells: &Cells, own: &Selected, paths: bool) -> Option<Html> {
    let position = rows.columns.iter().position(|id| *id == *column.id)?;
    let cell = Cell { in_table: false, ..row::cell(cells, position, column, own) };
    Some(html! {
        <div class="muster-property" data-column={&*column.id}>
            <dt title={format!("Source: {}", column.origin())}>{ &*column.title }</dt>
            <dd>
                <div class="muster-words">{ cell.view() }</div>
                if let Some(why) = cell.why() {
                    <div class="muster-property__why">{ why }</div>
                }
                if paths {
                    <div class="muster-property__source">{ column.origin() }</div>
                }
            </dd>
        </div>
    })
}
