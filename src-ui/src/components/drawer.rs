//! What every drawer of details does: it closes by Escape, comes into view when it opens, and takes the keyboard from who
//! opened it by a key.
//! Refuses to know what it shows.

use super::keys;
use gloo_events::EventListener;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, window};
use yew::prelude::*;

/// Escape closes, wherever the keyboard is, unless something in front of it takes the key.
#[hook]
pub(crate) fn use_closing_key<T: Clone + PartialEq + 'static>(shown: &T, leave: fn(&T)) {
    use_effect_with(shown.clone(), move |shown| {
        let shown = shown.clone();
        let document = window().and_then(|window| window.document());
        let listener = document.map(|document| {
            EventListener::new(&document, "keydown", move |event| {
                let key = event.dyn_ref::<KeyboardEvent>().map(|event| event.key());
                let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                let elsewhere = element.is_some_and(|e| e.closest("dialog").ok().flatten().is_some());
                if key.as_deref() == Some("Escape") && !elsewhere && !event.default_prevented() {
                    leave(&shown);
                }
            })
        });
        move || drop(listener)
    });
}

/// Shows it where it stands below the rows, and the page is higher than the window.
#[hook]
pub(crate) fn use_in_view() {
    use_effect_with((), |()| {
        let drawer = window().and_then(|window| window.document()?.get_element_by_id("drawer"));
        if let Some(drawer) = drawer {
            keys::bring_into_view(&drawer);
        }
    });
}

/// What opens next takes the keyboard, if it was opened by a key.
#[hook]
pub(crate) fn use_keyboard<T: Clone + PartialEq + 'static>(shown: &T, by_key: &Rc<Cell<bool>>) {
    let by_key = by_key.clone();
    use_effect_with(shown.clone(), move |_| {
        if by_key.replace(false) {
            focus();
        }
    });
}

/// Gives the keyboard to what is shown.
pub(crate) fn focus() {
    keys::focus("drawer-body");
}

/// What is known of what is shown, by its name; within a list of such.
pub(crate) fn property(name: &'static str, value: Html) -> Html {
    html! { <div class="muster-property"><dt>{ name }</dt><dd class="muster-words">{ value }</dd></div> }
}
