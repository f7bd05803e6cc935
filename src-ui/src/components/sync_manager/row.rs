//! One vCenter as a row of the table: what is asked of it most, and its card below when it is expanded.
//! Refuses to grow: what doesn't fit on two lines is in the card.

use super::actions::RowActions;
use super::card::Card;
use super::counts::count;
use super::facts::{address, state};
use super::outcome::LastSync;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::name::Name;
use crate::components::schedule::NextRun;
use crate::hooks::use_vcenter_service;
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use contract::{Kind, Vcenter, VcenterId};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Columns of the table, with the choice, the details and the buttons.
pub(super) const COLUMNS: usize = 10;

/// The vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) vcenter: Vcenter,
    pub(super) is_chosen: bool,
    pub(super) choose: Callback<(VcenterId, bool)>,
}

/// The row, and its card.
#[function_component]
pub(super) fn VcenterRow(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let is_open = use_state_eq(|| false);
    let vcenter = &props.vcenter;
    let onchange = {
        let (choose, id) = (props.choose.clone(), vcenter.id.clone());
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            choose.emit((id.clone(), input.is_some_and(|input| input.checked())));
        })
    };
    let toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let one = Route::Vcenters { one: Some(vcenter.id.clone()), dialog: None };
    let card = format!("card-{}", vcenter.id);
    let arrow = if *is_open { "angle-down" } else { "angle-right" };
    html! {
        <tbody class={classes!("muster-vcenter", is_open.then_some("muster-vcenter--open"))} data-vcenter={vcenter.name.clone()}>
            <tr class="muster-vcenter__row">
                <td class="muster-vcenter__choose">
                    <input type="checkbox" checked={props.is_chosen} {onchange} aria-label={format!("Select {}", vcenter.name)} />
                </td>
                <td class="muster-vcenter__toggle">
                    <button type="button" class="pf-v6-c-button pf-m-plain pf-m-small" onclick={toggle} title="Details"
                        aria-expanded={is_open.to_string()} aria-controls={card.clone()} aria-label={format!("Details of {}", vcenter.name)}>
                        <span class="pf-v6-c-button__icon">{ icon(arrow) }</span>
                    </button>
                </td>
                <td class="muster-vcenter__state">
                    { state(&service, vcenter) }
                    <NextRun vcenter={vcenter.clone()} />
                </td>
                <th scope="row" class="muster-vcenter__name">
                    <Link to={one}><Name name={vcenter.name.clone()} /></Link>
                    <div class="muster-quiet muster-cut" title={address(vcenter)}>{ address(vcenter) }</div>
                </th>
                <td class="muster-vcenter__version">{ vcenter.version.as_deref().map_or(NONE.to_owned(), words::shown) }</td>
                <td class="muster-vcenter__age muster-number">{ age(&service, vcenter) }</td>
                <td class="muster-vcenter__count muster-number">{ number(&service, vcenter, Kind::Hosts) }</td>
                <td class="muster-vcenter__count muster-number">{ number(&service, vcenter, Kind::Vms) }</td>
                <td class="muster-vcenter__last"><LastSync vcenter={vcenter.clone()} /></td>
                <td class="muster-vcenter__actions"><RowActions vcenter={vcenter.clone()} /></td>
            </tr>
            <tr class="muster-vcenter__more" id={card} hidden={!*is_open}>
                <td colspan={COLUMNS.to_string()}>
                    if *is_open { <Card vcenter={vcenter.clone()} /> }
                </td>
            </tr>
        </tbody>
    }
}

/// What stands where there is nothing.
const NONE: &str = "\u{2013}";

/// How old its data is, and whether that is older than its TTL.
fn age(service: &crate::hooks::VcenterService, vcenter: &Vcenter) -> Html {
    let (id, ttl) = (vcenter.id.clone(), vcenter.settings.ttl_seconds as i64);
    let known = service.see(move |world| {
        let age = words::age(world.status(&id)?.synced_at?, world.now);
        let short = match age {
            Some(..10) => "just now".to_owned(),
            Some(age) => words::duration(age),
            None => "unknown".to_owned(),
        };
        Some((short, age.is_some_and(|age| age <= ttl)))
    });
    let Some((short, is_fresh)) = known else { return NONE.into() };
    html! {
        <span class="muster-age" data-fresh={is_fresh.to_string()} title={format!("TTL {}", words::duration(ttl))}>
            { short }
            if !is_fresh { <div class="muster-quiet">{ "stale" }</div> }
        </span>
    }
}

/// How many objects of a kind it has, which lead to their rows; nothing where none were ever read.
fn number(service: &crate::hooks::VcenterService, vcenter: &Vcenter, kind: Kind) -> Html {
    let id = vcenter.id.clone();
    let known = service.see(move |world| world.status(&id).map(|status| count(status, kind)));
    let Some(count) = known else { return Html::default() };
    let Some(count) = count else { return NONE.into() };
    let to = Route::Inventory(Box::new(View::of(kind).within(Some(vcenter.id.clone()))));
    html! { <Link {to} title={words::of_kind(count as usize, kind)}>{ words::grouped(count as i64) }</Link> }
}
