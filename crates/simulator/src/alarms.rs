//! The alarms that a vCenter comes with, as far as they go off here, and what they have to say.
//! Refuses to watch anything: an object that isn't well has the alarm of its state.

use crate::data::{Data, Record};
use crate::estate::{Connection, DAY, Id, Object, Status, TODAY, random};
use crate::schema::At;

/// The type of the objects that alarms are.
pub(crate) const TYPE: &str = "Alarm";

/// Morefs, with the names that VMware gave them.
const ALARMS: [(&str, &str); 5] = [
    ("alarm-1", "Host connection and power state"),
    ("alarm-5", "Host memory usage"),
    ("alarm-6", "Virtual machine CPU usage"),
    ("alarm-7", "Virtual machine memory usage"),
    ("alarm-8", "Datastore usage on disk"),
];

/// What the alarm of this moref is called; nothing needs escaping in it.
pub(crate) fn name(moref: &str) -> Option<&'static str> {
    ALARMS.iter().find(|(known, _)| *known == moref).map(|(_, name)| *name)
}

/// The alarms of an object, and as in a vCenter those of all that lies below it in the tree.
pub(crate) fn triggered(at: At<'_>) -> Option<Data<'_>> {
    let below = match at.object {
        Object::Folder(_) | Object::Datacenter(_) => at.estate.below(at.id, true),
        Object::Compute(compute) => compute.hosts.clone(),
        _ => Vec::new(),
    };
    let all = std::iter::once(at.id).chain(below).filter_map(|id| state(At::new(at.estate, id)?));
    Some(Data::List("AlarmState", all.collect()))
}

/// The alarm that an object itself has. One in five was acknowledged.
fn state<'a>(at: At<'a>) -> Option<Data<'a>> {
    let (status, alarm) = match at.object {
        Object::Host(host) if host.connection == Connection::NotResponding => (host.status, "alarm-1"),
        Object::Host(host) => (host.status, "alarm-5"),
        Object::Vm(vm) if vm.status == Status::Red => (vm.status, "alarm-7"),
        Object::Vm(vm) => (vm.status, "alarm-6"),
        Object::Datastore(datastore) => (datastore.status, "alarm-8"),
        _ => return None,
    };
    if !matches!(status, Status::Red | Status::Yellow) {
        return None;
    }
    let drawn = drawn(at.estate.seed, at.id);
    let is_acknowledged = drawn.is_multiple_of(5);
    let since = TODAY - (drawn % (30 * DAY as u64)) as i64;
    let state = Record::new("AlarmState")
        .with("key", Data::text(format!("{}.{}", &alarm["alarm-".len()..], at.id.number())))
        .with("entity", Data::Reference(at.id))
        .with("alarm", Data::Outside(TYPE, alarm))
        .with("overallStatus", Data::Word("ManagedEntityStatus", status.word()))
        .with("time", Data::Time(since))
        .with("acknowledged", Data::Bool(is_acknowledged));
    let by = is_acknowledged.then(|| Data::text("VSPHERE.LOCAL\\Administrator"));
    let at = is_acknowledged.then(|| Data::Time(since + DAY / 24));
    Some(state.maybe("acknowledgedByUser", by).maybe("acknowledgedTime", at).into())
}

fn drawn(seed: u64, id: Id) -> u64 {
    random::mix(seed, 33 << 40 | u64::from(id.number()))
}
