//! The state of a vCenter and the age of its data, in words, an icon and a colour.
//! Refuses to use the colour alone.

use super::icon;
use super::when::{Ago, local};
use crate::hooks::{use_route, use_vcenter_service};
use crate::state::route::Route;
use crate::state::words::{self, Level};
use contract::{RefreshWait, Time, Vcenter, VcenterState};
use yew::prelude::*;

/// A word with its level.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct LevelProperties {
    pub(crate) level: Level,
    pub(crate) word: AttrValue,
}

/// A label.
#[function_component]
pub(crate) fn LevelLabel(props: &LevelProperties) -> Html {
    let modifier = icon::modifier(props.level);
    html! {
        <span class={classes!("pf-v6-c-label", "pf-m-compact", modifier)}>
            <span class="pf-v6-c-label__content">
                <span class="pf-v6-c-label__icon">{ icon::plain(props.level) }</span>
                <span class="pf-v6-c-label__text">{ props.word.clone() }</span>
            </span>
        </span>
    }
}

/// A vCenter.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) vcenter: Vcenter,
}

/// Its connection state, and since when, where that matters.
#[function_component]
pub(crate) fn State(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let Some(status) = service.world().status(&props.vcenter.id) else {
        return html! { <LevelLabel level={Level::Neutral} word="Loading…" /> };
    };
    let now = service.world().now;
    let is_answering = service.world().is_answering(&props.vcenter.id);
    let (word, level) = words::standing(status, is_answering, now);
    if is_answering {
        return html! { <span class="muster-state"><LevelLabel {level} {word} /></span> };
    }
    if let (VcenterState::Unknown, Some(at)) = (status.state, status.contact_at) {
        return html! { <span class="muster-state" title={local(at)}><LevelLabel {level} {word} /></span> };
    }
    let fails = words::is_trouble(status.state);
    let since = status.since.filter(|_| fails);
    // What failed long ago may work by now: then it says when it was tried.
    let ttl = props.vcenter.ttl_seconds as i64;
    let tried = status.contact_at.filter(|at| fails && words::age(*at, now).is_none_or(|age| age > ttl));
    html! {
        <span class="muster-state">
            <LevelLabel {level} {word} />
            if let Some(since) = since {
                <span class="muster-quiet">
                    { if words::age(since, now).is_some() { "since " } else { "since a date " } }
                    <Ago time={since} />
                    if let Some(tried) = tried.filter(|tried| *tried != since) {
                        { ", last tried " }<Ago time={tried} />
                    }
                </span>
            }
        </span>
    }
}

/// Why a kind is older than its TTL: `next refresh in 2 min: reading takes 40 s`.
fn waits(wait: &RefreshWait, now: Time) -> String {
    let left = (wait.until.0 - now.0).max(0) / 1000;
    format!("next refresh in {}: reading takes {} s", words::duration(left), wait.took_seconds.max(1))
}

/// How old its data is, held against its TTL.
#[function_component]
pub(crate) fn Age(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let ttl = words::duration(props.vcenter.ttl_seconds as i64);
    let now = service.world().now;
    let route = use_route();
    let Some(status) = service.world().status(&props.vcenter.id) else { return Html::default() };
    if let Route::Inventory(view) = route {
        // The age of what is listed stands with the list; here is only why it is no younger.
        let wait = status.refresh_waits.get(&view.kind.key());
        return match wait.filter(|wait| wait.until > now) {
            Some(wait) => html! {
                <span class="muster-age muster-quiet">
                    { format!("{} are stale · {}", view.kind.title(), waits(wait, now)) }
                </span>
            },
            None => Html::default(),
        };
    }
    let next = status.refresh_waits.values().filter(|wait| wait.until > now).min_by_key(|wait| wait.until);
    match service.last_sync(&props.vcenter.id) {
        Some(at) => {
            let age = words::age(at, now);
            let is_fresh = age.is_some_and(|age| age <= props.vcenter.ttl_seconds as i64);
            let what = match (age, is_fresh) {
                (Some(_), true) => "fresh",
                (Some(_), false) => "stale",
                (None, _) => "wrong system clock; treated as stale",
            };
            html! {
                <span class="muster-age" data-fresh={is_fresh.to_string()}>
                    { "Last sync " }<Ago time={at} />
                    <span class="muster-quiet">
                        { format!(" · {what} (TTL {ttl})") }
                        if let Some(wait) = next.filter(|_| !is_fresh) {
                            { format!(" · {}", waits(wait, now)) }
                        }
                    </span>
                </span>
            }
        }
        None if status.counts.values().any(|count| *count > 0) => {
            html! { <span class="muster-age" data-fresh="false">{ "Partially synced" }</span> }
        }
        None => html! { <span class="muster-age muster-quiet">{ "No data yet" }</span> },
    }
}
