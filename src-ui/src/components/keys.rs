//! The keys that work on every page.
//! Refuse to act while somebody types.

use super::dialog::Dialog;
use crate::hooks::go;
use crate::state::route::Route;
use contract::Kind;
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, window};
use yew::prelude::*;

/// The letters after `g`, and where each leads.
fn places() -> [(&'static str, &'static str, Route); 7] {
    [
        ("o", "Overview", Route::Overview),
        ("v", "vCenters", Route::vcenters()),
        ("h", "Hosts", Route::kind(Kind::Hosts)),
        ("m", "VMs", Route::kind(Kind::Vms)),
        ("c", "Clusters", Route::kind(Kind::Clusters)),
        ("d", "Datastores", Route::kind(Kind::Datastores)),
        ("n", "Networks", Route::kind(Kind::Networks)),
    ]
}

/// Gives the focus to an element by its id.
pub(crate) fn focus(id: &str) {
    let element = window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // An element that takes no focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Listens for the keys, and lists them when asked.
#[function_component]
pub(crate) fn Keys() -> Html {
    let is_listed = use_state_eq(|| false);
    let after_g = use_mut_ref(|| false);
    {
        let is_listed = is_listed.clone();
        use_effect_with((), move |()| {
            let listener = window().and_then(|window| window.document()).map(|document| {
                EventListener::new_with_options(
                    &document,
                    "keydown",
                    gloo_events::EventListenerOptions::enable_prevent_default(),
                    move |event| {
                        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
                            return;
                        }
                        let key = event.key();
                        let was_after_g = after_g.replace(key == "g");
                        if was_after_g {
                            if let Some((.., route)) =
                                places().into_iter().find(|(letter, ..)| *letter == key)
                            {
                                after_g.replace(false);
                                event.prevent_default();
                                go(&route);
                            }
                        } else if key == "/" {
                            event.prevent_default();
                            focus("search");
                        } else if key == "?" {
                            event.prevent_default();
                            is_listed.set(true);
                        }
                    },
                )
            });
            move || drop(listener)
        });
    }
    if !*is_listed {
        return Html::default();
    }
    let close = Callback::from(move |()| is_listed.set(false));
    let key = |keys: &[&str], what: &str| {
        let keys = keys.iter().map(|key| html! { <kbd>{ key }</kbd> });
        html! { <><dt>{ for keys }</dt><dd>{ what }</dd></> }
    };
    html! {
        <Dialog title="Keys" {close}>
            <dl class="muster-keys">
                { key(&["/"], "Search the rows of the page") }
                { for places().iter().map(|(letter, name, _)| key(&["g", letter], name)) }
                { key(&["Esc"], "Close a dialog or the details") }
                { key(&["Tab"], "Next control; Enter or Space uses it") }
                { key(&["?"], "This list") }
            </dl>
        </Dialog>
    }
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.closest("dialog").ok().flatten().is_some()
    })
}
