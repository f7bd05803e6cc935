//! The rows on screen, as all parts of the page see them.
//! Refuses to be compared row by row: it is the same as long as the answer is.

use super::cell;
use super::row::{self, found};
use crate::hooks::{go, replace};
use crate::state::choice::Choice;
use crate::state::grid;
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use contract::Rows;
use contract::columns::Column;
use std::cell::Cell;
use std::rc::Rc;
use yew::prelude::*;

/// What is on screen.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) view: View,
    pub(super) answer: Rc<Rows>,
    pub(super) columns: Rc<[&'static Column]>,
    /// The objects of the rows, in their order.
    pub(super) rows: Rc<[Selected]>,
    pub(super) choice: Rc<Choice>,
    /// Changes the selection.
    pub(super) choose: Callback<Choice>,
    /// Whether the details were opened by a key, and take the keyboard.
    pub(super) by_key: Rc<Cell<bool>>,
}

impl PartialEq for Page {
    fn eq(&self, other: &Page) -> bool {
        Rc::ptr_eq(&self.answer, &other.answer)
            && Rc::ptr_eq(&self.columns, &other.columns)
            && self.view == other.view
            && self.choice == other.choice
    }
}

impl Page {
    /// The objects of an answer, in its order.
    pub(super) fn objects(rows: &Rows) -> Rc<[Selected]> {
        (0..rows.rows.len())
            .filter_map(|index| found(rows, index))
            .map(|(source, cells)| Selected { vcenter: source.vcenter.clone(), moref: cells.moref.clone() })
            .collect()
    }

    /// The place of an object among the rows.
    pub(super) fn position(&self, row: &Selected) -> Option<usize> {
        self.rows.iter().position(|one| one == row)
    }

    /// The value of a row in a column that is shown.
    pub(super) fn cell<'a>(&'a self, own: &'a Selected, column: &str) -> Option<cell::Cell<'a>> {
        let (_, cells) = found(&self.answer, self.position(own)?)?;
        let position = self.columns.iter().position(|one| one.id == *column)?;
        Some(row::cell(cells, position, self.columns[position], own))
    }

    /// How wide the table is at least and at most, in the font's size.
    pub(super) fn widths(&self) -> (f64, f64) {
        const CHOOSE: f64 = 2.2;
        let others = self.columns.iter().filter(|column| column.id != "name");
        let others = CHOOSE + others.map(|column| grid::width(column)).sum::<f64>();
        (others + grid::NAME.0, others + grid::NAME.1)
    }

    /// Opens the details of a row, which take the keyboard.
    pub(super) fn open(&self, row: &Selected) {
        if self.view.open.as_ref() == Some(row) {
            crate::components::drawer::focus();
        } else {
            self.by_key.set(true);
            go(&Route::Inventory(Box::new(self.view.opening(Some(row.clone())))));
        }
    }

    /// Leads the details to the row before or after.
    pub(super) fn walk(&self, down: bool) {
        let Some(at) = self.view.open.as_ref().and_then(|open| self.position(open)) else { return };
        let to = if down { Some(at + 1) } else { at.checked_sub(1) };
        if let Some(row) = to.and_then(|to| self.rows.get(to)) {
            replace(&Route::Inventory(Box::new(self.view.opening(Some(row.clone())))));
        }
    }
}
