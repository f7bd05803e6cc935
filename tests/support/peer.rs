//! The test vCenter of `tests/peers`, as a child process with a control port.
//! Refuses to outlive its test: the process ends when its standard input closes.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running test vCenter.
pub(crate) struct Peer {
    process: Child,
    ready: Value,
    certificates: tempfile::TempDir,
}

impl Peer {
    /// Starts one with these flags.
    pub(crate) fn start(flags: &[&str]) -> Peer {
        let certificates = tempfile::tempdir().expect("a folder for certificates");
        let mut process = Command::new(program("testvc"))
            .args(["--user", "admin", "--pass", PASSWORD, "--cert-dir"])
            .arg(certificates.path())
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("the test vCenter can't be started, ./dev test builds it: {error}")
            });
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("its ready line");
        let ready =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("no ready line ({error}): {line}"));
        Peer { process, ready, certificates }
    }

    /// A small vCenter: one datacenter, one cluster of three hosts, one host of its own, some VMs.
    pub(crate) fn vcenter() -> Peer {
        Peer::start(&["--model", "vpx"])
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        self.text("address")
    }

    /// SHA-256 of its certificate.
    pub(crate) fn sha256(&self) -> String {
        self.text("sha256")
    }

    /// The file with the CA that issued its certificate.
    pub(crate) fn ca(&self) -> String {
        self.text("ca")
    }

    /// How often a method was called.
    pub(crate) fn calls(&self, method: &str) -> u64 {
        self.control("GET", "/counts", None)["calls"][method].as_u64().unwrap_or(0)
    }

    /// How many calls were made in all.
    pub(crate) fn all_calls(&self) -> u64 {
        let counts = self.control("GET", "/counts", None);
        let calls = counts["calls"].as_object().expect("counts by method");
        calls.values().filter_map(Value::as_u64).sum()
    }

    /// Whether a rule holds back a call.
    pub(crate) fn is_holding(&self) -> bool {
        self.get("/held")["held"].as_u64().expect("a number") > 0
    }

    /// Has it behave again, and answer what it held back.
    pub(crate) fn let_go(&self) {
        self.behave();
        self.post("/release", serde_json::json!({}));
    }

    /// How many sessions of Muster are logged in.
    pub(crate) fn sessions(&self) -> u64 {
        let live = self.control("GET", "/sessions", None);
        let sessions = live["sessions"].as_array().expect("a list");
        let agents = sessions.iter().filter_map(|session| session["user_agent"].as_str());
        agents.filter(|agent| agent.starts_with("Muster/")).count() as u64
    }

    /// Makes it misbehave.
    pub(crate) fn rule(&self, rule: Value) {
        self.post("/rules", rule);
    }

    /// Makes it behave again.
    pub(crate) fn behave(&self) {
        self.post("/rules/clear", json!({}));
    }

    /// Calls the control port.
    pub(crate) fn post(&self, path: &str, body: Value) -> Value {
        self.control("POST", path, Some(body))
    }

    /// Reads from the control port.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.control("GET", path, None)
    }

    /// The documents that govc, an independent client, prints.
    pub(crate) fn govc(&self, arguments: &[&str]) -> Vec<Value> {
        let output = Command::new(program("govc"))
            .args(arguments)
            .env("GOVC_URL", format!("https://{}/sdk", self.address()))
            .env("GOVC_USERNAME", "admin")
            .env("GOVC_PASSWORD", PASSWORD)
            .env("GOVC_TLS_CA_CERTS", self.ca())
            .env("GOVMOMI_HOME", self.certificates.path())
            .output()
            .expect("govc runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "govc {arguments:?}: {error}");
        // It prints a document per object, one after another.
        let documents: Result<Vec<Value>, _> =
            serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect();
        documents.unwrap_or_else(|error| panic!("govc {arguments:?}: {error}"))
    }

    fn text(&self, key: &str) -> String {
        self.ready[key].as_str().unwrap_or_else(|| panic!("{key} in {}", self.ready)).to_owned()
    }

    fn control(&self, verb: &str, path: &str, body: Option<Value>) -> Value {
        exchange(self.text("control").trim_start_matches("http://"), verb, path, body)
    }
}

/// One exchange with a control port, in the oldest dialect of HTTP, which needs no library.
pub(super) fn exchange(address: &str, verb: &str, path: &str, body: Option<Value>) -> Value {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut stream = TcpStream::connect(address).expect("the control port");
    let length = body.len();
    // In one piece: a server that answers before the last one arrives, and closes, resets the connection.
    let request =
        format!("{verb} {path} HTTP/1.0\r\nHost: control\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    assert!(head.contains(" 200 "), "{verb} {path}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{verb} {path} ({error}): {body}"))
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It is ours, and it may be blocked in a rule that holds calls back.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Its password: long enough that finding it anywhere means a leak.
pub(crate) const PASSWORD: &str = "canary-5f2b81e0c7";

/// A program that `./dev` builds from `tests/peers`.
pub(crate) fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("MUSTER_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/bin"), PathBuf::from);
    folder.join(name)
}
