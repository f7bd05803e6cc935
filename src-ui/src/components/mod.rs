//! Widgets that pages share.
//! Refuse to call the backend: what they show and do comes from `hooks`.

pub(crate) mod analysis;
pub(crate) mod attention;
pub(crate) mod chart;
pub(crate) mod chooser;
pub(crate) mod clipboard;
pub(crate) mod closing;
pub(crate) mod configuration;
pub(crate) mod dialog;
pub(crate) mod drawer;
pub(crate) mod empty;
pub(crate) mod failure;
pub(crate) mod frame;
pub(crate) mod icon;
mod kept_focus;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod menu;
pub(crate) mod moment;
pub(crate) mod name;
pub(crate) mod outcome;
pub(crate) mod popover;
pub(crate) mod progress;
pub(crate) mod running;
pub(crate) mod schedule;
pub(crate) mod select;
pub(crate) mod several;
pub(crate) mod status;
pub(crate) mod sync_manager;
pub(crate) mod toasts;
pub(crate) mod waive;
pub(crate) mod when;
