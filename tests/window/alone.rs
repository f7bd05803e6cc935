//! What the window says while nothing is to be done by itself: a paused vCenter, and a network that is gone.
//! Refuses more than one message for one cause.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Line, Musterctl, Peer, eventually};
use anyhow::Result;
use serde_json::{Value, json};

#[tokio::test]
async fn a_vcenter_is_paused_and_resumed_by_its_menu_and_nothing_is_read_meanwhile() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s", "--tag", "prod"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.wait_for_element("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.press("[data-vcenter='Berlin']", "Pause…").await?;
    window.wait_for_text("#dialog-title", "Pause Berlin").await?;
    window.shoot(&screen, "pause-dialog").await?;
    window.is_sound().await?;
    // A time that is over is refused where it is typed.
    window.script(&choose("pause-length", "at")).await?;
    window.wait_for_element("#pause-until").await?;
    let past = "const field = document.getElementById('pause-until'); field.value = '2020-01-01T06:00'; \
                field.dispatchEvent(new Event('change', { bubbles: true }));";
    window.script(past).await?;
    window.press(".muster-dialog", "Pause").await?;
    window.wait_for_text("#pause-until-said", "in the future").await?;
    window.script(&choose("pause-length", "120")).await?;
    window.press(".muster-dialog", "Pause").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Paused, 2 h").await?;
    assert_eq!(muster.ok(&["status"])[0]["state"], "paused");
    window.shoot(&screen, "pause-row").await?;

    let before = peer.calls("CreateContainerView");
    window.go("#/inventory/vms").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let banner = window.wait_for_text(".muster-banner", "Paused: Berlin").await?;
    assert!(banner.contains("Nothing runs on them automatically"), "{banner}");
    window.go("#/").await?;
    window.wait_for_text("#overview", "Paused").await?;
    window.shoot(&screen, "pause-overview").await?;
    assert_eq!(peer.calls("CreateContainerView"), before, "nothing is read by itself");

    window.go("#/vcenter").await?;
    window.expand("Berlin").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    eventually("a person's sync runs", || peer.calls("CreateContainerView") > before);
    window.press("[data-vcenter='Berlin']", "Resume now").await?;
    window.wait_until_gone(".muster-banner").await?;
    eventually("it is resumed", || muster.ok(&["status"])[0]["paused"] == Value::Null);

    // With its tag, which another process ends.
    muster.ok(&["vcenter", "pause", "--tag", "prod"]);
    window.wait_for_text("[data-vcenter='Berlin']", "Resume tag prod").await?;
    window.shoot(&screen, "pause-tag").await?;
    window.press("[data-vcenter='Berlin']", "Resume tag prod").await?;
    eventually("the tag is resumed", || muster.ok(&["status"])[0]["paused"] == Value::Null);
    window.close(&screen).await
}

/// Chooses a value of a list, as the browser's own list does.
pub(super) fn choose(id: &str, value: &str) -> String {
    format!(
        "const list = document.getElementById('{id}'); list.value = '{value}'; \
         list.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    )
}

#[tokio::test]
async fn without_a_network_the_window_says_so_once_and_takes_it_back() -> Result<()> {
    let peers = [Peer::vcenter(), Peer::vcenter(), Peer::vcenter()];
    let mut lines = peers.each_ref().map(Line::to);
    let muster = Musterctl::new();
    for ((peer, line), name) in peers.iter().zip(&lines).zip(["Berlin", "Paris", "Tokyo"]) {
        muster.add_over(line, peer, name, &[]);
        muster.ok(&["sync", "full", name]);
    }
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    lines.iter().for_each(Line::cut);
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Paris']", "Full sync").await?;
    let banner = window.wait_for_text(".muster-banner", "no network or VPN").await?;
    assert!(banner.contains("resumes when a vCenter can be reached"), "{banner}");
    let banners = "return document.querySelectorAll('.muster-banner').length";
    for address in ["#/vcenter", "#/", "#/inventory/vms"] {
        window.go(address).await?;
        window.wait_for_text(".muster-banner", "No vCenter can be reached").await?;
        assert_eq!(window.script(banners).await?, json!(1), "{address}");
    }
    window.shoot(&screen, "no-network").await?;
    lines.iter_mut().for_each(Line::mend);
    window.wait_until_gone(".muster-banner").await?;
    window.close(&screen).await
}
