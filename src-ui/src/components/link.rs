//! Links within the app.
//! Refuse to lead out of it.

use crate::state::route::Route;
use yew::prelude::*;

/// Where it leads, and what it says.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) to: Route,
    #[prop_or_default]
    pub(crate) class: Classes,
    #[prop_or_default]
    pub(crate) id: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) title: Option<AttrValue>,
    pub(crate) children: Html,
}

/// A link.
#[function_component]
pub(crate) fn Link(props: &Properties) -> Html {
    html! {
        <a id={props.id.clone()} class={props.class.clone()} title={props.title.clone()} href={props.to.to_string()}>
            { props.children.clone() }
        </a>
    }
}
