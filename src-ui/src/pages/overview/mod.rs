//! The page `/`: the estate at a glance.
//! Refuses to count what it does not link to: every number leads to its rows.

use crate::components::failure::Failure;
use crate::components::frame::icon_of;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::outcome::Outcome;
use crate::components::progress::OperationProgress;
use crate::components::status::{Age, State};
use crate::components::sync_manager::NoVcenter;
use crate::hooks::{use_count, use_query, use_vcenter_service};
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words::grouped;
use contract::command::ListVcenters;
use contract::{Kind, Operation, RowQuery, Vcenter};
use patternfly_yew::prelude::Spinner;
use std::rc::Rc;
use yew::prelude::*;

/// Outcomes that are shown.
const OUTCOMES: usize = 10;

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
    let rows = props.vcenters.iter().map(|vcenter| {
        let one = Route::Vcenters { one: Some(vcenter.id.clone()), dialog: None };
        html! {
            <li key={vcenter.id.to_string()} class="muster-fresh">
                <Link to={one}><Name name={vcenter.name.clone()} /></Link>
                <State vcenter={vcenter.clone()} />
                <Age vcenter={vcenter.clone()} />
            </li>
        }
    });
    let active: Vec<Html> = service
        .get_active_operations()
        .into_iter()
        .map(
            |operation| html! { <OperationProgress key={operation.id.to_string()} operation={operation.clone()} named=true /> },
        )
        .collect();
    let manager = match service.may_open(&Route::vcenters()) {
        true => html! { <Link to={Route::vcenters()}>{ "Sync manager" }</Link> },
        false => Html::default(),
    };
    let outcomes: Vec<Operation> = service.see(|world| world.outcomes().take(OUTCOMES).cloned().collect());
    let outcomes: Vec<Html> = outcomes
        .into_iter()
        .map(|operation| {
            html! {
                <li key={operation.id.to_string()}><Outcome {operation} named=true brief=true /></li>
            }
        })
        .collect();
    html! {
        <>
            <Totals />
            <div class="muster-columns">
                <Card id="overview-vcenters" title="vCenters"
                    action={manager}>
                    <ul class="muster-freshness" role="list">{ for rows }</ul>
                </Card>
                <div class="muster-stack">
                    <Card id="overview-running" title="Running now">
                        if active.is_empty() {
                            <p class="muster-quiet">{ "No operations are running." }</p>
                        } else {
                            { for active }
                        }
                    </Card>
                    <Card id="overview-outcomes" title="Recent operations">
                        if outcomes.is_empty() {
                            <p class="muster-quiet">{ "No operations yet. Sync a vCenter to see its result here." }</p>
                        } else {
                            <ul class="muster-outcomes" role="list">{ for outcomes }</ul>
                        }
                    </Card>
                </div>
            </div>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct CardProperties {
    id: AttrValue,
    title: AttrValue,
    children: Html,
    #[prop_or_default]
    action: Html,
}

#[function_component]
fn Card(props: &CardProperties) -> Html {
    html! {
        <section class="pf-v6-c-card" aria-labelledby={props.id.clone()}>
            <div class="pf-v6-c-card__header">
                <div class="pf-v6-c-card__actions">{ props.action.clone() }</div>
                <div class="pf-v6-c-card__header-main">
                    <h2 class="pf-v6-c-card__title-text" id={props.id.clone()}>{ props.title.clone() }</h2>
                </div>
            </div>
            <div class="pf-v6-c-card__body">{ props.children.clone() }</div>
        </section>
    }
}

/// How much there is of what, templates apart from VMs.
#[function_component]
fn Totals() -> Html {
    // A VM that can't be read doesn't say whether it is a template: then it counts as a VM.
    let vms = || RowQuery::count(Kind::Vms).without("is_template", "true");
    let templates = RowQuery::count(Kind::Vms).with("is_template", "true");
    let hosts = || RowQuery::count(Kind::Hosts);
    html! {
        <ul class="muster-totals" role="list" aria-label="Totals">
            <Total title="Clusters" query={RowQuery::count(Kind::Clusters)} />
            <Total title="Hosts" query={hosts()} parts={vec![
                ("in maintenance", hosts().with("in_maintenance", "true")),
                ("disconnected", hosts().with("connection_state", "disconnected")),
                ("not responding", hosts().with("connection_state", "notResponding")),
            ]} />
            <Total title="VMs" query={vms()} parts={vec![
                ("powered on", vms().with("power_state", "poweredOn")),
            ]} />
            <Total title="Templates" query={templates} />
            <Total title="Datastores" query={RowQuery::count(Kind::Datastores)} parts={vec![
                ("not accessible", RowQuery::count(Kind::Datastores).with("accessible", "false")),
            ]} />
            <Total title="Networks" query={RowQuery::count(Kind::Networks)} />
            <Total title="Snapshots" query={RowQuery::count(Kind::Snapshots)} />
        </ul>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TotalProperties {
    title: AttrValue,
    query: RowQuery,
    /// Parts of it that are worth a look, left out where there are none.
    #[prop_or_default]
    parts: Vec<(&'static str, RowQuery)>,
}

#[function_component]
fn Total(props: &TotalProperties) -> Html {
    let count = use_count(props.query.clone());
    let parts = props
        .parts
        .iter()
        .map(|(words, query)| html! { <Part key={*words} words={*words} query={query.clone()} /> });
    html! {
        <li class="muster-total">
            <span class="muster-total__icon">{ icon(icon_of(props.query.kind)) }</span>
            <Link class="muster-total__number" to={rows_of(&props.query)}>
                { count.map_or("\u{2026}".to_owned(), |count| grouped(count as i64)) }
                <span class="muster-total__title">{ props.title.clone() }</span>
            </Link>
            <span class="muster-total__parts">{ for parts }</span>
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PartProperties {
    words: AttrValue,
    query: RowQuery,
}

#[function_component]
fn Part(props: &PartProperties) -> Html {
    match use_count(props.query.clone()) {
        None | Some(0) => Html::default(),
        Some(count) => html! {
            <Link to={rows_of(&props.query)}>{ format!("{} {}", grouped(count as i64), props.words) }</Link>
        },
    }
}

/// The rows that a count counts.
fn rows_of(query: &RowQuery) -> Route {
    Route::Inventory(Box::new(View { conditions: query.conditions.clone(), ..View::of(query.kind) }))
}
