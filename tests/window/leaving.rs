//! A window that is asked to close while a sync runs: it asks, and each answer is kept.
//! Refuses to take its word: what became of the sync says the database, and who is logged in the server.

use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::Result;
use serde_json::{Value, json};

/// The question.
const ASKED: &str = "A sync is still running";

#[tokio::test]
async fn a_window_that_is_closed_in_mid_sync_asks_and_stays_finishes_or_stops() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = sync_that_hangs(&screen, &muster, &peer).await?;

    // It stays.
    closing::ask(&screen)?;
    window.wait_for_text("dialog", ASKED).await?;
    // Which one it is the page may hear a moment later.
    window.wait_for_text("dialog", "Berlin: Full sync").await?;
    window.shoot(&screen, "closing-in-mid-sync").await?;
    window.press("dialog", "Keep open").await?;
    window.wait_until_gone("dialog").await?;
    // The same by the keyboard; it was to close when it is done, and stays after all.
    window.with_ctrl('q').await?;
    window.wait_for_text("dialog", ASKED).await?;
    window.press("dialog", "Finish, then close").await?;
    window.wait_for_text("dialog", "Muster closes when this is done").await?;
    window.press("dialog", "Keep open").await?;
    window.wait_until_gone("dialog").await?;

    // It finishes first.
    let process = closing::ask(&screen)?;
    window.press("dialog", "Finish, then close").await?;
    window.wait_for_text("dialog", "Muster closes when this is done").await?;
    peer.let_go();
    closing::wait_for_end(process)?;
    assert_eq!(last_sync(&muster), "succeeded");

    // It stops.
    let window = sync_that_hangs(&screen, &muster, &peer).await?;
    let process = closing::ask(&screen)?;
    window.press_the_last("dialog", "Stop and close").await?;
    closing::wait_for_end(process)?;
    assert_eq!(last_sync(&muster), "cancelled");
    peer.let_go();
    eventually("no session is left", || peer.sessions() == 0);
    Ok(())
}

#[tokio::test]
async fn a_window_closes_without_a_question_when_nothing_runs_or_the_system_ends_it() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    let process = closing::process(&screen)?;
    // The driver can't tell a window that ends from one that broke.
    let _ = window.with_ctrl('q').await;
    closing::wait_for_end(process)?;

    let _window = sync_that_hangs(&screen, &muster, &peer).await?;
    closing::terminate(&screen)
}

/// A window in which a full sync has begun that the server holds back.
async fn sync_that_hangs(screen: &Screen, muster: &Musterctl, peer: &Peer) -> Result<Window> {
    let window = Window::open_beside(screen, muster).await?;
    window.go("#/vcenter").await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    eventually("the server holds a call back", || peer.is_holding());
    Ok(window)
}

fn last_sync(muster: &Musterctl) -> Value {
    muster.ok(&["operations", "list"])[0]["state"].clone()
}
