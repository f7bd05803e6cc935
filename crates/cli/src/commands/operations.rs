//! `operations …`.
//! Refuses to hide an operation that a sweep of the history would: what is listed is what the database has.

use crate::args::{Operations as Command, OperationsList};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{Fit, Output, card, table, time};
use crate::suggest;
use contract::command::{
    AwaitOperation, CancelOperation, Listing, OperationFilter, OperationHistory, ShowOperation, ShowVcenter,
    Since,
};
use contract::{
    ApiError, Code, Fold, Line, Operation, OperationId, OperationKind, OperationState, Subject, Time, fold,
    words,
};
use service::Client;
use std::collections::HashSet;
use std::time::Duration;

/// Operations that are looked at for one list.
const MOST: u32 = 20_000;

/// How long a cancelled operation may take to end; it takes a second where its process is well.
const CANCELLING: Duration = Duration::from_secs(10);

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    match command {
        Command::List(asked) => listed(service, output, asked).await?,
        Command::Show { id } => {
            let operation = service.call(ShowOperation { operation: id }).await?;
            super::history::shown(service, output, &operation).await?;
        }
        Command::Cancel { id } => {
            service.may::<CancelOperation>(Subject::operation(&OperationId(id.clone()))).await?;
            let operation = service.call(ShowOperation { operation: id }).await?;
            let is_cancelled = service.call(CancelOperation { operation: operation.id.clone() }).await?;
            if !is_cancelled {
                let message = format!("operation {} has ended already", operation.id);
                let next = format!("musterctl operations show {} says how.", operation.id);
                return Err(ApiError::new(Code::NotFound, message).next(next));
            }
            let ended = service.call(AwaitOperation { operation: operation.id });
            let ended = tokio::time::timeout(CANCELLING, ended).await;
            let Ok(operation) = ended else {
                return Err(ApiError::new(Code::TimedOut, "the operation does not end")
                    .next("Its process may be stuck; musterctl operations list shows it until that ends."));
            };
            let operation = operation?;
            output.answer(&operation, || sentence(&operation))?;
        }
        Command::Retry { id, detach } => {
            return super::sync::retry(service, output, interrupts, id, detach).await;
        }
    }
    Ok(Exit::Done)
}

async fn listed(service: &Client, output: &Output, asked: OperationsList) -> Result<(), ApiError> {
    let OperationsList { vcenter, kinds, states, origin, since, until, each, limit } = asked;
    let vcenter = match vcenter {
        Some(vcenter) => Some(service.call(ShowVcenter { vcenter }).await?.id),
        None => None,
    };
    let since = since.map(|text| text.parse::<Since>()).transpose()?;
    let until = until.map(|text| text.parse::<Since>()).transpose()?;
    let filter = OperationFilter { vcenter, kinds, states, origin, since, until };
    let is_narrow = filter.is_narrow();
    let is_folded = !each && !output.is_json();
    let Listing { operations, has_more } = match is_folded {
        true => newest_lines(service, &filter, limit).await?,
        false => service.call(OperationHistory { filter, limit }).await?,
    };
    if operations.is_empty() && !has_more {
        output.say(if is_narrow { "No operations match." } else { "No operations yet." });
    }
    output.answer(&operations, || list(&operations, is_folded, service.now()))?;
    if is_folded && fold(&operations).len() < operations.len() {
        output.say("Automatic operations without changes are combined: use --each to list each of them.");
    }
    if has_more {
        let number = operations.len();
        output.say(&format!("Showing the newest {number}. There are older ones: use --limit to show more."));
    }
    Ok(())
}

/// As many of the newest operations as make so many lines.
async fn newest_lines(service: &Client, filter: &OperationFilter, lines: u32) -> Result<Listing, ApiError> {
    let mut limit = lines;
    loop {
        let mut listing = service.call(OperationHistory { filter: filter.clone(), limit }).await?;
        let folded = fold(&listing.operations);
        if let Some(line) = folded.get(lines as usize) {
            // What stands below that line may be part of one above it, and is shown with that.
            let first = match line {
                Line::One(one) => &one.id,
                Line::Fold(fold) => &fold.operations[0].id,
            };
            let end = listing.operations.iter().position(|one| one.id == *first);
            listing.operations.truncate(end.unwrap_or(listing.operations.len()));
            return Ok(Listing { has_more: true, ..listing });
        }
        if !listing.has_more || limit >= MOST {
            return Ok(listing);
        }
        limit = limit.saturating_mul(4).min(MOST);
    }
}

/// What came of an operation, in one sentence.
pub(super) fn sentence(o: &Operation) -> String {
    let what = words::within_a_sentence(&words::job(&o.job));
    let how = words::outcome(o.state);
    let went_well = matches!(o.state, OperationState::Succeeded | OperationState::Partial);
    let took = words::ran(o).map_or_else(String::new, |ms| {
        format!(" {} {}", if went_well { "in" } else { "after" }, words::took(ms))
    });
    let told = o.told_changes();
    let changes = match went_well && o.kind() != OperationKind::Test {
        true if !o.job.is_of_a_vcenter() => discovered(o),
        true => format!(
            ": {} objects, {} added, {} changed, {} removed",
            o.progress.done, told.added, told.changed, told.removed
        ),
        false => String::new(),
    };
    format!("{}: {what} {how}{took}{changes}", o.about())
}

/// What an operation about no vCenter went through.
fn discovered(o: &Operation) -> String {
    let done = usize::try_from(o.progress.done).unwrap_or(usize::MAX);
    match o.kind() {
        OperationKind::Scan => {
            let added = usize::try_from(o.diff.added).unwrap_or(usize::MAX);
            let new = words::counted(added, "new BMC", "new BMCs");
            format!(": {}, {new}", words::counted(done, "address", "addresses"))
        }
        OperationKind::Policy => {
            let total = usize::try_from(o.progress.total).unwrap_or(usize::MAX);
            format!(": {done} of {}", words::counted(total, "operation", "operations"))
        }
        OperationKind::Deliver | OperationKind::Notify => format!(": {}", words::changes(o)),
        _ => format!(": {}", words::counted(done, "BMC", "BMCs")),
    }
}

fn list(all: &[Operation], is_folded: bool, now: Time) -> String {
    if all.is_empty() {
        return String::new();
    }
    let header = ["Operation", "vCenter", "Kind", "State", "Age", "Took", "Objects", "Changes"];
    let fits =
        [Fit::Whole, Fit::Words, Fit::Words, Fit::Whole, Fit::Number, Fit::Number, Fit::Number, Fit::Words];
    let shown = shortest(all);
    let lines = if is_folded { fold(all) } else { all.iter().map(Line::One).collect() };
    let rows = lines.iter().map(|line| match line {
        Line::One(o) => {
            let told = o.told_changes();
            vec![
                o.id.as_str().chars().take(shown).collect(),
                o.about().to_owned(),
                o.kind().name().into(),
                o.state.name().into(),
                words::age(Some(o.submitted_at), now),
                took(o),
                o.progress.done.to_string(),
                format!("+{} ~{} -{}", told.added, told.changed, told.removed),
            ]
        }
        Line::Fold(fold) => folded(fold, now),
    });
    table(&header, &fits, rows)
}

/// Automatic operations that changed nothing as one line.
fn folded(fold: &Fold<'_>, now: Time) -> Vec<String> {
    let (newest, oldest) = (fold.operations[0], fold.operations[fold.operations.len() - 1]);
    let age = |one: &Operation| words::age(Some(one.submitted_at), now);
    let (from, to) = (age(newest), age(oldest));
    vec![
        format!("{} automatic", fold.operations.len()),
        newest.about().to_owned(),
        newest.kind().name().into(),
        newest.state.name().into(),
        if from == to { from } else { format!("{from} to {to}") },
        "-".into(),
        "-".into(),
        "none".into(),
    ]
}

/// How many characters tell these operations apart, and from those that aren't listed: ids begin with the millisecond.
fn shortest(all: &[Operation]) -> usize {
    let distinct = |length: &usize| {
        let beginnings: HashSet<&str> =
            all.iter().map(|o| o.id.as_str().get(..*length).unwrap_or(o.id.as_str())).collect();
        beginnings.len() == all.len()
    };
    (13..=36).find(distinct).unwrap_or(36)
}

pub(super) fn show(o: &Operation) -> String {
    let scope = o.job.scope();
    let told = o.told_changes();
    let progress = if o.state.is_final() { "-".to_owned() } else { words::progress(o).join(", ") };
    let mut lines = vec![
        ("Operation", o.id.to_string()),
        ("vCenter", o.vcenter.clone().unwrap_or_else(|| "-".into())),
        ("Kind", o.kind().name().to_owned()),
        ("Scope", if scope.is_empty() { "everything".into() } else { scope.join(", ") }),
        ("Started by", format!("{} ({})", o.origin.name(), o.role.name())),
        ("Runs", if o.awaited { "while somebody waits" } else { "in any case" }.to_owned()),
        ("State", o.state.name().to_owned()),
        ("Submitted", time(Some(o.submitted_at))),
        ("Started", time(o.started_at)),
        ("Ended", time(o.finished_at)),
        ("Took", took(o)),
        ("Progress", progress),
        ("Objects", format!("{} of {}", o.progress.done, o.progress.total)),
        (
            "Changes",
            format!(
                "{} added, {} changed, {} removed, {} unchanged",
                told.added, told.changed, told.removed, o.diff.unchanged
            ),
        ),
        (
            "Traffic",
            format!("{} calls, {}", o.calls, words::bytes(i64::try_from(o.bytes).unwrap_or(i64::MAX))),
        ),
    ];
    if o.only_volatile() > 0 {
        lines.push(("Only usage changed", words::counted(o.only_volatile() as usize, "object", "objects")));
    }
    if o.progress.attempts > 1 {
        lines.push(("Attempts", o.progress.attempts.to_string()));
    }
    if let Some(error) = &o.error {
        lines.push(("Reason", error.message.clone()));
        let next = suggest::next_step_of(error).unwrap_or_default();
        let keys = std::iter::once("Next step").chain(std::iter::repeat(""));
        lines.extend(keys.zip(next.lines().map(str::to_owned)));
    }
    card(lines)
}

fn took(o: &Operation) -> String {
    words::ran(o).map_or_else(|| "-".into(), words::took)
}
