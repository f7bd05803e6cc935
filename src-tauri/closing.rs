//! What happens when a window is asked to close: the last one asks before a sync is cut short that a person started, and
//! whether Muster goes on in the tray.
//! Refuses to keep a window open for a page that doesn't answer, and to ask when the system ends Muster.

use crate::shell::Shell;
use crate::window::Which;
use crate::wiring::Wiring;
use contract::{ApiError, ClosingQuestion, Code, OnClose};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tauri::{WebviewWindow, WindowEvent};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a page may take to show the question.
const PAGE: Duration = Duration::from_secs(2);
/// The same for a page that is being opened for it.
const OPENED: Duration = Duration::from_secs(20);
/// How often it is looked whether the work is done that is waited for.
const LOOK: Duration = Duration::from_millis(200);

/// The questions before windows close. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Closing(Arc<Inner>);

#[derive(Default)]
struct Inner {
    pages: Mutex<HashMap<Which, Page>>,
    /// Windows that close and are still there.
    leaving: Mutex<HashSet<Which>>,
    /// Goes up whenever somebody wants the window to stay after all.
    stays: watch::Sender<u64>,
}

/// The page of a window.
#[derive(Clone)]
struct Page {
    /// What it is to ask, and how often it was to ask something.
    asked: watch::Sender<(u64, ClosingQuestion)>,
    /// Goes up whenever it listens, at first and after each question.
    heard: watch::Sender<u64>,
}

impl Default for Page {
    fn default() -> Page {
        Page { asked: watch::Sender::new((0, ClosingQuestion::MidSync)), heard: watch::Sender::default() }
    }
}

impl Closing {
    /// Puts the question before whatever closes a window.
    pub(crate) fn guard(&self, which: Which, window: &WebviewWindow, shell: &Shell) {
        let (closing, shell) = (self.clone(), shell.clone());
        window.on_window_event(move |event| match event {
            WindowEvent::CloseRequested { api, .. } => {
                // Whether something runs is known only after a look into the database.
                api.prevent_close();
                closing.ask(which, &shell);
            }
            WindowEvent::Destroyed => {
                closing.pages().remove(&which);
                closing.leaving().remove(&which);
                shell.wiring.end_the_sink_of(which.label());
            }
            _ => {}
        });
    }

    /// Closes a window, or has its page ask first.
    pub(crate) fn ask(&self, which: Which, shell: &Shell) {
        let (closing, asking) = (self.clone(), shell.clone());
        shell.wiring.run_until_closed(async move {
            if closing.may_leave(which, asking.windows.is_open(which.other())) {
                return asking.windows.close(which);
            }
            match (asking.desk.has_tray(), asking.desk.preferences().on_close) {
                (true, OnClose::Keep) => asking.stay_in_tray(),
                (true, OnClose::Ask) if closing.page_asks(which, ClosingQuestion::Tray, PAGE).await => {}
                _ => closing.end(which, &asking, PAGE).await,
            }
        });
    }

    /// Whether a window may close without a question, because the other one stays. Of two that are asked to close at once the
    /// second asks.
    fn may_leave(&self, which: Which, other_is_open: bool) -> bool {
        let mut leaving = self.leaving();
        let stays = other_is_open && !leaving.contains(&which.other());
        if stays {
            leaving.insert(which);
        }
        stays
    }

    fn leaving(&self) -> MutexGuard<'_, HashSet<Which>> {
        self.0.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends Muster, or has a page ask first: that of an open window, else of one that is opened for it.
    pub(crate) fn quit(&self, shell: &Shell) {
        let (closing, asking) = (self.clone(), shell.clone());
        shell.wiring.run_until_closed(async move {
            let is_syncing = asking.wiring.is_syncing_for_a_person().await == Some(true);
            if !is_syncing {
                return asking.quit();
            }
            asking.windows.show(&asking, Which::Main, None);
            if !closing.page_asks(Which::Main, ClosingQuestion::MidSync, OPENED).await {
                asking.quit();
            }
        });
    }

    /// Ends Muster with a window, or has its page ask first.
    async fn end(&self, which: Which, shell: &Shell, patience: Duration) {
        // A database that doesn't answer must not keep the window open.
        let is_syncing = shell.wiring.is_syncing_for_a_person().await == Some(true);
        if !(is_syncing && self.page_asks(which, ClosingQuestion::MidSync, patience).await) {
            shell.quit();
        }
    }

    /// Waits until the page of a window is to ask something.
    pub(crate) async fn asked(&self, which: Which) -> Result<ClosingQuestion, ApiError> {
        let page = self.page(which);
        let mut asked = page.asked.subscribe();
        page.heard.send_modify(|heard| *heard += 1);
        drop(page);
        match asked.changed().await {
            Ok(()) => Ok(asked.borrow().1),
            Err(_) => Err(ApiError::new(Code::Cancelled, "the window is gone")),
        }
    }

    /// Ends Muster: at once, or when what a person started is done.
    pub(crate) async fn close(&self, shell: &Shell, finish_first: bool) {
        match finish_first {
            true => self.close_when_done(shell).await,
            false => shell.quit(),
        }
    }

    /// Ends Muster when nothing runs here any more that a person started, unless somebody wants it to stay.
    async fn close_when_done(&self, shell: &Shell) {
        let mut stays = self.0.stays.subscribe();
        tokio::select! {
            () = is_done(&shell.wiring) => shell.quit(),
            _ = stays.changed() => {}
        }
    }

    /// The window stays.
    pub(crate) fn stay(&self) {
        self.0.stays.send_modify(|stays| *stays += 1);
    }

    /// Has the page of a window ask; `false` if no page is there in time that does.
    async fn page_asks(&self, which: Which, question: ClosingQuestion, patience: Duration) -> bool {
        let page = self.page(which);
        let mut heard = page.heard.subscribe();
        let asks = async {
            // One that is being opened listens for the first time.
            if page.asked.receiver_count() == 0 && patience > PAGE {
                heard.changed().await.ok()?;
            }
            page.asked.send_modify(|(times, asked)| (*times, *asked) = (*times + 1, question));
            // It listens again once it was told, so that a page that broke or hangs is noticed.
            timeout(PAGE, heard.changed()).await.ok()?.ok()
        };
        matches!(timeout(patience, asks).await, Ok(Some(())))
    }

    fn page(&self, which: Which) -> Page {
        self.pages().entry(which).or_default().clone()
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<Which, Page>> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn is_done(wiring: &Wiring) {
    // One that doesn't answer may still be written by the sync that is waited for.
    while wiring.is_syncing_for_a_person().await != Some(false) {
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_that_does_not_listen_again_is_not_waited_for() {
        let closing = Closing::default();
        let asks = async || closing.page_asks(Which::Main, ClosingQuestion::MidSync, PAGE).await;
        assert!(!asks().await, "no page is there");
        let page = closing.clone();
        let listening = async {
            let first = page.asked(Which::Main).await.unwrap();
            let second = page.asked(Which::Main).await.unwrap();
            (first, second)
        };
        let asking = async {
            tokio::task::yield_now().await;
            (asks().await, asks().await)
        };
        let (heard, answers) = tokio::join!(listening, asking);
        assert_eq!(heard, (ClosingQuestion::MidSync, ClosingQuestion::MidSync));
        assert_eq!(answers, (true, false), "it listened once more, and then no longer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_is_being_opened_for_the_question_is_waited_for() {
        let closing = Closing::default();
        let page = closing.clone();
        let listening = async {
            sleep(Duration::from_secs(7)).await;
            let asked = page.asked(Which::Main).await.unwrap();
            tokio::select! {
                _ = page.asked(Which::Main) => unreachable!("nothing more is asked"),
                () = sleep(Duration::from_secs(1)) => asked,
            }
        };
        let asking = closing.page_asks(Which::Main, ClosingQuestion::MidSync, OPENED);
        let (asked, is_asked) = tokio::join!(listening, asking);
        assert_eq!((asked, is_asked), (ClosingQuestion::MidSync, true));
        // The window of another page is not asked.
        assert!(!closing.page_asks(Which::Compact, ClosingQuestion::Tray, PAGE).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_whose_window_is_gone_waits_no_longer() {
        let closing = Closing::default();
        let page = closing.clone();
        let listening = async { page.asked(Which::Compact).await };
        let gone = async {
            tokio::task::yield_now().await;
            closing.pages().remove(&Which::Compact);
        };
        let (heard, ()) = tokio::join!(listening, gone);
        assert_eq!(heard.unwrap_err().code, Code::Cancelled);
    }

    #[test]
    fn of_two_windows_that_are_asked_to_close_at_once_the_second_asks() {
        let closing = Closing::default();
        assert!(closing.may_leave(Which::Main, true));
        assert!(closing.may_leave(Which::Main, true), "it closes still");
        assert!(!closing.may_leave(Which::Compact, true), "the other one is as good as gone");
        assert!(!closing.may_leave(Which::Compact, false));
        // It is opened again.
        closing.leaving().remove(&Which::Main);
        assert!(closing.may_leave(Which::Compact, true));
    }
}
