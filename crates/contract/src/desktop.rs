//! How Muster uses the desktop of this machine, and what that desktop offers.
//! Refuses to be part of the database: another machine on the same one has another desktop.

use serde::{Deserialize, Serialize};

/// What happens when the last window is closed while a tray is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnClose {
    /// It is asked.
    #[default]
    Ask,
    /// Muster goes on in the tray.
    Keep,
    /// Muster ends.
    Quit,
}

impl OnClose {
    /// Each of them, as they are chosen from.
    pub const ALL: [OnClose; 3] = [OnClose::Ask, OnClose::Keep, OnClose::Quit];

    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            OnClose::Ask => "ask",
            OnClose::Keep => "keep",
            OnClose::Quit => "quit",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<OnClose> {
        OnClose::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What happens then, in words.
    pub fn words(self) -> &'static str {
        match self {
            OnClose::Ask => "Ask",
            OnClose::Keep => "Keep running in the tray",
            OnClose::Quit => "Quit Muster",
        }
    }
}

/// What a person chose for this machine. What is left out of the JSON is as it is by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DesktopPreferences {
    /// What closing the last window does.
    pub on_close: OnClose,
    /// Whether notifications are shown.
    pub notify: bool,
}

impl Default for DesktopPreferences {
    fn default() -> DesktopPreferences {
        DesktopPreferences { on_close: OnClose::Ask, notify: true }
    }
}

/// The desktop as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desktop {
    /// What was chosen.
    pub preferences: DesktopPreferences,
    /// Whether Muster is started at login.
    pub starts_at_login: bool,
    /// Whether a tray is there at the moment.
    pub has_tray: bool,
    /// Whether a window can stay above the others.
    pub stays_on_top: bool,
}

/// What the page asks before its window closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingQuestion {
    /// A sync runs that a person started: to its end first, or not.
    MidSync,
    /// Whether Muster goes on in the tray.
    Tray,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_release_did_not_keep_is_as_it_is_by_default() {
        let read: DesktopPreferences =
            serde_json::from_str(r#"{"on_close":"keep","of_tomorrow":1}"#).unwrap();
        assert_eq!(read, DesktopPreferences { on_close: OnClose::Keep, notify: true });
        assert_eq!(serde_json::from_str::<DesktopPreferences>("{}").unwrap(), DesktopPreferences::default());
    }

    #[test]
    fn the_words_of_what_closing_does_are_those_of_json() {
        for one in OnClose::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
            assert_eq!(OnClose::from_name(one.name()), Some(one));
        }
    }
}
