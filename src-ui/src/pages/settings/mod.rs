//! The page `/settings`: how Muster is used on this machine, and what is set for everybody on this database.
//! Refuses to hold what belongs to a vCenter: that is in its own form.

mod about;
mod appearance;
mod defaults;
mod desktop;
mod folder;
mod keyboard;
mod log;
mod role;
mod usage;

use crate::components::failure::Failure;
use crate::state::cache::Answer;
use yew::prelude::*;

/// The page.
#[function_component]
pub(crate) fn SettingsPage() -> Html {
    html! {
        <div class="muster-page" id="settings">
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Settings" }</h1>
            </div>
            <appearance::Appearance />
            <keyboard::Keyboard />
            <desktop::OfTheDesktop />
            <defaults::Defaults />
            <usage::Usage />
            <role::RoleOfTheWindow />
            <folder::Folder />
            <log::LogOfMuster />
            <about::AboutMuster />
        </div>
    }
}

/// What belongs together, under its heading.
#[derive(Clone, PartialEq, Properties)]
struct SectionProperties {
    id: AttrValue,
    title: AttrValue,
    children: Html,
}

#[function_component]
fn Section(props: &SectionProperties) -> Html {
    let id = format!("settings-{}", props.id);
    html! {
        <section class="pf-v6-c-card muster-settings" aria-labelledby={id.clone()}>
            <div class="pf-v6-c-card__title"><h2 class="pf-v6-c-card__title-text" {id}>{ props.title.clone() }</h2></div>
            <div class="pf-v6-c-card__body muster-stack">{ props.children.clone() }</div>
        </section>
    }
}

/// What is shown of an answer, or why there is none.
fn answered<T>(answer: Answer<T>, failed: &'static str, content: impl FnOnce(&T) -> Html) -> Html {
    match (answer.value, answer.error) {
        (Some(known), _) => content(&known),
        (None, Some(error)) => html! { <Failure title={failed} {error} /> },
        (None, None) => Html::default(),
    }
}

/// Whether a dialog of a section is open, and what opens and closes it.
#[hook]
fn use_dialog() -> (bool, Callback<MouseEvent>, Callback<()>) {
    let is_open = use_state_eq(|| false);
    let open = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(true))
    };
    let close = {
        let is_open = is_open.clone();
        Callback::from(move |()| is_open.set(false))
    };
    (*is_open, open, close)
}

/// A choice that is on or off.
#[derive(Clone, PartialEq, Properties)]
struct SwitchProperties {
    id: AttrValue,
    label: AttrValue,
    help: AttrValue,
    is_on: bool,
    change: Callback<bool>,
}

#[function_component]
fn Switch(props: &SwitchProperties) -> Html {
    let said = format!("{}-said", props.id);
    let onchange = {
        let (change, is_on) = (props.change.clone(), props.is_on);
        Callback::from(move |_: Event| change.emit(!is_on))
    };
    html! {
        <div>
            <label class="muster-check">
                <input type="checkbox" id={props.id.clone()} checked={props.is_on} {onchange} aria-describedby={said.clone()} />
                { props.label.clone() }
            </label>
            <p class="muster-quiet muster-settings__help" id={said}>{ props.help.clone() }</p>
        </div>
    }
}

/// One of a few, each seen.
#[derive(Clone, PartialEq, Properties)]
struct RadiosProperties {
    name: &'static str,
    legend: AttrValue,
    /// Value and words of each.
    options: Vec<(&'static str, AttrValue)>,
    chosen: AttrValue,
    choose: Callback<&'static str>,
    /// Stand beside each other.
    #[prop_or_default]
    is_row: bool,
}

#[function_component]
fn Radios(props: &RadiosProperties) -> Html {
    let options = props.options.iter().map(|(value, words)| {
        let (choose, value) = (props.choose.clone(), *value);
        let onchange = Callback::from(move |_: Event| choose.emit(value));
        html! {
            <label class="muster-check">
                <input type="radio" name={props.name} id={format!("{}-{value}", props.name)} checked={*props.chosen == *value}
                    {onchange} />
                { words.clone() }
            </label>
        }
    });
    html! {
        <fieldset class="muster-fieldset">
            <legend>{ props.legend.clone() }</legend>
            <div class={if props.is_row { "muster-settings__row" } else { "muster-fieldset" }}>{ for options }</div>
        </fieldset>
    }
}
