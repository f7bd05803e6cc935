//! Below the rows: what they add up to, what is selected, and the pages.
//! Refuses to add up anything itself.

use super::page::Page;
use crate::components::icon::icon;
use crate::hooks::{go, use_rows, use_vcenter_service};
use crate::state::choice::Choice;
use crate::state::route::Route;
use crate::state::table::{PAGE, View};
use crate::state::words;
use contract::command::Submit;
use contract::{Kind, RowQuery, Rows, columns};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The rows, and what was just done with them.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) page: Page,
    pub(super) said: Option<String>,
}

/// The foot.
#[function_component]
pub(super) fn Foot(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let page = &props.page;
    let chosen = page.choice.on(&page.rows).into_iter().map(|row| (row.vcenter.clone(), row.moref.clone()));
    let chosen = RowQuery { chosen: chosen.collect(), ..RowQuery::count(page.view.kind) };
    let chosen = use_rows((!page.choice.is_empty()).then_some(chosen));
    let rows = &*page.answer;
    if rows.rows.is_empty() {
        return Html::default();
    }
    let may_refresh = service.may::<Submit>();
    let refresh = {
        let page = page.clone();
        Callback::from(move |_| {
            let chosen: Vec<_> = page.choice.on(&page.rows).into_iter().cloned().collect();
            service.refresh_objects(page.view.kind, &chosen);
        })
    };
    let clear = page.choose.reform(|_: MouseEvent| Choice::default());
    html! {
        <div class="muster-foot" id="foot">
            if page.choice.is_empty() {
                <span class="muster-sums" id="sums">{ sums(page.view.kind, rows) }</span>
            } else {
                <span class="muster-sums" id="chosen">
                    <strong>{ format!("{} selected", words::grouped(page.choice.len() as i64)) }</strong>
                    if let Some(rows) = chosen.rows() { { sums(page.view.kind, rows) } }
                    if may_refresh {
                        <Button variant={ButtonVariant::Link} onclick={refresh} id="refresh-chosen">{ "Refresh" }</Button>
                    }
                    <Button variant={ButtonVariant::Link} onclick={clear}>{ "Clear selection" }</Button>
                </span>
            }
            <span class="muster-foot__said" role="status">{ props.said.clone().unwrap_or_default() }</span>
            { pages(&page.view, rows) }
        </div>
    }
}

/// What the rows of an answer add up to, column by column.
fn sums(kind: Kind, rows: &Rows) -> Html {
    let sums = rows.sums.iter().filter_map(|sum| {
        let column = columns::of(kind).column(&sum.column).filter(|_| sum.rows > 0)?;
        let unknown = rows.matching.saturating_sub(sum.rows);
        let title = (unknown > 0).then(|| format!("Unknown for {}", words::of_kind(unknown, kind)));
        let value = words::value(column, &serde_json::Value::from(sum.value));
        Some(html! {
            <span data-sum={sum.column.clone()} {title}>
                <span class="muster-quiet">{ format!("{} ", column.title) }</span>{ value }
            </span>
        })
    });
    html! { { for sums } }
}

fn pages(view: &View, rows: &Rows) -> Html {
    let pages = View::pages(rows.matching);
    if pages == 1 && view.page == 0 {
        return Html::default();
    }
    let to = |page: usize| {
        let route = Route::Inventory(Box::new(View { page, ..view.clone() }));
        Callback::from(move |_| go(&route))
    };
    let first = view.page * PAGE + 1;
    let last = (view.page * PAGE + rows.rows.len()).max(first);
    let number = |number: usize| words::grouped(number as i64);
    html! {
        <nav class="muster-pages" aria-label="Pages of rows">
            <Button variant={ButtonVariant::Plain} disabled={view.page == 0} aria_label="Previous page"
                onclick={to(view.page.saturating_sub(1))}>{ icon("angle-left") }</Button>
            <span>{ format!("{}–{} of {}", number(first), number(last), number(rows.matching)) }</span>
            <Button variant={ButtonVariant::Plain} disabled={view.page + 1 >= pages} aria_label="Next page"
                onclick={to(view.page + 1)}>{ icon("angle-right") }</Button>
        </nav>
    }
}
