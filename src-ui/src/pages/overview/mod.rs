//! The page `/`: the estate at a glance.
//! Refuses to count what it does not link to: every number leads to its rows, as far as rows can be told by a filter.

mod capacity;
mod card;
mod datacenters;
mod gauge;
mod happening;
mod rows;
mod totals;

use crate::components::attention::AttentionList;
use crate::components::failure::Failure;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::status::{Age, State};
use crate::components::sync_manager::NoVcenter;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::route::Route;
use card::Card;
use contract::command::{ListVcenters, ShowOverview};
use contract::{Overview, Vcenter, VcenterState, VcenterStatus};
use patternfly_yew::prelude::Spinner;
use std::rc::Rc;
use yew::prelude::*;

/// Of more vCenters than these the first are shown, and the others where somebody asks.
const FEW: usize = 8;

/// The page.
#[function_component]
pub(crate) fn OverviewPage() -> Html {
    let service = use_vcenter_service();
    let listed = use_query(ListVcenters {});
    let is_loading = listed.is_loading();
    let content = match (listed.value, listed.error) {
        (Some(vcenters), _) if vcenters.is_empty() => html! { <NoVcenter /> },
        (Some(vcenters), _) => html! { <Estate {vcenters} /> },
        (None, Some(error)) => {
            let retry = {
                let service = service.clone();
                Callback::from(move |()| service.refresh())
            };
            html! { <Failure title="The vCenters could not be loaded" {error} {retry} /> }
        }
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading vCenters" /></div> },
    };
    html! {
        <div class="muster-page" id="overview" aria-busy={is_loading.to_string()}>
            <div class="muster-page__head"><h1 class="pf-v6-c-title pf-m-2xl">{ "Overview" }</h1></div>
            { content }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct EstateProperties {
    vcenters: Rc<Vec<Vcenter>>,
}

#[function_component]
fn Estate(props: &EstateProperties) -> Html {
    let service = use_vcenter_service();
    let overview = use_query(ShowOverview {});
    let failure = overview.error.filter(|_| overview.value.is_none()).map(|error| {
        let retry = Callback::from(move |()| service.refresh());
        html! { <Failure title="The overview could not be loaded" {error} {retry} /> }
    });
    html! {
        <div class="muster-stack" data-known={overview.value.is_some().to_string()}>
            <totals::Totals overview={overview.value.clone()} />
            { failure }
            <Card id="overview-attention" title="Attention" action={html! { <Link to={Route::health()}>{ "Health" }</Link> }}>
                <AttentionList />
            </Card>
            if let Some(overview) = &overview.value {
                <capacity::CapacityCard overview={overview.clone()} />
            }
            <div class="muster-columns">
                <div class="muster-stack">
                    <Freshness vcenters={props.vcenters.clone()} />
                    if let Some(overview) = &overview.value {
                        <happening::Hosts overview={overview.clone()} />
                    }
                </div>
                <div class="muster-stack">
                    <happening::Operations />
                    if let Some(overview) = &overview.value {
                        <happening::Changes overview={overview.clone()} />
                        <happening::Next overview={overview.clone()} />
                    }
                </div>
            </div>
            if let Some(overview) = &overview.value {
                <datacenters::Datacenters overview={overview.clone()} />
            }
        </div>
    }
}

/// The state and age of each vCenter. Of many those come first that are in trouble or stale, and the others where somebody
/// asks.
#[function_component]
fn Freshness(props: &EstateProperties) -> Html {
    let service = use_vcenter_service();
    let is_open = use_state(|| false);
    let ids: Vec<_> = props.vcenters.iter().map(|vcenter| vcenter.id.clone()).collect();
    let ranks: Vec<u8> =
        service.see(move |world| ids.iter().map(|id| world.status(id).map_or(3, rank)).collect());
    let mut all: Vec<(&Vcenter, u8)> = props.vcenters.iter().zip(ranks).collect();
    let is_cut = all.len() > FEW && !*is_open;
    if is_cut {
        all.sort_by_key(|(_, rank)| *rank);
        all.truncate(FEW);
    }
    let rows = all.into_iter().map(|(vcenter, _)| {
        let one = Route::Vcenters { one: Some(vcenter.id.clone()), dialog: None };
        html! {
            <li key={vcenter.id.to_string()} class="muster-fresh">
                <Link to={one}><Name name={vcenter.name.clone()} /></Link>
                <State vcenter={vcenter.clone()} />
                <Age vcenter={vcenter.clone()} />
            </li>
        }
    });
    let action = match service.may_open(&Route::vcenters()) {
        true => html! { <Link to={Route::vcenters()}>{ "Sync manager" }</Link> },
        false => Html::default(),
    };
    let more = Callback::from(move |_: MouseEvent| is_open.set(true));
    html! {
        <Card id="overview-vcenters" title="vCenters" {action}>
            <ul class="muster-freshness" role="list">{ for rows }</ul>
            if is_cut {
                <button type="button" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={more}>
                    { format!("Show all {} vCenters", props.vcenters.len()) }
                </button>
            }
        </Card>
    }
}

/// Which comes first where not all are shown: those in trouble, then those that were never read, then what is stale.
fn rank(status: &VcenterStatus) -> u8 {
    match status.state {
        state if state.is_trouble() => 0,
        VcenterState::NeverSynced => 1,
        _ if !status.fresh => 2,
        _ => 3,
    }
}

/// What the parts of the page are made of.
#[derive(Clone, PartialEq, Properties)]
struct OfOverview {
    overview: Rc<Overview>,
}
