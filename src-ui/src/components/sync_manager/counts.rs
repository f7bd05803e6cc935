//! How much a vCenter has of what, each a link to its rows.

use crate::components::link::Link;
use crate::hooks::use_vcenter_service;
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use contract::{Kind, Vcenter, VcenterStatus};
use yew::prelude::*;

/// A vCenter, and of which kinds.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) kinds: Vec<Kind>,
}

/// How many objects of a kind are known; `None` where none were ever read, which isn't 0.
pub(super) fn count(status: &VcenterStatus, kind: Kind) -> Option<u64> {
    let count = status.counts.get(&kind.key()).copied().unwrap_or(0);
    (count > 0 || status.synced_at.is_some()).then_some(count)
}

/// Links with numbers.
#[function_component]
pub(super) fn Counts(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let counts = service.see({
        let Properties { vcenter, kinds } = props.clone();
        move |world| {
            let status = world.status(&vcenter.id)?;
            Some(kinds.iter().map(|kind| count(status, *kind)).collect::<Vec<_>>())
        }
    });
    let Some(counts) = counts else { return Html::default() };
    let links = props.kinds.iter().zip(counts).map(|(kind, count)| {
        let count = count?;
        let view = View::of(*kind).within(Some(props.vcenter.id.clone()));
        let to = Route::Inventory(Box::new(view));
        Some(html! { <li><Link {to}>{ words::of_kind(count as usize, *kind) }</Link></li> })
    });
    let links: Vec<Html> = links.flatten().collect();
    if links.is_empty() {
        return Html::default();
    }
    html! { <ul class="muster-counts" role="list">{ for links }</ul> }
}
