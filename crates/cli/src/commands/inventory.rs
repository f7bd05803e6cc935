//! `inventory` and `columns`.
//! Refuses to touch the network, unless `--max-age` asks for it.

use crate::args::{Inventory as Command, Separator};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{self, Fit, Output, age, table, time};
use crate::{ask, progress};
use contract::columns::{self, Column};
use contract::{ApiError, Code, Kind, OperationState, Time, Value, Vcenter, VcenterId};
use serde_json::{Map, json};
use service::{Freshness, Query, Reading, Service, Style, Suggestion, Table};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

pub(super) async fn run(
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    command: Command,
) -> Result<Exit, ApiError> {
    let kind: Kind = command.kind.into();
    let most = command.max_age.as_deref().map(service::duration).transpose()?;
    let vcenters = match command.vcenters.is_empty() {
        true => service.vcenters().await?,
        false => super::sync::designated(service, &command.vcenters).await?,
    };
    if vcenters.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
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
        let reading = service.read(&vcenter.id, kind, Freshness::Cached).await?;
        let failure = failures.get(&vcenter.name).cloned();
        let why = unlike_asked(service, output, vcenter, kind, &reading, failure.as_ref(), most.is_some());
        stale.extend(why.map(|why| Stale {
            name: &vcenter.name,
            why,
            next: next(vcenter, kind, &reading),
            failure,
        }));
    }
    let answer = service.query(&query, &vcenters).await?;
    if output.is_json() {
        output.document(&rows(&answer))?;
    } else if let Some(style) = style(&command) {
        let is_terminal = std::io::stdout().is_terminal();
        let shown = |cell: &str| if is_terminal { output::printable(cell) } else { cell.to_owned() };
        output.text(&service::delimited(&answer, style, command.columns.is_empty(), shown)?)?;
    } else {
        shown(output, kind, &answer, command.columns.is_empty())?;
    }
    let ids: Vec<VcenterId> = vcenters.iter().map(|vcenter| vcenter.id.clone()).collect();
    super::say_what_is_left_out(service, output, &ids).await?;
    Ok(told(output, kind, &stale))
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
    service: &Service,
    output: &Output,
    interrupts: &Interrupts,
    vcenters: &[Vcenter],
    kind: Kind,
    most: Duration,
) -> Result<HashMap<String, ApiError>, ApiError> {
    let mut failures = HashMap::new();
    let mut refreshing = Vec::new();
    for vcenter in vcenters {
        let cached = service.read(&vcenter.id, kind, Freshness::Cached).await?;
        if Freshness::AtMost(most).accepts(cached.synced_at, service.now()) {
            continue;
        }
        let started =
            match ask::missing_password(service, output, &vcenter.credential_id, Some(vcenter)).await {
                Ok(()) => service.read(&vcenter.id, kind, Freshness::AtMost(most)).await,
                Err(error) => Err(error),
            };
        match started {
            Ok(Reading { refresh: Some(operation), .. }) => refreshing.push((vcenter, operation)),
            Ok(Reading { failure: Some(error), .. }) | Err(error) => {
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
        let at = service.read(&vcenter.id, kind, Freshness::Cached).await?.synced_at;
        // A partial refresh may have read what was asked for all the same.
        let was_read = ended.state == OperationState::Succeeded
            || service::was_read_since(ended.submitted_at, at, service.now());
        if let (Some(error), false) = (ended.error, was_read) {
            failures.insert(vcenter.name.clone(), error);
        }
    }
    Ok(failures)
}

/// How a vCenter's rows are not what was asked for, in words that go on after "it".
fn unlike_asked(
    service: &Service,
    output: &Output,
    vcenter: &Vcenter,
    kind: Kind,
    reading: &Reading,
    failure: Option<&ApiError>,
    refreshed: bool,
) -> Option<String> {
    match (failure, reading.synced_at) {
        (_, None) if has_some(reading, kind) && !refreshed => {
            output.say(&format!(
                "musterctl: {} of {}: only those of some clusters were read",
                kind.plural(),
                vcenter.name
            ));
            None
        }
        (_, None) => Some("was never synced".to_owned()),
        (Some(_), Some(at)) if at <= service.now() => {
            Some(format!("could not be refreshed: its data is {} old", age(Some(at), service.now())))
        }
        (Some(_), Some(at)) => Some(format!("could not be refreshed: its data is {}", misdated(at))),
        (None, Some(at)) if at > service.now() => {
            let again = Suggestion::of("refresh").about(kind.name()).about(&vcenter.name);
            output.say(&format!(
                "musterctl: {} of {}: the data is {}. Read it again: {again}",
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
    format!("dated in the future ({}): a clock was wrong, and it counts as stale", time(Some(at)))
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
fn has_some(reading: &Reading, kind: Kind) -> bool {
    reading.snapshot.coverage().iter().any(|coverage| coverage.kind == kind)
}

/// A vCenter whose rows are not what was asked for.
struct Stale<'a> {
    name: &'a str,
    /// In words that go on after "it".
    why: String,
    failure: Option<ApiError>,
    /// What reads them, where no failure says what to do.
    next: String,
}

/// What reads a kind: everything, where nothing was ever read.
fn next(vcenter: &Vcenter, kind: Kind, reading: &Reading) -> String {
    let command = match reading.snapshot.coverage().is_empty() {
        true => Suggestion::of("sync full").about(&vcenter.name),
        false => Suggestion::of("refresh").about(kind.name()).about(&vcenter.name),
    };
    format!("Read it: {command}")
}

/// Names what is not as fresh as it should be; the data itself was printed.
fn told(output: &Output, kind: Kind, stale: &[Stale<'_>]) -> Exit {
    let kind = kind.plural();
    for Stale { name, why, failure, next } in stale {
        output.say(&format!("musterctl: {kind} of {name}: it {why}"));
        match failure {
            Some(error) => output.explain(error),
            None => output.say(next),
        }
    }
    let Some(Stale { name, why, failure, next }) = stale.first() else { return Exit::Done };
    if output.is_json() {
        let next = failure.as_ref().and_then(|error| error.next_step.as_ref()).unwrap_or(next);
        output.json_error(&ApiError::new(Code::Partial, format!("{kind} of {name}: it {why}")).next(next));
    }
    Exit::Partly
}

fn rows(answer: &Table) -> Vec<serde_json::Value> {
    answer
        .rows
        .iter()
        .map(|row| {
            let mut object = Map::new();
            for (id, value) in columns::IDENTITY.iter().zip(&row.identity) {
                let column = columns::of(Kind::Vms).column(id);
                object.insert((*id).to_owned(), column.map_or(serde_json::Value::Null, |c| value.to_json(c)));
            }
            let missing: Map<_, _> =
                row.missing.iter().map(|(column, why)| (column.id.to_string(), json!(why))).collect();
            object.insert("missing".to_owned(), missing.into());
            for (column, value) in answer.columns.iter().zip(&row.values) {
                object.insert(column.id.to_string(), value.to_json(column));
            }
            object.into()
        })
        .collect()
}

/// A table of the columns asked for, or of those that are worth the width of a terminal.
fn shown(output: &Output, kind: Kind, answer: &Table, chosen_by_us: bool) -> Result<(), ApiError> {
    let all = 0..answer.columns.len();
    let shown: Vec<usize> = match chosen_by_us {
        true => {
            let first = columns::of(kind).first().into_iter();
            first.filter_map(|one| answer.columns.iter().position(|column| column.id == one.id)).collect()
        }
        false => all.collect(),
    };
    let several = answer.rows.iter().any(|row| row.identity.first() != answer.rows[0].identity.first());
    let mut header: Vec<&str> = shown.iter().map(|position| &*answer.columns[*position].title).collect();
    let mut fits: Vec<Fit> = shown.iter().map(|position| output::fit(answer.columns[*position])).collect();
    if several {
        header.insert(0, "vCenter");
        fits.insert(0, Fit::Words);
    }
    let rows = answer.rows.iter().map(|row| {
        let vcenter = row.identity.first().and_then(Value::as_text).unwrap_or_default().to_owned();
        let cells =
            shown.iter().map(|position| output::human(answer.columns[*position], &row.values[*position]));
        several.then_some(vcenter).into_iter().chain(cells).collect()
    });
    if !answer.rows.is_empty() {
        output.text(&table(&header, &fits, rows))?;
    }
    if answer.rows.len() < answer.total {
        output.say(&format!("{} of {}", answer.rows.len(), answer.total));
    }
    Ok(())
}
