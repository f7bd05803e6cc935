//! One field of a form: its label, what it is for, and what is wrong with it, tied together for screen readers.

use crate::components::icon::icon;
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
                        <div class="pf-v6-c-helper-text__item pf-m-error">
                            <span class="pf-v6-c-helper-text__item-icon">{ icon("exclamation-circle") }</span>
                            <span class="pf-v6-c-helper-text__item-text">{ wrong.clone() }</span>
                        </div>
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
