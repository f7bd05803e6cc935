//! The form of a policy: its file, from a template or as it is stored, with what would come of it.
//! Refuses to store what the service has found wrong.

use crate::components::configuration::field::Field;
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::keys;
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::jobs::{self, TEMPLATES};
use crate::state::schedules::free_among;
use crate::state::toasts::Toast;
use contract::ApiError;
use contract::command::ListPolicies;
use contract::policy::Policy;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::{platform::spawn_local, prelude::*};

/// The id of the field.
const FILE: &str = "policy-file";

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    /// The one that is edited, or that a new one is like.
    #[prop_or_default]
    pub(super) before: Option<Policy>,
    #[prop_or_default]
    pub(super) is_copy: bool,
    pub(super) close: Callback<()>,
}

/// The form.
#[function_component]
pub(super) fn PolicyForm(props: &Properties) -> Html {
    let (service, is_there) = (use_vcenter_service(), use_is_there());
    let known = use_query(ListPolicies {}).value;
    let names: Vec<String> =
        known.iter().flat_map(|all| all.iter()).map(|policy| policy.name.clone()).collect();
    // The edition that it was opened with, whatever others have changed since.
    let before = use_memo((), |()| props.before.clone().filter(|_| !props.is_copy));
    let first = use_memo((), |()| match &props.before {
        Some(policy) if props.is_copy => {
            let name = free_among(&policy.name, &names);
            jobs::text(&contract::policy::PolicySettings { name, ..policy.settings() })
        }
        Some(policy) => jobs::text(&policy.settings()),
        None => jobs::text(&(TEMPLATES[0].settings)()),
    });
    let typed = use_state_eq(|| (*first).clone());
    let template = use_state_eq(|| TEMPLATES[0].title.to_owned());
    let wrong = use_state_eq(|| None::<String>);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_sending = use_state_eq(|| false);
    use_effect_with((), |()| keys::focus(FILE));
    let oninput = {
        let (typed, wrong, failure) = (typed.clone(), wrong.clone(), failure.clone());
        Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            typed.set(area.map(|area| area.value()).unwrap_or_default());
            wrong.set(None);
            failure.set(None);
        })
    };
    let choose = {
        let (typed, template, wrong) = (typed.clone(), template.clone(), wrong.clone());
        Callback::from(move |title: String| {
            if let Some(chosen) = TEMPLATES.iter().find(|one| one.title == title) {
                let settings = (chosen.settings)();
                let name = free_among(&settings.name, &names);
                typed.set(jobs::text(&contract::policy::PolicySettings { name, ..settings }));
            }
            template.set(title);
            wrong.set(None);
        })
    };
    let save = {
        let (typed, wrong, failure, is_sending) =
            (typed.clone(), wrong.clone(), failure.clone(), is_sending.clone());
        let (service, before, close) = (service.clone(), before.clone(), props.close.clone());
        Callback::from(move |_: MouseEvent| {
            let settings = match jobs::typed(&typed) {
                Ok(settings) => settings,
                Err(why) => {
                    keys::focus(FILE);
                    return wrong.set(Some(why));
                }
            };
            is_sending.set(true);
            let (service, before, close) = (service.clone(), before.clone(), close.clone());
            let (wrong, failure, is_sending) = (wrong.clone(), failure.clone(), is_sending.clone());
            let is_there = is_there.clone();
            spawn_local(async move {
                let saved = service.save_policy((*before).as_ref(), settings).await;
                is_sending.set(false);
                match saved {
                    Ok(saved) => {
                        service.toast(Toast::done(format!("Policy {} was saved", saved.name), ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) => match jobs::refused(&error) {
                        Some(why) => {
                            wrong.set(Some(why));
                            keys::focus(FILE);
                        }
                        None => failure.set(Some(error)),
                    },
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let title = match (&*before, &props.before) {
        (Some(policy), _) => format!("Edit policy {}", policy.name),
        (None, Some(policy)) => format!("Duplicate policy {}", policy.name),
        (None, None) => "Add policy".to_owned(),
    };
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} onclick={save} disabled={*is_sending}
                label={if *is_sending { "Saving\u{2026}" } else { "Save" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    let shown = wrong.as_ref().map(|words| AttrValue::from(words.clone()));
    let templates =
        TEMPLATES.iter().map(|one| (one.title.to_owned(), one.title.to_owned())).collect::<Vec<_>>();
    html! {
        <Dialog {title} close={props.close.clone()} wide=true is_filled={*typed != *first} {actions}>
            <div class="pf-v6-c-form">
                if props.before.is_none() {
                    <Field id="policy-template" label="Template">
                        <Select id="policy-template" options={templates} chosen={(*template).clone()} {choose} />
                    </Field>
                }
                <Field id={FILE} label="Policy (JSON)" required=true wrong={shown.clone()}
                    help="when: what starts it. if: vCenters, tags, quiet hours, rows. do: the steps. how: batches and limits. The user guide \
                        has all fields.">
                    <span class={classes!("pf-v6-c-form-control", "pf-m-textarea", shown.is_some().then_some("pf-m-error"))}>
                        <textarea id={FILE} class="muster-code" rows="18" value={(*typed).clone()} {oninput} spellcheck="false"
                            required=true aria-invalid={shown.is_some().to_string()} aria-describedby={format!("{FILE}-said")} />
                    </span>
                </Field>
                if let Some(error) = &*failure {
                    <Failure title="The policy was not saved" error={error.clone()} />
                }
            </div>
        </Dialog>
    }
}
