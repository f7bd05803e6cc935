//! What is known of a vCenter's certificate, and of what its account may read.
//! Refuses to call the inventory complete: what an account has no access to doesn't appear.

use crate::components::clipboard;
use crate::components::failure::Alert;
use crate::components::when::local;
use crate::hooks::{open, use_vcenter_service};
use crate::state::route::Dialog;
use crate::state::toasts::Toast;
use crate::state::words::{self, Level};
use contract::command::{EditVcenter, OfferCa};
use contract::{Permissions, Vcenter, least_privilege};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
}

/// A warning where the certificate expires soon, or has.
#[function_component]
pub(super) fn ExpiryWarning(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = props.vcenter.clone();
    let said = service.see(move |world| contract::words::certificate(&vcenter, world.now));
    said.map(|said| html! { <Alert level={Level::Warning} title={contract::words::capital(&said)} /> })
        .unwrap_or_default()
}

/// How its certificate is trusted; beside a pin what could be trusted instead.
#[function_component]
pub(super) fn TrustFact(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let may_change = service.may::<OfferCa>() && service.may::<EditVcenter>();
    let vcenter = &props.vcenter;
    match (vcenter.trust.as_str(), &vcenter.pin) {
        ("pin", Some(pin)) => {
            let id = vcenter.id.clone();
            let offer = Callback::from(move |_: MouseEvent| open(Dialog::OwnCa(id.clone())));
            html! {
                <>
                    { "Pinned certificate, SHA-256 " }<code class="muster-code">{ words::fingerprint(pin) }</code>
                    if may_change && !is_host(vcenter) {
                        <div>
                            <Button variant={ButtonVariant::InlineLink} onclick={offer}>
                                { "Trust the vCenter's own CA instead…" }
                            </Button>
                        </div>
                    }
                </>
            }
        }
        ("ca", _) => "Custom CA".into(),
        _ => "System trust store".into(),
    }
}

/// An ESXi host has no CA of its own.
fn is_host(vcenter: &Vcenter) -> bool {
    vcenter.product.as_deref().is_some_and(|product| product.contains("ESXi"))
}

/// When the certificate expires, or since when it has.
#[function_component]
pub(super) fn ExpiryFact(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let Some(at) = props.vcenter.certificate_expires_at else { return "\u{2013}".into() };
    let word = if service.see(move |world| world.now > at) { "Expired" } else { "Expires" };
    format!("{word} {}", local(at)).into()
}

/// The roles of its account, and what is missing.
#[function_component]
pub(super) fn PermissionsFact(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let Some(permissions) = &props.vcenter.permissions else {
        return "Known after the next full sync".into();
    };
    let copy = |make: fn(&str) -> String| {
        let (service, user) = (service.clone(), props.vcenter.user.clone());
        Callback::from(move |_: MouseEvent| {
            service.toast(match clipboard::copy(&make(&user)) {
                true => Toast::done("The script was copied", "Read it, and run it as an administrator."),
                false => Toast::noted(
                    "The script was not copied".to_owned(),
                    Some("The clipboard can't be written.".to_owned()),
                ),
            });
        })
    };
    let scripts = html! {
        <p>
            { "A script makes a role with exactly what Muster needs, and assigns it to this account: " }
            <Button variant={ButtonVariant::InlineLink} onclick={copy(least_privilege::powercli)}>
                { "Copy for PowerCLI" }
            </Button>
            { ", " }
            <Button variant={ButtonVariant::InlineLink} onclick={copy(least_privilege::govc)}>
                { "Copy for govc" }
            </Button>
        </p>
    };
    html! {
        <div class="muster-permissions">
            <p>{ words::shown(&contract::words::roles(permissions)) }</p>
            { missing(permissions) }
            if permissions.lacks() {
                { scripts }
            }
        </div>
    }
}

fn missing(permissions: &Permissions) -> Html {
    html! {
        <>
            if !permissions.missing.is_empty() {
                <p>{ words::shown(&format!("Not readable: {}", permissions.missing.join(", "))) }</p>
            }
            if !permissions.reads_all() {
                <p>{ format!("{}.", contract::words::OF_WHAT_IT_SEES) }</p>
            }
        </>
    }
}
