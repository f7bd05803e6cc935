//! The page of health: from an empty estate to findings that are the command line's, waived, ended, and set otherwise.
//! Refuses to count by itself: what the page says is held against `musterctl health`.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Simulator, eventually};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const PLACES: [&str; 3] = ["Berlin", "Paris", "Tokyo"];

#[tokio::test]
async fn findings_are_those_of_the_command_line_and_are_waived_end_and_come_back() -> Result<()> {
    let simulators: Vec<Simulator> =
        ["1", "2", "3"].iter().map(|seed| Simulator::start(&["--vms", "200", "--seed", seed])).collect();
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.keys("ge").await?;
    window.wait_for_text("#health", "No vCenters yet").await?;
    window.shoot(&screen, "health-empty").await?;

    for (simulator, name) in simulators.iter().zip(PLACES) {
        muster.add_simulator(simulator, name);
    }
    muster.ok(&["sync", "full", "--all"]);
    let findings = muster.ok(&["health"]);
    let findings = findings.as_array().context("a list")?;
    ensure!(findings.len() > 20, "{}", findings.len());
    for level in ["critical", "warning", "information"] {
        let count = findings.iter().filter(|one| one["level"] == level).count();
        let title = format!("{}{}", level[..1].to_uppercase(), &level[1..]);
        let said = format!(
            "[...document.querySelectorAll('#findings .muster-total__number')].some(e =>
                 e.innerText.includes('{title}') && parseInt(e.innerText.replaceAll(',', '')) === {count})"
        );
        window.wait_for(&format!("{count} {title}"), &said).await?;
    }
    window.shoot(&screen, "health").await?;

    over_time(&window, &screen, findings).await?;
    from_the_overview(&window, &screen, &muster, findings).await?;
    window.go("#/health").await?;

    // The snapshots: as many as the command line says, and the inventory lists as many.
    let rule = "snapshot-old";
    let old = |findings: &[Value]| findings.iter().filter(|one| one["rule"] == rule).count();
    let expected = old(findings);
    ensure!(expected > 3, "{expected}");
    let row = format!("tbody[data-rule='{rule}']");
    window.click(&format!("{row} .muster-fold")).await?;
    let listed = format!("document.querySelectorAll(\"{row} .muster-found__one\").length");
    window.wait_for("all of them are listed", &format!("{listed} === {expected}")).await?;
    window.shoot(&screen, "health-rule").await?;
    let first = window.text(&format!("{row} .muster-found__one .muster-found__name a")).await?;

    window.click(&format!("{row} .muster-found__one .muster-found__actions button")).await?;
    window.wait_for_text("dialog", "Applies to").await?;
    window.click("#waive-submit").await?;
    window.wait_for_text("dialog", "Enter a reason.").await?;
    window.shoot(&screen, "health-waive").await?;
    window.fill("#waive-reason", "kept for the auditors").await?;
    window.click("#waive-submit").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for("one is silenced", &format!("{listed} === {expected} - 1")).await?;
    let left = muster.ok(&["health", "--rule", rule]);
    ensure!(left.as_array().is_some_and(|left| left.len() == expected - 1), "{left}");

    // It is there for who asks, with its end; and it comes back when it is removed.
    window.go(&format!("#/health?waived=&rule={rule}")).await?;
    window.wait_for_text(&row, "Waived until").await?;
    window.go("#/health/waivers").await?;
    window.wait_for_text("#waivers", "kept for the auditors").await?;
    window.shoot(&screen, "health-waivers").await?;
    window.press("#waivers", "Remove").await?;
    window.wait_for_text("#waivers", "Nothing is waived").await?;
    window.go(&format!("#/health?rule={rule}")).await?;
    window.wait_for("it is back", &format!("{listed} === {expected}")).await?;

    // One that ends by itself.
    let waive = ["health", "waive", rule, "--vcenter", "Berlin", "--reason", "for a moment", "--for", "3s"];
    muster.ok(&waive);
    window.wait_for("those of Berlin are silenced", &format!("{listed} < {expected}")).await?;
    eventually("the waiver has ended", || {
        old(muster.ok(&["health"]).as_array().map_or(&[], Vec::as_slice)) == expected
    });

    // Another threshold: hers alone are found by it.
    window.go("#/health/rules").await?;
    window
        .wait_for_text("#rules tr[data-rule='snapshot-old']", "Critical above 14d, warning above 3d")
        .await?;
    window.shoot(&screen, "health-rules").await?;
    window.click("#rules tr[data-rule='snapshot-old'] button").await?;
    window.wait_for_element("#limits-critical").await?;
    window.fill("#limits-warning", "9 lives").await?;
    window.click("#limits-save").await?;
    window.wait_for_toast("Not saved").await?;
    window.fill("#limits-warning", "4000d").await?;
    window.fill("#limits-critical", "5000d").await?;
    window.shoot(&screen, "health-limits").await?;
    window.click("#limits-save").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_for_text("#rules tr[data-rule='snapshot-old']", "(changed)").await?;
    let none = muster.ok(&["health", "--rule", rule]);
    ensure!(none.as_array().is_some_and(Vec::is_empty), "{none}");
    window.click("#rules tr[data-rule='snapshot-old'] button").await?;
    window.click("#limits-reset").await?;
    window.wait_until_gone("dialog").await?;
    window.go(&format!("#/health?rule={rule}")).await?;
    window.wait_for("they are back", &format!("{listed} === {expected}")).await?;

    // A finding leads to its object.
    window.click(&format!("{row} .muster-found__one .muster-found__name a")).await?;
    window.wait_for_element("#drawer dl").await?;
    let opened = window.text("#drawer").await?;
    let name = first.split(": ").nth(1).unwrap_or(&first).trim().to_owned();
    ensure!(opened.contains(&name), "{name} in {opened}");
    window.close(&screen).await
}

/// What was noted after the syncs is what is open in the inventories now.
async fn over_time(window: &Window, screen: &Screen, findings: &[Value]) -> Result<()> {
    window.go("#/health/over-time").await?;
    let of = |level: &str| {
        findings.iter().filter(|one| one["level"] == level && one["kind"] != "vcenters").count()
    };
    for (title, level) in [("Critical", "critical"), ("Warning", "warning"), ("Information", "information")] {
        let said = format!(
            "[...document.querySelectorAll('#findings-over-time .muster-analysis__facts div')].some(e =>
                 e.querySelector('dt').innerText === '{title}'
                 && parseInt(e.querySelector('dd').innerText.replaceAll(',', '')) === {})",
            of(level)
        );
        window.wait_for(&format!("{title} over time"), &said).await?;
    }
    window.press("#open-findings", "Show as table").await?;
    window.wait_for_text("#open-findings table", &of("critical").to_string()).await?;
    window.press("#open-findings", "Show as chart").await?;
    window.shoot(screen, "health-over-time").await
}

/// A line of the attention list is snoozed and comes back; a datacenter's card leads to its findings.
async fn from_the_overview(
    window: &Window,
    screen: &Screen,
    muster: &Musterctl,
    findings: &[Value],
) -> Result<()> {
    window.go("#/").await?;
    let line = "#overview .muster-attention__line[data-rule='snapshot-old']";
    window.wait_for_element(line).await?;
    window.click(&format!("{line} button")).await?;
    window.fill("#waive-reason", "to be removed on Sunday").await?;
    window.shoot(screen, "overview-snooze").await?;
    window.click("#waive-submit").await?;
    window.wait_until_gone("dialog").await?;
    window.wait_until_gone(line).await?;
    let left = muster.ok(&["health", "--rule", "snapshot-old"]);
    ensure!(left.as_array().is_some_and(Vec::is_empty), "{left}");
    let waivers = muster.ok(&["health", "waivers"]);
    ensure!(waivers[0]["until"].is_string(), "a snooze ends: {waivers}");
    muster.ok(&["health", "unwaive", waivers[0]["id"].as_str().context("an id")?]);
    window.wait_for_element(line).await?;

    let id = muster.ok(&["vcenter", "show", "Paris"])["id"].clone();
    let datacenter = muster.ok(&["inventory", "datacenters", "--vcenter", "Paris"])[0].clone();
    let within: Vec<&Value> = findings
        .iter()
        .filter(|one| one["vcenter"] == "Paris" && one["datacenter_moref"] == datacenter["moref"])
        .collect();
    let critical = within.iter().filter(|one| one["level"] == "critical").count();
    let name = datacenter["name"].as_str().context("a name")?;
    let card = format!(
        "[...document.querySelectorAll('.muster-datacenter')].find(card => card.innerText.includes('{name}')
             && card.innerText.includes('Paris'))?.querySelector('.muster-datacenter__found')"
    );
    window.wait_for("its findings", &format!("{card}?.innerText.includes('{critical} critical')")).await?;
    window.script(&format!("{card}.scrollIntoView({{ block: 'center' }})")).await?;
    window.shoot(screen, "overview-card-findings").await?;
    window.script(&format!("{card}.click()")).await?;
    window.wait_for_element("#by-datacenter").await?;
    let counted = "[...document.querySelectorAll('#findings .muster-total__number')]
        .map(e => parseInt(e.innerText.replaceAll(',', ''))).reduce((a, b) => a + b, 0)";
    window.wait_for("those of the datacenter alone", &format!("{counted} === {}", within.len())).await?;
    let address = window.script("return location.hash").await?;
    let expected = format!("vcenter={}", id.as_str().context("an id")?);
    ensure!(address.as_str().is_some_and(|address| address.contains(&expected)), "{address}");
    window.shoot(screen, "health-datacenter").await
}

/// Pictures for the eye: both themes, all sizes, everything offline.
#[tokio::test]
async fn the_page_of_health_looks_good_at_every_size() -> Result<()> {
    if !Screen::is_shot() {
        return Ok(());
    }
    let simulator = Simulator::start(&["--vms", "1000", "--seed", "5"]);
    let muster = Musterctl::new();
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    drop(simulator);
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, called) in
            [((1920, 1080), "1920"), ((1280, 800), "1280"), ((1024, 700), "1024"), ((900, 600), "900")]
        {
            let screen = Screen::scaled(theme, size, 1)?;
            let window = Window::open_beside(&screen, &muster).await?;
            window.wait_for_overview().await?;
            window.driver.set_window_rect(0, 0, size.0, size.1).await?;
            for (address, page) in [
                ("#/health", "findings"),
                ("#/health?rule=snapshot-old", "rule"),
                ("#/health/rules", "rules"),
                ("#/health/over-time", "over-time"),
            ] {
                window.go(address).await?;
                window.wait_until_still().await?;
                window.shoot(&screen, &format!("look-{page}-{called}-{name}")).await?;
            }
            window.close(&screen).await?;
        }
    }
    Ok(())
}
