//! Reads of what the rounds synced, with the server gone: from the database, from the cache, and as sorted rows.
//! Refuses to measure a read that started a refresh.

use crate::rounds::Synced;
use crate::sync::{self, NAME};
use crate::table::{Table, percentile};
use anyhow::{Result, anyhow, ensure};
use contract::command::{ReadRows, RefreshIfOlder, ShowVcenter};
use contract::{Kind, RowQuery, Vcenter, columns};
use service::{Client, Query};
use std::time::{Duration, Instant};

const READS: usize = 100_000;
const QUERIES: usize = 200;

/// The 99th of a hundred reads takes no longer than this, in milliseconds.
const P99: f64 = 0.1;

/// Reads in each of the ways.
pub(crate) async fn run(synced: &Synced, table: &mut Table) -> Result<()> {
    table.section(format!("reads with the vCenter gone: {READS} cached ones, {QUERIES} queries"));
    let started = Instant::now();
    let service = sync::open(&synced.data, &synced.credentials).await?;
    let vcenter = service.call(ShowVcenter { vcenter: NAME.to_owned() }).await?;
    service.read(&vcenter.id).await?;
    table.value("opening, and the first read, from the database", format!("{:.0} ms", ms(started.elapsed())));

    for (name, within_ttl) in [("whatever there is", false), ("within TTL", true)] {
        let times = cached(&service, &vcenter, within_ttl).await?;
        let p99 = percentile(&times, 0.99);
        table.value(format!("cached read, {name}: p50"), format!("{:.5} ms", percentile(&times, 0.5)));
        let goal = format!("below {P99} ms");
        table.goal(format!("cached read, {name}: p99"), format!("{p99:.5} ms"), &goal, p99 < P99);
    }
    let (times, total) = queries(&service, &vcenter).await?;
    let name = format!("200 rows of {total} VMs by name, all columns");
    table.value(format!("{name}: p50"), format!("{:.2} ms", percentile(&times, 0.5)));
    table.value(format!("{name}: p99"), format!("{:.2} ms", percentile(&times, 0.99)));
    windows(&service, table).await?;
    service.close().await;
    Ok(())
}

/// Windows of rows as the page asks for them: the first search puts together what can be searched.
async fn windows(service: &Client, table: &mut Table) -> Result<()> {
    let page = || RowQuery {
        columns: columns::of(Kind::Vms).first().iter().map(|column| column.id.to_string()).collect(),
        limit: 200,
        ..RowQuery::count(Kind::Vms)
    };
    let text = |text: &str| RowQuery { text: text.to_owned(), ..page() };
    let wherever = |condition: &str| -> Result<RowQuery> {
        let condition = condition.parse().map_err(|error| anyhow!("{condition}: {error:?}"))?;
        Ok(RowQuery { conditions: vec![condition], ..page() })
    };
    let sort = |column: &str| RowQuery { sort: vec![column.to_owned()], ..page() };
    for (name, query) in [
        ("the first search, for \"0042\"", text("0042")),
        ("a search for \"0042\"", text("0042")),
        ("a search for \"e\", which is everywhere", text("e")),
        ("a search for nothing that is there", text("nowhere at all")),
        ("VMs in a subnet", wherever("ip_addresses in 10.1.0.0/20")?),
        ("VMs with snapshots over 7 days", wherever("snapshot_age>7d")?),
        ("sorted by host", sort("host")),
        ("sorted by memory", sort("-memory_bytes")),
        ("sorted by age of the oldest snapshot", sort("-snapshot_age_seconds")),
    ] {
        let started = Instant::now();
        let rows = service.call(ReadRows { query }).await?;
        table.value(
            format!("{name}: {} of {}", rows.matching, rows.total),
            format!("{:.1} ms", ms(started.elapsed())),
        );
    }
    Ok(())
}

/// Sorted times in milliseconds.
async fn cached(service: &Client, vcenter: &Vcenter, within_ttl: bool) -> Result<Vec<f64>> {
    let mut times = Vec::with_capacity(READS);
    for _ in 0..READS {
        let started = Instant::now();
        if within_ttl {
            let (vcenter, max_age_seconds) = (vcenter.id.clone(), vcenter.settings.ttl_seconds);
            let asked = RefreshIfOlder { vcenter, kind: Kind::Vms, max_age_seconds };
            let answer = service.call(asked).await?;
            ensure!(answer.refresh.is_none() && answer.failure.is_none(), "a cached read asked the server");
        }
        service.read(&vcenter.id).await?;
        times.push(ms(started.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// Sorted times in milliseconds, and how many rows there are.
async fn queries(service: &Client, vcenter: &Vcenter) -> Result<(Vec<f64>, usize)> {
    let query = Query { limit: Some(200), ..Query::of(Kind::Vms) };
    let vcenters = [vcenter.clone()];
    let (mut times, mut total) = (Vec::with_capacity(QUERIES), 0);
    for _ in 0..QUERIES {
        let started = Instant::now();
        let answer = service.query(&query, &vcenters).await?;
        times.push(ms(started.elapsed()));
        let rows = answer.rows().count();
        ensure!(rows == 200, "a query answered {rows} rows");
        total = answer.total;
    }
    times.sort_by(f64::total_cmp);
    Ok((times, total))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
