//! Text to the clipboard.
//! Refuses to read what is on it.

use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

/// Copies a text; answers whether that worked. A person has to have pressed something just before.
// `navigator.clipboard` answers later and may be refused by then; this is done when it returns.
pub(crate) fn copy(text: &str) -> bool {
    let copied = || {
        let document: HtmlDocument = web_sys::window()?.document()?.dyn_into().ok()?;
        let before = super::kept_focus::active();
        let field: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
        field.set_value(text);
        field.set_class_name("muster-clipboard");
        document.body()?.append_child(&field).ok()?;
        field.select();
        let copied = document.exec_command("copy").unwrap_or(false);
        field.remove();
        if let Some(before) = before {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // An element that takes no focus leaves it where it is.
            let _ = before.focus_with_options(&options);
        }
        Some(copied)
    };
    copied() == Some(true)
}
