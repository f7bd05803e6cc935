//! Changes and steps as they are stored: lists instead of objects, because there are many.
//! Refuses to store what says nothing.

use crate::row;
use contract::{Code, FailedAttempt, PropertyChange, Step, Steps};
use serde_json::Value as Json;

/// A change as it is stored: column, old, new, old moref, new moref, cut; the last three only where they say something.
pub(super) type Packed = Vec<Json>;

pub(super) fn properties(properties: &[PropertyChange]) -> Result<Option<String>, sqlx::Error> {
    let packed = |change: &PropertyChange| {
        let mut all = vec![change.property.clone().into(), change.old.clone(), change.new.clone()];
        if change.old_moref.is_some() || change.new_moref.is_some() || change.cut {
            all.extend([change.old_moref.clone().into(), change.new_moref.clone().into()]);
        }
        all.extend(change.cut.then_some(Json::Bool(true)));
        all
    };
    let packed: Vec<Packed> = properties.iter().map(packed).collect();
    (!packed.is_empty()).then(|| row::json(&packed)).transpose()
}

pub(super) fn property(packed: Packed) -> PropertyChange {
    let is_reference = packed.len() > 3 && !(packed[3].is_null() && packed.get(4).is_none_or(Json::is_null));
    let mut all = packed.into_iter();
    let mut next = || all.next().unwrap_or_default();
    let property = next().as_str().unwrap_or_default().to_owned();
    let (old, new, old_moref, new_moref, cut) = (next(), next(), next(), next(), next());
    PropertyChange {
        property,
        old,
        new,
        old_moref: is_reference.then_some(old_moref),
        new_moref: is_reference.then_some(new_moref),
        cut: cut == Json::Bool(true),
    }
}

/// Steps as they are stored, and failures.
type PackedSteps = (Vec<(u32, String, u64, u64)>, Vec<(u32, u64, Code, String)>);

pub(super) fn packed(steps: &Steps) -> Result<String, sqlx::Error> {
    let step = |one: &Step| (one.attempt, one.step.clone(), one.after_ms, one.took_ms);
    let failure = |one: &FailedAttempt| (one.attempt, one.after_ms, one.code, one.message.clone());
    let packed: PackedSteps =
        (steps.steps.iter().map(step).collect(), steps.failures.iter().map(failure).collect());
    row::json(&packed)
}

pub(super) fn unpacked(text: &str) -> Result<Steps, sqlx::Error> {
    let (steps, failures): PackedSteps = row::from_json(text)?;
    let step = |(attempt, step, after_ms, took_ms)| Step { attempt, step, after_ms, took_ms };
    let failure = |(attempt, after_ms, code, message)| FailedAttempt { attempt, after_ms, code, message };
    Ok(Steps {
        steps: steps.into_iter().map(step).collect(),
        failures: failures.into_iter().map(failure).collect(),
    })
}
