//! The fields of the form.
//! Refuse to decide anything: what was typed goes to the form's state.

use super::super::certificate::Shown;
use super::super::field::{Field as Group, TextField};
use super::{Handle, id_of, target};
use crate::components::select::Select;
use crate::state::form::{Field, Form, LoginForm, TrustForm, TtlUnit};
use crate::state::words;
use contract::{StaleReads, Vcenter, VcenterSettings};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{platform::spawn_local, prelude::*};

/// A file with CA certificates is smaller, bytes; anything larger is none.
const LARGEST_CA: f64 = 1_048_576.0;

impl Handle {
    fn wrong_with(&self, field: Field) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| AttrValue::from(*words))
    }

    pub(super) fn fields(&self) -> Html {
        let form = &*self.form;
        html! {
            <>
                <div class="muster-pair">
                { self.text(Field::Name, "Name", &form.name, true, "The name shown in Muster.", |form, text| form.name = text) }
                { self.text(Field::Address, "Address", &form.address, true,
                    "Host name, IP address or a pasted URL; a port only if it isn't 443.", |form, text| form.address = text) }
                </div>
                { self.login() }
                { self.trust() }
                { self.way() }
                <details class="muster-more">
                    <summary>{ "Tags, freshness, notifications and note" }</summary>
                    <div class="muster-more__body">
                        { self.text(Field::Tags, "Tags", &form.tags, false, "Separated by commas.", |form, text| form.tags = text) }
                        { self.ttl() }
                        { self.stale_reads() }
                        { self.notify() }
                        { self.note() }
                    </div>
                </details>
                if self.vcenter.is_none() {
                    <label class="muster-check">
                        <input type="checkbox" checked={*self.sync_after} id="vc-sync"
                            onchange={self.on(|handle, _: Event| handle.sync_after.set(!*handle.sync_after))} />
                        { "Start a full sync after adding" }
                    </label>
                }
            </>
        }
    }

    fn text(
        &self,
        field: Field,
        label: &'static str,
        value: &str,
        required: bool,
        help: &'static str,
        set: fn(&mut Form, String),
    ) -> Html {
        let set = self.on(move |handle, text: String| handle.typed(|form| set(form, text)));
        html! {
            <TextField id={id_of(field)} {label} value={value.to_owned()} {required} {help} wrong={self.wrong_with(field)} {set} />
        }
    }

    fn login(&self) -> Html {
        let form = &*self.form;
        let credentials = &self.credentials;
        let choice = |login: LoginForm, id: &'static str, words: &'static str| {
            let onchange = self.on(move |handle, _: Event| handle.typed(|form| form.login = login));
            html! {
                <label class="muster-check">
                    <input type="radio" name="vc-login" {id} checked={form.login == login} {onchange} />
                    { words }
                </label>
            }
        };
        let shared = match &self.vcenter {
            Some(vcenter) => credentials
                .iter()
                .find(|c| c.id == vcenter.credential_id)
                .map(|c| c.vcenters.len())
                .unwrap_or(0),
            None => 0,
        };
        let note = (shared > 1).then(|| {
            format!(
                "User and password are shared by {shared} vCenters; changing them here changes them for all."
            )
        });
        html! {
            <fieldset class="muster-fieldset">
                <legend>{ "Login" }</legend>
                if !credentials.is_empty() {
                    { choice(LoginForm::Own, "vc-own", if self.vcenter.is_some() { "User and password" } else { "Dedicated user" }) }
                    { choice(LoginForm::Shared, "vc-shared", "Shared credential") }
                }
                if form.login == LoginForm::Own {
                    <div class="muster-pair">
                    { self.text(Field::User, "User", &form.user, true,
                        "A read-only account is enough, such as muster@vsphere.local.", |form, text| form.user = text) }
                    { self.password_field() }
                    </div>
                    if self.vcenter.is_none() {
                        { self.helper() }
                    }
                    if let Some(note) = note {
                        <p class="muster-quiet">{ note }</p>
                    }
                } else {
                    { self.credential(credentials) }
                }
            </fieldset>
        }
    }

    fn password_field(&self) -> Html {
        let wrong = self.wrong_with(Field::Password);
        let own = self.vcenter.as_ref();
        let own = own.and_then(|vcenter| self.credentials.iter().find(|one| one.id == vcenter.credential_id));
        let help = match (&self.vcenter, own.and_then(|credential| credential.helper.as_ref())) {
            (Some(_), Some(helper)) => {
                format!(
                    "Helper: {}. A password entered here takes its place.",
                    words::shown(&helper.join(" "))
                )
            }
            (Some(_), None) => "Leave blank to keep the stored password.".to_owned(),
            (None, _) => "Stored in the system keychain and never shown again.".to_owned(),
        };
        let oninput = self.on(|handle, _: InputEvent| {
            handle.has_typed_password.set(handle.has_password());
            handle.typed(|_| {});
        });
        html! {
            <Group id="vc-password" label="Password" required={self.vcenter.is_none()} {help} wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"))}>
                    <input id="vc-password" type="password" ref={self.password.clone()} {oninput}
                        autocomplete="new-password" aria-invalid={wrong.is_some().to_string()}
                        aria-describedby="vc-password-said" />
                </span>
            </Group>
        }
    }

    /// What prints the password, in the place of one that is typed.
    fn helper(&self) -> Html {
        html! {
            <details class="muster-more">
                <summary>{ "Password from a program" }</summary>
                <div class="muster-more__body">
                    { self.text(Field::Helper, "Helper", &self.form.helper, false,
                        "Prints the password at each login: an absolute path and arguments, such as /usr/bin/pass show vcenter.",
                        |form, text| form.helper = text) }
                </div>
            </details>
        }
    }

    fn credential(&self, credentials: &[contract::Credential]) -> Html {
        let wrong = self.wrong_with(Field::Credential);
        let choose = self.on(|handle, chosen: String| handle.typed(|form| form.credential = chosen));
        let mut options = vec![(String::new(), "Select a credential…".to_owned())];
        options
            .extend(credentials.iter().map(|one| (one.name.clone(), format!("{} ({})", one.name, one.user))));
        html! {
            <Group id="vc-credential" label="Credential" required=true wrong={wrong.clone()}
                help="Changes to it apply to every vCenter that uses it.">
                <Select id="vc-credential" aria_describedby="vc-credential-said" wrong={wrong.is_some()} {options}
                    chosen={self.form.credential.clone()} {choose} />
            </Group>
        }
    }

    fn trust(&self) -> Html {
        let form = &*self.form;
        let choice = |trust: TrustForm, id: &'static str, words: String| {
            let is_chosen = form.trust == trust;
            let onchange = self.on(move |handle, _: Event| {
                let trust = trust.clone();
                handle.typed(|form| form.trust = trust);
            });
            html! {
                <label class="muster-check">
                    <input type="radio" name="vc-trust" {id} checked={is_chosen} {onchange} />
                    <span>{ words }</span>
                </label>
            }
        };
        let stored = self.vcenter.as_ref().map(|vcenter| match vcenter.trust.as_str() {
            "pin" => "Pinned certificate (unchanged)".to_owned(),
            "ca" => "Stored CA (unchanged)".to_owned(),
            _ => "System trust store (unchanged)".to_owned(),
        });
        let is_system = self.vcenter.as_ref().is_some_and(|vcenter| vcenter.trust == "system");
        let wrong = self.wrong_with(Field::CaPem);
        let oninput = self.on(|handle, event: InputEvent| {
            if let Some(area) = target::<HtmlTextAreaElement>(&event) {
                handle.typed(|form| form.ca_pem = area.value());
            }
        });
        html! {
            <fieldset class="muster-fieldset">
                <legend>{ "Certificate trust" }</legend>
                if let Some(stored) = stored {
                    { choice(TrustForm::AsItIs, "vc-trust-stored", stored) }
                }
                if !is_system {
                    { choice(TrustForm::System, "vc-trust-system",
                        "System trust store; any other certificate is shown for review first".to_owned()) }
                }
                { choice(TrustForm::Ca, "vc-trust-ca", "Custom CA".to_owned()) }
                if form.trust == TrustForm::Ca {
                    <Group id="vc-ca" label="CA certificate (PEM)" required=true wrong={wrong.clone()}
                        help="A vCenter's own root CA is on its start page under “Download trusted root CA certificates”.">
                        <span class={classes!("pf-v6-c-form-control", "pf-m-textarea", wrong.is_some().then_some("pf-m-error"))}>
                            <textarea id="vc-ca" rows="5" {oninput} value={form.ca_pem.clone()} spellcheck="false"
                                aria-invalid={wrong.is_some().to_string()} aria-describedby="vc-ca-said" />
                        </span>
                    </Group>
                    <label class="muster-check">
                        { "Or from a file:" }
                        <input type="file" id="vc-ca-file" accept=".pem,.crt,.cer,.0" onchange={self.take_from_file()} />
                    </label>
                }
                if let TrustForm::Pin(certificate) = &form.trust {
                    { choice(form.trust.clone(), "vc-trust-pin", format!("Pin this certificate: {}", words::shown(&certificate.subject))) }
                    <Shown certificate={(**certificate).clone()} />
                }
            </fieldset>
        }
    }

    /// Open where there is one: it is not to be overlooked.
    fn way(&self) -> Html {
        let settings = &self.form.settings;
        let values = |settings: &VcenterSettings| (settings.way(), settings.timeout_seconds);
        let is_set = |vcenter: &Vcenter| values(&vcenter.settings) != values(&VcenterSettings::default());
        html! {
            <details class="muster-more" open={self.vcenter.as_ref().is_some_and(is_set)}>
                <summary>{ "Proxy, tunnel and timeout" }</summary>
                <div class="muster-more__body">
                    { self.text(Field::Proxy, "Proxy", &settings.proxy, false,
                        "Leave blank to connect directly. The proxy resolves the vCenter's name: socks5h://host:port or \
                        http://host:port, without a password.", |form, text| form.settings.proxy = text) }
                    { self.text(Field::ConnectTo, "Connect to", &settings.connect_to, false,
                        "For a tunnel: host:port to connect to in place of the address. The certificate has to name the \
                        vCenter all the same.", |form, text| form.settings.connect_to = text) }
                    { self.text(Field::Timeout, "Timeout in seconds", &self.form.timeout, true,
                        "How long the vCenter may be silent within one answer. Large or remote ones need longer.",
                        |form, text| form.timeout = text) }
                </div>
            </details>
        }
    }

    /// Takes a CA over from a file into the field, where it is seen before it is used.
    fn take_from_file(&self) -> Callback<Event> {
        self.on(|handle, event: Event| {
            let file = target::<HtmlInputElement>(&event).and_then(|input| input.files()?.get(0));
            let Some(file) = file else { return };
            if file.size() > LARGEST_CA {
                let words = "The file is larger than 1 MiB, too large for a CA certificate.";
                handle.wrong.set(vec![(Field::CaPem, words)]);
                return;
            }
            spawn_local(async move {
                let text = JsFuture::from(file.text()).await;
                let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
                if handle.is_there.get() {
                    handle.typed(|form| form.ca_pem = text);
                }
            });
        })
    }

    fn stale_reads(&self) -> Html {
        let choose = self.on(|handle, chosen: String| {
            if let Some(reads) = StaleReads::from_name(&chosen) {
                handle.typed(|form| form.settings.stale_reads = reads);
            }
        });
        let words = |reads: StaleReads| match reads == self.defaults.stale_reads {
            true => format!("{} (default)", reads.words()),
            false => reads.words().to_owned(),
        };
        let options: Vec<_> =
            StaleReads::ALL.into_iter().map(|reads| (reads.name().to_owned(), words(reads))).collect();
        html! {
            <Group id="vc-stale-reads" label="When data on screen is stale"
                help="Automatic refreshes use at most 10 % of the time.">
                <Select id="vc-stale-reads" aria_describedby="vc-stale-reads-said" {options}
                    chosen={self.form.settings.stale_reads.name()} {choose} />
            </Group>
        }
    }

    fn notify(&self) -> Html {
        let onchange = self.on(|handle, _: Event| {
            handle.typed(|form| form.settings.notify = !form.settings.notify);
        });
        html! {
            <label class="muster-check">
                <input type="checkbox" id="vc-notify" checked={self.form.settings.notify} {onchange} />
                { "Show desktop notifications" }
            </label>
        }
    }

    fn note(&self) -> Html {
        let wrong = self.wrong_with(Field::Note);
        let oninput = self.on(|handle, event: InputEvent| {
            if let Some(area) = target::<HtmlTextAreaElement>(&event) {
                handle.typed(|form| form.settings.note = area.value());
            }
        });
        html! {
            <Group id="vc-note" label="Note" wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", "pf-m-textarea", wrong.is_some().then_some("pf-m-error"))}>
                    <textarea id="vc-note" rows="2" {oninput} value={self.form.settings.note.clone()}
                        aria-invalid={wrong.is_some().to_string()} aria-describedby="vc-note-said" />
                </span>
            </Group>
        }
    }

    fn ttl(&self) -> Html {
        let form = &*self.form;
        let choose = self.on(|handle, chosen: String| {
            if let Some((unit, ..)) = TtlUnit::ALL.iter().find(|(_, word, _)| chosen == *word) {
                handle.typed(|form| form.ttl_unit = *unit);
            }
        });
        let options: Vec<_> =
            TtlUnit::ALL.iter().map(|(_, word, _)| ((*word).to_owned(), (*word).to_owned())).collect();
        let chosen = TtlUnit::ALL.iter().find(|(unit, ..)| *unit == form.ttl_unit);
        let chosen = chosen.map(|(_, word, _)| (*word).to_owned()).unwrap_or_default();
        html! {
            <div class="muster-ttl">
                { self.text(Field::Ttl, "Stale after", &form.ttl, true,
                    "Data older than this counts as stale.", |form, text| form.ttl = text) }
                <Select aria_label="Time unit" {options} {chosen} {choose} />
            </div>
        }
    }
}
