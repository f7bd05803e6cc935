//! The line between the rows and the details, which pointer and keys move.
//! Refuses to make either of them too narrow to be read.

use crate::hooks::use_remembered;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

/// Width of the details in rem: at least, as long as nobody moved the line, and at most.
const LEAST: f64 = 18.0;
const USUAL: f64 = 24.0;
const MOST: f64 = 48.0;
/// What a key moves, in rem.
const STEP: f64 = 2.0;

/// The width of the details in rem, and how to change it.
#[hook]
pub(super) fn use_width() -> (f64, Callback<f64>) {
    let (kept, keep) = use_remembered("details-width");
    let width = kept.and_then(|text| text.parse().ok()).filter(|width| (LEAST..=MOST).contains(width));
    (width.unwrap_or(USUAL), keep.reform(|width: f64| format!("{:.1}", width.clamp(LEAST, MOST))))
}

/// The width, and how to change it.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) width: f64,
    pub(super) change: Callback<f64>,
}

/// The line.
#[function_component]
pub(super) fn Resizer(props: &Properties) -> Html {
    // Where the pointer took hold of it, and how wide the details were then.
    let held = use_mut_ref(|| None::<(f64, f64)>);
    let onkeydown = {
        let props = props.clone();
        Callback::from(move |event: KeyboardEvent| {
            let width = match event.key().as_str() {
                "ArrowLeft" => props.width + STEP,
                "ArrowRight" => props.width - STEP,
                "Home" => MOST,
                "End" => LEAST,
                _ => return,
            };
            event.prevent_default();
            props.change.emit(width);
        })
    };
    let onpointerdown = {
        let (held, width) = (held.clone(), props.width);
        Callback::from(move |event: PointerEvent| {
            held.replace(Some((f64::from(event.client_x()), width)));
            if let Some(line) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
                // Without it the line is lost when the pointer is faster, and nothing worse.
                let _ = line.set_pointer_capture(event.pointer_id());
            }
        })
    };
    let onpointermove = {
        let (held, change) = (held.clone(), props.change.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some((from, width)) = *held.borrow() {
                change.emit(width + (from - f64::from(event.client_x())) / rem());
            }
        })
    };
    let release = Callback::from(move |_: PointerEvent| {
        held.replace(None);
    });
    html! {
        <div class="muster-resizer" role="separator" aria-orientation="vertical" aria-label="Width of the details"
            aria-valuenow={format!("{:.0}", props.width)} aria-valuemin={format!("{LEAST:.0}")}
            aria-valuemax={format!("{MOST:.0}")} aria-controls="drawer" tabindex="0"
            {onkeydown} {onpointerdown} {onpointermove} onpointerup={release.clone()} onpointercancel={release} />
    }
}

/// One rem in CSS pixels.
fn rem() -> f64 {
    let root = || {
        let window = web_sys::window()?;
        let root = window.document()?.document_element()?;
        window.get_computed_style(&root).ok()??.get_property_value("font-size").ok()
    };
    root().and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(16.0)
}
