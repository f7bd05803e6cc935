//! The state of a vCenter and the age of its data, in words, an icon and a colour.
//! Refuses to use the colour alone.

use super::icon;
use super::when::Ago;
use crate::hooks::use_vcenter_service;
use crate::state::words::{self, Level};
use contract::{Vcenter, VcenterState};
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
        return html! { <LevelLabel level={Level::Neutral} word="Reading…" /> };
    };
    let (word, level) = words::state(status.state);
    let since =
        status.since.filter(|_| !matches!(status.state, VcenterState::Online | VcenterState::NeverSynced));
    html! {
        <span class="muster-state">
            <LevelLabel {level} {word} />
            if let Some(since) = since {
                <span class="muster-quiet">
                    { if words::age(since, service.world().now).is_some() { "since " } else { "since a time " } }
                    <Ago time={since} />
                </span>
            }
        </span>
    }
}

/// How old its data is, held against its TTL.
#[function_component]
pub(crate) fn Age(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let ttl = words::duration(props.vcenter.ttl_seconds as i64);
    let Some(status) = service.world().status(&props.vcenter.id) else { return Html::default() };
    match service.last_sync(&props.vcenter.id) {
        Some(at) => {
            let age = words::age(at, service.world().now);
            let is_fresh = age.is_some_and(|age| age <= props.vcenter.ttl_seconds as i64);
            let what = match (age, is_fresh) {
                (Some(_), true) => "fresh",
                (Some(_), false) => "stale",
                (None, _) => "a clock was wrong, so it counts as stale",
            };
            html! {
                <span class="muster-age" data-fresh={is_fresh.to_string()}>
                    { "Data read " }<Ago time={at} />
                    <span class="muster-quiet">
                        { format!(" · {what} (TTL {ttl})") }
                    </span>
                </span>
            }
        }
        None if status.counts.values().any(|count| *count > 0) => {
            html! { <span class="muster-age" data-fresh="false">{ "Only a part was ever read" }</span> }
        }
        None => html! { <span class="muster-age muster-quiet">{ "No data yet" }</span> },
    }
}
