//! Every page and dialog in both themes before axe-core, which knows the rules of accessibility.
//! Refuses a single violation, and names each with its element.

use super::driver::Window;
use super::explore::explore;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer};
use anyhow::{Context, Result, ensure};
use contract::Kind;
use serde_json::{Value, json};

/// Where npm puts it; `./dev` installs it with the page's stylesheets.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src-ui/node_modules/axe-core/axe.min.js");

/// What is wrong, with one line for each element.
const RUN: &str = "
    axe.run(document, { preload: false, resultTypes: ['violations'] }).then(
        found => done(found.violations.flatMap(violation => violation.nodes.map(node =>
            `${violation.id} (${violation.impact}): ${node.target.join(' ')}: ` +
            node.failureSummary.replaceAll(/\\s+/g, ' ') + ' ' + node.html.slice(0, 200)))),
        broke => done(['axe itself broke: ' + broke]))";

#[tokio::test]
async fn every_page_is_accessible_on_a_light_system() -> Result<()> {
    every_page_is_accessible(Theme::Light).await
}

#[tokio::test]
async fn every_page_is_accessible_on_a_dark_system() -> Result<()> {
    every_page_is_accessible(Theme::Dark).await
}

async fn every_page_is_accessible(theme: Theme) -> Result<()> {
    let mut judge = Judge { wrong: Vec::new(), seen: 0 };
    judge.empty_and_simulated(theme).await?;
    judge.filled(theme).await?;
    ensure!(judge.wrong.is_empty(), "{theme:?}, of {} places:\n{}", judge.seen, judge.wrong.join("\n"));
    Ok(())
}

struct Judge {
    wrong: Vec<String>,
    seen: usize,
}

impl Judge {
    /// A window without vCenters, and with simulated ones.
    async fn empty_and_simulated(&mut self, theme: Theme) -> Result<()> {
        let muster = Musterctl::new();
        let screen = Screen::start(theme, USUAL)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        teach(&window).await?;
        for address in ["#/", "#/vcenter", "#/inventory/hosts", "#/vcenter?add="] {
            self.visit(&window, address).await?;
        }
        // Submitted empty, it says at each field what to type.
        window.press("dialog", "Add").await?;
        window.wait_for_text("dialog", "Type the name you want to know it by.").await?;
        self.look(&window, "an empty form that was submitted").await?;
        window.go("#/").await?;
        window.keys("?").await?;
        window.wait_for_text("dialog", "Search the rows of the page").await?;
        self.look(&window, "the keys").await?;
        window.key(thirtyfour::Key::Escape).await?;
        window.wait_until_gone("dialog").await?;

        explore(&window).await?;
        self.look(&window, "the simulated overview").await?;
        window.close(&screen).await
    }

    /// A window with two vCenters, one of which is read, gone, and back with another certificate.
    async fn filled(&mut self, theme: Theme) -> Result<()> {
        let peer = Peer::start(&["--model", "vpx", "--odd-names"]);
        let other = Peer::start(&["--model", "esx"]);
        let muster = Musterctl::new();
        let added = muster.add_pinned(&peer, "Berlin");
        let id = added["id"].as_str().context("an id")?.to_owned();
        muster.add(&other, "never read");
        muster.ok(&["vcenter", "edit", "Berlin", "--tag", "production"]);
        muster.ok(&["sync", "full", "Berlin"]);
        let screen = Screen::start(theme, USUAL)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        teach(&window).await?;
        let mut addresses: Vec<String> = ["#/", "#/vcenter", "#/nowhere"].map(str::to_owned).to_vec();
        addresses.push(format!("#/vcenter/{id}"));
        for dialog in ["edit", "clusters", "remove", "certificate"] {
            addresses.push(format!("#/vcenter?{dialog}={id}"));
        }
        addresses.extend(Kind::LISTED.map(|kind| format!("#/inventory/{}", kind.name())));
        addresses.push(format!("#/inventory/hosts?vcenter={id}&text=nothing-has-this-name"));
        addresses.push(format!("#/inventory/hosts?vcenter={id}"));
        addresses.push("#/vcenter/no-such-vcenter".to_owned());
        for address in &addresses {
            self.visit(&window, address).await?;
        }
        window.go("#/inventory/vms").await?;
        window.click("#rows tr[data-moref] td[data-column=name] a").await?;
        window.wait_for_element("#drawer dl").await?;
        self.look(&window, "a VM beside the others").await?;

        peer.post("/stop", json!({}));
        window.go("#/vcenter").await?;
        window.press("[data-vcenter='Berlin']", "Full sync").await?;
        window.wait_for_text("[data-vcenter='Berlin']", "Offline").await?;
        self.look(&window, "a vCenter that is offline").await?;
        peer.post("/start", json!({}));
        peer.post("/certificate", json!({}));
        window.go(&format!("#/vcenter?certificate={id}")).await?;
        window.wait_for_text("dialog", "Approved before").await?;
        self.look(&window, "a certificate that changed").await?;
        window.close(&screen).await
    }

    async fn visit(&mut self, window: &Window, address: &str) -> Result<()> {
        window.go(address).await?;
        if address.contains("?add")
            || ["edit=", "clusters=", "remove=", "certificate="].iter().any(|d| address.contains(d))
        {
            window.wait_for_element("dialog[open]").await?;
            window.wait_until_gone("dialog .muster-waiting").await?;
        }
        self.look(window, address).await
    }

    /// Notes what is wrong on screen.
    async fn look(&mut self, window: &Window, place: &str) -> Result<()> {
        window.is_sound().await.with_context(|| place.to_owned())?;
        // What fades in has no contrast yet.
        window.wait_until_still().await?;
        let found = window.script_async(RUN).await?;
        let lines = found.as_array().with_context(|| format!("violations, and not {found}"))?;
        self.wrong.extend(lines.iter().filter_map(Value::as_str).map(|line| format!("  {place}: {line}")));
        self.seen += 1;
        Ok(())
    }
}

/// Gives axe to the page: through the driver, since the page's own policy lets no foreign script in.
async fn teach(window: &Window) -> Result<()> {
    let axe = std::fs::read_to_string(AXE).context("axe-core is missing: ./dev test installs it")?;
    window.script(&format!("{axe}\n; return typeof axe.run")).await?;
    let known = window.script("return typeof window.axe?.run").await?;
    ensure!(known == "function", "axe-core did not load: {known}");
    Ok(())
}
