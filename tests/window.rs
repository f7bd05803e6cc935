//! The real window: built as it ships, on a display of its own, driven from outside.
//! Refuses to look inside the process: it reads what a user reads.

mod screen;

use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result};
use screen::{Screen, Theme, Window};
use serde_json::{Value, json};
use std::process::Command;

/// The binary that cargo built for this test.
const MUSTER: &str = env!("CARGO_BIN_EXE_muster");

#[tokio::test]
async fn a_fresh_window_says_that_there_are_no_vcenters_yet() -> Result<()> {
    let screen = Screen::start(Theme::Light)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;

    assert_eq!(window.wait_for_answer().await?, "No vCenters yet");
    assert_eq!(window.driver.title().await?, "Muster");
    assert_eq!(window.text("header").await?, "Muster");
    assert_eq!(window.script("return document.documentElement.className").await?, json!(""));
    assert_eq!(window.violations().await?, Value::Null, "the page breaks its own content security policy");
    let fonts = window.script("return [...document.fonts].filter(f => f.status === 'error').length").await?;
    assert_eq!(fonts, json!(0), "a font did not load");
    screen.shoot("window-light")?;

    window.close().await
}

#[tokio::test]
async fn the_window_counts_the_vcenters_that_the_command_line_added() -> Result<()> {
    let (muster, peers) = tokio::task::spawn_blocking(|| {
        let peers = [Peer::start(&["--model", "vpx", "--vms", "0"]), Peer::start(&["--model", "esx"])];
        let muster = Musterctl::new();
        muster.add(&peers[0], "Berlin");
        muster.add(&peers[1], "lab host");
        (muster, peers)
    })
    .await?;
    let screen = Screen::start(Theme::Light)?;
    let window = Window::open(&screen, &muster.data()).await?;

    assert_eq!(window.wait_for_answer().await?, "2 vCenters");
    screen.shoot("window-count")?;

    drop(peers);
    window.close().await
}

#[tokio::test]
async fn the_window_follows_a_dark_system() -> Result<()> {
    let screen = Screen::start(Theme::Dark)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;

    window.wait_for_answer().await?;
    assert_eq!(window.script("return document.documentElement.className").await?, json!("pf-v6-theme-dark"));
    screen.shoot("window-dark")?;

    window.close().await
}

#[tokio::test]
async fn the_page_can_call_declared_commands_and_nothing_else() -> Result<()> {
    let screen = Screen::start(Theme::Light)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_answer().await?;

    let declared = window.invoke("list_vcenters", json!({ "args": {} })).await?;
    assert_eq!(declared, json!({ "answer": [] }));

    // Commands that Tauri has, and this page was not given.
    for undeclared in
        ["plugin:app|version", "plugin:event|listen", "plugin:window|set_title", "no_such_command"]
    {
        let refused = window.invoke(undeclared, json!({})).await?;
        let reason =
            refused["refused"].as_str().with_context(|| format!("{undeclared} answered {refused}"))?;
        assert!(reason.contains("not allowed") || reason.contains("not found"), "{undeclared}: {reason}");
    }
    assert_eq!(window.script("return typeof window.__TAURI__").await?, json!("undefined"));

    window.close().await
}

#[tokio::test]
async fn the_page_runs_no_foreign_script_and_reaches_no_other_place() -> Result<()> {
    let screen = Screen::start(Theme::Light)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_answer().await?;

    let inline = "const s = document.createElement('script'); s.textContent = 'window.foreign = 1'; \
                  document.body.append(s); return typeof window.foreign";
    assert_eq!(window.script(inline).await?, json!("undefined"), "an inline script ran");
    // That refusal is on record, so an empty record elsewhere means that nothing was refused.
    assert_eq!(window.violations().await?, json!("script-src-elem inline"));
    let eval = "try { return new Function('return 1')() } catch (e) { return e.name }";
    assert_eq!(window.script(eval).await?, json!("EvalError"), "a script made of text ran");

    // A listener of our own: nothing may arrive there, whatever the page is told about it.
    let outside = std::net::TcpListener::bind("127.0.0.1:0")?;
    outside.set_nonblocking(true)?;
    let address = format!("http://{}/", outside.local_addr()?);
    let fetched = window
        .script_async(&format!("fetch('{address}').then(() => done('reached'), e => done(e.name))"))
        .await?;
    assert_eq!(fetched, json!("TypeError"), "the page reached another server");

    let before = window.driver.current_url().await?;
    window.script(&format!("window.open('{address}'); location.href = '{address}'; return null")).await?;
    assert_eq!(window.wait_for_answer().await?, "No vCenters yet");
    assert_eq!(window.driver.current_url().await?, before, "the window was led away");
    let nobody = outside.accept().map(|(_, from)| from);
    assert!(nobody.is_err(), "the window connected to another server: {nobody:?}");

    window.close().await
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_opened_is_explained_in_the_window() -> Result<()> {
    let screen = Screen::start(Theme::Light)?;
    let data = tempfile::tempdir()?;
    let file = data.path().join("not-a-folder");
    std::fs::write(&file, "")?;
    let window = Window::open(&screen, &file).await?;

    let shown = window.wait_for_answer().await?;
    screen.shoot("window-error")?;
    assert!(shown.starts_with("Muster could not read its vCenters"), "{shown}");
    assert!(shown.contains("not-a-folder"), "the folder is not named: {shown}");

    window.close().await
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
    assert!(said.contains("there is no display") && !said.contains("panicked"), "{said}");
    Ok(())
}

/// What `invoke` of the page's bridge made of a call.
impl Window {
    async fn invoke(&self, command: &str, arguments: Value) -> Result<Value> {
        self.script_async(&format!(
            "window.__TAURI_INTERNALS__.invoke({}, {arguments})
                 .then(answer => done({{ answer }}), refused => done({{ refused: String(refused) }}))",
            json!(command)
        ))
        .await
    }
}
