//! The table of vCenters: how many fit on a screen, and that it says of each only what is so.
//! Refuses numbers that nobody read.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// What a row shows, column by column.
const ROW: &str = "[...document.querySelectorAll('[data-vcenter] .muster-vcenter__row')].map(row =>
    ['state', 'name', 'version', 'age', 'count', 'last'].map(part =>
        [...row.querySelectorAll('.muster-vcenter__' + part)].map(cell => cell.innerText.trim().split('\\n')[0]).join('|')))";

#[tokio::test]
async fn twelve_vcenters_fit_on_one_screen_and_what_was_never_read_is_no_number() -> Result<()> {
    let names: Vec<String> = (1..=12).map(|number| format!("vc{number:02}.example.org")).collect();
    let peers: Vec<Peer> =
        names.iter().map(|_| Peer::start(&["--model", "vpx", "--vms", "0", "--rich=false"])).collect();
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(&names) {
        muster.add(peer, name);
    }
    for name in &names[..10] {
        muster.ok(&["sync", "full", name]);
    }
    // One is dead, and one rejects its login; two were never synced.
    peers[0].post("/stop", json!({}));
    peers[1].rule(json!({"method": "Login", "action": {"fault": "InvalidLogin"}}));
    for name in &names[..2] {
        muster.json(&["sync", "full", name]);
    }
    for theme in [Theme::Light, Theme::Dark] {
        let screen = Screen::start(theme, USUAL)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.go("#/vcenter").await?;
        window
            .wait_for("twelve rows", "document.querySelectorAll('.muster-vcenter__row').length === 12")
            .await?;
        window.wait_for_text("[data-vcenter='vc01.example.org']", "Offline").await?;
        window.shoot(&screen, &format!("twelve-{theme:?}")).await?;
        let seen =
            "[...document.querySelectorAll('.muster-vcenter__row')].map(row => row.getBoundingClientRect())
            .every(box => box.height >= 44 && box.height < 46 && box.top > 0 && box.bottom <= innerHeight)";
        window.wait_for("all of them are on screen, each 44 pixels high", seen).await?;
        let rows = window.script(&format!("return {ROW}")).await?;
        let never = rows
            .as_array()
            .context("rows")?
            .iter()
            .filter(|row| row[4] == "–|–" && row[3] == "–" && row[5] == "–");
        ensure!(never.count() == 2, "two were never synced: {rows:#}");
        ensure!(rows[2][4] == "4|0", "what was read has numbers: {rows:#}");
        ensure!(rows[0][5].as_str().is_some_and(|last| last.contains("failed")), "{rows:#}");
        // All at once, and those that were chosen.
        window.press(".muster-batch", "Select all").await?;
        window.wait_for_text(".muster-batch", "12 vCenters selected").await?;
        for button in ["Full sync", "Sync hosts", "Test", "Cancel"] {
            window.wait_for_text(".muster-batch", button).await?;
        }
        window.close(&screen).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_test_does_not_hide_how_the_last_sync_ended() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"fault": "NoPermission"}}));
    muster.json(&["sync", "full", "Berlin"]);
    peer.behave();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    let before = window.wait_for_text("[data-vcenter='Berlin'] .muster-vcenter__last", "Full sync").await?;
    ensure!(!before.contains("done"), "{before}");
    window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.press("[data-vcenter='Berlin'] [role=menu]", "Test connection").await?;
    window.wait_for_toast("Berlin: connection works").await?;
    window.wait_for_text("[data-vcenter='Berlin'] .muster-vcenter__last", "Full sync").await?;
    let after = window.text("[data-vcenter='Berlin'] .muster-vcenter__last").await?;
    ensure!(after.split('·').next() == before.split('·').next(), "{before:?} became {after:?}");
    window.expand("Berlin").await?;
    let card = window.wait_for_text("[data-vcenter='Berlin'] .muster-card", "Connection test done").await?;
    ensure!(card.contains("Full sync"), "{card}");
    window.close(&screen).await
}
