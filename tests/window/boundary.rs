//! What the page may call, run and reach: the declared commands, its own scripts, and nothing else.
//! Refuses to trust the configuration: each attempt is made in the real window.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use anyhow::{Context, Result};
use serde_json::json;

#[tokio::test]
async fn the_page_can_call_declared_commands_and_nothing_else() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;

    let declared = window.invoke("list_vcenters", json!({ "args": {} })).await?;
    assert_eq!(declared, json!({ "answer": [] }));

    // Commands that Tauri and its plugins have, and this page was not given.
    for undeclared in [
        "plugin:app|version",
        "plugin:event|listen",
        "plugin:window|set_title",
        "plugin:window-state|save_window_state",
        "no_such_command",
    ] {
        let refused = window.invoke(undeclared, json!({})).await?;
        let reason =
            refused["refused"].as_str().with_context(|| format!("{undeclared} answered {refused}"))?;
        assert!(reason.contains("not allowed") || reason.contains("not found"), "{undeclared}: {reason}");
    }
    assert_eq!(window.script("return typeof window.__TAURI__").await?, json!("undefined"));

    window.close(&screen).await
}

#[tokio::test]
async fn the_page_runs_no_foreign_script_and_reaches_no_other_place() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;

    let inline = "const s = document.createElement('script'); s.textContent = 'window.foreign = 1'; \
                  document.body.append(s); return typeof window.foreign";
    assert_eq!(window.script(inline).await?, json!("undefined"), "an inline script ran");
    // That refusal is on record, so an empty record elsewhere means that nothing was refused.
    let record = window.wait_for("the refusal", "document.documentElement.dataset.refused ?? null").await?;
    assert_eq!(record, json!("script-src-elem inline"));
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
    let shown = window.wait_for_overview().await?;
    assert!(shown.contains("No vCenters yet"), "{shown}");
    assert_eq!(window.driver.current_url().await?, before, "the window was led away");
    let nobody = outside.accept().map(|(_, from)| from);
    assert!(nobody.is_err(), "the window connected to another server: {nobody:?}");

    // Not closed as sound: it was refused a script and a connection, as it should be.
    window.end().await
}
