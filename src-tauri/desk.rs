//! What a person chose for this machine's desktop, kept beside the data, and what the desktop offers.
//! Refuses to lose a choice for the run where it cannot be written: it holds, and the error says that it isn't kept.

use crate::autostart::Autostart;
use crate::place;
use contract::{ApiError, Code, Desktop, DesktopPreferences, OnClose};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The desktop. Clones are the same.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inner>);

struct Inner {
    file: Option<PathBuf>,
    preferences: Mutex<DesktopPreferences>,
    has_tray: watch::Sender<bool>,
    /// Goes up whenever something of it is another.
    changes: watch::Sender<u64>,
    /// Whether Muster goes on without a window.
    is_resident: AtomicBool,
    stays_on_top: bool,
    autostart: Autostart,
}

impl Desk {
    /// As it was chosen on this data folder.
    pub(crate) fn beside(data_dir: Option<&Path>, stays_on_top: bool, autostart: Autostart) -> Desk {
        let file = data_dir.map(|data_dir| data_dir.join("desktop.json"));
        let read = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let preferences = read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Desk(Arc::new(Inner {
            file,
            preferences: Mutex::new(preferences),
            has_tray: watch::Sender::default(),
            changes: watch::Sender::default(),
            is_resident: AtomicBool::new(false),
            stays_on_top,
            autostart,
        }))
    }

    /// What was chosen.
    pub(crate) fn preferences(&self) -> DesktopPreferences {
        *self.0.preferences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chooses it for now and for later.
    pub(crate) fn choose(&self, preferences: DesktopPreferences) -> Result<(), ApiError> {
        *self.0.preferences.lock().unwrap_or_else(PoisonError::into_inner) = preferences;
        self.changed();
        let Some(file) = &self.0.file else { return Ok(()) };
        place::keep(file, &preferences).map_err(|error| {
            let message = format!("{} can't be written: {error}", file.display());
            ApiError::new(Code::Failed, message).next("The choice holds until Muster ends.")
        })
    }

    /// What closing the last window does from now on.
    pub(crate) fn remember(&self, on_close: OnClose) -> Result<(), ApiError> {
        self.choose(DesktopPreferences { on_close, ..self.preferences() })
    }

    /// All of it.
    pub(crate) fn shown(&self) -> Desktop {
        Desktop {
            preferences: self.preferences(),
            starts_at_login: self.0.autostart.is_on(),
            has_tray: self.has_tray(),
            stays_on_top: self.0.stays_on_top,
        }
    }

    /// Has Muster started at login, or not any more.
    pub(crate) fn start_at_login(&self, on: bool) -> Result<(), ApiError> {
        let set = self.0.autostart.set(on).map_err(|error| {
            ApiError::new(Code::Failed, format!("Start at login could not be changed: {error}"))
        });
        self.changed();
        set
    }

    /// Whether a tray is there.
    pub(crate) fn has_tray(&self) -> bool {
        *self.0.has_tray.borrow()
    }

    /// The same from now on.
    pub(crate) fn tray(&self) -> watch::Receiver<bool> {
        self.0.has_tray.subscribe()
    }

    /// A tray came or went.
    pub(crate) fn set_tray(&self, is_there: bool) {
        if self.0.has_tray.send_replace(is_there) != is_there {
            self.changed();
        }
    }

    /// Changes whenever something of it is another.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Whether Muster goes on without a window.
    pub(crate) fn is_resident(&self) -> bool {
        self.0.is_resident.load(Ordering::Relaxed)
    }

    /// From now on it does, or ends with its last window.
    pub(crate) fn reside(&self, without_a_window: bool) {
        if self.0.is_resident.swap(without_a_window, Ordering::Relaxed) != without_a_window {
            self.changed();
        }
    }

    /// Tells that something of it is another.
    pub(crate) fn changed(&self) {
        self.0.changes.send_modify(|number| *number += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_kept_and_a_change_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let autostart = || Autostart::of(Some(folder.path()), contract::Role::Admin);
        let desk = Desk::beside(Some(folder.path()), true, autostart());
        assert_eq!(desk.preferences(), DesktopPreferences::default());
        let mut changes = desk.changes();
        desk.remember(OnClose::Keep).unwrap();
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        let again = Desk::beside(Some(folder.path()), true, autostart());
        assert_eq!(again.preferences().on_close, OnClose::Keep);
        desk.set_tray(true);
        assert!(changes.has_changed().unwrap() && desk.shown().has_tray);
        changes.mark_unchanged();
        desk.set_tray(true);
        assert!(!changes.has_changed().unwrap(), "it is as it was");
    }

    #[test]
    fn a_choice_that_cannot_be_kept_holds_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("desktop.json")).unwrap();
        let desk = Desk::beside(
            Some(folder.path()),
            true,
            Autostart::of(Some(folder.path()), contract::Role::Admin),
        );
        let error =
            desk.choose(DesktopPreferences { notify: false, ..DesktopPreferences::default() }).unwrap_err();
        assert!(error.message.contains("desktop.json"), "{error:?}");
        assert!(!desk.preferences().notify);
    }
}
