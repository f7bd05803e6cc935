//! Tables for people: no lines, as wide as the terminal allows, every row on one line.
//! Refuses to cut what is worthless when cut: the first column, which says what a row is about, ids, states and numbers.

use crate::output::printable;
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Words, which may be cut short where the terminal is narrow.
    Words,
    /// An id or a state, worthless when cut short.
    Whole,
    /// A number: stands at the right, and is worthless when cut short.
    Number,
}

/// Narrower terminals, and those that tell no width, get every line as long as it is.
const NARROWEST: usize = 20;

/// Between two columns.
const GAP: usize = 2;

/// What words are cut to before a column is left out for them, and before a table becomes wider than the terminal.
const ENOUGH: usize = 24;
const LEAST: usize = 8;

/// The width of the terminal that stdout is, if it is one.
pub(crate) fn room() -> Option<usize> {
    let stdout = std::io::stdout();
    if stdout.is_terminal() { width(&stdout).filter(|width| *width >= NARROWEST) } else { None }
}

/// The width of the terminal that stderr is, if it is one.
pub(crate) fn room_of_stderr() -> Option<usize> {
    width(&std::io::stderr()).filter(|width| *width >= NARROWEST)
}

// Some terminals tell their width and not their height.
#[cfg(unix)]
fn width(terminal: &impl std::os::fd::AsFd) -> Option<usize> {
    rustix::termios::tcgetwinsize(terminal).ok().map(|size| usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn width(terminal: &impl std::os::windows::io::AsHandle) -> Option<usize> {
    terminal_size::terminal_size_of(terminal).map(|(width, _)| usize::from(width.0))
}

/// A table; on a terminal words are cut so that it fits.
pub(crate) fn table(header: &[&str], fits: &[Fit], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let mut grid = Grid::new(header, fits);
    rows.iter().for_each(|cells| grid.measure(cells));
    if let Some(room) = room() {
        grid.cut_to(room);
    }
    let lines = rows.iter().map(|cells| grid.line(cells));
    std::iter::once(grid.header()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// The columns of a table, as wide as what was measured.
pub(crate) struct Grid {
    columns: Vec<Heading>,
}

struct Heading {
    title: String,
    fit: Fit,
    width: usize,
    is_left_out: bool,
}

impl Grid {
    pub(crate) fn new(header: &[&str], fits: &[Fit]) -> Grid {
        let fits = fits.iter().copied().chain(std::iter::repeat(Fit::Words));
        let columns = header.iter().zip(fits).map(|(title, fit)| {
            let title = title.to_uppercase();
            Heading { width: title.width(), title, fit, is_left_out: false }
        });
        Grid { columns: columns.collect() }
    }

    /// Makes room for a row.
    pub(crate) fn measure(&mut self, cells: &[String]) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.width = column.width.max(printable(cell).width());
        }
    }

    /// Leaves out columns that don't fit, from the last ones on; answers how many. Long words are cut before that.
    pub(crate) fn leave_out_to(&mut self, room: usize) -> usize {
        let mut used = self.columns.first().map_or(0, |column| column.width);
        let mut cut = Vec::new();
        for (position, column) in self.columns.iter_mut().enumerate().skip(1) {
            let whole = column.width;
            if column.fit == Fit::Words {
                column.width = whole.min(ENOUGH.max(column.title.width()));
            }
            column.is_left_out = used + GAP + column.width > room;
            if !column.is_left_out {
                used += GAP + column.width;
                cut.push((position, whole));
            }
        }
        for (position, whole) in cut {
            let column = &mut self.columns[position];
            let more = (whole - column.width).min(room.saturating_sub(used));
            column.width += more;
            used += more;
        }
        self.columns.iter().filter(|column| column.is_left_out).count()
    }

    /// Cuts words, the longest first, until the table fits or nothing is left to cut.
    pub(crate) fn cut_to(&mut self, room: usize) {
        while self.width() > room {
            let words = self.columns.iter_mut().skip(1).filter(|column| column.fit == Fit::Words);
            let widest = words.max_by_key(|column| column.width);
            let Some(widest) = widest.filter(|column| column.width > LEAST) else { return };
            widest.width -= 1;
        }
    }

    fn width(&self) -> usize {
        let widths: Vec<usize> = self.shown().map(|(_, column)| column.width).collect();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    fn shown(&self) -> impl Iterator<Item = (usize, &Heading)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.is_left_out)
    }

    pub(crate) fn header(&self) -> String {
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.clone()).collect();
        self.line(&titles)
    }

    /// A row as a line.
    pub(crate) fn line(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for (position, column) in self.shown() {
            let cell = cut(printable(cells.get(position).map_or("", String::as_str)), column.width);
            let blanks = " ".repeat(column.width - cell.width().min(column.width));
            if position > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let [before, after] = if column.fit == Fit::Number { [&*blanks, ""] } else { ["", &*blanks] };
            line.extend([before, &cell, after]);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// As much of a text as fits, with a sign that there is more.
fn cut(text: String, width: usize) -> String {
    if text.width() <= width {
        return text;
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    let shown: String = text.chars().take_while(fits).collect();
    format!("{}…", shown.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 4] = ["Name", "Host", "CPUs", "Note"];
    const FITS: [Fit; 4] = [Fit::Words, Fit::Whole, Fit::Number, Fit::Words];

    fn cells(cells: [&str; 4]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    fn grid() -> (Grid, [Vec<String>; 2]) {
        let rows = [
            cells(["a-rather-long-name-of-a-vm", "esx-1", "4", "short"]),
            cells(["b", "esx-10", "128", "a note of some forty letters, all of them"]),
        ];
        let mut grid = Grid::new(&HEADER, &FITS);
        rows.iter().for_each(|row| grid.measure(row));
        (grid, rows)
    }

    #[test]
    fn names_states_and_numbers_stay_whole_and_numbers_stand_below_their_heading() {
        let (mut grid, rows) = grid();
        assert_eq!(grid.leave_out_to(80), 0);
        let lines: Vec<String> =
            std::iter::once(grid.header()).chain(rows.iter().map(|r| grid.line(r))).collect();
        assert_eq!(lines[0], "NAME                        HOST    CPUS  NOTE");
        assert_eq!(lines[1], "a-rather-long-name-of-a-vm  esx-1      4  short");
        assert_eq!(
            lines[2],
            "b                           esx-10   128  a note of some forty letters, all of…"
        );
        assert!(lines.iter().all(|line| line.width() <= 80));
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_counted() {
        for (room, left_out, last) in [
            (46, 1, "b                           esx-10   128"),
            (39, 2, "b                           esx-10"),
            (20, 3, "b"),
        ] {
            let (mut grid, rows) = grid();
            assert_eq!(grid.leave_out_to(room), left_out, "{room}");
            assert_eq!(grid.line(&rows[1]), last);
            assert!(grid.line(&rows[0]).starts_with("a-rather-long-name-of-a-vm"), "{room}");
        }
    }

    #[test]
    fn a_table_of_which_nothing_may_be_left_out_cuts_words_alone() {
        let (mut grid, rows) = grid();
        grid.cut_to(50);
        assert_eq!(grid.line(&rows[1]), "b                           esx-10   128  a note…");
        grid.cut_to(10);
        assert!(grid.line(&rows[0]).contains("a-rather-long-name-of-a-vm  esx-1 "));
    }

    #[test]
    fn letters_that_are_two_wide_are_counted_as_two() {
        assert_eq!(cut("日本語".to_owned(), 5), "日本…");
        assert_eq!(cut("日本語".to_owned(), 4), "日…");
        assert_eq!(cut("日本語".to_owned(), 6), "日本語");
    }
}
