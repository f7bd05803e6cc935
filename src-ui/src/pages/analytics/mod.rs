//! The page `/analytics`: how syncs went, what the cache saved, and where capacity leads.
//! Refuses to compute a number: it draws what the service measured, and says how that came about.

mod calls;
mod capacity;
mod syncs;

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::select::Select;
use crate::components::sync_manager::NoVcenter;
use crate::hooks::{replace, use_query, use_vcenter_service};
use crate::state::analytics::Analyzed;
use crate::state::route::Route;
use contract::analytics::Window;
use contract::command::{AnalyzeSyncs, ListVcenters};
use contract::{OperationKind, Vcenter, VcenterId};
use patternfly_yew::prelude::Spinner;
use std::rc::Rc;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) analyzed: Analyzed,
}

/// The page.
#[function_component]
pub(crate) fn AnalyticsPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let listed = use_query(ListVcenters {});
    let is_loading = listed.is_loading();
    let content = match (listed.value, listed.error) {
        (Some(vcenters), _) if vcenters.is_empty() => html! { <NoVcenter /> },
        (Some(vcenters), _) => html! { <Numbers analyzed={props.analyzed.clone()} {vcenters} /> },
        (None, Some(error)) => {
            let retry = Callback::from(move |()| service.refresh());
            html! { <Failure title="The vCenters could not be loaded" {error} {retry} /> }
        }
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading vCenters" /></div> },
    };
    html! {
        <div class="muster-page" id="analytics" aria-busy={is_loading.to_string()}>
            <div class="muster-page__head"><h1 class="pf-v6-c-title pf-m-2xl">{ "Analytics" }</h1></div>
            { content }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NumbersProperties {
    analyzed: Analyzed,
    vcenters: Rc<Vec<Vcenter>>,
}

/// The choices and the sections. The first one says whether there is anything at all.
#[function_component]
fn Numbers(props: &NumbersProperties) -> Html {
    let analyzed = &props.analyzed;
    let any = use_query(AnalyzeSyncs {
        scope: Analyzed { window: Window::Quarter, ..Analyzed::default() }.scope(),
    });
    let is_empty = any.value.is_some_and(|found| found.span.known_since.is_none());
    if is_empty {
        return html! {
            <Empty icon="chart-line" title="Nothing measured yet">
                { "Numbers appear here after the first sync, and charts grow with every one. Dates on which datastores are full take at least 7 days." }
            </Empty>
        };
    }
    html! {
        <>
            <Choices analyzed={analyzed.clone()} vcenters={props.vcenters.clone()} />
            <syncs::Syncs analyzed={analyzed.clone()} />
            <calls::Calls analyzed={analyzed.clone()} />
            <capacity::Capacity analyzed={analyzed.clone()} />
        </>
    }
}

/// Window, vCenter and kind of sync, kept in the address.
#[function_component]
fn Choices(props: &NumbersProperties) -> Html {
    let analyzed = &props.analyzed;
    let change = |change: fn(&mut Analyzed, String)| {
        let analyzed = analyzed.clone();
        Callback::from(move |chosen: String| {
            let mut analyzed = analyzed.clone();
            change(&mut analyzed, chosen);
            replace(&Route::Analytics(analyzed));
        })
    };
    let windows: Vec<_> =
        Window::ALL.iter().map(|one| (one.name().to_owned(), format!("Last {}", one.words()))).collect();
    let mut vcenters = vec![(String::new(), "All vCenters".to_owned())];
    vcenters.extend(props.vcenters.iter().map(|one| (one.id.to_string(), one.name.clone())));
    let mut kinds = vec![(String::new(), "All syncs".to_owned())];
    let syncs = OperationKind::ALL.iter().filter(|kind| **kind != OperationKind::Test);
    kinds.extend(
        syncs.map(|kind| (kind.name().to_owned(), contract::words::operation_kind(*kind).to_owned())),
    );
    html! {
        <div class="muster-toolbar" role="search" aria-label="Analytics">
            <Select id="window" class="muster-scope" aria_label="Time" options={windows} chosen={analyzed.window.name()}
                choose={change(|analyzed, name| analyzed.window = Window::from_name(&name).unwrap_or(Window::Day))} />
            <Select id="by-vcenter" class="muster-scope" aria_label="vCenter" options={vcenters}
                chosen={analyzed.vcenter.as_ref().map(VcenterId::to_string).unwrap_or_default()}
                choose={change(|analyzed, id| analyzed.vcenter = Some(VcenterId(id)).filter(|id| !id.as_str().is_empty()))} />
            <Select id="by-kind" class="muster-scope" aria_label="Kind of sync" options={kinds}
                chosen={analyzed.kind.map(OperationKind::name).unwrap_or_default()}
                choose={change(|analyzed, name| analyzed.kind = OperationKind::from_name(&name))} />
        </div>
    }
}
