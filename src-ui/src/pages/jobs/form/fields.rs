//! The fields of the form of a policy: what starts it, on what, what it does, and how.
//! Refuse to decide anything: what was typed goes to the form's state.

use super::{Entry, Typed};
use crate::components::configuration::field::Field;
use crate::components::icon::icon;
use crate::components::select::Select;
use crate::components::several::Several;
use crate::hooks::{use_query, use_vcenter_service};
use crate::state::policy_form::{
    BATCH, Does, MOST, NAME, On, PAUSE, PolicyForm, RowsEntry, STEPS, STOP, StepEntry, TriggerEntry, Wrong,
    id,
};
use contract::Kind;
use contract::command::ListDestinations;
use contract::destination::{About, Destination, DestinationKind};
use contract::health::Level;
use contract::policy::Change;
use contract::words::capital;
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
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
    let service = use_vcenter_service();
    let destinations = use_query(ListDestinations {}).value;
    let form = &props.form;
    let vcenters = service.vcenters();
    let vcenters = vcenters.iter().flat_map(|all| all.iter());
    let (mut names, mut tags) = (BTreeSet::new(), BTreeSet::new());
    for vcenter in vcenters {
        names.insert(vcenter.name.clone());
        tags.extend(vcenter.settings.tags.iter().cloned());
    }
    // What is chosen and not there any more can be taken back.
    names.extend(form.vcenters.iter().cloned());
    tags.extend(form.tags.iter().cloned());
    let (entry, wrong) = (props.entry.0.clone(), props.wrong.clone());
    let this = This { entry, form: form.clone(), wrong, destinations };
    html! {
        <>
            { this.text(NAME.into(), "Name", "", &form.name, |form, text| form.name = text) }
            { this.list("When", "policy-when", this.triggers(), "Add trigger", "It runs only when somebody starts it.",
                |form| form.triggers.push(TriggerEntry::new())) }
            { this.list("Do", STEPS, this.steps(), "Add step", "", |form| form.steps.push(StepEntry::new())) }
            <details class="muster-more" open={form.has_conditions()}>
                <summary>{ "If: vCenters, tags, quiet hours and rows" }</summary>
                <div class="muster-more__body">{ this.conditions(names, tags) }</div>
            </details>
            <details class="muster-more" open={form.has_limits()}>
                <summary>{ "How: batches and limits" }</summary>
                <div class="muster-more__body">{ this.how() }</div>
            </details>
        </>
    }
}

struct This {
    entry: Entry,
    form: PolicyForm,
    wrong: Wrong,
    destinations: Option<Rc<Vec<Destination>>>,
}

/// A part of a policy that stands in a list of it.
type Remove = fn(&mut PolicyForm, usize);

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
        let oninput = self.on(move |form, event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            set(form, input.map(|input| input.value()).unwrap_or_default());
        });
        let class = classes!("pf-v6-c-form-control", wrong.is_some().then_some("pf-m-error"));
        let described = format!("{id}-said");
        html! {
            <Field id={id.clone()} {label} {help} wrong={wrong.clone()}>
                <span {class}>
                    <input {id} type="text" value={value.to_owned()} {oninput} spellcheck="false" autocomplete="off"
                        aria-invalid={wrong.is_some().to_string()} aria-describedby={described} />
                </span>
            </Field>
        }
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

    /// A list with a button that adds to it.
    fn list(
        &self,
        title: &'static str,
        id: &'static str,
        items: Vec<Html>,
        add: &'static str,
        empty: &'static str,
        new: fn(&mut PolicyForm),
    ) -> Html {
        let is_empty = items.is_empty();
        let wrong = self.wrong_with(id);
        let onclick = self.on(move |form, _: MouseEvent| new(form));
        html! {
            <section class="muster-entries" aria-labelledby={format!("{id}-title")}>
                <h3 class="pf-v6-c-title pf-m-md" id={format!("{id}-title")}>{ title }</h3>
                if is_empty && wrong.is_none() {
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

    /// An entry of a list, and what is done with it as a whole.
    fn entry(&self, what: String, place: usize, buttons: Html, remove: Remove, fields: Html) -> Html {
        let onclick = self.on(move |form, _: MouseEvent| remove(form, place));
        html! {
            <li key={place}>
                <div class="muster-entry" role="group" aria-label={what.clone()}>
                    <div class="muster-entry__fields">{ fields }</div>
                    <div class="muster-entry__buttons">
                        { buttons }
                        <Button variant={ButtonVariant::Plain} {onclick} aria_label={format!("Remove {what}")}>{ icon("times") }</Button>
                    </div>
                </div>
            </li>
        }
    }

    fn triggers(&self) -> Vec<Html> {
        self.form.triggers.iter().enumerate().map(|(place, entry)| self.trigger(place, entry)).collect()
    }

    fn trigger(&self, place: usize, entry: &TriggerEntry) -> Html {
        let options = On::ALL.iter().enumerate();
        let options = options.map(|(number, (_, words))| (number.to_string(), (*words).to_owned())).collect();
        let chosen = On::ALL.iter().position(|(on, _)| *on == entry.on).unwrap_or_default().to_string();
        let sort = self.select(id("when", place, "on"), "Starts", (options, chosen), move |form, number| {
            let on = number.parse().ok().and_then(|number: usize| On::ALL.get(number));
            form.triggers[place].on = on.map_or(On::Time, |(on, _)| *on);
        });
        let rest = match entry.on {
            On::Time => self.text(
                id("when", place, "time"),
                "Time",
                "every 30 min, daily 02:30, weekdays 02:30, or a cron expression",
                &entry.time,
                move |form, text| form.triggers[place].time = text,
            ),
            On::Synced => html! {
                <>
                    { self.select(id("when", place, "kind"), "Of", (any_kind(), key(entry.kind)), move |form, key| {
                        form.triggers[place].kind = kind_of(&key);
                    }) }
                    { self.select(id("when", place, "change"), "Change", changes(entry.change), move |form, name| {
                        form.triggers[place].change = Change::from_name(&name);
                    }) }
                </>
            },
            On::Finding => {
                self.select(id("when", place, "level"), "Level", levels(entry.level), move |form, name| {
                    let level = Level::ALL.into_iter().find(|level| level.name() == name);
                    form.triggers[place].level = level.unwrap_or(Level::Critical);
                })
            }
            On::Offline | On::Online | On::Start => Html::default(),
        };
        let remove: Remove = |form, place| drop(form.triggers.remove(place));
        self.entry(
            format!("trigger {}", place + 1),
            place,
            Html::default(),
            remove,
            html! { <>{ sort }{ rest }</> },
        )
    }

    fn steps(&self) -> Vec<Html> {
        self.form.steps.iter().enumerate().map(|(place, entry)| self.step(place, entry)).collect()
    }

    fn step(&self, place: usize, entry: &StepEntry) -> Html {
        let options = Does::ALL.iter().enumerate();
        let options = options.map(|(number, (_, words))| (number.to_string(), (*words).to_owned())).collect();
        let chosen =
            Does::ALL.iter().position(|(does, _)| *does == entry.does).unwrap_or_default().to_string();
        let sort = self.select(id("step", place, "does"), "Step", (options, chosen), move |form, number| {
            let does = number.parse().ok().and_then(|number: usize| Does::ALL.get(number));
            form.steps[place].does = does.map_or(Does::FullSync, |(does, _)| *does);
        });
        let rest = match entry.does {
            Does::SyncHosts => self.text(
                id("step", place, "clusters"),
                "Clusters",
                "Names, separated by commas; empty for all hosts.",
                &entry.clusters,
                move |form, text| form.steps[place].clusters = text,
            ),
            Does::Scan => html! {
                <>
                    { self.text(id("step", place, "ranges"), "Ranges", "10.0.8.0/24, 10.0.9.10-50, an IPv6 address, a host name.",
                        &entry.ranges, move |form, text| form.steps[place].ranges = text) }
                    { self.text(id("step", place, "exclude"), "Exclude", "Addresses and ranges that are left out.", &entry.exclude,
                        move |form, text| form.steps[place].exclude = text) }
                </>
            },
            Does::Send => html! {
                <>
                    { self.destination(place, entry, |kind| kind != DestinationKind::Folder) }
                    { self.select(id("step", place, "about"), "Message", abouts(entry.about), move |form, name| {
                        form.steps[place].about = if name == "health" { About::Health } else { About::Run };
                    }) }
                </>
            },
            Does::Export => html! {
                <>
                    { self.destination(place, entry, |kind| kind == DestinationKind::Folder) }
                    { self.kinds(place, entry) }
                </>
            },
            Does::Test | Does::FullSync | Does::ReadServers | Does::Notify => Html::default(),
        };
        let remove: Remove = |form, place| drop(form.steps.remove(place));
        let name = format!("step {}", place + 1);
        self.entry(name, place, self.movers(place), remove, html! { <>{ sort }{ rest }</> })
    }

    /// Moves a step before or behind another one.
    fn movers(&self, place: usize) -> Html {
        let up = self.on(move |form, _: MouseEvent| form.steps.swap(place, place - 1));
        let down = self.on(move |form, _: MouseEvent| form.steps.swap(place, place + 1));
        let (first, last) = (place == 0, place + 1 == self.form.steps.len());
        html! {
            if !(first && last) {
                <Button variant={ButtonVariant::Plain} onclick={up} disabled={first}
                    aria_label={format!("Move step {} up", place + 1)}>{ icon("angle-up") }</Button>
                <Button variant={ButtonVariant::Plain} onclick={down} disabled={last}
                    aria_label={format!("Move step {} down", place + 1)}>{ icon("angle-down") }</Button>
            }
        }
    }

    fn destination(&self, place: usize, entry: &StepEntry, is_meant: fn(DestinationKind) -> bool) -> Html {
        let known = self.destinations.iter().flat_map(|all| all.iter()).filter(|one| is_meant(one.kind));
        let mut names: BTreeSet<String> = known.map(|one| one.name.clone()).collect();
        let none = match names.is_empty() {
            true => "None yet: an administrator adds them under Destinations",
            false => "Select a destination\u{2026}",
        };
        names.extend(Some(entry.to.clone()).filter(|to| !to.is_empty()));
        let options = std::iter::once((String::new(), none.to_owned()));
        let options = options.chain(names.into_iter().map(|name| (name.clone(), name))).collect();
        self.select(id("step", place, "to"), "Destination", (options, entry.to.clone()), move |form, to| {
            form.steps[place].to = to;
        })
    }

    fn kinds(&self, place: usize, entry: &StepEntry) -> Html {
        let options = Kind::LISTED.map(|kind| (kind.key(), kind.title().to_owned())).to_vec();
        let chosen = entry.kinds.iter().map(|kind| kind.key()).collect();
        let words = ("Kinds", "Select kinds\u{2026}", "kinds");
        self.several(id("step", place, "kinds"), words, (options, chosen), move |form, keys| {
            form.steps[place].kinds = keys.iter().filter_map(|key| kind_of(key)).collect();
        })
    }

    fn conditions(&self, names: BTreeSet<String>, tags: BTreeSet<String>) -> Html {
        let form = &self.form;
        let options = |all: BTreeSet<String>| all.into_iter().map(|one| (one.clone(), one)).collect();
        let all = if form.tags.is_empty() { "All vCenters" } else { "Those with the tags" };
        html! {
            <>
                <div class="muster-pair">
                    { self.several("policy-vcenters".to_owned(), ("vCenters", all, "vCenters"),
                        (options(names), form.vcenters.clone()), |form, names| form.vcenters = names) }
                    if !tags.is_empty() {
                        { self.several("policy-tags".to_owned(), ("Tags", "None", "tags"), (options(tags), form.tags.clone()),
                            |form, tags| form.tags = tags) }
                    }
                </div>
                <div class="muster-pair">
                    { self.text("policy-quiet".to_owned(), "Quiet hours", "22:00-06:00: nothing starts then.", &form.quiet,
                        |form, text| form.quiet = text) }
                    { self.text("policy-zone".to_owned(), "Time zone", "An IANA name; empty for that of this machine.", &form.zone,
                        |form, text| form.zone = text) }
                </div>
                { self.list("Rows that must be there", "policy-rows", self.rows(), "Add condition",
                    "It runs whatever is in the inventory.", |form| form.rows.push(RowsEntry::new())) }
            </>
        }
    }

    fn rows(&self) -> Vec<Html> {
        self.form.rows.iter().enumerate().map(|(place, entry)| self.row(place, entry)).collect()
    }

    fn row(&self, place: usize, entry: &RowsEntry) -> Html {
        let kinds = Kind::LISTED.map(|kind| (kind.key(), kind.title().to_owned())).to_vec();
        let area = id("rows", place, "where");
        let oninput = self.on(move |form, event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            form.rows[place].conditions = area.map(|area| area.value()).unwrap_or_default();
        });
        let fields = html! {
            <>
                { self.text(id("rows", place, "least"), "At least", "", &entry.at_least,
                    move |form, text| form.rows[place].at_least = text) }
                { self.select(id("rows", place, "kind"), "Kind", (kinds, entry.kind.key()), move |form, key| {
                    form.rows[place].kind = kind_of(&key).unwrap_or(Kind::Hosts);
                }) }
                <Field id={area.clone()} label="Where" help="One per line: connection_state=notResponding, age_seconds>7d">
                    <span class="pf-v6-c-form-control pf-m-textarea">
                        <textarea id={area.clone()} rows="2" value={entry.conditions.clone()} {oninput} spellcheck="false"
                            aria-describedby={format!("{area}-said")} />
                    </span>
                </Field>
            </>
        };
        let remove: Remove = |form, place| drop(form.rows.remove(place));
        self.entry(format!("condition {}", place + 1), place, Html::default(), remove, fields)
    }

    fn how(&self) -> Html {
        let form = &self.form;
        html! {
            <>
                <div class="muster-pair">
                    { self.text(BATCH.into(), "vCenters at once", "Empty for all.", &form.batch, |form, text| form.batch = text) }
                    { self.text(PAUSE.into(), "Pause between batches", "Such as 5 min; empty for none.", &form.pause,
                        |form, text| form.pause = text) }
                </div>
                <div class="muster-pair">
                    { self.text(STOP.into(), "Stop after failures", "Then nothing more is begun; empty to try all.", &form.stop_after,
                        |form, text| form.stop_after = text) }
                    { self.text(MOST.into(), "Longest run", "Such as 2 h: what runs then is cancelled; empty for no limit.",
                        &form.most, |form, text| form.most = text) }
                </div>
            </>
        }
    }
}

fn key(kind: Option<Kind>) -> String {
    kind.map(Kind::key).unwrap_or_default()
}

fn kind_of(key: &str) -> Option<Kind> {
    Kind::LISTED.into_iter().find(|kind| kind.key() == key)
}

fn any_kind() -> Vec<(String, String)> {
    let listed = Kind::LISTED.map(|kind| (kind.key(), kind.title().to_owned()));
    std::iter::once((String::new(), "Any objects".to_owned())).chain(listed).collect()
}

fn changes(chosen: Option<Change>) -> (Vec<(String, String)>, String) {
    let all = Change::ALL.iter().map(|change| (change.name().to_owned(), capital(change.name())));
    let options = std::iter::once((String::new(), "Any change".to_owned())).chain(all).collect();
    (options, chosen.map(|change| change.name().to_owned()).unwrap_or_default())
}

fn levels(chosen: Level) -> (Vec<(String, String)>, String) {
    let words = |level: Level| match level {
        Level::Critical => capital(level.name()),
        other => format!("{} or worse", capital(other.name())),
    };
    (Level::ALL.map(|level| (level.name().to_owned(), words(level))).to_vec(), chosen.name().to_owned())
}

fn abouts(chosen: About) -> (Vec<(String, String)>, String) {
    let options = [("run", "What this run did"), ("health", "Health summary")];
    let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    (options, if chosen == About::Health { "health" } else { "run" }.to_owned())
}
