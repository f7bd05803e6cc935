//! What opens below a button and stays until it is closed: by Escape, which gives the keyboard back to the button, or by a
//! click elsewhere.
//! Refuses to draw anything.

use super::keys;
use gloo_events::{EventListener, EventListenerOptions, EventListenerPhase};
use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, Node};
use yew::prelude::*;

/// Closes what is open below a button, also when what had the focus in it went away.
#[hook]
pub(crate) fn use_close_elsewhere(is_open: &UseStateHandle<bool>, whole: &NodeRef, button: &AttrValue) {
    let (set, whole, button) = (is_open.clone(), whole.clone(), button.clone());
    use_effect_with(**is_open, move |now| {
        let listeners = now.then(|| {
            let document = web_sys::window().and_then(|window| window.document())?;
            let hide = set.clone();
            let click = EventListener::new(&document, "pointerdown", move |event| {
                let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
                if !whole.cast::<Node>().is_some_and(|whole| whole.contains(target.as_ref())) {
                    hide.set(false);
                }
            });
            // Before what is below hears of it, which would take it for its own.
            let phase = EventListenerPhase::Capture;
            let options = EventListenerOptions { phase, passive: false };
            let key = EventListener::new_with_options(&document, "keydown", options, move |event| {
                if event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == "Escape") {
                    event.stop_propagation();
                    event.prevent_default();
                    set.set(false);
                    keys::focus(&button);
                }
            });
            Some((click, key))
        });
        move || drop(listeners)
    });
}
