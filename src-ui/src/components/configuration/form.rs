//! The form to add or edit a vCenter, with a test before anything is stored.
//! Refuses to send what cannot be right, and to trust a certificate that the user has not seen.

use super::certificate::Shown;
use super::field::Field as Group;
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::components::select::Select;
use crate::hooks::{VcenterService, open, use_credentials, use_is_there, use_vcenter_service};
use crate::state::form::{Field, Form, LoginForm, TrustForm, TtlUnit, Wrong};
use crate::state::route::{self, Focus};
use crate::state::toasts::{self, Toast};
use crate::state::words::{self, Level};
use contract::command::Password;
use contract::{ApiError, Certificate, TestReport, Vcenter};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{platform::spawn_local, prelude::*};

/// Which vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// The one that is edited; a new one without it.
    #[prop_or_default]
    pub(super) vcenter: Option<Vcenter>,
    pub(super) focus: Focus,
    pub(super) close: Callback<()>,
}

/// A file with CA certificates is smaller, bytes; anything larger is none.
const LARGEST_CA: f64 = 1_048_576.0;

/// What the form does at the moment, or what came of it.
#[derive(Clone, PartialEq)]
enum Stage {
    Typing,
    Testing,
    Saving,
    Tested(TestReport),
    Failed(&'static str, ApiError),
    /// A certificate waits for the user's word; then the test or the saving goes on.
    Untrusted(Box<Certificate>, Next),
}

#[derive(Clone, Copy, PartialEq)]
enum Next {
    Test,
    Save,
}

/// What every handler of the form needs.
#[derive(Clone)]
struct Handle {
    service: VcenterService,
    /// As it was when the form was opened: what others change meanwhile is not changed back by saving.
    vcenter: Option<Vcenter>,
    form: UseStateHandle<Form>,
    stage: UseStateHandle<Stage>,
    wrong: UseStateHandle<Vec<Wrong>>,
    sync_after: UseStateHandle<bool>,
    password: NodeRef,
    close: Callback<()>,
    /// Whether the form is still there: what comes after it was left leads nowhere.
    is_there: Rc<Cell<bool>>,
}

/// The form.
#[function_component]
pub(super) fn VcenterForm(props: &Properties) -> Html {
    use_credentials();
    let service = use_vcenter_service();
    let vcenter = (*use_state(|| props.vcenter.clone())).clone();
    let is_there = use_is_there();
    let handle = Handle {
        form: use_state_eq(|| vcenter.as_ref().map_or_else(Form::new, Form::of)),
        stage: use_state_eq(|| Stage::Typing),
        wrong: use_state_eq(Vec::new),
        sync_after: use_state_eq(|| true),
        password: use_node_ref(),
        close: props.close.clone(),
        service,
        vcenter,
        is_there,
    };
    {
        let id = match props.focus {
            Focus::First => "vc-name",
            Focus::Address => "vc-address",
            Focus::Password => "vc-password",
        };
        use_effect_with((), move |()| crate::components::keys::focus(id));
    }
    let result = use_node_ref();
    {
        let result = result.clone();
        // What came of it stands at the end of a form that may be longer than the window.
        use_effect_with((*handle.stage).clone(), move |stage| {
            let is_result = !matches!(stage, Stage::Typing | Stage::Testing | Stage::Saving);
            if let Some(element) = result.cast::<web_sys::Element>().filter(|_| is_result) {
                element.scroll_into_view_with_bool(false);
            }
        });
    }
    let is_new = handle.vcenter.is_none();
    let busy = matches!(*handle.stage, Stage::Testing | Stage::Saving);
    let submit = handle.on(|handle: Handle, event: SubmitEvent| {
        event.prevent_default();
        handle.go_on(Next::Save);
    });
    let test = handle.on(|handle: Handle, _: MouseEvent| handle.go_on(Next::Test));
    let cancel = props.close.reform(|_: MouseEvent| ());
    let save_label = match (is_new, &*handle.stage) {
        (_, Stage::Saving) => "Saving…",
        (true, _) => "Add",
        (false, _) => "Save",
    };
    let title = match &handle.vcenter {
        Some(vcenter) => format!("Edit {}", vcenter.name),
        None => "Add a vCenter or ESXi host".to_owned(),
    };
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} r#type={ButtonType::Submit} form="vc-form" disabled={busy}
                label={save_label} />
            <Button variant={ButtonVariant::Secondary} disabled={busy} onclick={test}
                label={if *handle.stage == Stage::Testing { "Testing…" } else { "Test connection" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog {title} close={props.close.clone()} {actions} wide=true>
            <form id="vc-form" class="pf-v6-c-form" onsubmit={submit} novalidate=true autocomplete="off">
                <fieldset class="muster-fields" disabled={busy}>{ handle.fields() }</fieldset>
                <div ref={result}>{ handle.result() }</div>
            </form>
        </Dialog>
    }
}

impl Handle {
    /// A callback that has what it needs.
    fn on<E: 'static>(&self, act: impl Fn(Handle, E) + 'static) -> Callback<E> {
        let handle = self.clone();
        Callback::from(move |event| act(handle.clone(), event))
    }

    /// Takes over what was typed; a result of what stood there before is none of it.
    fn typed(&self, change: impl FnOnce(&mut Form)) {
        let mut form = (*self.form).clone();
        change(&mut form);
        if !self.wrong.is_empty() {
            self.wrong.set(form.wrong(self.has_password(), self.vcenter.is_none()));
        }
        self.form.set(form);
        if !matches!(*self.stage, Stage::Testing | Stage::Saving) {
            self.stage.set(Stage::Typing);
        }
    }

    fn has_password(&self) -> bool {
        self.password.cast::<HtmlInputElement>().is_some_and(|input| !input.value().is_empty())
    }

    fn password(&self) -> Option<Password> {
        let typed = self.password.cast::<HtmlInputElement>()?.value();
        (!typed.is_empty()).then_some(Password(typed))
    }

    /// Tests or saves, if nothing is wrong with what was typed.
    fn go_on(&self, next: Next) {
        let wrong = self.form.wrong(self.has_password(), self.vcenter.is_none());
        if let Some((field, _)) = wrong.first() {
            crate::components::keys::focus(id_of(*field));
            self.wrong.set(wrong);
            return;
        }
        self.wrong.set(Vec::new());
        self.go_on_with((*self.form).clone(), next);
    }

    async fn test(&self, form: &Form) -> Result<Stage, ApiError> {
        let id = self.vcenter.as_ref().map(|vcenter| vcenter.id.clone());
        self.service.try_vcenter(id, form.settings(self.password())).await.map(Stage::Tested)
    }

    async fn save(&self, form: &Form) -> Result<Stage, ApiError> {
        let saved = match &self.vcenter {
            None => self.service.add(form.settings(self.password())).await?,
            Some(vcenter) => {
                self.service.edit(vcenter.id.clone(), form.change(vcenter, self.password())).await?
            }
        };
        let new_password = self.has_password();
        if let Some(input) = self.password.cast::<HtmlInputElement>() {
            input.set_value("");
        }
        match &self.vcenter {
            None => {
                let syncs = *self.sync_after;
                self.service.toast(Toast::added(&saved.vcenter, saved.password_note, syncs));
                if syncs {
                    self.service.full_sync(&saved.vcenter);
                }
            }
            Some(before) => {
                self.service.toast(Toast::saved(&saved.vcenter, saved.password_note));
                if new_password || form.reaches_otherwise(before) {
                    // What was changed shows in the state of the vCenter only after a contact.
                    self.service.test_connection(&saved.vcenter);
                }
            }
        }
        if self.is_there.get() {
            self.close.emit(());
        }
        Ok(Stage::Typing)
    }

    fn wrong_with(&self, field: Field) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| AttrValue::from(*words))
    }

    fn fields(&self) -> Html {
        let form = &*self.form;
        html! {
            <>
                <div class="muster-pair">
                { self.text(Field::Name, "Name", &form.name, true, "What you want to know it by.", |form, text| form.name = text) }
                { self.text(Field::Address, "Address", &form.address, true,
                    "Host name, IP address or a pasted URL; a port only if it isn't 443.", |form, text| form.address = text) }
                </div>
                { self.login() }
                { self.trust() }
                <details class="muster-more">
                    <summary>{ "Tags and freshness" }</summary>
                    <div class="muster-more__body">
                        { self.text(Field::Tags, "Tags", &form.tags, false, "Separated by commas.", |form, text| form.tags = text) }
                        { self.ttl() }
                    </div>
                </details>
                if self.vcenter.is_none() {
                    <label class="muster-check">
                        <input type="checkbox" checked={*self.sync_after} id="vc-sync"
                            onchange={self.on(|handle, _: Event| handle.sync_after.set(!*handle.sync_after))} />
                        { "Start a full sync when it is added" }
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
        let id = id_of(field);
        let wrong = self.wrong_with(field);
        let oninput = self.on(move |handle, event: InputEvent| {
            if let Some(input) = target::<HtmlInputElement>(&event) {
                handle.typed(|form| set(form, input.value()));
            }
        });
        html! {
            <Group {id} {label} {required} {help} wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"))}>
                    <input {id} type="text" value={value.to_owned()} {oninput} required={required} spellcheck="false"
                        autocomplete="off" aria-invalid={wrong.is_some().to_string()}
                        aria-describedby={format!("{id}-said")} />
                </span>
            </Group>
        }
    }

    fn login(&self) -> Html {
        let form = &*self.form;
        let credentials = self.service.world().credentials().cloned().unwrap_or_default();
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
            format!("User and password are shared by {shared} vCenters: a change here is a change for all of them.")
        });
        html! {
            <fieldset class="muster-fieldset">
                <legend>{ "Login" }</legend>
                if !credentials.is_empty() {
                    { choice(LoginForm::Own, "vc-own", if self.vcenter.is_some() { "User and password" } else { "A user of its own" }) }
                    { choice(LoginForm::Shared, "vc-shared", "A credential that is shared with other vCenters") }
                }
                if form.login == LoginForm::Own {
                    <div class="muster-pair">
                    { self.text(Field::User, "User", &form.user, true,
                        "A read-only account is enough, such as muster@vsphere.local.", |form, text| form.user = text) }
                    { self.password_field() }
                    </div>
                    if let Some(note) = note {
                        <p class="muster-quiet">{ note }</p>
                    }
                } else {
                    { self.credential(&credentials) }
                }
            </fieldset>
        }
    }

    fn password_field(&self) -> Html {
        let wrong = self.wrong_with(Field::Password);
        let help = match self.vcenter {
            Some(_) => "Leave it blank to keep the one that is stored.",
            None => "Kept in the keychain of this system, and never shown again.",
        };
        let oninput = self.on(|handle, _: InputEvent| handle.typed(|_| {}));
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

    fn credential(&self, credentials: &[contract::Credential]) -> Html {
        let wrong = self.wrong_with(Field::Credential);
        let choose = self.on(|handle, chosen: String| handle.typed(|form| form.credential = chosen));
        let mut options = vec![(String::new(), "Choose one…".to_owned())];
        options
            .extend(credentials.iter().map(|one| (one.name.clone(), format!("{} ({})", one.name, one.user))));
        html! {
            <Group id="vc-credential" label="Credential" required=true wrong={wrong.clone()}
                help="Changed once, it is changed for all that share it.">
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
            "pin" => "The certificate that was approved before".to_owned(),
            "ca" => "What the stored CA signed".to_owned(),
            _ => "What the operating system trusts (as it is)".to_owned(),
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
                <legend>{ "Which certificate to accept" }</legend>
                if let Some(stored) = stored {
                    { choice(TrustForm::AsItIs, "vc-trust-stored", stored) }
                }
                if !is_system {
                    { choice(TrustForm::System, "vc-trust-system",
                        "What the operating system trusts; another one is shown to you first".to_owned()) }
                }
                { choice(TrustForm::Ca, "vc-trust-ca", "What this CA signed".to_owned()) }
                if form.trust == TrustForm::Ca {
                    <Group id="vc-ca" label="CA certificate in PEM" required=true wrong={wrong.clone()}
                        help="A vCenter's own root CA is on its start page under “Download trusted root CA certificates”.">
                        <span class={classes!("pf-v6-c-form-control", "pf-m-textarea", wrong.is_some().then_some("pf-m-error"))}>
                            <textarea id="vc-ca" rows="5" {oninput} value={form.ca_pem.clone()} spellcheck="false"
                                aria-invalid={wrong.is_some().to_string()} aria-describedby="vc-ca-said" />
                        </span>
                    </Group>
                    <label class="muster-check">
                        { "Or from a file:" }
                        <input type="file" id="vc-ca-file" accept=".pem,.crt,.cer,.0" onchange={self.from_file()} />
                    </label>
                }
                if let TrustForm::Pin(certificate) = &form.trust {
                    { choice(form.trust.clone(), "vc-trust-pin", format!("This certificate: {}", words::shown(&certificate.subject))) }
                    <Shown certificate={(**certificate).clone()} />
                }
            </fieldset>
        }
    }

    /// Takes a CA over from a file into the field, where it is seen before it is used.
    fn from_file(&self) -> Callback<Event> {
        self.on(|handle, event: Event| {
            let file = target::<HtmlInputElement>(&event).and_then(|input| input.files()?.get(0));
            let Some(file) = file.filter(|file| file.size() <= LARGEST_CA) else {
                handle.typed(|form| form.ca_pem.clear());
                return;
            };
            spawn_local(async move {
                let text = wasm_bindgen_futures::JsFuture::from(file.text()).await;
                let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
                if handle.is_there.get() {
                    handle.typed(|form| form.ca_pem = text);
                }
            });
        })
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
                    "What is on screen and older than this is read anew.", |form, text| form.ttl = text) }
                <Select aria_label="Unit of the time" {options} {chosen} {choose} />
            </div>
        }
    }

    fn result(&self) -> Html {
        match &*self.stage {
            Stage::Typing | Stage::Testing | Stage::Saving => Html::default(),
            Stage::Tested(report) => {
                let level = if report.missing.is_empty() { Level::Good } else { Level::Warning };
                html! {
                    <Alert {level} title="The connection works">
                        <p class="muster-words">{ words::shown(&toasts::tested(report)) }</p>
                        if let Some(id) = &report.instance_uuid {
                            <p class="muster-quiet">{ format!("Instance id {}", words::shown(id)) }</p>
                        }
                    </Alert>
                }
            }
            Stage::Failed(title, error) => html! { <Failure title={*title} error={error.clone()} /> },
            // A changed certificate takes more than a click: old and new beside each other, and the host's name.
            Stage::Untrusted(..) if self.form.trust == TrustForm::AsItIs => {
                let id = self.vcenter.as_ref().map(|vcenter| vcenter.id.clone());
                let review = Callback::from(move |_| {
                    if let Some(id) = id.clone() {
                        open(route::Dialog::Certificate(id));
                    }
                });
                html! {
                    <Alert level={Level::Danger} title="It shows another certificate than the one that is trusted">
                        <p>{ "Nothing was sent to it." }</p>
                        <p><Button variant={ButtonVariant::Secondary} onclick={review} label="Review certificate" /></p>
                    </Alert>
                }
            }
            Stage::Untrusted(certificate, next) => {
                let (certificate, next) = (certificate.clone(), *next);
                let approve = {
                    let certificate = certificate.clone();
                    self.on(move |handle, _: MouseEvent| {
                        let trust = TrustForm::Pin(certificate.clone());
                        let mut form = (*handle.form).clone();
                        form.trust = trust;
                        // State of this rendering is what the next step would read: it goes on with its own copy.
                        handle.form.set(form.clone());
                        handle.go_on_with(form, next);
                    })
                };
                html! {
                    <Alert level={Level::Warning} title="This certificate is not trusted yet">
                        <p>{ "No password was sent. Compare the fingerprint with the one on the server itself, and trust it \
                              only if it is the same." }</p>
                        <Shown certificate={(*certificate).clone()} />
                        <p><Button variant={ButtonVariant::Secondary} onclick={approve} label="Trust this certificate" /></p>
                    </Alert>
                }
            }
        }
    }

    fn go_on_with(&self, form: Form, next: Next) {
        self.stage.set(if next == Next::Test { Stage::Testing } else { Stage::Saving });
        let handle = self.clone();
        spawn_local(async move { handle.finish(form, next).await });
    }

    async fn finish(&self, form: Form, next: Next) {
        let outcome = match next {
            Next::Test => self.test(&form).await,
            Next::Save => self.save(&form).await,
        };
        if !self.is_there.get() {
            if let (Err(error), Next::Save) = (outcome, next) {
                self.service.toast(Toast::refused(&format!("{} was not saved", form.name), &error));
            }
            return;
        }
        self.stage.set(match outcome {
            Ok(stage) => stage,
            Err(ApiError { certificate: Some(certificate), .. }) => Stage::Untrusted(certificate, next),
            Err(error) => {
                Stage::Failed(if next == Next::Test { "The test failed" } else { "It was not saved" }, error)
            }
        });
    }
}

/// The element that an event came from.
fn target<T: JsCast>(event: &web_sys::Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

fn id_of(field: Field) -> &'static str {
    match field {
        Field::Name => "vc-name",
        Field::Address => "vc-address",
        Field::User => "vc-user",
        Field::Password => "vc-password",
        Field::Credential => "vc-credential",
        Field::CaPem => "vc-ca",
        Field::Tags => "vc-tags",
        Field::Ttl => "vc-ttl",
    }
}
