//! The form of a scan: where BMCs are looked for, with which credentials, and on which way.
//! Refuses to scan more addresses than usual without a second word.

use crate::components::configuration::field::Field as Group;
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure, said};
use crate::components::keys;
use crate::components::link::Link;
use crate::hooks::{VcenterService, use_is_there, use_query, use_vcenter_service};
use crate::state::discovery::{Part, Sought};
use crate::state::route::Route;
use crate::state::scanning::{Field, Form, LONGEST_CA, asks_about_many};
use crate::state::toasts::Toast;
use crate::state::words::{self, Level};
use contract::ApiError;
use contract::command::ListProfiles;
use contract::discovery::{Profile, Vendor};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{platform::spawn_local, prelude::*};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) close: Callback<()>,
}

/// What every handler of the form needs.
#[derive(Clone)]
struct Handle {
    service: VcenterService,
    form: UseStateHandle<Form>,
    wrong: UseStateHandle<Vec<(Field, String)>>,
    failure: UseStateHandle<Option<ApiError>>,
    is_starting: UseStateHandle<bool>,
    close: Callback<()>,
    is_there: Rc<Cell<bool>>,
}

/// The form.
#[function_component]
pub(super) fn ScanForm(props: &Properties) -> Html {
    let profiles = use_query(ListProfiles {}).value;
    let handle = Handle {
        service: use_vcenter_service(),
        form: use_state_eq(Form::default),
        wrong: use_state_eq(Vec::new),
        failure: use_state_eq(|| None),
        is_starting: use_state_eq(|| false),
        close: props.close.clone(),
        is_there: use_is_there(),
    };
    use_effect_with((), |()| keys::focus(Field::Ranges.id()));
    let submit = handle.on(|handle: Handle, event: SubmitEvent| {
        event.prevent_default();
        handle.start(false);
    });
    let all_the_same = handle.on(|handle: Handle, _: MouseEvent| handle.start(true));
    let cancel = props.close.reform(|_: MouseEvent| ());
    let is_starting = *handle.is_starting;
    let is_asked = handle.failure.as_ref().is_some_and(asks_about_many);
    let actions = html! {
        <>
            <Button id="scan-submit" variant={ButtonVariant::Primary} r#type={ButtonType::Submit} form="scan-form"
                disabled={is_starting} label={if is_starting { "Starting\u{2026}" } else { "Scan" }} />
            if is_asked {
                <Button id="scan-all-the-same" variant={ButtonVariant::Secondary} disabled={is_starting}
                    onclick={all_the_same} label="Scan all the same" />
            }
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title="Scan for BMCs" close={props.close.clone()} {actions} wide=true is_filled={*handle.form != Form::default()}>
            <form id="scan-form" class="pf-v6-c-form" onsubmit={submit} novalidate=true autocomplete="off">
                <fieldset class="muster-fields" disabled={is_starting}>
                    { handle.area(Field::Ranges, "Ranges", 4, true,
                        "One per line or separated by commas: 10.0.8.0/24, 10.0.9.10-50, an IPv6 address, a host name.",
                        handle.form.ranges.clone(), |form, text| form.ranges = text) }
                    { handle.profiles(profiles.as_deref().map(Vec::as_slice)) }
                    { handle.more() }
                </fieldset>
                { handle.outcome(is_asked) }
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

    /// Takes over what was typed.
    fn typed(&self, change: impl FnOnce(&mut Form)) {
        let mut form = (*self.form).clone();
        change(&mut form);
        self.form.set(form);
        self.wrong.set(Vec::new());
        self.failure.set(None);
    }

    fn start(&self, accept_many: bool) {
        let scan = match self.form.scan(accept_many) {
            Ok(scan) => scan,
            Err(wrong) => return self.refuse(wrong),
        };
        self.wrong.set(Vec::new());
        self.failure.set(None);
        self.is_starting.set(true);
        let handle = self.clone();
        spawn_local(async move {
            let started = handle.service.start_scan(scan).await;
            match (started, handle.is_there.get()) {
                (Ok(_), true) => handle.close.emit(()),
                (Ok(_), false) => {}
                (Err(error), true) => handle.answered(error),
                (Err(error), false) => {
                    handle.service.toast(Toast::refused("The scan could not start", &error));
                }
            }
        });
    }

    /// The service did not take it: it is said at the field that it is about.
    fn answered(&self, error: ApiError) {
        self.is_starting.set(false);
        match self.form.field_of(&error).filter(|_| !asks_about_many(&error)) {
            Some(field) => {
                let next = error.next_step.as_deref().unwrap_or_default();
                self.refuse(vec![(field, format!("{} {next}", said(&error.message)).trim().to_owned())]);
            }
            None => self.failure.set(Some(error)),
        }
    }

    fn refuse(&self, wrong: Vec<(Field, String)>) {
        if let Some((field, _)) = wrong.first() {
            keys::focus(field.id());
        }
        self.wrong.set(wrong);
    }

    fn wrong_with(&self, field: Field) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| words.clone().into())
    }

    /// What the service said of the whole of it.
    fn outcome(&self, is_asked: bool) -> Html {
        match &*self.failure {
            Some(error) if is_asked => html! {
                <Alert level={Level::Warning} title="Are that many addresses meant?">
                    <p class="muster-words" id="scan-many">{ said(&error.message) }</p>
                </Alert>
            },
            Some(error) => html! { <Failure title="The scan could not start" error={error.clone()} /> },
            None => Html::default(),
        }
    }

    fn text(
        &self,
        field: Field,
        label: &'static str,
        help: &'static str,
        value: String,
        set: fn(&mut Form, String),
    ) -> Html {
        let (id, wrong) = (field.id(), self.wrong_with(field));
        let oninput = self.on(move |handle, event: InputEvent| {
            if let Some(input) = target::<HtmlInputElement>(&event) {
                handle.typed(|form| set(form, input.value()));
            }
        });
        html! {
            <Group {id} {label} {help} wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"))}>
                    <input {id} type="text" {value} {oninput} spellcheck="false" autocomplete="off"
                        aria-invalid={wrong.is_some().to_string()} aria-describedby={format!("{id}-said")} />
                </span>
            </Group>
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a field is all of these, and a struct for them says no more"
    )]
    fn area(
        &self,
        field: Field,
        label: &'static str,
        rows: usize,
        required: bool,
        help: &'static str,
        value: String,
        set: fn(&mut Form, String),
    ) -> Html {
        let (id, wrong) = (field.id(), self.wrong_with(field));
        let oninput = self.on(move |handle, event: InputEvent| {
            if let Some(area) = target::<HtmlTextAreaElement>(&event) {
                handle.typed(|form| set(form, area.value()));
            }
        });
        html! {
            <Group {id} {label} {required} {help} wrong={wrong.clone()}>
                <span class={classes!("pf-v6-c-form-control", "pf-m-textarea", wrong.is_some().then_some("pf-m-error"))}>
                    <textarea {id} rows={rows.to_string()} {oninput} {value} spellcheck="false" {required}
                        aria-invalid={wrong.is_some().to_string()} aria-describedby={format!("{id}-said")} />
                </span>
            </Group>
        }
    }

    /// The credentials that may be used.
    fn profiles(&self, all: Option<&[Profile]>) -> Html {
        let page = Route::Discovery(Sought { part: Part::Profiles, ..Sought::default() });
        let one = |profile: &Profile| {
            let id = profile.credential_id.clone();
            let checked = self.form.profiles.contains(&id);
            let onchange = self.on(move |handle, _: Event| {
                handle.typed(|form| match form.profiles.iter().position(|one| *one == id) {
                    Some(position) => drop(form.profiles.remove(position)),
                    None => form.profiles.push(id.clone()),
                });
            });
            let vendor = profile.vendor.map_or("any vendor", Vendor::words);
            let paused = if profile.paused_at.is_some() { ", paused" } else { "" };
            html! {
                <label class="muster-check" key={profile.credential_id.to_string()}>
                    <input type="checkbox" data-profile={profile.profile.clone()} {checked} {onchange} />
                    { words::shown(&format!("{} ({}, {vendor}{paused})", profile.profile, profile.user)) }
                </label>
            }
        };
        html! {
            <fieldset class="muster-fieldset" id="scan-profiles">
                <legend>{ "Credential profiles" }</legend>
                { match all {
                    Some([]) => html! {
                        <p class="muster-words">
                            { "There are none: the scan lists BMCs and reads none. " }
                            <Link to={page}>{ "Credential profiles" }</Link>
                        </p>
                    },
                    Some(all) => html! {
                        <>
                            { for all.iter().map(one) }
                            <p class="muster-quiet">{ "With none selected, all of them may be used." }</p>
                        </>
                    },
                    None => html! { <p class="muster-quiet">{ "Loading\u{2026}" }</p> },
                } }
            </fieldset>
        }
    }

    /// What most scans don't need.
    fn more(&self) -> Html {
        let form = &*self.form;
        html! {
            <>
                <details class="muster-more">
                    <summary>{ "Exclude and ports" }</summary>
                    <div class="muster-more__body">
                        { self.area(Field::Exclude, "Exclude", 2, false, "Addresses and ranges that are left out.",
                            form.exclude.clone(), |form, text| form.exclude = text) }
                        { self.text(Field::Ports, "Ports", "Separated by commas; leave blank for 443.", form.ports.clone(),
                            |form, text| form.ports = text) }
                    </div>
                </details>
                <details class="muster-more">
                    <summary>{ "Certificate trust" }</summary>
                    <div class="muster-more__body">
                        { self.area(Field::Ca, "CA certificate (PEM)", 4, false,
                            "BMCs in these ranges whose certificates it issued need no approval. Leave blank to approve each one.",
                            form.ca.clone(), |form, text| form.ca = text) }
                        <label class="muster-check">
                            { "Or from a file:" }
                            <input type="file" id="scan-ca-file" accept=".pem,.crt,.cer,.0" onchange={self.take_from_file()} />
                        </label>
                    </div>
                </details>
                <details class="muster-more">
                    <summary>{ "Proxy and tunnel" }</summary>
                    <div class="muster-more__body">
                        { self.text(Field::Proxy, "Proxy",
                            "Leave blank to connect directly: socks5h://host:port or http://host:port, without a password.",
                            form.way.proxy.clone(), |form, text| form.way.proxy = text) }
                        { self.text(Field::ConnectTo, "Connect to",
                            "For a tunnel: host:port to connect to in place of the address.",
                            form.way.connect_to.clone(), |form, text| form.way.connect_to = text) }
                    </div>
                </details>
            </>
        }
    }

    /// Takes a CA over from a file into the field, where it is seen before it is used.
    fn take_from_file(&self) -> Callback<Event> {
        self.on(|handle, event: Event| {
            let file = target::<HtmlInputElement>(&event).and_then(|input| input.files()?.get(0));
            let Some(file) = file else { return };
            if file.size() > LONGEST_CA as f64 {
                let words = "The file is larger than 1 MiB, too large for a CA certificate.";
                return handle.refuse(vec![(Field::Ca, words.to_owned())]);
            }
            spawn_local(async move {
                let text = JsFuture::from(file.text()).await;
                let text = text.ok().and_then(|text| text.as_string()).unwrap_or_default();
                if handle.is_there.get() {
                    handle.typed(|form| form.ca = text);
                }
            });
        })
    }
}

/// The element that an event is about.
fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target().and_then(|target| target.dyn_into::<T>().ok())
}
