//! `analytics …`: how syncs went, what calls and the cache did, where capacity leads, how many findings were open.
//! Refuses to compute anything: the service does, out of what was measured.

use crate::args::{Analytics as Command, AnalyticsAsked};
use crate::exit::Exit;
use crate::output::{Fit, Output, card, table, time};
use contract::analytics::{
    CallAnalytics, CallPoint, CapacityAnalytics, CapacityPoint, DatastoreTrend, FindingAnalytics,
    FindingPoint, FindingTotals, Percentiles, Saved, Span, SyncAnalytics, SyncPoint, SyncTotals, Trend, What,
};
use contract::command::{AnalyzeCalls, AnalyzeCapacity, AnalyzeFindings, AnalyzeSyncs, ShowVcenter};
use contract::{ApiError, OperationKind, words};
use service::Client;

/// Datastores of a table for people; JSON has all.
const MOST: usize = 20;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::Syncs { asked, kind } => {
            let scope = scope(service, asked, kind).await?;
            let found = service.call(AnalyzeSyncs { scope }).await?;
            output.answer(&found, || syncs(&found))?;
        }
        Command::Calls { asked } => {
            let scope = scope(service, asked, None).await?;
            let found = service.call(AnalyzeCalls { scope }).await?;
            output.answer(&found, || calls(&found))?;
        }
        Command::Capacity { asked } => {
            let scope = scope(service, asked, None).await?;
            let found = service.call(AnalyzeCapacity { scope }).await?;
            output.answer(&found, || capacity(&found))?;
        }
        Command::Findings { asked } => {
            let scope = scope(service, asked, None).await?;
            let found = service.call(AnalyzeFindings { scope }).await?;
            output.answer(&found, || findings(&found))?;
        }
    }
    Ok(Exit::Done)
}

async fn scope(
    service: &Client,
    asked: AnalyticsAsked,
    kind: Option<OperationKind>,
) -> Result<What, ApiError> {
    let vcenter = match asked.vcenter {
        Some(vcenter) => Some(service.call(ShowVcenter { vcenter }).await?.id),
        None => None,
    };
    Ok(What { vcenter, window: asked.window, kind })
}

fn syncs(found: &SyncAnalytics) -> String {
    let total = |one: &SyncTotals| {
        let name = one.vcenter.clone().unwrap_or_else(|| "All".to_owned());
        let Percentiles { p50, p95 } = one.took;
        let changes = format!("{} / {} / {}", one.added, one.changed, one.removed);
        let causes: Vec<String> = one.causes.iter().map(|(code, count)| format!("{count} {code}")).collect();
        let counts =
            [one.succeeded, one.partial, one.failed, one.stopped, one.retries].map(|n| n.to_string());
        let mut cells = vec![name];
        cells.extend(counts);
        cells.extend([ms(p50), ms(p95), rounded(one.objects_per_second), changes, causes.join(", ")]);
        cells
    };
    let header = [
        "vCenter",
        "OK",
        "Partial",
        "Failed",
        "Stopped",
        "Retries",
        "p50",
        "p95",
        "Objects/s",
        "+ / ~ / -",
        "Causes",
    ];
    let fits = [[Fit::Words; 1].as_slice(), &[Fit::Number; 9]].concat();
    let totals = found.vcenters.iter().chain([&found.summary]).map(total);
    let rows = found.series.iter().filter(|one| one.succeeded + one.partial + one.failed > 0).map(
        |one: &SyncPoint| {
            vec![
                time(Some(one.at)),
                one.succeeded.to_string(),
                one.partial.to_string(),
                one.failed.to_string(),
                one.retries.to_string(),
                ms(one.p50_ms),
                ms(one.p95_ms),
                rounded(one.objects_per_second),
                format!("{} / {} / {}", one.added, one.changed, one.removed),
            ]
        },
    );
    let steps = table(
        &["From", "OK", "Partial", "Failed", "Retries", "p50", "p95", "Objects/s", "+ / ~ / -"],
        &[[Fit::Whole; 1].as_slice(), &[Fit::Number; 8]].concat(),
        rows,
    );
    joined(&found.span, [table(&header, &fits, totals), steps])
}

fn calls(found: &CallAnalytics) -> String {
    let Saved { reads, calls, bytes, ms: saved_ms, unpriced } = found.summary.saved;
    let sum = &found.summary;
    let mut lines = vec![
        ("Calls", sum.calls.to_string()),
        ("Received", size(sum.bytes)),
        ("First byte after, p50 / p95", format!("{} / {}", ms(sum.latency.p50), ms(sum.latency.p95))),
        ("Reads from the cache", sum.hits.to_string()),
        ("Reads that shared a refresh", sum.shared.to_string()),
        ("Reads with a refresh of their own", sum.misses.to_string()),
        (
            "Saved by the first two",
            format!(
                "{calls:.0} calls, {}, {} of waiting",
                size(bytes as u64),
                words::exactly(saved_ms as u64)
            ),
        ),
    ];
    if unpriced > 0 {
        let words = format!("{unpriced} of {reads} reads: their kind was never refreshed by itself");
        lines.push(("Not in that", words));
    }
    let methods = found
        .methods
        .iter()
        .map(|one| vec![one.method.clone(), one.answers.to_string(), ms(one.p50_ms), ms(one.p95_ms)]);
    let methods = table(
        &["Method", "Answers", "p50", "p95"],
        &[Fit::Words, Fit::Number, Fit::Number, Fit::Number],
        methods,
    );
    let rows = found.series.iter().filter(|one| one.calls + one.hits + one.shared + one.misses > 0);
    let rows = rows.map(|one: &CallPoint| {
        let mut cells = vec![time(Some(one.at)), one.calls.to_string(), size(one.bytes)];
        cells.extend([ms(one.p50_ms), ms(one.p95_ms)]);
        cells.extend([one.hits, one.shared, one.misses].map(|n| n.to_string()));
        cells.push(format!("{:.0}", one.saved_calls));
        cells
    });
    let steps = table(
        &["From", "Calls", "Received", "p50", "p95", "Hits", "Shared", "Misses", "Saved calls"],
        &[[Fit::Whole; 1].as_slice(), &[Fit::Number; 8]].concat(),
        rows,
    );
    joined(&found.span, [card(lines), methods, steps])
}

fn capacity(found: &CapacityAnalytics) -> String {
    let sum = &found.summary;
    let size = |bytes: Option<u64>| bytes.map_or_else(nothing, self::size);
    let count = |count: Option<u64>| count.map_or_else(nothing, |count| count.to_string());
    let used = format!("{} of {}", size(sum.used_bytes), size(sum.capacity_bytes));
    let percent = |percent: Option<f64>| percent.map_or_else(nothing, |percent| format!("{percent:.1} %"));
    let lines = vec![
        ("Used", used),
        ("Used per datastore, p50 / p95", format!("{} / {}", percent(sum.used.p50), percent(sum.used.p95))),
        ("VMs", count(sum.vms)),
        ("VMs a day", sum.vm_trend.map_or_else(nothing, |trend| range(trend, |n| format!("{n:+.1}")))),
        ("Hosts", count(sum.hosts)),
    ];
    let datastores = found.datastores.iter().take(MOST).map(datastore);
    let datastores = table(
        &["Datastore", "vCenter", "Used", "Capacity", "A day (95 % range)", "Full"],
        &[Fit::Words, Fit::Words, Fit::Number, Fit::Number, Fit::Number, Fit::Words],
        datastores,
    );
    let rows = found.series.iter().filter(|one| one.used_bytes.is_some() || one.vms.is_some());
    let rows = rows.map(|one: &CapacityPoint| {
        vec![
            time(Some(one.at)),
            size(one.used_bytes),
            size(one.capacity_bytes),
            count(one.vms),
            count(one.hosts),
        ]
    });
    let steps = table(
        &["From", "Used", "Capacity", "VMs", "Hosts"],
        &[[Fit::Whole; 1].as_slice(), &[Fit::Number; 4]].concat(),
        rows,
    );
    joined(&found.span, [card(lines), datastores, steps])
}

fn findings(found: &FindingAnalytics) -> String {
    let count = |count: Option<u64>| count.map_or_else(nothing, |count| count.to_string());
    let total = |one: &FindingTotals| {
        let name = one.vcenter.clone().unwrap_or_else(|| "All".to_owned());
        let counts = [one.critical, one.warning, one.information].map(count);
        let mut cells = vec![name];
        cells.extend(counts);
        cells.extend([rounded(one.open.p50), rounded(one.open.p95)]);
        cells
    };
    let totals = table(
        &["vCenter", "Critical", "Warning", "Information", "p50", "p95"],
        &[[Fit::Words; 1].as_slice(), &[Fit::Number; 5]].concat(),
        found.vcenters.iter().chain([&found.summary]).map(total),
    );
    let rows = found.series.iter().filter(|one| one.critical.is_some()).map(|one: &FindingPoint| {
        let counts = [one.critical, one.warning, one.information].map(count);
        [time(Some(one.at))].into_iter().chain(counts).collect()
    });
    let steps = table(
        &["From", "Critical", "Warning", "Information"],
        &[[Fit::Whole; 1].as_slice(), &[Fit::Number; 3]].concat(),
        rows,
    );
    joined(&found.span, [totals, steps])
}

fn datastore(one: &DatastoreTrend) -> Vec<String> {
    let size = |bytes: f64| {
        let sign = if bytes < 0.0 { "-" } else { "+" };
        format!("{sign}{}", self::size(bytes.abs() as u64))
    };
    vec![
        one.name.clone(),
        one.vcenter.clone(),
        format!("{:.1} %", one.used_percent),
        self::size(one.capacity_bytes),
        one.trend.map_or_else(nothing, |trend| range(trend, size)),
        words::full(one),
    ]
}

fn range(trend: Trend, shown: impl Fn(f64) -> String) -> String {
    format!("{} ({} to {})", shown(trend.per_day), shown(trend.low), shown(trend.high))
}

fn size(bytes: u64) -> String {
    words::bytes(i64::try_from(bytes).unwrap_or(i64::MAX))
}

fn nothing() -> String {
    "-".to_owned()
}

fn ms(ms: Option<f64>) -> String {
    ms.map_or_else(nothing, |ms| if ms < 10.0 { format!("{ms:.1} ms") } else { words::exactly(ms as u64) })
}

fn rounded(number: Option<f64>) -> String {
    number.map_or_else(nothing, |number| format!("{number:.0}"))
}

fn joined<const N: usize>(span: &Span, parts: [String; N]) -> String {
    let head = match span.known_since {
        Some(since) => format!("Last {}; measured since {since}", span.window.words()),
        None => format!("Last {}; nothing was measured yet", span.window.words()),
    };
    let mut all = vec![head];
    all.extend(parts);
    all.join("\n\n")
}
