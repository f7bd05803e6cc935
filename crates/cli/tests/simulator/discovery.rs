//! `musterctl discovery` against the simulated BMCs, as scripts use it.

use super::{Running, document, musterctl, run};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

const SERVER: &str = "server address url vendor model serial_number service_tag uuid hostname power_state health bios_version \
     bmc_model bmc_firmware mac_addresses bmc_mac_addresses found_at seen_at read_at state problem certificate \
     was_trusted approved_sha256 is_redfish same_certificate profile host host_moref vcenter vcenter_id confirmed score reasons candidates rejected_hosts";
const HOST: &str = "host host_moref vcenter vcenter_id vendor model serial_number candidates";
const PROFILE: &str = "credential_id profile user vendor proven_at paused_at servers";

/// A data folder, and the passwords where musterctl finds them: here is no keychain.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(passwords: &[(&str, &str)]) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("credentials")).unwrap();
        for (credential, password) in passwords {
            std::fs::write(folder.path().join("credentials").join(credential), password).unwrap();
        }
        Desk { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, words: &str) -> Output {
        let mut command = musterctl();
        command.arg("--data-dir").arg(self.path("data")).args(words.split(' '));
        run(command.env("CREDENTIALS_DIRECTORY", self.path("credentials")))
    }

    /// What it says on stdout, where it ends with this code.
    fn says(&self, words: &str, code: i32) -> Value {
        let output = self.run(&format!("{words} --json"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}: {errors}");
        match output.stdout.is_empty() {
            // What failed says so in the last line of stderr.
            true => serde_json::from_str(errors.lines().last().unwrap()).unwrap(),
            false => serde_json::from_slice(&output.stdout).unwrap(),
        }
    }
}

/// Asserts that a document, or every document of a list that is not empty, has these keys: scripts rely on them.
fn has(document: &Value, keys: &str) {
    let all = document.as_array().map_or(std::slice::from_ref(document), Vec::as_slice);
    assert!(!all.is_empty());
    for (one, key) in all.iter().flat_map(|one| keys.split_whitespace().map(move |key| (one, key))) {
        assert!(one.get(key).is_some(), "{key} is missing: {one}");
    }
}

/// How many servers stand in which way.
fn states(servers: &Value) -> Vec<(&str, usize)> {
    let states = ["untrusted", "matched", "dark", "conflict", "rejected", "unreadable", "ambiguous"];
    let of = |state: &&str| servers.as_array().unwrap().iter().filter(|one| one["state"] == **state).count();
    states.iter().map(|state| (*state, of(state))).filter(|(_, number)| *number > 0).collect()
}

/// A simulator with the BMCs of its hosts and two of dark servers, the vCenter added and synced.
fn estate(desk: &Desk) -> (Running, Value) {
    let mut running = Running::start(&["--vms", "12", "--bmcs", "6", "--password", "right", "--json"]);
    let told = document(&mut running);
    let [address, user, sha256] = ["address", "user", "sha256"].map(|key| told[key].as_str().unwrap());
    assert_eq!(desk.run(&format!("credential add Site --user {user}")).status.code(), Some(0));
    let added = desk.run(&format!("vcenter add Site {address} --credential Site --pin {sha256}"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(desk.says("sync full Site", 0)[0]["state"], "succeeded");
    (running, told)
}

fn port(told: &Value) -> &str {
    told["bmcs"][0]["address"].as_str().unwrap().rsplit(':').next().unwrap()
}

#[test]
fn from_an_empty_list_to_a_conflict_resolved_by_hand_that_the_next_scan_remembers() {
    let desk = Desk::new(&[("Site", "right"), ("bmcs", "right")]);
    let (_running, told) = estate(&desk);
    let hosts = desk.says("inventory hosts", 0).as_array().unwrap().len();
    assert_eq!(desk.says("discovery list", 0), serde_json::json!([]));
    let without = desk.says("discovery hosts", 0);
    assert_eq!(without.as_array().unwrap().len(), hosts);
    has(&without, HOST);

    let scan = format!("discovery scan 127.0.64.1-127.0.64.8 --port {}", port(&told));
    let scanned = desk.says(&scan, 0);
    assert_eq!((&scanned[0]["vcenter"], &scanned[0]["added"]), (&Value::Null, &6.into()));
    let said = desk.run(&scan);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("6 BMCs, 6 not approved yet: musterctl discovery approve --seen"), "{said}");
    let untrusted = desk.says("discovery list", 0);
    assert_eq!(states(&untrusted), [("untrusted", 6)]);
    has(&untrusted, SERVER);
    assert_eq!(desk.says("discovery approve --seen", 2)["error"]["code"], "invalid_value");

    let profile = desk.says("discovery profile add bmcs --user inventory", 0);
    has(&profile, PROFILE);
    assert_eq!((&profile["profile"], &profile["proven_at"]), (&"bmcs".into(), &Value::Null));
    assert_eq!(desk.says("discovery approve --seen --yes", 0)[0]["state"], "succeeded");
    let all = desk.says("discovery list", 0);
    assert_eq!(states(&all), [("matched", hosts), ("dark", 6 - hosts)]);
    assert_eq!(desk.says("discovery hosts", 0), serde_json::json!([]));
    assert_eq!(desk.says("discovery profile list", 0)[0]["servers"], 6);

    // A person says that a dark server is the host of another one, which then is a conflict.
    let of = |state: &str| all.as_array().unwrap().iter().find(|one| one["state"] == state).unwrap();
    let (dark, host) =
        (of("dark")["serial_number"].as_str().unwrap(), of("matched")["host"].as_str().unwrap());
    let matched = desk.says(&format!("discovery match {dark} {host}"), 0);
    assert_eq!((&matched["host"], &matched["confirmed"]), (&host.into(), &true.into()));
    assert_eq!(desk.says(&scan, 0)[0]["added"], 0);
    let remembered = desk.says("discovery list", 0);
    assert_eq!(states(&remembered), [("matched", hosts), ("dark", 5 - hosts), ("conflict", 1)]);
    let taken_back = desk.says(&format!("discovery unmatch {dark}"), 0);
    assert_eq!((&taken_back["state"], &taken_back["host"]), (&"dark".into(), &Value::Null));
    assert_eq!(states(&desk.says("discovery list --state conflict", 0)), []);

    // And that a matched one is not its host.
    let address = of("matched")["address"].as_str().unwrap();
    assert_eq!(desk.says(&format!("discovery reject {address} {host}"), 0)["state"], "dark");
    assert_eq!(desk.says("discovery hosts", 0)[0]["host"], host);
    assert_eq!(desk.says(&format!("discovery remove {address} --yes"), 0)[0]["address"], address);
    assert_eq!(desk.says(&format!("discovery show {address}"), 3)["error"]["code"], "not_found");
}

#[test]
fn a_wrong_password_reaches_one_bmc_and_its_profile_is_paused_after_the_second() {
    let desk = Desk::new(&[("Site", "right"), ("bmcs", "wrong")]);
    let (_running, told) = estate(&desk);
    desk.says(&format!("discovery scan 127.0.64.1-6 --port {}", port(&told)), 0);
    desk.says("discovery profile add bmcs --user inventory", 0);
    let read = desk.says("discovery approve --seen --yes", 8);
    assert_eq!((&read[0]["state"], &read[0]["result"]["rejected"]), (&"partial".into(), &1.into()));
    assert_eq!(states(&desk.says("discovery list", 0)), [("rejected", 1), ("unreadable", 5)]);
    desk.says("discovery refresh", 8);
    assert_ne!(desk.says("discovery profile list", 0)[0]["paused_at"], Value::Null);

    // With another password a person resumes it.
    std::fs::write(desk.path("credentials").join("bmcs"), "right").unwrap();
    assert_eq!(desk.says("discovery profile resume bmcs", 0)["paused_at"], Value::Null);
    let addresses: Vec<&str> =
        told["bmcs"].as_array().unwrap().iter().map(|bmc| bmc["address"].as_str().unwrap()).collect();
    assert_eq!(desk.says(&format!("discovery refresh {}", addresses.join(" ")), 0)[0]["result"]["read"], 6);
    let removed = desk.run("discovery profile remove bmcs");
    let said = String::from_utf8_lossy(&removed.stderr);
    assert!(said.contains("musterctl credential remove bmcs"), "{said}");
    assert_eq!(desk.says("discovery profile list", 0), serde_json::json!([]));
    assert_eq!(desk.says("credential list", 0).as_array().unwrap().len(), 2);
}

#[test]
fn roles_and_the_number_of_addresses_are_looked_at_before_anybody_is_contacted() {
    let desk = Desk::new(&[]);
    for (words, code) in [
        ("--role viewer discovery scan 127.0.64.1", 7),
        ("--role viewer discovery list", 7),
        ("--role operator discovery approve --seen", 7),
        ("--role operator discovery remove 127.0.64.1", 7),
        ("--role operator discovery profile add bmcs --user inventory", 7),
        ("discovery scan 127.0.0.0/19", 2),
        ("discovery scan 127.0.0.0/8 --yes", 2),
        ("discovery scan 127.0.64.1 --profile none", 3),
        ("discovery show 127.0.64.1", 3),
    ] {
        desk.says(words, code);
    }
    assert_eq!(desk.says("operations list", 0), serde_json::json!([]));
    assert!(Path::new(&desk.path("data")).exists());
}
