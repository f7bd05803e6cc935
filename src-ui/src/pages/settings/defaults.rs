//! What is set for everybody on this database: what new vCenters begin with, and how long the history is kept.
//! Refuses to delete anything itself: what is too old goes by and by.

use super::{Section, answered};
use crate::components::select::Select;
use crate::hooks::{use_command, use_query, use_vcenter_service};
use crate::state::words::{counted, duration};
use contract::command::{SetPreferences, ShowPreferences};
use contract::{Preferences, StaleReads};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// Days to choose from.
const DAYS: [u64; 5] = [7, 30, 90, 180, 365];

/// TTLs to choose from, seconds.
const TTLS: [u64; 8] = [60, 300, 600, 1800, 3600, 14_400, 43_200, 86_400];

/// The section.
#[function_component]
pub(super) fn Defaults() -> Html {
    let content = answered(use_query(ShowPreferences {}), "The defaults could not be loaded", |known| {
        html! { <Choice known={known.clone()} /> }
    });
    html! { <Section id="defaults" title="Defaults and history">{ content }</Section> }
}

#[derive(Clone, PartialEq, Properties)]
struct Known {
    known: Preferences,
}

#[function_component]
fn Choice(props: &Known) -> Html {
    let service = use_vcenter_service();
    let known = &props.known;
    // What was chosen here, and what it was made from: what others set meanwhile shows where nothing was chosen.
    let wanted = use_state_eq(|| None::<(Preferences, Preferences)>);
    let preferences = match &*wanted {
        Some((made_from, chosen)) => chosen.on_top_of(made_from, known),
        None => known.clone(),
    };
    let is_changed = preferences != *known;
    let set = SetPreferences { made_from: known.clone(), preferences: preferences.clone() };
    let save = {
        let wanted = wanted.clone();
        use_command(set, "The defaults could not be saved", move |_, _| wanted.set(None))
    };
    let may_set = service.may::<SetPreferences>();
    let choose = |change: fn(&mut Preferences, String)| {
        let (wanted, known, preferences) = (wanted.clone(), known.clone(), preferences.clone());
        Callback::from(move |chosen: String| {
            let mut preferences = preferences.clone();
            change(&mut preferences, chosen);
            wanted.set(Some((known.clone(), preferences)));
        })
    };
    let ttls = among(&TTLS, known.default_ttl_seconds, |seconds| duration(seconds as i64));
    let days = among(&DAYS, u64::from(known.history_days), |days| counted(days as usize, "day", "days"));
    let analytics_days =
        among(&DAYS, u64::from(known.analytics_days), |days| counted(days as usize, "day", "days"));
    let reads: Vec<_> = StaleReads::ALL
        .into_iter()
        .map(|reads| (reads.name().to_owned(), reads.words().to_owned()))
        .collect();
    let onclick = save.start.reform(|_: MouseEvent| ());
    html! {
        <fieldset class="muster-fields muster-retention" disabled={!may_set}>
            if !may_set {
                <p class="muster-quiet">{ "Only an admin can change these: they apply to everybody who uses this database." }</p>
            }
            <div class="muster-settings__field">
                <label for="default-ttl">{ "Data of a new vCenter is stale after" }</label>
                <Select id="default-ttl" class="muster-settings__select" options={ttls} chosen={preferences.default_ttl_seconds.to_string()}
                    choose={choose(|preferences, chosen| {
                        preferences.default_ttl_seconds = chosen.parse().unwrap_or(preferences.default_ttl_seconds);
                    })} />
            </div>
            <div class="muster-settings__field">
                <label for="default-stale-reads">{ "When its data on screen is stale" }</label>
                <Select id="default-stale-reads" class="muster-settings__select" options={reads} chosen={preferences.default_stale_reads.name()}
                    choose={choose(|preferences, chosen| {
                        preferences.default_stale_reads = StaleReads::from_name(&chosen).unwrap_or(preferences.default_stale_reads);
                    })} />
            </div>
            <div class="muster-settings__field">
                <label for="history-days">{ "Keep operations for" }</label>
                <Select id="history-days" class="muster-settings__select" aria_describedby="history-days-help" options={days}
                    chosen={preferences.history_days.to_string()}
                    choose={choose(|preferences, chosen| {
                        preferences.history_days = chosen.parse().unwrap_or(preferences.history_days);
                    })} />
            </div>
            <p class="muster-quiet" id="history-days-help">
                { "Older operations and what they changed are deleted. The newest 100 of each vCenter are kept." }
            </p>
            <div class="muster-settings__field">
                <label for="analytics-days">{ "Keep numbers for analytics for" }</label>
                <Select id="analytics-days" class="muster-settings__select" aria_describedby="analytics-days-help" options={analytics_days}
                    chosen={preferences.analytics_days.to_string()}
                    choose={choose(|preferences, chosen| {
                        preferences.analytics_days = chosen.parse().unwrap_or(preferences.analytics_days);
                    })} />
            </div>
            <p class="muster-quiet" id="analytics-days-help">
                { "Numbers by the day. Those by the hour are kept 14 days, and by the minute 2 days." }
            </p>
            if may_set {
                <div>
                    <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} {onclick}
                        disabled={!is_changed || save.is_under_way} label="Save" />
                </div>
            }
        </fieldset>
    }
}

/// What there is to choose from, and what is set where that is none of them.
fn among(usual: &[u64], known: u64, words: impl Fn(u64) -> String) -> Vec<(String, String)> {
    let mut all = usual.to_vec();
    if !all.contains(&known) {
        all.push(known);
        all.sort_unstable();
    }
    all.into_iter().map(|one| (one.to_string(), words(one))).collect()
}
