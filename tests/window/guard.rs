//! A sync that would remove much: a question with counts, and an answer that removes.
//! Refuses to remove anything before the answer.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result};
use serde_json::json;

#[tokio::test]
async fn many_removals_are_a_question_with_counts_and_are_gone_after_the_answer() -> Result<()> {
    let peer = Peer::start(&["--model", "vpx", "--rich=false", "--vms", "1", "--extra-vms", "120"]);
    let all = peer.get("/objects?type=VirtualMachine")["count"].as_u64().context("a count")?;
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    window.expand("Berlin").await?;
    window.wait_for_text("[data-vcenter='Berlin']", &format!("{all} VMs")).await?;
    peer.post("/destroy", json!({"type": "VirtualMachine", "count": 90}));

    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    let counts = format!("90 of {all} VMs");
    let card = window.wait_for_text("[data-vcenter='Berlin']", "Accept the removals").await?;
    assert!(card.contains(&counts) && card.contains("If they were really removed"), "{card}");
    window.shoot(&screen, "guard-question").await?;
    window.go("#/inventory/vms").await?;
    window.wait_for_text("#found", &format!("{all} VMs")).await?;

    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Accept the removals").await?;
    window.go("#/inventory/vms").await?;
    window.wait_for_text("#found", &format!("{} VMs", all - 90)).await?;
    let removed = "window.seenToasts.some(([title, text]) => title === 'Berlin: full sync done' && text.includes('90 removed'))";
    window.wait_for("the toast says how many were removed", removed).await?;
    assert_eq!(window.rows(&["name"]).await?.len() as u64, all - 90);

    window.close(&screen).await
}

#[tokio::test]
async fn what_is_accepted_of_a_refresh_is_that_refresh_and_no_full_sync() -> Result<()> {
    let peer = Peer::start(&["--model", "vpx", "--rich=false", "--vms", "1", "--extra-vms", "120"]);
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    peer.post("/destroy", json!({"type": "VirtualMachine", "count": 90}));
    assert_eq!(muster.json(&["refresh", "vms", "Berlin"]).code, 1);

    window.wait_for_text("[data-vcenter='Berlin']", "Accept the removals").await?;
    window.press("[data-vcenter='Berlin']", "Accept the removals").await?;
    let told = window.wait_for_toast("Berlin: refresh of VMs done").await?;
    assert!(told.contains("90 removed"), "{told}");
    let done = muster.ok(&["operations", "list"]);
    let kinds: Vec<_> =
        done.as_array().context("a list")?.iter().map(|operation| &operation["kind"]).collect();
    assert_eq!(kinds, ["refresh", "refresh", "full_sync"], "the newest first");

    window.close(&screen).await
}
