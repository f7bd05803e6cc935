//! How long the history of operations is kept: a setting of Muster itself.
//! Refuses to delete anything itself: what is too old goes by and by.

use crate::components::failure::Failure;
use crate::components::select::Select;
use crate::hooks::{use_command, use_query};
use crate::state::words::counted;
use contract::Preferences;
use contract::command::{SetPreferences, ShowPreferences};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use yew::prelude::*;

/// Days to choose from.
const DAYS: [u32; 5] = [7, 30, 90, 180, 365];

/// The choice.
#[function_component]
pub(crate) fn Retention() -> Html {
    let answer = use_query(ShowPreferences {});
    match (answer.value, answer.error) {
        (Some(known), _) => html! { <Choice known={(*known).clone()} /> },
        (None, Some(error)) => html! { <Failure title="The setting could not be loaded" {error} /> },
        (None, None) => Html::default(),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct Known {
    known: Preferences,
}

#[function_component]
fn Choice(props: &Known) -> Html {
    let known = &props.known;
    let wanted = use_state_eq(|| None::<u32>);
    let history_days = wanted.unwrap_or(known.history_days);
    let mut preferences = known.clone();
    preferences.history_days = history_days;
    let is_changed = preferences != *known;
    let set = SetPreferences { made_from: known.clone(), preferences };
    let save = {
        let wanted = wanted.clone();
        use_command(set, "The setting could not be saved", move |_, _| wanted.set(None))
    };
    let mut days: Vec<u32> = DAYS.to_vec();
    if !days.contains(&known.history_days) {
        days.push(known.history_days);
        days.sort_unstable();
    }
    let words = |days: u32| (days.to_string(), counted(days as usize, "day", "days"));
    let options: Vec<(String, String)> = days.into_iter().map(words).collect();
    let choose = Callback::from(move |chosen: String| wanted.set(chosen.parse().ok()));
    let onclick = save.start.reform(|_: MouseEvent| ());
    html! {
        <div class="muster-retention">
            <div class="muster-retention__choice">
                <label for="history-days">{ "Keep operations for" }</label>
                <Select id="history-days" class="muster-scope"
                    aria_describedby="history-days-help" {options} chosen={history_days.to_string()} {choose} />
                <Button variant={ButtonVariant::Secondary} size={ButtonSize::Small} {onclick}
                    disabled={!is_changed || save.is_under_way} label="Save" />
            </div>
            <p class="muster-quiet" id="history-days-help">
                { "Older operations and what they changed are deleted. The newest 100 of each vCenter are kept." }
            </p>
        </div>
    }
}
