//! The frame around every page: the app's name above, the page below.
//! Refuses to know which page it holds.

use yew::prelude::*;

/// What stands in the frame.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) children: Html,
}

/// Masthead and main area.
// patternfly-yew's own `Page` makes two landmarks called "main", which a screen reader announces as two pages.
#[function_component]
pub(crate) fn Frame(props: &Properties) -> Html {
    html! {
        <div class="pf-v6-c-page">
            <header class="pf-v6-c-masthead">
                <div class="pf-v6-c-masthead__main">
                    <div class="pf-v6-c-masthead__brand muster-brand">
                        <img class="muster-brand__mark" src="muster.svg" alt="" />
                        <span class="muster-brand__name">{ "Muster" }</span>
                    </div>
                </div>
            </header>
            <div class="pf-v6-c-page__main-container pf-m-fill" tabindex="-1">
                <main class="pf-v6-c-page__main">
                    { props.children.clone() }
                </main>
            </div>
        </div>
    }
}
