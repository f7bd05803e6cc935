//! Where the keyboard is among the rows.
//! Refuses to count on positions: rows move when they are read anew.

use super::keyboard::bring_into_view;
use super::page::Page;
use crate::state::route::Selected;
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// The place, and how it changes.
#[derive(Clone)]
pub(super) struct Place {
    /// The row, 0 for the heading, and the column.
    pub(super) at: (usize, usize),
    /// Leads to another.
    pub(super) set: Callback<(usize, usize)>,
    /// The row that the details were last asked to show from here.
    pub(super) asked: Rc<RefCell<Option<Selected>>>,
    /// What asks them once the keyboard rests.
    pub(super) rest: Rc<RefCell<Option<Timeout>>>,
}

/// An object, or the heading, and a column. The position serves where the object went away.
#[derive(Clone, Debug, PartialEq)]
struct Active {
    row: Option<Selected>,
    position: usize,
    column: &'static str,
}

/// The place among the rows of a page, kept in view.
#[hook]
pub(super) fn use_place(page: &Page) -> Place {
    let active = use_state_eq(|| None::<Active>);
    let asked = use_mut_ref(|| None::<Selected>);
    let rest = use_mut_ref(|| None::<Timeout>);
    let at = place(active.as_ref(), page);
    let set = {
        let (active, page) = (active.clone(), page.clone());
        Callback::from(move |(row, column): (usize, usize)| {
            let column = page.columns.get(column).map_or("name", |column| &*column.id);
            let of = row.checked_sub(1).and_then(|index| page.rows.get(index).cloned());
            active.set(Some(Active { row: of, position: row, column }));
        })
    };
    {
        // The details were led to another row: the keyboard is there as well.
        let (asked, set, page) = (asked.clone(), set.clone(), page.clone());
        use_effect_with(page.view.open.clone(), move |open| {
            let own = asked.take();
            if let Some(index) = open.as_ref().and_then(|open| page.position(open))
                && own.as_ref() != open.as_ref()
            {
                set.emit((index + 1, at.1));
            }
        });
    }
    use_effect_with(active, |active| {
        if active.is_some() {
            bring_into_view();
        }
    });
    Place { at, set, asked, rest }
}

/// Where the keyboard is among the rows of now; before it was anywhere, on the first name.
fn place(active: Option<&Active>, page: &Page) -> (usize, usize) {
    let named = page.columns.iter().position(|column| column.id == "name").unwrap_or_default();
    let Some(active) = active else { return (1.min(page.rows.len()), named) };
    let column = page.columns.iter().position(|column| column.id == active.column).unwrap_or(named);
    let row = active.row.as_ref().and_then(|row| page.position(row)).map(|index| index + 1);
    (row.unwrap_or(active.position).min(page.rows.len()), column)
}
