//! Server discovery on the command line, against simulated BMCs that count what they are asked: from addresses to matched hosts.
//! Refuses to believe Muster: sessions, logins and requests are what the BMCs saw.

use crate::support::{Musterctl, Peer, Run, Sushy, eventually, interrupt, table, terminate};
use crate::window::bus::{Bus, Keyring};
use serde_json::{Value, json};
use simulator::{Bmc, BmcOptions, Bmcs, Hardware, Options, Simulator};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Child;
use std::time::{Duration, Instant};

/// A vCenter and its BMCs in this process.
struct Estate {
    vcenter: Simulator,
    bmcs: Bmcs,
}

impl Estate {
    async fn start(vms: u32, options: BmcOptions) -> Estate {
        let vcenter =
            Simulator::start(Options { hardware: Hardware::Odd, ..Options::new(vms, 11) }).await.unwrap();
        let bmcs = Bmcs::of(&vcenter, options).await.unwrap();
        Estate { vcenter, bmcs }
    }

    fn port(&self) -> String {
        self.bmcs.all()[0].address().port().to_string()
    }

    /// Adds the vCenter and a profile with the right password.
    fn configure(&self, muster: &Musterctl) {
        muster.put_password("Berlin", self.vcenter.password());
        let address = self.vcenter.address().to_string();
        muster.ok(&[
            "vcenter",
            "add",
            "Berlin",
            &address,
            "--user",
            self.vcenter.user(),
            "--pin",
            self.vcenter.sha256(),
        ]);
        profile(muster, "bmc", self.bmcs.all()[0].user(), self.bmcs.all()[0].password());
    }

    fn scan(&self, muster: &Musterctl, ranges: &[&str]) -> Value {
        let port = self.port();
        let run = muster.json(&[&["discovery", "scan"], ranges, &["--port", &port, "--yes"]].concat());
        assert!([0, 8].contains(&run.code), "{run:?}");
        run.document()[0].clone()
    }
}

fn profile(muster: &Musterctl, name: &str, user: &str, password: &str) {
    let run = muster.run_with_stdin(
        &["discovery", "profile", "add", name, "--user", user, "--password-stdin", "--json"],
        &format!("{password}\n"),
    );
    assert_eq!(run.code, 0, "{run:?}");
    muster.put_password(name, password);
}

fn list(muster: &Musterctl) -> Vec<Value> {
    muster.ok(&["discovery", "list"]).as_array().expect("a list").clone()
}

fn sums(bmcs: &[Bmc]) -> BTreeMap<&'static str, u64> {
    let mut sums = BTreeMap::new();
    for counts in bmcs.iter().map(Bmc::counts) {
        for (what, count) in [
            ("opened", counts.sessions_opened),
            ("closed", counts.sessions_closed),
            ("open", counts.sessions_open as u64),
            ("wrong", counts.wrong_logins),
            ("without_login", counts.without_login),
        ] {
            *sums.entry(what).or_default() += count;
        }
    }
    sums
}

fn kill(child: &Child) {
    assert!(
        std::process::Command::new("kill")
            .args(["-KILL", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

fn most(bmcs: &[Bmc], of: fn(&simulator::BmcCounts) -> u64) -> u64 {
    bmcs.iter().map(|bmc| of(&bmc.counts())).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_addresses_are_scanned_without_a_login_and_then_each_bmc_with_one() {
    let options = BmcOptions { hosts: 30, dark: 20, ..BmcOptions::default() };
    let estate = Estate::start(400, options).await;
    let bmcs = estate.bmcs.all();
    assert_eq!(bmcs.len(), 50);
    let muster = Musterctl::new();
    estate.configure(&muster);
    let began = Instant::now();
    let operation = estate.scan(&muster, &["127.0.64.0/22"]);
    let took = began.elapsed();
    assert_eq!((&operation["kind"], &operation["vcenter"]), (&"scan".into(), &Value::Null), "{operation}");
    assert_eq!(operation["done"], 1_022, "{operation}");
    let seen = list(&muster);
    assert_eq!(seen.len(), 50);
    assert!(seen.iter().all(|one| one["state"] == "untrusted" && one["certificate"]["sha256"].is_string()));
    let before = sums(bmcs);
    assert_eq!((before["opened"], before["wrong"], before["without_login"]), (0, 0, 0), "{before:?}");
    for bmc in bmcs {
        let requests = bmc.counts().requests;
        assert!(requests.keys().all(|one| one == "GET /redfish/v1/"), "{requests:?}");
    }

    // Approved, each is logged in to once, and left.
    let run = muster.json(&["discovery", "approve", "--seen", "--yes"]);
    assert!([0, 8].contains(&run.code), "{run:?}");
    let servers = list(&muster);
    assert!(servers.iter().all(|one| one["read_at"].is_string()), "{servers:?}");
    let after = sums(bmcs);
    assert_eq!((after["opened"], after["closed"], after["open"]), (50, 50, 0), "{after:?}");
    assert_eq!((after["wrong"], most(bmcs, |counts| counts.most_sessions as u64)), (0, 1), "{after:?}");
    assert!(most(bmcs, |counts| counts.most_requests as u64) <= 1, "one thing at a time");
    table("a scan of 1,022 addresses with 50 BMCs", format!("{took:.1?}; {after:?}"));
    // A second scan reads them all again, with nobody asked anything.
    estate.scan(&muster, &["127.0.64.0/22"]);
    let again = sums(bmcs);
    assert_eq!(
        (again["opened"], again["closed"], again["open"], again["wrong"]),
        (100, 100, 0, 0),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_of_another_house_is_read_by_basic_authentication_and_matched() {
    let vcenter = Simulator::start(Options::new(100, 11)).await.unwrap();
    let bmcs = Bmcs::of(&vcenter, BmcOptions { hosts: 1, ..BmcOptions::default() }).await.unwrap();
    let muster = Musterctl::new();
    let estate = Estate { vcenter, bmcs };
    estate.configure(&muster);
    muster.ok(&["sync", "full", "Berlin"]);
    let host = muster.ok(&["inventory", "hosts", "--columns", "name,uuid"])[0].clone();
    let uuid = host["uuid"].as_str().unwrap_or_else(|| panic!("{host}"));
    let mut emulator = Sushy::start(uuid, "00:5c:52:31:3a:9c");
    muster.ok(&["discovery", "profile", "remove", "bmc"]);
    profile(&muster, "sushy", Sushy::USER, Sushy::PASSWORD);
    let port = emulator.port();
    muster.json(&["discovery", "scan", "127.0.0.1", "--port", &port, "--yes"]);
    assert_eq!(emulator.asked(), ["GET /redfish/v1/ 200"], "a look without a login");

    muster.json(&["discovery", "approve", "--seen", "--yes"]);
    let server = list(&muster)[0].clone();
    assert_eq!((&server["uuid"], &server["power_state"]), (&uuid.into(), &"On".into()), "{server}");
    assert_eq!(
        (&server["state"], &server["vendor"], &server["host"]),
        (&"matched".into(), &"Sushy Emulator".into(), &host["name"]),
        "{server}"
    );
    // It has no sessions: the password goes with each request, and was right each time.
    let asked = emulator.asked();
    assert!(asked.iter().all(|one| one.starts_with("GET ") && !one.ends_with(" 401")), "{asked:#?}");
    assert!(asked.len() <= 12, "{asked:#?}");

    // Another password is sent once.
    muster.put_password("sushy", "of yesterday");
    let run = muster
        .run_with_stdin(&["credential", "set", "sushy", "--password-stdin", "--json"], "of yesterday\n");
    assert_eq!(run.code, 0, "{run:?}");
    muster.json(&["discovery", "refresh"]);
    muster.json(&["discovery", "refresh"]);
    let later = emulator.asked();
    let rejected = later.iter().filter(|one| one.ends_with(" 401")).count();
    assert_eq!(rejected, 1, "{later:#?}");
    table("sushy-tools, by basic authentication", format!("{} requests; {server}", asked.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_profile_reaches_one_bmc_and_the_right_one_all_of_them() {
    let estate = Estate::start(200, BmcOptions { hosts: 20, ..BmcOptions::default() }).await;
    let bmcs = estate.bmcs.all();
    let muster = Musterctl::new();
    estate.configure(&muster);
    muster.ok(&["discovery", "profile", "remove", "bmc"]);
    profile(&muster, "wrong", bmcs[0].user(), "not the password");
    estate.scan(&muster, &["127.0.64.0/24"]);
    muster.json(&["discovery", "approve", "--seen", "--yes"]);
    let counts = sums(bmcs);
    assert_eq!((counts["wrong"], counts["opened"]), (1, 0), "{counts:?}");
    let states = list(&muster);
    assert_eq!(states.iter().filter(|one| one["state"] == "rejected").count(), 1, "{states:?}");
    // A scan that nobody changed anything for tries one more, and pauses the profile then.
    estate.scan(&muster, &["127.0.64.0/24"]);
    estate.scan(&muster, &["127.0.64.0/24"]);
    let counts = sums(bmcs);
    assert_eq!(counts["wrong"], 2, "{counts:?}");
    let profiles = muster.ok(&["discovery", "profile", "list"]);
    assert!(profiles[0]["paused_at"].is_string(), "{profiles}");
    assert!(most(bmcs, |counts| counts.wrong_logins) <= 1, "no BMC twice");

    let run = muster.run_with_stdin(
        &["credential", "set", "wrong", "--password-stdin", "--json"],
        &format!("{}\n", bmcs[0].password()),
    );
    assert_eq!(run.code, 0, "{run:?}");
    muster.put_password("wrong", bmcs[0].password());
    estate.scan(&muster, &["127.0.64.0/24"]);
    let counts = sums(bmcs);
    assert_eq!((counts["wrong"], counts["opened"], counts["open"]), (2, 20, 0), "{counts:?}");
    assert!(list(&muster).iter().all(|one| one["read_at"].is_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_stops_at_one_bmc_in_whatever_words_it_is_refused() {
    for status in [400, 500, 503] {
        let behavior = simulator::BmcBehavior { wrong_login: Some(status), ..Default::default() };
        let options = BmcOptions { hosts: 4, behavior: Some(behavior), ..BmcOptions::default() };
        let estate = Estate::start(100, options).await;
        let bmcs = estate.bmcs.all();
        let muster = Musterctl::new();
        profile(&muster, "wrong", bmcs[0].user(), "not the password");
        estate.scan(&muster, &["127.0.64.0/24"]);
        muster.json(&["discovery", "approve", "--seen", "--yes"]);
        assert_eq!(sums(bmcs)["wrong"], 1, "{status}");
        for _ in 0..3 {
            estate.scan(&muster, &["127.0.64.0/24"]);
        }
        assert_eq!(sums(bmcs)["wrong"], 2, "{status}: the second one pauses it");
        assert!(most(bmcs, |counts| counts.wrong_logins) <= 1, "{status}: no BMC twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_nobody_waits_for_any_more_is_not_sent_again_by_itself() {
    let behavior = simulator::BmcBehavior { delay: Duration::from_secs(1), ..Default::default() };
    let options = BmcOptions { hosts: 1, behavior: Some(behavior), ..BmcOptions::default() };
    for end in [interrupt as fn(&Child), terminate, kill] {
        let estate = Estate::start(100, options.clone()).await;
        let bmcs = estate.bmcs.all();
        let muster = Musterctl::new();
        profile(&muster, "wrong", bmcs[0].user(), "not the password");
        estate.scan(&muster, &["127.0.64.0/24"]);
        let child = muster.spawn(&["discovery", "approve", "--seen", "--yes", "--json"]);
        eventually("the login is sent", || {
            bmcs[0].counts().requests.keys().any(|one| one.starts_with("POST"))
        });
        end(&child);
        crate::support::finish(child);
        for _ in 0..2 {
            estate.scan(&muster, &["127.0.64.0/24"]);
        }
        assert!(sums(bmcs)["wrong"] <= 1, "{:?}", bmcs[0].counts());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_changed_is_told_and_approved_by_name_only() {
    let estate = Estate::start(100, BmcOptions { hosts: 2, ..BmcOptions::default() }).await;
    let bmcs = estate.bmcs.all();
    let muster = Musterctl::new();
    estate.configure(&muster);
    estate.scan(&muster, &["127.0.64.0/24"]);
    muster.ok(&["discovery", "approve", "--seen", "--yes"]);
    let opened = sums(bmcs)["opened"];
    // As if another one had been approved.
    let script = "import sqlite3, sys\n\
        with sqlite3.connect(sys.argv[1]) as db:\n \
        db.execute(\"UPDATE bmcs SET trust = '{\\\"trust\\\":\\\"pin\\\",\\\"sha256\\\":\\\"\" + 'ab' * 32 + \"\\\"}' WHERE host = '127.0.64.1'\")";
    let database = muster.data().join("muster.db");
    let edited = std::process::Command::new("python3").args(["-c", script]).arg(&database).status().unwrap();
    assert!(edited.success());
    let run = muster.json(&["discovery", "refresh"]);
    assert_eq!(run.code, 8, "{run:?}");
    let error = run.document()[0]["error"]["message"].clone();
    assert_eq!(error, "1 of 2 BMCs show another certificate than the approved one");
    assert_eq!(sums(bmcs)["opened"], opened + 1, "nothing logs in there");
    let run = muster.run(&["discovery", "approve", "--seen", "--yes"]);
    assert!(run.stderr.contains("Left out: 127.0.64.1"), "{run:?}");
    assert_eq!(sums(bmcs)["opened"], opened + 1);
    let at = bmcs[0].address().to_string();
    assert_eq!(at.split(':').next(), Some("127.0.64.1"));
    muster.ok(&["discovery", "approve", &at, "--yes"]);
    assert!(list(&muster).iter().all(|one| one["problem"].is_null()));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_matched_with_the_hosts_that_run_on_them_and_what_a_person_says_stands() {
    let options = BmcOptions { dark: 5, clones: 2, blank: 2, without: 100, ..BmcOptions::default() };
    let estate = Estate::start(600, options).await;
    let bmcs = estate.bmcs.all();
    let muster = Musterctl::new();
    estate.configure(&muster);
    muster.ok(&["sync", "full", "Berlin"]);
    let last = bmcs.iter().map(|bmc| bmc.address().ip()).filter_map(|ip| match ip {
        std::net::IpAddr::V4(v4) => Some(v4),
        std::net::IpAddr::V6(_) => None,
    });
    let range = format!("{}-{}", Ipv4Addr::new(127, 0, 64, 1), last.max().expect("a BMC"));
    estate.scan(&muster, &[&range]);
    muster.json(&["discovery", "approve", "--seen", "--yes"]);
    let servers = list(&muster);
    assert_eq!(servers.len(), bmcs.len());
    let (mut right, mut wrong, mut runs) = (0, 0, 0);
    for bmc in bmcs {
        let address = bmc.address().to_string();
        let server = servers.iter().find(|one| one["address"] == *address).expect("it was found");
        runs += usize::from(bmc.host().is_some());
        match (server["state"].as_str(), server["host_moref"].as_str(), bmc.host()) {
            (Some("matched"), Some(told), Some(truth)) if told == truth => right += 1,
            (Some("matched"), ..) => wrong += 1,
            _ => {}
        }
    }
    table("BMCs of a simulated estate", format!("{runs} run ESXi; {right} matched rightly, {wrong} wrongly"));
    assert_eq!(wrong, 0);
    assert!(right * 100 >= runs * 80, "{right} of {runs}");

    // A match by facts that a person rejects is no match, and stays none.
    let one = servers.iter().find(|one| one["state"] == "matched").expect("a match").clone();
    let (id, host) = (one["server"].as_str().unwrap(), one["host"].as_str().unwrap());
    let unmatched = muster.ok(&["discovery", "unmatch", id]);
    assert_ne!(unmatched["state"], "matched", "{unmatched}");
    let without = muster.ok(&["discovery", "hosts"]);
    assert!(without.as_array().unwrap().iter().any(|one| one["host"] == host), "{without}");
    let port = estate.port();
    muster.json(&["discovery", "scan", &range, "--port", &port, "--yes"]);
    assert_ne!(muster.ok(&["discovery", "show", id])["state"], "matched");
    let matched = muster.ok(&["discovery", "match", id, host]);
    assert_eq!(
        (&matched["state"], &matched["confirmed"], &matched["host"]),
        (&"matched".into(), &true.into(), &host.into())
    );
    // A dark server can be said to be a host that facts know nothing of, and it stands over the next scan.
    let dark =
        servers.iter().find(|one| one["state"] == "dark").expect("a dark one")["server"].as_str().unwrap();
    let free = without.as_array().unwrap().iter().find(|one| one["host"] != host);
    if let Some(free) = free {
        muster.ok(&["discovery", "match", dark, free["host_moref"].as_str().unwrap()]);
        muster.json(&["discovery", "scan", &range, "--port", &port, "--yes"]);
        assert_eq!(muster.ok(&["discovery", "show", dark])["host"], free["host"]);
    }
    let audit = muster.ok(&["audit", "verify"]);
    assert_eq!(audit["ok"], true, "{audit}");
    let rows = muster.ok(&["audit", "list", "--limit", "1000"]).to_string();
    for command in ["start_scan", "approve_servers", "match_server", "unmatch_server", "set_profile"] {
        assert!(rows.contains(command), "{command} in the log");
    }
    assert!(!rows.contains(bmcs[0].password()));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_a_file_are_logged_in_to_each_with_its_own_credential() {
    let estate = Estate::start(100, BmcOptions { hosts: 3, ..BmcOptions::default() }).await;
    let bmcs = estate.bmcs.all();
    let at: Vec<String> = bmcs.iter().map(|bmc| bmc.address().to_string()).collect();
    let (user, right) = (bmcs[0].user(), bmcs[0].password());
    let bus = Bus::start().unwrap();
    let _keyring = Keyring::on(bus.address()).await.unwrap();
    let muster = Musterctl::with_keychain(bus.address());
    profile(&muster, "bmc", user, right);
    let file = muster.folder().join("bmcs.csv");
    let wrong = "factory-canary";
    let write = |second: &str| {
        let rows = format!(
            "Address;User;Password;Profile\n{};{user};{right};\n{};{user};{second};\n{};;;BMC\n{};;;\n10.0.0.0/24;;;\n\
             10.0.0.9;{user};;\n10.0.0.10;;;nobody\n",
            at[0], at[1], at[2], at[0]
        );
        std::fs::write(&file, rows).unwrap();
    };
    write(wrong);
    let import = ["discovery", "import", file.to_str().unwrap(), "--json"];
    let actions = |run: &Run| {
        let rows = run.document();
        let of = |row: &Value| row["action"].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let planned = muster.run(&[&import[..], &["--dry-run"]].concat());
    let refused = ["refuse"; 4];
    assert_eq!(planned.code, 8, "{planned:?}");
    assert_eq!(actions(&planned), [&["add", "add", "add"], &refused[..]].concat());
    assert!(list(&muster).is_empty(), "a plan stores nothing");
    let done = muster.run(&import);
    assert_eq!(actions(&done), actions(&planned));
    let reasons: Vec<Value> =
        done.document().as_array().unwrap()[3..].iter().map(|row| row["reason"].clone()).collect();
    for (reason, words) in reasons.iter().zip([
        "stands in line 2",
        "more than one",
        "no password",
        "no profile \"nobody\"; there are: bmc",
    ]) {
        assert!(reason.as_str().unwrap().contains(words), "{reason}");
    }
    assert_eq!(sums(bmcs)["without_login"], 0);
    let known = list(&muster);
    assert_eq!(known.len(), 3);
    assert!(known.iter().all(|one| one["seen_at"].is_null() && one["state"] == "unreadable"), "{known:?}");

    // Looked at, approved, and read: one login each, with what the file has.
    muster.json(&["discovery", "refresh"]);
    muster.json(&["discovery", "approve", "--seen", "--yes"]);
    let read_with = || {
        let read =
            |one: &Value| one["read_at"].is_string().then(|| one["profile"].as_str().unwrap().to_owned());
        let all: BTreeMap<String, Option<String>> = list(&muster)
            .iter()
            .map(|one| (one["address"].as_str().unwrap().to_owned(), read(one)))
            .collect();
        at.iter().map(|address| all[address].clone()).collect::<Vec<_>>()
    };
    let own = |place: usize| Some(format!("BMC {}", at[place]));
    assert_eq!(read_with(), [own(0), None, Some("bmc".to_owned())]);
    let counts = sums(bmcs);
    assert_eq!((counts["opened"], counts["wrong"], counts["open"]), (2, 1, 0), "{counts:?}");

    // Another password in the file is another one for its credential.
    write(right);
    let changed = muster.run(&import);
    assert_eq!(actions(&changed)[..3], ["change", "change", "same"], "{changed:?}");
    muster.json(&["discovery", "refresh"]);
    assert_eq!(read_with(), [own(0), own(1), Some("bmc".to_owned())]);
    assert_eq!(sums(bmcs)["wrong"], 1);
    let credentials = muster.ok(&["credential", "list"]);
    let stored = |one: &Value| one["stored"] == "keychain";
    assert_eq!(credentials.as_array().unwrap().iter().filter(|one| stored(one)).count(), 3, "{credentials}");
    for run in [&planned, &done, &changed] {
        assert!(!run.stdout.contains(wrong) && !run.stderr.contains(wrong), "{run:?}");
    }
    for entry in std::fs::read_dir(muster.data()).unwrap().map(|entry| entry.unwrap().path()) {
        let held = entry.is_file()
            && std::fs::read(&entry).unwrap().windows(wrong.len()).any(|w| w == wrong.as_bytes());
        assert!(!held, "{} has the password", entry.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_interrupted_leaves_no_session_behind() {
    for (name, end) in [("Ctrl-C", interrupt as fn(&Child)), ("SIGTERM", terminate)] {
        interrupted(name, end).await;
    }
}

async fn interrupted(name: &str, end: fn(&Child)) {
    let behavior = simulator::BmcBehavior { delay: Duration::from_millis(300), ..Default::default() };
    let options = BmcOptions { hosts: 20, behavior: Some(behavior), ..BmcOptions::default() };
    let estate = Estate::start(200, options).await;
    let muster = Musterctl::new();
    estate.configure(&muster);
    estate.scan(&muster, &["127.0.64.0/24"]);
    let bmcs = estate.bmcs.all();
    let port = estate.port();
    let servers = list(&muster);
    assert_eq!(servers.len(), 20);
    // Trusted, but not read yet.
    let child = muster.spawn(&["discovery", "approve", "--seen", "--yes", "--json"]);
    eventually("some are logged in to", || sums(bmcs)["opened"] >= 3);
    end(&child);
    let run = crate::support::finish(child);
    assert_eq!(run.code, 130, "{run:?}");
    let counts = sums(bmcs);
    assert_eq!((counts["open"], counts["wrong"]), (0, 0), "{counts:?}");
    table(&format!("{name} while BMCs are read"), format!("{counts:?}"));
    muster.json(&["discovery", "scan", "127.0.64.0/24", "--port", &port]);
    assert_eq!(sums(bmcs)["open"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_on_a_schedule_lists_what_is_new_and_logs_in_only_where_a_person_approved() {
    let estate = Estate::start(40, BmcOptions { hosts: 3, dark: 1, ..BmcOptions::default() }).await;
    let (bmcs, port, muster) = (estate.bmcs.all(), estate.port(), Musterctl::new());
    estate.configure(&muster);
    let scan = ["discovery", "scan", "127.0.64.0/28", "--port", &port];
    for (more, words) in [
        (&["--every", "5s"][..], "need --schedule NAME"),
        (&["--schedule", "Weekly"][..], "no time is specified"),
        (&["--schedule", "Weekly", "--every", "1s"][..], "out of range"),
    ] {
        let run = muster.json(&[&scan[..], more].concat());
        let said = run.error()["message"].as_str().unwrap().to_owned();
        assert!(run.code == 2 && said.contains(words), "{run:?}");
    }
    let added = muster.ok(&[&scan[..], &["--schedule", "Weekly scan", "--every", "5s"]].concat());
    assert_eq!(added["scan"]["ranges"], serde_json::json!(["127.0.64.0/28"]), "{added}");
    assert_eq!(
        (&added["vcenters"], &added["targets"][0]["vcenter_id"]),
        (&serde_json::json!([]), &Value::Null)
    );
    let taken = muster.json(&[&scan[..], &["--schedule", "weekly SCAN", "--every", "1d"]].concat());
    assert_eq!((taken.code, &taken.error()["code"]), (9, &"already_exists".into()), "{taken:?}");
    let shown = muster.run(&["schedule", "show", "Weekly scan"]).stdout;
    assert!(shown.contains("127.0.64.0/28") && !shown.contains("vCenters"), "{shown}");
    let (peer, operator) = (Peer::vcenter(), ["--role", "operator"]);
    let ca = peer.ca();
    let trusting = [&operator[..], &scan[..], &["--ca-file", &ca]].concat();
    for more in [&["--yes"][..], &["--schedule", "Trusting", "--every", "1d"][..]] {
        let refused = muster.json(&[&trusting[..], more].concat());
        assert_eq!(refused.code, 7, "who may approve no certificate may trust no CA: {refused:?}");
    }
    muster.ok(&["schedule", "add", "often", "--vcenter", "Berlin", "--every", "20d"]);
    let edited = muster.ok(&["schedule", "edit", "often", "--job", "servers"]);
    assert_eq!((&edited["job"], &edited["vcenters"]), (&"servers".into(), &serde_json::json!([])));
    let refused = muster.json(&["schedule", "edit", "Weekly scan", "--job", "servers"]);
    assert_eq!(refused.code, 2, "where it looks is not lost: {refused:?}");
    muster.ok(&["schedule", "remove", "often", "--yes"]);
    assert!(list(&muster).is_empty(), "nothing was scanned");

    let worker = muster.spawn(&["run", "--for", "5m", "--json"]);
    let started = |kind: &str| {
        let listed = ["operations", "list", "--origin", "schedule", "--kind", kind, "--limit", "500"];
        let all = muster.ok(&listed).as_array().unwrap().clone();
        all.into_iter().filter(|one| one["state"] == "succeeded").collect::<Vec<_>>()
    };
    eventually("the schedule scans", || !started("scan").is_empty());
    assert_eq!(started("scan")[0]["vcenter"], Value::Null);
    assert_eq!(list(&muster).len(), 4);
    let before = sums(bmcs);
    assert_eq!((before["opened"], before["wrong"], before["without_login"]), (0, 0, 0), "{before:?}");
    let run = muster.json(&["discovery", "approve", "--seen", "--yes"]);
    assert!([0, 8].contains(&run.code), "{run:?}");
    muster.ok(&["schedule", "disable", "Weekly scan"]);
    let reads = ["schedule", "add", "Reads", "--job", "servers", "--every", "5s"];
    assert_eq!(muster.ok(&reads)["job"], "servers");
    let opened = sums(bmcs)["opened"];
    eventually("the schedule reads the servers", || !started("read_servers").is_empty());
    assert!(sums(bmcs)["opened"] >= opened + 4, "each is logged in to");
    terminate(&worker);
    assert_eq!(crate::support::finish(worker).code, 0);
    let after = sums(bmcs);
    assert_eq!((after["open"], after["opened"] - after["closed"], after["wrong"]), (0, 0, 0), "{after:?}");
    assert_eq!(most(bmcs, |counts| counts.most_sessions as u64), 1);
    let edited = muster.ok(&["schedule", "edit", "Weekly scan", "--cron", "30 2 * * 0"]);
    assert_eq!((&edited["scan"], &edited["cron"]), (&added["scan"], &"30 2 * * 0".into()));
    // Where it looks is changed, and nothing else of it.
    let edit = ["schedule", "edit", "Weekly scan", "--range", "127.0.64.9", "--exclude", "127.0.64.2"];
    let elsewhere = muster.ok(&edit);
    let mut expected = added["scan"].clone();
    (expected["ranges"], expected["exclude"]) = (json!(["127.0.64.9"]), json!(["127.0.64.2"]));
    assert_eq!((&elsewhere["scan"], &elsewhere["cron"]), (&expected, &edited["cron"]));
    let many = muster.json(&["schedule", "edit", "Weekly scan", "--range", "10.0.0.0/19"]);
    assert!(many.error()["message"].as_str().unwrap().contains("needs confirmation"), "{many:?}");
    muster.ok(&["schedule", "edit", "Weekly scan", "--range", "10.0.0.0/19", "--yes"]);
    let typed =
        muster.ok(&["schedule", "edit", "Weekly scan", "--range", "127.0.64.8\n127.0.64.9", "--exclude", ""]);
    assert_eq!(
        (&typed["scan"]["ranges"], &typed["scan"]["exclude"]),
        (&json!(["127.0.64.8", "127.0.64.9"]), &Value::Null)
    );
    let bad = muster.json(&["schedule", "edit", "Weekly scan", "--range", "10.0.0.0/33"]);
    assert!(bad.code == 2 && bad.error()["message"].as_str().unwrap().contains("10.0.0.0/33"), "{bad:?}");
    let none = muster.json(&["schedule", "edit", "Reads", "--range", "10.0.0.1"]);
    assert!(none.code == 2 && none.error()["message"].as_str().unwrap().contains("a schedule that scans"));
    let refused = muster.json(&["schedule", "edit", "Weekly scan", "--vcenter", "Berlin"]);
    assert!(refused.code == 2 && refused.error()["message"].as_str().unwrap().contains("for no vCenter"));
}
