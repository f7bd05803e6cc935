//! The commands the page may call, one file per noun.
//! Refuses to build unless exactly the commands that `contract` declares are registered.

mod estate;
mod inventory;
mod operations;
mod vcenters;
mod window;

use contract::command::{Command, NAMES};

/// What a declared command answers with.
type Answer<C> = Result<<C as Command>::Reply, contract::ApiError>;

macro_rules! register {
    ($($noun:ident::$name:ident),* $(,)?) => {
        const REGISTERED: &[&str] = &[$(stringify!($name)),*];

        /// Hands each call of the page to its command.
        pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($noun::$name),*]
        }
    };
}

register![
    estate::shown_estate,
    estate::explore_simulated,
    estate::leave_simulated,
    estate::subscribe,
    vcenters::list_vcenters,
    vcenters::list_status,
    vcenters::list_credentials,
    vcenters::probe_vcenter,
    vcenters::try_vcenter,
    vcenters::add_vcenter,
    vcenters::edit_vcenter,
    vcenters::remove_vcenter,
    operations::submit,
    operations::cancel_operation,
    operations::list_operations,
    inventory::read_rows,
    inventory::export_rows,
    window::zoom_window,
    window::await_closing,
    window::ask_to_close,
    window::close_window,
    window::keep_window_open,
];

const _: () = assert!(
    all_in(REGISTERED, NAMES) && all_in(NAMES, REGISTERED),
    "src-tauri/commands registers other commands than contract declares"
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
