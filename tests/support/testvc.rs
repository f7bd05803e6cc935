//! The process of a test vCenter, which `./dev test` builds from tests/peers before it runs the tests.
//! Refuses to know what it answers. The tests of two crates include it, one folder below `crates` each.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// In the folder that MUSTER_PEERS names, or where `./dev` links it.
pub(crate) fn program(name: &str) -> PathBuf {
    let linked = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/bin");
    std::env::var_os("MUSTER_PEERS").map_or_else(linked, PathBuf::from).join(name)
}

/// A running test vCenter.
pub(crate) struct Testvc {
    child: Child,
    /// The line of JSON that it prints when it is ready.
    pub(crate) ready: String,
}

impl Testvc {
    pub(crate) fn start(arguments: &[&str]) -> Testvc {
        let testvc = program("testvc");
        let mut child = Command::new(&testvc)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} can't be started ({error}): ./dev test builds it", testvc.display())
            });
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        Testvc { child, ready }
    }
}

impl Drop for Testvc {
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
