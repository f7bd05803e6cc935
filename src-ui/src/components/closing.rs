//! The question before the window closes while a sync runs that a person started.
//! Refuses to decide: it waits for a person.

use super::dialog::Dialog;
use super::progress::OperationProgress;
use crate::hooks::{use_closing, use_vcenter_service};
use contract::Operation;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The question, while it is asked.
#[function_component]
pub(crate) fn Closing() -> Html {
    let service = use_vcenter_service();
    let is_asked = use_closing();
    let waits = use_state_eq(|| false);
    if !*is_asked {
        return Html::default();
    }
    let running =
        service.get_active_operations().into_iter().filter(Operation::is_sync_of_a_person).map(|operation| {
            let key = operation.id.to_string();
            html! { <OperationProgress {key} {operation} named=true /> }
        });
    let stay = {
        let (service, is_asked, waits) = (service.clone(), is_asked.clone(), waits.clone());
        Callback::from(move |()| {
            service.keep_window_open();
            waits.set(false);
            is_asked.set(false);
        })
    };
    let finish = {
        let (service, waits) = (service.clone(), waits.clone());
        Callback::from(move |_| {
            waits.set(true);
            service.close_window(true);
        })
    };
    let stop = Callback::from(move |_| service.close_window(false));
    let said = match *waits {
        true => "Muster closes when this is done.",
        false => "A sync is still running. If you stop it, the data stays as it was before.",
    };
    let keep = stay.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            if !*waits {
                <Button variant={ButtonVariant::Primary} onclick={finish} label="Finish, then close" />
            }
            <Button variant={ButtonVariant::Secondary} onclick={stop} label="Stop and close" />
            <Button variant={ButtonVariant::Link} onclick={keep} label="Keep open" />
        </>
    };
    html! {
        <Dialog id="closing" title="Close Muster?" close={stay} {actions}>
            <p aria-live="polite">{ said }</p>
            { for running }
        </Dialog>
    }
}
