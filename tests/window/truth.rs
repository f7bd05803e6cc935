//! Several vCenters, none of which can be reached any more: what each page and each command says of them is true.
//! Refuses to believe a state that nobody has seen lately.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result};
use serde_json::{Value, json};

fn of<'a>(status: &'a Value, name: &str) -> Result<&'a Value> {
    status.as_array().context("a list")?.iter().find(|one| one["vcenter"] == name).context("a vCenter")
}

#[tokio::test]
async fn after_a_restart_with_all_servers_down_every_page_says_what_was_true_and_when() -> Result<()> {
    let peers: Vec<Peer> = (0..12).map(|_| Peer::vcenter()).collect();
    let muster = Musterctl::new();
    let others: Vec<String> = (5..=12).map(|number| format!("Fine {number:02}")).collect();
    let names = ["Fine", "Dead", "Rejected", "Never"].into_iter().chain(others.iter().map(String::as_str));
    for (peer, name) in peers.iter().zip(names) {
        muster.add(peer, name);
        muster.ok(&["vcenter", "edit", name, "--ttl", "2s"]);
        if name != "Never" {
            muster.ok(&["sync", "full", name]);
        }
    }
    peers[1].post("/stop", json!({}));
    assert_eq!(muster.json(&["sync", "full", "Dead"]).code, 5);
    peers[2].rule(json!({"method": "Login", "action": {"fault": "InvalidLogin"}}));
    assert_eq!(muster.json(&["sync", "full", "Rejected"]).code, 4);
    for (position, peer) in peers.iter().enumerate() {
        if position != 1 {
            peer.post("/stop", json!({}));
        }
    }
    eventually("nothing that is known is fresh", || {
        let status = muster.ok(&["status"]);
        let all = status.as_array().unwrap();
        all.iter().all(|one| one["fresh"] == false && one["state"] != "online")
    });

    let status = muster.ok(&["status"]);
    for (name, state, failed) in [
        ("Fine", "unknown", Value::Null),
        ("Dead", "offline", json!("unreachable")),
        ("Rejected", "login_rejected", json!("login_rejected")),
        ("Never", "never_synced", Value::Null),
    ] {
        let one = of(&status, name)?;
        assert_eq!((&one["state"], &one["refresh_failed"]), (&json!(state), &failed), "{one}");
        assert_eq!(one["fresh"], false, "{one}");
        assert!(one["contact_at"].is_string(), "{one}");
    }
    for name in &others {
        assert_eq!(of(&status, name)?["state"], "unknown");
    }
    let table = muster.run(&["status"]).stdout;
    assert!(table.contains("last reached ") && table.contains("refresh failed"), "{table}");
    assert!(!table.contains("online"), "{table}");
    let doctor = muster.run(&["doctor"]).stdout;
    assert!(doctor.contains("vCenter Fine: last reached "), "{doctor}");

    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    for address in ["#/", "#/vcenter"] {
        window.go(address).await?;
        let page = window.wait_for_text("main", "Last reached").await?;
        assert!(!page.contains("Online"), "{address}: {page}");
        for words in ["Offline", "Login rejected", "Never synced"] {
            assert!(page.contains(words), "{address} doesn't say {words}: {page}");
        }
        window.shoot(&screen, &format!("truth{}", address.replace(['#', '/'], "-"))).await?;
    }
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    // Reading the stale hosts by itself was tried, and now it is known that nothing answers.
    window.go("#/vcenter").await?;
    window.wait_for_text("[data-vcenter='Fine']", "Offline").await?;
    window.close(&screen).await
}
