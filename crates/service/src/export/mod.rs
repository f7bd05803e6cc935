//! Rows as lines of cells: exactly as they are, for programs, or so that a spreadsheet may open them.
//! Refuses to let a name become a formula, a number or a date there. Whoever made a VM chose its name, and may have
//! chosen `=HYPERLINK(…)`.

pub(crate) mod file;
mod vcenters;

use crate::TableRow;
use contract::Value;
use contract::columns::{self, Column};
use contract::spreadsheet::is_taken_for_another;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use std::io::Write;

/// How the lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As RFC 4180 has them, and nothing added to what is known.
    Exact,
    /// As Excel reads them on a double click.
    Spreadsheet {
        /// Between two cells.
        separator: u8,
        /// Whether the mark stands before the text by which Excel knows that it is UTF-8, and not the code page of its own
        /// country.
        marked: bool,
    },
}

/// Writes the rows below a header line, each when it is computed: the columns that were asked for, before them those that
/// say which row it is if they are wanted. Every cell is put through `shown`, which a terminal needs.
pub fn delimited(
    out: &mut dyn Write,
    columns: &[&'static Column],
    rows: impl IntoIterator<Item = TableRow>,
    style: Style,
    with_identity: bool,
    shown: impl Fn(String) -> String,
) -> std::io::Result<()> {
    if matches!(style, Style::Spreadsheet { marked: true, .. }) {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut writer = style.writer().from_writer(out);
    let own: Vec<&Column> = if with_identity { columns::of_identity().collect() } else { Vec::new() };
    // A column that belongs to every row stands there once, also where it was asked for.
    let is_own = |column: &Column| own.iter().any(|one| one.id == column.id);
    let asked: Vec<usize> = (0..columns.len()).filter(|position| !is_own(columns[*position])).collect();
    let titles = own.iter().copied().chain(asked.iter().map(|position| columns[*position]));
    writer.write_record(titles.map(|column| style.title(&column.id))).map_err(of_the_system)?;
    for row in rows {
        let values = asked.iter().map(|position| (&columns[*position], &row.values[*position]));
        let cells = own.iter().zip(&row.identity).chain(values);
        writer
            .write_record(cells.map(|(column, value)| shown(style.cell(column, value))))
            .map_err(of_the_system)?;
    }
    writer.flush()
}

/// Texts as a spreadsheet may open them, under their titles.
pub(crate) fn texts<'a>(
    titles: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> String {
    let cell = |text: String| quoted(&if is_taken_for_another(&text) { format!("'{text}") } else { text });
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let head = line(titles.into_iter().map(|title| cell(title.to_owned())).collect());
    let lines: String = rows.into_iter().map(|row| line(row.into_iter().map(cell).collect())).collect();
    format!("\u{feff}{head}{lines}")
}

/// What the system said of a write: that a reader has seen enough, who calls has to know.
fn of_the_system(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

impl Style {
    fn writer(self) -> WriterBuilder {
        let mut builder = WriterBuilder::new();
        if let Style::Spreadsheet { separator, .. } = self {
            builder.delimiter(separator).terminator(Terminator::CRLF);
            // The cells come with their quotes: only their columns know what is a text.
            builder.quote_style(QuoteStyle::Never);
        }
        builder
    }

    fn cell(self, column: &Column, value: &Value) -> String {
        let text = plain(column, value);
        let is_number = value.to_json(column).is_number();
        let is_text = !is_number && !matches!(value, Value::Null | Value::Bool(_));
        match self {
            Style::Spreadsheet { .. } if is_number => text,
            Style::Spreadsheet { .. } if is_text && is_taken_for_another(&text) => {
                quoted(&format!("'{text}"))
            }
            Style::Spreadsheet { .. } => quoted(&text),
            Style::Exact => text,
        }
    }

    fn title(self, id: &str) -> String {
        if self == Style::Exact { id.to_owned() } else { quoted(id) }
    }
}

/// In quotes a text stays one cell, also where the reader splits at another separator than ours.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A value as text. The elements of a list are joined by semicolons, and tell their own apart from those.
fn plain(column: &Column, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::List(values) => {
            let element = |value| plain(column, value).replace('\\', "\\\\").replace(';', "\\;");
            values.iter().map(element).collect::<Vec<_>>().join(";")
        }
        other => match other.to_json(column) {
            serde_json::Value::String(text) => text,
            plain => plain.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Kind, Time};

    /// What is written of one row.
    fn written(
        values: Vec<(&'static str, Value)>,
        style: Style,
        with_identity: bool,
        shown: fn(String) -> String,
    ) -> String {
        let schema = columns::of(Kind::Vms);
        let (ids, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        let identity = [
            Value::text("=Berlin"),
            Value::text("u"),
            Value::text("vms"),
            Value::text("vm-1"),
            Value::Int(Time(0).0),
        ];
        let row = TableRow { identity: identity.to_vec(), values, missing: Vec::new() };
        let columns: Vec<&Column> = ids.iter().map(|id| schema.column(id).unwrap()).collect();
        let mut out = Vec::new();
        delimited(&mut out, &columns, [row], style, with_identity, shown).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn lines(values: Vec<(&'static str, Value)>, style: Style) -> String {
        written(values, style, true, |cell| cell)
    }

    const COMMA: Style = Style::Spreadsheet { separator: b',', marked: true };

    #[test]
    fn csv_for_programs_is_exact() {
        let lines =
            lines(vec![("name", Value::text("=1+1, \"x\"")), ("cpu_count", Value::Int(-4))], Style::Exact);
        assert_eq!(
            lines,
            "vcenter,vcenter_instance_uuid,kind,moref,synced_at,name,cpu_count\n\
             =Berlin,u,vms,vm-1,1970-01-01T00:00:00Z,\"=1+1, \"\"x\"\"\",-4\n"
        );
    }

    #[test]
    fn no_name_becomes_a_formula_in_a_spreadsheet_and_numbers_stay_numbers() {
        let lines = lines(vec![("name", Value::text("-2+3")), ("cpu_count", Value::Int(-4))], COMMA);
        assert_eq!(
            lines,
            "\u{feff}\"vcenter\",\"vcenter_instance_uuid\",\"kind\",\"moref\",\"synced_at\",\"name\",\"cpu_count\"\r\n\
             \"'=Berlin\",\"u\",\"vms\",\"vm-1\",\"1970-01-01T00:00:00Z\",\"'-2+3\",-4\r\n"
        );
    }

    #[test]
    fn a_text_that_looks_like_a_number_stays_a_text_in_a_spreadsheet_and_exact_for_programs() {
        for text in ["007", "1e5", "12345678901234567890"] {
            let values = || vec![("name", Value::text(text)), ("cpu_count", Value::Int(7))];
            let guarded = lines(values(), COMMA);
            assert!(guarded.ends_with(&format!(",\"'{text}\",7\r\n")), "{guarded}");
            let exact = lines(values(), Style::Exact);
            assert!(exact.ends_with(&format!(",{text},7\n")), "{exact}");
        }
    }

    #[test]
    fn a_text_is_one_cell_whichever_separator_the_reader_expects() {
        for (separator, between) in [(b',', "\",\""), (b';', "\";\""), (b'\t', "\"\t\"")] {
            let name = Value::text("a;=1,=2\t=3\"");
            let values = vec![("name", name), ("folder", Value::text("12"))];
            let lines = lines(values, Style::Spreadsheet { separator, marked: true });
            assert!(lines.contains("\"a;=1,=2\t=3\"\"\""), "{lines}");
            assert!(lines.ends_with("\"12\"\r\n"), "{lines}");
            assert_eq!(lines.lines().next().unwrap().split(between).count(), 7, "{lines}");
        }
    }

    #[test]
    fn the_elements_of_a_list_can_be_told_apart() {
        let list = Value::list(["a;b", "c\\", "d"].map(Value::text));
        let lines = lines(vec![("networks", list)], Style::Exact);
        assert!(lines.ends_with(",a\\;b;c\\\\;d\n"), "{lines}");
    }

    #[test]
    fn only_the_columns_that_were_asked_for_are_there_where_no_others_are_wanted() {
        let values = || {
            vec![("cpu_count", Value::Int(2)), ("vcenter", Value::text("b")), ("name", Value::text("web"))]
        };
        let lines = written(values(), Style::Exact, false, |cell| cell.to_uppercase());
        assert_eq!(lines, "cpu_count,vcenter,name\n2,B,WEB\n");
    }

    #[test]
    fn the_mark_stands_only_where_it_is_wanted() {
        let plain = Style::Spreadsheet { separator: b',', marked: false };
        assert!(!lines(vec![("name", Value::text("web"))], plain).contains('\u{feff}'));
    }
}
