//! What runs on a vCenter, or else how its last sync ended; and apart from that how its last test did.
//! Refuses to let a test stand in the place of a sync: who tests a connection still wants to know what became of the data.

use crate::components::failure::{Offers, said};
use crate::components::icon;
use crate::components::outcome::Outcome;
use crate::components::progress::{OperationProgress, bar};
use crate::components::when::Ago;
use crate::hooks::{VcenterService, use_card, use_vcenter_service};
use crate::state::{advice, words};
use contract::words::{left, progress, step};
use contract::{Operation, Origin, Vcenter};
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// On two lines: what runs, or the last sync with its reason and the first thing to do about it.
#[function_component]
pub(super) fn LastSync(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let id = &props.vcenter.id;
    use_card(id);
    if let Some(operation) = service.asked_for(id).first() {
        return running(&service, operation);
    }
    if service.is_vcenter_busy(id) {
        return html! { <span class="muster-quiet">{ "Starting…" }</span> };
    }
    match service.last_sync_outcome(id) {
        Some(operation) => ended(&service, &operation),
        None => match service.last_sync(id) {
            // It is longer ago than operations are listed.
            Some(at) => html! { <span>{ "Synced " }<Ago time={at} /></span> },
            None => "\u{2013}".into(),
        },
    }
}

fn running(service: &VcenterService, operation: &Operation) -> Html {
    let is_cancelling = service.is_cancelling(&operation.id);
    let percent = operation.progress.percent.filter(|_| !is_cancelling);
    let job = words::job(&operation.job);
    let label = format!("{}: {job}", operation.about());
    let cancelling = "Cancelling\u{2026}".to_owned();
    let (step, facts) = match is_cancelling {
        true => (cancelling.clone(), cancelling),
        false => (step(operation), progress(operation).join(" \u{b7} ")),
    };
    let left = operation.progress.remaining_seconds.filter(|_| !is_cancelling).map(left);
    let share: Vec<String> = percent.map(|percent| format!("{percent} %")).into_iter().chain(left).collect();
    let share = share.join(" \u{b7} ");
    html! {
        <div class="muster-brief" title={format!("{job}: {facts}")} data-operation={operation.id.to_string()}>
            <div class="muster-brief__line">
                <span class="muster-cut">{ format!("{job} · {step}") }</span>
                <span class="muster-quiet">{ share }</span>
            </div>
            { bar(label, percent) }
        </div>
    }
}

fn ended(service: &VcenterService, operation: &Operation) -> Html {
    let (word, level) = words::operation_state(operation.state);
    let title = format!("{} {}", words::job(&operation.job), words::within_a_sentence(word));
    let state = operation.vcenter_id.as_ref().and_then(|vcenter| service.state(vcenter));
    let (reason, offers) = match &operation.error {
        Some(error) => (said(&error.message), advice::now(error, operation, state).1),
        None => (words::changes(operation), Vec::new()),
    };
    html! {
        <div class="muster-brief">
            <div class="muster-brief__line">
                { icon::of_level(level) }
                <span class="muster-cut">{ title }</span>
                if let Some(at) = operation.finished_at {
                    <span class="muster-quiet muster-brief__when">{ "\u{b7} " }<Ago time={at} /></span>
                }
            </div>
            <div class="muster-brief__line">
                <span class="muster-quiet muster-cut" title={reason.clone()}>{ reason }</span>
                <Offers offers={offers.into_iter().take(1).collect::<Vec<_>>()} />
            </div>
        </div>
    }
}

/// In full: everything that runs, the last sync, and the last test where there was one.
#[function_component]
pub(super) fn Outcomes(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let id = &props.vcenter.id;
    let asked = service.asked_for(id);
    let sync = match service.last_sync_outcome(id) {
        _ if !asked.is_empty() => Html::default(),
        Some(operation) => html! { <Outcome {operation} /> },
        None if service.is_vcenter_busy(id) => html! { <span class="muster-quiet">{ "Starting…" }</span> },
        None => html! { <span class="muster-quiet">{ "Not synced yet" }</span> },
    };
    let test = service.see({
        let id = id.clone();
        move |world| world.last_test(&id).cloned()
    });
    // What goes on by itself leaves in its place what people look for.
    let itself = service.see({
        let id = id.clone();
        move |world| {
            let is_own = |operation: &&Operation| operation.is_of(&id) && operation.origin != Origin::User;
            world.active().filter(is_own).map(in_itself).collect::<Vec<_>>()
        }
    });
    let itself = itself.into_iter().map(|text| html! { <span class="muster-quiet">{ text }</span> });
    html! {
        <div class="muster-stack">
            { for asked.iter().map(|operation| html! {
                <OperationProgress key={operation.id.to_string()} operation={operation.clone()} />
            }) }
            { sync }
            if let Some(operation) = test {
                <Outcome {operation} />
            }
            { for itself }
        </div>
    }
}

/// What goes on by itself, and where it is.
fn in_itself(operation: &Operation) -> String {
    let text = format!("{}: {}", words::job(&operation.job), operation.progress.step);
    text.trim_end_matches(": ").to_owned()
}
