//! What alarms are called: an AlarmState only refers to its alarm.
//! Refuses to ask twice: an alarm that has no name in one answer has none for this session.

use std::collections::HashMap;

use crate::{
    parser::Object,
    value::{MoRef, Value},
};

pub(crate) const TYPE: &str = "Alarm";
pub(crate) const PATH: &str = "info.name";

/// Alarms that are asked for in a session: a vCenter comes with some three hundred.
const MOST: usize = 1_000;

/// The names that are known, and who has none.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<MoRef, Option<Box<str>>>);

impl Names {
    /// Those of these that are to be asked for.
    pub(crate) fn unknown(&self, alarms: &[MoRef]) -> Vec<MoRef> {
        let new = alarms.iter().filter(|alarm| !self.0.contains_key(alarm));
        new.take(MOST.saturating_sub(self.0.len())).cloned().collect()
    }

    /// Takes an answer in.
    pub(crate) fn take(&mut self, asked: Vec<MoRef>, answer: &[Object]) {
        for alarm in asked {
            let sent = answer.iter().find(|object| object.moref == alarm);
            let name = sent.and_then(|object| object.property(PATH)).and_then(Value::as_str).map(str::trim);
            self.0.insert(alarm, name.filter(|name| !name.is_empty()).map(Into::into));
        }
    }

    /// The names of these that have one.
    pub(crate) fn of(&self, alarms: &[MoRef]) -> HashMap<MoRef, Box<str>> {
        let known = alarms.iter().filter_map(|alarm| Some((alarm.clone(), self.0.get(alarm)?.clone()?)));
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_asked_for_once_and_not_without_end() {
        let alarms: Vec<MoRef> = (0..2 * MOST).map(|n| MoRef::new(TYPE, format!("alarm-{n}"))).collect();
        let mut names = Names::default();
        let asked = names.unknown(&alarms[..2]);
        assert_eq!(asked, alarms[..2]);
        names.take(asked, &[]);
        assert_eq!(names.unknown(&alarms[..3]), alarms[2..3]);
        assert_eq!(names.unknown(&alarms).len(), MOST - 2);
        assert!(names.of(&alarms).is_empty());
    }
}
