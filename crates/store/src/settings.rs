//! How the settings of a vCenter, and those of Muster itself, stand in a row: one JSON object.
//! Refuses to lose what this release doesn't know of it, because a newer one wrote it, or can't read.

use crate::engine::DbRow;
use crate::row;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sqlx::{Error, Row};

/// The settings of a row. One that can't be read is as it is by default, and hides none of the others.
pub(crate) fn read<T: DeserializeOwned + Default>(row: &DbRow) -> T {
    let all = all(row);
    let readable = all.into_iter().filter(is_readable::<T>).collect();
    row::or_unset("the settings of a row", settings(readable))
}

/// The text of new settings.
pub(crate) fn column(settings: &impl Serialize) -> Result<String, Error> {
    row::json(settings)
}

/// The text of edited settings: of what stands in the row only what the edit changed is replaced.
pub(crate) fn edited<T: Serialize>(row: &DbRow, before: &T, after: &T) -> Result<String, Error> {
    let (mut all, before) = (all(row), object(before)?);
    all.extend(object(after)?.into_iter().filter(|(key, value)| before.get(key) != Some(value)));
    row::json(&all)
}

fn all(row: &DbRow) -> Map<String, Value> {
    row::or_unset("the settings of a row", row.try_get("settings").and_then(row::from_json))
}

fn is_readable<T: DeserializeOwned>((key, value): &(String, Value)) -> bool {
    let read = settings::<T>(Map::from_iter([(key.clone(), value.clone())]));
    read.inspect_err(|error| tracing::warn!(%error, setting = %key, "a setting")).is_ok()
}

fn settings<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Error> {
    serde_json::from_value(Value::Object(object)).map_err(|error| Error::Decode(error.into()))
}

fn object(settings: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::Encode("not an object".into())),
        Err(error) => Err(Error::Encode(error.into())),
    }
}
