//! What a policy does, in its form: one step after another.

use super::{Part, This, first_field, kind_of, kinds};
use crate::components::icon::icon;
use crate::state::policy_form::{Does, StepEntry, id};
use contract::destination::{About, DestinationKind};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::collections::BTreeSet;
use yew::prelude::*;

impl This {
    pub(super) fn steps(&self) -> Vec<Html> {
        self.form.steps.iter().enumerate().map(|(place, entry)| self.step(place, entry)).collect()
    }

    fn step(&self, place: usize, entry: &StepEntry) -> Html {
        let sort =
            self.choice(first_field("step", place), "Step", (&Does::ALL, entry.does), move |form, does| {
                form.steps[place].does = does;
            });
        self.part(Part {
            what: "step",
            list: "step",
            place,
            key: entry.key,
            buttons: self.movers(place),
            remove: |form, place| {
                form.steps.remove(place);
                form.steps.len()
            },
            add: "policy-steps",
            fields: html! { <>{ sort }{ self.of_step(place, entry) }</> },
        })
    }

    /// The fields of its sort.
    fn of_step(&self, place: usize, entry: &StepEntry) -> Html {
        match entry.does {
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
                    { self.destination(place, entry, "mail server or webhook", |kind| kind != DestinationKind::Folder) }
                    { self.select(id("step", place, "about"), "Message", abouts(entry.about), move |form, name| {
                        form.steps[place].about = if name == "health" { About::Health } else { About::Run };
                    }) }
                </>
            },
            Does::Export => html! {
                <>
                    { self.destination(place, entry, "folder", |kind| kind == DestinationKind::Folder) }
                    { self.exported(place, entry) }
                </>
            },
            Does::Test | Does::FullSync | Does::ReadServers | Does::Notify => Html::default(),
        }
    }

    /// Moves a step before or behind another one.
    fn movers(&self, place: usize) -> Html {
        let last = self.form.steps.len().saturating_sub(1);
        let to = |other: usize| {
            self.on_press(move |form| {
                form.steps.swap(place, other);
                first_field("step", other)
            })
        };
        let (up, down) = (to(place.saturating_sub(1)), to((place + 1).min(last)));
        html! {
            if last > 0 {
                <Button variant={ButtonVariant::Plain} onclick={up} disabled={place == 0}
                    aria_label={format!("Move step {} up", place + 1)}>{ icon("angle-up") }</Button>
                <Button variant={ButtonVariant::Plain} onclick={down} disabled={place == last}
                    aria_label={format!("Move step {} down", place + 1)}>{ icon("angle-down") }</Button>
            }
        }
    }

    fn destination(
        &self,
        place: usize,
        entry: &StepEntry,
        sort: &str,
        is_meant: fn(DestinationKind) -> bool,
    ) -> Html {
        let known = self.destinations.iter().flat_map(|all| all.iter()).filter(|one| is_meant(one.kind));
        let mut names: BTreeSet<String> = known.map(|one| one.name.clone()).collect();
        let none = match (&self.destinations, &self.no_destinations) {
            (None, Some(_)) => "The destinations could not be loaded".to_owned(),
            (None, None) => "Loading\u{2026}".to_owned(),
            (Some(_), _) if names.is_empty() => format!("No {sort} yet: an administrator adds it on Jobs"),
            (Some(_), _) => format!("Select a {sort}\u{2026}"),
        };
        names.extend(Some(entry.to.clone()).filter(|to| !to.is_empty()));
        let options = std::iter::once((String::new(), none));
        let options = options.chain(names.into_iter().map(|name| (name.clone(), name))).collect();
        self.select(id("step", place, "to"), "Destination", (options, entry.to.clone()), move |form, to| {
            form.steps[place].to = to;
        })
    }

    fn exported(&self, place: usize, entry: &StepEntry) -> Html {
        let chosen = entry.kinds.iter().map(|kind| kind.key()).collect();
        let words = ("Kinds", "Select kinds\u{2026}", "kinds");
        self.several(id("step", place, "kinds"), words, (kinds(), chosen), move |form, keys| {
            form.steps[place].kinds = keys.iter().filter_map(|key| kind_of(key)).collect();
        })
    }
}

fn abouts(chosen: About) -> (Vec<(String, String)>, String) {
    let options = [("run", "What this run did"), ("health", "Health summary")];
    let options = options.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    (options, if chosen == About::Health { "health" } else { "run" }.to_owned())
}
