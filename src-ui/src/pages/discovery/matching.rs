//! Which ESXi host a server is, why, and which others it might be; and what a person says of that.
//! Refuses to decide: it shows the score and the reasons of each.

use super::by_hand::ByHand;
use crate::components::link::Link;
use crate::hooks::{VcenterService, use_vcenter_service};
use crate::state::discovery;
use crate::state::words;
use contract::command::{MatchServer, RejectMatch, UnmatchServer};
use contract::discovery::{Candidate, HostWithoutBmc, RejectedHost, Server};
use contract::{Moref, VcenterId};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The server.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) server: Server,
    /// The hosts that it may be said to be.
    pub(super) hosts: Vec<HostWithoutBmc>,
}

/// The host, and the candidates.
#[function_component]
pub(super) fn Matching(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let server = &props.server;
    let others: Vec<&Candidate> =
        server.candidates.iter().filter(|candidate| discovery::is_open(server, candidate)).collect();
    let is_matched = server.host.is_some();
    let has_rejections = !server.rejected_hosts.is_empty();
    if !is_matched
        && others.is_empty()
        && server.reasons.is_empty()
        && props.hosts.is_empty()
        && !has_rejections
    {
        return Html::default();
    }
    html! {
        <section id="matching" aria-label="ESXi host">
            <h3 class="muster-group">{ "ESXi host" }</h3>
            { matched(&service, server) }
            if !is_matched && others.is_empty() && !has_rejections {
                <p class="muster-quiet">{ "None is known." }</p>
            }
            if !others.is_empty() {
                <h3 class="muster-group">{ format!("Candidates ({})", others.len()) }</h3>
                <ul class="muster-candidates" role="list">
                    { for others.into_iter().map(|one| candidate(&service, server, one)) }
                </ul>
            }
            if has_rejections {
                { rejections(&service, server) }
            }
            if !is_matched {
                <ByHand server={server.clone()} hosts={props.hosts.clone()} />
            }
        </section>
    }
}

/// The host that it is, with the reasons.
fn matched(service: &VcenterService, server: &Server) -> Html {
    let unmatch = {
        let (service, server) = (service.clone(), server.clone());
        Callback::from(move |_: MouseEvent| service.unmatch_server(&server))
    };
    let host = server.host.as_ref().map(|host| {
        let name = html! { { words::shown(host) } };
        let name = match discovery::host_of(server) {
            Some(to) => html! { <Link {to}>{ name }</Link> },
            None => name,
        };
        let vcenter = server.vcenter.as_deref().map(|vcenter| format!(" in {}", words::shown(vcenter)));
        html! { <p class="muster-words" id="host-of-server">{ name }{ vcenter }</p> }
    });
    html! {
        <>
            { host.unwrap_or_default() }
            if let (Some(score), Some(_), false) = (server.score, &server.host, server.confirmed) {
                <p class="muster-quiet">{ format!("Score {score} of 100") }</p>
            }
            { reasons(&server.reasons) }
            if (server.host.is_some() || server.confirmed) && service.may::<UnmatchServer>() {
                <Button id="unmatch" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={unmatch}
                    label="Unmatch" />
            }
        </>
    }
}

/// Which hosts it is not, as people said, and how that is taken back.
fn rejections(service: &VcenterService, server: &Server) -> Html {
    let forget = {
        let (service, server) = (service.clone(), server.clone());
        Callback::from(move |_: MouseEvent| service.forget_rejections(&server))
    };
    let one = |one: &RejectedHost| {
        let place = format!("{}/{}", one.vcenter_id, one.host_moref);
        html! {
            <li key={place} class="muster-words">
                <Link to={discovery::host(&one.vcenter_id, &one.host_moref)}>{ words::shown(&one.host) }</Link>
                { format!(" in {}", words::shown(&one.vcenter)) }
            </li>
        }
    };
    html! {
        <>
            <h3 class="muster-group">{ "Not these hosts, as people said" }</h3>
            <ul class="muster-candidates" id="rejected-hosts" role="list">{ for server.rejected_hosts.iter().map(one) }</ul>
            if service.may::<UnmatchServer>() {
                <div class="muster-actions">
                    <Button id="forget-rejections" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={forget}
                        label="Take back" />
                </div>
            }
        </>
    }
}

fn candidate(service: &VcenterService, server: &Server, one: &Candidate) -> Html {
    let key = format!("{}/{}", one.vcenter_id, one.host_moref);
    let does = |act: fn(&VcenterService, &Server, &str, (VcenterId, Moref))| {
        let (service, server, one) = (service.clone(), server.clone(), one.clone());
        let place = (one.vcenter_id.clone(), one.host_moref.clone());
        Callback::from(move |_: MouseEvent| act(&service, &server, &one.host, place.clone()))
    };
    let size = ButtonSize::Small;
    html! {
        <li key={key.clone()} data-candidate={key}>
            <div class="muster-words">
                <Link to={discovery::host(&one.vcenter_id, &one.host_moref)}>{ words::shown(&one.host) }</Link>
                { format!(" in {}", words::shown(&one.vcenter)) }
                <span class="muster-quiet">{ format!(" \u{b7} score {} of 100", one.score) }</span>
            </div>
            { reasons(&one.reasons) }
            <div class="muster-actions">
                if service.may::<MatchServer>() {
                    <Button variant={ButtonVariant::Secondary} {size} onclick={does(VcenterService::match_server)} label="Match"
                        aria_label={format!("Match {} with {}", server.address, one.host)} />
                }
                if service.may::<RejectMatch>() {
                    <Button variant={ButtonVariant::Link} {size} onclick={does(VcenterService::reject_match)}
                        label="Not this host" aria_label={format!("{} is not {}", server.address, one.host)} />
                }
            </div>
        </li>
    }
}

fn reasons(all: &[String]) -> Html {
    let reason =
        |one: &String| html! { <li class="muster-words">{ words::shown(&words::capital(one)) }</li> };
    html! {
        if !all.is_empty() {
            <ul class="muster-reasons">{ for all.iter().map(reason) }</ul>
        }
    }
}
