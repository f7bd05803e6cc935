//! Analytics: what collecting adds to a sync, what a day of it takes in the database, and how long an answer takes.
//! Refuses to guess a sync: it is run in the same process, and what is collected is what that one left.

use crate::sync;
use crate::table::{Table, median};
use crate::window;
use anyhow::{Context, Result};
use contract::analytics::{CallTimes, Measured, Sample, What, Window};
use contract::command::{AnalyzeCalls, AnalyzeCapacity, AnalyzeSyncs, OperationFilter, OperationHistory};
use contract::{Job, OperationId, OperationState, Origin, Progress, Role, Steps, Time, Trust, VcenterId};
use simulator::{Options, Simulator};
use std::path::Path;
use std::time::Instant;
use store::{Finish, Length, NewOperation, Store};

/// VMs of the vCenter that is synced: the smaller it is, the more does collecting weigh.
const VMS: u32 = 300;

/// Syncs that are timed.
const SYNCS: usize = 11;

/// Operations of a day: a full sync an hour, and a refresh every five minutes.
const REFRESHES: i64 = 288;
const FULL: i64 = 24;

const DAY: i64 = 86_400_000;

pub(crate) async fn run(folder: &Path, table: &mut Table) -> Result<()> {
    table.section(format!("Analytics of {VMS} VMs"));
    let data = folder.join("analytics");
    let server = Simulator::start(Options::new(VMS, 1)).await?;
    let service = sync::open_as(&data, None, false).await?;
    let trust = Trust::Pin { sha256: server.sha256().to_owned() };
    let login = (server.user(), server.password());
    let vcenter = window::add(&service, "Bench", &server.address().to_string(), login, trust).await?;
    for _ in 0..SYNCS {
        window::sync(&service, &vcenter).await?;
    }
    let history = OperationHistory { filter: OperationFilter::default(), limit: 100 };
    let ended = service.call(history).await?.operations;
    let took = ended.iter().filter_map(|one| Some((one.finished_at?.0 - one.started_at?.0) as f64));
    let sync_ms = median(took);
    let calls = median(ended.iter().map(|one| one.calls as f64));
    service.close().await;
    server.stop().await;
    let store = Store::open(&data).await?;
    let days = store.measured(Some(&vcenter), Length::Day, Time(0)).await?;
    let latency = days.first().context("a day")?.data.latency.clone();
    let sample = store.samples(Some(&vcenter), Length::Day, Time(0)).await?.pop().context("a sample")?.data;
    while store.measure().await? > 0 {}
    let cost = cost(&store, &vcenter, &latency, &sample, calls).await?;
    let share = cost / sync_ms * 100.0;
    table.value("a full sync, median", format!("{sync_ms:.0} ms, {calls:.0} calls"));
    table.goal("collecting, of a sync", format!("{cost:.2} ms, {share:.2} %"), "< 1 %", share < 1.0);
    a_day(&store, &vcenter, &latency, table).await?;
    store.close().await;
    answers(&data, table).await
}

/// Milliseconds that collecting adds to one sync: counting its calls, writing their times and the sample, and adding it up with
/// others.
async fn cost(
    store: &Store,
    vcenter: &VcenterId,
    latency: &CallTimes,
    sample: &Sample,
    calls: f64,
) -> Result<f64> {
    let began = Instant::now();
    let mut times = contract::Histogram::default();
    (0..calls as u64).for_each(|call| times.add(call * 37));
    std::hint::black_box(&times);
    let counted = began.elapsed().as_secs_f64();
    let began = Instant::now();
    for _ in 0..SYNCS {
        store.sample(vcenter, now(), sample).await?;
    }
    let sampled = began.elapsed().as_secs_f64() / SYNCS as f64;
    // The same end with and without its times, in turn, so that both meet the same disk.
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for number in 0..60 {
        let is_measured = number % 2 == 0;
        let times = if is_measured { latency.clone() } else { CallTimes::new() };
        let took = end(store, vcenter, &format!("cost-{number}"), Job::FULL_SYNC, now(), times).await?;
        if is_measured { &mut with } else { &mut without }.push(took);
    }
    let written = (median(with) - median(without)).max(0.0);
    let began = Instant::now();
    let mut added_up = 0;
    loop {
        match store.measure().await? {
            0 => break,
            more => added_up += more,
        }
    }
    let added = began.elapsed().as_secs_f64() / added_up.max(1) as f64;
    Ok((counted + sampled + written + added) * 1000.0)
}

/// Submits, claims and ends an operation; seconds that its end took.
async fn end(
    store: &Store,
    vcenter: &VcenterId,
    id: &str,
    job: Job,
    at: Time,
    latency: CallTimes,
) -> Result<f64> {
    let new = NewOperation {
        id: OperationId(id.to_owned()),
        vcenter_id: Some(vcenter.clone()),
        job,
        origin: Origin::Schedule,
        role: Role::Operator,
        awaited: false,
        at,
        parent: None,
    };
    let id = store.submit(new).await?.id;
    let claim = store.claim(&id, at).await?.context("a claim")?;
    let finish = Finish {
        state: OperationState::Succeeded,
        at,
        progress: Progress { attempts: 1, done: 500, ..Progress::default() },
        diff: Default::default(),
        calls: 60,
        bytes: 1 << 20,
        error: None,
        result: None,
        steps: Steps::default(),
        latency,
    };
    let began = Instant::now();
    store.finish(&claim, finish).await?;
    Ok(began.elapsed().as_secs_f64())
}

/// What a day of operations leaves, by the length of what it is added up to.
async fn a_day(store: &Store, vcenter: &VcenterId, latency: &CallTimes, table: &mut Table) -> Result<()> {
    let day = 10_000 * DAY;
    for number in 0..REFRESHES {
        let at = Time(day + number * DAY / REFRESHES);
        let job = Job::refresh(contract::Kind::Vms);
        end(store, vcenter, &format!("refresh-{number}"), job, at, latency.clone()).await?;
        if number % (REFRESHES / FULL) == 0 {
            let at = Time(at.0 + 1);
            end(store, vcenter, &format!("full-{number}"), Job::FULL_SYNC, at, latency.clone()).await?;
        }
    }
    while store.measure().await? > 0 {}
    for (length, name) in [
        (Length::Minute, "minute, kept 2 days"),
        (Length::Hour, "hour, kept 14 days"),
        (Length::Day, "day, kept 400 days"),
    ] {
        let measures = store.measured(Some(vcenter), length, Time(day)).await?;
        let of_day = measures.iter().filter(|one| one.at.0 < day + DAY);
        let bytes: usize = of_day.map(|one| size(&one.data)).sum();
        table.value(format!("bytes a day of a vCenter, by the {name}"), format!("{bytes} B"));
    }
    Ok(())
}

/// A row: its numbers as they are stored, and some eighty bytes of what they are of.
fn size(data: &Measured) -> usize {
    serde_json::to_string(data).map_or(0, |text| text.len() + 80)
}

async fn answers(data: &Path, table: &mut Table) -> Result<()> {
    let service = sync::open_as(data, None, false).await?;
    let scope = What { vcenter: None, window: Window::Quarter, kind: None };
    let mut all = Vec::new();
    for _ in 0..SYNCS {
        let began = Instant::now();
        service.call(AnalyzeSyncs { scope: scope.clone() }).await?;
        service.call(AnalyzeCalls { scope: scope.clone() }).await?;
        service.call(AnalyzeCapacity { scope: scope.clone() }).await?;
        all.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    table.value("all three analyses, 90 days", format!("{:.1} ms", median(all)));
    service.close().await;
    Ok(())
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
