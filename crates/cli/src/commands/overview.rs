//! `overview`: the estate at a glance.
//! Refuses to compute: what is shown here is what the service says.

use crate::exit::Exit;
use crate::output::{Fit, Output, ago, card, table, time};
use contract::command::{ListAttention, ShowOverview};
use contract::health::{Attention, rule};
use contract::{ApiError, Capacity, Census, OfVcenter, Overview, Time, words};
use serde::Serialize;
use service::Client;

pub(super) async fn run(service: &Client, output: &Output) -> Result<Exit, ApiError> {
    let overview = service.call(ShowOverview {}).await?;
    let attention = service.call(ListAttention {}).await?;
    if overview.vcenters.is_empty() {
        output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
    }
    let now = service.now();
    output.answer(&Shown { overview: &overview, attention: &attention }, || {
        if overview.vcenters.is_empty() { String::new() } else { text(&overview, &attention, now) }
    })?;
    for vcenter in overview.vcenters.iter().filter(|vcenter| vcenter.synced_at.is_none()) {
        output.say(&format!("{} was never fully synced: its numbers are not all there is.", vcenter.vcenter));
    }
    Ok(Exit::Done)
}

/// The overview, and what needs somebody.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    overview: &'a Overview,
    attention: &'a [Attention],
}

fn text(overview: &Overview, attention: &[Attention], now: Time) -> String {
    let parts = [
        totals(overview),
        needing(attention, now),
        capacity(overview, now),
        unavailable(overview),
        once(overview),
        changes(overview),
        next(overview),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn totals(overview: &Overview) -> String {
    let totals = &overview.totals;
    let Census {
        clusters,
        hosts,
        hosts_available,
        hosts_in_maintenance,
        hosts_not_connected,
        vms,
        vms_on,
        templates,
        agents,
        placeholders,
        datastores,
        datastores_inaccessible,
    } = totals.counts;
    let with = |number: i64, parts: &[(i64, &str)]| {
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> =
            parts.map(|(number, words)| format!("{} {words}", words::grouped(*number))).collect();
        match parts.is_empty() {
            true => words::grouped(number),
            false => format!("{} ({})", words::grouped(number), parts.join(", ")),
        }
    };
    let hosts_parts = [
        (hosts_available, "available"),
        (hosts_in_maintenance, "in maintenance"),
        (hosts_not_connected, "not connected"),
    ];
    card([
        ("vCenters", with(totals.vcenters, &[])),
        ("Datacenters", with(totals.datacenters, &[])),
        ("Clusters", with(clusters, &[])),
        ("Hosts", with(hosts, &hosts_parts)),
        ("VMs", with(vms, &[(vms_on, "powered on")])),
        ("Templates", with(templates, &[])),
        ("Agent VMs", with(agents, &[])),
        ("Placeholder VMs", with(placeholders, &[])),
        ("Datastores", with(datastores, &[(datastores_inaccessible, "not accessible")])),
    ])
}

/// What needs somebody, a line for each rule.
fn needing(attention: &[Attention], now: Time) -> String {
    let rows = attention.iter().map(|line| {
        let title = rule(&line.rule).map_or(line.rule.as_str(), |rule| rule.title);
        vec![
            title.to_owned(),
            words::level(line.level).to_owned(),
            words::by_level(&line.levels),
            line.name.clone().unwrap_or_default(),
            line.r#where.join(", "),
            line.since.map_or_else(|| "-".to_owned(), |since| ago(since, now)),
        ]
    });
    let fits = [Fit::Words, Fit::Whole, Fit::Number, Fit::Words, Fit::Words, Fit::Whole];
    match attention.is_empty() {
        true => String::new(),
        false => table(&["Attention", "Level", "Count", "Name", "vCenter", "Since"], &fits, rows),
    }
}

/// Each vCenter, its datacenters and clusters below it, and all of it at the end.
fn capacity(overview: &Overview, now: Time) -> String {
    let header = [
        "Capacity",
        "Data",
        "CPU",
        "Used",
        "After failover",
        "vCPU/core",
        "Memory",
        "Used",
        "After failover",
        "Storage",
        "Free",
        "vSAN, raw",
        "Free",
    ];
    let fits = [Fit::Words, Fit::Number];
    let fits: Vec<Fit> = fits.into_iter().chain([Fit::Number; 11]).collect();
    let mut rows = Vec::new();
    for vcenter in &overview.vcenters {
        rows.push(row(&named(vcenter), &words::age(vcenter.synced_at, now), &vcenter.capacity));
        for datacenter in &vcenter.datacenters {
            rows.push(row(&format!("  {}", datacenter.name), "", &datacenter.capacity));
            let clusters = datacenter.clusters.iter();
            rows.extend(clusters.map(|one| row(&format!("    {}", one.name), "", &one.capacity)));
        }
    }
    if overview.vcenters.len() > 1 {
        rows.push(row("All", "", &overview.capacity));
    }
    table(&header, &fits, rows)
}

fn named(vcenter: &OfVcenter) -> String {
    match &vcenter.counted_with {
        Some(with) => format!("{} (counted with {with})", vcenter.vcenter),
        None => vcenter.vcenter.clone(),
    }
}

fn row(name: &str, age: &str, capacity: &Capacity) -> Vec<String> {
    let Capacity { cpu, memory, storage, vsan, .. } = capacity;
    let dash = || "-".to_owned();
    let per_core = match cpu.cores {
        0 => dash(),
        cores => {
            let tenths = cpu.vcpus.saturating_mul(20).saturating_add(cores) / cores.saturating_mul(2);
            format!("{}.{}", tenths / 10, tenths % 10)
        }
    };
    vec![
        name.to_owned(),
        age.to_owned(),
        words::mhz(cpu.total_mhz),
        percent(cpu.used_mhz, cpu.total_mhz),
        cpu.after_failover_mhz.map_or_else(dash, words::mhz),
        per_core,
        words::bytes(memory.total_bytes),
        percent(memory.used_bytes, memory.total_bytes),
        memory.after_failover_bytes.map_or_else(dash, words::bytes),
        words::bytes(storage.capacity_bytes),
        percent(storage.free_bytes, storage.capacity_bytes),
        if vsan.capacity_bytes == 0 { dash() } else { words::bytes(vsan.capacity_bytes) },
        percent(vsan.free_bytes, vsan.capacity_bytes),
    ]
}

fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "-".to_owned();
    }
    format!("{} %", (i128::from(part) * 200 + i128::from(whole)) / (2 * i128::from(whole)))
}

fn unavailable(overview: &Overview) -> String {
    if overview.unavailable_hosts.is_empty() {
        return String::new();
    }
    let rows = overview.unavailable_hosts.iter().map(|host| {
        let cluster = host.cluster.clone().unwrap_or_else(|| "-".into());
        vec![host.name.clone(), host.state.clone(), cluster, host.vcenter.clone()]
    });
    let fits = [Fit::Words, Fit::Whole, Fit::Words, Fit::Words];
    let listed = table(&["Host not available", "State", "Cluster", "vCenter"], &fits, rows);
    let counts = &overview.totals.counts;
    let more = counts.hosts - counts.hosts_available - overview.unavailable_hosts.len() as i64;
    if more > 0 { format!("{listed}\nand {} more", words::grouped(more)) } else { listed }
}

/// What is counted once although it is seen more often.
fn once(overview: &Overview) -> String {
    let hosts = overview.hosts_counted_once.iter().map(|host| {
        let seen = format!("added directly as {}, managed by {}", host.vcenter, host.counted_with);
        vec![host.name.clone(), "host".to_owned(), seen]
    });
    let datastores = overview.merged_datastores.iter().map(|one| {
        let seen: Vec<String> =
            one.seen_as.iter().map(|seen| format!("{}/{}", seen.vcenter, seen.name)).collect();
        vec![one.what.clone(), "datastore".to_owned(), seen.join(", ")]
    });
    let rows: Vec<Vec<String>> = hosts.chain(datastores).collect();
    match rows.is_empty() {
        true => String::new(),
        false => table(&["Counted once", "Kind", "Seen as"], &[Fit::Words, Fit::Whole, Fit::Words], rows),
    }
}

fn changes(overview: &Overview) -> String {
    if overview.changes.is_empty() {
        return String::new();
    }
    let rows = overview.changes.iter().map(|one| {
        let number = |number: u64| number.to_string();
        let recorded = one.recorded;
        vec![one.vcenter.clone(), number(recorded.added), number(recorded.changed), number(recorded.removed)]
    });
    let fits = [Fit::Words, Fit::Number, Fit::Number, Fit::Number];
    table(&["Changed in 24 hours", "Added", "Changed", "Removed"], &fits, rows)
}

fn next(overview: &Overview) -> String {
    if overview.next_runs.is_empty() {
        return String::new();
    }
    let rows = overview
        .next_runs
        .iter()
        .map(|run| vec![time(Some(run.at)), run.schedule.clone(), run.about.clone(), run.reason.clone()]);
    table(
        &["Next run", "Schedule", "vCenters", "Why"],
        &[Fit::Whole, Fit::Words, Fit::Words, Fit::Words],
        rows,
    )
}
