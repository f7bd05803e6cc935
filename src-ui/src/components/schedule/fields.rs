//! The fields of the form of a schedule, and its next runs.
//! Refuse to decide anything: what was typed goes to the form's state.

use super::super::configuration::field::{Field, TextField};
use super::super::select::Select;
use crate::state::schedules::{EXCLUDE, GROUP, NAME, QUIET, RANGES, ScheduleForm, WHEN, Wrong, ZONE};
use crate::state::words;
use contract::words::scheduled_job;
use contract::{Preview, ScheduledJob, Vcenter};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The fields, and what is done with what is typed into them.
pub(super) struct Fields {
    pub(super) form: ScheduleForm,
    pub(super) change: Callback<ScheduleForm>,
    pub(super) wrong: Wrong,
    /// The time zone that is meant where none is typed.
    pub(super) zone: String,
}

/// A text field.
struct Text<'a> {
    id: &'static str,
    label: &'static str,
    value: &'a str,
    help: &'static str,
    placeholder: String,
    set: fn(&mut ScheduleForm, String),
}

impl Fields {
    pub(super) fn all(&self, vcenters: &[Vcenter], is_edited: bool, runs: Option<Rc<Preview>>) -> Html {
        let form = &self.form;
        let jobs = ScheduledJob::NAMED.map(|job| (job.name().to_owned(), scheduled_job(&job).to_owned()));
        let choose_job =
            self.with(|form, name: String| form.job = ScheduledJob::from_name(&name).unwrap_or_default());
        let turn = self.with(|form, event: Event| form.enabled = checked(&event));
        html! {
            <>
                { self.text(Text {
                    id: WHEN, label: "When", value: &form.when, placeholder: String::new(),
                    help: "every 30 min, daily 02:30, weekdays 02:30, sundays 03:00, or a cron expression: 30 2 * * 1-5",
                    set: |form, text| form.when = text,
                }) }
                if form.may_be_smart() {
                    { self.smart() }
                }
                <Runs preview={runs} />
                <div class="muster-pair">
                    if form.job.scan().is_some() {
                        <Field id="schedule-job" label="Job">
                            <output id="schedule-job" class="muster-words">{ scheduled_job(&form.job) }</output>
                        </Field>
                    } else {
                        <Field id="schedule-job" label="Job">
                            <Select id="schedule-job" options={jobs.to_vec()} chosen={form.job.name()} choose={choose_job} />
                        </Field>
                    }
                    { self.text(Text {
                        id: NAME, label: "Name", value: &form.name, placeholder: String::new(), help: "",
                        set: |form, text| form.name = text,
                    }) }
                </div>
                <div class="muster-pair">
                    { self.text(Text {
                        id: QUIET, label: "Quiet hours", value: &form.quiet, placeholder: "None".to_owned(),
                        help: "22:00-06:00: what is due then starts once they end.",
                        set: |form, text| form.quiet = text,
                    }) }
                    { self.text(Text {
                        id: ZONE, label: "Time zone", value: &form.zone, placeholder: self.zone.clone(),
                        help: "An IANA name, such as Europe/Berlin.",
                        set: |form, text| form.zone = text,
                    }) }
                </div>
                if form.job.scan().is_some() {
                    <div class="muster-pair">
                        { self.text(Text {
                            id: RANGES, label: "Ranges", value: &form.ranges, placeholder: String::new(),
                            help: "10.0.8.0/24, 10.0.9.10-50, an IPv6 address, a host name.",
                            set: |form, text| form.ranges = text,
                        }) }
                        { self.text(Text {
                            id: EXCLUDE, label: "Exclude", value: &form.exclude, placeholder: "None".to_owned(),
                            help: "Addresses and ranges that are left out.",
                            set: |form, text| form.exclude = text,
                        }) }
                    </div>
                }
                if form.job.is_on_vcenters() {
                    { self.group(vcenters) }
                }
                if is_edited {
                    <label class="muster-check">
                        <input id="schedule-on" type="checkbox" checked={form.enabled} onchange={turn} />
                        { "On" }
                    </label>
                }
            </>
        }
    }

    /// Whether it runs when people look.
    fn smart(&self) -> Html {
        let turn = self.with(|form, event: Event| form.smart = checked(&event));
        html! {
            <div>
                <label class="muster-check">
                    <input id="schedule-smart" type="checkbox" checked={self.form.smart} onchange={turn}
                        aria-describedby="schedule-smart-said" />
                    { "Smart: sync when people look, as often as that" }
                </label>
                <p class="muster-quiet muster-settings__help" id="schedule-smart-said">
                    { "Learned from when each vCenter is looked at and changes, and how fast it answers. That never leaves the database, and Settings deletes it." }
                </p>
            </div>
        }
    }

    /// What takes in an event of a field.
    fn with<T: 'static>(&self, set: impl Fn(&mut ScheduleForm, T) + 'static) -> Callback<T> {
        let (form, change) = (self.form.clone(), self.change.clone());
        Callback::from(move |value: T| {
            let mut next = form.clone();
            set(&mut next, value);
            change.emit(next);
        })
    }

    fn wrong_with(&self, id: &str) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == id).map(|(_, words)| AttrValue::from(words.clone()))
    }

    fn text(&self, text: Text<'_>) -> Html {
        let Text { id, label, value, help, placeholder, set } = text;
        html! {
            <TextField {id} {label} value={value.to_owned()} {help} {placeholder} wrong={self.wrong_with(id)}
                set={self.with(set)} />
        }
    }

    /// What it is for: vCenters, or all that have a tag.
    fn group(&self, vcenters: &[Vcenter]) -> Html {
        let form = &self.form;
        let mut tags: BTreeSet<&str> =
            vcenters.iter().flat_map(|one| &one.settings.tags).map(String::as_str).collect();
        tags.extend(form.tag.as_deref());
        let mut groups = vec![(String::new(), "Selected vCenters".to_owned())];
        groups.extend(tags.iter().map(|tag| ((*tag).to_owned(), format!("All vCenters with tag {tag}"))));
        let choose = self.with(|form, tag: String| form.tag = Some(tag).filter(|tag| !tag.is_empty()));
        let items = vcenters.iter().map(|vcenter| {
            let id = vcenter.id.clone();
            let toggle = self.with(move |form, event: Event| {
                if checked(&event) {
                    form.vcenters.insert(id.clone());
                } else {
                    form.vcenters.remove(&id);
                }
            });
            html! {
                <li key={vcenter.id.to_string()}>
                    <label class="muster-check">
                        <input type="checkbox" checked={form.vcenters.contains(&vcenter.id)} onchange={toggle} />
                        <span class="muster-words">{ words::shown(&vcenter.name) }</span>
                    </label>
                </li>
            }
        });
        let wrong = self.wrong_with(GROUP);
        html! {
            <Field id={GROUP} label="Applies to" wrong={wrong.clone()}>
                <Select id={GROUP} options={groups} chosen={form.tag.clone().unwrap_or_default()} {choose}
                    wrong={wrong.is_some()} aria_describedby={format!("{GROUP}-said")} />
                if form.tag.is_none() {
                    <ul class="muster-choices muster-schedules__vcenters" role="list" aria-label="vCenters">{ for items }</ul>
                }
            </Field>
        }
    }
}

fn checked(event: &Event) -> bool {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|input| input.checked())
}

#[derive(Clone, PartialEq, Properties)]
struct RunsProperties {
    preview: Option<Rc<Preview>>,
}

/// The next runs of what is typed.
#[function_component]
fn Runs(props: &RunsProperties) -> Html {
    let runs = props.preview.iter().flat_map(|preview| &preview.runs).map(|run| {
        html! {
            <li>
                <time datetime={run.at.to_string()}>{ run.local.clone() }</time>
                if run.reason.contains("quiet hours") {
                    <span class="muster-quiet">{ " after quiet hours" }</span>
                } else if !run.vcenters.is_empty() {
                    // A smart one's, which is about one vCenter.
                    <span class="muster-quiet">{ format!(" \u{b7} {}", run.reason) }</span>
                }
            </li>
        }
    });
    let runs: Vec<Html> = runs.collect();
    html! {
        <section class="muster-runs" aria-labelledby="schedule-runs" aria-live="polite">
            <h3 id="schedule-runs" class="pf-v6-c-title pf-m-md">{ "Next runs" }</h3>
            if runs.is_empty() {
                <p class="muster-quiet">{ "Shown once time, quiet hours and time zone are valid." }</p>
            } else {
                <ol>{ for runs }</ol>
            }
        </section>
    }
}
