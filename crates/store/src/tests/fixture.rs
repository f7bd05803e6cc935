//! Writes what this release writes into each of its tables, with work in the middle of it, as SQL: the migrations to come
//! are tested on it. Run before a migration is added:
//! `cargo test -p store the_fixture_of_this_schema_is_written -- --ignored`
//! Refuses to be changed by hand: what stands there is what a release really wrote.

use super::*;
use crate::audit::Act;
use crate::health::{FindingKey, FoundNow};
use crate::migrate::{MIGRATIONS, newest};
use crate::servers::{Bmc, ProfileWas, Said, Saved};
use contract::PolicyId;
use contract::analytics::Sample;
use contract::discovery::{Scan, Vendor};
use contract::health::{Level, Limits, Scope, Waiver};
use planner::Slot;
use sqlx::AssertSqlSafe;
use std::fmt::Write;
use std::path::PathBuf;

/// Where the rows of a schema are.
pub(super) fn path(schema: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/tests/fixtures/schema-{schema}.sql"))
}

#[tokio::test]
#[ignore = "writes a file of this repository: run it before a migration is added"]
async fn the_fixture_of_this_schema_is_written() {
    let (dir, store) = opened().await;
    configuration(&store).await;
    let berlin = VcenterId("vcenter-Berlin".to_owned());
    history(dir.path(), &store, &berlin).await;
    live(dir.path(), &store, &berlin).await;
    let sql = dump(dir.path()).await;
    std::fs::write(path(newest(&MIGRATIONS)), sql).unwrap();
    store.close().await;
}

async fn configuration(store: &Store) {
    let identity = Identity {
        instance_uuid: Some("5f2b81e0-0c7a-4c1d-8a7e-6f0d2a1b3c4d".to_owned()),
        product: "VMware vCenter Server".to_owned(),
        version: "8.0.3".to_owned(),
        build: "24022515".to_owned(),
        host_macs: None,
    };
    let berlin = NewVcenter { identity: Some(identity), ..vcenter("Berlin") };
    store.add_vcenter(berlin).await.unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned();
    let south =
        NewVcenter { trust: Trust::Ca { pem }, settings: settings(&[], 300), ..vcenter("Zürich \"Süd\"") };
    store.add_vcenter(south).await.unwrap();
    let trust = Trust::Pin { sha256: "ab".repeat(32) };
    let shared = VcenterCredential::Existing(credential("Berlin").id);
    let tokyo = NewVcenter {
        trust,
        credential: shared,
        port: 8443,
        settings: settings(&["eu", "prod"], 0),
        ..vcenter("東京")
    };
    store.add_vcenter(tokyo).await.unwrap();
    store.add_credential(credential("Ops' team")).await.unwrap();
    store.set_stored(&credential("Ops' team").id, CredentialPlace::File).await.unwrap();
    store.add_credential(credential("Vault")).await.unwrap();
    let helper = ["/usr/bin/pass", "show", "vc's \"password\""].map(str::to_owned);
    store.set_helper(&credential("Vault").id, Some(&helper), Time(1_450)).await.unwrap();
    let rejected = Rejected {
        at: Time(1_500),
        because: Rejection::AccountLocked,
        message: Some("Locked out: \"5 failures\"".to_owned()),
        fingerprint: Some(0xBEEF),
        is_typed: true,
        by: None,
    };
    store.set_rejected(&credential("Ops' team").id, sent(None, 0xBEEF), &rejected).await.unwrap();
    let south = VcenterId("vcenter-Zürich \"Süd\"".to_owned());
    store.set_contact(&south, VcenterState::Offline, Time(1_600)).await.unwrap();
    let paths = [("clusters".to_owned(), ["summary.currentEVCModeKey".to_owned()].into())];
    store.set_refused(&south, "8.0.3 and 0.1.0", &paths.into()).await.unwrap();
    store.reset_failures(&south, Time(1_650)).await.unwrap();
    let berlin = VcenterId("vcenter-Berlin".to_owned());
    store
        .set_accepted(&credential("Berlin").id, sent(Some(&berlin), 0xCAFE), Time(1_700), true)
        .await
        .unwrap();
    let tokyo = VcenterId("vcenter-東京".to_owned());
    store.set_rejected(&credential("Berlin").id, sent(Some(&tokyo), 0xCAFE), &rejected).await.unwrap();
    store.count(&counted(berlin.clone()), Time(1_800)).await.unwrap();
    let nightly = ScheduleSettings {
        name: "Nightly".to_owned(),
        vcenters: vec![berlin.clone()],
        tag: None,
        when: Timing::Cron("30 2 * * 1-5".to_owned()),
        zone: Some("Europe/Berlin".to_owned()),
        job: ScheduledJob::Hosts,
        quiet: Some("22:00-02:00".to_owned()),
        smart: false,
    };
    let first = [(Some(berlin.clone()), Time(1_900).into())];
    store.add_schedule(&ScheduleId("nightly".to_owned()), &nightly, &first).await.unwrap();
    let scan = Scan { ranges: vec!["10.0.8.0/24".to_owned()], ..Scan::default() };
    let (name, job) = ("Weekly scan".to_owned(), ScheduledJob::Scan(Box::new(scan)));
    let learned = ScheduleSettings {
        name: "Learned".to_owned(),
        when: Timing::EverySeconds(1800),
        job: ScheduledJob::Full,
        smart: true,
        ..nightly.clone()
    };
    let reason = Some("Hardly anybody looks at Berlin at this time.".to_owned());
    let first = [(Some(berlin.clone()), NextRun { at: Time(1_902), reason })];
    store.add_schedule(&ScheduleId("learned".to_owned()), &learned, &first).await.unwrap();
    let weekly = ScheduleSettings { name, vcenters: Vec::new(), job, ..nightly };
    store
        .add_schedule(&ScheduleId("weekly".to_owned()), &weekly, &[(None, Time(1_905).into())])
        .await
        .unwrap();
    store.add_policy(&policies::policy(&PolicyId("policy-1".to_owned()), "When \"gone\"")).await.unwrap();
    let hook = destinations::webhook("hook-1", "Ops' hook", &credential("Ops' team").id);
    store.add_destination(&hook).await.unwrap();
    let paused = |of, until| Paused { of, since: Time(1_910), until };
    store.pause(&paused(Group::Vcenter(berlin), Some(Time(9_000)))).await.unwrap();
    store.pause(&paused(Group::Tag("prod".to_owned()), None)).await.unwrap();
    store.pause(&paused(Group::All, Some(Time(9_100)))).await.unwrap();
    store.set_no_network(Some(Time(1_920))).await.unwrap();
    let preferences = Preferences { history_days: 30, ..Preferences::default() };
    let act = Act::new(("ada", "desk-7"), Door::Window, Role::Admin, "set_preferences", Time(1_930));
    store.acting(&act).set_preferences(&Preferences::default(), &preferences).await.unwrap();
    health(store).await;
    discovery(store).await;
}

/// A BMC that was approved and read, what a person said of its server, and what it was read with.
async fn discovery(store: &Store) {
    let (berlin, ops) = (VcenterId("vcenter-Berlin".to_owned()), credential("Ops' team").id);
    let certificate = Certificate {
        sha256: "cd".repeat(32),
        subject: "CN=\"idrac\"".into(),
        issuer: "CN=factory".into(),
        names: Vec::new(),
        not_before: Time(0),
        not_after: Time(86_400_000),
    };
    let bmc = Bmc {
        id: "bmc-1".into(),
        host: "10.0.8.1".into(),
        port: 443,
        way: contract::Way::default(),
        trust: Some(Trust::Pin { sha256: certificate.sha256.clone() }),
        certificate: Some(certificate),
        root: serde_json::json!({ "vendor": "Dell" }),
        systems: serde_json::json!([{ "serial_number": "ABC1234" }]),
        found_at: Time(1_460),
        seen_at: Some(Time(1_470)),
        read_at: Some(Time(1_480)),
        problem: Some(ApiError::new(Code::LoginRejected, "it rejected \"root\"")),
        credential_id: Some(ops.clone()),
        rejected_at: Some(Time(1_490)),
        rejected_by: Some(ops.clone()),
        chosen: Some(ops.clone()),
    };
    store.save_bmc(&bmc, Saved::Found).await.unwrap();
    let said =
        Said { bmc: bmc.id, system: String::new(), vcenter: berlin, moref: "host-1".into(), is_match: true };
    store.say(&said, &ServerId("bmc-1".into()), "ada", Time(1_495)).await.unwrap();
    let was = ProfileWas { edition: 0, is_accepted: true, was_read_with_it: false, at: Time(1_480) };
    store.set_bmc_profile(&ops, Some(Vendor::Dell)).await.unwrap();
    store.profile_was(&ops, was).await.unwrap();
}

/// What rules found, what is set about them, and what was measured.
async fn health(store: &Store) {
    let berlin = VcenterId("vcenter-Berlin".to_owned());
    let found = |moref: &str, level| FoundNow {
        key: FindingKey { rule: "host-maintenance".into(), kind: Kind::Hosts, moref: moref.into() },
        name: "esx-1 \"b\"".into(),
        level,
        since: Time(1_100),
        held_ms: 60_000,
    };
    let all = vec![found("host-1", Level::Warning), found("host-2", Level::Critical)];
    store.record_findings(&berlin, all, Time(1_200)).await.unwrap();
    store.record_findings(&berlin, vec![found("host-1", Level::Warning)], Time(1_300)).await.unwrap();
    let levels = [(Level::Warning, "30".to_owned())].into();
    let limits = Limits { rule: "datastore-free".into(), scope: Scope::Tag { tag: "lab".into() }, levels };
    store.set_health_limits("datastore-free", &limits.scope, Some(&limits)).await.unwrap();
    let waiver = Waiver {
        id: "waiver-1".into(),
        rule: "snapshot-old".into(),
        scope: Scope::Vcenter { vcenter: berlin.clone() },
        reason: "kept for \"the audit\"".into(),
        until: Some(Time(9_900)),
        at: Time(1_400),
        by: "ada".into(),
    };
    store.add_waiver(&waiver).await.unwrap();
    let sample = Sample {
        vms: Some(7),
        hosts: Some(2),
        datastores: Some([("datastore-1".into(), (100, 40))].into()),
        findings: Some([(Level::Warning, 1)].into()),
    };
    store.sample(&berlin, Time(1_450), &sample).await.unwrap();
}

fn counted(vcenter: VcenterId) -> Counts {
    let reads = CacheReads { hits: 40, shared: 2, misses: 1 };
    let at = Slot { week: 0, slot: 167 };
    let seen = [Seen::Look(at), Seen::Change(at), Seen::Answer(at, 40)].map(|seen| (vcenter.clone(), seen));
    let reads = vec![(vcenter, 0, Kind::Vms, reads)];
    Counts { reads, seen: seen.into() }
}

/// Operations that ended, in every way there is, and what one of them published.
async fn history(dir: &Path, store: &Store, id: &VcenterId) {
    let objects = vec![
        object(Kind::Hosts, "host-1", "esx-1"),
        object(Kind::Hosts, "host-2", "esx-2 \"b\"; --"),
        object(Kind::Vms, "vm-1", "web's 東京 %2f"),
        object(Kind::Clusters, "domain-c1", "Cluster"),
        object(Kind::Snapshots, "snapshot-1", "before the update"),
        object(Kind::Datastores, "datastore-1", "deleted"),
    ];
    let whole = [Kind::Hosts, Kind::Vms, Kind::Snapshots, Kind::Clusters, Kind::Folders];
    publish(store, id, "succeeded", &pass(objects, &whole, 2_000)).await;
    let cluster = Pass { clusters: vec!["domain-c1".into()], ..pass(Vec::new(), &[], 2_500) };
    publish(store, id, "of-a-cluster", &cluster).await;
    let single = pass(vec![object(Kind::Clusters, "domain-c1", "Cluster")], &[], 2_550);
    let single = Pass { gone: vec![(Kind::Datastores, "datastore-1".into())], ..single };
    publish(store, id, "of-single-objects", &single).await;
    for state in [OperationState::Partial, OperationState::Failed] {
        let error = ApiError::new(Code::NoPermission, "it may not be read: \"VMs\"").next("Ask.");
        let claim = claimed(store, id, state.name()).await;
        store.finish(&claim, Finish { state, error: Some(error), ..finish(2_600) }).await.unwrap();
    }
    let cancelled = store.submit(operation("cancelled", id, OperationKind::Test)).await.unwrap().id;
    store.cancel_queued(&cancelled, Time(2_700)).await.unwrap();
    let dead = Store::open(dir).await.unwrap();
    claimed(&dead, id, "interrupted").await;
    dead.close().await;
    store.interrupt_dead(Time(2_800)).await.unwrap();
    store.finish(&claimed(store, id, "unreadable-ended").await, finish(2_900)).await.unwrap();
}

/// One operation that runs and has staged rows, and others that wait behind it, here and in another process.
async fn live(dir: &Path, store: &Store, id: &VcenterId) {
    let running = claimed(store, id, "running").await;
    let progress = Progress {
        step: "reading VMs".to_owned(),
        done: 1,
        total: 2,
        percent: Some(33),
        attempts: 1,
        ..Progress::default()
    };
    store.progress(&running, &progress, 7, 8).await.unwrap();
    let renamed = vec![object(Kind::Hosts, "host-1", "renamed"), object(Kind::Hosts, "host-3", "new")];
    store.stage(&running, &pass(renamed, &[Kind::Hosts], 3_000), &go_on).await.unwrap();
    let queued = NewOperation {
        job: Job::SyncHosts { clusters: vec!["Cluster".to_owned()], accept_removals: false },
        origin: Origin::Reader,
        ..operation("queued", id, OperationKind::SyncHosts)
    };
    store.submit(queued.clone()).await.unwrap();
    let other = Store::open(dir).await.unwrap();
    other.submit(queued).await.unwrap();
    let tokyo = VcenterId("vcenter-東京".to_owned());
    other.submit(operation("elsewhere", &tokyo, OperationKind::FullSync)).await.unwrap();
    store.submit(operation("unreadable-queued", id, OperationKind::Refresh)).await.unwrap();
    // Not closed: its operations live on until the file is opened elsewhere.
    std::mem::forget(other);
    execute(dir, "UPDATE operations SET kind = 'defragment' WHERE id LIKE 'unreadable-%'").await;
}

/// Every row of every table, as SQL.
async fn dump(dir: &Path) -> String {
    let mut sql = String::new();
    for (table, rows) in rows(dir).await {
        for row in rows {
            let (columns, values): (Vec<&str>, Vec<&str>) =
                row.iter().map(|(column, value)| (column.as_str(), value.as_str())).unzip();
            let (columns, values) = (columns.join(", "), values.join(", "));
            writeln!(sql, "INSERT INTO {table} ({columns}) VALUES ({values});").unwrap();
        }
    }
    sql
}

/// A row: its values as SQL writes them, by column.
pub(super) type Row = BTreeMap<String, String>;

/// Every row of every table of ours, in no order that means anything.
pub(super) async fn rows(dir: &Path) -> BTreeMap<String, Vec<Row>> {
    let mut connection = raw(dir).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY name")
            .bind(&table)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let mut rows: Vec<Row> = Vec::new();
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let select = format!("SELECT {} FROM {table}", quoted.join(", "));
        for row in sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap() {
            let value = |n: usize| sqlx::Row::get::<String, _>(&row, n);
            rows.push(columns.iter().enumerate().map(|(n, column)| (column.clone(), value(n))).collect());
        }
        rows.sort();
        all.insert(table, rows);
    }
    engine::disconnect(connection).await;
    all
}
