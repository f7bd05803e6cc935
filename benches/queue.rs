//! The queue: from a submission to its start, in one process and through a worker in another, and how much four workers
//! take from it.
//! Refuses to time with the clock of who waits: when an operation began is what the database says.

use crate::peer::{PASSWORD, Peer};
use crate::sync::{self, NAME};
use crate::table::{Table, percentile};
use anyhow::{Context, Result, ensure};
use contract::command::{
    AddVcenter, AwaitOperation, Login, OperationFilter, OperationHistory, Settings, ShowVcenter, Submit,
};
use contract::{Job, Operation, Trust, VcenterId, VcenterSettings};
use service::Client;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Submissions that are timed, each after the end of the one before.
const SUBMISSIONS: usize = 100;

/// What four processes find when they start.
const QUEUED: usize = 400;
const PROCESSES: usize = 4;
const VCENTERS: usize = 8;

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    table.section("The queue");
    starts(&folder.join("starts"), table).await?;
    claims(&folder.join("claims"), table).await
}

/// A worker until its standard input ends.
pub(crate) async fn work(data: &Path, credentials: &Path) -> Result<()> {
    let service = sync::open_as(data, Some(credentials), true).await?;
    let ended = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    tokio::task::spawn_blocking(ended).await??;
    service.close().await;
    Ok(())
}

/// A worker in a process of its own.
struct Worker(Child);

impl Worker {
    fn start(data: &Path, credentials: &Path) -> Result<Worker> {
        let own = std::env::current_exe().context("the path of this binary")?;
        let mut command = Command::new(own);
        let child = command.arg("work").args([data, credentials]).stdin(Stdio::piped()).spawn();
        Ok(Worker(child.context("this binary once more")?))
    }

    fn end(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        ensure!(self.0.wait()?.success(), "a worker failed");
        Ok(())
    }
}

/// From a submission until it began: in the same process, and through a worker in another one.
async fn starts(folder: &Path, table: &mut Table) -> Result<()> {
    let (data, credentials) = (folder.join("data"), folder.join("credentials"));
    let peer = Peer::start(&["--model", "vpx", "--vms", "0"]);
    sync::prepare(&peer, &data, &credentials).await?;
    let service = sync::open(&data, &credentials).await?;
    let vcenter = service.call(ShowVcenter { vcenter: NAME.to_owned() }).await?.id;
    let own = timed(&service, &vcenter, false).await?;
    shown(table, "submit to start, in one process", own);
    let worker = Worker::start(&data, &credentials)?;
    // It counts only once it listens.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let other = timed(&service, &vcenter, true).await?;
    shown(table, "submit to start, by a worker in another", other);
    worker.end()?;
    service.close().await;
    Ok(())
}

async fn timed(service: &Client, vcenter: &VcenterId, detached: bool) -> Result<Vec<f64>> {
    let mut waits = Vec::new();
    for number in 0..SUBMISSIONS {
        // Somewhere between two looks at what others wrote.
        tokio::time::sleep(Duration::from_millis((number as u64 * 37) % 250)).await;
        let submitted = now();
        let submit = Submit { vcenter: vcenter.clone(), job: Job::TEST, detached };
        let operation = service.call(submit).await?;
        let ended = service.call(AwaitOperation { operation }).await?;
        ensure!(ended.error.is_none(), "{ended:?}");
        waits.push((ended.started_at.context("it began")?.0 as f64 - submitted).max(0.0));
    }
    waits.sort_by(f64::total_cmp);
    Ok(waits)
}

fn shown(table: &mut Table, name: &str, waits: Vec<f64>) {
    let (p50, p99) = (percentile(&waits, 0.5), percentile(&waits, 0.99));
    table.value(format!("{name}, p50 and p99 of {SUBMISSIONS}"), format!("{p50:.0} ms, {p99:.0} ms"));
}

/// What four processes take from a queue of work that ends as soon as it begins: none of the clusters is there.
async fn claims(folder: &Path, table: &mut Table) -> Result<()> {
    let (data, credentials) = (folder.join("data"), folder.join("credentials"));
    std::fs::create_dir_all(&credentials)?;
    let service = sync::open(&data, &credentials).await?;
    let peers: Vec<Peer> = (0..VCENTERS).map(|_| Peer::start(&["--model", "vpx", "--vms", "0"])).collect();
    let mut vcenters = Vec::new();
    for (number, peer) in peers.iter().enumerate() {
        let name = format!("vc-{number}");
        std::fs::write(credentials.join(&name), PASSWORD)?;
        let settings = Settings {
            name,
            address: peer.address(),
            login: Login::Own { user: "admin".into(), password: None, helper: None },
            trust: Some(Trust::Ca { pem: std::fs::read_to_string(peer.ca())? }),
            settings: VcenterSettings::default(),
        };
        vcenters.push(service.call(AddVcenter { settings }).await?.vcenter.id);
    }
    for number in 0..QUEUED {
        let job = Job::SyncHosts { clusters: vec![format!("c{number}")], accept_removals: false };
        let vcenter = vcenters[number % VCENTERS].clone();
        service.call(Submit { vcenter, job, detached: true }).await?;
    }
    let workers: Vec<Worker> =
        (0..PROCESSES).map(|_| Worker::start(&data, &credentials)).collect::<Result<_>>()?;
    let all = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let all = OperationHistory { filter: OperationFilter::default(), limit: 100_000 };
        let all = service.call(all).await?.operations;
        if all.iter().all(|operation| operation.state.is_final()) {
            break all;
        }
    };
    workers.into_iter().try_for_each(Worker::end)?;
    service.close().await;
    let syncs: Vec<&Operation> = all.iter().filter(|one| matches!(one.job, Job::SyncHosts { .. })).collect();
    ensure!(syncs.len() == QUEUED && syncs.iter().all(|one| one.progress.attempts == 1), "each runs once");
    let first = syncs.iter().filter_map(|one| one.started_at).min().context("one began")?;
    let last = syncs.iter().filter_map(|one| one.finished_at).max().context("one ended")?;
    let seconds = (last.0 - first.0).max(1) as f64 / 1000.0;
    table.value(
        format!("operations claimed and ended a second, {PROCESSES} processes, {VCENTERS} lanes"),
        format!("{:.0} ({QUEUED} in {seconds:.1} s)", QUEUED as f64 / seconds),
    );
    Ok(())
}

/// The clock that the database has its times of, in milliseconds.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}
