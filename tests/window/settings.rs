//! The page of settings: what is chosen there is kept beside the data, and the start at login where desktops look for it.
//! Refuses to believe the page: the files say what was kept.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::eventually;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_chosen_in_settings_is_kept_and_the_start_at_login_is_an_entry_for_desktops() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    window.keys("gp").await?;
    window.wait_for_text("#settings", "When the last window is closed").await?;
    window.shoot(&screen, "settings").await?;
    window.click("#on-close-keep").await?;
    window.click("#notify").await?;
    let file = data.path().join("desktop.json");
    let kept = || -> Option<Value> { serde_json::from_slice(&std::fs::read(&file).ok()?).ok() };
    eventually("both are kept", || kept() == Some(json!({ "on_close": "keep", "notify": false })));

    let entry = screen.home().join("config/autostart/dev.muster.desktop.desktop");
    ensure!(!entry.exists(), "nothing starts at login until somebody wants it");
    window.click("#start-at-login").await?;
    window.wait_for("it is on", "document.querySelector('#start-at-login').checked").await?;
    eventually("the entry is there", || entry.exists());
    let text = std::fs::read_to_string(&entry)?;
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).context("a command")?;
    ensure!(exec.contains(" --hidden") && exec.contains(&data.path().display().to_string()), "{exec}");
    // Who switches it off elsewhere sees it off here.
    window.click("#start-at-login").await?;
    window.wait_for("it is off", "!document.querySelector('#start-at-login').checked").await?;
    eventually("the entry is gone", || !entry.exists());
    window.close(&screen).await?;

    let window = Window::open(&screen, data.path()).await?;
    window.go("#/settings").await?;
    window
        .wait_for(
            "it is as it was",
            "document.querySelector('#on-close-keep').checked && !document.querySelector('#notify').checked",
        )
        .await?;
    window.close(&screen).await
}
