//! The page of credentials: added, renamed, given another password, merged and removed.
//! Refuses to believe the page: the command line says what is stored.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, PASSWORD, Peer, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

fn names(muster: &Musterctl) -> Vec<String> {
    let all = muster.ok(&["credential", "list"]);
    let named = |one: &Value| one["name"].as_str().map(str::to_owned);
    all.as_array().into_iter().flatten().filter_map(named).collect()
}

#[tokio::test]
async fn credentials_are_added_changed_merged_and_removed_on_their_page() -> Result<()> {
    let (berlin, rome) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&berlin, "Berlin");
    muster.add(&rome, "Rome");
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.keys("gk").await?;
    window.wait_for_text("[data-credential='Berlin']", "admin").await?;
    window.shoot(&screen, "credentials").await?;

    // A field says what to type, and what was typed is stored.
    window.press("#credentials", "Add credential").await?;
    window.wait_for_element("dialog[open]").await?;
    window.press("dialog", "Add").await?;
    window.wait_for_text("dialog", "Enter a name.").await?;
    window.fill("#credential-name", "shared").await?;
    window.fill("#credential-user", "admin").await?;
    muster.put_password("shared", PASSWORD);
    window.press("dialog", "Add").await?;
    window.wait_for_toast("Credential shared was added").await?;
    window.wait_for_text("[data-credential='shared']", "Unused").await?;
    assert_eq!(names(&muster), ["Berlin", "Rome", "shared"]);

    // Another name.
    window.press("[data-credential='shared']", "Edit").await?;
    window.wait_for_element("dialog[open]").await?;
    window.fill("#credential-name", "everywhere").await?;
    muster.put_password("everywhere", PASSWORD);
    window.press("dialog", "Save").await?;
    window.wait_for_toast("Credential everywhere was saved").await?;
    window.wait_for_element("[data-credential='everywhere']").await?;

    // A rejection stands beside it.
    berlin.rule(json!({ "method": "Login", "action": { "fault": "InvalidLogin" }, "times": 1 }));
    ensure!(muster.json(&["test", "Berlin"]).code == 4, "it is rejected");
    let rejected = window.wait_for_text("[data-credential='Berlin']", "Wrong user or password").await?;
    ensure!(rejected.contains("ago") || rejected.contains("just now"), "{rejected}");
    window.shoot(&screen, "credentials-rejected").await?;

    // Merged: its vCenters log in with the other one.
    let id = muster.ok(&["credential", "list"])[0]["id"].as_str().context("an id")?.to_owned();
    window.go(&format!("#/credentials?merge={id}")).await?;
    window.wait_for_element("#merge-into").await?;
    let into = "const into = document.getElementById('merge-into');
                into.value = [...into.options].find(o => o.innerText.startsWith('everywhere')).value;
                into.dispatchEvent(new Event('change', { bubbles: true })); return null";
    window.script(into).await?;
    window.wait_for_text("dialog", "The vCenter Berlin will log in with").await?;
    window.shoot(&screen, "credentials-merge").await?;
    window.press("dialog", "Merge").await?;
    window.wait_for_toast("Berlin was merged into everywhere").await?;
    window.wait_until_gone("[data-credential='Berlin']").await?;
    assert_eq!(names(&muster), ["everywhere", "Rome"]);
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["credential"], "everywhere");
    ensure!(muster.json(&["test", "Berlin"]).code == 0, "it logs in again");

    // One that is used can't be removed, one that isn't can.
    window.click("[data-credential='Rome'] .muster-menu button").await?;
    window
        .wait_for(
            "it is barred",
            "[...document.querySelectorAll('[role=menuitem]')].some(e => e.innerText === 'Remove…'
                 && e.ariaDisabled === 'true' && e.title.startsWith('Used by Rome'))",
        )
        .await?;
    window.key(thirtyfour::Key::Escape).await?;
    muster.ok(&["credential", "add", "spare", "--user", "admin"]);
    window.wait_for_element("[data-credential='spare']").await?;
    // Its password from a program, and not any more.
    let helper = || {
        muster
            .ok(&["credential", "list"])
            .as_array()
            .and_then(|all| Some(all.iter().find(|one| one["name"] == "spare")?["helper"].clone()))
    };
    for (typed, stored) in
        [("/bin/echo \"my vcenter\"", json!(["/bin/echo", "my vcenter"])), ("", Value::Null)]
    {
        window.press("[data-credential='spare']", "Edit").await?;
        window.wait_for_element("dialog[open]").await?;
        window.script("document.querySelector('dialog details').open = true; return null").await?;
        window.fill("#credential-helper", typed).await?;
        window.shoot(&screen, "credentials-helper").await?;
        window.press("dialog", "Save").await?;
        window.wait_until_gone("dialog").await?;
        eventually("it is stored", || helper().as_ref() == Some(&stored));
    }
    window.click("[data-credential='spare'] .muster-menu button").await?;
    window.press("[role=menu]", "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_until_gone("[data-credential='spare']").await?;
    eventually("it is gone", || names(&muster) == ["everywhere", "Rome"]);

    window.close(&screen).await
}
