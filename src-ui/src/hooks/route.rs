//! Where the user is, read from and written to the address, so that Back goes back.
//! Refuses to hold a second copy of it.

use crate::backend;
use crate::state::route::{Dialog, Route};
use contract::command::OpenMain;
use gloo_events::EventListener;
use web_sys::window;
use yew::{platform::spawn_local, prelude::*};

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

/// Goes somewhere, with a way back. From the compact window that is the main one.
pub(crate) fn go(route: &Route) {
    if current() == Route::Compact {
        return in_the_main_window(route);
    }
    if let Some(window) = window() {
        // The location of a page can always be set to another fragment.
        let _ = window.location().set_hash(&route.to_string());
    }
}

/// Opens a form before the page of vCenters that is there, or else before that of all.
pub(crate) fn open(dialog: Dialog) {
    let one = match current() {
        Route::Vcenters { one, .. } => one,
        Route::Overview
        | Route::Credentials { .. }
        | Route::Operations(_)
        | Route::Inventory(_)
        | Route::Jobs(_)
        | Route::Discovery(_)
        | Route::Health(_)
        | Route::Analytics(_)
        | Route::Audit(_)
        | Route::Settings
        | Route::Compact => None,
    };
    go(&Route::Vcenters { one, dialog: Some(dialog) });
}

/// Goes somewhere in the place of here: a letter typed into a filter is no step to go back to.
pub(crate) fn replace(route: &Route) {
    if let Some(window) = window() {
        let _ = window.location().replace(&route.to_string());
    }
}

/// Shows it in the main window, which is opened where it isn't.
pub(crate) fn in_the_main_window(route: &Route) {
    let address = route.to_string().trim_start_matches('#').to_owned();
    spawn_local(async move {
        // A shell that opens no window has none that could say so.
        let _ = backend::call(OpenMain { address: Some(address) }).await;
    });
}

fn current() -> Route {
    let address = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    Route::parse(&address)
}
