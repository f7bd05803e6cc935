//! What the rows are narrowed by: a chip for each condition, and how to add one.
//! Refuses to hide a condition: each can be changed and taken back where it stands.

use super::editor::Editor;
use crate::components::icon::icon;
use crate::components::keys::focus;
use crate::hooks::{go, use_rows};
use crate::state::filters::sentence;
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use contract::columns::{self, Link};
use contract::{Condition, Kind, Operator};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
}

/// What is being edited.
#[derive(Clone, Copy, PartialEq)]
enum Edited {
    New,
    At(usize),
}

/// The chips.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let view = &props.view;
    let edited = use_state_eq(|| None::<Edited>);
    let edit = |what: Option<Edited>| {
        let edited = edited.clone();
        Callback::from(move |_: MouseEvent| edited.set(what))
    };
    let clear = {
        let whole = Route::Inventory(Box::new(View { text: view.text.clone(), ..view.whole() }));
        Callback::from(move |_: MouseEvent| {
            go(&whole);
            focus("add-filter");
        })
    };
    let is_adding = *edited == Some(Edited::New);
    let chips = view.conditions.iter().enumerate().map(|(position, condition)| {
        let edit = edit((*edited != Some(Edited::At(position))).then_some(Edited::At(position)));
        html! {
            <span class="muster-anchor" key={format!("{position} {condition}")}>
                <Chip view={view.clone()} {position} condition={condition.clone()} {edit} />
                if *edited == Some(Edited::At(position)) { { editor(view, &edited, Some(position)) } }
            </span>
        }
    });
    html! {
        <>
            <span class="muster-anchor">
                <button type="button" id="add-filter" class="pf-v6-c-button pf-m-secondary" aria-haspopup="dialog"
                    aria-expanded={is_adding.to_string()} onclick={edit((!is_adding).then_some(Edited::New))}>
                    { icon("filter") }{ " Add filter" }
                </button>
                if is_adding { { editor(view, &edited, None) } }
            </span>
            { for chips }
            if !view.conditions.is_empty() {
                <Button variant={ButtonVariant::Link} onclick={clear}>{ "Clear filters" }</Button>
            }
        </>
    }
}

/// The form for a new condition, or for the one at a position.
fn editor(view: &View, edited: &UseStateHandle<Option<Edited>>, position: Option<usize>) -> Html {
    let place = position.map_or_else(|| "add-filter".to_owned(), |position| format!("filter-{position}"));
    let close = {
        let edited = edited.clone();
        Callback::from(move |()| {
            edited.set(None);
            focus(&place);
        })
    };
    let apply = {
        let (view, close) = (view.clone(), close.clone());
        Callback::from(move |conditions: Vec<Condition>| {
            close.emit(());
            go(&Route::Inventory(Box::new(view.narrowed(position, conditions))));
        })
    };
    let old = position.and_then(|position| view.conditions.get(position).cloned());
    html! { <Editor kind={view.kind} {old} {apply} {close} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct ChipProperties {
    view: View,
    position: usize,
    condition: Condition,
    edit: Callback<MouseEvent>,
}

/// A condition, how to change it, and how to let go of it.
#[function_component]
fn Chip(props: &ChipProperties) -> Html {
    let schema = columns::of(props.view.kind);
    let Some(column) = schema.column(&props.condition.column) else { return Html::default() };
    let named = column.id.strip_suffix("_moref").and_then(|id| schema.column(id));
    let of = |kind| (kind, props.condition.value.clone());
    let object = named.and_then(|column| column.link).and_then(|link| match link {
        Link::Objects(kind) => Some(of(kind)),
        Link::Rows(..) => None,
    });
    let plain = sentence(named.unwrap_or(column), &props.condition);
    let words = match object {
        Some((kind, moref)) if !moref.is_empty() => {
            let is = if props.condition.operator == Operator::Is { "is" } else { "is not" };
            let title = &named.unwrap_or(column).title;
            html! { <>{ format!("{title} {is} ") }<Named {kind} view={props.view.clone()} {moref} /></> }
        }
        _ => html! { { plain.clone() } },
    };
    let without = Route::Inventory(Box::new(props.view.without(props.position)));
    let remove = Callback::from(move |_: MouseEvent| {
        go(&without);
        focus("add-filter");
    });
    html! {
        <span class="muster-chip">
            <button type="button" class="muster-chip__words" id={format!("filter-{}", props.position)} title="Change this filter"
                aria-haspopup="dialog" onclick={props.edit.clone()}>{ words }</button>
            <button type="button" class="muster-chip__remove" aria-label={format!("Remove the filter: {plain}")}
                onclick={remove}>{ icon("times") }</button>
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NamedProperties {
    kind: Kind,
    view: View,
    moref: String,
}

/// The name of an object that is filtered by.
#[function_component]
fn Named(props: &NamedProperties) -> Html {
    let query = contract::RowQuery {
        vcenters: props.view.vcenter.iter().cloned().collect(),
        columns: vec!["name".to_owned()],
        limit: 1,
        ..contract::RowQuery::count(props.kind)
    };
    let window = use_rows(Some(query.with("moref", &props.moref)));
    let name = window.rows().and_then(|rows| rows.rows.first()?.values.first()?.as_str().map(str::to_owned));
    html! { { words::shown(&name.unwrap_or_else(|| props.moref.clone())) } }
}
