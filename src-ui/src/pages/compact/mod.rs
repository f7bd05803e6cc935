//! The page of the compact window: each vCenter in a strip, those that need somebody first.
//! Refuses to lead anywhere: what is opened from it is opened in the main window.

use crate::components::empty::Empty;
use crate::components::failure::{Failure, said};
use crate::components::icon::icon;
use crate::components::sync_manager::VcenterSyncManager;
use crate::hooks::{go, in_the_main_window, use_card, use_query, use_remembered, use_vcenter_service};
use crate::state::compact::{needs_somebody, ordered};
use crate::state::operations::counted;
use crate::state::route::{Dialog, Route};
use contract::command::{AddVcenter, ShownDesktop};
use contract::words::NO_NETWORK;
use contract::{Vcenter, VcenterId, network};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// The page.
#[function_component]
pub(crate) fn CompactPage() -> Html {
    let service = use_vcenter_service();
    let is_simulated = service.is_simulated();
    use_effect_with(is_simulated, |is_simulated| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(if *is_simulated { "Muster (simulated)" } else { "Muster" });
        }
    });
    let (running, is_gone, troubled) = service.see(|world| {
        let all = world.vcenters().value.unwrap_or_default();
        let troubled = all.iter().filter(|vcenter| needs_somebody(world, &vcenter.id));
        let is_gone = network::is_gone_since(world.statuses().unwrap_or_default()).is_some();
        (counted(world.active()), is_gone, troubled.count())
    });
    let gone = is_gone.then(|| NO_NETWORK.to_owned());
    let attention = match troubled {
        0 => None,
        1 => Some("1 needs attention".to_owned()),
        many => Some(format!("{many} need attention")),
    };
    let parts: Vec<String> = running.into_iter().chain(gone).chain(attention).collect();
    let summary = if parts.is_empty() { "Nothing running".to_owned() } else { parts.join(" · ") };
    let open = Callback::from(|_: MouseEvent| in_the_main_window(&Route::Overview));
    html! {
        <main class="muster-compact" id="main" tabindex="-1">
            <header class="muster-compact__head">
                <h1 class="muster-compact__summary">
                    if is_simulated { <span class="muster-compact__simulated">{ icon("flask") }{ "Simulated" }</span> }
                    <span class="muster-cut" title={summary.clone()}>{ &summary }</span>
                </h1>
                <Button variant={ButtonVariant::Plain} size={ButtonSize::Small} onclick={open} id="open-main"
                    aria_label="Open Muster">{ icon("external-link-alt") }</Button>
            </header>
            <div class="muster-compact__main"><Vcenters /></div>
            <OnTop />
        </main>
    }
}

/// Every vCenter.
#[function_component]
fn Vcenters() -> Html {
    let service = use_vcenter_service();
    let listed = service.listed();
    let Some(all) = listed.value else {
        let retry = Callback::from(move |()| service.refresh());
        return match listed.error {
            Some(error) => html! { <Failure title="The vCenters could not be loaded" {error} {retry} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading vCenters" /></div> },
        };
    };
    if all.is_empty() {
        let add = Callback::from(|_: MouseEvent| go(&Route::dialog(Dialog::Add)));
        let actions = match service.may::<AddVcenter>() {
            true => {
                html! { <Button variant={ButtonVariant::Primary} onclick={add}>{ "Add your first vCenter" }</Button> }
            }
            false => Html::default(),
        };
        return html! { <Empty icon="server" title="No vCenters yet" {actions} /> };
    }
    let Some(order) = service.see(ordered) else {
        return html! { <div class="muster-waiting"><Spinner aria_label="Loading vCenters" /></div> };
    };
    let items =
        order.into_iter().filter_map(|id| all.iter().find(|vcenter| vcenter.id == id)).map(|vcenter| {
            html! { <Item key={vcenter.id.to_string()} vcenter={vcenter.clone()} /> }
        });
    html! { <ul class="muster-compact__list" role="list" aria-label="vCenters">{ for items }</ul> }
}

#[derive(Clone, PartialEq, Properties)]
struct ItemProperties {
    vcenter: Vcenter,
}

/// One: its strip, and below it why its last sync failed.
#[function_component]
fn Item(props: &ItemProperties) -> Html {
    let service = use_vcenter_service();
    let vcenter = &props.vcenter;
    use_card(&vcenter.id);
    let is_troubled = service.see({
        let id = vcenter.id.clone();
        move |world| needs_somebody(world, &id)
    });
    let failed = service.last_sync_outcome(&vcenter.id).and_then(|operation| operation.error);
    let reason = failed.filter(|_| is_troubled && !service.is_vcenter_busy(&vcenter.id));
    html! {
        <li class="muster-compact__item" data-vcenter={vcenter.name.clone()} data-troubled={is_troubled.to_string()}>
            <VcenterSyncManager vcenter_id={vcenter.id.clone()} compact=true />
            if let Some(reason) = reason {
                <Reason vcenter={vcenter.id.clone()} text={said(&reason.message)} />
            }
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ReasonProperties {
    vcenter: VcenterId,
    text: AttrValue,
}

/// Why; a click leads to what can be done about it, where that may be.
#[function_component]
fn Reason(props: &ReasonProperties) -> Html {
    let page = Route::Vcenters { one: Some(props.vcenter.clone()), dialog: None };
    if !use_vcenter_service().may_open(&page) {
        return html! {
            <p class="muster-compact__reason" title={props.text.clone()}>
                { icon("exclamation-circle") }<span class="muster-cut">{ props.text.clone() }</span>
            </p>
        };
    }
    let open = Callback::from(move |_: MouseEvent| in_the_main_window(&page));
    html! {
        <button type="button" class="muster-compact__reason" onclick={open} title={props.text.clone()}>
            { icon("exclamation-circle") }
            <span class="muster-cut">{ props.text.clone() }</span>
        </button>
    }
}

/// Says once that other windows can cover this one, where the desktop has it so.
#[function_component]
fn OnTop() -> Html {
    let desktop = use_query(ShownDesktop {});
    let (seen, see) = use_remembered("compact-on-top");
    let stays = desktop.value.is_none_or(|desktop| desktop.stays_on_top);
    if stays || seen.is_some() {
        return Html::default();
    }
    let dismiss = Callback::from(move |_: MouseEvent| see.emit("seen".to_owned()));
    html! {
        <footer class="muster-compact__foot">
            <span>{ "This desktop doesn't keep windows on top." }</span>
            <Button variant={ButtonVariant::Plain} size={ButtonSize::Small} onclick={dismiss} aria_label="Dismiss">
                { icon("times") }
            </Button>
        </footer>
    }
}
