//! Automatic operations that changed nothing, as one row of the table that opens to all of them.
//! Refuses to hide one that failed, that changed something, or that a person started: those are rows of their own.

use crate::components::icon::icon;
use crate::components::name::Name;
use crate::components::when::{local, span};
use crate::state::operations::{self, Folded};
use yew::prelude::*;

/// The operations.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) id: String,
    pub(super) folded: Folded,
    /// Whether the keyboard is on it.
    pub(super) is_active: bool,
}

/// The row.
#[function_component]
pub(super) fn FoldRow(props: &Properties) -> Html {
    let Folded { operations, words, span: (from, to), is_open } = &props.folded;
    let newest = &operations[0];
    let (by, by_whom) = operations::origin(newest.origin);
    let class = classes!("muster-operations__fold", props.is_active.then_some("muster-active"));
    html! {
        <tr id={props.id.clone()} {class} data-fold={operations.len().to_string()}>
            <td colspan="2" title={format!("{words}, {} \u{2013} {}", local(*from), local(*to))}>
                // The table is one stop of the tabulator; Enter on the row does the same.
                <button type="button" class="muster-fold" aria-expanded={is_open.to_string()} tabindex="-1">
                    { icon(if *is_open { "angle-down" } else { "angle-right" }) }{ " " }{ words }
                </button>
            </td>
            <td><Name name={newest.about().to_owned()} /></td>
            <td class="muster-operations__by" title={by_whom}>{ by }</td>
            // Both columns are there or neither is.
            <td class="muster-operations__when" colspan="2">{ span(*from, *to) }</td>
            <td class="muster-operations__objects" />
            <td class="muster-operations__changes" />
            <td class="muster-operations__action" />
        </tr>
    }
}
