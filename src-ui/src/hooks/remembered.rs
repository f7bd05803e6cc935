//! Small choices about how something is shown, kept by the web engine beside the database.
//! Refuses to hold anything of an inventory, and to fail: where nothing can be kept, the choice lasts for the run.

use std::rc::Rc;
use yew::prelude::*;

/// A choice by its name, and how to change it.
#[hook]
pub(crate) fn use_remembered(name: &'static str) -> (Option<Rc<str>>, Callback<String>) {
    let value = use_state_eq(|| stored(name));
    let change = {
        let value = value.clone();
        Callback::from(move |new: String| {
            store(name, &new);
            value.set(Some(new.into()));
        })
    };
    ((*value).clone(), change)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn stored(name: &str) -> Option<Rc<str>> {
    Some(storage()?.get_item(name).ok()??.into())
}

fn store(name: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full disk, or a folder that can't be written: then it lasts as long as the page.
        let _ = storage.set_item(name, value);
    }
}
