//! A page with nothing on it yet: why, and what to do first.
//! Refuses to be a dead end.

use super::icon::icon;
use yew::prelude::*;

/// What it says and offers.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) icon: AttrValue,
    pub(crate) title: AttrValue,
    #[prop_or_default]
    pub(crate) children: Html,
    #[prop_or_default]
    pub(crate) actions: Html,
}

/// An empty state.
#[function_component]
pub(crate) fn Empty(props: &Properties) -> Html {
    html! {
        <div class="pf-v6-c-empty-state">
            <div class="pf-v6-c-empty-state__content">
                <div class="pf-v6-c-empty-state__header">
                    <div class="pf-v6-c-empty-state__icon">{ icon(&props.icon) }</div>
                    <div class="pf-v6-c-empty-state__title">
                        <h2 class="pf-v6-c-empty-state__title-text">{ props.title.clone() }</h2>
                    </div>
                </div>
                <div class="pf-v6-c-empty-state__body">{ props.children.clone() }</div>
                <div class="pf-v6-c-empty-state__footer">
                    <div class="pf-v6-c-empty-state__actions">{ props.actions.clone() }</div>
                </div>
            </div>
        </div>
    }
}
