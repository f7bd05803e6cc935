//! Consumers of the service's events.
//! Refuse to call into the service: they say that something changed, and whoever hears it reads what is true now.

mod webview;

pub(crate) use webview::webview;
