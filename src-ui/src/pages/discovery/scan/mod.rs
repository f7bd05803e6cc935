//! The form of a scan: where BMCs are looked for, with which credentials, and on which way.
//! Refuses to scan more addresses than usual without a second word.

mod fields;

use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure, said};
use crate::components::keys;
use crate::hooks::{VcenterService, use_is_there, use_query, use_vcenter_service};
use crate::state::scanning::{Field, Form, asks_about_many};
use crate::state::toasts::Toast;
use crate::state::words::Level;
use contract::command::{ListProfiles, ListSchedules};
use contract::discovery::Scan;
use contract::{ApiError, Schedule, ScheduleSettings};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::cell::Cell;
use std::rc::Rc;
use yew::{platform::spawn_local, prelude::*};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// Whether it is opened to schedule a scan.
    #[prop_or_default]
    pub(super) is_scheduled: bool,
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
    /// Whether a schedule is asked for, whatever stands in its fields.
    wants_schedule: bool,
    schedules: Option<Rc<Vec<Schedule>>>,
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
        wants_schedule: props.is_scheduled,
        schedules: use_query(ListSchedules {}).value,
        close: props.close.clone(),
        is_there: use_is_there(),
    };
    use_effect_with((), |()| keys::focus(Field::Ranges.id()));
    {
        // Once the fields take the keyboard again.
        let first = handle.wrong.first().map(|(field, _)| *field).filter(|_| !*handle.is_starting);
        use_effect_with(first, |first| {
            if let Some(field) = first {
                keys::focus(field.id());
            }
        });
    }
    let submit = handle.on(|handle: Handle, event: SubmitEvent| {
        event.prevent_default();
        handle.start(false);
    });
    let all_the_same = handle.on(|handle: Handle, _: MouseEvent| handle.start(true));
    let cancel = props.close.reform(|_: MouseEvent| ());
    let is_starting = *handle.is_starting;
    let is_asked = handle.failure.as_ref().is_some_and(asks_about_many);
    use_effect_with(is_asked, |is_asked| {
        if *is_asked {
            keys::reveal("scan-many");
        }
    });
    let is_scheduled = handle.is_scheduled();
    let actions = html! {
        <>
            if is_asked {
                <Button id="scan-all-the-same" variant={ButtonVariant::Primary} disabled={is_starting}
                    onclick={all_the_same} label={if is_scheduled { "Schedule it all the same" } else { "Scan all the same" }} />
            } else {
                <Button id="scan-submit" variant={ButtonVariant::Primary} r#type={ButtonType::Submit} form="scan-form"
                    disabled={is_starting} label={match (is_starting, is_scheduled) {
                        (true, true) => "Adding\u{2026}",
                        (true, false) => "Starting\u{2026}",
                        (false, true) => "Add schedule",
                        (false, false) => "Scan",
                    }} />
            }
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={if props.is_scheduled { "Schedule a scan for BMCs" } else { "Scan for BMCs" }}
            close={props.close.clone()} {actions} wide=true is_filled={*handle.form != Form::default()}>
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

/// What the form asks for.
enum Asked {
    Now(Scan),
    Schedule(ScheduleSettings),
}

impl Handle {
    /// A callback that has what it needs.
    fn on<E: 'static>(&self, act: impl Fn(Handle, E) + 'static) -> Callback<E> {
        let handle = self.clone();
        Callback::from(move |event| act(handle.clone(), event))
    }

    /// Whether it adds a schedule instead of scanning.
    fn is_scheduled(&self) -> bool {
        self.wants_schedule || self.form.is_scheduled()
    }

    /// What did not come of it.
    fn failed(&self) -> &'static str {
        if self.is_scheduled() { "The schedule was not added" } else { "The scan could not start" }
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
        let taken = self.schedules.as_deref().map(Vec::as_slice).unwrap_or_default();
        let asked = match self.is_scheduled() {
            true => self.form.schedule(accept_many, taken).map(Asked::Schedule),
            false => self.form.scan(accept_many).map(Asked::Now),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(wrong) => return self.refuse(wrong),
        };
        self.wrong.set(Vec::new());
        self.failure.set(None);
        self.is_starting.set(true);
        let handle = self.clone();
        spawn_local(async move {
            let started = match asked {
                Asked::Now(scan) => handle.service.start_scan(scan).await.map(drop),
                Asked::Schedule(settings) => {
                    let saved = handle.service.schedule_auto_sync(None, settings, true).await;
                    saved.map(|saved| {
                        handle.service.toast(Toast::done(format!("Schedule {} was saved", saved.name), ""));
                    })
                }
            };
            match (started, handle.is_there.get()) {
                (Ok(()), true) => handle.close.emit(()),
                (Ok(()), false) => {}
                (Err(error), true) => handle.answered(error),
                (Err(error), false) => {
                    handle.service.toast(Toast::refused(handle.failed(), &error));
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
        self.wrong.set(wrong);
    }

    fn wrong_with(&self, field: Field) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, words)| words.clone().into())
    }

    /// What the service said of the whole of it.
    fn outcome(&self, is_asked: bool) -> Html {
        match &*self.failure {
            Some(error) if is_asked => html! {
                <Alert level={Level::Warning} title="Scan this many addresses?">
                    <p class="muster-words" id="scan-many">{ said(&error.message) }</p>
                </Alert>
            },
            Some(error) => html! { <Failure title={self.failed()} error={error.clone()} /> },
            None => Html::default(),
        }
    }
}
