//! A vCenter that is removed: what goes with it, the way back for ten seconds, and what is left after them.
//! Refuses to take the window's word for it: the command line, the keychain and the audit log are asked.

use super::bus::{Bus, Keyring};
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::{Duration, Instant};

fn names(muster: &Musterctl) -> Vec<String> {
    let all = muster.ok(&["vcenter", "list"]);
    all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

async fn remove(window: &Window, name: &str) -> Result<()> {
    let card = format!("[data-vcenter='{name}']");
    window.go("#/vcenter").await?;
    window.click(&format!("{card} .muster-menu button")).await?;
    window.press("[role=menu]", "Remove…").await?;
    window.wait_for_text("dialog", "This is removed with it").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_names_what_goes_is_undone_by_a_click_and_is_final_after_ten_seconds() -> Result<()> {
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let bus = screen.bus().context("a bus")?;
    let (peer, other) = (Peer::vcenter(), Peer::vcenter());
    let keyring = Keyring::on(bus).await?;
    let muster = Musterctl::with_keychain(bus);
    muster.add_pinned(&peer, "Berlin");
    muster.add_pinned(&other, "Paris");
    muster.ok(&["sync", "full", "--all"]);
    muster.ok(&["schedule", "add", "Nightly", "--vcenter", "Berlin", "--every", "1h", "--job", "full"]);
    let before = muster.ok(&["inventory", "vms"]);
    let window = Window::open_beside(&screen, &muster).await?;

    remove(&window, "Berlin").await?;
    let shown = window.text("dialog").await?;
    for said in [
        "Nothing changes on the vCenter itself. You can undo this for 10 seconds.",
        "Cached inventory: ",
        "History: ",
        "Its place in 1 schedule: Nightly",
        "Credential “Berlin”, which nothing else uses. Its password is removed from the keychain.",
    ] {
        ensure!(shown.contains(said), "{said} is not in {shown}");
    }
    window.shoot(&screen, "remove").await?;
    window.press("dialog", "Remove").await?;
    window.wait_for_toast("Berlin was removed").await?;
    window.shoot(&screen, "removed").await?;
    assert_eq!(names(&muster), ["Paris"]);
    window.press("[data-toast='Berlin was removed']", "Undo").await?;
    window.wait_for_toast("Berlin is back").await?;
    window.wait_for_element("[data-vcenter='Berlin']").await?;
    assert_eq!(muster.ok(&["inventory", "vms"]), before);
    assert_eq!(muster.ok(&["schedule", "show", "Nightly"])["vcenters"].as_array().map(Vec::len), Some(1));
    ensure!(muster.json(&["test", "Berlin"]).code == 0, "it logs in with the password of the keychain");

    // Its name is free at once, and an undo that finds it taken says so.
    remove(&window, "Berlin").await?;
    let since = Instant::now();
    window.press("dialog", "Remove").await?;
    window.wait_for_toast("Berlin was removed").await?;
    assert_eq!(keyring.entries().await?, 2, "its password may be needed again");
    muster.ok(&["vcenter", "edit", "Paris", "--name", "berlin"]);
    window.with_ctrl('z').await?;
    let said = window.wait_for_toast("Berlin was not brought back").await?;
    ensure!(said.contains("Something else has the name \"Berlin\" by now."), "{said}");
    window.shoot(&screen, "not-brought-back").await?;

    // What nobody brings back is gone after ten seconds, with its password; and a row says so of each.
    eventually("its password is erased", || {
        let rows = muster.ok(&["audit", "list"]);
        rows.as_array().unwrap().iter().any(|row| row["command"] == "erase_password")
    });
    ensure!(since.elapsed() >= Duration::from_secs(10), "nobody had ten seconds");
    assert_eq!((keyring.entries().await?, names(&muster)), (1, vec!["berlin".to_owned()]));
    let rows = muster.ok(&["audit", "list"]);
    let rows = rows.as_array().context("rows")?;
    let told: Vec<String> = rows
        .iter()
        .rev()
        .map(|row| {
            format!("{} {} {} {}", row["command"], row["subject"], row["outcome"], row["origin"])
                .replace('"', "")
        })
        .filter(|row| ["remove", "restore", "erase"].iter().any(|word| row.starts_with(word)))
        .collect();
    let expected = [
        "remove_vcenter Berlin done window",
        "remove_vcenter Berlin done window",
        "restore_vcenter Berlin done window",
        "restore_vcenter Berlin done window",
        "remove_vcenter Berlin done window",
        "remove_vcenter Berlin done window",
        "restore_vcenter Berlin failed window",
        "erase_password Berlin done muster",
    ];
    assert_eq!(told, expected);
    assert_eq!(muster.ok(&["audit", "verify"])["ok"], Value::Bool(true));
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_window_removed_before_it_was_killed_is_purged_by_the_next_command() -> Result<()> {
    let bus = Bus::start()?;
    let keyring = Keyring::on(bus.address()).await?;
    let peer = Peer::vcenter();
    let muster = Musterctl::with_keychain(bus.address());
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Dark, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    remove(&window, "Berlin").await?;
    window.press("dialog", "Remove").await?;
    window.wait_for_toast("Berlin was removed").await?;
    window.end().await?;
    while keyring.entries().await? > 0 {
        assert_eq!(muster.run(&["run", "--for", "2s"]).code, 0);
    }
    assert_eq!(names(&muster), [""; 0]);
    Ok(())
}
