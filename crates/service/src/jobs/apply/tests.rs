//! Passes over inventories made by hand.

use super::super::read::KindRead;
use super::*;
use contract::{Missing, Ref, Value, columns};
use std::cell::Cell;

const MANY: usize = 1_000;

thread_local! {
    /// Known snapshots that this thread looked at.
    pub(super) static LOOKS: Cell<usize> = const { Cell::new(0) };
}

fn object(kind: Kind, moref: String, values: &[(&str, Value)], missing: &[(&str, Missing)]) -> Object {
    let schema = columns::of(kind);
    let mut all = vec![Value::Null; schema.stored().len()];
    for (id, value) in values {
        all[schema.slot(id).unwrap()] = value.clone();
    }
    let slot = |id: &str| u16::try_from(schema.slot(id).unwrap()).unwrap();
    Object {
        kind,
        moref: moref.into(),
        object_type: kind.object_type().into(),
        values: all.into(),
        missing: missing.iter().map(|(id, why)| (slot(id), *why)).collect(),
    }
}

fn vm(number: usize, missing: &[(&str, Missing)]) -> Object {
    object(Kind::Vms, format!("vm-{number}"), &[("name", Value::text("web"))], missing)
}

fn snapshot(number: usize) -> Object {
    let vm = Value::Ref(Ref { kind: Kind::Vms, moref: format!("vm-{number}").into() });
    let values = [("vm_ref", vm), ("name", Value::text("before the update"))];
    object(Kind::Snapshots, format!("snapshot-{number}"), &values, &[])
}

fn inventory(objects: impl IntoIterator<Item = Object>) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(objects.into_iter().map(Arc::new), Vec::new()))
}

/// All VMs there are.
fn reading(vms: impl IntoIterator<Item = Object>) -> Reading {
    let objects = vms.into_iter().map(|vm| (vm.moref.clone(), vm)).collect();
    let mut reading = Reading::default();
    reading.kinds.insert(Kind::Vms, KindRead { objects, ..KindRead::default() });
    reading.whole.push(Kind::Vms);
    reading
}

/// Once through all of them for every VM would be 900 million looks in a vCenter of 30,000 VMs.
#[test]
fn every_vm_keeps_its_snapshots_where_no_tree_came_and_each_snapshot_is_looked_at_once() {
    let before = inventory((0..MANY).map(|number| vm(number, &[])).chain((0..MANY).map(snapshot)));
    let without = [("snapshot_count", Missing::Fault)];
    let pass = settle(reading((0..MANY).map(|number| vm(number, &without))), &before, Time(1));
    assert_eq!(LOOKS.get(), MANY);
    let of = |kind| pass.objects.iter().filter(move |object| object.kind == kind).count();
    assert_eq!((of(Kind::Vms), of(Kind::Snapshots)), (MANY, MANY));
    let dated = |object: &&Arc<Object>| pass.asked.of(object.kind, &object.moref).is_some();
    assert_eq!(pass.objects.iter().filter(dated).count(), 0, "what is only kept was not asked for");
}

#[tokio::test]
async fn a_snapshot_whose_tree_did_not_come_is_as_it_was_known_and_says_why() {
    let before = inventory([vm(1, &[]), snapshot(1), vm(2, &[]), snapshot(2)]);
    let lost = vm(1, &[("snapshot_count", Missing::NotConnected)]);
    let mut reading = reading([lost, vm(2, &[])]);
    for number in [1, 2] {
        let read = reading.kinds.get_mut(&Kind::Vms).unwrap();
        read.asked.object(Kind::Vms, format!("vm-{number}").into(), Time(number));
    }
    let pass = pass(reading, &before, Time(1)).await;
    let snapshots: Vec<_> = pass.objects.iter().filter(|object| object.kind == Kind::Snapshots).collect();
    let [kept] = snapshots[..] else { panic!("the other tree came, and its snapshot isn't in it") };
    assert_eq!(kept.stored("name"), &Value::text("before the update"));
    for (id, why) in
        [("name", Some(Missing::NotConnected)), ("is_current", Some(Missing::NotConnected)), ("vm_ref", None)]
    {
        assert_eq!(kept.reason(id), why, "{id}");
    }
    assert!(pass.whole.contains(&Kind::Snapshots), "so the other one goes");
    let asked = |number: i64| pass.asked.of(Kind::Snapshots, &format!("snapshot-{number}"));
    assert_eq!((asked(1), asked(2)), (None, Some(Time(2))), "gone when its VM said so, and kept is not read");
}

#[tokio::test]
async fn an_object_in_which_nothing_differs_is_the_very_same() {
    let before = inventory([vm(1, &[]), vm(2, &[])]);
    let changed = object(Kind::Vms, "vm-2".to_owned(), &[("name", Value::text("db"))], &[]);
    let pass = pass(reading([vm(1, &[]), changed]), &before, Time(1)).await;
    let same = |moref: &str| {
        let now = pass.objects.iter().find(|object| *object.moref == *moref).unwrap();
        Arc::ptr_eq(now, before.get(Kind::Vms, moref).unwrap())
    };
    assert_eq!((same("vm-1"), same("vm-2")), (true, false));
}
