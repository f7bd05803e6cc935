//! The compact window beside the main one: both show what changes, closing either leaves the other, and it is useful at
//! 320 × 240.
//! Refuses to believe that it stays above others: what it asks of its window manager is what counts.

use super::MUSTER;
use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::process::{Command, Stdio};

#[tokio::test]
async fn a_change_shows_in_both_windows_and_closing_either_leaves_the_other() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    let asked = closing::Asked::of(&screen)?;
    window.click("#open-compact").await?;
    window.turn_to("#/compact").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Never synced").await?;
    window.wait_for_text(".muster-compact__foot", "doesn't keep windows on top").await?;
    ensure!(asked.to_be_above("Muster")?, "it asks to stay above others");

    // What is begun in the one runs in the other.
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Cancel").await?;
    window.turn_to("#/").await?;
    window.wait_for_text("#running", "1 running").await?;
    peer.let_go();
    peer.behave();
    window.wait_for_text("#overview", "Last sync").await?;
    window.turn_to("#/compact").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Last sync").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    muster.ok(&["vcenter", "edit", "Berlin", "--name", "Munich"]);
    window.wait_for_element("[data-vcenter='Munich']").await?;
    window.is_sound().await?;

    // A name leads to the main window, and this one stays as it is.
    window.click("[data-vcenter='Munich'] a").await?;
    window.turn_to("#/vcenter/").await?;
    window.wait_for_text("h1", "Munich").await?;
    window.is_sound().await?;

    let process = closing::process(&screen)?;
    closing::ask_the_one(&screen, "vCenters \u{2013} Muster")?;
    eventually("the main window is gone", || {
        closing::titles(&screen).is_ok_and(|titles| titles == ["Muster"])
    });
    window.turn_to("#/compact").await?;
    window.click("#open-main").await?;
    window.turn_to("#/").await?;
    window.wait_for_overview().await?;
    closing::ask_the_one(&screen, "Muster")?;
    eventually("the compact window is gone", || {
        closing::titles(&screen).is_ok_and(|titles| titles == ["Overview \u{2013} Muster"])
    });
    window.turn_to("#/").await?;
    window.wait_for_overview().await?;
    ensure!(closing::is_running(process), "Muster goes on");
    window.close(&screen).await
}

#[tokio::test]
async fn the_compact_window_is_held_to_the_same_limits_as_the_main_one() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    window.click("#open-compact").await?;
    window.turn_to("#/compact").await?;
    window.wait_for_text("#main", "No vCenters yet").await?;
    let declared = window.invoke("list_vcenters", json!({ "args": {} })).await?;
    assert_eq!(declared, json!({ "answer": [] }));
    for undeclared in ["plugin:event|listen", "plugin:window|set_title", "no_such_command"] {
        let refused = window.invoke(undeclared, json!({})).await?;
        let reason =
            refused["refused"].as_str().with_context(|| format!("{undeclared} answered {refused}"))?;
        assert!(reason.contains("not allowed") || reason.contains("not found"), "{undeclared}: {reason}");
    }
    let outside = std::net::TcpListener::bind("127.0.0.1:0")?;
    outside.set_nonblocking(true)?;
    let address = format!("http://{}/", outside.local_addr()?);
    window.script(&format!("window.open('{address}'); location.href = '{address}'; return null")).await?;
    window.wait_for_text("#main", "No vCenters yet").await?;
    ensure!(outside.accept().is_err(), "the window connected to another server");

    // What is to be done first is done in the main window.
    window.press("#main", "Add your first vCenter").await?;
    window.turn_to("#/vcenter?add=").await?;
    window.wait_for_element("dialog[open] #vc-form").await?;
    window.end().await
}

#[tokio::test]
async fn another_start_with_compact_opens_it_in_the_muster_that_runs() -> Result<()> {
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    let mut second = Command::new(MUSTER);
    screen.hosts(&mut second).args(["--compact", "--data-dir"]).arg(data.path());
    let second = second.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(second.success(), "{second}");
    window.turn_to("#/compact").await?;
    assert_eq!(window.windows().await?, 2);
    // Its size is remembered apart from the main one's.
    window.driver.set_window_rect(0, 0, 320, 240).await?;
    window.wait_for("it is small", "innerWidth === 320 && innerHeight === 240").await?;
    closing::ask_the_one(&screen, "Muster")?;
    eventually("it is gone", || closing::titles(&screen).is_ok_and(|titles| titles.len() == 1));
    window.turn_to("#/").await?;
    window.wait_for("the main one is as large as it was", "innerWidth === 1280").await?;
    window.click("#open-compact").await?;
    window.turn_to("#/compact").await?;
    window.wait_for("it is as it was", "innerWidth === 320 && innerHeight === 240").await?;
    window.end().await
}

#[tokio::test]
async fn at_320_by_240_every_vcenter_has_its_state_age_and_button_and_trouble_comes_first() -> Result<()> {
    let peers: Vec<Peer> = (0..5).map(|_| Peer::vcenter()).collect();
    let muster = Musterctl::new();
    let names = ["Berlin", "Oslo", "Paris-DR-very-long-name.example.org", "Rome", "Vienna"];
    for (peer, name) in peers.iter().zip(names) {
        muster.add(peer, name);
        if name != "Vienna" {
            muster.ok(&["sync", "full", name]);
        }
    }
    peers[3].post("/stop", json!({}));
    ensure!(muster.json(&["sync", "full", "Rome"]).code != 0, "it is gone");
    for theme in [Theme::Light, Theme::Dark] {
        let screen = Screen::start(theme, USUAL)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        window.click("#open-compact").await?;
        window.turn_to("#/compact").await?;
        window.wait_for_text("[data-vcenter='Rome']", "Offline").await?;
        peers[0].rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
        window.press("[data-vcenter='Berlin']", "Full sync").await?;
        window.wait_for_text("[data-vcenter='Berlin']", "Cancel").await?;
        for (width, height) in [(320, 240), (400, 600)] {
            window.driver.set_window_rect(0, 0, width, height).await?;
            window
                .wait_for("its size", &format!("innerWidth === {width} && innerHeight === {height}"))
                .await?;
            let order =
                "return [...document.querySelectorAll('[data-vcenter]')].map(one => one.dataset.vcenter)";
            let order = window.script(order).await?;
            assert_eq!(order[0], "Rome", "what needs somebody comes first: {order}");
            let first = window.text("[data-vcenter='Rome']").await?;
            ensure!(first.contains("Offline") && first.contains(&peers[3].address()), "{first}");
            // Nothing is wider than the window, and each has a button that is seen when it is scrolled to.
            let wrong = window.script(FITS).await?;
            assert_eq!(wrong, json!([]), "{width}x{height}");
            window.shoot(&screen, &format!("compact-{theme:?}-{width}x{height}").to_lowercase()).await?;
        }
        peers[0].let_go();
        peers[0].behave();
        // What is interrupted by the end of its window needs somebody, too.
        let ended = "!document.querySelector(\"[data-vcenter='Berlin']\").innerText.includes('Cancel')";
        window.wait_for("the sync has ended", ended).await?;
        window.is_sound().await?;
        window.end().await?;
    }
    Ok(())
}

/// What doesn't fit.
const FITS: &str = "
    const wrong = [];
    for (const one of document.querySelectorAll('[data-vcenter]')) {
        one.scrollIntoView({ block: 'center', behavior: 'instant' });
        if (one.scrollWidth > innerWidth) wrong.push(`${one.dataset.vcenter} is ${one.scrollWidth} wide`);
        const button = one.querySelector('.muster-strip__work button');
        const box = button?.getBoundingClientRect();
        const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        if (!top || !button.contains(top)) wrong.push(`${one.dataset.vcenter} has no button to press`);
        if (!one.querySelector('.muster-state')?.innerText) wrong.push(`${one.dataset.vcenter} has no state`);
        if (!one.querySelector('.muster-age')?.innerText) wrong.push(`${one.dataset.vcenter} has no age`);
    }
    document.querySelector('[data-vcenter]').scrollIntoView({ block: 'end', behavior: 'instant' });
    return wrong";
