//! Writes answers to stdout, and everything else to stderr.
//! Refuses to let a server write to the terminal: control characters in names are shown, not sent.

use crate::exit::Exit;
use crate::suggest;
use crate::table::room_of_stderr;
pub(crate) use crate::table::{Fit, table};
use contract::columns::{Column, Type};
use contract::{ApiError, Code, Time, Value, words};
use serde::Serialize;
use std::io::{BufWriter, Write};

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
    pub(crate) fn answer<T: Serialize + ?Sized>(
        &self,
        answer: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), ApiError> {
        if self.json {
            return self.document(answer);
        }
        let text = text();
        if text.is_empty() { Ok(()) } else { self.text(&text) }
    }

    /// One JSON document on a line of its own.
    pub(crate) fn document<T: Serialize + ?Sized>(&self, document: &T) -> Result<(), ApiError> {
        written(self.try_document(document))
    }

    /// The same, for those who act on a reader that is gone.
    pub(crate) fn try_document<T: Serialize + ?Sized>(&self, document: &T) -> std::io::Result<()> {
        let mut document = serde_json::to_value(document)?;
        suggest::fill_in(&mut document);
        self.print(&harmless(&document.to_string()))
    }

    /// Text on stdout.
    pub(crate) fn text(&self, text: &str) -> Result<(), ApiError> {
        written(self.print(text))
    }

    /// An answer that is written while it is computed.
    pub(crate) fn stream(
        &self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), ApiError> {
        let mut out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
        written(write(&mut out).and_then(|()| out.flush()))
    }

    fn print(&self, text: &str) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()
    }

    /// A message for people, on stderr.
    pub(crate) fn say(&self, message: &str) {
        let lines: Vec<String> = message.lines().map(printable).collect();
        let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
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
        if let Some(next_step) = suggest::next_step_of(error) {
            self.say(&next_step);
        }
    }

    /// The failure as the last line of stderr.
    pub(crate) fn json_error(&self, error: &ApiError) {
        let mut line = serde_json::json!({ "error": error });
        suggest::fill_in(&mut line);
        let _ = writeln!(std::io::stderr(), "{}", harmless(&line.to_string()));
    }
}

/// What is computed before it is written.
const BUFFER: usize = 64 << 10;

/// What came of writing: the reader of a pipe may have seen enough, and that is no failure of ours.
pub(crate) fn written(outcome: std::io::Result<()>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(ApiError::new(Code::Failed, format!("the output can't be written: {error}"))
                .next("Check the destination, for example for a full disk, then run the command again."))
        }
        _ => Ok(()),
    }
}

/// As much of a line as fits on the terminal of stderr.
pub(crate) fn fitting(line: &str) -> String {
    let width = room_of_stderr().unwrap_or(80);
    line.chars().take(width - 1).collect()
}

/// `key  value` lines.
pub(crate) fn card<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let lines: Vec<(&str, String)> = lines.into_iter().collect();
    let width = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    let line = |(key, value): &(&str, String)| format!("{key:width$}  {}", printable(value));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Text without what could drive the terminal, or make it show another text than it got.
pub(crate) fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if is_unseen(c) { c.escape_default().collect() } else { vec![c] }).collect()
}

/// JSON that says the same, and can't drive the terminal.
pub(crate) fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if is_unseen(c) {
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

/// Control characters, and Unicode's format characters (Cf), which reorder or hide what stands beside them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A value for people; where they are told what time it is, how long ago a time was.
pub(crate) fn human(column: &Column, value: &Value, now: Option<Time>) -> String {
    match (value, now) {
        (Value::Int(ms), Some(now)) if column.ty == Type::Time => ago(Time(*ms), now),
        (Value::Int(ms), None) if column.ty == Type::Time => time(Some(Time(*ms))),
        _ => words::value(column, &value.to_json(column)).unwrap_or_else(|| "-".into()),
    }
}

/// How a column's values stand in a table.
pub(crate) fn fit(column: &Column) -> Fit {
    match column.ty {
        Type::Integer | Type::Decimal => Fit::Number,
        _ => Fit::Words,
    }
}

/// A point in time to the second, or a dash.
pub(crate) fn time(time: Option<Time>) -> String {
    time.map_or_else(|| "-".into(), |time| Time(time.0 - time.0.rem_euclid(1000)).to_string())
}

/// How long ago it was; the time itself where that is to come.
pub(crate) fn ago(at: Time, now: Time) -> String {
    if at > now { time(Some(at)) } else { words::ago(at.age_seconds(now)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(printable("a\u{202e}b\u{9b}31mö"), "a\\u{202e}b\\u{9b}31mö");
    }

    #[test]
    fn json_says_the_same_without_driving_the_terminal() {
        let name = "a\u{9b}31m\u{202e}\u{2028}\u{e0041}ö\n\"";
        let json = harmless(&serde_json::to_string(name).unwrap());
        assert!(!json.chars().any(is_unseen), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
