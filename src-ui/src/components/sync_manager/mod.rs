//! The sync manager: state, age, counts, running work and last outcome of vCenters, and the buttons that sync them.
//! Refuses to be three components: the dashboard, the single focus and the strip show the same in three sizes.

mod actions;
mod card;
mod counts;
mod facts;
mod focus;
mod outcome;
mod row;
mod strip;
mod trusted;

use super::empty::Empty;
use super::failure::Failure;
use crate::hooks::{VcenterService, go, use_vcenter_service};
use crate::state::route::{Dialog, Route};
use crate::state::words;
use contract::command::{AddVcenter, CancelOperation, Submit};
use contract::{Vcenter, VcenterId};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::collections::BTreeSet;
use yew::prelude::*;

/// Which vCenters, and how large.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// Every vCenter, each on a row of a table, with a choice of several at once.
    #[prop_or_default]
    pub(crate) show_all_vcenters: bool,
    /// One vCenter, in full.
    #[prop_or_default]
    pub(crate) vcenter_id: Option<VcenterId>,
    /// A strip that fits into any page.
    #[prop_or_default]
    pub(crate) compact: bool,
}

/// The sync manager.
#[function_component]
pub(crate) fn VcenterSyncManager(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let chosen = use_state_eq(BTreeSet::<String>::new);
    let retry = {
        let service = service.clone();
        Callback::from(move |()| service.refresh())
    };
    let listed = service.listed();
    let Some(all) = listed.value else {
        return match listed.error {
            Some(error) => html! {
                <Failure title="The vCenters could not be loaded" {error} {retry} />
            },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading vCenters" /></div> },
        };
    };
    let shown = all.iter().filter(|vcenter| {
        props.show_all_vcenters || props.vcenter_id.as_ref().is_none_or(|id| *id == vcenter.id)
    });
    let shown: Vec<_> = shown.cloned().collect();
    if shown.is_empty() {
        return if props.compact {
            Html::default()
        } else {
            html! { <NoVcenter gone={!all.is_empty()} /> }
        };
    }
    if props.compact {
        let strips = shown.iter().map(|vcenter| {
            html! {
                <strip::Strip key={vcenter.id.to_string()} vcenter={vcenter.clone()} />
            }
        });
        return html! { <div class="muster-strips">{ for strips }</div> };
    }
    if let (false, [one]) = (props.show_all_vcenters, &shown[..]) {
        return html! { <focus::Focused vcenter={one.clone()} /> };
    }
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |(id, is_chosen): (VcenterId, bool)| {
            let mut next = (*chosen).clone();
            if is_chosen {
                next.insert(id.0)
            } else {
                next.remove(&id.0)
            };
            chosen.set(next);
        })
    };
    let picked: Vec<_> =
        shown.iter().filter(|vcenter| chosen.contains(vcenter.id.as_str())).cloned().collect();
    let choose_all = {
        let (chosen, ids) = (chosen.clone(), shown.iter().map(|v| v.id.0.clone()).collect::<BTreeSet<_>>());
        let all_are = picked.len() == shown.len();
        Callback::from(move |_: Event| chosen.set(if all_are { BTreeSet::new() } else { ids.clone() }))
    };
    let rows = shown.iter().map(|vcenter| {
        html! {
            <row::VcenterRow key={vcenter.id.to_string()} vcenter={vcenter.clone()} choose={choose.clone()}
                is_chosen={chosen.contains(vcenter.id.as_str())} />
        }
    });
    html! {
        <div class="muster-manager">
            if shown.len() > 1 {
                <div class="muster-batch">
                    <label class="muster-check">
                        <input type="checkbox" checked={picked.len() == shown.len()} onchange={choose_all} />
                        { "Select all" }
                    </label>
                    <actions::Batch chosen={picked} />
                </div>
            }
            <table class="muster-vcenters" aria-label="vCenters">
                <thead>
                    <tr>
                        <td class="muster-vcenter__choose" />
                        <td class="muster-vcenter__toggle" />
                        <th scope="col" class="muster-vcenter__state">{ "State" }</th>
                        <th scope="col" class="muster-vcenter__name">{ "Name" }</th>
                        <th scope="col" class="muster-vcenter__version">{ "Version" }</th>
                        <th scope="col" class="muster-vcenter__age muster-number">{ "Age" }</th>
                        <th scope="col" class="muster-vcenter__count muster-number">{ "Hosts" }</th>
                        <th scope="col" class="muster-vcenter__count muster-number">{ "VMs" }</th>
                        <th scope="col" class="muster-vcenter__last">{ "Last sync" }</th>
                        <td class="muster-vcenter__actions" />
                    </tr>
                </thead>
                { for rows }
            </table>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct NoVcenterProperties {
    /// Whether there are others, and only this one is gone.
    #[prop_or_default]
    pub(crate) gone: bool,
}

/// Nothing to sync yet.
#[function_component]
pub(crate) fn NoVcenter(props: &NoVcenterProperties) -> Html {
    let service = use_vcenter_service();
    if props.gone {
        let back = Callback::from(|_| go(&Route::vcenters()));
        let actions =
            html! { <Button variant={ButtonVariant::Primary} onclick={back}>{ "All vCenters" }</Button> };
        return html! {
            <Empty icon="server" title="This vCenter no longer exists" {actions}>
                { "It was removed, here or by another process." }
            </Empty>
        };
    }
    let add = Callback::from(|_| go(&Route::dialog(Dialog::Add)));
    let import = Callback::from(|_| go(&Route::dialog(Dialog::Import)));
    let may_add = service.may::<AddVcenter>();
    let explore = Callback::from(move |_| service.explore(true));
    let actions = html! {
        <>
            if may_add {
                <Button variant={ButtonVariant::Primary} onclick={add}>{ "Add your first vCenter" }</Button>
                <Button variant={ButtonVariant::Link} onclick={import}>{ "Import a list" }</Button>
            }
            <Button variant={ButtonVariant::Link} onclick={explore}>{ "Explore with simulated vCenters" }</Button>
        </>
    };
    html! {
        <Empty icon="server" title="No vCenters yet" {actions}>
            { "Muster caches the inventory of your vCenters and ESXi hosts on this machine and shows it instantly, \
                even offline. A read-only account is enough: Muster never changes anything on a vCenter." }
            if !may_add { { " An admin adds them." } }
        </Empty>
    }
}

/// Why nothing can be started at the moment.
pub(super) const BUSY: &str = "Another operation is running on it: cancel it, or wait for it to finish.";

/// A button that starts work on a vCenter, for who may. While other work is under way it does nothing and says why, and keeps the
/// focus that a disabled one would lose.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct WorkProperties {
    pub(crate) label: AttrValue,
    pub(crate) vcenter: Vcenter,
    pub(crate) onclick: Callback<MouseEvent>,
}

/// The button.
#[function_component]
pub(crate) fn Work(props: &WorkProperties) -> Html {
    let service = use_vcenter_service();
    if !service.may::<Submit>() {
        return Html::default();
    }
    let busy = service.is_vcenter_busy(&props.vcenter.id);
    let is_offline = service.is_troubled(&props.vcenter.id);
    let title = match (busy, is_offline) {
        (true, _) => Some(BUSY),
        (false, true) => Some("The last connection attempt failed; this tries again."),
        (false, false) => None,
    };
    let onclick = if busy { Callback::noop() } else { props.onclick.clone() };
    let class =
        classes!("pf-v6-c-button", "pf-m-secondary", "pf-m-small", busy.then_some("pf-m-aria-disabled"));
    html! {
        <button type="button" {class} {onclick} {title} aria-disabled={busy.to_string()}
            aria-label={format!("{}: {}", props.label, props.vcenter.name)}>
            <span class="pf-v6-c-button__text">{ props.label.clone() }</span>
        </button>
    }
}

/// The button that takes back what runs on a vCenter, for who may.
fn cancel_button(
    service: &VcenterService,
    vcenter: &Vcenter,
    is_cancelling: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    if !service.may::<CancelOperation>() {
        return Html::default();
    }
    html! {
        <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} {onclick} disabled={is_cancelling}
            label={if is_cancelling { "Cancelling\u{2026}" } else { "Cancel" }}
            aria_label={format!("Cancel: {}", vcenter.name)} />
    }
}

/// Counts of a vCenter in a line.
pub(crate) fn counted(number: usize) -> String {
    words::counted(number, "vCenter", "vCenters")
}
