//! For how long nothing is to be done on a vCenter automatically, or at all.
//! Refuses to hold up what a person starts.

use super::field::Field;
use crate::components::dialog::Dialog;
use crate::components::moment;
use crate::components::select::Select;
use crate::hooks::{now, use_vcenter_service};
use contract::{Group, Time, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The vCenter; everything without.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) vcenter: Option<Vcenter>,
    pub(crate) close: Callback<()>,
}

/// The choices, in minutes.
const LENGTHS: [(i64, &str); 6] = [
    (30, "30 minutes"),
    (60, "1 hour"),
    (120, "2 hours"),
    (240, "4 hours"),
    (480, "8 hours"),
    (1440, "1 day"),
];

/// The choice of a time that is typed.
const AT: &str = "at";

const WRONG: &str = "Enter a date and time in the future.";

/// The choice without an end.
const OPEN: &str = "open";

/// The form.
#[function_component]
pub(crate) fn PauseForm(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let length = use_state_eq(|| "120".to_owned());
    let tag = use_state_eq(String::new);
    let typed = use_state_eq(|| Some(Time(now().0 + 2 * 3_600_000)));
    let is_wrong = use_state_eq(|| false);
    let lengths = LENGTHS.iter().map(|(minutes, words)| (minutes.to_string(), (*words).to_owned()));
    let others = [(AT, "Until a date and time"), (OPEN, "Until resumed")];
    let others = others.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned()));
    let lengths: Vec<_> = lengths.chain(others).collect();
    let groups = props.vcenter.as_ref().map(groups).unwrap_or_default();
    let pause = {
        let (service, close) = (service.clone(), props.close.clone());
        let id = props.vcenter.as_ref().map(|vcenter| vcenter.id.clone());
        let (length, tag, typed, is_wrong) = (length.clone(), tag.clone(), typed.clone(), is_wrong.clone());
        Callback::from(move |_: MouseEvent| {
            let now = now();
            let until = match length.as_str() {
                OPEN => None,
                AT => *typed,
                minutes => minutes.parse::<i64>().ok().map(|minutes| Time(now.0 + minutes * 60_000)),
            };
            if length.as_str() == AT && until.is_none_or(|until| until <= now) {
                is_wrong.set(true);
                return;
            }
            let of = match &id {
                None => Group::All,
                Some(id) if tag.is_empty() => Group::Vcenter(id.clone()),
                Some(_) => Group::Tag((*tag).clone()),
            };
            service.pause(of, until);
            close.emit(());
        })
    };
    let type_time = {
        let (typed, is_wrong) = (typed.clone(), is_wrong.clone());
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            typed.set(input.and_then(|input| moment::parsed(&input.value())));
            is_wrong.set(false);
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} onclick={pause} label="Pause" />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    let setter = |state: UseStateHandle<String>| Callback::from(move |value: String| state.set(value));
    let (title, text) = match &props.vcenter {
        Some(vcenter) => (
            format!("Pause {}", vcenter.name),
            "While it is paused, schedules and automatic refreshes wait, and nothing about it is reported. What you start \
             yourself runs.",
        ),
        None => (
            "Pause everything".to_owned(),
            "While everything is paused, schedules, policies and automatic refreshes start nothing, and nothing about vCenters \
             is reported. Schedules that were due run once when it ends; policies don't. What you start yourself runs.",
        ),
    };
    html! {
        <Dialog {title} close={props.close.clone()} {actions}>
            <p>{ text }</p>
            <div class="pf-v6-c-form">
                <Field id="pause-length" label="For">
                    <Select id="pause-length" options={lengths} chosen={(*length).clone()} choose={setter(length.clone())} />
                </Field>
                if length.as_str() == AT {
                    <Field id="pause-until" label="Until" wrong={is_wrong.then_some(AttrValue::Static(WRONG))}>
                        <span class={classes!("pf-v6-c-form-control", is_wrong.then_some("pf-m-error"))}>
                            <input id="pause-until" type="datetime-local" onchange={type_time} value={typed.map(moment::written)}
                                aria-invalid={is_wrong.to_string()} aria-describedby="pause-until-said" />
                        </span>
                    </Field>
                }
                if groups.len() > 1 {
                    <Field id="pause-group" label="Applies to">
                        <Select id="pause-group" options={groups} chosen={(*tag).clone()} choose={setter(tag.clone())} />
                    </Field>
                }
            </div>
        </Dialog>
    }
}

/// What a pause can be of.
fn groups(vcenter: &Vcenter) -> Vec<(String, String)> {
    let tags = vcenter.settings.tags.iter().map(|tag| (tag.clone(), format!("All vCenters with tag {tag}")));
    std::iter::once((String::new(), format!("{} only", vcenter.name))).chain(tags).collect()
}
