//! The form of a credential: a new one, or one that is there.
//! Refuses to hold the password: its field alone does, until it is sent.

use crate::components::configuration::field::{Field as Group, TextField};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::keys;
use crate::hooks::{VcenterService, use_is_there, use_vcenter_service};
use crate::state::credentials::{Field, Form};
use crate::state::toasts::Toast;
use crate::state::words;
use contract::command::{Password, SavedCredential};
use contract::{ApiError, Credential, CredentialPlace};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::{platform::spawn_local, prelude::*};

/// Which credential.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// The one that is edited; a new one without it.
    #[prop_or_default]
    pub(super) credential: Option<Credential>,
    pub(super) close: Callback<()>,
}

/// What every handler of the form needs.
#[derive(Clone)]
struct Handle {
    service: VcenterService,
    /// As it was when the form was opened.
    before: Option<Credential>,
    form: UseStateHandle<Form>,
    wrong: UseStateHandle<Vec<(Field, &'static str)>>,
    failure: UseStateHandle<Option<ApiError>>,
    is_saving: UseStateHandle<bool>,
    password: NodeRef,
    /// Whether something was typed into the field of the password, which alone holds it.
    has_typed_password: UseStateHandle<bool>,
    close: Callback<()>,
    is_there: Rc<Cell<bool>>,
}

/// The form.
#[function_component]
pub(super) fn CredentialForm(props: &Properties) -> Html {
    let before = (*use_state(|| props.credential.clone())).clone();
    let handle = Handle {
        service: use_vcenter_service(),
        form: use_state_eq(|| before.as_ref().map(Form::of).unwrap_or_default()),
        before,
        wrong: use_state_eq(Vec::new),
        failure: use_state_eq(|| None),
        is_saving: use_state_eq(|| false),
        password: use_node_ref(),
        has_typed_password: use_state_eq(|| false),
        close: props.close.clone(),
        is_there: use_is_there(),
    };
    {
        let first = if handle.before.is_some() { id_of(Field::Password) } else { id_of(Field::Name) };
        use_effect_with((), move |()| keys::focus(first));
    }
    let submit = handle.on(|handle: Handle, event: SubmitEvent| {
        event.prevent_default();
        handle.save();
    });
    let (title, save) = match &handle.before {
        Some(before) => (format!("Edit credential {}", before.name), "Save"),
        None => ("Add a credential".to_owned(), "Add"),
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} r#type={ButtonType::Submit} form="credential-form"
                disabled={*handle.is_saving} label={if *handle.is_saving { "Saving…" } else { save }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog {title} close={props.close.clone()} {actions} is_filled={handle.is_filled()}>
            <form id="credential-form" class="pf-v6-c-form" onsubmit={submit} novalidate=true autocomplete="off">
                <fieldset class="muster-fields" disabled={*handle.is_saving}>
                    { handle.text(Field::Name, "Name", &handle.form.name, true, "The name shown in Muster.",
                        |form, text| form.name = text) }
                    { handle.text(Field::User, "User", &handle.form.user, true,
                        "A read-only account is enough, such as muster@vsphere.local.", |form, text| form.user = text) }
                    { handle.password_field() }
                    <details class="muster-more" open={!handle.form.helper.is_empty()}>
                        <summary>{ "Password from a program" }</summary>
                        <div class="muster-more__body">
                            { handle.text(Field::Helper, "Helper", &handle.form.helper, false,
                                "Prints the password at each login: an absolute path and arguments, such as /usr/bin/pass show \
                                vcenter. A stored password is removed.", |form, text| form.helper = text) }
                        </div>
                    </details>
                    { handle.note() }
                </fieldset>
                if let Some(error) = &*handle.failure {
                    <Failure title="It was not saved" error={error.clone()} />
                }
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

    fn input(&self) -> Option<HtmlInputElement> {
        self.password.cast()
    }

    fn has_password(&self) -> bool {
        self.input().is_some_and(|input| !input.value().is_empty())
    }

    /// Whether something was typed that is stored nowhere.
    fn is_filled(&self) -> bool {
        *self.form != self.before.as_ref().map(Form::of).unwrap_or_default() || *self.has_typed_password
    }

    /// Takes over what was typed.
    fn typed(&self, change: impl FnOnce(&mut Form)) {
        let mut form = (*self.form).clone();
        change(&mut form);
        if !self.wrong.is_empty() {
            self.wrong.set(form.wrong(self.before.as_ref(), self.has_password()));
        }
        self.form.set(form);
        self.failure.set(None);
    }

    fn save(&self) {
        let wrong = self.form.wrong(self.before.as_ref(), self.has_password());
        if let Some((field, _)) = wrong.first() {
            keys::focus(id_of(*field));
            self.wrong.set(wrong);
            return;
        }
        self.wrong.set(Vec::new());
        self.failure.set(None);
        self.is_saving.set(true);
        let handle = self.clone();
        spawn_local(async move { handle.finish().await });
    }

    async fn finish(&self) {
        let typed = self.input().map(|input| input.value()).filter(|typed| !typed.is_empty());
        let password = typed.map(Password);
        let helper = self.form.helper(self.before.as_ref());
        let is_another_login = password.is_some()
            || helper.is_some()
            || self.before.as_ref().is_some_and(|before| before.user != self.form.user.trim());
        let saved = match &self.before {
            None => {
                let (name, user) = (self.form.name.trim().to_owned(), self.form.user.trim().to_owned());
                let helper = helper.filter(|words| !words.is_empty());
                self.service.add_credential(name, user, password, helper).await
            }
            Some(before) => {
                let (name, user) = self.form.changed(before);
                self.service.set_credential(before.id.clone(), name, user, password, helper).await
            }
        };
        if let Some(input) = self.input().filter(|_| saved.is_ok()) {
            input.set_value("");
        }
        match saved {
            Ok(saved) => self.saved(saved, is_another_login),
            Err(error) if self.is_there.get() => {
                self.is_saving.set(false);
                self.failure.set(Some(error));
            }
            Err(error) => {
                let title = format!("The credential {} was not saved", self.form.name.trim());
                self.service.toast(Toast::refused(&title, &error));
            }
        }
    }

    fn saved(&self, SavedCredential { credential, password_note }: SavedCredential, is_another_login: bool) {
        let title = match self.before {
            None => format!("Credential {} was added", credential.name),
            Some(_) => format!("Credential {} was saved", credential.name),
        };
        self.service.toast(Toast::noted(title, password_note));
        if is_another_login {
            self.service.test_users_of(&credential);
        }
        if self.is_there.get() {
            self.close.emit(());
        }
    }

    fn wrong_with(&self, field: Field) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| AttrValue::from(*words))
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

    fn password_field(&self) -> Html {
        let (id, wrong) = (id_of(Field::Password), self.wrong_with(Field::Password));
        let before = self.before.as_ref();
        let help: AttrValue = match before.map(|before| before.stored) {
            None => "Stored in the system keychain and never shown again. Leave blank if a password file provides it, or to enter \
                it later."
                .into(),
            Some(CredentialPlace::Keychain) => "Leave blank to keep the stored password.".into(),
            Some(CredentialPlace::File) => {
                "The password comes from a file, which takes precedence: change it there.".into()
            }
            Some(CredentialPlace::Helper) => {
                "The program below prints it. A password entered here takes its place.".into()
            }
            Some(CredentialPlace::None) => {
                "No password is stored: syncs fail until one is entered. It goes to the system keychain.".into()
            }
        };
        let oninput = self.on(|handle, _: InputEvent| {
            handle.has_typed_password.set(handle.has_password());
            handle.typed(|_| {});
        });
        html! {
            <Group {id} label="Password" {help} wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"))}>
                    <input {id} type="password" ref={self.password.clone()} {oninput} autocomplete="new-password"
                        aria-invalid={wrong.is_some().to_string()} aria-describedby={format!("{id}-said")} />
                </span>
            </Group>
        }
    }

    /// Whom a change reaches.
    fn note(&self) -> Html {
        let many = self.before.as_ref().map_or(0, |before| before.vcenters.len());
        if many == 0 {
            return Html::default();
        }
        let words = match many {
            1 => "One vCenter uses it. Its connection is tested after another user or password was saved."
                .to_owned(),
            many => format!(
                "{} use it: changes apply to all of them. Their connections are tested after another user or password was saved.",
                words::counted(many, "vCenter", "vCenters")
            ),
        };
        html! { <p class="muster-quiet">{ words }</p> }
    }
}

fn id_of(field: Field) -> &'static str {
    match field {
        Field::Name => "credential-name",
        Field::User => "credential-user",
        Field::Password => "credential-password",
        Field::Helper => "credential-helper",
    }
}
