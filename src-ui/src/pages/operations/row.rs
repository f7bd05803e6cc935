//! One operation as a row, and the one button that fits it.
//! Refuses to say why it failed: that takes more room than a row has, and stands in the details.

use crate::components::icon;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::progress::bar;
use crate::components::when::Ago;
use crate::hooks::{VcenterService, use_vcenter_service};
use crate::state::operations::{self, may_run_again};
use crate::state::route::Route;
use crate::state::words::{self, grouped};
use contract::command::{CancelOperation, Command, RetryOperation};
use contract::words::{progress, step};
use contract::{Operation, OperationState};
use std::rc::Rc;
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) id: String,
    pub(super) operation: Rc<Operation>,
    /// Whether its details are open.
    pub(super) is_open: bool,
    /// Whether the keyboard is on it.
    pub(super) is_active: bool,
    /// Whether it is one of those of a line above it.
    pub(super) is_below: bool,
}

/// What stands where there is nothing.
const NONE: &str = "\u{2013}";

/// The row.
#[function_component]
pub(super) fn Row(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let operation = &props.operation;
    let job = words::job(&operation.job);
    let (by, by_whom) = operations::origin(operation.origin);
    let at = operation.started_at.unwrap_or(operation.submitted_at);
    let took = {
        let operation = operation.clone();
        service.see(move |world| operations::took_or_left(&operation, world.now))
    };
    let changes = operations::changes(operation).map(|words| words::capital(&words));
    let changes = changes.or_else(|| operations::speed(operation)).unwrap_or_else(|| NONE.to_owned());
    let number = |number: Option<u64>| number.map_or(NONE.to_owned(), |number| grouped(number as i64));
    let class = classes!(
        props.is_open.then_some("muster-open"),
        props.is_active.then_some("muster-active"),
        props.is_below.then_some("muster-operations__below"),
    );
    html! {
        <tr id={props.id.clone()} {class} data-operation={operation.id.to_string()} data-state={operation.state.name()}
            aria-selected={props.is_open.to_string()}>
            <td class="muster-operations__state">{ state(&service, operation) }</td>
            <td title={job.clone()}>{ job }</td>
            <td>{ about(operation) }</td>
            <td class="muster-operations__by" title={by_whom}>{ by }</td>
            <td class="muster-operations__when"><Ago time={at} /></td>
            <td class="muster-number muster-operations__took">{ took.unwrap_or_else(|| NONE.to_owned()) }</td>
            <td class="muster-number muster-operations__objects">{ number(operations::objects(operation)) }</td>
            <td class="muster-operations__changes">{ changes }</td>
            <td class="muster-operations__action">{ action(&service, operation, true) }</td>
        </tr>
    }
}

/// What it is about; what is about no vCenter leads to its page.
fn about(operation: &Operation) -> Html {
    let name = html! { <Name name={operation.about().to_owned()} /> };
    match operation.vcenter_id {
        Some(_) => name,
        None => html! { <Link to={Route::beside_vcenters(&operation.job)} within=true>{ name }</Link> },
    }
}

/// How it stands: of one that runs, how far it is.
fn state(service: &VcenterService, operation: &Operation) -> Html {
    let (word, level) = words::operation_state(operation.state);
    if operation.state != OperationState::Running {
        return html! {
            <>
                { icon::of_level(level) }{ " " }{ word }
                if operation.progress.attempts > 1 {
                    <span class="muster-quiet">{ format!(" \u{b7} {} attempts", operation.progress.attempts) }</span>
                }
            </>
        };
    }
    let is_cancelling = service.is_cancelling(&operation.id);
    let percent = operation.progress.percent.filter(|_| !is_cancelling);
    let cancelling = "Cancelling\u{2026}".to_owned();
    let (step, facts) = match is_cancelling {
        true => (cancelling.clone(), cancelling),
        false => (step(operation), progress(operation).join(" \u{b7} ")),
    };
    let share = percent.map_or(String::new(), |percent| format!("{percent} %"));
    let label = format!("{}: {}", operation.about(), words::job(&operation.job));
    html! {
        <div class="muster-operations__running" title={facts}>
            <span class="muster-cut">{ step }</span>
            { bar(label, percent) }
            <span class="muster-operations__share">{ share }</span>
        </div>
    }
}

/// Its end, or the same once more, for who may. In a row it is no stop of the tabulator: the table is one.
pub(super) fn action(service: &VcenterService, operation: &Operation, in_row: bool) -> Html {
    let needed = match operation.state.is_final() {
        true => RetryOperation::ROLE,
        false => CancelOperation::ROLE,
    };
    if !service.has_role(needed) {
        return Html::default();
    }
    let is_cancelling = service.is_cancelling(&operation.id);
    let (label, disabled, what): (_, _, fn(&VcenterService, &Operation)) = match operation.state {
        OperationState::Queued | OperationState::Running if is_cancelling => {
            ("Cancelling\u{2026}", true, |_, _| ())
        }
        OperationState::Queued | OperationState::Running => {
            ("Cancel", false, |service, operation| service.cancel(&operation.id))
        }
        _ if may_run_again(operation) => ("Run again", false, VcenterService::retry),
        _ => return Html::default(),
    };
    let onclick = {
        let (service, operation) = (service.clone(), operation.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            what(&service, &operation);
        })
    };
    let name = format!("{label}: {} on {}", words::job(&operation.job), operation.about());
    let look = if in_row { "pf-m-link" } else { "pf-m-secondary" };
    html! {
        <button type="button" class={classes!("pf-v6-c-button", "pf-m-small", look)} {onclick} {disabled}
            tabindex={in_row.then_some("-1")} aria-label={name}>
            <span class="pf-v6-c-button__text">{ label }</span>
        </button>
    }
}
