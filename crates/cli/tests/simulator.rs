//! `musterctl simulator` as people and scripts use it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests; clippy sees only functions with #[test] as such")]

#[path = "simulator/discovery.rs"]
mod discovery;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

/// Without the environment of the person who runs the tests: no keychain, no home.
fn alone(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}

fn musterctl() -> Command {
    alone(env!("CARGO_BIN_EXE_musterctl"))
}

/// A simulator, ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(arguments: &[&str]) -> Running {
        let started = musterctl().arg("simulator").args(arguments).stdout(Stdio::piped()).spawn();
        Running(started.unwrap())
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

#[test]
fn a_script_gets_one_document_and_ends_it_with_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut running = Running::start(&["--vms", "12", "--seed", "7", "--json"]);
        let mut stdout = BufReader::new(running.0.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        let keys: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["address", "user", "password", "sha256", "instance_uuid", "vms", "seed"]);
        assert_eq!((&document["vms"], &document["seed"]), (&12.into(), &7.into()));
        assert!(document["address"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert_eq!(document["sha256"].as_str().unwrap().len(), 64);
        running.signal(signal);
        assert_eq!(running.0.wait().unwrap().code(), Some(0), "{signal}");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn the_command_that_it_prints_adds_it_and_its_inventory_can_be_synced() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data folder");
    let data = data.to_str().unwrap();
    let mut running = Running::start(&["--vms", "12", "--data-dir", data]);
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let lines: Vec<String> =
        stdout.lines().map(Result::unwrap).take_while(|line| !line.starts_with("It runs")).collect();
    let text = lines.join("\n");
    assert!(text.contains("12 VMs (1 of them templates)"), "{text}");
    let printed = lines.iter().find(|line| line.contains("vcenter add")).unwrap();
    // The password goes where musterctl finds it again, because here is no keychain.
    let words: Vec<&str> = printed.split(' ').collect();
    let name = printed.split("vcenter add ").nth(1).unwrap().split(' ').next().unwrap();
    let credentials = folder.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join(name), words[2]).unwrap();
    let printed = printed.replace("| musterctl", &format!("| '{}'", env!("CARGO_BIN_EXE_musterctl")));
    let sh = run(alone("sh").args(["-c", &printed]).env("CREDENTIALS_DIRECTORY", &credentials));
    assert!(sh.status.success(), "{printed}: {}", String::from_utf8_lossy(&sh.stderr));
    let ours = || {
        let mut command = musterctl();
        command.args(["--data-dir", data]).env("CREDENTIALS_DIRECTORY", &credentials);
        command
    };
    let sync = run(ours().args(["sync", "full", name]));
    assert!(sync.status.success(), "{}", String::from_utf8_lossy(&sync.stderr));
    for (kind, count) in [("vms", Some(12)), ("hosts", None), ("clusters", None), ("datastores", None)] {
        let rows = run(ours().args(["inventory", kind, "--json"]));
        let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), count.unwrap_or(rows.len().max(1)), "{kind}");
        // Every value is of the shape that its column has.
        assert!(rows.iter().all(|row| row["missing"] == serde_json::json!({})), "{kind}: {rows:?}");
    }
}

#[test]
fn bmcs_run_beside_it_and_are_told_with_their_logins() {
    let mut running = Running::start(&["--vms", "12", "--bmcs", "5", "--password", "it's secret", "--json"]);
    let told = document(&mut running);
    let bmcs = told["bmcs"].as_array().unwrap();
    assert_eq!(bmcs.len(), 5, "{told}");
    for (at, bmc) in bmcs.iter().enumerate() {
        let address: std::net::SocketAddr = bmc["address"].as_str().unwrap().parse().unwrap();
        assert_eq!(address.ip().to_string(), format!("127.0.64.{}", at + 1));
        std::net::TcpStream::connect(address).unwrap();
        assert_eq!(
            (bmc["user"].as_str(), bmc["password"].as_str()),
            (Some("inventory"), Some("it's secret"))
        );
    }
    let port = bmcs[0]["address"].as_str().unwrap().rsplit(':').next().unwrap();
    let taken = run(musterctl().args(["simulator", "--vms", "12", "--bmcs", "1", "--bmc-port", port]));
    let said = String::from_utf8_lossy(&taken.stderr);
    assert!(taken.status.code() == Some(1) && said.contains("--bmc-port"), "{said}");
    let recording = run(musterctl().args(["simulator", "--recording", "x", "--bmcs", "1"]));
    assert_eq!(recording.status.code(), Some(2));
}

#[test]
fn a_size_that_no_vcenter_has_is_wrong_usage() {
    for vms in ["0", "30001"] {
        let refused = run(musterctl().args(["simulator", "--vms", vms]));
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("1..=30000"), "{said}");
    }
}

/// What it says of itself when it runs.
fn document(running: &mut Running) -> serde_json::Value {
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn port_password_and_certificate_are_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let kept = kept.to_str().unwrap();
    let arguments = ["--vms", "3", "--json", "--certificate", kept];
    let first = document(&mut Running::start(&arguments));
    let port = first["address"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let with_port = [&arguments[..], &["--port", &port]].concat();
    assert_eq!(document(&mut Running::start(&with_port)), first, "nothing of it changed");
    let given = [&with_port[..], &["--password", "it's \\ a secret"]].concat();
    let second = document(&mut Running::start(&given));
    assert_eq!(
        (&second["sha256"], second["password"].as_str()),
        (&first["sha256"], Some("it's \\ a secret"))
    );
    let other = document(&mut Running::start(&["--vms", "3", "--json"]));
    assert!(other["sha256"] != first["sha256"] && other["password"] != first["password"]);
}

#[test]
fn what_cannot_be_kept_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    std::fs::create_dir(folder.path().join("half")).unwrap();
    std::fs::write(folder.path().join("half/certificate.pem"), "-----BEGIN PRIV").unwrap();
    let mut running = Running::start(&["--vms", "3", "--json"]);
    let address = document(&mut running)["address"].as_str().unwrap().to_owned();
    let port = address.rsplit(':').next().unwrap();
    let half = folder.path().join("half");
    for (arguments, code, says) in [
        (["--port", port], 1, ["in use", "another port"]),
        (["--certificate", file.to_str().unwrap()], 1, ["file", "can write to"]),
        (["--certificate", half.to_str().unwrap()], 2, ["half/certificate.pem", "Remove this file"]),
        (["--port", "0"], 2, ["--port", "0"]),
        (["--password", ""], 2, ["--password", "value"]),
    ] {
        let refused = run(musterctl().args(["simulator", "--vms", "3"]).args(arguments));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(says.iter().all(|words| said.contains(words)), "{arguments:?}: {said}");
    }
}
