//! How the settings of a vCenter stand in its row: one JSON object.
//! Refuses to lose what this release doesn't know of it, because a newer one wrote it, or can't read.

use crate::engine::DbRow;
use crate::row;
use contract::VcenterSettings;
use serde_json::{Map, Value};
use sqlx::{Error, Row};

/// The settings of a row. One that can't be read is as it is by default, and hides none of the others.
pub(crate) fn read(row: &DbRow) -> VcenterSettings {
    let all = all(row);
    let readable = all.into_iter().filter(is_readable).collect();
    row::or_unset("the settings of a vCenter", settings(readable))
}

/// The text of new settings.
pub(crate) fn column(settings: &VcenterSettings) -> Result<String, Error> {
    row::json(settings)
}

/// The text of edited settings: of what stands in the row only what the edit changed is replaced.
pub(crate) fn edited(
    row: &DbRow,
    before: &VcenterSettings,
    after: &VcenterSettings,
) -> Result<String, Error> {
    let (mut all, before) = (all(row), object(before)?);
    all.extend(object(after)?.into_iter().filter(|(key, value)| before.get(key) != Some(value)));
    row::json(&all)
}

fn all(row: &DbRow) -> Map<String, Value> {
    row::or_unset("the settings of a vCenter", row.try_get("settings").and_then(row::from_json))
}

fn is_readable((key, value): &(String, Value)) -> bool {
    let read = settings(Map::from_iter([(key.clone(), value.clone())]));
    read.inspect_err(|error| tracing::warn!(%error, setting = %key, "a setting of a vCenter")).is_ok()
}

fn settings(object: Map<String, Value>) -> Result<VcenterSettings, Error> {
    serde_json::from_value(Value::Object(object)).map_err(|error| Error::Decode(error.into()))
}

fn object(settings: &VcenterSettings) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::Encode("not an object".into())),
        Err(error) => Err(Error::Encode(error.into())),
    }
}
