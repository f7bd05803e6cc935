//! How many operations run or wait, in the header of every page; and in a panel below it how far each is, and its end.
//! Refuses to ask for anything of its own, and to come and go: it is always there, so nothing beside it moves.

use super::icon::icon;
use super::link::Link;
use super::popover::use_close_elsewhere;
use super::progress::OperationProgress;
use crate::hooks::use_vcenter_service;
use crate::state::operations;
use crate::state::route::Route;
use contract::Operation;
use yew::prelude::*;

/// Operations that the panel shows; the page has all of them.
const SHOWN: usize = 20;

/// The number, and the panel while it is open.
#[function_component]
pub(crate) fn Running() -> Html {
    let service = use_vcenter_service();
    let is_open = use_state_eq(|| false);
    let whole = use_node_ref();
    let counted = service.see(|world| operations::counted(world.active()));
    use_close_elsewhere(&is_open, &whole, &AttrValue::Static("running"));
    let toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let close = {
        let is_open = is_open.clone();
        Callback::from(move |()| is_open.set(false))
    };
    let (sign, words) = match &counted {
        Some(counted) => ("circle-notch", counted.clone()),
        None => ("check", "Nothing running".to_owned()),
    };
    html! {
        <div class="muster-anchor muster-running" ref={whole}>
            <button type="button" id="running" class="pf-v6-c-button pf-m-plain pf-m-small" onclick={toggle}
                data-busy={counted.is_some().to_string()} aria-haspopup="dialog" aria-expanded={is_open.to_string()}
                aria-label={format!("Operations: {words}")} title={format!("Operations: {words}")}>
                <span class="pf-v6-c-button__icon">{ icon(sign) }</span>
                <span class="pf-v6-c-button__text muster-running__words">{ words.clone() }</span>
            </button>
            if *is_open {
                <Panel {close} />
            }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct PanelProperties {
    close: Callback<()>,
}

#[function_component]
fn Panel(props: &PanelProperties) -> Html {
    let service = use_vcenter_service();
    let active: Vec<Operation> = service.get_active_operations();
    let more = active.len().saturating_sub(SHOWN);
    let items = active.iter().take(SHOWN).map(|operation| {
        html! {
            <li key={operation.id.to_string()}>
                <OperationProgress operation={operation.clone()} named=true passing=true />
            </li>
        }
    });
    html! {
        <div class="muster-menu__list muster-popover muster-running__panel" id="running-panel" role="dialog"
            aria-label="Running operations">
            if active.is_empty() {
                <p class="muster-quiet">{ "No operations are running." }</p>
            } else {
                <ul class="muster-stack" role="list">{ for items }</ul>
            }
            if more > 0 {
                <p class="muster-quiet">{ format!("and {more} more") }</p>
            }
            <p onclick={props.close.reform(|_: MouseEvent| ())}>
                <Link to={Route::operations()}>{ "All operations" }</Link>
            </p>
        </div>
    }
}
