//! Which ESXi host a server is, said by hand, of those that no known BMC belongs to.
//! Refuses to offer a host that another server is already.

use crate::components::configuration::field::Field;
use crate::components::select::Select;
use crate::hooks::use_vcenter_service;
use crate::state::words;
use contract::command::MatchServer;
use contract::discovery::{HostWithoutBmc, Server};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The server, and the hosts to choose from.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) server: Server,
    pub(super) hosts: Vec<HostWithoutBmc>,
}

/// The choice; nothing where there is none, or the role may not make it.
#[function_component]
pub(super) fn ByHand(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let chosen = use_state_eq(String::new);
    if props.hosts.is_empty() || !service.may::<MatchServer>() {
        return Html::default();
    }
    let mut options = vec![(String::new(), "Select a host\u{2026}".to_owned())];
    options.extend(
        props
            .hosts
            .iter()
            .map(|host| (key(host), words::shown(&format!("{} in {}", host.host, host.vcenter)))),
    );
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |value: String| chosen.set(value))
    };
    let host = props.hosts.iter().find(|host| key(host) == *chosen).cloned();
    let is_chosen = host.is_some();
    let say = {
        let (server, chosen) = (props.server.clone(), chosen.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(host) = &host {
                service.match_server(&server, &host.host, (host.vcenter_id.clone(), host.host_moref.clone()));
                chosen.set(String::new());
            }
        })
    };
    html! {
        <details class="muster-more" id="match-by-hand">
            <summary>{ "Match by hand" }</summary>
            <div class="muster-more__body pf-v6-c-form">
                <Field id="match-host" label="ESXi host" help="Hosts that no known BMC belongs to.">
                    <Select id="match-host" aria_describedby="match-host-said" {options} chosen={(*chosen).clone()} {choose} />
                </Field>
                <div class="muster-actions">
                    <Button id="match-submit" variant={ButtonVariant::Secondary} size={ButtonSize::Small} disabled={!is_chosen}
                        onclick={say} label="Match" />
                </div>
            </div>
        </details>
    }
}

fn key(host: &HostWithoutBmc) -> String {
    format!("{}/{}", host.vcenter_id, host.host_moref)
}
