//! A window that is asked to close while a sync runs: it asks, and each answer is kept.
//! Refuses to take its word: what became of the sync says the database, and who is logged in the server.

use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;

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
    let asked = window.wait_for_text("dialog", ASKED).await?;
    ensure!(asked.contains("Berlin: Full sync") || asked.contains("Berlin: full sync"), "{asked}");
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
    closing::ask(&screen)?;
    window.press("dialog", "Finish, then close").await?;
    window.wait_for_text("dialog", "Muster closes when this is done").await?;
    peer.behave();
    peer.post("/release", json!({}));
    closing::ended(&screen)?;
    ensure!(last_sync(&muster)? == "succeeded", "{}", last_sync(&muster)?);

    // It stops.
    let window = sync_that_hangs(&screen, &muster, &peer).await?;
    closing::ask(&screen)?;
    window.press_the_last("dialog", "Stop and close").await?;
    closing::ended(&screen)?;
    ensure!(last_sync(&muster)? != "succeeded", "{}", last_sync(&muster)?);
    peer.behave();
    peer.post("/release", json!({}));
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
    // The driver can't tell a window that ends from one that broke.
    let _ = window.with_ctrl('q').await;
    closing::ended(&screen)?;

    let window = sync_that_hangs(&screen, &muster, &peer).await?;
    closing::terminate(&screen)?;
    drop(window);
    peer.behave();
    peer.post("/release", json!({}));
    Ok(())
}

/// A window in which a full sync has begun that the server holds back.
async fn sync_that_hangs(screen: &Screen, muster: &Musterctl, peer: &Peer) -> Result<Window> {
    let window = Window::open_beside(screen, muster).await?;
    window.go("#/vcenter").await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    eventually("the server holds a call back", || peer.get("/held")["held"].as_u64().unwrap_or(0) > 0);
    Ok(window)
}

fn last_sync(muster: &Musterctl) -> Result<String> {
    let operations = muster.ok(&["operations", "list"]);
    let state = operations[0]["state"].as_str().context("a state")?;
    Ok(state.to_owned())
}
