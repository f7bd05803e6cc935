//! Keeps the focus where the keyboard was: PatternFly's button drops it when it is pressed, and a dialog when it closes.
//! Refuses to move it while an element has it.

use gloo_events::{EventListener, EventListenerOptions};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node, window};

thread_local! {
    /// What had the focus last.
    static LAST: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

/// What has the focus; where nothing has, what had it last.
pub(super) fn focused() -> Option<HtmlElement> {
    active().or_else(|| LAST.with_borrow(Clone::clone))
}

/// Gives the focus to what had it, if nothing has it now but what is being closed: that may keep it until the next layout.
pub(super) fn give_back(before: &HtmlElement, closed: Option<&HtmlElement>) {
    let is_held = active().is_some_and(|active| !closed.is_some_and(|closed| closed.contains(Some(&active))));
    if !is_held && before.is_connected() {
        // An element that can't be focused any more leaves the focus nowhere.
        let _ = before.focus();
    }
}

/// Watches until the listeners are dropped.
pub(super) fn keep() -> Option<[EventListener; 2]> {
    let window = window()?;
    let document = window.document()?;
    let seen = EventListener::new_with_options(
        &document,
        "focusin",
        EventListenerOptions::run_in_capture_phase(),
        |_| {
            LAST.set(active());
        },
    );
    // After everything that the press began: the window is the last to hear of it. A press beside it takes the focus away.
    let pressed = EventListener::new(&window, "click", |event| {
        let on = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        if let Some(last) = LAST.with_borrow(Clone::clone).filter(|last| last.contains(on.as_ref())) {
            give_back(&last, None);
        }
    });
    Some([seen, pressed])
}

/// What has the focus, unless nothing has.
pub(super) fn active() -> Option<HtmlElement> {
    let active = window()?.document()?.active_element()?.dyn_into::<HtmlElement>().ok()?;
    (active.tag_name() != "BODY").then_some(active)
}
