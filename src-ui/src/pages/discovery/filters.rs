//! Which servers are shown: how many stand in each way, and a field to search in.
//! Refuses to keep a choice of its own, but for the text while it is typed.

use crate::components::icon::{self, icon};
use crate::components::link::Link;
use crate::hooks::replace;
use crate::state::discovery::{self, Sought};
use crate::state::route::Route;
use crate::state::words::grouped;
use contract::discovery::{Discovered, ServerState};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What is looked at, and what is known.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) sought: Sought,
    pub(super) known: Rc<Discovered>,
}

/// The choices.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let sought = &props.sought;
    let servers = &props.known.servers;
    let choice = |state: Option<ServerState>, count: usize| {
        let is_current = sought.state == state;
        let (word, level) = match state {
            None => ("All", None),
            Some(state) => (discovery::state(state).0, Some(discovery::state(state).1)),
        };
        let name = state.map_or("all", ServerState::name);
        html! {
            <li key={name} class={classes!("muster-standing", is_current.then_some("muster-standing--current"))} data-state={name}>
                <Link to={Route::Discovery(Sought { state, ..sought.opening(None) })} title={state.map(discovery::meaning)}>
                    <span aria-current={is_current.then_some("true")}>
                        if let Some(level) = level { { icon::of_level(level) }{ " " } }
                        { format!("{word} ") }<strong>{ grouped(count as i64) }</strong>
                    </span>
                </Link>
            </li>
        }
    };
    let counts = discovery::counts(servers).into_iter();
    // One that is chosen stays, also while none is like that any more.
    let counts = counts.filter(|(state, count)| *count > 0 || sought.state == Some(*state));
    html! {
        <div class="muster-toolbar" role="search" aria-label="Servers">
            <Search sought={sought.clone()} />
            <ul class="muster-standings" role="list" aria-label="State">
                { choice(None, servers.len()) }
                { for counts.map(|(state, count)| choice(Some(state), count)) }
            </ul>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SearchProperties {
    sought: Sought,
}

/// The field.
#[function_component]
fn Search(props: &SearchProperties) -> Html {
    let typed = use_state_eq(|| props.sought.text.clone());
    // What this field asked for and has not arrived in the address yet: somebody may have typed on by then.
    let own = use_mut_ref(Vec::<String>::new);
    {
        let (typed, own) = (typed.clone(), own.clone());
        use_effect_with(props.sought.text.clone(), move |text| {
            let mut own = own.borrow_mut();
            match own.iter().position(|one| one == text) {
                Some(position) => drop(own.drain(..=position)),
                None => {
                    own.clear();
                    typed.set(text.clone());
                }
            }
        });
    }
    let oninput = {
        let (sought, typed) = (props.sought.clone(), typed.clone());
        Callback::from(move |event: InputEvent| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let text = field.map(|field| field.value()).unwrap_or_default();
            typed.set(text.clone());
            if text != sought.text {
                own.borrow_mut().push(text.clone());
            }
            replace(&Route::Discovery(Sought { text, ..sought.opening(None) }));
        })
    };
    html! {
        <span class="pf-v6-c-form-control pf-m-icon muster-audit__text">
            <input type="search" id="search" placeholder="Address, model, serial, host" aria-label="Search servers"
                value={(*typed).clone()} {oninput} autocomplete="off" spellcheck="false" aria-keyshortcuts="/" />
            <span class="pf-v6-c-form-control__utilities">
                <span class="pf-v6-c-form-control__icon">{ icon("search") }</span>
            </span>
        </span>
    }
}
