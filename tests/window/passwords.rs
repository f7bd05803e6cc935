//! Passwords that a vCenter rejects: in the form, and later, when one that was right no longer is.
//! Refuses a second login with a password that was rejected: the server counts them.

use super::adding::fill_in;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, PASSWORD, Peer};
use anyhow::{Context, Result};
use serde_json::json;

#[tokio::test]
async fn a_wrong_password_in_the_form_is_said_and_nothing_is_stored() -> Result<()> {
    let peer = Peer::vcenter();
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let muster = Musterctl::with_keychain(screen.bus().context("a bus")?);
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.press("main", "Add your first vCenter").await?;
    fill_in(&window, &peer, "not the password").await?;
    window.press("dialog", "Add").await?;
    window.press("dialog", "Trust this certificate").await?;

    let said = window.wait_for_text("dialog", "It was not saved").await?;
    assert!(said.contains("rejected the login of admin"), "{said}");
    assert!(said.contains("Check user and password"), "{said}");
    assert!(said.contains("federated login"), "{said}");
    window.wait_until_seen("dialog .pf-v6-c-alert").await?;
    window.shoot(&screen, "password-wrong").await?;
    assert_eq!(peer.calls("Login"), 1);
    assert_eq!(muster.ok(&["vcenter", "list"]), json!([]));
    assert_eq!(muster.ok(&["credential", "list"]), json!([]));

    window.fill("#vc-password", PASSWORD).await?;
    window.press("dialog", "Add").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    // The rejected one, the look before it was stored, and the session that stays.
    assert_eq!(peer.calls("Login"), 3);

    window.close(&screen).await
}

#[tokio::test]
async fn a_login_that_is_rejected_later_leads_to_the_password_and_back_to_work() -> Result<()> {
    let peer = Peer::vcenter();
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let muster = Musterctl::with_keychain(screen.bus().context("a bus")?);
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let before = peer.calls("Login");
    peer.rule(json!({"method": "Login", "action": {"fault": "InvalidLogin"}}));
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;

    window.wait_for_text("[data-vcenter='Berlin']", "Login rejected").await?;
    let row = window.wait_for_text("[data-vcenter='Berlin']", "Update password").await?;
    assert!(row.contains("rejected the login of admin"), "{row}");
    window.shoot(&screen, "password-rejected").await?;
    // What was read before is still there, and looking at it logs nobody in.
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    window.wait_for_text(".muster-banner", "Berlin: login rejected since").await?;
    assert_eq!(peer.calls("Login"), before + 1);

    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Update password").await?;
    window.wait_for("the password has the focus", "document.activeElement?.id === 'vc-password'").await?;
    window.wait_for("the address says so", "location.hash.endsWith('&focus=password')").await?;
    peer.behave();
    window.fill("#vc-password", PASSWORD).await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_toast("Berlin: connection works").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    window.wait_until_gone(".muster-banner").await?;
    window.press("[data-vcenter='Berlin']", "Sync again").await?;
    window.wait_for_toast("Berlin: full sync done").await?;

    window.close(&screen).await
}
