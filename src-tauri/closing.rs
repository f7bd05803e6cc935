//! What happens when the window is asked to close: while a sync runs here that a person started, the page asks first.
//! Refuses to keep the window open for a page that doesn't answer, and to ask when the system ends Muster.

use crate::wiring::Wiring;
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Manager, WebviewWindow, WindowEvent};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a page may take to show the question.
const PAGE: Duration = Duration::from_secs(2);
/// How often it is looked whether the work is done that is waited for.
const LOOK: Duration = Duration::from_millis(200);

/// The question before the window closes. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Closing(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Goes up whenever the page is to ask.
    asked: watch::Sender<u64>,
    /// Goes up whenever the page listens, at first and after each question.
    heard: watch::Sender<u64>,
    /// Goes up whenever somebody wants the window to stay after all.
    stays: watch::Sender<u64>,
}

impl Closing {
    /// Puts the question before whatever closes a window.
    pub(crate) fn guard(&self, window: &WebviewWindow, wiring: &Wiring) {
        let (closing, wiring, app) = (self.clone(), wiring.clone(), window.app_handle().clone());
        window.on_window_event(move |event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                // Whether something runs is known only after a look into the database.
                api.prevent_close();
                closing.ask(&app, &wiring);
            }
        });
    }

    /// Closes the window, or has the page ask first.
    pub(crate) fn ask(&self, app: &AppHandle, wiring: &Wiring) {
        let (closing, app, asking) = (self.clone(), app.clone(), wiring.clone());
        wiring.run_until_closed(async move {
            // A database that doesn't answer must not keep the window open.
            let is_syncing = asking.is_syncing_for_a_person().await == Some(true);
            if !(is_syncing && closing.page_asks().await) {
                close(&app);
            }
        });
    }

    /// Waits until the page is to ask.
    pub(crate) async fn asked(&self) {
        let mut asked = self.0.asked.subscribe();
        self.0.heard.send_modify(|heard| *heard += 1);
        // The sender lives as long as this.
        let _ = asked.changed().await;
    }

    /// Closes the window: at once, or when what a person started is done.
    pub(crate) async fn close(&self, app: &AppHandle, wiring: &Wiring, finish_first: bool) {
        match finish_first {
            true => self.close_when_done(app, wiring).await,
            false => close(app),
        }
    }

    /// Closes the window when nothing runs here any more that a person started, unless somebody wants it to stay.
    async fn close_when_done(&self, app: &AppHandle, wiring: &Wiring) {
        let mut stays = self.0.stays.subscribe();
        let done = async {
            // One that doesn't answer may still be written by the sync that is waited for.
            while wiring.is_syncing_for_a_person().await != Some(false) {
                sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = done => close(app),
            _ = stays.changed() => {}
        }
    }

    /// The window stays.
    pub(crate) fn stay(&self) {
        self.0.stays.send_modify(|stays| *stays += 1);
    }

    /// Has the page ask; `false` if no page is there that does.
    async fn page_asks(&self) -> bool {
        let mut heard = self.0.heard.subscribe();
        self.0.asked.send_modify(|asked| *asked += 1);
        // It listens again once it was told, so that a page that broke or hangs is noticed.
        matches!(timeout(PAGE, heard.changed()).await, Ok(Ok(())))
    }
}

/// Closes the window, and with it ends Muster in order.
fn close(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // One that is gone already is closed.
        let _ = window.destroy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_that_does_not_listen_again_is_not_waited_for() {
        let closing = Closing::default();
        assert!(!closing.page_asks().await, "no page is there");
        let page = closing.clone();
        let listening = async {
            page.asked().await;
            page.asked().await;
        };
        let asking = async {
            tokio::task::yield_now().await;
            (closing.page_asks().await, closing.page_asks().await)
        };
        let (_, answers) = tokio::join!(listening, asking);
        assert_eq!(answers, (true, false), "it listened once more, and then no longer");
    }
}
