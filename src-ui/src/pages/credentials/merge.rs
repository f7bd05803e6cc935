//! Which credential is to take the place of another one.
//! Refuses to have vCenters log in as another user without a word of it.

use crate::components::configuration::field::Field as Group;
use crate::components::dialog::Dialog;
use crate::components::failure::{Alert, Failure};
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_vcenter_service};
use crate::state::credentials::merging;
use crate::state::toasts::Toast;
use crate::state::words::Level;
use contract::{ApiError, Credential};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::{platform::spawn_local, prelude::*};

/// The one that goes, and all there are.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) from: Credential,
    pub(super) all: Vec<Credential>,
    pub(super) close: Callback<()>,
}

/// The choice.
#[function_component]
pub(super) fn Merge(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let chosen = use_state_eq(String::new);
    let other_user = use_state_eq(|| false);
    let failure = use_state_eq(|| None::<ApiError>);
    let merging_now = use_state_eq(|| false);
    let is_there = use_is_there();
    use_effect_with((), |()| crate::components::keys::focus("merge-into"));
    let from = &props.from;
    let into = props.all.iter().find(|one| one.id.as_str() == &**chosen).cloned();
    let is_other = into.as_ref().is_some_and(|into| into.user != from.user);
    let may = into.is_some() && (!is_other || *other_user) && !*merging_now;
    let mut options = vec![(String::new(), "Select a credential…".to_owned())];
    let others = props.all.iter().filter(|one| one.id != from.id);
    options.extend(others.map(|one| (one.id.to_string(), format!("{} ({})", one.name, one.user))));
    let choose = {
        let (chosen, other_user, failure) = (chosen.clone(), other_user.clone(), failure.clone());
        Callback::from(move |id: String| {
            chosen.set(id);
            // That was said of another one.
            other_user.set(false);
            failure.set(None);
        })
    };
    let confirm = {
        let other_user = other_user.clone();
        Callback::from(move |_: Event| other_user.set(!*other_user))
    };
    let merge = {
        let (service, from, into) = (service.clone(), from.clone(), into.clone());
        let (failure, merging_now, close) = (failure.clone(), merging_now.clone(), props.close.clone());
        let other_user = *other_user;
        Callback::from(move |_: MouseEvent| {
            let Some(into) = into.clone() else { return };
            let (service, from, is_there) = (service.clone(), from.clone(), is_there.clone());
            let (failure, merging_now, close) = (failure.clone(), merging_now.clone(), close.clone());
            merging_now.set(true);
            spawn_local(async move {
                match service.merge_credential(from.id.clone(), into.id, other_user).await {
                    Ok(merged) => {
                        let title = format!("{} was merged into {}", from.name, merged.credential.name);
                        service.toast(Toast::done(title, ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) if is_there.get() => {
                        merging_now.set(false);
                        failure.set(Some(error));
                    }
                    Err(error) => {
                        service.toast(Toast::refused(&format!("{} was not merged", from.name), &error));
                    }
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button variant={ButtonVariant::Danger} disabled={!may} onclick={merge}
                label={if *merging_now { "Merging…" } else { "Merge" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    html! {
        <Dialog title={format!("Merge {} into another credential", from.name)} close={props.close.clone()} {actions}>
            <div class="pf-v6-c-form">
                <Group id="merge-into" label="Merge into" required=true help="Its vCenters use that one from then on.">
                    <Select id="merge-into" aria_describedby="merge-into-said" {options} chosen={(*chosen).clone()} {choose} />
                </Group>
                if let Some(into) = &into {
                    <p class="muster-words" aria-live="polite">{ merging(from, into) }</p>
                    if is_other {
                        <Alert level={Level::Warning} title="The users are different">
                            <label class="muster-check">
                                <input type="checkbox" id="merge-other-user" checked={*other_user} onchange={confirm} />
                                { format!("Log in as {} instead of {}", into.user, from.user) }
                            </label>
                        </Alert>
                    }
                }
                if let Some(error) = &*failure {
                    <Failure title="They were not merged" error={error.clone()} />
                }
            </div>
        </Dialog>
    }
}
