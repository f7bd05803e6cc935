//! One field of a form: its label, what it is for, and what is wrong with it, tied together for screen readers.

use crate::components::icon::icon;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What stands around an input.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// Id of the input.
    pub(crate) id: AttrValue,
    pub(crate) label: AttrValue,
    #[prop_or_default]
    pub(crate) required: bool,
    #[prop_or_default]
    pub(crate) help: AttrValue,
    #[prop_or_default]
    pub(crate) wrong: Option<AttrValue>,
    pub(crate) children: Html,
}

/// The field.
#[function_component]
pub(crate) fn Field(props: &Properties) -> Html {
    let said = format!("{}-said", props.id);
    html! {
        <div class="pf-v6-c-form__group">
            <div class="pf-v6-c-form__group-label">
                <label class="pf-v6-c-form__label" for={props.id.clone()}>
                    <span class="pf-v6-c-form__label-text">{ props.label.clone() }</span>
                    if props.required {
                        <span class="pf-v6-c-form__label-required" aria-hidden="true">{ " *" }</span>
                    }
                </label>
            </div>
            <div class="pf-v6-c-form__group-control">
                { props.children.clone() }
                <div class="pf-v6-c-form__helper-text" id={said} aria-live="polite">
                <div class="pf-v6-c-helper-text">
                    if let Some(wrong) = &props.wrong {
                        { error_text(wrong) }
                    } else if !props.help.is_empty() {
                        <div class="pf-v6-c-helper-text__item">
                            <span class="pf-v6-c-helper-text__item-text">{ props.help.clone() }</span>
                        </div>
                    }
                </div>
                </div>
            </div>
        </div>
    }
}

/// What is wrong with what was typed, within a helper text.
pub(crate) fn error_text(words: &str) -> Html {
    html! {
        <div class="pf-v6-c-helper-text__item pf-m-error">
            <span class="pf-v6-c-helper-text__item-icon">{ icon("exclamation-circle") }</span>
            <span class="pf-v6-c-helper-text__item-text muster-words">{ words }</span>
        </div>
    }
}

/// A line of text.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct TextProperties {
    pub(crate) id: AttrValue,
    pub(crate) label: AttrValue,
    pub(crate) value: AttrValue,
    #[prop_or_default]
    pub(crate) required: bool,
    #[prop_or_default]
    pub(crate) help: AttrValue,
    #[prop_or_default]
    pub(crate) placeholder: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) wrong: Option<AttrValue>,
    /// Told what stands in it at each key.
    pub(crate) set: Callback<String>,
}

/// The field of a line of text.
#[function_component]
pub(crate) fn TextField(props: &TextProperties) -> Html {
    let TextProperties { id, label, value, required, help, placeholder, wrong, set } = props.clone();
    let oninput = set.reform(|event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        input.map(|input| input.value()).unwrap_or_default()
    });
    let class = classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"));
    let (is_wrong, described) = (wrong.is_some().to_string(), format!("{id}-said"));
    html! {
        <Field id={id.clone()} {label} {required} {help} {wrong}>
            <span {class}>
                <input {id} type="text" {value} {oninput} {required} {placeholder} spellcheck="false" autocomplete="off"
                    aria-invalid={is_wrong} aria-describedby={described} />
            </span>
        </Field>
    }
}
