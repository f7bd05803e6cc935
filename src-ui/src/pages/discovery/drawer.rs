//! One server in full: how it stands and why, which host it is, and everything that its BMC told.
//! Refuses to keep the keyboard: Escape gives it back to the row.

use super::certificate::CertificateOf;
use super::matching::Matching;
use crate::components::clipboard;
use crate::components::drawer::{property, use_closing_key, use_in_view, use_keyboard};
use crate::components::failure::said;
use crate::components::icon::{self, icon};
use crate::components::keys;
use crate::components::link::Link;
use crate::components::when::When;
use crate::hooks::{go, replace, use_vcenter_service};
use crate::state::discovery::{self, OfDiscovery, Part, Sought};
use crate::state::route::Route;
use crate::state::{advice, words};
use contract::Time;
use contract::command::{Command, ReadServers, RemoveServers};
use contract::discovery::{HostWithoutBmc, Server, ServerState};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// The server.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
    pub(super) server: Server,
    /// The hosts that it may be said to be.
    pub(super) hosts: Vec<HostWithoutBmc>,
    /// Whether it was opened by a key, and takes the keyboard; it takes that back.
    pub(super) by_key: Rc<Cell<bool>>,
}

/// The drawer.
#[function_component]
pub(super) fn Drawer(props: &Properties) -> Html {
    let server = &props.server;
    use_closing_key(&props.sought, leave);
    use_keyboard(&server.id, &props.by_key);
    use_in_view();
    let close = {
        let sought = props.sought.clone();
        Callback::from(move |_: MouseEvent| leave(&sought))
    };
    let product = discovery::product(server.vendor.as_deref(), server.model.as_deref());
    html! {
        <aside class="muster-drawer" aria-label="Details" id="drawer">
            <div class="muster-drawer__head">
                <div class="muster-drawer__what">
                    <h2 class="pf-v6-c-title pf-m-md muster-words">{ icon("server") }{ " " }{ words::shown(&server.address) }</h2>
                    if let Some(product) = product {
                        <div class="muster-quiet muster-words">{ words::shown(&product) }</div>
                    }
                </div>
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close the details">{ icon("times") }</Button>
            </div>
            <div class="muster-drawer__body" id="drawer-body" tabindex="0" role="group" aria-label="Server"
                data-details={server.id.to_string()}>
                <div class="muster-operation">
                    { standing(server, &props.sought) }
                    <Actions sought={props.sought.clone()} server={server.clone()} />
                </div>
                <Matching server={server.clone()} hosts={props.hosts.clone()} />
                { facts(server) }
                <h3 class="muster-group">{ "Certificate" }</h3>
                <CertificateOf server={server.clone()} />
                { times(server) }
            </div>
        </aside>
    }
}

/// How it stands, why it could not be read, and what to do.
fn standing(server: &Server, sought: &Sought) -> Html {
    let (word, level) = discovery::state(server.state);
    let next = match server.state {
        ServerState::Untrusted if server.certificate.is_some() => {
            let to = Route::Discovery(sought.asking(Some(OfDiscovery::Approve)));
            html! { <p><Link {to}>{ "Review certificates" }</Link></p> }
        }
        ServerState::Rejected => {
            let to = Route::Discovery(Sought { part: Part::Profiles, ..Sought::default() });
            html! { <p><Link {to}>{ "Credential profiles" }</Link></p> }
        }
        _ => Html::default(),
    };
    html! {
        <div class="muster-operation__reason">
            <p><strong>{ icon::of_level(level) }{ " " }{ word }</strong></p>
            <p class="muster-words muster-quiet">{ discovery::meaning(server.state) }</p>
            if let Some(problem) = &server.problem {
                <p class="muster-words" id="problem">{ said(&problem.message) }</p>
                if !advice::next(problem).is_empty() {
                    <p class="muster-words muster-quiet">{ words::with_fingerprints(advice::next(problem)) }</p>
                }
            }
            { next }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ActionsProperties {
    sought: Sought,
    server: Server,
}

/// What can be done with it.
#[function_component]
fn Actions(props: &ActionsProperties) -> Html {
    let service = use_vcenter_service();
    let copied = use_state_eq(|| "Copy address");
    let server = &props.server;
    let copy = {
        let (url, copied) = (server.url.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            copied.set(if clipboard::copy(&url) { "Copied" } else { "Could not copy" });
        })
    };
    let open = {
        let (service, id) = (service.clone(), server.id.clone());
        Callback::from(move |_: MouseEvent| service.open_server(id.clone()))
    };
    let read = {
        let (service, id) = (service.clone(), server.id.clone());
        Callback::from(move |_: MouseEvent| service.read_servers(vec![id.clone()]))
    };
    let remove = {
        let to = Route::Discovery(props.sought.asking(Some(OfDiscovery::Remove(server.id.clone()))));
        Callback::from(move |_: MouseEvent| go(&to))
    };
    // Nothing logs in there before its certificate is approved.
    let may_read = server.state != ServerState::Untrusted && service.may::<ReadServers>();
    let is_busy = service.see(|world| !discovery::under_way(world.active()).is_empty());
    let size = ButtonSize::Small;
    html! {
        <div class="muster-actions">
            if may_read {
                <Button id="read-server" variant={ButtonVariant::Secondary} {size} disabled={is_busy} onclick={read}
                    label="Read again" />
            }
            <Button id="open-bmc" variant={ButtonVariant::Secondary} {size} onclick={open} label="Open BMC" />
            <Button id="copy-address" variant={ButtonVariant::Secondary} {size} onclick={copy} label={*copied} />
            if service.has_role(RemoveServers::ROLE) {
                <Button id="remove-server" variant={ButtonVariant::Link} {size} onclick={remove} label="Remove\u{2026}" />
            }
        </div>
    }
}

/// Everything that its BMC told.
fn facts(server: &Server) -> Html {
    let fact = |name: &'static str, value: &Option<String>| match value {
        Some(value) if !value.trim().is_empty() => property(name, words::shown(value).into()),
        _ => Html::default(),
    };
    let macs = |name: &'static str, all: &[String]| match all {
        [] => Html::default(),
        all => property(
            name,
            all.iter()
                .map(|mac| html! { <div><code class="muster-code">{ words::shown(mac) }</code></div> })
                .collect(),
        ),
    };
    let health = server.health.as_ref().map(|health| {
        property(
            "Health",
            html! { <>{ icon::of_level(discovery::health(health)) }{ " " }{ words::shown(health) }</> },
        )
    });
    html! {
        <>
            <h3 class="muster-group">{ "Server" }</h3>
            <dl class="muster-properties">
                { fact("Vendor", &server.vendor) }
                { fact("Model", &server.model) }
                { fact("Serial number", &server.serial_number) }
                { fact("Service tag", &server.service_tag) }
                { fact("System UUID", &server.uuid) }
                { fact("Host name", &server.hostname) }
                { fact("Power", &server.power_state) }
                { health.unwrap_or_default() }
                { fact("BIOS version", &server.bios_version) }
                { macs("MAC addresses", &server.mac_addresses) }
            </dl>
            <h3 class="muster-group">{ "BMC" }</h3>
            <dl class="muster-properties">
                { property("Address", html! { <code class="muster-code">{ words::shown(&server.url) }</code> }) }
                { fact("BMC model", &server.bmc_model) }
                { fact("Firmware", &server.bmc_firmware) }
                { macs("BMC MAC addresses", &server.bmc_mac_addresses) }
                { fact("Credential profile", &server.profile) }
            </dl>
        </>
    }
}

fn times(server: &Server) -> Html {
    let when = |at: Option<Time>| match at {
        Some(at) => html! { <When time={at} /> },
        None => "Never".into(),
    };
    html! {
        <>
            <h3 class="muster-group">{ "Times" }</h3>
            <dl class="muster-properties">
                { property("First found", html! { <When time={server.found_at} /> }) }
                { property("Last seen", when(server.seen_at)) }
                { property("Last read", when(server.read_at)) }
            </dl>
            <h3 class="muster-group">{ "Identifiers" }</h3>
            <dl class="muster-properties">
                { property("Server id", html! { <code class="muster-code">{ server.id.to_string() }</code> }) }
            </dl>
        </>
    }
}

/// Closes the drawer, and gives the keyboard back to the rows.
fn leave(sought: &Sought) {
    replace(&Route::Discovery(sought.opening(None)));
    keys::focus("grid");
}
