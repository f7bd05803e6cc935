//! The measures of a table: how wide a column is, where a name is cut, where a key leads, and rows as text.
//! Refuses to measure anything on screen: widths are known before the first row is there, so that none moves later.

use contract::columns::{Column, Type, Unit};

/// How high rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Density {
    /// 28 px: as many rows as can be read.
    #[default]
    Compact,
    /// 36 px.
    Comfortable,
}

impl Density {
    /// The word it is remembered by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Density::Compact => "compact",
            Density::Comfortable => "comfortable",
        }
    }

    /// The density of that word.
    pub(crate) fn from_name(name: &str) -> Option<Density> {
        [Density::Compact, Density::Comfortable].into_iter().find(|density| density.name() == name)
    }
}

/// Width of a letter of a row, in the font's size; the fonts' own average, rounded up.
const LETTER: f64 = 0.54;
/// The same of a heading, which is bold.
const HEADING: f64 = 0.6;
/// What stands at both sides of a text, in the font's size at the smallest.
const PADDING: f64 = 1.5;
/// The room of the arrow that shows the order.
const ARROW: f64 = 1.3;

/// What a name has at least and at most, in the font's size.
pub(crate) const NAME: (f64, f64) = (15.0, 36.0);

/// How wide a column is, in the font's size. A name takes the room that is left.
pub(crate) fn width(column: &Column) -> f64 {
    let heading = column.title.chars().count() as f64 * HEADING + ARROW;
    (letters(column) as f64 * LETTER).max(heading) + PADDING
}

/// How many letters the values of a column have as a rule.
fn letters(column: &Column) -> usize {
    match (&*column.id, column.ty, column.unit) {
        ("ip_address", ..) => 15,
        ("home_datastore", ..) => 19,
        ("model" | "guest_os_configured" | "guest_os_tools" | "description" | "path", ..) => 26,
        ("type", ..) if column.terms.is_empty() => 7,
        ("product_version" | "product_build" | "vlan" | "mounted" | "hosts_available", ..) => 9,
        // The longest of its words.
        (_, Type::Text, _) if !column.terms.is_empty() => {
            let words = column.terms.iter().map(|(_, words)| words.chars().count());
            words.max().unwrap_or_default().min(22)
        }
        (_, Type::Boolean, _) => 5,
        (_, Type::Time, _) => 20,
        (_, Type::List, _) => 22,
        (_, Type::Integer | Type::Decimal, Some(Unit::Count) | None) => 7,
        // The number, and the bar beside it.
        (_, Type::Integer | Type::Decimal, Some(Unit::Percent)) => 14,
        (_, Type::Integer | Type::Decimal, Some(_)) => 10,
        (_, Type::Text, _) if column.is_host_name => 14,
        (_, Type::Text, _) => 16,
    }
}

/// The end of a long name that always stays in sight, in letters.
const TAIL: usize = 8;

/// A name in two parts: the first may be cut, the second stays; and the room that takes, in the font's size. `None` for
/// what fits into its column as a whole.
pub(crate) fn parts<'a>(column: &Column, name: &'a str) -> Option<(&'a str, &'a str, f64)> {
    let fits = if column.id == "name" { 24 } else { letters(column) };
    if name.chars().count() <= fits {
        return None;
    }
    let (head, tail) = super::words::parted(name, TAIL);
    (!head.is_empty()).then(|| (head, tail, tail.chars().map(room).sum()))
}

/// The room of a letter: rather too much, because what goes beyond is cut.
fn room(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | '.' | ',' | ':' | '|' | '-' | ' ' | '(' | ')' | '\'' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.0,
        'A'..='Z' | '_' | '&' | '+' | '#' => 0.74,
        letter if letter.is_ascii() => 0.6,
        _ => 1.05,
    }
}

/// Whether a text of a column is likely to be cut, so that the pointer shall show the whole.
pub(crate) fn is_long(column: &Column, text: &str) -> bool {
    text.chars().count() as f64 * LETTER + PADDING > width(column)
}

/// A key that leads from one cell to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    Left,
    Right,
    /// To the first column of the row.
    Home,
    /// To its last.
    End,
    /// To the first row.
    Top,
    /// To the last.
    Bottom,
    PageUp,
    PageDown,
}

impl Step {
    /// The step of a key.
    pub(crate) fn of(key: &str, control: bool) -> Option<Step> {
        Some(match (key, control) {
            ("ArrowUp", false) => Step::Up,
            ("ArrowDown", false) => Step::Down,
            ("ArrowLeft", false) => Step::Left,
            ("ArrowRight", false) => Step::Right,
            ("Home", false) => Step::Home,
            ("End", false) => Step::End,
            ("Home", true) => Step::Top,
            ("End", true) => Step::Bottom,
            ("PageUp", false) => Step::PageUp,
            ("PageDown", false) => Step::PageDown,
            _ => return None,
        })
    }

    /// Where it leads from a row to another one, in a table of whole rows.
    pub(crate) fn among_rows(self, at: usize, rows: usize, page: usize) -> usize {
        // Rows are counted from the heading, and there are no cells to walk through.
        let step = match self {
            Step::Home => Step::Top,
            Step::End => Step::Bottom,
            other => other,
        };
        let (to, _) = step.from((at + 1, 0), (rows, 1), page);
        to.max(1) - 1
    }

    /// Where it leads from a place among so many rows and columns, of which `page` are in sight. Row 0 is the heading.
    pub(crate) fn from(
        self,
        (row, column): (usize, usize),
        (rows, columns): (usize, usize),
        page: usize,
    ) -> (usize, usize) {
        let (last_row, last_column) = (rows, columns.saturating_sub(1));
        let page = page.max(1);
        // From the heading a page down leads among the rows, and a page up never leaves them.
        let first = row.min(1);
        let (row, column) = match self {
            Step::Up => (row.saturating_sub(1), column),
            Step::Down => (row + 1, column),
            Step::Left => (row, column.saturating_sub(1)),
            Step::Right => (row, column + 1),
            Step::Home => (row, 0),
            Step::End => (row, last_column),
            Step::Top => (1, column),
            Step::Bottom => (last_row, column),
            Step::PageUp => (row.saturating_sub(page).max(first), column),
            Step::PageDown => (row + page, column),
        };
        (row.min(last_row), column.min(last_column))
    }
}

/// Rows as text for a spreadsheet: a tabulator between cells, a line for each row. Whoever made a VM chose its name: none
/// becomes a formula where it is pasted.
pub(crate) fn table_text(lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let cell = |text: String| {
        let guard = if contract::spreadsheet::is_formula(&text) { "'" } else { "" };
        format!("{guard}{}", text.replace(['\t', '\r', '\n'], " "))
    };
    let lines = lines.into_iter().map(|line| line.into_iter().map(cell).collect::<Vec<_>>().join("\t"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Kind, columns};
    use proptest::prelude::*;

    #[test]
    fn every_heading_has_room_for_its_words_and_its_arrow() {
        for kind in Kind::LISTED {
            for column in columns::of(kind).columns() {
                let words = column.title.chars().count() as f64 * HEADING;
                assert!(width(column) >= words + ARROW + PADDING, "{}: {}", kind.name(), column.id);
            }
        }
    }

    #[test]
    fn a_long_name_is_cut_before_its_end() {
        let column = |id| columns::of(Kind::Vms).column(id).unwrap();
        let parts = |name| parts(column("name"), name);
        assert_eq!(parts("esx-01.example.org"), None);
        let name = "a-very-long-name-of-a-virtual-machine-0042";
        let (head, tail, room) = parts(name).unwrap();
        assert_eq!((format!("{head}{tail}").as_str(), tail), (name, "ine-0042"));
        assert!(room > 2.0 && room < 8.0, "{room}");
        let wide = "\u{65e5}".repeat(80);
        let (_, tail, _) = super::parts(column("home_datastore"), &wide).unwrap();
        assert_eq!(tail.chars().count(), TAIL);
    }

    #[test]
    fn keys_lead_through_rows_and_columns_and_stop_at_the_edges() {
        let of = (10, 4);
        for (step, from, to) in [
            (Step::Down, (1, 0), (2, 0)),
            (Step::Down, (10, 0), (10, 0)),
            (Step::Up, (1, 2), (0, 2)),
            (Step::Up, (0, 2), (0, 2)),
            (Step::Right, (1, 3), (1, 3)),
            (Step::Left, (1, 0), (1, 0)),
            (Step::End, (5, 1), (5, 3)),
            (Step::Home, (5, 1), (5, 0)),
            (Step::Top, (5, 1), (1, 1)),
            (Step::Bottom, (5, 1), (10, 1)),
            (Step::PageDown, (2, 1), (8, 1)),
            (Step::PageDown, (8, 1), (10, 1)),
            (Step::PageUp, (3, 1), (1, 1)),
        ] {
            assert_eq!(step.from(from, of, 6), to, "{step:?} from {from:?}");
        }
        assert_eq!(Step::Down.from((0, 0), (0, 1), 6), (0, 0), "no rows");
    }

    #[test]
    fn rows_as_text_keep_a_cell_in_its_cell() {
        let lines = vec![vec!["Name".into(), "Notes".into()], vec!["a".into(), "one\ttwo\r\nthree".into()]];
        assert_eq!(table_text(lines), "Name\tNotes\na\tone two  three");
    }

    proptest! {
        #[test]
        fn no_name_loses_a_letter(name in ".{0,260}") {
            for column in columns::of(Kind::Vms).columns() {
                if let Some((head, tail, _)) = parts(column, &name) {
                    prop_assert_eq!(format!("{head}{tail}"), name.clone());
                }
            }
        }

        #[test]
        fn no_key_leads_out_of_the_table(row in 0usize..50, column in 0usize..20, rows in 0usize..40, columns in 1usize..12, page in 0usize..30) {
            for (key, control) in [("ArrowUp", false), ("ArrowDown", false), ("ArrowLeft", false), ("ArrowRight", false),
                ("Home", false), ("End", false), ("Home", true), ("End", true), ("PageUp", false), ("PageDown", false)] {
                let (row, column) = Step::of(key, control).unwrap().from((row, column), (rows, columns), page);
                prop_assert!(row <= rows && column < columns);
            }
        }
    }
}
