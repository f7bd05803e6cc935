//! Icons of PatternFly's font.
//! Refuse to say anything by themselves: a screen reader passes them over, and the words beside them say it.

use crate::state::words::Level;
use yew::prelude::*;

/// An icon by its name, such as `sync`.
pub(crate) fn icon(name: &str) -> Html {
    html! { <i class={classes!("fas", format!("fa-{name}"))} aria-hidden="true" /> }
}

/// The icon of a level, in the colour of the words beside it.
pub(crate) fn plain(level: Level) -> Html {
    icon(name_and_modifier(level).0)
}

fn name_and_modifier(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Good => ("check-circle", "pf-m-success"),
        Level::Info => ("info-circle", "pf-m-info"),
        Level::Warning => ("exclamation-triangle", "pf-m-warning"),
        Level::Danger => ("exclamation-circle", "pf-m-danger"),
        Level::Neutral => ("minus-circle", ""),
    }
}

/// The icon of a level, in its own colour.
pub(crate) fn of_level(level: Level) -> Html {
    let (name, modifier) = name_and_modifier(level);
    html! {
        <span class="pf-v6-c-icon">
            <span class={classes!("pf-v6-c-icon__content", modifier)}>{ icon(name) }</span>
        </span>
    }
}
