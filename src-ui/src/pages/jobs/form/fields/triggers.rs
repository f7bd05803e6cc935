//! What starts a policy, in its form.

use super::{Part, This, first_field, kind_of, kinds};
use crate::state::policy_form::{On, TriggerEntry, id};
use contract::Kind;
use contract::health::Level;
use contract::policy::Change;
use contract::words::capital;
use yew::prelude::*;

impl This {
    pub(super) fn triggers(&self) -> Vec<Html> {
        self.form.triggers.iter().enumerate().map(|(place, entry)| self.trigger(place, entry)).collect()
    }

    fn trigger(&self, place: usize, entry: &TriggerEntry) -> Html {
        let sort =
            self.choice(first_field("when", place), "Starts", (&On::ALL, entry.on), move |form, on| {
                form.triggers[place].on = on;
            });
        let rest = match entry.on {
            On::Time => self.text(
                id("when", place, "time"),
                "Time",
                "every 30 min, daily 02:30, weekdays 02:30, or a cron expression",
                &entry.time,
                move |form, text| form.triggers[place].time = text,
            ),
            On::Synced => self.synced(place, entry),
            On::Finding => {
                self.select(id("when", place, "level"), "Level", levels(entry.level), move |form, name| {
                    let level = Level::ALL.into_iter().find(|level| level.name() == name);
                    form.triggers[place].level = level.unwrap_or(Level::Critical);
                })
            }
            On::Offline | On::Online | On::Start => Html::default(),
        };
        self.part(Part {
            what: "trigger",
            list: "when",
            place,
            key: entry.key,
            buttons: Html::default(),
            remove: |form, place| {
                form.triggers.remove(place);
                form.triggers.len()
            },
            add: "policy-when",
            fields: html! { <>{ sort }{ rest }</> },
        })
    }

    /// What has to have changed.
    fn synced(&self, place: usize, entry: &TriggerEntry) -> Html {
        let any = (String::new(), "Any objects".to_owned());
        let all = std::iter::once(any).chain(kinds()).collect();
        let kind = entry.kind.map(Kind::key).unwrap_or_default();
        html! {
            <>
                { self.select(id("when", place, "kind"), "Of", (all, kind), move |form, key| {
                    form.triggers[place].kind = kind_of(&key);
                }) }
                { self.select(id("when", place, "change"), "Change", changes(entry.change), move |form, name| {
                    form.triggers[place].change = Change::from_name(&name);
                }) }
            </>
        }
    }
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
