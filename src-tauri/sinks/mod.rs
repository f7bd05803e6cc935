//! Consumers of the service's events: the pages of windows, the tray, and notifications.
//! Refuse to carry state from an event: they hear that something changed, and read what is true now.

mod following;
mod notices;
#[cfg(test)]
mod samples;
mod tray;
mod webview;

pub(crate) use notices::{Problem, notices};
pub(crate) use tray::{Act, tray};
pub(crate) use webview::webview;
