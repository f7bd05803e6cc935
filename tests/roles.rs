//! Roles: what each may do, through the one way in and on the command line.
//! Refuses to believe a refusal: that nothing was done, the server and the database say.

use crate::support::{Musterctl, PASSWORD, Peer, Run, rested, vcenter};
use contract::command::{
    AwaitOperation, Command, ListAudit, ListCredentials, ListVcenters, Login, OperationFilter,
    OperationHistory, Password, ReadRows, SERVICE, Settings, ShowPreferences, Trail, VerifyAudit,
};
use contract::{AuditFilter, Code, Door, Kind, Origin, Role, RowQuery, Trust, Vcenter, VcenterSettings};
use serde_json::{Value, json};
use service::{Caller, Client, Service};
use std::collections::{HashMap, HashSet};

/// A command, the role that it takes, its arguments, and what comes of it for who may call it.
type Entry = (&'static str, Role, Value, Result<(), Code>);

/// Every command of the service; those that remove come last.
fn every_command(berlin: &Vcenter, other: &Peer, ended: &Value) -> Vec<Entry> {
    use Role::{Admin, Operator, Viewer};
    let (id, credential) = (&berlin.id, &berlin.credential_id);
    let count = RowQuery::count(Kind::Hosts);
    // Nothing is to be written into the folder for downloads of whoever runs this.
    let wrong = RowQuery { columns: vec!["nothing".into()], ..count.clone() };
    let new = Settings {
        name: "Paris".into(),
        address: other.address(),
        login: Login::Own { user: "admin".into(), password: Some(Password(PASSWORD.into())), helper: None },
        trust: Some(Trust::Pin { sha256: other.sha256() }),
        settings: VcenterSettings::default(),
    };
    let schedule =
        json!({ "name": "nightly", "vcenters": [id], "when": { "every_seconds": 1800 }, "job": "full" });
    let policy = json!({ "name": "p", "do": [{ "step": "test" }] });
    let folder = json!({ "name": "d", "target": { "kind": "folder", "path": "relative" } });
    let unnamed = json!({ "name": "", "vcenters": [id], "when": { "every_seconds": 1800 }, "job": "full" });
    vec![
        ("list_vcenters", Viewer, json!({}), Ok(())),
        ("list_status", Viewer, json!({}), Ok(())),
        ("show_vcenter", Viewer, json!({ "vcenter": "berlin" }), Ok(())),
        ("count_status", Viewer, json!({}), Ok(())),
        ("show_overview", Viewer, json!({}), Ok(())),
        ("doctor", Viewer, json!({}), Ok(())),
        ("show_data_folder", Viewer, json!({}), Ok(())),
        ("list_operations", Viewer, json!({ "filter": {}, "limit": 10 }), Ok(())),
        ("operation_history", Viewer, json!({ "filter": { "vcenter": id }, "limit": 10 }), Ok(())),
        ("show_operation", Viewer, json!({ "operation": ended }), Ok(())),
        ("show_changes", Viewer, json!({ "operation": ended, "skip": 0, "limit": 10 }), Ok(())),
        ("show_steps", Viewer, json!({ "operation": ended }), Ok(())),
        ("show_preferences", Viewer, json!({}), Ok(())),
        ("delete_usage", Admin, json!({}), Ok(())),
        ("set_preferences", Admin, json!({ "made_from": {}, "preferences": { "history_days": 30 } }), Ok(())),
        ("await_operation", Viewer, json!({ "operation": ended }), Ok(())),
        ("read_rows", Viewer, json!({ "query": count }), Ok(())),
        ("export_rows", Viewer, json!({ "query": wrong }), Err(Code::InvalidValue)),
        (
            "submit",
            Operator,
            json!({ "vcenter": id, "job": { "kind": "full_sync" }, "detached": false }),
            Ok(()),
        ),
        ("has_worker", Viewer, json!({}), Ok(())),
        ("retry_operation", Operator, json!({ "operation": ended, "detached": false }), Ok(())),
        ("withdraw", Operator, json!({ "operation": ended }), Ok(())),
        (
            "refresh_if_older",
            Operator,
            json!({ "vcenter": id, "kind": "hosts", "max_age_seconds": 0 }),
            Ok(()),
        ),
        ("invalidate", Operator, json!({ "vcenter": id }), Ok(())),
        ("cancel_operation", Operator, json!({ "operation": ended }), Ok(())),
        ("pause", Operator, json!({ "of": { "vcenter": id }, "until": null }), Ok(())),
        ("resume", Operator, json!({ "of": { "vcenter": id } }), Ok(())),
        ("missing_password", Operator, json!({ "credential": credential, "vcenter": id }), Ok(())),
        (
            "hold_password",
            Operator,
            json!({ "credential": credential, "password": PASSWORD, "vcenter": id }),
            Ok(()),
        ),
        ("list_findings", Viewer, json!({ "filter": {} }), Ok(())),
        ("list_attention", Viewer, json!({}), Ok(())),
        ("count_findings", Viewer, json!({}), Ok(())),
        ("list_servers", Operator, json!({}), Ok(())),
        ("show_server", Operator, json!({ "server": "nothing" }), Err(Code::NotFound)),
        ("server_of_host", Viewer, json!({ "vcenter": id, "moref": "host-1" }), Ok(())),
        (
            "start_scan",
            Operator,
            json!({ "scan": { "ranges": ["nowhere/99"] }, "detached": true }),
            Err(Code::InvalidValue),
        ),
        ("read_servers", Operator, json!({ "servers": [], "detached": false }), Ok(())),
        (
            "add_server",
            Admin,
            json!({ "address": "", "profile": null, "user": null, "password": null }),
            Err(Code::InvalidValue),
        ),
        ("plan_servers", Admin, json!({ "content": "" }), Err(Code::InvalidValue)),
        ("import_servers", Admin, json!({ "content": "" }), Err(Code::InvalidValue)),
        ("approve_servers", Admin, json!({ "approvals": [] }), Ok(())),
        (
            "match_server",
            Operator,
            json!({ "server": "nothing", "vcenter": id, "moref": "host-1" }),
            Err(Code::NotFound),
        ),
        (
            "reject_match",
            Operator,
            json!({ "server": "nothing", "vcenter": id, "moref": "host-1" }),
            Err(Code::NotFound),
        ),
        ("unmatch_server", Operator, json!({ "server": "nothing" }), Err(Code::NotFound)),
        ("remove_servers", Admin, json!({ "servers": [] }), Ok(())),
        ("list_profiles", Operator, json!({}), Ok(())),
        ("set_profile", Admin, json!({ "credential": "nothing", "vendor": null }), Err(Code::NotFound)),
        ("remove_profile", Admin, json!({ "credential": "nothing" }), Err(Code::NotFound)),
        ("list_limits", Viewer, json!({}), Ok(())),
        (
            "set_limits",
            Admin,
            json!({ "rule": "vm-question", "scope": { "of": "all" }, "levels": { "warning": "" } }),
            Ok(()),
        ),
        ("list_waivers", Viewer, json!({}), Ok(())),
        (
            "add_waiver",
            Operator,
            json!({ "waiver": { "rule": "vm-question", "scope": { "of": "all" }, "reason": "known", "until": null } }),
            Ok(()),
        ),
        ("remove_waiver", Operator, json!({ "waiver": "nothing" }), Err(Code::NotFound)),
        ("list_schedules", Viewer, json!({}), Ok(())),
        ("show_schedule", Viewer, json!({ "schedule": "nothing" }), Err(Code::NotFound)),
        ("list_policies", Viewer, json!({}), Ok(())),
        ("show_policy", Viewer, json!({ "policy": "nothing" }), Err(Code::NotFound)),
        ("dry_run_policy", Viewer, json!({ "settings": policy }), Ok(())),
        ("add_policy", Operator, json!({ "settings": { "name": "p", "do": [] } }), Err(Code::InvalidValue)),
        (
            "edit_policy",
            Operator,
            json!({ "policy": "nothing", "edition": 1, "settings": policy }),
            Err(Code::NotFound),
        ),
        ("enable_policy", Operator, json!({ "policy": "nothing", "enabled": true }), Err(Code::NotFound)),
        ("remove_policy", Operator, json!({ "policy": "nothing" }), Err(Code::NotFound)),
        ("list_runs", Viewer, json!({ "policy": "nothing", "limit": 5 }), Err(Code::NotFound)),
        ("run_policy", Operator, json!({ "policy": "nothing", "detached": true }), Err(Code::NotFound)),
        ("list_destinations", Operator, json!({}), Ok(())),
        ("show_destination", Operator, json!({ "destination": "nothing" }), Err(Code::NotFound)),
        ("add_destination", Admin, json!({ "settings": folder }), Err(Code::InvalidValue)),
        (
            "edit_destination",
            Admin,
            json!({ "destination": "nothing", "edition": 1, "settings": folder }),
            Err(Code::InvalidValue),
        ),
        ("remove_destination", Admin, json!({ "destination": "nothing" }), Err(Code::NotFound)),
        (
            "test_destination",
            Admin,
            json!({ "destination": "nothing", "detached": true }),
            Err(Code::NotFound),
        ),
        ("next_runs", Viewer, json!({ "schedule": null, "count": 3 }), Ok(())),
        ("pause_of_all", Viewer, json!({}), Ok(())),
        ("show_calendar", Viewer, json!({ "days": 7 }), Ok(())),
        ("preview_schedule", Viewer, json!({ "settings": schedule, "count": 3 }), Ok(())),
        ("add_schedule", Operator, json!({ "settings": unnamed }), Err(Code::InvalidValue)),
        (
            "edit_schedule",
            Operator,
            json!({ "schedule": "nothing", "edition": 1, "settings": schedule }),
            Err(Code::NotFound),
        ),
        ("enable_schedule", Operator, json!({ "schedule": "nothing", "enabled": true }), Err(Code::NotFound)),
        ("remove_schedule", Operator, json!({ "schedule": "nothing" }), Err(Code::NotFound)),
        ("list_credentials", Admin, json!({}), Ok(())),
        ("show_credential", Admin, json!({ "credential": "berlin" }), Ok(())),
        ("list_orphans", Admin, json!({}), Ok(())),
        ("remove_orphans", Admin, json!({ "orphans": [] }), Ok(())),
        ("has_password", Admin, json!({ "credential": "spare" }), Ok(())),
        ("add_credential", Admin, json!({ "name": "spare", "user": "admin", "password": PASSWORD }), Ok(())),
        (
            "set_credential",
            Admin,
            json!({ "credential": credential, "user": null, "password": PASSWORD }),
            Ok(()),
        ),
        (
            "merge_credential",
            Admin,
            json!({ "from": credential, "into": credential, "other_user": false }),
            Err(Code::InvalidValue),
        ),
        ("remove_credential", Admin, json!({ "credential": credential }), Err(Code::InUse)),
        ("probe_vcenter", Admin, json!({ "vcenter": id, "typed": null, "way": null }), Ok(())),
        (
            "probe_address",
            Admin,
            json!({ "address": other.address(), "trust": { "trust": "system" } }),
            Ok(()),
        ),
        // It is no vCenter with a CA of its own.
        ("offer_ca", Admin, json!({ "vcenter": id }), Err(Code::NotFound)),
        ("check_new_vcenter", Admin, json!({ "name": "Paris", "credential": null }), Ok(())),
        ("try_vcenter", Admin, json!({ "vcenter": null, "settings": new }), Ok(())),
        ("add_vcenter", Admin, json!({ "settings": new }), Ok(())),
        (
            "edit_vcenter",
            Admin,
            json!({ "vcenter": id, "edition": berlin.edition, "change": { "settings": { "ttl_seconds": 77 } } }),
            Ok(()),
        ),
        // A list of one host: nobody has to be there.
        ("plan_import", Admin, json!({ "content": "dmMx", "options": { "credential": "berlin" } }), Ok(())),
        (
            "import_vcenters",
            Admin,
            json!({ "content": "dmMx", "options": { "credential": "berlin" } }),
            Ok(()),
        ),
        ("describe_vcenters", Viewer, json!({ "csv": true, "out": "/tmp/vcenters.csv" }), Ok(())),
        ("export_vcenters", Viewer, json!({ "vcenters": ["nothing"], "csv": true }), Err(Code::NotFound)),
        ("list_audit", Admin, json!({ "filter": {}, "before": null, "limit": 10 }), Ok(())),
        ("verify_audit", Admin, json!({ "receipt": null }), Ok(())),
        ("audit_receipt", Admin, json!({}), Ok(())),
        (
            "prune_audit",
            Admin,
            json!({ "through": 1_000_000, "rows": 1, "hash": "", "file": "x" }),
            Err(Code::ChangedMeanwhile),
        ),
        // Nothing is written where nothing matches.
        (
            "export_audit",
            Admin,
            json!({ "filter": { "actor": "nobody" }, "csv": false }),
            Err(Code::NotFound),
        ),
        ("analyze_syncs", Viewer, json!({ "scope": { "vcenter": id, "window": "24h" } }), Ok(())),
        ("analyze_calls", Viewer, json!({ "scope": { "vcenter": null, "window": "7d" } }), Ok(())),
        ("analyze_capacity", Viewer, json!({ "scope": { "vcenter": null, "window": "90d" } }), Ok(())),
        ("analyze_findings", Viewer, json!({ "scope": { "vcenter": null, "window": "7d" } }), Ok(())),
        // Of a vCenter that is gone nothing is written.
        (
            "export_analytics",
            Viewer,
            json!({ "analysis": "syncs", "scope": { "vcenter": "nothing", "window": "24h" } }),
            Err(Code::NotFound),
        ),
        ("read_log", Admin, json!({ "since": null, "level": "warn", "limit": 10 }), Ok(())),
        ("draft_bundle", Admin, json!({}), Ok(())),
        (
            "write_bundle",
            Admin,
            json!({ "draft": "nothing", "out": "/nowhere/a.zip", "mapping": null }),
            Err(Code::NotFound),
        ),
        ("back_up", Admin, json!({ "out": "/nowhere/at/all.zip" }), Err(Code::InvalidValue)),
        ("plan_removal", Admin, json!({ "vcenter": id }), Ok(())),
        ("remove_vcenter", Admin, json!({ "vcenter": id, "at_once": false }), Ok(())),
        ("restore_vcenter", Admin, json!({ "vcenter": id }), Ok(())),
    ]
}

/// What the audit log is to have of each command.
fn trails() -> HashMap<&'static str, Trail> {
    macro_rules! trails {
        ($($command:ident)*) => {
            [$((contract::command::$command::NAME, contract::command::$command::TRAIL)),*].into()
        };
    }
    contract::each_command_of_the_service!(trails)
}

/// Commands and outcomes of the audit log, as far as they came from the command line in a role.
async fn audited(muster: &Client, role: Role) -> HashSet<(String, String)> {
    let filter = AuditFilter { origin: Some(Door::Cli), ..AuditFilter::default() };
    let rows = muster.call(ListAudit { filter, before: None, limit: 1_000 }).await.unwrap().rows;
    rows.into_iter().filter(|row| row.role == role.name()).map(|row| (row.command, row.outcome)).collect()
}

/// The role that each command declares.
fn declared() -> Vec<(&'static str, Role)> {
    macro_rules! roles {
        ($($command:ident)*) => { vec![$((contract::command::$command::NAME, contract::command::$command::ROLE)),*] };
    }
    contract::each_command_of_the_service!(roles)
}

/// All that a command could have changed.
async fn state(muster: &Client, peers: [&Peer; 2]) -> Value {
    let vcenters = muster.call(ListVcenters {}).await.unwrap();
    let credentials = muster.call(ListCredentials {}).await.unwrap();
    let operations = muster.call(every_operation()).await.unwrap().operations;
    let preferences = muster.call(ShowPreferences {}).await.unwrap();
    json!([vcenters, credentials, operations, preferences, peers.map(Peer::all_calls)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_allowed_or_refused_for_every_role_as_it_declares() {
    let (peer, other) = (Peer::vcenter(), Peer::vcenter());
    let muster = Musterctl::with(&peer, "Berlin");
    let ended = muster.ok(&["sync", "full", "Berlin"])[0]["operation"].clone();
    let service = muster.service().await;
    let berlin = vcenter(&service, "Berlin").await;
    let all = every_command(&berlin, &other, &ended);
    let mut named: Vec<_> = all.iter().map(|(name, role, ..)| (*name, *role)).collect();
    let mut declared = declared();
    named.sort_unstable();
    declared.sort_unstable();
    assert_eq!(named, declared, "a command has another role than this test says, or is missing here");
    assert_eq!(named.len(), SERVICE.len());

    let (mut allowed, mut refused) = (0, 0);
    for role in Role::ALL {
        let caller = Caller::person(Some(role), Door::Cli).unwrap();
        assert_eq!(caller.role(), role, "MUSTER_ROLE must not be set here");
        let before = state(&service, [&peer, &other]).await;
        for (name, _, arguments, _) in all.iter().filter(|(_, needed, ..)| role < *needed) {
            let error = service.call_named(&caller, name, arguments.clone()).await.unwrap_err();
            assert_eq!(error.code, Code::Forbidden, "{name} as {}: {error:?}", role.name());
            refused += 1;
        }
        assert_eq!(state(&service, [&peer, &other]).await, before, "refused to {}", role.name());
        for (name, _, arguments, expected) in all.iter().filter(|(_, needed, ..)| role >= *needed) {
            if *name == "remove_vcenter" {
                // Not while something runs on it.
                settle(&service).await;
            }
            let answer = service.call_named(&caller, name, arguments.clone()).await;
            let code = answer.as_ref().map(drop).map_err(|error| error.code);
            assert_eq!(code, *expected, "{name} as {}: {answer:?}", role.name());
            allowed += 1;
        }
        settle(&service).await;
        let audited = audited(&service, role).await;
        let has = |name: &str, outcome: &str| audited.contains(&(name.to_owned(), outcome.to_owned()));
        for (name, needed, _, expected) in &all {
            let trail = trails()[name];
            let is_admitted = role >= *needed;
            assert_eq!(
                has(name, "refused"),
                trail != Trail::None && !is_admitted,
                "{name} as {}",
                role.name()
            );
            let is_recorded = is_admitted && matches!(trail, Trail::Change | Trail::Contact);
            let outcome = if expected.is_err() { "failed" } else { "done" };
            let accepted = matches!(*name, "submit" | "retry_operation") && has(name, "accepted");
            assert_eq!(has(name, outcome) || accepted, is_recorded, "{name} as {}: {audited:?}", role.name());
        }
    }
    let verified = service.call(VerifyAudit { receipt: None }).await.unwrap();
    assert!(verified.ok, "{verified:?}");
    // Whatever takes more than reading is recorded, or changes nothing and asks nobody.
    let silent = [
        "has_password",
        "missing_password",
        "check_new_vcenter",
        "list_credentials",
        "show_credential",
        "list_servers",
        "show_server",
        "list_profiles",
        "list_destinations",
        "show_destination",
        "plan_import",
        "plan_servers",
        "plan_removal",
        "list_orphans",
        "read_log",
        "draft_bundle",
    ];
    let audit = ["list_audit", "verify_audit", "audit_receipt"];
    for (name, needed, ..) in &all {
        let is_silent = silent.contains(name) || audit.contains(name);
        assert!(
            *needed == Role::Viewer || trails()[name] != Trail::None || is_silent,
            "{name} leaves no row"
        );
    }
    println!("measured: {} commands by 3 roles: {allowed} calls allowed, {refused} refused", SERVICE.len());
    assert_eq!(allowed + refused, 3 * SERVICE.len());
    service.close().await;
}

fn every_operation() -> OperationHistory {
    OperationHistory { filter: OperationFilter::default(), limit: 1000 }
}

/// Waits until nothing runs any more.
async fn settle(service: &Client) {
    for operation in service.call(every_operation()).await.unwrap().operations {
        // One whose vCenter was removed is gone with it.
        let _ = service.call(AwaitOperation { operation: operation.id }).await;
    }
}

fn forbidden(run: &Run, needed: &str) {
    assert_eq!((run.code, &run.error()["code"]), (7, &json!("forbidden")), "{run:?}");
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("requires the role {needed}")), "{message}");
    assert!(run.error()["next_step"].as_str().is_some_and(|next| next.contains("--role")), "{run:?}");
}

#[test]
fn a_viewer_reads_and_exports_and_is_refused_everything_else_before_anything_is_done() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let address = peer.address();
    let calls = peer.all_calls();
    let viewer = |arguments: &[&str]| muster.json(&[arguments, &["--role", "viewer"]].concat());
    for (arguments, needed) in [
        (&["sync", "full", "Berlin"][..], "operator"),
        (&["sync", "full", "--all"], "operator"),
        (&["sync", "hosts", "Berlin"], "operator"),
        (&["refresh", "vms", "Berlin"], "operator"),
        (&["test", "Berlin"], "operator"),
        (&["inventory", "vms", "--max-age", "1s"], "operator"),
        (&["vcenter", "edit", "Berlin", "--ttl", "1h"], "admin"),
        (&["vcenter", "remove", "Berlin", "--yes"], "admin"),
        (&["vcenter", "probe", &address], "admin"),
        (&["vcenter", "add", "Paris", &address, "--user", "admin"], "admin"),
        (&["credential", "list"], "admin"),
        (&["credential", "add", "spare", "--user", "admin"], "admin"),
        (&["credential", "set", "Berlin", "--user", "other"], "admin"),
        (&["credential", "merge", "Berlin", "Berlin", "--yes"], "admin"),
        (&["credential", "remove", "Berlin", "--yes"], "admin"),
        (&["audit", "list"], "admin"),
        (&["audit", "verify"], "admin"),
        (&["log"], "admin"),
        (&["support-bundle", "--dry-run"], "admin"),
        (&["backup", "--out", "b.zip"], "admin"),
        (&["restore", "b.zip", "--yes"], "admin"),
    ] {
        forbidden(&viewer(arguments), needed);
    }
    for arguments in [
        &["inventory", "vms"][..],
        &["vcenter", "list"],
        &["vcenter", "show", "Berlin"],
        &["status"],
        &["doctor"],
        &["operations", "list"],
        &["columns", "vms"],
    ] {
        assert_eq!(viewer(arguments).code, 0, "{arguments:?}");
    }
    let exported = muster.run(&["inventory", "vms", "--spreadsheet", "--role", "viewer"]);
    assert!(exported.code == 0 && exported.stdout.lines().count() > 1, "{exported:?}");
    assert_eq!(peer.all_calls(), calls, "nobody was contacted");
    assert_eq!(muster.ok(&["operations", "list"]).as_array().unwrap().len(), 1, "nothing was queued");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["ttl_seconds"], 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_stale_are_refreshed_for_a_viewer_as_well() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["vcenter", "edit", "Berlin", "--ttl", "1s"]);
    rested(&muster);
    let service = muster.service().await;
    let viewer = Caller::person(Some(Role::Viewer), Door::Cli).unwrap();
    let query = RowQuery { refresh: true, ..RowQuery::count(Kind::Hosts) };
    let rows = Service::call(&service, &viewer, ReadRows { query }).await.unwrap();
    let refresh = rows.sources[0].refresh.clone().expect("a refresh");
    let ended = service.call(AwaitOperation { operation: refresh }).await.unwrap();
    assert_eq!((ended.origin, ended.error), (Origin::Reader, None));
    service.close().await;
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn an_operator_syncs_and_configures_nothing() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    let operator = |arguments: &[&str]| muster.json(&[&["--role", "operator"], arguments].concat());
    assert_eq!(operator(&["sync", "full", "Berlin"]).code, 0);
    assert_eq!(operator(&["test", "Berlin"]).code, 0);
    assert_eq!(operator(&["inventory", "hosts", "--max-age", "0s"]).code, 0);
    forbidden(&operator(&["vcenter", "edit", "Berlin", "--ttl", "1h"]), "admin");
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn the_variable_lowers_the_role_too_and_the_option_does_not_raise_it_again() {
    let muster = Musterctl::new();
    let run = |role: &str, arguments: &[&str]| {
        let mut command = muster.command(&[arguments, &["--json"]].concat());
        let mut child = command.env("MUSTER_ROLE", role).spawn().unwrap();
        drop(child.stdin.take());
        crate::support::finish(child)
    };
    for arguments in [&["sync", "full", "--all"][..], &["sync", "full", "--all", "--role", "admin"]] {
        let refused = run("viewer", arguments);
        assert_eq!((refused.code, &refused.error()["code"]), (7, &json!("forbidden")), "{refused:?}");
        let next = refused.error()["next_step"].as_str().unwrap().to_owned();
        assert!(next.contains("MUSTER_ROLE") && !next.contains("--role"), "{next}");
    }
    assert_eq!(run("", &["sync", "full", "--all"]).code, 0, "an empty one is none");
    assert_eq!(run("admin", &["sync", "full", "--all"]).code, 0);
    assert_eq!(run("admin", &["sync", "full", "--all", "--role", "viewer"]).code, 7);
    for wrong in [run("root", &["status"]), muster.json(&["status", "--role", "root"])] {
        assert_eq!((wrong.code, &wrong.error()["code"]), (2, &json!("invalid_value")), "{wrong:?}");
        let said = wrong.stderr.lines().collect::<String>();
        assert!(["viewer", "operator", "admin"].iter().all(|role| said.contains(role)), "{said}");
    }
}
