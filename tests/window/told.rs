//! Messages and progress: one for what is alike, none for what the page says, and never over a button.
//! Refuses to trust its eyes: what lies on top is asked of the page.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Disk, Musterctl, Peer, eventually, table};
use anyhow::{Context, Result};
use serde_json::json;
use std::time::{Duration, Instant};

/// Buttons and links of the page that can be seen and where something else lies on top.
const COVERED: &str = "
    const covered = [];
    for (const control of document.querySelectorAll('main button, main a[href], main input, main select, header button')) {
        const box = control.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const scrolls = (control.closest('.pf-v6-c-page__main-container') ?? document.body).getBoundingClientRect();
        if (box.width === 0 || y > scrolls.bottom || y < scrolls.top || x > scrolls.right) continue;
        const top = document.elementFromPoint(x, y);
        if (top?.closest('.pf-m-toast')) covered.push(control.innerText || control.ariaLabel);
    }
    return covered";

#[tokio::test]
async fn several_syncs_that_end_are_one_message_with_their_names_and_it_covers_nothing() -> Result<()> {
    let peers: Vec<Peer> = (0..3).map(|_| Peer::vcenter()).collect();
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(["Berlin", "Paris", "Rome"]) {
        muster.add(peer, name);
    }
    for size in [USUAL, (900, 600)] {
        let screen = Screen::start(Theme::Light, size)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.go("#/vcenter").await?;
        window.press(".muster-batch", "Select all").await?;
        window.press(".muster-batch", "Full sync").await?;
        let told = window.wait_for_toast("Full sync finished: 3 vCenters").await?;
        assert!(["Berlin", "Paris", "Rome"].iter().all(|name| told.contains(name)), "{told}");
        window.wait_for_element("[data-toast]").await?;
        assert_eq!(window.script(COVERED).await?, json!([]), "{size:?}");
        window.shoot(&screen, &format!("told-several-{}", size.0)).await?;
        window.close(&screen).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cancel_is_answered_before_the_server_answers_and_ends_the_operation() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_element("[data-vcenter='Berlin'] .muster-brief[data-operation]").await?;
    window.shoot(&screen, "told-progress").await?;
    let took = window
        .script_async(
            "const button = document.querySelector('.muster-row-actions__first button'), began = performance.now();
             const watch = new MutationObserver(() => {
                 if (document.querySelector('[data-operation]')?.innerText.includes('Cancelling')) {
                     watch.disconnect();
                     done(performance.now() - began);
                 }
             });
             watch.observe(document.body, { subtree: true, childList: true, characterData: true });
             button.click();",
        )
        .await?;
    let took = took.as_f64().context("a time")?;
    table("Cancel in the window", format!("answered after {took:.0} ms"));
    window.wait_for_text("[data-vcenter='Berlin']", "Full sync cancelled").await?;
    peer.let_go();
    window.close(&screen).await
}

#[tokio::test]
async fn a_full_disk_in_the_middle_of_a_sync_is_told_within_seconds_and_the_next_sync_after_making_room_works()
-> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let Some(disk) = Disk::at(&muster.data(), "8m") else { return Ok(()) };
    muster.add(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_text("[data-operation]", "Listing").await?;
    disk.fill();
    let filled = Instant::now();
    let card = window.wait_for_text("[data-vcenter='Berlin']", "is full").await?;
    let took = filled.elapsed();
    assert!(card.contains(&muster.data().display().to_string()), "{card}");
    window.expand("Berlin").await?;
    let card = window.wait_for_text("[data-vcenter='Berlin'] .muster-card", "is full").await?;
    assert!(card.contains(&muster.data().display().to_string()) && card.contains("Free up space"), "{card}");
    table("a disk filled while the window syncs", format!("told after {took:.1?}"));
    assert!(took < Duration::from_secs(5), "{took:?}");
    window.shoot(&screen, "told-full-disk").await?;
    peer.let_go();
    disk.make_room();
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    window.close(&screen).await?;
    let doctor = muster.json(&["doctor"]).document();
    let database = doctor.as_array().context("a list")?.iter().find(|check| check["name"] == "database");
    assert_eq!(database.context("a check")?["ok"], true);
    Ok(())
}

#[tokio::test]
async fn a_window_that_nobody_sees_asks_nothing_and_catches_up_once_when_it_is_seen_again() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let hide = |hidden: bool| {
        let state = if hidden { "hidden" } else { "visible" };
        format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});
             Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'));
             return null"
        )
    };
    window.script(&hide(true)).await?;
    // Whatever was under way has come to its end.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let calls = peer.all_calls();
    muster.ok(&["vcenter", "edit", "Berlin", "--name", "Munich"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(peer.all_calls(), calls, "a hidden window refreshes nothing");
    let named = "[...document.querySelectorAll('#scope option')].map(option => option.textContent).join()";
    let shown = window.script(&format!("return {named}")).await?;
    assert_eq!(shown, "All vCenters,Berlin", "and asks nothing of the service either");
    window.script(&hide(false)).await?;
    window.wait_for("the other name", &format!("{named}.includes('Munich') || null")).await?;
    eventually("what is stale is asked for again", || peer.all_calls() > calls);
    window.close(&screen).await
}
