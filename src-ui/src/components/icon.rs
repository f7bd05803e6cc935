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
    icon(match level {
        Level::Good => "check-circle",
        Level::Info => "info-circle",
        Level::Warning => "exclamation-triangle",
        Level::Danger => "exclamation-circle",
        Level::Neutral => "minus-circle",
    })
}

/// PatternFly's class for a level, on whatever it is.
pub(crate) fn modifier(level: Level) -> &'static str {
    match level {
        Level::Good => "pf-m-success",
        Level::Info => "pf-m-info",
        Level::Warning => "pf-m-warning",
        Level::Danger => "pf-m-danger",
        Level::Neutral => "",
    }
}

/// The icon of a level, in its own colour.
pub(crate) fn of_level(level: Level) -> Html {
    html! {
        <span class="pf-v6-c-icon">
            <span class={classes!("pf-v6-c-icon__content", modifier(level))}>{ plain(level) }</span>
        </span>
    }
}
