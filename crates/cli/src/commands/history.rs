//! What an operation changed and the steps in which it ran, below its card or in its JSON.
//! Refuses to leave out what is recorded: a long list is asked for in pages.

use crate::output::{Fit, Output, table};
use contract::command::{ShowChanges, ShowSteps};
use contract::{ApiError, ChangedObject, ObjectChanges, Operation, Steps, words};
use serde::Serialize;
use service::Client;

/// Objects that are asked for at once.
const PAGE: u32 = 1_000;

/// An operation with its history.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    operation: &'a Operation,
    #[serde(flatten)]
    steps: &'a Steps,
    changes: &'a ObjectChanges,
}

/// Shows an operation with its steps and what it changed.
pub(super) async fn shown(service: &Client, output: &Output, operation: &Operation) -> Result<(), ApiError> {
    let steps = service.call(ShowSteps { operation: operation.id.clone() }).await?;
    let changes = changes(service, operation).await?;
    let shown = Shown { operation, steps: &steps, changes: &changes };
    output.answer(&shown, || {
        let parts =
            [super::operations::show(operation), steps_of(&steps), failures(&steps), objects(&changes)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n\n")
    })
}

async fn changes(service: &Client, operation: &Operation) -> Result<ObjectChanges, ApiError> {
    let mut changes = ObjectChanges::default();
    let mut skip = 0;
    loop {
        let page = service.call(ShowChanges { operation: operation.id.clone(), skip, limit: PAGE }).await?;
        changes.append(page.changes);
        if !page.has_more {
            return Ok(changes);
        }
        // Not by what came: what a newer release wrote is left out of a page.
        skip += PAGE;
    }
}

fn steps_of(steps: &Steps) -> String {
    if steps.steps.is_empty() {
        return String::new();
    }
    let rows = steps.steps.iter().map(|one| {
        vec![one.step.clone(), one.attempt.to_string(), after(one.after_ms), words::exactly(one.took_ms)]
    });
    table(&["Step", "Attempt", "Began", "Took"], &[Fit::Words, Fit::Number, Fit::Number, Fit::Number], rows)
}

fn failures(steps: &Steps) -> String {
    if steps.failures.is_empty() {
        return String::new();
    }
    let rows = steps
        .failures
        .iter()
        .map(|one| vec![one.attempt.to_string(), after(one.after_ms), one.message.clone()]);
    table(&["Failed attempt", "After", "Reason"], &[Fit::Number, Fit::Number, Fit::Words], rows)
}

/// Since the beginning.
fn after(after_ms: u64) -> String {
    format!("+{:.1} s", after_ms as f64 / 1000.0)
}

fn objects(changes: &ObjectChanges) -> String {
    let of = [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)];
    let rows: Vec<Vec<String>> =
        of.iter().flat_map(|(what, objects)| objects.iter().flat_map(|one| lines(what, one))).collect();
    let more = words::more_changes(changes.more);
    if rows.is_empty() && more.is_none() {
        return String::new();
    }
    let header = ["Object", "Kind", "Change", "Property", "Old", "New"];
    let mut text = table(&header, &[Fit::Words, Fit::Whole, Fit::Whole], rows);
    if let Some(more) = more {
        text.push_str(&format!("\n{more}."));
    }
    text
}

/// An object: a line for each value that changed, or one.
fn lines(what: &str, object: &ChangedObject) -> Vec<Vec<String>> {
    let name = object.name.clone().unwrap_or_else(|| object.moref.to_string());
    let line = |property: &str, old: String, new: String| {
        vec![name.clone(), object.kind.name().to_owned(), what.to_owned(), property.to_owned(), old, new]
    };
    if object.properties.is_empty() {
        return vec![line("", String::new(), String::new())];
    }
    let said = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let changes = object.properties.iter().map(|change| {
        let [old, new] = words::changed(object.kind, change);
        line(&change.property, said(old), said(new))
    });
    changes.collect()
}
