//! The rows of a window as a grid: one stop of the tabulator, in which keys lead from cell to cell.
//! Refuses to lose its place when rows are read anew: it holds on to the object and the column.

use super::head::Head;
use super::keyboard::{on_key, to_the_top};
use super::menu::At;
use super::page::Page;
use super::place::{Place, use_place};
use super::pointer::{on_click, on_double_click, on_menu};
use super::row::Row;
use crate::state::grid::{self, Density};
use crate::state::route::Selected;
use crate::state::table::View;
use gloo_timers::callback::Timeout;
use web_sys::MouseEvent;
use yew::prelude::*;

/// Rows that are drawn first: more than the largest screens show.
const FIRST: usize = 60;
/// How long after them the others are, in milliseconds.
const LATER: u32 = 80;

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

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let page = &props.page;
    let place = use_place(page);
    let drawn = use_drawn(page, props.is_waiting);
    let onkeydown = on_key(props, &place);
    let onclick = on_click(page, &place);
    let ondblclick = on_double_click(page);
    let oncontextmenu = on_menu(page, &place, &props.menu);
    // The browser would mark the text from here to there.
    let onmousedown = Callback::from(|event: MouseEvent| {
        if event.shift_key() {
            event.prevent_default();
        }
    });
    let (row, column) = place.at;
    let label = format!("{}, page {}", page.view.kind.title(), page.view.page + 1);
    let (least, most) = page.widths();
    let style = format!("min-inline-size: {least:.1}em; inline-size: min(100%, {most:.1}em)");
    let is_all = page.choice.has_all(&page.rows);
    let all = use_callback((page.choice.clone(), page.rows.clone()), {
        let choose = page.choose.clone();
        move |(), (choice, rows)| choose.emit(choice.all(rows))
    });
    html! {
        <div class={classes!("muster-rows", format!("muster-rows--{}", props.density.name()))} id="rows"
            aria-busy={props.is_waiting.to_string()}>
            <table id="grid" role="grid" tabindex="0" aria-label={label} aria-multiselectable="true"
                aria-activedescendant="cell" {style}
                {onkeydown} {onclick} {ondblclick} {oncontextmenu} {onmousedown}>
                { widths(page) }
                <Head view={page.view.clone()} columns={page.columns.clone()} active={(row == 0).then_some(column)}
                    {is_all} {all} />
                <tbody>{ for rows(page, &place, drawn) }</tbody>
            </table>
        </div>
    }
}

/// A width for each column; the name has the rest.
fn widths(page: &Page) -> Html {
    let widths = page.columns.iter().map(|column| match &*column.id {
        "name" => html! { <col /> },
        _ => html! { <col style={format!("inline-size: {:.1}em", grid::width(column))} /> },
    });
    html! { <colgroup><col class="muster-choose" />{ for widths }</colgroup> }
}

fn rows(page: &Page, place: &Place, drawn: usize) -> Vec<Html> {
    let row = |(index, row): (usize, &Selected)| {
        let is_open = page.view.open.as_ref() == Some(row);
        let active = (place.at.0 == index + 1).then_some(place.at.1);
        html! {
            <Row key={format!("{}:{}", row.vcenter, row.moref)} answer={page.answer.clone()} {index} kind={page.view.kind}
                columns={page.columns.clone()} {active} {is_open} is_chosen={page.choice.has(row)} />
        }
    };
    page.rows.iter().enumerate().take(drawn).map(row).collect()
}

/// How many rows are drawn: of the answer to a new question first those in sight, and the others when they are painted.
#[hook]
fn use_drawn(page: &Page, is_waiting: bool) -> usize {
    let whole = use_state_eq(|| None::<View>);
    let question = page.view.opening(None);
    let is_whole = is_waiting || whole.as_ref() == Some(&question);
    use_effect_with((question, is_whole), move |(question, is_whole)| {
        let later = (!is_whole).then(|| {
            to_the_top();
            let question = question.clone();
            Timeout::new(LATER, move || whole.set(Some(question)))
        });
        move || drop(later)
    });
    if is_whole { usize::MAX } else { FIRST }
}
