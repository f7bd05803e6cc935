//! The rows as a table with one stop of the tabulator: arrows lead through them, Enter opens the details.
//! Refuses to lose its place: the keyboard stays on its row, wherever new ones put it.

use crate::components::drawer;
use crate::components::icon;
use crate::components::keys;
use crate::components::when::Ago;
use crate::hooks::{go, replace, use_density};
use crate::state::audit::{self, Watched};
use crate::state::grid::Step;
use crate::state::route::Route;
use crate::state::words;
use contract::{AuditPage, AuditRow};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::prelude::*;

/// Rows that a page key leads over.
const PAGE: usize = 20;

/// The rows.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) watched: Watched,
    pub(super) page: Rc<AuditPage>,
    /// Set where the details are opened by a key.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let place = use_state_eq(|| None::<u64>);
    let (density, _) = use_density();
    let rows = &props.page.rows;
    let at = position(rows, (*place).or(props.watched.open));
    let active = rows.get(at).map(|row| row.seq);
    use_effect_with(active.filter(|_| place.is_some()), |seq| {
        let row = seq.and_then(|seq| web_sys::window()?.document()?.get_element_by_id(&element(seq)));
        if let Some(row) = row {
            keys::bring_into_view(&row);
        }
    });
    let onkeydown = {
        let (props, place) = (props.clone(), place.clone());
        Callback::from(move |event: KeyboardEvent| on_key(&event, &props, &place, at))
    };
    let onclick = {
        let (watched, place) = (props.watched.clone(), place.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let row = target.and_then(|target| target.closest("tr[data-seq]").ok().flatten());
            let Some(seq) = row.and_then(|row| row.get_attribute("data-seq")?.parse().ok()) else { return };
            place.set(Some(seq));
            go(&Route::Audit(watched.opening(Some(seq))));
        })
    };
    let row = |row: &AuditRow| {
        let (word, level) = audit::outcome(&row.outcome);
        let is_open = props.watched.open == Some(row.seq);
        let class =
            classes!(is_open.then_some("muster-open"), (active == Some(row.seq)).then_some("muster-active"));
        let told = row.error.clone().unwrap_or_else(|| contract::words::audited(row).join("; "));
        let subject = contract::words::audited_subject(row);
        html! {
            <tr key={row.seq} id={element(row.seq)} {class} data-seq={row.seq.to_string()} aria-selected={is_open.to_string()}>
                <td class="muster-audit__outcome">{ icon::of_level(level) }{ " " }{ word }</td>
                <td class="muster-audit__command">{ contract::words::audited_command(&row.command) }</td>
                <td class="muster-audit__subject" title={subject.clone()}>{ words::shown(&subject) }</td>
                <td class="muster-audit__who">{ words::shown(&row.actor) }</td>
                <td class="muster-audit__origin">{ audit::origin(&row.origin) }</td>
                <td class="muster-audit__when"><Ago time={row.at} /></td>
                <td class="muster-audit__what" title={told.clone()}>{ words::shown(&told) }</td>
            </tr>
        }
    };
    html! {
        <div class={classes!("muster-rows", format!("muster-rows--{}", density.name()))} id="rows">
            <table id="grid" class="muster-operations muster-audit" role="grid" tabindex="0" aria-label="Audit log"
                aria-activedescendant={active.map(element)} {onkeydown} {onclick}>
                <thead>
                    <tr>
                        <th scope="col" class="muster-audit__outcome">{ "Outcome" }</th>
                        <th scope="col" class="muster-audit__command">{ "Command" }</th>
                        <th scope="col" class="muster-audit__subject">{ "Subject" }</th>
                        <th scope="col" class="muster-audit__who">{ "User" }</th>
                        <th scope="col" class="muster-audit__origin">{ "Origin" }</th>
                        <th scope="col" class="muster-audit__when">{ "When" }</th>
                        <th scope="col" class="muster-audit__what">{ "What" }</th>
                    </tr>
                </thead>
                <tbody>{ for rows.iter().map(row) }</tbody>
            </table>
        </div>
    }
}

fn element(seq: u64) -> String {
    format!("row-{seq}")
}

/// The place of a row; the first where it isn't there any more.
fn position(rows: &[AuditRow], seq: Option<u64>) -> usize {
    seq.and_then(|seq| rows.iter().position(|row| row.seq == seq)).unwrap_or_default()
}

fn on_key(event: &KeyboardEvent, props: &Properties, place: &UseStateHandle<Option<u64>>, at: usize) {
    if event.alt_key() {
        return;
    }
    let rows = &props.page.rows;
    let open = |seq: u64| Route::Audit(props.watched.opening(Some(seq)));
    if let ("Enter", Some(row)) = (&*event.key(), rows.get(at)) {
        event.prevent_default();
        props.by_key.set(true);
        drawer::focus();
        go(&open(row.seq));
        return;
    }
    let Some(step) = Step::of(&event.key(), event.ctrl_key() || event.meta_key()) else { return };
    event.prevent_default();
    let Some(row) = rows.get(step.among_rows(at, rows.len(), PAGE)) else { return };
    place.set(Some(row.seq));
    // The details follow.
    if props.watched.open.is_some_and(|shown| shown != row.seq) {
        replace(&open(row.seq));
    }
}
