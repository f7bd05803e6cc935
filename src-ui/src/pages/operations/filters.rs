//! Which operations are shown: by vCenter, kind, state, who started them and when, as the address has it.
//! Refuses to keep a choice of its own.

use crate::components::moment;
use crate::components::select::Select;
use crate::components::several::Several;
use crate::components::when::local;
use crate::hooks::{replace, use_vcenter_service};
use crate::state::operations::{self, Looked};
use crate::state::route::Route;
use crate::state::words;
use contract::command::{OperationFilter, Since};
use contract::{OperationKind, OperationState, Origin, Time, VcenterId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::prelude::*;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) looked: Looked,
}

/// Ages to choose from, as they stand in the address.
const AGES: [(&str, &str); 4] =
    [("1h", "Last hour"), ("1d", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")];

/// Two points in time instead of an age.
const RANGE: &str = "range";

/// What becomes of a filter with what was chosen.
type Change = fn(&mut OperationFilter, Vec<String>);

/// Hears what is chosen, and has it in the address.
fn choosing(looked: &Looked, change: Change) -> Callback<Vec<String>> {
    let looked = looked.clone();
    Callback::from(move |chosen: Vec<String>| {
        let mut looked = looked.opening(None);
        change(&mut looked.filter, chosen);
        replace(&Route::Operations(looked));
    })
}

/// The same for one value, or none.
fn one(change: Callback<Vec<String>>) -> Callback<String> {
    change.reform(|value: String| vec![value].into_iter().filter(|value| !value.is_empty()).collect())
}

/// The choices.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let looked = &props.looked;
    let change = |change: Change| choosing(looked, change);
    let filter = &looked.filter;
    let kinds = OperationKind::ALL
        .iter()
        .map(|kind| (kind.name().to_owned(), contract::words::operation_kind(*kind).to_owned()));
    let states = OperationState::ALL
        .iter()
        .map(|state| (state.name().to_owned(), words::operation_state(*state).0.to_owned()));
    let mut origins = vec![(String::new(), "Started by anyone".to_owned())];
    let by = |origin: &Origin| (origin.name().to_owned(), operations::origin(*origin).0.to_owned());
    origins.extend(Origin::ALL.iter().map(by));
    let choose_vcenter = change(|filter, id| filter.vcenter = id.into_iter().next().map(VcenterId));
    let choose_kinds = change(|filter, names| {
        filter.kinds = names.iter().filter_map(|name| OperationKind::from_name(name)).collect();
    });
    let choose_states = change(|filter, names| {
        filter.states = names.iter().filter_map(|name| OperationState::from_name(name)).collect();
    });
    let choose_origin =
        change(|filter, name| filter.origin = name.first().and_then(|name| Origin::from_name(name)));
    let asked = use_state_eq(|| false);
    let clear = {
        let asked = asked.clone();
        Callback::from(move |_: MouseEvent| {
            asked.set(false);
            replace(&Route::Operations(Looked { filter: OperationFilter::default(), open: None }));
        })
    };
    html! {
        <div class="muster-toolbar" role="search" aria-label="Operations">
            <OfVcenter chosen={filter.vcenter.clone()} choose={one(choose_vcenter)} />
            <Several id="by-kind" label="Operation" all="All operations" many="kinds" options={kinds.collect::<Vec<_>>()}
                chosen={filter.kinds.iter().map(|kind| kind.name().to_owned()).collect::<Vec<_>>()} choose={choose_kinds} />
            <Several id="by-state" label="State" all="All states" many="states" options={states.collect::<Vec<_>>()}
                chosen={filter.states.iter().map(|state| state.name().to_owned()).collect::<Vec<_>>()}
                choose={choose_states} />
            <Select id="by-origin" class="muster-scope" aria_label="Started by" options={origins}
                chosen={filter.origin.map(|origin| origin.name().to_owned()).unwrap_or_default()}
                choose={one(choose_origin)} />
            <OfTime looked={looked.clone()} {asked} />
            if filter.is_narrow() {
                <Button variant={ButtonVariant::Link} onclick={clear}>{ "Clear filters" }</Button>
            }
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct OfTimeProperties {
    looked: Looked,
    /// Whether a range was asked for, of which nothing may be chosen yet.
    asked: UseStateHandle<bool>,
}

/// Since when, as an age or between two points in time.
#[function_component]
fn OfTime(props: &OfTimeProperties) -> Html {
    let OfTimeProperties { looked, asked } = props;
    let OperationFilter { since, until, .. } = looked.filter;
    let is_range = **asked || until.is_some();
    let choose_since = {
        let asked = asked.clone();
        let since = choosing(looked, |filter, text| {
            filter.until = None;
            filter.since = text.first().and_then(|text| text.parse().ok());
        });
        Callback::from(move |text: String| {
            asked.set(text == RANGE);
            if text != RANGE {
                since.emit(vec![text]);
            }
        })
    };
    let from = one(choosing(looked, |filter, at| filter.since = time(&at)));
    let to = one(choosing(looked, |filter, at| filter.until = time(&at)));
    let age = since.map(|since| since.to_string()).unwrap_or_default();
    html! {
        <>
            <Select id="by-time" class="muster-scope" aria_label="Submitted" options={times(since.filter(|_| !is_range))}
                chosen={if is_range { RANGE.to_owned() } else { age }} choose={choose_since} />
            if is_range {
                { moment_field("from", "Submitted since", since, from) }
                { moment_field("to", "Submitted before", until, to) }
            }
        </>
    }
}

/// Ages to choose from, and what the address has beside them.
fn times(since: Option<Since>) -> Vec<(String, String)> {
    let mut times = vec![(String::new(), "Any time".to_owned())];
    times.extend(AGES.map(|(age, words)| (age.to_owned(), words.to_owned())));
    times.push((RANGE.to_owned(), "Custom range".to_owned()));
    if let Some(since) = since
        && !times.iter().any(|(age, _)| *age == since.to_string())
    {
        let words = match since {
            Since::Time(time) => format!("Since {}", local(time)),
            Since::Ago(seconds) => {
                format!("Last {}", words::duration(i64::try_from(seconds).unwrap_or(i64::MAX)))
            }
        };
        times.push((since.to_string(), words));
    }
    times
}

/// What was chosen, in the user's zone.
fn time(chosen: &[String]) -> Option<Since> {
    chosen.first().and_then(|value| moment::parsed(value)).map(Since::Time)
}

/// A point in time in the user's zone, to the minute.
fn moment_field(id: &'static str, label: &'static str, at: Option<Since>, choose: Callback<String>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            choose.emit(field.value());
        }
    });
    let value = at.map(|at| moment::written(at.at(Time(js_sys::Date::now() as i64)))).unwrap_or_default();
    html! {
        <span class="pf-v6-c-form-control muster-moment">
            <input type="datetime-local" {id} aria-label={label} title={label} {value} {onchange} />
        </span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct OfVcenterProperties {
    chosen: Option<VcenterId>,
    choose: Callback<String>,
}

/// All vCenters or one.
#[function_component]
fn OfVcenter(props: &OfVcenterProperties) -> Html {
    let service = use_vcenter_service();
    let mut options = vec![(String::new(), "All vCenters".to_owned())];
    let known = service.vcenters().unwrap_or_default();
    options.extend(known.iter().map(|vcenter| (vcenter.id.to_string(), vcenter.name.clone())));
    let chosen = props.chosen.as_ref().map(VcenterId::to_string).unwrap_or_default();
    if !options.iter().any(|(id, _)| *id == chosen) {
        options.push((chosen.clone(), "A vCenter that was removed".to_owned()));
    }
    let choose = props.choose.clone();
    html! { <Select id="by-vcenter" class="muster-scope" aria_label="vCenter" {options} {chosen} {choose} /> }
}
