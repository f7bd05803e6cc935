//! Whether keys work that are pressed without another one.

use super::{Section, Switch};
use crate::components::keys::SINGLE_KEYS;
use crate::hooks::use_remembered;
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn Keyboard() -> Html {
    let (chosen, remember) = use_remembered(SINGLE_KEYS);
    let change = remember.reform(|on: bool| if on { "on" } else { "off" }.to_owned());
    html! {
        <Section id="keyboard" title="Keyboard">
            <Switch id="single-keys" label="Single-key shortcuts" is_on={chosen.as_deref() != Some("off")} {change}
                help="Such as / to search, ? for the list of shortcuts, and g followed by a letter to go to a page. Turn them off \
                    when speech input or stray keys set them off. Shortcuts with Ctrl, and the keys within tables, keep working." />
        </Section>
    }
}
