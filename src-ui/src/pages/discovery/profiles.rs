//! The part of the page with the credentials that may be tried at BMCs.
//! Refuses to show a password, and to remove the credential behind a profile.

use crate::components::empty::Empty;
use crate::components::failure::Failure;
use crate::components::icon;
use crate::components::name::Name;
use crate::components::when::Ago;
use crate::hooks::{go, use_query, use_vcenter_service};
use crate::state::discovery::{self, OfDiscovery, Sought};
use crate::state::route::Route;
use crate::state::words;
use contract::command::{ListProfiles, RemoveProfile, SetProfile};
use contract::discovery::Profile;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
}

/// The part of the page.
#[function_component]
pub(super) fn ProfilesPart(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let answer = use_query(ListProfiles {});
    let is_loading = answer.is_loading();
    let to = Route::Discovery(props.sought.asking(Some(OfDiscovery::AddProfile)));
    let add = Callback::from(move |_: MouseEvent| go(&to));
    let may_add = service.may::<SetProfile>();
    let add = html! {
        if may_add {
            <Button id="add-profile" variant={ButtonVariant::Secondary} onclick={add} label="Add profile" />
        }
    };
    let retry = Callback::from(move |()| service.refresh());
    let content = match (answer.value, answer.error) {
        (Some(all), _) if all.is_empty() => html! {
            <Empty icon="key" title="No credential profiles yet" actions={add}>
                { "A profile is a credential that Muster may try at BMCs whose certificates are approved. Each BMC gets one login: \
                   some lock an address out after three that fail. A new one is tried at one BMC before all others." }
            </Empty>
        },
        (Some(all), _) => html! {
            <>
                if may_add { <div class="muster-toolbar">{ add }</div> }
                { table(&all) }
            </>
        },
        (None, Some(error)) => html! { <Failure title="The profiles could not be loaded" {error} {retry} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading profiles" /></div> },
    };
    html! { <div id="profiles" class="muster-stack" aria-busy={is_loading.to_string()}>{ content }</div> }
}

fn table(all: &[Profile]) -> Html {
    let row = |profile: &Profile| html! { <Row key={profile.credential_id.to_string()} profile={profile.clone()} /> };
    html! {
        <table class="muster-findings" aria-label="Credential profiles">
            <thead>
                <tr>
                    <th scope="col">{ "Credential" }</th>
                    <th scope="col">{ "User" }</th>
                    <th scope="col">{ "For" }</th>
                    <th scope="col">{ "State" }</th>
                    <th scope="col" class="muster-findings__count">{ "Servers" }</th>
                    <td class="muster-findings__actions" />
                </tr>
            </thead>
            <tbody>{ for all.iter().map(row) }</tbody>
        </table>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProperties {
    profile: Profile,
}

#[function_component]
fn Row(props: &RowProperties) -> Html {
    let service = use_vcenter_service();
    let profile = &props.profile;
    let (word, level, at) = discovery::standing(profile);
    let resume = {
        let (service, profile) = (service.clone(), profile.clone());
        Callback::from(move |_: MouseEvent| service.resume_profile(&profile))
    };
    let remove = {
        let (service, profile) = (service.clone(), profile.clone());
        Callback::from(move |_: MouseEvent| service.remove_profile(&profile))
    };
    let name = &profile.profile;
    html! {
        <tr data-profile={name.clone()}>
            <th scope="row"><Name name={name.clone()} /></th>
            <td>{ words::shown(&profile.user) }</td>
            <td>{ discovery::is_for(profile.vendor) }</td>
            <td>
                { icon::of_level(level) }{ " " }{ word }
                if let Some(at) = at { <span class="muster-quiet">{ " \u{b7} " }<Ago time={at} /></span> }
            </td>
            <td class="muster-findings__count">{ words::grouped(profile.servers as i64) }</td>
            <td class="muster-findings__actions">
                if profile.paused_at.is_some() && service.may::<SetProfile>() {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={resume} label="Resume"
                        aria_label={format!("Resume profile {name}")} />
                }
                if service.may::<RemoveProfile>() {
                    <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={remove} label="Remove"
                        aria_label={format!("Remove profile {name}")} />
                }
            </td>
        </tr>
    }
}
