//! What is said of a vCenter wherever it stands: where it is, what it is, how it is labelled, and its state.

use crate::components::icon::icon;
use crate::components::status::LevelLabel;
use crate::hooks::VcenterService;
use crate::state::words::{self, Level};
use contract::Vcenter;
use yew::prelude::*;

/// Its connection state in a word; since when says the card.
pub(super) fn state(service: &VcenterService, vcenter: &Vcenter) -> Html {
    let id = vcenter.id.clone();
    let known = service.see(move |world| {
        world.status(&id).map(|status| words::standing(status, world.is_answering(&id), world.now))
    });
    let (word, level) = known.unwrap_or_else(|| ("Loading…".to_owned(), Level::Neutral));
    html! { <LevelLabel {level} {word} /> }
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

/// Where it is.
pub(super) fn address(vcenter: &Vcenter) -> String {
    let Vcenter { host, port, .. } = vcenter;
    if *port == 443 && !host.contains(':') { host.clone() } else { contract::words::address(host, *port) }
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
