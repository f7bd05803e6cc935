//! The part of the page with the ESXi hosts that no known BMC belongs to.
//! Refuses to say that they have none: nobody scanned everywhere.

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::link::Link;
use crate::hooks::use_vcenter_service;
use crate::state::cache::Answer;
use crate::state::discovery::{self, STEP};
use crate::state::words;
use contract::discovery::{Discovered, HostWithoutBmc};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// What is known.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) answer: Answer<Discovered>,
}

/// The part of the page.
#[function_component]
pub(super) fn HostsPart(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let limit = use_state_eq(|| STEP);
    let Answer { value, error } = props.answer.clone();
    let retry = Callback::from(move |()| service.refresh());
    let Some(known) = value else {
        return match error {
            Some(error) => html! { <Failure title="The hosts could not be loaded" {error} {retry} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading hosts" /></div> },
        };
    };
    let hosts = &known.hosts_without_bmc;
    if hosts.is_empty() {
        let has_some = known.servers.iter().any(|server| server.host.is_some());
        return html! {
            if has_some {
                <Empty icon="check-circle" title="Every ESXi host has a known BMC">
                    { "A host stands here while no server that was found is it." }
                </Empty>
            } else {
                <Empty icon="server" title="No ESXi hosts yet">
                    { "Hosts stand here once a vCenter was synced, while no server that was found is one of them." }
                </Empty>
            }
        };
    }
    let more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit + STEP))
    };
    let shown = hosts.len().min(*limit);
    html! {
        <>
            <div class="muster-rows" id="hosts-without-bmc">
                <table class="muster-operations muster-servers" aria-label="ESXi hosts without a known BMC">
                    <thead>
                        <tr>
                            <th scope="col">{ "ESXi host" }</th>
                            <th scope="col">{ "vCenter" }</th>
                            <th scope="col">{ "Server" }</th>
                            <th scope="col">{ "Serial number" }</th>
                            <th scope="col" class="muster-number muster-servers__candidates">{ "Candidates" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for hosts.iter().take(shown).map(row) }</tbody>
                </table>
            </div>
            <div class="muster-foot">
                <span class="muster-quiet" aria-live="polite">
                    { match shown < hosts.len() {
                        true => format!("The first {} of {}", words::grouped(shown as i64), words::counted(hosts.len(), "host", "hosts")),
                        false => words::counted(hosts.len(), "host", "hosts"),
                    } }
                </span>
                if shown < hosts.len() {
                    <span class="muster-pages">
                        <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={more} label="Show more" />
                    </span>
                }
            </div>
        </>
    }
}

fn row(host: &HostWithoutBmc) -> Html {
    let key = format!("{}/{}", host.vcenter_id, host.host_moref);
    let product = discovery::product(host.vendor.as_deref(), host.model.as_deref());
    let cut = |text: Option<&str>| {
        let text = text.map_or_else(|| "\u{2013}".to_owned(), words::shown);
        html! { <td title={text.clone()}>{ text }</td> }
    };
    html! {
        <tr key={key.clone()} data-host={key}>
            <td>
                <Link to={discovery::host(&host.vcenter_id, &host.host_moref)} title={words::shown(&host.host)}>
                    { words::shown(&host.host) }
                </Link>
            </td>
            { cut(Some(&host.vcenter)) }
            { cut(product.as_deref()) }
            { cut(host.serial_number.as_deref()) }
            <td class="muster-number muster-servers__candidates">{ words::grouped(host.candidates as i64) }</td>
        </tr>
    }
}
