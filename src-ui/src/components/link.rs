//! Links within the app.
//! Refuse to lead out of it.

use crate::hooks::{in_the_main_window, use_route, use_vcenter_service};
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
    /// Whether it is no stop of the tabulator, because what it stands in is one.
    #[prop_or_default]
    pub(crate) within: bool,
    pub(crate) children: Html,
}

/// A link; where the role doesn't open what it leads to, only what it says. The compact window shows one page alone: there it
/// leads to the main window.
#[function_component]
pub(crate) fn Link(props: &Properties) -> Html {
    let is_compact = use_route() == Route::Compact;
    let onclick = {
        let to = props.to.clone();
        Callback::from(move |event: MouseEvent| {
            if is_compact {
                event.prevent_default();
                in_the_main_window(&to);
            }
        })
    };
    if !use_vcenter_service().may_open(&props.to) {
        return html! {
            <span id={props.id.clone()} class={props.class.clone()} title={props.title.clone()}>{ props.children.clone() }</span>
        };
    }
    html! {
        <a id={props.id.clone()} class={props.class.clone()} title={props.title.clone()} href={props.to.to_string()}
            tabindex={props.within.then_some("-1")} {onclick}>
            { props.children.clone() }
        </a>
    }
}
