//! The page `/operations`: what runs and waits, and what has ended, with everything that is known of each.
//! Refuses to hide who asked: what Muster reads by itself stands beside what people started.

mod changes;
mod drawer;
mod filters;
mod fold;
mod row;
mod steps;
mod table;

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::sync_manager::NoVcenter;
use crate::hooks::{VcenterService, go, use_query, use_vcenter_service};
use crate::state::operations::{Listed, Looked};
use crate::state::route::Route;
use crate::state::words;
use contract::command::{Listing, OperationFilter, OperationHistory};
use contract::{ApiError, Operation};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// How many of the newest operations are read at first, and how many more each time.
const STEP: u32 = 100;

/// Lines that are there before somebody asks for more, and the operations that are read for that at most: a night of automatic
/// ones without changes is one line.
const LINES: usize = 50;
const READ: u32 = 1_000;

/// Which operations, and which of them in full.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) looked: Looked,
}

/// The page.
#[function_component]
pub(crate) fn OperationsPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let looked = &props.looked;
    let limit = use_state_eq(|| STEP);
    let by_key = use_memo((), |()| Cell::new(false));
    let Known { listed, more, is_waiting, error } = use_listed(&service, &looked.filter, *limit);
    use_enough(&limit, listed.as_ref().filter(|_| more && !is_waiting));
    let show_more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit + STEP))
    };
    let foot = listed.as_ref().map(|listed| {
        html! {
            <div class="muster-foot">
                <span class="muster-quiet" aria-live="polite">{ foot(listed, more, looked) }</span>
                if more {
                    <span class="muster-pages">
                        <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={show_more}
                            disabled={is_waiting} label="Show more" />
                    </span>
                }
            </div>
        }
    });
    let rows = rows(&service, looked, listed.as_ref(), error.as_ref(), &by_key);
    html! {
        <div class="muster-page muster-page--whole" id="operations" aria-busy={is_waiting.to_string()}>
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Operations" }</h1>
                <filters::Filters looked={looked.clone()} />
            </div>
            <div class={classes!("muster-split", looked.open.is_some().then_some("muster-split--open"))}>
                <div class="muster-split__rows">{ rows }</div>
                if let Some(open) = looked.open.clone() {
                    <div class="muster-split__drawer" style="--muster-drawer: 26rem">
                        <drawer::Drawer looked={looked.clone()} {open} {listed} {by_key} />
                    </div>
                }
            </div>
            { foot.unwrap_or_default() }
        </div>
    }
}

/// What is known of the operations that are looked at.
struct Known {
    /// `None` until they are.
    listed: Option<Rc<Listed>>,
    /// Whether there are older ones.
    more: bool,
    is_waiting: bool,
    error: Option<ApiError>,
}

/// The operations that are looked at, put together anew only when they are others.
#[hook]
fn use_listed(service: &VcenterService, filter: &OperationFilter, limit: u32) -> Known {
    let answer = use_query(OperationHistory { filter: filter.clone(), limit });
    let is_waiting = answer.is_loading();
    // What is there stays on screen until more of it has come, or what matches other filters.
    let last = use_mut_ref(|| None::<Rc<Listing>>);
    if let Some(known) = &answer.value {
        last.replace(Some(known.clone()));
    }
    let history = answer
        .value
        .or_else(|| last.borrow().as_deref().filter(|_| is_waiting).map(|last| still(last, filter)));
    let active = {
        let filter = filter.clone();
        service.see(move |world| {
            let active = world.active().filter(|operation| filter.has(operation, world.now));
            active.cloned().collect::<Vec<Operation>>()
        })
    };
    // What was asked for within the last hour falls out of it while the page is open.
    let fallen_out = {
        let (filter, history) = (filter.clone(), history.clone());
        service.see(move |world| {
            let operations = history.iter().flat_map(|history| &history.operations);
            let out = operations.filter(|operation| !filter.has(operation, world.now));
            out.map(|operation| operation.id.clone()).collect::<Vec<_>>()
        })
    };
    let more = history.as_ref().is_some_and(|history| history.has_more);
    let listed = use_memo((active, history, fallen_out), |(active, history, out)| {
        history.as_ref().map(|history| Rc::new(Listed::within(active, &history.operations, out)))
    });
    Known { listed: (*listed).clone(), more, is_waiting, error: answer.error }
}

/// Has more read where what is there makes few lines.
#[hook]
fn use_enough(limit: &UseStateHandle<u32>, listed: Option<&Rc<Listed>>) {
    let is_short =
        *use_memo(listed.cloned(), |listed| listed.as_ref().is_some_and(|listed| listed.lines() < LINES));
    let limit = limit.clone();
    use_effect_with((is_short, *limit), move |(is_short, now)| {
        if *is_short && *now < READ {
            limit.set((*now * 3).min(READ));
        }
    });
}

/// The table, or why there is none.
fn rows(
    service: &VcenterService,
    looked: &Looked,
    listed: Option<&Rc<Listed>>,
    error: Option<&ApiError>,
    by_key: &Rc<Cell<bool>>,
) -> Html {
    match (listed, error) {
        (None, Some(error)) => {
            let retry = retry(service);
            html! { <Failure title="The operations could not be loaded" error={error.clone()} {retry} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting" aria-busy="true"><Spinner aria_label="Loading operations" /></div> }
        }
        (Some(listed), error) => html! {
            <>
                if let Some(error) = error {
                    <Failure title="These operations may be out of date" error={error.clone()} retry={retry(service)} />
                }
                if listed.all().next().is_none() {
                    { nothing(service, looked) }
                } else {
                    <table::Table looked={looked.clone()} listed={listed.clone()} by_key={by_key.clone()} />
                }
            </>
        },
    }
}

fn retry(service: &VcenterService) -> Callback<()> {
    let service = service.clone();
    Callback::from(move |()| service.refresh())
}

/// Of what was listed, what still matches.
fn still(last: &Listing, filter: &OperationFilter) -> Rc<Listing> {
    // What is too old by now is gone with the next answer, a moment later.
    let filter = OperationFilter { since: None, until: None, ..filter.clone() };
    let mut listing = last.clone();
    listing.operations.retain(|operation| filter.has(operation, operation.submitted_at));
    Rc::new(listing)
}

/// How many are shown, and whether there are more.
fn foot(listed: &Listed, more: bool, looked: &Looked) -> String {
    let number = words::counted(listed.all().count(), "operation", "operations");
    match (more, looked.filter.is_narrow()) {
        (true, true) => format!("The newest {number} that match. There are older ones."),
        (true, false) => format!("The newest {number}. There are older ones."),
        (false, true) => format!("{number} match{}", if listed.all().count() == 1 { "es" } else { "" }),
        (false, false) => number,
    }
}

/// Why there is none, and what to do.
fn nothing(service: &VcenterService, looked: &Looked) -> Html {
    if looked.filter.is_narrow() {
        let all = Route::Operations(Looked { filter: OperationFilter::default(), open: looked.open.clone() });
        let clear = Callback::from(move |_| go(&all));
        let actions =
            html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Clear filters" /> };
        return html! {
            <Empty icon="search" title="No operations match" {actions}>
                { "Change the filters, or clear them to see all operations." }
            </Empty>
        };
    }
    if service.vcenters().is_some_and(|vcenters| vcenters.is_empty()) {
        return html! { <NoVcenter /> };
    }
    let sync = Callback::from(|_| go(&Route::vcenters()));
    let actions = match service.may_open(&Route::vcenters()) {
        true => html! { <Button variant={ButtonVariant::Primary} onclick={sync} label="Go to vCenters" /> },
        false => Html::default(),
    };
    html! {
        <Empty icon="tasks" title="No operations yet" {actions}>
            { "Syncs, refreshes and connection tests are listed here, with their progress and their results." }
        </Empty>
    }
}
