//! The page `/vcenter`: the sync manager and the forms.
//! Refuses to hold anything of its own: it puts two components on a page.

use crate::components::configuration::VcenterConfiguration;
use crate::components::link::Link;
use crate::components::menu::{Menu, MenuItem};
use crate::components::sync_manager::VcenterSyncManager;
use crate::hooks::{Action, go, use_command, use_vcenter_service};
use crate::state::route::{Dialog, Route};
use crate::state::toasts::Toast;
use contract::VcenterId;
use contract::command::{AddVcenter, ExportVcenters, Exported, ImportVcenters};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// All vCenters or one, and the form that is open.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) one: Option<VcenterId>,
    #[prop_or_default]
    pub(crate) dialog: Option<Dialog>,
}

/// The page.
#[function_component]
pub(crate) fn VcentersPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let add = Callback::from(|_| go(&Route::dialog(Dialog::Add)));
    let has_some = service.vcenters().is_some_and(|vcenters| !vcenters.is_empty());
    let explore = {
        let service = service.clone();
        Callback::from(move |_| service.explore(true))
    };
    let schedules = Callback::from(|_| go(&Route::dialog(Dialog::Schedules)));
    let (as_json, as_csv) = (use_export(false), use_export(true));
    let may_import = service.may::<ImportVcenters>();
    let mut items = Vec::new();
    if may_import {
        let choose = Callback::from(|()| go(&Route::dialog(Dialog::Import)));
        items.push(MenuItem { label: "Import…".into(), barred: None, choose });
    }
    if service.may::<ExportVcenters>() {
        items.push(export_item("Export as JSON", as_json));
        items.push(export_item("Export as CSV", as_csv));
    }
    let menu = if may_import { "Import and export" } else { "Export" };
    let simulated = service.is_simulated();
    let title = match &props.one {
        // A page has a title also while its vCenter is being read, or is gone.
        Some(id) => service.vcenter(id).map_or("vCenter".to_owned(), |vcenter| vcenter.name),
        None => "vCenters".to_owned(),
    };
    html! {
        <div class="muster-page">
            <div class="muster-page__head">
                <div>
                    if props.one.is_some() {
                        <nav aria-label="Above"><Link to={Route::vcenters()}>{ "vCenters" }</Link></nav>
                    }
                    <h1 class="pf-v6-c-title pf-m-2xl">{ title }</h1>
                </div>
                if has_some && props.one.is_none() {
                    <div class="muster-actions">
                        <Button variant={ButtonVariant::Link} onclick={schedules} label="Schedules" />
                        if !simulated {
                            <Button variant={ButtonVariant::Link} onclick={explore}
                                label="Explore with simulated vCenters" />
                        }
                        if service.may::<AddVcenter>() {
                            <Button variant={ButtonVariant::Primary} onclick={add} label="Add vCenter" />
                        }
                        if !items.is_empty() {
                            <Menu label={menu} {items} />
                        }
                    </div>
                }
            </div>
            <VcenterSyncManager show_all_vcenters={props.one.is_none()} vcenter_id={props.one.clone()} />
            <VcenterConfiguration dialog={props.dialog.clone()} on={props.one.clone()} />
        </div>
    }
}

/// Writes the configuration of all vCenters to a file and says where that is.
#[hook]
fn use_export(csv: bool) -> Action {
    use_command(
        ExportVcenters { vcenters: Vec::new(), csv },
        "The vCenters could not be exported",
        |service, Exported { path, rows }| service.toast(Toast::exported_vcenters(rows, path)),
    )
}

fn export_item(label: &'static str, export: Action) -> MenuItem {
    let barred = export.is_under_way.then(|| "The export is under way.".into());
    MenuItem { label: label.into(), barred, choose: export.start }
}
