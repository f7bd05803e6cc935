//! Which operations are shown: by vCenter, kind, state, who started them and when, as the address has it.
//! Refuses to keep a choice of its own.

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

/// The choices.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let looked = &props.looked;
    let change = |change: fn(&mut OperationFilter, Vec<String>)| {
        let looked = looked.clone();
        Callback::from(move |chosen: Vec<String>| {
            let mut looked = looked.opening(None);
            change(&mut looked.filter, chosen);
            replace(&Route::Operations(looked));
        })
    };
    let one = |change: Callback<Vec<String>>| {
        change.reform(|value: String| vec![value].into_iter().filter(|value| !value.is_empty()).collect())
    };
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
    let is_range = *asked || filter.until.is_some();
    let choose_since = {
        let (asked, since) = (
            asked.clone(),
            change(|filter, text| {
                filter.until = None;
                filter.since = text.first().and_then(|text| text.parse().ok());
            }),
        );
        Callback::from(move |text: String| {
            asked.set(text == RANGE);
            if text != RANGE {
                since.emit(vec![text]);
            }
        })
    };
    let choose_from = change(|filter, at| filter.since = at.first().and_then(|at| moment(at)));
    let choose_to = change(|filter, at| filter.until = at.first().and_then(|at| moment(at)));
    let clear = {
        let looked = Looked { filter: OperationFilter::default(), open: None };
        let asked = asked.clone();
        Callback::from(move |_: MouseEvent| {
            asked.set(false);
            replace(&Route::Operations(looked.clone()));
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
            <Select id="by-time" class="muster-scope" aria_label="Submitted" options={times(filter.since.filter(|_| !is_range))}
                chosen={if is_range { RANGE.to_owned() } else { filter.since.map(|since| since.to_string()).unwrap_or_default() }}
                choose={choose_since} />
            if is_range {
                { moment_field("from", "Submitted since", filter.since, one(choose_from)) }
                { moment_field("to", "Submitted before", filter.until, one(choose_to)) }
            }
            if filter.is_narrow() {
                <Button variant={ButtonVariant::Link} onclick={clear}>{ "Clear filters" }</Button>
            }
        </div>
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

/// A point in time in the user's zone, to the minute.
fn moment_field(id: &'static str, label: &'static str, at: Option<Since>, choose: Callback<String>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            choose.emit(field.value());
        }
    });
    let value = at.map(|at| written(at.at(Time(js_sys::Date::now() as i64)))).unwrap_or_default();
    html! {
        <span class="pf-v6-c-form-control muster-moment">
            <input type="datetime-local" {id} aria-label={label} title={label} {value} {onchange} />
        </span>
    }
}

/// What such a field says, which is in the user's zone.
fn moment(text: &str) -> Option<Since> {
    let ms = js_sys::Date::parse(text);
    ms.is_finite().then_some(Since::Time(Time(ms as i64)))
}

/// A time as such a field takes it.
fn written(time: Time) -> String {
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
