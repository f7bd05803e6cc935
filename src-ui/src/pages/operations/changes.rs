//! The objects that an operation added, changed and removed, with what each value was and is.
//! Refuses to lead to what is no more, and to show more at once than somebody asks for.

use crate::components::clipboard;
use crate::components::failure::Failure;
use crate::components::frame::icon_of;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::when::local;
use crate::hooks::{use_query, use_rows};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words::{self, grouped};
use contract::command::ShowChanges;
use contract::{
    ChangedObject, Kind, ObjectChanges, Operation, PropertyChange, Recorded, RowQuery, VcenterId,
};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

/// Objects that are shown at first, and how many more each time.
const STEP: u32 = 50;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) operation: Operation,
}

/// What it changed; nothing where nothing is recorded.
#[function_component]
pub(super) fn Changes(props: &Properties) -> Html {
    match props.operation.recorded {
        Some(recorded) if !recorded.is_nothing() => html! {
            <Recording key={props.operation.id.to_string()} operation={props.operation.clone()} {recorded} />
        },
        _ => Html::default(),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RecordingProperties {
    operation: Operation,
    recorded: Recorded,
}

#[function_component]
fn Recording(props: &RecordingProperties) -> Html {
    let limit = use_state_eq(|| STEP);
    let said = use_state_eq(|| "Copy");
    let operation = &props.operation;
    let answer = use_query(ShowChanges { operation: operation.id.clone(), skip: 0, limit: *limit });
    let is_waiting = answer.is_loading();
    // What is there stays on screen until more of it has come.
    let last = use_mut_ref(|| None::<Rc<contract::ChangesPage>>);
    if let Some(page) = &answer.value {
        last.replace(Some(page.clone()));
    }
    let Some(page) = last.borrow().clone() else {
        return match answer.error {
            Some(error) => html! { <Failure title="The changes could not be loaded" {error} /> },
            None => html! { <div class="muster-waiting"><Spinner aria_label="Loading the changes" /></div> },
        };
    };
    let changes = &page.changes;
    let show_more = {
        let limit = limit.clone();
        Callback::from(move |_: MouseEvent| limit.set(*limit * 4))
    };
    let copy = {
        let page = page.clone();
        let said = said.clone();
        Callback::from(move |_: MouseEvent| {
            let is_copied = clipboard::copy(&lines(&page.changes));
            said.set(if is_copied { "Copied" } else { "Could not copy" });
        })
    };
    let group = |title: &str, number: u64, objects: &[ChangedObject], may_be_there: bool| {
        html! {
            if !objects.is_empty() {
                <h4 class="muster-changes__title">{ format!("{title} ({})", grouped(number as i64)) }</h4>
                { for by_kind(objects).into_iter().map(|(kind, objects)| html! {
                    <Objects {kind} {objects} vcenter={operation.vcenter_id.clone()} {may_be_there} />
                }) }
            }
        }
    };
    html! {
        <section class="muster-changes" id="changes" aria-label="Changes" aria-busy={is_waiting.to_string()}>
            <div class="muster-changes__head">
                <h3 class="muster-group">{ "Changes" }</h3>
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={copy} label={*said} />
            </div>
            { group("Added", props.recorded.added, &changes.added, true) }
            { group("Changed", props.recorded.changed, &changes.changed, true) }
            { group("Removed", props.recorded.removed, &changes.removed, false) }
            if page.has_more {
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={show_more}
                    disabled={is_waiting} label="Show more" />
            } else if !changes.more.is_nothing() {
                <p class="muster-quiet">{ more(changes.more) }</p>
            }
        </section>
    }
}

/// How many are counted only.
fn more(more: Recorded) -> String {
    let parts = [(more.added, "added"), (more.changed, "changed"), (more.removed, "removed")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> =
        parts.map(|(number, what)| format!("{} more {what}", grouped(number as i64))).collect();
    format!("{}, not recorded: at most {} of each are.", parts.join(", "), grouped(Recorded::MOST as i64))
}

fn by_kind(objects: &[ChangedObject]) -> BTreeMap<Kind, Vec<ChangedObject>> {
    let mut kinds: BTreeMap<Kind, Vec<ChangedObject>> = BTreeMap::new();
    for object in objects {
        kinds.entry(object.kind).or_default().push(object.clone());
    }
    kinds
}

/// A line for each value, with tabs between its columns, as spreadsheets take it.
fn lines(changes: &ObjectChanges) -> String {
    let mut lines = vec!["Change\tKind\tName\tMoref\tProperty\tOld\tNew".to_owned()];
    let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let all = [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)];
    for (what, object) in
        all.into_iter().flat_map(|(what, objects)| objects.iter().map(move |one| (what, one)))
    {
        let name = object.name.as_deref().unwrap_or_default();
        let begin = format!("{what}\t{}\t{}\t{}", object.kind.singular(), plain(name), object.moref);
        if object.properties.is_empty() {
            lines.push(format!("{begin}\t\t\t"));
        }
        for change in &object.properties {
            let [old, new] = contract::words::changed(object.kind, change).map(Option::unwrap_or_default);
            let property = contract::words::property(object.kind, change);
            lines.push(format!("{begin}\t{property}\t{}\t{}", plain(&old), plain(&new)));
        }
    }
    lines.join("\n")
}

#[derive(Clone, PartialEq, Properties)]
struct ObjectsProperties {
    kind: Kind,
    objects: Vec<ChangedObject>,
    vcenter: VcenterId,
    may_be_there: bool,
}

/// Objects of one kind; those that still exist lead there.
#[function_component]
fn Objects(props: &ObjectsProperties) -> Html {
    let chosen = props.objects.iter().map(|object| (props.vcenter.clone(), object.moref.clone()));
    let query = RowQuery {
        vcenters: vec![props.vcenter.clone()],
        columns: vec!["name".to_owned()],
        chosen: chosen.collect(),
        limit: contract::LARGEST_WINDOW,
        ..RowQuery::count(props.kind)
    };
    let there = use_rows(Some(query).filter(|_| props.may_be_there));
    let is_there = |object: &ChangedObject| {
        there.rows().is_some_and(|rows| rows.rows.iter().any(|row| row.moref == object.moref))
    };
    let objects = props.objects.iter().map(|object| {
        let name = words::shown(object.name.as_deref().unwrap_or(&object.moref));
        let selected = Selected { vcenter: props.vcenter.clone(), moref: object.moref.clone() };
        let view = View { vcenter: Some(props.vcenter.clone()), ..View::of(object.kind) }.opening(Some(selected));
        html! {
            <li class="muster-words" data-moref={object.moref.to_string()}>
                <span title={words::capital(&object.kind.singular())}>{ icon(icon_of(object.kind)) }</span>{ " " }
                if is_there(object) {
                    <Link to={Route::Inventory(Box::new(view))}>{ name }</Link>
                } else {
                    { name }
                }
                if !object.properties.is_empty() {
                    <dl class="muster-changes__values">
                        { for object.properties.iter().map(|change| value(object.kind, change)) }
                    </dl>
                }
            </li>
        }
    });
    html! { <ul class="muster-changes__objects">{ for objects }</ul> }
}

/// A value as it was and as it is.
fn value(kind: Kind, change: &PropertyChange) -> Html {
    let said = |text: Option<String>| {
        let text = text.map(|text| words::shown(&words::with_times(&text, local)));
        text.unwrap_or_else(|| "\u{2013}".to_owned())
    };
    let [old, new] = contract::words::changed(kind, change).map(said);
    html! {
        <div>
            <dt>{ contract::words::property(kind, change) }</dt>
            <dd>
                <span class="muster-quiet">{ old }</span>
                <span aria-label="changed to">{ " \u{2192} " }</span>
                { new }
                if change.cut {
                    <span class="muster-quiet">{ " (shortened)" }</span>
                }
            </dd>
        </div>
    }
}
