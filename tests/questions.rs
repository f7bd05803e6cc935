//! The questions of a working day, each as one line on the command line.
//! Refuses to take the answer's word for it: it is compared with what the rows say.

use crate::support::{Musterctl, Simulator, answered};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::process::Command;

fn rows(muster: &Musterctl, kind: &str) -> Vec<Value> {
    let every = muster.run(&["inventory", kind, "--json"]).document();
    every.as_array().expect("rows").clone()
}

fn morefs<'a>(rows: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    rows.into_iter().map(|row| row["moref"].as_str().expect("a moref").to_owned()).collect()
}

/// What a condition finds is what a look at every row finds, and that is neither nothing nor everything.
fn asked(muster: &Musterctl, kind: &str, conditions: &[&str], is_meant: impl Fn(&Value) -> bool) -> usize {
    let arguments: Vec<&str> = conditions.iter().flat_map(|one| ["--where", one]).collect();
    let found = muster.ok(&[&["inventory", kind][..], &arguments].concat());
    let every = rows(muster, kind);
    let meant = morefs(every.iter().filter(|row| is_meant(row)));
    assert_eq!(morefs(found.as_array().expect("rows")), meant, "{kind} {conditions:?}");
    assert!(!meant.is_empty() && meant.len() < every.len(), "{kind} {conditions:?}: {}", meant.len());
    meant.len()
}

#[test]
fn the_questions_of_a_working_day_are_one_line_each() {
    let simulator = Simulator::start(&["--vms", "300"]);
    let muster = Musterctl::new();
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let number = |row: &Value, column: &str| row[column].as_f64();

    let old = asked(&muster, "vms", &["snapshot_age>7d"], |row| {
        number(row, "snapshot_age_seconds").is_some_and(|age| age > 7.0 * 86_400.0)
    });
    let full = asked(&muster, "datastores", &["free_percent<40"], |row| {
        number(row, "free_bytes")
            .zip(number(row, "capacity_bytes"))
            .is_some_and(|(free, all)| free * 100.0 < all * 40.0)
    });
    let first = rows(&muster, "vms")
        .iter()
        .find_map(|row| row["ip_address"].as_str()?.parse::<Ipv4Addr>().ok())
        .expect("an address");
    let [a, b, c, _] = first.octets();
    let subnet = format!("ip_addresses in {a}.{b}.{c}.0/26");
    let near = asked(&muster, "vms", &[&subnet], |row| {
        let addresses = row["ip_addresses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        addresses.filter_map(|one| one.parse::<Ipv4Addr>().ok()).any(|one| {
            let [x, y, z, last] = one.octets();
            (x, y, z) == (a, b, c) && last < 64
        })
    });
    let host = rows(&muster, "hosts")
        .iter()
        .find_map(|row| (row["vm_count"].as_u64()? > 0).then(|| row["name"].clone()));
    let host = host.expect("a host with VMs");
    let host = host.as_str().expect("a name");
    let short = host.split('.').next().expect("a name");
    let on_host = asked(&muster, "vms", &[&format!("host={short}")], |row| row["host"] == *host);
    let in_maintenance = asked(&muster, "hosts", &["state=maintenance mode"], |row| {
        row["in_maintenance"] == true && row["connection_state"] == "connected"
    });
    let both = asked(&muster, "vms", &[&format!("host={short}"), "power_state=Powered on"], |row| {
        row["host"] == *host && row["power_state"] == "poweredOn"
    });
    for (question, found) in [
        ("snapshots over 7 days", old),
        ("datastores under 40 % free", full),
        (&*subnet, near),
        ("VMs on a host", on_host),
        ("those of them that run", both),
        ("hosts in maintenance mode", in_maintenance),
    ] {
        answered(question, format_args!("one line, {found} rows"));
    }

    let one = &rows(&muster, "vms")[0];
    let where_is = muster.run(&[
        "inventory",
        "vms",
        "--where",
        &format!("name={}", one["name"].as_str().unwrap()),
        "--columns",
        "name,host,home_datastore",
        "--csv",
    ]);
    let line = where_is.stdout.lines().nth(1).expect("a row");
    assert!(line.contains(one["home_datastore"].as_str().unwrap()), "{where_is:?}");
}

#[test]
fn a_list_is_read_back_by_python_as_it_was_shown() {
    let simulator = Simulator::start(&["--vms", "40"]);
    let muster = Musterctl::new();
    muster.add_simulator(&simulator, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let columns = "name,power_state,host,memory_bytes,networks";
    let file = muster.folder().join("vms.csv");
    let sheet =
        muster.run(&["inventory", "vms", "--columns", columns, "--sort", "-memory_bytes", "--spreadsheet"]);
    std::fs::write(&file, &sheet.stdout).unwrap();
    let script = "import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], encoding='utf-8-sig', newline='')))))";
    let python = Command::new("python3").args(["-c", script]).arg(&file).output().expect("python3");
    let back: Vec<Value> =
        serde_json::from_slice(&python.stdout).unwrap_or_else(|error| panic!("{error}: {python:?}"));
    let shown = muster.ok(&["inventory", "vms", "--columns", columns, "--sort", "-memory_bytes"]);
    let shown = shown.as_array().unwrap();
    assert_eq!(back.len(), shown.len());
    for (back, shown) in back.iter().zip(shown) {
        assert_eq!(back["name"], shown["name"]);
        assert_eq!(back["memory_bytes"], shown["memory_bytes"].to_string());
        assert_eq!(back.as_object().unwrap().len(), 5, "{back}");
    }
}

#[test]
fn a_condition_that_fits_nothing_is_refused_with_what_would_fit() {
    let muster = Musterctl::new();
    for (condition, says) in [
        ("free_percent<lots", "percentage"),
        ("no_such=1", "free_percent"),
        ("free_percent", "free_percent<10"),
        ("name in 10.0.0.0/8", "Use one of"),
    ] {
        let run = muster.json(&["inventory", "datastores", "--where", condition]);
        assert_eq!((run.code, &run.error()["code"]), (2, &Value::from("invalid_value")), "{run:?}");
        assert!(run.error()["next_step"].as_str().unwrap().contains(says), "{run:?}");
    }
}
