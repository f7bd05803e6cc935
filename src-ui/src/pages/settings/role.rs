//! The role of this window: lowered until Muster ends, and locked with a passphrase if that is wanted.
//! Refuses to hold a passphrase: its field alone does, until it is sent.

use super::{Radios, Section};
use crate::components::configuration::field::Field;
use crate::components::failure::Failure;
use crate::components::keys;
use crate::hooks::use_vcenter_service;
use crate::state::roles;
use contract::command::{LowerRole, Password, RaiseRole, WindowRole};
use contract::{ApiError, Role};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonType, ButtonVariant};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn RoleOfTheWindow() -> Html {
    let shown = use_vcenter_service().role();
    html! {
        <Section id="role" title="Role">
            if let Some(shown) = shown { <Choice {shown} /> }
            <p class="muster-quiet">
                { "A lower role prevents mistakes: on a wall display, with a colleague at the desk, or for trying something out. It \
                    applies to the windows, the tray and the notifications of this Muster until it ends. It doesn't protect \
                    the data: anybody who can open the data folder can start Muster again as admin." }
            </p>
        </Section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ChoiceProperties {
    shown: WindowRole,
}

#[function_component]
fn Choice(props: &ChoiceProperties) -> Html {
    let service = use_vcenter_service();
    let shown = props.shown;
    let chosen = use_state_eq(|| None::<Role>);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_under_way = use_state_eq(|| false);
    let passphrase = use_node_ref();
    use_effect_with((*failure).clone(), |failure| {
        if failure.is_some() {
            // A wrong one is typed again.
            keys::focus("role-passphrase");
            // It may be below what is seen.
            keys::reveal("role-failure");
        }
    });
    let role = chosen.unwrap_or(shown.role);
    let options: Vec<(&'static str, AttrValue)> = roles::choices(shown)
        .into_iter()
        .map(|role| (role.name(), format!("{}: {}", roles::title(role), roles::words(role)).into()))
        .collect();
    if options.len() < 2 {
        let words = format!("{}: {}.", roles::title(shown.role), roles::words(shown.role));
        return html! { <p>{ words }{ " Muster was started in the lowest role." }</p> };
    }
    let choose = {
        let (chosen, failure) = (chosen.clone(), failure.clone());
        Callback::from(move |name: &'static str| {
            chosen.set(Role::from_name(name));
            failure.set(None);
        })
    };
    let onsubmit = {
        let (passphrase, service) = (passphrase.clone(), service.clone());
        let (chosen, failure, is_under_way) = (chosen.clone(), failure.clone(), is_under_way.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let field = passphrase.cast::<HtmlInputElement>();
            let typed =
                field.as_ref().map(HtmlInputElement::value).filter(|typed| !typed.is_empty()).map(Password);
            if let Some(field) = field {
                field.set_value("");
            }
            let done = {
                let (chosen, failure, is_under_way) = (chosen.clone(), failure.clone(), is_under_way.clone());
                move |answer: Result<WindowRole, ApiError>| {
                    is_under_way.set(false);
                    match answer {
                        Ok(_) => chosen.set(None),
                        Err(error) => failure.set(Some(error)),
                    }
                }
            };
            failure.set(None);
            is_under_way.set(true);
            match role < shown.role {
                true => service.change_role(LowerRole { role, passphrase: typed }, done),
                false => service.change_role(RaiseRole { role, passphrase: typed }, done),
            }
        })
    };
    let (lowers, raises) = (role < shown.role, role > shown.role);
    let (label, help) = match raises {
        true => ("Passphrase", "The one that the role was locked with."),
        false => (
            "Passphrase to raise it again",
            "Leave blank to raise it again without one. If you forget it, restart Muster.",
        ),
    };
    let asks = if raises { shown.is_locked } else { lowers && !shown.is_locked };
    html! {
        <form class="muster-stack" id="role-form" {onsubmit} novalidate=true autocomplete="off">
            <Radios name="role" legend="Role, until Muster ends" {options} chosen={role.name()} {choose} />
            if asks {
                <div class="muster-settings__passphrase pf-v6-c-form">
                    <Field id="role-passphrase" {label} {help}>
                        <span class="pf-v6-c-form-control">
                            <input id="role-passphrase" type="password" ref={passphrase} autocomplete="new-password"
                                aria-describedby="role-passphrase-said" />
                        </span>
                    </Field>
                </div>
            }
            if let Some(error) = &*failure {
                <div id="role-failure"><Failure title="The role was not changed" error={error.clone()} /></div>
            }
            <div>
                <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} r#type={ButtonType::Submit}
                    disabled={!(lowers || raises) || *is_under_way}
                    label={if *is_under_way { "Changing…" } else { "Change role" }} />
            </div>
        </form>
    }
}
