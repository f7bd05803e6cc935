//! The page `/audit`: who did what, when, from where, and what came of it.
//! Refuses to say that the log is intact before all of it was checked.

mod drawer;
mod filters;
mod table;

use crate::components::empty::Empty;
use crate::components::failure::{Alert, Failure};
use crate::hooks::{VcenterService, go, use_command, use_query, use_vcenter_service};
use crate::state::audit::{self, Watched};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use crate::state::words;
use contract::command::{ExportAudit, Exported, ListAudit, VerifyAudit};
use contract::{AuditFilter, AuditPage as Page, Verified};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// How many rows are read at first, and how many more each time.
const STEP: u32 = 100;

/// As many as the service reads at once.
const MOST: u32 = 1_000;

/// Which rows.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) watched: Watched,
}

/// The page.
#[function_component]
pub(crate) fn AuditPage(props: &Properties) -> Html {
    let watched = &props.watched;
    let service = use_vcenter_service();
    // Other rows begin with a few again.
    let asked = use_state_eq(|| (watched.filter.clone(), STEP));
    {
        let asked = asked.clone();
        use_effect_with(watched.filter.clone(), move |filter| asked.set((filter.clone(), STEP)));
    }
    let limit = if asked.0 == watched.filter { asked.1 } else { STEP };
    let by_key = use_memo((), |()| Cell::new(false));
    let answer = use_query(ListAudit { filter: watched.filter.clone(), before: None, limit });
    let is_waiting = answer.is_loading();
    // What is there stays on screen until more of it has come.
    let last = use_mut_ref(|| None::<(AuditFilter, Rc<Page>)>);
    if let Some(known) = &answer.value {
        last.replace(Some((watched.filter.clone(), known.clone())));
    }
    // Those of another filter only for a moment: under an error they would pass for what was asked for.
    let before = last.borrow().clone().filter(|(filter, _)| is_waiting || *filter == watched.filter);
    let known = answer.value.clone().or(before.map(|(_, page)| page));
    let more = {
        let (asked, filter) = (asked.clone(), watched.filter.clone());
        Callback::from(move |_: MouseEvent| asked.set((filter.clone(), limit + STEP)))
    };
    let has_more = limit < MOST && known.as_ref().is_some_and(|page| page.has_more);
    let retry = Callback::from(move |()| service.refresh());
    let outdated = answer.error.clone().filter(|_| known.is_some());
    let body = match (&known, answer.error.clone()) {
        (None, Some(error)) => {
            html! { <Failure title="The audit log could not be loaded" {error} retry={retry.clone()} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting" aria-busy="true"><Spinner aria_label="Loading the audit log" /></div> }
        }
        (Some(page), _) if page.rows.is_empty() => nothing(watched),
        (Some(page), _) => {
            html! { <table::Table watched={watched.clone()} page={page.clone()} by_key={by_key.clone()} /> }
        }
    };
    let open = watched.open.and_then(|open| {
        known.as_ref().and_then(|page| page.rows.iter().find(|row| row.seq == open).cloned())
    });
    html! {
        <div class="muster-page muster-page--whole" id="audit" aria-busy={is_waiting.to_string()}>
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Audit" }</h1>
                <Actions filter={watched.filter.clone()} />
                <filters::Filters watched={watched.clone()} />
            </div>
            if let Some(error) = outdated {
                <Failure title="These rows may be out of date" {error} {retry} />
            }
            <div class={classes!("muster-split", open.is_some().then_some("muster-split--open"))}>
                <div class="muster-split__rows">{ body }</div>
                if let Some(row) = open {
                    <div class="muster-split__drawer" style="--muster-drawer: 26rem">
                        <drawer::Drawer watched={watched.clone()} {row} {by_key} />
                    </div>
                }
            </div>
            if let Some(page) = &known {
                <div class="muster-foot">
                    <span class="muster-quiet" aria-live="polite">{ foot(page, &watched.filter) }</span>
                    if has_more {
                        <span class="muster-pages">
                            <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={more}
                                disabled={is_waiting} label="Show more" />
                        </span>
                    }
                </div>
            }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ActionsProperties {
    filter: AuditFilter,
}

/// Check, and export what matches.
#[function_component]
fn Actions(props: &ActionsProperties) -> Html {
    let found = use_state_eq(|| None::<Verified>);
    let verify = {
        let found = found.clone();
        use_command(
            VerifyAudit { receipt: None },
            "The audit log could not be verified",
            move |_, verified| {
                found.set(Some(verified));
            },
        )
    };
    let export = |csv| ExportAudit { filter: props.filter.clone(), csv };
    let csv = use_command(export(true), "The audit log could not be exported", exported);
    let lines = use_command(export(false), "The audit log could not be exported", exported);
    let button = |label: &'static str, start: &Callback<()>, busy: bool| {
        html! {
            <Button variant={ButtonVariant::Secondary} onclick={start.reform(|_: MouseEvent| ())} disabled={busy} {label} />
        }
    };
    let start_verifying = {
        let (found, start) = (found.clone(), verify.start.clone());
        Callback::from(move |()| {
            // What was found before is not what is asked now.
            found.set(None);
            start.emit(());
        })
    };
    let told = (*found).as_ref().map(audit::verified);
    html! {
        <>
            <div class="muster-actions">
                { button("Verify", &start_verifying, verify.is_under_way) }
                { button("Export CSV", &csv.start, csv.is_under_way) }
                { button("Export JSON lines", &lines.start, lines.is_under_way) }
            </div>
            <div aria-live="polite" id="verified" class="muster-audit__verified">
                if let Some((title, level)) = told {
                    <Alert {level} {title} />
                }
            </div>
        </>
    }
}

fn exported(service: &VcenterService, Exported { path, rows }: Exported) {
    service.toast(Toast::exported(rows, path));
}

fn foot(page: &Page, filter: &AuditFilter) -> String {
    let number = words::counted(page.rows.len(), "row", "rows");
    if page.has_more && page.rows.len() >= MOST as usize {
        let which = if filter.is_narrow() { " that match" } else { "" };
        return format!("The newest 1,000 rows{which}. Filter or export to see older ones.");
    }
    match (page.has_more, filter.is_narrow()) {
        (true, true) => format!("The newest {number} that match. There are older ones."),
        (true, false) => format!("The newest {number}. There are older ones."),
        (false, true) => format!("{number} match{}", if page.rows.len() == 1 { "es" } else { "" }),
        (false, false) => number,
    }
}

fn nothing(watched: &Watched) -> Html {
    if watched.filter.is_narrow() {
        let clear = Callback::from(|_| go(&Route::audit()));
        let actions =
            html! { <Button variant={ButtonVariant::Secondary} onclick={clear} label="Clear filters" /> };
        return html! {
            <Empty icon="search" title="No rows match" {actions}>
                { "Change the filters, or clear them to see the whole log." }
            </Empty>
        };
    }
    html! {
        <Empty icon="clipboard-list" title="Nothing was done yet">
            { "Every change, and everything that contacts a vCenter, is listed here with who did it." }
        </Empty>
    }
}
