//! What keeps a data folder well: the log, support bundles, backups, and who can read any of it.
//! Refuses to trust a list of what was replaced: every name of the estate is looked for in every file.

use crate::support::{Musterctl, PASSWORD, Peer, Random, Run, Simulator, eventually, finish, seed};
use contract::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The files in a ZIP, by name.
fn unzipped(path: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut text = |name: &String| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    names.iter().map(|name| (name.clone(), text(name))).collect()
}

fn path(muster: &Musterctl, name: &str) -> (PathBuf, String) {
    let path = muster.folder().join(name);
    let text = path.to_str().unwrap().to_owned();
    (path, text)
}

/// Names of this estate that are ordinary words: what every vCenter calls its own folders and pools, and what Muster's own
/// sentences, or products, are made of.
const ORDINARY: [&str; 16] = [
    "vm",
    "host",
    "datastore",
    "network",
    "datacenters",
    "resources",
    "templates",
    "storage",
    "management",
    "platform",
    "directory",
    "local",
    "proxy",
    "test",
    "vmware",
    "cache",
];

/// Every text of an estate that names something.
fn names_of(muster: &Musterctl) -> BTreeSet<String> {
    const NAMING: [&str; 14] = [
        "name",
        "guest_hostname",
        "ip_address",
        "ip_addresses",
        "mac_addresses",
        "bios_uuid",
        "instance_uuid",
        "uuid",
        "serial_number",
        "service_tag",
        "management_ips",
        "nic_macs",
        "url",
        "vmx_path",
    ];
    let mut names = BTreeSet::new();
    for kind in Kind::LISTED {
        for row in muster.ok(&["inventory", kind.name()]).as_array().unwrap() {
            let values = NAMING.iter().filter_map(|column| row.get(column));
            let texts = values.flat_map(|value| match value {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            });
            names.extend(texts.filter_map(|text| text.as_str().map(str::to_lowercase)));
        }
    }
    names.retain(|name| !name.is_empty() && !ORDINARY.contains(&&**name));
    names
}

/// Whether a name stands in a text as words of its own.
fn stands_in(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(name).any(|(at, found)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + found.len()..].chars().next())
    })
}

#[test]
fn no_name_address_or_user_of_an_estate_is_in_a_support_bundle_made_of_it() {
    let muster = Musterctl::new();
    let simulator = Simulator::start(&["--vms", "300", "--seed", "7"]);
    let (name, tag, schedule) = ("Gotham", "batcave", "Nightly at Wayne");
    muster.ok(&["settings", "set", "--log-level", "trace"]);
    muster.add_simulator(&simulator, name);
    let note = "ask Alfred, +1 555 0100";
    muster.ok(&["vcenter", "edit", name, "--tag", tag, "--note", note]);
    muster.ok(&["schedule", "add", schedule, "--tag", tag, "--every", "30m"]);
    muster.ok(&["sync", "full", name]);
    let mut names = names_of(&muster);
    let estate = names.len();
    let some = |kind: &str, number: usize| {
        let rows = muster.ok(&["inventory", kind]);
        let all = rows.as_array().unwrap();
        (0..number)
            .map(|n| all[n * all.len() / number]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Names get into operations and their errors: of clusters, of one that there is none of, of single VMs.
    for cluster in some("clusters", 2) {
        muster.ok(&["sync", "hosts", name, "--cluster", &cluster]);
    }
    assert_ne!(muster.json(&["sync", "hosts", name, "--cluster", "Arkham-West"]).code, 0);
    for vm in some("vms", 3) {
        muster.ok(&["refresh", "vms", name, "--object", &vm]);
    }
    assert_ne!(muster.json(&["refresh", "vms", name, "--object", "joker01"]).code, 0);
    muster.ok(&["vcenter", "edit", name, "--host", "penguin.wayne.example.org:8443"]);
    assert_ne!(muster.json(&["sync", "full", name]).code, 0);
    muster.ok(&["vcenter", "edit", name, "--host", simulator.text("address")]);
    // A rejected login names the user; one whose vCenter is removed again is in the log alone.
    muster.put_password("Metropolis", "no-password-of-anybody");
    let (address, sha256) = (simulator.text("address").to_owned(), simulator.text("sha256").to_owned());
    let add = ["vcenter", "add", "Metropolis", &address, "--user", "WAYNE\\bruce", "--pin", &sha256];
    assert_ne!(muster.json(&add).code, 0);
    muster.put_password(name, "not-the-password");
    muster.ok(&["credential", "set", name, "--user", "lucius.fox@wayne.example.org"]);
    assert_ne!(muster.json(&["test", name]).code, 0);
    drop(simulator);
    assert_ne!(muster.json(&["test", name, "--retry-login"]).code, 0);

    let ((bundle, out), (mapping, map)) = (path(&muster, "bundle.zip"), path(&muster, "mapping.csv"));
    let planned = muster.ok(&["support-bundle", "--dry-run"]);
    assert!(!bundle.exists() && planned["files"].as_array().unwrap().len() > 8, "{planned}");
    let asked = muster.json(&["support-bundle", "--out", &out]);
    assert_eq!((asked.code, bundle.exists()), (2, false), "it asks first: {asked:?}");
    assert!(asked.stderr.contains("operations.json") && asked.stderr.contains("--yes"), "{asked:?}");
    let written = muster.ok(&["support-bundle", "--out", &out, "--mapping", &map, "--yes"]);
    let files = unzipped(&bundle);
    let listed: Vec<&str> =
        written["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(listed, files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());

    names.extend(
        [
            name,
            tag,
            schedule,
            note,
            "alfred",
            "arkham-west",
            "joker01",
            "penguin.wayne.example.org",
            "wayne",
            "bruce",
        ]
        .into_iter()
        .chain(["lucius.fox", "administrator@vsphere.local", "127.0.0.1", &sha256, "metropolis"])
        .chain([muster.folder().to_str().unwrap(), "no-password-of-anybody", "not-the-password"])
        .map(str::to_lowercase),
    );
    let mut found = Vec::new();
    for (file, text) in &files {
        let text = text.to_lowercase();
        found.extend(
            names.iter().filter(|name| stands_in(&text, name)).map(|name| format!("{name} in {file}")),
        );
    }
    assert_eq!(found, [""; 0], "of {} names", names.len());
    println!("measured: {} names of an estate of {estate}, {} files, none found", names.len(), files.len());

    // What is left is of use.
    let file = |name: &str| files.iter().find(|(file, _)| file == name).unwrap().1.clone();
    let vcenters: Value = serde_json::from_str(&file("vcenters.json")).unwrap();
    let operations: Value = serde_json::from_str(&file("operations.json")).unwrap();
    let told = vcenters[0]["status"]["vcenter"].as_str().unwrap();
    assert!(told.starts_with("vcenter"), "{told}");
    assert_eq!(vcenters[0]["status"]["counts"]["vms"], muster.ok(&["status"])[0]["counts"]["vms"]);
    let all = operations.as_array().unwrap();
    assert!(all.iter().all(|one| one["vcenter"] == told), "the same name everywhere");
    let codes: BTreeSet<&str> = all.iter().filter_map(|one| one["error"]["code"].as_str()).collect();
    assert!(codes.contains("unreachable") && codes.contains("login_rejected"), "{codes:?}");
    let failures = file("log/muster.log").lines().filter(|line| line.contains("\"failed\"")).count();
    assert!(failures > 3, "{failures}: what failed is in the log");
    let explained = std::fs::read_to_string(mapping).unwrap().to_lowercase();
    assert!(explained.contains(&format!("vcenter,gotham,{told}")), "{explained}");
    assert!(explained.contains("user,lucius.fox@wayne.example.org,user"), "{explained}");
    assert!(explained.contains("ipv4,127.0.0.1,198.18.0."), "{explained}");
}

#[test]
fn the_log_says_what_every_process_did_as_much_as_its_level_asks_for_and_never_a_password() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    let messages = |arguments: &[&str]| {
        let lines = muster.ok(&[&["log"], arguments].concat());
        let lines = lines.as_array().unwrap().clone();
        lines.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(messages(&[]).contains(&"published".to_owned()));
    assert_eq!(messages(&["--level", "error"]), [""; 0]);
    assert_eq!(muster.json(&["vcenter", "show", "Nowhere"]).code, 3);
    let refused = muster.ok(&["log", "--limit", "1"]);
    assert_eq!(
        (&refused[0]["fields"]["command"], &refused[0]["fields"]["code"]),
        (&json!("show_vcenter"), &json!("not_found"))
    );
    assert!(refused[0]["process"].as_str().unwrap().starts_with("musterctl "), "{refused}");

    let quiet = messages(&[]).len();
    muster.ok(&["settings", "set", "--log-level", "error"]);
    muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(messages(&[]).len(), quiet);
    assert_eq!(muster.json(&["settings", "set", "--log-level", "loud"]).code, 2);
    muster.ok(&["settings", "set", "--log-level", "trace"]);
    muster.ok(&["sync", "full", "Berlin"]);
    assert!(messages(&["--level", "debug"]).len() > quiet);

    let text = muster.run(&["log", "--limit", "2"]);
    assert_eq!((text.code, text.stdout.lines().count()), (0, 2), "{text:?}");
    assert!(text.stderr.contains("--limit"), "{text:?}");
    assert_eq!(messages(&["--since", "2100-01-01T00:00:00Z"]), [""; 0]);
    for entry in std::fs::read_dir(muster.data().join("log")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()));
    }
}

#[test]
fn a_log_that_cannot_be_written_keeps_nobody_from_anything() {
    let peer = Peer::vcenter();
    let muster = Musterctl::with(&peer, "Berlin");
    // It may have had nothing to say yet.
    let _ = std::fs::remove_dir_all(muster.data().join("log"));
    std::fs::write(muster.data().join("log"), "in the way").unwrap();
    muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(muster.ok(&["log"]), json!([]));
    assert_eq!(std::fs::read_to_string(muster.data().join("log")).unwrap(), "in the way");
}

#[cfg(unix)]
#[test]
fn whatever_the_umask_is_only_the_owner_reads_what_muster_writes_and_doctor_tells_who_else_could() {
    use std::os::unix::fs::PermissionsExt;
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let careless = |arguments: &[&str]| {
        let wanted = muster.command(arguments);
        let mut command = muster.command(&[]);
        let mut shell = std::process::Command::new("/bin/sh");
        shell
            .args(["-c", "umask 0; exec \"$0\" \"$@\""])
            .arg(wanted.get_program())
            .args(arguments)
            .env_clear();
        for (key, value) in command.stdin(std::process::Stdio::null()).get_envs() {
            shell.env(key, value.unwrap());
        }
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    muster.put_password("Berlin", PASSWORD);
    let ((_, bundle), (_, backup), (_, mapping)) =
        (path(&muster, "s.zip"), path(&muster, "b.zip"), path(&muster, "m.csv"));
    careless(&["vcenter", "add", "Berlin", &peer.address(), "--user", "admin", "--pin", &peer.sha256()]);
    careless(&["sync", "full", "Berlin"]);
    careless(&["support-bundle", "--out", &bundle, "--mapping", &mapping, "--yes"]);
    careless(&["backup", "--out", &backup]);
    careless(&["restore", &backup, "--yes"]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut open = vec![muster.data(), bundle.into(), backup.into(), mapping.into()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        seen += 1;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen > 10, "{seen} files and folders");

    let folder = || {
        let checks = muster.json(&["doctor"]).document();
        checks.as_array().unwrap().iter().find(|check| check["name"] == "data folder").unwrap().clone()
    };
    assert_eq!(folder()["ok"], true);
    std::fs::set_permissions(muster.data(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let exposed = folder();
    assert_eq!(exposed["ok"], false);
    let next = exposed["next_step"].as_str().unwrap();
    assert!(
        next.contains("chmod -R go= ") && exposed["detail"].as_str().unwrap().contains("others"),
        "{exposed}"
    );
    let chmod = next.split(": ").nth(1).unwrap();
    assert!(std::process::Command::new("/bin/sh").args(["-c", chmod]).status().unwrap().success());
    assert_eq!(folder()["ok"], true);
}

fn names(muster: &Musterctl) -> Vec<String> {
    let all = muster.ok(&["vcenter", "list"]);
    all.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// A folder with something of everything, and a backup of it.
fn backed_up(peer: &Peer) -> (Musterctl, PathBuf, String) {
    let muster = Musterctl::with(peer, "Berlin");
    muster.ok(&["sync", "full", "Berlin"]);
    muster.ok(&["schedule", "add", "nightly", "--vcenter", "Berlin", "--every", "30m"]);
    muster.ok(&["settings", "set", "--history-days", "30"]);
    let (file, out) = path(&muster, "backup.zip");
    muster.ok(&["backup", "--out", &out]);
    (muster, file, out)
}

#[test]
fn a_backup_made_while_a_sync_runs_brings_back_inventory_schedules_and_settings() {
    let peer = Peer::vcenter();
    let (muster, _, first) = backed_up(&peer);
    let vms = muster.ok(&["inventory", "vms"]);
    peer.rule(json!({"method": "RetrievePropertiesEx", "action": {"hold": true}}));
    let sync = muster.spawn(&["sync", "full", "Berlin", "--json"]);
    eventually("the server holds a call back", || peer.is_holding());
    let (_, out) = path(&muster, "meanwhile.zip");
    let backup = muster.ok(&["backup", "--out", &out]);
    assert_eq!(backup["rows"]["vcenters"], 1, "{backup}");
    assert_eq!(muster.json(&["backup", "--out", &out]).code, 9, "none is written over");
    let refused = muster.json(&["restore", &out, "--yes"]);
    assert_eq!((refused.code, &refused.error()["code"]), (1, &json!("in_use")), "{refused:?}");
    assert!(refused.error()["message"].as_str().unwrap().contains("musterctl (process "), "{refused:?}");
    let failed = muster.ok(&["audit", "list", "--command", "restore_backup", "--outcome", "failed"]);
    assert!(failed[0]["error"].as_str().unwrap().contains("musterctl (process "), "{failed}");
    peer.let_go();
    assert_eq!(finish(sync).code, 0);

    muster.ok(&["schedule", "remove", "nightly", "--yes"]);
    muster.ok(&["settings", "set", "--history-days", "7"]);
    muster.ok(&["vcenter", "remove", "Berlin", "--yes"]);
    let asked = muster.json(&["restore", &first]);
    assert_eq!(asked.code, 2, "it asks first: {asked:?}");
    let restored = muster.ok(&["restore", &out, "--yes"]);
    assert_eq!(
        restored["credentials_without_password"],
        json!([]),
        "they are found under the same name again"
    );
    assert_eq!(muster.ok(&["inventory", "vms"]).as_array().unwrap().len(), vms.as_array().unwrap().len());
    assert_eq!(muster.ok(&["schedule", "list"])[0]["name"], "nightly");
    assert_eq!(muster.ok(&["settings", "show"])["history_days"], 30);
    let running = muster.ok(&["operations", "list"]);
    assert_eq!(running[0]["state"], "interrupted", "nobody runs what ran when it was made");
    muster.ok(&["sync", "full", "Berlin"]);

    // The one before is kept, whole.
    let kept = PathBuf::from(restored["kept"].as_str().unwrap());
    let other = Musterctl::new();
    std::fs::create_dir_all(other.data()).unwrap();
    std::fs::copy(kept, other.data().join("muster.db")).unwrap();
    assert_eq!(names(&other), [""; 0]);
    // On another machine the password is missing, and that is said.
    let elsewhere = Musterctl::new();
    let restored = elsewhere.ok(&["restore", &out, "--yes"]);
    assert_eq!(
        (&restored["kept"], &restored["credentials_without_password"]),
        (&json!(null), &json!(["Berlin"]))
    );
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn a_backup_that_is_damaged_or_none_is_refused_and_nothing_changes() {
    let peer = Peer::vcenter();
    let (muster, file, _) = backed_up(&peer);
    muster.ok(&["vcenter", "edit", "Berlin", "--tag", "later"]);
    let whole = std::fs::read(&file).unwrap();
    let (damaged, name) = path(&muster, "damaged.zip");
    let mut random = Random(seed());
    let mut tried = 0;
    let mut refuse = |bytes: &[u8]| {
        std::fs::write(&damaged, bytes).unwrap();
        let run: Run = muster.json(&["restore", &name, "--yes"]);
        tried += 1;
        assert!(run.code == 2 && run.error()["next_step"].is_string(), "{run:?}");
    };
    refuse(b"");
    refuse(b"a letter");
    refuse(&whole[..whole.len() / 2]);
    for _ in 0..20 {
        let mut bytes = whole.clone();
        // The database is most of it; what describes it stands at both ends.
        let at = 2000 + usize::try_from(random.below(whole.len() as u64 - 4000)).unwrap();
        bytes[at] ^= 0x55;
        refuse(&bytes);
    }
    assert_eq!(muster.json(&["restore", "/nowhere/at/all.zip", "--yes"]).code, 3);
    let viewer = muster.json(&["restore", &name, "--yes", "--role", "viewer"]);
    assert_eq!(viewer.code, 7, "{viewer:?}");
    let refused = muster.ok(&["audit", "list", "--command", "restore_backup", "--outcome", "refused"]);
    assert_eq!(refused[0]["role"], "viewer", "{refused}");
    assert_eq!(muster.ok(&["vcenter", "show", "Berlin"])["tags"], json!(["later"]));
    let copies = std::fs::read_dir(muster.data())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("muster-before"));
    assert_eq!(copies.count(), 0);
    println!("measured: {tried} damaged backups refused");
}

#[test]
fn a_restore_that_is_killed_leaves_the_one_database_or_the_other() {
    let peer = Peer::vcenter();
    let (muster, _, out) = backed_up(&peer);
    let mut random = Random(seed());
    let started = Instant::now();
    muster.ok(&["restore", &out, "--yes"]);
    let usual = u64::try_from(started.elapsed().as_micros()).unwrap();
    let (mut old, mut new) = (0, 0);
    for round in 0..15 {
        muster.ok(&["vcenter", "edit", "Berlin", "--tag", "later"]);
        let mut child = muster.spawn(&["restore", &out, "--yes", "--json"]);
        std::thread::sleep(Duration::from_micros(random.below(usual)));
        child.kill().unwrap();
        finish(child);
        match muster.ok(&["vcenter", "show", "Berlin"])["tags"].as_array().unwrap().is_empty() {
            true => new += 1,
            false => old += 1,
        }
        let checks = muster.json(&["doctor"]).document();
        let database = checks.as_array().unwrap().iter().find(|check| check["name"] == "database").unwrap();
        assert_eq!(database["ok"], true, "round {round}: {database}");
    }
    println!("measured: 15 restores killed, {old} left the old database, {new} the new one");
    let left = std::fs::read_dir(muster.data().join("run")).unwrap();
    let parts =
        left.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "part"));
    assert_eq!(parts.count(), 0, "what they left behind is gone");
}
