//! What a row of the audit log says, in words.
//! Refuses to say more than stands there.

use crate::discovery::Scan;
use crate::{AuditRow, Job, Verified};
use serde_json::Value;
use std::collections::BTreeMap;

/// The properties that are told before the others.
const FIRST: [&str; 10] =
    ["job", "state", "name", "host", "port", "credential", "user", "helper", "trust", "pin"];

/// What was changed, one property after the other: `TTL seconds: 300 → 600`.
pub fn audited(row: &AuditRow) -> Vec<String> {
    audited_properties(row)
        .into_iter()
        // What tells versions and rows apart says nothing to people.
        .filter(|(property, ..)| !matches!(&**property, "edition" | "id" | "credential_id"))
        // Nor does what an operation found nothing of.
        .filter(|(_, before, after)| {
            row.operation.is_none() || before.is_some() || after.as_deref() != Some("0")
        })
        .map(|(property, before, after)| {
            let short = |value: Option<String>| value.map(shortened);
            (audited_property(&property), short(before), short(after))
        })
        .map(|(property, before, after)| match (before, after) {
            (Some(before), Some(after)) => format!("{property}: {before} \u{2192} {after}"),
            (Some(before), None) if row.after.is_some() => format!("{property}: {before} \u{2192} none"),
            (Some(value), None) | (None, Some(value)) => format!("{property}: {value}"),
            (None, None) => property,
        })
        .collect()
}

/// What a row is about, with what that is where the command doesn't say so.
pub fn audited_subject(row: &AuditRow) -> String {
    let kind = audited_kind(&row.subject_kind);
    match &row.subject {
        None => kind.to_owned(),
        Some(name) if row.subject_kind == "credential" && !row.command.contains("credential") => {
            format!("{kind} {name}")
        }
        Some(name) => name.clone(),
    }
}

/// What a check of the log found, in a sentence or two.
pub fn verified(found: &Verified, has_receipt: bool) -> String {
    let rows = super::counted(usize::try_from(found.rows).unwrap_or(usize::MAX), "row", "rows");
    let pruned = match found.pruned_through {
        through if through > 0 && found.ok => format!(" Rows 1 to {through} were exported and removed."),
        // Where they are missing, nothing says that they were exported.
        _ => String::new(),
    };
    match (&found.reason, found.first_broken) {
        (None, _) if has_receipt => format!("Intact: {rows} checked, and the receipt matches.{pruned}"),
        (None, _) => {
            format!("Intact: {rows} checked.{pruned} Only a receipt shows whether rows were cut off the end.")
        }
        (Some(reason), Some(row)) => format!("Broken at row {row}: {reason}."),
        (Some(reason), None) => format!("{}.", super::capital(reason)),
    }
}

/// Each property that stands in a row, with what it was before and what it is after.
pub fn audited_properties(row: &AuditRow) -> Vec<(String, Option<String>, Option<String>)> {
    let mut all: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    let (before, after) = (properties(row.before.as_ref()), properties(row.after.as_ref()));
    before.into_iter().for_each(|(name, value)| all.entry(name).or_default().0 = Some(value));
    after.into_iter().for_each(|(name, value)| all.entry(name).or_default().1 = Some(value));
    let mut all: Vec<_> = all.into_iter().map(|(name, (before, after))| (name, before, after)).collect();
    // What people look for first stands first.
    let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    all.sort_by_key(|(name, ..)| place(name));
    all
}

/// What a command is called: `Edit vCenter`.
pub fn audited_command(command: &str) -> String {
    match command {
        "submit" => "Operation".to_owned(),
        "describe_vcenters" => "Export vCenters".to_owned(),
        "try_vcenter" => "Test vCenter".to_owned(),
        "refresh_if_older" => "Refresh".to_owned(),
        _ => super::capital(&spelled(command)),
    }
}

/// What a property is called: `TTL seconds`.
pub fn audited_property(property: &str) -> String {
    super::capital(&spelled(property))
}

/// What the kind of a subject is called.
pub fn audited_kind(kind: &str) -> &str {
    match kind {
        "vcenter" => "vCenter",
        "audit" => "audit log",
        other => other,
    }
}

/// The words of a name in a program, as people write them.
fn spelled(name: &str) -> String {
    let word = |word: &str| match word {
        "vcenter" => "vCenter".to_owned(),
        "vcenters" => "vCenters".to_owned(),
        "ttl" => "TTL".to_owned(),
        "uuid" => "UUID".to_owned(),
        "id" => "id".to_owned(),
        "ca" => "CA".to_owned(),
        "pem" => "PEM".to_owned(),
        other => other.to_owned(),
    };
    name.split('_').map(word).collect::<Vec<_>>().join(" ")
}

fn properties(value: Option<&Value>) -> Vec<(String, String)> {
    match value {
        Some(Value::Object(object)) => {
            let known = object.iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, value)| (name.clone(), said(name, value))).collect()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![("value".to_owned(), shown(other))],
    }
}

/// The beginning of a long value, on one line.
fn shortened(value: String) -> String {
    const LONGEST: usize = 60;
    let line: String =
        value.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).take(LONGEST + 1).collect();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &line[..end]),
        None => line,
    }
}

/// A value by what it is of: a job by its name.
fn said(name: &str, value: &Value) -> String {
    let said = match name {
        "job" => serde_json::from_value::<Job>(value.clone()).ok().map(|job| super::job(&job)),
        "scan" => of_scan(value),
        _ => None,
    };
    said.unwrap_or_else(|| shown(value))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "none".to_owned(),
        Value::String(text) if text.starts_with("-----BEGIN CERTIFICATE") => "a certificate".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

/// Where a scan looks.
fn of_scan(value: &Value) -> Option<String> {
    let scan: Scan = serde_json::from_value(value.clone()).ok()?;
    let ports: Vec<String> = scan.ports.iter().map(u16::to_string).collect();
    let but = |what: &str, value: String| (!value.is_empty()).then(|| format!("{what} {value}"));
    let profiles = scan.profiles.len();
    let more = [
        but("without", scan.exclude.join(", ")),
        but("ports", ports.join(", ")),
        (profiles > 0).then(|| format!("with {}", super::counted(profiles, "profile", "profiles"))),
        but("through", scan.way.proxy),
        but("connecting to", scan.way.connect_to),
        scan.ca.map(|_| "trusts a CA of its own".to_owned()),
    ];
    let ranges = Some(scan.ranges.join(", "));
    Some(ranges.into_iter().chain(more.into_iter().flatten()).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;
    use serde_json::json;

    fn row(before: Option<Value>, after: Option<Value>) -> AuditRow {
        AuditRow {
            seq: 1,
            at: Time(0),
            actor: String::new(),
            host: String::new(),
            origin: String::new(),
            role: String::new(),
            command: String::new(),
            subject: None,
            subject_kind: String::new(),
            subject_id: None,
            before,
            after,
            outcome: String::new(),
            operation: None,
            error: None,
            hash: String::new(),
        }
    }

    #[test]
    fn commands_and_properties_are_written_as_people_write_them() {
        for (command, words) in
            [("edit_vcenter", "Edit vCenter"), ("pause", "Pause"), ("submit", "Operation")]
        {
            assert_eq!(audited_command(command), words);
        }
        assert_eq!(audited_property("ttl_seconds"), "TTL seconds");
    }

    #[test]
    fn a_change_says_what_was_there_and_what_is() {
        let changed = row(
            Some(json!({ "ttl_seconds": 300, "tags": [] })),
            Some(json!({ "ttl_seconds": 600, "tags": ["eu"] })),
        );
        assert_eq!(audited(&changed), ["Tags: none \u{2192} eu", "TTL seconds: 300 \u{2192} 600"]);
        assert_eq!(audited(&row(None, Some(json!({ "name": "Berlin", "build": null })))), ["Name: Berlin"]);
        assert_eq!(audited(&row(Some(json!({ "on": true })), None)), ["On: yes"]);
        assert_eq!(
            audited(&row(Some(json!({ "pin": "ab" })), Some(json!({ "pin": null })))),
            ["Pin: ab \u{2192} none"]
        );
        assert!(audited(&row(None, None)).is_empty());
    }
}
