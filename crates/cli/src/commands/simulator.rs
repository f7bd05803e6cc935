//! `simulator`.
//! Refuses to add it to the configuration by itself: it says how, and leaves that to whoever started it.

use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use contract::{ApiError, Code};
use serde::Serialize;
use service::Suggestion;
use simulator::{Contents, Error, Options, Simulator};
use std::path::Path;

/// What a script needs to use it.
#[derive(Serialize)]
struct Running<'a> {
    address: String,
    user: &'a str,
    password: &'a str,
    sha256: &'a str,
    instance_uuid: &'a str,
    vms: u32,
    seed: u64,
}

/// Runs it until a press or the signal to end, which is how it is meant to end.
pub(super) async fn run(
    output: &Output,
    interrupts: &Interrupts,
    vms: u32,
    seed: u64,
    data_dir: Option<&Path>,
) -> Result<Exit, ApiError> {
    let options = Options::new(vms, seed);
    let site = options.site.clone();
    let simulator = tokio::select! {
        started = Simulator::start(options) => started.map_err(failed)?,
        () = interrupts.unhandled() => return Ok(Exit::Done),
    };
    let running = Running {
        address: simulator.address().to_string(),
        user: simulator.user(),
        password: simulator.password(),
        sha256: simulator.sha256(),
        instance_uuid: simulator.instance_uuid(),
        vms,
        seed,
    };
    let printed = output.answer(&running, || shown(&running, simulator.contents(), &site, data_dir));
    if printed.is_ok() {
        interrupts.unhandled().await;
    }
    simulator.stop().await;
    printed.map(|()| Exit::Done)
}

fn failed(error: Error) -> ApiError {
    let mut message = format!("the simulator doesn't start: {error}");
    // That the port is taken, or whatever else the system says.
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    causes.for_each(|cause| message.push_str(&format!(": {cause}")));
    match error {
        Error::Size { .. } => ApiError::new(Code::InvalidValue, message).next("Name a size from 1 to 30000."),
        _ => ApiError::new(Code::Failed, message).next("Try again."),
    }
}

fn shown(running: &Running<'_>, contents: Contents, site: &str, data_dir: Option<&Path>) -> String {
    let Contents { datacenters, clusters, hosts, vms, templates, snapshots, datastores, networks, .. } =
        contents;
    let card = card([
        ("Address", running.address.clone()),
        ("User", running.user.to_owned()),
        ("Password", running.password.to_owned()),
        ("SHA-256", running.sha256.to_owned()),
        ("Instance", running.instance_uuid.to_owned()),
        ("Contents", format!("{datacenters} datacenters, {clusters} clusters, {hosts} hosts,")),
        ("", format!("{vms} VMs ({templates} of them templates), {snapshots} snapshots,")),
        ("", format!("{datastores} datastores, {networks} networks")),
    ]);
    format!("{card}\n\nAdd it:\n{}\n\nIt runs until Ctrl-C.", add(running, site, data_dir))
}

/// The command that adds it. Its password is worth nothing when it has ended, and may be seen.
fn add(running: &Running<'_>, site: &str, data_dir: Option<&Path>) -> String {
    let add = Suggestion::of("vcenter add").about(site).about(&running.address);
    let add = add.option("--user", running.user).flag("--password-stdin").option("--pin", running.sha256);
    let add = match data_dir {
        Some(dir) => add.option("--data-dir", &dir.display().to_string()),
        None => add,
    };
    format!("echo {} | {add}", running.password)
}
