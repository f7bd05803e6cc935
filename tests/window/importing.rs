//! vCenters out of a list in the window: typed or as a file, seen before anything is stored, imported with one button.
//! Refuses to believe the page: the command line says what is configured.

use super::alone::choose;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::Musterctl;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

const MENU: &str = "button[aria-label='Import and export']";

#[tokio::test]
async fn fifty_vcenters_of_a_list_are_seen_in_a_dry_run_and_imported_with_one_button() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let muster = Musterctl::new();
    muster.ok(&["credential", "add", "readonly", "--user", "ro@vsphere.local"]);
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/vcenter").await?;
    window.press("main", "Import a list").await?;
    window.wait_for_element("#import-text").await?;
    window.click("#import-text").await?;
    window.keys("Berlin, vc.example.org").await?;
    window.key(Key::Enter).await?;
    window.keys("not a host!").await?;
    window.wait_for_text("#import-summary", "List of hosts: 1 to add, 1 not imported.").await?;
    let lines: String = (1..=50).map(|n| format!("Site {n}, vc{n}.example.org\n")).collect();
    let list = muster.folder().join("list");
    std::fs::write(&list, format!("{lines}not a host!\n"))?;
    window.choose_file("#import-file", &list).await?;
    window.wait_for_text("#import-summary", "List of hosts: 50 to add, 1 not imported.").await?;
    let rows = window.script("return document.querySelectorAll('.muster-import tbody tr').length").await?;
    ensure!(rows == 51, "{rows} rows");
    let barred = "[...document.querySelectorAll('dialog button')].find(b => b.textContent.includes('Import 50 vCenters'))";
    window.wait_for("it needs a credential", &format!("{barred}?.disabled")).await?;
    ensure!(muster.ok(&["vcenter", "list"]) == json!([]), "a dry run stores nothing");
    window.is_sound().await?;
    window.shoot(&screen, "importing-dry-run").await?;
    let id = muster.ok(&["credential", "list"])[0]["id"].as_str().context("an id")?.to_owned();
    window.script(&choose("import-credential", &id)).await?;
    window.press("dialog", "Import 50 vCenters").await?;
    window.wait_for_toast("Imported 50 vCenters").await?;
    window.wait_for_text("#import-summary", "50 added, 1 not imported").await?;
    window.shoot(&screen, "importing-done").await?;
    window.press("dialog", "Close").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_element("[data-vcenter='Site 50']").await?;
    ensure!(muster.ok(&["vcenter", "list"]).as_array().map(Vec::len) == Some(50));

    // The same out of a file: nothing of it is new.
    let file = muster.folder().join("again.csv");
    std::fs::write(&file, "name,host,tags\nSite 1,vc1.example.org,eu\nSite 2,vc2.example.org,\n")?;
    window.click(MENU).await?;
    window.press("main", "Import…").await?;
    window.wait_for_element("#import-file").await?;
    window.choose_file("#import-file", &file).await?;
    window.wait_for_text("#import-summary", "Muster (CSV): 1 to change, 1 unchanged.").await?;
    window.press("dialog", "Import 1 vCenter").await?;
    window.wait_until_gone("dialog").await?;
    ensure!(muster.ok(&["vcenter", "show", "Site 1"])["tags"] == json!(["eu"]));

    window.click(MENU).await?;
    window.press("main", "Export as CSV").await?;
    let told = window.wait_for_toast("Exported 50 vCenters").await?;
    let path = told.lines().find(|line| line.contains(".csv")).context("the toast names the file")?.trim();
    let planned = muster.ok(&["vcenter", "import", path, "--dry-run"]);
    let rows = planned.as_array().context("rows")?;
    ensure!(rows.len() == 50 && rows.iter().all(|row| row["action"] == "same"), "{planned}");
    window.close(&screen).await
}
