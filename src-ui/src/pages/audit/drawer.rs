//! One row in full: who, from where, and each value before and after.
//! Refuses to keep the keyboard: Escape gives it back to the row.

use crate::components::drawer::{property, use_closing_key, use_in_view, use_keyboard};
use crate::components::icon::{self, icon};
use crate::components::keys;
use crate::components::link::Link;
use crate::components::when::When;
use crate::hooks::replace;
use crate::state::audit::{self, Watched};
use crate::state::operations::Looked;
use crate::state::route::Route;
use crate::state::words;
use contract::AuditRow;
use contract::command::OperationFilter;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// The row.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) watched: Watched,
    pub(super) row: AuditRow,
    /// Whether it was opened by a key, and takes the keyboard; it takes that back.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The drawer.
#[function_component]
pub(super) fn Drawer(props: &Properties) -> Html {
    let row = &props.row;
    use_closing_key(&props.watched, leave);
    use_keyboard(&row.seq, &props.by_key);
    use_in_view();
    let close = {
        let watched = props.watched.clone();
        Callback::from(move |_: MouseEvent| leave(&watched))
    };
    let (word, level) = audit::outcome(&row.outcome);
    let subject = contract::words::audited_subject(row);
    html! {
        <aside class="muster-drawer" aria-label="Details" id="drawer">
            <div class="muster-drawer__head">
                <h2 class="pf-v6-c-title pf-m-lg muster-words">{ contract::words::audited_command(&row.command) }</h2>
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close the details" icon={icon("times")} />
            </div>
            <div class="muster-drawer__body" id="drawer-body" tabindex="-1">
                <p><strong>{ icon::of_level(level) }{ " " }{ word }</strong></p>
                if let Some(error) = &row.error {
                    <p class="muster-words">{ words::shown(&words::capital(error)) }</p>
                }
                <dl class="muster-properties">
                    { property("Subject", words::shown(&subject).into()) }
                    { property("User", words::shown(&row.actor).into()) }
                    { property("Role", words::capital(&row.role).into()) }
                    { property("Machine", words::shown(&row.host).into()) }
                    { property("Origin", audit::origin(&row.origin).into()) }
                    { property("When", html! { <When time={row.at} /> }) }
                    { property("UTC", code(&row.at.to_string())) }
                </dl>
                { changes(row) }
                <h3 class="muster-group">{ "Identifiers" }</h3>
                <dl class="muster-properties">
                    { property("Row", row.seq.to_string().into()) }
                    { property("Command", code(&row.command)) }
                    if let Some(id) = &row.subject_id { { property("Subject id", code(id)) } }
                    if let Some(id) = &row.operation {
                        { property("Operation", operation(id)) }
                    }
                    { property("Hash", code(&row.hash)) }
                </dl>
            </div>
        </aside>
    }
}

fn operation(id: &contract::OperationId) -> Html {
    let to = Route::Operations(Looked { filter: OperationFilter::default(), open: Some(id.clone()) });
    html! { <Link {to}>{ id.to_string() }</Link> }
}

fn code(text: &str) -> Html {
    html! { <code class="muster-code">{ words::shown(text) }</code> }
}

/// Each value before and after.
fn changes(row: &AuditRow) -> Html {
    let all = contract::words::audited_properties(row);
    if all.is_empty() {
        return Html::default();
    }
    let cell = |value: Option<String>| html! { <td class="muster-words">{ words::shown(&value.unwrap_or_else(|| "\u{2013}".to_owned())) }</td> };
    let has_before = row.before.is_some();
    let lines = all.into_iter().map(|(name, before, after)| {
        html! {
            <tr>
                <th scope="row">{ contract::words::audited_property(&name) }</th>
                if has_before { { cell(before) } }
                { cell(after) }
            </tr>
        }
    });
    html! {
        <>
            <h3 class="muster-group">{ if has_before { "Changes" } else { "Values" } }</h3>
            <table class="muster-audit__changes">
                <thead>
                    <tr>
                        <th scope="col">{ "Property" }</th>
                        if has_before { <th scope="col">{ "Before" }</th> }
                        <th scope="col">{ if has_before { "After" } else { "Value" } }</th>
                    </tr>
                </thead>
                <tbody>{ for lines }</tbody>
            </table>
        </>
    }
}

/// Closes the drawer, and gives the keyboard back to the rows.
fn leave(watched: &Watched) {
    replace(&Route::Audit(watched.opening(None)));
    keys::focus("grid");
}
