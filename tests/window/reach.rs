//! Every control of every page, at every size a window may have: it can be brought into view, and nothing lies on it.
//! Refuses to judge by what the page says of itself: what counts is what a click at its middle would hit.

use super::driver::Window;
use super::screen::{Screen, Theme};
use crate::support::{Musterctl, Peer, table};
use anyhow::{Context, Result, ensure};
use contract::Kind;
use serde_json::Value;
use thirtyfour::Key;

/// Brings each control to the middle as far as its containers scroll, and looks what is on top there. What is out of
/// sight at its middle although it was scrolled to can't be reached; nor can a page that has to be scrolled sideways.
const REACH: &str = "
    const wrong = [];
    const open = [...document.querySelectorAll('dialog[open]')].at(-1);
    const within = document.querySelector('[role=menu], #running-panel') ?? open ?? document;
    const name = e => (e.getAttribute('aria-label') || e.innerText || e.id || e.title || e.outerHTML).trim().replaceAll(/\\s+/g, ' ').slice(0, 60);
    const all = [...within.querySelectorAll('button, a[href], input, select, textarea, summary, [tabindex=\"0\"]')];
    const seen = all.filter(e => !e.disabled && !e.closest('fieldset:disabled, .pf-v6-c-skip-to-content')
        && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0);
    for (const e of seen) {
        e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
        const box = e.getClientRects()[0];
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const top = document.elementFromPoint(x, y);
        const hit = top !== null && (e.contains(top) || (top.closest('label')?.contains(e) ?? false)
            || (e.labels && [...e.labels].some(label => label.contains(top))));
        if (!hit) {
            const what = top === null ? 'nothing, it is out of sight' : `${top.tagName}.${top.className} ${name(top)}`;
            wrong.push(`${e.tagName} ${name(e)} at ${Math.round(x)},${Math.round(y)}: on top is ${what}`);
        }
    }
    for (const e of [document.scrollingElement, document.querySelector('main'), open, open?.querySelector('.muster-dialog__body')]) {
        if (e && e.scrollWidth > e.clientWidth + 1) wrong.push(`${e.tagName}.${e.className} is ${e.scrollWidth} wide in ${e.clientWidth}`);
    }
    return { wrong, seen: seen.length }";

#[tokio::test]
async fn every_control_is_reached_at_900x600() -> Result<()> {
    everything_is_reached((900, 600), 1).await
}

#[tokio::test]
async fn every_control_is_reached_at_1024x700() -> Result<()> {
    everything_is_reached((1024, 700), 1).await
}

#[tokio::test]
async fn every_control_is_reached_at_1280x800() -> Result<()> {
    everything_is_reached((1280, 800), 1).await
}

#[tokio::test]
async fn every_control_is_reached_at_1920x1080() -> Result<()> {
    everything_is_reached((1920, 1080), 1).await
}

#[tokio::test]
async fn every_control_is_reached_at_1280x800_with_text_at_200_percent() -> Result<()> {
    everything_is_reached((1280, 800), 2).await
}

#[tokio::test]
async fn every_control_is_reached_at_900x600_with_text_at_200_percent() -> Result<()> {
    everything_is_reached((900, 600), 2).await
}

/// What a walk has found so far.
struct Found {
    wrong: Vec<String>,
    size: String,
    seen: usize,
}

async fn everything_is_reached(size: (u32, u32), scale: u32) -> Result<()> {
    let peers = [Peer::start(&["--model", "vpx", "--odd-names"]), Peer::start(&["--model", "esx"])];
    let muster = Musterctl::new();
    let added = muster.add_pinned(&peers[0], "Berlin");
    let id = added["id"].as_str().context("an id")?.to_owned();
    muster.add(&peers[1], &format!("a name of 255 letters {} that ends here", "x".repeat(255 - 38)));
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::scaled(Theme::Light, size, scale)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.driver.set_window_rect(0, 0, size.0, size.1).await?;
    let (width, height) = (size.0 / scale, size.1 / scale);
    window
        .wait_for("it fills the screen", &format!("innerWidth === {width} && innerHeight === {height}"))
        .await?;
    let mut found = Found { wrong: Vec::new(), size: format!("{}x{}@{scale}", size.0, size.1), seen: 0 };

    found.at(&window, &screen, "#/", "overview").await?;
    window.go("#/vcenter").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    found.here(&window, &screen, "vcenters").await?;
    window.expand("Berlin").await?;
    found.here(&window, &screen, "vcenters-card").await?;
    window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.wait_for_element("[role=menu]").await?;
    found.here(&window, &screen, "vcenters-menu").await?;
    found.at(&window, &screen, &format!("#/vcenter/{id}"), "vcenter").await?;
    muster.ok(&["schedule", "add", "nightly", "--vcenter", "Berlin", "--every", "30m"]);
    for dialog in ["add", "edit", "clusters", "remove", "certificate", "add-schedule", "schedules"] {
        let address =
            if dialog == "add" { "#/vcenter?add=".to_owned() } else { format!("#/vcenter?{dialog}={id}") };
        window.go(&address).await?;
        window.wait_for_element("dialog[open]").await?;
        window.wait_until_gone("dialog .muster-waiting").await?;
        window.script("document.querySelector('dialog details')?.setAttribute('open', '')").await?;
        found.here(&window, &screen, dialog).await?;
    }
    window.go("#/vcenter?import=").await?;
    window.fill("#import-text", "Rome, vc8.example.org").await?;
    window.wait_for_element(".muster-import tbody tr").await?;
    found.here(&window, &screen, "import").await?;
    found.at(&window, &screen, "#/analytics", "analytics").await?;
    found.at(&window, &screen, "#/audit", "audit").await?;
    found.at(&window, &screen, "#/health?rule=host-disconnected", "health").await?;
    window.click(".muster-found__actions button").await?;
    window.wait_for_element("#waive-reason").await?;
    found.here(&window, &screen, "health-waive").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    muster.ok(&["health", "waive", "vm-question", "--reason", "known"]);
    found.at(&window, &screen, "#/health/waivers", "health-waivers").await?;
    found.at(&window, &screen, "#/health/rules", "health-rules").await?;
    window.go("#/health/rules?rule=snapshot-old").await?;
    window.wait_for_element("#limits-critical").await?;
    found.here(&window, &screen, "health-limits").await?;
    found.at(&window, &screen, "#/credentials", "credentials").await?;
    let credentials = muster.ok(&["credential", "list"]);
    let credential = credentials[0]["id"].as_str().context("an id")?;
    for dialog in ["add", "edit", "merge", "remove"] {
        window.go(&format!("#/credentials?{dialog}={credential}")).await?;
        window.wait_for_element("dialog[open]").await?;
        found.here(&window, &screen, &format!("credentials-{dialog}")).await?;
    }
    found.at(&window, &screen, "#/settings", "settings").await?;
    window.click("#role-viewer").await?;
    window.wait_for_element("#role-passphrase").await?;
    found.here(&window, &screen, "settings-role").await?;
    window.click("#show-log").await?;
    window.wait_for_element("#log-lines li").await?;
    found.here(&window, &screen, "settings-log").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    window.click("#show-licenses").await?;
    window.wait_for_element("#licenses").await?;
    found.here(&window, &screen, "settings-licenses").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    found.at(&window, &screen, "#/compact", "compact").await?;
    window.go("#/operations").await?;
    found.here(&window, &screen, "operations").await?;
    window.click("#rows tr[data-operation] td").await?;
    window.wait_for_text("#drawer", "Operation id").await?;
    found.here(&window, &screen, "operations-drawer").await?;
    window.click("#running").await?;
    window.wait_for_element("#running-panel").await?;
    found.here(&window, &screen, "running").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("#running-panel").await?;
    for kind in Kind::LISTED {
        window.go(&format!("#/inventory/{}", kind.name())).await?;
        found.here(&window, &screen, kind.name()).await?;
        let opens = "document.querySelector('#rows tr[data-moref] td[data-column=name] a')";
        let is_there = window.script(&format!("{opens}?.click(); return {opens} !== null")).await?;
        if is_there == true {
            window.wait_for_element("#drawer dl").await?;
            found.here(&window, &screen, &format!("{}-drawer", kind.name())).await?;
        }
    }
    window.go("#/").await?;
    window.keys("?").await?;
    window.wait_for_text("dialog", "Search this page").await?;
    found.here(&window, &screen, "keys").await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    table(&format!("controls reached at {}", found.size), found.seen);
    ensure!(found.wrong.is_empty(), "of {} controls:\n{}", found.seen, found.wrong.join("\n"));
    window.close(&screen).await
}

impl Found {
    async fn at(&mut self, window: &Window, screen: &Screen, address: &str, place: &str) -> Result<()> {
        window.go(address).await?;
        self.here(window, screen, place).await
    }

    async fn here(&mut self, window: &Window, screen: &Screen, place: &str) -> Result<()> {
        window.wait_until_still().await?;
        window.shoot(screen, &format!("reach-{}-{place}", self.size)).await?;
        let answer = window.script(REACH).await?;
        let wrong = answer["wrong"].as_array().with_context(|| format!("a list, and not {answer}"))?;
        self.wrong.extend(wrong.iter().filter_map(Value::as_str).map(|line| format!("  {place}: {line}")));
        let seen = answer["seen"].as_u64().unwrap_or_default() as usize;
        ensure!(seen > 0, "{place}: no control is seen");
        self.seen += seen;
        Ok(())
    }
}
