//! `test`, `sync …` and `refresh`: commands that run operations.
//! Refuses to hide an outcome: every operation is printed, whatever came of it.

use super::operations;
use crate::args::{Refresh, Sync as Command};
use crate::ask;
use crate::exit::{self, Exit};
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use crate::progress::{self, Waited};
use contract::command::{FullSync, ListVcenters, RefreshKind, ShowVcenter, StartTest, SyncHosts, TakeReport};
use contract::{ApiError, Code, OperationId, OperationState, TestReport, Vcenter, VcenterId};
use service::{Client, Handler};

pub(super) async fn test(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    name: &str,
    retry_login: bool,
) -> Result<Exit, ApiError> {
    service.may::<StartTest>()?;
    let vcenter = service.call(ShowVcenter { vcenter: name.to_owned() }).await?;
    // Who wants to retry the login says that the password is right.
    if !retry_login {
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await?;
    }
    let id = service.call(StartTest { vcenter: vcenter.id, retry_login }).await?;
    let waited = progress::wait(service, output, interrupts, std::slice::from_ref(&id)).await?;
    let [operation] = &waited.operations[..] else { unreachable!("one was waited for") };
    let written = match service.call(TakeReport { operation: id }).await? {
        Some(report) => output.answer(&report, || shown(&report)),
        None => output.answer(operation, || operations::sentence(operation)),
    };
    conclude(output, &waited, written)
}

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    match command {
        Command::Hosts { name, clusters, accept_removals } => {
            service.may::<SyncHosts>()?;
            let vcenters = [service.call(ShowVcenter { vcenter: name }).await?];
            let sync = |vcenter| SyncHosts { vcenter, clusters: clusters.clone(), accept_removals };
            carry_out(service, output, interrupts, &vcenters, sync).await
        }
        Command::Full { names, all, accept_removals } => {
            service.may::<FullSync>()?;
            let vcenters = match all {
                true => service.call(ListVcenters {}).await?,
                false => designated(service, &names).await?,
            };
            if vcenters.is_empty() {
                output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
            }
            let sync = |vcenter| FullSync { vcenter, accept_removals };
            carry_out(service, output, interrupts, &vcenters, sync).await
        }
    }
}

pub(super) async fn refresh(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Refresh,
) -> Result<Exit, ApiError> {
    service.may::<RefreshKind>()?;
    let Refresh { kind, names, accept_removals } = command;
    let vcenters = designated(service, &names).await?;
    let refresh = |vcenter| RefreshKind { vcenter, kind: kind.into(), accept_removals };
    carry_out(service, output, interrupts, &vcenters, refresh).await
}

/// Runs a job on each of the vCenters, and tells what came of it.
async fn carry_out<C: Handler<Reply = OperationId>>(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    vcenters: &[Vcenter],
    job: impl Fn(VcenterId) -> C,
) -> Result<Exit, ApiError> {
    for vcenter in vcenters {
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await?;
    }
    let mut ids: Vec<OperationId> = Vec::new();
    for vcenter in vcenters {
        ids.push(service.call(job(vcenter.id.clone())).await?);
    }
    let waited = progress::wait(service, output, interrupts, &ids).await?;
    let sentences = || waited.operations.iter().map(operations::sentence).collect::<Vec<_>>().join("\n");
    let written = output.answer(&waited.operations, sentences);
    conclude(output, &waited, written)
}

/// The vCenters with these names, each once.
pub(super) async fn designated(service: &Client, names: &[String]) -> Result<Vec<Vcenter>, ApiError> {
    let mut chosen: Vec<Vcenter> = Vec::new();
    for name in names {
        let vcenter = service.call(ShowVcenter { vcenter: name.clone() }).await?;
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
            // What Ctrl-C ended is told once, below.
            if !(waited.interrupted && error.code == Code::Cancelled) {
                output.explain(&about);
            }
            first.get_or_insert(about);
        }
    }
    written?;
    if waited.interrupted {
        return Err(progress::interrupted());
    }
    let exits: Vec<Exit> = ended.iter().map(Exit::from).collect();
    let exit = exit::of_all(&exits);
    let outcomes: Vec<_> = ended.iter().map(|o| (o.vcenter.as_str(), o.state)).collect();
    let Some(first) = first.filter(|_| exit != Exit::Done) else { return Ok(exit) };
    let last = if ended.len() > 1 { summary(&outcomes, exit, first.code) } else { first };
    if ended.len() > 1 {
        output.explain(&last);
    }
    if output.is_json() {
        output.json_error(&last);
    }
    Ok(exit)
}

/// How many of several vCenters failed, and which: the reason of each was said before.
fn summary(ended: &[(&str, OperationState)], exit: Exit, first: Code) -> ApiError {
    let of_state = |is: fn(OperationState) -> bool| -> Vec<&str> {
        ended.iter().filter(|(_, state)| is(*state)).map(|(vcenter, _)| *vcenter).collect()
    };
    let partly = of_state(|state| state == OperationState::Partial);
    let failed = of_state(|state| !matches!(state, OperationState::Succeeded | OperationState::Partial));
    let told = [(failed, "failed"), (partly, "partially succeeded")]
        .into_iter()
        .filter(|(names, _)| !names.is_empty());
    let told: Vec<String> = told
        .map(|(names, how)| {
            format!("{} of {} vCenters {how}: {}", names.len(), ended.len(), names.join(", "))
        })
        .collect();
    let code = match exit {
        Exit::Partly => Code::Partial,
        Exit::Failed => Code::Failed,
        _ => first,
    };
    ApiError::new(code, told.join("; "))
        .next("The reasons are above; musterctl operations list shows them again.")
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
        ("No access to", missing),
    ])
}

#[cfg(test)]
mod tests {
    use super::{Code, Exit, OperationState, summary};

    #[test]
    fn the_last_line_names_every_vcenter_that_failed() {
        use OperationState::{Failed, Partial, Succeeded};
        let some = [("C", Failed), ("D", Succeeded), ("v1", Failed), ("E", Partial)];
        let error = summary(&some, Exit::Partly, Code::Unreachable);
        assert_eq!(error.message, "2 of 4 vCenters failed: C, v1; 1 of 4 vCenters partially succeeded: E");
        assert_eq!(error.code, Code::Partial);
        let all = [("C", Failed), ("D", Failed)];
        assert_eq!(summary(&all, Exit::Unreachable, Code::TimedOut).code, Code::TimedOut);
        assert_eq!(summary(&all, Exit::Failed, Code::TimedOut).code, Code::Failed);
    }
}
