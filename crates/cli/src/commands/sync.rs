//! `test`, `sync …` and `refresh`: commands that run operations.
//! Refuses to hide an outcome: every operation is printed, whatever came of it.

use super::operations;
use crate::args::{Refresh, Sync as Command};
use crate::ask;
use crate::exit::{self, Exit};
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use crate::progress::{self, Waited};
use contract::{ApiError, Code, OperationId, Origin, TestReport, Vcenter};
use service::{Job, Service};

pub(super) async fn test(
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    name: &str,
    retry_login: bool,
) -> Result<Exit, ApiError> {
    let vcenter = service.vcenter(name).await?;
    // Who wants to retry the login says that the password is right.
    if !retry_login {
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter)).await?;
    }
    let id = service.operations().submit(&vcenter.id, Job::Test { retry_login }, Origin::User).await?;
    let waited = progress::wait(service, output, interrupts, std::slice::from_ref(&id)).await?;
    let [operation] = &waited.operations[..] else { unreachable!("one was waited for") };
    let written = match service.operations().take_report(&id) {
        Some(report) => output.answer(&report, || shown(&report)),
        None => output.answer(operation, || operations::sentence(operation)),
    };
    conclude(output, &waited, written)
}

pub(super) async fn run(
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    let (vcenters, job) = match command {
        Command::Hosts { name, clusters, accept_removals } => {
            (vec![service.vcenter(&name).await?], Job::SyncHosts { clusters, accept_removals })
        }
        Command::Full { all: true, accept_removals, .. } => {
            (service.vcenters().await?, Job::FullSync { accept_removals })
        }
        Command::Full { names, accept_removals, .. } => {
            (designated(service, &names).await?, Job::FullSync { accept_removals })
        }
    };
    if vcenters.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
    }
    carry_out(service, output, interrupts, &vcenters, &job).await
}

pub(super) async fn refresh(
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    command: Refresh,
) -> Result<Exit, ApiError> {
    let Refresh { kind, names, accept_removals } = command;
    let vcenters = designated(service, &names).await?;
    let job = Job::Refresh { kind: kind.into(), accept_removals };
    carry_out(service, output, interrupts, &vcenters, &job).await
}

/// Runs a job on each of the vCenters, and tells what came of it.
async fn carry_out(
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    vcenters: &[Vcenter],
    job: &Job,
) -> Result<Exit, ApiError> {
    for vcenter in vcenters {
        ask::missing_password(service, output, &vcenter.credential_id, Some(vcenter)).await?;
    }
    let mut ids: Vec<OperationId> = Vec::new();
    for vcenter in vcenters {
        ids.push(service.operations().submit(&vcenter.id, job.clone(), Origin::User).await?);
    }
    let waited = progress::wait(service, output, interrupts, &ids).await?;
    let sentences = || waited.operations.iter().map(operations::sentence).collect::<Vec<_>>().join("\n");
    let written = output.answer(&waited.operations, sentences);
    conclude(output, &waited, written)
}

/// The vCenters with these names, each once.
pub(super) async fn designated(service: &Service, names: &[String]) -> Result<Vec<Vcenter>, ApiError> {
    let mut chosen: Vec<Vcenter> = Vec::new();
    for name in names {
        let vcenter = service.vcenter(name).await?;
        if !chosen.iter().any(|known| known.id == vcenter.id) {
            chosen.push(vcenter);
        }
    }
    Ok(chosen)
}

/// Says why what failed did, and makes one exit code of all.
fn conclude(output: &Output, waited: &Waited, written: Result<(), ApiError>) -> Result<Exit, ApiError> {
    let ended = &waited.operations;
    let mut first = None;
    for operation in ended {
        if let Some(error) = &operation.error {
            let about =
                ApiError { message: format!("{}: {}", operation.vcenter, error.message), ..error.clone() };
            output.explain(&about);
            first.get_or_insert(about);
        }
    }
    written?;
    if waited.interrupted {
        return Err(progress::interrupted());
    }
    let exits: Vec<Exit> = ended.iter().map(Exit::from).collect();
    let exit = exit::of_all(&exits);
    if let (true, Some(error)) = (output.is_json() && exit != Exit::Done, first) {
        let several = ended.len() > 1;
        let code = if several && exit == Exit::Partly { Code::Partial } else { error.code };
        output.json_error(&ApiError { code, ..error });
    }
    Ok(exit)
}

fn shown(report: &TestReport) -> String {
    let missing = if report.missing.is_empty() { "nothing".to_owned() } else { report.missing.join(", ") };
    card([
        ("vCenter", report.vcenter.clone()),
        ("Product", report.product.clone()),
        ("Version", report.version.clone()),
        ("Build", report.build.clone()),
        ("Instance", report.instance_uuid.clone().unwrap_or_else(|| "-".into())),
        ("Latency", format!("{} ms", report.latency_ms)),
        ("May not see", missing),
    ])
}
