//! The state of a vCenter and the age of its data, in words, an icon and a colour.
//! Refuses to use the colour alone.

use super::icon;
use super::when::{Ago, local};
use crate::hooks::{use_route, use_vcenter_service};
use crate::state::route::Route;
use crate::state::words::{self, Level};
use crate::state::world::World;
use contract::{
    Group, Kind, Pause, RefreshWait, StaleReads, Time, Vcenter, VcenterSettings, VcenterState, VcenterStatus,
};
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
    let Vcenter { id, settings, .. } = props.vcenter.clone();
    let known = service.see(move |world| Some(stand(world, world.status(&id)?, settings.ttl_seconds as i64)));
    let Some(Stand { word, level, since, tried, title, with }) = known else {
        return html! { <LevelLabel level={Level::Neutral} word="Loading…" /> };
    };
    html! {
        <span class="muster-state" title={title.map(local)}>
            <LevelLabel {level} {word} />
            if let Some(with) = with {
                <span class="muster-quiet">{ format!("with {with}") }</span>
            }
            if let Some((since, is_past)) = since {
                <span class="muster-quiet">
                    { if is_past { "since " } else { "since a date " } }
                    <Ago time={since} />
                    if let Some(tried) = tried.filter(|tried| *tried != since) {
                        { ", last tried " }<Ago time={tried} />
                    }
                </span>
            }
        </span>
    }
}

/// What is said of a connection state.
#[derive(Clone, PartialEq)]
struct Stand {
    word: String,
    level: Level,
    /// Since when it is in trouble, and whether that is in the past.
    since: Option<(Time, bool)>,
    tried: Option<Time>,
    /// When it was reached, of one of which nobody knows more, or until when it is paused.
    title: Option<Time>,
    /// What is paused, and not the vCenter alone: `tag prod`, `everything`.
    with: Option<String>,
}

fn stand(world: &World, status: &VcenterStatus, ttl: i64) -> Stand {
    let is_answering = world.is_answering(&status.vcenter_id);
    let (word, level) = words::standing(status, is_answering, world.now);
    let fails = status.state.is_trouble() && !is_answering;
    let age = |time: Time| words::age(time, world.now);
    let is_unknown = status.state == VcenterState::Unknown && !is_answering;
    Stand {
        word,
        level,
        since: status.since.filter(|_| fails).map(|since| (since, age(since).is_some())),
        // What failed long ago may work by now: then it says when it was tried.
        tried: status.contact_at.filter(|at| fails && age(*at).is_none_or(|age| age > ttl)),
        title: match &status.paused {
            Some(pause) => pause.until,
            None => status.contact_at.filter(|_| is_unknown),
        },
        with: status.paused.as_ref().and_then(|pause| match &pause.tag {
            _ if pause.all => Some("everything".to_owned()),
            tag => tag.as_ref().map(|tag| format!("tag {tag}")),
        }),
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
    let Vcenter { id, settings, .. } = props.vcenter.clone();
    let kind = match use_route() {
        Route::Inventory(view) => Some(view.kind),
        Route::Overview
        | Route::Vcenters { .. }
        | Route::Credentials { .. }
        | Route::Operations(_)
        | Route::Jobs(_)
        | Route::Discovery(_)
        | Route::Health(_)
        | Route::Analytics(_)
        | Route::Audit(_)
        | Route::Settings
        | Route::Compact => None,
    };
    let (known, resumable) = service
        .see({
            let id = id.clone();
            move |world| {
                let status = world.status(&id)?;
                let freshness = match kind {
                    // The age of what is listed stands with the list; here is only why it is no younger.
                    Some(kind) => kind_waits(status, kind, world.now).map(Freshness::Waits),
                    None => Some(freshness(status, &settings, world.now)),
                };
                Some((freshness, resumable(status, world.now)))
            }
        })
        .unwrap_or_default();
    let may_resume = service.may::<contract::command::Resume>();
    let resume = resumable.filter(|_| may_resume).map(|of| {
        let label = match &of {
            Group::Vcenter(_) => "Resume now".to_owned(),
            Group::Tag(tag) => format!("Resume tag {tag}"),
            Group::All => "Resume all".to_owned(),
        };
        let resume = Callback::from(move |_: MouseEvent| service.resume(of.clone()));
        html! {
            <button type="button" class="pf-v6-c-button pf-m-link pf-m-inline" onclick={resume}>{ label }</button>
        }
    });
    html! { <>{ said(known) }{ resume }</> }
}

fn said(known: Option<Freshness>) -> Html {
    match known {
        None => Html::default(),
        Some(Freshness::Waits(words)) => html! { <span class="muster-age muster-quiet">{ words }</span> },
        Some(Freshness::Read { at, is_fresh, words }) => html! {
            <span class="muster-age" data-fresh={is_fresh.to_string()}>
                { "Last sync " }<Ago time={at} />
                <span class="muster-quiet">{ words }</span>
            </span>
        },
        Some(Freshness::InPart) => {
            html! { <span class="muster-age" data-fresh="false">{ "Partially synced" }</span> }
        }
        Some(Freshness::Never) => html! { <span class="muster-age muster-quiet">{ "No data yet" }</span> },
    }
}

/// What is said of the age of data.
#[derive(Clone, PartialEq)]
enum Freshness {
    Waits(String),
    Read { at: Time, is_fresh: bool, words: String },
    InPart,
    Never,
}

fn kind_waits(status: &VcenterStatus, kind: Kind, now: Time) -> Option<String> {
    if let Some(suspended) = suspended(status, now) {
        return Some(suspended);
    }
    let wait = status.refresh_waits.get(&kind.key()).filter(|wait| wait.until > now)?;
    Some(format!("{} are stale · {}", kind.title(), waits(wait, now)))
}

/// What is to be resumed for it to be refreshed by itself again.
fn resumable(status: &VcenterStatus, now: Time) -> Option<Group> {
    match &status.paused {
        // Every page says how that is ended.
        Some(Pause { all: true, .. }) => None,
        Some(Pause { tag: Some(tag), .. }) => Some(Group::Tag(tag.clone())),
        Some(_) => Some(Group::Vcenter(status.vcenter_id.clone())),
        None => suspended(status, now).map(|_| Group::Vcenter(status.vcenter_id.clone())),
    }
}

/// Why nothing is refreshed by itself.
fn suspended(status: &VcenterStatus, now: Time) -> Option<String> {
    contract::words::suspended(&status.suspended?, now)
}

fn freshness(status: &VcenterStatus, settings: &VcenterSettings, now: Time) -> Freshness {
    let ttl = settings.ttl_seconds as i64;
    let Some(at) = status.synced_at else {
        let has_some = status.counts.values().any(|count| *count > 0);
        return if has_some { Freshness::InPart } else { Freshness::Never };
    };
    let age = words::age(at, now);
    let is_fresh = age.is_some_and(|age| age <= ttl);
    let what = match (age, is_fresh) {
        (Some(_), true) => "fresh",
        (Some(_), false) => "stale",
        (None, _) => "wrong system clock; treated as stale",
    };
    let next = status.refresh_waits.values().filter(|wait| wait.until > now).min_by_key(|wait| wait.until);
    let next = match (is_fresh, settings.stale_reads) {
        (true, _) => suspended(status, now).map(|why| format!(" · {why}")),
        (false, StaleReads::Nothing) => Some(format!(" · {}", words::NOT_BY_ITSELF)),
        (false, StaleReads::Kind | StaleReads::Everything) => {
            let next = next.map(|wait| waits(wait, now));
            suspended(status, now).or(next).map(|why| format!(" · {why}"))
        }
    };
    let words = format!(" · {what} (TTL {}){}", words::duration(ttl), next.unwrap_or_default());
    Freshness::Read { at, is_fresh, words }
}
