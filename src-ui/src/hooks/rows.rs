//! Windows of rows for pages: shared by all who ask for the same, and kept on screen until the next one is there.
//! Refuses to show a flash of nothing between two windows.

use super::query::{Action, use_command, use_query_if};
use crate::state::cache::Answer;
use crate::state::toasts::Toast;
use contract::command::{ExportRows, Exported, ReadRows};
use contract::{ApiError, RowQuery, Rows};
use std::rc::Rc;
use yew::prelude::*;

/// A window of rows as it is on screen. Rows are the same as long as they are in the same place: they are not compared one by one.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Window {
    /// The answer to what was asked, or else the last one that is known.
    shown: Answer<Rows>,
    is_waiting: bool,
}

impl Window {
    /// The rows.
    pub(crate) fn rows(&self) -> Option<&Rows> {
        self.shown.value.as_deref()
    }

    /// The same, to be compared by address.
    pub(crate) fn shared(&self) -> Option<Rc<Rows>> {
        self.shown.value.clone()
    }

    /// Whether the rows are those of the question before.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Why there are none, or none newer.
    pub(crate) fn error(&self) -> Option<&ApiError> {
        self.shown.error.as_ref()
    }
}

/// Rows, refreshed while the component is there.
#[hook]
pub(crate) fn use_rows(query: Option<RowQuery>) -> Window {
    let kind = query.as_ref().map(|query| query.kind);
    let mut shown = use_query_if(query.map(|query| ReadRows { query }));
    let last = use_mut_ref(|| None::<(contract::Kind, Rc<Rows>)>);
    let Some(kind) = kind else { return Window::default() };
    let mut last = last.borrow_mut();
    let is_waiting = shown.is_loading();
    if let Some(known) = &shown.value {
        *last = Some((kind, known.clone()));
    } else if is_waiting {
        // Rows of another kind have other columns.
        shown.value = last.as_ref().filter(|(of, _)| *of == kind).map(|(_, rows)| rows.clone());
    }
    Window { shown, is_waiting }
}

/// Writes all rows of a query to a file and says where that is.
#[hook]
pub(crate) fn use_export(query: RowQuery) -> Action {
    use_command(ExportRows { query }, "The rows could not be exported", |service, Exported { path, rows }| {
        service.toast(Toast::exported(rows, path));
    })
}
