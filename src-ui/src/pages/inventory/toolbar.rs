//! Scope, search, and what is filtered by.

use super::search::Search;
use crate::components::icon::icon;
use crate::components::select::Select;
use crate::hooks::{go, use_vcenter_service};
use crate::state::route::Route;
use crate::state::table::View;
use crate::state::words;
use contract::columns::{self, Link};
use contract::{Kind, VcenterId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
}

/// The toolbar.
#[function_component]
pub(super) fn Toolbar(props: &Properties) -> Html {
    let view = &props.view;
    html! {
        <div class="muster-toolbar" role="search" aria-label="Rows">
            <Scope view={view.clone()} />
            <Search key={view.kind.name()} view={view.clone()} />
            { for view.equal.iter().enumerate().map(|(position, (column, value))| html! {
                <Narrowed key={format!("is {position}")} view={view.clone()} to={view.without(position)}
                    column={column.clone()} value={value.clone()} />
            }) }
            { for view.differ.iter().enumerate().map(|(position, (column, value))| html! {
                <Narrowed key={format!("not {position}")} view={view.clone()} to={view.with_ruled_out(position)}
                    column={column.clone()} value={value.clone()} not=true />
            }) }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ViewProperties {
    view: View,
}

/// All vCenters or one.
#[function_component]
fn Scope(props: &ViewProperties) -> Html {
    let service = use_vcenter_service();
    let vcenters = service.vcenters().unwrap_or_default();
    let view = props.view.clone();
    let choose = Callback::from(move |id: String| {
        let chosen = (!id.is_empty()).then_some(VcenterId(id));
        go(&Route::Inventory(Box::new(View {
            text: view.text.clone(),
            ..view.within(chosen).opening(None).whole()
        })));
    });
    let mut options = vec![(String::new(), "All vCenters".to_owned())];
    options.extend(vcenters.iter().map(|vcenter| (vcenter.id.to_string(), vcenter.name.clone())));
    let chosen = props.view.vcenter.as_ref().map(ToString::to_string).unwrap_or_default();
    html! { <Select id="scope" class="muster-scope" aria_label="vCenter" {options} {chosen} {choose} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct NarrowedProperties {
    view: View,
    /// The view without this.
    to: View,
    column: String,
    value: String,
    /// Whether the value is ruled out.
    #[prop_or_default]
    not: bool,
}

/// A value that the rows have to have, or must not, and a way to let go of it.
#[function_component]
fn Narrowed(props: &NarrowedProperties) -> Html {
    let kind = props.view.kind;
    let Some(column) = columns::of(kind).column(&props.column) else { return Html::default() };
    let target =
        column.id.strip_suffix("_moref").and_then(|id| columns::of(kind).column(id)).unwrap_or(column);
    let words = match target.link {
        Some(Link::Objects(of)) if column.id != target.id => {
            html! { <>{ format!("{}: ", target.title) }<Named kind={of} view={props.view.clone()} moref={props.value.clone()} /></> }
        }
        _ => {
            let value = match props.value.as_str() {
                "true" => "Yes",
                "false" => "No",
                other => other,
            };
            html! { { format!("{}: {}{value}", target.title, if props.not { "not " } else { "" }) } }
        }
    };
    let without = Route::Inventory(Box::new(props.to.clone()));
    let onclick = Callback::from(move |_| go(&without));
    html! {
        <span class="pf-v6-c-label muster-narrowed">
            <span class="pf-v6-c-label__content"><span class="pf-v6-c-label__text">{ words }</span></span>
            <span class="pf-v6-c-label__actions">
                <Button variant={ButtonVariant::Plain} {onclick}
                    aria_label={format!("Without the filter {}", target.title)}>{ icon("times") }</Button>
            </span>
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
    let window = crate::hooks::use_rows(Some(query.with("moref", &props.moref)));
    let name = window.rows().and_then(|rows| rows.rows.first()?.values.first()?.as_str().map(str::to_owned));
    html! { { words::shown(&name.unwrap_or_else(|| props.moref.clone())) } }
}
