//! How fast the parser reads a page of VMs that the test vCenter once sent, made as long as a real page.
//! Refuses the network: the page comes from memory, in pieces as large as TLS delivers them.

use crate::table::{Table, median};
use anyhow::{Context, Result, ensure};
use std::time::Instant;
use vsphere::parser::{Limits, parse_page_in_chunks};

const RECORDED: &str = include_str!("../crates/vsphere/tests/recorded/page_VirtualMachine.xml");

/// Bytes of a TLS record at most.
const CHUNK: usize = 16 << 10;

/// About as much as 500 VMs.
const LENGTH: usize = 4 << 20;

const RUNS: usize = 21;

/// Parses it again and again.
pub(crate) fn run(table: &mut Table) -> Result<()> {
    let page = page()?;
    let mut speeds = Vec::with_capacity(RUNS);
    let mut objects = 0;
    for _ in 0..RUNS {
        let started = Instant::now();
        let parsed = parse_page_in_chunks(page.as_bytes(), CHUNK, Limits::default())?;
        objects = parsed.objects.len();
        // To let go of what was parsed is part of it.
        drop(parsed);
        speeds.push(page.len() as f64 / 1e6 / started.elapsed().as_secs_f64());
    }
    ensure!(objects > 0, "the recorded page holds no objects");
    table.section(format!(
        "parser: a recorded page of VMs, repeated to {objects} objects; median of {RUNS} runs"
    ));
    let fastest = speeds.iter().copied().fold(0.0, f64::max);
    table.value("parser", format!("{:.0} MB/s (fastest {fastest:.0})", median(speeds)));
    Ok(())
}

/// The recorded page with its objects repeated.
fn page() -> Result<String> {
    let start = RECORDED.find("<objects>").context("the recorded page has no objects")?;
    let end = RECORDED.rfind("</objects>").context("the recorded page has no objects")? + "</objects>".len();
    let objects = &RECORDED[start..end];
    let times = LENGTH.div_ceil(objects.len());
    Ok([&RECORDED[..start], &objects.repeat(times), &RECORDED[end..]].concat())
}
