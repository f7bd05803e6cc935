//! The form that has a credential tried at BMCs.
//! Refuses to take a password: credentials have a page of their own.

use crate::components::configuration::field::Field;
use crate::components::dialog::Dialog;
use crate::components::failure::Failure;
use crate::components::link::Link;
use crate::components::select::Select;
use crate::hooks::{use_is_there, use_query, use_vcenter_service};
use crate::state::discovery;
use crate::state::route::{OfCredential, Route};
use crate::state::toasts::Toast;
use contract::command::{ListCredentials, ListProfiles};
use contract::discovery::Vendor;
use contract::{ApiError, CredentialId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::{platform::spawn_local, prelude::*};

/// What it needs.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) close: Callback<()>,
}

/// The form.
#[function_component]
pub(super) fn AddProfile(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let credentials = use_query(ListCredentials {});
    let profiles = use_query(ListProfiles {}).value.unwrap_or_default();
    let chosen = use_state_eq(String::new);
    let vendor = use_state_eq(String::new);
    let failure = use_state_eq(|| None::<ApiError>);
    let is_saving = use_state_eq(|| false);
    let is_there = use_is_there();
    let is_new = |id: &CredentialId| !profiles.iter().any(|profile| profile.credential_id == *id);
    let mut options = vec![(String::new(), "Select a credential\u{2026}".to_owned())];
    let all = credentials.value.iter().flat_map(|all| all.iter()).filter(|one| is_new(&one.id));
    options.extend(all.map(|one| (one.id.to_string(), format!("{} ({})", one.name, one.user))));
    let has_some = options.len() > 1;
    let save = {
        let (chosen, vendor, close) = (chosen.clone(), vendor.clone(), props.close.clone());
        let (failure, is_saving) = (failure.clone(), is_saving.clone());
        Callback::from(move |_: MouseEvent| {
            let (id, of) = (CredentialId((*chosen).clone()), Vendor::from_name(&vendor));
            let (service, close, is_there) = (service.clone(), close.clone(), is_there.clone());
            let (failure, is_saving) = (failure.clone(), is_saving.clone());
            is_saving.set(true);
            failure.set(None);
            spawn_local(async move {
                match service.set_profile(id, of).await {
                    Ok(profile) => {
                        service.toast(Toast::done(format!("Profile {} was added", profile.profile), ""));
                        if is_there.get() {
                            close.emit(());
                        }
                    }
                    Err(error) if is_there.get() => {
                        is_saving.set(false);
                        failure.set(Some(error));
                    }
                    Err(error) => service.toast(Toast::refused("The profile was not added", &error)),
                }
            });
        })
    };
    let cancel = props.close.reform(|_: MouseEvent| ());
    let actions = html! {
        <>
            <Button id="profile-save" variant={ButtonVariant::Primary} disabled={*is_saving || chosen.is_empty()} onclick={save}
                label={if *is_saving { "Adding\u{2026}" } else { "Add" }} />
            <Button variant={ButtonVariant::Link} onclick={cancel} label="Cancel" />
        </>
    };
    let set = |state: &UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |value: String| state.set(value))
    };
    html! {
        <Dialog title="Add a credential profile" close={props.close.clone()} {actions} is_filled={!chosen.is_empty()}>
            <div class="pf-v6-c-form">
                <Field id="profile-credential" label="Credential" required=true
                    help="Muster may try it at BMCs whose certificates are approved.">
                    <Select id="profile-credential" aria_describedby="profile-credential-said" {options}
                        chosen={(*chosen).clone()} choose={set(&chosen)} />
                </Field>
                <p class="muster-words">
                    if !has_some && credentials.value.is_some() { { "Every credential is a profile already. " } }
                    <Link to={Route::of_credential(OfCredential::Add)}>{ "Add another credential" }</Link>
                </p>
                <Field id="profile-vendor" label="For" help="At BMCs of other vendors it is not tried.">
                    <Select id="profile-vendor" aria_describedby="profile-vendor-said" options={discovery::vendors()}
                        chosen={(*vendor).clone()} choose={set(&vendor)} />
                </Field>
            </div>
            if let Some(error) = credentials.error {
                <Failure title="The credentials could not be loaded" {error} />
            }
            if let Some(error) = &*failure {
                <Failure title="It was not added" error={error.clone()} />
            }
        </Dialog>
    }
}
