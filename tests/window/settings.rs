//! The page of settings: what is chosen there is kept beside the data, and the start at login where desktops look for it.
//! Refuses to believe the page: the files say what was kept.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

#[tokio::test]
async fn the_page_looks_and_listens_as_it_was_chosen_to_and_new_vcenters_begin_as_it_was_set() -> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let is_dark = "document.documentElement.classList.contains('pf-v6-theme-dark')";
    window.go("#/settings").await?;
    window.wait_for("as the system", &format!("!{is_dark}")).await?;
    window.click("#theme-dark").await?;
    window.wait_for("dark at once", is_dark).await?;
    window.shoot(&screen, "settings-dark").await?;

    let size = |percent: u32| {
        format!(
            "const size = document.getElementById('text-size'); size.value = '{percent}';
             size.dispatchEvent(new Event('change', {{ bubbles: true }})); return null"
        )
    };
    window.wait_for("as large as usual", "document.getElementById('text-size')?.value === '100'").await?;
    window.script(&size(150)).await?;
    eventually("it is larger", || kept(&muster, "window.json").is_some_and(|place| place["zoom"] == 150));
    // Its keys are the same.
    window.with_ctrl('0').await?;
    window.wait_for("and shown", "document.getElementById('text-size')?.value === '100'").await?;

    // Letters do nothing any more, and the keys with Ctrl do.
    window.click("#single-keys").await?;
    window.script("document.activeElement.blur(); return null").await?;
    window.keys("?").await?;
    window.keys("go").await?;
    window.with_ctrl('f').await?;
    window.wait_for("Ctrl leads to the search", "location.hash.startsWith('#/inventory/vms')").await?;
    ensure!(window.script("return document.querySelector('dialog') === null").await? == true);
    window.go("#/settings").await?;
    window.click("#single-keys").await?;
    window.script("document.activeElement.blur(); return null").await?;
    window.keys("?").await?;
    window.wait_for_text("dialog", "Search this page").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    let folder = window.text("#data-folder").await?;
    ensure!(
        folder.contains(&muster.data().display().to_string()) && folder.contains("Free on its disk"),
        "{folder}"
    );
    let about = window.text("#about").await?;
    ensure!(about.contains(env!("CARGO_PKG_VERSION")) && about.contains("Platform"), "{about}");
    window.click("#show-licenses").await?;
    let licenses = window.wait_for_text("#licenses", "patternfly").await?;
    ensure!(licenses.contains("sqlx") && licenses.contains("Apache License"), "every license is there");
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;

    let ttl = "const ttl = document.getElementById('default-ttl'); ttl.value = '3600';
               ttl.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(ttl).await?;
    window.press(".muster-retention", "Save").await?;
    eventually("it is stored", || muster.ok(&["settings", "show"])["default_ttl_seconds"] == 3600);
    // What is written to the log is stored when it is chosen, and its lines are there.
    let level = "const level = document.getElementById('log-level'); level.value = 'debug';
                 level.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(level).await?;
    eventually("it is stored", || muster.ok(&["settings", "show"])["log_level"] == "debug");
    window.click("#show-log").await?;
    ensure!(muster.json(&["vcenter", "show", "Berlin"]).code != 0, "there is none");
    window.press("dialog", "Refresh").await?;
    let lines = window.wait_for_text("#log-lines", "command=show_vcenter").await?;
    ensure!(lines.contains("info") && lines.contains("musterctl "), "{lines}");
    window.shoot(&screen, "settings-log").await?;
    window.fill("#log-text", "no such words").await?;
    window.wait_for_text("dialog", "No line matches.").await?;
    window.fill("#log-text", "").await?;
    let level = "const level = document.getElementById('log-shown'); level.value = 'error';
                 level.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(level).await?;
    window.wait_for_text("dialog", "The log has no such lines.").await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    window.go("#/vcenter?add=").await?;
    window.script("document.querySelector('dialog details').open = true; return null").await?;
    let begins = "document.querySelector('#vc-ttl')?.value === '1'
        && document.querySelector('.muster-ttl select')?.value === 'hours'";
    window.wait_for("a new vCenter begins with it", begins).await?;
    window.key(thirtyfour::Key::Escape).await?;
    window.wait_until_gone("dialog").await?;
    window.close(&screen).await?;

    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for("it is dark still", is_dark).await?;
    window.close(&screen).await
}

fn kept(muster: &Musterctl, file: &str) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(muster.data().join(file)).ok()?).ok()
}

#[tokio::test]
async fn what_is_chosen_in_settings_is_kept_and_the_start_at_login_is_an_entry_for_desktops() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let data = tempfile::tempdir()?;
    let window = Window::open(&screen, data.path()).await?;
    window.wait_for_overview().await?;
    window.keys("gp").await?;
    window.wait_for_text("#settings", "When the last window is closed").await?;
    window.shoot(&screen, "settings").await?;
    window.click("#on-close-keep").await?;
    window.click("#notify").await?;
    let file = data.path().join("desktop.json");
    let kept = || -> Option<Value> { serde_json::from_slice(&std::fs::read(&file).ok()?).ok() };
    eventually("both are kept", || kept() == Some(json!({ "on_close": "keep", "notify": false })));

    let entry = screen.home().join("config/autostart/dev.muster.desktop.desktop");
    ensure!(!entry.exists(), "nothing starts at login until somebody wants it");
    window.click("#start-at-login").await?;
    window.wait_for("it is on", "document.querySelector('#start-at-login').checked").await?;
    eventually("the entry is there", || entry.exists());
    let text = std::fs::read_to_string(&entry)?;
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).context("a command")?;
    ensure!(exec.contains(" --hidden") && exec.contains(&data.path().display().to_string()), "{exec}");
    // Who switches it off elsewhere sees it off here.
    window.click("#start-at-login").await?;
    window.wait_for("it is off", "!document.querySelector('#start-at-login').checked").await?;
    eventually("the entry is gone", || !entry.exists());
    window.close(&screen).await?;

    let window = Window::open(&screen, data.path()).await?;
    window.go("#/settings").await?;
    window
        .wait_for(
            "it is as it was",
            "document.querySelector('#on-close-keep').checked && !document.querySelector('#notify').checked",
        )
        .await?;
    window.close(&screen).await
}
