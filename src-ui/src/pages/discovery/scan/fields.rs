//! The fields of the form of a scan.
//! Refuse to decide anything: what was typed goes to the form's state.

use super::Handle;
use crate::components::configuration::field::{Field as Group, TextField};
use crate::components::link::Link;
use crate::state::discovery::{Part, Sought};
use crate::state::route::Route;
use crate::state::scanning::{Field, Form};
use crate::state::words;
use contract::discovery::{Profile, Scan, Vendor};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{platform::spawn_local, prelude::*};

impl Handle {
    fn text(
        &self,
        field: Field,
        label: &'static str,
        help: &'static str,
        value: String,
        set: fn(&mut Form, String),
    ) -> Html {
        let set = self.on(move |handle, text: String| handle.typed(|form| set(form, text)));
        html! { <TextField id={field.id()} {label} {help} {value} wrong={self.wrong_with(field)} {set} /> }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a field is all of these, and a struct for them says no more"
    )]
    pub(super) fn area(
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
    pub(super) fn profiles(&self, all: Option<&[Profile]>) -> Html {
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
    pub(super) fn more(&self) -> Html {
        let form = &*self.form;
        let when = match self.wants_schedule {
            true => "daily 02:30, sundays 03:00, every 12 h, or a cron expression: 30 2 * * 0",
            false => {
                "daily 02:30, sundays 03:00, every 12 h, or a cron expression: 30 2 * * 0. Leave blank to scan now."
            }
        };
        html! {
            <>
                <details class="muster-more" open={self.wants_schedule}>
                    <summary>{ "Schedule" }</summary>
                    <div class="muster-more__body">
                        { self.text(Field::When,
                            "When", when,
                            form.when.clone(), |form, text| form.when = text) }
                        { self.text(Field::Name, "Name", "Leave blank to have it named.", form.name.clone(),
                            |form, text| form.name = text) }
                    </div>
                </details>
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
            if file.size() > Scan::LONGEST_CA as f64 {
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
