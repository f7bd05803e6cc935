//! Ends a window while something hangs, and by a signal.
//! Refuses to count what the window says of itself: the process is gone, and the server says who is logged in.

use super::bus;
use super::closing;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{END, Musterctl, PASSWORD, Peer, eventually, finish, table};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Instant;

#[tokio::test]
async fn a_window_closes_in_time_while_its_server_answers_nothing() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    for methods in ["Login", "RetrievePropertiesEx|DestroyView|Logout"] {
        let window = Window::open_beside(&screen, &muster).await?;
        window.go("#/vcenter").await?;
        peer.rule(json!({"method": methods, "action": {"hold": true}}));
        window.press("[data-vcenter='Berlin']", "Full sync").await?;
        eventually("the server holds a call back", || peer.is_holding());
        let process = closing::ask(&screen)?;
        window.wait_for_text("dialog", "A sync is still running").await?;
        let asked = Instant::now();
        window.press_the_last("dialog", "Stop and close").await?;
        closing::wait_for_end(process)?;
        let took = asked.elapsed();
        table(&format!("a window whose server doesn't answer {methods}"), format!("closed after {took:.1?}"));
        ensure!(took < END, "{took:?}");
        peer.let_go();
    }
    Ok(())
}

#[tokio::test]
async fn a_window_whose_keychain_never_answers_works_and_closes_in_time() -> Result<()> {
    let peer = Peer::vcenter();
    let screen = Screen::with_empty_bus(Theme::Light, USUAL)?;
    let address = screen.bus().context("a bus")?;
    let muster = Musterctl::with_keychain(address);
    let add =
        ["vcenter", "add", "Berlin", &peer.address(), "--user", "admin", "--json", "--pin", &peer.sha256()];
    {
        // Read once while the password was at hand, so that there is something to show.
        muster.put_password("Berlin", PASSWORD);
        let with_file = |arguments: &[&str]| {
            let mut command = muster.command(arguments);
            command.env("CREDENTIALS_DIRECTORY", muster.folder().join("credentials"));
            finish(command.spawn().expect("it starts"))
        };
        ensure!(with_file(&add).code == 0 && with_file(&["sync", "full", "Berlin"]).code == 0);
    }
    let hung = bus::hung_keychain(address).await?;
    let logins = peer.calls("Login");
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    let said =
        window.wait_for_text("[data-vcenter='Berlin']", "the keychain did not respond in time").await?;
    ensure!(peer.calls("Login") == logins, "{said}");
    window.go("#/inventory/vms").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let process = closing::ask(&screen)?;
    let asked = Instant::now();
    closing::wait_for_end(process)?;
    let took = asked.elapsed();
    table("a window whose keychain never answers", format!("shows its rows, and closed after {took:.1?}"));
    ensure!(took < END, "{took:?}");
    drop(hung);
    Ok(())
}

#[tokio::test]
async fn a_window_that_the_system_ends_leaves_no_session() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    ensure!(peer.sessions() == 1, "the window is logged in");
    closing::terminate(&screen)?;
    table("a window ended by SIGTERM", format!("sessions left: {}", peer.sessions()));
    ensure!(peer.sessions() == 0, "a session is left");
    Ok(())
}
