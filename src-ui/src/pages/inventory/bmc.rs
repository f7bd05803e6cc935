//! The BMC of an ESXi host, in the host's details: where it is, and what it told last.
//! Refuses to say that a host has none: nobody may have looked.

use crate::components::drawer::property;
use crate::components::icon;
use crate::components::link::Link;
use crate::components::when::Ago;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::discovery::{self, Sought};
use crate::state::route::{Route, Selected};
use crate::state::words::{self, Level};
use contract::command::{OpenServer, ServerOfHost};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The host.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) host: Selected,
}

/// Its BMC; nothing where none is known.
#[function_component]
pub(super) fn Bmc(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let Selected { vcenter, moref } = props.host.clone();
    let Some(server) = use_query(ServerOfHost { vcenter, moref }).value else { return Html::default() };
    let Some(server) = server.as_ref() else { return Html::default() };
    let open = {
        let (service, id) = (service.clone(), server.id.clone());
        Callback::from(move |_: MouseEvent| service.open_server(id.clone()))
    };
    let address = words::shown(&server.address);
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| property(name, words::shown(&value).into())).unwrap_or_default()
    };
    let health = server.health.as_ref().map(|health| {
        property(
            "Health",
            html! { <>{ icon::of_level(discovery::health(health)) }{ " " }{ words::shown(health) }</> },
        )
    });
    html! {
        <section id="bmc" aria-label="BMC" data-server={server.id.to_string()}>
            <h3 class="muster-group">{ "BMC" }</h3>
            <dl class="muster-properties">
                { property("Address", html! {
                    <Link to={Route::Discovery(Sought::server(&server.id))}>{ address }</Link>
                }) }
                { fact("Firmware", discovery::firmware(server)) }
                { fact("Power", server.power_state.clone()) }
                { health.unwrap_or_default() }
                { property("Seen", server.seen_at.map_or_else(|| "Never".into(), |at| html! { <Ago time={at} /> })) }
            </dl>
            if service.may::<OpenServer>() {
                <div class="muster-actions">
                    <Button id="open-bmc" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={open} label="Open BMC" />
                </div>
            }
            if let Some(problem) = discovery::unread(server) {
                <p class="muster-words">{ icon::of_level(Level::Warning) }{ " " }{ format!("Not read last time: {problem}") }</p>
            }
        </section>
    }
}
