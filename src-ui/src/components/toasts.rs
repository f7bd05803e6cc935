//! The toasts, in a tray below the page.
//! Refuses to take the focus away from what the user does, and to lie over anything: the tray has room of its own.

use super::failure::Offers;
use super::icon::{self, icon};
use super::when::local;
use crate::hooks::{VcenterService, use_vcenter_service};
use crate::state::toasts::Toast;
use crate::state::words;
use contract::command::Submit;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// Names that are shown at once; more are a click away.
const NAMED: usize = 4;

/// Those that are there.
#[function_component]
pub(crate) fn ToastList() -> Html {
    let service = use_vcenter_service();
    let toasts = service.toasts();
    // The newest first: where they need more room than there is, the tray scrolls.
    let toasts = toasts.shown().iter().rev().map(|toast| {
        let id = toast.id;
        let dismiss = {
            let service = service.clone();
            Callback::from(move |()| service.dismiss(id))
        };
        let close = dismiss.reform(|_: MouseEvent| ());
        let modifier = icon::modifier(toast.level);
        html! {
            <li class="pf-v6-c-alert-group__item" key={id}>
                <div class={classes!("pf-v6-c-alert", "pf-m-inline", modifier)} data-toast={toast.title.clone()}>
                    <div class="pf-v6-c-alert__icon">{ icon::of_level(toast.level) }</div>
                    <p class="pf-v6-c-alert__title">{ &toast.title }</p>
                    <div class="pf-v6-c-alert__action">
                        <Button variant={ButtonVariant::Plain} onclick={close}
                            aria_label={format!("Close: {}", toast.title)}>{ icon("times") }</Button>
                    </div>
                    { detail(toast) }
                    if !toast.offers.is_empty() {
                        <div class="pf-v6-c-alert__action-group">
                            { retry(&service, toast) }
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

/// The button that does once more what failed of several.
fn retry(service: &VcenterService, toast: &Toast) -> Html {
    if toast.again.is_empty() || !service.may::<Submit>() {
        return Html::default();
    }
    let (service, id, failed) = (service.clone(), toast.id, toast.again.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        service.dismiss(id);
        service.retry_failed(&failed);
    });
    html! { <Button variant={ButtonVariant::InlineLink} {onclick}>{ "Retry failed" }</Button> }
}

/// What it says below its title: a sentence, or the vCenters that it is about.
fn detail(toast: &Toast) -> Html {
    let names = toast.names();
    if !names.is_empty() {
        let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        return html! {
            <div class="pf-v6-c-alert__description">
                if names.len() <= NAMED {
                    <p class="muster-words">{ first }</p>
                } else {
                    <details>
                        <summary>{ format!("{first} and {} more", names.len() - NAMED) }</summary>
                        <p class="muster-words">{ names[NAMED..].join(", ") }</p>
                    </details>
                }
            </div>
        };
    }
    if toast.detail.is_empty() {
        return Html::default();
    }
    // It was made of sentences where it was made, and a path is none.
    let said = words::shown(&words::with_fingerprints(&words::with_times(&toast.detail, local)));
    html! { <div class="pf-v6-c-alert__description"><p class="muster-words">{ said }</p></div> }
}
