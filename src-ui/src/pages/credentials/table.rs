//! The credentials as a table: one row each, and what can be done with it.

use crate::components::icon;
use crate::components::link::Link;
use crate::components::menu::{Menu, MenuItem};
use crate::components::name::Name;
use crate::components::when::Ago;
use crate::hooks::{go, use_density, use_vcenter_service};
use crate::state::credentials::not_removable;
use crate::state::route::{OfCredential, Route};
use crate::state::words::{Level, shown};
use contract::words::{capital, credential_place, rejected_because};
use contract::{Credential, CredentialId, CredentialPlace};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// vCenters that are named; more are a click away.
const NAMED: usize = 3;

/// The credentials.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) credentials: Vec<Credential>,
}

/// The table.
#[function_component]
pub(super) fn Table(props: &Properties) -> Html {
    let (density, _) = use_density();
    let is_alone = props.credentials.len() < 2;
    let rows = props.credentials.iter().map(|credential| {
        html! { <Row key={credential.id.to_string()} credential={credential.clone()} {is_alone} /> }
    });
    html! {
        <table aria-label="Credentials"
            class={classes!("muster-vcenters", "muster-credentials", format!("muster-credentials--{}", density.name()))}>
            <thead>
                <tr>
                    <th scope="col" class="muster-credential__name">{ "Name" }</th>
                    <th scope="col" class="muster-credential__user">{ "User" }</th>
                    <th scope="col" class="muster-credential__place">{ "Password" }</th>
                    <th scope="col" class="muster-credential__vcenters">{ "vCenters" }</th>
                    <th scope="col" class="muster-credential__rejected">{ "Rejected" }</th>
                    <td class="muster-credential__actions" />
                </tr>
            </thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProperties {
    credential: Credential,
    /// Whether there is no other one to merge it into.
    is_alone: bool,
}

#[function_component]
fn Row(props: &RowProperties) -> Html {
    let credential = &props.credential;
    let name = &credential.name;
    let to = |dialog: fn(CredentialId) -> OfCredential| {
        let id = credential.id.clone();
        Callback::from(move |()| go(&Route::of_credential(dialog(id.clone()))))
    };
    let item = |label: &'static str, barred: Option<String>, dialog: fn(CredentialId) -> OfCredential| {
        MenuItem { label: label.into(), barred: barred.map(AttrValue::from), choose: to(dialog) }
    };
    let alone = props.is_alone.then(|| "There is no other credential to merge it into.".to_owned());
    let items = vec![
        item("Edit…", None, OfCredential::Edit),
        item("Merge…", alone, OfCredential::Merge),
        item("Remove…", not_removable(credential), OfCredential::Remove),
    ];
    let edit = to(OfCredential::Edit).reform(|_: MouseEvent| ());
    html! {
        <tr class="muster-vcenter__row muster-credential" data-credential={name.clone()}>
            <th scope="row" class="muster-credential__name"><Name name={name.clone()} /></th>
            <td class="muster-credential__user" data-label="User" title={credential.user.clone()}>{ shown(&credential.user) }</td>
            <td class="muster-credential__place" data-label="Password">{ password(credential.stored) }</td>
            <td class="muster-credential__vcenters" data-label="vCenters"><Users vcenters={credential.vcenters.clone()} /></td>
            <td class="muster-credential__rejected" data-label="Rejected">{ rejected(credential) }</td>
            <td class="muster-credential__actions">
                <div class="muster-row-actions">
                    <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} onclick={edit} label="Edit"
                        aria_label={format!("Edit: {name}")} />
                    <Menu label={format!("Actions for {name}")} {items} />
                </div>
            </td>
        </tr>
    }
}

fn password(stored: CredentialPlace) -> Html {
    let words = capital(credential_place(stored));
    match stored {
        CredentialPlace::None => html! {
            <span title="No password is stored: syncs fail until one is entered.">
                { icon::of_level(Level::Warning) }{ " " }{ words }
            </span>
        },
        CredentialPlace::Keychain | CredentialPlace::File | CredentialPlace::Helper => words.into(),
    }
}

/// Since when it is rejected, and why.
fn rejected(credential: &Credential) -> Html {
    let Some(at) = credential.rejected_at else { return "\u{2013}".into() };
    let because = rejected_because(credential).map(|because| shown(&capital(because)));
    html! {
        <span class="muster-credential__why">
            { icon::of_level(Level::Danger) }{ " " }<Ago time={at} />
            if let Some(because) = because {
                <div class="muster-quiet muster-cut" title={because.clone()}>{ because }</div>
            }
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct UsersProperties {
    vcenters: Vec<String>,
}

/// The vCenters that use it, each of which leads to its page.
#[function_component]
fn Users(props: &UsersProperties) -> Html {
    let service = use_vcenter_service();
    let known = service.vcenters().unwrap_or_default();
    if props.vcenters.is_empty() {
        return html! { <span class="muster-quiet">{ "Unused" }</span> };
    }
    let link = |name: &String| {
        let id = known.iter().find(|vcenter| vcenter.name == *name).map(|vcenter| vcenter.id.clone());
        match id {
            Some(id) => {
                let to = Route::Vcenters { one: Some(id), dialog: None };
                html! { <li key={name.clone()}><Link {to}><Name name={name.clone()} /></Link></li> }
            }
            None => html! { <li key={name.clone()}><Name name={name.clone()} /></li> },
        }
    };
    let more = props.vcenters.len().saturating_sub(NAMED);
    html! {
        <>
            <ul class="muster-credential__users" role="list">{ for props.vcenters.iter().take(NAMED).map(link) }</ul>
            if more > 0 {
                <details class="muster-more">
                    <summary>{ format!("{more} more") }</summary>
                    <ul class="muster-credential__users" role="list">{ for props.vcenters.iter().skip(NAMED).map(link) }</ul>
                </details>
            }
        </>
    }
}
