//! Certificates: shown whole, and approved by a person who compared them.
//! Refuses to approve a changed one by a click: the host's name has to be typed.

use super::field::Field;
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::components::status::LevelLabel;
use crate::components::when::local;
use crate::hooks::{VcenterService, use_is_there, use_vcenter_service};
use crate::state::toasts::Toast;
use crate::state::words::{self, Level};
use contract::command::Change;
use contract::{ApiError, Certificate, Probe, Trust, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::{platform::spawn_local, prelude::*};

/// A certificate.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct ShownProperties {
    pub(crate) certificate: Certificate,
}

/// All that tells one certificate from another.
#[function_component]
pub(crate) fn Shown(props: &ShownProperties) -> Html {
    let certificate = &props.certificate;
    let (from, to) = (certificate.not_before, certificate.not_after);
    let outside = use_vcenter_service().see(move |world| match world.now {
        now if now > to => Some("Expired"),
        now if now < from => Some("Not valid yet"),
        _ => None,
    });
    let names = if certificate.names.is_empty() { "none".to_owned() } else { certificate.names.join(", ") };
    html! {
        <dl class="muster-certificate">
            <dt>{ "SHA-256" }</dt>
            <dd><code class="muster-code">{ words::fingerprint(&certificate.sha256) }</code></dd>
            <dt>{ "Subject" }</dt><dd>{ words::shown(&certificate.subject) }</dd>
            <dt>{ "Issued by" }</dt><dd>{ words::shown(&certificate.issuer) }</dd>
            <dt>{ "Names" }</dt><dd>{ words::shown(&names) }</dd>
            <dt>{ "Valid" }</dt>
            <dd>
                { format!("{} to {} ", local(from), local(to)) }
                if let Some(word) = outside {
                    <LevelLabel level={Level::Warning} {word} />
                }
            </dd>
        </dl>
    }
}

/// The vCenter whose certificate is not trusted.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) close: Callback<()>,
}

#[derive(Clone, PartialEq)]
enum Stage {
    Looking,
    Seen(Box<Probe>),
    Saving(Box<Probe>),
    /// What could not be done, and why.
    Failed(&'static str, ApiError),
}

/// Old and new side by side, and the word of a person.
#[function_component]
pub(super) fn Review(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let stage = use_state_eq(|| Stage::Looking);
    let typed = use_state_eq(String::new);
    let is_there = use_is_there();
    // As it was when the server was looked at: where it is another one by now, what is approved is not its certificate.
    let vcenter = (*use_state(|| props.vcenter.clone())).clone();
    {
        let (service, stage, vcenter) = (service.clone(), stage.clone(), vcenter.clone());
        use_effect_with((), move |()| {
            spawn_local(async move {
                match service.probe(vcenter.id).await {
                    Ok(Some(probe)) => stage.set(Stage::Seen(Box::new(probe))),
                    // Nothing was typed that could be another address.
                    Ok(None) => {}
                    Err(error) => stage.set(Stage::Failed("The server could not be checked", error)),
                }
            });
        });
    }
    // The question is there only once the server was looked at.
    let is_asked = matches!(&*stage, Stage::Seen(probe) if !probe.trusted);
    use_effect_with(is_asked, |is_asked| {
        if *is_asked {
            crate::components::keys::focus("certificate-host");
        }
    });
    let names = match &*stage {
        Stage::Seen(probe) | Stage::Saving(probe) => names(&vcenter.host, probe),
        Stage::Looking | Stage::Failed(..) => Vec::new(),
    };
    let matches = is_typed(&typed, &names);
    let approve = |probe: &Probe| {
        let (service, stage, close) = (service.clone(), stage.clone(), props.close.clone());
        let (vcenter, probe, is_there) = (vcenter.clone(), Box::new(probe.clone()), is_there.clone());
        Callback::from(move |()| {
            stage.set(Stage::Saving(probe.clone()));
            let (service, stage, close) = (service.clone(), stage.clone(), close.clone());
            let (vcenter, sha256) = (vcenter.clone(), probe.certificate.sha256.clone());
            let is_there = is_there.clone();
            spawn_local(async move {
                let trust = Trust::Pin { sha256 };
                match store(&service, &vcenter, trust, "certificate", Toast::approved, &is_there).await {
                    Some(Ok(())) => close.emit(()),
                    Some(Err(error)) => stage.set(Stage::Failed("The certificate was not stored", error)),
                    None => {}
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let (body, primary) = match &*stage {
        Stage::Looking => (
            html! { <div class="muster-waiting"><Spinner aria_label="Checking the server" /></div> },
            Html::default(),
        ),
        Stage::Failed(title, error) => {
            (html! { <Failure title={*title} error={error.clone()} /> }, Html::default())
        }
        Stage::Seen(probe) | Stage::Saving(probe) if probe.trusted => (
            html! {
                <Alert level={Level::Good} title="This certificate is trusted">
                    <Shown certificate={probe.certificate.clone()} />
                </Alert>
            },
            Html::default(),
        ),
        Stage::Seen(probe) | Stage::Saving(probe) => {
            let saving = matches!(*stage, Stage::Saving(_));
            (
                html! {
                    <>
                        { compared(&vcenter, probe) }
                        <form class="pf-v6-c-form" onsubmit={Callback::from(|event: SubmitEvent| event.prevent_default())}>
                            { host_name(&names, &typed, &if saving { Callback::noop() } else { approve(probe) }) }
                        </form>
                    </>
                },
                html! {
                    <Button variant={ButtonVariant::Danger} disabled={!matches || saving} onclick={approve(probe).reform(|_: MouseEvent| ())}
                        label={if saving { "Saving…" } else { "Trust the new certificate" }} />
                },
            )
        }
    };
    let actions =
        html! { <>{ primary }<Button variant={ButtonVariant::Link} onclick={cancel} label="Close" /></> };
    html! {
        <Dialog title={format!("Certificate of {}", vcenter.name)} close={props.close.clone()} {actions} wide=true>
            { body }
        </Dialog>
    }
}

/// Stores what the certificate of a vCenter is verified by from now on, and tests the connection. Nothing comes back where the
/// dialog was closed meanwhile: a toast says of a failure then what of it was not stored.
pub(super) async fn store(
    service: &VcenterService,
    vcenter: &Vcenter,
    trust: Trust,
    what: &str,
    done: impl FnOnce(&Vcenter) -> Toast,
    is_there: &Cell<bool>,
) -> Option<Result<(), ApiError>> {
    let change = Change { trust: Some(trust), ..Change::default() };
    let stored = service.edit(vcenter, change).await;
    match &stored {
        Ok(saved) => {
            service.toast(done(&saved.vcenter));
            service.test_connection(&saved.vcenter);
        }
        Err(error) if !is_there.get() => {
            service.toast(Toast::refused(&format!("{}: the {what} was not stored", vcenter.name), error));
        }
        Err(_) => {}
    }
    is_there.get().then(|| stored.map(|_| ()))
}

fn compared(vcenter: &Vcenter, probe: &Probe) -> Html {
    let warning = "Check the server first: unless its certificate was replaced on purpose, another machine may be \
        impersonating it. Nothing was sent to it.";
    html! {
        <>
            <Alert level={Level::Danger} title={format!("{} presents a certificate that is not trusted", probe.address)}>
                <p>{ warning }</p>
            </Alert>
            { side_by_side(vcenter, &probe.certificate) }
        </>
    }
}

/// What was approved before, and what the server shows now.
pub(super) fn side_by_side(vcenter: &Vcenter, shown: &Certificate) -> Html {
    html! {
        <>
            if let Some(pin) = &vcenter.pin {
                <h3 class="pf-v6-c-title pf-m-md">{ "Previously approved" }</h3>
                <dl class="muster-certificate">
                    <dt>{ "SHA-256" }</dt><dd><code class="muster-code">{ words::fingerprint(pin) }</code></dd>
                </dl>
            }
            <h3 class="pf-v6-c-title pf-m-md">{ "Presented now" }</h3>
            <Shown certificate={shown.clone()} />
        </>
    }
}

/// How a host's name may be typed: as it travels, and as people write it.
pub(super) fn names(host: &str, probe: &Probe) -> Vec<String> {
    probe.host_in_letters.iter().cloned().chain([host.to_owned()]).collect()
}

/// The field for the host's name, which says that a person compared; Return in it is a click on the button beside it, once
/// that can be clicked.
pub(super) fn host_name(names: &[String], typed: &UseStateHandle<String>, accept: &Callback<()>) -> Html {
    let onkeydown = {
        let (is_right, accept) = (is_typed(typed, names), accept.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" {
                // It would save the whole form instead.
                event.prevent_default();
                if is_right && !event.is_composing() && !event.repeat() {
                    accept.emit(());
                }
            }
        })
    };
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            typed.set(input.map(|input| input.value()).unwrap_or_default());
        })
    };
    let help = format!("Type {} to confirm that you compared them.", names.join(" or "));
    html! {
        <Field id="certificate-host" label="Host name" required=true {help}>
            <span class="pf-v6-c-form-control">
                <input id="certificate-host" type="text" value={(**typed).clone()} {oninput} {onkeydown} spellcheck="false"
                    autocomplete="off" aria-describedby="certificate-host-said" />
            </span>
        </Field>
    }
}

/// Whether it is the host's name that was typed.
pub(super) fn is_typed(typed: &str, names: &[String]) -> bool {
    let typed = typed.trim().to_lowercase();
    names.iter().any(|name| name.to_lowercase() == typed)
}
