//! The window without a mouse: every place reached by keys, and the focus always seen.
//! Refuses the pointer: nothing here is clicked.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

/// More stops than any page here has.
const MANY: usize = 100;

#[tokio::test]
async fn the_form_of_a_new_vcenter_is_reached_and_left_by_keys_alone() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;

    tab_to(&window, "Add your first vCenter").await?;
    window.key(Key::Enter).await?;
    window.wait_for_element("dialog[open] #vc-form").await?;
    window.wait_for("its first field has the focus", "document.activeElement?.id === 'vc-name'").await?;
    window.keys("g h / ?").await?;
    window
        .wait_for("keys are letters in a field", "document.querySelector('#vc-name').value === 'g h / ?'")
        .await?;
    // What was typed is not thrown away by a key: the first one asks, and the next one goes on.
    window.key(Key::Escape).await?;
    window.wait_for_text("dialog", "Discard changes?").await?;
    window
        .wait_for(
            "the safe answer has the focus",
            "document.activeElement?.innerText.trim() === 'Keep editing'",
        )
        .await?;
    window.key(Key::Escape).await?;
    window.wait_for("it goes on", "!document.querySelector('dialog').innerText.includes('Discard')").await?;
    window.click("dialog [aria-label=Close]").await?;
    window.press("dialog", "Keep editing").await?;
    window.wait_for("it is still typed", "document.querySelector('#vc-name').value === 'g h / ?'").await?;
    window.key(Key::Escape).await?;
    window.press("dialog", "Discard").await?;
    window.wait_until_gone("dialog").await?;
    // An empty one closes at once.
    window.press("main", "Add your first vCenter").await?;
    window.wait_for_element("dialog[open] #vc-form").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn keys_lead_to_every_page_to_the_search_and_to_their_own_list() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;

    for (letter, address) in [
        ("v", "#/vcenter"),
        ("a", "#/inventory/datacenters"),
        ("m", "#/inventory/vms"),
        ("c", "#/inventory/clusters"),
        ("d", "#/inventory/datastores"),
        ("n", "#/inventory/networks"),
        ("r", "#/inventory/resource-pools"),
        ("f", "#/inventory/folders"),
        ("s", "#/inventory/snapshots"),
        ("o", "#/"),
        ("h", "#/inventory/hosts"),
    ] {
        window.keys(&format!("g{letter}")).await?;
        window.wait_for(&format!("g {letter}"), &format!("location.hash === '{address}'")).await?;
        window.wait_until_settled().await?;
    }
    window.wait_for_element("#rows tr[data-moref]").await?;
    window.keys("/").await?;
    window.wait_for("the search has the focus", "document.activeElement?.id === 'search'").await?;
    window.keys("H1").await?;
    window.wait_for("what is typed filters", "location.hash.includes('text=H1')").await?;
    // From a page without rows it leads to the VMs.
    window.go("#/").await?;
    window.with_ctrl('f').await?;
    window
        .wait_for(
            "the VMs' search",
            "location.hash === '#/inventory/vms' && document.activeElement?.id === 'search'",
        )
        .await?;
    // Out of the field, where keys are keys again.
    window.key(Key::Tab).await?;
    window.keys("?").await?;
    let listed = window.wait_for_text("dialog", "Search this page").await?;
    assert!(listed.contains("Close a dialog or the details"), "{listed}");
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn the_focus_is_seen_on_every_stop_of_the_vcenters_page() -> Result<()> {
    let peers = [Peer::start(&["--model", "vpx", "--vms", "0"]), Peer::start(&["--model", "esx"])];
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(["Berlin", "Paris"]) {
        muster.add(peer, name);
        muster.ok(&["sync", "full", name]);
    }
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.wait_for_text("[data-vcenter='Paris']", "Online").await?;

    let mut stops: Vec<String> = Vec::new();
    let mut unseen = Vec::new();
    for _ in 0..MANY {
        window.key(Key::Tab).await?;
        let stop = focus(&window).await?;
        let name = stop["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() || stops.first() == Some(&name) {
            break;
        }
        if stop["seen"] != json!(true) {
            unseen.push(stop);
        }
        stops.push(name);
    }
    assert!(unseen.is_empty(), "the focus is not seen on {unseen:#?}");
    for name in [
        "Skip to content",
        "Overview",
        "Full sync: Berlin",
        "Actions for Paris",
        "Select Paris",
        "Add vCenter",
    ] {
        assert!(stops.iter().any(|stop| stop.contains(name)), "{name:?} is no stop: {stops:?}");
    }

    window.close(&screen).await
}

async fn tab_to(window: &Window, name: &str) -> Result<()> {
    let mut stops = Vec::new();
    for _ in 0..MANY {
        window.key(Key::Tab).await?;
        let stop = focus(window).await?;
        if stop["name"] == name {
            ensure!(stop["seen"] == true, "the focus is not seen: {stop}");
            return Ok(());
        }
        stops.push(stop["name"].clone());
    }
    anyhow::bail!("{name:?} is not reached by the tabulator: {stops:?}")
}

/// What has the focus, and whether that is seen.
async fn focus(window: &Window) -> Result<Value> {
    window
        .script(
            "const e = document.activeElement;
             if (!e || e === document.body) return { name: '' };
             const style = getComputedStyle(e);
             const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
             const box = e.getBoundingClientRect();
             return { name: e.getAttribute('aria-label') || e.innerText.trim() || e.id || e.tagName,
                      seen: seen && box.width > 0 && box.height > 0, outline: style.outline, html: e.outerHTML.slice(0, 200) }",
        )
        .await
}
