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
    let ago = use_ago(props.time);
    html! {
        <time datetime={props.time.to_string()} title={local(props.time)}>{ ago }</time>
    }
}

/// The time, with the age beside it.
#[function_component]
pub(crate) fn When(props: &Properties) -> Html {
    let ago = use_ago(props.time);
    html! {
        <time datetime={props.time.to_string()}>
            { local(props.time) }
            <span class="muster-quiet">{ format!(" ({})", ago) }</span>
        </time>
    }
}

/// Its age in words, which is drawn anew when the words are others.
#[hook]
fn use_ago(time: Time) -> String {
    use_vcenter_service().see(move |world| words::ago(time, world.now))
}

thread_local! {
    /// The browser's way to write times: making it takes longer than a hundred uses of it.
    static WRITTEN: Option<js_sys::Function> = written();
}

/// Date and time as the user's locale writes them.
pub(crate) fn local(time: Time) -> String {
    let ms = JsValue::from_f64(time.0 as f64);
    let text = WRITTEN.with(|written| written.as_ref()?.call1(&JsValue::UNDEFINED, &ms).ok()?.as_string());
    text.unwrap_or_else(|| time.to_string())
}

/// From one time to another as the user's locale writes that: `Nov 26, 2:00 – 6:00 AM`.
pub(crate) fn span(from: Time, to: Time) -> String {
    let ms = |time: Time| JsValue::from_f64(time.0 as f64);
    let text = || {
        let options = [("month", "short"), ("day", "numeric"), ("hour", "numeric"), ("minute", "2-digit")];
        let format = format(&options)?;
        let span = js_sys::Function::from(of(&format, "formatRange")?);
        span.call2(&format, &ms(from), &ms(to)).ok()?.as_string()
    };
    text().unwrap_or_else(|| format!("{} \u{2013} {}", local(from), local(to)))
}

/// `new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format`.
fn written() -> Option<js_sys::Function> {
    let format = format(&[("dateStyle", "medium"), ("timeStyle", "short")])?;
    of(&format, "format").map(js_sys::Function::from)
}

fn format(with: &[(&str, &str)]) -> Option<JsValue> {
    let options = js_sys::Object::new();
    for (key, value) in with {
        // A new object takes any property.
        let _ = js_sys::Reflect::set(&options, &(*key).into(), &(*value).into());
    }
    let class = js_sys::Function::from(of(&of(&js_sys::global(), "Intl")?, "DateTimeFormat")?);
    // js-sys' own constructor wants a locale.
    let arguments = js_sys::Array::of2(&JsValue::UNDEFINED, &options);
    js_sys::Reflect::construct(&class, &arguments).ok()
}

fn of(object: &JsValue, key: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &key.into()).ok()
}

/// What is said of a time on a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `2:00 PM`
    Hour,
    /// `Nov 26`, where it is in the user's time zone.
    LocalDay,
    /// The same in UTC, as days of analytics are.
    Day,
    /// `Nov 26, 2:00 PM`
    Both,
}

impl Part {
    const ALL: [Part; 4] = [Part::Hour, Part::LocalDay, Part::Day, Part::Both];

    fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Part::Hour => &[("hour", "numeric"), ("minute", "2-digit")],
            Part::LocalDay => &[("month", "short"), ("day", "numeric")],
            Part::Day => &[("month", "short"), ("day", "numeric"), ("timeZone", "UTC")],
            Part::Both => {
                &[("month", "short"), ("day", "numeric"), ("hour", "numeric"), ("minute", "2-digit")]
            }
        }
    }
}

thread_local! {
    /// The browser's ways to write parts of times.
    static PARTS: [Option<js_sys::Function>; 4] =
        Part::ALL.map(|part| of(&format(part.options())?, "format").map(js_sys::Function::from));
}

/// A part of a time as the user's locale writes it.
pub(crate) fn part(time: Time, part: Part) -> String {
    let ms = JsValue::from_f64(time.0 as f64);
    let number = Part::ALL.iter().position(|one| *one == part).unwrap_or_default();
    let text = PARTS.with(|parts| parts[number].as_ref()?.call1(&JsValue::UNDEFINED, &ms).ok()?.as_string());
    text.unwrap_or_else(|| time.to_string())
}
