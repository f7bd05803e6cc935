//! Rows of one kind out of the snapshots: chosen, sorted, limited.
//! Refuses to touch the network or the database.

use contract::columns::{self, Column};
use contract::{ApiError, Code, Kind, Missing, Row, Snapshot, Value, Vcenter};
use std::cmp::Reverse;
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
    /// Words that have to stand in some wanted column each, without regard to case.
    pub text: String,
    /// Columns that have to have these values; a list has to contain it, and `""` is no value.
    pub equal: Vec<(String, String)>,
    /// Columns that must not have these values; a value that isn't known is another one.
    pub differ: Vec<(String, String)>,
    /// How many rows come before the first one wanted.
    pub offset: usize,
    /// How many rows at most.
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
            equal: Vec::new(),
            differ: Vec::new(),
            offset: 0,
            limit: None,
        }
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
}

/// Chooses, sorts and cuts.
pub(crate) fn select<'a>(
    query: &Query,
    inventories: &'a [(Vcenter, Arc<Snapshot>)],
) -> Result<Selection<'a>, ApiError> {
    let kind = query.kind;
    let columns: Vec<&'static Column> = if query.columns.is_empty() {
        columns::of(kind).columns().filter(|column| !columns::IDENTITY.contains(&&*column.id)).collect()
    } else {
        query.columns.iter().map(|name| column(kind, name)).collect::<Result<_, _>>()?
    };
    let sort = sort_keys(query)?;
    let equal = values_of(kind, &query.equal)?;
    let differ = values_of(kind, &query.differ)?;
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();

    let total = inventories.iter().map(|(_, snapshot)| snapshot.count(kind)).sum();
    let all = inventories.iter().enumerate().flat_map(|(position, (vcenter, snapshot))| {
        snapshot.rows(vcenter, kind).map(move |row| (position, row))
    });
    let mut rows: Vec<(usize, Row<'a>)> = all
        .filter(|(_, row)| equal.iter().all(|(column, wanted)| is(&row.value(column), wanted)))
        .filter(|(_, row)| !differ.iter().any(|(column, unwanted)| is(&row.value(column), unwanted)))
        .filter(|(_, row)| words.is_empty() || has_words(row, &columns, &words))
        .collect();
    let matching = rows.len();
    if query.limit != Some(0) {
        // The sort is stable: rows that are equal stay in the order of vCenter and moref.
        rows.sort_by_cached_key(|(_, row)| {
            sort.iter().map(|(c, down)| Key::of(row.value(c), *down)).collect::<Vec<_>>()
        });
    }
    let rows = rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect();
    Ok(Selection { columns, rows, matching, total })
}

fn values_of(kind: Kind, pairs: &[(String, String)]) -> Result<Vec<(&'static Column, &str)>, ApiError> {
    pairs.iter().map(|(name, value)| Ok((column(kind, name)?, value.as_str()))).collect()
}

fn sort_keys(query: &Query) -> Result<Vec<(&'static Column, bool)>, ApiError> {
    let by_name = ["name".to_owned()];
    let sort = if query.sort.is_empty() { &by_name[..] } else { &query.sort };
    sort.iter()
        .map(|key| {
            let (name, descending) = key.strip_prefix('-').map_or((key.as_str(), false), |name| (name, true));
            Ok((column(query.kind, name)?, descending))
        })
        .collect()
}

/// Whether a value is the one wanted, or a list that contains it.
fn is(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Null => wanted.is_empty(),
        Value::Bool(flag) => wanted == if *flag { "true" } else { "false" },
        Value::Int(number) => wanted.parse() == Ok(*number),
        Value::Text(text) => **text == *wanted,
        Value::Ref(reference) => *reference.moref == *wanted,
        Value::List(values) => values.iter().any(|value| is(value, wanted)),
    }
}

/// Whether each word stands in the text of some column.
fn has_words(row: &Row<'_>, columns: &[&Column], words: &[String]) -> bool {
    let texts: Vec<String> = columns.iter().filter_map(|column| text_of(&row.value(column))).collect();
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}

/// What people would look for in a value: numbers of bytes and yes and no are found by their columns.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_lowercase()),
        Value::List(values) => {
            let texts: Vec<String> = values.iter().filter_map(text_of).collect();
            Some(texts.join("\n"))
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Ref(_) => None,
    }
}

/// The column of that name, or an error that lists the columns there are.
fn column(kind: Kind, name: &str) -> Result<&'static Column, ApiError> {
    columns::of(kind).column(name).ok_or_else(|| {
        let known: Vec<&str> = columns::of(kind).columns().map(|column| &*column.id).collect();
        ApiError::new(Code::InvalidValue, format!("{} have no column \"{name}\"", kind.plural()))
            .next(format!("Their columns are: {}.", known.join(", ")))
    })
}

/// A value to sort by. What is not known comes last in either direction, texts go without regard to case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Up(Value, Value),
    Down(Reverse<(Value, Value)>),
    Unknown,
}

impl Key {
    fn of(value: Value, descending: bool) -> Key {
        let folded = match &value {
            Value::Null => return Key::Unknown,
            Value::Text(text) => Value::text(text.to_lowercase()),
            other => other.clone(),
        };
        if descending { Key::Down(Reverse((folded, value))) } else { Key::Up(folded, value) }
    }
}

#[cfg(test)]
mod tests;
