//! One row of a table.
//! Refuses to be drawn again when neither its values nor its place have changed: a page has two hundred of them.

use super::cell::{Cell, is_number, name};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::columns::{self, Column};
use contract::words::short_host_name;
use contract::{Cells, Kind, Rows, Source};
use serde_json::Value as Json;
use std::rc::Rc;
use yew::prelude::*;

/// Its place among the rows of an answer, and how it stands out.
#[derive(Clone, Properties)]
pub(super) struct Properties {
    pub(super) answer: Rc<Rows>,
    /// Its position in the answer.
    pub(super) index: usize,
    pub(super) kind: Kind,
    pub(super) columns: Rc<[&'static Column]>,
    /// The position of the column in which the keyboard is, if it is in this row.
    pub(super) active: Option<usize>,
    pub(super) is_open: bool,
    pub(super) is_chosen: bool,
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Rc<[_]>, b: &Rc<[_]>| Rc::ptr_eq(a, b);
        (self.index, self.active, self.is_open, self.is_chosen)
            == (other.index, other.active, other.is_open, other.is_chosen)
            && same(&self.columns, &other.columns)
            && self.kind == other.kind
            && (Rc::ptr_eq(&self.answer, &other.answer) || self.found() == other.found())
    }
}

impl Properties {
    fn found(&self) -> Option<(&Source, &Cells)> {
        found(&self.answer, self.index)
    }
}

/// A row of an answer, and where it comes from.
pub(super) fn found(answer: &Rows, index: usize) -> Option<(&Source, &Cells)> {
    let Rows { rows, sources, .. } = answer;
    let cells = rows.get(index)?;
    Some((sources.get(cells.source)?, cells))
}

/// The row.
#[function_component]
pub(super) fn Row(props: &Properties) -> Html {
    let Some((source, cells)) = props.found() else { return Html::default() };
    let own = Selected { vcenter: source.vcenter.clone(), moref: cells.moref.clone() };
    let kind = props.kind;
    let tds = props.columns.iter().enumerate().map(|(position, column)| {
        let cell = cell(cells, position, column, &own);
        let shown = match (&*column.id, cell.value.as_str()) {
            // The name opens the object itself.
            ("name", Some(text)) => {
                // A press leads to the details beside these rows; the address of its own is that of the object alone.
                let view = View { open: Some(own.clone()), ..View::of(kind) };
                let to = Route::Inventory(Box::new(view)).to_string();
                let text = words::shown(if column.is_host_name { short_host_name(text) } else { text });
                html! { <><a href={to} tabindex="-1">{ name(column, &text) }</a>{ matched(kind, cells) }</> }
            }
            _ => cell.view(),
        };
        let id = (props.active == Some(position)).then_some("cell");
        let bar = cell.bar();
        let style = bar.map(|(share, _)| format!("--muster-filled: {share:.1}"));
        let bar = bar.map(|(_, level)| classes!("muster-share", level));
        let class = classes!(is_number(column).then_some("muster-number"), bar);
        html! { <td {id} {class} {style} data-column={&*column.id} title={cell.title()}>{ shown }</td> }
    });
    let class = classes!(props.is_open.then_some("muster-open"), props.is_chosen.then_some("muster-chosen"));
    html! {
        <tr {class} aria-selected={props.is_chosen.to_string()} data-row={props.index.to_string()}
            data-moref={cells.moref.to_string()} data-vcenter-id={source.vcenter.to_string()}>
            <td class="muster-choose" data-column="choose" />
            { for tds }
        </tr>
    }
}

/// Where the words that were looked for stand, if that is in no column of the table.
fn matched(kind: Kind, cells: &Cells) -> Html {
    let Some((id, text)) = cells.matched.first() else { return Html::default() };
    let title = columns::of(kind).column(id).map_or(id.as_str(), |column| &*column.title);
    let more = cells
        .matched
        .iter()
        .skip(1)
        .filter_map(|(id, text)| Some(format!("{}: {text}", columns::of(kind).column(id)?.title)));
    let line = words::shown(&format!("{title}: {text}"));
    let all = std::iter::once(line.clone()).chain(more).collect::<Vec<_>>().join("\n");
    html! { <small class="muster-matched" title={all}>{ line }</small> }
}

/// The value of a row in a column.
pub(super) fn cell<'a>(
    cells: &'a Cells,
    position: usize,
    column: &'static Column,
    own: &'a Selected,
) -> Cell<'a> {
    const NULL: &Json = &Json::Null;
    let missing = cells.missing.iter().find(|(at, _)| *at == position).map(|(_, why)| *why);
    let links = cells.links.iter().find(|(at, _)| *at == position).map(|(_, targets)| targets.as_slice());
    Cell {
        column,
        value: cells.values.get(position).unwrap_or(NULL),
        missing,
        links: links.unwrap_or_default(),
        row: own,
        in_table: true,
    }
}
