//! The form that silences findings of a rule for a reason, until a time or until somebody takes it back.
//! Refuses to send what the service would refuse: a reason is needed, and an end lies in the future.

use super::configuration::field::Field;
use super::dialog::Dialog;
use super::moment;
use super::select::Select;
use crate::hooks::{now, use_command};
use crate::state::toasts::Toast;
use contract::Time;
use contract::command::AddWaiver;
use contract::health::{NewWaiver, Scope, rule};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// What is to be silenced.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// Id of the rule.
    pub(crate) rule: AttrValue,
    /// What it can be for: the words, and the scope.
    pub(crate) scopes: Vec<(String, Scope)>,
    /// Whether it always ends, as in the attention list.
    #[prop_or_default]
    pub(crate) snooze: bool,
    pub(crate) close: Callback<()>,
}

/// The choices, in days.
const LENGTHS: [(i64, &str); 5] =
    [(1, "1 day"), (7, "1 week"), (30, "30 days"), (90, "90 days"), (365, "1 year")];

/// The choice of a time that is typed, and the one without an end.
const AT: &str = "at";
const OPEN: &str = "open";

const DAY: i64 = 86_400_000;

/// The form.
#[function_component]
pub(crate) fn Waive(props: &Properties) -> Html {
    let chosen = use_state_eq(|| 0_usize);
    let length = use_state_eq(|| if props.snooze { "1" } else { "30" }.to_owned());
    let typed = use_state_eq(|| Some(Time(now().0 + 7 * DAY)));
    let reason = use_state_eq(String::new);
    let is_tried = use_state_eq(|| false);
    let until = match length.as_str() {
        OPEN => None,
        AT => *typed,
        days => days.parse::<i64>().ok().map(|days| Time(now().0 + days * DAY)),
    };
    let is_late = length.as_str() == AT && until.is_none_or(|until| until <= now());
    let is_unreasoned = reason.trim().is_empty();
    let scope = props.scopes.get(*chosen).map_or(Scope::All, |(_, scope)| scope.clone());
    let waiver = NewWaiver { rule: props.rule.to_string(), scope, reason: (*reason).clone(), until };
    let title = if props.snooze { "Not snoozed" } else { "Not waived" };
    let (close, is_snooze) = (props.close.clone(), props.snooze);
    let add = use_command(AddWaiver { waiver }, title, move |service, added| {
        let what = rule(&added.rule).map_or(added.rule.as_str(), |rule| rule.title);
        let done = if is_snooze { "snoozed" } else { "waived" };
        service.toast(Toast::done(format!("{what}: {done}"), ""));
        close.emit(());
    });
    let submit = {
        let (is_tried, start) = (is_tried.clone(), add.start.clone());
        Callback::from(move |_: MouseEvent| {
            is_tried.set(true);
            if !is_unreasoned && !is_late {
                start.emit(());
            }
        })
    };
    let type_reason = {
        let reason = reason.clone();
        Callback::from(move |event: InputEvent| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            reason.set(field.map(|field| field.value()).unwrap_or_default());
        })
    };
    let type_time = {
        let typed = typed.clone();
        Callback::from(move |event: Event| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            typed.set(field.and_then(|field| moment::parsed(&field.value())));
        })
    };
    let scopes: Vec<(String, String)> = props
        .scopes
        .iter()
        .enumerate()
        .map(|(place, (words, _))| (place.to_string(), words.clone()))
        .collect();
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |place: String| chosen.set(place.parse().unwrap_or_default()))
    };
    let lengths = LENGTHS.iter().map(|(days, words)| (days.to_string(), (*words).to_owned()));
    let mut lengths: Vec<(String, String)> = lengths.collect();
    lengths.push((AT.to_owned(), "Until a date and time".to_owned()));
    if !props.snooze {
        lengths.push((OPEN.to_owned(), "Until removed".to_owned()));
    }
    let choose_length = {
        let length = length.clone();
        Callback::from(move |value: String| length.set(value))
    };
    let what = rule(&props.rule).map_or(props.rule.to_string(), |rule| rule.title.to_owned());
    let verb = if props.snooze { "Snooze" } else { "Waive" };
    let actions = html! {
        <>
            <Button id="waive-submit" variant={ButtonVariant::Primary} onclick={submit} disabled={add.is_under_way} label={verb} />
            <Button variant={ButtonVariant::Link} onclick={props.close.reform(|_: MouseEvent| ())} label="Cancel" />
        </>
    };
    let wrong_reason = (*is_tried && is_unreasoned).then_some(AttrValue::Static("Enter a reason."));
    let wrong_time =
        (*is_tried && is_late).then_some(AttrValue::Static("Enter a date and time in the future."));
    html! {
        <Dialog title={format!("{verb}: {what}")} close={props.close.clone()} {actions} is_filled={!is_unreasoned}>
            <p>{ "Waived findings are neither counted nor listed, unless you ask for them. New findings of this rule are hidden too where it applies. Other users of this database see the reason." }</p>
            <div class="pf-v6-c-form">
                <Field id="waive-scope" label="Applies to">
                    <Select id="waive-scope" options={scopes} chosen={chosen.to_string()} {choose} />
                </Field>
                <Field id="waive-reason" label="Reason" required=true wrong={wrong_reason.clone()}>
                    <span class={classes!("pf-v6-c-form-control", wrong_reason.is_some().then_some("pf-m-error"))}>
                        <textarea id="waive-reason" rows="3" maxlength="1000" oninput={type_reason} value={(*reason).clone()}
                            aria-invalid={wrong_reason.is_some().to_string()} aria-describedby="waive-reason-said" />
                    </span>
                </Field>
                <Field id="waive-length" label="For">
                    <Select id="waive-length" options={lengths} chosen={(*length).clone()} choose={choose_length} />
                </Field>
                if length.as_str() == AT {
                    <Field id="waive-until" label="Until" wrong={wrong_time.clone()}>
                        <span class={classes!("pf-v6-c-form-control", wrong_time.is_some().then_some("pf-m-error"))}>
                            <input id="waive-until" type="datetime-local" onchange={type_time} value={typed.map(moment::written)}
                                aria-invalid={wrong_time.is_some().to_string()} aria-describedby="waive-until-said" />
                        </span>
                    </Field>
                }
            </div>
        </Dialog>
    }
}
