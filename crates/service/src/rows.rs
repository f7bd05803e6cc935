//! Windows of rows for the window: what is known at once, and a refresh of what is stale if it is asked for.
//! Refuses to wait for that refresh: whoever asked hears of it as an event, and asks again.

use crate::call::{Admitted, Handler};
use crate::query::{self, Query, Selection};
use crate::{Freshness, Service, explain};
use contract::columns::{self, Column, Link};
use contract::command::ReadRows;
use contract::{
    ApiError, Cells, Code, LARGEST_WINDOW, Role, Row, RowQuery, Rows, Snapshot, Source, StaleReads, Target,
    Time, Value, Vcenter, VcenterId,
};
use std::sync::Arc;
use std::time::Duration;
use store::{Part, VcenterRecord};

impl Service {
    /// Rows out of what is known. With `refresh`, what is older than its vCenter's TTL has read again meanwhile what is set
    /// for that vCenter.
    pub(crate) async fn read_rows(&self, asked: RowQuery, role: Role) -> Result<Rows, ApiError> {
        let chosen = self.chosen(&asked.vcenters).await?;
        let mut sources = Vec::with_capacity(chosen.len());
        let mut inventories = Vec::with_capacity(chosen.len());
        for VcenterRecord { vcenter, .. } in chosen {
            let ttl_seconds = vcenter.settings.ttl_seconds;
            let freshness = match vcenter.settings.stale_reads {
                reads @ (StaleReads::Kind | StaleReads::Everything) if asked.refresh => {
                    Freshness::ByItself(Duration::from_secs(ttl_seconds), reads)
                }
                _ => Freshness::Cached,
            };
            let reading =
                self.inner.reads.read(&vcenter.id, asked.kind, freshness, &Part::everything()).await?;
            // What is asked again because something changed is no other look.
            if asked.refresh {
                self.inner.counts.read(role, &vcenter.id, asked.kind, reading.how);
            }
            sources.push(Source {
                vcenter: vcenter.id.clone(),
                name: vcenter.name.clone(),
                synced_at: reading.synced_at,
                ttl_seconds,
                refresh: reading.refresh,
            });
            inventories.push((vcenter, reading.snapshot));
        }
        // Filtering and sorting tens of thousands of rows takes milliseconds that other tasks need not wait.
        let now = self.now();
        let work = tokio::task::spawn_blocking(move || window(asked, &inventories, sources, now));
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a query panicked");
            Err(explain::defect("the rows could not be read", "Report this with what you searched for."))
        })
    }

    /// These vCenters, or all.
    pub(crate) async fn chosen(&self, wanted: &[VcenterId]) -> Result<Vec<VcenterRecord>, ApiError> {
        let mut all = self.records().await?;
        if let Some(gone) = wanted.iter().find(|id| all.iter().all(|one| one.vcenter.id != **id)) {
            return Err(ApiError::new(Code::NotFound, format!("the vCenter {gone} no longer exists"))
                .next("Choose another one, or all."));
        }
        all.retain(|one| wanted.is_empty() || wanted.contains(&one.vcenter.id));
        Ok(all)
    }
}

impl Handler for ReadRows {
    async fn run(self, call: Admitted<'_>) -> Result<Rows, ApiError> {
        call.read_rows(self.query, call.by().role).await
    }
}

pub(crate) fn window(
    asked: RowQuery,
    inventories: &[(Vcenter, Arc<Snapshot>)],
    sources: Vec<Source>,
    now: Time,
) -> Result<Rows, ApiError> {
    let limit = Some(asked.limit.min(LARGEST_WINDOW));
    let query = Query { limit, ..asked.into() };
    let Selection { columns, rows, matching, total, sums, words } = query::select(&query, inventories, now)?;
    let rows = rows
        .into_iter()
        .map(|(source, row)| Cells {
            source,
            moref: row.object.moref.clone(),
            synced_at: row.synced_at().filter(|at| Some(*at) != sources[source].synced_at),
            values: columns.iter().map(|column| shown(row.value(column))).collect(),
            missing: at_positions(&columns, |column| row.missing(column)),
            links: at_positions(&columns, |column| targets(&row, column)),
            matched: words.beside(&columns, &row),
        })
        .collect();
    Ok(Rows {
        columns: columns.iter().map(|column| column.id.to_string()).collect(),
        rows,
        matching,
        total,
        sums,
        sources,
    })
}

/// A value as clients get it: a reference is its moref, whose kind the column says.
fn shown(value: Value) -> serde_json::Value {
    match value {
        Value::Ref(reference) => serde_json::Value::from(&*reference.moref),
        Value::List(values) => values.into_iter().map(shown).collect(),
        other => other.to_document(),
    }
}

fn at_positions<T>(columns: &[&Column], of: impl Fn(&Column) -> Option<T>) -> Vec<(usize, T)> {
    columns.iter().enumerate().filter_map(|(position, column)| Some((position, of(column)?))).collect()
}

/// The objects that a cell leads to, as far as they are known.
fn targets(row: &Row<'_>, column: &Column) -> Option<Vec<Target>> {
    let Some(Link::Objects(kind)) = column.link else { return None };
    let companion = columns::of(row.object.kind).column(&format!("{}_moref", column.id))?;
    let morefs = match row.value(companion) {
        Value::List(values) => values.into_vec(),
        one => vec![one],
    };
    let mut targets: Vec<Target> = morefs
        .into_iter()
        .filter_map(|value| {
            let moref = match value {
                Value::Text(moref) => moref,
                Value::Ref(reference) => reference.moref,
                _ => return None,
            };
            let name = row.snapshot.get(kind, &moref)?.stored("name").as_text()?.to_owned();
            Some(Target { name, kind, moref })
        })
        .collect();
    targets.sort();
    (!targets.is_empty()).then_some(targets)
}
