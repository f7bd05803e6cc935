//! The form of a vCenter that others change meanwhile, and a page whose data is read only when somebody asks.
//! Refuses the pointer: all of it goes by keys.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

/// The smallest window that everything must be reached in.
const SMALL: (u32, u32) = (900, 600);

#[tokio::test]
async fn who_saves_what_others_changed_meanwhile_sees_both_and_puts_theirs_on_top_or_takes_the_others()
-> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].as_str().context("an id")?.to_owned();
    let screen = Screen::start(Theme::Light, SMALL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    open_form(&window, &id).await?;
    muster.ok(&["vcenter", "edit", "Berlin", "--note", "patched on Fridays", "--ttl", "10m"]);
    type_name(&window, "Bonn").await?;
    let shown = window.wait_for_text("dialog", "This vCenter was changed elsewhere in the meantime").await?;
    let rows = window
        .script(
            "return [...document.querySelectorAll('.muster-versions tbody tr')]
        .map(row => [...row.children].map(cell => cell.innerText.trim()))",
        )
        .await?;
    let expected = json!([
        ["Name", "Berlin", "Bonn"],
        ["TTL", "10 min", "10 min"],
        ["Note", "patched on Fridays", "patched on Fridays"],
    ]);
    ensure!(rows == expected, "{rows} in {shown}");
    focused(&window, "Save with my changes").await?;
    window.shoot(&screen, "conflict").await?;
    ensure!(
        muster.ok(&["vcenter", "show", "Berlin"])["edition"] == 2,
        "nothing is saved before somebody says so"
    );
    window.key(Key::Enter).await?;
    window.wait_until_gone("dialog").await?;
    let saved = muster.ok(&["vcenter", "show", "Bonn"]);
    ensure!(
        saved["note"] == "patched on Fridays" && saved["ttl_seconds"] == 600 && saved["edition"] == 3,
        "{saved}"
    );

    open_form(&window, &id).await?;
    muster.ok(&["vcenter", "edit", "Bonn", "--name", "Ulm"]);
    type_name(&window, "Mainz").await?;
    focused(&window, "Save with my changes").await?;
    window.key(Key::Tab).await?;
    focused(&window, "Discard my changes").await?;
    window.key(Key::Enter).await?;
    window
        .wait_for(
            "theirs is in the form",
            "document.querySelector('#vc-name')?.value === 'Ulm'
        && document.activeElement.id === 'vc-name' && document.querySelector('.muster-versions') === null",
        )
        .await?;
    // Nothing is left that a question would be about.
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    ensure!(muster.ok(&["vcenter", "show", "Ulm"])["edition"] == 4);

    window.close(&screen).await
}

#[tokio::test]
async fn a_certificate_is_not_approved_for_a_vcenter_that_was_changed_while_it_was_compared() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let added = muster.add_pinned(&peer, "Berlin");
    let id = added["id"].as_str().context("an id")?;
    peer.post("/certificate", json!({}));
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let review = format!("#/vcenter?certificate={id}");
    let is_asked = "document.activeElement?.id === 'certificate-host'";
    window.go(&review).await?;
    window.wait_for("the host's name is asked for", is_asked).await?;
    muster.ok(&["vcenter", "edit", "Berlin", "--host", "127.0.0.1:1"]);
    window.wait_for_text("body", "127.0.0.1:1").await?;
    window.keys("127.0.0.1").await?;
    window.key(Key::Enter).await?;
    let shown = window.wait_for_text("dialog", "The certificate was not stored").await?;
    ensure!(shown.contains("was changed elsewhere in the meantime"), "{shown}");
    window.shoot(&screen, "not-approved").await?;
    let stored = muster.ok(&["vcenter", "show", "Berlin"]);
    ensure!(stored["pin"] == added["pin"] && stored["edition"] == 2, "{stored}");

    window.close(&screen).await
}

#[tokio::test]
async fn settings_are_typed_into_the_form_and_data_that_nothing_refreshes_says_why_it_is_stale() -> Result<()>
{
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let id =
        muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"])["id"].as_str().context("an id")?.to_owned();
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    open_form(&window, &id).await?;
    let mut steps = 0;
    while window.script("return document.activeElement.innerText.startsWith('Tags, ')").await? != true {
        window.key(Key::Tab).await?;
        steps += 1;
        ensure!(steps < 20, "the settings can't be reached by keys");
    }
    window.key(Key::Enter).await?;
    for _ in 0..4 {
        window.key(Key::Tab).await?;
    }
    ensure!(window.script("return document.activeElement.id").await? == "vc-stale-reads");
    window.key(Key::Home).await?;
    window
        .wait_for("nothing is chosen", "document.querySelector('#vc-stale-reads').value === 'nothing'")
        .await?;
    window.key(Key::Tab).await?;
    ensure!(window.script("return document.activeElement.id").await? == "vc-notify");
    window.key(Key::Tab).await?;
    window.keys("patched on Fridays").await?;
    window.shoot(&screen, "settings").await?;
    window.key(Key::Tab).await?;
    focused(&window, "Save").await?;
    window.key(Key::Enter).await?;
    window.wait_until_gone("dialog").await?;
    let saved = muster.ok(&["vcenter", "show", "Berlin"]);
    ensure!(saved["stale_reads"] == "nothing" && saved["note"] == "patched on Fridays", "{saved}");

    eventually("the hosts are stale", || muster.ok(&["status"])[0]["fresh"] == false);
    let calls = peer.all_calls();
    window.go("#/inventory/hosts").await?;
    window.wait_for_text("#found", "stale, automatic refresh is off").await?;
    window.shoot(&screen, "not-refreshed").await?;
    window.go("#/").await?;
    window.wait_for_text("#overview .muster-age", "automatic refresh is off").await?;
    ensure!(peer.all_calls() == calls, "nobody asked, and the vCenter was asked");
    window.go(&format!("#/vcenter/{id}")).await?;
    window.wait_for_text("main", "patched on Fridays").await?;
    window.wait_for_text("main", "Do nothing").await?;

    window.close(&screen).await
}

async fn open_form(window: &Window, id: &str) -> Result<()> {
    window.go(&format!("#/vcenter?edit={id}")).await?;
    window.wait_for("the name has the focus", "document.activeElement?.id === 'vc-name'").await.map(drop)
}

/// Types another name, and Return.
async fn type_name(window: &Window, name: &str) -> Result<()> {
    window.with_ctrl('a').await?;
    window.keys(name).await?;
    window.key(Key::Enter).await
}

async fn focused(window: &Window, label: &str) -> Result<()> {
    let has = format!("document.activeElement?.innerText.trim() === {}", json!(label));
    window.wait_for(&format!("{label:?} has the focus"), &has).await.map(drop)
}
