//! Windows of rows for pages: shared by all who ask for the same, and kept on screen until the next one is there.
//! Refuses to show a flash of nothing between two windows.

use super::vcenter_service::{use_ask, use_vcenter_service};
use crate::backend;
use crate::state::loaded::Loaded;
use crate::state::toasts::Toast;
use crate::state::world::{Answer, Ask};
use contract::command::{ExportRows, Exported};
use contract::{ApiError, RowQuery, Rows};
use std::rc::Rc;
use yew::{platform::spawn_local, prelude::*};

/// A window of rows as it is on screen.
#[derive(Clone)]
pub(crate) struct Window {
    /// The answer to what was asked, which the rows may still wait for.
    answer: Loaded<Rc<Answer>>,
    /// The last rows that are known, perhaps those of the question before.
    last: Option<Rc<Answer>>,
}

impl PartialEq for Window {
    /// Rows are the same as long as the answer is: they are not compared one by one.
    fn eq(&self, other: &Window) -> bool {
        let is_same_answer = match (self.newest(), other.newest()) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        is_same_answer && self.is_waiting() == other.is_waiting() && self.error() == other.error()
    }
}

impl Window {
    /// The rows.
    pub(crate) fn rows(&self) -> Option<&Rows> {
        match self.newest().map(|answer| &**answer) {
            Some(Answer::Rows(rows)) => Some(rows),
            _ => None,
        }
    }

    /// The same, to be compared by address.
    pub(crate) fn shared(&self) -> Option<Rc<Answer>> {
        self.newest().cloned()
    }

    /// Rows of the question before serve only until there is an answer, whatever it is.
    fn newest(&self) -> Option<&Rc<Answer>> {
        match &self.answer {
            Loaded::Loading => self.last.as_ref(),
            known => known.value(),
        }
    }

    /// Whether the rows are those of the question before.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.answer, Loaded::Loading)
    }

    /// Why there are none, or none newer.
    pub(crate) fn error(&self) -> Option<&ApiError> {
        self.answer.error()
    }
}

/// Rows, refreshed while the component is there.
#[hook]
pub(crate) fn use_rows(query: Option<RowQuery>) -> Window {
    use_ask(query.clone().map(Ask::Rows));
    let service = use_vcenter_service();
    let last = use_mut_ref(|| None::<(contract::Kind, Rc<Answer>)>);
    let Some(query) = query else { return Window { answer: Loaded::Loading, last: None } };
    let answer = service.world().rows(&query);
    let mut last = last.borrow_mut();
    if let Some(known) = answer.value() {
        *last = Some((query.kind, known.clone()));
    }
    // Rows of another kind have other columns.
    let last = last.as_ref().filter(|(kind, _)| *kind == query.kind).map(|(_, rows)| rows.clone());
    Window { answer, last }
}

/// Writes all rows of a query to a file and says where that is; and whether it is at it.
#[hook]
pub(crate) fn use_export() -> (bool, Callback<RowQuery>) {
    let service = use_vcenter_service();
    let is_busy = use_state_eq(|| false);
    let export = {
        let is_busy = is_busy.clone();
        Callback::from(move |query: RowQuery| {
            let (service, is_busy) = (service.clone(), is_busy.clone());
            is_busy.set(true);
            spawn_local(async move {
                let written = backend::call(ExportRows { query }).await;
                is_busy.set(false);
                service.toast(match written {
                    Ok(Exported { path, rows }) => Toast::exported(rows, path),
                    Err(error) => Toast::refused("The rows could not be exported", &error),
                });
            });
        })
    };
    (*is_busy, export)
}

/// How many rows match; `None` until it is known.
#[hook]
pub(crate) fn use_count(query: RowQuery) -> Option<usize> {
    use_rows(Some(query)).rows().map(|rows| rows.matching)
}
