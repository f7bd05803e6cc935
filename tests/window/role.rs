//! The window with a lower role: it shows what the role may, and whatever its page sends is refused as the role says.
//! Refuses to let the page say who it is.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The entries of the navigation that are seen, without their numbers.
const ENTRIES: &str = "[...document.querySelectorAll('nav[aria-label=Pages] a')]
    .map(a => a.querySelector('.pf-v6-c-nav__link-text > span').innerText)";

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
        ("remove_vcenter", json!({ "vcenter": id, "at_once": true, "caller": admin, "role": "admin" })),
        ("list_credentials", json!({ "caller": admin })),
        ("merge_credential", json!({ "from": "a", "into": "b", "other_user": true, "caller": admin })),
    ] {
        let asked = json!({ "args": arguments, "caller": admin, "role": "admin" });
        let refused = window.invoke(command, asked).await?;
        let reason = refused["refused"].as_str().with_context(|| format!("{command} answered {refused}"))?;
        assert!(reason.contains("\"forbidden\"") && reason.contains("MUSTER_ROLE"), "{command}: {reason}");
    }
    for role in ["operator", "admin"] {
        let raised =
            window.invoke("raise_role", json!({ "args": { "role": role, "passphrase": null } })).await?;
        let reason = raised["refused"].as_str().with_context(|| format!("it answered {raised}"))?;
        assert!(reason.contains("Muster was started as viewer"), "{reason}");
    }
    assert_eq!(peer.all_calls(), calls, "nobody was contacted");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["ttl_seconds"], 300);

    window.close(&screen).await
}

#[tokio::test]
async fn a_viewer_sees_what_a_viewer_may_and_a_page_typed_by_hand_says_why_it_is_not_there() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].as_str().context("an id")?.to_owned();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_as(&screen, &muster, "viewer").await?;
    window.wait_for_overview().await?;
    window.wait_for_text("#role", "Viewer").await?;
    let entries = window.script(&format!("return {ENTRIES}")).await?;
    let entries: Vec<&str> = entries.as_array().context("a list")?.iter().filter_map(Value::as_str).collect();
    assert_eq!(&entries[..3], ["Overview", "Health", "Operations"], "{entries:?}");
    assert!(!entries.contains(&"Credentials") && entries.contains(&"Settings"), "{entries:?}");
    assert_eq!(
        window.script("return document.querySelector('a[href^=\"#/vcenter\"]') === null").await?,
        true
    );
    window.shoot(&screen, "role-viewer-overview").await?;

    for (address, needed) in [
        ("#/vcenter".to_owned(), "operator"),
        (format!("#/vcenter/{id}"), "operator"),
        (format!("#/vcenter?edit={id}"), "admin"),
        ("#/credentials".to_owned(), "admin"),
    ] {
        window.go(&address).await?;
        let said = window.wait_for_text("#not-allowed", "Not allowed").await?;
        assert!(said.contains(&format!("requires the role {needed}")), "{address}: {said}");
        assert!(said.contains("This window is running as viewer."), "{address}: {said}");
        assert_eq!(window.script("return location.hash").await?, json!(address), "it leads nowhere else");
    }
    window.shoot(&screen, "role-not-allowed").await?;
    // Nor does a key: `g` and `v` lead to the vCenters of others.
    window.go("#/").await?;
    window.keys("gv").await?;
    window.keys("go").await?;
    window.wait_for_overview().await?;
    assert_eq!(window.script("return location.hash").await?, json!("#/"));

    // What would be refused isn't offered.
    window.go(&format!("#/inventory/hosts?vcenter={id}")).await?;
    window.wait_for_element("[data-strip='Berlin']").await?;
    let buttons = "[...document.querySelectorAll('[data-strip] button')].map(b => b.innerText.trim())";
    assert_eq!(window.script(&format!("return {buttons}")).await?, json!([]));
    window.click("#rows tr[data-moref] td[data-column=name] a").await?;
    window.wait_for_element("#drawer dl").await?;
    assert_eq!(window.script("return document.querySelector('#refresh-object') === null").await?, true);
    window.go("#/operations").await?;
    window.wait_for_element("#rows tr[data-operation]").await?;
    let again = "return [...document.querySelectorAll('#rows button')].filter(b => b.innerText.includes('Run again')).length";
    assert_eq!(window.script(again).await?, json!(0));
    window.go("#/settings").await?;
    let disabled = "document.querySelector('#history-days')?.matches(':disabled')";
    window.wait_for("the settings of the estate are an admin's", disabled).await?;

    window.close(&screen).await
}

#[tokio::test]
async fn the_role_is_lowered_and_raised_on_settings_and_a_passphrase_locks_it() -> Result<()> {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    let list = || window.invoke("list_credentials", json!({ "args": {} }));
    let has_entry = format!("{ENTRIES}.includes('vCenters')");
    window.go("#/settings").await?;
    window.wait_for("it is there for an admin", &has_entry).await?;
    window.shoot(&screen, "role-settings").await?;

    // Down and up, without anything that is asked.
    window.click("#role-operator").await?;
    window.press("#role-form", "Change role").await?;
    window.wait_for_text("#role", "Operator").await?;
    window.wait_for("an operator has no credentials", &format!("!{ENTRIES}.includes('Credentials')")).await?;
    let refused = list().await?;
    let reason = refused["refused"].as_str().context("it is refused")?;
    ensure!(reason.contains("raise it again in the settings"), "{reason}");
    window.go("#/vcenter").await?;
    window.wait_for_text("[data-vcenter='Berlin']", "Full sync").await?;
    let buttons = window.script("return document.querySelector('main').innerText").await?;
    ensure!(!buttons.as_str().unwrap_or_default().contains("Add vCenter"), "{buttons}");
    window.go("#/settings").await?;
    window.click("#role-admin").await?;
    window.press("#role-form", "Change role").await?;
    window.wait_until_gone("#role").await?;
    ensure!(list().await?["answer"].is_array(), "an admin again");

    // With a passphrase it is asked for.
    window.click("#role-viewer").await?;
    window.fill("#role-passphrase", "correct horse").await?;
    window.shoot(&screen, "role-lowering").await?;
    window.press("#role-form", "Change role").await?;
    window.wait_for_text("#role", "Viewer").await?;
    window.wait_for("the entry is gone", &format!("!({has_entry})")).await?;
    window.go("#/vcenter").await?;
    let said = window.wait_for_text("#not-allowed", "Not allowed").await?;
    ensure!(said.contains("The role can be raised again in the settings."), "{said}");
    let refused =
        window.invoke("raise_role", json!({ "args": { "role": "admin", "passphrase": null } })).await?;
    ensure!(
        refused["refused"].as_str().is_some_and(|why| why.contains("locked with a passphrase")),
        "{refused}"
    );

    window.go("#/settings").await?;
    window.click("#role-admin").await?;
    window.fill("#role-passphrase", "correct mule").await?;
    window.press("#role-form", "Change role").await?;
    window.wait_for_text("#role-form", "The passphrase is wrong").await?;
    window.shoot(&screen, "role-wrong").await?;
    window.wait_for_text("#role", "Viewer").await?;
    window.fill("#role-passphrase", "correct horse").await?;
    window.press("#role-form", "Change role").await?;
    window.wait_until_gone("#role").await?;
    window.wait_for("everything is there again", &has_entry).await?;
    // Nothing of it outlives the program.
    let kept = std::fs::read_to_string(muster.data().join("desktop.json")).unwrap_or_default();
    ensure!(!kept.contains("horse") && !kept.contains("role"), "{kept}");
    // Each change stands in the audit log, and each attempt.
    let rows = muster.ok(&["audit", "list", "--origin", "window"]);
    let told: Vec<String> = rows
        .as_array()
        .context("rows")?
        .iter()
        .rev()
        .filter(|row| row["subject_kind"] == "role")
        .map(|row| {
            format!("{} {} as {} -> {}", row["command"], row["outcome"], row["role"], row["after"]["role"])
                .replace('"', "")
        })
        .collect();
    let expected = [
        "lower_role done as admin -> operator",
        "raise_role done as operator -> admin",
        "lower_role done as admin -> viewer",
        "raise_role refused as viewer -> null",
        "raise_role refused as viewer -> null",
        "raise_role done as viewer -> admin",
    ];
    ensure!(told == expected, "{told:#?}");
    ensure!(
        !rows.to_string().contains("horse") && !rows.to_string().contains("mule"),
        "a passphrase is in the log"
    );
    eventually("the database is as it was", || muster.ok(&["settings", "show"])["history_days"] == 90);
    window.close(&screen).await
}
