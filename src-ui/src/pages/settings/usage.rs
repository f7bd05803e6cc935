//! What Muster has seen of when people look at vCenters, and how it is deleted.
//! Refuses to show it: it is for the planner of smart schedules alone.

use super::{Section, use_dialog};
use crate::components::dialog::Dialog;
use crate::hooks::{use_command, use_vcenter_service};
use crate::state::toasts::Toast;
use contract::command::DeleteUsage;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn Usage() -> Html {
    let may_delete = use_vcenter_service().may::<DeleteUsage>();
    let (is_open, open, close) = use_dialog();
    html! {
        <Section id="usage" title="Usage">
            <p>
                { "Muster notes in which half hours people look at a vCenter, when that changes, and how fast it answers: no \
                   names and no counts, for 16 weeks. Only smart schedules use it, and it never leaves the database." }
            </p>
            if may_delete {
                <div>
                    <Button id="delete-usage" variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={open}
                        label="Delete usage data\u{2026}" />
                </div>
            } else {
                <p class="muster-quiet">{ "Only an admin can delete it." }</p>
            }
            if is_open {
                <Question {close} />
            }
        </Section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct QuestionProperties {
    close: Callback<()>,
}

/// Whether it is really to be deleted.
#[function_component]
fn Question(props: &QuestionProperties) -> Html {
    let close = props.close.clone();
    let delete = use_command(DeleteUsage {}, "The usage data was not deleted", move |service, ()| {
        service.toast(Toast::done("The usage data was deleted".to_owned(), ""));
        close.emit(());
    });
    let onclick = delete.start.reform(|_: MouseEvent| ());
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button id="delete-usage-submit" variant={ButtonVariant::Danger} disabled={delete.is_under_way} {onclick}
                label={if delete.is_under_way { "Deleting\u{2026}" } else { "Delete" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title="Delete usage data?" close={props.close.clone()} {actions}>
            <p>{ "Smart schedules run at their intervals until Muster has learned anew, which takes some weeks." }</p>
        </Dialog>
    }
}
