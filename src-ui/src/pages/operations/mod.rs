//! The page `/operations`: what runs and waits, and what has ended, with everything that is known of each.
//! Refuses to hide who asked: what Muster reads by itself stands beside what people started.

mod drawer;
mod filters;
mod row;
mod table;

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::sync_manager::NoVcenter;
use crate::hooks::{VcenterService, go, use_query, use_vcenter_service};
use crate::state::operations::{Listed, Looked};
use crate::state::route::Route;
use crate::state::words;
use contract::Operation;
use contract::command::OperationHistory;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// How many of the newest operations are read at first, and how many more each time.
const STEP: u32 = 100;

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
    let answer = use_query(OperationHistory { vcenter: looked.vcenter.clone(), limit: *limit });
    let is_waiting = answer.is_loading();
    // What is there stays on screen until more of it has come.
    let last = use_mut_ref(|| None::<Rc<Vec<Operation>>>);
    if let Some(known) = &answer.value {
        last.replace(Some(known.clone()));
    }
    let history = answer.value.or_else(|| last.borrow().clone().filter(|_| is_waiting));
    let active = service.get_active_operations();
    let no_vcenter = service.vcenters().is_some_and(|vcenters| vcenters.is_empty());
    let listed = history.as_ref().map(|history| Rc::new(Listed::of(&active, history, looked)));
    let more = history.as_ref().is_some_and(|history| history.len() as u32 >= *limit);
    let show_more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit + STEP))
    };
    let rows = match (&listed, &answer.error) {
        (None, Some(error)) => {
            let retry = retry(&service);
            html! { <Failure title="The operations could not be loaded" error={error.clone()} {retry} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting" aria-busy="true"><Spinner aria_label="Loading operations" /></div> }
        }
        (Some(listed), error) => html! {
            <>
                if let Some(error) = error {
                    <Failure title="These operations may be out of date" error={error.clone()} retry={retry(&service)} />
                }
                if listed.all().next().is_none() {
                    { nothing(looked, more, no_vcenter) }
                } else {
                    <table::Table looked={looked.clone()} listed={listed.clone()} by_key={by_key.clone()} />
                }
            </>
        },
    };
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
                        <drawer::Drawer looked={looked.clone()} {open} listed={listed.clone()} by_key={by_key.clone()} />
                    </div>
                }
            </div>
            if let Some(history) = &history {
                <div class="muster-foot">
                    <span class="muster-quiet" aria-live="polite">{ foot(history.len(), listed.as_deref(), more, looked) }</span>
                    if more {
                        <span class="muster-pages">
                            <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={show_more}
                                disabled={is_waiting} label="Show more" />
                        </span>
                    }
                </div>
            }
        </div>
    }
}

fn retry(service: &VcenterService) -> Callback<()> {
    let service = service.clone();
    Callback::from(move |()| service.refresh())
}

/// How many are shown out of how many that were looked at.
fn foot(read: usize, listed: Option<&Listed>, more: bool, looked: &Looked) -> String {
    let shown = listed.map_or(0, |listed| listed.all().count());
    let newest = if more { " newest" } else { "" };
    match looked.state {
        Some(_) => {
            format!(
                "{} of the{newest} {}",
                words::grouped(shown as i64),
                words::counted(read, "operation", "operations")
            )
        }
        None if more => format!("The newest {}", words::counted(shown, "operation", "operations")),
        None => words::counted(shown, "operation", "operations"),
    }
}

/// Why there is none, and what to do.
fn nothing(looked: &Looked, more: bool, no_vcenter: bool) -> Html {
    if looked.is_narrowed() {
        let all = Route::Operations(Looked { open: looked.open.clone(), ..Looked::default() });
        let clear = Callback::from(move |_| go(&all));
        let actions =
            html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Clear filters" /> };
        let words = match more {
            true => "None of those shown match the filters. Older ones may: show more, or clear the filters.",
            false => "None match the filters.",
        };
        return html! { <Empty icon="search" title="No operations match" {actions}>{ words }</Empty> };
    }
    if no_vcenter {
        return html! { <NoVcenter /> };
    }
    let sync = Callback::from(|_| go(&Route::vcenters()));
    let actions = html! { <Button variant={ButtonVariant::Primary} onclick={sync} label="Go to vCenters" /> };
    html! {
        <Empty icon="tasks" title="No operations yet" {actions}>
            { "Syncs, refreshes and connection tests are listed here, with their progress and their results." }
        </Empty>
    }
}
