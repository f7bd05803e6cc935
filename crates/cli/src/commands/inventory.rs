//! `inventory` and `columns`.
//! Refuses to touch the network, unless `--max-age` asks for it.

use crate::args::Inventory as Command;
use crate::exit::Exit;
use crate::output::{self, Output, age, table};
use contract::columns::{self, Column, Visibility};
use contract::{ApiError, Code, Kind, Value, Vcenter};
use serde_json::{Map, json};
use service::{Freshness, Query, Reading, Service, Table};

pub(super) async fn run(service: &Service, output: &Output, command: Command) -> Result<Exit, ApiError> {
    let kind: Kind = command.kind.into();
    let freshness = match &command.max_age {
        Some(age) => Freshness::AtMost(service::duration(age)?),
        None => Freshness::Cached,
    };
    let vcenters = chosen(service, &command.vcenters).await?;
    if vcenters.is_empty() {
        output.say("No vCenter yet. Add the first: musterctl vcenter add NAME HOST --user USER");
    }
    let query = Query { kind, columns: command.columns.clone(), sort: command.sort, limit: command.limit };
    // Wrong columns are told before anything is fetched for them.
    service.query(&query, &[]).await?;
    let mut stale = Vec::new();
    for vcenter in &vcenters {
        if let Freshness::AtMost(_) = freshness {
            super::sync::type_password(service, &vcenter.credential_id, &vcenter.credential, &vcenter.user)
                .await?;
        }
        let reading = service.read_fresh(&vcenter.id, kind, freshness).await?;
        let why = match (&reading.failure, reading.synced_at) {
            (_, None) if has_some(&reading, kind) && freshness == Freshness::Cached => {
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
        };
        stale.extend(why.map(|why| (vcenter.name.clone(), why, reading.failure)));
    }
    let answer = service.query(&query, &vcenters).await?;
    if output.is_json() {
        output.document(&rows(&answer));
    } else if command.csv {
        output.print(&csv(&answer)?);
    } else {
        shown(output, &answer, command.columns.is_empty());
    }
    Ok(told(output, kind, &stale))
}

pub(super) fn columns(output: &Output, kind: Kind) {
    let all: Vec<&Column> = columns::of(kind).columns().collect();
    output.answer(&all, || {
        let rows = all.iter().map(|column| {
            let word = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
            vec![
                column.id.to_string(),
                column.title.to_string(),
                word(json!(column.ty)),
                word(json!(column.unit)),
                column.source.to_string(),
                column.aliases.join(", "),
            ]
        });
        table(&["Id", "Title", "Type", "Unit", "Source", "Aliases"], &[], rows)
    });
}

/// Whether a part of the kind was read.
fn has_some(reading: &Reading, kind: Kind) -> bool {
    reading.snapshot.coverage().iter().any(|coverage| coverage.kind == kind)
}

async fn chosen(service: &Service, names: &[String]) -> Result<Vec<Vcenter>, ApiError> {
    if names.is_empty() {
        return service.vcenters().await;
    }
    let mut chosen: Vec<Vcenter> = Vec::new();
    for name in names {
        let vcenter = service.vcenter(name).await?;
        if !chosen.iter().any(|known| known.id == vcenter.id) {
            chosen.push(vcenter);
        }
    }
    Ok(chosen)
}

/// Names what is not as fresh as it should be; the data itself was printed.
fn told(output: &Output, kind: Kind, stale: &[(String, String, Option<ApiError>)]) -> Exit {
    for (name, why, failure) in stale {
        output.say(&format!("musterctl: {kind} of {name}: it {why}"));
        match failure {
            Some(error) => output.explain(error),
            None => output.say(&format!("Read it: musterctl sync full \"{name}\"")),
        }
    }
    let Some((name, why, failure)) = stale.first() else { return Exit::Done };
    if output.is_json() {
        let next = failure.as_ref().and_then(|error| error.next_step.clone());
        let next = next.unwrap_or_else(|| format!("Read it: musterctl sync full \"{name}\""));
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
    let failed =
        |error: &dyn std::error::Error| ApiError::new(Code::Failed, format!("CSV can't be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let own: Vec<&Column> =
        columns::IDENTITY.iter().filter_map(|id| columns::of(Kind::Vms).column(id)).collect();
    let header = own.iter().chain(&answer.columns).map(|column| &*column.id);
    writer.write_record(header).map_err(|error| failed(&error))?;
    for row in &answer.rows {
        let cells = own.iter().zip(&row.identity).chain(answer.columns.iter().zip(&row.values));
        let fields: Vec<String> = cells.map(|(column, value)| output::csv(column, value)).collect();
        writer.write_record(&fields).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A table of the columns asked for, or of those that are worth the width of a terminal.
fn shown(output: &Output, answer: &Table, chosen_by_us: bool) {
    let shown: Vec<usize> = (0..answer.columns.len())
        .filter(|position| !chosen_by_us || answer.columns[*position].visibility == Visibility::Shown)
        .collect();
    let several = answer.rows.iter().any(|row| row.identity.first() != answer.rows[0].identity.first());
    let mut header: Vec<&str> = shown.iter().map(|position| &*answer.columns[*position].title).collect();
    let mut right: Vec<bool> =
        shown.iter().map(|position| output::stands_right(answer.columns[*position])).collect();
    if several {
        header.insert(0, "vCenter");
        right.insert(0, false);
    }
    let rows = answer.rows.iter().map(|row| {
        let vcenter = row.identity.first().and_then(Value::as_text).unwrap_or_default().to_owned();
        let cells =
            shown.iter().map(|position| output::human(answer.columns[*position], &row.values[*position]));
        several.then_some(vcenter).into_iter().chain(cells).collect()
    });
    if !answer.rows.is_empty() {
        output.print(&table(&header, &right, rows));
    }
    if answer.rows.len() < answer.total {
        output.say(&format!("{} of {}", answer.rows.len(), answer.total));
    }
}
