//! How values of the contract stand in columns.
//! Refuses to guess: a word that no release wrote is an error of the row; and to let one row hide the others.

use crate::engine::DbRow;
use contract::Time;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Error, Row};

/// What can be read of these rows. One that can't, because it is damaged or a newer release wrote it, is left out:
/// `Store::damage` names it.
pub(crate) fn readable<T>(
    what: &str,
    rows: &[DbRow],
    mut read: impl FnMut(&DbRow) -> Result<T, Error>,
) -> Vec<T> {
    let read = |row| read(row).inspect_err(|error| tracing::warn!(%error, "{what}")).ok();
    rows.iter().filter_map(read).collect()
}

/// A value that can be done without: what it is when it was never set, if it can't be read.
pub(crate) fn or_unset<T: Default>(what: &str, value: Result<T, Error>) -> T {
    value.inspect_err(|error| tracing::warn!(%error, "{what}")).unwrap_or_default()
}

/// Whatever stands in a column, as text for people.
pub(crate) fn shown(row: &DbRow, column: &str) -> String {
    row.try_get_unchecked::<&[u8], _>(column).map_or_else(
        |_| String::from("(nothing)"),
        |bytes| String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect(),
    )
}

/// A name without its case: what makes two names the same.
pub(crate) fn name_key(name: &str) -> String {
    name.to_lowercase()
}

/// A value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Encode(error.into()))
}

/// The value of a JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Decode(error.into()))
}

/// A value of an enumeration as the word that it is in JSON.
pub(crate) fn word(value: &impl Serialize) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(_) => Err(Error::Encode("not an enumeration".into())),
        Err(error) => Err(Error::Encode(error.into())),
    }
}

/// The value of an enumeration with this word.
pub(crate) fn from_word<T: DeserializeOwned>(word: String) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|error| Error::Decode(error.into()))
}

/// An unsigned number in a signed column; what no counter reaches is kept at the end of the scale.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that was never negative when it was written.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A point in time that may be unknown.
pub(crate) fn time(millis: Option<i64>) -> Option<Time> {
    millis.map(Time)
}
