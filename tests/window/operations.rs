//! The queue in the window: a batch with its bars, its cancel and its summary; what another process queued, run by the
//! window; what failed, run again; and the end of what another process runs.
//! Refuses to believe a bar: what it counts is held against what the server has.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually, finish, table};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const NAMES: [&str; 3] = ["Berlin", "Paris", "Rome"];

/// Remembers every share and number that the bar of each vCenter ever showed.
const WATCH_BARS: &str = "
    window.seenBars = {};
    const look = () => document.querySelectorAll('main [role=progressbar][aria-valuenow]').forEach(bar => {
        const seen = window.seenBars[bar.ariaLabel] ??= [];
        const now = Number(bar.getAttribute('aria-valuenow'));
        if (seen.at(-1) !== now) seen.push(now);
    });
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    return null";

#[tokio::test]
async fn a_batch_on_three_vcenters_moves_three_bars_with_true_counts_and_ends_in_one_summary() -> Result<()> {
    let peers: Vec<Peer> = (0..3).map(|_| Peer::start(&["--model", "vpx", "--vms", "150"])).collect();
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(NAMES) {
        muster.add(peer, name);
    }
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.wait_for_text("#running", "Nothing running").await?;
    for peer in &peers {
        peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"delay_ms": 600}}));
        // One kind is held back, so that none can end before all three were seen, and one was cancelled.
        let hold = json!({"hold": true});
        peer.rule(json!({"method": "CreateContainerView", "type": ">Network<", "times": 1, "action": hold}));
    }
    window.script(WATCH_BARS).await?;
    window.press(".muster-batch", "Select all").await?;
    window.press(".muster-batch", "Full sync").await?;
    window.wait_for_text("#running", "3 running").await?;
    window.go("#/operations").await?;
    window
        .wait_for("three bars", "document.querySelectorAll('#rows [role=progressbar]').length === 3")
        .await?;
    for peer in &peers[..2] {
        peer.post("/release", json!({}));
    }
    window.click("#running").await?;
    window.wait_for_text("#running-panel", "Rome: Full sync").await?;
    window.shoot(&screen, "operations-panel").await?;
    window
        .script("document.querySelector('#running-panel [aria-label=\"Cancel Rome: Full sync\"]').click()")
        .await?;
    window.wait_for_text("#rows tr[data-state=cancelled]", "Rome").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("#running-panel").await?;
    peers[2].let_go();
    let told = window.wait_for_toast("2 of 3 synced").await?;
    ensure!(told.contains("Rome: cancelled") && !told.contains("Retry failed"), "{told}");
    window.wait_for_text("#running", "Nothing running").await?;
    window.shoot(&screen, "operations-summary").await?;

    let bars = window.script("return window.seenBars").await?;
    for name in &NAMES[..2] {
        let shares =
            bars[format!("{name}: Full sync")].as_array().with_context(|| format!("{name} in {bars}"))?;
        let shares: Vec<i64> = shares.iter().filter_map(Value::as_i64).collect();
        ensure!(shares.len() >= 3 && shares.is_sorted(), "the bar of {name} went {shares:?}");
        table(&format!("the bar of {name}"), format!("{shares:?}"));
    }
    let listed = muster.ok(&["operations", "list"]);
    let own = |name: &str| {
        let all = listed.as_array().into_iter().flatten();
        all.clone().find(|one| one["vcenter"] == name).cloned().context("its operation")
    };
    for name in &NAMES[..2] {
        let one = own(name)?;
        ensure!(one["state"] == "succeeded" && one["done"] == one["total"], "{one}");
        let shown = format!(
            "[...document.querySelectorAll('#rows tr[data-operation={}] td.muster-operations__objects')].map(e => e.innerText)[0]",
            one["operation"]
        );
        let shown = window.script(&format!("return {shown}")).await?;
        let done = one["done"].as_i64().context("a number")?;
        ensure!(done > 150 && shown.as_str() == Some(&*done.to_string()), "{shown} and not {done}");
    }
    ensure!(own("Rome")?["state"] == "cancelled");
    window.close(&screen).await
}

#[tokio::test]
async fn what_failed_of_a_batch_is_retried_alone() -> Result<()> {
    let peers: Vec<Peer> = (0..3).map(|_| Peer::vcenter()).collect();
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(NAMES) {
        muster.add(peer, name);
    }
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    peers[1].post("/stop", json!({}));
    window.press(".muster-batch", "Select all").await?;
    window.press(".muster-batch", "Full sync").await?;
    let told = window.wait_for_toast("2 of 3 synced").await?;
    ensure!(told.contains("Paris: ") && !told.contains("Berlin"), "{told}");
    window.shoot(&screen, "operations-retry-failed").await?;
    peers[1].post("/start", json!({}));
    window.press("[data-toast='2 of 3 synced']", "Retry failed").await?;
    window.wait_for_toast("Paris: full sync done").await?;
    let listed = muster.ok(&["operations", "list"]);
    let of = |name: &str| {
        listed
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["vcenter"] == name && one["kind"] == "full_sync")
            .count()
    };
    assert_eq!(NAMES.map(of), [1, 2, 1], "{listed}");
    window.close(&screen).await
}

#[tokio::test]
async fn what_musterctl_detached_appears_in_the_window_and_is_run_by_it() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/operations").await?;
    window.wait_for_text("#operations", "No operations yet").await?;
    window.shoot(&screen, "operations-none").await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    let run = muster.json(&["sync", "full", "Berlin", "--detach"]);
    assert_eq!(run.code, 0, "{run:?}");
    // musterctl has ended: whoever runs it is the window, the one process that is left.
    window.wait_for_text("#rows tr[data-state=running]", "Berlin").await?;
    window.wait_for_text("#running", "1 running").await?;
    eventually("it reads", || peer.is_holding());
    peer.let_go();
    window.wait_for_text("#rows tr[data-state=succeeded]", "Full sync").await?;
    let listed = muster.ok(&["operations", "list"]);
    ensure!(listed[0]["state"] == "succeeded" && listed[0]["awaited"] == false, "{listed}");
    window.close(&screen).await
}

#[tokio::test]
async fn what_failed_is_run_again_from_the_page_and_what_another_process_runs_is_cancelled_from_it()
-> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    peer.post("/stop", json!({}));
    let failed = muster.json(&["sync", "full", "Berlin"]);
    assert_ne!(failed.code, 0, "{failed:?}");
    peer.post("/start", json!({}));
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/operations").await?;
    window.wait_for_text("#rows tr[data-state=failed]", "Berlin").await?;

    // By keys: into the table, to the operation, into its details, and back.
    window.script("document.getElementById('grid').focus()").await?;
    window.key(thirtyfour::Key::Down).await?;
    window.key(thirtyfour::Key::Enter).await?;
    let details = window.wait_for_text("#drawer", "Operation id").await?;
    ensure!(details.contains("Failed") && details.contains("Attempts"), "tried four times: {details}");
    window.wait_for("the details have the keyboard", "document.activeElement?.id === 'drawer-body'").await?;
    window.shoot(&screen, "operations-failed").await?;
    window.press("#drawer", "Run again").await?;
    window.wait_for_text("#rows tr[data-state=succeeded]", "Full sync").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("#drawer").await?;
    window.wait_for("the rows have the keyboard", "document.activeElement?.id === 'grid'").await?;

    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    #[expect(clippy::zombie_processes, reason = "where this walk fails the process ends with its server")]
    let sync = muster.spawn(&["--json", "sync", "hosts", "Berlin"]);
    eventually("musterctl reads", || peer.is_holding());
    window.wait_for_text("#rows tr[data-state=running]", "Berlin").await?;
    let began = std::time::Instant::now();
    window.press("#rows tr[data-state=running]", "Cancel").await?;
    let run = finish(sync);
    let took = began.elapsed();
    table("an operation of musterctl, cancelled in the window", format!("ended after {took:.1?}"));
    assert_ne!(run.code, 0, "{run:?}");
    window.wait_for_text("#rows tr[data-state=cancelled]", "Host sync").await?;
    peer.let_go();
    eventually("no session is left", || peer.sessions() <= 1);

    // The filters stand in the address.
    window.go("#/operations?state=cancelled").await?;
    window.wait_for("one row", &rows(1)).await?;
    window.close(&screen).await
}

/// Whether the page lists so many operations.
fn rows(number: usize) -> String {
    format!("document.querySelectorAll('#rows tr[data-operation]').length === {number}")
}

/// Counts the calls of the page by their command.
const COUNT_CALLS: &str = "
    window.calls = {};
    const own = window.fetch;
    window.fetch = function (address) {
        const command = String(address).split('/').pop().split('?')[0];
        window.calls[command] = (window.calls[command] ?? 0) + 1;
        return own.apply(window, arguments);
    };
    return null";

#[tokio::test]
async fn the_page_is_narrowed_by_state_kind_origin_and_time_and_each_stands_in_the_address() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["test", "Berlin"]);
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["sync", "hosts", "Berlin"]);
    peer.post("/stop", json!({}));
    let failed = muster.json(&["sync", "full", "Berlin"]);
    assert_ne!(failed.code, 0, "{failed:?}");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/operations").await?;
    window.wait_for("all of them", &rows(4)).await?;

    window.click("#by-state").await?;
    let boxes = "document.querySelectorAll('.muster-several__list input').length === 7";
    window.wait_for("a box for each state", boxes).await?;
    window.shoot(&screen, "operations-filter").await?;
    for state in ["failed", "cancelled"] {
        window.script(&format!("document.querySelector('input[value={state}]').click()")).await?;
    }
    window.wait_for("those in either state", &rows(1)).await?;
    window.wait_for("the address", "location.hash === '#/operations?state=failed&state=cancelled'").await?;
    window.wait_for_text("#by-state", "2 states").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone(".muster-several__list").await?;
    window.wait_for("the button has the keyboard", "document.activeElement?.id === 'by-state'").await?;
    window.press("#operations", "Clear filters").await?;
    window.wait_for("all of them again", &rows(4)).await?;

    window.go("#/operations?kind=full_sync&kind=test&origin=user&since=1h").await?;
    window.wait_for("two full syncs and a test", &rows(3)).await?;
    window.wait_for_text("#by-kind", "2 kinds").await?;
    window.wait_for_text(".muster-foot", "3 operations match").await?;
    window.go("#/operations?kind=test&state=failed").await?;
    window.wait_for_text("#operations", "No operations match").await?;
    window.shoot(&screen, "operations-no-match").await?;
    window.press(".muster-split__rows", "Clear filters").await?;
    window.wait_for("all of them at last", &rows(4)).await?;
    window.wait_for("no filter in the address", "location.hash === '#/operations'").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn while_a_sync_reports_its_progress_the_page_asks_for_it_alone_and_says_how_fast_it_goes() -> Result<()>
{
    let peer = Peer::start(&["--model", "vpx", "--vms", "600"]);
    let muster = Musterctl::with(&peer, "Berlin");
    for _ in 0..3 {
        muster.ok(&["test", "Berlin"]);
    }
    let screen = Screen::start(Theme::Light, (1920, 1080))?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.driver.set_window_rect(0, 0, 1920, 1080).await?;
    window.go("#/operations").await?;
    window.wait_for("the tests", &rows(3)).await?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"delay_ms": 800}}));
    window.script(COUNT_CALLS).await?;
    muster.ok(&["sync", "full", "Berlin", "--detach"]);
    window.wait_for("it runs", &rows(4)).await?;
    window.wait_for_text("#rows tr[data-state=running] .muster-operations__changes", "/s").await?;
    window.wait_for_text("#rows tr[data-state=running] .muster-operations__took", "left").await?;
    window.click("#running").await?;
    window.wait_for_text("#running-panel", "left").await?;
    window.shoot(&screen, "operations-rates").await?;
    window.wait_for_text("#rows tr[data-state=succeeded]", "Full sync").await?;
    let calls = window.script("return window.calls").await?;
    table("calls of the page during a sync", &calls);
    let of = |command: &str| calls[command].as_u64().unwrap_or(0);
    ensure!(of("show_operation") >= 5, "{calls}");
    ensure!(of("operation_history") == 0 && of("list_operations") == 0, "lists are read again: {calls}");
    window.close(&screen).await
}
