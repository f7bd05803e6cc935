//! A server that is gone: what the window says of it, what stays readable, and the way back.
//! Refuses an empty page for a vCenter that was read once.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::Result;
use serde_json::json;

const COLUMNS: [&str; 3] = ["name", "connection_state", "memory_bytes"];

#[tokio::test]
async fn a_server_that_is_gone_is_said_to_be_offline_stays_readable_and_comes_back() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let known = window.rows(&COLUMNS).await?;
    assert_eq!(known.len(), 4, "{known:?}");

    peer.post("/stop", json!({}));
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Offline").await?;
    let row = window.wait_for_text("[data-vcenter='Berlin']", "Full sync failed").await?;
    assert!(row.contains(&peer.address()) && row.contains("Try again"), "{row}");
    let told = "return window.seenToasts.some(([title]) => title.includes('failed'))";
    assert_eq!(window.script(told).await?, json!(false), "what the row says is no toast");
    window.expand("Berlin").await?;
    let card = window.wait_for_text("[data-vcenter='Berlin']", "Offline since").await?;
    assert!(
        card.contains("Full sync failed") && card.contains("Check host name, port and network"),
        "{card}"
    );
    window.shoot(&screen, "trouble-offline").await?;

    // On the page of vCenters its row says it.
    assert_eq!(window.script("return document.querySelectorAll('.muster-banner').length").await?, json!(0));
    for address in ["#/", "#/inventory/vms", "#/inventory/hosts"] {
        window.go(address).await?;
        let banner = window.wait_for_text(".muster-banner", "stays available").await?;
        assert!(banner.contains("Berlin: offline since"), "{banner}");
    }
    window.wait_for_element("#rows tr[data-moref]").await?;
    assert_eq!(window.rows(&COLUMNS).await?, known);
    window.click("#rows tr[data-moref] td[data-column=name] a").await?;
    window.wait_for_text("#drawer", "Host in ").await?;

    peer.post("/start", json!({}));
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Try again").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    window.wait_until_gone(".muster-banner").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn a_vcenter_that_failed_again_and_again_says_why_it_is_not_refreshed_and_is_on_a_click() -> Result<()>
{
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    peer.rule(json!({"method": "CreateContainerView", "action": {"fault": "NotSupported"}}));
    for _ in 0..4 {
        assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 1);
    }
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_text("#overview", "automatic refresh suspended for").await?;
    window.shoot(&screen, "trouble-suspended").await?;
    let before = peer.calls("CreateContainerView");
    window.go("#/inventory/vms").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    assert_eq!(peer.calls("CreateContainerView"), before, "nothing is read by itself");

    peer.behave();
    window.go("#/").await?;
    window.wait_for_text("#overview", "after 4 failures in a row").await?;
    window.press("#overview", "Resume now").await?;
    let is_over = "!document.querySelector('#overview').textContent.includes('suspended')";
    window.wait_for("it is resumed", is_over).await?;
    window.go("#/inventory/vms").await?;
    eventually("it is refreshed by itself again", || peer.calls("CreateContainerView") > before);

    window.close(&screen).await
}

#[tokio::test]
async fn what_was_read_is_there_after_a_restart_without_the_server() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let known = window.rows(&COLUMNS).await?;
    assert_eq!(known.len(), 4, "{known:?}");
    window.close(&screen).await?;

    peer.post("/stop", json!({}));
    let window = Window::open_beside(&screen, &muster).await?;
    let shown = window.wait_for_text("#overview", "Last sync").await?;
    assert!(shown.contains("fresh (TTL 5 min)"), "{shown}");
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    assert_eq!(window.rows(&COLUMNS).await?, known);
    let age = window.wait_for_text("#found", "last sync").await?;
    assert!(age.contains("ago") || age.contains("just now"), "{age}");

    window.close(&screen).await
}

#[tokio::test]
async fn a_page_that_the_engine_stopped_begins_again_at_its_address_and_says_why_if_that_does_not_help()
-> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/settings").await?;
    let trap = "window.isBefore = true;
        const message = 'RuntimeError: Out of bounds memory access (evaluating \\'wasm.a()\\')';
        setTimeout(() => window.dispatchEvent(new ErrorEvent('error', { message })), 0); return null";
    window.script(trap).await?;
    let is_back = "window.isBefore === undefined && location.hash === '#/settings' && !!document.querySelector('main h1')";
    window.wait_for("it began again", is_back).await?;
    window.script(trap).await?;
    window.wait_for_text(".muster-broken", "Out of bounds memory access").await?;
    window.press(".muster-broken", "Load the page again").await?;
    window.wait_for("it is there again", is_back).await?;
    // It was the test's doing.
    window.script("sessionStorage.removeItem('began-again'); return null").await?;
    window.close(&screen).await
}
