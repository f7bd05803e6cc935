//! The keys that work on every page.
//! Refuse letters while somebody types: those are for the field.

use super::dialog::Dialog;
use super::kept_focus;
use crate::hooks::{VcenterService, go, remembered, use_vcenter_service};
use crate::state::route::Route;
use contract::Kind;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent, window};
use yew::prelude::*;

/// How often it is looked for the search field of a page that is being opened, and how long between, in milliseconds.
const LOOKS: (u32, u32) = (20, 50);

/// The letters after `g`, and where each leads.
fn places() -> [(&'static str, &'static str, Route); 19] {
    let kind = |letter, kind: Kind| (letter, kind.title(), Route::kind(kind));
    [
        ("o", "Overview", Route::Overview),
        ("e", "Health", Route::health()),
        ("v", "vCenters", Route::vcenters()),
        ("k", "Credentials", Route::Credentials { dialog: None }),
        ("t", "Operations", Route::operations()),
        kind("a", Kind::Datacenters),
        kind("c", Kind::Clusters),
        kind("h", Kind::Hosts),
        kind("m", Kind::Vms),
        kind("d", Kind::Datastores),
        kind("n", Kind::Networks),
        kind("r", Kind::ResourcePools),
        kind("f", Kind::Folders),
        kind("s", Kind::Snapshots),
        ("j", "Jobs", Route::Jobs(None)),
        ("b", "Discovery", Route::discovery()),
        ("y", "Analytics", Route::analytics()),
        ("u", "Audit", Route::audit()),
        ("p", "Settings", Route::Settings),
    ]
}

/// Those of them that the role opens.
fn open_places(service: &VcenterService) -> impl Iterator<Item = (&'static str, &'static str, Route)> {
    places().into_iter().filter(|(.., route)| service.may_open(route))
}

/// Where it is kept whether keys work that are pressed without another one: they are in the way of who speaks to the computer,
/// or presses keys by mistake.
pub(crate) const SINGLE_KEYS: &str = "single-keys";

/// Whether they do; where nothing else was chosen.
pub(crate) fn has_single_keys() -> bool {
    remembered(SINGLE_KEYS).as_deref() != Some("off")
}

/// Scrolls as little as is needed for an element to be seen.
pub(crate) fn bring_into_view(element: &web_sys::Element) {
    let nearest = web_sys::ScrollIntoViewOptions::new();
    nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&nearest);
}

/// Gives the focus to an element by its id.
pub(crate) fn focus(id: &str) {
    let element = window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // What is folded away takes no focus.
        if let Ok(Some(folded)) = element.closest("details:not([open])") {
            let _ = folded.set_attribute("open", "");
        }
        // An element that takes no focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Scrolls an element into sight that takes no focus.
pub(crate) fn reveal(id: &str) {
    if let Some(element) = window().and_then(|window| window.document()?.get_element_by_id(id)) {
        element.scroll_into_view_with_bool(false);
    }
}

/// Listens for the keys, and lists them when asked.
#[function_component]
pub(crate) fn Keys() -> Html {
    let service = use_vcenter_service();
    let is_listed = use_state_eq(|| false);
    let after_g = use_mut_ref(|| false);
    // The listener stays; the service that it calls is always the one of now.
    let current = use_mut_ref(|| service.clone());
    current.replace(service.clone());
    {
        let is_listed = is_listed.clone();
        use_effect_with((), move |()| {
            let listener = window().and_then(|window| window.document()).map(|document| {
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&document, "keydown", options, move |event| {
                    let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                    let used = match (event.ctrl_key() || event.meta_key(), event.alt_key()) {
                        (true, false) => with_ctrl(event, &current.borrow()),
                        (false, false) if !is_typing(event) && has_single_keys() => {
                            let was_after_g = after_g.replace(event.key() == "g");
                            let service = current.borrow().clone();
                            plain(&event.key(), was_after_g, &service, || is_listed.set(true))
                        }
                        _ => false,
                    };
                    if used {
                        event.prevent_default();
                    }
                })
            });
            let kept = kept_focus::keep();
            move || drop((listener, kept))
        });
    }
    if !*is_listed {
        return Html::default();
    }
    let close = Callback::from(move |()| is_listed.set(false));
    html! { <Dialog title="Keyboard shortcuts" {close} wide=true>{ list(&service) }</Dialog> }
}

/// A key without another; `false` for one that means nothing here.
fn plain(key: &str, was_after_g: bool, service: &VcenterService, list: impl FnOnce()) -> bool {
    if was_after_g {
        let place = open_places(service).find(|(letter, ..)| *letter == key);
        return place.map(|(.., route)| go(&route)).is_some();
    }
    match key {
        "/" => search(),
        "?" => list(),
        // Of what is selected, or else of the object whose details are open.
        "r" => return press("refresh-chosen") || press("refresh-object"),
        _ => return false,
    }
    true
}

/// A key with Ctrl: these work in fields and dialogs too, but for the search behind a dialog.
fn with_ctrl(event: &KeyboardEvent, service: &VcenterService) -> bool {
    match event.key().as_str() {
        "+" | "=" => service.zoom(Some(true)),
        "-" | "_" => service.zoom(Some(false)),
        "0" => service.zoom(None),
        "q" => service.ask_to_close(),
        "f" if !is_dialog_open() => search(),
        // In a field it takes back what was typed.
        "z" if !is_typing(event) => return service.undo(),
        _ => return false,
    }
    true
}

/// Goes to the search field, and where the page has none to that of the VMs.
fn search() {
    if !focus_search() {
        go(&Route::kind(Kind::Vms));
        look_for_search(LOOKS.0);
    }
}

/// Presses a button, if the page has it.
fn press(id: &str) -> bool {
    let button = window().and_then(|window| window.document()?.get_element_by_id(id));
    let button = button.and_then(|button| button.dyn_into::<HtmlElement>().ok());
    button.map(|button| button.click()).is_some()
}

fn look_for_search(times: u32) {
    if times > 0 && !focus_search() {
        Timeout::new(LOOKS.1, move || look_for_search(times - 1)).forget();
    }
}

fn focus_search() -> bool {
    let field = window().and_then(|window| window.document()?.get_element_by_id("search"));
    let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else { return false };
    // What is typed next takes the place of what was searched for.
    field.focus().map(|()| field.select()).is_ok()
}

fn list(service: &VcenterService) -> Html {
    let key = |keys: &[&str], what: &str| {
        let keys = keys.iter().map(|key| html! { <kbd>{ key }</kbd> });
        html! { <><dt>{ for keys }</dt><dd>{ what }</dd></> }
    };
    html! {
        <div class="muster-pair">
            <dl class="muster-keys">{ for open_places(service).map(|(letter, name, _)| key(&["g", letter], name)) }</dl>
            <dl class="muster-keys">
                { key(&["/"], "Search this page") }
                { key(&["Ctrl", "F"], "Search from anywhere") }
                { key(&["Esc"], "Close a dialog or the details") }
                { key(&["Tab"], "Next control; Enter or Space activates it") }
                { key(&["\u{2191}", "\u{2193}"], "Next row, also with the details open") }
                { key(&["Enter"], "Details of the row; on a heading: sort") }
                { key(&["Space"], "Select the row") }
                { key(&["Ctrl", "A"], "Select all rows of the page") }
                { key(&["Ctrl", "C"], "Copy the cell or the selected rows") }
                { key(&["Ctrl", "Z"], "Undo the removal of a vCenter") }
                { key(&["r"], "Refresh the selected rows, or the object in the details") }
                { key(&["Shift", "F10"], "Menu of the cell") }
                { key(&["Ctrl", "+"], "Larger") }
                { key(&["Ctrl", "\u{2212}"], "Smaller") }
                { key(&["Ctrl", "0"], "Normal size") }
                { key(&["Ctrl", "Q"], "Close Muster") }
                { key(&["?"], "Show keyboard shortcuts") }
            </dl>
        </div>
    }
}

fn is_dialog_open() -> bool {
    let open = window().and_then(|window| window.document()?.query_selector("dialog[open]").ok()?);
    open.is_some()
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    is_dialog_open()
        || element
            .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
