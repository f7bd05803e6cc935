//! The page of analytics: from nothing on three simulated vCenters to charts with the numbers that their operations have; by
//! pointer and by keys, as tables and as files, and readable while no vCenter can be reached.
//! Refuses to take a chart's word: what it says is held against what the command line lists.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, Simulator, eventually, table};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

const NAMES: [&str; 3] = ["Berlin", "Paris", "Rome"];

/// The value of a fact of a section, by its title.
fn fact(section: &str, title: &str) -> String {
    format!(
        "[...document.querySelectorAll('#{section} .muster-analysis__facts > div')]
            .find(e => e.querySelector('dt').innerText === '{title}')?.querySelector('dd').innerText ?? null"
    )
}

async fn says(window: &Window, section: &str, title: &str, expected: &str) -> Result<()> {
    let is = format!("({}) === {}", fact(section, title), json!(expected));
    window.wait_for(&format!("{title} is {expected}"), &is).await.map(drop)
}

async fn choose(window: &Window, selector: &str, value: &str) -> Result<()> {
    let script = format!(
        "const s = document.querySelector('{selector}'); s.value = '{value}'; s.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    );
    window.script(&script).await?;
    window.wait_for("it stands in the address", &format!("location.hash.includes('{value}')")).await?;
    // The next choice is made from what is drawn by then.
    let drawn = "requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
    window.script_async(drawn).await.map(drop)
}

#[tokio::test]
async fn charts_have_the_numbers_of_the_operations_and_are_read_by_keys_as_tables_and_offline() -> Result<()>
{
    let simulators: Vec<Simulator> =
        ["1", "2", "3"].map(|seed| Simulator::start(&["--vms", "80", "--seed", seed])).into();
    let muster = Musterctl::new();
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    window.wait_for_overview().await?;
    window.keys("gy").await?;
    window.wait_for_text("#analytics", "No vCenters yet").await?;
    for (simulator, name) in simulators.iter().zip(NAMES) {
        muster.add_simulator(simulator, name);
    }
    window.wait_for_text("#analytics", "Nothing measured yet").await?;
    window.shoot(&screen, "analytics-empty").await?;
    for name in NAMES {
        muster.ok(&["sync", "full", name]);
        muster.ok(&["refresh", "vms", name]);
        muster.ok(&["inventory", "vms", "--vcenter", name]);
    }
    window.wait_for_element("#sync-durations .muster-chart__plot").await?;

    let operations = muster.ok(&["operations", "list", "--limit", "100"]);
    let all = operations.as_array().context("operations")?;
    says(&window, "analytics-syncs", "Succeeded", &all.len().to_string()).await?;
    let calls: u64 = all.iter().filter_map(|one| one["calls"].as_u64()).sum();
    says(&window, "analytics-calls", "Calls made", &calls.to_string()).await?;
    // A read is no event: the page is told of it with the next one, or when it is opened.
    window.go("#/").await?;
    window.go("#/analytics").await?;
    // Each was read once from the cache, at the price of the one refresh that it had.
    let refreshes = all.iter().filter(|one| one["kind"] == "refresh");
    let saved: u64 = refreshes.filter_map(|one| one["calls"].as_u64()).sum();
    says(&window, "analytics-calls", "Calls saved", &saved.to_string()).await?;
    let vms = muster.workloads();
    // That was one more read of each.
    let saved = saved * 2;
    window.go("#/").await?;
    window.go("#/analytics").await?;
    says(&window, "analytics-calls", "Calls saved", &saved.to_string()).await?;
    says(&window, "analytics-capacity", "VMs", &vms.to_string()).await?;
    table("analytics of three vCenters", format!("{} syncs, {calls} calls, {saved} saved", all.len()));
    window.shoot(&screen, "analytics-full").await?;

    by_keys(&window, all.len()).await?;
    window.shoot(&screen, "analytics-pointed").await?;
    as_table(&window).await?;

    // What is chosen stands in the address, and leads back.
    let berlin = muster.ok(&["vcenter", "show", "Berlin"])["id"].clone();
    let berlin = berlin.as_str().context("an id")?;
    choose(&window, "#by-vcenter", berlin).await?;
    choose(&window, "#window", "90d").await?;
    choose(&window, "#by-kind", "full_sync").await?;
    says(&window, "analytics-syncs", "Succeeded", "1").await?;
    let address = window.script("return location.hash").await?;
    let address = address.as_str().context("an address")?;
    ensure!(address == format!("#/analytics?vcenter={berlin}&window=90d&kind=full_sync"), "{address}");
    window.shoot(&screen, "analytics-quarter").await?;

    window.press("#analytics-syncs", "Export CSV").await?;
    window
        .wait_for("it is told", "window.seenToasts.some(([title]) => title.startsWith('Exported'))")
        .await?;
    exported(&screen)?;

    drop(simulators);
    muster.json(&["sync", "full", "Berlin"]);
    says(&window, "analytics-syncs", "Failed", "1").await?;
    window.wait_for_text("#analytics-syncs", "Unreachable").await?;
    window.go("#/analytics").await?;
    says(&window, "analytics-calls", "Calls saved", &saved.to_string()).await?;
    window.shoot(&screen, "analytics-offline").await?;
    window.close(&screen).await
}

/// Arrows lead from step to step, and each is told with its numbers.
async fn by_keys(window: &Window, syncs: usize) -> Result<()> {
    let told = "document.querySelector('#sync-outcomes .muster-chart__plot').ariaValueText";
    window.script("document.querySelector('#sync-outcomes .muster-chart__plot').focus()").await?;
    window.wait_for_element("#sync-outcomes .muster-chart__tip").await?;
    let mut counted = 0;
    // A step may have ended between two syncs.
    for _ in 0..3 {
        let text = window.script(&format!("return {told}")).await?;
        let text = text.as_str().context("a text")?;
        let number = text.split("Succeeded ").nth(1).and_then(|rest| rest.split(',').next());
        counted += number.and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        window.key(Key::Left).await?;
    }
    ensure!(counted == syncs, "{counted} of {syncs} syncs are told");
    window.key(Key::Home).await?;
    window
        .wait_for("before anything was known nothing is told", &format!("{told}.endsWith('nothing known')"))
        .await?;
    window.key(Key::End).await?;
    window.wait_for("the end is told", &format!("{told}.includes('Succeeded')")).await?;
    window.key(Key::Escape).await?;
    window.wait_until_gone("#sync-outcomes .muster-chart__tip").await?;
    window.key(Key::End).await?;
    window.wait_for_element("#sync-outcomes .muster-chart__tip").await
}

async fn as_table(window: &Window) -> Result<()> {
    window.press("#sync-durations", "Show as table").await?;
    window.wait_for_text("#sync-durations table", "p95").await?;
    let rows = window.script("return document.querySelectorAll('#sync-durations tbody tr').length").await?;
    ensure!(
        (1..=3).contains(&rows.as_u64().unwrap_or(0)),
        "only steps in which something ran, and not {rows}"
    );
    window.press("#sync-durations", "Show as chart").await?;
    window.wait_for_element("#sync-durations .muster-chart__plot").await
}

/// The file that was written: a line for each step, with the numbers of the chart.
fn exported(screen: &Screen) -> Result<()> {
    let file = || {
        let files =
            std::fs::read_dir(screen.home().join("Downloads")).or_else(|_| std::fs::read_dir(screen.home()));
        let named = |name: &str| name.starts_with("Muster analytics syncs 90d") && name.ends_with(".csv");
        files.into_iter().flatten().flatten().find(|file| named(&file.file_name().to_string_lossy()))
    };
    eventually("the file is there", || file().is_some());
    let text = std::fs::read_to_string(file().context("the file")?.path())?;
    let lines: Vec<&str> = text.lines().collect();
    ensure!(lines.len() == 91 && lines[0].contains("\"at\",\"succeeded\""), "{} lines", lines.len());
    ensure!(lines[90].contains(",\"1\",\"0\",\"0\","), "{}", lines[90]);
    Ok(())
}

#[tokio::test]
async fn every_view_of_analytics_is_accessible_in_both_themes_and_as_a_table() -> Result<()> {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    muster.add_pinned(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for theme in [Theme::Light, Theme::Dark] {
        let screen = Screen::start(theme, USUAL)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        super::accessible::teach(&window).await?;
        window.go("#/analytics").await?;
        window.wait_for_element("#space .muster-chart__plot").await?;
        for state in ["chart", "pointed", "table"] {
            match state {
                "pointed" => {
                    window.script("document.querySelector('#space .muster-chart__plot').focus()").await?;
                    window.wait_for_element("#space .muster-chart__tip").await?;
                }
                "table" => {
                    window.press("#space", "Show as table").await?;
                    window.wait_for_element("#space table").await?;
                }
                _ => {}
            }
            window.wait_until_still().await?;
            let found = window.script_async(super::accessible::RUN).await?;
            ensure!(found.as_array().is_some_and(Vec::is_empty), "{theme:?}, {state}: {found:#}");
            window.shoot(&screen, &format!("analytics-{state}-{theme:?}")).await?;
        }
        window.close(&screen).await?;
    }
    Ok(())
}
