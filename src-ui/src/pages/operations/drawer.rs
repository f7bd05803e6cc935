//! One operation in full: what it did and for whom, how far it came, why it failed, and what to do next.
//! Refuses to keep the keyboard: Escape gives it back to the row.

use super::changes::Changes;
use super::row::action;
use super::steps::StepsTaken;
use crate::components::drawer::{property, use_closing_key, use_in_view, use_keyboard};
use crate::components::failure::{Failure, Offers, said};
use crate::components::icon::{self, icon};
use crate::components::keys;
use crate::components::link::Link;
use crate::components::progress::OperationProgress;
use crate::components::when::When;
use crate::hooks::{VcenterService, replace, use_query, use_vcenter_service};
use crate::state::advice;
use crate::state::operations::{self, Listed, Looked};
use crate::state::route::Route;
use crate::state::toasts::tested;
use crate::state::words::{self, grouped};
use contract::command::ShowOperation;
use contract::{Operation, OperationId, OperationKind, Time};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looked: Looked,
    pub(super) open: OperationId,
    /// What is on screen, where it may be known already.
    pub(super) listed: Option<Rc<Listed>>,
    /// Whether it was opened by a key, and takes the keyboard; it takes that back.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The drawer.
#[function_component]
pub(super) fn Drawer(props: &Properties) -> Html {
    let answer = use_query(ShowOperation { operation: props.open.to_string() });
    use_closing_key(&props.looked, leave);
    use_keyboard(&props.open, &props.by_key);
    use_in_view();
    let close = {
        let looked = props.looked.clone();
        Callback::from(move |_: MouseEvent| leave(&looked))
    };
    let listed =
        props.listed.as_ref().and_then(|listed| listed.all().find(|one| one.id == props.open).cloned());
    let known = answer.value.as_deref().cloned().or(listed);
    let title = known.as_ref().map_or("Operation".to_owned(), |known| words::job(&known.job));
    let body = match (known, answer.error) {
        (Some(operation), _) => html! { <Details {operation} /> },
        (None, Some(error)) => html! { <Failure title="The operation could not be loaded" {error} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading" /></div> },
    };
    html! {
        <aside class="muster-drawer" aria-label="Details" id="drawer">
            <div class="muster-drawer__head">
                <h2 class="pf-v6-c-title pf-m-md muster-words">{ title }</h2>
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close the details">
                    { icon("times") }
                </Button>
            </div>
            <div class="muster-drawer__body" id="drawer-body" tabindex="0" role="group" aria-label="Operation">
                { body }
            </div>
        </aside>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct DetailsProperties {
    operation: Operation,
}

#[function_component]
fn Details(props: &DetailsProperties) -> Html {
    let service = use_vcenter_service();
    let operation = &props.operation;
    let (by, by_whom) = operations::origin(operation.origin);
    html! {
        <div class="muster-operation" data-details={operation.id.to_string()}>
            { state(operation) }
            if !operation.state.is_final() {
                <OperationProgress operation={operation.clone()} passing=true />
            }
            { reason(&service, operation) }
            if operation.state.is_final() {
                { action(&service, operation, false) }
            }
            <dl class="muster-properties">
                { about(&service, operation) }
                { scope(operation) }
                { property("Started by", html! { <span title={by_whom}>{ by }</span> }) }
                { property("Waited for", waited(operation).into()) }
                if operation.progress.attempts > 1 {
                    { property("Attempts", grouped(i64::from(operation.progress.attempts)).into()) }
                }
            </dl>
            if operation.state.is_final() {
                <Changes operation={operation.clone()} />
            }
            <h3 class="muster-group">{ "Times" }</h3>
            <dl class="muster-properties">{ times(&service, operation) }</dl>
            <h3 class="muster-group">{ "Work" }</h3>
            <dl class="muster-properties">{ work(operation) }</dl>
            if operation.state.is_final() {
                <StepsTaken operation={operation.id.clone()} />
            }
            <h3 class="muster-group">{ "Identifiers" }</h3>
            <dl class="muster-properties">
                { property("Operation id", html! { <code class="muster-code">{ operation.id.to_string() }</code> }) }
            </dl>
        </div>
    }
}

/// What it is about, and the way there.
fn about(service: &VcenterService, operation: &Operation) -> Html {
    let name = words::shown(operation.about());
    let Some(id) = &operation.vcenter_id else {
        return property(
            "About",
            html! { <Link to={Route::beside_vcenters(&operation.job)}>{ name }</Link> },
        );
    };
    let vcenter = Route::Vcenters { one: Some(id.clone()), dialog: None };
    let is_known = service.vcenter(id).is_some();
    property(
        "vCenter",
        if is_known {
            html! { <Link to={vcenter}>{ name }</Link> }
        } else {
            name.into()
        },
    )
}

fn state(operation: &Operation) -> Html {
    let (word, level) = words::operation_state(operation.state);
    html! { <p><strong>{ icon::of_level(level) }{ " " }{ word }</strong></p> }
}

/// Why it failed and what to do, or what a test found.
fn reason(service: &VcenterService, operation: &Operation) -> Html {
    if let Some(report) = operation.result.clone().and_then(|result| serde_json::from_value(result).ok()) {
        return html! { <p class="muster-words">{ words::shown(&tested(&report)) }</p> };
    }
    let Some(error) = &operation.error else { return Html::default() };
    let (next, offers) =
        advice::now(error, operation, operation.vcenter_id.as_ref().and_then(|id| service.state(id)));
    let offers = operations::other_offers(operation, offers);
    html! {
        <div class="muster-operation__reason">
            <p class="muster-words">{ said(&error.message) }</p>
            if !next.is_empty() {
                <p class="muster-words muster-quiet">{ next }</p>
            }
            if !offers.is_empty() {
                <p><Offers {offers} /></p>
            }
        </div>
    }
}

fn scope(operation: &Operation) -> Html {
    let (name, text) = match operation.kind() {
        OperationKind::Test => return Html::default(),
        OperationKind::FullSync => ("Scope", "Whole inventory".to_owned()),
        OperationKind::Refresh => ("Scope", operation.job.scope().join(", ")),
        OperationKind::SyncHosts if operation.job.scope().is_empty() => ("Scope", "All hosts".to_owned()),
        OperationKind::SyncHosts => ("Clusters", operation.job.scope().join(", ")),
        OperationKind::Policy | OperationKind::Notify => ("Policy", operation.about().to_owned()),
        OperationKind::Deliver => ("Destination", operation.about().to_owned()),
        OperationKind::Scan => ("Ranges", operation.job.scope().join(", ")),
        OperationKind::ReadServers => match operation.job.scope().len() {
            0 => ("Scope", "All servers".to_owned()),
            many => ("Scope", words::counted(many, "server", "servers")),
        },
    };
    html! {
        <>
            { property(name, words::shown(&text).into()) }
            if operation.job.accepts_removals() {
                { property("Removals", "Accepted".into()) }
            }
        </>
    }
}

/// Whether it runs in any case, and who waits for it.
fn waited(operation: &Operation) -> String {
    match (operation.awaited, operation.state.is_final()) {
        (false, _) => "No: runs in any case".to_owned(),
        (true, true) => "Yes".to_owned(),
        (true, false) => {
            let processes = words::counted(operation.waiting as usize, "process", "processes");
            format!("By {processes}: cancelled when none waits")
        }
    }
}

fn times(service: &VcenterService, operation: &Operation) -> Html {
    let time = |time: Option<Time>| time.map_or_else(|| "\u{2013}".into(), |time| html! { <When {time} /> });
    let took = {
        let operation = operation.clone();
        service.see(move |world| operations::took(&operation, world.now))
    };
    html! {
        <>
            { property("Submitted", time(Some(operation.submitted_at))) }
            { property("Started", time(operation.started_at)) }
            { property("Ended", time(operation.finished_at)) }
            { property("Took", took.map_or("\u{2013}".to_owned(), words::took).into()) }
        </>
    }
}

fn work(operation: &Operation) -> Html {
    let number = |number: u64| Html::from(grouped(number as i64));
    let progress = &operation.progress;
    let told = operation.told_changes();
    let is_sync = operation.kind() != OperationKind::Test;
    html! {
        <>
            if !progress.step.is_empty() {
                { property(if operation.state.is_final() { "Last step" } else { "Step" }, words::capital(&progress.step).into()) }
            }
            if is_sync {
                { property("Objects read", format!("{} of {}", grouped(progress.done as i64), grouped(progress.total as i64)).into()) }
                { property("Added", number(told.added)) }
                { property("Changed", number(told.changed)) }
                { property("Removed", number(told.removed)) }
                { property("Unchanged", number(operation.diff.unchanged)) }
                if operation.only_volatile() > 0 {
                    { property("Only usage changed", number(operation.only_volatile())) }
                }
            }
            { property("API calls", number(operation.calls)) }
            { property("Received", contract::words::bytes(operation.bytes as i64).into()) }
        </>
    }
}

/// Closes the drawer, and gives the keyboard back to the rows.
fn leave(looked: &Looked) {
    replace(&Route::Operations(looked.opening(None)));
    keys::focus("grid");
}
