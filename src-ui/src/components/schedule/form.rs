//! The form of a schedule, with its next runs while it is typed.
//! Refuses to store what the service has found wrong.

use super::super::dialog::Dialog;
use super::super::failure::{Alert, Failure, said};
use super::super::keys;
use super::fields::Fields;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::scanning::asks_about_many;
use crate::state::schedules::{
    EXCLUDE, GROUP, NAME, Previewed, QUIET, RANGES, ScheduleForm, WHEN, Wrong, ZONE, told,
};
use crate::state::toasts::Toast;
use crate::state::words::Level;
use contract::command::{ListSchedules, PreviewSchedule};
use contract::{ApiError, Schedule, ScheduleId, ScheduleSettings, ScheduledJob, Vcenter, VcenterId};
use gloo_timers::callback::Timeout;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::{platform::spawn_local, prelude::*};

/// How long nothing is typed before the service is asked, milliseconds.
const PAUSE: u32 = 250;

/// Runs that are shown.
const RUNS: u32 = 5;

/// The id of why it was not saved.
const OUTCOME: &str = "schedule-outcome";

/// What it is about.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// The one that is edited; none for a new one.
    #[prop_or_default]
    pub(crate) schedule: Option<ScheduleId>,
    /// The vCenter that a new one is for at first.
    #[prop_or_default]
    pub(crate) vcenter: Option<VcenterId>,
    /// What a new one does at first.
    #[prop_or_default]
    pub(crate) job: ScheduledJob,
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
            let form = match &props.job {
                ScheduledJob::Servers => ScheduleForm::of_servers(&all),
                job => ScheduleForm { job: job.clone(), ..form },
            };
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

/// What the form has and shows beside what it was opened with.
#[derive(Clone)]
struct Entry {
    form: UseStateHandle<ScheduleForm>,
    /// What was found wrong when it was to be saved.
    refused: UseStateHandle<Wrong>,
    failure: UseStateHandle<Option<ApiError>>,
    is_sending: UseStateHandle<bool>,
}

impl Entry {
    /// Takes in what is typed.
    fn change(&self) -> Callback<ScheduleForm> {
        let this = self.clone();
        Callback::from(move |next: ScheduleForm| {
            this.refused.set(Wrong::new());
            this.failure.set(None);
            this.form.set(next);
        })
    }

    /// Says at the first field what is wrong with it, which may be below what is in sight.
    fn refuse(&self, found: Wrong) {
        keys::focus(found[0].0);
        keys::reveal(&format!("{}-said", found[0].0));
        self.refused.set(found);
    }

    /// Whether the service asks if that many addresses are meant.
    fn is_asked(&self) -> bool {
        self.failure.as_ref().is_some_and(asks_about_many)
    }

    /// What is shown as wrong.
    fn wrong(&self, previewed: Option<&Previewed>) -> Wrong {
        let mut wrong = self.form.wrong(previewed.map(|previewed| &*previewed.preview));
        let stays = |id: &str| [NAME, GROUP, RANGES, EXCLUDE].contains(&id);
        wrong.extend(self.refused.iter().filter(|(id, _)| stays(id)).cloned());
        wrong
    }
}

/// Settings of a scan of as many addresses as its ranges have.
fn accepting_many(mut settings: ScheduleSettings) -> ScheduleSettings {
    if let ScheduledJob::Scan(scan) = &mut settings.job {
        scan.accept_many = true;
    }
    settings
}

/// Stores what stands in a form, unless something is wrong with it.
#[hook]
fn use_save(entry: &Entry, previewed: Option<&Previewed>, props: &FormProperties) -> Callback<MouseEvent> {
    let (service, is_there) = (use_vcenter_service(), use_is_there());
    // The edition that it was made from, whatever others have changed since.
    let schedule = use_memo((), |()| props.schedule.clone());
    let (entry, previewed, close) = (entry.clone(), previewed.cloned(), props.close.clone());
    Callback::from(move |_: MouseEvent| {
        let settings = match entry.form.to_store(previewed.as_ref()) {
            Ok(settings) if entry.is_asked() => accepting_many(settings),
            Ok(settings) => settings,
            Err(found) => return entry.refuse(found),
        };
        let (service, schedule, entry) = (service.clone(), schedule.clone(), entry.clone());
        let (is_there, close) = (is_there.clone(), close.clone());
        entry.is_sending.set(true);
        spawn_local(async move {
            let enabled = entry.form.enabled;
            let saved = service.schedule_auto_sync((*schedule).as_ref(), settings, enabled).await;
            entry.is_sending.set(false);
            match saved {
                Ok(saved) => {
                    service.toast(Toast::done(format!("Schedule {} was saved", saved.name), ""));
                    if is_there.get() {
                        close.emit(());
                    }
                }
                Err(error) => match entry.form.field_of(&error) {
                    Some(id) => entry.refuse(vec![(id, told(&error))]),
                    None => entry.failure.set(Some(error)),
                },
            }
        });
    })
}

/// Removes the schedule that is edited.
#[hook]
fn use_remove(props: &FormProperties) -> Callback<MouseEvent> {
    let (service, schedule, close) = (use_vcenter_service(), props.schedule.clone(), props.close.clone());
    Callback::from(move |_: MouseEvent| {
        if let Some(schedule) = &schedule {
            service.remove_schedule(schedule);
            close.emit(());
        }
    })
}

#[function_component]
fn Form(props: &FormProperties) -> Html {
    let first = use_memo((), |()| props.form.clone());
    let entry = Entry {
        form: use_state_eq(|| props.form.clone()),
        refused: use_state_eq(Wrong::new),
        failure: use_state_eq(|| None),
        is_sending: use_state_eq(|| false),
    };
    use_effect_with((), |()| keys::focus(WHEN));
    // Below the fields, and so perhaps below what is in sight.
    use_effect_with((*entry.failure).clone(), |failure| {
        if failure.is_some() {
            keys::reveal(OUTCOME);
        }
    });
    let previewed = use_preview(&entry.form);
    let foot = Foot {
        save: use_save(&entry, previewed.as_ref(), props),
        remove: use_remove(props),
        cancel: props.close.reform(|_: MouseEvent| ()),
        is_sending: *entry.is_sending,
        is_asked: entry.is_asked(),
        is_edited: props.schedule.is_some(),
        is_removing: use_state_eq(|| false),
    };
    let title = match &props.schedule {
        Some(schedule) => format!("Edit schedule {}", schedule.name),
        None if props.form.job == ScheduledJob::Servers => "Schedule reading of servers".to_owned(),
        None => "Add schedule".to_owned(),
    };
    html! {
        <Dialog {title} close={props.close.clone()} wide=true is_filled={*entry.form != *first} actions={foot.buttons()}>
            { body(&entry, previewed.as_ref(), props) }
        </Dialog>
    }
}

/// The fields, and why what stands in them was not saved.
fn body(entry: &Entry, previewed: Option<&Previewed>, props: &FormProperties) -> Html {
    let wrong = entry.wrong(previewed);
    let preview = previewed.map(|previewed| previewed.preview.clone());
    let zone = preview.as_ref().map(|preview| preview.zone.clone()).unwrap_or_default();
    // Below the time, which is what people try out.
    let runs = preview.filter(|_| !wrong.iter().any(|(id, _)| [WHEN, ZONE, QUIET].contains(id)));
    let fields = Fields { form: (*entry.form).clone(), change: entry.change(), wrong, zone };
    html! {
        <div class="pf-v6-c-form">
            { fields.all(&props.vcenters, props.schedule.is_some(), runs) }
            if let Some(error) = &*entry.failure {
                if entry.is_asked() {
                    <Alert level={Level::Warning} title="Scan this many addresses?">
                        <p class="muster-words" id={OUTCOME}>{ said(&error.message) }</p>
                    </Alert>
                } else {
                    <div id={OUTCOME}><Failure title="The schedule was not saved" error={error.clone()} /></div>
                }
            }
        </div>
    }
}

/// What would come of what is typed, asked when nothing is typed for a moment; until then what came of it before.
#[hook]
fn use_preview(form: &ScheduleForm) -> Option<Previewed> {
    let asked = use_state_eq(|| form.asked());
    let last = use_mut_ref(|| None::<Previewed>);
    {
        let asked = asked.clone();
        use_effect_with(form.asked(), move |settings| {
            let settings = settings.clone();
            let pause = Timeout::new(PAUSE, move || asked.set(settings));
            move || drop(pause)
        });
    }
    if let Some(preview) = use_query(PreviewSchedule { settings: (*asked).clone(), count: RUNS }).value {
        *last.borrow_mut() = Some(Previewed { asked: (*asked).clone(), preview });
    }
    last.borrow().clone()
}

/// The buttons below the form.
struct Foot {
    save: Callback<MouseEvent>,
    remove: Callback<MouseEvent>,
    cancel: Callback<MouseEvent>,
    is_sending: bool,
    /// Whether it asks if that many addresses are meant.
    is_asked: bool,
    is_edited: bool,
    /// Whether it asks if the schedule is to be removed.
    is_removing: UseStateHandle<bool>,
}

impl Foot {
    fn buttons(&self) -> Html {
        let ask = |asks: bool| {
            let is_removing = self.is_removing.clone();
            Callback::from(move |_: MouseEvent| is_removing.set(asks))
        };
        if *self.is_removing {
            return html! {
                <>
                    <strong class="muster-dialog__question">{ "Remove this schedule?" }</strong>
                    <Button variant={ButtonVariant::Danger} onclick={self.remove.clone()} label="Remove" />
                    <Button variant={ButtonVariant::Secondary} onclick={ask(false)} label="Keep" />
                </>
            };
        }
        html! {
            <>
                <Button variant={ButtonVariant::Primary} onclick={self.save.clone()} disabled={self.is_sending}
                    label={match (self.is_sending, self.is_asked) {
                        (true, _) => "Saving\u{2026}",
                        (false, true) => "Save all the same",
                        (false, false) => "Save",
                    }} />
                <Button variant={ButtonVariant::Link} onclick={self.cancel.clone()} label="Cancel" />
                if self.is_edited {
                    <Button variant={ButtonVariant::Link} onclick={ask(true)} label="Remove\u{2026}" />
                }
            </>
        }
    }
}
