//! The window beside other readers: what `musterctl` syncs appears in it, and a hundred readers cause one fetch.
//! Refuses to count in the window: how often a vCenter was asked is what the vCenter says.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, PATIENCE, Peer, eventually, rested};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::SystemTime;

#[tokio::test]
async fn what_musterctl_syncs_appears_in_the_open_window() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.go("#/inventory/hosts").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    let known = hosts(&peer);
    peer.post("/add", json!({"hosts": 1}));
    let added = hosts(&peer).into_iter().find(|name| !known.contains(name)).context("one more host")?;
    let arrival = format!(
        "const arrived = () => [...document.querySelectorAll('#rows td[data-column=name]')]
             .some(cell => cell.textContent.trim() === {});
         new MutationObserver(() => {{ if (!window.arrivedAt && arrived()) window.arrivedAt = Date.now() }})
             .observe(document.body, {{ subtree: true, childList: true, characterData: true }});
         return arrived()",
        json!(added)
    );
    assert_eq!(window.script(&arrival).await?, json!(false), "it is there before anybody synced it");

    muster.ok(&["sync", "full", "Berlin"]);
    let exit = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis() as i64;
    let at = window.wait_for("the new host is in the open window", "window.arrivedAt ?? null").await?;
    let after = at.as_i64().context("a time")? - exit;
    println!("measured: what musterctl synced stood in the window {after} ms after musterctl had ended");
    window.wait_for_text("#found", "5 hosts").await?;
    window.wait_for_toast("Berlin: full sync done").await?;

    window.close(&screen).await
}

#[tokio::test]
async fn a_hundred_readers_in_the_window_cause_one_fetch_and_none_within_the_ttl() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    let screen = Screen::start(Theme::Light, USUAL)?;
    // On the overview, which counts and refreshes nothing.
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.wait_for_element("#overview .muster-age[data-fresh=false]").await?;
    rested(&muster);
    let (views, logins) = (peer.calls("CreateContainerView"), peer.calls("Login"));

    let first = a_hundred_readers(&window).await?;
    assert!(first.iter().all(|answer| answer["matching"] == 4), "{first:?}");
    eventually("the refresh has begun", || peer.calls("CreateContainerView") > views);
    let refreshed = "document.querySelector('.muster-age') !== null";
    window.wait_for("the window is alive", refreshed).await?;
    wait_until_idle(&window).await?;
    let caused = (peer.calls("CreateContainerView") - views, peer.calls("Login") - logins);
    assert_eq!(caused, (1, 1), "a view and a login");

    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1h"]);
    // The window hears of the change from the database.
    window.go("#/vcenter").await?;
    window.expand("Berlin").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "TTL 1 h").await?;
    let calls = peer.all_calls();
    let second = a_hundred_readers(&window).await?;
    assert!(second.iter().all(|answer| answer["sources"][0]["refresh"].is_null()), "{:?}", second[0]);
    wait_until_idle(&window).await?;
    assert_eq!(peer.all_calls(), calls, "within the TTL nobody is asked");

    window.close(&screen).await
}

/// What a hundred calls at once for the same rows, not older than their TTL, answer.
async fn a_hundred_readers(window: &Window) -> Result<Vec<Value>> {
    let query = json!({ "kind": "hosts", "vcenters": [], "columns": ["name"], "sort": ["name"], "text": "",
        "equal": [], "offset": 0, "limit": 10, "refresh": true });
    let answers = window
        .script_async(&format!(
            "const read = () => window.__TAURI_INTERNALS__.invoke('read_rows', {{ args: {{ query: {query} }} }});
             Promise.all(Array.from({{ length: 100 }}, read)).then(done, e => done(JSON.stringify(e)))"
        ))
        .await?;
    let answers = answers.as_array().with_context(|| format!("rows, and not {answers}"))?.clone();
    assert_eq!(answers.len(), 100);
    Ok(answers)
}

/// Waits until no operation waits or runs.
async fn wait_until_idle(window: &Window) -> Result<()> {
    let start = std::time::Instant::now();
    loop {
        let listed =
            window.invoke("list_operations", json!({ "args": { "filter": {}, "limit": 100 } })).await?;
        let operations = listed["answer"].as_array().with_context(|| format!("operations, not {listed}"))?;
        if operations
            .iter()
            .all(|operation| operation["state"] != "queued" && operation["state"] != "running")
        {
            return Ok(());
        }
        anyhow::ensure!(start.elapsed() < PATIENCE, "it never becomes idle: {listed}");
    }
}

fn hosts(peer: &Peer) -> Vec<String> {
    let objects = peer.get("/objects?type=HostSystem");
    let names = objects["objects"].as_array().into_iter().flatten();
    names.filter_map(|host| host["name"].as_str().map(str::to_owned)).collect()
}
