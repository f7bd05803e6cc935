//! A button that opens a menu, by pointer and by keys, as the ARIA pattern of menu buttons has it.
//! Refuses to stay open: what is chosen, Escape, the tabulator and a click elsewhere close it.

use super::icon::icon;
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};
use yew::prelude::*;

/// One thing to choose.
#[derive(Clone, PartialEq)]
pub(crate) struct MenuItem {
    pub(crate) label: AttrValue,
    /// Why it can't be chosen at the moment.
    pub(crate) barred: Option<AttrValue>,
    pub(crate) choose: Callback<()>,
}

/// The menu.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    /// What it is the menu of, for screen readers and where the pointer rests.
    pub(crate) label: AttrValue,
    pub(crate) items: Vec<MenuItem>,
}

/// The button, and below it the menu while it is open.
#[function_component]
pub(crate) fn Menu(props: &Properties) -> Html {
    let is_open = use_state_eq(|| false);
    let whole = use_node_ref();
    let button = use_node_ref();
    {
        let (is_open, whole) = (is_open.clone(), whole.clone());
        use_effect_with(*is_open, move |now| {
            let listener = now.then(|| {
                enter(&whole);
                let document = web_sys::window().and_then(|window| window.document())?;
                Some(EventListener::new(&document, "pointerdown", move |event| {
                    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
                    let inside = whole.cast::<Node>().is_some_and(|whole| whole.contains(target.as_ref()));
                    if !inside {
                        is_open.set(false);
                    }
                }))
            });
            move || drop(listener)
        });
    }
    let toggle = {
        let is_open = is_open.clone();
        Callback::from(move |_: MouseEvent| is_open.set(!*is_open))
    };
    let onkeydown = {
        let (is_open, whole, button) = (is_open.clone(), whole.clone(), button.clone());
        Callback::from(move |event: KeyboardEvent| {
            if !*is_open {
                return;
            }
            match event.key().as_str() {
                "Escape" => {
                    // What is below would take it for its own.
                    event.stop_propagation();
                    event.prevent_default();
                    is_open.set(false);
                    take_focus(button.cast::<HtmlElement>());
                }
                "Tab" => is_open.set(false),
                key => {
                    if step(&whole, key) {
                        event.prevent_default();
                    }
                }
            }
        })
    };
    let items = props.items.iter().map(|item| {
        let onclick = {
            let (is_open, choose, button) = (is_open.clone(), item.choose.clone(), button.clone());
            let is_barred = item.barred.is_some();
            Callback::from(move |_: MouseEvent| {
                if !is_barred {
                    is_open.set(false);
                    take_focus(button.cast::<HtmlElement>());
                    choose.emit(());
                }
            })
        };
        html! {
            <li role="none">
                <button type="button" role="menuitem" tabindex="-1" class="muster-menu__item" {onclick}
                    title={item.barred.clone()} aria-disabled={item.barred.is_some().to_string()}>
                    { item.label.clone() }
                </button>
            </li>
        }
    });
    html! {
        <div class="muster-menu" ref={whole} {onkeydown}>
            <button type="button" ref={button.clone()} class="pf-v6-c-button pf-m-plain pf-m-small" onclick={toggle} aria-haspopup="menu"
                aria-expanded={is_open.to_string()} aria-label={props.label.clone()}
                title={(!*is_open).then(|| props.label.clone())}>
                <span class="pf-v6-c-button__icon">{ icon("ellipsis-v") }</span>
            </button>
            if *is_open {
                <ul class="muster-menu__list" role="menu" aria-label={props.label.clone()}>{ for items }</ul>
            }
        </div>
    }
}

/// Brings a menu that was opened into view, and the focus into it.
fn enter(whole: &NodeRef) {
    let list = whole.cast::<Element>().and_then(|whole| whole.query_selector("[role=menu]").ok().flatten());
    if let Some(list) = list {
        super::keys::bring_into_view(&list);
    }
    take_focus(entries(whole).into_iter().next());
}

/// Moves the focus within the menu; `false` for a key that does not.
pub(crate) fn step(whole: &NodeRef, key: &str) -> bool {
    let entries = entries(whole);
    let active = super::kept_focus::active();
    let at = entries.iter().position(|entry| Some(entry) == active.as_ref());
    let many = entries.len();
    let to = match (key, at) {
        (_, _) if many == 0 => return false,
        ("ArrowDown", at) => at.map_or(0, |at| (at + 1) % many),
        ("ArrowUp", at) => at.map_or(many - 1, |at| (at + many - 1) % many),
        ("Home", _) => 0,
        ("End", _) => many - 1,
        _ => return false,
    };
    take_focus(entries.into_iter().nth(to));
    true
}

fn entries(whole: &NodeRef) -> Vec<HtmlElement> {
    let found = whole.cast::<Element>().and_then(|whole| whole.query_selector_all("[role=menuitem]").ok());
    let Some(found) = found else { return Vec::new() };
    (0..found.length()).filter_map(|i| found.item(i)?.dyn_into::<HtmlElement>().ok()).collect()
}

fn take_focus(element: Option<HtmlElement>) {
    if let Some(element) = element {
        // One that takes no focus leaves it where it is.
        let _ = element.focus();
    }
}
