//! Where objects are within a snapshot: the root folder, and VMs in vApps.
//! Refuses to read anything: objects are made by hand, as the cache holds them.

mod by_hand;

use by_hand::{object, to, vcenter};
use contract::columns::{self, Due};
use contract::{Kind, Missing, Object, Row, Snapshot, Time, Value};
use std::sync::Arc;

/// When everything is looked at.
const NOW: Time = Time(1_000_000_000);

fn without(mut object: Object, id: &str, why: Missing) -> Object {
    let slot = columns::of(object.kind).slot(id).expect("a stored column");
    object.values[slot] = Value::Null;
    object.missing = [(u16::try_from(slot).expect("a slot"), why)].into();
    object
}

fn folder(moref: &str, name: &str, parent: Option<&str>, root: Option<bool>) -> Object {
    let parent = parent.map_or(Value::Null, |parent| {
        to(if parent.starts_with("datacenter") { Kind::Datacenters } else { Kind::Folders }, parent)
    });
    let root = root.map_or(Value::Null, Value::Bool);
    object("Folder", moref, &[("name", Value::text(name)), ("parent_moref", parent), ("is_root", root)])
}

fn snapshot(objects: Vec<Object>) -> Snapshot {
    Snapshot::new(objects.into_iter().map(Arc::new), Vec::new())
}

fn listed(snapshot: &Snapshot) -> Vec<String> {
    let vcenter = vcenter();
    let rows = snapshot.rows(&vcenter, Kind::Folders, NOW);
    rows.map(|row| row.object.moref.to_string()).collect()
}

/// A column of an object, and why it isn't current.
fn cell(snapshot: &Snapshot, kind: Kind, moref: &str, column: &str) -> (Value, Option<Missing>) {
    let vcenter = vcenter();
    let row = Row {
        vcenter: &vcenter,
        snapshot,
        object: snapshot.get(kind, moref).expect("it is there"),
        now: NOW,
    };
    let column = columns::of(kind).column(column).expect("a column");
    (row.value(column), row.missing(column))
}

/// A datacenter with a VM folder, a cluster of one pool, and a VM in a vApp in that pool.
fn estate() -> Vec<Object> {
    let pool = |object_type, moref, name: &str, parent, values: &[(&str, Value)]| {
        let mut all = vec![("name", Value::text(name)), ("parent_moref", parent)];
        all.extend_from_slice(values);
        object(object_type, moref, &all)
    };
    vec![
        folder("group-d1", "Datacenters", None, Some(true)),
        object(
            "Datacenter",
            "datacenter-2",
            &[("name", Value::text("DC")), ("parent_moref", to(Kind::Folders, "group-d1"))],
        ),
        folder("group-v3", "vm", Some("datacenter-2"), Some(false)),
        folder("group-v9", "Shop/EU", Some("group-v3"), Some(false)),
        folder("group-h4", "host", Some("datacenter-2"), Some(false)),
        object(
            "ClusterComputeResource",
            "domain-c5",
            &[("name", Value::text("C1")), ("parent_moref", to(Kind::Folders, "group-h4"))],
        ),
        pool("ResourcePool", "resgroup-6", "Resources", to(Kind::Clusters, "domain-c5"), &[]),
        pool(
            "VirtualApp",
            "resgroup-v7",
            "Shop",
            to(Kind::ResourcePools, "resgroup-6"),
            &[("parent_folder_moref", to(Kind::Folders, "group-v9"))],
        ),
        pool("VirtualApp", "resgroup-v8", "Shop tier", to(Kind::ResourcePools, "resgroup-v7"), &[]),
        pool(
            "VirtualApp",
            "resgroup-v10",
            "linked",
            to(Kind::ResourcePools, "resgroup-6"),
            &[("parent_vapp_moref", to(Kind::ResourcePools, "resgroup-v8"))],
        ),
        vm("vm-20", "resgroup-v7"),
        vm("vm-21", "resgroup-v8"),
        vm("vm-22", "resgroup-v10"),
    ]
}

fn vm(moref: &str, vapp: &str) -> Object {
    let values = [("name", Value::text("web")), ("vapp_moref", to(Kind::ResourcePools, vapp))];
    object("VirtualMachine", moref, &values)
}

#[test]
fn the_root_folder_is_the_one_that_the_server_names_and_no_other_without_a_parent() {
    let seen = snapshot(vec![
        folder("group-d1", "Datacenters", None, Some(true)),
        folder("group-d7", "Tenant 7", None, Some(false)),
        folder("group-d8", "in it", Some("group-d7"), Some(false)),
    ]);
    assert_eq!(listed(&seen), ["group-d7", "group-d8"]);
    assert_eq!(seen.count(Kind::Folders), 2);
    assert_eq!(cell(&seen, Kind::Folders, "group-d8", "path").0, Value::text("Tenant 7/in it"));
    // An account that doesn't see the root itself.
    let seen = snapshot(vec![folder("group-d7", "Tenant 7", None, Some(false))]);
    assert_eq!(listed(&seen), ["group-d7"]);
    // Nothing of the root may be read but that it is there.
    let root = without(folder("group-d1", "Datacenters", None, Some(true)), "name", Missing::NoPermission);
    assert_eq!(listed(&snapshot(vec![root])), [""; 0]);
}

#[test]
fn a_cache_of_an_earlier_release_takes_the_folder_without_a_parent_for_the_root() {
    let known = snapshot(vec![
        folder("group-d1", "Datacenters", None, None),
        folder("group-d8", "Berlin", Some("group-d1"), None),
        without(folder("group-d9", "hidden parent", None, None), "parent_moref", Missing::NoPermission),
    ]);
    assert_eq!(listed(&known), ["group-d8", "group-d9"]);
}

#[test]
fn a_vm_in_a_vapp_is_in_the_folder_that_the_outermost_vapp_names() {
    let estate = snapshot(estate());
    for moref in ["vm-20", "vm-21", "vm-22"] {
        let of = |column: &str| cell(&estate, Kind::Vms, moref, column);
        assert_eq!(of("folder"), (Value::text("vm/Shop%2fEU"), None), "{moref}");
        assert_eq!(of("folder_moref"), (Value::text("group-v9"), None), "{moref}");
        assert_eq!(of("datacenter"), (Value::text("DC"), None), "{moref}");
        assert_eq!(of("datacenter_moref"), (Value::text("datacenter-2"), None), "{moref}");
    }
    // Its pools are where they were.
    assert_eq!(cell(&estate, Kind::ResourcePools, "resgroup-v8", "cluster").0, Value::text("C1"));
}

#[test]
fn a_vm_with_a_folder_of_its_own_is_in_that() {
    let mut objects = estate();
    let values = [
        ("name", Value::text("web")),
        ("folder_ref", to(Kind::Folders, "group-v3")),
        ("vapp_moref", to(Kind::ResourcePools, "resgroup-v7")),
    ];
    objects.push(object("VirtualMachine", "vm-23", &values));
    let estate = snapshot(objects);
    assert_eq!(cell(&estate, Kind::Vms, "vm-23", "folder"), (Value::text("vm"), None));
    assert_eq!(cell(&estate, Kind::Vms, "vm-23", "folder_moref"), (Value::text("group-v3"), None));
}

#[test]
fn a_folder_that_a_vapp_does_not_tell_is_unknown_with_the_vapps_reason() {
    let replaced = |moref: &str, with: fn(Object) -> Option<Object>| {
        let all = estate().into_iter();
        let all = all.filter_map(|one| if *one.moref == *moref { with(one) } else { Some(one) });
        snapshot(all.collect())
    };
    let secret = |vapp| Some(without(vapp, "parent_folder_moref", Missing::NoPermission));
    let hidden = replaced("resgroup-v7", secret);
    let folder = |estate: &Snapshot, moref: &str| cell(estate, Kind::Vms, moref, "folder");
    assert_eq!(folder(&hidden, "vm-21"), (Value::Null, Some(Missing::NoPermission)));
    // The way through the pools still leads to the datacenter.
    assert_eq!(cell(&hidden, Kind::Vms, "vm-21", "datacenter"), (Value::text("DC"), None));

    let unseen = replaced("group-v9", |_| None);
    assert_eq!(folder(&unseen, "vm-20"), (Value::Null, Some(Missing::NotVisible)));
    let moref = cell(&unseen, Kind::Vms, "vm-20", "folder_moref");
    assert_eq!(moref, (Value::text("group-v9"), None), "what it refers to is known");

    let unseen = replaced("resgroup-v7", |_| None);
    assert_eq!(folder(&unseen, "vm-20"), (Value::Null, Some(Missing::NotVisible)));
}

#[test]
fn vapps_that_contain_each_other_end_somewhere() {
    let mut objects = estate();
    for one in &mut objects {
        if *one.moref == *"resgroup-v7" {
            let around = to(Kind::ResourcePools, "resgroup-v8");
            *one = object("VirtualApp", "resgroup-v7", &[("parent_vapp_moref", around)]);
        }
    }
    assert_eq!(cell(&snapshot(objects), Kind::Vms, "vm-20", "folder"), (Value::Null, None));
}

#[test]
fn a_cluster_that_a_hosts_own_reason_hides_has_that_reason() {
    let host = without(object("HostSystem", "host-30", &[]), "parent_moref", Missing::NoPermission);
    let vm = object("VirtualMachine", "vm-31", &[("host_ref", to(Kind::Hosts, "host-30"))]);
    let seen = snapshot(vec![host, vm]);
    for column in ["cluster", "cluster_moref"] {
        assert_eq!(cell(&seen, Kind::Vms, "vm-31", column), (Value::Null, Some(Missing::NoPermission)));
    }
}

#[test]
fn what_is_read_once_a_week_stays_as_it_is_known_and_says_when_it_was_read() {
    let slot = |id: &str| columns::of(Kind::Hosts).slot(id).expect("a stored column");
    let known = object(
        "HostSystem",
        "host-1",
        &[
            ("certificate_not_after", Value::Int(7)),
            ("certificate_read_at", Value::Int(5)),
            ("red_sensors", Value::list([Value::text("Fan 1")])),
        ],
    );
    let unasked = without(object("HostSystem", "host-1", &[]), "certificate_not_after", Missing::NotReported);
    let kept = |due| {
        let mut next = unasked.clone();
        next.keep_undue(Some(&known), due);
        ["certificate_not_after", "certificate_read_at", "red_sensors"].map(|id| next.stored(id).is_null())
    };
    assert_eq!(kept(Due { heavy: false, weekly: false }), [false; 3]);
    assert_eq!(kept(Due { heavy: true, weekly: false }), [false, false, true]);
    assert_eq!(kept(Due::EVERYTHING), [true; 3]);

    let stamped = |host: &Object| {
        let mut host = host.clone();
        host.stamp_weekly(Some(&known), Time(9));
        host.values[slot("certificate_read_at")].clone()
    };
    assert_eq!(stamped(&object("HostSystem", "host-1", &[])), Value::Int(9), "it came, and is unset");
    let mut lost = object("HostSystem", "host-1", &[]);
    let both = ["certificate_not_after", "certificate_issuer"].map(|id| u16::try_from(slot(id)).unwrap());
    lost.missing = both.map(|slot| (slot, Missing::NotConnected)).into();
    assert_eq!(stamped(&lost), Value::Int(5), "it didn't come");
    lost.missing = both.map(|slot| (slot, Missing::BadValue)).into();
    assert_eq!(stamped(&lost), Value::Int(9), "it came and can't be read");
}
