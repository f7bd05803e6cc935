//! A name in the room that there is: whole, or cut in its middle, so that names that differ at their end stay apart.

use crate::state::words;
use yew::prelude::*;

/// How many letters of the end are always seen.
const END: usize = 8;

/// The name.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) name: AttrValue,
}

/// The name on one line, whole where the pointer rests.
#[function_component]
pub(crate) fn Name(props: &Properties) -> Html {
    let name = words::shown(&props.name);
    let (begin, end) = words::parted(&name, END);
    html! {
        <span class="muster-name" title={name.clone()}>
            if begin.is_empty() {
                { end }
            } else {
                <span class="muster-name__begin">{ begin }</span>{ end }
            }
        </span>
    }
}
