//! Where policies deliver to: each with its test, and for whoever may change it its form.
//! Refuses to show an address to whoever may not change it: the service doesn't tell it.

use super::destination::DestinationForm;
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::hooks::{go, use_query, use_vcenter_service};
use crate::state::jobs::OfJob;
use crate::state::route::Route;
use crate::state::words;
use contract::DestinationId;
use contract::command::{
    AddDestination, EditDestination, ListDestinations, RemoveDestination, TestDestination,
};
use contract::destination::Destination;
use contract::words::{destination_address, destination_kind};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn Destinations() -> Html {
    let service = use_vcenter_service();
    let listed = use_query(ListDestinations {});
    let add = Callback::from(|_: MouseEvent| go(&Route::Jobs(Some(OfJob::AddDestination))));
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let all = match (listed.value, listed.error) {
        (Some(all), _) if all.is_empty() => html! {
            <p class="muster-quiet">
                { "No destinations yet. A mail server, a webhook or a folder that an administrator adds here can be named by the \
                    steps of policies." }
            </p>
        },
        (Some(all), _) => html! {
            <ul class="muster-schedules muster-destinations" role="list" id="destinations">
                { for all.iter().map(|one| html! { <Item key={one.id.to_string()} one={one.clone()} /> }) }
            </ul>
        },
        (None, Some(error)) => {
            html! { <Failure title="The destinations could not be loaded" {error} {retry} /> }
        }
        (None, None) => Html::default(),
    };
    html! {
        <section aria-labelledby="jobs-destinations">
            <div class="muster-page__head">
                <h2 class="pf-v6-c-title pf-m-lg" id="jobs-destinations">{ "Destinations" }</h2>
                if service.may::<AddDestination>() {
                    <Button id="add-destination" variant={ButtonVariant::Secondary} onclick={add} label="Add destination" />
                }
            </div>
            { all }
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ItemProperties {
    one: Destination,
}

#[function_component]
fn Item(props: &ItemProperties) -> Html {
    let (service, one) = (use_vcenter_service(), &props.one);
    let test = {
        let (service, id) = (service.clone(), one.id.clone());
        Callback::from(move |_: MouseEvent| service.test_destination(id.clone()))
    };
    let to = |dialog: OfJob| Callback::from(move |_: MouseEvent| go(&Route::Jobs(Some(dialog.clone()))));
    let (size, variant, name) = (ButtonSize::Small, ButtonVariant::Link, &one.name);
    let address = one.target.as_ref().map(|target| format!(" \u{b7} {}", destination_address(target)));
    let used = match &one.policies[..] {
        [] => "No policy delivers to it".to_owned(),
        policies => format!("Policies: {}", policies.join(", ")),
    };
    html! {
        <li class="muster-schedules__item" data-destination={name.clone()}>
            <div class="muster-schedules__what">
                <strong class="muster-words">{ words::shown(name) }</strong>
                <span class="muster-words">
                    { words::shown(&format!("{}{}", destination_kind(one.kind), address.unwrap_or_default())) }
                </span>
                <span class="muster-quiet muster-words">{ words::shown(&used) }</span>
            </div>
            <div class="muster-actions">
                if service.may::<TestDestination>() {
                    <Button {variant} {size} onclick={test} label="Test" aria_label={format!("Test: {name}")} />
                }
                if service.may::<EditDestination>() {
                    <Button {variant} {size} onclick={to(OfJob::Destination(one.id.clone()))} label="Edit"
                        aria_label={format!("Edit: {name}")} />
                }
                if service.may::<RemoveDestination>() {
                    <Button {variant} {size} onclick={to(OfJob::RemoveDestination(one.id.clone()))} label="Remove\u{2026}"
                        aria_label={format!("Remove: {name}")} />
                }
            </div>
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct BeforeProperties {
    pub(super) dialog: OfJob,
    pub(super) close: Callback<()>,
}

/// The form or the question that is open. Of a destination that is gone, or not known yet, there is none.
#[function_component]
pub(super) fn Before(props: &BeforeProperties) -> Html {
    let all = use_query(ListDestinations {}).value;
    let close = props.close.clone();
    let find =
        |id: &DestinationId| all.as_ref().and_then(|all| all.iter().find(|one| one.id == *id)).cloned();
    match &props.dialog {
        OfJob::AddDestination => html! { <DestinationForm {close} /> },
        OfJob::Destination(id) => find(id)
            .map(|one| html! { <DestinationForm key={id.to_string()} before={Some(one)} {close} /> })
            .unwrap_or_default(),
        OfJob::RemoveDestination(id) => {
            find(id).map(|one| html! { <Remove {one} {close} /> }).unwrap_or_default()
        }
        _ => Html::default(),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RemoveProperties {
    one: Destination,
    close: Callback<()>,
}

/// Whether it is really to be removed.
#[function_component]
fn Remove(props: &RemoveProperties) -> Html {
    let service = use_vcenter_service();
    let remove = {
        let (one, close) = (props.one.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            service.remove_destination(&one);
            close.emit(());
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let is_used = !props.one.policies.is_empty();
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Danger} onclick={remove} disabled={is_used} label="Remove" />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Remove destination {}?", props.one.name)} close={props.close.clone()} {actions}>
            if is_used {
                <p class="muster-words">
                    { words::shown(&format!("These policies deliver to it: {}. Change or remove them first.", props.one.policies.join(", "))) }
                </p>
            } else {
                <p>{ "Nothing is delivered to it any more. Its credential, and files that were written, stay." }</p>
            }
        </Dialog>
    }
}
