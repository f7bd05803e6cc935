//! govmomi's simulator, which `./dev test` builds from tests/peers before it runs the tests, and govc.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::raw::Raw;

/// In the folder that MUSTER_PEERS names, or where `./dev` links it.
pub(crate) fn program(name: &str) -> PathBuf {
    let linked = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/bin");
    std::env::var_os("MUSTER_PEERS").map_or_else(linked, PathBuf::from).join(name)
}

/// A running test vCenter.
pub(crate) struct Peer {
    child: Child,
    ready: Value,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends when its input does, and removes its scratch folder; killed, it would leave that behind.
        drop(self.child.stdin.take());
        for _ in 0..500 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    pub(crate) fn start(arguments: &[&str]) -> Peer {
        let testvc = program("testvc");
        let mut child = Command::new(&testvc)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} can't be started ({error}): ./dev test builds it", testvc.display())
            });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("no ready line ({error}): {line}"));
        Peer { child, ready }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }

    pub(crate) fn raw(&self) -> Raw {
        Raw::new(self.text("address"), &std::fs::read_to_string(self.text("ca")).unwrap())
    }
}
