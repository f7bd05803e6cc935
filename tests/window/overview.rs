//! The overview: from the empty state to numbers that are those of the command line, each a link to its rows, and what is
//! known last while everything is offline.
//! Refuses numbers of its own: what is expected says `musterctl overview`.

use super::driver::Window;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Simulator};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// The totals, each with its number.
const TOTALS: &str = "Object.fromEntries([...document.querySelectorAll('.muster-total__number')].map(e => {
    const title = e.querySelector('.muster-total__title').innerText.trim();
    return [title, parseInt(e.innerText.replaceAll(',', ''))];
}))";

/// The lines of the capacity table: name, depth, and the percentages of the gauges.
const LINES: &str = "[...document.querySelectorAll('.muster-capacity tbody tr')].map(row => [
    row.querySelector('.muster-name').innerText.trim(), Number(row.dataset.depth),
    ...[...row.querySelectorAll('.muster-gauge__number a')].map(a => parseInt(a.innerText))])";

/// Three vCenters that were read, and are gone.
fn read_and_gone() -> Musterctl {
    let muster = Musterctl::new();
    for (name, vms, seed) in [("Frankfurt", "900", "3"), ("Munich", "300", "4"), ("Zurich", "40", "5")] {
        let simulator = Simulator::start(&["--vms", vms, "--seed", seed]);
        muster.add_simulator(&simulator, name);
        muster.ok(&["sync", "full", name]);
    }
    muster
}

fn percent(part: &Value, whole: &Value) -> Option<i64> {
    let (part, whole) = (part.as_i64()?, whole.as_i64().filter(|whole| *whole > 0)?);
    Some((part * 200 + whole) / (whole * 2))
}

/// What a line of the table has to say of a part of the overview.
fn line(name: &str, depth: u64, capacity: &Value) -> Value {
    let mut line = vec![json!(name), json!(depth)];
    let (cpu, memory) = (&capacity["cpu"], &capacity["memory"]);
    line.extend(percent(&cpu["used_mhz"], &cpu["total_mhz"]).map(Value::from));
    line.extend(percent(&memory["used_bytes"], &memory["total_bytes"]).map(Value::from));
    let of = |storage: &Value| {
        let used = storage["capacity_bytes"].as_i64().zip(storage["free_bytes"].as_i64());
        let used = used.map(|(capacity, free)| json!(capacity - free)).unwrap_or_default();
        percent(&used, &storage["capacity_bytes"])
    };
    // vSAN has a bar of its own where there is nothing else.
    line.extend(of(&capacity["storage"]).or(of(&capacity["vsan"])).map(Value::from));
    Value::Array(line)
}

#[tokio::test]
async fn an_estate_that_is_offline_is_told_in_the_numbers_that_were_known_last() -> Result<()> {
    let muster = read_and_gone();
    let overview = muster.ok(&["overview"]);
    let totals = &overview["totals"];
    let screen = Screen::start(Theme::Light, USUAL)?;
    let window = Window::open_beside(&screen, &muster).await?;
    known(&window).await?;
    let shown = window.script(&format!("return {TOTALS}")).await?;
    for (title, key) in [
        ("vCenters", "vcenters"),
        ("Datacenters", "datacenters"),
        ("Clusters", "clusters"),
        ("Hosts", "hosts"),
        ("VMs", "vms"),
        ("Templates", "templates"),
        ("Datastores", "datastores"),
        ("Networks", "networks"),
        ("Snapshots", "snapshots"),
    ] {
        ensure!(shown[title] == totals[key], "{title}: {shown} and {totals}");
    }
    let lines = window.script(&format!("return {LINES}")).await?;
    let mut expected = vec![line("All vCenters", 0, &overview["capacity"])];
    let vcenters = overview["vcenters"].as_array().context("vCenters")?;
    expected
        .extend(vcenters.iter().map(|one| line(one["vcenter"].as_str().unwrap_or(""), 0, &one["capacity"])));
    ensure!(lines == Value::Array(expected.clone()), "{lines} and {}", json!(expected));
    let hosts = window.text("section:has(#overview-hosts)").await?;
    let first = overview["unavailable_hosts"][0]["name"].as_str().context("a host")?;
    ensure!(hosts.contains(first.split('.').next().unwrap_or(first)), "{hosts} without {first}");

    // Down to the clusters of one.
    let munich = &overview["vcenters"][1];
    window.click("[aria-label='Details of Munich']").await?;
    let datacenter = munich["datacenters"][0]["name"].as_str().context("a name")?;
    window.wait_for_text(".muster-capacity", datacenter).await?;
    window.click(&format!("[aria-label='Details of {datacenter}']")).await?;
    let cluster = &munich["datacenters"][0]["clusters"][0];
    let name = cluster["name"].as_str().context("a name")?;
    window.wait_for_text(".muster-capacity tr[data-depth='2']", name).await?;
    let lines = window.script(&format!("return {LINES}")).await?;
    let expected = line(name, 2, &cluster["capacity"]);
    ensure!(lines.as_array().is_some_and(|lines| lines.contains(&expected)), "{lines} without {expected}");
    window.shoot(&screen, "overview-clusters").await?;

    // A number leads to the rows that it counts.
    window.click(".muster-capacity tr[data-depth='2'] td[data-label=Memory] a").await?;
    let count = cluster["counts"]["hosts"].as_i64().context("a number")?;
    let rows = format!("document.querySelectorAll('#rows tr[data-moref]').length === {count}");
    window.wait_for("the hosts of the cluster", &rows).await?;
    window.go("#/").await?;
    known(&window).await?;
    window.click(".muster-datacenter__counts a:last-child").await?;
    window.wait_for_element("#rows tr[data-moref]").await?;
    window.close(&screen).await
}

#[tokio::test]
async fn the_overview_is_pictured_in_both_themes_at_every_size_with_one_vcenter_and_with_fifty() -> Result<()>
{
    if !Screen::is_shot() {
        return Ok(());
    }
    let three = read_and_gone();
    let one = Musterctl::new();
    let simulator = Simulator::start(&["--vms", "300", "--seed", "4"]);
    one.add_simulator(&simulator, "Munich");
    one.ok(&["sync", "full", "Munich"]);
    one.ok(&["schedule", "add", "nightly", "--vcenter", "Munich", "--every", "30m"]);
    let many = Musterctl::new();
    let small = Simulator::start(&["--vms", "12", "--seed", "100"]);
    many.add_simulator(&small, "vc-00");
    many.ok(&["sync", "full", "vc-00"]);
    for number in 1..50 {
        let simulator = Simulator::start(&["--vms", "12", "--seed", &(100 + number).to_string()]);
        let name = format!("vc-{number:02}");
        many.add_simulator(&simulator, &name);
        many.ok(&["sync", "full", &name]);
    }
    for (theme, size) in [
        (Theme::Light, USUAL),
        (Theme::Dark, USUAL),
        (Theme::Light, (1024, 700)),
        (Theme::Dark, (1024, 700)),
        (Theme::Light, (1920, 1080)),
        (Theme::Dark, (1920, 1080)),
    ] {
        for (what, muster) in [("one", &one), ("three", &three), ("fifty", &many)] {
            pictured(muster, &format!("overview-{what}-{theme:?}-{}", size.0), theme, size, 1).await?;
        }
    }
    pictured(&three, "overview-three-200", Theme::Light, USUAL, 2).await?;
    pictured(&Musterctl::new(), "overview-empty", Theme::Light, USUAL, 1).await
}

async fn pictured(muster: &Musterctl, name: &str, theme: Theme, size: (u32, u32), scale: u32) -> Result<()> {
    let screen = Screen::scaled(theme, size, scale)?;
    let window = Window::open_beside(&screen, muster).await?;
    window.driver.set_window_rect(0, 0, size.0, size.1).await?;
    window.wait_for_overview().await?;
    if name != "overview-empty" {
        known(&window).await?;
    }
    window.shoot(&screen, name).await?;
    for part in 1..=2 {
        let down = "const main = document.querySelector('.pf-v6-c-page__main') ?? document.scrollingElement;
            const before = main.scrollTop; main.scrollTop += main.clientHeight * 0.9; return main.scrollTop > before";
        if window.script(down).await? == json!(true) {
            window.shoot(&screen, &format!("{name}-{part}")).await?;
        }
    }
    window.close(&screen).await
}

/// Waits until the numbers are there.
async fn known(window: &Window) -> Result<()> {
    window.wait_for_overview().await?;
    window.wait_for_element("#overview [data-known=true]").await?;
    window.wait_for_element(".muster-capacity tbody tr").await
}
