//! On what and under which conditions a policy runs, and how on several vCenters, in its form.

use super::{List, Part, This, first_field, kind_of, kinds};
use crate::components::configuration::field::Field;
use crate::state::policy_form::{BATCH, MOST, PAUSE, RowsEntry, STOP, id};
use contract::{Kind, Vcenter};
use std::collections::BTreeSet;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

impl This {
    pub(super) fn conditions(&self, vcenters: Option<&[Vcenter]>) -> Html {
        let form = &self.form;
        // What is chosen and not there any more can be taken back.
        let mut names: BTreeSet<&String> = form.vcenters.iter().collect();
        let mut tags: BTreeSet<&String> = form.tags.iter().collect();
        for vcenter in vcenters.into_iter().flatten() {
            names.insert(&vcenter.name);
            tags.extend(&vcenter.settings.tags);
        }
        let options =
            |all: BTreeSet<&String>| all.into_iter().map(|one| (one.clone(), one.clone())).collect();
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
                { self.list(List {
                    title: "Rows that must be there", id: "policy-rows", add: "Add condition",
                    empty: "It runs whatever is in the inventory.",
                    items: self.rows(), new: |form, key| form.rows.push(RowsEntry::new(key)),
                }) }
            </>
        }
    }

    fn rows(&self) -> Vec<Html> {
        self.form.rows.iter().enumerate().map(|(place, entry)| self.row(place, entry)).collect()
    }

    fn row(&self, place: usize, entry: &RowsEntry) -> Html {
        let area = id("rows", place, "where");
        let oninput = self.on(move |form, event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            form.rows[place].conditions = area.map(|area| area.value()).unwrap_or_default();
        });
        let fields = html! {
            <>
                { self.text(first_field("rows", place), "At least", "", &entry.at_least,
                    move |form, text| form.rows[place].at_least = text) }
                { self.select(id("rows", place, "kind"), "Kind", (kinds(), entry.kind.key()), move |form, key| {
                    form.rows[place].kind = kind_of(&key).unwrap_or(Kind::Hosts);
                }) }
                <Field id={area.clone()} label="Where" help="One per line: connection_state=notResponding, name~test">
                    <span class="pf-v6-c-form-control pf-m-textarea">
                        <textarea id={area.clone()} rows="2" value={entry.conditions.clone()} {oninput} spellcheck="false"
                            aria-describedby={format!("{area}-said")} />
                    </span>
                </Field>
            </>
        };
        self.part(Part {
            what: "condition",
            list: "rows",
            place,
            key: entry.key,
            buttons: Html::default(),
            remove: |form, place| {
                form.rows.remove(place);
                form.rows.len()
            },
            add: "policy-rows",
            fields,
        })
    }

    pub(super) fn how(&self) -> Html {
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
