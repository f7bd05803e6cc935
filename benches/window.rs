//! The window: from its start to the first rows, from a call to its reply, and what it weighs.
//! Refuses to reach into the window: it looks at what is on screen, with the clock of the machine.

use crate::page::{self, Page};
use crate::peer::{PASSWORD, Peer};
use crate::sync;
use crate::table::{Table, median, percentile};
use anyhow::{Context, Result, ensure};
use contract::columns;
use contract::command::{AddVcenter, AwaitOperation, Login, Password, Settings, Submit};
use contract::{Job, Kind, OperationState, RowQuery, Trust, VcenterSettings};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use service::Client;
use simulator::Simulator;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const VMS: u32 = 30_000;
const ROUNDS: usize = 7;

/// What a click may take until what it asked for is painted, in milliseconds.
const PAINTED: f64 = 150.0;
const STARTS: usize = 5;
const CALLS: usize = 500;
const SYNCS: usize = 5;

/// A function of the page that waits until something is on screen; answers with the machine's time in milliseconds.
const SEEN: &str = "
    const seen = look => new Promise(found => {
        const check = () => { if (look()) { watch.disconnect(); found(Date.now()); } };
        const watch = new MutationObserver(check);
        watch.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
        check();
    });";

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    table.section(format!("The window, on a database of {VMS} VMs"));
    let data = folder.join("window");
    prepare(&data).await?;
    starts(&data, table).await?;
    actions(&data, table).await?;
    calls(&data, table).await?;
    syncs(&folder.join("shared"), table).await?;
    weights(table)
}

/// Fills a data folder once, from a server that is gone when the window opens.
async fn prepare(data: &Path) -> Result<()> {
    let server = Simulator::start(simulator::Options::new(VMS, 1)).await?;
    let trust = Trust::Pin { sha256: server.sha256().to_owned() };
    let login = (server.user(), server.password());
    let service = open(data).await?;
    let vcenter = add(&service, "Berlin", &server.address().to_string(), login, trust).await?;
    sync(&service, &vcenter).await?;
    service.close().await;
    server.stop().await;
    Ok(())
}

async fn starts(data: &Path, table: &mut Table) -> Result<()> {
    let (mut totals, mut rows) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let started = now();
        let page = Page::open(data).await?;
        let total = "const numbers = [...document.querySelectorAll('.muster-total__number')];
                     return numbers.length > 0 && numbers.every(n => /[0-9]/.test(n.textContent))";
        let at = page.run(&format!("{SEEN} return await seen(() => {{ {total} }});")).await?;
        totals.push(at.as_f64().context("a time")? - started);
        page.close().await?;

        let started = now();
        let page = Page::open(data).await?;
        let row = "document.querySelector('#rows tr[data-moref]') !== null";
        let script = format!("{SEEN} location.hash = '#/inventory/vms'; return await seen(() => {row});");
        rows.push(page.run(&script).await?.as_f64().context("a time")? - started);
        page.close().await?;
    }
    let shown = median(rows.iter().copied());
    table.value("process start to totals on screen, median", format!("{:.0} ms", median(totals)));
    table.goal(
        "process start to first rows of VMs, median",
        format!("{shown:.0} ms"),
        "≤ 1000 ms",
        shown <= 1000.0,
    );
    Ok(())
}

/// From a click until what it asked for is painted: the rows are there, and two frames were drawn after that.
async fn actions(data: &Path, table: &mut Table) -> Result<()> {
    let page = Page::open(data).await?;
    let rows = "document.querySelector('#rows[aria-busy=false] tr[data-moref]') !== null";
    page.run(&format!("{SEEN} location.hash = '#/inventory/vms'; await seen(() => {rows}); return null"))
        .await?;
    // What is done, and how its end is known. `mark` tells the rows of before from those of after.
    let mark = "document.querySelectorAll('#rows tr[data-moref]').forEach(row => row.dataset.before = 1);";
    let others =
        "document.querySelector('#rows[aria-busy=false] tr[data-moref]:not([data-before])') !== null";
    let typed = |text: &str| {
        format!(
            "{{ const field = document.getElementById('search'); field.value = '{text}';
             field.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }}"
        )
    };
    let found =
        |what: &str| format!("/^{what} of/.test(document.querySelector('#found strong').textContent)");
    let click = |what: &str| format!("document.querySelector('{what}').click();");
    let hash = |to: &str| format!("location.hash = '{to}';");
    for (name, before, act, is_there) in [
        ("a page: VMs after hosts", hash("#/inventory/hosts"), hash("#/inventory/vms"), "document.querySelector('#rows[aria-busy=false] td[data-column=cpu_count]') !== null".to_owned()),
        ("sorting by memory", mark.to_owned(), click("th[data-column=memory_bytes] button"), others.to_owned()),
        ("sorting by host", mark.to_owned(), click("th[data-column=host] button"), others.to_owned()),
        ("the next page of rows", mark.to_owned(), click("[aria-label=\"Next page\"]"), others.to_owned()),
        ("the details of a VM", hash("#/inventory/vms"), click("#rows tr[data-moref] td[data-column=name] a"), "document.querySelector('#drawer .muster-property') !== null".to_owned()),
        ("a search that finds some", typed(""), typed("00042"), found("[0-9,]+")),
        ("a search that finds nothing", typed(""), typed("nothing of this name"), "document.querySelector('#rows .pf-v6-c-empty-state') !== null || /^0 of/.test(document.querySelector('#found strong').textContent)".to_owned()),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let script = format!(
                "{SEEN}
                 const frame = () => new Promise(requestAnimationFrame);
                 {before} await new Promise(later => setTimeout(later, 700));
                 const started = performance.now();
                 {act}
                 await seen(() => {is_there});
                 await frame(); await frame();
                 return performance.now() - started;"
            );
            times.push(page.run(&script).await?.as_f64().context("a time")?);
        }
        let (middle, most) = (median(times.iter().copied()), times.iter().copied().fold(0.0, f64::max));
        let goal = format!("median ≤ {PAINTED} ms");
        table.goal(format!("click to painted, {name}: median / largest"), format!("{middle:.0} / {most:.0} ms"), &goal, middle <= PAINTED);
    }
    for (process, bytes) in page.memory()? {
        table.value(
            format!("memory of {process} with {VMS} VMs (resident)"),
            format!("{:.0} MiB", mebibytes(bytes)),
        );
    }
    page.close().await
}

async fn calls(data: &Path, table: &mut Table) -> Result<()> {
    let page = Page::open(data).await?;
    let script = format!(
        "const times = [];
         for (let i = 0; i < {CALLS}; i++) {{
             const before = performance.now();
             await window.__TAURI_INTERNALS__.invoke('list_vcenters', {{ args: {{}} }});
             times.push(performance.now() - before);
         }}
         return times;"
    );
    let times = page.run(&script).await?;
    let mut times: Vec<f64> = times.as_array().context("times")?.iter().filter_map(Value::as_f64).collect();
    ensure!(times.len() == CALLS, "{} of {CALLS} calls were answered", times.len());
    let mean = times.iter().sum::<f64>() / CALLS as f64;
    times.sort_by(f64::total_cmp);
    let (half, most) = (percentile(&times, 0.5), percentile(&times, 0.99));
    table.value(
        "command, call to reply: mean / p50 / p99",
        format!("{mean:.2} / {half:.0} / {most:.0} ms (the browser's clock has steps of 1 ms)"),
    );

    let shown = columns::of(Kind::Vms).first().into_iter();
    let columns = shown.map(|column| column.id.to_string()).collect();
    let query = RowQuery { columns, limit: 200, ..RowQuery::count(Kind::Vms) };
    let arguments = json!({ "args": { "query": query } });
    let script = format!(
        "const times = []; let rows;
         for (let i = 0; i < 20; i++) {{
             const before = performance.now();
             rows = await window.__TAURI_INTERNALS__.invoke('read_rows', {arguments});
             times.push(performance.now() - before);
         }}
         return [new TextEncoder().encode(JSON.stringify(rows)).length, rows.rows.length, times];"
    );
    let answer = page.run(&script).await?;
    ensure!(answer[1] == 200, "a window of {} rows", answer[1]);
    let bytes = answer[0].as_f64().context("a size")?;
    let times = answer[2].as_array().context("times")?.iter().filter_map(Value::as_f64);
    table.value(
        "200 rows of VMs over the bridge",
        format!(
            "{:.1} KiB, {:.0} bytes a row, in {:.0} ms (p50)",
            bytes / 1024.0,
            bytes / 200.0,
            median(times)
        ),
    );
    page.close().await
}

/// From the end of another process's sync until what it brought is on screen.
async fn syncs(data: &Path, table: &mut Table) -> Result<()> {
    let peer = Peer::vcenter();
    let service = open(data).await?;
    let trust = Trust::Pin { sha256: peer.sha256() };
    let vcenter = add(&service, "Berlin", &peer.address(), ("admin", PASSWORD), trust).await?;
    sync(&service, &vcenter).await?;
    let page = Page::open(data).await?;
    page.run("location.hash = '#/inventory/vms'; return null").await?;
    let mut times = Vec::new();
    for round in 0..SYNCS {
        let name = format!("seen-{round}");
        peer.post("/update", json!({ "type": "VirtualMachine", "count": 1, "set": { "name": name } }));
        let found = format!("document.getElementById('rows')?.textContent.includes('{name}')");
        let script = format!("{SEEN} return await seen(() => {found});");
        let waiting = page.run(&script);
        let (seen, finished) = tokio::join!(waiting, sync(&service, &vcenter));
        times.push(seen?.as_f64().context("a time")? - finished? as f64);
    }
    page.close().await?;
    service.close().await;
    let most = times.iter().copied().fold(0.0, f64::max);
    table.goal(
        "another process's sync until it is on screen, median / largest",
        format!("{:.0} / {most:.0} ms", median(times)),
        "≤ 1000 ms",
        most <= 1000.0,
    );
    Ok(())
}

fn weights(table: &mut Table) -> Result<()> {
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-ui/dist/ui_bg.wasm");
    let wasm = std::fs::read(&wasm).with_context(|| format!("{}", wasm.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&wasm)?;
    let (whole, packed) = (mebibytes(wasm.len()), mebibytes(gzip.finish()?.len()));
    table.goal(
        "the page's WebAssembly, gzip",
        format!("{packed:.2} MiB ({whole:.2} MiB unpacked)"),
        "≤ 2 MiB",
        packed <= 2.0,
    );
    let binary = std::fs::metadata(page::muster()?)?.len();
    table.value("the binary muster, page inside", format!("{:.1} MiB", mebibytes(usize::try_from(binary)?)));
    Ok(())
}

pub(crate) async fn open(data: &Path) -> Result<Client> {
    sync::open_as(data, None, false).await
}

pub(crate) async fn add(
    service: &Client,
    name: &str,
    address: &str,
    (user, password): (&str, &str),
    trust: Trust,
) -> Result<contract::VcenterId> {
    let settings = Settings {
        name: name.to_owned(),
        address: address.to_owned(),
        login: Login::Own {
            user: user.to_owned(),
            password: Some(Password(password.to_owned())),
            helper: None,
        },
        trust: Some(trust),
        // What is on screen must not be refreshed from a server that is gone while that is measured.
        settings: VcenterSettings { ttl_seconds: 86_400, ..VcenterSettings::default() },
    };
    Ok(service.call(AddVcenter { settings }).await?.vcenter.id)
}

/// Syncs everything; answers with when that was published, milliseconds since 1970.
pub(crate) async fn sync(service: &Client, vcenter: &contract::VcenterId) -> Result<i64> {
    let full = Submit { vcenter: vcenter.clone(), job: Job::FULL_SYNC, detached: false };
    let operation = service.call(full).await?;
    let ended = service.call(AwaitOperation { operation }).await?;
    ensure!(ended.state == OperationState::Succeeded, "the sync failed: {:?}", ended.error);
    Ok(ended.finished_at.context("an end")?.0)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
