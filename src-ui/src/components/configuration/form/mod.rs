//! The form to add or edit a vCenter, with a test before anything is stored.
//! Refuses to send what cannot be right, and to trust a certificate that the user has not seen.

mod conflict;
mod fields;

use super::certificate::{Shown, host_name, is_typed, names, side_by_side};
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::hooks::{VcenterService, open, use_is_there, use_query, use_vcenter_service};
use crate::state::form::{Field, Form, TrustForm, Wrong};
use crate::state::route::{self, Focus};
use crate::state::toasts::{self, Toast};
use crate::state::words::{self, Level};
use contract::command::{ListCredentials, Password, ShowPreferences};
use contract::{ApiError, Certificate, Credential, Probe, TestReport, Vcenter, VcenterSettings};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
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
    /// It takes the place of one that was trusted: a click is not enough.
    Changed,
    /// Others changed the vCenter since the form was opened: how it is now.
    Conflict(Box<Vcenter>),
    /// The pinned certificate is left for another kind of trust; what the server shows now waits for the host's name.
    LeavesPin(Box<Probe>, Next),
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
    /// Those that others log in with.
    credentials: Rc<Vec<Credential>>,
    /// As it was when the form was opened, or taken over since: what others change meanwhile is not changed back by saving.
    vcenter: Option<Vcenter>,
    taken_over: UseStateHandle<Option<Vcenter>>,
    form: UseStateHandle<Form>,
    /// What is set for new vCenters.
    defaults: VcenterSettings,
    /// The same, as the form of a new one has it.
    begun: UseStateHandle<VcenterSettings>,
    stage: UseStateHandle<Stage>,
    wrong: UseStateHandle<Vec<Wrong>>,
    sync_after: UseStateHandle<bool>,
    /// The certificate that the host's name was typed for, by its fingerprint.
    approved: UseStateHandle<Option<String>>,
    host: UseStateHandle<String>,
    password: NodeRef,
    /// Whether something was typed into the field of the password, which alone holds it.
    has_typed_password: UseStateHandle<bool>,
    close: Callback<()>,
    /// Whether the form is still there: what comes after it was left leads nowhere.
    is_there: Rc<Cell<bool>>,
}

/// The form.
#[function_component]
pub(super) fn VcenterForm(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let taken_over = use_state(|| props.vcenter.clone());
    let vcenter = (*taken_over).clone();
    let is_there = use_is_there();
    let handle = Handle {
        form: use_state_eq(|| vcenter.as_ref().map_or_else(Form::new, Form::of)),
        defaults: use_query(ShowPreferences {}).value.map(|set| set.for_a_new_vcenter()).unwrap_or_default(),
        begun: use_state_eq(VcenterSettings::default),
        stage: use_state_eq(|| Stage::Typing),
        wrong: use_state_eq(Vec::new),
        sync_after: use_state_eq(|| true),
        approved: use_state_eq(|| None),
        host: use_state_eq(String::new),
        password: use_node_ref(),
        has_typed_password: use_state_eq(|| false),
        close: props.close.clone(),
        service,
        credentials: use_query(ListCredentials {}).value.unwrap_or_default(),
        vcenter,
        taken_over,
        is_there,
    };
    {
        let id = match props.focus {
            Focus::First => "vc-name",
            Focus::Address => "vc-address",
            Focus::Way if props.vcenter.as_ref().is_some_and(|one| !one.settings.connect_to.is_empty()) => {
                "vc-connect-to"
            }
            Focus::Way => "vc-proxy",
            Focus::Password => "vc-password",
        };
        use_effect_with((), move |()| crate::components::keys::focus(id));
    }
    {
        let (handle, defaults) = (handle.clone(), handle.defaults.clone());
        // They come a moment after the form; what was typed by then stays.
        use_effect_with(defaults, move |defaults| {
            if handle.vcenter.is_none() {
                handle.form.set((*handle.form).clone().with_defaults(&handle.begun, defaults));
                handle.begun.set(defaults.clone());
            }
        });
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
            if matches!(stage, Stage::Conflict(_)) {
                crate::components::keys::focus(conflict::APPLY);
            }
        });
    }
    let is_new = handle.vcenter.is_none();
    let busy = matches!(*handle.stage, Stage::Testing | Stage::Saving);
    // What was typed is saved with the button beside both versions.
    let is_refused = matches!(*handle.stage, Stage::Conflict(_));
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
            <Button variant={ButtonVariant::Primary} r#type={ButtonType::Submit} form="vc-form" disabled={busy || is_refused}
                label={save_label} />
            <Button variant={ButtonVariant::Secondary} disabled={busy} onclick={test}
                label={if *handle.stage == Stage::Testing { "Testing…" } else { "Test connection" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog {title} close={props.close.clone()} {actions} wide=true is_filled={handle.is_filled()}>
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
        let is_reached_alike = form.address == self.form.address && form.way() == self.form.way();
        if form.trust != self.form.trust || !is_reached_alike {
            self.approved.set(None);
            self.host.set(String::new());
        }
        if !self.wrong.is_empty() {
            self.wrong.set(form.wrong(self.has_password(), self.vcenter.is_none()));
        }
        self.form.set(form);
        if !matches!(*self.stage, Stage::Testing | Stage::Saving) {
            self.stage.set(Stage::Typing);
        }
    }

    /// Whether something was typed that is stored nowhere.
    fn is_filled(&self) -> bool {
        let begun = self.vcenter.as_ref().map_or_else(|| Form::new().with((*self.begun).clone()), Form::of);
        *self.form != begun || *self.has_typed_password
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
        self.go_on_checked((*self.form).clone(), (*self.approved).clone(), next);
    }

    fn go_on_checked(&self, form: Form, approved: Option<String>, next: Next) {
        let wrong = form.wrong(self.has_password(), self.vcenter.is_none());
        if let Some((field, _)) = wrong.first() {
            crate::components::keys::focus(id_of(*field));
            self.wrong.set(wrong);
            return;
        }
        self.wrong.set(Vec::new());
        match &self.vcenter {
            Some(vcenter) if approved.is_none() && form.leaves_pin(vcenter) => {
                self.look_before_leaving_the_pin(vcenter, form, next);
            }
            _ => self.go_on_with(form, approved, next),
        }
    }

    /// Shows what the server shows now beside what was approved; nothing is tested or saved before the host's name. At
    /// another address there is nothing that was approved.
    fn look_before_leaving_the_pin(&self, vcenter: &Vcenter, form: Form, next: Next) {
        self.stage.set(if next == Next::Test { Stage::Testing } else { Stage::Saving });
        let (handle, vcenter) = (self.clone(), vcenter.id.clone());
        spawn_local(async move {
            let probed = handle.service.probe_if_at(vcenter, &form.address, form.way()).await;
            if handle.is_there.get() {
                match probed {
                    Ok(Some(probe)) => handle.stage.set(Stage::LeavesPin(Box::new(probe), next)),
                    Ok(None) => handle.go_on_with(form, None, next),
                    Err(error) => handle.stage.set(Stage::Failed("The server could not be checked", error)),
                }
            }
        });
    }

    /// Whether a certificate that is not trusted takes the place of one that was.
    async fn shows_another(&self, form: &Form, shown: &Certificate, approved: Option<&str>) -> bool {
        let Some(vcenter) = &self.vcenter else { return false };
        if !form.shows_another(vcenter, shown, approved) {
            return false;
        }
        // Where nobody can say that it is another address, it counts as the same.
        form.is_written_as_before(vcenter)
            || !matches!(
                self.service.probe_if_at(vcenter.id.clone(), &form.address, form.way()).await,
                Ok(None)
            )
    }

    async fn test(&self, form: &Form) -> Result<Stage, ApiError> {
        let id = self.vcenter.as_ref().map(|vcenter| vcenter.id.clone());
        self.service.try_vcenter(id, form.settings(self.password())).await.map(Stage::Tested)
    }

    fn clear_password(&self) {
        if let Some(input) = self.password.cast::<HtmlInputElement>() {
            input.set_value("");
        }
    }

    async fn save(&self, form: &Form) -> Result<Stage, ApiError> {
        let new_password = self.has_password();
        let saved = match &self.vcenter {
            None => self.service.add(form.settings(self.password())).await?,
            Some(vcenter) => self.service.edit(vcenter, form.change(vcenter, self.password())).await?,
        };
        self.clear_password();
        match &self.vcenter {
            None => {
                let syncs = *self.sync_after;
                self.service.toast(Toast::added(&saved.vcenter, saved.password_note, syncs));
                if syncs {
                    self.service.full_sync(&saved.vcenter);
                }
            }
            Some(before) => {
                self.service.toast(Toast::saved(before, &saved.vcenter, saved.password_note));
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
            Stage::Changed => {
                let id = self.vcenter.as_ref().map(|vcenter| vcenter.id.clone());
                let review = Callback::from(move |_| {
                    if let Some(id) = id.clone() {
                        open(route::Dialog::Certificate(id));
                    }
                });
                html! {
                    <Alert level={Level::Danger} title="The server presents a different certificate than the trusted one">
                        <p>{ "Nothing was sent to it." }</p>
                        <p><Button variant={ButtonVariant::Secondary} onclick={review} label="Review certificate" /></p>
                    </Alert>
                }
            }
            Stage::LeavesPin(probe, next) => self.leaves_pin(probe, *next),
            Stage::Conflict(now) => self.conflict(now),
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
                        handle.go_on_with(form, None, next);
                    })
                };
                html! {
                    <Alert level={Level::Warning} title="This certificate is not trusted yet">
                        <p>{ "No password was sent. Compare the fingerprint with the one on the server itself, and \
                            trust it only if they match." }</p>
                        <Shown certificate={(*certificate).clone()} />
                        <p><Button variant={ButtonVariant::Secondary} onclick={approve} label="Trust this certificate" /></p>
                    </Alert>
                }
            }
        }
    }

    /// The question before a pinned certificate is left for another kind of trust.
    fn leaves_pin(&self, probe: &Probe, next: Next) -> Html {
        let Some(vcenter) = &self.vcenter else { return Html::default() };
        let certificate = &probe.certificate;
        let names = names(&vcenter.host, probe);
        let is_unchanged = vcenter.pin.as_deref() == Some(&*certificate.sha256);
        let accept = {
            let sha256 = certificate.sha256.clone();
            self.on(move |handle: Handle, ()| {
                handle.approved.set(Some(sha256.clone()));
                handle.go_on_with((*handle.form).clone(), Some(sha256.clone()), next);
            })
        };
        html! {
            <>
                <Alert level={if is_unchanged { Level::Warning } else { Level::Danger }}
                    title="This removes the certificate pin">
                    <p>{ words::leaving_the_pin(is_unchanged, self.form.trust == TrustForm::Ca) }</p>
                </Alert>
                if is_unchanged {
                    <Shown certificate={certificate.clone()} />
                } else {
                    { side_by_side(vcenter, certificate) }
                }
                { host_name(&names, &self.host, &accept) }
                <p><Button variant={ButtonVariant::Danger} disabled={!is_typed(&self.host, &names)}
                    onclick={accept.reform(|_: MouseEvent| ())} label="Accept the change" /></p>
            </>
        }
    }

    /// `approved` is the certificate that the host's name was typed for.
    fn go_on_with(&self, form: Form, approved: Option<String>, next: Next) {
        self.stage.set(if next == Next::Test { Stage::Testing } else { Stage::Saving });
        let handle = self.clone();
        spawn_local(async move { handle.finish(form, approved, next).await });
    }

    async fn finish(&self, form: Form, approved: Option<String>, next: Next) {
        let outcome = match next {
            Next::Test => self.test(&form).await,
            Next::Save => self.save(&form).await,
        };
        let is_another = match &outcome {
            Err(ApiError { certificate: Some(shown), .. }) => {
                self.shows_another(&form, shown, approved.as_deref()).await
            }
            _ => false,
        };
        if !self.is_there.get() {
            if let (Err(error), Next::Save) = (outcome, next) {
                self.service.toast(Toast::refused(&format!("{} was not saved", form.name), &error));
            }
            return;
        }
        self.stage.set(match outcome {
            Ok(stage) => stage,
            Err(_) if is_another => Stage::Changed,
            Err(ApiError { current: Some(now), .. }) => Stage::Conflict(now),
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
        Field::Helper => "vc-helper",
        Field::Credential => "vc-credential",
        Field::CaPem => "vc-ca",
        Field::Proxy => "vc-proxy",
        Field::ConnectTo => "vc-connect-to",
        Field::Tags => "vc-tags",
        Field::Ttl => "vc-ttl",
        Field::Timeout => "vc-timeout",
        Field::Note => "vc-note",
    }
}
