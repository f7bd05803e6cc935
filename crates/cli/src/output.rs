//! Writes answers to stdout, and everything else to stderr.
//! Refuses to let a server write to the terminal: control characters in names are shown, not sent.

use crate::exit::Exit;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use contract::columns::{Column, Type, Unit};
use contract::{ApiError, Time, Value};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Where a command's answer goes, and in which form.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        Output { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The answer: as JSON, or as the text that `text` makes of it.
    pub(crate) fn answer<T: Serialize + ?Sized>(&self, answer: &T, text: impl FnOnce() -> String) {
        if self.json {
            self.document(answer);
        } else {
            let text = text();
            if !text.is_empty() {
                self.print(&text);
            }
        }
    }

    /// One JSON document on a line of its own.
    pub(crate) fn document<T: Serialize + ?Sized>(&self, document: &T) {
        match serde_json::to_string(document) {
            Ok(json) => self.print(&json),
            Err(error) => self.say(&format!("the answer can't be written as JSON: {error}")),
        }
    }

    /// Text on stdout.
    pub(crate) fn print(&self, text: &str) {
        // The reader of a pipe may have seen enough; that is no failure of ours.
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = stdout.write_all(b"\n");
        }
        let _ = stdout.flush();
    }

    /// A message for people, on stderr.
    pub(crate) fn say(&self, message: &str) {
        let _ = writeln!(std::io::stderr(), "{}", printable(message));
    }

    /// Says what went wrong and what to do; answers with the exit code.
    pub(crate) fn failure(&self, error: &ApiError) -> Exit {
        self.explain(error);
        if self.json {
            self.json_error(error);
        }
        error.into()
    }

    /// The words of a failure, without the JSON line that ends a failed command.
    pub(crate) fn explain(&self, error: &ApiError) {
        self.say(&format!("musterctl: {}", error.message));
        if let Some(next_step) = &error.next_step {
            self.say(next_step);
        }
    }

    /// The failure as the last line of stderr.
    pub(crate) fn json_error(&self, error: &ApiError) {
        let line = serde_json::json!({ "error": error });
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// A table without lines, as wide as the terminal allows; as wide as it wants where there is none.
pub(crate) fn table(header: &[&str], right: &[bool], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(header.iter().map(|title| title.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for (position, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.get(position) == Some(&true) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// `key  value` lines.
pub(crate) fn card<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let lines: Vec<(&str, String)> = lines.into_iter().collect();
    let width = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    let line = |(key, value): &(&str, String)| format!("{key:width$}  {}", printable(value));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Text without control characters, which could drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A value for people.
pub(crate) fn human(column: &Column, value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Int(ms) if column.ty == Type::Time => time(Some(Time(*ms))),
        Value::Int(number) => match column.unit {
            Some(Unit::Bytes) => bytes(*number),
            Some(Unit::Mhz) => format!("{number} MHz"),
            Some(Unit::Count) | None => number.to_string(),
        },
        Value::Text(text) => text.to_string(),
        Value::Ref(reference) => reference.moref.to_string(),
        Value::List(values) => values.iter().map(|value| human(column, value)).collect::<Vec<_>>().join(", "),
    }
}

/// A value in JSON.
pub(crate) fn json(column: &Column, value: &Value) -> serde_json::Value {
    match value {
        Value::Int(ms) if column.ty == Type::Time => Time(*ms).to_string().into(),
        Value::Ref(reference) => serde_json::Value::from(&*reference.moref),
        Value::List(values) => values.iter().map(|value| json(column, value)).collect(),
        plain => plain.to_document(),
    }
}

/// A value in a CSV field; lists are joined by semicolons.
pub(crate) fn csv(column: &Column, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::List(values) => values.iter().map(|value| csv(column, value)).collect::<Vec<_>>().join(";"),
        other => match json(column, other) {
            serde_json::Value::String(text) => text,
            plain => plain.to_string(),
        },
    }
}

/// Whether a column's values stand at the right.
pub(crate) fn stands_right(column: &Column) -> bool {
    column.ty == Type::Integer
}

/// A point in time to the second, or a dash.
pub(crate) fn time(time: Option<Time>) -> String {
    time.map_or_else(|| "-".into(), |time| Time(time.0 - time.0.rem_euclid(1000)).to_string())
}

/// A length of time in words.
pub(crate) fn age(seconds: Option<i64>) -> String {
    match seconds {
        None => "never".into(),
        Some(s @ ..120) => format!("{s} s"),
        Some(s @ ..7200) => format!("{} min", s / 60),
        Some(s @ ..172_800) => format!("{} h", s / 3600),
        Some(s) => format!("{} days", s / 86400),
    }
}

/// A size in the largest binary unit that leaves something before the point.
fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut value = bytes as f64;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit < UNITS.len() - 1 {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_read_as_people_write_them() {
        assert_eq!([0, 1023, 1024, 1 << 40].map(bytes), ["0 B", "1023 B", "1.0 KiB", "1.0 TiB"]);
        assert_eq!([Some(5), Some(300), None].map(age), ["5 s", "5 min", "never"]);
    }

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\n"), "a\\u{1b}[31mb\\n");
    }
}
