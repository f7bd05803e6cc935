//! Every page and dialog in both themes, as it is and at 200 % text: before axe-core, which knows the rules of
//! accessibility, and with every text's contrast measured.
//! Refuses a single violation, and names each with its element.

use super::driver::Window;
use super::explore::explore;
use super::screen::{Screen, Theme, USUAL};
use crate::support::{Musterctl, Peer, table};
use anyhow::{Context, Result, ensure};
use contract::Kind;
use serde_json::{Value, json};

/// Where npm puts it; `./dev` installs it with the page's stylesheets.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src-ui/node_modules/axe-core/axe.min.js");

/// What is wrong, with one line for each element.
pub(super) const RUN: &str = "
    axe.run(document, { preload: false, resultTypes: ['violations'] }).then(
        found => done(found.violations.flatMap(violation => violation.nodes.map(node =>
            `${violation.id} (${violation.impact}): ${node.target.join(' ')}: ` +
            node.failureSummary.replaceAll(/\\s+/g, ' ') + ' ' + node.html.slice(0, 200)))),
        broke => done(['axe itself broke: ' + broke]))";

/// Each text whose contrast with what is behind it is below 4.5:1, whatever its size, with the least of all that was found.
/// axe leaves out large texts, what is disabled, and what it can't be sure of.
const CONTRAST: &str = "
    const parsed = color => {
        const [, space, list] = color.match(/^(rgba?|color)\\((?:srgb )?(.*)\\)$/) ?? [];
        const [r, g, b, a = 1] = (list ?? '0 0 0 0').split(/[ ,\\/]+/).map(Number);
        return space === 'color' ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const behind = e => {
        const layers = [];
        for (let at = e; at; at = at.tagName === 'DIALOG' ? null : at.parentElement) {
            const color = parsed(getComputedStyle(at).backgroundColor);
            // PatternFly paints some of them in front of their element, and below its text.
            const before = getComputedStyle(at, '::before');
            const covers = before.content !== 'none' && before.zIndex === '-1';
            if (covers) layers.push(parsed(before.backgroundColor));
            layers.push(color);
            if (color[3] === 1 || (covers && parsed(before.backgroundColor)[3] === 1)) break;
        }
        return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
    };
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const wrong = [];
    let [least, texts] = [21, 0];
    const judge = (e, color, text) => {
        if (!text.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.getClientRects().length === 0) return;
        if (getComputedStyle(e).clipPath !== 'none' || e.closest('.pf-v6-screen-reader, .pf-v6-c-skip-to-content, [aria-hidden=true]')) return;
        let opacity = 1;
        for (let at = e; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
        const back = behind(e);
        const [r, g, b, a] = parsed(color);
        const [one, other] = [light(over([r, g, b, a * opacity], back)), light(back)].sort((x, y) => y - x);
        const ratio = (one + 0.05) / (other + 0.05);
        texts += 1;
        least = Math.min(least, ratio);
        if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)} of ${JSON.stringify(text.trim().slice(0, 40))}: ${color} on ${back.map(Math.round)} in ${e.outerHTML.slice(0, 120)}`);
    };
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = all.nextNode(); node; node = all.nextNode()) {
        judge(node.parentElement, getComputedStyle(node.parentElement).color, node.data);
    }
    for (const e of document.querySelectorAll('input, textarea')) {
        if (['checkbox', 'radio', 'file'].includes(e.type)) continue;
        judge(e, getComputedStyle(e).color, e.value);
        if (!e.value) judge(e, getComputedStyle(e, '::placeholder').color, e.placeholder);
    }
    return { wrong, least, texts }";

#[tokio::test]
async fn every_page_is_accessible_on_a_light_system() -> Result<()> {
    every_page_is_accessible(Theme::Light, 1).await
}

#[tokio::test]
async fn every_page_is_accessible_on_a_dark_system() -> Result<()> {
    every_page_is_accessible(Theme::Dark, 1).await
}

#[tokio::test]
async fn every_page_is_accessible_on_a_light_system_with_text_at_200_percent() -> Result<()> {
    every_page_is_accessible(Theme::Light, 2).await
}

#[tokio::test]
async fn every_page_is_accessible_on_a_dark_system_with_text_at_200_percent() -> Result<()> {
    every_page_is_accessible(Theme::Dark, 2).await
}

async fn every_page_is_accessible(theme: Theme, scale: u32) -> Result<()> {
    let mut judge = Judge { scale, wrong: Vec::new(), seen: 0, texts: 0, least: f64::INFINITY };
    judge.empty_and_simulated(theme).await?;
    judge.filled(theme).await?;
    ensure!(judge.wrong.is_empty(), "{theme:?}, of {} places:\n{}", judge.seen, judge.wrong.join("\n"));
    let Judge { seen, texts, least, .. } = judge;
    table(
        &format!("{theme:?} at {scale}00 %: {seen} places, {texts} texts"),
        format!("least contrast {least:.2}:1"),
    );
    Ok(())
}

struct Judge {
    /// How much larger than usual everything is shown.
    scale: u32,
    wrong: Vec<String>,
    seen: usize,
    texts: u64,
    /// The least contrast of all texts.
    least: f64,
}

impl Judge {
    /// A window without vCenters, and with simulated ones.
    async fn empty_and_simulated(&mut self, theme: Theme) -> Result<()> {
        let muster = Musterctl::new();
        let screen = Screen::scaled(theme, USUAL, self.scale)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        teach(&window).await?;
        for address in
            ["#/", "#/vcenter", "#/operations", "#/analytics", "#/inventory/hosts", "#/vcenter?add="]
        {
            self.visit(&window, address).await?;
        }
        // Submitted empty, it says at each field what to type.
        window.press("dialog", "Add").await?;
        window.wait_for_text("dialog", "Enter a name.").await?;
        self.look(&window, "an empty form that was submitted").await?;
        window.go("#/").await?;
        window.keys("?").await?;
        window.wait_for_text("dialog", "Search this page").await?;
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
        let screen = Screen::scaled(theme, USUAL, self.scale)?;
        let window = Window::open_beside(&screen, &muster).await?;
        window.wait_for_overview().await?;
        teach(&window).await?;
        let mut addresses: Vec<String> = [
            "#/",
            "#/vcenter",
            "#/credentials",
            "#/operations",
            "#/audit",
            "#/health",
            "#/health?rule=host-disconnected",
            "#/health/rules",
            "#/health/rules?rule=snapshot-old",
            "#/health/waivers",
            "#/health/over-time",
            "#/discovery",
            "#/discovery?scan=",
            "#/discovery?import=",
            "#/discovery/hosts",
            "#/discovery/profiles",
            "#/discovery/profiles?add=",
            "#/jobs",
            "#/jobs?add=",
            "#/jobs?pause=",
            "#/jobs?add-schedule=",
            "#/analytics",
            "#/settings",
            "#/compact",
            "#/nowhere",
        ]
        .map(str::to_owned)
        .to_vec();
        addresses.push(format!("#/vcenter/{id}"));
        let credentials = muster.ok(&["credential", "list"]);
        let credential = credentials[0]["id"].as_str().context("an id")?;
        addresses.push("#/credentials?add=".to_owned());
        addresses.extend(["edit", "merge", "remove"].map(|of| format!("#/credentials?{of}={credential}")));
        muster.ok(&["schedule", "add", "nightly", "--vcenter", "Berlin", "--every", "30m"]);
        addresses.extend([
            "#/vcenter?schedules=".to_owned(),
            "#/vcenter?import=".to_owned(),
            format!("#/vcenter?add-schedule={id}"),
        ]);
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
        window.go("#/vcenter?import=").await?;
        window.fill("#import-text", "Rome, vc8.example.org").await?;
        window.wait_for_element(".muster-import tbody tr").await?;
        self.look(&window, "the dry run of an import").await?;
        window.go("#/discovery?import=").await?;
        window.fill("#import-text", "127.0.99.1").await?;
        window.wait_for_element(".muster-import tbody tr").await?;
        self.look(&window, "servers that are to be added").await?;
        window.go("#/settings").await?;
        window.click("#show-log").await?;
        window.wait_for_element("#log-lines li").await?;
        self.look(&window, "the log").await?;
        window.key(thirtyfour::Key::Escape).await?;
        window.wait_until_gone("dialog").await?;
        window.go("#/inventory/vms").await?;
        window.click("#rows tr[data-moref] td[data-column=name] a").await?;
        window.wait_for_element("#drawer dl").await?;
        self.look(&window, "a VM beside the others").await?;
        window.click("#rows tr[data-row='1'] td.muster-choose").await?;
        window.wait_for_text("#chosen", "1 selected").await?;
        window.key(thirtyfour::Key::Escape).await?;
        window.wait_until_gone("#drawer").await?;
        self.look(&window, "a VM that is selected").await?;
        window.chord(&[thirtyfour::Key::Shift], thirtyfour::Key::F10.into()).await?;
        window.wait_for_element("#menu").await?;
        self.look(&window, "the menu of a cell").await?;
        window.key(thirtyfour::Key::Escape).await?;
        window.go("#/inventory/vms?where=power_state%3DpoweredOn&where=cpu_count%3E%3D1").await?;
        window.click("#add-filter").await?;
        window.wait_for_element("#filter-editor").await?;
        self.look(&window, "filters, and the form of another").await?;
        window.key(thirtyfour::Key::Escape).await?;

        peer.post("/stop", json!({}));
        window.go("#/vcenter").await?;
        window.click("#running").await?;
        window.wait_for_element("#running-panel").await?;
        self.look(&window, "the panel of what runs").await?;
        window.key(thirtyfour::Key::Escape).await?;
        window.expand("Berlin").await?;
        window.press("[data-vcenter='Berlin'] .muster-card", "Full sync").await?;
        window.wait_for_text("[data-vcenter='Berlin']", "Offline").await?;
        self.look(&window, "a vCenter that is offline").await?;
        window.go("#/operations?state=failed").await?;
        window.click("#rows tr[data-state=failed] td").await?;
        window.wait_for_text("#drawer", "Operation id").await?;
        self.look(&window, "the details of an operation that failed").await?;
        window.go("#/operations?state=interrupted").await?;
        self.look(&window, "no operations that match").await?;
        window.go("#/vcenter").await?;
        window.click("[data-vcenter='Berlin'] .muster-menu button").await?;
        window.wait_for_element("[role=menu]").await?;
        self.look(&window, "the menu of a vCenter").await?;
        window.key(thirtyfour::Key::Escape).await?;
        peer.post("/start", json!({}));
        peer.post("/certificate", json!({}));
        window.go(&format!("#/vcenter?certificate={id}")).await?;
        window.wait_for_text("dialog", "Previously approved").await?;
        self.look(&window, "a certificate that changed").await?;
        window.close(&screen).await
    }

    async fn visit(&mut self, window: &Window, address: &str) -> Result<()> {
        window.go(address).await?;
        if address.contains("?add")
            || ["edit=", "schedules=", "clusters=", "remove=", "certificate=", "merge="]
                .iter()
                .any(|d| address.contains(d))
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
        let contrast = window.script(CONTRAST).await?;
        let pale = contrast["wrong"].as_array().with_context(|| format!("texts, and not {contrast}"))?;
        self.least = self.least.min(contrast["least"].as_f64().unwrap_or_default());
        let texts = contrast["texts"].as_u64().unwrap_or_default();
        ensure!(texts > 0, "{place}: no text is seen");
        self.texts += texts;
        let lines = lines.iter().chain(pale).filter_map(Value::as_str);
        self.wrong.extend(lines.map(|line| format!("  {place}: {line}")));
        self.seen += 1;
        Ok(())
    }
}

/// Gives axe to the page: through the driver, since the page's own policy lets no foreign script in.
pub(super) async fn teach(window: &Window) -> Result<()> {
    let axe = std::fs::read_to_string(AXE).context("axe-core is missing: ./dev test installs it")?;
    window.script(&format!("{axe}\n; return typeof axe.run")).await?;
    let known = window.script("return typeof window.axe?.run").await?;
    ensure!(known == "function", "axe-core did not load: {known}");
    Ok(())
}
