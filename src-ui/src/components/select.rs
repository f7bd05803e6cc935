//! A choice of one out of several, with the arrow that shows it.

use super::icon::icon;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The choices.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) id: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) class: Classes,
    #[prop_or_default]
    pub(crate) aria_label: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) aria_describedby: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) wrong: bool,
    /// Value and words of each.
    pub(crate) options: Vec<(String, String)>,
    /// The value that is chosen.
    pub(crate) chosen: String,
    pub(crate) choose: Callback<String>,
}

/// The browser's own list, which works with every keyboard and screen reader.
#[function_component]
pub(crate) fn Select(props: &Properties) -> Html {
    let choose = props.choose.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(select) = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok()) {
            choose.emit(select.value());
        }
    });
    let options = props.options.iter().map(|(value, words)| {
        html! {
            <option value={value.clone()} selected={*value == props.chosen}>{ words }</option>
        }
    });
    let class = classes!("pf-v6-c-form-control", props.wrong.then_some("pf-m-error"), props.class.clone());
    html! {
        <span {class}>
            <select id={props.id.clone()} {onchange} aria-label={props.aria_label.clone()}
                aria-describedby={props.aria_describedby.clone()} aria-invalid={props.wrong.to_string()}>
                { for options }
            </select>
            <span class="pf-v6-c-form-control__utilities">
                <span class="pf-v6-c-form-control__toggle-icon">{ icon("caret-down") }</span>
            </span>
        </span>
    }
}
