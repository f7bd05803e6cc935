//! Rounds of bare transfer, govc, first sync and second sync, each in processes of its own, taking turns.
//! Refuses to compare a sync with a transfer that got other answers.

use crate::cost::Cost;
use crate::peer::Peer;
use crate::sync;
use crate::table::{Table, median};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The machine is noisy, so one round says nothing; each takes about a quarter of a minute.
const ROUNDS: usize = 5;

/// With the small model that the test vCenter starts from these make 514 hosts and 9,000 VMs.
const SIZE: [&str; 4] = ["--extra-hosts", "510", "--extra-vms", "8996"];

/// What share of the bare transfer's time a sync may take: its calls overlap.
const OF_BARE: f64 = 1.0;

/// What share of govc's time and CPU a sync may take.
const OF_GOVC: (f64, f64) = (0.5, 0.3);

/// Megabytes that a sync may have at once.
const PEAK: f64 = 120.0;

/// What the rounds leave behind for others to read.
pub(crate) struct Synced {
    /// The data folder of the last round.
    pub(crate) data: PathBuf,
    /// The credentials folder.
    pub(crate) credentials: PathBuf,
}

/// One run of a child process, and what the server saw of it.
struct Run {
    cost: Cost,
    calls: Value,
    bytes: u64,
}

#[derive(Default)]
struct Runs {
    bare: Vec<Run>,
    govc: Vec<Run>,
    first: Vec<Run>,
    second: Vec<Run>,
}

/// Runs them all.
pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<Synced> {
    let peer = Peer::start(&SIZE);
    let credentials = folder.join("credentials");
    let mut runs = Runs::default();
    let mut data = PathBuf::new();
    // The server's first answers are its slowest, and count for nobody.
    bare(&peer)?;
    for round in 0..ROUNDS {
        data = folder.join(round.to_string());
        sync::prepare(&peer, &data, &credentials).await?;
        // Whoever comes second in a round might find the server in a better mood.
        if round % 2 == 0 {
            runs.bare.push(bare(&peer)?);
            runs.govc.push(govc(&peer)?);
            runs.first.push(synced(&peer, &data, &credentials)?);
        } else {
            runs.first.push(synced(&peer, &data, &credentials)?);
            runs.govc.push(govc(&peer)?);
            runs.bare.push(bare(&peer)?);
        }
        runs.second.push(synced(&peer, &data, &credentials)?);
    }
    runs.are_comparable()?;
    table.section(format!(
        "{} hosts and {} VMs, govmomi's simulator on this machine; medians of {ROUNDS} rounds (lowest to highest)",
        count(&peer, "HostSystem")?,
        count(&peer, "VirtualMachine")?
    ));
    runs.show(table)?;
    Ok(Synced { data, credentials })
}

fn bare(peer: &Peer) -> Result<Run> {
    seen(peer, &["bare".as_ref(), peer.address().as_ref(), peer.ca().as_ref()])
}

fn govc(peer: &Peer) -> Result<Run> {
    seen(peer, &["govc".as_ref(), peer.address().as_ref(), peer.ca().as_ref()])
}

fn synced(peer: &Peer, data: &Path, credentials: &Path) -> Result<Run> {
    seen(peer, &["sync".as_ref(), data.as_ref(), credentials.as_ref()])
}

fn seen(peer: &Peer, arguments: &[&OsStr]) -> Result<Run> {
    peer.post("/counts/reset", json!({}));
    let cost = Cost::of_child(arguments)?;
    let counts = peer.get("/counts");
    let bytes = counts["bytes_out"].as_u64().context("the test vCenter counts no bytes")?;
    Ok(Run { cost, calls: counts["calls"].clone(), bytes })
}

fn count(peer: &Peer, object_type: &str) -> Result<u64> {
    let objects = peer.get(&format!("/objects?type={object_type}"));
    objects["count"].as_u64().context("the test vCenter counts no objects")
}

impl Run {
    fn all_calls(&self) -> u64 {
        self.calls.as_object().into_iter().flat_map(|calls| calls.values()).filter_map(Value::as_u64).sum()
    }
}

impl Runs {
    fn are_comparable(&self) -> Result<()> {
        let bare = self.bare.first().context("no round")?;
        for run in self.bare.iter().chain(&self.first).chain(&self.second) {
            // A small call more is part of what a sync costs, but the inventory must be the same.
            let (bytes, other) = (run.bytes, bare.bytes);
            ensure!(
                bytes.abs_diff(other) < other / 50,
                "bare.rs no longer asks as a sync does: {other} bytes with {} and {bytes} bytes with {}",
                bare.calls,
                run.calls
            );
        }
        Ok(())
    }

    fn show(&self, table: &mut Table) -> Result<()> {
        costs(table, "bare transfer", &self.bare);
        costs(table, "govc, kind by kind", &self.govc);
        costs(table, "first sync", &self.first);
        costs(table, "second sync, nothing changed", &self.second);
        for (name, runs) in [("bare transfer", &self.bare), ("govc", &self.govc), ("first sync", &self.first)]
        {
            let run = runs.first().context("no round")?;
            let (calls, megabytes) = (run.all_calls(), megabytes(run.bytes));
            table.value(format!("{name}: calls, bytes"), format!("{calls}, {megabytes} MB"));
        }

        let share = |ours: &[Run], theirs: &[Run], of: fn(&Cost) -> f64| {
            median(ours.iter().map(|run| of(&run.cost))) / median(theirs.iter().map(|run| of(&run.cost)))
        };
        let mut at_most = |name: String, share: f64, most: f64| {
            table.goal(name, format!("{share:.2}"), &format!("at most {most}"), share <= most);
        };
        for (name, runs) in [("first sync", &self.first), ("second sync", &self.second)] {
            at_most(format!("{name} / bare transfer, wall"), share(runs, &self.bare, |c| c.wall), OF_BARE);
            at_most(format!("{name} / govc, wall"), share(runs, &self.govc, |c| c.wall), OF_GOVC.0);
            at_most(format!("{name} / govc, CPU"), share(runs, &self.govc, |c| c.cpu), OF_GOVC.1);
            let peak = runs.iter().map(|run| megabytes(run.cost.peak)).fold(0.0, f64::max);
            at_most(format!("{name}: peak memory, MB"), peak, PEAK);
        }
        table.value("inventory rows written, first sync", rows(&self.first)?);
        let again = rows(&self.second)?;
        table.goal("inventory rows written, second sync", again, "0", again == 0);
        Ok(())
    }
}

fn costs(table: &mut Table, name: &str, runs: &[Run]) {
    let seconds = |of: fn(&Cost) -> f64| spread(runs.iter().map(|run| of(&run.cost)), 2, "s");
    table.value(format!("{name}: wall"), seconds(|cost| cost.wall));
    table.value(format!("{name}: CPU"), seconds(|cost| cost.cpu));
    let peaks = runs.iter().map(|run| megabytes(run.cost.peak)).filter(|peak| *peak > 0.0);
    if peaks.clone().count() > 0 {
        table.value(format!("{name}: peak memory"), spread(peaks, 0, "MB"));
    }
}

/// The most that any of them wrote.
fn rows(runs: &[Run]) -> Result<u64> {
    runs.iter().filter_map(|run| run.cost.rows_written).max().context("no sync said what it wrote")
}

fn spread(values: impl Iterator<Item = f64>, digits: usize, unit: &str) -> String {
    let values: Vec<f64> = values.collect();
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(0.0, f64::max);
    format!("{:.digits$} {unit} ({lowest:.digits$} to {highest:.digits$})", median(values))
}

fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1e5).round() / 10.0
}
