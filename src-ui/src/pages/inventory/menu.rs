//! The menu of a cell: open, follow its links, copy, filter.
//! Refuses to offer what leads nowhere: an entry is there when there is something behind it.

use super::cell::{is_empty, to};
use super::page::Page;
use super::{copying, row};
use crate::components::icon::icon;
use crate::components::menu::step;
use crate::hooks::{VcenterService, go, use_rows, use_vcenter_service};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words;
use contract::columns::{self, Column, Link, Type, Unit};
use contract::command::Submit;
use contract::{Condition, Rows, Target};
use serde_json::Value as Json;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// Where it was asked for.
#[derive(Clone)]
pub(super) struct At {
    pub(super) row: Selected,
    pub(super) column: &'static Column,
    pub(super) x: f64,
    pub(super) y: f64,
}

impl PartialEq for At {
    fn eq(&self, other: &At) -> bool {
        self.row == other.row && self.column.id == other.column.id && (self.x, self.y) == (other.x, other.y)
    }
}

/// What it is of.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) page: Page,
    pub(super) at: At,
    /// Copies a text, and says what that is.
    pub(super) copy: Callback<(String, String)>,
    /// Called when it goes away.
    pub(super) close: Callback<()>,
}

/// One entry.
struct Entry {
    icon: &'static str,
    words: String,
    act: Callback<()>,
}

impl Entry {
    fn new(icon: &'static str, words: impl Into<String>, act: impl Fn() + 'static) -> Entry {
        Entry { icon, words: words.into(), act: Callback::from(move |()| act()) }
    }

    fn leading(icon: &'static str, words: impl Into<String>, view: View) -> Entry {
        Entry::new(icon, words, move || go(&Route::Inventory(Box::new(view.clone()))))
    }
}

/// The menu.
#[function_component]
pub(super) fn Menu(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let window = use_rows(Some(super::drawer::query(&props.page.view, &props.at.row)));
    let list = use_node_ref();
    let is_there = window.rows().is_some() || window.error().is_some();
    {
        let (list, at) = (list.clone(), props.at.clone());
        use_effect_with(is_there, move |is_there| {
            if *is_there && let Some(element) = list.cast::<HtmlElement>() {
                place(&element, at.x, at.y);
                step(&list, "Home");
            }
        });
    }
    if !is_there {
        return Html::default();
    }
    let groups: Vec<Vec<Entry>> = match window.rows() {
        Some(rows) if !rows.rows.is_empty() => entries(props, &service, rows),
        _ => vec![opening(props, &service)],
    };
    let close = {
        let close = props.close.clone();
        Callback::from(move |()| {
            close.emit(());
            super::keyboard::focus();
        })
    };
    let onkeydown = {
        let (list, close) = (list.clone(), close.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "Escape" | "Tab" => close.emit(()),
                key if step(&list, key) => {}
                _ => return,
            }
            event.prevent_default();
        })
    };
    // A press elsewhere is for what is there, once the menu is away.
    let away = props.close.reform(|event: MouseEvent| event.prevent_default());
    let groups = groups.into_iter().filter(|group| !group.is_empty()).map(|group| {
        let items = group.into_iter().map(|entry| {
            let onclick = {
                let close = close.clone();
                Callback::from(move |_: MouseEvent| {
                    close.emit(());
                    entry.act.emit(());
                })
            };
            html! {
                <button type="button" role="menuitem" tabindex="-1" class="muster-context__item" {onclick}>
                    { icon(entry.icon) }<span>{ entry.words }</span>
                </button>
            }
        });
        html! { <div role="group" class="muster-context__group">{ for items }</div> }
    });
    html! {
        <>
            <div class="muster-away" onmousedown={away} />
            <div class="muster-context" id="menu" role="menu" aria-label="Actions" ref={list} {onkeydown}>{ for groups }</div>
        </>
    }
}

fn opening(props: &Properties, service: &VcenterService) -> Vec<Entry> {
    let (page, row) = (props.page.clone(), props.at.row.clone());
    let refresh = {
        let (service, kind, row) = (service.clone(), page.view.kind, row.clone());
        move || service.refresh_objects(kind, std::slice::from_ref(&row))
    };
    let mut entries = vec![Entry::new("info-circle", "Open details", move || page.open(&row))];
    if service.may::<Submit>() {
        entries.push(Entry::new("sync-alt", "Refresh", refresh));
    }
    entries
}

fn entries(props: &Properties, service: &VcenterService, rows: &Rows) -> Vec<Vec<Entry>> {
    vec![
        [opening(props, service), links(props), behind(props)].into_iter().flatten().collect(),
        copies(props, rows),
        filters(props),
    ]
}

/// To the objects that the cell names.
fn links(props: &Properties) -> Vec<Entry> {
    const MANY: usize = 5;
    let targets = props.page.cell(&props.at.row, &props.at.column.id).map(|cell| cell.links);
    let entry = |target: &Target| {
        let route = to(target, &props.at.row.vcenter);
        Entry::new("arrow-right", format!("Go to {}", words::shown(&target.name)), move || go(&route))
    };
    targets.unwrap_or_default().iter().take(MANY).map(entry).collect()
}

/// To what the object holds: the VMs of a host.
fn behind(props: &Properties) -> Vec<Entry> {
    let links = columns::of(props.page.view.kind).columns().filter_map(|column| column.link);
    let entry = |link| match link {
        Link::Rows(kind, _) => {
            let view = View::behind(link, &props.at.row)?;
            Some(Entry::leading("list", format!("Show its {}", kind.plural()), view))
        }
        Link::Objects(_) => None,
    };
    links.filter_map(entry).collect()
}

/// What people copy one by one, besides the value of the cell.
const COPIED: [(&str, &str); 6] = [
    ("name", "name"),
    ("ip_address", "IP address"),
    ("management_ips", "management IP"),
    ("mac_addresses", "MAC addresses"),
    ("service_tag", "service tag"),
    ("serial_number", "serial number"),
];

fn copies(props: &Properties, rows: &Rows) -> Vec<Entry> {
    let (page, at) = (&props.page, &props.at);
    let mut entries = Vec::new();
    let mut add = |what: String, text: String| {
        let copy = props.copy.clone();
        entries.push(Entry::new("copy", format!("Copy {what}"), move || {
            copy.emit((text.clone(), what.clone()))
        }));
    };
    let value = |column: &'static Column| {
        let position = rows.columns.iter().position(|id| *id == *column.id)?;
        let cell = row::cell(&rows.rows[0], position, column, &at.row);
        (!is_empty(cell.value)).then(|| cell.text())
    };
    let is_listed = COPIED.iter().any(|(id, _)| *id == at.column.id);
    if !is_listed && let Some(text) = value(at.column) {
        add("value".to_owned(), text);
    }
    for (id, what) in COPIED {
        if let Some(text) = columns::of(page.view.kind).column(id).and_then(value) {
            add(what.to_owned(), text);
        }
    }
    let chosen = page.choice.on(&page.rows);
    if chosen.len() > 1 && page.choice.has(&at.row) {
        add(words::counted(chosen.len(), "row", "rows"), copying::rows(page, &chosen));
    } else {
        add("row".to_owned(), copying::rows(page, &[&at.row]));
    }
    entries
}

/// By the value of the cell, or without it.
fn filters(props: &Properties) -> Vec<Entry> {
    let (page, column) = (&props.page, props.at.column);
    let Some(cell) = page.cell(&props.at.row, &column.id) else { return Vec::new() };
    let value = match cell.value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        value @ (Json::Bool(_) | Json::Number(_)) => value.to_string(),
        // A list has no single value to be held against.
        Json::Array(_) | Json::Object(_) => return Vec::new(),
    };
    // An age is another one a second later.
    if column.unit == Some(Unit::Seconds) || column.ty == Type::Time {
        return Vec::new();
    }
    let entry = |icon, words: &str, condition: Condition| {
        condition.on(page.view.kind).ok()?;
        Some(Entry::leading(icon, words, page.view.opening(None).narrowed(None, vec![condition])))
    };
    [
        entry("filter", "Filter by this value", Condition::is(&column.id, &value)),
        entry("ban", "Exclude this value", Condition::is_not(&column.id, &value)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Puts it where it was asked for, or as near as it fits.
fn place(list: &HtmlElement, x: f64, y: f64) {
    let Some(window) = web_sys::window() else { return };
    let size =
        |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or_default();
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let own = list.get_bounding_client_rect();
    let fit = |at: f64, own: f64, whole: f64| at.min(whole - own - 4.0).max(4.0);
    let style =
        format!("left: {:.0}px; top: {:.0}px", fit(x, own.width(), width), fit(y, own.height(), height));
    // An attribute of that name can always be set.
    let _ = list.set_attribute("style", &style);
}
