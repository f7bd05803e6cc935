//! `inventory` and `columns`.
//! Refuses to touch the network, unless `--max-age` asks for it.

use crate::args::Inventory as Command;
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::output::{self, Fit, Output, age, printable, table};
use crate::{ask, progress};
use contract::columns::{self, Column, Visibility};
use contract::{ApiError, Code, Kind, OperationState, Value, Vcenter};
use serde_json::{Map, json};
use service::{Freshness, Query, Reading, Service, Table, quoted};
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
        sort: command.sort,
        limit: command.limit,
        ..Query::of(kind)
    };
    // Wrong columns are told before anything is fetched for them.
    service.query(&query, &[]).await?;
    let failures = match most {
        Some(most) => refresh(service, output, interrupts, &vcenters, kind, most).await?,
        None => HashMap::new(),
    };
    let mut stale = Vec::new();
    for vcenter in &vcenters {
        let reading = service.read(&vcenter.id, kind, Freshness::Cached).await?;
        let failure = failures.get(&vcenter.name).cloned();
        let why = unlike_asked(service, output, vcenter, kind, &reading, failure.as_ref(), most.is_some());
        stale.extend(why.map(|why| (vcenter.name.clone(), why, failure)));
    }
    let answer = service.query(&query, &vcenters).await?;
    if output.is_json() {
        output.document(&rows(&answer))?;
    } else if command.csv {
        output.text(&csv(&answer)?)?;
    } else {
        shown(output, &answer, command.columns.is_empty())?;
    }
    Ok(told(output, kind, &stale))
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
        if is_younger(service, &cached, most) {
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
        let was_read =
            ended.state == OperationState::Succeeded || at.is_some_and(|at| at >= ended.submitted_at);
        if let (Some(error), false) = (ended.error, was_read) {
            failures.insert(vcenter.name.clone(), error);
        }
    }
    Ok(failures)
}

fn is_younger(service: &Service, reading: &Reading, most: Duration) -> bool {
    let age_ms = reading.synced_at.map(|at| i128::from(service.now().0) - i128::from(at.0));
    age_ms.is_some_and(|age| age <= i128::try_from(most.as_millis()).unwrap_or(i128::MAX))
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
                "musterctl: {kind} of {}: only those of some clusters were read",
                vcenter.name
            ));
            None
        }
        (_, None) => Some("was never synced".to_owned()),
        (Some(_), Some(at)) => Some(format!(
            "could not be refreshed: its data is {} old",
            age(Some(at.age_seconds(service.now())))
        )),
        (None, Some(_)) => None,
    }
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

/// Names what is not as fresh as it should be; the data itself was printed.
fn told(output: &Output, kind: Kind, stale: &[(String, String, Option<ApiError>)]) -> Exit {
    for (name, why, failure) in stale {
        output.say(&format!("musterctl: {kind} of {name}: it {why}"));
        match failure {
            Some(error) => output.explain(error),
            None => output.say(&format!("Read it: musterctl sync full {}", quoted(name))),
        }
    }
    let Some((name, why, failure)) = stale.first() else { return Exit::Done };
    if output.is_json() {
        let next = failure.as_ref().and_then(|error| error.next_step.clone());
        let next = next.unwrap_or_else(|| format!("Read it: musterctl sync full {}", quoted(name)));
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
                object.insert(
                    (*id).to_owned(),
                    column.map_or(serde_json::Value::Null, |c| output::json(c, value)),
                );
            }
            let missing: Map<_, _> =
                row.missing.iter().map(|(column, why)| (column.id.to_string(), json!(why))).collect();
            object.insert("missing".to_owned(), missing.into());
            for (column, value) in answer.columns.iter().zip(&row.values) {
                object.insert(column.id.to_string(), output::json(column, value));
            }
            object.into()
        })
        .collect()
}

fn csv(answer: &Table) -> Result<String, ApiError> {
    let failed = |error: &dyn std::error::Error| {
        ApiError::new(Code::Failed, format!("CSV can't be written: {error}"))
            .next("Leave --csv out, and report this.")
    };
    let on_terminal = std::io::stdout().is_terminal();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let own: Vec<&Column> =
        columns::IDENTITY.iter().filter_map(|id| columns::of(Kind::Vms).column(id)).collect();
    // A column that belongs to every row stands there once, also where it was asked for.
    let asked: Vec<usize> = (0..answer.columns.len())
        .filter(|position| !columns::IDENTITY.contains(&&*answer.columns[*position].id))
        .collect();
    let ids = own.iter().map(|column| &*column.id);
    writer
        .write_record(ids.chain(asked.iter().map(|position| &*answer.columns[*position].id)))
        .map_err(|error| failed(&error))?;
    for row in &answer.rows {
        let values = asked.iter().map(|position| (&answer.columns[*position], &row.values[*position]));
        let cells = own.iter().zip(&row.identity).chain(values);
        let fields = cells.map(|(column, value)| output::csv(column, value));
        let fields: Vec<String> =
            fields.map(|field| if on_terminal { printable(&field) } else { field }).collect();
        writer.write_record(&fields).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A table of the columns asked for, or of those that are worth the width of a terminal.
fn shown(output: &Output, answer: &Table, chosen_by_us: bool) -> Result<(), ApiError> {
    let shown: Vec<usize> = (0..answer.columns.len())
        .filter(|position| !chosen_by_us || answer.columns[*position].visibility == Visibility::Shown)
        .collect();
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
