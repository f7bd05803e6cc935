//! Rows of one kind out of the snapshots: chosen, sorted, limited.
//! Refuses to touch the network or the database.

mod text;

use contract::columns::{self, Column};
use contract::{
    ApiError, Condition, Kind, Missing, Moref, Row, RowQuery, Snapshot, Sum, Test, Time, Value, Vcenter,
    VcenterId, natural,
};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;
use text::Words;

/// What rows are wanted.
#[derive(Clone, Debug)]
pub struct Query {
    /// Their kind.
    pub kind: Kind,
    /// Names of the columns wanted; empty for all.
    pub columns: Vec<String>,
    /// Columns to sort by, the first one most, a leading `-` turns the order; empty for the name.
    pub sort: Vec<String>,
    /// Words that have to stand in the object each, in whichever column, without regard to case.
    pub text: String,
    /// Conditions that have to hold, all of them.
    pub conditions: Vec<Condition>,
    /// These objects alone; empty for all.
    pub chosen: Vec<(VcenterId, Moref)>,
    /// How many rows come before the first one wanted.
    pub offset: usize,
    /// Maximum number of rows.
    pub limit: Option<usize>,
}

impl Query {
    /// Every row of a kind, by name, with every column.
    pub fn of(kind: Kind) -> Query {
        Query {
            kind,
            columns: Vec::new(),
            sort: Vec::new(),
            text: String::new(),
            conditions: Vec::new(),
            chosen: Vec::new(),
            offset: 0,
            limit: None,
        }
    }
}

impl From<RowQuery> for Query {
    fn from(asked: RowQuery) -> Query {
        let RowQuery { kind, columns, sort, text, conditions, chosen, offset, limit, .. } = asked;
        Query { kind, columns, sort, text, conditions, chosen, offset, limit: Some(limit) }
    }
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

/// The rows that a query chooses, in their order, not yet put into words.
pub(crate) struct Selection<'a> {
    pub(crate) columns: Vec<&'static Column>,
    /// The wanted rows, each with the position of its inventory.
    pub(crate) rows: Vec<(usize, Row<'a>)>,
    /// How many rows match.
    pub(crate) matching: usize,
    /// How many rows of the kind there are.
    pub(crate) total: usize,
    /// Sums over the rows that match.
    pub(crate) sums: Vec<Sum>,
    /// The words that were looked for.
    pub(crate) words: Words,
}

/// Chooses, sorts and cuts.
pub(crate) fn select<'a>(
    query: &Query,
    inventories: &'a [(Vcenter, Arc<Snapshot>)],
    now: Time,
) -> Result<Selection<'a>, ApiError> {
    let kind = query.kind;
    let columns: Vec<&'static Column> = if query.columns.is_empty() {
        columns::of(kind).columns().filter(|column| !columns::IDENTITY.contains(&&*column.id)).collect()
    } else {
        query.columns.iter().map(|name| columns::of(kind).named(name)).collect::<Result<_, _>>()?
    };
    let sort = sort_keys(query)?;
    let tests = query.conditions.iter().map(|one| one.on(kind)).collect::<Result<Vec<Test>, _>>()?;
    let words = Words::of(&query.text);
    let chosen: HashSet<(&VcenterId, &Moref)> = query.chosen.iter().map(|(id, moref)| (id, moref)).collect();

    let total = inventories.iter().map(|(_, snapshot)| snapshot.count(kind)).sum();
    let mut rows: Vec<(usize, Row<'a>)> = Vec::new();
    for (position, (vcenter, snapshot)) in inventories.iter().enumerate() {
        let found = words.found_in(vcenter, snapshot, kind);
        let of_vcenter = snapshot.rows(vcenter, kind, now).filter(|row| found.has(row));
        let of_vcenter = of_vcenter
            .filter(|row| chosen.is_empty() || chosen.contains(&(&vcenter.id, &row.object.moref)))
            .filter(|row| tests.iter().all(|test| test.holds(row)));
        rows.extend(of_vcenter.map(|row| (position, row)));
    }
    let matching = rows.len();
    let sums = sums(kind, &rows);
    if query.limit != Some(0) {
        // The sort is stable: rows of one name stay in the order of vCenter and moref.
        rows.sort_by_cached_key(|(_, row)| {
            sort.iter().map(|(c, down)| Key::of(row.value(c), *down)).collect::<Vec<_>>()
        });
    }
    let rows = rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect();
    Ok(Selection { columns, rows, matching, total, sums, words })
}

/// Sums of the rows whose values hold: what a datastore says of its space does only while some host can access it.
fn sums(kind: Kind, rows: &[(usize, Row<'_>)]) -> Vec<Sum> {
    let holds = |row: &Row<'_>| *row.object.stored("accessible") != Value::Bool(false);
    let summed = columns::of(kind).columns().filter(|column| column.is_summed);
    summed
        .map(|column| {
            let mut sum = Sum { column: column.id.to_string(), value: 0, rows: 0 };
            let rows = rows.iter().filter(|(_, row)| holds(row));
            for number in rows.filter_map(|(_, row)| row.value(column).as_int()) {
                sum.value = sum.value.saturating_add(number);
                sum.rows += 1;
            }
            sum
        })
        .collect()
}

fn sort_keys(query: &Query) -> Result<Vec<(&'static Column, bool)>, ApiError> {
    let schema = columns::of(query.kind);
    let mut keys = Vec::with_capacity(query.sort.len() + 1);
    for key in &query.sort {
        let (name, descending) = key.strip_prefix('-').map_or((key.as_str(), false), |name| (name, true));
        keys.push((schema.named(name)?, descending));
    }
    // Rows that are equal in all of them stand by their names.
    let name = schema.named("name")?;
    if keys.iter().all(|(column, _)| column.id != name.id) {
        keys.push((name, false));
    }
    Ok(keys)
}

/// A value to sort by. What is not known comes last in either direction, texts go as people count.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Up(Value, Value),
    Down(Reverse<(Value, Value)>),
    Unknown,
}

impl Key {
    fn of(value: Value, descending: bool) -> Key {
        if value.is_null() {
            return Key::Unknown;
        }
        let folded = folded(&value);
        if descending { Key::Down(Reverse((folded, value))) } else { Key::Up(folded, value) }
    }
}

/// A value by which it sorts as people count.
fn folded(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(natural::key(text)),
        Value::List(values) => Value::List(values.iter().map(folded).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
