//! Notifications, as a daemon on the session bus is told them: what a person started, the first failure of what runs by
//! itself, its recovery, and nothing between or while somebody looks.
//! Refuses to wait for nothing: that something was not told shows when what came after it was.

use super::closing;
use super::daemon::Daemon;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL, end};
use super::watcher::Watcher;
use crate::support::{Line, Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use contract::command::{AwaitOperation, Freshened, RefreshIfOlder};
use contract::{Kind, OperationState, VcenterId};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

fn desktop() -> Result<Screen> {
    Screen::with_keychain(Theme::Light, USUAL)
}

fn bus(screen: &Screen) -> Result<&str> {
    screen.bus().context("a session bus")
}

fn id(added: &Value) -> Result<VcenterId> {
    Ok(VcenterId(added["id"].as_str().context("an id")?.to_owned()))
}

/// A window that nobody has the focus in.
async fn in_the_background(screen: &Screen, muster: &Musterctl) -> Result<Window> {
    let window = Window::open_on_a_desktop(screen, muster).await?;
    window.wait_for_overview().await?;
    closing::focus(screen, None)?;
    window.wait_for("it is in the background", "!document.hasFocus()").await?;
    Ok(window)
}

/// A reader in another process that wants fresher hosts; how that ended.
async fn refresh_by_itself(muster: &Musterctl, vcenter: &VcenterId) -> Result<OperationState> {
    let service = muster.service().await;
    let fresher = RefreshIfOlder { vcenter: vcenter.clone(), kind: Kind::Hosts, max_age_seconds: 0 };
    let Freshened { refresh: operation, .. } = service.call(fresher).await?;
    let ended = service.call(AwaitOperation { operation: operation.context("a refresh")? }).await?;
    service.close().await;
    Ok(ended.state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_syncs_are_told_and_of_what_runs_by_itself_the_first_failure_and_the_recovery() -> Result<()>
{
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let berlin = id(&muster.add(&peer, "Berlin"))?;
    let screen = desktop()?;
    let daemon = Daemon::start(bus(&screen)?).await?;
    let window = in_the_background(&screen, &muster).await?;

    muster.ok(&["sync", "full", "Berlin"]);
    let done = daemon.wait_for("Berlin: full sync done").await?;
    ensure!(done.body.contains("added") && done.actions == ["default", "Open Muster"], "{done:?}");
    ensure!(refresh_by_itself(&muster, &berlin).await? == OperationState::Succeeded, "it works");

    peer.post("/stop", json!({}));
    ensure!(refresh_by_itself(&muster, &berlin).await? == OperationState::Failed, "it is gone");
    let failed = daemon.wait_for("Berlin: refresh of hosts failed").await?;
    ensure!(failed.body.contains(&peer.address()), "{failed:?}");
    ensure!(refresh_by_itself(&muster, &berlin).await? == OperationState::Failed, "it is still gone");
    peer.post("/start", json!({}));
    ensure!(refresh_by_itself(&muster, &berlin).await? == OperationState::Succeeded, "it is back");
    daemon.wait_for("Berlin is working again").await?;
    ensure!(refresh_by_itself(&muster, &berlin).await? == OperationState::Succeeded, "and stays");

    // While somebody looks nothing is told.
    closing::focus(&screen, Some("Overview \u{2013} Muster"))?;
    window.wait_for("it is in front", "document.hasFocus()").await?;
    muster.ok(&["sync", "hosts", "Berlin"]);
    window.wait_for_toast("Berlin: host sync done").await?;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    closing::focus(&screen, None)?;
    window.wait_for("it is in the background", "!document.hasFocus()").await?;
    muster.ok(&["test", "Berlin"]);
    daemon.wait_for("Berlin: connection test done").await?;
    assert_eq!(
        daemon.titles(),
        [
            "Berlin: full sync done",
            "Berlin: refresh of hosts failed",
            "Berlin is working again",
            "Berlin: connection test done"
        ]
    );

    // A click brings the window, at the vCenter.
    let last = daemon.notes().pop().context("the last one")?;
    daemon.click(&last).await?;
    window.wait_for("its page", &format!("location.hash === '#/vcenter/{berlin}'")).await?;
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_hangs_keeps_what_comes_after_it_from_nobody() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = desktop()?;
    let daemon = Daemon::start(bus(&screen)?).await?;
    let window = in_the_background(&screen, &muster).await?;
    daemon.hang(true);
    muster.ok(&["test", "Berlin"]);
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    daemon.hang(false);
    muster.ok(&["sync", "full", "Berlin"]);
    daemon.wait_for("Berlin: full sync done").await?;
    assert_eq!(daemon.titles(), ["Berlin: full sync done"]);
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_what_is_scheduled_the_first_failure_and_the_recovery_are_told_and_a_network_that_is_gone_once()
-> Result<()> {
    let peers = [Peer::vcenter(), Peer::vcenter()];
    let mut lines = peers.each_ref().map(Line::to);
    let muster = Musterctl::new();
    for ((peer, line), name) in peers.iter().zip(&lines).zip(["Berlin", "Paris"]) {
        muster.add_over(line, peer, name, &["--tag", "prod"]);
    }
    muster.ok(&["schedule", "add", "often", "--tag", "prod", "--every", "5s", "--job", "hosts"]);
    let screen = desktop()?;
    let daemon = Daemon::start(bus(&screen)?).await?;
    let window = in_the_background(&screen, &muster).await?;
    let done = |name: &str| {
        let done = ["operations", "list", "--origin", "schedule", "--state", "succeeded", "--vcenter", name];
        muster.ok(&done).as_array().map_or(0, Vec::len)
    };
    eventually("both were synced", || done("Berlin") > 0 && done("Paris") > 0);

    lines[0].cut();
    daemon.wait_for("Berlin: host sync failed").await?;
    lines[0].mend();
    // It may have failed three times by now, and be left alone for a minute.
    muster.ok(&["vcenter", "resume", "Berlin"]);
    daemon.wait_for("Berlin is working again").await?;

    lines.iter().for_each(Line::cut);
    let gone = daemon.wait_for("No network or VPN").await?;
    ensure!(gone.body.contains("No vCenter can be reached"), "{gone:?}");
    let before = [done("Berlin"), done("Paris")];
    lines.iter_mut().for_each(Line::mend);
    daemon.wait_for("vCenters can be reached again").await?;
    eventually("both go on", || done("Berlin") > before[0] + 1 && done("Paris") > before[1] + 1);
    assert_eq!(
        daemon.titles(),
        [
            "Berlin: host sync failed",
            "Berlin is working again",
            "No network or VPN",
            "vCenters can be reached again"
        ],
        "and nothing of what went well"
    );
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_one_notification_and_what_is_switched_off_is_none() -> Result<()> {
    let peers: Vec<Peer> = (0..4).map(|_| Peer::vcenter()).collect();
    let muster = Musterctl::new();
    for (peer, name) in peers.iter().zip(["Berlin", "Oslo", "Paris", "Rome"]) {
        muster.add(peer, name);
    }
    muster.ok(&["vcenter", "edit", "Paris", "--notify", "off"]);
    peers[1].post("/stop", json!({}));
    let screen = desktop()?;
    let daemon = Daemon::start(bus(&screen)?).await?;
    let watcher = Watcher::start(bus(&screen)?).await?;
    let window = in_the_background(&screen, &muster).await?;
    watcher.click("Sync all").await?;
    let told = daemon.wait_for("2 vCenters synced, 1 failed").await?;
    assert_eq!(told.body, "Synced: Berlin, Rome\nFailed: Oslo");

    let off = json!({ "args": { "preferences": { "on_close": "quit", "notify": false } } });
    window.invoke("set_desktop", off).await?;
    muster.ok(&["sync", "full", "Rome"]);
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let on = json!({ "args": { "preferences": { "on_close": "quit", "notify": true } } });
    window.invoke("set_desktop", on).await?;
    muster.ok(&["sync", "hosts", "Rome"]);
    daemon.wait_for("Rome: host sync done").await?;
    assert_eq!(daemon.titles(), ["2 vCenters synced, 1 failed", "Rome: host sync done"]);
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_policy_tells_is_shown_on_the_desktop_once_for_each_run() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add(&peer, "Berlin");
    let file = muster.folder().join("tell.json");
    let tell = json!({ "name": "Ask Berlin", "do": [{ "step": "test" }, { "step": "notify" }] });
    std::fs::write(&file, tell.to_string())?;
    muster.ok(&["policy", "add", file.to_str().context("a path")?]);
    let screen = desktop()?;
    let daemon = Daemon::start(bus(&screen)?).await?;
    let window = in_the_background(&screen, &muster).await?;
    for number in 1..=2 {
        muster.ok(&["policy", "run", "Ask Berlin"]);
        let told = daemon.wait_for("Ask Berlin").await?;
        ensure!(told.body.contains("Connection test succeeded"), "{told:?}");
        eventually("each run is told once", || {
            daemon.titles().iter().filter(|title| *title == "Ask Berlin").count() == number
        });
    }
    window.close(&screen).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_daemon_shows_it_and_a_name_with_markup_is_shown_as_it_is() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin <b>&");
    let screen = desktop()?;
    let folder = tempfile::tempdir()?;
    let (script, log) = (folder.path().join("script"), folder.path().join("log"));
    std::fs::write(
        &script,
        format!("#!/bin/sh\nprintf '%s|%s|%s\\n' \"$1\" \"$2\" \"$3\" >>'{}'\n", log.display()),
    )?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    let configuration = folder.path().join("dunstrc");
    std::fs::write(
        &configuration,
        format!(
            "[global]\nmarkup = full\nfont = Sans 10\n[each]\nsummary = \"*\"\nscript = {}\n",
            script.display()
        ),
    )?;
    let mut dunst = Command::new("dunst");
    screen.hosts(&mut dunst).arg("-conf").arg(&configuration).stdout(Stdio::null()).stderr(Stdio::null());
    let mut dunst = dunst.spawn().context("dunst could not be started: ./dev test installs it")?;
    let told = async {
        let window = in_the_background(&screen, &muster).await?;
        muster.ok(&["sync", "full", "Berlin <b>&"]);
        eventually("dunst shows it", || {
            std::fs::read_to_string(&log)
                .is_ok_and(|log| log.starts_with("Muster|Berlin <b>&: full sync done|"))
        });
        window.shoot(&screen, "notification-dunst").await?;
        window.close(&screen).await
    };
    let told = told.await;
    end(&mut dunst);
    told
}
