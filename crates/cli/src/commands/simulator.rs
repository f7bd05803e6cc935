//! `simulator`.
//! Refuses to add it to the configuration by itself: it says how, and leaves that to whoever started it.

mod bmcs;

use crate::args::Simulator as Command;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use crate::suggest::{Suggestion, quoted};
use contract::{ApiError, Code};
use serde::Serialize;
use simulator::{Access, Behavior, Bmc, Bmcs, Contents, Error, Options, Recording, Simulator};
use std::io::ErrorKind;
use std::path::Path;

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
    /// In the order of their addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bmcs: Vec<RunningBmc<'a>>,
}

/// The same of a BMC.
#[derive(Serialize)]
struct RunningBmc<'a> {
    address: String,
    user: &'a str,
    password: &'a str,
}

impl RunningBmc<'_> {
    fn of(bmc: &Bmc) -> RunningBmc<'_> {
        RunningBmc { address: bmc.address().to_string(), user: bmc.user(), password: bmc.password() }
    }
}

/// Runs it until a press or the signal to end, which is how it is meant to end.
pub(super) async fn run(
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
    data_dir: Option<&Path>,
) -> Result<Exit, ApiError> {
    let seed = if command.recording.is_some() { None } else { Some(command.seed) };
    let Started { simulator, bmcs, name } = tokio::select! {
        started = start(command) => started.map_err(failed)?,
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
        bmcs: bmcs.all().iter().map(RunningBmc::of).collect(),
    };
    let printed = output.answer(&running, || {
        let found = bmcs::shown(bmcs.all(), data_dir);
        let found = found.map(|found| format!("{found}\n\n")).unwrap_or_default();
        let shown = shown(&running, simulator.contents(), &name, data_dir);
        format!("{shown}\n\n{found}It runs until you press Ctrl-C.")
    });
    if printed.is_ok() {
        interrupts.unhandled().await;
    }
    bmcs.stop().await;
    simulator.stop().await;
    printed.map(|()| Exit::Done)
}

/// A simulator that runs, the BMCs beside it, and a name for it.
struct Started {
    simulator: Simulator,
    bmcs: Bmcs,
    name: String,
}

async fn start(command: Command) -> Result<Started, Error> {
    let Command { vms, seed, recording, port, password, certificate, bmcs, bmc_port } = command;
    let access = Access {
        port: port.unwrap_or(0),
        password: password.clone(),
        folder: certificate,
        ..Access::default()
    };
    if let Some(file) = recording {
        let recording = Recording::read(&file)?;
        let simulator = Simulator::replay(recording, access, Behavior::default()).await?;
        let bmcs = Bmcs::start(Vec::new()).await?;
        return Ok(Started { simulator, bmcs, name: "Recording".to_owned() });
    }
    let options = Options { access, ..Options::new(vms, seed) };
    let name = options.site.clone();
    let simulator = Simulator::start(options).await?;
    let of = bmcs::options(bmcs, simulator.contents().hosts, bmc_port, password);
    let bmcs = Bmcs::of(&simulator, of).await?;
    Ok(Started { simulator, bmcs, name })
}

fn failed(error: Error) -> ApiError {
    let mut message = format!("the simulator could not start: {error}");
    // That the port is taken, or whatever else the system says.
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    causes.for_each(|cause| message.push_str(&format!(": {cause}")));
    let (code, next) = match &error {
        Error::Size { .. } => (Code::InvalidValue, "Specify a size from 1 to 30000."),
        Error::Recording { .. } => {
            (Code::InvalidValue, "Specify a recording; see \"Without a vCenter\" in the user guide.")
        }
        Error::Kept { .. } => (
            Code::InvalidValue,
            "Remove this file, so that the next start creates a new one, or specify another folder.",
        ),
        Error::Folder { .. } => {
            (Code::Failed, "Specify a folder with --certificate that this user can write to.")
        }
        Error::Listen { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            (Code::Failed, "Specify a port above 1023 with --port.")
        }
        Error::ListenBmc { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            (Code::Failed, "Specify a port above 1023 with --bmc-port.")
        }
        Error::NotLoopback { .. } => (Code::InvalidValue, "Specify an address of 127.0.0.0/8."),
        Error::Listen { .. } => {
            (Code::Failed, "Specify another port with --port, or stop the program that uses this one.")
        }
        Error::ListenBmc { .. } => {
            (Code::Failed, "Specify another port with --bmc-port, or stop the program that uses this one.")
        }
        Error::Certificate(_) => (Code::Failed, "Try again."),
    };
    ApiError::new(code, message).next(next)
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
    format!("{card}\n\nAdd it:\n{}", add(running, name, data_dir))
}

/// The command that adds it. Its password protects nothing real, and may be seen.
fn add(running: &Running<'_>, site: &str, data_dir: Option<&Path>) -> String {
    let add = Suggestion::of("vcenter add").about(site).about(&running.address);
    let add = add.option("--user", running.user).flag("--password-stdin").option("--pin", running.sha256);
    let add = match data_dir {
        Some(dir) => add.option("--data-dir", &dir.display().to_string()),
        None => add,
    };
    format!("printf %s {} | {add}", quoted(running.password))
}
