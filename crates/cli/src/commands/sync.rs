//! `test`, `sync …` and `refresh`: commands that run operations.
//! Refuses to hide an outcome: every operation is printed, whatever came of it.

use super::operations;
use crate::args::{Refresh, Sync as Command};
use crate::ask;
use crate::exit::{self, Exit};
use crate::interrupts::Interrupts;
use crate::output::{Output, card};
use crate::progress::{self, Waited};
use contract::command::{HasWorker, ListVcenters, RetryOperation, ShowOperation, ShowVcenter, Submit};
use contract::{
    ApiError, Code, Job, Kind, Moref, Object, OperationId, OperationState, Subject, TestReport, Vcenter,
    words,
};
use service::Client;
use std::collections::BTreeSet;

pub(super) async fn test(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    name: &str,
    retry_login: bool,
) -> Result<Exit, ApiError> {
    service.may::<Submit>(Subject::new_vcenter(name)).await?;
    let vcenter = service.call(ShowVcenter { vcenter: name.to_owned() }).await?;
    // Who wants to retry the login says that the password is right.
    if !retry_login {
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await?;
    }
    let job = Job::Test { retry_login };
    let id = service.call(Submit { vcenter: vcenter.id, job, detached: false }).await?;
    let waited = progress::wait(service, output, interrupts, std::slice::from_ref(&id)).await?;
    let [operation] = &waited.operations[..] else { unreachable!("one was waited for") };
    let report = operation.result.clone().and_then(|report| serde_json::from_value(report).ok());
    let written = match report {
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
    service.may::<Submit>(Subject::none()).await?;
    let (vcenters, job, detached) = match command {
        Command::Hosts { name, clusters, accept_removals, detach } => {
            let vcenter = service.call(ShowVcenter { vcenter: name }).await?;
            (vec![vcenter], Job::SyncHosts { clusters, accept_removals }, detach)
        }
        Command::Full { names, all, tags, accept_removals, detach } => {
            let vcenters = chosen(service, &names, all, &tags).await?;
            (vcenters, Job::FullSync { accept_removals }, detach)
        }
    };
    if vcenters.is_empty() {
        output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
    }
    let work: Vec<_> = vcenters.into_iter().map(|vcenter| (vcenter, job.clone())).collect();
    carry_out(service, output, interrupts, &work, detached).await
}

/// Those that were named, have one of the tags, or all.
async fn chosen(
    service: &Client,
    names: &[String],
    all: bool,
    tags: &[String],
) -> Result<Vec<Vcenter>, ApiError> {
    if !all && tags.is_empty() {
        return designated(service, names).await;
    }
    let mut vcenters = service.call(ListVcenters {}).await?;
    let known: BTreeSet<String> = vcenters.iter().flat_map(|vcenter| vcenter.settings.tags.clone()).collect();
    if let Some(unknown) = tags.iter().find(|tag| !known.contains(*tag)) {
        let tags: Vec<String> = known.into_iter().collect();
        let next = match tags.is_empty() {
            true => "No vCenter has a tag. Add one: musterctl vcenter edit NAME --tag TAG".to_owned(),
            false => format!("Tags in use: {}.", tags.join(", ")),
        };
        let message = format!("no vCenter has the tag \"{unknown}\"");
        return Err(ApiError::new(Code::NotFound, message).next(next));
    }
    vcenters.retain(|vcenter| all || vcenter.settings.tags.iter().any(|tag| tags.contains(tag)));
    Ok(vcenters)
}

pub(super) async fn refresh(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Refresh,
) -> Result<Exit, ApiError> {
    service.may::<Submit>(Subject::none()).await?;
    let Refresh { kind, names, objects, accept_removals, detach } = command;
    let vcenters = designated(service, &names).await?;
    let kind = Kind::from(kind);
    let mut work = Vec::new();
    for vcenter in vcenters {
        let morefs = named(service, &vcenter, kind, &objects).await?;
        let job = Job::refresh_of(kind, morefs);
        let job = if accept_removals { job.accepting_removals().unwrap_or(job) } else { job };
        work.push((vcenter, job));
    }
    carry_out(service, output, interrupts, &work, detach).await
}

/// The morefs of objects that were named, of which each must be known on the vCenter.
async fn named(
    service: &Client,
    vcenter: &Vcenter,
    kind: Kind,
    names: &[String],
) -> Result<Vec<Moref>, ApiError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = service.read(&vcenter.id).await?;
    let mut morefs = Vec::new();
    for name in names {
        let found = known.objects(kind).iter().filter(|object| is_called(object, name));
        let before = morefs.len();
        morefs.extend(found.map(|object| object.moref.clone()));
        if morefs.len() == before {
            let message =
                format!("{} has no {} called \"{name}\" in the cache", vcenter.name, kind.singular());
            let next = format!("Sync it first, or list them: musterctl inventory {kind}");
            return Err(ApiError::new(Code::NotFound, message).next(next));
        }
    }
    if morefs.len() > Job::OBJECTS {
        let message = format!("that are {}, and {} can be refreshed by name", morefs.len(), Job::OBJECTS);
        return Err(ApiError::new(Code::InvalidValue, message).next("Leave out --object to refresh all."));
    }
    Ok(morefs)
}

/// Whether a person means this object by a name or moref.
pub(super) fn is_called(object: &Object, name: &str) -> bool {
    let own = object.stored("name");
    *object.moref == *name || own.as_text().is_some_and(|own| own.to_lowercase() == name.to_lowercase())
}

/// Does once more what an operation did.
pub(super) async fn retry(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    id: String,
    detached: bool,
) -> Result<Exit, ApiError> {
    service.may::<RetryOperation>(Subject::operation(&OperationId(id.clone()))).await?;
    let operation = service.call(ShowOperation { operation: id }).await?;
    // What is about no vCenter has no login of its own that a person could be asked for.
    if let Some(vcenter) = operation.vcenter_id.filter(|_| !detached) {
        let vcenter = service.call(ShowVcenter { vcenter: vcenter.to_string() }).await?;
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await?;
    }
    let id = service.call(RetryOperation { operation: operation.id, detached }).await?;
    follow(service, output, interrupts, &[id], detached).await
}

/// Runs a job on each of the vCenters, and tells what came of it.
async fn carry_out(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    work: &[(Vcenter, Job)],
    detached: bool,
) -> Result<Exit, ApiError> {
    // Whoever runs what is detached has no use for a password that is typed here.
    for (vcenter, _) in work.iter().filter(|_| !detached) {
        ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await?;
    }
    let mut ids: Vec<OperationId> = Vec::new();
    for (vcenter, job) in work {
        let submit = Submit { vcenter: vcenter.id.clone(), job: job.clone(), detached };
        ids.push(service.call(submit).await?);
    }
    follow(service, output, interrupts, &ids, detached).await
}

/// Waits for operations and tells what came of them; of those that are detached, that they are queued.
pub(super) async fn follow(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    ids: &[OperationId],
    detached: bool,
) -> Result<Exit, ApiError> {
    if detached {
        return queued(service, output, ids).await;
    }
    let waited = progress::wait(service, output, interrupts, ids).await?;
    let sentences = || waited.operations.iter().map(operations::sentence).collect::<Vec<_>>().join("\n");
    let written = output.answer(&waited.operations, sentences);
    conclude(output, &waited, written)
}

/// Tells what was queued, and whether anybody is there to do it.
async fn queued(service: &Client, output: &Output, ids: &[OperationId]) -> Result<Exit, ApiError> {
    let mut queued = Vec::new();
    for id in ids {
        queued.push(service.call(ShowOperation { operation: id.to_string() }).await?);
    }
    output.answer(&queued, || queued.iter().map(operations::sentence).collect::<Vec<_>>().join("\n"))?;
    let waits = queued.iter().any(|operation| operation.state == OperationState::Queued);
    if waits && !service.call(HasWorker {}).await? {
        output.say(
            "No window and no worker is running that does it. It starts when one does: open Muster, or run musterctl run",
        );
    }
    Ok(Exit::Done)
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
            let message = format!("{}: {}", operation.about(), error.message);
            let about = ApiError { message, ..error.clone() };
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
    let outcomes: Vec<_> = ended.iter().map(|o| (o.about(), o.state)).collect();
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
    let told =
        [(failed, words::outcome(OperationState::Failed)), (partly, words::outcome(OperationState::Partial))]
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
        .next("The reasons are above; musterctl operations show ID shows one again.")
}

fn shown(report: &TestReport) -> String {
    let missing = match report.missing.is_empty() {
        true => "nothing found".to_owned(),
        false => report.missing.join("; "),
    };
    card([
        ("vCenter", report.vcenter.clone()),
        ("Product", report.product.clone()),
        ("Version", report.version.clone()),
        ("Build", report.build.clone()),
        ("Instance", report.instance_uuid.clone().unwrap_or_else(|| "-".into())),
        ("Latency", format!("{} ms", report.latency_ms)),
        ("Missing", missing),
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
