//! Columns that are computed: of the row itself, of what lies within it, of what it refers to, and of the time.
//! Refuses to read anything: objects are made by hand, as the cache holds them.

mod by_hand;

use by_hand::{to, vcenter};
use contract::columns::{self, Get};
use contract::{Condition, Coverage, Kind, Missing, Object, Row, Snapshot, Time, Value};
use std::sync::Arc;

const DAY: i64 = 86_400;
const GIB: i64 = 1 << 30;

/// When everything is looked at.
const NOW: Time = Time(100 * DAY * 1000);

fn object(kind: Kind, moref: &str, values: &[(&str, Value)]) -> Arc<Object> {
    Arc::new(by_hand::object(kind.object_type(), moref, values))
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn host(moref: &str, state: [&str; 2], in_maintenance: bool, memory: i64) -> Arc<Object> {
    object(
        Kind::Hosts,
        moref,
        &[
            ("name", text(&format!("{moref}.example.org"))),
            ("parent_moref", to(Kind::Clusters, "domain-c1")),
            ("connection_state", text(state[0])),
            ("power_state", text(state[1])),
            ("in_maintenance", Value::Bool(in_maintenance)),
            ("cpu_cores", Value::Int(10)),
            ("cpu_mhz_per_core", Value::Int(2000)),
            ("cpu_usage_mhz", Value::Int(5000)),
            ("memory_bytes", Value::Int(memory * GIB)),
            ("memory_usage_bytes", Value::Int(48 * GIB)),
            ("boot_time", Value::Int((100 - 3) * DAY * 1000)),
        ],
    )
}

fn vm(moref: &str, host: &str, power: &str) -> Arc<Object> {
    object(
        Kind::Vms,
        moref,
        &[
            ("name", text(moref)),
            ("host_ref", to(Kind::Hosts, host)),
            ("folder_ref", to(Kind::Folders, "group-v3")),
            ("power_state", text(power)),
            ("cpu_count", Value::Int(8)),
            ("committed_bytes", Value::Int(GIB)),
            ("uncommitted_bytes", Value::Int(3 * GIB)),
            ("vmx_path", text("[alpha [1] x/x.vmx")),
            ("snapshot_oldest_at", Value::Int(90 * DAY * 1000)),
            ("datastore_refs", Value::list([to(Kind::Datastores, "datastore-1")])),
            ("ip_addresses", Value::list([text("10.1.2.3"), text("fe80::1")])),
        ],
    )
}

/// A datacenter with a cluster of five hosts, of which two can be used, two VMs and two datastores.
fn estate() -> Snapshot {
    let folder = |moref: &str, name: &str| {
        object(
            Kind::Folders,
            moref,
            &[("name", text(name)), ("parent_moref", to(Kind::Datacenters, "datacenter-1"))],
        )
    };
    let datastore = |moref: &str, name: &str, accessible: bool| {
        let mounts = Value::list([to(Kind::Hosts, "host-1"), to(Kind::Hosts, "host-2")]);
        let values = [
            ("name", text(name)),
            ("parent_moref", to(Kind::Datacenters, "datacenter-1")),
            ("capacity_bytes", Value::Int(1000)),
            ("free_bytes", Value::Int(96)),
            ("uncommitted_bytes", Value::Int(500)),
            ("accessible", Value::Bool(accessible)),
            ("host_count", Value::Int(3)),
            ("mount_refs", mounts),
        ];
        object(Kind::Datastores, moref, &values)
    };
    let cluster = [
        ("name", text("C1")),
        ("parent_moref", to(Kind::Folders, "group-h4")),
        ("ha_enabled", Value::Bool(true)),
        ("failover_level", Value::Int(1)),
        ("host_count", Value::Int(6)),
    ];
    let snapshot = [
        ("name", text("before")),
        ("vm_ref", to(Kind::Vms, "vm-1")),
        ("created_at", Value::Int(90 * DAY * 1000)),
    ];
    let objects = [
        object(Kind::Datacenters, "datacenter-1", &[("name", text("DC"))]),
        folder("group-v3", "vm"),
        folder("group-h4", "host"),
        object(Kind::Clusters, "domain-c1", &cluster),
        host("host-1", ["connected", "poweredOn"], false, 128),
        host("host-2", ["connected", "poweredOn"], false, 64),
        host("host-3", ["connected", "poweredOn"], true, 512),
        host("host-4", ["notResponding", "unknown"], false, 512),
        host("host-5", ["connected", "standBy"], false, 512),
        vm("vm-1", "host-1", "poweredOn"),
        vm("vm-2", "host-2", "poweredOff"),
        datastore("datastore-1", "alpha [1", true),
        datastore("datastore-2", "beta", false),
        object(Kind::Snapshots, "snapshot-1", &snapshot),
    ];
    let read = [Kind::Clusters, Kind::Hosts, Kind::Vms, Kind::Datastores];
    let coverage = read.map(|kind| Coverage { kind, cluster: None, synced_at: NOW });
    Snapshot::new(objects, coverage.to_vec())
}

fn of(kind: Kind, moref: &str, column: &str) -> Value {
    let (vcenter, snapshot) = (vcenter(), estate());
    let object = snapshot.get(kind, moref).expect("it is there");
    let row = Row { vcenter: &vcenter, snapshot: &snapshot, object, now: NOW };
    row.value(columns::of(kind).column(column).unwrap_or_else(|| panic!("{kind} have no {column}")))
}

#[test]
fn a_hosts_state_is_one_word() {
    let states = ["host-1", "host-3", "host-4", "host-5"].map(|moref| of(Kind::Hosts, moref, "state"));
    assert_eq!(states, ["connected", "maintenance", "notResponding", "standby"].map(text));
}

#[test]
fn shares_of_a_host_are_those_of_its_own_capacity() {
    assert_eq!(of(Kind::Hosts, "host-1", "cpu_percent"), Value::Decimal(25_000));
    assert_eq!(of(Kind::Hosts, "host-1", "memory_percent"), Value::Decimal(37_500));
    assert_eq!(of(Kind::Hosts, "host-1", "uptime"), Value::Int(3 * DAY));
}

#[test]
fn a_cluster_is_what_its_available_hosts_are() {
    let of = |column: &str| of(Kind::Clusters, "domain-c1", column);
    assert_eq!(of("hosts_available"), text("2 of 6"), "one can't be seen");
    assert_eq!(of("vm_count"), Value::Int(2));
    assert_eq!(of("cpu_percent"), Value::Decimal(25_000));
    assert_eq!(of("memory_percent"), Value::Decimal(50_000), "96 of 192 GiB");
    assert_eq!(of("failover_memory_percent"), Value::Decimal(150_000), "96 GiB on the smaller host alone");
    assert_eq!(of("vcpu_per_core"), Value::Decimal(400), "8 vCPUs that run, on 20 cores");
}

#[test]
fn a_container_counts_what_lies_within_it_at_any_depth() {
    let of_datacenter = |column: &str| of(Kind::Datacenters, "datacenter-1", column);
    let counts = ["cluster_count", "host_count", "vm_count"].map(of_datacenter);
    assert_eq!(counts, [1, 5, 2].map(Value::Int));
    assert_eq!(of_datacenter("capacity_bytes"), Value::Int(1000), "one datastore is not accessible");
    assert_eq!(of_datacenter("free_percent"), Value::Decimal(9_600));
    let folders = ["group-v3", "group-h4"].map(|moref| of(Kind::Folders, moref, "vm_count"));
    assert_eq!(folders, [2, 0].map(Value::Int));
    assert_eq!(of(Kind::Folders, "group-v3", "datacenter"), text("DC"));
}

#[test]
fn a_datastore_says_how_full_it_is_and_who_can_reach_it() {
    let of = |column: &str| of(Kind::Datastores, "datastore-1", column);
    assert_eq!(of("free_percent"), Value::Decimal(9_600));
    assert_eq!(of("provisioned_percent"), Value::Decimal(140_400));
    assert_eq!(of("mounted"), text("2 of 3"));
    assert_eq!(
        (of("clusters"), of("clusters_moref")),
        (Value::list([text("C1")]), Value::list([text("domain-c1")]))
    );
}

#[test]
fn what_is_out_of_reach_huge_or_has_no_room_left_is_not_made_small() {
    let (vcenter, snapshot) = (vcenter(), estate());
    let object = snapshot.get(Kind::Datastores, "datastore-2").unwrap();
    let row = Row { vcenter: &vcenter, snapshot: &snapshot, object, now: NOW };
    let column = columns::of(Kind::Datastores).column("free_percent").unwrap();
    assert_eq!(row.missing(column), Some(Missing::NotConnected), "no host can access it");
    assert_eq!(Value::percent(3 << 60, 4 << 60), Value::Decimal(75_000));
    let alone = contract::Tally { memory_bytes: vec![GIB], memory_used_bytes: GIB / 2, ..Default::default() };
    assert_eq!(alone.memory_percent(0), Value::Decimal(50_000));
    assert!(alone.memory_percent(1) > Value::Decimal(100_000), "no host would be left");
}

#[test]
fn a_vm_says_where_its_files_are_and_how_old_its_oldest_snapshot_is() {
    let of = |column: &str| of(Kind::Vms, "vm-1", column);
    assert_eq!((of("home_datastore"), of("home_datastore_moref")), (text("alpha [1"), text("datastore-1")));
    assert_eq!(of("provisioned_bytes"), Value::Int(4 * GIB));
    assert_eq!(of("snapshot_age"), Value::Int(10 * DAY));
}

#[test]
fn a_vm_that_vsphere_runs_for_itself_or_that_keeps_a_place_is_told_by_who_manages_it() {
    let managed = |key: &str, word: &str, column: &str| {
        let values =
            [("is_template", Value::Bool(false)), ("managed_by", text(key)), ("managed_type", text(word))];
        let (vcenter, vm) = (vcenter(), object(Kind::Vms, "vm-1", &values));
        let snapshot = Snapshot::new([vm.clone()], Vec::new());
        let row = Row { vcenter: &vcenter, snapshot: &snapshot, object: &vm, now: NOW };
        row.value(columns::of(Kind::Vms).column(column).unwrap())
    };
    for (key, word, agent, placeholder) in [
        ("com.vmware.vim.eam", "cluster-agent", true, false),
        ("VirtualCenter", "vcls-entity", true, false),
        ("com.vmware.vcDr", "placeholderVm", false, true),
        ("com.vmware.vcDr-second", "placeholderVm", false, true),
        // What it brings up for a test runs, and takes room.
        ("com.vmware.vcDr", "testVm", false, false),
        ("com.example.backup", "proxy", false, false),
    ] {
        let of = |column| managed(key, word, column);
        assert_eq!(
            (of("is_agent"), of("is_placeholder")),
            (Value::Bool(agent), Value::Bool(placeholder)),
            "{key}"
        );
    }
    let plain = object(Kind::Vms, "vm-1", &[("is_template", Value::Bool(false))]);
    let (vcenter, snapshot) = (vcenter(), Snapshot::new([plain.clone()], Vec::new()));
    let row = Row { vcenter: &vcenter, snapshot: &snapshot, object: &plain, now: NOW };
    assert_eq!(
        row.value(columns::of(Kind::Vms).column("vcls").unwrap()),
        Value::Bool(false),
        "nobody manages it"
    );
}

#[test]
fn a_snapshot_has_an_age_and_the_place_of_its_vm() {
    let of = |column: &str| of(Kind::Snapshots, "snapshot-1", column);
    assert_eq!(of("age"), Value::Int(10 * DAY));
    assert_eq!((of("cluster"), of("cluster_moref")), (text("C1"), text("domain-c1")));
    assert_eq!(of("datastores"), Value::list([text("alpha [1")]));
}

#[test]
fn every_heading_of_a_table_leads_to_its_own_column() {
    for kind in Kind::LISTED {
        for column in columns::of(kind).first() {
            let found = columns::of(kind).column(&column.title).map(|found| &*found.id);
            assert_eq!(found, Some(&*column.id), "{kind}: {}", column.title);
        }
    }
}

#[test]
fn conditions_hold_for_what_people_would_expect() {
    let (vcenter, snapshot) = (vcenter(), estate());
    let found = |kind: Kind, condition: &str| -> String {
        let test =
            condition.parse::<Condition>().unwrap().on(kind).unwrap_or_else(|error| panic!("{error:?}"));
        let rows = snapshot.rows(&vcenter, kind, NOW).filter(|row| test.holds(row));
        rows.map(|row| row.object.moref.to_string()).collect::<Vec<_>>().join(" ")
    };
    for (kind, condition, morefs) in [
        (Kind::Datastores, "free_percent<10", "datastore-1 datastore-2"),
        (Kind::Datastores, "free_percent<9.6", ""),
        (Kind::Datastores, "free_percent<=9.6", "datastore-1 datastore-2"),
        (Kind::Datastores, "accessible=no", "datastore-2"),
        (Kind::Vms, "snapshot_age>7d", "vm-1 vm-2"),
        (Kind::Vms, "snapshot_oldest_at>7d", "vm-1 vm-2"),
        (Kind::Vms, "snapshot_oldest_at>11d", ""),
        (Kind::Vms, "ip_addresses in 10.1.2.0/24", "vm-1 vm-2"),
        (Kind::Vms, "ip_addresses in 10.1.3.0/24", ""),
        (Kind::Vms, "power=Powered on", "vm-1"),
        (Kind::Vms, "power=poweredon", "vm-1"),
        (Kind::Vms, "power!=poweredOn", "vm-2"),
        (Kind::Vms, "host=HOST-1", "vm-1"),
        (Kind::Vms, "host=host-1.example.org", "vm-1"),
        (Kind::Vms, "host=host-1.example.com", ""),
        (Kind::Vms, "datastores=ALPHA [1", "vm-1 vm-2"),
        (Kind::Vms, "annotation=", "vm-1 vm-2"),
        (Kind::Vms, "cluster!=", "vm-1 vm-2"),
        (Kind::Vms, "used>=1GiB", "vm-1 vm-2"),
        (Kind::Hosts, "state=Maintenance mode", "host-3"),
        (Kind::Hosts, "in_maintenance=true", "host-3"),
        (Kind::Hosts, "uptime<2d", ""),
        (Kind::Hosts, "mem>128GB", "host-3 host-4 host-5"),
        (Kind::Snapshots, "age>7d", "snapshot-1"),
        (Kind::Snapshots, "created_at<1970-04-01", ""),
        (Kind::Snapshots, "created_at<1970-04-02", "snapshot-1"),
    ] {
        assert_eq!(found(kind, condition), morefs, "{kind} where {condition}");
    }
}

#[test]
fn no_computed_column_claims_anything_where_nothing_is_known() {
    let vcenter = vcenter();
    for kind in Kind::LISTED {
        let snapshot = Snapshot::new([object(kind, "x-1", &[])], Vec::new());
        for row in snapshot.rows(&vcenter, kind, NOW) {
            for column in columns::of(kind).columns() {
                let plain = ["type", "is_vapp"];
                let value = row.value(column);
                let is_derived = matches!(column.get, Get::Derived { .. }) && !plain.contains(&&*column.id);
                assert!(!is_derived || value.is_null(), "{kind}.{}: {value:?}", column.id);
            }
        }
    }
}
