//! Servers that are added by hand: addresses that were typed or pasted, or a file, shown as a dry run before anything is stored.
//! Refuses to contact a BMC by itself: what was added is read by an operation, as after a scan.

use crate::components::chooser::{Source, Words, chooser, use_picker};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::icon::of_level;
use crate::hooks::{use_is_there, use_vcenter_service};
use crate::state::discovery;
use crate::state::toasts::Toast;
use crate::state::words::{self, counted};
use contract::command::ReadServers;
use contract::discovery::PlannedServer;
use contract::{ApiError, ImportAction};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::{platform::spawn_local, prelude::*};

const WORDS: Words = Words {
    file: "A CSV with the titles address, port, and profile or user and password, of which only address is needed; or a list of addresses.",
    accept: ".csv,.txt,.list",
    text: "Or enter addresses",
    text_help: "One BMC per line: an address or host name, with a port if it isn't 443.",
};

/// What is known of it.
#[derive(Clone, PartialEq)]
enum Stage {
    Nothing,
    Planned(Vec<PlannedServer>),
    Adding(Vec<PlannedServer>),
    /// Some were not added: what became of each stays on screen.
    Done(Vec<PlannedServer>),
    Failed(ApiError),
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) close: Callback<()>,
}

/// The dialog.
#[function_component]
pub(super) fn Add(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let picker = use_picker(Callback::noop());
    let source = picker.source.clone();
    let stage = use_state_eq(|| Stage::Nothing);
    // What the stage is about: what was typed or chosen since is on its way.
    let planned = use_state_eq(Source::default);
    let newest = use_mut_ref(|| 0_u32);
    let is_there = use_is_there();
    {
        let (service, stage, planned) = (service.clone(), stage.clone(), planned.clone());
        let newest = newest.clone();
        use_effect_with((*source).clone(), move |wanted| {
            *newest.borrow_mut() += 1;
            let (asked, wanted) = (*newest.borrow(), wanted.clone());
            let Some(content) = wanted.content() else {
                stage.set(Stage::Nothing);
                planned.set(wanted);
                return;
            };
            spawn_local(async move {
                let plan = service.plan_servers(content).await;
                // What was asked for since is what is shown.
                if *newest.borrow() == asked {
                    stage.set(plan.map_or_else(Stage::Failed, Stage::Planned));
                    planned.set(wanted);
                }
            });
        });
    }
    let add = {
        let (service, stage, source) = (service.clone(), stage.clone(), source.clone());
        let (close, is_there, newest) = (props.close.clone(), is_there.clone(), newest.clone());
        Callback::from(move |_: MouseEvent| {
            let (Some(content), Stage::Planned(plan)) = (source.content(), &*stage) else { return };
            // No plan takes its place on screen.
            *newest.borrow_mut() += 1;
            let plan = plan.clone();
            stage.set(Stage::Adding(plan.clone()));
            let (service, stage) = (service.clone(), stage.clone());
            let (close, is_there) = (close.clone(), is_there.clone());
            spawn_local(async move {
                match service.import_servers(content).await {
                    Ok(done) => {
                        service.toast(told(&done));
                        let changed = done.iter().filter(|one| is_changed(one));
                        let ids: Vec<_> = changed.filter_map(|one| one.server.clone()).collect();
                        if !ids.is_empty() && service.may::<ReadServers>() {
                            service.read_servers(ids);
                        }
                        // Also what became of a password.
                        let is_news = |(one, was): (&PlannedServer, &PlannedServer)| one.reason != was.reason;
                        let is_told = discovery::refused(&done) > 0 || done.iter().zip(&plan).any(is_news);
                        match (is_told, is_there.get()) {
                            (false, true) => close.emit(()),
                            (true, true) => stage.set(Stage::Done(done)),
                            (_, false) => {}
                        }
                    }
                    Err(error) if is_there.get() => stage.set(Stage::Failed(error)),
                    Err(error) => service.toast(Toast::refused("The servers were not added", &error)),
                }
            });
        })
    };
    let (plan, is_done) = match &*stage {
        Stage::Planned(plan) | Stage::Adding(plan) => (plan.as_slice(), false),
        Stage::Done(plan) => (plan.as_slice(), true),
        Stage::Nothing | Stage::Failed(_) => (&[][..], false),
    };
    let busy = matches!(*stage, Stage::Adding(_));
    let is_waiting = *source == Source::Reading || *planned != *source;
    let number = plan.iter().filter(|one| is_changed(one)).count();
    let close = props.close.reform(|_: MouseEvent| ());
    let label = match (busy, number) {
        (true, _) => "Adding\u{2026}".to_owned(),
        (false, 0) => "Add".to_owned(),
        (false, number) => format!("Add {}", counted(number, "server", "servers")),
    };
    let actions = match is_done {
        true => html! { <Button variant={ButtonVariant::Primary} onclick={close} label="Close" /> },
        false => html! {
            <>
                <Button id="add-servers-submit" variant={ButtonVariant::Primary} disabled={busy || is_waiting || number == 0}
                    onclick={add} {label} />
                <Button variant={ButtonVariant::Link} onclick={close} label="Cancel" />
            </>
        },
    };
    html! {
        <Dialog title="Add servers" close={props.close.clone()} {actions} wide=true
            is_filled={!is_done && *source != Source::Nothing}>
            if !is_done {
                { chooser(&picker, busy, &WORDS) }
            }
            if is_waiting {
                <div class="muster-waiting" aria-busy="true"><Spinner aria_label="Reading the list" /></div>
            }
            if let Stage::Failed(error) = &*stage {
                <Failure title="This can't be imported" error={error.clone()} />
            }
            if !plan.is_empty() {
                { outcome(plan, is_done) }
            }
        </Dialog>
    }
}

fn is_changed(one: &PlannedServer) -> bool {
    matches!(one.action, ImportAction::Add | ImportAction::Change)
}

/// What becomes of each.
fn outcome(plan: &[PlannedServer], is_done: bool) -> Html {
    html! {
        <>
            <p id="import-summary" aria-live="polite">{ discovery::summary(plan, is_done) }</p>
            <table class="muster-versions muster-import" aria-label="What becomes of each server">
                <thead>
                    <tr>
                        <th scope="col">{ "Action" }</th>
                        <th scope="col">{ "Address" }</th>
                        <th scope="col">{ "Login" }</th>
                        <th scope="col">{ "Reason" }</th>
                    </tr>
                </thead>
                <tbody>{ for plan.iter().map(row) }</tbody>
            </table>
        </>
    }
}

fn row(planned: &PlannedServer) -> Html {
    let reason = words::import_reason(planned.action, planned.line, planned.reason.as_deref());
    let login = match (planned.action, &planned.credential) {
        (_, Some(credential)) => words::shown(credential),
        (ImportAction::Add | ImportAction::Change, None) => "Profile that fits".into(),
        (ImportAction::Same | ImportAction::Refuse, None) => Default::default(),
    };
    html! {
        <tr data-action={planned.action.name()} data-address={planned.address.clone()}>
            <td class="muster-import__action">{ of_level(words::import_level(planned.action)) }{ " " }{ planned.action.title() }</td>
            <td>{ words::shown(&planned.address) }</td>
            <td>{ login }</td>
            <td>{ reason }</td>
        </tr>
    }
}

fn told(done: &[PlannedServer]) -> Toast {
    let added = done.iter().filter(|one| is_changed(one)).count();
    let title = format!("Added {}", counted(added, "server", "servers"));
    let detail = match discovery::refused(done) {
        0 => String::new(),
        refused => format!("{} not added", counted(refused, "server was", "servers were")),
    };
    Toast::done(title, detail)
}
