//! What stands in the place of a page that the role doesn't open.
//! Refuses to lead elsewhere by itself: who typed an address is told why it shows nothing.

use crate::components::empty::Empty;
use crate::hooks::{go, use_vcenter_service};
use crate::state::roles;
use crate::state::route::Route;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The page that isn't shown.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) route: Route,
}

/// Why it isn't.
#[function_component]
pub(crate) fn NotAllowed(props: &Properties) -> Html {
    let Some(shown) = use_vcenter_service().role() else { return Html::default() };
    let overview = Callback::from(|_: MouseEvent| go(&Route::Overview));
    let settings = Callback::from(|_: MouseEvent| go(&Route::Settings));
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} onclick={overview} label="Go to the overview" />
            if shown.highest >= props.route.role() {
                <Button variant={ButtonVariant::Link} onclick={settings} label="Change the role" />
            }
        </>
    };
    html! {
        <div class="muster-page" id="not-allowed">
            <div class="muster-page__head"><h1 class="pf-v6-c-title pf-m-2xl">{ props.route.title() }</h1></div>
            <Empty icon="lock" title="Not allowed" {actions}>
                { roles::refusal(props.route.role(), shown) }
            </Empty>
        </div>
    }
}
