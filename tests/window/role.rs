//! The window with a lower role: it reads, and whatever its page sends is refused as the role says.
//! Refuses to let the page say who it is.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result};
use serde_json::json;

#[tokio::test]
async fn a_page_does_what_the_role_of_the_program_allows_whatever_it_says_of_itself() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].clone();
    let calls = peer.all_calls();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_as(&screen, &muster, "viewer").await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;

    let admin = json!({ "role": "admin", "origin": "user", "who": "root" });
    for (command, arguments) in [
        ("submit", json!({ "vcenter": id, "job": { "kind": "full_sync" }, "detached": false })),
        (
            "edit_vcenter",
            json!({ "vcenter": id, "edition": 1, "change": { "settings": { "ttl_seconds": 77 } } }),
        ),
        ("remove_vcenter", json!({ "vcenter": id, "caller": admin, "role": "admin" })),
        ("list_credentials", json!({ "caller": admin })),
    ] {
        let asked = json!({ "args": arguments, "caller": admin, "role": "admin" });
        let refused = window.invoke(command, asked).await?;
        let reason = refused["refused"].as_str().with_context(|| format!("{command} answered {refused}"))?;
        assert!(reason.contains("\"forbidden\"") && reason.contains("MUSTER_ROLE"), "{command}: {reason}");
    }
    assert_eq!(peer.all_calls(), calls, "nobody was contacted");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["ttl_seconds"], 300);

    window.close(&screen).await
}
