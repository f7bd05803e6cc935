//! The part of the page with the servers that were found: by state, by what was typed, and one of them in full.
//! Refuses to show thousands of rows at once: more are a click away.

use super::{drawer, filters, table};
use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::hooks::{go, replace, use_vcenter_service};
use crate::state::cache::Answer;
use crate::state::discovery::{OfDiscovery, STEP, Sought};
use crate::state::route::Route;
use crate::state::words;
use contract::command::StartScan;
use contract::discovery::{Discovered, Server};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// What is looked at, and what is known.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
    pub(super) answer: Answer<Discovered>,
}

/// The part of the page.
#[function_component]
pub(super) fn ServersPart(props: &Properties) -> Html {
    let Answer { value, error } = props.answer.clone();
    let service = use_vcenter_service();
    let retry = Callback::from(move |()| service.refresh());
    match (value, error) {
        (Some(known), error) => html! {
            <>
                if let Some(error) = error {
                    <Failure title="These servers may be out of date" {error} {retry} />
                }
                if known.servers.is_empty() {
                    <Nothing sought={props.sought.clone()} />
                } else {
                    <Known sought={props.sought.clone()} {known} />
                }
            </>
        },
        (None, Some(error)) => html! { <Failure title="The servers could not be loaded" {error} {retry} /> },
        (None, None) => {
            html! { <div class="muster-waiting"><Spinner aria_label="Loading servers" /></div> }
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct KnownProperties {
    sought: Sought,
    known: Rc<Discovered>,
}

#[function_component]
fn Known(props: &KnownProperties) -> Html {
    let sought = &props.sought;
    let limit = use_state_eq(|| STEP);
    let by_key = use_memo((), |()| Cell::new(false));
    {
        // Others begin with a few again.
        let limit = limit.clone();
        use_effect_with((sought.state, sought.text.clone()), move |_| limit.set(STEP));
    }
    let found = sought.of(&props.known.servers);
    let all = found.len();
    let rows: Rc<Vec<Server>> = Rc::new(found.into_iter().take(*limit).cloned().collect());
    let open = sought.open.as_ref();
    let open = open.and_then(|id| props.known.servers.iter().find(|server| server.id == *id).cloned());
    // Only while a server in full is shown that is none yet.
    let is_asked = open.as_ref().is_some_and(|server| server.host.is_none());
    let hosts = if is_asked { props.known.hosts_without_bmc.clone() } else { Vec::new() };
    let more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit + STEP))
    };
    html! {
        <>
            <filters::Filters sought={sought.clone()} known={props.known.clone()} />
            <div class={classes!("muster-split", open.is_some().then_some("muster-split--open"))}>
                <div class="muster-split__rows">
                    if rows.is_empty() {
                        { no_match(sought) }
                    } else {
                        <table::Table sought={sought.clone()} rows={rows.clone()} by_key={by_key.clone()} />
                    }
                </div>
                if let Some(server) = open {
                    <div class="muster-split__drawer" style="--muster-drawer: 30rem">
                        <drawer::Drawer sought={sought.clone()} {server} {by_key} {hosts} />
                    </div>
                }
            </div>
            <div class="muster-foot">
                <span class="muster-quiet" aria-live="polite">{ foot(rows.len(), all, sought.is_narrow()) }</span>
                if all > rows.len() {
                    <span class="muster-pages">
                        <Button id="more-servers" variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={more}
                            label="Show more" />
                    </span>
                }
            </div>
        </>
    }
}

fn foot(shown: usize, all: usize, is_narrow: bool) -> String {
    let number = words::counted(all, "server", "servers");
    match (shown < all, is_narrow) {
        (true, true) => format!("The first {} of {number} that match", words::grouped(shown as i64)),
        (true, false) => format!("The first {} of {number}", words::grouped(shown as i64)),
        (false, true) => format!("{number} match{}", if all == 1 { "es" } else { "" }),
        (false, false) => number,
    }
}

fn no_match(sought: &Sought) -> Html {
    let all = Route::Discovery(Sought { part: sought.part, ..Sought::default() });
    let clear = Callback::from(move |_: MouseEvent| replace(&all));
    let actions =
        html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Clear filters" /> };
    html! {
        <Empty icon="search" title="No servers match" {actions}>
            { "Change the filters, or clear them to see all servers." }
        </Empty>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NothingProperties {
    sought: Sought,
}

/// What a scan does, before the first one.
#[function_component]
fn Nothing(props: &NothingProperties) -> Html {
    let may = use_vcenter_service().may::<StartScan>();
    let to = Route::Discovery(props.sought.asking(Some(OfDiscovery::Scan)));
    let scan = Callback::from(move |_: MouseEvent| go(&to));
    let actions = html! {
        if may {
            <Button id="first-scan" variant={ButtonVariant::Primary} onclick={scan} label="Scan\u{2026}" />
        }
    };
    html! {
        <Empty icon="search" title="No servers yet" {actions}>
            { "A scan looks for BMCs (iDRAC, iLO, XCC and others) in address ranges: it connects to port 443 of each address \
               and asks for /redfish/v1/ without a login. Nothing logs in to a BMC before you approve its certificate. \
               Then servers are read, and matched with the ESXi hosts that Muster knows." }
        </Empty>
    }
}
