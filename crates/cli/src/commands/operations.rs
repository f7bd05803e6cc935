//! `operations …`.
//! Refuses to cancel or retry: that comes with the durable queue.

use crate::args::Operations as Command;
use crate::exit::Exit;
use crate::output::{Fit, Output, age, card, table, time};
use contract::command::{OperationHistory, ShowOperation, ShowVcenter};
use contract::{ApiError, Kind, Operation, OperationKind, OperationState, Time};
use service::Client;
use std::collections::HashSet;

pub(super) async fn run(service: &Client, output: &Output, command: Command) -> Result<Exit, ApiError> {
    match command {
        Command::List { vcenter, limit } => {
            let vcenter = match vcenter {
                Some(vcenter) => Some(service.call(ShowVcenter { vcenter }).await?.id),
                None => None,
            };
            let all = service.call(OperationHistory { vcenter, limit }).await?;
            if all.is_empty() {
                output.say("No operations yet.");
            }
            output.answer(&all, || list(&all, service.now()))?;
        }
        Command::Show { id } => {
            let operation = service.call(ShowOperation { operation: id }).await?;
            output.answer(&operation, || show(&operation))?;
        }
    }
    Ok(Exit::Done)
}

/// What came of an operation, in one sentence.
pub(super) fn sentence(o: &Operation) -> String {
    let what = match o.kind {
        OperationKind::Test => "test".to_owned(),
        OperationKind::SyncHosts => "host sync".to_owned(),
        OperationKind::FullSync => "full sync".to_owned(),
        OperationKind::Refresh => format!("refresh of {}", Kind::in_words(&o.scope)),
    };
    let how = match o.state {
        OperationState::Queued => "is queued",
        OperationState::Running => "is running",
        OperationState::Succeeded => "succeeded",
        OperationState::Partial => "partially succeeded",
        OperationState::Failed => "failed",
        OperationState::Cancelled => "was cancelled",
        OperationState::Interrupted => "was interrupted",
    };
    let went_well = matches!(o.state, OperationState::Succeeded | OperationState::Partial);
    let took = match (o.started_at, o.finished_at) {
        (Some(start), Some(end)) if end >= start => {
            format!(" {} {}", if went_well { "in" } else { "after" }, took(o))
        }
        _ => String::new(),
    };
    let changes = match went_well {
        true => format!(
            ": {} objects, {} added, {} changed, {} removed",
            o.progress.done, o.diff.added, o.diff.changed, o.diff.removed
        ),
        false => String::new(),
    };
    format!("{}: {what} {how}{took}{changes}", o.vcenter)
}

fn list(all: &[Operation], now: Time) -> String {
    if all.is_empty() {
        return String::new();
    }
    let header = ["Operation", "vCenter", "Kind", "State", "Age", "Took", "Objects", "Changes"];
    let fits =
        [Fit::Whole, Fit::Words, Fit::Words, Fit::Whole, Fit::Number, Fit::Number, Fit::Number, Fit::Words];
    let shown = shortest(all);
    let rows = all.iter().map(|o| {
        vec![
            o.id.as_str().chars().take(shown).collect(),
            o.vcenter.clone(),
            o.kind.name().into(),
            o.state.name().into(),
            age(Some(o.submitted_at), now),
            took(o),
            o.progress.done.to_string(),
            format!("+{} ~{} -{}", o.diff.added, o.diff.changed, o.diff.removed),
        ]
    });
    table(&header, &fits, rows)
}

/// How many characters tell these operations apart; ids begin with the time, so later ones don't make it more.
fn shortest(all: &[Operation]) -> usize {
    let distinct = |length: &usize| {
        let beginnings: HashSet<&str> =
            all.iter().map(|o| o.id.as_str().get(..*length).unwrap_or(o.id.as_str())).collect();
        beginnings.len() == all.len()
    };
    (8..=36).find(distinct).unwrap_or(36)
}

pub(super) fn show(o: &Operation) -> String {
    let mut lines = vec![
        ("Operation", o.id.to_string()),
        ("vCenter", o.vcenter.clone()),
        ("Kind", o.kind.name().to_owned()),
        ("Scope", if o.scope.is_empty() { "everything".into() } else { o.scope.join(", ") }),
        ("Started by", o.origin.name().to_owned()),
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
        // A clock that was set back meanwhile tells nothing.
        (Some(start), Some(end)) if end >= start => {
            let ms = end.0 - start.0;
            format!("{}.{} s", ms / 1000, ms % 1000 / 100)
        }
        _ => "-".into(),
    }
}
