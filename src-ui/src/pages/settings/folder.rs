//! Where the data is, how large it is, and how much room there is for more.

use super::{Section, answered};
use crate::hooks::use_query;
use contract::command::ShowDataFolder;
use contract::words::bytes;
use yew::prelude::*;

/// The section.
#[function_component]
pub(super) fn Folder() -> Html {
    let content = answered(use_query(ShowDataFolder {}), "The data folder could not be read", |folder| {
        html! {
            <dl class="muster-properties" id="data-folder">
                { fact("Folder", html! { <code class="muster-code">{ folder.path.clone() }</code> }) }
                { fact("Size", bytes(as_signed(folder.bytes)).into()) }
                if let Some(free) = folder.free_bytes {
                    { fact("Free on its disk", bytes(as_signed(free)).into()) }
                }
            </dl>
        }
    });
    html! { <Section id="folder" title="Data folder">{ content }</Section> }
}

/// A term and what stands for it.
pub(super) fn fact(name: &'static str, value: Html) -> Html {
    html! { <div class="muster-property"><dt>{ name }</dt><dd class="muster-words">{ value }</dd></div> }
}

fn as_signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
