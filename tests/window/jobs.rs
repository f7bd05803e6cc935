//! The page of jobs: a policy from a template to its run and the operations of that, and back through a file.
//! Refuses to believe the page: what is stored is what musterctl shows, and what ran is what the vCenter saw.

use super::alone::choose;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, Receivers, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;

#[tokio::test]
async fn a_policy_comes_from_a_template_is_tried_dry_runs_and_goes_through_a_file() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add_pinned(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/jobs").await?;
    window.wait_for_text("#jobs", "No policies yet").await?;
    window.wait_for_text("#jobs", "No schedules yet").await?;
    window.shoot(&screen, "jobs-empty").await?;

    window.click("#add-policy").await?;
    window
        .wait_for("the first template", "document.querySelector('#policy-name').value == 'Nightly full sync'")
        .await?;
    window.script(&choose("policy-template", "Sync a vCenter that is back online")).await?;
    window
        .wait_for(
            "the other one",
            "document.querySelector('#policy-when-0-first').selectedOptions[0].text == 'When a vCenter is back online'",
        )
        .await?;
    window.shoot(&screen, "jobs-add").await?;
    // What is wrong with it is said at the field.
    window.fill("#policy-name", "Back").await?;
    window.click("#policy-when").await?;
    window.fill("#policy-when-1-time", "now and then").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#policy-when-1-time-said", "is not a time").await?;
    window.shoot(&screen, "jobs-add-wrong").await?;
    window.fill("#policy-when-1-time", "daily 02:30").await?;
    window.press("dialog", "Dry run").await?;
    window.wait_for_text("#dry-run", "Full sync on Berlin").await?;
    // The same as JSON, with what is wrong there, and back.
    window.click("#policy-turn").await?;
    let typed = window.script("return document.querySelector('#policy-file').value").await?;
    ensure!(typed.as_str().is_some_and(|text| text.contains("\"30 2 * * *\"")), "{typed}");
    window.fill("#policy-file", "{\"name\": \"Back\", \"do\": [{\"step\": \"reboot\"}]}").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#policy-file-said", "reboot").await?;
    let back = r#"{"name":"Back","when":[{"on":"online"},{"on":"cron","cron":"30 2 * * *"}],"do":[{"step":"full_sync"},{"step":"test"}]}"#;
    window.fill("#policy-file", back).await?;
    window.click("#policy-turn").await?;
    window.click("[aria-label='Move step 2 up']").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    let item = "[data-policy='Back']";
    window.wait_for_text(item, "When a vCenter is back online; daily 02:30").await?;
    window.wait_for_text(item, "Next in").await?;

    let before = peer.calls("Login");
    window.press(item, "Dry run").await?;
    window.wait_for_text("#dry-run", "It would run now").await?;
    window.wait_for_text("#dry-run", "Full sync on Berlin").await?;
    window.shoot(&screen, "jobs-dry-run").await?;
    ensure!(peer.calls("Login") == before, "nothing was contacted");
    window.press("dialog", "Run now").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_text(item, "Policy run done").await?;
    window.wait_for_text(item, "Connection test succeeded").await?;
    window.shoot(&screen, "jobs").await?;
    let all = muster.ok(&["operations", "list", "--limit", "20"]);
    let kinds: Vec<&str> =
        all.as_array().context("a list")?.iter().filter_map(|one| one["kind"].as_str()).collect();
    ensure!(["policy", "test", "full_sync"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    window.press(item, "Runs").await?;
    window.wait_for_text("#runs", "Started by hand").await?;
    window.shoot(&screen, "jobs-runs").await?;
    window.press("dialog", "Close").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for("the focus is back", "document.activeElement?.innerText?.trim() === 'Runs'").await?;
    window.click("#add-destination").await?;
    window.wait_for_element("#destination-from").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for("the focus is back", "document.activeElement?.id === 'add-destination'").await?;
    // A step leads to its operation.
    window.press(item, "Operation 1").await?;
    window.wait_for_text("#drawer", "Berlin").await?;

    // What musterctl prints, changed, is what the page shows.
    let mut printed = muster.ok(&["policy", "show", "Back"]);
    printed["do"] = json!([{ "step": "sync_hosts" }]);
    let file = muster.folder().join("back.json");
    std::fs::write(&file, printed.to_string())?;
    muster.ok(&["policy", "edit", "Back", file.to_str().context("a path")?]);
    window.go("#/jobs").await?;
    window.wait_for_text(item, "Host sync").await?;
    window.press(item, "Duplicate").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("[data-policy='Back 2']", "Host sync").await?;
    window.click("[data-policy='Back 2'] input[type=checkbox]").await?;
    window.wait_for_text("[data-policy='Back 2']", "Off").await?;
    eventually("it is stored", || muster.ok(&["policy", "show", "Back 2"])["enabled"] == false);
    window.press("[data-policy='Back 2']", "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_until_gone("[data-policy='Back 2']").await?;
    // Schedules are here, too.
    window.click("#add-schedule").await?;
    window.wait_for_element("#schedule-when").await?;
    window.press("dialog", "Cancel").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn the_next_days_are_seen_and_everything_is_paused_and_resumed() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&[
        "schedule",
        "add",
        "Nightly",
        "--vcenter",
        "Berlin",
        "--cron",
        "30 2 * * *",
        "--job",
        "full",
    ]);
    muster.ok(&["schedule", "add", "Often", "--vcenter", "Berlin", "--every", "30m", "--job", "hosts"]);
    let file = muster.folder().join("tell.json");
    let tell = json!({
        "name": "Tell", "when": [{ "on": "cron", "cron": "0 6,18 * * *" }], "do": [{ "step": "notify" }],
    });
    std::fs::write(&file, tell.to_string())?;
    muster.ok(&["policy", "add", file.to_str().context("a path")?]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/jobs").await?;
    window.wait_for_text("#calendar-often", "Often (every 30 min)").await?;
    // The page shows what musterctl says.
    let days = "return [...document.querySelectorAll('#calendar > li')].map((day) => [
        day.querySelector('time').getAttribute('datetime'),
        ...[...day.querySelectorAll('li')].map((run) => run.innerText.trim())])";
    let shown = window.script(days).await?;
    let calendar = muster.ok(&["schedule", "calendar"]);
    let told: Vec<Vec<String>> = calendar["days"]
        .as_array()
        .context("days")?
        .iter()
        .map(|day| {
            let runs = day["runs"].as_array().into_iter().flatten().map(|run| {
                let more = run["more"].as_u64().filter(|more| *more > 0).map(|more| format!(" +{more}"));
                let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
                format!("{} {}{}", text("local"), text("name"), more.unwrap_or_default())
            });
            day["date"].as_str().map(str::to_owned).into_iter().chain(runs).collect()
        })
        .collect();
    ensure!(shown == json!(told), "{shown} is not {told:?}");
    ensure!(told.len() == 7 && told[3][1..] == ["02:30 Nightly", "06:00 Tell +1"], "{told:?}");
    window.shoot(&screen, "jobs-calendar").await?;
    window.press("#calendar > li:nth-child(4)", "Nightly").await?;
    window.wait_for_element("#schedule-when").await?;
    window.press("dialog", "Cancel").await?;

    window.click("#pause-all").await?;
    window.wait_for_text("dialog", "Pause everything").await?;
    window.shoot(&screen, "jobs-pause").await?;
    window.press("dialog", "Pause").await?;
    window.wait_for_text("#jobs", "Everything is paused for 2 h").await?;
    window.shoot(&screen, "jobs-paused").await?;
    eventually("it is stored", || muster.ok(&["status"])[0]["paused"]["all"] == true);
    window.go("#/").await?;
    window.wait_for_text(".muster-banner", "Everything is paused").await?;
    window.go("#/jobs").await?;
    window.click("#resume-all").await?;
    window.wait_for_element("#pause-all").await?;
    eventually("it is resumed", || muster.ok(&["status"])[0]["paused"].is_null());
    // Another process pauses it.
    muster.ok(&["vcenter", "pause", "--all"]);
    window.wait_for_text("#jobs", "Everything is paused until resumed").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn a_destination_is_added_tested_named_by_a_policy_and_removed() -> Result<()> {
    let mut receivers = Receivers::start();
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add_pinned(&peer, "Berlin");
    let add = ["credential", "add", "signing", "--user", "webhook", "--password-stdin", "--json"];
    ensure!(muster.run_with_stdin(&add, &format!("{}\n", Receivers::SIGNING_KEY)).code == 0, "a credential");
    muster.put_password("signing", Receivers::SIGNING_KEY);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/jobs").await?;
    window.wait_for_text("#jobs", "No destinations yet").await?;
    window.click("#add-destination").await?;
    window.wait_for_element("#destination-from").await?;
    window.shoot(&screen, "destination-mail").await?;
    window.script(&choose("destination-kind", "webhook")).await?;
    window.fill("#destination-name", "Ops chat").await?;
    window.fill("#destination-address", "http://example.org/").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#destination-wrong", "Select the credential").await?;
    let signing = muster.ok(&["credential", "list"]);
    let signing = signing.as_array().context("a list")?.iter().find(|one| one["name"] == "signing");
    let signing = signing.and_then(|one| one["id"].as_str()).context("its id")?;
    window.script(&choose("destination-credential", signing)).await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#destination-wrong", "https://").await?;
    window.fill("#destination-address", &format!("https://{}/in", receivers.at("hook"))).await?;
    window.script(&choose("destination-trust", "pin")).await?;
    window.wait_for_element("#destination-pin").await?;
    window.fill("#destination-pin", &receivers.fingerprint()).await?;
    window.shoot(&screen, "destination-webhook").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    let item = "[data-destination='Ops chat']";
    window.wait_for_text(item, "No policy delivers to it").await?;
    window.press(item, "Test").await?;
    eventually("the event is there", || receivers.all("hook").len() == 1);
    ensure!(receivers.all("hook")[0]["verified"] == true, "it is signed");

    window.click("#add-policy").await?;
    window.click("#policy-turn").await?;
    let tell = r#"{"name":"Tell","do":[{"step":"send","to":"ops CHAT"},{"step":"notify"}]}"#;
    window.fill("#policy-file", tell).await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("[data-policy='Tell']", "Message to Ops chat, Notification").await?;
    window.wait_for_text(item, "Policies: Tell").await?;
    window.press("[data-policy='Tell']", "Run now").await?;
    window.wait_for_text("[data-policy='Tell']", "Policy run done").await?;
    eventually("the run was told", || receivers.all("hook").len() == 2);
    window.shoot(&screen, "jobs-destinations").await?;
    window.press(item, "Remove…").await?;
    window.wait_for_text("dialog", "These policies deliver to it: Tell").await?;
    window.press("dialog", "Cancel").await?;
    window.press("[data-policy='Tell']", "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_for_text(item, "No policy delivers to it").await?;
    window.press(item, "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_until_gone(item).await?;
    ensure!(muster.ok(&["destination", "list"]) == json!([]), "it is gone");
    window.close(&screen).await
}
