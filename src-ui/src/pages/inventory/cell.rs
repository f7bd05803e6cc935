//! One value of one object: its words, its links, and why it is empty or not current.

use crate::components::icon::icon;
use crate::components::when::local;
use crate::state::grid;
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::columns::{Column, Link as Leads, Type, Unit};
use contract::words::short_host_name;
use contract::{Missing, Target, Time, VcenterId};
use serde_json::Value as Json;
use yew::prelude::*;

/// A value with all that belongs to it.
pub(super) struct Cell<'a> {
    pub(super) column: &'static Column,
    pub(super) value: &'a Json,
    pub(super) missing: Option<Missing>,
    pub(super) links: &'a [Target],
    /// The object that it is a value of.
    pub(super) row: &'a Selected,
    /// Whether it stands in a table, which is one stop of the tabulator with all that is in it.
    pub(super) in_table: bool,
}

impl Cell<'_> {
    /// It as it is shown.
    pub(super) fn view(&self) -> Html {
        let Some(why) = self.missing else { return self.known() };
        let (word, sentence) = words::missing(why);
        if self.value.is_null() {
            return html! {
                <span class="muster-missing" title={sentence}>
                    { word }<span class="pf-v6-screen-reader">{ format!(": {sentence}") }</span>
                </span>
            };
        }
        // The last known value stays, and says that it is not current.
        html! {
            <>
                { self.known() }
                <span class="muster-missing" title={format!("Last known value. {sentence}")}>
                    { icon("history") }<span class="pf-v6-screen-reader">{ format!(" last known: {word}") }</span>
                </span>
            </>
        }
    }

    /// Why it is not current, in a sentence.
    pub(super) fn why(&self) -> Option<&'static str> {
        self.missing.map(|why| words::missing(why).1)
    }

    /// Its text, as it is copied.
    pub(super) fn text(&self) -> String {
        match (self.column.ty, self.value.as_i64()) {
            _ if is_empty(self.value) => String::new(),
            (Type::Time, Some(ms)) => local(Time(ms)),
            _ => words::value(self.column, self.value),
        }
    }

    /// Its words where they are shortened or likely to be cut: the pointer then shows them whole.
    pub(super) fn title(&self) -> Option<String> {
        let is_text = self.value.is_string() || self.value.is_array();
        let text = is_text.then(|| self.text())?;
        let is_short = self.column.is_host_name && short_host_name(&text) != text;
        (is_short || grid::is_long(self.column, &text)).then_some(text)
    }

    /// How much of the bar behind a share is filled, in percent, and how serious that is.
    pub(super) fn bar(&self) -> Option<(f64, &'static str)> {
        let share = self.value.as_f64().filter(|_| self.column.unit == Some(Unit::Percent))?;
        let level = match &*self.column.id {
            "free_percent" if share < 5.0 => "muster-share--danger",
            "free_percent" if share < 15.0 => "muster-share--warning",
            "failover_memory_percent" if share > 100.0 => "muster-share--danger",
            "failover_memory_percent" if share > 85.0 => "muster-share--warning",
            _ => "",
        };
        Some((share.clamp(0.0, 100.0), level))
    }

    /// The name of an object in it, as short as this place allows.
    fn named(&self, text: &str) -> Html {
        match self.in_table {
            true if self.column.is_host_name => html! { { words::shown(short_host_name(text)) } },
            // Of several the last would cut the others.
            true if self.links.len() == 1 => name(self.column, &words::shown(text)),
            _ => html! { { words::shown(text) } },
        }
    }

    fn known(&self) -> Html {
        if is_empty(self.value) {
            let why = words::empty(self.column);
            return html! { <span class="muster-none" title={why} aria-label={why}>{ "\u{2013}" }</span> };
        }
        let tabindex = self.in_table.then_some("-1");
        if !self.links.is_empty() {
            // A single one is called what the column says of it, which for a folder is its path.
            let own = self.value.as_str().filter(|_| self.links.len() == 1);
            let links = self.links.iter().enumerate().map(|(position, target)| {
                let to = to(target, &self.row.vcenter).to_string();
                html! {
                    <>
                        if position > 0 { { ", " } }
                        <a href={to} {tabindex}>{ self.named(own.unwrap_or(&target.name)) }</a>
                    </>
                }
            });
            return html! { { for links } };
        }
        if let (Some(link @ Leads::Rows(..)), Some(number)) = (self.column.link, self.value.as_i64())
            && number > 0
            && let Some(view) = View::behind(link, self.row)
        {
            let to = Route::Inventory(Box::new(view)).to_string();
            return html! { <a href={to} {tabindex}>{ words::grouped(number) }</a> };
        }
        match self.value.as_str() {
            Some(text) if self.column.is_host_name => self.named(text),
            // Paths differ at their end.
            Some(text) if self.in_table && self.column.id == "path" => name(self.column, &words::shown(text)),
            _ => html! { { self.text() } },
        }
    }
}

/// Where an object is seen: open beside the rows of its kind.
pub(super) fn to(target: &Target, vcenter: &VcenterId) -> Route {
    let open = Selected { vcenter: vcenter.clone(), moref: target.moref.clone() };
    Route::Inventory(Box::new(View {
        open: Some(open),
        vcenter: Some(vcenter.clone()),
        ..View::of(target.kind)
    }))
}

/// A name whose end stays in sight where its column is too narrow for the whole.
pub(super) fn name(column: &Column, text: &str) -> Html {
    match grid::parts(column, text) {
        None => html! { { text } },
        Some((head, tail, room)) => html! {
            <><span class="muster-name__head" style={format!("max-inline-size: calc(100% - {room:.1}em)")}>{ head }</span>{ tail }</>
        },
    }
}

/// Whether numbers stand at the right.
pub(super) fn is_number(column: &Column) -> bool {
    matches!(column.ty, Type::Integer | Type::Decimal)
}

pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(values) => values.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}
