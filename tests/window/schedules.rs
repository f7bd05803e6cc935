//! A schedule made in the window: its next runs while it is typed, what is wrong at each field, and what starts next in
//! every size of the sync manager.
//! Refuses to wait for a schedule of minutes: one of seconds shows that what is saved runs.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use thirtyfour::Key;

/// The next runs that the form shows.
const RUNS: &str = "[...document.querySelectorAll('.muster-runs li')].map(item => item.innerText.trim())";

/// What a selector shows of what starts next.
fn next(selector: &str) -> String {
    format!("{selector} .muster-next")
}

async fn runs(window: &Window, what: &str, is: &str) -> Result<Vec<String>> {
    let shown =
        window.wait_for(what, &format!("(runs => runs.length === 5 && {is} ? runs : null)({RUNS})")).await?;
    Ok(serde_json::from_value(shown)?)
}

#[tokio::test]
async fn a_schedule_is_made_with_its_next_runs_in_sight_and_stands_in_all_three_sizes() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let id = muster.ok(&["vcenter", "list"])[0]["id"].as_str().context("an id")?.to_owned();
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.wait_for_text(&next("[data-vcenter='Berlin']"), "No schedule").await?;
    window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.press("[data-vcenter='Berlin'] [role=menu]", "Schedule…").await?;
    window.wait_for_element("dialog[open] #schedule-when").await?;
    window.wait_for("the time has the focus", "document.activeElement?.id === 'schedule-when'").await?;
    runs(&window, "five runs of what is offered", "true").await?;
    window.shoot(&screen, "schedule-new").await?;

    // Each mistake is told at its field, with what to type, and nothing is saved.
    window.fill("#schedule-when", "often").await?;
    window.wait_for_text("#schedule-when-said", "weekdays 02:30").await?;
    window.fill("#schedule-when", "0 0 30 2 *").await?;
    window.wait_for_text("#schedule-when-said", "never runs").await?;
    window.fill("#schedule-zone", "Berlin").await?;
    window
        .wait_for_text(
            "#schedule-zone-said",
            "There is no time zone \"Berlin\". Enter its IANA name, such as Europe/Berlin.",
        )
        .await?;
    window.fill("#schedule-quiet", "at night").await?;
    window
        .wait_for_text("#schedule-quiet-said", "is not a valid range of hours. Enter it as 22:00-06:00.")
        .await?;
    window.shoot(&screen, "schedule-wrong").await?;
    window.press("dialog", "Save").await?;
    let focused = "document.activeElement?.id === 'schedule-when'";
    window.wait_for("the first field that is wrong has the focus", focused).await?;
    ensure!(muster.ok(&["schedule", "list"]) == serde_json::json!([]));

    window.fill("#schedule-when", "weekdays 02:30").await?;
    window.fill("#schedule-zone", "Europe/Berlin").await?;
    window.fill("#schedule-quiet", "").await?;
    let weekdays = runs(&window, "five nights", "runs.every(run => run.includes(' 02:30 '))").await?;
    ensure!(weekdays.iter().all(|run| !run.starts_with("Sat") && !run.starts_with("Sun")), "{weekdays:?}");
    window.fill("#schedule-quiet", "2-4").await?;
    runs(
        &window,
        "they wait",
        "runs.every(run => run.includes(' 04:00 ') && run.includes('after quiet hours'))",
    )
    .await?;
    window.shoot(&screen, "schedule-quiet").await?;
    window.fill("#schedule-when", "every 30 min").await?;
    window.fill("#schedule-name", "Half-hourly").await?;
    runs(&window, "five times", "runs.some(run => !run.includes(' 04:00 '))").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_toast("Schedule Half-hourly was saved").await?;
    let saved = muster.ok(&["schedule", "show", "half-hourly"]);
    ensure!(
        (&saved["every_seconds"], &saved["quiet"]) == (&Value::from(1800), &Value::from("02:00-04:00")),
        "{saved}"
    );

    // The row, its card, the page of one, and the strip.
    window.wait_for_text(&next("[data-vcenter='Berlin']"), "Next in").await?;
    window.expand("Berlin").await?;
    window.wait_for_text(&next("[data-vcenter='Berlin'] .muster-card"), "every 30 min").await?;
    window.shoot(&screen, "schedule-table").await?;
    window.go(&format!("#/vcenter/{id}")).await?;
    window.wait_for_text(&next(".muster-focus"), "every 30 min").await?;
    window.wait_for_text("[data-schedule='Half-hourly']", "quiet 02:00-04:00").await?;
    window.shoot(&screen, "schedule-focus").await?;
    window.go(&format!("#/inventory/hosts?vcenter={id}")).await?;
    window.wait_for_text(&next("[data-strip='Berlin']"), "Next in").await?;
    window.shoot(&screen, "schedule-strip").await?;

    // Turned off in the list by the keyboard, and back; removed in its form.
    window.go("#/vcenter?schedules=").await?;
    window.wait_for_text("dialog [data-schedule='Half-hourly']", "Next in").await?;
    window.shoot(&screen, "schedule-list").await?;
    window.script("document.querySelector('dialog [data-schedule] input').focus(); return true").await?;
    window.keys(" ").await?;
    window.wait_for_text("dialog [data-schedule='Half-hourly']", "Off").await?;
    ensure!(muster.ok(&["schedule", "show", "half-hourly"])["enabled"] == false);
    window.press("dialog", "Edit").await?;
    window.wait_for_element("dialog #schedule-on").await?;
    window.click("#schedule-on").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    ensure!(muster.ok(&["schedule", "show", "half-hourly"])["enabled"] == true);
    window.go(&format!("#/vcenter?schedule={}", saved["schedule"].as_str().context("an id")?)).await?;
    window.press("dialog", "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_for_toast("Schedule Half-hourly was removed").await?;
    ensure!(muster.ok(&["schedule", "list"]) == serde_json::json!([]));
    window.close(&screen).await
}

#[tokio::test]
async fn a_window_runs_its_schedules_and_hears_of_those_that_others_make() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.wait_for_text(&next("[data-vcenter='Berlin']"), "No schedule").await?;
    muster.ok(&["schedule", "add", "tests", "--vcenter", "Berlin", "--every", "5s", "--job", "test"]);
    window.wait_for_text(&next("[data-vcenter='Berlin']"), "Next in").await?;
    window.go("#/vcenter?schedules=").await?;
    window.wait_for_text("dialog [data-schedule='tests']", "Connection test done").await?;
    window.shoot(&screen, "schedule-list-dark").await?;
    muster.ok(&["vcenter", "pause", "Berlin"]);
    window.wait_for_text("dialog [data-schedule='tests']", "Paused").await?;
    window.key(Key::Escape).await?;
    window.wait_for_text(&next("[data-vcenter='Berlin']"), "Paused").await?;
    window.shoot(&screen, "schedule-paused-dark").await?;
    let started = muster.ok(&["operations", "list", "--origin", "schedule"]);
    ensure!(!started.as_array().context("operations")?.is_empty());
    window.close(&screen).await
}

#[tokio::test]
async fn a_schedule_is_made_smart_with_the_reason_of_each_run_in_sight_and_settings_delete_what_was_seen()
-> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let id = muster.ok(&["vcenter", "list"])[0]["id"].as_str().context("an id")?.to_owned();
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
    window.press("[data-vcenter='Berlin'] [role=menu]", "Schedule…").await?;
    window.wait_for_element("dialog[open] #schedule-smart").await?;

    // It is offered where it can be.
    window.fill("#schedule-when", "daily 02:30").await?;
    window.wait_for("none is offered", "!document.querySelector('#schedule-smart')").await?;
    window.fill("#schedule-when", "every 30 min").await?;
    window.fill("#schedule-name", "Fresh").await?;
    window.wait_for_element("dialog[open] #schedule-smart").await?;
    window.click("#schedule-smart").await?;
    let said = "Too little is known yet of when people look at Berlin";
    runs(&window, "each with its reason", &format!("runs.every(run => run.includes('{said}'))")).await?;
    window.shoot(&screen, "schedule-smart").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    ensure!(muster.ok(&["schedule", "show", "fresh"])["smart"] == true);

    window.go(&format!("#/vcenter/{id}")).await?;
    window.wait_for_text(&next(".muster-focus"), said).await?;
    window.wait_for_text("[data-schedule='Fresh']", "smart, about every 30 min").await?;
    window.wait_for_text("[data-schedule='Fresh']", said).await?;
    window.shoot(&screen, "schedule-smart-focus").await?;

    window.go("#/settings").await?;
    window.click("#delete-usage").await?;
    window.wait_for_text("dialog[open]", "Delete usage data?").await?;
    window.shoot(&screen, "settings-usage").await?;
    window.click("#delete-usage-submit").await?;
    window.wait_for_toast("The usage data was deleted").await?;
    window.wait_until_gone("dialog").await?;
    let reason = muster.ok(&["schedule", "show", "fresh"])["reason"].clone();
    ensure!(reason == "smart, about every 30 min", "{reason}");
    window.close(&screen).await
}
