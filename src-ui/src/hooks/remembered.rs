//! Small choices about how something is shown, kept by the web engine beside the database.
//! Refuses to hold anything of an inventory, and to fail: where nothing can be kept, the choice lasts for the run.

use crate::state::grid::Density;
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

/// How high the rows of tables are, and how to change it.
#[hook]
pub(crate) fn use_density() -> (Density, Callback<Density>) {
    let (density, change) = use_remembered("density");
    let density = density.and_then(|name| Density::from_name(&name)).unwrap_or_default();
    (density, change.reform(|density: Density| density.name().to_owned()))
}

/// The choice as it is kept now, for who acts by it and shows nothing of it.
pub(crate) fn remembered(name: &'static str) -> Option<Rc<str>> {
    stored(name)
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
        // Other windows hear of it from the web engine, and this one like this.
        if let (Some(window), Ok(told)) = (web_sys::window(), web_sys::Event::new("storage")) {
            let _ = window.dispatch_event(&told);
        }
    }
}
