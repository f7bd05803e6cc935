//! A point in time in a field for local date and time: what it says, and what is written into it.
//! Refuses another zone than the user's, which is the browser's.

use contract::Time;
use wasm_bindgen::prelude::*;

/// What such a field says.
pub(crate) fn parsed(value: &str) -> Option<Time> {
    let ms = js_sys::Date::parse(value);
    ms.is_finite().then_some(Time(ms as i64))
}

/// The day of a time: `2026-03-01`.
pub(crate) fn day(time: Time) -> String {
    written(time).split('T').next().unwrap_or_default().to_owned()
}

/// A time as such a field takes it, to the minute.
pub(crate) fn written(time: Time) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(time.0 as f64));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}
