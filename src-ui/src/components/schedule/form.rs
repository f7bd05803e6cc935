//! The form of a schedule, with its next runs while it is typed.
//! Refuses to store what the service has found wrong.

use super::super::configuration::field::Field;
use super::super::dialog::Dialog;
use super::super::failure::Failure;
use super::super::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::schedules::{GROUP, NAME, QUIET, ScheduleForm, WHEN, Wrong, ZONE};
use crate::state::toasts::Toast;
use crate::state::words;
use contract::command::{ListSchedules, PreviewSchedule};
use contract::words::scheduled_job;
use contract::{ApiError, Preview, Schedule, ScheduleId, ScheduledJob, Vcenter, VcenterId};
use gloo_timers::callback::Timeout;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::{platform::spawn_local, prelude::*};

/// How long nothing is typed before the service is asked, milliseconds.
const PAUSE: u32 = 250;

/// Runs that are shown.
const RUNS: u32 = 5;

/// What it is about.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// The one that is edited; none for a new one.
    #[prop_or_default]
    pub(crate) schedule: Option<ScheduleId>,
    /// The vCenter that a new one is for at first.
    #[prop_or_default]
    pub(crate) vcenter: Option<VcenterId>,
    pub(crate) close: Callback<()>,
}

/// The form, once what it is about is known.
#[function_component]
pub(crate) fn ScheduleEditor(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let all = use_query(ListSchedules {}).value;
    let (Some(all), Some(vcenters)) = (all, service.vcenters()) else { return Html::default() };
    let schedule = props.schedule.as_ref().map(|id| all.iter().find(|one| one.id == *id).cloned());
    let close = props.close.clone();
    match schedule {
        // It was removed, here or elsewhere.
        Some(None) => Html::default(),
        Some(Some(schedule)) => {
            let form = ScheduleForm::of(&schedule);
            let key = schedule.id.to_string();
            html! { <Form {key} {form} schedule={Some(schedule)} {vcenters} {close} /> }
        }
        None => {
            let chosen = props.vcenter.as_ref().and_then(|id| vcenters.iter().find(|one| one.id == *id));
            let form = ScheduleForm::new(chosen.map(|one| (&one.id, one.name.as_str())), &all);
            html! { <Form {form} {vcenters} {close} /> }
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct FormProperties {
    /// What stands in it at first.
    form: ScheduleForm,
    #[prop_or_default]
    schedule: Option<Schedule>,
    vcenters: Rc<Vec<Vcenter>>,
    close: Callback<()>,
}

#[function_component]
fn Form(props: &FormProperties) -> Html {
    let service = use_vcenter_service();
    let first = use_memo((), |()| (props.form.clone(), props.schedule.clone()));
    let form = use_state_eq(|| props.form.clone());
    use_effect_with((), |()| super::super::keys::focus(WHEN));
    let preview = use_preview(&form);
    let refused = use_state_eq(Wrong::new);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_sending = use_state_eq(|| false);
    let is_removing = use_state_eq(|| false);
    let is_there = use_is_there();
    let wrong = {
        let mut wrong = form.wrong(preview.as_deref());
        wrong.extend(refused.iter().filter(|(id, _)| *id == NAME || *id == GROUP).cloned());
        wrong
    };
    let change = {
        let (form, refused, failure) = (form.clone(), refused.clone(), failure.clone());
        Callback::from(move |next: ScheduleForm| {
            refused.set(Wrong::new());
            failure.set(None);
            form.set(next);
        })
    };
    let save = {
        let (service, form, wrong, close) =
            (service.clone(), form.clone(), wrong.clone(), props.close.clone());
        let (refused, failure, is_sending) = (refused.clone(), failure.clone(), is_sending.clone());
        // The edition that it was made from, whatever others have changed since.
        let (schedule, is_there) = (first.1.clone(), is_there.clone());
        Callback::from(move |_: MouseEvent| {
            let settings = match form.settings() {
                Ok(settings) if wrong.is_empty() => settings,
                Ok(_) => return super::super::keys::focus(wrong[0].0),
                Err(found) => {
                    super::super::keys::focus(found[0].0);
                    return refused.set(found);
                }
            };
            let (service, schedule, enabled) = (service.clone(), schedule.clone(), form.enabled);
            let (failure, is_sending, close) = (failure.clone(), is_sending.clone(), close.clone());
            let is_there = is_there.clone();
            is_sending.set(true);
            spawn_local(async move {
                let saved = service.schedule_auto_sync(schedule.as_ref(), settings, enabled).await;
                is_sending.set(false);
                match saved {
                    Ok(saved) => {
                        service.toast(Toast::done(format!("Schedule {} was saved", saved.name), ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) => failure.set(Some(error)),
                }
            });
        })
    };
    let remove = {
        let (service, schedule, close) = (service.clone(), props.schedule.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(schedule) = &schedule {
                service.remove_schedule(schedule);
                close.emit(());
            }
        })
    };
    let asks_to_remove = {
        let is_removing = is_removing.clone();
        move |asks: bool| {
            let is_removing = is_removing.clone();
            Callback::from(move |_: MouseEvent| is_removing.set(asks))
        }
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = if *is_removing {
        html! {
            <>
                <strong class="muster-dialog__question">{ "Remove this schedule?" }</strong>
                <Button variant={ButtonVariant::Danger} onclick={remove} label="Remove" />
                <Button variant={ButtonVariant::Secondary} onclick={asks_to_remove(false)} label="Keep" />
            </>
        }
    } else {
        html! {
            <>
                <Button variant={ButtonVariant::Primary} onclick={save} disabled={*is_sending}
                    label={if *is_sending { "Saving\u{2026}" } else { "Save" }} />
                <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
                if props.schedule.is_some() {
                    <Button variant={ButtonVariant::Link} onclick={asks_to_remove(true)} label="Remove\u{2026}" />
                }
            </>
        }
    };
    let title = match &props.schedule {
        Some(schedule) => format!("Edit schedule {}", schedule.name),
        None => "Add schedule".to_owned(),
    };
    let zone = preview.as_ref().map(|preview| preview.zone.clone()).unwrap_or_default();
    // Below the time, which is what people try out.
    let runs = preview.filter(|_| !wrong.iter().any(|(id, _)| [WHEN, ZONE, QUIET].contains(id)));
    let fields = Fields { form: (*form).clone(), change, wrong: wrong.clone(), zone };
    html! {
        <Dialog {title} close={props.close.clone()} wide=true is_filled={*form != first.0} {actions}>
            <div class="pf-v6-c-form">
                { fields.all(&props.vcenters, props.schedule.is_some(), runs) }
                if let Some(error) = &*failure {
                    <Failure title="The schedule was not saved" error={error.clone()} />
                }
            </div>
        </Dialog>
    }
}

/// What would come of what is typed, asked when nothing is typed for a moment; until then what came of it before.
#[hook]
fn use_preview(form: &ScheduleForm) -> Option<Rc<Preview>> {
    let asked = use_state_eq(|| form.asked());
    let last = use_mut_ref(|| None::<Rc<Preview>>);
    {
        let asked = asked.clone();
        use_effect_with(form.asked(), move |settings| {
            let settings = settings.clone();
            let pause = Timeout::new(PAUSE, move || asked.set(settings));
            move || drop(pause)
        });
    }
    if let Some(preview) = use_query(PreviewSchedule { settings: (*asked).clone(), count: RUNS }).value {
        *last.borrow_mut() = Some(preview);
    }
    last.borrow().clone()
}

/// The fields, and what is done with what is typed into them.
struct Fields {
    form: ScheduleForm,
    change: Callback<ScheduleForm>,
    wrong: Wrong,
    /// The time zone that is meant where none is typed.
    zone: String,
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
    fn all(&self, vcenters: &[Vcenter], is_edited: bool, runs: Option<Rc<Preview>>) -> Html {
        let form = &self.form;
        let jobs = ScheduledJob::ALL.map(|job| (job.name().to_owned(), scheduled_job(job).to_owned()));
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
                <Runs preview={runs} />
                <div class="muster-pair">
                    <Field id="schedule-job" label="Job">
                        <Select id="schedule-job" options={jobs.to_vec()} chosen={form.job.name()} choose={choose_job} />
                    </Field>
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
                { self.group(vcenters) }
                if is_edited {
                    <label class="muster-check">
                        <input id="schedule-on" type="checkbox" checked={form.enabled} onchange={turn} />
                        { "On" }
                    </label>
                }
            </>
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
        let wrong = self.wrong_with(id);
        let oninput = self.with(move |form, event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            set(form, input.map(|input| input.value()).unwrap_or_default());
        });
        let class = classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"));
        html! {
            <Field {id} {label} {help} wrong={wrong.clone()}>
                <span {class}>
                    <input {id} type="text" value={value.to_owned()} {oninput} {placeholder} spellcheck="false"
                        autocomplete="off" aria-invalid={wrong.is_some().to_string()}
                        aria-describedby={format!("{id}-said")} />
                </span>
            </Field>
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
