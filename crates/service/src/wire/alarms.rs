//! The alarms of an object: which are its own, and what they are called.
//! Refuses to ask: a server names an alarm by reference, and what that is called comes from who asked.

use super::shape::{LONGEST, MOST, cut};
use contract::columns::{self, Shape};
use contract::{Object, Value};
use std::collections::{BTreeSet, HashMap};
use vsphere::{MoRef, Value as Wire};

/// The type of what an alarm is named by.
const ALARM: &str = "Alarm";

/// The alarms in a list of AlarmState that have this status, are about this object and that nobody acknowledged, each by
/// its moref.
pub(super) fn read(own: &MoRef, status: &str, wire: &Wire) -> Value {
    let is_set = |state: &Wire, field: &str| state.field(field).and_then(Wire::as_bool) == Some(true);
    let is_meant = |state: &&Wire| {
        state.field("entity").and_then(Wire::as_ref) == Some(own)
            && state.field("overallStatus").and_then(Wire::as_str) == Some(status)
            && !is_set(state, "acknowledged")
            && !is_set(state, "disabled")
    };
    let alarms = wire.as_list().iter().filter(is_meant);
    let morefs = alarms.filter_map(|state| Some(&*state.field("alarm")?.as_ref()?.value));
    // What hangs on several triggers is told once.
    let morefs: BTreeSet<&str> = morefs.filter(|moref| moref.len() <= LONGEST).take(MOST).collect();
    Value::list(morefs.into_iter().map(Value::text))
}

/// The alarms that objects have as they were read.
pub(crate) fn of<'a>(objects: impl Iterator<Item = &'a Object>) -> BTreeSet<MoRef> {
    let texts = objects.flat_map(|object| {
        let lists = slots(object).filter_map(|slot| match object.values.get(slot) {
            Some(Value::List(morefs)) => Some(morefs),
            _ => None,
        });
        lists.flat_map(|morefs| morefs.iter().filter_map(Value::as_text))
    });
    texts.map(|moref| MoRef::new(ALARM, moref)).collect()
}

/// Puts names in the place of the morefs of an object's alarms, as far as they are known.
pub(crate) fn name(object: &mut Object, names: &HashMap<MoRef, Box<str>>) {
    for slot in slots(object).collect::<Vec<_>>() {
        let Some(Value::List(morefs)) = object.values.get(slot) else { continue };
        if morefs.is_empty() {
            continue;
        }
        let called = morefs
            .iter()
            .filter_map(Value::as_text)
            .map(|moref| names.get(&MoRef::new(ALARM, moref)).map_or(moref, |name| cut(name)).to_owned());
        let called: BTreeSet<String> = called.collect();
        object.values[slot] = Value::list(called.into_iter().map(Value::text));
    }
}

/// Where alarms stand in an object.
fn slots(object: &Object) -> impl Iterator<Item = usize> + use<> {
    let stored = columns::of(object.kind).stored().enumerate();
    stored.filter(|(_, (_, shape))| matches!(shape, Shape::Alarms(_))).map(|(slot, _)| slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(entity: &str, alarm: &str, status: &str, more: &[(&str, &str)]) -> Wire {
        let text = |text: &str| Wire::Text(text.into());
        let fields = [
            ("entity", Wire::Ref(MoRef::new("HostSystem", entity))),
            ("alarm", Wire::Ref(MoRef::new(ALARM, alarm))),
            ("overallStatus", text(status)),
        ];
        let more = more.iter().map(|(name, value)| (*name, text(value)));
        Wire::Struct {
            type_name: None,
            fields: fields.into_iter().chain(more).map(|(name, value)| (name.into(), value)).collect(),
        }
    }

    #[test]
    fn alarms_are_those_of_the_object_itself_that_nobody_acknowledged() {
        let list = Wire::List(vec![
            state("host-1", "alarm-2", "red", &[("acknowledged", "false")]),
            state("host-1", "alarm-2", "red", &[]),
            state("host-1", "alarm-1", "red", &[]),
            state("host-1", "alarm-3", "yellow", &[]),
            state("host-1", "alarm-4", "red", &[("acknowledged", "true")]),
            state("host-1", "alarm-5", "red", &[("disabled", "true")]),
            state("host-2", "alarm-6", "red", &[]),
            state("host-1", &"a".repeat(LONGEST + 1), "red", &[]),
        ]);
        let own = MoRef::new("HostSystem", "host-1");
        let texts = |of: &[&str]| Value::list(of.iter().map(|one| Value::text(*one)));
        assert_eq!(read(&own, "red", &list), texts(&["alarm-1", "alarm-2"]));
        assert_eq!(read(&own, "yellow", &list), texts(&["alarm-3"]));
        assert_eq!(read(&own, "red", &Wire::List(Vec::new())), Value::List(Box::default()));
        let many: Vec<Wire> = (0..500).map(|n| state("host-1", &format!("alarm-{n}"), "red", &[])).collect();
        let Value::List(many) = read(&own, "red", &Wire::List(many)) else { panic!("no list") };
        assert_eq!(many.len(), MOST);
    }
}
