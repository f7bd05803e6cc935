//! Keeps the web engine's own menu away: what it offers, such as loading the page again, is none of an app's.
//! Refuses to do so where text is typed: there it cuts, copies and pastes.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// Fields in which text is typed.
const FIELDS: &str = "textarea, input:not([type=checkbox], [type=radio], [type=file], [type=button])";

/// Keeps it away as long as the component is there.
#[hook]
pub(crate) fn use_no_foreign_menu() {
    use_effect_with((), |()| {
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document.map(|document| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "contextmenu", options, |event| {
                let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                if !target.is_some_and(|target| target.matches(FIELDS) == Ok(true)) {
                    event.prevent_default();
                }
            })
        });
        move || drop(listener)
    });
}
