//! Rows of the inventory as JSON, and as a table for people.
//! Refuses to hold them: each is computed when it is written.

use crate::output::{self, Output, harmless};
use crate::table::{self, Fit, Grid};
use contract::columns::{self, Column};
use contract::{ApiError, Time, Value};
use serde_json::{Map, json};
use service::{Answer, TableRow};
use std::io::Write;

/// One JSON array on a line of its own.
pub(super) fn json(out: &mut dyn Write, answer: &Answer) -> std::io::Result<()> {
    let identity: Vec<&Column> = columns::of_identity().collect();
    let mut before = "[";
    for row in answer.rows() {
        out.write_all(before.as_bytes())?;
        out.write_all(harmless(&object(&identity, answer, &row).to_string()).as_bytes())?;
        before = ",";
    }
    out.write_all(if answer.is_empty() { b"[]\n" } else { b"]\n" })
}

fn object(identity: &[&Column], answer: &Answer, row: &TableRow) -> serde_json::Value {
    let mut object = Map::new();
    for (column, value) in identity.iter().zip(&row.identity) {
        object.insert(column.id.to_string(), value.to_json(column));
    }
    let missing: Map<_, _> =
        row.missing.iter().map(|(column, why)| (column.id.to_string(), json!(why))).collect();
    object.insert("missing".to_owned(), missing.into());
    for (column, value) in answer.columns.iter().zip(&row.values) {
        object.insert(column.id.to_string(), value.to_json(column));
    }
    object.into()
}

/// A table of the columns that were asked for, or of those of our choice: on a terminal, of as many as fit.
pub(super) fn table(output: &Output, answer: &Answer, chosen_by_us: bool, now: Time) -> Result<(), ApiError> {
    let room = table::room();
    let view = View::of(answer, chosen_by_us, room.map(|_| now));
    let header: Vec<&str> = view.columns.iter().map(|(column, _)| &*column.title).collect();
    let fits: Vec<Fit> = view.columns.iter().map(|(column, _)| output::fit(column)).collect();
    let mut grid = Grid::new(&header, &fits);
    answer.rows().for_each(|row| grid.measure(&view.cells(&row)));
    let left_out = match room {
        Some(room) if chosen_by_us => grid.leave_out_to(room),
        Some(room) => {
            grid.cut_to(room);
            0
        }
        None => 0,
    };
    if !answer.is_empty() {
        output.stream(|out| {
            writeln!(out, "{}", grid.header())?;
            answer.rows().try_for_each(|row| writeln!(out, "{}", grid.line(&view.cells(&row))))
        })?;
    }
    if left_out > 0 && !answer.is_empty() {
        output.say(&format!("{left_out} more: --columns"));
    }
    if answer.len() < answer.total {
        output.say(&format!("{} of {}", answer.len(), answer.total));
    }
    Ok(())
}

/// Where the cells of a table stand in a row.
struct View {
    columns: Vec<(&'static Column, Cell)>,
    /// Whether ages stand in the place of dates.
    now: Option<Time>,
}

#[derive(Clone, Copy)]
enum Cell {
    /// The vCenter's name.
    Vcenter,
    /// The value of the column at this position.
    At(usize),
}

impl View {
    fn of(answer: &Answer, chosen_by_us: bool, now: Option<Time>) -> View {
        let at = |id: &str| answer.columns.iter().position(|column| column.id == id);
        let mut columns: Vec<(&'static Column, Cell)> = match chosen_by_us {
            true => {
                let first = columns::of(answer.kind()).first();
                first.into_iter().filter_map(|column| Some((column, Cell::At(at(&column.id)?)))).collect()
            }
            false => answer.columns.iter().enumerate().map(|(at, column)| (*column, Cell::At(at))).collect(),
        };
        let vcenter = columns::of_identity().next();
        let is_there = columns.iter().any(|(column, _)| column.id == columns::IDENTITY[0]);
        if let Some(vcenter) = vcenter.filter(|_| answer.is_of_several() && !is_there) {
            columns.insert(1.min(columns.len()), (vcenter, Cell::Vcenter));
        }
        View { columns, now }
    }

    fn cells(&self, row: &TableRow) -> Vec<String> {
        let cell = |(column, cell): &(&'static Column, Cell)| match cell {
            Cell::Vcenter => row.identity.first().and_then(Value::as_text).unwrap_or_default().to_owned(),
            Cell::At(position) => output::human(column, &row.values[*position], self.now),
        };
        self.columns.iter().map(cell).collect()
    }
}
