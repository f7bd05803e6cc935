//! The SOCKS5 proxy and the HTTP proxy of `tests/peers`, as a child process with a control port.
//! Refuse to outlive their test: the process ends when its standard input closes.

use super::peer::{exchange, program};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Two running proxies.
pub(crate) struct Proxies {
    process: Child,
    ready: Value,
}

impl Proxies {
    /// Starts them with these flags.
    pub(crate) fn start(flags: &[&str]) -> Proxies {
        let mut process = Command::new(program("proxies"))
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the proxies can't be started, ./dev test builds them: {error}"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("their output");
        BufReader::new(stdout).read_line(&mut line).expect("their ready line");
        let ready =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("no ready line ({error}): {line}"));
        Proxies { process, ready }
    }

    /// `host:port` of the SOCKS5 proxy.
    pub(crate) fn socks(&self) -> &str {
        self.text("socks")
    }

    /// `host:port` of the HTTP proxy.
    pub(crate) fn http(&self) -> &str {
        self.text("http")
    }

    /// The names that they were asked to resolve, each once.
    pub(crate) fn resolved(&self) -> Vec<String> {
        let mut names: Vec<String> = self.list("resolved").iter().filter_map(text).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The connections that somebody wanted from the proxy of this kind, `socks` or `http`: to what, each once.
    pub(crate) fn wanted(&self, kind: &str) -> Vec<String> {
        let all = self.list("connections");
        let mut targets: Vec<String> =
            all.iter().filter(|one| one["proxy"] == kind).filter_map(|one| text(&one["target"])).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// The users who wanted connections from the SOCKS5 proxy, one for each.
    pub(crate) fn users(&self) -> Vec<String> {
        self.list("connections").iter().filter_map(|one| text(&one["user"])).collect()
    }

    /// Connects nobody any more.
    pub(crate) fn refuse(&self) {
        self.post("/refuse");
    }

    /// Closes both, with all connections through them.
    pub(crate) fn stop(&self) {
        self.post("/stop");
    }

    /// Opens both where they were.
    pub(crate) fn start_again(&self) {
        self.post("/start");
    }

    fn list(&self, key: &str) -> Vec<Value> {
        let asked = exchange(self.text("control"), "GET", "/asked", None);
        asked[key].as_array().expect("a list").clone()
    }

    fn post(&self, path: &str) {
        exchange(self.text("control"), "POST", path, Some(json!({})));
    }

    fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap_or_else(|| panic!("{key} in {}", self.ready))
    }
}

impl Drop for Proxies {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
