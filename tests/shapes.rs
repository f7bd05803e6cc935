//! The keys of every JSON document, as the contract of the command line lists them.
//! Refuses to let one go or be renamed: scripts rely on them, so they only grow.

use crate::support::{Musterctl, PASSWORD, Peer};
use serde_json::Value;

const VCENTER: &str = "id name host port credential user trust tags ttl_seconds stale_reads notify proxy connect_to note edition instance_uuid product version build certificate_expires_at \
                       permissions";
const CREDENTIAL: &str = "id name user stored helper vcenters rejected_at rejected_because";
const TEST: &str = "vcenter product version build instance_uuid latency_ms missing permissions";
const OPERATION: &str = "operation vcenter kind origin state attempts submitted_at started_at finished_at done total percent \
                         added changed removed unchanged calls bytes error vcenter_id scope job awaited waiting step result \
                         objects_per_second bytes_per_second remaining_seconds recorded";
const HISTORY: &str = "steps failures changes";
const CERTIFICATE: &str = "address sha256 subject issuer names not_before not_after trusted";
const STATUS: &str = "vcenter state synced_at age_seconds fresh contact_at contact_since refresh_failed counts last_operation \
     certificate_expires_at";
const COLUMN: &str = "id title type unit source aliases";
const CHECK: &str = "name ok detail next_step";
const ROW: &str = "vcenter vcenter_instance_uuid kind moref synced_at missing";

const SCHEDULE: &str = "schedule name vcenters tag job every_seconds cron zone quiet enabled next_at reason last_operation edition \
                        targets smart";
const AUDIT: &str = "seq at actor host origin command subject before after outcome operation hash";
const IMPORTED: &str = "name host port action reason line";
const FINDING: &str = "rule level vcenter kind name moref value threshold since waived_until";
const WAIVER: &str = "id rule scope reason until at by";
const RULE: &str = "rule title kind levels default_levels scope conditions held_seconds advice";
const RUN: &str = "at schedule vcenters reason local";
const CALENDAR: &str = "zone pause days often";
const CALENDAR_RUN: &str = "schedule policy name what at local more reason";
const POLICY: &str = "policy name enabled when if do how zone next_at reason last_run edition";
const POLICY_RUN: &str =
    "run policy cause submitted_at started_at finished_at outcome message operations steps left_out";
const DRY_RUN: &str = "runs conditions steps left_out next_runs";
const DESTINATION: &str = "destination name kind target credential policies edition";
const OVERVIEW: &str =
    "totals capacity vcenters merged_datastores hosts_counted_once unavailable_hosts changes next_runs";
const COUNTS: &str = "clusters hosts hosts_available hosts_in_maintenance hosts_not_connected vms vms_on templates agents \
                      placeholders datastores datastores_inaccessible";
const CAPACITY: &str = "cpu memory storage vsan hosts_unmeasured";
const LOG: &str = "at level target message fields process";
const BUNDLE: &str = "path bytes mapping files replaced";
const BACKUP: &str = "path bytes made_at release schema database_id sha256 rows";
/// What is analyzed, and the keys of its summary and of its steps.
const ANALYTICS: [(&str, &str, &str); 3] = [
    (
        "syncs",
        "succeeded partial failed stopped retries objects_per_second added changed removed causes",
        "at succeeded partial failed p50_ms p95_ms objects_per_second retries added changed removed",
    ),
    (
        "calls",
        "calls bytes hits shared misses saved",
        "at calls bytes p50_ms p95_ms hits shared misses saved_calls",
    ),
    ("capacity", "capacity_bytes used_bytes vms hosts vm_trend", "at capacity_bytes used_bytes vms hosts"),
];
const RESTORED: &str = "path kept backup credentials_without_password";

/// Asserts that a document, or every document of a list that is not empty, has these keys.
fn has(document: &Value, keys: &str) {
    let all = document.as_array().map_or(std::slice::from_ref(document), Vec::as_slice);
    assert!(!all.is_empty());
    for one in all {
        for key in keys.split_whitespace() {
            assert!(one.get(key).is_some(), "{key} is missing: {one}");
        }
    }
}

#[test]
fn every_command_prints_the_keys_of_the_contract() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    has(&muster.add(&peer, "Berlin"), VCENTER);
    has(&muster.ok(&["vcenter", "list"]), VCENTER);
    has(&muster.ok(&["vcenter", "show", "berlin"]), VCENTER);
    has(&muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1h"]), VCENTER);
    muster.put_password("spare", PASSWORD);
    has(&muster.ok(&["credential", "add", "spare", "--user", "admin"]), CREDENTIAL);
    has(&muster.ok(&["credential", "list"]), CREDENTIAL);
    has(&muster.ok(&["credential", "set", "spare", "--name", "reserve"]), CREDENTIAL);
    has(&muster.ok(&["credential", "merge", "reserve", "Berlin", "--yes"]), CREDENTIAL);
    has(&muster.ok(&["credential", "add", "spare", "--user", "admin"]), CREDENTIAL);
    has(&muster.ok(&["credential", "remove", "spare", "--yes"]), CREDENTIAL);
    has(&muster.ok(&["test", "Berlin"]), TEST);
    has(&muster.ok(&["sync", "hosts", "Berlin"]), OPERATION);
    let operations = muster.ok(&["sync", "full", "Berlin"]);
    has(&operations, OPERATION);
    has(&muster.ok(&["refresh", "vms", "Berlin"]), OPERATION);
    has(&muster.ok(&["operations", "list"]), OPERATION);
    let id = operations[0]["operation"].as_str().expect("an id");
    let shown = muster.ok(&["operations", "show", id]);
    has(&shown, OPERATION);
    has(&shown, HISTORY);
    has(&shown["changes"], "added changed removed more");
    has(&shown["steps"], "attempt step after_ms took_ms");
    has(
        &muster.ok(&["settings", "show"]),
        "history_days analytics_days log_level default_ttl_seconds default_stale_reads",
    );
    has(&muster.ok(&["operations", "retry", id]), OPERATION);
    let detached = muster.ok(&["sync", "full", "Berlin", "--detach"]);
    has(&detached, OPERATION);
    let id = detached[0]["operation"].as_str().expect("an id");
    has(&muster.ok(&["operations", "cancel", id]), OPERATION);
    has(&muster.ok(&["operations", "retry", id, "--detach"]), OPERATION);
    has(&muster.ok(&["refresh", "vms", "Berlin", "--detach"]), OPERATION);
    has(&muster.ok(&["schedule", "add", "nightly", "--vcenter", "Berlin", "--every", "30m"]), SCHEDULE);
    has(&muster.ok(&["schedule", "list"]), SCHEDULE);
    has(&muster.ok(&["schedule", "show", "nightly"]), SCHEDULE);
    has(&muster.ok(&["schedule", "edit", "nightly", "--every", "1h"]), SCHEDULE);
    has(&muster.ok(&["schedule", "disable", "nightly"]), SCHEDULE);
    has(&muster.ok(&["schedule", "enable", "nightly"]), SCHEDULE);
    let calendar = muster.ok(&["schedule", "calendar"]);
    has(&calendar, CALENDAR);
    has(&calendar["days"], "date title runs");
    has(&calendar["days"][1]["runs"], CALENDAR_RUN);
    has(&muster.ok(&["schedule", "next", "--count", "3"]), RUN);
    let file = muster.folder().join("policy.json");
    std::fs::write(&file, r#"{"name":"p","when":[{"on":"start"}],"do":[{"step":"test"}]}"#).expect("a file");
    has(&muster.ok(&["policy", "add", file.to_str().expect("a path")]), POLICY);
    has(&muster.ok(&["policy", "list"]), POLICY);
    has(&muster.ok(&["policy", "show", "p"]), POLICY);
    has(&muster.ok(&["policy", "run", "p", "--dry-run"]), DRY_RUN);
    has(&muster.ok(&["policy", "run", "p"]), OPERATION);
    let runs = muster.ok(&["policy", "runs", "p"]);
    has(&runs, POLICY_RUN);
    has(&runs[0]["steps"], "step outcome operations message");
    let folder = muster.folder().to_str().expect("a path");
    has(&muster.ok(&["destination", "add", "d", "--folder", folder]), DESTINATION);
    has(&muster.ok(&["destination", "list"]), DESTINATION);
    has(&muster.ok(&["destination", "show", "d"]), DESTINATION);
    has(&muster.ok(&["destination", "test", "d"]), OPERATION);
    has(&muster.ok(&["health", "set", "datastore-free", "--information", "100"]), RULE);
    has(&muster.ok(&["health"]), FINDING);
    has(&muster.ok(&["health", "rules"]), RULE);
    has(&muster.ok(&["health", "set", "vm-question", "--warning", ""]), RULE);
    has(&muster.ok(&["health", "waive", "vm-question", "--reason", "known"]), WAIVER);
    has(&muster.ok(&["health", "waivers"]), WAIVER);
    has(&muster.ok(&["audit", "list"]), AUDIT);
    has(&muster.ok(&["audit", "verify"]), "rows ok first_broken");
    has(&muster.ok(&["status"]), STATUS);
    let overview = muster.ok(&["overview"]);
    has(&overview, OVERVIEW);
    has(&overview["attention"], "rule level count kind where name since");
    has(&overview["totals"], "vcenters datacenters networks snapshots");
    has(&overview["totals"], COUNTS);
    has(&overview["capacity"], CAPACITY);
    has(
        &overview["vcenters"],
        "vcenter vcenter_id synced_at age_seconds counted_with counts capacity datacenters",
    );
    let datacenter = &overview["vcenters"][0]["datacenters"][0];
    has(datacenter, "name moref counts capacity clusters");
    has(&datacenter["clusters"], "name moref ha_enabled admission_control failover_hosts counts capacity");
    has(&overview["next_runs"], RUN);
    has(&muster.ok(&["schedule", "remove", "nightly", "--yes"]), SCHEDULE);
    has(&muster.json(&["doctor"]).document(), CHECK);
    for (what, summary, point) in ANALYTICS {
        let found = muster.ok(&["analytics", what]);
        has(&found, "window from until step_seconds known_since series summary");
        has(&found["summary"], "p50 p95 unit");
        has(&found["summary"], summary);
        has(&found["series"], point);
    }
    has(&muster.ok(&["log"]), LOG);
    let file = |name: &str| muster.folder().join(name).to_str().expect("a name in UTF-8").to_owned();
    let bundle = muster.ok(&["support-bundle", "--out", &file("bundle.zip"), "--yes"]);
    has(&bundle, BUNDLE);
    has(&bundle["files"], "name bytes");
    has(&muster.ok(&["support-bundle", "--dry-run"]), "draft files replaced bytes");
    has(&muster.ok(&["backup", "--out", &file("backup.zip")]), BACKUP);
    let restored = muster.ok(&["restore", &file("backup.zip"), "--yes"]);
    has(&restored, RESTORED);
    has(&restored["backup"], BACKUP);
    let vcenters = file("vcenters.json");
    has(&muster.ok(&["vcenter", "export", "--out", &vcenters]), "path vcenters");
    has(&muster.ok(&["vcenter", "import", &vcenters, "--dry-run"]), IMPORTED);
    has(&muster.ok(&["vcenter", "remove", "Berlin", "--yes"]), VCENTER);
}

#[test]
fn a_program_says_its_version_and_platform_without_a_data_folder() {
    let muster = Musterctl::new();
    let about = muster.ok(&["version"]);
    has(&about, "version commit commit_date target");
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        about["target"].as_str().is_some_and(|target| target.starts_with(std::env::consts::ARCH)),
        "{about}"
    );
    let run = muster.run(&["version"]);
    assert!(run.stdout.contains(about["target"].as_str().unwrap()), "{run:?}");
    assert!(!muster.data().exists(), "nothing was opened for it");
}

#[test]
fn a_probe_tells_more_of_a_server_that_is_trusted() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let untrusted = muster.ok(&["vcenter", "probe", &peer.address()]);
    has(&untrusted, CERTIFICATE);
    assert_eq!(untrusted["trusted"], false);
    let trusted = muster.ok(&["vcenter", "probe", &peer.address(), "--pin", &peer.sha256()]);
    has(&trusted, CERTIFICATE);
    has(&trusted, "product version build instance_uuid");
    assert_eq!(trusted["trusted"], true);
}

#[test]
fn every_kind_describes_its_columns_and_every_row_says_whose_it_is() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for kind in contract::Kind::LISTED {
        has(&muster.ok(&["columns", kind.name()]), COLUMN);
        for row in muster.ok(&["inventory", kind.name()]).as_array().expect("rows") {
            has(row, ROW);
        }
    }
    has(&muster.ok(&["inventory", "vms"]), ROW);
}

#[test]
fn doctor_fails_with_what_to_do_where_the_database_is_none() {
    let muster = Musterctl::new();
    assert_eq!(muster.ok(&["vcenter", "list"]), serde_json::json!([]));
    std::fs::write(muster.data().join("muster.db"), "no database").expect("written");
    let run = muster.json(&["doctor"]);
    assert_eq!(run.code, 1, "{run:?}");
    let checks = run.document();
    has(&checks, CHECK);
    assert_eq!((&checks[0]["name"], &checks[0]["ok"]), (&"database".into(), &false.into()), "{run:?}");
    assert!(checks[0]["next_step"].as_str().is_some_and(|next| !next.contains("doctor")), "{run:?}");
    let run = muster.json(&["status"]);
    assert_eq!((run.code, &run.error()["code"]), (1, &"database".into()), "{run:?}");
}

#[test]
fn a_wrong_call_says_what_is_missing_and_what_shows_how() {
    let muster = Musterctl::new();
    let run = muster.json(&["vcenter", "add", "Berlin"]);
    assert_eq!((run.code, &run.error()["code"]), (2, &"invalid_value".into()), "{run:?}");
    assert!(run.error()["message"].as_str().is_some_and(|words| words.contains("<HOST[:PORT]>")), "{run:?}");
    for (arguments, exit) in [
        (&["vcenter", "edit", "Berlin"][..], 2),
        (&["vcenter", "show", "Berlin"], 3),
        (&["operations", "show", "0193"], 3),
        (&["completions", "bash"], 2),
        (&["man"], 2),
    ] {
        let run = muster.json(arguments);
        assert_eq!(run.code, exit, "{run:?}");
        assert!(run.error()["next_step"].is_string(), "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStrExt;
    let muster = Musterctl::new();
    let mut command = muster.command(&["vcenter", "show", "--json"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff"));
    let run = crate::support::finish(command.spawn().expect("it starts"));
    assert_eq!((run.code, &run.error()["code"]), (2, &"invalid_value".into()), "{run:?}");
}
