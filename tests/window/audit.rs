//! The page of the audit log: what was done stands there, is found, shown value by value, exported and verified.
//! Refuses to be believed by itself: the command line did what it shows.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Result, ensure};
use thirtyfour::Key;

#[tokio::test]
async fn what_was_done_is_listed_found_shown_exported_and_verified() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1h"]);
    muster.ok(&["sync", "full", "Berlin"]);
    muster.json(&["vcenter", "remove", "Berlin", "--yes", "--role", "viewer"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.keys("gu").await?;
    window.wait_for_text("#grid tbody tr:first-child", "Remove vCenter").await?;
    window.wait_for_text("#grid", "TTL seconds: 300 \u{2192} 3600").await?;
    window.shoot(&screen, "audit").await?;

    // Found by its outcome, opened by keys, closed by Escape.
    window.script("const s = document.querySelector('#by-outcome'); s.value = 'refused'; s.dispatchEvent(new Event('change', { bubbles: true }))").await?;
    window.wait_for("one row is left", "document.querySelectorAll('#grid tbody tr').length === 1").await?;
    window.press("#audit", "Clear filters").await?;
    window.wait_for("all rows are there", "document.querySelectorAll('#grid tbody tr').length > 5").await?;
    window.script("document.querySelector('#grid').focus()").await?;
    let edited = "[...document.querySelectorAll('#grid tbody tr')].findIndex(row => row.innerText.includes('Edit vCenter'))";
    let place = window.script(&format!("return {edited}")).await?.as_u64().unwrap_or_default();
    for _ in 0..place {
        window.key(Key::Down).await?;
    }
    window.key(Key::Enter).await?;
    window.wait_for_text("#drawer .muster-audit__changes", "3600").await?;
    let changes = window.text("#drawer .muster-audit__changes").await?;
    ensure!(changes.contains("Before") && changes.contains("300"), "{changes}");
    window.shoot(&screen, "audit-details").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("#drawer").await?;

    window.press("#audit", "Verify").await?;
    window.wait_for_text("#verified", "Intact").await?;
    window.press("#audit", "Export CSV").await?;
    window
        .wait_for("it is told", "window.seenToasts.some(([title]) => title.startsWith('Exported'))")
        .await?;
    let exported = || {
        let files =
            std::fs::read_dir(screen.home().join("Downloads")).or_else(|_| std::fs::read_dir(screen.home()));
        files.into_iter().flatten().flatten().any(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            name.starts_with("Muster audit log") && name.ends_with(".csv")
        })
    };
    eventually("the file is there", exported);
    // The export is a row of its own.
    window.wait_for_text("#grid", "Export audit").await?;
    window.close(&screen).await
}
