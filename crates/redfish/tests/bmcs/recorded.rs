//! Every recorded BMC, looked at and read from the first byte to the last, over TLS.
//! What is expected was written down from the recordings.

use std::{path::PathBuf, sync::Arc, time::Duration};

use redfish::{Found, Known, LOOK_DEADLINE, Reading, System, look};

use crate::bmc::{Bmc, PASSWORD, USER, password, recording};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../simulator/recorded/redfish"))
}

fn recordings() -> Vec<String> {
    let mut names = Vec::new();
    for vendor in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        for file in std::fs::read_dir(&vendor).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(folder()).unwrap().to_string_lossy().replace('\\', "/");
            if let Some(name) = name.strip_suffix(".json").filter(|name| !name.ends_with(".headers")) {
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    names
}

async fn visited(name: &str) -> (Known, Reading) {
    let (bodies, headers) = recording(&folder().join(format!("{name}.json")));
    let bmc = Bmc::start(bodies, headers, Arc::new(|_| None)).await;
    let looked = look(&bmc.unknown(), "test/1", LOOK_DEADLINE).await;
    let Found::Bmc(known) = looked.found else { panic!("{name}: {looked:?}") };
    let shown = looked.shown.unwrap();
    assert!(!shown.trusted && shown.certificate.sha256 != [0; 32]);
    let before = bmc.requests();
    assert!(before.len() <= 2 && before.iter().all(|request| !request.has_credential()), "{before:?}");
    let visit = bmc.visit(Duration::from_secs(60));
    visit.login(USER, &password()).await.unwrap();
    let reading = visit.read().await.unwrap();
    visit.close(Duration::from_secs(5)).await.unwrap();
    assert_eq!(bmc.sessions(), (1, 1, 0), "{name}");
    assert!(reading.requests < 150, "{name}: {}", reading.requests);
    let all = bmc.requests();
    let has_login = |request: &&crate::bmc::Request| request.has_credential();
    assert_eq!(all.iter().filter(|request| request.body.contains("Password")).count(), 1);
    assert_eq!(
        all[before.len()..].iter().position(|request| has_login(&request)),
        Some(before_login(&all[before.len()..]))
    );
    assert!(all.iter().all(|request| !request.path.contains('?') && request.method != "HEAD"));
    assert!(!format!("{visit:?}{reading:?}{known:?}").contains(PASSWORD));
    (*known, reading)
}

/// Requests before the login: the root, and the older one where there is none.
fn before_login(requests: &[crate::bmc::Request]) -> usize {
    let login = requests.iter().position(|request| request.method == "POST").unwrap();
    assert!((1..=2).contains(&login));
    login
}

fn or_dash(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("-")
}

/// Of a system: what it is, who it is, and its state.
fn line(system: &System) -> String {
    let macs = match &*system.macs {
        [] => "-".into(),
        [first, rest @ ..] => format!("{first}+{}", rest.len()),
    };
    let mut line = [
        or_dash(&system.manufacturer),
        or_dash(&system.model),
        or_dash(&system.serial_number),
        or_dash(&system.service_tag),
        or_dash(&system.sku),
        or_dash(&system.uuid),
        &macs,
        or_dash(&system.host_name),
        or_dash(&system.power_state),
        or_dash(&system.health),
        or_dash(&system.bios_version),
        or_dash(&system.chassis_serial),
        or_dash(&system.enclosure_serial),
    ]
    .join(" | ");
    if system.is_profile {
        line += " | profile";
    }
    if !system.is_host {
        line += " | no host";
    }
    line
}

fn bmc_line(reading: &Reading) -> String {
    let bmc = &reading.bmc;
    [
        or_dash(&bmc.model),
        or_dash(&bmc.firmware),
        &bmc.macs.join(","),
        &bmc.addresses.join(","),
        or_dash(&bmc.host_name),
    ]
    .join(" | ")
}

/// What is known without a login.
fn known_line(known: &Known) -> String {
    let vendor = known.vendor.map_or("-", |vendor| vendor.key());
    [
        vendor,
        or_dash(&known.product),
        or_dash(&known.redfish_version),
        or_dash(&known.service_tag),
        or_dash(&known.serial_number),
        or_dash(&known.bmc_mac),
        or_dash(&known.identity),
    ]
    .join(" | ")
}

async fn table() -> Vec<(String, Vec<String>)> {
    let mut table = Vec::new();
    for name in recordings() {
        let (known, reading) = visited(&name).await;
        let mut lines = vec![known_line(&known), bmc_line(&reading)];
        lines.extend(reading.systems.iter().map(line));
        assert!(reading.gaps.is_empty(), "{name}: {:?}", reading.gaps);
        table.push((name, lines));
    }
    table
}

#[tokio::test]
async fn every_recorded_bmc_is_read_as_its_recording_has_it() {
    let table = table().await;
    for (name, lines) in &table {
        println!("{name}");
        lines.iter().for_each(|line| println!("    {line}"));
    }
    let expected = include_str!("../expected.txt");
    let mut found = String::new();
    for (name, lines) in &table {
        found += &format!("{name}\n");
        lines.iter().for_each(|line| found += &format!("    {line}\n"));
    }
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
    assert_eq!(table.len(), 31);
}
