//! What is silenced: by whom, why, and until when.
//! Refuses to hide what has ended: it says why something was quiet for a while.

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::when::local;
use crate::hooks::{use_command, use_query, use_vcenter_service};
use crate::state::toasts::Toast;
use crate::state::words::shown;
use contract::command::{ListWaivers, RemoveWaiver};
use contract::health::{Waiver, rule};
use contract::words;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// The part of the page.
#[function_component]
pub(super) fn WaiversPart() -> Html {
    let service = use_vcenter_service();
    let answer = use_query(ListWaivers {});
    let is_waiting = answer.is_loading();
    let retry = Callback::from(move |()| service.refresh());
    let content = match (answer.value, answer.error) {
        (Some(all), _) if all.is_empty() => html! {
            <Empty icon="bell-slash" title="Nothing is waived">
                { "A waiver silences what a rule finds, for a reason and a time. Open a finding to waive it." }
            </Empty>
        },
        (Some(all), _) => html! {
            <table class="muster-findings muster-waivers" aria-label="Waivers">
                <thead>
                    <tr>
                        <th scope="col">{ "Rule" }</th>
                        <th scope="col">{ "Applies to" }</th>
                        <th scope="col">{ "Reason" }</th>
                        <th scope="col">{ "Until" }</th>
                        <th scope="col">{ "By" }</th>
                        <td class="muster-findings__actions" />
                    </tr>
                </thead>
                <tbody>{ for all.iter().map(|one| html! { <Row key={one.id.clone()} waiver={one.clone()} /> }) }</tbody>
            </table>
        },
        (None, Some(error)) => html! { <Failure title="The waivers could not be loaded" {error} {retry} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading waivers" /></div> },
    };
    html! { <div id="waivers" aria-busy={is_waiting.to_string()}>{ content }</div> }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProperties {
    waiver: Waiver,
}

#[function_component]
fn Row(props: &RowProperties) -> Html {
    let waiver = &props.waiver;
    let service = use_vcenter_service();
    let vcenters = service.vcenters().unwrap_or_default();
    let named = |id: &contract::VcenterId| {
        vcenters.iter().find(|one| one.id == *id).map_or_else(|| id.to_string(), |one| one.name.clone())
    };
    let title = rule(&waiver.rule).map_or(waiver.rule.as_str(), |rule| rule.title);
    let command = RemoveWaiver { waiver: waiver.id.clone() };
    let remove = use_command(command, "Not removed", |service, removed: Waiver| {
        let title = rule(&removed.rule).map_or(removed.rule.as_str(), |rule| rule.title);
        service.toast(Toast::done(format!("{title}: waiver removed"), ""));
    });
    let may = service.may::<RemoveWaiver>();
    let until = waiver.until;
    let has_ended = service.see(move |world| until.is_some_and(|until| until <= world.now));
    html! {
        <tr data-waiver={waiver.id.clone()}>
            <th scope="row">{ title }</th>
            <td>{ shown(&words::scope(&waiver.scope, named)) }</td>
            <td class="muster-words">{ shown(&waiver.reason) }</td>
            <td>
                if has_ended { { "Ended: " } }
                if let Some(until) = until { <time datetime={until.to_string()}>{ local(until) }</time> } else { { "Until removed" } }
            </td>
            <td>{ shown(&waiver.by) }</td>
            <td class="muster-findings__actions">
                if may {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} disabled={remove.is_under_way}
                        onclick={remove.start.reform(|_: MouseEvent| ())} label="Remove"
                        aria_label={format!("Remove the waiver of {title}")} />
                }
            </td>
        </tr>
    }
}
