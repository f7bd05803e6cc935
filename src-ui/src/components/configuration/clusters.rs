//! Of which clusters the hosts are to be read.

use crate::components::dialog::Dialog;
use crate::hooks::{use_clusters, use_vcenter_service};
use crate::state::words;
use contract::{Kind, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::collections::BTreeSet;
use yew::prelude::*;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) close: Callback<()>,
}

/// The choice.
#[function_component]
pub(super) fn Clusters(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let clusters = use_clusters(&props.vcenter.id);
    let chosen = use_state_eq(BTreeSet::<String>::new);
    let sync = {
        let (service, vcenter, close) = (service.clone(), props.vcenter.clone(), props.close.clone());
        let chosen = chosen.clone();
        Callback::from(move |_| {
            service.sync_hosts(&vcenter, chosen.iter().cloned().collect());
            close.emit(());
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let busy = service.is_vcenter_busy(&props.vcenter.id);
    let label = match chosen.len() {
        0 => "Sync all hosts".to_owned(),
        some => format!("Sync hosts of {}", words::counted(some, "cluster", "clusters")),
    };
    let list = match &clusters {
        None => html! { <p class="muster-quiet">{ "Loading clusters…" }</p> },
        Some(clusters) if clusters.is_empty() => html! {
            <p>{ "No clusters of this vCenter are known yet. Syncing all hosts reads them too." }</p>
        },
        Some(clusters) => {
            let items = clusters.iter().map(|cluster| {
                // By its name, as people read it in the list of operations, unless two have the same.
                let same = clusters.iter().filter(|other| other.name == cluster.name).count();
                let key = if same == 1 { cluster.name.clone() } else { cluster.moref.clone() };
                let is_chosen = chosen.contains(&key);
                let toggle = {
                    let chosen = chosen.clone();
                    Callback::from(move |_: Event| {
                        let mut next = (*chosen).clone();
                        if !next.remove(&key) {
                            next.insert(key.clone());
                        }
                        chosen.set(next);
                    })
                };
                let facts = format!(
                    "{} · {}",
                    words::of_kind(cluster.hosts as usize, Kind::Hosts),
                    words::shown(&cluster.datacenter)
                );
                html! {
                    <li>
                        <label class="muster-check">
                            <input type="checkbox" checked={is_chosen} onchange={toggle} />
                            <span class="muster-words">{ words::shown(&cluster.name) }</span>
                            <span class="muster-quiet">{ facts }</span>
                        </label>
                    </li>
                }
            });
            html! { <ul class="muster-choices" role="list">{ for items }</ul> }
        }
    };
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} disabled={busy} onclick={sync} {label} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Sync hosts of {}", props.vcenter.name)} close={props.close.clone()} {actions}>
            <p>{ "Select clusters, or none for all hosts." }</p>
            { list }
        </Dialog>
    }
}
