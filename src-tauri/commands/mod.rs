//! What the page may call: the service's commands by one handler for all of them, and the window's own, one file per noun.
//! Refuses to build unless exactly the commands of the shell that `contract` declares are registered.

mod about;
mod desktop;
mod estate;
mod role;
mod window;

use crate::wiring::Wiring;
use contract::ApiError;
use contract::command::{Command, SERVICE, SHELL};
use serde_json::Value;
use tauri::ipc::{Invoke, InvokeBody, InvokeError};

/// What a declared command answers with.
type Answer<C> = Result<<C as Command>::Reply, ApiError>;

/// Hands each call of the page to what answers it. Calls that the access list doesn't name never come here.
pub(crate) fn handler(wiring: &Wiring) -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    let (wiring, of_the_shell) = (wiring.clone(), of_the_shell());
    move |invoke| {
        if !SERVICE.contains(&invoke.message.command()) {
            return of_the_shell(invoke);
        }
        hand_to_the_service(&wiring, invoke);
        true
    }
}

/// Calls a command of the service, as the person at this program, whatever the page sent beside its arguments.
fn hand_to_the_service(wiring: &Wiring, invoke: Invoke) {
    let name = invoke.message.command().to_owned();
    let arguments = match invoke.message.payload() {
        InvokeBody::Json(payload) => payload.get("args").cloned().unwrap_or(Value::Null),
        InvokeBody::Raw(_) => Value::Null,
    };
    let wiring = wiring.clone();
    invoke.resolver.respond_async(async move {
        let answer = async { wiring.service().await?.call_named(&wiring.caller(), &name, arguments).await };
        answer.await.map_err(InvokeError::from)
    });
}

macro_rules! register {
    ($($noun:ident::$name:ident),* $(,)?) => {
        const REGISTERED: &[&str] = &[$(stringify!($name)),*];

        fn of_the_shell() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($noun::$name),*]
        }
    };
}

register![
    estate::shown_estate,
    estate::explore_simulated,
    estate::leave_simulated,
    estate::subscribe,
    role::shown_role,
    role::lower_role,
    role::raise_role,
    about::shown_about,
    about::show_licenses,
    window::shown_zoom,
    window::set_zoom,
    window::zoom_window,
    window::await_closing,
    window::ask_to_close,
    window::close_window,
    window::keep_window_open,
    window::stay_in_tray,
    window::quit_muster,
    desktop::open_server,
    desktop::open_compact,
    desktop::open_main,
    desktop::shown_desktop,
    desktop::set_desktop,
    desktop::set_autostart,
];

const _: () = assert!(
    all_in(REGISTERED, SHELL) && all_in(SHELL, REGISTERED),
    "src-tauri/commands registers other commands than contract declares for the shell"
);

const fn all_in(some: &[&str], all: &[&str]) -> bool {
    let mut i = 0;
    while i < some.len() {
        let mut j = 0;
        while j < all.len() && !equal(some[i].as_bytes(), all[j].as_bytes()) {
            j += 1;
        }
        if j == all.len() {
            return false;
        }
        i += 1;
    }
    true
}

// `==` on strings is not const yet.
const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}
