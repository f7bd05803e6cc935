//! The form of a policy: fields, or its file, from a template or as it is stored, with what would come of it.
//! Refuses to store what the service has found wrong, and to show a policy in fields that have no place for all of it.

mod fields;

use super::dry_run::Outcome;
use crate::components::configuration::field::{Field, error_text};
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure, said};
use crate::components::keys;
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::jobs::{self, TEMPLATES};
use crate::state::policy_form::{NAME, PolicyForm as Fields, Wrong};
use crate::state::scanning::asks_about_many;
use crate::state::schedules::free_among;
use crate::state::toasts::Toast;
use crate::state::words::Level;
use contract::ApiError;
use contract::command::ListPolicies;
use contract::policy::{Policy, PolicySettings, Step};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::{platform::spawn_local, prelude::*};

/// The id of the field of its file.
const FILE: &str = "policy-file";

/// The id of what the service has against it.
const REFUSED: &str = "policy-refused";

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// The one that is edited, or that a new one is like.
    #[prop_or_default]
    pub(super) before: Option<Policy>,
    #[prop_or_default]
    pub(super) is_copy: bool,
    pub(super) close: Callback<()>,
}

/// What is typed: into the fields, or as the file of `musterctl policy`.
#[derive(Clone, PartialEq)]
enum Typed {
    Fields(Box<Fields>),
    File(String),
}

impl Typed {
    fn of(settings: &PolicySettings) -> Typed {
        match Fields::whole(settings) {
            Some(fields) => Typed::Fields(Box::new(fields)),
            None => Typed::File(jobs::text(settings)),
        }
    }

    fn settings(&self) -> Result<PolicySettings, Wrong> {
        match self {
            Typed::Fields(fields) => fields.settings(),
            Typed::File(text) => jobs::typed(text).map_err(|why| vec![(FILE.to_owned(), why)]),
        }
    }

    /// The same in the other form, unless that is not possible.
    fn turned(&self) -> Result<Typed, Wrong> {
        let settings = self.settings()?;
        match self {
            Typed::Fields(_) => Ok(Typed::File(jobs::text(&settings))),
            Typed::File(_) => {
                Fields::whole(&settings).map(|fields| Typed::Fields(Box::new(fields))).ok_or_else(|| {
                    let why =
                        "The form has no fields for all of it, such as names with a comma. Edit it as JSON.";
                    vec![(FILE.to_owned(), why.to_owned())]
                })
            }
        }
    }

    fn is_file(&self) -> bool {
        matches!(self, Typed::File(_))
    }
}

/// What the form has and shows.
#[derive(Clone)]
struct Entry {
    typed: UseStateHandle<Typed>,
    /// What can't be read, by its field.
    wrong: UseStateHandle<Wrong>,
    /// Why it was not saved.
    failure: UseStateHandle<Option<ApiError>>,
    /// What a dry run was asked for, and the how manieth that was.
    tried: UseStateHandle<Option<(u32, PolicySettings)>>,
    is_sending: UseStateHandle<bool>,
    /// The field that is to have the focus once it is drawn, and the how manieth that is.
    focus: UseStateHandle<(u32, String)>,
}

impl Entry {
    /// Takes in what is typed: what was said of what stood there before is over.
    fn set(&self, typed: Typed) {
        self.typed.set(typed);
        self.wrong.set(Wrong::new());
        self.failure.set(None);
        self.tried.set(None);
    }

    /// Whether the service asks if that many addresses are meant.
    fn is_asked(&self) -> bool {
        self.failure.as_ref().is_some_and(asks_about_many)
    }

    /// Says at the first field what is wrong with it, which may be out of sight.
    fn refuse(&self, found: Wrong) {
        if let Some((id, _)) = found.first() {
            keys::focus(id);
            keys::reveal(&format!("{id}-said"));
        }
        self.wrong.set(found);
    }

    /// The policy that is meant, unless something is wrong: then that is said.
    fn settings(&self) -> Option<PolicySettings> {
        self.typed.settings().map_err(|found| self.refuse(found)).ok()
    }
}

/// The form.
#[function_component]
pub(super) fn PolicyForm(props: &Properties) -> Html {
    let known = use_query(ListPolicies {}).value;
    let names: Vec<String> =
        known.iter().flat_map(|all| all.iter()).map(|policy| policy.name.clone()).collect();
    let first = use_memo((), |()| {
        Typed::of(&match &props.before {
            Some(policy) if props.is_copy => named(policy.settings(), &names),
            Some(policy) => policy.settings(),
            None => named((TEMPLATES[0].settings)(), &names),
        })
    });
    let entry = Entry {
        typed: use_state_eq(|| (*first).clone()),
        wrong: use_state_eq(Wrong::new),
        failure: use_state_eq(|| None),
        tried: use_state_eq(|| None),
        is_sending: use_state_eq(|| false),
        focus: use_state_eq(|| (0, String::new())),
    };
    let template = use_state_eq(|| TEMPLATES[0].title.to_owned());
    use_effect_with(entry.typed.is_file(), |is_file| keys::focus(if *is_file { FILE } else { NAME }));
    // Below the fields, and so perhaps below what is in sight.
    use_effect_with((*entry.failure).clone(), |failure| {
        if failure.is_some() {
            keys::reveal(REFUSED);
        }
    });
    use_effect_with((*entry.focus).clone(), |(_, id)| {
        if !id.is_empty() {
            keys::focus(id);
        }
    });
    let choose = {
        let (entry, template, names) = (entry.clone(), template.clone(), names.clone());
        Callback::from(move |title: String| {
            if let Some(chosen) = TEMPLATES.iter().find(|one| one.title == title) {
                let settings = named((chosen.settings)(), &names);
                entry.set(match entry.typed.is_file() {
                    true => Typed::File(jobs::text(&settings)),
                    false => Typed::of(&settings),
                });
            }
            template.set(title);
        })
    };
    let title = match (&props.before, props.is_copy) {
        (Some(policy), false) => format!("Edit policy {}", policy.name),
        (Some(policy), true) => format!("Duplicate policy {}", policy.name),
        (None, _) => "Add policy".to_owned(),
    };
    let templates: Vec<_> =
        TEMPLATES.iter().map(|one| (one.title.to_owned(), one.title.to_owned())).collect();
    let actions = buttons(&entry, use_save(&entry, props), props);
    // The same in the other form is no change.
    let is_same = matches!((entry.typed.settings(), first.settings()), (Ok(now), Ok(then)) if now == then);
    let is_filled = !is_same && *entry.typed != *first;
    html! {
        <Dialog {title} close={props.close.clone()} wide=true {is_filled} {actions}>
            <div class="pf-v6-c-form" id="policy-form" inert={*entry.is_sending}>
                if props.before.is_none() {
                    <Field id="policy-template" label="Template">
                        <Select id="policy-template" options={templates} chosen={(*template).clone()} {choose} />
                    </Field>
                }
                { match &*entry.typed {
                    Typed::Fields(form) => html! {
                        <fields::Fields form={(**form).clone()} wrong={(*entry.wrong).clone()}
                            entry={fields::Shared(entry.clone())} />
                    },
                    Typed::File(text) => file(&entry, text),
                } }
                { outcome(&entry) }
            </div>
        </Dialog>
    }
}

/// The settings with the first name of theirs that none of these has.
fn named(settings: PolicySettings, names: &[String]) -> PolicySettings {
    let name = free_among(&settings.name, names);
    PolicySettings { name, ..settings }
}

/// Stores what stands in the form, unless something is wrong with it.
#[hook]
fn use_save(entry: &Entry, props: &Properties) -> Callback<MouseEvent> {
    let (service, is_there) = (use_vcenter_service(), use_is_there());
    // The edition that it was opened with, whatever others have changed since.
    let before = use_memo((), |()| props.before.clone().filter(|_| !props.is_copy));
    let (entry, close) = (entry.clone(), props.close.clone());
    Callback::from(move |_: MouseEvent| {
        let Some(settings) = entry.settings() else { return };
        let settings = if entry.is_asked() { accepting_many(settings) } else { settings };
        entry.failure.set(None);
        entry.tried.set(None);
        entry.is_sending.set(true);
        let (service, before, close) = (service.clone(), before.clone(), close.clone());
        let (entry, is_there) = (entry.clone(), is_there.clone());
        spawn_local(async move {
            let saved = service.save_policy((*before).as_ref(), settings).await;
            entry.is_sending.set(false);
            match saved {
                Ok(saved) => {
                    service.toast(Toast::done(format!("Policy {} was saved", saved.name), ""));
                    if is_there.get() {
                        close.emit(());
                    }
                }
                Err(error) => entry.failure.set(Some(error)),
            }
        });
    })
}

/// Settings whose scans are of as many addresses as their ranges have.
fn accepting_many(mut settings: PolicySettings) -> PolicySettings {
    for step in &mut settings.steps {
        if let Step::Scan { scan } = step {
            scan.accept_many = true;
        }
    }
    settings
}

fn buttons(entry: &Entry, save: Callback<MouseEvent>, props: &Properties) -> Html {
    let turn = {
        let entry = entry.clone();
        Callback::from(move |_: MouseEvent| match entry.typed.turned() {
            Ok(typed) => entry.set(typed),
            Err(found) => entry.refuse(found),
        })
    };
    let try_out = {
        let entry = entry.clone();
        Callback::from(move |_: MouseEvent| {
            let number = entry.tried.as_ref().map_or(0, |(number, _)| number + 1);
            // Nothing is scanned, so nobody has to say how many addresses are meant.
            let settings = entry.settings().map(accepting_many);
            entry.failure.set(None);
            entry.tried.set(settings.map(|settings| (number, settings)));
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    html! {
        <>
            <Button variant={ButtonVariant::Primary} onclick={save} disabled={*entry.is_sending}
                label={match (*entry.is_sending, entry.is_asked()) {
                    (true, _) => "Saving\u{2026}",
                    (false, true) => "Save all the same",
                    (false, false) => "Save",
                }} />
            <Button variant={ButtonVariant::Secondary} onclick={try_out} disabled={*entry.is_sending} label="Dry run" />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
            <Button id="policy-turn" variant={ButtonVariant::Link} onclick={turn} disabled={*entry.is_sending}
                label={if entry.typed.is_file() { "Edit in the form" } else { "Edit as JSON" }} />
        </>
    }
}

/// Its file.
fn file(entry: &Entry, text: &str) -> Html {
    let wrong = entry.wrong.iter().find(|(id, _)| id == FILE).map(|(_, why)| AttrValue::from(why.clone()));
    let oninput = {
        let entry = entry.clone();
        Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            entry.set(Typed::File(area.map(|area| area.value()).unwrap_or_default()));
        })
    };
    let class = classes!("pf-v6-c-form-control", "pf-m-textarea", wrong.is_some().then_some("pf-m-error"));
    html! {
        <Field id={FILE} label="Policy (JSON)" required=true wrong={wrong.clone()}
            help="when: what starts it. if: vCenters, tags, quiet hours, rows. do: the steps. how: batches and limits. The user guide \
                has all fields.">
            <span {class}>
                <textarea id={FILE} class="muster-code" rows="18" value={text.to_owned()} {oninput} spellcheck="false"
                    required=true aria-invalid={wrong.is_some().to_string()} aria-describedby={format!("{FILE}-said")} />
            </span>
        </Field>
    }
}

/// What came of saving it, or would come of running it.
fn outcome(entry: &Entry) -> Html {
    html! {
        <>
            if let Some(error) = &*entry.failure {
                <div id={REFUSED} role="alert">{ refused(error, entry.is_asked()) }</div>
            }
            if let Some((number, settings)) = &*entry.tried {
                <Outcome key={*number} settings={settings.clone()} />
            }
        </>
    }
}

/// Why it was not saved.
fn refused(error: &ApiError, is_asked: bool) -> Html {
    if is_asked {
        return html! {
            <Alert level={Level::Warning} title="Scan this many addresses?">
                <p class="muster-words">{ said(&error.message) }</p>
            </Alert>
        };
    }
    match jobs::refused(error) {
        Some(why) => html! { <div class="pf-v6-c-helper-text">{ error_text(&why) }</div> },
        None => html! { <Failure title="The policy was not saved" error={error.clone()} /> },
    }
}
