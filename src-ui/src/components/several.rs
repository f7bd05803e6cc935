//! A choice of any of several, behind a button that says what is chosen.
//! Refuses to close when one is chosen: there may be more to choose.

use super::icon::icon;
use super::popover::use_close_elsewhere;
use web_sys::FocusEvent;
use yew::prelude::*;

/// The choices.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// The id of the button.
    pub(crate) id: AttrValue,
    /// What is chosen, for screen readers: `State`.
    pub(crate) label: AttrValue,
    /// What the button says where none is chosen, which is the same as all: `All states`.
    pub(crate) all: AttrValue,
    /// And where there are more than one: `states`.
    pub(crate) many: AttrValue,
    /// Value and words of each.
    pub(crate) options: Vec<(String, String)>,
    /// The values that are chosen.
    pub(crate) chosen: Vec<String>,
    pub(crate) choose: Callback<Vec<String>>,
}

/// The button, and below it the choices while it is open.
#[function_component]
pub(crate) fn Several(props: &Properties) -> Html {
    let is_open = use_state_eq(|| false);
    let whole = use_node_ref();
    use_close_elsewhere(&is_open, &whole, &props.id);
    let toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let onfocusout = {
        let (is_open, whole) = (is_open.clone(), whole.clone());
        Callback::from(move |event: FocusEvent| {
            use wasm_bindgen::JsCast;
            let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
            let is_inside = whole.cast::<web_sys::Node>().is_some_and(|whole| whole.contains(to.as_ref()));
            // Without a target it is a click on what takes no focus, such as the words beside a box.
            if to.is_some() && !is_inside {
                is_open.set(false);
            }
        })
    };
    let said = said(props);
    let items = props.options.iter().map(|(value, words)| {
        let is_chosen = props.chosen.contains(value);
        let onchange = {
            let (choose, value, options) = (props.choose.clone(), value.clone(), props.options.clone());
            let chosen = props.chosen.clone();
            Callback::from(move |_: Event| {
                let is_wanted = |one: &String| (*one == value) != chosen.contains(one);
                let values = options.iter().map(|(value, _)| value);
                choose.emit(values.filter(|one| is_wanted(one)).cloned().collect());
            })
        };
        html! {
            <label class="muster-several__one">
                <input type="checkbox" value={value.clone()} checked={is_chosen} {onchange} />
                { words.clone() }
            </label>
        }
    });
    html! {
        <div class="muster-anchor muster-several" ref={whole} {onfocusout}>
            <button type="button" id={props.id.clone()} class="muster-several__button" aria-expanded={is_open.to_string()}
                aria-label={format!("{}: {said}", props.label)} data-chosen={props.chosen.len().to_string()} onclick={toggle}>
                <span class="muster-cut">{ said }</span>{ icon("caret-down") }
            </button>
            if *is_open {
                <div class="muster-popover muster-several__list" role="group" aria-label={props.label.clone()}>
                    { for items }
                </div>
            }
        </div>
    }
}

/// What is chosen, in a few words.
fn said(props: &Properties) -> String {
    let words =
        |value: &String| props.options.iter().find(|(own, _)| own == value).map(|(_, words)| words.clone());
    match &props.chosen[..] {
        [] => props.all.to_string(),
        [one] => words(one).unwrap_or_else(|| one.clone()),
        more => format!("{} {}", more.len(), props.many),
    }
}
