//! The question before the window closes while a sync runs that a person started.
//! Refuses to decide: it waits for a person.

use super::dialog::Dialog;
use super::progress::OperationProgress;
use crate::hooks::{use_closing, use_command, use_vcenter_service};
use contract::Operation;
use contract::command::{CloseWindow, KeepWindowOpen};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What is told where it stays.
const NOT_CLOSED: &str = "The window could not be closed";

/// The question, while it is asked.
#[function_component]
pub(crate) fn Closing() -> Html {
    let service = use_vcenter_service();
    let is_asked = use_closing();
    let waits = use_state_eq(|| false);
    let keep_open = use_command(KeepWindowOpen {}, "The window could not be kept open", |_, ()| ());
    let close = |finish_first| CloseWindow { finish_first };
    let close_after = use_command(close(true), NOT_CLOSED, |_, ()| ()).start;
    let close_now = use_command(close(false), NOT_CLOSED, |_, ()| ()).start;
    if !*is_asked {
        return Html::default();
    }
    let running =
        service.get_active_operations().into_iter().filter(Operation::is_sync_of_a_person).map(|operation| {
            let key = operation.id.to_string();
            html! { <OperationProgress {key} {operation} named=true /> }
        });
    let stay = {
        let (keep_open, is_asked, waits) = (keep_open.start.clone(), is_asked.clone(), waits.clone());
        Callback::from(move |()| {
            keep_open.emit(());
            waits.set(false);
            is_asked.set(false);
        })
    };
    let finish = {
        let waits = waits.clone();
        Callback::from(move |_| {
            waits.set(true);
            close_after.emit(());
        })
    };
    let stop = close_now.reform(|_: MouseEvent| ());
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
