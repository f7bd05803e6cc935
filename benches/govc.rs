//! govc, VMware's own command line, reading what a full sync reads, kind by kind.
//! Refuses to count anything but what the kernel says of these processes.

use crate::bare;
use crate::cost::Cost;
use crate::peer::{PASSWORD, program};
use anyhow::{Context, Result, ensure};
use contract::Kind;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Reads every kind, and throws the answers away.
pub(crate) fn read(address: &str, ca: &str) -> Result<Cost> {
    let (home, started) = (tempfile::tempdir().context("a folder for its sessions")?, Instant::now());
    for kind in Kind::READ {
        let paths = bare::paths(kind);
        let status = Command::new(program("govc"))
            .args(["object.collect", "-json", "-type", kind.object_type(), "/"])
            .args(paths)
            .env("GOVC_URL", format!("https://{address}/sdk"))
            .env("GOVC_USERNAME", "admin")
            .env("GOVC_PASSWORD", PASSWORD)
            .env("GOVC_TLS_CA_CERTS", ca)
            .env("GOVMOMI_HOME", home.path())
            .stdout(Stdio::null())
            .status()
            .context("govc")?;
        ensure!(status.success(), "govc could not read {kind}");
    }
    Cost::of_children(started)
}
