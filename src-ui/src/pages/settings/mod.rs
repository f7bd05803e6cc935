//! The page `/settings`: how Muster is used on this machine.
//! Refuses to hold what belongs to a vCenter: that is in its own form.

use crate::components::failure::{Alert, Failure};
use crate::components::retention::Retention;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::words::Level;
use contract::command::ShownDesktop;
use contract::{Desktop, DesktopPreferences, OnClose};
use patternfly_yew::prelude::Spinner;
use yew::prelude::*;

/// The page.
#[function_component]
pub(crate) fn SettingsPage() -> Html {
    let service = use_vcenter_service();
    let desktop = use_query(ShownDesktop {});
    let retry = Callback::from(move |()| service.refresh());
    let sections = match (desktop.value, desktop.error) {
        (Some(desktop), _) => html! {
            <>
                <DesktopSection desktop={(*desktop).clone()} />
                <NotificationSection preferences={desktop.preferences} />
            </>
        },
        (None, Some(error)) => html! { <Failure title="The settings could not be loaded" {error} {retry} /> },
        (None, None) => html! { <div class="muster-waiting"><Spinner aria_label="Loading settings" /></div> },
    };
    html! {
        <div class="muster-page" id="settings">
            <div class="muster-page__head">
                <h1 class="pf-v6-c-title pf-m-2xl">{ "Settings" }</h1>
            </div>
            { sections }
            <Section id="history" title="History"><Retention /></Section>
        </div>
    }
}

/// What belongs together, under its heading.
#[derive(Clone, PartialEq, Properties)]
struct SectionProperties {
    id: AttrValue,
    title: AttrValue,
    children: Html,
}

#[function_component]
fn Section(props: &SectionProperties) -> Html {
    let id = format!("settings-{}", props.id);
    html! {
        <section class="pf-v6-c-card muster-settings" aria-labelledby={id.clone()}>
            <div class="pf-v6-c-card__title"><h2 class="pf-v6-c-card__title-text" {id}>{ props.title.clone() }</h2></div>
            <div class="pf-v6-c-card__body muster-stack">{ props.children.clone() }</div>
        </section>
    }
}

/// A choice that is on or off.
#[derive(Clone, PartialEq, Properties)]
struct SwitchProperties {
    id: AttrValue,
    label: AttrValue,
    help: AttrValue,
    is_on: bool,
    change: Callback<bool>,
}

#[function_component]
fn Switch(props: &SwitchProperties) -> Html {
    let said = format!("{}-said", props.id);
    let onchange = {
        let (change, is_on) = (props.change.clone(), props.is_on);
        Callback::from(move |_: Event| change.emit(!is_on))
    };
    html! {
        <div>
            <label class="muster-check">
                <input type="checkbox" id={props.id.clone()} checked={props.is_on} {onchange} aria-describedby={said.clone()} />
                { props.label.clone() }
            </label>
            <p class="muster-quiet muster-settings__help" id={said}>{ props.help.clone() }</p>
        </div>
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
    let choices = OnClose::ALL.into_iter().map(|on_close| {
        let service = service.clone();
        let onchange = Callback::from(move |_: Event| {
            service.set_desktop(DesktopPreferences { on_close, ..preferences })
        });
        html! {
            <label class="muster-check">
                <input type="radio" name="on-close" id={format!("on-close-{}", on_close.name())}
                    checked={preferences.on_close == on_close} {onchange} />
                { on_close.words() }
            </label>
        }
    });
    let login = {
        let service = service.clone();
        Callback::from(move |on| service.set_autostart(on))
    };
    html! {
        <Section id="desktop" title="Desktop">
            <fieldset class="muster-fieldset">
                <legend>{ "When the last window is closed" }</legend>
                { for choices }
                if !has_tray {
                    <Alert level={Level::Info} title="No system tray is available: closing the last window quits Muster.">
                        { "These choices apply once the desktop has a tray." }
                    </Alert>
                }
            </fieldset>
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
