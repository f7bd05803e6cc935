//! What Muster does on this machine's desktop: closing, the start at login, notifications.

use super::{Radios, Section, Switch};
use crate::components::failure::{Alert, Failure};
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::words::Level;
use contract::command::ShownDesktop;
use contract::{Desktop, DesktopPreferences, OnClose};
use patternfly_yew::prelude::Spinner;
use yew::prelude::*;

/// Both sections.
#[function_component]
pub(super) fn OfTheDesktop() -> Html {
    let service = use_vcenter_service();
    let desktop = use_query(ShownDesktop {});
    match (desktop.value, desktop.error) {
        (Some(desktop), _) => html! {
            <>
                <DesktopSection desktop={(*desktop).clone()} />
                <NotificationSection preferences={desktop.preferences} />
            </>
        },
        (None, Some(error)) => {
            let retry = Callback::from(move |()| service.refresh());
            html! { <Failure title="The settings of this desktop could not be loaded" {error} {retry} /> }
        }
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading settings" /></div> },
    }
}

#[derive(Clone, PartialEq, Properties)]
struct DesktopProperties {
    desktop: Desktop,
}

#[function_component]
fn DesktopSection(props: &DesktopProperties) -> Html {
    let service = use_vcenter_service();
    let Desktop { preferences, starts_at_login, has_tray, .. } = props.desktop;
    let options = OnClose::ALL.map(|on_close| (on_close.name(), on_close.words().into())).to_vec();
    let choose = {
        let service = service.clone();
        Callback::from(move |chosen: &'static str| {
            if let Some(on_close) = OnClose::from_name(chosen) {
                service.set_desktop(DesktopPreferences { on_close, ..preferences });
            }
        })
    };
    let login = Callback::from(move |on| service.set_autostart(on));
    html! {
        <Section id="desktop" title="Desktop">
            <Radios name="on-close" legend="When the last window is closed" {options} chosen={preferences.on_close.name()} {choose} />
            if !has_tray {
                <Alert level={Level::Info} title="No system tray is available: closing the last window quits Muster.">
                    { "These choices apply once the desktop has a tray." }
                </Alert>
            }
            <Switch id="start-at-login" label="Start Muster at login" is_on={starts_at_login} change={login}
                help="Starts in the tray; minimized if the desktop has no tray." />
        </Section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NotificationProperties {
    preferences: DesktopPreferences,
}

#[function_component]
fn NotificationSection(props: &NotificationProperties) -> Html {
    let service = use_vcenter_service();
    let preferences = props.preferences;
    let change =
        Callback::from(move |notify| service.set_desktop(DesktopPreferences { notify, ..preferences }));
    html! {
        <Section id="notifications" title="Notifications">
            <Switch id="notify" label="Show desktop notifications" is_on={preferences.notify} {change}
                help="Results of work you started. Of automatic work, only the first failure and the recovery. \
                    Nothing is shown while a Muster window is in front. Each vCenter can be excluded when you edit it." />
        </Section>
    }
}
