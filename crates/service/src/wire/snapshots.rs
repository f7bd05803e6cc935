//! Flattens the snapshot tree of a VM into objects of their own.
//! Refuses to follow it deeper than any hypervisor would: a hostile server must not exhaust the stack.

use contract::columns;
use contract::{Kind, Missing, Object, Ref, Value};
use vsphere::Value as Wire;

const TREE: &str = "snapshot.rootSnapshotList";

/// What is read of a node.
pub(super) const FIELDS: [&str; 8] =
    ["snapshot", "name", "description", "id", "createTime", "state", "quiesced", "childSnapshotList"];

/// Every node of a list of VirtualMachineSnapshotTree with its depth, roots at 1, in depth-first order.
pub(super) fn nodes(roots: &Wire) -> Vec<(&Wire, i64)> {
    let mut found = Vec::new();
    let mut stack: Vec<(&Wire, i64)> = roots.as_list().iter().rev().map(|root| (root, 1)).collect();
    while let Some((node, depth)) = stack.pop() {
        found.push((node, depth));
        let children = node.field("childSnapshotList").map_or(&[][..], Wire::as_list);
        stack.extend(children.iter().rev().map(|child| (child, depth + 1)));
    }
    found
}

/// The snapshots of a VM; none if it has none or its tree was not sent.
pub(crate) fn of_vm(vm: &Object, sent: &vsphere::Object) -> Vec<Object> {
    let Some(tree) = sent.property(TREE) else { return Vec::new() };
    let current = vm.stored("current_snapshot_moref").refs().next();
    let current_is_missing = vm.reason("current_snapshot_moref");
    nodes(tree)
        .into_iter()
        .filter_map(|(node, depth)| snapshot(vm, current, current_is_missing, node, depth))
        .collect()
}

/// A snapshot that is known, of a VM whose tree didn't come for this reason: nothing of it is current but whose it is.
pub(crate) fn as_known(known: &Object, why: Missing) -> Object {
    let columns = columns::of(Kind::Snapshots).stored().enumerate();
    let from_tree = columns.filter(|(_, (column, _))| column.id != "vm_ref");
    let missing = from_tree.filter_map(|(slot, _)| Some((u16::try_from(slot).ok()?, why))).collect();
    Object { missing, ..known.clone() }
}

fn snapshot(
    vm: &Object,
    current: Option<&Ref>,
    current_is_missing: Option<Missing>,
    node: &Wire,
    depth: i64,
) -> Option<Object> {
    let moref = node.field("snapshot")?.as_ref()?;
    let text = |field: &str| node.field(field).and_then(Wire::as_str).map(Value::text);
    let mut missing = Vec::new();
    let values = columns::of(Kind::Snapshots)
        .stored()
        .enumerate()
        .map(|(slot, (column, _))| {
            let value = match &*column.id {
                "vm_ref" => Some(Value::Ref(Ref { kind: Kind::Vms, moref: vm.moref.clone() })),
                "name" => node.field("name").and_then(Wire::as_str).map(super::shape::name),
                "description" => text("description"),
                "id" => node.field("id").and_then(Wire::as_i64).map(Value::Int),
                "created_at" => node.field("createTime").and_then(Wire::as_time_ms).map(Value::Int),
                "vm_state" => text("state"),
                "quiesced" => node.field("quiesced").and_then(Wire::as_bool).map(Value::Bool),
                "is_current" => {
                    if let (Some(why), Ok(slot)) = (current_is_missing, u16::try_from(slot)) {
                        missing.push((slot, why));
                    }
                    Some(Value::Bool(current.is_some_and(|current| *current.moref == *moref.value)))
                }
                "depth" => Some(Value::Int(depth)),
                _ => None,
            };
            value.unwrap_or_default()
        })
        .collect();
    Some(Object {
        kind: Kind::Snapshots,
        moref: (&*moref.value).into(),
        object_type: "VirtualMachineSnapshot".into(),
        values,
        missing: missing.into(),
    })
}
