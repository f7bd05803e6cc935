//! The form of a destination: a mail server, a webhook or a folder.
//! Refuses to take a password: credentials have a page of their own.

use crate::components::configuration::field::{Field, TextField, error_text};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::keys;
use crate::components::link::Link;
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::destinations::Typed;
use crate::state::jobs;
use crate::state::route::{OfCredential, Route};
use crate::state::toasts::Toast;
use contract::ApiError;
use contract::command::ListCredentials;
use contract::destination::{Destination, DestinationKind, MailSecurity};
use contract::words::destination_kind;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::{platform::spawn_local, prelude::*};

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// The one that is edited.
    #[prop_or_default]
    pub(super) before: Option<Destination>,
    pub(super) close: Callback<()>,
}

/// The form.
#[function_component]
pub(super) fn DestinationForm(props: &Properties) -> Html {
    let (service, is_there) = (use_vcenter_service(), use_is_there());
    let credentials = use_query(ListCredentials {}).value;
    // The edition that it was opened with, whatever others have changed since.
    let before = use_memo((), |()| props.before.clone());
    let first = use_memo((), |()| Typed::of((*before).as_ref()));
    let typed = use_state_eq(|| (*first).clone());
    let wrong = use_state_eq(|| None::<String>);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_sending = use_state_eq(|| false);
    use_effect_with((), |()| keys::focus("destination-name"));
    let form = Form { typed: typed.clone(), wrong: wrong.clone() };
    let save = {
        let (typed, wrong, failure, is_sending) =
            (typed.clone(), wrong.clone(), failure.clone(), is_sending.clone());
        let (service, before, close) = (service.clone(), before.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            let settings = match typed.settings() {
                Ok(settings) => settings,
                Err(why) => return wrong.set(Some(why)),
            };
            is_sending.set(true);
            failure.set(None);
            let (service, before, close) = (service.clone(), before.clone(), close.clone());
            let (wrong, failure, is_sending) = (wrong.clone(), failure.clone(), is_sending.clone());
            let is_there = is_there.clone();
            spawn_local(async move {
                let saved = service.save_destination((*before).as_ref(), settings).await;
                is_sending.set(false);
                match saved {
                    Ok(saved) => {
                        service.toast(Toast::done(format!("Destination {} was saved", saved.name), ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) => match jobs::refused(&error) {
                        Some(why) => wrong.set(Some(why)),
                        None => failure.set(Some(error)),
                    },
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let title = match &*before {
        Some(one) => format!("Edit destination {}", one.name),
        None => "Add destination".to_owned(),
    };
    let actions = html! {
        <>
            <Button id="destination-save" variant={ButtonVariant::Primary} onclick={save} disabled={*is_sending}
                label={if *is_sending { "Saving\u{2026}" } else { "Save" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    let mut chosen = vec![(
        String::new(),
        if typed.kind == DestinationKind::Smtp { "None" } else { "Select a credential\u{2026}" }.to_owned(),
    )];
    let all = credentials.iter().flat_map(|all| all.iter());
    chosen.extend(all.map(|one| (one.id.to_string(), format!("{} ({})", one.name, one.user))));
    html! {
        <Dialog {title} close={props.close.clone()} is_filled={*typed != *first} {actions}>
            <div class="pf-v6-c-form">
                { form.text("destination-name", "Name", "", &typed.name, |typed, text| typed.name = text) }
                if before.is_none() {
                    { form.kinds() }
                }
                { form.of_kind(chosen) }
                if let Some(wrong) = &*wrong {
                    <div class="pf-v6-c-helper-text" role="alert" id="destination-wrong">
                        { error_text(wrong) }
                    </div>
                }
                if let Some(error) = &*failure {
                    <Failure title="The destination was not saved" error={error.clone()} />
                }
            </div>
        </Dialog>
    }
}

/// What the fields have in common.
struct Form {
    typed: UseStateHandle<Typed>,
    wrong: UseStateHandle<Option<String>>,
}

impl Form {
    /// Takes in what is typed or chosen.
    fn set(&self, change: impl Fn(&mut Typed, String) + 'static) -> Callback<String> {
        let (typed, wrong) = (self.typed.clone(), self.wrong.clone());
        Callback::from(move |text: String| {
            let mut now = (*typed).clone();
            change(&mut now, text);
            typed.set(now);
            wrong.set(None);
        })
    }

    fn text(
        &self,
        id: &'static str,
        label: &'static str,
        help: &'static str,
        value: &str,
        change: impl Fn(&mut Typed, String) + 'static,
    ) -> Html {
        html! { <TextField {id} {label} {help} value={value.to_owned()} set={self.set(change)} /> }
    }

    fn select(
        &self,
        id: &'static str,
        label: &'static str,
        help: &'static str,
        (options, chosen): (Vec<(String, String)>, String),
        change: impl Fn(&mut Typed, String) + 'static,
    ) -> Html {
        html! {
            <Field {id} {label} {help}>
                <Select {id} aria_describedby={format!("{id}-said")} {options} {chosen} choose={self.set(change)} />
            </Field>
        }
    }

    fn kinds(&self) -> Html {
        let options = DestinationKind::ALL.iter();
        let options =
            options.map(|kind| (kind.name().to_owned(), destination_kind(*kind).to_owned())).collect();
        self.select(
            "destination-kind",
            "Kind",
            "",
            (options, self.typed.kind.name().to_owned()),
            |typed, name: String| typed.kind = DestinationKind::from_name(&name).unwrap_or(typed.kind),
        )
    }

    fn of_kind(&self, credentials: Vec<(String, String)>) -> Html {
        let typed = &*self.typed;
        let address = |label, help| {
            self.text("destination-address", label, help, &typed.address, |typed, text| typed.address = text)
        };
        match typed.kind {
            DestinationKind::Smtp => html! {
                <>
                    { address("Server", "Host name, with a port if it isn't the usual one: mail.example.org:2525.") }
                    { self.security() }
                    { self.text("destination-from", "From", "muster@example.org, or Muster <muster@example.org>.", &typed.from,
                        |typed, text| typed.from = text) }
                    { self.text("destination-to", "To", "Several are separated by commas.", &typed.to, |typed, text| typed.to = text) }
                    { self.credential("User and password of the server.", credentials) }
                    { self.trust() }
                </>
            },
            DestinationKind::Webhook => html! {
                <>
                    { address("URL", "Begins with https://.") }
                    { self.credential("Its password is the key that events are signed with (Standard Webhooks, HMAC-SHA256).",
                        credentials) }
                    { self.trust() }
                </>
            },
            DestinationKind::Folder => html! {
                <>
                    { address("Path", "Absolute, on the machine where Muster runs.") }
                    { self.text("destination-keep", "Keep", "Exports of each policy and kind; older ones are deleted.", &typed.keep,
                        |typed, text| typed.keep = text) }
                </>
            },
        }
    }

    fn security(&self) -> Html {
        let options = MailSecurity::ALL.iter().map(|one| {
            let words = match one {
                MailSecurity::Tls => "TLS (port 465)",
                MailSecurity::StartTls => "STARTTLS (port 587)",
                MailSecurity::Plain => "None (port 25, without a login)",
            };
            (one.name().to_owned(), words.to_owned())
        });
        self.select(
            "destination-security",
            "Security",
            "",
            (options.collect(), self.typed.security.name().to_owned()),
            |typed, name: String| typed.security = MailSecurity::from_name(&name).unwrap_or(typed.security),
        )
    }

    fn credential(&self, help: &'static str, options: Vec<(String, String)>) -> Html {
        let chosen = self.typed.credential.clone();
        html! {
            <>
                { self.select("destination-credential", "Credential", help, (options, chosen), |typed, id| typed.credential = id) }
                <p class="muster-words">
                    <Link to={Route::of_credential(OfCredential::Add)}>{ "Add another credential" }</Link>
                </p>
            </>
        }
    }

    fn trust(&self) -> Html {
        let typed = &*self.typed;
        let options = [
            ("system", "Certificates that the system trusts"),
            ("pin", "This certificate only (fingerprint)"),
            ("ca", "Certificates of this CA (PEM)"),
        ];
        let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
        let set = self.set(|typed, text| typed.pem = text);
        let oninput = Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            set.emit(area.map(|area| area.value()).unwrap_or_default());
        });
        html! {
            <>
                { self.select("destination-trust", "Trust", "", (options, typed.trust.clone()), |typed, value| typed.trust = value) }
                if typed.trust == "pin" {
                    { self.text("destination-pin", "SHA-256 fingerprint", "As the server itself shows it.", &typed.pin,
                        |typed, text| typed.pin = text) }
                }
                if typed.trust == "ca" {
                    <Field id="destination-ca" label="CA certificates (PEM)">
                        <span class="pf-v6-c-form-control pf-m-textarea">
                            <textarea id="destination-ca" class="muster-code" rows="6" value={typed.pem.clone()} {oninput}
                                spellcheck="false" aria-describedby="destination-ca-said" />
                        </span>
                    </Field>
                }
                { self.text("destination-proxy", "Proxy", "socks5h://HOST:PORT or http://HOST:PORT; empty for none.", &typed.proxy,
                    |typed, text| typed.proxy = text) }
            </>
        }
    }
}
