//! Our own format, as JSON and as CSV: the configuration of vCenters without their passwords.
//! Refuses what it can't take as it stands; what it doesn't know of a later release it passes over.

use super::table::Table;
use super::{Entry, Listed};
use contract::spreadsheet::is_taken_for_another;
use contract::{Trust, VcenterSettings, words};
use serde_json::{Map, Value, json};

/// What the document says it is.
pub(crate) const MARK: &str = "vcenters";

/// The document that Muster exports, and what `--json` prints of vCenters.
pub(super) fn document(value: &Value) -> Result<Listed, String> {
    let objects = match value {
        Value::Array(objects) => objects,
        Value::Object(document) => {
            let is_later = document.get("version").and_then(Value::as_u64).is_some_and(|version| version > 1);
            if document.get("muster").is_some() && is_later {
                return Err("it was exported by a later release of Muster".to_owned());
            }
            let listed = document.get(MARK).and_then(Value::as_array);
            listed.ok_or("it is JSON, but no export of Muster or Royal TS")?
        }
        _ => return Err("it is JSON, but no export of Muster or Royal TS".to_owned()),
    };
    let entries = objects.iter().zip(1..).map(|(object, line)| match object {
        Value::Object(object) => entry(line, object),
        _ => wrong(line, "it is no object"),
    });
    Ok(Listed::of_ours("Muster (JSON)", "object", entries.collect()))
}

/// The table that Muster exports.
pub(super) fn table(table: &Table<'_>) -> Listed {
    let defaults = defaults();
    let entries = table.rows().map(|(line, record)| {
        let mut object = Map::new();
        for (title, cell) in table.titles.iter().zip(record.iter()) {
            let cell = unguarded(cell);
            let value = match defaults.get(title) {
                // An empty cell of what can't be empty says nothing of it.
                Some(Value::Number(_) | Value::Bool(_) | Value::String(_))
                    if cell.trim().is_empty() && !can_be(title, &json!(cell)) =>
                {
                    continue;
                }
                Some(default) => fitting(title, cell, default),
                None if cell.is_empty() => continue,
                None if title == "port" => serde_json::from_str(cell).unwrap_or_else(|_| json!(cell)),
                None => json!(cell),
            };
            object.insert(title.clone(), value);
        }
        entry(line, &object)
    });
    Listed::of_ours("Muster (CSV)", "line", entries.collect())
}

fn wrong(line: u64, why: &str) -> Entry {
    Entry { line, wrong: Some(why.to_owned()), ..Entry::default() }
}

fn entry(line: u64, object: &Map<String, Value>) -> Entry {
    let mut wrong = None;
    let mut text = |keys: &[&str]| {
        let (key, value) = keys.iter().find_map(|key| Some((key, object.get(*key)?)))?;
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                wrong.get_or_insert_with(|| format!("\"{key}\" is no text"));
                None
            }
        }
    };
    let name = text(&["name"]);
    let host = text(&["host", "address"]);
    let (credential, user) = (text(&["credential"]), text(&["user"]));
    let (instance_uuid, kind) = (text(&["instance_uuid"]), text(&["trust"]));
    let (pin, ca) = (text(&["pin"]), text(&["ca_pem"]));
    let trust = match (kind.as_deref(), pin, ca) {
        (Some("system"), ..) => Some(Trust::System),
        (Some("pin") | None, Some(sha256), _) => Some(Trust::Pin { sha256 }),
        (Some("ca") | None, _, Some(pem)) => Some(Trust::Ca { pem }),
        (None, None, None) => None,
        (Some(other), ..) => {
            wrong.get_or_insert_with(|| match other {
                "pin" => "its pinned certificate (pin) is missing".to_owned(),
                "ca" => "the certificate of its CA (ca_pem) is missing".to_owned(),
                other => format!("\"{}\" is no kind of trust: system, ca or pin", words::excerpt(other)),
            });
            None
        }
    };
    let port = match object.get("port") {
        None | Some(Value::Null) => None,
        Some(port) => {
            let port = port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
            if port.is_none() {
                wrong.get_or_insert_with(|| "the port is no number from 1 to 65535".to_owned());
            }
            port
        }
    };
    if name.is_none() {
        wrong.get_or_insert_with(|| "it has no name".to_owned());
    }
    if host.is_none() {
        wrong.get_or_insert_with(|| "it has no address (host)".to_owned());
    }
    let defaults = defaults();
    let of_settings = object.iter().filter(|(key, _)| defaults.contains_key(*key));
    let settings = of_settings.map(|(key, value)| (key.clone(), value.clone())).collect();
    let host = host.unwrap_or_default();
    Entry { line, name, host, port, credential, user, trust, settings, instance_uuid, wrong }
}

/// Every setting with its default.
fn defaults() -> Map<String, Value> {
    match serde_json::to_value(VcenterSettings::default()) {
        Ok(Value::Object(defaults)) => defaults,
        _ => Map::new(),
    }
}

/// A value as a cell of the table.
pub(crate) fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let element = |value: &Value| match value {
                Value::String(text) => text.replace('\\', "\\\\").replace(';', "\\;"),
                other => other.to_string(),
            };
            values.iter().map(element).collect::<Vec<_>>().join(";")
        }
        other => other.to_string(),
    };
    // One apostrophe is taken away again where it may be the guard of a spreadsheet.
    if text.starts_with('\'') { format!("'{text}") } else { text }
}

/// A cell without the apostrophe that keeps a spreadsheet from taking it for something else.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.starts_with('\'') || is_taken_for_another(text) => text,
        _ => cell,
    }
}

/// A cell as the value that a setting can have; as it stands where it can have none of these.
fn fitting(setting: &str, cell: &str, default: &Value) -> Value {
    match default {
        Value::String(_) => return json!(cell),
        Value::Array(_) => return Value::Array(elements(cell).into_iter().map(Value::String).collect()),
        Value::Null if cell.is_empty() => return Value::Null,
        _ => {}
    }
    let read = serde_json::from_str(&cell.trim().to_lowercase()).or_else(|_| serde_json::from_str(cell));
    let candidates = [Some(json!(cell)), read.ok()];
    candidates.into_iter().flatten().find(|value| can_be(setting, value)).unwrap_or_else(|| json!(cell))
}

fn can_be(setting: &str, value: &Value) -> bool {
    serde_json::from_value::<VcenterSettings>(json!({ setting: value })).is_ok()
}

/// The elements of a list, as `cell` joined them.
fn elements(cell: &str) -> Vec<String> {
    let (mut elements, mut element, mut is_escaped) = (Vec::new(), String::new(), false);
    for c in cell.chars() {
        match c {
            _ if is_escaped => element.push(c),
            '\\' => {}
            ';' => elements.push(std::mem::take(&mut element)),
            c => element.push(c),
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    elements.push(element);
    elements.into_iter().filter(|element| !element.trim().is_empty()).collect()
}
