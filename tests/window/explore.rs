//! The simulated vCenters: from the empty state into them, labelled on every page, and back without a trace.
//! Refuses to let anything simulated into the real data folder.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::Musterctl;
use anyhow::{Context, Result};
use contract::Kind;
use serde_json::json;

const LABEL: &str = "Simulated vCenters: nothing here is real";

#[tokio::test]
async fn simulated_vcenters_are_labelled_on_every_page_and_leave_no_trace() -> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    explore(&window).await?;
    shoot(&screen, &window, "light").await?;

    let all = count(&window, "").await?;
    assert_eq!(all, 600, "VMs of both");
    let mut parts = 0;
    for title in ["VMs", "Templates"] {
        let total = format!(
            "[...document.querySelectorAll('.muster-total__number')]
                 .filter(e => e.querySelector('.muster-total__title')?.innerText.trim() === '{title}')
                 .map(e => parseInt(e.innerText.replaceAll(',', '')))[0] || null"
        );
        let total = window.wait_for(&format!("the total of {title}"), &total).await?;
        parts += total.as_u64().context("a number")?;
    }
    let agents = "[...document.querySelectorAll('.muster-total__parts a')].map(e => e.innerText)
        .filter(text => text.endsWith('agent VMs')).map(text => parseInt(text))[0] || null";
    parts += window.wait_for("agents", agents).await?.as_u64().context("a number")?;
    assert_eq!(parts, all, "VMs, templates and agents on the overview");

    let listed = window.invoke("list_vcenters", json!({ "args": {} })).await?;
    let vcenters = listed["answer"].as_array().context("vCenters")?;
    let mut each = 0;
    let mut addresses = vec!["#/".to_owned(), "#/vcenter".to_owned()];
    for vcenter in vcenters {
        let id = vcenter["id"].as_str().context("an id")?;
        each += count(&window, id).await?;
        addresses.push(format!("#/vcenter/{id}"));
    }
    assert_eq!(each, all, "VMs of each");
    addresses.extend(Kind::LISTED.map(|kind| format!("#/inventory/{}", kind.name())));
    for address in &addresses {
        window.go(address).await?;
        window.wait_for_text("#simulated", LABEL).await?;
        window.wait_for("the title says so", "document.title.includes('(simulated)')").await?;
    }
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));

    window.press("#simulated", "Leave").await?;
    window.wait_until_gone("#simulated").await?;
    window.wait_for_text("#overview", "No vCenters yet").await?;
    for arguments in [
        &["vcenter", "list"][..],
        &["credential", "list"],
        &["inventory", "hosts"],
        &["inventory", "vms"],
        &["status"],
    ] {
        assert_eq!(muster.ok(arguments), json!([]), "{arguments:?}");
    }

    window.close(&screen).await
}

#[tokio::test]
async fn simulated_vcenters_are_shown_on_a_dark_system_as_well() -> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    explore(&window).await?;
    shoot(&screen, &window, "dark").await?;

    window.close(&screen).await
}

/// Leads from the empty state to simulated vCenters that are read.
pub(super) async fn explore(window: &Window) -> Result<()> {
    window.wait_for_overview().await?;
    window.press("main", "Explore with simulated vCenters").await?;
    window.wait_for_text("#simulated", LABEL).await?;
    for name in ["Frankfurt", "Munich"] {
        window.wait_for_text("#overview .muster-fresh", name).await?;
    }
    let read =
        "document.querySelectorAll('#overview .muster-fresh .muster-age[data-fresh=true]').length === 2";
    window.wait_for("both are read", read).await?;
    window.wait_for_text("#overview", "No operations are running.").await.map(drop)
}

/// How many VMs there are, of one vCenter or of all.
async fn count(window: &Window, vcenter: &str) -> Result<u64> {
    let vcenters = if vcenter.is_empty() { json!([]) } else { json!([vcenter]) };
    let query = json!({ "kind": "vms", "vcenters": vcenters, "columns": [], "sort": [], "text": "", "equal": [],
        "offset": 0, "limit": 0, "refresh": false });
    let rows = window.invoke("read_rows", json!({ "args": { "query": query } })).await?;
    rows["answer"]["matching"].as_u64().with_context(|| format!("a count, and not {rows}"))
}

/// The pictures of the README, and back to the overview.
async fn shoot(screen: &Screen, window: &Window, theme: &str) -> Result<()> {
    if !Screen::is_shot() {
        return Ok(());
    }
    // Toasts would stand before what the picture is of.
    window.wait_until_gone("[data-toast]").await?;
    window.shoot(screen, &format!("window-{theme}")).await?;
    window.go("#/vcenter").await?;
    window.shoot(screen, &format!("window-vcenters-{theme}")).await?;
    window.go("#/inventory/vms").await?;
    window.click("#rows tr[data-moref] td[data-column=name] a").await?;
    window.wait_for_element("#drawer dl").await?;
    window.shoot(screen, &format!("window-vms-{theme}")).await?;
    window.go("#/").await
}
