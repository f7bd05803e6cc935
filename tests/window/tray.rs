//! The tray, as a desktop reads it over the session bus: its state, its words, its menu, and Muster without a window.
//! Refuses to ask Muster: what the bus, the display and the servers say counts.

use super::MUSTER;
use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL, end};
use super::watcher::{Shown, Watcher};
use crate::support::{Musterctl, PATIENCE, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The question before the last window closes.
const ASKED: &str = "Keep Muster running in the tray?";

fn desktop() -> Result<Screen> {
    Screen::with_keychain(Theme::Light, USUAL)
}

fn bus(screen: &Screen) -> Result<&str> {
    screen.bus().context("a session bus")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tray_says_what_runs_and_what_needs_somebody_and_its_menu_does_what_it_says() -> Result<()> {
    let peers = [Peer::vcenter(), Peer::vcenter()];
    let muster = Musterctl::with(&peers[0], "Berlin_A");
    let rome = muster.add(&peers[1], "Rome")["id"].as_str().context("an id")?.to_owned();
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.wait_for_overview().await?;

    let idle = watcher.wait_until("nothing runs", |shown| shown.tooltip == "Nothing running").await?;
    assert_eq!((&*idle.title, &*idle.status), ("Muster", "Active"));
    let vcenters = ["Nothing running", "Berlin_A: Never synced", "Rome: Never synced"];
    assert_eq!(
        idle.labels(),
        [&vcenters[..], &["Sync all", "Open Muster", "Compact window", "Quit"]].concat()
    );

    for peer in &peers {
        peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    }
    watcher.click("Sync all").await?;
    let runs = watcher.wait_until("two run", |shown| shown.tooltip == "2 running").await?;
    assert!(runs.labels().contains(&"Berlin_A: Full sync"), "{:?}", runs.labels());
    ensure!(runs.icon != idle.icon, "what runs has an icon of its own");
    eventually("both are asked", || peers.iter().all(Peer::is_holding));
    for peer in &peers {
        peer.let_go();
        peer.behave();
    }
    let is_done = |shown: &Shown| {
        shown.labels().contains(&"Rome: Online")
            && shown.tooltip == "Nothing running"
            && shown.icon == idle.icon
    };
    watcher.wait_until("both are done", is_done).await?;

    peers[1].post("/stop", json!({}));
    ensure!(muster.json(&["sync", "full", "Rome"]).code != 0, "it is gone");
    let is_troubled = |shown: &Shown| {
        let has_own_icon = shown.icon != idle.icon && shown.icon != runs.icon;
        shown.status == "NeedsAttention" && shown.tooltip == "Rome: offline" && has_own_icon
    };
    watcher.wait_until("Rome is gone", is_troubled).await?;

    watcher.click("Rome: Offline").await?;
    window.wait_for("its page", &format!("location.hash === '#/vcenter/{rome}'")).await?;
    watcher.click("Compact window").await?;
    window.turn_to("#/compact").await?;
    assert_eq!(window.windows().await?, 2);
    let process = closing::process(&screen)?;
    watcher.click("Quit").await?;
    closing::wait_for_end(process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_menu_follows_the_role_of_the_window_down_and_up() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.wait_for_overview().await?;
    let may_sync = |shown: &Shown| shown.labels().contains(&"Sync all");
    watcher.wait_until("an admin may sync", may_sync).await?;
    for (command, role, may) in [("lower_role", "viewer", false), ("raise_role", "operator", true)] {
        let changed = window.invoke(command, json!({ "args": { "role": role, "passphrase": null } })).await?;
        ensure!(changed["answer"]["role"] == role, "{changed}");
        watcher.wait_until(role, |shown| may_sync(shown) == may).await?;
    }
    window.wait_for_text("#role", "Operator").await?;
    watcher.click("Quit").await?;
    closing::wait_for_end(closing::process(&screen)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_being_filled_stays_whatever_is_clicked_in_the_tray() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let berlin = muster.add(&peer, "Berlin")["id"].as_str().context("an id")?.to_owned();
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/vcenter?add=").await?;
    window.wait_for_element("#vc-name").await?;
    // A form in which nothing was typed is left for what was clicked.
    watcher.click("Berlin: Never synced").await?;
    let there = format!("location.hash === '#/vcenter/{berlin}' && !document.querySelector('dialog')");
    window.wait_for("its page", &there).await?;

    window.go("#/vcenter?add=").await?;
    window.wait_for_element("#vc-name").await?;
    window.fill("#vc-name", "Oslo").await?;
    window.wait_for("it is filled", "!!document.querySelector('dialog[data-filled]')").await?;
    watcher.click("Berlin: Never synced").await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let kept = "return document.querySelector('#vc-name')?.value";
    assert_eq!(window.script(kept).await?, "Oslo");
    window.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_asks_once_whether_to_stay_in_the_tray_and_work_goes_on_there() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.wait_for_overview().await?;
    watcher.wait_until("it is there", |shown| shown.title == "Muster").await?;

    let process = closing::ask(&screen)?;
    window.wait_for_text("dialog", ASKED).await?;
    window.shoot(&screen, "closing-to-tray").await?;
    window.press("dialog", "Cancel").await?;
    window.wait_until_gone("dialog").await?;
    // A sync that runs needs no question where it goes on.
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    watcher.click("Sync all").await?;
    eventually("the server holds a call back", || peer.is_holding());
    closing::ask(&screen)?;
    window.wait_for_text("dialog", ASKED).await?;
    window.click("#closing-remember").await?;
    window.press_the_last("dialog", "Keep running").await?;
    eventually("the window is gone", || closing::titles(&screen).is_ok_and(|titles| titles.is_empty()));
    ensure!(closing::is_running(process), "Muster goes on");
    peer.let_go();
    peer.behave();
    watcher.wait_until("the sync ends", |shown| shown.labels().contains(&"Berlin: Online")).await?;
    assert_eq!(muster.ok(&["operations", "list"])[0]["state"], "succeeded");

    // A second start brings the window, and closing no longer asks.
    start(&screen, &muster, &[])?.ends_well()?;
    eventually("it is back", || closing::title(&screen).is_ok_and(|title| title.starts_with("Overview")));
    closing::ask(&screen)?;
    eventually("it is gone again", || closing::titles(&screen).is_ok_and(|titles| titles.is_empty()));
    watcher.click("Berlin: Online").await?;
    eventually("it is back", || closing::title(&screen).is_ok_and(|title| title.starts_with("vCenters")));
    ensure!(closing::process(&screen)? == process, "it is the same Muster");
    closing::ask(&screen)?;
    eventually("it is gone again", || closing::titles(&screen).is_ok_and(|titles| titles.is_empty()));
    watcher.click("Quit").await?;
    closing::wait_for_end(process)?;
    eventually("no session is left", || peer.sessions() == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quitting_from_the_tray_in_mid_sync_opens_a_window_that_asks() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let mut started = start(&screen, &muster, &["--hidden"])?;
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    watcher.click("Sync all").await?;
    eventually("the server holds a call back", || peer.is_holding());
    watcher.click("Quit").await?;
    eventually("it asks", || closing::titles(&screen).is_ok_and(|titles| titles.len() == 1));
    std::thread::sleep(Duration::from_secs(3));
    ensure!(started.is_running(), "nobody has answered yet");
    peer.let_go();
    peer.behave();
    watcher.wait_until("the sync ends", |shown| shown.labels().contains(&"Berlin: Online")).await?;
    watcher.click("Quit").await?;
    started.ends_well()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tray_that_comes_and_goes_is_followed_and_without_one_closing_quits() -> Result<()> {
    let muster = Musterctl::new();
    let screen = desktop()?;
    // There is a bus, and no tray on it.
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.wait_for_overview().await?;
    let process = closing::ask(&screen)?;
    closing::wait_for_end(process)?;

    // A watcher for whom nobody draws is none; when somebody comes it is one.
    let window = Window::open_on_a_desktop(&screen, &muster).await?;
    window.go("#/settings").await?;
    window.wait_for_text("#settings", "No system tray is available").await?;
    let watcher = Watcher::on(bus(&screen)?, false).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(watcher.registered(), 0);
    watcher.host_comes().await?;
    watcher.wait_until("it is there", |shown| shown.labels().contains(&"Open Muster")).await?;
    let is_said = "!document.querySelector('#settings').innerText.includes('No system tray')";
    window.wait_for("the page knows it", is_said).await?;
    // It goes and comes again, as when a panel is started anew.
    watcher.stop().await?;
    window.wait_for_text("#settings", "No system tray is available").await?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    watcher.wait_until("it is there again", |shown| shown.labels().contains(&"Quit")).await?;
    window.wait_for("the page knows it", is_said).await?;
    watcher.stop().await?;
    window.wait_for_text("#settings", "No system tray is available").await?;
    let process = closing::ask(&screen)?;
    closing::wait_for_end(process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_at_login_is_in_the_tray_and_without_one_there_is_a_window_in_the_end() -> Result<()> {
    let muster = Musterctl::new();
    let screen = desktop()?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let hidden = start(&screen, &muster, &["--hidden"])?;
    watcher.wait_until("it is there", |shown| shown.labels().contains(&"Open Muster")).await?;
    ensure!(closing::titles(&screen)?.is_empty(), "no window is open");
    watcher.click("Open Muster").await?;
    eventually("the window is there", || closing::titles(&screen).is_ok_and(|titles| titles.len() == 1));
    watcher.click("Quit").await?;
    hidden.ends_well()?;

    watcher.stop().await?;
    let began = Instant::now();
    let hidden = start(&screen, &muster, &["--hidden"])?;
    eventually("a window is there", || hidden.window_exists());
    ensure!(began.elapsed() > Duration::from_secs(10), "a tray that comes late at login is waited for");
    hidden.terminate()?;

    // With the compact window alone it ends with that.
    let compact = start(&screen, &muster, &["--compact"])?;
    eventually("it is there", || closing::titles(&screen).is_ok_and(|titles| titles == ["Muster"]));
    closing::ask(&screen)?;
    compact.ends_well()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_process_dies_is_loaded_again() -> Result<()> {
    let muster = Musterctl::new();
    let screen = desktop()?;
    let started = start(&screen, &muster, &[])?;
    eventually("a window is there", || started.window_exists());
    let first = started.page_process().context("a page has a process")?;
    let killed = Command::new("kill").args(["-KILL", &first.to_string()]).status()?;
    ensure!(killed.success(), "no signal could be sent");
    eventually("another process shows the page", || {
        started.page_process().is_some_and(|process| process != first) && started.window_exists()
    });
    started.terminate()
}

/// A Muster that was started without a driver.
struct Started {
    process: Child,
    display: String,
}

fn start(screen: &Screen, muster: &Musterctl, options: &[&str]) -> Result<Started> {
    let mut command = Command::new(MUSTER);
    screen
        .hosts(&mut command)
        .env("CREDENTIALS_DIRECTORY", muster.folder().join("credentials"))
        .arg("--data-dir")
        .arg(muster.data())
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(Started { process: command.spawn()?, display: screen.display().to_owned() })
}

impl Started {
    fn is_running(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|ended| ended.is_none())
    }

    fn ends_well(mut self) -> Result<()> {
        let asked = Instant::now();
        while self.is_running() {
            ensure!(asked.elapsed() < PATIENCE, "it goes on");
            std::thread::sleep(Duration::from_millis(50));
        }
        let code = self.process.wait()?.code();
        ensure!(code == Some(0), "it ended with {code:?}");
        Ok(())
    }

    fn terminate(self) -> Result<()> {
        let sent = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        ensure!(sent.success(), "no signal could be sent");
        self.ends_well()
    }

    /// The process of its page.
    fn page_process(&self) -> Option<u32> {
        let processes = std::fs::read_dir("/proc").ok()?.filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.parse().ok().filter(|process| closing::is_running(*process))
        });
        let parent = format!("PPid:\t{}", self.process.id());
        processes.into_iter().find(|process| {
            let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            status.starts_with("Name:\tWebKitWebProces") && status.lines().any(|line| line == parent)
        })
    }

    /// Whether it has a window, minimized or not: without a window manager one that is minimized is not mapped.
    fn window_exists(&self) -> bool {
        closing::exists(&self.display, "Overview \u{2013} Muster")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}
