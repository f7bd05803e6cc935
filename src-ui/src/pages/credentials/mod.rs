//! The page `/credentials`: who logs in as whom, where the password is, and whether it was rejected.
//! Refuses to show a password, and to remove a credential that is used.

mod form;
mod merge;
mod remove;
mod table;

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::hooks::{go, replace, use_query, use_vcenter_service};
use crate::state::route::{OfCredential, Route};
use contract::command::ListCredentials;
use contract::{Credential, CredentialId};
use patternfly_yew::prelude::{Button, ButtonVariant, Spinner};
use yew::prelude::*;

/// What stands before the page.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    #[prop_or_default]
    pub(crate) dialog: Option<OfCredential>,
}

/// The page.
#[function_component]
pub(crate) fn CredentialsPage(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let listed = use_query(ListCredentials {});
    let is_loading = listed.is_loading();
    let add = Callback::from(|_: MouseEvent| go(&Route::of_credential(OfCredential::Add)));
    let has_some = listed.value.as_ref().is_some_and(|all| !all.is_empty());
    let retry = Callback::from(move |()| service.refresh());
    let content = match (listed.value.clone(), listed.error) {
        (Some(all), _) if all.is_empty() => {
            let actions = html! { <Button variant={ButtonVariant::Primary} onclick={add.clone()}>{ "Add credential" }</Button> };
            html! {
                <Empty icon="key" title="No credentials yet" {actions}>
                    { "A credential is a user with a password that vCenters log in with. Adding a vCenter makes one of its own; \
                        several vCenters can share one, so that a new password is entered once." }
                </Empty>
            }
        }
        (Some(all), _) => html! { <table::Table credentials={(*all).clone()} /> },
        (None, Some(error)) => {
            html! { <Failure title="The credentials could not be loaded" {error} {retry} /> }
        }
        (None, None) => {
            html! { <div class="muster-waiting"><Spinner aria_label="Loading credentials" /></div> }
        }
    };
    let all = listed.value.map(|all| (*all).clone()).unwrap_or_default();
    html! {
        <div class="muster-page" id="credentials" aria-busy={is_loading.to_string()}>
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Credentials" }</h1>
                if has_some {
                    <div class="muster-actions">
                        <Button variant={ButtonVariant::Primary} onclick={add} label="Add credential" />
                    </div>
                }
            </div>
            { content }
            { props.dialog.clone().map(|dialog| before(&all, dialog)).unwrap_or_default() }
        </div>
    }
}

/// The form or the question that is open. Of a credential that is gone, or not known yet, there is none.
fn before(all: &[Credential], dialog: OfCredential) -> Html {
    let close = Callback::from(|()| replace(&Route::Credentials { dialog: None }));
    let find = |id: &CredentialId| all.iter().find(|one| one.id == *id).cloned();
    match dialog {
        OfCredential::Add => html! { <form::CredentialForm {close} /> },
        OfCredential::Edit(id) => find(&id)
            .map(|credential| html! { <form::CredentialForm key={id.to_string()} credential={Some(credential)} {close} /> })
            .unwrap_or_default(),
        OfCredential::Merge(id) => find(&id)
            .map(|from| html! { <merge::Merge {from} all={all.to_vec()} {close} /> })
            .unwrap_or_default(),
        OfCredential::Remove(id) => {
            find(&id).map(|credential| html! { <remove::Remove {credential} {close} /> }).unwrap_or_default()
        }
    }
}
