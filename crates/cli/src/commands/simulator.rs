//! `simulator`.
//! Refuses to add it to the configuration by itself: it says how, and leaves that to whoever started it.

use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use contract::{ApiError, Code};
use serde::Serialize;
use service::Suggestion;
use simulator::{Behavior, Contents, Error, Options, Recording, Simulator};
use std::path::{Path, PathBuf};

/// What is simulated.
pub(super) enum Of {
    /// An estate that is made.
    Seed { vms: u32, seed: u64 },
    /// What was recorded of a real server.
    Recording(PathBuf),
}

/// What a script needs to use it.
#[derive(Serialize)]
struct Running<'a> {
    address: String,
    user: &'a str,
    password: &'a str,
    sha256: &'a str,
    /// None of an ESXi host that was recorded.
    instance_uuid: Option<&'a str>,
    vms: usize,
    /// None of a recording.
    seed: Option<u64>,
}

/// Runs it until a press or the signal to end, which is how it is meant to end.
pub(super) async fn run(
    output: &Output,
    interrupts: &Interrupts,
    of: Of,
    data_dir: Option<&Path>,
) -> Result<Exit, ApiError> {
    let seed = match of {
        Of::Seed { seed, .. } => Some(seed),
        Of::Recording(_) => None,
    };
    let (simulator, name) = tokio::select! {
        started = start(of) => started.map_err(failed)?,
        () = interrupts.unhandled() => return Ok(Exit::Done),
    };
    let running = Running {
        address: simulator.address().to_string(),
        user: simulator.user(),
        password: simulator.password(),
        sha256: simulator.sha256(),
        instance_uuid: simulator.instance_uuid(),
        vms: simulator.contents().vms,
        seed,
    };
    let printed = output.answer(&running, || shown(&running, simulator.contents(), &name, data_dir));
    if printed.is_ok() {
        interrupts.unhandled().await;
    }
    simulator.stop().await;
    printed.map(|()| Exit::Done)
}

/// Starts it; answers with a name for it, too.
async fn start(of: Of) -> Result<(Simulator, String), Error> {
    match of {
        Of::Seed { vms, seed } => {
            let options = Options::new(vms, seed);
            let site = options.site.clone();
            Ok((Simulator::start(options).await?, site))
        }
        Of::Recording(file) => {
            let recording = Recording::read(&file)?;
            Ok((Simulator::replay(recording, 0, Behavior::default()).await?, "Recording".to_owned()))
        }
    }
}

fn failed(error: Error) -> ApiError {
    let mut message = format!("the simulator doesn't start: {error}");
    // That the port is taken, or whatever else the system says.
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    causes.for_each(|cause| message.push_str(&format!(": {cause}")));
    match error {
        Error::Size { .. } => ApiError::new(Code::InvalidValue, message).next("Name a size from 1 to 30000."),
        Error::Recording { .. } => ApiError::new(Code::InvalidValue, message).next(
            "Name a file that holds a recording, as the user guide describes it under \"Without a vCenter\".",
        ),
        _ => ApiError::new(Code::Failed, message).next("Try again."),
    }
}

fn shown(running: &Running<'_>, contents: Contents, name: &str, data_dir: Option<&Path>) -> String {
    let Contents { datacenters, clusters, hosts, vms, templates, snapshots, datastores, networks, .. } =
        contents;
    let card = card([
        ("Address", running.address.clone()),
        ("User", running.user.to_owned()),
        ("Password", running.password.to_owned()),
        ("SHA-256", running.sha256.to_owned()),
        ("Instance", running.instance_uuid.unwrap_or("none (ESXi host)").to_owned()),
        ("Contents", format!("{datacenters} datacenters, {clusters} clusters, {hosts} hosts,")),
        ("", format!("{vms} VMs ({templates} of them templates), {snapshots} snapshots,")),
        ("", format!("{datastores} datastores, {networks} networks")),
    ]);
    format!("{card}\n\nAdd it:\n{}\n\nIt runs until Ctrl-C.", add(running, name, data_dir))
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
