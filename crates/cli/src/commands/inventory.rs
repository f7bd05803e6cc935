//! `inventory` and `columns`.
//! Refuses to touch the network, unless `--max-age` asks for it.

mod rows;

use crate::args::{Inventory as Command, Separator};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{self, Output, table, time};
use crate::suggest::{self, Suggestion};
use crate::{ask, progress};
use contract::columns::{self, Column};
use contract::command::{Freshened, ListVcenters, RefreshIfOlder};
use contract::{ApiError, Code, Kind, OperationState, Snapshot, Subject, Time, Vcenter, words};
use serde_json::json;
use service::{Answer, Client, Freshness, Query, Style};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

pub(super) async fn run(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    let kind: Kind = command.kind.into();
    let most = command.max_age.as_deref().map(service::duration).transpose()?;
    if most.is_some() {
        service.may::<RefreshIfOlder>(Subject::none()).await?;
    }
    let vcenters = match command.vcenters.is_empty() {
        true => service.call(ListVcenters {}).await?,
        false => super::sync::designated(service, &command.vcenters).await?,
    };
    if vcenters.is_empty() {
        output.say("No vCenters yet. Add one: musterctl vcenter add NAME HOST --user USER");
    }
    let query = Query {
        columns: command.columns.clone(),
        sort: command.sort.clone(),
        limit: command.limit,
        conditions: command.conditions.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
        ..Query::of(kind)
    };
    // Wrong columns are told before anything is fetched for them.
    service.query(&query, &[]).await?;
    let failures = match most {
        Some(most) => refresh(service, output, interrupts, &vcenters, kind, most).await?,
        None => HashMap::new(),
    };
    let mut stale: Vec<Stale> = Vec::new();
    for vcenter in &vcenters {
        let known = service.ages(&vcenter.id).await?;
        let failure = failures.get(&vcenter.name).cloned();
        let why = unlike_asked(service, output, vcenter, kind, &known, failure.as_ref(), most.is_some());
        stale.extend(why.map(|why| Stale {
            name: &vcenter.name,
            why,
            next: next(vcenter, kind, &known),
            failure,
        }));
    }
    let answer = service.query(&query, &vcenters).await?;
    print(output, &answer, &command, service.now())?;
    super::say_how_many_are_left_out(output, answer.left_out + service.unreadable_vcenters().await?);
    Ok(report_stale(output, kind, &stale))
}

/// Prints the rows in the form that was asked for.
fn print(output: &Output, answer: &Answer, command: &Command, now: Time) -> Result<(), ApiError> {
    let Some(style) = style(command) else {
        return match output.is_json() {
            true => output.stream(|out| rows::json(out, answer)),
            false => rows::table(output, answer, command.columns.is_empty(), now),
        };
    };
    let is_terminal = std::io::stdout().is_terminal();
    let shown = |cell: String| if is_terminal { output::printable(&cell) } else { cell };
    let with_identity = command.columns.is_empty();
    output.stream(|out| service::delimited(out, &answer.columns, answer.rows(), style, with_identity, shown))
}

/// In which way rows are written as lines of cells, if they are.
fn style(command: &Command) -> Option<Style> {
    let separator = match command.separator {
        Separator::Comma => b',',
        Separator::Semicolon => b';',
        Separator::Tab => b'\t',
    };
    if command.spreadsheet {
        // A terminal shows the mark.
        return Some(Style::Spreadsheet { separator, marked: !std::io::stdout().is_terminal() });
    }
    command.csv.then_some(Style::Exact)
}

/// Refreshes what is older than asked for, all vCenters at once; answers with why some could not be, by name.
async fn refresh(
    service: &Client,
    output: &Output,
    interrupts: &Interrupts,
    vcenters: &[Vcenter],
    kind: Kind,
    most: Duration,
) -> Result<HashMap<String, ApiError>, ApiError> {
    let mut failures = HashMap::new();
    let mut refreshing = Vec::new();
    for vcenter in vcenters {
        let synced_at = service.ages(&vcenter.id).await?.synced_at(kind);
        if Freshness::AtMost(most).accepts(synced_at, service.now()) {
            continue;
        }
        let refresh = RefreshIfOlder { vcenter: vcenter.id.clone(), kind, max_age_seconds: most.as_secs() };
        let started =
            match ask::missing_password(service, output, &vcenter.credential_id, Some(&vcenter.id)).await {
                Ok(()) => service.call(refresh).await,
                Err(error) => Err(error),
            };
        match started {
            Ok(Freshened { refresh: Some(operation), .. }) => refreshing.push((vcenter, operation)),
            Ok(Freshened { failure: Some(error), .. }) | Err(error) => {
                failures.insert(vcenter.name.clone(), error);
            }
            Ok(_) => {}
        }
    }
    let ids: Vec<_> = refreshing.iter().map(|(_, id)| id.clone()).collect();
    let waited = progress::wait(service, output, interrupts, &ids).await?;
    if waited.interrupted {
        return Err(progress::interrupted());
    }
    for ((vcenter, _), ended) in refreshing.iter().zip(waited.operations) {
        let at = service.ages(&vcenter.id).await?.synced_at(kind);
        // A partial refresh may have read what was asked for all the same.
        let was_read = ended.state == OperationState::Succeeded
            || service::was_read_since(ended.submitted_at, at, service.now());
        if let (Some(error), false) = (ended.error, was_read) {
            failures.insert(vcenter.name.clone(), error);
        }
    }
    Ok(failures)
}

/// How a vCenter's rows are not what was asked for, in words that go on after its name.
fn unlike_asked(
    service: &Client,
    output: &Output,
    vcenter: &Vcenter,
    kind: Kind,
    known: &Snapshot,
    failure: Option<&ApiError>,
    refreshed: bool,
) -> Option<String> {
    match (failure, known.synced_at(kind)) {
        (_, None) if has_some(known, kind) && !refreshed => {
            output.say(&format!(
                "musterctl: {} of {}: only some clusters were synced",
                kind.plural(),
                vcenter.name
            ));
            None
        }
        (_, None) => Some("never synced".to_owned()),
        (Some(_), Some(at)) if at <= service.now() => {
            Some(format!("refresh failed, data is {} old", words::age(Some(at), service.now())))
        }
        (Some(_), Some(at)) => Some(format!("refresh failed, data is {}", misdated(at))),
        (None, Some(at)) if at > service.now() => {
            let again = Suggestion::of("refresh").about(kind.name()).about(&vcenter.name);
            output.say(&format!(
                "musterctl: {} of {}: data is {}. Refresh it: {again}",
                kind.plural(),
                vcenter.name,
                misdated(at)
            ));
            None
        }
        (None, Some(_)) => None,
    }
}

/// What is said of data whose age nobody knows.
fn misdated(at: Time) -> String {
    format!("dated in the future ({}) because of a wrong system clock; treated as stale", time(Some(at)))
}

pub(super) fn columns(output: &Output, kind: Kind) -> Result<(), ApiError> {
    let all: Vec<&Column> = columns::of(kind).columns().collect();
    output.answer(&all, || {
        let rows = all.iter().map(|column| {
            let word = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
            vec![
                column.id.to_string(),
                column.title.to_string(),
                word(json!(column.ty)),
                word(json!(column.unit)),
                column.origin().into_owned(),
                column.aliases.join(", "),
            ]
        });
        table(&["Id", "Title", "Type", "Unit", "Source", "Aliases"], &[], rows)
    })
}

/// Whether a part of the kind was read.
fn has_some(known: &Snapshot, kind: Kind) -> bool {
    known.coverage().iter().any(|coverage| coverage.kind == kind)
}

/// A vCenter whose rows are not what was asked for.
struct Stale<'a> {
    name: &'a str,
    /// In words that go on after its name.
    why: String,
    failure: Option<ApiError>,
    /// What reads them, where no failure says what to do.
    next: String,
}

/// What reads a kind: everything, where nothing was ever read.
fn next(vcenter: &Vcenter, kind: Kind, known: &Snapshot) -> String {
    let command = match known.coverage().is_empty() {
        true => Suggestion::of("sync full").about(&vcenter.name),
        false => Suggestion::of("refresh").about(kind.name()).about(&vcenter.name),
    };
    format!("Sync it: {command}")
}

/// Names what is not as fresh as it should be; the data itself was printed.
fn report_stale(output: &Output, kind: Kind, stale: &[Stale<'_>]) -> Exit {
    let kind = kind.plural();
    for Stale { name, why, failure, next } in stale {
        output.say(&format!("musterctl: {kind} of {name}: {why}"));
        match failure {
            Some(error) => output.explain(error),
            None => output.say(next),
        }
    }
    let Some(Stale { name, why, failure, next }) = stale.first() else { return Exit::Done };
    if output.is_json() {
        let partial = ApiError::new(Code::Partial, format!("{kind} of {name}: {why}"));
        output.json_error(&match failure.as_ref().filter(|error| suggest::next_step_of(error).is_some()) {
            Some(ApiError { next_step, remedies, .. }) => {
                ApiError { next_step: next_step.clone(), remedies: remedies.clone(), ..partial }
            }
            None => partial.next(next),
        });
    }
    Exit::Partly
}
