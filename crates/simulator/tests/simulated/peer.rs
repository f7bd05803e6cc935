//! govmomi's simulator, and govc.

#[path = "../../../../tests/support/testvc.rs"]
mod testvc;

use serde_json::Value;

use crate::raw::Raw;
use testvc::Testvc;
pub(crate) use testvc::program;

/// A running test vCenter.
pub(crate) struct Peer {
    ready: Value,
    _process: Testvc,
}

impl Peer {
    pub(crate) fn start(arguments: &[&str]) -> Peer {
        let process = Testvc::start(arguments);
        let line = &process.ready;
        let ready =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("no ready line ({error}): {line}"));
        Peer { ready, _process: process }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }

    pub(crate) fn raw(&self) -> Raw {
        Raw::new(self.text("address"), &std::fs::read_to_string(self.text("ca")).unwrap())
    }
}
