//! The app: the state above, the frame around, and the page that the address names.
//! Refuses to know what a page shows.

use super::{
    audit::AuditPage, compact::CompactPage, inventory::InventoryPage, operations::OperationsPage,
    overview::OverviewPage, settings::SettingsPage, vcenters::VcentersPage,
};
use crate::components::{closing::Closing, frame::Frame, keys::Keys, toasts::ToastList};
use crate::hooks::{ServiceProvider, use_no_foreign_menu, use_route};
use crate::state::route::Route;
use yew::prelude::*;

/// Everything.
#[function_component]
pub(crate) fn App() -> Html {
    use_no_foreign_menu();
    html! {
        <ServiceProvider>
            <Routed />
            <ToastList />
            <Keys />
            <Closing />
        </ServiceProvider>
    }
}

#[function_component]
fn Routed() -> Html {
    let route = use_route();
    let page = match route.clone() {
        Route::Overview => html! { <OverviewPage /> },
        Route::Vcenters { one, dialog } => html! { <VcentersPage {one} {dialog} /> },
        Route::Operations(looked) => html! { <OperationsPage {looked} /> },
        Route::Inventory(view) => html! { <InventoryPage view={*view} /> },
        Route::Audit(watched) => html! { <AuditPage {watched} /> },
        Route::Settings => html! { <SettingsPage /> },
        // It has a window, and so a frame, of its own.
        Route::Compact => return html! { <CompactPage /> },
    };
    html! { <Frame {route}>{ page }</Frame> }
}
