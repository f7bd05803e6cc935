//! What a process has cost by its end, as the kernel counted it.
//! Refuses to count anything but the process that asks.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::process::Command;
use std::time::{Duration, Instant};

/// The unit of CPU times in `/proc`: USER_HZ, which is 100 on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// What a child process says of itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Seconds from the first line of the work to its last.
    pub(crate) wall: f64,
    /// Seconds of all its threads, in user and kernel mode.
    pub(crate) cpu: f64,
    /// The most memory it ever had, bytes. Source: VmHWM.
    pub(crate) peak: u64,
    /// Rows of the inventory that a sync wrote or deleted.
    pub(crate) rows_written: Option<u64>,
}

impl Cost {
    /// The cost of this process, whose work began at `started` and is over.
    pub(crate) fn of_this_process(started: Instant, rows_written: Option<u64>) -> Result<Cost> {
        let wall = started.elapsed().as_secs_f64();
        Ok(Cost { wall, cpu: times(11)?.as_secs_f64(), peak: peak()?, rows_written })
    }

    /// The cost of this process's children that have ended; their memory isn't told.
    pub(crate) fn of_children(started: Instant) -> Result<Cost> {
        let wall = started.elapsed().as_secs_f64();
        // cutime and cstime follow the own times.
        Ok(Cost { wall, cpu: times(13)?.as_secs_f64(), peak: 0, rows_written: None })
    }

    /// Runs this binary again with these arguments, and takes in what it reports.
    pub(crate) fn of_child(arguments: &[&OsStr]) -> Result<Cost> {
        let own = std::env::current_exe().context("the path of this binary")?;
        let output = Command::new(own).args(arguments).output().context("this binary once more")?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{arguments:?} failed: {}", said.trim());
        serde_json::from_slice(&output.stdout).context("the report of a child process")
    }
}

/// Says to the parent process what this one has cost.
pub(crate) fn report(cost: Result<Cost>) -> Result<()> {
    serde_json::to_writer(std::io::stdout(), &cost?).context("a report to the parent process")
}

/// The sum of two times in `/proc/self/stat`, of which so many fields after the name are left out.
fn times(skipped: usize) -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    // The program's name comes first, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    // utime, stime, cutime and cstime are the 14th to the 17th field, and the name was the second.
    let times: Vec<&str> = fields.split_whitespace().skip(skipped).take(2).collect();
    let ticks: u32 = times.iter().map(|ticks| ticks.parse::<u32>()).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM is not told")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("VmHWM is no number")?;
    Ok(kib * 1024)
}
