//! The questions of a working day, each answered in the window in a few presses, and held against the command line.
//! Refuses more than three clicks, or one line typed, for any of them.

use super::driver::Window;
use super::explore::explore;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, answered};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::process::Command;
use thirtyfour::Key;

/// A window on the simulated vCenters, and how much was done in it since the last question.
struct Day {
    muster: Musterctl,
    window: Window,
    clicks: u32,
    lines: u32,
}

impl Day {
    async fn click(&mut self, selector: &str) -> Result<()> {
        self.clicks += 1;
        self.window.click(selector).await
    }

    async fn press(&mut self, within: &str, label: &str) -> Result<()> {
        self.clicks += 1;
        self.window.press(within, label).await
    }

    /// Types a line into the search field, from wherever the keyboard is.
    async fn line(&mut self, text: &str) -> Result<()> {
        self.lines += 1;
        self.window.keys("/").await?;
        self.window.wait_for("the search has the focus", "document.activeElement?.id === 'search'").await?;
        self.window.keys(text).await?;
        self.window.key(Key::Enter).await
    }

    /// Asks the navigation for a kind.
    async fn kind(&mut self, name: &str) -> Result<()> {
        self.click(&format!("nav a[href^='#/inventory/{name}']")).await?;
        self.window.wait_for_element("#rows[aria-busy=false] tr[data-moref]").await
    }

    /// What the command line says to the same question.
    fn told(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let data = self.muster.data().join("simulated");
        let data = data.to_str().context("a path in UTF-8")?;
        let told = self.muster.ok(&[&["inventory"], arguments, &["--data-dir", data]].concat());
        told.as_array().cloned().with_context(|| format!("rows, and not {told}"))
    }

    /// Waits until as many rows are found as the command line tells, and ends the question.
    async fn is_answered(&mut self, question: &str, told: usize, of: &str) -> Result<()> {
        ensure!(told > 0, "{question}: nothing in this estate answers it");
        let count = if of.is_empty() { told.to_string() } else { format!("{told} of {of}") };
        self.window
            .wait_for(
                question,
                &format!(
                    "document.querySelector('#rows[aria-busy=false]') !== null
                 && document.querySelector('#found strong')?.innerText.startsWith({}) ",
                    json!(format!("{count} "))
                ),
            )
            .await?;
        self.done(question)
    }

    /// Ends a question that was answered.
    fn done(&mut self, question: &str) -> Result<()> {
        let (clicks, lines) = (std::mem::take(&mut self.clicks), std::mem::take(&mut self.lines));
        answered(question, format_args!("{clicks} clicks, {lines} lines typed"));
        let is_short = (clicks <= 3 && lines == 0) || (clicks <= 1 && lines == 1);
        ensure!(is_short, "{question}: {clicks} clicks and {lines} lines");
        Ok(())
    }

    /// Names and another column of the rows on screen.
    async fn shown(&self, column: &str) -> Result<Vec<Vec<String>>> {
        self.window.rows(&["name", column]).await
    }
}

async fn begin(screen: &Screen) -> Result<Day> {
    let muster = Musterctl::new();
    let window = Window::open_beside(screen, &muster).await?;
    explore(&window).await?;
    Ok(Day { muster, window, clicks: 0, lines: 0 })
}

#[tokio::test]
async fn each_question_of_a_working_day_takes_three_clicks_or_one_line() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let mut day = begin(&screen).await?;

    day.kind("vms").await?;
    day.click("#add-filter").await?;
    day.press("#filter-editor", "Snapshots older than 7 days").await?;
    let told = day.told(&["vms", "--where", "snapshot_age_seconds>7d"])?;
    day.is_answered("VMs with snapshots over 7 days", told.len(), "600").await?;
    for row in day.shown("snapshot_age_seconds").await? {
        let days: u32 = row[1].split(' ').next().unwrap_or_default().replace(',', "").parse()?;
        assert!(days >= 7, "{row:?}");
    }

    day.kind("datastores").await?;
    day.click("#add-filter").await?;
    day.press("#filter-editor", "Less than 10 % free").await?;
    let told = day.told(&["datastores", "--where", "free_percent<10"])?;
    day.is_answered("datastores under 10 % free", told.len(), "65").await?;

    day.kind("hosts").await?;
    day.click("#add-filter").await?;
    day.press("#filter-editor", "In maintenance mode").await?;
    let told = day.told(&["hosts", "--where", "in_maintenance=yes"])?;
    day.is_answered("hosts in maintenance", told.len(), "58").await?;
    for row in day.shown("state").await? {
        assert_eq!(row[1], "Maintenance mode", "{row:?}");
    }

    day.kind("hosts").await?;
    let host = "#rows tr[data-moref]:has(td[data-column=vm_count] a)";
    let cell = |column: &str| format!("{host} td[data-column={column}]");
    let (name, vcenter) = (day.window.text(&cell("name")).await?, day.window.text(&cell("vcenter")).await?);
    day.click(&format!("{} a", cell("vm_count"))).await?;
    day.window.wait_for_text(".muster-chip", &name).await?;
    let (on, of) = (format!("host={name}"), format!("vcenter={vcenter}"));
    let told = day.told(&["vms", "--where", &on, "--where", &of])?;
    day.is_answered(&format!("VMs on host {name}"), told.len(), "").await?;

    day.window.close(&screen).await
}

#[tokio::test]
async fn one_line_finds_a_vm_a_subnet_and_what_a_condition_asks_for() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let mut day = begin(&screen).await?;
    let vm =
        day.told(&["vms", "--columns", "name,host,home_datastore,ip_address", "--where", "ip_address!="])?;
    let vm = vm
        .iter()
        .find(|row| row["ip_address"].as_str().is_some_and(|ip| ip.starts_with("10.")))
        .context("a VM with an address")?;
    let text = |key: &str| vm[key].as_str().with_context(|| format!("no {key} in {vm}"));
    let (name, address) = (text("name")?, text("ip_address")?);
    let subnet = format!("{}.0/24", address.rsplit_once('.').context("an IPv4 address")?.0);

    day.kind("vms").await?;
    day.clicks = 0;
    day.line(name).await?;
    let told = day.told(&["vms", "--where", &format!("name~{name}")])?;
    day.window
        .wait_for(
            "the VM is found",
            &format!(
                "location.hash.includes('text=') && (cells => cells.length > 0
                     && cells.every(cell => cell.innerText.includes({})))([...document.querySelectorAll(
                     '#rows[aria-busy=false] td[data-column=name]')]) || null",
                json!(name)
            ),
        )
        .await?;
    let rows = day.window.rows(&["name", "host", "home_datastore"]).await?;
    let is_it =
        |row: &Vec<String>| row[0] == name && row[2] == vm["home_datastore"].as_str().unwrap_or_default();
    ensure!(rows.len() >= told.len() && rows.iter().any(is_it), "{vm}: {rows:?}");
    let short = text("host")?.split('.').next().unwrap_or_default();
    ensure!(rows.iter().any(|row| is_it(row) && row[1] == short), "{vm}: {rows:?}");
    day.done(&format!("where is VM {name}, on which datastore"))?;
    day.window.click("#search").await?;
    day.window.key(Key::Escape).await?;
    day.window.wait_for("the search is empty", "!location.hash.includes('text=')").await?;
    day.window.wait_for("Escape emptied it first", "document.activeElement?.id === 'search'").await?;
    day.window.key(Key::Escape).await?;
    day.window.wait_for("then it left it", "document.activeElement?.id === 'grid'").await?;

    day.line(&subnet).await?;
    let told = day.told(&["vms", "--where", &format!("ip_addresses in {subnet}")])?;
    day.is_answered(&format!("VMs in {subnet}"), told.len(), "600").await?;
    day.window.wait_for_text(".muster-chip", &format!("IP addresses in subnet {subnet}")).await?;

    day.window.press(".muster-toolbar", "Clear filters").await?;
    day.window.wait_for_text("#found", "600 VMs").await?;
    day.window.key(Key::Escape).await?;
    day.line("cpu_count>=8").await?;
    let told = day.told(&["vms", "--where", "cpu_count>=8"])?;
    day.is_answered("VMs with 8 vCPU or more", told.len(), "600").await?;
    day.window.close(&screen).await
}

#[tokio::test]
async fn what_is_on_screen_is_exported_with_its_order_and_columns_and_read_back() -> Result<()> {
    let screen = Screen::start(Theme::Light, USUAL)?;
    let mut day = begin(&screen).await?;
    day.window.go("#/inventory/datastores?where=free_percent%3C50&sort=-free_percent").await?;
    day.window.wait_for_element("#rows tr[data-moref]").await?;
    let told = day.told(&[
        "datastores",
        "--where",
        "free_percent<50",
        "--sort",
        "-free_percent",
        "--columns",
        "name,vcenter,type",
    ])?;
    day.click("#export").await?;
    let toast = day.window.wait_for_toast(&format!("Exported {} rows", told.len())).await?;
    day.done("the list exported")?;
    let path = toast.lines().find(|line| line.contains(".csv")).context("the toast names the file")?.trim();

    let read = Command::new("python3")
        .args(["-c", "import csv,json,sys; print(json.dumps(list(csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline='')))))"])
        .arg(path)
        .output()?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let lines: Vec<Vec<String>> = serde_json::from_slice(&read.stdout)?;
    let headings = day
        .window
        .script("return [...document.querySelectorAll('#rows th[data-column]')].map(th => th.dataset.column)")
        .await?;
    assert_eq!(json!(lines[0]), headings, "columns");
    let names: Vec<&str> = lines[1..].iter().map(|line| line[0].as_str()).collect();
    let wanted: Vec<&str> = told.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, wanted, "rows and their order");
    let shown: Vec<String> = day.shown("type").await?.into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, shown, "what is on screen");
    day.window.close(&screen).await
}
