//! A titled part of the page.
//! Refuses to know what is in it.

use yew::prelude::*;

#[derive(Clone, PartialEq, Properties)]
pub(super) struct CardProperties {
    pub(super) id: AttrValue,
    pub(super) title: AttrValue,
    pub(super) children: Html,
    #[prop_or_default]
    pub(super) action: Html,
}

/// The card, named by its title.
#[function_component]
pub(super) fn Card(props: &CardProperties) -> Html {
    html! {
        <section class="pf-v6-c-card" aria-labelledby={props.id.clone()}>
            <div class="pf-v6-c-card__header">
                <div class="pf-v6-c-card__actions">{ props.action.clone() }</div>
                <div class="pf-v6-c-card__header-main">
                    <h2 class="pf-v6-c-card__title-text" id={props.id.clone()}>{ props.title.clone() }</h2>
                </div>
            </div>
            <div class="pf-v6-c-card__body">{ props.children.clone() }</div>
        </section>
    }
}
