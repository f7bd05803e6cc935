//! Analytics on the command line: from nothing to numbers, each held against the operations and rows that it is made of, and
//! computed once more here.
//! Refuses to believe a percentile: what is told of it may be wrong by half a bucket, and no more.

use crate::support::{Musterctl, Peer, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

/// By how much of itself a percentile may be wrong.
const ERROR: f64 = 1.0 / 32.0;

const DAY: i64 = 86_400_000;

fn list<'a>(document: &'a Value, key: &str) -> &'a [Value] {
    document[key].as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("{key} in {document}"))
}

fn sum(all: &[Value], key: &str) -> u64 {
    all.iter().filter_map(|one| one[key].as_u64()).sum()
}

fn millis(time: &Value) -> i64 {
    serde_json::from_value::<contract::Time>(time.clone()).unwrap_or_else(|error| panic!("{time}: {error}")).0
}

/// How long operations took, in milliseconds.
fn took(operations: &[&Value]) -> Vec<i64> {
    operations.iter().map(|one| millis(&one["finished_at"]) - millis(&one["started_at"])).collect()
}

/// Days since 1970 in UTC.
fn today() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    now.as_millis() as i64 / DAY
}

/// The value of its rank, which is told within the error.
fn is_percentile(told: &Value, mut values: Vec<i64>, part: f64) {
    values.sort_unstable();
    let exact = values[(part * values.len() as f64).ceil() as usize - 1] as f64;
    let told = told.as_f64().unwrap_or_else(|| panic!("a number, and not {told}"));
    assert!((told - exact).abs() <= exact * ERROR + 0.001, "{told} is told of {exact}");
}

/// Changes the database beside Muster.
fn execute(muster: &Musterctl, sql: &str) {
    let script = "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1], timeout=30)\nd.executescript(sys.argv[2])\nd.close()";
    let file = muster.data().join("muster.db");
    let output = Command::new("python3").args(["-c", script]).arg(file).arg(sql).output().expect("python3");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn syncs_are_told_as_their_operations_have_them_before_and_after_those_are_forgotten() {
    let simulators: Vec<Simulator> =
        ["1", "2"].map(|seed| Simulator::start(&["--vms", "60", "--seed", seed])).into();
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let empty = muster.ok(&["analytics", "syncs"]);
    assert_eq!((list(&empty, "series").len(), &empty["known_since"]), (96, &Value::Null));
    assert_eq!((&empty["summary"]["p50"], &empty["summary"]["succeeded"]), (&Value::Null, &json!(0)));
    muster.add_simulator(&simulators[0], "Berlin");
    muster.add_simulator(&simulators[1], "Paris");
    muster.add(&peer, "Rome");
    for name in ["Berlin", "Paris", "Rome"] {
        muster.ok(&["sync", "full", name]);
        muster.ok(&["refresh", "vms", name]);
    }
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["test", "Berlin"]);
    peer.post("/stop", json!({}));
    assert_ne!(muster.run(&["sync", "hosts", "Rome"]).code, 0);

    let operations = muster.ok(&["operations", "list", "--limit", "100"]);
    let all: Vec<&Value> =
        operations.as_array().expect("a list").iter().filter(|one| one["kind"] != "test").collect();
    let done: Vec<&Value> = all.iter().copied().filter(|one| one["state"] == "succeeded").collect();
    assert_eq!((all.len(), done.len()), (8, 7));
    let of = |key: &str| done.iter().filter_map(|one| one[key].as_u64()).sum::<u64>();
    let recorded = |key: &str| done.iter().filter_map(|one| one["recorded"][key].as_u64()).sum::<u64>();
    let retries: u64 =
        all.iter().filter_map(|one| one["attempts"].as_u64()).map(|attempts| attempts - 1).sum();
    let check = |found: &Value| {
        let summary = &found["summary"];
        is_percentile(&summary["p50"], took(&done), 0.5);
        is_percentile(&summary["p95"], took(&done), 0.95);
        assert_eq!(summary["unit"], "ms");
        assert_eq!((&summary["succeeded"], &summary["failed"]), (&json!(7), &json!(1)));
        assert_eq!(summary["retries"], retries);
        assert_eq!(summary["causes"], json!({ "unreachable": 1 }));
        for key in ["added", "changed", "removed"] {
            assert!(summary[key].as_u64() >= Some(recorded(key)), "{key}: {summary}");
        }
        let seconds = took(&done).iter().sum::<i64>() as f64 / 1000.0;
        let rate = summary["objects_per_second"].as_f64().expect("a rate");
        assert!((rate - of("done") as f64 / seconds).abs() < 1e-6 * rate, "{rate}");
        let series = list(found, "series");
        assert_eq!(
            (sum(series, "succeeded"), sum(series, "failed"), sum(series, "added")),
            (7, 1, summary["added"].as_u64().unwrap())
        );
        let vcenters: Vec<(&Value, u64)> = list(found, "vcenters")
            .iter()
            .map(|one| (&one["vcenter"], one["succeeded"].as_u64().unwrap()))
            .collect();
        assert_eq!(vcenters, [(&json!("Berlin"), 3), (&json!("Paris"), 2), (&json!("Rome"), 2)]);
    };
    for window in ["24h", "7d", "90d"] {
        check(&muster.ok(&["analytics", "syncs", "--window", window]));
    }
    let full = muster.ok(&["analytics", "syncs", "--vcenter", "berlin", "--kind", "full_sync"]);
    assert_eq!(full["summary"]["succeeded"], 2);
    assert!(muster.run(&["analytics", "syncs"]).stdout.contains("1 unreachable"));

    // Operations go, and what they amounted to stays: also those that were counted as rows, and not as sums, until then.
    muster.ok(&["sync", "full", "Paris"]);
    execute(&muster, "UPDATE operations SET measured = measured; DELETE FROM operations WHERE measured = 1");
    let left = muster.ok(&["operations", "list", "--limit", "100"]).as_array().map(Vec::len);
    assert!(left < Some(9), "some were counted by the command before: {left:?}");
    let found = muster.ok(&["analytics", "syncs", "--window", "7d"]);
    assert_eq!((&found["summary"]["succeeded"], &found["summary"]["failed"]), (&json!(8), &json!(1)));
    let wrong = muster.json(&["analytics", "syncs", "--window", "8d"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert_eq!(muster.json(&["analytics", "calls", "--vcenter", "nowhere"]).code, 3);
}

#[test]
fn what_the_cache_saved_is_what_refreshes_of_that_kind_cost_on_average() {
    let simulator = Simulator::start(&["--vms", "60"]);
    let muster = Musterctl::new();
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    for _ in 0..3 {
        muster.ok(&["inventory", "vms"]);
        muster.ok(&["inventory", "hosts"]);
    }
    let unknown = muster.ok(&["analytics", "calls"]);
    let saved = &unknown["summary"]["saved"];
    assert_eq!((&saved["reads"], &saved["unpriced"], &saved["calls"]), (&json!(6), &json!(6), &json!(0.0)));
    for _ in 0..2 {
        muster.ok(&["refresh", "vms", "Berlin"]);
    }
    muster.ok(&["test", "Berlin"]);

    let operations = muster.ok(&["operations", "list", "--limit", "100"]);
    let all = operations.as_array().expect("a list");
    let refreshes: Vec<&Value> = all.iter().filter(|one| one["kind"] == "refresh").collect();
    let mean = |key: &str| refreshes.iter().filter_map(|one| one[key].as_u64()).sum::<u64>() as f64 / 2.0;
    let found = muster.ok(&["analytics", "calls", "--vcenter", "Berlin"]);
    let summary = &found["summary"];
    assert_eq!((&summary["hits"], &summary["shared"], &summary["misses"]), (&json!(6), &json!(0), &json!(0)));
    let saved = &summary["saved"];
    assert_eq!(
        (&saved["reads"], &saved["unpriced"]),
        (&json!(6), &json!(3)),
        "hosts were never refreshed alone"
    );
    let near = |told: &Value, exact: f64| {
        assert!((told.as_f64().unwrap() - exact).abs() < 1e-6 * exact, "{told}: {exact}")
    };
    near(&saved["calls"], 3.0 * mean("calls"));
    near(&saved["bytes"], 3.0 * mean("bytes"));
    near(&saved["ms"], 3.0 * took(&refreshes).iter().sum::<i64>() as f64 / 2.0);
    assert_eq!(
        (summary["calls"].as_u64(), summary["bytes"].as_u64()),
        (Some(sum(all, "calls")), Some(sum(all, "bytes")))
    );
    let series = list(&found, "series");
    assert_eq!((series.len(), sum(series, "calls"), sum(series, "hits")), (24, sum(all, "calls"), 6));
    // Each call that is counted was answered, and has its time under its method.
    let methods = list(&found, "methods");
    let answers: u64 = sum(methods, "answers");
    assert_eq!(answers, sum(all, "calls"), "{methods:?}");
    assert!(
        methods
            .iter()
            .any(|one| one["method"] == "RetrievePropertiesEx" && one["p95_ms"].as_f64() > Some(0.0))
    );
    assert!(
        summary["p50"].as_f64() <= summary["p95"].as_f64() && summary["p50"].as_f64() > Some(0.0),
        "{summary}"
    );
}

#[test]
fn capacity_is_that_of_the_rows_and_a_date_is_told_of_what_grew_for_days() {
    let simulator = Simulator::start(&["--vms", "60"]);
    let muster = Musterctl::new();
    assert_eq!(muster.ok(&["analytics", "capacity"])["datastores"], json!([]));
    let berlin = muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let columns = "name,moref,url,capacity_bytes,free_bytes,accessible";
    let rows = muster.ok(&["inventory", "datastores", "--columns", columns]);
    let rows: Vec<&Value> =
        rows.as_array().expect("rows").iter().filter(|row| row["accessible"] == true).collect();
    let mut seen = BTreeSet::new();
    let (mut capacity, mut used) = (0, 0);
    for row in &rows {
        let (all, free) = (row["capacity_bytes"].as_u64().unwrap(), row["free_bytes"].as_u64().unwrap());
        if seen.insert((row["url"].to_string(), all)) {
            (capacity, used) = (capacity + all, used + all - free);
        }
    }
    let vms = muster.workloads();
    let hosts = muster.ok(&["inventory", "hosts"]).as_array().map(Vec::len);
    let found = muster.ok(&["analytics", "capacity"]);
    let summary = &found["summary"];
    assert_eq!(
        (summary["capacity_bytes"].as_u64(), summary["used_bytes"].as_u64()),
        (Some(capacity), Some(used))
    );
    assert_eq!(
        (summary["vms"].as_u64(), summary["hosts"].as_u64()),
        (Some(vms as u64), hosts.map(|n| n as u64))
    );
    let last = list(&found, "series").last().expect("steps");
    assert_eq!((&last["used_bytes"], &last["vms"]), (&summary["used_bytes"], &summary["vms"]));
    assert!(
        list(&found, "series")[..23].iter().all(|step| step["used_bytes"].is_null()),
        "nothing was known before"
    );
    assert!(
        list(&found, "datastores").iter().all(|one| one["no_date"] == "too_few_days"),
        "one day proves nothing"
    );

    // Ten days in which one datastore grew by a thousandth of its capacity a day, and the others not at all.
    let grows = rows.iter().max_by_key(|row| row["free_bytes"].as_u64()).expect("datastores");
    let (all, free) = (grows["capacity_bytes"].as_u64().unwrap(), grows["free_bytes"].as_u64().unwrap());
    let (id, today) = (berlin["id"].as_str().unwrap(), today());
    let mut sql = String::new();
    for day in 1..=10_i64 {
        let of = |row: &&Value| {
            let free_then = match row["moref"] == grows["moref"] {
                true => free + all / 1000 * day as u64,
                false => row["free_bytes"].as_u64().unwrap(),
            };
            format!("{}:[{},{free_then}]", row["moref"], row["capacity_bytes"])
        };
        let datastores: Vec<String> = rows.iter().map(of).collect();
        let data = format!("{{\"vms\":{},\"datastores\":{{{}}}}}", vms as i64 - day, datastores.join(","));
        sql += &format!(
            "INSERT INTO measures VALUES ('{id}', {DAY}, {}, 'capacity', '{data}');",
            (today - day) * DAY
        );
    }
    execute(&muster, &sql);
    let found = muster.ok(&["analytics", "capacity", "--window", "90d"]);
    let datastores = list(&found, "datastores");
    let one = &datastores[0];
    assert_eq!(one["moref"], grows["moref"], "what is full first comes first");
    assert_eq!(
        (&one["trend"]["days"], one["trend"]["per_day"].as_f64()),
        (&json!(11), Some((all / 1000) as f64))
    );
    let full = millis(&one["at"]) as f64 + free as f64 / (all / 1000) as f64 * DAY as f64;
    for date in ["full_earliest", "full_latest"] {
        assert!((millis(&one[date]) as f64 - full).abs() < 1000.0, "{one}");
    }
    assert!(
        datastores[1..].iter().all(|one| one["no_date"] == "not_growing" && one["full_earliest"].is_null())
    );
    assert_eq!(found["summary"]["vm_trend"]["per_day"], 1.0);
    let known = list(&found, "series").iter().filter(|step| step["vms"].is_number()).count();
    assert_eq!(known, 11);
    let printed = muster.run(&["analytics", "capacity", "--window", "90d"]).stdout;
    let day = one["full_earliest"].as_str().unwrap()[..10].to_owned();
    assert!(printed.contains(&day) && printed.contains("Not clearly growing"), "{printed}");
}

#[test]
fn findings_over_time_are_those_that_were_open_after_the_last_sync_without_waived_ones() {
    let simulator = Simulator::start(&["--vms", "200", "--seed", "1"]);
    let muster = Musterctl::new();
    assert_eq!(muster.ok(&["analytics", "findings"])["known_since"], Value::Null);
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let counts = |findings: &Value| {
        let all = findings.as_array().expect("a list");
        let is_of = |one: &&Value, level: &str| one["level"] == level && one["kind"] != "vcenters";
        ["critical", "warning", "information"]
            .map(|level| all.iter().filter(|one| is_of(one, level)).count() as u64)
    };
    let told = |point: &Value| {
        ["critical", "warning", "information"].map(|level| point[level].as_u64().unwrap_or(u64::MAX))
    };
    let last = |found: &Value| {
        let known = list(found, "series").iter().rfind(|point| point["critical"].is_u64());
        known.map(told).expect("a step with a sync")
    };
    let open = counts(&muster.ok(&["health"]));
    assert!(open.iter().all(|count| *count > 0), "{open:?}");
    for window in ["24h", "7d", "90d"] {
        let found = muster.ok(&["analytics", "findings", "--window", window]);
        assert_eq!((last(&found), told(&found["summary"])), (open, open), "{window}");
        assert_eq!(told(&found["vcenters"][0]), open);
    }
    // What is waived is not open.
    muster.ok(&["health", "waive", "snapshot-old", "--reason", "of the test"]);
    let less = counts(&muster.ok(&["health"]));
    assert!(less < open, "{less:?}");
    muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(last(&muster.ok(&["analytics", "findings"])), less);
}
