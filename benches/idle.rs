//! What Muster costs while nobody does anything: its three processes on each page and hidden, and its one in the tray, with
//! twelve vCenters; in the tray with a schedule for each.
//! Refuses to count what happens before it has come to rest.

use crate::hidden::Hidden;
use crate::page::Page;
use crate::peer::{PASSWORD, Peer};
use crate::table::Table;
use crate::window::{add, open, sync};
use anyhow::{Result, ensure};
use contract::command::{AddSchedule, ListVcenters};
use contract::{ScheduleSettings, ScheduledJob, Timing, Trust};
use std::path::{Path, PathBuf};
use std::time::Duration;

const VCENTERS: usize = 12;

/// How often each schedule is due: as often as schedules are offered, and more seldom than anything here is looked at.
const EVERY: u64 = 30 * 60;

/// How long each page is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// After this a page has drawn everything, and ages no longer change by the second.
const REST: Duration = Duration::from_secs(75);

/// The unit of CPU times in `/proc`: USER_HZ, which is 100 on every Linux.
const TICK: f64 = 0.01;

/// The most that all three may take of a core.
const MOST: f64 = 0.5;

/// The most that the one in the tray may take of a core, and how often it may be woken a second. The database is looked at
/// four times a second for what other processes changed, by two threads; every two seconds for work whose turn it is.
const MOST_IN_THE_TRAY: f64 = 0.3;
const WAKEUPS: f64 = 20.0;

/// The processes of a window, by the beginning of their name that the kernel keeps.
const PROCESSES: [&str; 3] = ["muster", "WebKitWebProces", "WebKitNetworkPr"];

/// The page believes that its window was minimised. Xvfb has nobody who minimises one.
const HIDE: &str = "Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    return null";

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    let (data, peers) = prepare(folder, table).await?;
    with_a_window(&data, &peers, table).await?;
    in_the_tray(&data, &peers, table).await
}

/// The one in the tray alone.
pub(crate) async fn tray(folder: &Path, table: &mut Table) -> Result<()> {
    let (data, peers) = prepare(folder, table).await?;
    in_the_tray(&data, &peers, table).await
}

async fn prepare(folder: &Path, table: &mut Table) -> Result<(PathBuf, Vec<Peer>)> {
    table.section(format!("Idle for {} s with {VCENTERS} vCenters: % of a core", LOOK.as_secs()));
    let data = folder.join("idle");
    let peers: Vec<Peer> = (0..VCENTERS).map(|_| Peer::vcenter()).collect();
    let service = open(&data).await?;
    for (number, peer) in peers.iter().enumerate() {
        let trust = Trust::Pin { sha256: peer.sha256() };
        let name = format!("vc-{number:02}");
        let vcenter = add(&service, &name, &peer.address(), ("admin", PASSWORD), trust).await?;
        sync(&service, &vcenter).await?;
    }
    service.close().await;
    Ok((data, peers))
}

async fn with_a_window(data: &Path, peers: &[Peer], table: &mut Table) -> Result<()> {
    let page = Page::open(data).await?;
    for (what, address) in
        [("overview", "#/"), ("vCenters", "#/vcenter"), ("VMs", "#/inventory/vms"), ("hidden", "")]
    {
        let script = match address {
            "" => HIDE.to_owned(),
            address => format!("location.hash = '{address}'; return null"),
        };
        page.run(&script).await?;
        tokio::time::sleep(REST).await;
        let calls = || peers.iter().map(Peer::all_calls).sum::<u64>();
        let (before, asked) = (page.ticks()?, calls());
        tokio::time::sleep(LOOK).await;
        let (after, asked) = (page.ticks()?, calls() - asked);
        let all_are_there = PROCESSES.iter().all(|name| before.contains_key(*name));
        ensure!(all_are_there, "the processes of the window: {before:?}");
        let shares: Vec<f64> = PROCESSES
            .iter()
            .map(|name| {
                let spent = after.get(*name).unwrap_or(&0) - before.get(*name).unwrap_or(&0);
                spent as f64 * TICK / LOOK.as_secs_f64() * 100.0
            })
            .collect();
        let all: f64 = shares.iter().sum();
        let each: Vec<String> = shares.iter().map(|share| format!("{share:.2}")).collect();
        table.goal(
            what,
            format!("{all:.2} (muster, web, network: {}), {asked} calls", each.join(" + ")),
            &format!("< {MOST} %, 0 calls"),
            all < MOST && asked == 0,
        );
    }
    page.close().await
}

/// A schedule for each vCenter, as `musterctl schedule add NAME --vcenter NAME --every 30m` makes it.
async fn schedule(data: &Path) -> Result<()> {
    let service = open(data).await?;
    for vcenter in service.call(ListVcenters {}).await? {
        let settings = ScheduleSettings {
            name: vcenter.name,
            vcenters: vec![vcenter.id],
            tag: None,
            when: Timing::EverySeconds(EVERY),
            zone: None,
            job: ScheduledJob::Full,
            quiet: None,
            smart: false,
        };
        service.call(AddSchedule { settings }).await?;
    }
    service.close().await;
    Ok(())
}

/// The same without a window.
async fn in_the_tray(data: &Path, peers: &[Peer], table: &mut Table) -> Result<()> {
    schedule(data).await?;
    let hidden = Hidden::start(data).await?;
    tokio::time::sleep(REST).await;
    let calls = || peers.iter().map(Peer::all_calls).sum::<u64>();
    let (before, asked) = (hidden.taken()?, calls());
    tokio::time::sleep(LOOK).await;
    let (after, asked) = (hidden.taken()?, calls() - asked);
    let seconds = LOOK.as_secs_f64();
    let share = (after.ticks - before.ticks) as f64 * TICK / seconds * 100.0;
    let wakeups = (after.wakeups - before.wakeups) as f64 / seconds;
    table.goal(
        format!("in the tray, without a window, {VCENTERS} schedules"),
        format!("{share:.2}, {wakeups:.1} wake-ups a second, {asked} calls"),
        &format!("< {MOST_IN_THE_TRAY} %, < {WAKEUPS} wake-ups a second, 0 calls"),
        share < MOST_IN_THE_TRAY && wakeups < WAKEUPS && asked == 0,
    );
    let memory = hidden.memory()? as f64 / f64::from(1 << 20);
    table.value("memory in the tray (resident)", format!("{memory:.0} MiB"));
    hidden.close().await
}
