//! Rows as lines of cells: exactly as they are, for programs, or so that a spreadsheet may open them.
//! Refuses to let a name become a formula, a number or a date there. Whoever made a VM chose its name, and may have
//! chosen `=HYPERLINK(…)`.

use crate::output::{json, printable};
use crate::spreadsheet::is_taken_for_another;
use contract::columns::{self, Column};
use contract::{Kind, Value};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use service::TableRow;
use std::io::Write;

/// Which columns are written.
#[derive(Clone, Copy)]
pub(crate) enum Columns<'a> {
    /// Those that somebody chose, and no other.
    Chosen(&'a [&'static Column]),
    /// All of a kind, after those that say which row it is.
    All(&'a [&'static Column]),
}

/// How the lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As RFC 4180 has them, and nothing added to what is known.
    Exact,
    /// As Excel reads them on a double click.
    Spreadsheet {
        /// Between two cells.
        separator: u8,
    },
}

/// Writes the rows below a header line, each when it is computed. On a terminal nothing that could drive it is sent.
pub(crate) fn write(
    out: &mut dyn Write,
    columns: Columns<'_>,
    rows: impl IntoIterator<Item = TableRow>,
    style: Style,
    on_terminal: bool,
) -> std::io::Result<()> {
    if matches!(style, Style::Spreadsheet { .. }) && !on_terminal {
        // Without the mark Excel takes UTF-8 for the code page of its own country.
        out.write_all("\u{feff}".as_bytes())?;
    }
    let mut writer = style.writer().from_writer(out);
    let own: Vec<&Column> = match columns {
        Columns::Chosen(_) => Vec::new(),
        Columns::All(_) => {
            columns::IDENTITY.iter().filter_map(|id| columns::of(Kind::Vms).column(id)).collect()
        }
    };
    let (Columns::Chosen(asked) | Columns::All(asked)) = columns;
    writer.write_record(own.iter().chain(asked).map(|column| style.title(&column.id)))?;
    for row in rows {
        let cells = own.iter().zip(&row.identity).chain(asked.iter().zip(&row.values));
        let fields = cells.map(|(column, value)| style.cell(column, value));
        writer.write_record(fields.map(|field| if on_terminal { printable(&field) } else { field }))?;
    }
    writer.flush()
}

impl Style {
    fn writer(self) -> WriterBuilder {
        let mut builder = WriterBuilder::new();
        if let Style::Spreadsheet { separator } = self {
            builder.delimiter(separator).terminator(Terminator::CRLF);
            // The cells come with their quotes: only their columns know what is a text.
            builder.quote_style(QuoteStyle::Never);
        }
        builder
    }

    fn cell(self, column: &Column, value: &Value) -> String {
        let text = plain(column, value);
        let is_number = json(column, value).as_i64().is_some();
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
        other => match json(column, other) {
            serde_json::Value::String(text) => text,
            plain => plain.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Time;

    /// What is written of one row, and whether its columns were chosen.
    fn written(values: Vec<(&'static str, Value)>, style: Style, on_terminal: bool, chosen: bool) -> String {
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
        let columns = if chosen { Columns::Chosen(&columns) } else { Columns::All(&columns) };
        let mut out = Vec::new();
        write(&mut out, columns, [row], style, on_terminal).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn lines(values: Vec<(&'static str, Value)>, style: Style) -> String {
        written(values, style, false, false)
    }

    #[test]
    fn chosen_columns_stand_alone_and_in_their_order() {
        let values =
            || vec![("cpu_count", Value::Int(4)), ("vcenter", Value::text("B")), ("name", Value::text("a"))];
        assert_eq!(written(values(), Style::Exact, false, true), "cpu_count,vcenter,name\n4,B,a\n");
        let sheet = written(values(), COMMA, false, true);
        assert_eq!(sheet, "\u{feff}\"cpu_count\",\"vcenter\",\"name\"\r\n4,\"B\",\"a\"\r\n");
    }

    const COMMA: Style = Style::Spreadsheet { separator: b',' };

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
            let lines = lines(values, Style::Spreadsheet { separator });
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
    fn on_a_terminal_control_characters_and_the_mark_are_not_sent() {
        for style in [Style::Exact, COMMA] {
            let lines = written(vec![("name", Value::text("\u{1b}[31mred"))], style, true, false);
            assert!(!lines.contains('\u{1b}') && !lines.contains('\u{feff}'), "{lines:?}");
        }
    }
}
