//! Which rows are shown: by text, outcome, origin and time, as the address has it.
//! Refuses to keep a choice of its own, but for the text while it is typed.

use crate::components::icon::icon;
use crate::components::select::Select;
use crate::hooks::replace;
use crate::state::audit::{self, Watched};
use crate::state::route::Route;
use contract::{AuditFilter, AuditOutcome, Door};
use patternfly_yew::prelude::{Button, ButtonVariant};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What is looked at.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) watched: Watched,
}

/// Ages to choose from, as they stand in the address.
const AGES: [(&str, &str); 5] = [
    ("", "Any time"),
    ("1h", "Last hour"),
    ("1d", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
];

/// Hears what is chosen, and has it in the address.
fn choosing(watched: &Watched, change: fn(&mut AuditFilter, &str)) -> Callback<String> {
    let watched = watched.clone();
    Callback::from(move |chosen: String| {
        let mut watched = watched.opening(None);
        change(&mut watched.filter, &chosen);
        replace(&Route::Audit(watched));
    })
}

/// The choices.
#[function_component]
pub(super) fn Filters(props: &Properties) -> Html {
    let watched = &props.watched;
    let filter = &watched.filter;
    let mut outcomes = vec![(String::new(), "Any outcome".to_owned())];
    outcomes.extend(
        AuditOutcome::ALL.iter().map(|one| (one.name().to_owned(), audit::outcome(one.name()).0.to_owned())),
    );
    let mut origins = vec![(String::new(), "Any origin".to_owned())];
    origins.extend(Door::ALL.iter().map(|one| (one.name().to_owned(), audit::origin(one.name()).to_owned())));
    let ages = AGES.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let typed = {
        let choose = choosing(watched, |filter, text| {
            filter.text = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        });
        Callback::from(move |event: Event| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(field) = field {
                choose.emit(field.value());
            }
        })
    };
    let clear = Callback::from(|_: MouseEvent| replace(&Route::audit()));
    let text = filter.text.as_deref().and_then(some).unwrap_or_default();
    html! {
        <div class="muster-toolbar" role="search" aria-label="Audit log">
            <span class="pf-v6-c-form-control pf-m-icon muster-audit__text">
                <input type="search" id="search" placeholder="Name, user, command or value" aria-label="Search the audit log"
                    value={text} onchange={typed} />
                <span class="pf-v6-c-form-control__utilities">
                    <span class="pf-v6-c-form-control__icon">{ icon("search") }</span>
                </span>
            </span>
            <Select id="by-outcome" class="muster-scope" aria_label="Outcome" options={outcomes}
                chosen={filter.outcome.map(|one| one.name().to_owned()).unwrap_or_default()}
                choose={choosing(watched, |filter, name| filter.outcome = AuditOutcome::from_name(name))} />
            <Select id="by-origin" class="muster-scope" aria_label="Origin" options={origins}
                chosen={filter.origin.map(|one| one.name().to_owned()).unwrap_or_default()}
                choose={choosing(watched, |filter, name| filter.origin = Door::from_name(name))} />
            <Select id="by-time" class="muster-scope" aria_label="When" options={ages}
                chosen={filter.since.map(|since| since.to_string()).unwrap_or_default()}
                choose={choosing(watched, |filter, text| filter.since = text.parse().ok())} />
            if filter.is_narrow() {
                <Button variant={ButtonVariant::Link} onclick={clear}>{ "Clear filters" }</Button>
            }
        </div>
    }
}
