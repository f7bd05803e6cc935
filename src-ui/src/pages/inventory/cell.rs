//! One value of one object: its words, its links, and why it is empty or not current.

use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::when::local;
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::columns::{Column, Link as Leads, Type};
use contract::{Missing, Target, Time, VcenterId};
use serde_json::Value as Json;
use yew::prelude::*;

/// A value with all that belongs to it.
pub(super) struct Cell<'a> {
    pub(super) column: &'a Column,
    pub(super) value: &'a Json,
    pub(super) missing: Option<Missing>,
    pub(super) links: &'a [Target],
    /// The object that it is a value of.
    pub(super) row: &'a Selected,
}

impl Cell<'_> {
    /// It as it is shown in a table.
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

    /// Why it is empty or not current, in a sentence.
    pub(super) fn why(&self) -> Option<&'static str> {
        match self.missing {
            Some(why) => Some(words::missing(why).1),
            None if is_empty(self.value) => Some(words::empty(self.column)),
            None => None,
        }
    }

    fn known(&self) -> Html {
        if is_empty(self.value) {
            let why = words::empty(self.column);
            return html! {
                <span class="muster-none" title={why}>
                    <span aria-hidden="true">{ "\u{2013}" }</span><span class="pf-v6-screen-reader">{ why }</span>
                </span>
            };
        }
        if !self.links.is_empty() {
            // A single one is called what the column says of it, which for a folder is its path.
            let own = self.value.as_str().filter(|_| self.links.len() == 1);
            let links = self.links.iter().enumerate().map(|(position, target)| {
                html! {
                    <>
                        if position > 0 { { ", " } }
                        <Link to={to(target, &self.row.vcenter)}>{ words::shown(own.unwrap_or(&target.name)) }</Link>
                    </>
                }
            });
            return html! { { for links } };
        }
        if let (Some(link @ Leads::Rows(..)), Some(number)) = (self.column.link, self.value.as_i64())
            && number > 0
            && let Some(view) = View::behind(link, self.row)
        {
            return html! { <Link to={Route::Inventory(Box::new(view))}>{ words::grouped(number) }</Link> };
        }
        match (self.column.ty, self.value.as_i64()) {
            (Type::Time, Some(ms)) => html! { { local(Time(ms)) } },
            _ => html! { { words::value(self.column, self.value) } },
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

/// Whether numbers stand at the right.
pub(super) fn is_number(column: &Column) -> bool {
    column.ty == Type::Integer
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(values) => values.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}
