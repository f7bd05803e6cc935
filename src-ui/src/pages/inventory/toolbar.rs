//! Scope, filter, what is filtered by, how many rows there are, and the pages.

use crate::components::icon::icon;
use crate::components::select::Select;
use crate::components::when::Ago;
use crate::hooks::{VcenterService, Window, go, replace, use_vcenter_service};
use crate::state::route::Route;
use crate::state::table::{PAGE, View};
use crate::state::words;
use contract::columns::{self, Link};
use contract::{Condition, Kind, Rows, VcenterId, VcenterStatus};
use gloo_timers::callback::Timeout;
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// How long after the last letter the rows are asked for, in milliseconds.
const PAUSE: u32 = 120;

/// What is looked at, and the rows of it.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) view: View,
    pub(super) window: Window,
}

/// The toolbar.
#[function_component]
pub(super) fn Toolbar(props: &Properties) -> Html {
    let service = use_vcenter_service();
    let view = &props.view;
    html! {
        <div class="muster-toolbar" role="search" aria-label="Rows">
            <Scope view={view.clone()} />
            <Search key={view.kind.name()} view={view.clone()} />
            { for view.conditions.iter().enumerate().map(|(position, condition)| html! {
                <Narrowed key={condition.to_string()} view={view.clone()} to={view.without(position)}
                    condition={condition.clone()} />
            }) }
            if let Some(rows) = props.window.rows() {
                { found(&service, view, rows) }
                { pages(view, rows) }
            }
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

/// Words to look for.
#[function_component]
fn Search(props: &ViewProperties) -> Html {
    let typed = use_state_eq(|| props.view.text.clone());
    let pause = use_mut_ref(|| None::<Timeout>);
    {
        // What Back or a link changed has to show in the field too.
        let typed = typed.clone();
        use_effect_with(props.view.text.clone(), move |text| {
            // A space at the end is on its way to the next word.
            if typed.trim() != text {
                typed.set(text.clone());
            }
        });
    }
    let view = props.view.clone();
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let text = input.map(|input| input.value()).unwrap_or_default();
            typed.set(text.clone());
            let view = view.with_text(text.trim());
            let later = Timeout::new(PAUSE, move || replace(&Route::Inventory(Box::new(view))));
            // The one before is dropped, and with it cancelled.
            pause.replace(Some(later));
        })
    };
    let label = format!("Search {}", props.view.kind.plural());
    html! {
        <span class="pf-v6-c-form-control muster-search">
            <input id="search" type="search" value={(*typed).clone()} {oninput} aria-label={label.clone()}
                placeholder={label} autocomplete="off" spellcheck="false" aria-keyshortcuts="/" />
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct NarrowedProperties {
    view: View,
    /// The view without this.
    to: View,
    condition: Condition,
}

/// A condition that the rows meet, and a way to let go of it.
#[function_component]
fn Narrowed(props: &NarrowedProperties) -> Html {
    let kind = props.view.kind;
    let Some(column) = columns::of(kind).column(&props.condition.column) else { return Html::default() };
    let target =
        column.id.strip_suffix("_moref").and_then(|id| columns::of(kind).column(id)).unwrap_or(column);
    let words = match target.link {
        Some(Link::Objects(of)) if column.id != target.id => {
            html! { <>{ format!("{}: ", target.title) }<Named kind={of} view={props.view.clone()} moref={props.condition.value.clone()} /></> }
        }
        _ => {
            let value = match props.condition.value.as_str() {
                "true" => "Yes",
                "false" => "No",
                other => other,
            };
            html! { { format!("{} {} {value}", target.title, props.condition.operator.words(target)) } }
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

/// How many rows there are, and how old they are.
fn found(service: &VcenterService, view: &View, rows: &Rows) -> Html {
    let is_narrowed = rows.matching != rows.total;
    let count = match is_narrowed {
        true => {
            format!("{} of {}", words::grouped(rows.matching as i64), words::of_kind(rows.total, view.kind))
        }
        false => words::of_kind(rows.total, view.kind),
    };
    let read = rows.sources.iter().filter_map(|source| source.synced_at);
    let oldest = words::oldest(read, service.world().now);
    let is_reading = rows.sources.iter().any(|source| service.world().is_being_read(&source.vcenter));
    let in_sight = |status: &&VcenterStatus| rows.sources.iter().any(|one| one.vcenter == status.vcenter_id);
    let failed: Vec<&str> = service.world().troubled().filter(in_sight).map(|s| s.vcenter.as_str()).collect();
    html! {
        <span class="muster-found" id="found">
            <strong aria-live="polite">{ count }</strong>
            if let Some(oldest) = oldest {
                <span class="muster-quiet">{ " · read " }<Ago time={oldest} /></span>
            }
            if is_reading {
                <span class="muster-quiet">{ " · reading again…" }</span>
            }
            if !failed.is_empty() {
                <span class="muster-found__failed" title={format!("Not refreshed: {}", failed.join(", "))}>
                    { icon("exclamation-triangle") }
                    { match failed[..] {
                        [one] => format!(" {one}: not refreshed"),
                        _ => format!(" {} vCenters not refreshed", failed.len()),
                    } }
                </span>
            }
        </span>
    }
}

fn pages(view: &View, rows: &Rows) -> Html {
    let pages = View::pages(rows.matching);
    if pages == 1 && view.page == 0 {
        return Html::default();
    }
    let to = |page: usize| {
        let route = Route::Inventory(Box::new(View { page, ..view.clone() }));
        Callback::from(move |_| go(&route))
    };
    let first = view.page * PAGE + 1;
    let last = (view.page * PAGE + rows.rows.len()).max(first);
    html! {
        <nav class="muster-pages" aria-label="Pages of rows">
            <Button variant={ButtonVariant::Plain} disabled={view.page == 0} aria_label="Previous page"
                onclick={to(view.page.saturating_sub(1))}>{ icon("angle-left") }</Button>
            <span>{ format!("{}–{} of {}", words::grouped(first as i64), words::grouped(last as i64), words::grouped(rows.matching as i64)) }</span>
            <Button variant={ButtonVariant::Plain} disabled={view.page + 1 >= pages} aria_label="Next page"
                onclick={to(view.page + 1)}>{ icon("angle-right") }</Button>
        </nav>
    }
}
