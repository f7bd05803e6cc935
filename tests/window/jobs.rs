//! The page of jobs: a policy from a template to its run and the operations of that, and back through a file.
//! Refuses to believe the page: what is stored is what musterctl shows, and what ran is what the vCenter saw.

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
        .wait_for(
            "the first template",
            "document.querySelector('#policy-file').value.includes('Nightly full sync')",
        )
        .await?;
    let choose = "const e = document.querySelector('#policy-template'); e.value = 'Sync a vCenter that is back online';
        e.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(choose).await?;
    window
        .wait_for("the other one", "document.querySelector('#policy-file').value.includes('\"online\"')")
        .await?;
    window.shoot(&screen, "jobs-add").await?;
    // What is wrong with it is said at the field.
    window.fill("#policy-file", "{\"name\": \"Back\", \"do\": [{\"step\": \"reboot\"}]}").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#policy-file-said", "reboot").await?;
    let back = r#"{"name":"Back","when":[{"on":"online"},{"on":"cron","cron":"30 2 * * *"}],"do":[{"step":"test"},{"step":"full_sync"}]}"#;
    window.fill("#policy-file", back).await?;
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
    let choose = |id: &str, value: &str| {
        format!(
            "const e = document.querySelector('{id}'); e.value = {value};
             e.dispatchEvent(new Event('change', {{ bubbles: true }})); return null"
        )
    };
    window.script(&choose("#destination-kind", "'webhook'")).await?;
    window.fill("#destination-name", "Ops chat").await?;
    window.fill("#destination-address", "http://example.org/").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#destination-wrong", "Select the credential").await?;
    let signing = "[...e.options].find(one => one.text.startsWith('signing')).value";
    window.script(&choose("#destination-credential", signing)).await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#destination-wrong", "https://").await?;
    window.fill("#destination-address", &format!("https://{}/in", receivers.at("hook"))).await?;
    window.script(&choose("#destination-trust", "'pin'")).await?;
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
