//! `musterctl simulator` as a child process.
//! Refuses to outlive its test.

use super::Musterctl;
use serde_json::Value;
use std::path::Path;
use std::process::Child;

/// One that runs.
pub(crate) struct Simulator {
    process: Child,
    /// What it printed when it was ready.
    pub(crate) ready: Value,
    _folder: Musterctl,
}

impl Simulator {
    /// One that answers from a recording.
    pub(crate) fn of_recording(file: &Path) -> Simulator {
        Simulator::start(&["--recording", file.to_str().expect("a name in UTF-8")])
    }

    /// One with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Simulator {
        let folder = Musterctl::new();
        let mut process = folder.spawn(&[&["simulator"], arguments, &["--json"]].concat());
        let stdout = process.stdout.take().expect("its output");
        let mut printed = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>();
        let ready = match printed.next() {
            Some(Ok(ready)) => ready,
            other => panic!("no simulator for {arguments:?}: {other:?}"),
        };
        Simulator { process, ready, _folder: folder }
    }

    /// What it said of itself.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", self.ready))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
