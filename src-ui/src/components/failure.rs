//! A failure on the page: what was wrong, where, and the button that does something about it.
//! Refuses to hide the reason behind a click.

use super::icon;
use super::when::local;
use crate::hooks::{use_route, use_vcenter_service};
use crate::state::advice::{self, Offer};
use crate::state::route::Route;
use crate::state::words::{self, Level};
use contract::{ApiError, VcenterId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The buttons of a failure.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct OffersProperties {
    pub(crate) offers: Vec<Offer>,
    /// Called when one was clicked.
    #[prop_or_default]
    pub(crate) done: Callback<()>,
}

/// One button an offer, of those that the role allows.
#[function_component]
pub(crate) fn Offers(props: &OffersProperties) -> Html {
    let service = use_vcenter_service();
    // Who is there already needs no way.
    let route = use_route();
    let there = match route {
        Route::Discovery(_) => Some(Offer::DISCOVERY),
        Route::Jobs(_) => Some(Offer::JOBS),
        _ => None,
    };
    let wanted = props.offers.iter().filter(|offer| there.as_ref() != Some(*offer));
    let allowed = wanted.filter(|offer| service.has_role(offer.action.role()));
    let buttons = allowed.map(|offer| {
        let (service, action, done) = (service.clone(), offer.action.clone(), props.done.clone());
        let onclick = Callback::from(move |_| {
            service.act(&action);
            done.emit(());
        });
        html! { <Button variant={ButtonVariant::InlineLink} {onclick}>{ offer.label }</Button> }
    });
    html! { <span class="muster-offers">{ for buttons }</span> }
}

/// What failed.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) title: AttrValue,
    pub(crate) error: ApiError,
    /// The vCenter it is about, whose remedies are offered.
    #[prop_or_default]
    pub(crate) vcenter: Option<VcenterId>,
    /// Tries again, where that is all there is to do.
    #[prop_or_default]
    pub(crate) retry: Option<Callback<()>>,
}

/// An alert in the page.
#[function_component]
pub(crate) fn Failure(props: &Properties) -> Html {
    let (next, offers) = match &props.vcenter {
        Some(vcenter) => advice::on(&props.error, vcenter),
        None => (advice::in_form(&props.error), Vec::new()),
    };
    html! {
        <Alert level={Level::Danger} title={props.title.clone()}>
            <p class="muster-words">{ said(&props.error.message) }</p>
            if !next.is_empty() {
                <p class="muster-words">{ words::with_fingerprints(&next) }</p>
            }
            if !offers.is_empty() {
                <p><Offers {offers} /></p>
            }
            if let Some(retry) = props.retry.clone() {
                <p>
                    <Button variant={ButtonVariant::InlineLink} onclick={move |_| retry.emit(())}>
                        { "Try again" }
                    </Button>
                </p>
            }
        </Alert>
    }
}

/// A message of the service as people read it.
pub(crate) fn said(message: &str) -> String {
    words::shown(&words::with_fingerprints(&words::with_times(&advice::sentence(message), local)))
}

/// What an alert says.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct AlertProperties {
    pub(crate) level: Level,
    pub(crate) title: AttrValue,
    #[prop_or_default]
    pub(crate) children: Html,
    /// Stands at its right.
    #[prop_or_default]
    pub(crate) action: Html,
}

/// A framed message with an icon, read aloud when it appears.
#[function_component]
pub(crate) fn Alert(props: &AlertProperties) -> Html {
    let word = match props.level {
        Level::Good => "Success: ",
        Level::Info => "Info: ",
        Level::Warning => "Warning: ",
        Level::Danger => "Error: ",
        Level::Neutral => "",
    };
    html! {
        <div class={classes!("pf-v6-c-alert", "pf-m-inline", icon::modifier(props.level))} role="status">
            <div class="pf-v6-c-alert__icon">{ icon::of_level(props.level) }</div>
            <p class="pf-v6-c-alert__title">
                <span class="pf-v6-screen-reader">{ word }</span>
                { props.title.clone() }
            </p>
            <div class="pf-v6-c-alert__action">{ props.action.clone() }</div>
            <div class="pf-v6-c-alert__description">{ props.children.clone() }</div>
        </div>
    }
}
