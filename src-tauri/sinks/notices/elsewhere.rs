//! Notifications of Windows and macOS.
//! Refuses to wait for clicks: those systems tell them to packaged applications alone.

use contract::VcenterId;
use contract::notices::Message;

/// What shows them.
#[derive(Default)]
pub(super) struct Notifier {}

impl Notifier {
    /// Shows one.
    pub(super) async fn show(&mut self, message: &Message) {
        let mut shown = notify_rust::Notification::new();
        shown.appname("Muster").summary(&message.title).body(&message.body);
        // It talks to the system, which may take its time; who doesn't take it has nobody who reads it.
        let _ = tokio::task::spawn_blocking(move || shown.show().map(drop)).await;
    }

    /// No click is told.
    pub(super) async fn clicked(&mut self) -> Option<VcenterId> {
        std::future::pending().await
    }
}
