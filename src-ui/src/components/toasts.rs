//! The toasts in the corner.
//! Refuses to take the focus away from what the user does.

use super::failure::{Offers, said};
use super::icon::{self, icon};
use crate::hooks::use_vcenter_service;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// Those that are there.
#[function_component]
pub(crate) fn ToastList() -> Html {
    let service = use_vcenter_service();
    let toasts = service.world().toasts.shown().iter().map(|toast| {
        let id = toast.id;
        let dismiss = {
            let service = service.clone();
            Callback::from(move |()| service.dismiss(id))
        };
        let close = dismiss.reform(|_: MouseEvent| ());
        let modifier = icon::modifier(toast.level);
        html! {
            <li class="pf-v6-c-alert-group__item" key={id}>
                <div class={classes!("pf-v6-c-alert", modifier)} data-toast={toast.title.clone()}>
                    <div class="pf-v6-c-alert__icon">{ icon::of_level(toast.level) }</div>
                    <p class="pf-v6-c-alert__title">{ &toast.title }</p>
                    <div class="pf-v6-c-alert__action">
                        <Button variant={ButtonVariant::Plain} onclick={close}
                            aria_label={format!("Close: {}", toast.title)}>{ icon("times") }</Button>
                    </div>
                    if !toast.detail.is_empty() {
                        <div class="pf-v6-c-alert__description"><p class="muster-words">{ said(&toast.detail) }</p></div>
                    }
                    if !toast.offers.is_empty() {
                        <div class="pf-v6-c-alert__action-group">
                            <Offers offers={toast.offers.clone()} done={dismiss} />
                        </div>
                    }
                </div>
            </li>
        }
    });
    html! {
        <ul class="pf-v6-c-alert-group pf-m-toast" role="list" aria-live="polite" aria-label="Messages">
            { for toasts }
        </ul>
    }
}
