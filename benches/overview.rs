//! The overview of an estate of 100,000 objects, with its servers gone: everything answers from the cache.
//! Refuses to measure an overview of less: how many objects there are is counted.

use crate::sync;
use crate::table::{Table, percentile};
use crate::window;
use anyhow::{Result, ensure};
use contract::Trust;
use contract::command::{AddWaiver, ListAttention, ListFindings, ListStatus, ShowOverview};
use contract::health::{FindingFilter, NewWaiver, Scope};
use simulator::{Options, Simulator};
use std::path::Path;
use std::time::Instant;

const VCENTERS: u64 = 4;

/// Of each.
const VMS: u32 = 24_000;

/// All of them at least.
const OBJECTS: u64 = 100_000;

/// How often it is asked for.
const TIMES: usize = 200;

/// How often all rules are judged.
const JUDGED: usize = 10;

/// It takes no longer than this, in milliseconds.
const MOST: f64 = 50.0;

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    let data = folder.join("overview");
    let service = sync::open_as(&data, None, false).await?;
    let mut last = None;
    for number in 1..=VCENTERS {
        let server = Simulator::start(Options::new(VMS, number)).await?;
        let trust = Trust::Pin { sha256: server.sha256().to_owned() };
        let login = (server.user(), server.password());
        let name = format!("vc-{number}");
        let vcenter = window::add(&service, &name, &server.address().to_string(), login, trust).await?;
        window::sync(&service, &vcenter).await?;
        if let Some((_, server)) = last.replace((vcenter, server)) {
            let server: Simulator = server;
            server.stop().await;
        }
    }
    let counted = service.call(ListStatus {}).await?;
    let objects: u64 = counted.iter().flat_map(|one| one.counts.values()).sum();
    ensure!(objects >= OBJECTS, "only {objects} objects");
    table.section(format!("The overview of {VCENTERS} vCenters with {objects} objects"));
    table.value("the first one, computed of all snapshots", format!("{:.1} ms", once(&service).await?));
    let Some((vcenter, server)) = last else { return Ok(()) };
    window::sync(&service, &vcenter).await?;
    table.value(
        "after a sync of one vCenter that changed nothing",
        format!("{:.1} ms", once(&service).await?),
    );
    server.stop().await;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        times.push(once(&service).await?);
    }
    times.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
    table.value("the overview from the cache: p50", format!("{p50:.2} ms"));
    table.goal(
        "the overview from the cache: p99",
        format!("{p99:.2} ms"),
        &format!("≤ {MOST} ms"),
        p99 <= MOST,
    );
    health(&service, table).await?;
    service.close().await;
    let service = sync::open_as(&data, None, false).await?;
    table.value("opened anew: the first one, from the database", format!("{:.0} ms", once(&service).await?));
    service.close().await;
    Ok(())
}

/// All health rules over all objects: judged anew each time because something was set, and from what was judged already.
async fn health(service: &service::Client, table: &mut Table) -> Result<()> {
    let (mut anew, mut known, mut found) = (Vec::new(), Vec::new(), 0);
    for _ in 0..JUDGED {
        let scope = Scope::Rows { conditions: vec!["name=nothing is called so".to_owned()] };
        let waiver =
            NewWaiver { rule: "vm-question".to_owned(), scope, reason: "a bench".to_owned(), until: None };
        service.call(AddWaiver { waiver }).await?;
        let filter = FindingFilter { limit: Some(0), ..FindingFilter::default() };
        let started = Instant::now();
        let findings = service.call(ListFindings { filter }).await?;
        anew.push(started.elapsed().as_secs_f64() * 1e3);
        found = findings.rules.iter().flat_map(|one| one.open.values()).sum();
        let started = Instant::now();
        service.call(ListAttention {}).await?;
        known.push(started.elapsed().as_secs_f64() * 1e3);
    }
    ensure!(found > 0, "no rule found anything");
    anew.sort_by(f64::total_cmp);
    known.sort_by(f64::total_cmp);
    table.value("findings of the health rules", found.to_string());
    let worst = percentile(&anew, 1.0);
    table.goal(
        "all health rules over all objects: the slowest",
        format!("{worst:.0} ms"),
        "≤ 500 ms",
        worst <= 500.0,
    );
    table.value("the attention list from what was judged: p50", format!("{:.1} ms", percentile(&known, 0.5)));
    Ok(())
}

/// Milliseconds of one.
async fn once(service: &service::Client) -> Result<f64> {
    let started = Instant::now();
    let overview = service.call(ShowOverview {}).await?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    ensure!(overview.totals.counts.vms > 0, "nothing was counted");
    Ok(took)
}
