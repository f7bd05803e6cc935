//! Rows of one kind out of the snapshots: chosen, sorted, limited.
//! Refuses to touch the network or the database.

use contract::columns::{self, Column, Schema};
use contract::{ApiError, Code, Kind, Missing, Snapshot, Value, Vcenter};
use std::cmp::Ordering;
use std::sync::Arc;

/// What rows are wanted.
#[derive(Clone, Debug)]
pub struct Query {
    /// Their kind.
    pub kind: Kind,
    /// Names of the columns wanted; empty for all.
    pub columns: Vec<String>,
    /// Columns to sort by, the first one most, a leading `-` turns the order; empty for the name.
    pub sort: Vec<String>,
    /// How many rows at most.
    pub limit: Option<usize>,
}

/// One row of an answer.
#[derive(Clone, Debug)]
pub struct TableRow {
    /// The identity of the row, in the order of `columns::IDENTITY`.
    pub identity: Vec<Value>,
    /// A value per column.
    pub values: Vec<Value>,
    /// The columns whose value is not current, and why.
    pub missing: Vec<(&'static Column, Missing)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns, in the order asked for.
    pub columns: Vec<&'static Column>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// How many rows there are without the limit.
    pub total: usize,
}

/// Runs a query over the snapshots of the chosen vCenters.
pub(crate) fn run(query: &Query, inventories: &[(Vcenter, Arc<Snapshot>)]) -> Result<Table, ApiError> {
    let schema = columns::of(query.kind);
    let shown: Vec<&'static Column> = if query.columns.is_empty() {
        schema.columns().filter(|column| !columns::IDENTITY.contains(&&*column.id)).collect()
    } else {
        query.columns.iter().map(|name| column(query.kind, name)).collect::<Result<_, _>>()?
    };
    let by_name = ["name".to_owned()];
    let sort = if query.sort.is_empty() { &by_name[..] } else { &query.sort };
    let sort = sort
        .iter()
        .map(|key| {
            let (name, descending) = key.strip_prefix('-').map_or((key.as_str(), false), |name| (name, true));
            Ok((column(query.kind, name)?, descending))
        })
        .collect::<Result<Vec<_>, ApiError>>()?;

    let mut rows: Vec<_> = inventories
        .iter()
        .flat_map(|(vcenter, snapshot)| snapshot.rows(vcenter, query.kind))
        .map(|row| (sort.iter().map(|(column, _)| row.value(column)).collect::<Vec<_>>(), row))
        .collect();
    // The sort is stable: rows that are equal stay in the order of vCenter and moref.
    rows.sort_by(|(a, _), (b, _)| {
        let keys = a.iter().zip(b).zip(&sort);
        keys.map(|((a, b), (_, descending))| compare(a, b, *descending))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    let total = rows.len();
    rows.truncate(query.limit.unwrap_or(usize::MAX));

    let identity = identity(schema);
    let rows = rows
        .into_iter()
        .map(|(_, row)| TableRow {
            identity: identity.iter().map(|column| row.value(column)).collect(),
            values: shown.iter().map(|column| row.value(column)).collect(),
            missing: shown.iter().filter_map(|column| Some((*column, row.missing(column)?))).collect(),
        })
        .collect();
    Ok(Table { columns: shown, rows, total })
}

fn identity(schema: &'static Arc<Schema>) -> Vec<&'static Column> {
    columns::IDENTITY.iter().filter_map(|id| schema.column(id)).collect()
}

/// The column of that name, or an error that lists the columns there are.
fn column(kind: Kind, name: &str) -> Result<&'static Column, ApiError> {
    columns::of(kind).column(name).ok_or_else(|| {
        let known: Vec<&str> = columns::of(kind).columns().map(|column| &*column.id).collect();
        ApiError::new(Code::InvalidValue, format!("{kind} have no column \"{name}\""))
            .next(format!("Their columns are: {}.", known.join(", ")))
    })
}

/// Orders two values; what is not known comes last in either direction, texts without regard to case.
fn compare(a: &Value, b: &Value, descending: bool) -> Ordering {
    let order = match (a, b) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::Text(a), Value::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b)),
        (a, b) => a.cmp(b),
    };
    if descending { order.reverse() } else { order }
}
