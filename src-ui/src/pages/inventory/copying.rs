//! Cells and rows of the page as text.
//! Refuses to copy what is not on the page.

use super::page::Page;
use super::row;
use crate::state::grid;
use crate::state::route::Selected;
use crate::state::words;

/// The value of a row in a column that is shown.
pub(super) fn value(page: &Page, own: &Selected, column: &str) -> Option<String> {
    page.cell(own, column).map(|cell| cell.text())
}

/// Rows with all columns that are shown, below their headings.
pub(super) fn rows(page: &Page, rows: &[&Selected]) -> String {
    let heading = page.columns.iter().map(|column| column.title.to_string()).collect();
    let line = |own: &&Selected| {
        let (_, cells) = row::found(&page.answer, page.position(own)?)?;
        let cells =
            page.columns.iter().enumerate().map(|(at, column)| row::cell(cells, at, column, own).text());
        Some(cells.collect())
    };
    grid::table_text(std::iter::once(heading).chain(rows.iter().filter_map(line)))
}

/// What a person asked for with the copy key: the selection, or else the cell; and what it is called.
pub(super) fn asked(page: &Page, cell: Option<(Selected, &'static str)>) -> (String, String) {
    let chosen = page.choice.on(&page.rows);
    match cell {
        Some((own, column)) if chosen.is_empty() => {
            (value(page, &own, column).unwrap_or_default(), "value".to_owned())
        }
        _ => (rows(page, &chosen), words::counted(chosen.len(), "row", "rows")),
    }
}
