//! Passwords that a helper prints at each login, as vaults do that change them.
//! Refuses to believe that what it printed went nowhere: files, output and the arguments of every process are searched.

use crate::support::{
    Ended, Musterctl, PASSWORD, Peer, Run, Simulator, ends_in_time, eventually, finish, interrupt, table,
    terminate,
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A helper of its own beside the data folder, which counts its runs.
struct Vault<'a> {
    muster: &'a Musterctl,
    program: PathBuf,
}

impl<'a> Vault<'a> {
    /// Prints what is in it.
    fn new(muster: &'a Musterctl, password: &str) -> Vault<'a> {
        let vault = Vault { muster, program: muster.folder().join("print password") };
        vault.keep(password);
        vault.does("ps -A -o args= > \"$folder/arguments\"; cat \"$folder/vault\"");
        vault
    }

    fn keep(&self, password: &str) {
        std::fs::write(self.muster.folder().join("vault"), format!("{password}\n")).unwrap();
    }

    /// From now on it does something else.
    fn does(&self, body: &str) {
        let folder = self.muster.folder().display();
        let script = format!("#!/bin/sh\nfolder='{folder}'\necho \"$*\" >> \"$folder/runs\"\n{body}\n");
        // A script that is being run can't be written everywhere: it is put in the place of the one before.
        let new = self.program.with_extension("new");
        std::fs::write(&new, script).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::rename(new, &self.program).unwrap();
    }

    fn path(&self) -> &str {
        self.program.to_str().unwrap()
    }

    fn runs(&self) -> usize {
        let runs = std::fs::read_to_string(self.muster.folder().join("runs")).unwrap_or_default();
        runs.lines().count()
    }
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path);
        }
    }
    found
}

fn credential(muster: &Musterctl) -> Value {
    muster.ok(&["credential", "list"])[0].clone()
}

#[test]
fn a_helper_is_run_once_for_each_login_and_what_it_printed_is_nowhere() {
    let muster = Musterctl::new();
    let (first, second) = (Simulator::start(&["--vms", "20"]), Peer::vcenter());
    let password = first.text("password").to_owned();
    let vault = Vault::new(&muster, &password);
    let (address, user, sha256) = (first.text("address"), first.text("user"), first.text("sha256"));
    let mut runs: Vec<Run> = Vec::new();
    let mut ran = |arguments: &[&str], times: usize| {
        let before = vault.runs();
        let run = muster.json(arguments);
        assert_eq!((run.code, vault.runs() - before), (0, times), "{arguments:?}: {run:?}");
        let document = run.document();
        runs.push(run);
        document
    };
    let add = ["credential", "add", "ops", "--user", user, "--helper", vault.path()];
    let shown = ran(&[&add[..], &["--helper-arg", "show", "--helper-arg", "-n"]].concat(), 0);
    assert_eq!(shown["stored"], "helper");
    assert_eq!(shown["helper"], json!([vault.path(), "show", "-n"]));
    ran(&["vcenter", "add", "Berlin", address, "--credential", "ops", "--pin", sha256], 1);
    ran(&["test", "Berlin"], 1);
    ran(&["sync", "full", "Berlin"], 1);
    for look in [&["credential", "list"][..], &["status"], &["vcenter", "list"], &["inventory", "vms"]] {
        ran(look, 0);
    }
    let checks = ran(&["doctor"], 0).to_string();
    assert!(checks.contains("its password is printed by"), "{checks}");
    let words = std::fs::read_to_string(muster.folder().join("runs")).unwrap();
    assert!(words.lines().all(|line| line == "show -n"), "{words}");

    let worker = muster.spawn(&["run", "--json"]);
    eventually("the worker has done it", || {
        muster.json(&["sync", "full", "Berlin", "--detach"]);
        muster.ok(&["operations", "list", "--state", "succeeded"]).as_array().unwrap().len() > 2
    });
    terminate(&worker);
    let ended = finish(worker);
    assert_eq!(ended.code, 0, "{ended:?}");
    runs.push(ended);

    let found = holding(&muster.data(), &password);
    assert!(found.is_empty(), "{found:?}");
    let arguments = std::fs::read_to_string(muster.folder().join("arguments")).unwrap();
    assert!(arguments.contains("musterctl") && !arguments.contains(&password), "{arguments}");
    assert!(runs.iter().all(|run| !run.stdout.contains(&password) && !run.stderr.contains(&password)));

    // One of the vCenter's own, named when it is added.
    vault.keep(PASSWORD);
    let before = vault.runs();
    let own = ["vcenter", "add", "Bonn", &second.address(), "--user", "admin", "--ca-file", &second.ca()];
    muster.ok(&[&own[..], &["--helper", vault.path()]].concat());
    assert_eq!((vault.runs() - before, second.calls("Login")), (1, 1));
    muster.ok(&["test", "Bonn"]);
    muster.ok(&["vcenter", "remove", "Bonn", "--yes"]);
    let run = muster.json(&["credential", "set", "ops", "--no-helper"]);
    assert_eq!((run.code, &run.document()["stored"]), (0, &json!("none")), "{run:?}");
    assert_eq!(muster.json(&["test", "Berlin"]).error()["code"], "no_password");
}

#[test]
fn a_helper_that_fails_says_why_and_needs_nobody_once_it_works_again() {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    let vault = Vault::new(&muster, PASSWORD);
    muster.ok(&["credential", "add", "ops", "--user", "admin", "--helper", vault.path()]);
    muster.ok(&["vcenter", "add", "Berlin", &peer.address(), "--credential", "ops", "--ca-file", &peer.ca()]);
    let logins = peer.calls("Login");
    for (body, words) in [
        ("cat \"$folder/vault\"; echo 'vault is sealed' >&2; exit 3", "it said: vault is sealed"),
        ("set -x; cat \"$folder/vault\" \"$folder/vault\"", "has more than one line"),
        ("true", "is empty"),
    ] {
        vault.does(body);
        let run = muster.json(&["test", "Berlin"]);
        let error = run.error();
        assert_eq!((run.code, &error["code"]), (4, &json!("no_password")), "{run:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains("print password"), "{message}");
        assert!(!format!("{run:?}").contains(PASSWORD), "{run:?}");
        table(&format!("a helper that does {body:?}"), words);
    }
    assert_eq!(holding(&muster.data(), PASSWORD), Vec::<PathBuf>::new());
    assert_eq!(muster.ok(&["status"])[0]["state"], "no_password");
    std::fs::set_permissions(&vault.program, std::fs::Permissions::from_mode(0o777)).unwrap();
    let run = muster.json(&["test", "Berlin"]);
    assert!(
        run.error()["message"].as_str().unwrap().contains("changed or replaced by other users"),
        "{run:?}"
    );
    let checks = muster.json(&["doctor"]);
    assert!(checks.code == 1 && checks.stdout.contains("changed or replaced by other users"), "{checks:?}");
    assert_eq!(peer.calls("Login"), logins);

    vault.does("cat \"$folder/vault\"");
    muster.ok(&["sync", "full", "Berlin"]);
    for wrong in ["helper", "/nonexistent/helper", "/"] {
        let run = muster.json(&["credential", "set", "ops", "--helper", wrong]);
        assert_eq!((run.code, &run.error()["code"]), (2, &json!("invalid_value")), "{run:?}");
    }
    assert_eq!(credential(&muster)["helper"], json!([vault.path()]));
}

#[test]
fn a_helper_that_hangs_is_ended_within_the_login_and_with_whoever_gives_up() {
    let (peer, muster) = (Peer::vcenter(), Musterctl::new());
    let vault = Vault::new(&muster, PASSWORD);
    muster.ok(&["credential", "add", "ops", "--user", "admin", "--helper", vault.path()]);
    muster.ok(&["vcenter", "add", "Berlin", &peer.address(), "--credential", "ops", "--ca-file", &peer.ca()]);
    vault.does("echo $$ > \"$folder/id\"; echo 'waiting for a token' >&2; sleep 600 & wait");
    let id = muster.folder().join("id");
    let is_gone = || {
        let id = std::fs::read_to_string(&id).unwrap();
        let all = std::process::Command::new("ps").args(["-A", "-o", "pgid=,stat="]).output().unwrap();
        // Of one that has ended its exit code may be left.
        let mut all =
            std::str::from_utf8(&all.stdout).unwrap().lines().filter_map(|line| line.trim().split_once(' '));
        !all.any(|(group, state)| group == id.trim() && !state.trim().starts_with('Z'))
    };
    let began = Instant::now();
    let run = muster.json(&["test", "Berlin"]);
    let took = began.elapsed();
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(run.code == 4 && message.contains("did not end within 30 s"), "{run:?}");
    assert!(message.contains("it said: waiting for a token"), "{message}");
    assert!((29..45).contains(&took.as_secs()), "{took:?}");
    eventually("it is gone, with what it started", is_gone);
    table("a helper that hangs", format!("ended with its login after {took:.1?}"));

    std::fs::remove_file(&id).unwrap();
    let child = muster.spawn(&["test", "Berlin", "--json"]);
    eventually("it waits for the helper", || id.exists());
    interrupt(&child);
    let Ended { run, .. } = ends_in_time(child, "Ctrl-C while a helper hangs");
    assert_eq!(run.code, 130, "{run:?}");
    eventually("it is gone with whoever waited for it", is_gone);
    assert_eq!(peer.calls("Login"), 1, "nothing was sent but by the add");
    vault.does("cat \"$folder/vault\"");
    muster.ok(&["test", "Berlin"]);
}

#[test]
fn a_password_that_the_vault_changes_is_used_by_the_next_login_and_a_rejected_one_never_twice() {
    let muster = Musterctl::new();
    let certificate = muster.folder().join("certificate");
    let start = |password: &str, port: Option<&str>| {
        let kept = ["--certificate", certificate.to_str().unwrap(), "--vms", "20", "--password", password];
        Simulator::start(&port.map_or(kept.to_vec(), |port| [&kept[..], &["--port", port]].concat()))
    };
    let first = start("of-monday", None);
    let (address, user) = (first.text("address").to_owned(), first.text("user").to_owned());
    let port = address.rsplit(':').next().unwrap();
    let vault = Vault::new(&muster, "of-monday");
    muster.ok(&["credential", "add", "ops", "--user", &user, "--helper", vault.path()]);
    let pin = first.text("sha256").to_owned();
    muster.ok(&["vcenter", "add", "Berlin", &address, "--credential", "ops", "--pin", &pin]);
    muster.ok(&["sync", "full", "Berlin"]);

    drop(first);
    let second = start("of-tuesday", Some(port));
    vault.keep("of-tuesday");
    muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(credential(&muster)["rejected_at"], Value::Null, "nobody noticed");

    // The vault is late.
    drop(second);
    let _third = start("of-wednesday", Some(port));
    let run = muster.json(&["test", "Berlin"]);
    let error = run.error();
    assert_eq!((run.code, &error["code"]), (4, &json!("login_rejected")), "{run:?}");
    assert!(error["next_step"].as_str().unwrap().contains("where the helper gets it from"), "{error}");
    let before = vault.runs();
    let run = muster.json(&["test", "Berlin"]);
    assert!(run.error()["message"].as_str().unwrap().contains("was not tried again"), "{run:?}");
    assert_eq!(vault.runs() - before, 1, "another one would be tried, so it has to be asked");
    vault.keep("of-wednesday");
    muster.ok(&["sync", "full", "Berlin"]);
    assert_eq!(credential(&muster)["rejected_at"], Value::Null);
}
