//! One vCenter on a row of the dashboard.

use super::actions::Actions;
use super::counts::Counts;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::outcome::Outcome;
use crate::components::progress::OperationProgress;
use crate::components::status::{Age, State};
use crate::hooks::use_vcenter_service;
use crate::state::route::Route;
use crate::state::words;
use contract::{Kind, Origin, Vcenter, VcenterId};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) is_chosen: bool,
    pub(super) choose: Callback<(VcenterId, bool)>,
}

/// The row.
#[function_component]
pub(super) fn VcenterRow(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    let onchange = {
        let (choose, id) = (props.choose.clone(), vcenter.id.clone());
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            choose.emit((id.clone(), input.is_some_and(|input| input.checked())));
        })
    };
    let one = Route::Vcenters { one: Some(vcenter.id.clone()), dialog: None };
    let kinds = vec![Kind::Clusters, Kind::Hosts, Kind::Vms, Kind::Datastores, Kind::Networks];
    html! {
        <li class="muster-vcenter" data-vcenter={vcenter.name.clone()}>
            <input class="muster-vcenter__choose" type="checkbox" checked={props.is_chosen} {onchange}
                aria-label={format!("Choose {}", vcenter.name)} />
            <div class="muster-vcenter__name">
                <h2><Link to={one}>{ &vcenter.name }</Link></h2>
                <div class="muster-quiet muster-cut" title={address(vcenter)}>{ address(vcenter) }</div>
                <div class="muster-quiet muster-words">{ product(vcenter) }</div>
                <Tags tags={vcenter.tags.clone()} />
            </div>
            <div class="muster-vcenter__state">
                <State vcenter={vcenter.clone()} />
                <Age vcenter={vcenter.clone()} />
                <Counts vcenter={vcenter.clone()} {kinds} />
            </div>
            <div class="muster-vcenter__work">{ work(&service, vcenter) }</div>
            <Actions vcenter={vcenter.clone()} />
        </li>
    }
}

/// Labels of a vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct TagsProperties {
    pub(super) tags: Vec<String>,
}

/// The labels.
#[function_component]
pub(super) fn Tags(props: &TagsProperties) -> Html {
    let tags = props.tags.iter().map(|tag| html! { <li class="muster-tag">{ icon("tag") }{ tag }</li> });
    html! { <ul class="muster-tags" role="list">{ for tags }</ul> }
}

/// What runs on a vCenter, or else how the last thing ended.
pub(super) fn work(service: &crate::hooks::VcenterService, vcenter: &Vcenter) -> Html {
    let own =
        service.get_active_operations().into_iter().filter(|operation| operation.vcenter_id == vcenter.id);
    let (asked, itself): (Vec<_>, Vec<_>) = own.partition(|operation| operation.origin == Origin::User);
    if !asked.is_empty() {
        let asked = asked.iter().map(|operation| {
            html! { <OperationProgress key={operation.id.to_string()} operation={operation.clone()} /> }
        });
        return html! { { for asked } };
    }
    let last = match service.world().last_outcome(&vcenter.id) {
        Some(operation) => html! { <Outcome operation={operation.clone()} /> },
        None if service.is_vcenter_busy(&vcenter.id) => {
            html! { <span class="muster-quiet">{ "Starting…" }</span> }
        }
        None => html! { <span class="muster-quiet">{ "Nothing was done yet" }</span> },
    };
    // What goes on by itself leaves in its place what people look for.
    let itself = itself.iter().map(|operation| {
        let text = format!("{}: {}", words::job(operation), operation.progress.step);
        html! { <span class="muster-quiet">{ text.trim_end_matches(": ").to_owned() }</span> }
    });
    html! { <>{ last }{ for itself }</> }
}

/// Where it is.
pub(super) fn address(vcenter: &Vcenter) -> String {
    let Vcenter { host, port, .. } = vcenter;
    match (host.contains(':'), *port) {
        (false, 443) => host.clone(),
        (false, port) => format!("{host}:{port}"),
        (true, port) => format!("[{host}]:{port}"),
    }
}

/// What it is, as far as it said so.
pub(super) fn product(vcenter: &Vcenter) -> String {
    let parts = [vcenter.product.clone(), vcenter.version.clone()];
    let build = vcenter.build.as_ref().map(|build| format!("build {build}"));
    let named: Vec<String> = parts.into_iter().flatten().collect();
    let shown = match build {
        Some(build) => format!("{} · {build}", named.join(" ")),
        None => named.join(" "),
    };
    words::shown(&shown)
}
