//! What a window shows first: nothing yet, what the command line added, or why it can show nothing.
//! Refuses to need a vCenter that answers.

use super::MUSTER;
use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::Result;
use serde_json::json;
use std::process::Command;

#[tokio::test]
async fn a_fresh_window_says_that_there_are_no_vcenters_yet() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;

    let shown = window.wait_for_overview().await?;
    assert!(shown.contains("No vCenters yet") && shown.contains("Add your first vCenter"), "{shown}");
    eventually("the frame has the page's title", || {
        closing::title(&screen).is_ok_and(|title| title == "Overview – Muster")
    });
    window.keys("gm").await?;
    eventually("and that of the next page", || {
        closing::title(&screen).is_ok_and(|title| title == "VMs – Muster")
    });
    window.go("#/").await?;
    assert_eq!(window.text("header .muster-brand").await?, "Muster");
    assert_eq!(window.script("return document.documentElement.className").await?, json!(""));
    let fonts = window.script("return [...document.fonts].filter(f => f.status === 'error').length").await?;
    assert_eq!(fonts, json!(0), "a font did not load");
    window.shoot(&screen, "window-empty-light").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn the_window_lists_and_counts_the_vcenters_that_the_command_line_added() -> Result<()> {
    let peers = [Peer::start(&["--model", "vpx", "--vms", "0"]), Peer::start(&["--model", "esx"])];
    let muster = Musterctl::new();
    muster.add(&peers[0], "Berlin");
    muster.add(&peers[1], "lab host");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;

    let shown = window.wait_for_overview().await?;
    assert!(shown.contains("Berlin") && shown.contains("lab host"), "{shown}");
    window.wait_for_text("nav a[href='#/vcenter']", "2").await?;
    window.go("#/vcenter").await?;
    for name in ["Berlin", "lab host"] {
        window.wait_for_text(&format!("[data-vcenter='{name}']"), "Never synced").await?;
    }

    window.close(&screen).await
}

#[tokio::test]
async fn the_window_follows_a_dark_system() -> Result<()> {
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;

    window.wait_for_overview().await?;
    assert_eq!(window.script("return document.documentElement.className").await?, json!("pf-v6-theme-dark"));
    window.shoot(&screen, "window-empty-dark").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_opened_is_explained_in_the_window() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let file = data.path().join("not-a-folder");
    std::fs::write(&file, "")?;
    let window = Window::open(&screen, &file).await?;

    let shown = window.wait_for_overview().await?;
    window.shoot(&screen, "window-error").await?;
    assert!(shown.contains("The vCenters could not be loaded"), "{shown}");
    assert!(shown.contains("not-a-folder"), "the folder is not named: {shown}");

    window.close(&screen).await
}

#[test]
fn without_a_display_it_says_so_in_a_sentence() -> Result<()> {
    let data = tempfile::tempdir()?;
    let run = Command::new(MUSTER)
        .arg("--data-dir")
        .arg(data.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()?;
    let said = String::from_utf8(run.stderr)?;
    assert_eq!(run.status.code(), Some(1));
    assert!(said.contains("no display is available") && !said.contains("panicked"), "{said}");
    Ok(())
}
