//! `./dev bench`: measures Muster against the test vCenter, and prints one table of values and goals.
//! Refuses to fail over a goal: what is missed is shown as missed, and only what could not be measured is an error.
//!
//! This is a package of its own and a plain binary, beside the window's that it starts. What is measured in CPU and memory runs in a process that does nothing
//! else, which is this binary again with another first argument. It reads `/proc`, so it runs on Linux only.

mod analytics;
mod bare;
mod batch;
mod cost;
mod govc;
mod hidden;
mod history;
mod idle;
mod overview;
mod page;
mod parse;
mod queue;
mod reads;
mod rounds;
mod sync;
mod table;
mod window;

#[path = "../tests/window/watcher.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod watcher;

#[path = "../tests/support/peer.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod peer;

use anyhow::{Context, Result, bail};
use std::path::Path;
use table::Table;

// The allocator of musterctl: what it costs to overwrite what is freed is part of what is measured.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // As many threads as musterctl has.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match arguments[..] {
        [] => runtime.block_on(measure(Part::All)),
        ["syncs"] => runtime.block_on(measure(Part::Syncs)),
        ["idle"] => runtime.block_on(measure(Part::Idle)),
        ["tray"] => runtime.block_on(measure(Part::Tray)),
        ["window"] => runtime.block_on(measure(Part::Window)),
        ["history"] => runtime.block_on(measure(Part::History)),
        ["overview"] => runtime.block_on(measure(Part::Overview)),
        ["analytics"] => runtime.block_on(measure(Part::Analytics)),
        ["queue"] => runtime.block_on(measure(Part::Queue)),
        ["work", data, credentials] => runtime.block_on(queue::work(Path::new(data), Path::new(credentials))),
        ["sync", data, credentials] => {
            cost::report(runtime.block_on(sync::once(Path::new(data), Path::new(credentials))))
        }
        ["bare", address, ca] => cost::report(runtime.block_on(bare::transfer(address, Path::new(ca)))),
        ["govc", address, ca] => cost::report(govc::read(address, ca)),
        _ => bail!(
            "./dev bench takes no argument but \"window\", \"syncs\", \"queue\", \"history\", \"overview\", \"analytics\", \"idle\" or \"tray\", which measure that alone"
        ),
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Syncs,
    Window,
    Queue,
    Idle,
    Tray,
    History,
    Overview,
    Analytics,
}

async fn measure(part: Part) -> Result<()> {
    // The WebDriver client shares the HTTP library, which wants to be told who encrypts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut table = Table::default();
    let folder = tempfile::tempdir().context("a folder for the data")?;
    if matches!(part, Part::All | Part::Syncs) {
        let synced = rounds::run(folder.path(), &mut table).await?;
        reads::run(&synced, &mut table).await?;
        parse::run(&mut table)?;
    }
    if matches!(part, Part::All | Part::Queue) {
        queue::run(folder.path(), &mut table).await?;
        batch::run(folder.path(), &mut table).await?;
    }
    if matches!(part, Part::All | Part::History) {
        history::run(folder.path(), &mut table).await?;
    }
    if matches!(part, Part::All | Part::Overview) {
        overview::run(folder.path(), &mut table).await?;
    }
    if matches!(part, Part::All | Part::Analytics) {
        analytics::run(folder.path(), &mut table).await?;
    }
    if matches!(part, Part::All | Part::Window) {
        window::run(folder.path(), &mut table).await?;
    }
    if matches!(part, Part::All | Part::Idle) {
        idle::run(folder.path(), &mut table).await?;
    }
    if part == Part::Tray {
        idle::tray(folder.path(), &mut table).await?;
    }
    table.print()?;
    Ok(())
}
