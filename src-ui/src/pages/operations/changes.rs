//! The objects that an operation added, changed and removed, with what each value was and is.
//! Refuses to lead to what is no more, and to show more at once than somebody asks for.

use crate::components::clipboard;
use crate::components::failure::Failure;
use crate::components::frame::icon_of;
use crate::components::icon::icon;
use crate::components::link::Link;
use crate::components::when::local;
use crate::hooks::{use_query, use_rows};
use crate::state::changes::{self, Asked, Gathered, groups};
use crate::state::route::{Route, Selected};
use crate::state::table::View;
use crate::state::words::{self, grouped};
use contract::command::ShowChanges;
use contract::{
    ChangedObject, Kind, ObjectChanges, Operation, OperationId, PropertyChange, Recorded, RowQuery, VcenterId,
};
use patternfly_yew::prelude::{Button, ButtonSize, ButtonVariant, Spinner};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// The operation.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct Properties {
    pub(super) operation: Operation,
}

/// What it changed; nothing where nothing is recorded.
#[function_component]
pub(super) fn Changes(props: &Properties) -> Html {
    match (props.operation.recorded, &props.operation.vcenter_id) {
        (Some(recorded), Some(vcenter)) if !recorded.is_nothing() => html! {
            <Recording key={props.operation.id.to_string()} operation={props.operation.id.clone()}
                vcenter={vcenter.clone()} {recorded} />
        },
        _ => Html::default(),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RecordingProperties {
    operation: OperationId,
    vcenter: VcenterId,
    recorded: Recorded,
}

#[function_component]
fn Recording(props: &RecordingProperties) -> Html {
    let asked = use_state_eq(Asked::default);
    let operation = props.operation.clone();
    let answer = use_query(ShowChanges { operation, skip: asked.skip, limit: asked.limit });
    let is_waiting = answer.is_loading();
    // What is there stays on screen until more of it has come.
    let gathered = use_mut_ref(Gathered::default);
    if let Some(page) = &answer.value {
        gathered.borrow_mut().take(*asked, page);
    }
    let known = gathered.borrow();
    let failure = answer.error.map(|error| {
        html! { <Failure title="The changes could not be loaded" {error} /> }
    });
    if !known.is_any() {
        return failure.unwrap_or_else(|| {
            html! { <div class="muster-waiting"><Spinner aria_label="Loading the changes" /></div> }
        });
    }
    let show_more = {
        let (asked, next) = (asked.clone(), known.next());
        Callback::from(move |_: MouseEvent| asked.set(next))
    };
    html! {
        <section class="muster-changes" id="changes" aria-label="Changes" aria-busy={is_waiting.to_string()}>
            <div class="muster-changes__head">
                <h3 class="muster-group">{ "Changes" }</h3>
                <Copy gathered={gathered.clone()} />
            </div>
            { all(props, &known.changes) }
            { failure.unwrap_or_default() }
            if known.has_more {
                <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={show_more}
                    disabled={is_waiting} label="Show more" />
            } else if let Some(more) = changes::more(known.changes.more) {
                <p class="muster-quiet">{ more }</p>
            }
        </section>
    }
}

/// The objects, by what became of them and by kind.
fn all(props: &RecordingProperties, changes: &ObjectChanges) -> Html {
    let vcenter = &props.vcenter;
    let group = |title: &str, number: u64, objects: &[ChangedObject], may_be_there: bool| {
        html! {
            if !objects.is_empty() {
                <h4 class="muster-changes__title">{ format!("{title} ({})", grouped(number as i64)) }</h4>
                { for groups(objects).into_iter().map(|(kind, objects)| html! {
                    <Objects {kind} objects={objects.to_vec()} vcenter={vcenter.clone()} {may_be_there} />
                }) }
            }
        }
    };
    html! {
        <>
            { group("Added", props.recorded.added, &changes.added, true) }
            { group("Changed", props.recorded.changed, &changes.changed, true) }
            { group("Removed", props.recorded.removed, &changes.removed, false) }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct CopyProperties {
    gathered: Rc<RefCell<Gathered>>,
}

/// Copies what is shown.
#[function_component]
fn Copy(props: &CopyProperties) -> Html {
    let said = use_state_eq(|| "Copy");
    let copy = {
        let (gathered, said) = (props.gathered.clone(), said.clone());
        Callback::from(move |_: MouseEvent| {
            let is_copied = clipboard::copy(&changes::lines(&gathered.borrow().changes));
            said.set(if is_copied { "Copied" } else { "Could not copy" });
        })
    };
    html! { <Button variant={ButtonVariant::Link} size={ButtonSize::Small} onclick={copy} label={*said} /> }
}

#[derive(Clone, PartialEq, Properties)]
struct ObjectsProperties {
    kind: Kind,
    objects: Vec<ChangedObject>,
    vcenter: VcenterId,
    may_be_there: bool,
}

/// Objects of one kind, no more than can be looked for at once; those that still exist lead there.
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
