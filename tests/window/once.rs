//! One window per data folder, which remembers its size.
//! Refuses to guess how a user closes it: the window is asked to close, as a window manager does.

use super::MUSTER;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::eventually;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[tokio::test]
async fn a_second_start_on_the_same_folder_ends_at_once_and_the_first_stays() -> Result<()> {
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;

    let mut second = Command::new(MUSTER);
    screen.hosts(&mut second).arg("--data-dir").arg(data.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut second = second.spawn()?;
    eventually("the second one ends", || second.try_wait().is_ok_and(|ended| ended.is_some()));
    let run = second.wait_with_output()?;
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
    // GTK misses the bus of assistive technologies here, and says so.
    assert!(!said.contains("muster: ") && !said.contains("panicked"), "{said}");
    assert!(window.wait_for_overview().await?.contains("No vCenters yet"));
    window.invoke("list_vcenters", json!({ "args": {} })).await?;

    window.close(&screen).await
}

#[tokio::test]
async fn size_and_zoom_of_the_window_are_remembered_beside_its_data_and_fitted_to_the_screen() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    assert_eq!(size(&window).await?, json!([1280, 800]));
    window.driver.set_window_rect(0, 0, 1010, 710).await?;
    window.wait_for("it is smaller", "innerWidth === 1010 && innerHeight === 710").await?;
    // Larger by two steps, and with it 25 % less room.
    window.with_ctrl('+').await?;
    window.wait_for("it is zoomed", "innerWidth === 918").await?;
    window.with_ctrl('+').await?;
    window.wait_for("it is zoomed more", "innerWidth === 808").await?;
    window.close(&screen).await?;

    let file = data.path().join("window.json");
    eventually("the size is on disk", || file.exists());
    let remembered: Value = serde_json::from_slice(&std::fs::read(&file)?).context("window.json")?;
    let kept = (&remembered["width"], &remembered["height"], &remembered["zoom"]);
    assert_eq!(kept, (&json!(1010.0), &json!(710.0), &json!(125)));
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    window.wait_for("it is as it was", "innerWidth === 808").await?;
    window.with_ctrl('0').await?;
    window.wait_for("it is as large as by itself", "innerWidth === 1010 && innerHeight === 710").await?;
    window.with_ctrl('-').await?;
    window.wait_for("it is smaller", "innerWidth > 1110").await?;
    window.close(&screen).await?;

    // On a smaller screen it is fitted.
    let small = Screen::start(Theme::Light, (900, 600))?;
    let window = Window::open(&small, data.path()).await?;
    window.wait_for_overview().await?;
    window.with_ctrl('0').await?;
    window.wait_for("it fits", "innerWidth === 900 && innerHeight === 600").await?;
    window.close(&small).await
}

async fn size(window: &Window) -> Result<Value> {
    window.script("return [innerWidth, innerHeight]").await
}
