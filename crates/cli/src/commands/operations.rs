//! `operations …`.
//! Refuses to cancel or retry: that comes with the durable queue.

use crate::args::Operations as Command;
use crate::exit::Exit;
use crate::output::{Output, card, table, time};
use contract::{ApiError, Operation};
use service::Service;

pub(super) async fn run(service: &Service, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::List { vcenter, limit } => {
            let vcenter = match vcenter {
                Some(name) => Some(service.vcenter(&name).await?.id),
                None => None,
            };
            let all = service.operations().list(vcenter.as_ref(), limit).await?;
            output.answer(&all, || list(&all));
        }
        Command::Show { id } => {
            let operation = service.operations().show(&id).await?;
            output.answer(&operation, || show(&operation));
        }
    }
    Ok(Exit::Done)
}

pub(super) fn list(all: &[Operation]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let header = [
        "Operation",
        "vCenter",
        "Kind",
        "State",
        "Started",
        "Took",
        "Objects",
        "Added",
        "Changed",
        "Removed",
    ];
    let right = [false, false, false, false, false, true, true, true, true, true];
    let rows = all.iter().map(|o| {
        vec![
            o.id.to_string(),
            o.vcenter.clone(),
            o.kind.name().into(),
            o.state.name().into(),
            time(o.started_at),
            took(o),
            o.progress.done.to_string(),
            o.diff.added.to_string(),
            o.diff.changed.to_string(),
            o.diff.removed.to_string(),
        ]
    });
    table(&header, &right, rows)
}

pub(super) fn show(o: &Operation) -> String {
    let mut lines = vec![
        ("Operation", o.id.to_string()),
        ("vCenter", o.vcenter.clone()),
        ("Kind", o.kind.name().to_owned()),
        ("Scope", if o.scope.is_empty() { "everything".into() } else { o.scope.join(", ") }),
        ("Asked by", o.origin.name().to_owned()),
        ("State", o.state.name().to_owned()),
        ("Submitted", time(Some(o.submitted_at))),
        ("Started", time(o.started_at)),
        ("Ended", time(o.finished_at)),
        ("Took", took(o)),
        ("Objects", format!("{} of {}", o.progress.done, o.progress.total)),
        (
            "Changes",
            format!(
                "{} added, {} changed, {} removed, {} unchanged",
                o.diff.added, o.diff.changed, o.diff.removed, o.diff.unchanged
            ),
        ),
        ("Traffic", format!("{} calls, {} bytes", o.calls, o.bytes)),
    ];
    if let Some(error) = &o.error {
        lines.push(("Reason", error.message.clone()));
        lines.extend(error.next_step.clone().map(|next_step| ("Next step", next_step)));
    }
    card(lines)
}

fn took(o: &Operation) -> String {
    match (o.started_at, o.finished_at) {
        (Some(start), Some(end)) => {
            let ms = (end.0 - start.0).max(0);
            format!("{}.{} s", ms / 1000, ms % 1000 / 100)
        }
        _ => "-".into(),
    }
}
