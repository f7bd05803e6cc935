//! vCenters out of a file or a text that was pasted, shown as a dry run before anything is stored.
//! Refuses to read the file itself: what it is, and what becomes of each vCenter, the service says.

use super::field::Field as Group;
use crate::components::chooser::{Source, Words, chooser, use_picker};
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::icon::of_level;
use crate::components::link::Link;
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::route::Route;
use crate::state::toasts::Toast;
use crate::state::words::{self, counted};
use contract::command::ListCredentials;
use contract::{ApiError, Credential, ImportAction, ImportOptions, ImportPlan, Planned};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::{platform::spawn_local, prelude::*};

const WORDS: Words = Words {
    file: "An export of Muster, RVTools (.xlsx or CSV) or Royal TS (.rtsz or CSV), or a list of hosts.",
    accept: ".json,.csv,.txt,.xlsx,.rtsz,.rjson,.xml,.list",
    text: "Or paste a list",
    text_help: "One vCenter per line: a host, or a name and a host.",
};

/// What is known of it.
#[derive(Clone, PartialEq)]
enum Stage {
    Nothing,
    Planned(ImportPlan),
    Importing(ImportPlan),
    /// Some were not imported: what became of each stays on screen.
    Done(ImportPlan),
    Unusable(ApiError),
    Failed(ImportPlan, ApiError),
}

impl Stage {
    fn plan(&self) -> Option<&ImportPlan> {
        match self {
            Stage::Planned(plan) | Stage::Importing(plan) | Stage::Done(plan) | Stage::Failed(plan, _) => {
                Some(plan)
            }
            Stage::Nothing | Stage::Unusable(_) => None,
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) close: Callback<()>,
}

/// The dialog.
#[function_component]
pub(super) fn Import(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let credentials = use_query(ListCredentials {}).value.unwrap_or_default();
    let options = use_state_eq(ImportOptions::default);
    let picker = {
        // The credential of what there was may be none of what takes its place.
        let options = options.clone();
        use_picker(Callback::from(move |()| {
            options.set(ImportOptions { credential: None, ..(*options).clone() });
        }))
    };
    let source = picker.source.clone();
    let stage = use_state_eq(|| Stage::Nothing);
    // What the stage is about: what was typed or chosen since is on its way.
    let planned = use_state_eq(|| (Source::default(), ImportOptions::default()));
    let newest = use_mut_ref(|| 0_u32);
    let is_there = use_is_there();
    {
        let (service, stage, planned, newest) =
            (service.clone(), stage.clone(), planned.clone(), newest.clone());
        use_effect_with(((*source).clone(), (*options).clone()), move |wanted| {
            *newest.borrow_mut() += 1;
            let (asked, wanted) = (*newest.borrow(), wanted.clone());
            let Some(content) = wanted.0.content() else {
                stage.set(Stage::Nothing);
                planned.set(wanted);
                return;
            };
            spawn_local(async move {
                let plan = service.plan_import(content, wanted.1.clone()).await;
                // What was asked for since is what is shown.
                if *newest.borrow() == asked {
                    stage.set(plan.map_or_else(Stage::Unusable, Stage::Planned));
                    planned.set(wanted);
                }
            });
        });
    }
    let import = {
        let (service, stage, source, options) =
            (service.clone(), stage.clone(), source.clone(), options.clone());
        let (close, is_there) = (props.close.clone(), is_there.clone());
        Callback::from(move |_: MouseEvent| {
            let (Some(content), Some(plan)) = (source.content(), stage.plan().cloned()) else { return };
            // No plan takes its place on screen.
            *newest.borrow_mut() += 1;
            stage.set(Stage::Importing(plan.clone()));
            let (service, stage, options) = (service.clone(), stage.clone(), (*options).clone());
            let (close, is_there) = (close.clone(), is_there.clone());
            spawn_local(async move {
                match service.import(content, options).await {
                    Ok(done) => {
                        service.toast(told(&done));
                        match (done.count(ImportAction::Refuse), is_there.get()) {
                            (0, true) => close.emit(()),
                            (_, true) => stage.set(Stage::Done(done)),
                            (_, false) => {}
                        }
                    }
                    Err(error) if is_there.get() => stage.set(Stage::Failed(plan, error)),
                    Err(error) => service.toast(Toast::refused("The vCenters were not imported", &error)),
                }
            });
        })
    };
    let is_done = matches!(*stage, Stage::Done(_));
    let busy = matches!(*stage, Stage::Importing(_));
    let is_waiting = *source == Source::Reading || *planned != ((*source).clone(), (*options).clone());
    let close = props.close.reform(|_: MouseEvent| ());
    let actions = match (is_done, stage.plan()) {
        (true, _) => html! { <Button variant={ButtonVariant::Primary} onclick={close} label="Close" /> },
        (false, plan) => {
            let number = plan.map_or(0, ImportPlan::to_import);
            let label = match (busy, number) {
                (true, _) => "Importing…".to_owned(),
                (false, 0) => "Import".to_owned(),
                (false, number) => format!("Import {}", counted(number, "vCenter", "vCenters")),
            };
            let barred = busy || is_waiting || number == 0 || plan.is_none_or(|plan| plan.needs_credential);
            html! {
                <>
                    <Button variant={ButtonVariant::Primary} disabled={barred} onclick={import} {label} />
                    <Button variant={ButtonVariant::Link} onclick={close} label="Cancel" />
                </>
            }
        }
    };
    html! {
        <Dialog title="Import vCenters" close={props.close.clone()} {actions} wide=true
            is_filled={!is_done && *source != Source::Nothing}>
            if !is_done {
                { chooser(&picker, busy, &WORDS) }
                { choices(&options, &stage, &credentials, busy) }
            }
            if is_waiting {
                <div class="muster-waiting" aria-busy="true"><Spinner aria_label="Reading the list" /></div>
            }
            { outcome(&stage) }
        </Dialog>
    }
}

/// How it is imported.
fn choices(
    options: &UseStateHandle<ImportOptions>,
    stage: &Stage,
    credentials: &[Credential],
    busy: bool,
) -> Html {
    let Some(plan) = stage.plan() else { return Html::default() };
    let chosen = options.credential.clone().unwrap_or_default();
    let choose = {
        let options = options.clone();
        Callback::from(move |credential: String| {
            let credential = Some(credential).filter(|credential| !credential.is_empty());
            options.set(ImportOptions { credential, ..(*options).clone() });
        })
    };
    let update = {
        let options = options.clone();
        Callback::from(move |_: Event| {
            options.set(ImportOptions { update: !options.update, ..(*options).clone() });
        })
    };
    let hosts = {
        let options = options.clone();
        Callback::from(move |_: Event| {
            options.set(ImportOptions { esxi_hosts: !options.esxi_hosts, ..(*options).clone() });
        })
    };
    let names = credentials.iter().map(|one| (one.id.to_string(), format!("{} ({})", one.name, one.user)));
    let listed: Vec<_> =
        std::iter::once((String::new(), "Choose a credential".to_owned())).chain(names).collect();
    html! {
        <fieldset class="muster-fields" disabled={busy}>
            if plan.needs_credential && credentials.is_empty() {
                <p id="import-no-credential">
                    { "The list names no user to log in with, and there is no credential yet. Add one on the page " }
                    <Link to={Route::Credentials { dialog: None }}>{ "Credentials" }</Link>
                    { ", or name the users in the list: a first line “name,host,user”, and a user on each line." }
                </p>
            } else if plan.needs_credential || options.credential.is_some() {
                <Group id="import-credential" label="Credential" required=true
                    help="The list names none. All vCenters that are added log in with it.">
                    <Select id="import-credential" aria_describedby="import-credential-said" options={listed} {chosen} {choose} />
                </Group>
            }
            <label class="muster-check">
                <input type="checkbox" id="import-update" checked={options.update} onchange={update} />
                { "Trust this file: also change names, addresses and trust of known vCenters, and use stored credentials it names" }
            </label>
            if plan.format.starts_with("RVTools") {
                <label class="muster-check">
                    <input type="checkbox" id="import-hosts" checked={options.esxi_hosts} onchange={hosts} />
                    { "Also add the ESXi hosts" }
                </label>
            }
        </fieldset>
    }
}

/// What becomes of each.
fn outcome(stage: &Stage) -> Html {
    let failed = match stage {
        Stage::Unusable(error) => {
            return html! { <Failure title="This can't be imported" error={error.clone()} /> };
        }
        Stage::Failed(_, error) => {
            html! { <Failure title="The vCenters were not imported" error={error.clone()} /> }
        }
        _ => Html::default(),
    };
    let Some(plan) = stage.plan() else { return failed };
    let is_done = matches!(stage, Stage::Done(_));
    html! {
        <>
            { failed }
            <p id="import-summary" aria-live="polite">{ summary(plan, is_done) }</p>
            <table class="muster-versions muster-import" aria-label="What becomes of each vCenter">
                <thead>
                    <tr>
                        <th scope="col">{ "Action" }</th>
                        <th scope="col">{ "Name" }</th>
                        <th scope="col">{ "Address" }</th>
                        <th scope="col">{ "Reason" }</th>
                    </tr>
                </thead>
                <tbody>{ for plan.vcenters.iter().map(row) }</tbody>
            </table>
        </>
    }
}

fn row(planned: &Planned) -> Html {
    let reason = words::import_reason(planned.action, planned.line, planned.reason.as_deref());
    html! {
        <tr data-action={planned.action.name()}>
            <td class="muster-import__action">{ of_level(words::import_level(planned.action)) }{ " " }{ planned.action.title() }</td>
            <td>{ words::shown(&planned.name) }</td>
            <td>{ words::shown(&planned.address()) }</td>
            <td>{ reason }</td>
        </tr>
    }
}

/// `List of hosts: 50 to add, 1 not imported.`
fn summary(plan: &ImportPlan, is_done: bool) -> String {
    let parts = words::imported(|action| plan.count(action), !is_done);
    let others = match plan.passed_over {
        0 => String::new(),
        number => format!(" {} of other kinds passed over.", counted(number, "object", "objects")),
    };
    format!("{}: {}.{others}", plan.format, parts)
}

fn told(done: &ImportPlan) -> Toast {
    let title = format!("Imported {}", counted(done.to_import(), "vCenter", "vCenters"));
    let detail = match done.count(ImportAction::Refuse) {
        0 => String::new(),
        refused => format!("{} not imported", counted(refused, "vCenter was", "vCenters were")),
    };
    Toast::done(title, detail)
}
