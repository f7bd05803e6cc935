//! The page of discovery: from nothing to an estate whose servers are matched with their hosts, with a conflict that a person
//! resolves and that stays resolved.
//! Refuses to count by itself: what the page says is held against the command line, and logins against what BMCs saw.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use simulator::{Bmc, BmcOptions, Bmcs, Options, Simulator};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_leads_to_matched_servers_and_a_conflict_is_resolved_for_good() -> Result<()> {
    let vcenter = Simulator::start(Options::new(120, 3)).await?;
    let bmcs = Bmcs::of(&vcenter, BmcOptions { hosts: 8, dark: 2, ..BmcOptions::default() }).await?;
    let all = bmcs.all();
    let muster = Musterctl::new();
    muster.put_password("Berlin", vcenter.password());
    let address = vcenter.address().to_string();
    muster.ok(&["vcenter", "add", "Berlin", &address, "--user", vcenter.user(), "--pin", vcenter.sha256()]);
    muster.ok(&["sync", "full", "Berlin"]);
    let add = ["credential", "add", "bmc", "--user", all[0].user(), "--password-stdin", "--json"];
    let run = muster.run_with_stdin(&add, &format!("{}\n", all[0].password()));
    ensure!(run.code == 0, "{run:?}");
    muster.put_password("bmc", all[0].password());

    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.keys("gb").await?;
    window.wait_for_element("#discovery").await?;
    window.wait_for_text("#discovery", "No servers yet").await?;
    window.shoot(&screen, "discovery-empty").await?;

    // The credential is to be tried.
    window.go("#/discovery/profiles").await?;
    window.click("#add-profile").await?;
    let credentials = muster.ok(&["credential", "list"]);
    let credentials = credentials.as_array().context("a list")?;
    let bmc = credentials.iter().find(|one| one["name"] == "bmc").context("the credential")?;
    let option =
        format!("select#profile-credential option[value='{}']", bmc["id"].as_str().context("an id")?);
    window.wait_for_element(&option).await?;
    window.click(&option).await?;
    window.click("#profile-save").await?;
    window.wait_for_element("#profiles tr[data-profile]").await?;
    window.shoot(&screen, "discovery-profiles").await?;

    // What is no range is refused at its field; a scan finds them all and logs in nowhere.
    window.go("#/discovery").await?;
    window.click("#first-scan").await?;
    window.fill("#scan-ranges", "10.0.8.0/99").await?;
    window.click("#scan-submit").await?;
    window.wait_for_text("#scan-ranges-said", "prefix length").await?;
    window.shoot(&screen, "discovery-scan-refused").await?;
    window.fill("#scan-ranges", "127.0.64.0/24").await?;
    window.click("#scan-form details:has(#scan-ports) summary").await?;
    window.fill("#scan-ports", &all[0].address().port().to_string()).await?;
    window.click("#scan-submit").await?;
    let rows = |state: &str| format!("document.querySelectorAll('#rows tr[data-server]{state}').length");
    let untrusted = rows("[data-state=untrusted]");
    window.wait_for("all of them are found", &format!("{untrusted} === {}", all.len())).await?;
    ensure!(all.iter().all(|bmc| bmc.counts().sessions_opened == 0), "nobody approved anything");
    window.shoot(&screen, "discovery-found").await?;

    // The fingerprints that are shown are those of the BMCs.
    window.click("#review-certificates").await?;
    window.wait_for_element("#approve-all > li[data-server]").await?;
    let shown = window.text("#approve-all").await?.replace([':', ' ', '\n'], "").to_lowercase();
    ensure!(all.iter().all(|bmc| shown.contains(&bmc.sha256().to_lowercase())), "{shown}");
    window.shoot(&screen, "discovery-approve").await?;
    let boxes = "document.querySelectorAll('#approve-all input[type=checkbox]:checked').length";
    window.wait_until_still().await?;
    window.click("#approve-all-shown").await?;
    window.wait_for("all are chosen", &format!("{boxes} === {}", all.len())).await?;
    window.click("#approve-submit").await?;
    let hosts = all.iter().filter(|bmc| bmc.host().is_some()).count();
    window
        .wait_for("each host's is matched", &format!("{} === {hosts}", rows("[data-state=matched]")))
        .await?;
    window.wait_for("the others are dark", &format!("{} === 2", rows("[data-state=dark]"))).await?;
    ensure!(sum(all, |counts| counts.sessions_opened) == all.len() as u64);
    window.shoot(&screen, "discovery-matched").await?;

    // Somebody said that two servers are one host: a person takes that back, here, and it stays so.
    let servers = muster.ok(&["discovery", "list"]);
    let of = |state: &str| -> Result<Value> {
        let all = servers.as_array().context("a list")?;
        all.iter().find(|one| one["state"] == state).cloned().with_context(|| format!("one that is {state}"))
    };
    let (matched, dark) = (of("matched")?, of("dark")?);
    let host = matched["host"].as_str().context("a host")?;
    muster.ok(&["discovery", "match", dark["server"].as_str().context("an id")?, host]);
    let row =
        |server: &Value| format!("#rows tr[data-server='{}']", server["server"].as_str().unwrap_or_default());
    window.wait_for_element(&format!("{}[data-state=matched]", row(&dark))).await?;
    window.click(&format!("{} td", row(&dark))).await?;
    window.wait_for_text("#drawer", host).await?;
    window.shoot(&screen, "discovery-conflict").await?;
    // The desktop opens its BMC, whose address only the service says.
    let opened = screen.home().join("opened");
    std::fs::create_dir_all(screen.home().join("bin"))?;
    let browser = screen.home().join("bin/xdg-open");
    std::fs::write(&browser, format!("#!/bin/sh\necho \"$@\" >> '{}'\n", opened.display()))?;
    std::fs::set_permissions(&browser, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    window.click("#open-bmc").await?;
    eventually("its BMC is opened", || {
        let said = std::fs::read_to_string(&opened).unwrap_or_default();
        dark["url"].as_str().is_some_and(|url| said.trim() == url)
    });
    // What comes or goes beside it moves what is pressed.
    let at_rest = async || {
        window.wait_until_gone("#discovery-progress").await?;
        window.wait_until_gone("[data-toast]").await?;
        window.wait_until_still().await
    };
    at_rest().await?;
    window.click("#unmatch").await?;
    window.wait_for_element(&format!("{}[data-state=dark]", row(&dark))).await?;
    window.wait_for_element(&format!("{}[data-state=matched]", row(&matched))).await?;
    let port = all[0].address().port().to_string();
    muster.ok(&["discovery", "scan", "127.0.64.0/24", "--port", &port]);
    let told = muster.ok(&["discovery", "show", dark["server"].as_str().context("an id")?]);
    ensure!(told["state"] == "dark", "{told}");

    // That a server is not a host is shown, and taken back.
    window.wait_for_toast("Discovery: scan of 127.0.64.0/24 done").await?;
    at_rest().await?;
    window.click(&format!("{} td", row(&matched))).await?;
    window.wait_for_text("#drawer", matched["address"].as_str().context("an address")?).await?;
    window.click("#unmatch").await?;
    window.wait_for_text("#rejected-hosts", host).await?;
    window.wait_until_gone(&format!("{}[data-state=matched]", row(&matched))).await?;
    window.shoot(&screen, "discovery-rejected").await?;
    at_rest().await?;
    window.click("#forget-rejections").await?;
    window.wait_for_element(&format!("{}[data-state=matched]", row(&matched))).await?;
    window.wait_until_gone("#rejected-hosts").await?;

    // One that nothing answers for is added by hand, and stays with the reason.
    at_rest().await?;
    window.click("#add-servers").await?;
    let known = matched["address"].as_str().context("an address")?;
    let list = muster.folder().join("bmcs");
    std::fs::write(&list, format!("{known}\n127.0.99.1:{port}\n127.0.98.0/24\n"))?;
    window.choose_file("#import-file", &list).await?;
    let planned = |action: &str| format!(".muster-import tr[data-action={action}]");
    window.wait_for_text(&planned("same"), known).await?;
    window.wait_for_text(&planned("refuse"), "more than one address").await?;
    window.wait_for_text(&planned("add"), "127.0.99.1").await?;
    window.shoot(&screen, "discovery-add").await?;
    window.click("#add-servers-submit").await?;
    window.wait_for_text("#import-summary", "1 added").await?;
    window.key(thirtyfour::Key::Escape).await?;
    let added = format!("#rows tr[data-address='127.0.99.1:{port}'][data-state=unreadable]");
    window.wait_for_element(&added).await?;
    window.wait_for_toast("Discovery: server refresh of 1 server partially succeeded").await?;
    window.wait_until_gone("#discovery-progress").await?;
    window.wait_until_still().await?;
    window.click(&format!("{added} td")).await?;
    window.wait_for_text("#problem", "refuses the connection").await?;
    window.shoot(&screen, "discovery-added").await?;

    // From the host to its BMC.
    let id = muster.ok(&["vcenter", "show", "Berlin"])["id"].clone();
    let open = format!(
        "#/inventory/hosts?open={}:{}",
        id.as_str().context("an id")?,
        matched["host_moref"].as_str().context("a moref")?
    );
    window.go(&open).await?;
    window.wait_for_text("#bmc", matched["address"].as_str().context("an address")?).await?;
    window.shoot(&screen, "discovery-host").await?;
    window.close(&screen).await?;
    ensure!(
        sum(all, |counts| counts.sessions_open as u64) == 0 && sum(all, |counts| counts.wrong_logins) == 0
    );
    Ok(())
}

fn sum(all: &[Bmc], of: fn(&simulator::BmcCounts) -> u64) -> u64 {
    all.iter().map(|bmc| of(&bmc.counts())).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_scheduled_where_its_ranges_are_typed_and_is_listed_edited_and_removed() -> Result<()> {
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.go("#/discovery").await?;
    window.click("#schedules").await?;
    window.wait_for_text("dialog", "No schedules yet").await?;
    window.press("dialog", "Schedule a scan…").await?;
    window.wait_for_element("#scan-ranges").await?;
    // More addresses than usual are a question before a schedule of them as well.
    window.fill("#scan-ranges", "10.0.0.0/19").await?;
    window.press("dialog", "Add schedule").await?;
    window.wait_for_text("#scan-when-said", "No time is specified").await?;
    window.fill("#scan-when", "sometimes").await?;
    window.press("dialog", "Add schedule").await?;
    window.wait_for_text("#scan-when-said", "weekdays 02:30").await?;
    window.fill("#scan-when", "sundays 02:30").await?;
    window.fill("#scan-name", "Weekly scan").await?;
    window.press("dialog", "Add schedule").await?;
    window.wait_for_text("#scan-many", "8,190 addresses").await?;
    window.shoot(&screen, "discovery-schedule").await?;
    window.press("dialog", "Schedule it all the same").await?;
    window.wait_until_gone("#scan-form").await?;
    let schedules = muster.ok(&["schedule", "list"]);
    let scan = &schedules[0]["scan"];
    ensure!(schedules[0]["cron"] == "30 2 * * 0" && scan["accept_many"] == true, "{schedules}");
    ensure!(
        muster.ok(&["operations", "list"]).as_array().context("a list")?.is_empty(),
        "nothing was scanned"
    );

    window.click("#schedules").await?;
    let item = "[data-schedule='Weekly scan']";
    window.wait_for_text(item, "10.0.0.0/19").await?;
    window.wait_for_text(item, "sundays 02:30").await?;
    window.shoot(&screen, "discovery-schedules").await?;
    window.press(item, "Edit").await?;
    window.wait_for_element("dialog #schedule-when").await?;
    window
        .wait_for("its ranges", "document.querySelector('#schedule-ranges').value === '10.0.0.0/19'")
        .await?;
    window.shoot(&screen, "discovery-schedule-edit").await?;
    window.fill("#schedule-when", "daily 03:00").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_gone("#schedule-when").await?;
    let edited = muster.ok(&["schedule", "show", "Weekly scan"]);
    ensure!(edited["cron"] == "0 3 * * *" && edited["scan"] == *scan, "{edited}");
    // Other ranges are asked about anew.
    window.click("#schedules").await?;
    window.press(item, "Edit").await?;
    window.fill("#schedule-ranges", "10.0.0.300").await?;
    window.press("dialog", "Save").await?;
    window.wait_for_text("#schedule-ranges-said", "neither an address nor a host name").await?;
    window.wait_for("its field has the focus", "document.activeElement?.id === 'schedule-ranges'").await?;
    window.fill("#schedule-ranges", "10.1.0.0/19").await?;
    window.press("dialog", "Save").await?;
    window.wait_until_seen("#schedule-outcome").await?;
    window.press("dialog", "Save all the same").await?;
    window.wait_until_gone("#schedule-when").await?;
    let edited = muster.ok(&["schedule", "show", "Weekly scan"]);
    ensure!(edited["scan"]["ranges"] == serde_json::json!(["10.1.0.0/19"]), "{edited}");
    window.click("#schedules").await?;
    window.press(item, "Edit").await?;
    window.press("dialog", "Remove…").await?;
    window.press("dialog", "Remove").await?;
    window.wait_until_gone("#schedule-when").await?;
    ensure!(muster.ok(&["schedule", "list"]).as_array().context("a list")?.is_empty());
    window.close(&screen).await
}
