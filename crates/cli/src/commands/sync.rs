//! `test` and `sync …`: commands that run operations.
//! Refuses to hide an outcome: every operation is printed, whatever came of it.

use super::operations;
use crate::args::Sync as Command;
use crate::exit::{self, Exit};
use crate::output::{Output, card};
use crate::{ask, progress};
use contract::{ApiError, Code, CredentialId, Operation, OperationId, Origin, TestReport, Vcenter};
use service::{Job, Service};

pub(super) async fn test(
    service: &Service,
    output: &Output,
    name: &str,
    retry_login: bool,
) -> Result<Exit, ApiError> {
    let vcenter = service.vcenter(name).await?;
    type_passwords(service, std::slice::from_ref(&vcenter)).await?;
    let id = service.operations().submit(&vcenter.id, Job::Test { retry_login }, Origin::User).await?;
    let operation = wait(service, output, std::slice::from_ref(&id)).await?.remove(0);
    match service.operations().take_report(&id) {
        Some(report) => output.answer(&report, || shown(&report)),
        None => output.answer(&operation, || operations::show(&operation)),
    }
    Ok(conclude(output, &[operation]))
}

pub(super) async fn run(service: &Service, output: &Output, command: Command) -> Result<Exit, ApiError> {
    let (vcenters, job) = match command {
        Command::Hosts { name, clusters, accept_removals } => {
            (vec![service.vcenter(&name).await?], Job::SyncHosts { clusters, accept_removals })
        }
        Command::Full { all: true, accept_removals, .. } => {
            (service.vcenters().await?, Job::FullSync { accept_removals })
        }
        Command::Full { names, accept_removals, .. } => {
            let mut vcenters: Vec<Vcenter> = Vec::new();
            for name in names {
                let vcenter = service.vcenter(&name).await?;
                if !vcenters.iter().any(|known| known.id == vcenter.id) {
                    vcenters.push(vcenter);
                }
            }
            (vcenters, Job::FullSync { accept_removals })
        }
    };
    if vcenters.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
    }
    type_passwords(service, &vcenters).await?;
    let mut ids = Vec::new();
    for vcenter in &vcenters {
        ids.push(service.operations().submit(&vcenter.id, job.clone(), Origin::User).await?);
    }
    let ended = wait(service, output, &ids).await?;
    output.answer(&ended, || operations::list(&ended));
    Ok(conclude(output, &ended))
}

/// Lets a person type the passwords that are nowhere to be found.
async fn type_passwords(service: &Service, vcenters: &[Vcenter]) -> Result<(), ApiError> {
    for vcenter in vcenters {
        type_password(service, &vcenter.credential_id, &vcenter.credential, &vcenter.user).await?;
    }
    Ok(())
}

/// Lets a person type a password that is nowhere to be found; held until this process ends.
pub(super) async fn type_password(
    service: &Service,
    id: &CredentialId,
    name: &str,
    user: &str,
) -> Result<(), ApiError> {
    if ask::somebody_is_there() && !service.has_password(id, name).await? {
        service.hold_password(id, name, ask::password(user, name).await?);
    }
    Ok(())
}

async fn wait(service: &Service, output: &Output, ids: &[OperationId]) -> Result<Vec<Operation>, ApiError> {
    progress::wait(service, output, ids).await
}

/// Says why what failed did, and makes one exit code of all.
fn conclude(output: &Output, ended: &[Operation]) -> Exit {
    let mut first = None;
    for operation in ended {
        if let Some(error) = &operation.error {
            let about =
                ApiError { message: format!("{}: {}", operation.vcenter, error.message), ..error.clone() };
            output.explain(&about);
            first.get_or_insert(about);
        }
    }
    let exits: Vec<Exit> = ended.iter().map(Exit::from).collect();
    let exit = exit::of_all(&exits);
    if let (true, Some(error)) = (output.is_json() && exit != Exit::Done, first) {
        let several = ended.len() > 1;
        let code = if several && exit == Exit::Partly { Code::Partial } else { error.code };
        output.json_error(&ApiError { code, ..error });
    }
    exit
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
