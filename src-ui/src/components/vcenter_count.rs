//! The number of vCenters in words, or why it is not known.
//! Refuses to ask for it: it shows what it is given.

use crate::state::vcenters::Vcenters;
use patternfly_yew::prelude::{EmptyState, Icon, Spinner, SpinnerSize};
use yew::prelude::*;

/// What there is to show.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) vcenters: Vcenters,
}

/// One heading, and the reason beneath it where there is one.
#[function_component]
pub(crate) fn VcenterCount(props: &Properties) -> Html {
    let title = props.vcenters.title();
    let content = match &props.vcenters {
        Vcenters::Loading => html! {
            <div class="muster-waiting">
                <Spinner size={SpinnerSize::Lg} aria_label={title.clone()} />
            </div>
        },
        Vcenters::Known(_) => html! { <EmptyState {title} icon={Icon::Cubes} /> },
        Vcenters::Failed(error) => html! {
            <div class="muster-failed">
                <EmptyState {title} icon={Icon::ExclamationCircle}>
                    <p>{ &error.message }</p>
                    if let Some(next_step) = &error.next_step {
                        <p>{ next_step }</p>
                    }
                </EmptyState>
            </div>
        },
    };
    // A polite live region tells a screen reader when the answer replaces the spinner.
    html! { <div id="vcenters" role="status" aria-busy={busy(&props.vcenters)}>{ content }</div> }
}

fn busy(vcenters: &Vcenters) -> &'static str {
    if *vcenters == Vcenters::Loading { "true" } else { "false" }
}
