//! The search field of the page.
//! Refuses to ask for rows at every letter: after the first one it waits until somebody stops typing.

use crate::hooks::{go, replace};
use crate::state::filters;
use crate::state::route::Route;
use crate::state::table::View;
use contract::columns;
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

/// How long after the last letter the rows are asked for, in milliseconds; a letter alone is asked for at once.
const PAUSE: u32 = 100;
/// How long nobody typed before a letter that stands alone, in milliseconds.
const ALONE: f64 = 400.0;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
}

/// The field.
#[function_component]
pub(super) fn Search(props: &Properties) -> Html {
    let typed = use_state_eq(|| props.view.text.clone());
    let pause = use_mut_ref(|| None::<Timeout>);
    // What this field itself asked for and has not arrived yet: when it does, somebody may have typed on, and asked again.
    let own = use_mut_ref(Vec::<String>::new);
    {
        // What Back or a link changed has to show in the field too.
        let (typed, own) = (typed.clone(), own.clone());
        use_effect_with(props.view.text.clone(), move |text| {
            let mut own = own.borrow_mut();
            match own.iter().position(|one| one == text) {
                // What was asked for before it won't arrive any more.
                Some(position) => drop(own.drain(..=position)),
                None => {
                    own.clear();
                    typed.set(text.clone());
                }
            }
        });
    }
    let look = {
        let (typed, view) = (typed.clone(), props.view.clone());
        move |text: String, wait: u32| {
            let before = view.text.clone();
            let is_condition = filters::typed(view.kind, &text).is_some();
            let view = view.with_text(text.trim());
            typed.set(text);
            if is_condition {
                // It is no text to look for: with Enter it becomes a filter.
                pause.replace(None);
                return;
            }
            let own = own.clone();
            let later = Timeout::new(wait, move || {
                if view.text != before {
                    own.borrow_mut().push(view.text.clone());
                }
                replace(&Route::Inventory(Box::new(view)));
            });
            // The one before is dropped, and with it cancelled.
            pause.replace(Some(later));
        }
    };
    let last = use_mut_ref(|| 0.0_f64);
    let oninput = {
        let look = look.clone();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let now = js_sys::Date::now();
            let wait = if (0.0..ALONE).contains(&(now - last.replace(now))) { PAUSE } else { 0 };
            look(input.map(|input| input.value()).unwrap_or_default(), wait);
        })
    };
    let condition = filters::typed(props.view.kind, &typed);
    let hint = condition.as_ref().and_then(|condition| {
        Some(filters::sentence(columns::of(props.view.kind).column(&condition.column)?, condition))
    });
    let onkeydown = {
        let (typed, view) = (typed.clone(), props.view.clone());
        Callback::from(move |event: KeyboardEvent| {
            match (event.key().as_str(), &condition) {
                ("Enter", Some(condition)) => {
                    typed.set(String::new());
                    let narrowed = view.with_text("").narrowed(None, vec![condition.clone()]);
                    go(&Route::Inventory(Box::new(narrowed)));
                    event.prevent_default();
                    return;
                }
                ("Enter", None) => leave(&event),
                _ => {}
            }
            match event.key().as_str() {
                // First it empties the field, then it leaves it.
                "Escape" if !typed.is_empty() => look(String::new(), 0),
                "Escape" => leave(&event),
                "ArrowDown" => super::keyboard::focus(),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let label = format!("Search {}", props.view.kind.plural());
    html! {
        <span class="muster-anchor muster-search">
        <span class="pf-v6-c-form-control">
            <input id="search" type="search" value={(*typed).clone()} {oninput} {onkeydown} aria-label={label.clone()}
                placeholder={label} autocomplete="off" spellcheck="false" aria-keyshortcuts="/" />
        </span>
            <span role="status">
                if let Some(hint) = hint {
                    <span class="muster-hint">{ "Press Enter to filter: " }<strong>{ hint }</strong></span>
                }
            </span>
        </span>
    }
}

/// To the rows, or to nowhere in particular if there are none.
fn leave(event: &KeyboardEvent) {
    if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        // A field that keeps the keyboard keeps it.
        let _ = field.blur();
    }
    super::keyboard::focus();
}
