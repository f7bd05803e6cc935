//! From nothing to hosts on screen: a vCenter added in the form, tested, synced, and held against govc.
//! Refuses a keychain that is not real: the password goes into a GNOME Keyring, and nowhere else.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::equal::govc::{Inventory, Object, Source};
use crate::support::{Musterctl, PASSWORD, Peer};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// What of a host is compared: our column, and how govc calls it.
const COLUMNS: [(&str, &str); 4] = [
    ("name", "name"),
    ("product_version", "summary.config.product.version"),
    ("model", "summary.hardware.model"),
    ("product_build", "summary.config.product.build"),
];

#[tokio::test]
async fn a_vcenter_added_in_the_form_shows_the_hosts_that_govc_sees() -> Result<()> {
    let peer = Peer::vcenter();
    let screen = Screen::with_keychain(Theme::Light, USUAL)?;
    let muster = Musterctl::with_keychain(screen.bus().context("a bus")?);
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.press("main", "Add your first vCenter").await?;
    fill_in(&window, &peer, PASSWORD).await?;

    window.press("dialog", "Test connection").await?;
    let shown = window.wait_for_text("dialog", "This certificate is not trusted yet").await?;
    assert!(shown.contains(&fingerprint(&peer.sha256())), "{shown}");
    window.wait_until_seen("dialog .pf-v6-c-alert button").await?;
    assert_eq!(peer.calls("Login"), 0, "a password was sent to a server that nobody trusts");
    window.shoot(&screen, "adding-certificate").await?;
    window.press("dialog", "Trust this certificate").await?;
    window.wait_for_text("dialog", "The connection works").await?;
    window.wait_until_seen("dialog .pf-v6-c-alert").await?;
    let syncs = "document.querySelector('#vc-sync').checked";
    window.wait_for("a full sync is offered with it", syncs).await?;
    window.press("dialog", "Add").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_toast("Berlin: full sync done").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Full sync done").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Online").await?;
    // Of the test, of the look before it was stored, and of the session that stays.
    let logins = peer.calls("Login");

    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows[aria-busy=false] tr[data-moref]").await?;
    let inventory = Inventory::of(Source::Govc(&peer));
    let hosts = inventory.objects(&["HostSystem"], &COLUMNS.map(|(_, path)| path));
    let mut rows = window.rows(&COLUMNS.map(|(column, _)| column)).await?;
    let mut expected: Vec<Vec<String>> = hosts.iter().map(in_words).collect();
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
    window.wait_for_text("#found", &format!("{} hosts", hosts.len())).await?;
    let vms = inventory.objects(&["VirtualMachine"], &["name"]).len().to_string();
    window.wait_for_text("nav a[href='#/inventory/vms']", &vms).await?;
    window.shoot(&screen, "adding-hosts").await?;

    assert_eq!(muster.ok(&["credential", "list"])[0]["stored"], "keychain");
    assert_eq!(leaks(muster.folder(), PASSWORD), Vec::<PathBuf>::new());
    window.close(&screen).await?;
    assert_eq!(leaks(muster.folder(), PASSWORD), Vec::<PathBuf>::new());
    assert_eq!((logins, peer.sessions()), (3, 0));
    Ok(())
}

/// Fills the form of a vCenter that is called Berlin.
pub(super) async fn fill_in(window: &Window, peer: &Peer, password: &str) -> Result<()> {
    window.fill("#vc-name", "Berlin").await?;
    window.fill("#vc-address", &peer.address()).await?;
    window.fill("#vc-user", "admin").await?;
    window.fill("#vc-password", password).await
}

/// A SHA-256 as people compare it: `AB:CD:…`.
pub(super) fn fingerprint(hex: &str) -> String {
    let pairs = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase());
    pairs.collect::<Vec<_>>().join(":")
}

/// The files below a folder that hold a secret.
fn leaks(folder: &Path, secret: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // What vanishes meanwhile keeps nothing.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(leaks(&path, secret)),
            Ok(kind) if kind.is_file() => {
                let content = std::fs::read(&path).unwrap_or_default();
                if content.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                    found.push(path);
                }
            }
            _ => {}
        }
    }
    found
}

/// A host of govc in the words of the table.
fn in_words(host: &Object) -> Vec<String> {
    let text = |path: &str| host.get(path).as_str().unwrap_or_default().to_owned();
    let own = COLUMNS.iter().skip(1).map(|(_, path)| text(path));
    std::iter::once(host.name().unwrap_or_default()).chain(own).collect()
}
