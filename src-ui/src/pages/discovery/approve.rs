//! The certificates of BMCs that nobody approved yet, for a person to compare and approve.
//! Refuses to approve what it didn't show: what is sent are the fingerprints that were on screen, as they were then.

use crate::components::dialog::Dialog;
use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::icon;
use crate::components::when::local;
use crate::hooks::{use_is_there, use_vcenter_service};
use crate::state::discovery::{self, STEP};
use crate::state::toasts::Toast;
use crate::state::words::{self, Level};
use contract::command::ApproveServers;
use contract::discovery::Server;
use contract::{ApiError, Code, ServerId};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::{platform::spawn_local, prelude::*};

/// The servers whose certificates are not approved.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) servers: Vec<Server>,
    pub(super) close: Callback<()>,
}

/// The list, and the word of a person.
#[function_component]
pub(super) fn Approve(props: &Properties) -> Html {
    let service = use_vcenter_service();
    // As they were when it was opened: what changes under the eyes is not what was compared.
    let servers = use_state(|| props.servers.clone());
    let limit = use_state_eq(|| STEP);
    let chosen = use_state_eq(Vec::<ServerId>::new);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_saving = use_state_eq(|| false);
    // Whether what is on screen is known to be of before: then it follows what is known, until somebody chooses again.
    let outdated = use_state_eq(|| false);
    let is_there = use_is_there();
    {
        let (servers, outdated) = (servers.clone(), outdated.clone());
        let follows = (*outdated, chosen.is_empty(), props.servers.clone());
        use_effect_with(follows, move |(is_outdated, is_free, now)| match (*is_outdated, *is_free) {
            (true, true) => servers.set(now.clone()),
            (true, false) => outdated.set(false),
            (false, _) => {}
        });
    }
    let may = service.may::<ApproveServers>();
    let shown = &servers[..servers.len().min(*limit)];
    let approve = {
        let (service, servers, chosen) = (service.clone(), servers.clone(), chosen.clone());
        let (failure, is_saving, close) = (failure.clone(), is_saving.clone(), props.close.clone());
        let outdated = outdated.clone();
        Callback::from(move |_: MouseEvent| {
            let (outdated, chosen) = (outdated.clone(), chosen.clone());
            let approvals = discovery::approvals(&servers, &chosen);
            let (service, close, is_there) = (service.clone(), close.clone(), is_there.clone());
            let (failure, is_saving) = (failure.clone(), is_saving.clone());
            is_saving.set(true);
            failure.set(None);
            spawn_local(async move {
                match service.approve_servers(approvals).await {
                    Ok(()) if is_there.get() => close.emit(()),
                    Ok(()) => {}
                    Err(error) if is_there.get() => {
                        is_saving.set(false);
                        outdated.set(error.code == Code::ChangedMeanwhile);
                        chosen.set(Vec::new());
                        failure.set(Some(error));
                    }
                    Err(error) => service.toast(Toast::refused("The certificates were not approved", &error)),
                }
            });
        })
    };
    let all_shown = {
        let (chosen, ids) = (
            chosen.clone(),
            shown.iter().filter(|one| one.waits_for_approval()).map(|one| one.id.clone()).collect::<Vec<_>>(),
        );
        let many = ids.len();
        let is_all = !ids.is_empty() && ids.iter().all(|id| chosen.contains(id));
        let onchange =
            Callback::from(move |_: Event| chosen.set(if is_all { Vec::new() } else { ids.clone() }));
        html! {
            <label class="muster-check">
                <input type="checkbox" id="approve-all-shown" checked={is_all} {onchange} />
                { format!("Select all shown ({})", words::grouped(many as i64)) }
            </label>
        }
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let many = chosen.len();
    let label = match many {
        _ if *is_saving => "Approving\u{2026}".to_owned(),
        0 => "Approve".to_owned(),
        many => format!("Approve {}", words::grouped(many as i64)),
    };
    let actions = html! {
        <>
            if may && !servers.is_empty() {
                <Button id="approve-submit" variant={ButtonVariant::Primary} disabled={*is_saving || many == 0}
                    onclick={approve} {label} />
            }
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Close" />
        </>
    };
    let more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit + STEP))
    };
    html! {
        <Dialog title="Review certificates" close={props.close.clone()} {actions} wide=true>
            if servers.is_empty() {
                <Empty icon="check-circle" title="All certificates are approved">
                    { "BMCs that a scan finds anew are listed here before anything logs in to them." }
                </Empty>
            } else {
                <p class="muster-words">
                    { "Nothing logs in to a BMC before its certificate is approved. Compare the fingerprints with what the BMCs \
                       show at their consoles; from then on only the approved certificate is trusted at each address." }
                </p>
                if may { { all_shown } } else { <p>{ discovery::not_approving() }</p> }
                <ul class="muster-certificates" id="approve-all" role="list">
                    { for shown.iter().map(|server| one(server, may, &chosen)) }
                </ul>
                if shown.len() < servers.len() {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={more}
                        label={format!("Show more of {}", words::grouped(servers.len() as i64))} />
                }
            }
            if let Some(error) = &*failure {
                <Failure title="Not all were approved" error={error.clone()} />
            }
        </Dialog>
    }
}

/// A certificate, with what tells it from others.
fn one(server: &Server, may: bool, chosen: &UseStateHandle<Vec<ServerId>>) -> Html {
    let Some(certificate) = &server.certificate else { return Html::default() };
    let is_chosen = chosen.contains(&server.id);
    let onchange = {
        let (chosen, id) = (chosen.clone(), server.id.clone());
        Callback::from(move |_: Event| {
            let mut next = (*chosen).clone();
            match next.iter().position(|one| *one == id) {
                Some(position) => drop(next.remove(position)),
                None => next.push(id.clone()),
            }
            chosen.set(next);
        })
    };
    let product = discovery::product(server.vendor.as_deref(), server.model.as_deref());
    let address = words::shown(&server.address);
    html! {
        <li key={server.id.to_string()} data-server={server.id.to_string()} data-address={server.address.clone()}>
            <label class="muster-check">
                if may {
                    <input type="checkbox" checked={is_chosen} {onchange} aria-label={format!("Approve the certificate of {address}")} />
                }
                <span class="muster-words">
                    <strong>{ address.clone() }</strong>
                    if let Some(product) = product { { format!(" \u{b7} {}", words::shown(&product)) } }
                </span>
            </label>
            <dl class="muster-certificate">
                <dt>{ "SHA-256" }</dt>
                <dd><code class="muster-code">{ words::fingerprint(&certificate.sha256) }</code></dd>
                <dt>{ "Subject" }</dt><dd>{ words::shown(&certificate.subject) }</dd>
                <dt>{ "Issued by" }</dt><dd>{ words::shown(&certificate.issuer) }</dd>
                <dt>{ "Valid" }</dt>
                <dd>{ format!("{} to {}", local(certificate.not_before), local(certificate.not_after)) }</dd>
            </dl>
            if let Some(doubt) = discovery::doubt(server) {
                <p class="muster-words">{ icon::of_level(Level::Warning) }{ " " }{ doubt }</p>
            }
            if let Some(same) = discovery::same_certificate(server.same_certificate) {
                <p class="muster-words" data-same={server.same_certificate.to_string()}>
                    { icon::of_level(Level::Warning) }{ " " }{ same }
                </p>
            }
        </li>
    }
}
