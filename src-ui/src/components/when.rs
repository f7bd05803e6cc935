//! Points in time: in the user's locale, with the age beside them.
//! Refuse to guess a format: the browser knows the user's.

use crate::hooks::use_vcenter_service;
use crate::state::words;
use contract::Time;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

/// A time.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) time: Time,
}

/// The age, with the time itself where the pointer rests.
#[function_component]
pub(crate) fn Ago(props: &Properties) -> Html {
    let now = use_vcenter_service().world().now;
    html! {
        <time datetime={props.time.to_string()} title={local(props.time)}>{ words::ago(props.time, now) }</time>
    }
}

/// The time, with the age beside it.
#[function_component]
pub(crate) fn When(props: &Properties) -> Html {
    let now = use_vcenter_service().world().now;
    html! {
        <time datetime={props.time.to_string()}>
            { local(props.time) }
            <span class="muster-quiet">{ format!(" ({})", words::ago(props.time, now)) }</span>
        </time>
    }
}

/// Date and time as the user's locale writes them.
pub(crate) fn local(time: Time) -> String {
    let options = js_sys::Object::new();
    for (key, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        // A new object takes any property.
        let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    let date = js_sys::Date::new(&(time.0 as f64).into());
    // js-sys' own method wants a locale, and cannot fail: one that the browser doesn't know would end the page.
    let method = js_sys::Reflect::get(&date, &"toLocaleString".into()).map(js_sys::Function::from);
    let written = method.and_then(|method| method.call2(&date, &JsValue::UNDEFINED, &options));
    written.ok().and_then(|text| text.as_string()).unwrap_or_else(|| time.to_string())
}
