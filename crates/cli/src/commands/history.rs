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
    loop {
        let skip = u32::try_from(changes.named()).unwrap_or(u32::MAX);
        let page = service.call(ShowChanges { operation: operation.id.clone(), skip, limit: PAGE }).await?;
        let came = page.changes.named();
        changes.append(page.changes);
        // What a newer release wrote is left out of a page.
        if !page.has_more || came == 0 {
            return Ok(changes);
        }
    }
}

fn steps_of(steps: &Steps) -> String {
    if steps.steps.is_empty() {
        return String::new();
    }
    let rows = steps.steps.iter().map(|one| {
        vec![one.step.clone(), one.attempt.to_string(), after(one.after_ms), exactly(one.took_ms)]
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

/// Most steps are short, and which of them isn't is what people look for.
fn exactly(took_ms: u64) -> String {
    if took_ms < 1000 { format!("{took_ms} ms") } else { words::took(ms(took_ms)) }
}

fn ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn objects(changes: &ObjectChanges) -> String {
    let of = [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)];
    let rows: Vec<Vec<String>> =
        of.iter().flat_map(|(what, objects)| objects.iter().flat_map(|one| lines(what, one))).collect();
    let more =
        [("added", changes.more.added), ("changed", changes.more.changed), ("removed", changes.more.removed)];
    let more = more.into_iter().filter(|(_, number)| *number > 0);
    let more: Vec<String> =
        more.map(|(what, number)| format!("{} more {what}", words::grouped(ms(number)))).collect();
    if rows.is_empty() && more.is_empty() {
        return String::new();
    }
    let header = ["Object", "Kind", "Change", "Property", "Old", "New"];
    let mut text = table(&header, &[Fit::Words, Fit::Whole, Fit::Whole], rows);
    if !more.is_empty() {
        text.push_str(&format!("\n{}, not recorded.", more.join(", ")));
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
