//! Why a column's value isn't current, by the contract of the command line.
//! Refuses faults but one: a name always exists, so an answer without one, as two VMs of a recording have it, has lost it.

use super::make::Cell;
use serde_json::Value;

/// What the vCenter itself keeps: left out, it is unset also of what is lost.
const PLACES: [&str; 4] = ["parent", "parentVApp", "resourcePool", "triggeredAlarmState"];

/// The properties that came with a version of the API.
const SINCE: [(&str, f64); 2] = [("config.createDate", 6.7), ("hardware.systemInfo.serialNumber", 6.7)];

/// The value, and why it isn't current where it isn't.
pub(super) fn told(
    cell: &Cell<'_>,
    column: &str,
    make: fn(&Cell<'_>) -> Value,
) -> (Value, Option<&'static str>) {
    if SINCE.iter().any(|(path, since)| *path == cell.path && cell.inventory.source.api_version() < *since) {
        return (Value::Null, Some("not_reported"));
    }
    if cell.path == "name" && cell.value().is_null() {
        return (Value::Null, Some("fault"));
    }
    if cell.is_lost() && cell.value().is_null() && !PLACES.contains(&cell.path) {
        return (Value::Null, Some("not_connected"));
    }
    let value = make(cell);
    let is_known = value.is_number() || (column.ends_with("_moref") && !value.is_null());
    let is_dark =
        |reference: &Value| reference["value"].as_str().is_some_and(|moref| !cell.inventory.has(moref));
    let why = (!is_known && cell.list().iter().any(is_dark)).then_some("not_visible");
    (value, why)
}

impl Cell<'_> {
    /// Whether the server itself doesn't reach the object, and leaves out what it doesn't know.
    fn is_lost(&self) -> bool {
        let state = self.object.get("runtime.connectionState").as_str();
        let has_config = || {
            self.object.properties.iter().any(|(path, value)| path.starts_with("config.") && !value.is_null())
        };
        state.is_some_and(|state| state != "connected")
            || self.object.object_type == "VirtualMachine" && !has_config()
    }
}
