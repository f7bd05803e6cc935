//! One vCenter in full: everything that is configured and known of it, and what was done with it lately.

use super::actions::Actions;
use super::counts::Counts;
use super::facts::{Tags, address, product};
use super::outcome::Outcomes;
use super::trusted::{self, ExpiryWarning, PermissionsFact, TrustFact};
use crate::components::outcome::Outcome;
use crate::components::schedule::{NextRun, Of, Schedules};
use crate::components::status::{Age, State};
use crate::hooks::{open, use_vcenter_service};
use crate::state::route::Dialog;
use crate::state::words;
use contract::command::AddSchedule;
use contract::{Kind, Operation, Vcenter};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// Outcomes that are shown.
const OUTCOMES: usize = 10;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// The vCenter in full.
#[function_component]
pub(super) fn Focused(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    let kinds = Kind::LISTED.to_vec();
    let outcomes: Vec<Operation> = service.see({
        let id = vcenter.id.clone();
        move |world| {
            let own = world.outcomes().filter(|operation| operation.is_of(&id));
            own.take(OUTCOMES).cloned().collect()
        }
    });
    let has_outcomes = !outcomes.is_empty();
    let outcomes = outcomes.into_iter().map(
        |operation| html! { <li key={operation.id.to_string()}><Outcome {operation} brief=true /></li> },
    );
    let fact = |name: &str, value: Html| {
        html! {
            <div class="pf-v6-c-description-list__group">
                <dt class="pf-v6-c-description-list__term">
                    <span class="pf-v6-c-description-list__text">{ name }</span>
                </dt>
                <dd class="pf-v6-c-description-list__description">
                    <div class="pf-v6-c-description-list__text muster-words">{ value }</div>
                </dd>
            </div>
        }
    };
    let settings = vcenter.settings.in_words().into_iter();
    let settings = settings.filter(|(title, value)| *title != "Tags" && !value.is_empty());
    let settings = settings.map(|(title, value)| fact(title, words::shown(&value).into()));
    let add_schedule = {
        let id = vcenter.id.clone();
        Callback::from(move |_| open(Dialog::AddSchedule(Some(id.clone()))))
    };
    html! {
        <div class="muster-focus" data-vcenter={vcenter.name.clone()}>
            <ExpiryWarning vcenter={vcenter.clone()} />
            <section class="pf-v6-c-card" aria-label="State">
                <div class="pf-v6-c-card__body muster-focus__state">
                    <State vcenter={vcenter.clone()} />
                    <Age vcenter={vcenter.clone()} />
                    <NextRun vcenter={vcenter.clone()} />
                    <Counts vcenter={vcenter.clone()} {kinds} />
                    <Outcomes vcenter={vcenter.clone()} />
                    <Actions vcenter={vcenter.clone()} />
                </div>
            </section>
            <section class="pf-v6-c-card" aria-labelledby="focus-schedules">
                <div class="pf-v6-c-card__title"><h2 class="pf-v6-c-card__title-text" id="focus-schedules">
                    { "Schedules" }
                </h2></div>
                <div class="pf-v6-c-card__body">
                    <Schedules of={Of::Vcenter(vcenter.id.clone())} />
                    if service.may::<AddSchedule>() {
                        <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={add_schedule}
                            label="Add schedule" />
                    }
                </div>
            </section>
            <section class="pf-v6-c-card" aria-labelledby="focus-configuration">
                <div class="pf-v6-c-card__title"><h2 class="pf-v6-c-card__title-text" id="focus-configuration">
                    { "Configuration" }
                </h2></div>
                <div class="pf-v6-c-card__body">
                    <dl class="pf-v6-c-description-list pf-m-horizontal">
                        { fact("Address", address(vcenter).into()) }
                        { fact("Product", product(vcenter).into()) }
                        { fact("Instance id", vcenter.instance_uuid.clone().unwrap_or_else(|| "\u{2013}".into()).into()) }
                        { fact("User", format!("{} (credential \u{201c}{}\u{201d})", vcenter.user, vcenter.credential).into()) }
                        { fact("Trust", html! { <TrustFact vcenter={vcenter.clone()} /> }) }
                        { fact("Certificate", html! { <trusted::ExpiryFact vcenter={vcenter.clone()} /> }) }
                        { fact("Permissions", html! { <PermissionsFact vcenter={vcenter.clone()} /> }) }
                        if !vcenter.settings.tags.is_empty() {
                            { fact("Tags", html! { <Tags tags={vcenter.settings.tags.clone()} /> }) }
                        }
                        { for settings }
                    </dl>
                </div>
            </section>
            if has_outcomes {
                <section class="pf-v6-c-card" aria-labelledby="focus-outcomes">
                    <div class="pf-v6-c-card__title"><h2 class="pf-v6-c-card__title-text" id="focus-outcomes">
                        { "Recent operations" }
                    </h2></div>
                    <div class="pf-v6-c-card__body">
                        <ul class="muster-outcomes" role="list">{ for outcomes }</ul>
                    </div>
                </section>
            }
        </div>
    }
}
