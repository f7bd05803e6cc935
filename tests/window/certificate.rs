//! A certificate that changed: a full stop, and a person who compares before it goes on.
//! Refuses to go on by a click alone.

use super::adding::fingerprint;
use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result};
use serde_json::json;
use simulator::{Access, Behavior, Options, Rights, Shown, Simulator};

const TRUST: &str = "Trust the new certificate";

#[tokio::test]
async fn a_changed_certificate_stops_everything_until_a_person_typed_the_host() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let old = peer.sha256();
    let changed = peer.post("/certificate", json!({}));
    let new = changed["sha256"].as_str().context("the new fingerprint")?.to_owned();
    let logins = peer.calls("Login");

    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin']", "Full sync").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Full sync failed").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Certificate not trusted").await?;
    window.press("[data-vcenter='Berlin']", "Review certificate").await?;
    let shown = window.wait_for_text("dialog", "Presented now").await?;
    assert!(shown.contains("Previously approved") && shown.contains("Nothing was sent to it"), "{shown}");
    let (before, now) = shown.split_once("Presented now").context("old and new")?;
    assert!(before.contains(&fingerprint(&old)) && now.contains(&fingerprint(&new)), "{shown}");
    window.shoot(&screen, "certificate-changed").await?;

    assert!(!can_trust(&window).await?, "it can be trusted by a click");
    for typed in ["berlin", "127.0.0", ""] {
        window.fill("#certificate-host", typed).await?;
        assert!(!can_trust(&window).await?, "it can be trusted after {typed:?}");
    }
    assert_eq!(peer.calls("Login"), logins, "a password was sent");
    window.fill("#certificate-host", "127.0.0.1").await?;
    window.press("dialog", TRUST).await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_toast("Berlin: certificate trusted").await?;
    window.wait_for_toast("Berlin: connection works").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    // What failed for it is offered again, and no search for the button is needed.
    window.press("[data-vcenter='Berlin']", "Sync again").await?;
    window.wait_for_toast("Berlin: full sync done").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn leaving_the_approved_certificate_for_the_systems_trust_takes_the_host_name_too() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    muster.add_pinned(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let old = peer.sha256();
    window.go("#/vcenter").await?;
    window.expand("Berlin").await?;
    window.press("[data-vcenter='Berlin'] .muster-card", "Edit").await?;
    window.wait_for_element("#vc-trust-system").await?;
    window
        .wait_for("the system's trust", "document.querySelector('#vc-trust-system').click() ?? true")
        .await?;
    window.press("dialog", "Save").await?;
    let shown = window.wait_for_text("dialog", "The certificate is unchanged").await?;
    assert!(shown.contains(&fingerprint(&old)) && !shown.contains("impersonating"), "{shown}");
    window.press("dialog", "Cancel").await?;
    window.wait_until_gone("dialog").await?;
    let changed = peer.post("/certificate", json!({}));
    let new = changed["sha256"].as_str().context("the new fingerprint")?.to_owned();
    let logins = peer.calls("Login");

    window.go("#/vcenter").await?;
    window.press("[data-vcenter='Berlin'] .muster-card", "Edit").await?;
    window.wait_for_element("#vc-trust-system").await?;
    window
        .wait_for(
            "the system's trust is chosen",
            "document.querySelector('#vc-trust-system').click() ?? true",
        )
        .await?;
    // The same address in another spelling is no other address.
    window.fill("#vc-address", &format!("https://{}/ui", peer.address())).await?;
    for button in ["Test connection", "Save"] {
        window.press("dialog", button).await?;
        let shown = window.wait_for_text("dialog", "Presented now").await?;
        let (before, now) = shown.split_once("Presented now").context("old and new")?;
        assert!(before.contains(&fingerprint(&old)) && now.contains(&fingerprint(&new)), "{shown}");
        assert!(!can_press(&window, "Accept the change").await?, "{button}: it can be accepted by a click");
    }
    window.shoot(&screen, "certificate-leaves-pin").await?;
    assert_eq!((peer.calls("Login"), &muster.ok(&["vcenter", "list"])[0]["trust"]), (logins, &json!("pin")));
    let key = "document.querySelector('#certificate-host').dispatchEvent(new KeyboardEvent('keydown', \
               {key: 'Enter', bubbles: true, cancelable: true})) || true";
    window.fill("#certificate-host", "127.0.0").await?;
    window.wait_for("Return", key).await?;
    assert_eq!(muster.ok(&["vcenter", "list"])[0]["trust"], "pin", "the name is not complete");
    window.fill("#certificate-host", "127.0.0.1").await?;
    window.wait_for("Return", key).await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Certificate not trusted").await?;
    assert_eq!(
        (peer.calls("Login"), &muster.ok(&["vcenter", "list"])[0]["trust"]),
        (logins, &json!("system"))
    );

    window.close(&screen).await
}

async fn can_trust(window: &Window) -> Result<bool> {
    can_press(window, TRUST).await
}

async fn can_press(window: &Window, label: &str) -> Result<bool> {
    let button = format!(
        "[...document.querySelectorAll('dialog button')].find(b => b.innerText.trim() === '{label}')"
    );
    let disabled =
        window.wait_for("the button", &format!("{button} ? String({button}.disabled) : null")).await?;
    Ok(disabled == "false")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_pin_the_vcenters_own_ca_is_offered_shown_and_trusted() -> Result<()> {
    let access = Access { certificate: Shown { days: 12, ..Shown::default() }, ..Access::default() };
    let behavior = Behavior { rights: Rights::AllButOneFolder, ..Behavior::default() };
    let simulator = Simulator::start(Options { access, behavior, ..Options::new(60, 7) }).await?;
    let muster = Musterctl::new();
    muster.put_password("Berlin", simulator.password());
    let (address, user) = (simulator.address().to_string(), simulator.user());
    let added =
        muster.ok(&["vcenter", "add", "Berlin", &address, "--user", user, "--pin", simulator.sha256()]);
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go(&format!("#/vcenter/{}", added["id"].as_str().context("an id")?)).await?;
    let page = window.wait_for_text(".muster-focus", "Certificate expires in 12 days").await?;
    for words in ["Totals are of what this account sees", "Read-only on", "Copy for PowerCLI"] {
        assert!(page.contains(words), "no {words}: {page}");
    }
    window.shoot(&screen, "certificate-expires").await?;
    window.press(".muster-focus", "Trust the vCenter's own CA instead…").await?;
    let shown = window.wait_for_text("dialog", "This CA issued the certificate of Berlin").await?;
    let offered = muster.ok(&["vcenter", "offer-ca", "Berlin"]);
    let sha256 = offered["sha256"].as_str().context("a fingerprint")?;
    assert!(shown.contains("CA of a simulated vCenter") && shown.contains(&fingerprint(sha256)), "{shown}");
    window.shoot(&screen, "certificate-own-ca").await?;
    assert_eq!(muster.ok(&["vcenter", "list"])[0]["trust"], "pin", "it is stored before anybody said yes");
    window.press("dialog", "Trust this CA").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_text(".muster-focus", "Custom CA").await?;
    window.wait_for_toast("Berlin: connection works").await?;
    assert_eq!(muster.ok(&["vcenter", "list"])[0]["trust"], "ca");

    window.close(&screen).await
}
