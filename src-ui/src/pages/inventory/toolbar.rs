//! Of which vCenters the rows are, and what they are narrowed by.

use super::filters::Filters;
use super::search::Search;
use crate::components::select::Select;
use crate::hooks::{go, use_vcenter_service};
use crate::state::route::Route;
use crate::state::table::View;
use contract::VcenterId;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
}

/// The toolbar.
#[function_component]
pub(super) fn Toolbar(props: &Properties) -> Html {
    let view = &props.view;
    html! {
        <div class="muster-toolbar" role="search" aria-label="Rows">
            <Scope view={view.clone()} />
            <Search key={view.kind.name()} view={view.clone()} />
            <Filters key={format!("filters of {}", view.kind.name())} view={view.clone()} />
        </div>
    }
}

/// All vCenters or one.
#[function_component]
fn Scope(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenters = service.vcenters().unwrap_or_default();
    let view = props.view.clone();
    let choose = Callback::from(move |id: String| {
        let chosen = (!id.is_empty()).then_some(VcenterId(id));
        // A moref means another object, or none, in another vCenter.
        let conditions =
            view.conditions.iter().filter(|one| !one.column.ends_with("moref")).cloned().collect();
        go(&Route::Inventory(Box::new(View { conditions, ..view.within(chosen).opening(None) })));
    });
    let mut options = vec![(String::new(), "All vCenters".to_owned())];
    options.extend(vcenters.iter().map(|vcenter| (vcenter.id.to_string(), vcenter.name.clone())));
    let chosen = props.view.vcenter.as_ref().map(ToString::to_string).unwrap_or_default();
    html! { <Select id="scope" class="muster-scope" aria_label="vCenter" {options} {chosen} {choose} /> }
}
