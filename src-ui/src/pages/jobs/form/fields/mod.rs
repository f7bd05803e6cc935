//! The fields of the form of a policy: what starts it, on what, what it does, and how.
//! Refuse to decide anything: what was typed goes to the form's state.

mod conditions;
mod steps;
mod triggers;

use super::{Entry, Typed};
use crate::components::configuration::field::{Field, TextField};
use crate::components::icon::icon;
use crate::components::select::Select;
use crate::components::several::Several;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::policy_form::{NAME, PolicyForm, STEPS, StepEntry, TriggerEntry, Wrong, id};
use contract::command::ListDestinations;
use contract::destination::Destination;
use contract::{ApiError, Kind};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

/// Where what is typed goes.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Entry);

impl PartialEq for Shared {
    /// A form has one, whatever stands in it.
    fn eq(&self, _other: &Shared) -> bool {
        true
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) form: PolicyForm,
    pub(super) wrong: Wrong,
    pub(super) entry: Shared,
}

/// The fields.
#[function_component]
pub(super) fn Fields(props: &Properties) -> Html {
    let vcenters = use_vcenter_service().vcenters();
    let destinations = use_query(ListDestinations {});
    let form = &props.form;
    // What was opened stays open, also when its last field is cleared.
    let opened = use_mut_ref(|| (false, false));
    let (has_conditions, has_limits) = {
        let mut opened = opened.borrow_mut();
        *opened = (opened.0 || form.has_conditions(), opened.1 || form.has_limits());
        *opened
    };
    let this = This {
        entry: props.entry.0.clone(),
        form: form.clone(),
        wrong: props.wrong.clone(),
        destinations: destinations.value,
        no_destinations: destinations.error,
    };
    html! {
        <>
            { this.text(NAME.into(), "Name", "", &form.name, |form, text| form.name = text) }
            { this.list(List {
                title: "When", id: "policy-when", add: "Add trigger", empty: "It runs only when somebody starts it.",
                items: this.triggers(), new: |form, key| form.triggers.push(TriggerEntry::new(key)),
            }) }
            { this.list(List {
                title: "Do", id: STEPS, add: "Add step", empty: "",
                items: this.steps(), new: |form, key| form.steps.push(StepEntry::new(key)),
            }) }
            <details class="muster-more" open={has_conditions}>
                <summary>{ "If: vCenters, tags, quiet hours and rows" }</summary>
                <div class="muster-more__body">{ this.conditions(vcenters.as_deref().map(|all| &**all)) }</div>
            </details>
            <details class="muster-more" open={has_limits}>
                <summary>{ "How: batches and limits" }</summary>
                <div class="muster-more__body">{ this.how() }</div>
            </details>
        </>
    }
}

/// The form as it is drawn.
struct This {
    entry: Entry,
    form: PolicyForm,
    wrong: Wrong,
    destinations: Option<Rc<Vec<Destination>>>,
    no_destinations: Option<ApiError>,
}

/// A list of parts of a policy, with a button that adds to it.
struct List {
    title: &'static str,
    id: &'static str,
    add: &'static str,
    /// What is said where there are none.
    empty: &'static str,
    items: Vec<Html>,
    new: fn(&mut PolicyForm, u64),
}

/// A part of a policy that stands in a list of it.
struct Part {
    /// `trigger`, `step`, `condition`.
    what: &'static str,
    /// What the ids of its fields begin with.
    list: &'static str,
    place: usize,
    key: u64,
    /// The buttons before the one that removes it.
    buttons: Html,
    /// Takes it out, and answers with how many are left.
    remove: fn(&mut PolicyForm, usize) -> usize,
    /// The button that adds another one.
    add: &'static str,
    fields: Html,
}

impl This {
    /// What takes in an event of a field.
    fn on<T: 'static>(&self, set: impl Fn(&mut PolicyForm, T) + 'static) -> Callback<T> {
        let (entry, form) = (self.entry.clone(), self.form.clone());
        Callback::from(move |value: T| {
            let mut next = form.clone();
            set(&mut next, value);
            entry.set(Typed::Fields(Box::new(next)));
        })
    }

    /// The same for a button that changes which fields there are: it answers with the one that has the focus then.
    fn on_press(&self, set: impl Fn(&mut PolicyForm) -> String + 'static) -> Callback<MouseEvent> {
        let (entry, form) = (self.entry.clone(), self.form.clone());
        Callback::from(move |_: MouseEvent| {
            let mut next = form.clone();
            let focus = set(&mut next);
            entry.set(Typed::Fields(Box::new(next)));
            entry.focus.set((entry.focus.0 + 1, focus));
        })
    }

    fn wrong_with(&self, id: &str) -> Option<AttrValue> {
        self.wrong.iter().find(|(wrong, _)| wrong == id).map(|(_, why)| AttrValue::from(why.clone()))
    }

    fn text(
        &self,
        id: String,
        label: &'static str,
        help: &'static str,
        value: &str,
        set: impl Fn(&mut PolicyForm, String) + 'static,
    ) -> Html {
        let wrong = self.wrong_with(&id);
        html! { <TextField {id} {label} {help} value={value.to_owned()} {wrong} set={self.on(set)} /> }
    }

    fn select(
        &self,
        id: String,
        label: &'static str,
        (options, chosen): (Vec<(String, String)>, String),
        set: impl Fn(&mut PolicyForm, String) + 'static,
    ) -> Html {
        let wrong = self.wrong_with(&id);
        let described = format!("{id}-said");
        html! {
            <Field id={id.clone()} {label} wrong={wrong.clone()}>
                <Select {id} {options} {chosen} choose={self.on(set)} wrong={wrong.is_some()} aria_describedby={described} />
            </Field>
        }
    }

    /// A choice of one of these, each with its words.
    fn choice<T: Copy + PartialEq>(
        &self,
        id: String,
        label: &'static str,
        (all, chosen): (&'static [(T, &'static str)], T),
        set: impl Fn(&mut PolicyForm, T) + 'static,
    ) -> Html {
        let options = all.iter().enumerate();
        let options = options.map(|(number, (_, words))| (number.to_string(), (*words).to_owned()));
        let chosen = all.iter().position(|(one, _)| *one == chosen).unwrap_or_default().to_string();
        self.select(id, label, (options.collect(), chosen), move |form, number| {
            if let Some((one, _)) = number.parse().ok().and_then(|number: usize| all.get(number)) {
                set(form, *one);
            }
        })
    }

    fn several(
        &self,
        id: String,
        (label, all, many): (&'static str, &'static str, &'static str),
        (options, chosen): (Vec<(String, String)>, Vec<String>),
        set: impl Fn(&mut PolicyForm, Vec<String>) + 'static,
    ) -> Html {
        let wrong = self.wrong_with(&id);
        html! {
            <Field id={id.clone()} {label} {wrong}>
                <Several {id} {label} {all} {many} {options} {chosen} choose={self.on(set)} />
            </Field>
        }
    }

    fn list(&self, list: List) -> Html {
        let List { title, id, add, empty, items, new } = list;
        let wrong = self.wrong_with(id);
        let onclick = self.on(move |form, _: MouseEvent| {
            let key = form.next_key();
            new(form, key);
        });
        html! {
            <section class="muster-entries" aria-labelledby={format!("{id}-title")}>
                <h3 class="pf-v6-c-title pf-m-md" id={format!("{id}-title")}>{ title }</h3>
                if items.is_empty() && wrong.is_none() {
                    <p class="muster-quiet">{ empty }</p>
                }
                if let Some(wrong) = wrong {
                    <p class="pf-v6-c-helper-text__item pf-m-error" id={format!("{id}-said")} role="alert">{ wrong }</p>
                }
                <ol role="list">{ for items }</ol>
                <Button {id} variant={ButtonVariant::Secondary} size={ButtonSize::Small} {onclick} label={add} />
            </section>
        }
    }

    /// A part of a list, and what is done with it as a whole.
    fn part(&self, part: Part) -> Html {
        let Part { what, list, place, key, buttons, remove, add, fields } = part;
        let name = format!("{what} {}", place + 1);
        let onclick = self.on_press(move |form| match remove(form, place) {
            0 => add.to_owned(),
            left => first_field(list, place.min(left - 1)),
        });
        html! {
            <li {key}>
                <div class="muster-entry" role="group" aria-label={name.clone()}>
                    <div class="muster-entry__fields">{ fields }</div>
                    <div class="muster-entry__buttons">
                        { buttons }
                        <Button variant={ButtonVariant::Plain} {onclick} aria_label={format!("Remove {name}")}>{ icon("times") }</Button>
                    </div>
                </div>
            </li>
        }
    }
}

/// The first field of a part of a list.
fn first_field(list: &str, place: usize) -> String {
    id(list, place, "first")
}

/// The kinds that there are to choose from.
fn kinds() -> Vec<(String, String)> {
    Kind::LISTED.map(|kind| (kind.key(), kind.title().to_owned())).to_vec()
}

fn kind_of(key: &str) -> Option<Kind> {
    Kind::LISTED.into_iter().find(|kind| kind.key() == key)
}
