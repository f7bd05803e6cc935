//! The app: the state above, the frame around, and the page that the address names.
//! Refuses to know what a page shows.

use super::{
    analytics::AnalyticsPage, audit::AuditPage, compact::CompactPage, credentials::CredentialsPage,
    discovery::DiscoveryPage, health::HealthPage, inventory::InventoryPage, jobs::JobsPage,
    not_allowed::NotAllowed, operations::OperationsPage, overview::OverviewPage, settings::SettingsPage,
    vcenters::VcentersPage,
};
use crate::components::{closing::Closing, frame::Frame, keys::Keys, toasts::ToastList};
use crate::hooks::{ServiceProvider, use_no_foreign_menu, use_route, use_vcenter_service};
use crate::state::route::Route;
use contract::Role;
use patternfly_yew::prelude::Spinner;
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
    let role = use_vcenter_service().role();
    let page = match route.clone() {
        // Whatever its address says, a page is there for who may do what is done on it.
        _ if route.role() > Role::Viewer && role.is_none() => {
            html! { <div class="muster-waiting"><Spinner aria_label="Loading" /></div> }
        }
        _ if role.is_some_and(|shown| shown.role < route.role()) => {
            html! { <NotAllowed route={route.clone()} /> }
        }
        Route::Overview => html! { <OverviewPage /> },
        Route::Vcenters { one, dialog } => html! { <VcentersPage {one} {dialog} /> },
        Route::Credentials { dialog } => html! { <CredentialsPage {dialog} /> },
        Route::Operations(looked) => html! { <OperationsPage {looked} /> },
        Route::Inventory(view) => html! { <InventoryPage view={*view} /> },
        Route::Jobs(dialog) => html! { <JobsPage {dialog} /> },
        Route::Discovery(sought) => html! { <DiscoveryPage {sought} /> },
        Route::Health(looking) => html! { <HealthPage {looking} /> },
        Route::Analytics(analyzed) => html! { <AnalyticsPage {analyzed} /> },
        Route::Audit(watched) => html! { <AuditPage {watched} /> },
        Route::Settings => html! { <SettingsPage /> },
        // It has a window, and so a frame, of its own.
        Route::Compact => return html! { <CompactPage /> },
    };
    html! { <Frame {route}>{ page }</Frame> }
}
