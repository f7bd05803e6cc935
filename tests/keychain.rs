//! The way of a password through a real keychain, from one process to the next.
//! Refuses the keychain of the person who runs the tests: it has a bus and a keyring of its own.

use crate::support::{Musterctl, PASSWORD, Peer, finish};
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
