//! Every column of every object is what govc, an independent client, says of it, or what a recording has.
//! Refuses to look at chosen columns only: what is not compared stands in a table with its reason.

pub(crate) mod columns;
pub(crate) mod govc;
mod make;
mod missing;
pub(crate) mod recorded;
pub(crate) mod unusual;

use crate::support::{Musterctl, Peer};
use columns::{KINDS, Kind, Rows};
use govc::{Inventory, Source};
use make::instant;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What can't be compared: the kind, or `*` for each of them, the column, and why.
pub(crate) type Excepted = (&'static str, &'static str, &'static str);

/// What nobody can say but Muster.
pub(crate) const EXCEPTED: [Excepted; 1] =
    [("*", "synced_at", "says when Muster read the row, which no vCenter knows")];

/// What is computed of columns that are compared: no server says it, and `crates/contract/tests/computed.rs` does.
const COMPUTED: [(&str, &str); 7] = [
    (
        "datacenters",
        "cluster_count host_count vm_count cpu_percent memory_percent capacity_bytes free_percent",
    ),
    (
        "clusters",
        "hosts_available vm_count cpu_percent memory_percent failover_memory_percent vcpu_per_core \
         host_builds host_build_count",
    ),
    ("hosts", "state uptime_seconds cpu_percent memory_percent certificate_days_left"),
    (
        "vms",
        "uptime_seconds provisioned_bytes home_datastore home_datastore_moref snapshot_age_seconds is_agent \
         is_placeholder folder_matches_name",
    ),
    (
        "datastores",
        "free_percent provisioned_percent mounted clusters clusters_moref hosts_without_access is_local",
    ),
    ("folders", "vm_count datacenter datacenter_moref"),
    ("snapshots", "age_seconds cluster cluster_moref datastores datastores_moref is_backup"),
];

/// What govmomi's simulator says wrongly.
const BY_GOVC: [Excepted; 2] = [
    EXCEPTED[0],
    (
        "clusters",
        "memory_effective_bytes",
        "summary.effectiveMemory is in MB by the documentation, and in bytes in govmomi's simulator",
    ),
];

/// The name of every server here.
pub(crate) const VCENTER: &str = "Berlin";

#[test]
fn a_plain_vcenter_is_what_govc_says() {
    let peer = Peer::start(&["--model", "vpx"]);
    let rows = compare(&peer);
    let in_vapps: Vec<_> = rows["vms"].values().filter(|vm| !vm["vapp_moref"].is_null()).collect();
    assert_eq!(in_vapps.len(), 1, "a machine in a vApp was compared as well");
    assert_eq!(in_vapps[0]["folder"], "vm", "which says in which folder it is");
}

#[test]
fn an_esxi_host_is_what_govc_says() {
    let peer = Peer::start(&["--model", "esx"]);
    let rows = compare(&peer);
    assert_eq!((rows["hosts"].len(), rows["clusters"].len()), (1, 0));
    assert!(rows["hosts"].values().all(|host| host["cluster"].is_null()));
}

#[test]
fn several_datacenters_with_folders_pools_vapps_and_pods_are_what_govc_says_whatever_a_page_holds() {
    let structure =
        ["--datacenters", "3", "--clusters", "2", "--folders", "1", "--pools", "2", "--apps", "1"];
    let storage = ["--datastores", "3", "--pods", "1", "--portgroups", "2", "--opaque", "1"];
    let peer = Peer::start(&[&structure[..], &storage].concat());
    peer.govc(&["pool.create", "-json", "-dc", "DC1", "DC1_C1/Resources/DC1_C1_RP1/nested"]);
    let rows = compare(&peer);
    assert!(rows["datacenters"].values().any(|datacenter| datacenter["path"] == "F0/DC2"), "{rows:?}");

    // From the second page on this server sends unset properties in another way.
    peer.get("/paging?max=3");
    assert_eq!(compare(&peer), rows);
}

#[test]
fn names_with_slashes_unicode_quotes_and_markup_are_what_govc_says() {
    // So many of each kind that one of it gets each odd name.
    let structure =
        ["--datacenters", "3", "--clusters", "3", "--folders", "2", "--pools", "1", "--apps", "1"];
    let rest = ["--datastores", "3", "--pods", "3", "--opaque", "3", "--vms", "1", "--odd-names"];
    let peer = Peer::start(&[&structure[..], &rest].concat());
    let rows = compare(&peer);
    for kind in ["clusters", "hosts", "vms", "datastores", "networks", "resource-pools", "folders"] {
        let names: Vec<&str> = rows[kind].values().filter_map(|row| row["name"].as_str()).collect();
        for odd in ["a/b\\c", "100% %2f", "東京", "<b>&amp;\"quoted\"", "a+b c+d", "\u{202e}"] {
            assert!(names.iter().any(|name| name.contains(odd)), "no {odd} among {kind}: {names:?}");
        }
    }
    let paths: Vec<&str> = rows["folders"].values().filter_map(|row| row["path"].as_str()).collect();
    assert!(paths.iter().any(|path| path.contains("a%2fb\\c 100% %2f done/")), "{paths:?}");
}

#[test]
fn values_that_a_simulator_never_has_by_itself_are_what_govc_says_and_no_column_is_empty_everywhere() {
    let peer = Peer::start(&["--model", "vpx", "--pods", "1", "--clusters", "2", "--datastores", "4"]);
    unusual::give(&peer);
    let rows = compare(&peer);
    for kind in &KINDS {
        let is_known = |value: &Value| !value.is_null() && *value != json!([]) && *value != json!(0);
        let is_shown = |column: &str| rows[kind.name].values().any(|row| is_known(&row[column]));
        let empty: Vec<&str> = kind.compared().filter(|column| !is_shown(column)).collect();
        assert!(empty.is_empty(), "{}: nothing was compared in {empty:?}", kind.name);
    }
}

#[test]
fn a_single_value_that_differs_is_found() {
    let peer = Peer::vcenter();
    let muster = synced(&peer);
    let vm = unusual::moref(&peer, "VirtualMachine", 0);
    peer.post("/update", json!({"moref": vm, "set": {"config.annotation": "news"}}));
    let Compared { differences, .. } = differences(&muster, &said(Source::Govc(&peer)), &BY_GOVC);
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(differences[0].contains(&format!("vms {vm} annotation: ")), "{differences:?}");
    assert!(differences[0].ends_with("the server \"news\""), "{differences:?}");
}

#[test]
fn every_column_of_the_registry_is_compared_or_excepted() {
    let muster = Musterctl::new();
    for kind in &KINDS {
        let registry = muster.ok(&["columns", kind.name]);
        let registry = registry.as_array().expect("columns").iter();
        let registry: BTreeSet<&str> = registry.map(|column| column["id"].as_str().expect("an id")).collect();
        let compared: BTreeSet<&str> = kind.compared().collect();
        let excepted: BTreeSet<&str> = excepted(kind, &EXCEPTED).chain(computed(kind)).collect();
        assert!(compared.is_disjoint(&excepted), "{}: {compared:?} and {excepted:?}", kind.name);
        let known: BTreeSet<&str> = compared.union(&excepted).copied().collect();
        let forgotten: Vec<&&str> = registry.difference(&known).collect();
        let gone: Vec<&&str> = known.difference(&registry).collect();
        assert!(
            forgotten.is_empty() && gone.is_empty(),
            "{}: neither compared nor excepted: {forgotten:?}; no columns any more: {gone:?}",
            kind.name
        );
    }
}

/// Syncs a new Muster and compares everything; answers with what govc says.
fn compare(peer: &Peer) -> BTreeMap<&'static str, Rows> {
    let muster = synced(peer);
    let said = said(Source::Govc(peer));
    let Compared { differences, .. } = differences(&muster, &said, &BY_GOVC);
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    said
}

fn synced(peer: &Peer) -> Musterctl {
    let muster = Musterctl::with(peer, VCENTER);
    muster.ok(&["sync", "full", VCENTER]);
    muster
}

/// What every row must be.
pub(crate) fn said(source: Source<'_>) -> BTreeMap<&'static str, Rows> {
    let inventory = Inventory::of(source);
    KINDS.iter().map(|kind| (kind.name, kind.rows(&inventory, VCENTER))).collect()
}

/// What came of a comparison.
#[derive(Default)]
pub(crate) struct Compared {
    /// Rows that were looked at.
    pub(crate) rows: usize,
    /// Values of them, the reasons for what is missing among them.
    pub(crate) pairs: usize,
    /// Everything that Muster says and the server doesn't, and the other way round.
    pub(crate) differences: Vec<String>,
}

/// Compares everything.
pub(crate) fn differences(
    muster: &Musterctl,
    said: &BTreeMap<&'static str, Rows>,
    excepted: &[Excepted],
) -> Compared {
    let mut compared = Compared::default();
    for kind in &KINDS {
        differ(kind, &shown(muster, kind), &said[kind.name], excepted, &mut compared);
    }
    let counts = said.iter().map(|(kind, rows)| (kind.replace('-', "_"), json!(rows.len())));
    let (counts, status) = (counts.collect::<Value>(), &muster.ok(&["status"])[0]["counts"]);
    if *status != counts {
        compared.differences.push(format!("status: Muster counts {status}, the server {counts}"));
    }
    compared
}

/// The rows that Muster shows.
fn shown(muster: &Musterctl, kind: &Kind) -> Rows {
    let rows = muster.ok(&["inventory", kind.name]);
    let rows = rows.as_array().expect("rows").iter().map(|row| {
        let row = row.as_object().expect("a row").clone();
        (row["moref"].as_str().expect("a moref").to_owned(), row.into_iter().collect())
    });
    rows.collect()
}

fn differ(kind: &Kind, shown: &Rows, said: &Rows, exceptions: &[Excepted], compared: &mut Compared) {
    let differences = &mut compared.differences;
    for moref in said.keys().filter(|moref| !shown.contains_key(*moref)) {
        differences.push(format!("{} {moref}: only the server has it", kind.name));
    }
    let excepted: BTreeSet<&str> = excepted(kind, exceptions).chain(computed(kind)).collect();
    for (moref, row) in shown {
        let mut row = row.clone();
        if let Some(Value::Object(missing)) = row.get_mut("missing") {
            missing.retain(|column, _| !excepted.contains(&**column));
        }
        let Some(expected) = said.get(moref) else {
            differences.push(format!("{} {moref}: only Muster has it", kind.name));
            continue;
        };
        compared.rows += 1;
        for column in row.keys().filter(|column| !excepted.contains(&***column)) {
            let (value, expected) = (&row[column], expected.get(column));
            compared.pairs += 1;
            if !expected.is_some_and(|expected| same_value(value, expected)) {
                let expected = expected.unwrap_or(&Value::Null);
                let place = format!("{} {moref} {column}", kind.name);
                differences.push(format!("{place}: Muster says {value}, the server {expected}"));
            }
        }
        for column in expected.keys().filter(|column| !row.contains_key(*column)) {
            differences.push(format!("{} {moref} {column}: not in Muster's row", kind.name));
        }
    }
}

/// Times are the same if they are the same instant, to the millisecond; Muster's must be in UTC.
fn same_value(shown: &Value, said: &Value) -> bool {
    match (instant(shown), instant(said)) {
        (Some(one), Some(other)) => one == other && shown.as_str().is_some_and(|time| time.ends_with('Z')),
        _ => shown == said,
    }
}

fn computed(kind: &Kind) -> impl Iterator<Item = &'static str> {
    let here = COMPUTED.iter().filter(|(of, _)| *of == kind.name);
    here.flat_map(|(_, columns)| columns.split_whitespace())
}

fn excepted(kind: &Kind, exceptions: &[Excepted]) -> impl Iterator<Item = &'static str> {
    let here = exceptions.iter().filter(|(of, _, _)| ["*", kind.name].contains(of));
    here.map(|(_, column, _)| *column)
}
