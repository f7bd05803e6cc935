//! The questions before a window closes: about a sync that runs, and about the tray.
//! Refuses to decide: it waits for a person.

use super::dialog::Dialog;
use super::progress::OperationProgress;
use crate::hooks::{use_closing, use_command, use_vcenter_service};
use contract::command::{CloseWindow, KeepWindowOpen};
use contract::{ClosingQuestion, Operation};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What is told where it stays.
const NOT_CLOSED: &str = "The window could not be closed";

/// The question, while one is asked.
#[function_component]
pub(crate) fn Closing() -> Html {
    let asked = use_closing();
    let done = {
        let asked = asked.clone();
        Callback::from(move |()| asked.set(None))
    };
    match *asked {
        None => Html::default(),
        Some(ClosingQuestion::MidSync) => html! { <MidSync {done} /> },
        Some(ClosingQuestion::Tray) => html! { <Tray {done} /> },
    }
}

/// Called when the window stays.
#[derive(Clone, PartialEq, Properties)]
struct Properties {
    done: Callback<()>,
}

/// Whether Muster goes on in the tray.
#[function_component]
fn Tray(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let remember = use_state_eq(|| false);
    let keep = {
        let (service, remember, done) = (service.clone(), *remember, props.done.clone());
        Callback::from(move |_: MouseEvent| {
            done.emit(());
            service.stay_in_tray(remember);
        })
    };
    let quit = {
        let (service, remember, done) = (service, *remember, props.done.clone());
        Callback::from(move |_: MouseEvent| {
            done.emit(());
            service.quit(remember);
        })
    };
    let toggle = {
        let remember = remember.clone();
        Callback::from(move |_: Event| remember.set(!*remember))
    };
    let cancel = props.done.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Primary} onclick={keep} label="Keep running" />
            <Button variant={ButtonVariant::Secondary} onclick={quit} label="Quit" />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog id="closing" title="Keep Muster running in the tray?" close={props.done.clone()} {actions}>
            <p>{ "Syncs and notifications continue while Muster is in the tray." }</p>
            <label class="muster-check">
                <input type="checkbox" id="closing-remember" checked={*remember} onchange={toggle} />
                { "Don't ask again" }
            </label>
        </Dialog>
    }
}

/// What becomes of a sync that a person started.
#[function_component]
fn MidSync(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let waits = use_state_eq(|| false);
    let keep_open = use_command(KeepWindowOpen {}, "The window could not be kept open", |_, ()| ());
    let close = |finish_first| CloseWindow { finish_first };
    let close_after = use_command(close(true), NOT_CLOSED, |_, ()| ()).start;
    let close_now = use_command(close(false), NOT_CLOSED, |_, ()| ()).start;
    let running =
        service.get_active_operations().into_iter().filter(Operation::is_sync_of_a_person).map(|operation| {
            let key = operation.id.to_string();
            html! { <OperationProgress {key} {operation} named=true /> }
        });
    let stay = {
        let (keep_open, done) = (keep_open.start.clone(), props.done.clone());
        Callback::from(move |()| {
            keep_open.emit(());
            done.emit(());
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
