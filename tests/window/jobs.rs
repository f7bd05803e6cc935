//! The page of jobs: a policy from a template to its run and the operations of that, and back through a file.
//! Refuses to believe the page: what is stored is what musterctl shows, and what ran is what the vCenter saw.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
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
