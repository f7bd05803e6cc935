//! OpenStack's Redfish emulator of `tests/peers/sushy`, as a child process: a BMC that nobody here wrote.
//! Refuses to outlive its test: the process ends when its standard input closes.

use super::peer::program;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running emulator with one system, which wants basic authentication for all but its root.
pub(crate) struct Sushy {
    process: Child,
    said: BufReader<ChildStdout>,
    port: u64,
    _folder: tempfile::TempDir,
}

impl Sushy {
    pub(crate) const USER: &str = "operator";
    pub(crate) const PASSWORD: &str = "Redfish!2041";

    /// Starts one whose system has this UUID, and a NIC with this MAC address.
    pub(crate) fn start(uuid: &str, mac: &str) -> Sushy {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("bmc.pem"), folder.path().join("bmc-key.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bmc", "-days", "30"])
            .args([Path::new("-keyout"), &key, Path::new("-out"), &certificate])
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let emulator = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/sushy/emulator.py");
        let mut process = Command::new("python3")
            .env("PYTHONPATH", program("sushy"))
            .args([&*emulator, folder.path(), &certificate, &key])
            .args([Sushy::USER, Sushy::PASSWORD, uuid, mac])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut said = BufReader::new(process.stdout.take().expect("its output"));
        let port = line(&mut said)["port"].as_u64().expect("its port");
        Sushy { process, said, port, _folder: folder }
    }

    pub(crate) fn port(&self) -> String {
        self.port.to_string()
    }

    /// What it was asked so far: `GET /redfish/v1/ 200`.
    pub(crate) fn asked(&mut self) -> Vec<String> {
        writeln!(self.process.stdin.as_mut().expect("its input")).expect("a question");
        let asked = line(&mut self.said);
        let all = asked.as_array().expect("a list").iter();
        all.map(|one| format!("{} {} {}", one[0].as_str().unwrap(), one[1].as_str().unwrap(), one[2]))
            .collect()
    }
}

impl Drop for Sushy {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn line(said: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("the emulator said no line, ./dev test installs it ({error}): {line}"))
}
