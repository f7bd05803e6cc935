//! The way of a password through a real keychain, from one process to the next.
//! Refuses the keychain of the person who runs the tests: it has a bus and a keyring of its own.

use crate::support::{Musterctl, PASSWORD, Peer, Run, eventually, finish, terminate};
use crate::window::bus::{Bus, Keyring};
use serde_json::{Value, json};
use std::process::Command;

/// Runs a shell script beside an unlocked GNOME Keyring; `$1` is `musterctl`.
fn with_keyring(muster: &Musterctl, script: &str) -> (i32, Vec<Value>, String) {
    let helper = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/secrets/tests/with-keyring.sh");
    let template = muster.command(&[]);
    let mut command = Command::new(helper);
    command.args(["sh", "-euc", script, "sh"]).arg(template.get_program());
    command.env_clear().envs(template.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command
        .env_remove("CREDENTIALS_DIRECTORY")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let run = finish(command.spawn().expect("the helper of the secrets crate"));
    let documents = run.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (run.code, documents, run.stderr)
}

#[test]
fn a_password_goes_into_the_keychain_once_and_serves_every_later_process() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let typed = muster.folder().join("typed");
    std::fs::write(&typed, PASSWORD).unwrap();
    let script = format!(
        "\"$1\" --json vcenter add Berlin {} --user admin --password-stdin --ca-file {} < {}
         rm {}
         \"$1\" --json credential list
         \"$1\" --json sync full Berlin
         \"$1\" --json doctor || true
         \"$1\" --json vcenter remove Berlin --yes
         \"$1\" --json doctor",
        peer.address(),
        peer.ca(),
        typed.display(),
        typed.display()
    );
    let (code, documents, stderr) = with_keyring(&muster, &script);
    assert_eq!(code, 0, "{documents:?} {stderr}");
    let [added, credentials, operations, doctor, removed, _] = &documents[..] else {
        panic!("{documents:?} {stderr}")
    };
    assert_eq!(added["credential"], "Berlin");
    assert_eq!(credentials[0]["stored"], "keychain");
    assert_eq!(operations[0]["state"], "succeeded", "{operations} {stderr}");
    assert!(doctor.as_array().unwrap().iter().all(|check| check["ok"] == json!(true)), "{doctor}");
    assert_eq!(removed["name"], "Berlin");
    assert!(!stderr.contains(PASSWORD));
    assert_eq!(peer.sessions(), 0);
}

/// A finding of `doctor`.
fn finding(run: &Run, name: &str) -> Value {
    let checks = run.document();
    let found = checks.as_array().unwrap().iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {checks}")).clone()
}

const ENTRIES: &str = "entries in the keychain";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_credential_needs_is_found_in_the_keychain_and_removed_when_somebody_says_so() {
    let bus = Bus::start().unwrap();
    let keyring = Keyring::on(bus.address()).await.unwrap();
    let muster = Musterctl::with_keychain(bus.address());
    let add = |name: &str| {
        let add = ["credential", "add", name, "--user", "admin", "--password-stdin", "--json"];
        assert_eq!(muster.run_with_stdin(&add, PASSWORD).code, 0);
    };
    add("kept");
    // Somebody puts the folder back as it was before two credentials were added.
    let saved = muster.folder().join("saved");
    assert!(Command::new("cp").arg("-r").arg(muster.data()).arg(&saved).status().unwrap().success());
    add("lab");
    add("old\u{202e}lab");
    assert_eq!(finding(&muster.json(&["doctor"]), ENTRIES)["ok"], json!(true));
    std::fs::remove_dir_all(muster.data()).unwrap();
    std::fs::rename(&saved, muster.data()).unwrap();
    assert_eq!(keyring.entries().await.unwrap(), 3);
    let other = Musterctl::with_keychain(bus.address());
    let foreign = ["credential", "add", "foreign", "--user", "admin", "--password-stdin", "--json"];
    assert_eq!(other.run_with_stdin(&foreign, PASSWORD).code, 0);

    let run = muster.json(&["doctor"]);
    let found = finding(&run, ENTRIES);
    assert_eq!((run.code, &found["ok"]), (1, &json!(false)), "{run:?}");
    assert_eq!(found["detail"], json!("2 entries belong to no credential: Muster: lab, Muster: old lab"));
    let shown = muster.run(&["doctor"]).stdout;
    assert!(shown.contains("musterctl doctor --remove-orphans"), "{shown}");

    keyring.lock().await.unwrap();
    let run = muster.json(&["doctor"]);
    assert!(finding(&run, ENTRIES)["detail"].as_str().unwrap().contains("locked"), "{run:?}");
    let run = muster.json(&["doctor", "--remove-orphans", "--yes"]);
    assert_eq!(run.error()["code"], "keychain_locked", "nobody is there who could be asked: {run:?}");
    keyring.unlock().await.unwrap();

    let run = muster.json(&["doctor", "--remove-orphans"]);
    assert_eq!((run.code, keyring.entries().await.unwrap()), (2, 4), "nobody confirmed it: {run:?}");
    assert!(run.stderr.contains("Muster: lab"), "{run:?}");
    let run = muster.json(&["doctor", "--remove-orphans", "--yes"]);
    assert!(run.code == 0 && run.stderr.contains("Removed 2 entries"), "{run:?}");
    assert_eq!(finding(&run, ENTRIES)["ok"], json!(true));
    assert_eq!(keyring.entries().await.unwrap(), 2, "its own that is needed, and another database's");
    assert_eq!(muster.ok(&["credential", "list"])[0]["stored"], "keychain");
    assert_eq!(other.ok(&["credential", "list"])[0]["stored"], "keychain");
    let run = muster.json(&["doctor", "--remove-orphans", "--yes"]);
    assert!(run.code == 0 && run.stderr.contains("no orphaned entries"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_a_locked_keychain_keeps_is_erased_once_it_is_unlocked() {
    let bus = Bus::start().unwrap();
    let keyring = Keyring::on(bus.address()).await.unwrap();
    let muster = Musterctl::with_keychain(bus.address());
    let peer = Peer::vcenter();
    muster.add_pinned(&peer, "Berlin");
    for name in ["lab", "vault"] {
        let add = ["credential", "add", name, "--user", "admin", "--password-stdin", "--json"];
        assert_eq!(muster.run_with_stdin(&add, PASSWORD).code, 0);
    }
    assert_eq!(keyring.entries().await.unwrap(), 3);
    keyring.lock().await.unwrap();
    muster.ok(&["vcenter", "remove", "Berlin", "--yes"]);
    muster.ok(&["credential", "remove", "lab", "--yes"]);
    let set = muster.ok(&["credential", "set", "vault", "--helper", "/bin/true"]);
    assert_eq!(set["stored"], "helper");
    let work = |seconds: &str| assert_eq!(muster.run(&["run", "--for", seconds]).code, 0);
    work("3s");
    assert_eq!(keyring.entries().await.unwrap(), 3, "it is locked, and nobody is asked");
    keyring.unlock().await.unwrap();
    let listed = finding(&muster.json(&["doctor"]), ENTRIES);
    assert_eq!(listed["ok"], json!(true), "what is noted is no orphan: {listed}");
    work("5s");
    assert_eq!(keyring.entries().await.unwrap(), 0);

    // Stored again, it is not erased with what was noted before.
    let set = ["credential", "set", "vault", "--password-stdin", "--json"];
    keyring.lock().await.unwrap();
    let run = muster.run_with_stdin(&set, PASSWORD);
    assert!(run.code == 0 && run.stderr.contains("The helper stays"), "{run:?}");
    keyring.unlock().await.unwrap();
    let run = muster.run_with_stdin(&set, PASSWORD);
    assert_eq!((run.code, &run.document()["stored"]), (0, &json!("keychain")), "{run:?}");
    assert_eq!(run.document()["helper"], Value::Null);
    work("3s");
    assert_eq!(keyring.entries().await.unwrap(), 1);
    muster.ok(&["credential", "set", "vault", "--helper", "/bin/true"]);
    assert_eq!(keyring.entries().await.unwrap(), 0, "at once where it is open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_resumes_by_itself_once_the_keychain_is_unlocked() {
    let bus = Bus::start().unwrap();
    let keyring = Keyring::on(bus.address()).await.unwrap();
    let muster = Musterctl::with_keychain(bus.address());
    let peer = Peer::vcenter();
    muster.add_pinned(&peer, "Berlin");
    keyring.lock().await.unwrap();
    let logins = peer.calls("Login");
    let run = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (4, &json!("keychain_locked")), "{run:?}");
    let worker = muster.spawn(&["run"]);
    eventually("a worker is there", || {
        !muster.json(&["sync", "full", "Berlin", "--detach"]).stderr.contains("no ")
    });
    std::thread::sleep(std::time::Duration::from_secs(3));
    let state = || muster.ok(&["operations", "list", "--limit", "1"])[0]["state"].clone();
    assert_eq!((state(), peer.calls("Login")), (json!("queued"), logins), "it waits");
    keyring.unlock().await.unwrap();
    eventually("it was done", || state() == "succeeded");
    terminate(&worker);
    assert_eq!(finish(worker).code, 0);
    assert_eq!(peer.sessions(), 0);
}

#[test]
fn without_a_keychain_a_password_is_not_stored_and_that_is_said() {
    let peer = Peer::vcenter();
    let muster = Musterctl::new();
    let add = [
        "vcenter",
        "add",
        "Berlin",
        &peer.address(),
        "--user",
        "admin",
        "--password-stdin",
        "--ca-file",
        &peer.ca(),
    ];
    let run = muster.run_with_stdin(&[&add[..], &["--json"]].concat(), PASSWORD);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("No keychain") && run.stderr.contains("$CREDENTIALS_DIRECTORY/Berlin"),
        "{run:?}"
    );
    assert_eq!(muster.ok(&["credential", "list"])[0]["stored"], "none");
    let run = muster.json(&["sync", "full", "Berlin"]);
    assert_eq!((run.code, &run.document()[0]["error"]["code"]), (4, &json!("no_password")), "{run:?}");
    assert_eq!(muster.ok(&["status"])[0]["state"], "no_password");
    muster.put_password("Berlin", PASSWORD);
    assert_eq!(muster.json(&["sync", "full", "Berlin"]).code, 0);
}

#[cfg(unix)]
#[test]
fn doctor_asks_a_keychain_that_hangs_once_and_says_what_wakes_it() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("bus");
    // Connections are taken by the system, and nobody ever answers on them.
    let _bus = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let muster = Musterctl::new();
    for name in ["a", "b", "c", "d"] {
        muster.put_password(name, PASSWORD);
        muster.ok(&["credential", "add", name, "--user", "admin"]);
    }
    let mut command = muster.command(&["doctor", "--json"]);
    command
        .env_remove("CREDENTIALS_DIRECTORY")
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    let begin = std::time::Instant::now();
    let run = finish(command.spawn().unwrap());
    let took = begin.elapsed();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(took.as_secs() < 9, "one question costs three seconds: {took:?}");
    let checks = run.document();
    let checks = checks.as_array().unwrap().iter();
    let failed: Vec<&Value> = checks.filter(|check| check["ok"] == json!(false)).collect();
    assert_eq!(failed.len(), 5, "the keychain and four credentials: {failed:?}");
    for check in failed {
        assert!(check["next_step"].as_str().unwrap().starts_with("Restart the keyring daemon"), "{check}");
    }
}
