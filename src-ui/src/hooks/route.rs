//! Where the user is, read from and written to the address, so that Back goes back.
//! Refuses to hold a second copy of it.

use crate::state::route::{Dialog, Route};
use gloo_events::EventListener;
use web_sys::window;
use yew::prelude::*;

/// Where the user is.
#[hook]
pub(crate) fn use_route() -> Route {
    let route = use_state_eq(current);
    {
        let route = route.clone();
        use_effect_with((), move |()| {
            // It may have changed before anybody listened.
            route.set(current());
            let listener = window()
                .map(|window| EventListener::new(&window, "hashchange", move |_| route.set(current())));
            move || drop(listener)
        });
    }
    (*route).clone()
}

/// Goes somewhere, with a way back.
pub(crate) fn go(route: &Route) {
    if let Some(window) = window() {
        // The location of a page can always be set to another fragment.
        let _ = window.location().set_hash(&route.to_string());
    }
}

/// Opens a form before the page of vCenters that is there, or else before that of all.
pub(crate) fn open(dialog: Dialog) {
    let one = match current() {
        Route::Vcenters { one, .. } => one,
        Route::Overview | Route::Operations(_) | Route::Inventory(_) => None,
    };
    go(&Route::Vcenters { one, dialog: Some(dialog) });
}

/// Goes somewhere in the place of here: a letter typed into a filter is no step to go back to.
pub(crate) fn replace(route: &Route) {
    if let Some(window) = window() {
        let _ = window.location().replace(&route.to_string());
    }
}

fn current() -> Route {
    let address = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    Route::parse(&address)
}
