//! The estate at a glance: what counts once, what has capacity, and what remains with hosts down.
//! Refuses to read anything: objects are made by hand, as the cache holds them.

mod by_hand;

use by_hand::{object, to};
use contract::{Coverage, Kind, Object, Overview, Sameness, Snapshot, Time, Value, Vcenter, VcenterId};
use std::sync::Arc;

const GIB: i64 = 1 << 30;
const NOW: Time = Time(1_000_000_000);

fn text(text: &str) -> Value {
    Value::text(text)
}

fn vcenter(name: &str, instance_uuid: &str) -> Vcenter {
    Vcenter {
        id: VcenterId(name.to_owned()),
        name: name.to_owned(),
        instance_uuid: Some(instance_uuid.to_owned()),
        ..by_hand::vcenter()
    }
}

fn read(objects: Vec<Object>, at: i64) -> Arc<Snapshot> {
    let coverage = Kind::READ.map(|kind| Coverage { kind, cluster: None, synced_at: Time(at) });
    Arc::new(Snapshot::new(objects.into_iter().map(Arc::new), coverage.to_vec()))
}

fn one(objects: Vec<Object>) -> Overview {
    Overview::of(&[(vcenter("Berlin", "b"), read(objects, 1))], NOW)
}

fn cluster(values: &[(&str, Value)]) -> Object {
    let mut all = vec![("name", text("C1")), ("parent_moref", to(Kind::Datacenters, "datacenter-1"))];
    all.extend(values.iter().map(|(id, value)| (*id, value.clone())));
    object("ClusterComputeResource", "domain-c1", &all)
}

fn datacenter(moref: &str) -> Object {
    object("Datacenter", moref, &[("name", text(moref))])
}

/// A host of a cluster: cores of 1000 MHz, of which 1000 MHz are in use, and memory in GiB, of which one is.
fn host(moref: &str, cores: i64, memory: i64, values: &[(&str, Value)]) -> Object {
    let mut all = vec![
        ("name", text(moref)),
        ("parent_moref", to(Kind::Clusters, "domain-c1")),
        ("connection_state", text("connected")),
        ("power_state", text("poweredOn")),
        ("in_maintenance", Value::Bool(false)),
        ("cpu_cores", Value::Int(cores)),
        ("cpu_mhz_per_core", Value::Int(1000)),
        ("cpu_usage_mhz", Value::Int(1000)),
        ("memory_bytes", Value::Int(memory * GIB)),
        ("memory_usage_bytes", Value::Int(GIB)),
    ];
    for (id, value) in values {
        all.retain(|(known, _)| known != id);
        all.push((id, value.clone()));
    }
    object("HostSystem", moref, &all)
}

fn datastore(moref: &str, kind: &str, capacity: i64, free: i64, values: &[(&str, Value)]) -> Object {
    let mut all = vec![
        ("name", text(moref)),
        ("parent_moref", to(Kind::Datacenters, "datacenter-1")),
        ("type", text(kind)),
        ("accessible", Value::Bool(true)),
        ("capacity_bytes", Value::Int(capacity)),
        ("free_bytes", Value::Int(free)),
    ];
    for (id, value) in values {
        all.retain(|(known, _)| known != id);
        all.push((id, value.clone()));
    }
    object("Datastore", moref, &all)
}

fn ha(level: i64, admission_control: bool) -> Object {
    cluster(&[
        ("ha_enabled", Value::Bool(true)),
        ("admission_control", Value::Bool(admission_control)),
        ("failover_level", Value::Int(level)),
    ])
}

#[test]
fn the_largest_hosts_go_first_cpu_and_memory_apart() {
    // The fastest has the least memory.
    let hosts = || {
        [("host-1", 40, 64), ("host-2", 10, 512), ("host-3", 20, 256)]
            .map(|(moref, cores, memory)| host(moref, cores, memory, &[]))
    };
    let with = |cluster: Object| {
        one([datacenter("datacenter-1"), cluster].into_iter().chain(hosts()).collect()).capacity
    };
    let left = |cluster| {
        let capacity = with(cluster);
        (capacity.cpu.after_failover_mhz, capacity.memory.after_failover_bytes)
    };
    assert_eq!(with(ha(1, true)).cpu.total_mhz, 70_000);
    assert_eq!(left(ha(1, true)), (Some(30_000), Some(320 * GIB)));
    assert_eq!(left(ha(2, true)), (Some(10_000), Some(64 * GIB)));
    assert_eq!(left(ha(9, true)), (Some(0), Some(0)), "more than there are");
    assert_eq!(left(ha(2, false)), (Some(30_000), Some(320 * GIB)), "nothing is kept free: one host");
    assert_eq!(left(ha(0, true)), (Some(30_000), Some(320 * GIB)), "a policy without a level");
    let dedicated = cluster(&[
        ("ha_enabled", Value::Bool(true)),
        ("admission_control", Value::Bool(true)),
        ("dedicated_failover_hosts", Value::Int(2)),
    ]);
    assert_eq!(left(dedicated), (Some(10_000), Some(64 * GIB)));
    assert_eq!(left(cluster(&[("ha_enabled", Value::Bool(false))])), (None, None), "no HA, no failover");
}

#[test]
fn a_host_that_nothing_can_run_on_has_no_capacity_and_is_named() {
    let state = |moref, values: &[(&str, Value)]| host(moref, 10, 64, values);
    let overview = one(vec![
        datacenter("datacenter-1"),
        ha(1, true),
        state("host-1", &[]),
        state("host-2", &[("in_maintenance", Value::Bool(true))]),
        state("host-3", &[("connection_state", text("notResponding")), ("power_state", text("unknown"))]),
        state("host-4", &[("connection_state", text("disconnected"))]),
        state("host-5", &[("power_state", text("standBy"))]),
        state("host-6", &[("cpu_usage_mhz", Value::Null), ("memory_usage_bytes", Value::Null)]),
    ]);
    let counts = overview.totals.counts;
    let states =
        (counts.hosts, counts.hosts_available, counts.hosts_in_maintenance, counts.hosts_not_connected);
    assert_eq!(states, (6, 2, 1, 2));
    assert_eq!((overview.capacity.cpu.total_mhz, overview.capacity.hosts_unmeasured), (10_000, 1));
    assert_eq!(overview.capacity.cpu.after_failover_mhz, Some(0), "of those that are left the largest");
    let gone: Vec<(&str, &str)> =
        overview.unavailable_hosts.iter().map(|host| (&*host.name, &*host.state)).collect();
    assert_eq!(
        gone,
        [
            ("host-2", "maintenance"),
            ("host-3", "notResponding"),
            ("host-4", "disconnected"),
            ("host-5", "standby")
        ]
    );
}

#[test]
fn templates_agents_and_placeholders_are_told_apart_and_only_what_is_on_takes_room() {
    let vm = |moref: &str, power: &str, template: bool, managed: Option<(&str, &str)>| {
        let mut values = vec![
            ("host_ref", to(Kind::Hosts, "host-1")),
            ("power_state", text(power)),
            ("is_template", Value::Bool(template)),
            ("cpu_count", Value::Int(4)),
            ("memory_bytes", Value::Int(8 * GIB)),
            ("cpu_reservation_mhz", Value::Int(500)),
            ("memory_reservation_bytes", Value::Int(GIB)),
        ];
        if let Some((key, word)) = managed {
            values.extend([("managed_by", text(key)), ("managed_type", text(word))]);
        }
        object("VirtualMachine", moref, &values)
    };
    let overview = one(vec![
        datacenter("datacenter-1"),
        ha(1, true),
        host("host-1", 10, 64, &[]),
        vm("vm-1", "poweredOn", false, None),
        vm("vm-2", "poweredOff", false, None),
        vm("vm-3", "poweredOff", true, None),
        vm("vm-4", "poweredOn", false, Some(("com.vmware.vim.eam", "cluster-agent"))),
        vm("vm-5", "poweredOff", false, Some(("com.vmware.vcDr", "placeholderVm"))),
        vm("vm-6", "poweredOn", false, Some(("com.example.backup", "proxy"))),
    ]);
    let counts = overview.totals.counts;
    assert_eq!((counts.vms, counts.vms_on), (3, 2));
    assert_eq!((counts.templates, counts.agents, counts.placeholders), (1, 1, 1));
    let cpu = overview.capacity.cpu;
    assert_eq!((cpu.vcpus, cpu.reserved_mhz, cpu.cores), (12, 1500, 10), "an agent takes room, too");
    assert_eq!(overview.capacity.memory.configured_bytes, 24 * GIB);
    assert_eq!(overview.vcenters[0].datacenters[0].clusters[0].counts.vms, 3);
}

#[test]
fn a_volume_counts_once_wherever_it_is_seen_and_the_newest_reading_is_taken() {
    let url = |id: &str| ("url", text(&format!("ds:///vmfs/volumes/{id}/")));
    let second = ("parent_moref", to(Kind::Datacenters, "datacenter-2"));
    let berlin = vec![
        datacenter("datacenter-1"),
        datacenter("datacenter-2"),
        datastore("datastore-1", "VMFS", 1000, 400, &[url("5f-a")]),
        datastore("datastore-2", "VMFS", 1000, 300, &[url("5F-A"), second]),
        datastore("datastore-3", "VMFS", 500, 500, &[url("5f-b"), ("accessible", Value::Bool(false))]),
    ];
    // An ESXi host says a path.
    let path = ("url", text("/vmfs/volumes/5f-a"));
    let paris = vec![datacenter("datacenter-1"), datastore("datastore-9", "VMFS", 1000, 350, &[path])];
    let of = |paris_read: i64| {
        let both = [
            (vcenter("Berlin", "b"), read(berlin.clone(), 5)),
            (vcenter("Paris", "p"), read(paris.clone(), paris_read)),
        ];
        Overview::of(&both, NOW)
    };
    let overview = of(1);
    let storage = overview.capacity.storage;
    assert_eq!(
        (storage.capacity_bytes, storage.free_bytes),
        (1000, 300),
        "the newest, and the least free of it"
    );
    assert_eq!(of(9).capacity.storage.free_bytes, 350, "Paris was read later");
    let counts = overview.totals.counts;
    assert_eq!((counts.datastores, counts.datastores_inaccessible), (2, 1));
    let berlin = &overview.vcenters[0];
    assert_eq!((berlin.capacity.storage.capacity_bytes, berlin.counts.datastores), (1000, 2));
    let each: Vec<i64> = berlin.datacenters.iter().map(|one| one.capacity.storage.capacity_bytes).collect();
    assert_eq!(each, [1000, 1000], "each datacenter has it");
    let [merged] = &overview.merged_datastores[..] else { panic!("{:?}", overview.merged_datastores) };
    let seen: Vec<&str> = merged.seen_as.iter().map(|one| &*one.moref).collect();
    assert_eq!((merged.because, seen), (Sameness::Volume, vec!["datastore-1", "datastore-2", "datastore-9"]));
}

#[test]
fn a_share_is_one_at_equal_capacity_only_and_a_short_name_is_the_only_full_one() {
    let share = |moref: &str, host: &str, path: &str, capacity: i64| {
        let values = [("remote_host", text(host)), ("remote_path", text(path))];
        datastore(moref, "NFS", capacity, 10, &values)
    };
    let merged = |shares: Vec<Object>| {
        let objects = [datacenter("datacenter-1")].into_iter().chain(shares).collect();
        let overview = one(objects);
        let groups: Vec<usize> = overview.merged_datastores.iter().map(|one| one.seen_as.len()).collect();
        (overview.totals.counts.datastores, groups)
    };
    let both = |one: (&str, &str, i64), other: (&str, &str, i64)| {
        merged(vec![
            share("datastore-1", one.0, one.1, one.2),
            share("datastore-2", other.0, other.1, other.2),
        ])
    };
    assert_eq!(both(("filer", "/v", 100), ("FILER.example.org", "/v/", 100)), (1, vec![2]));
    assert_eq!(both(("10.0.0.1", "/v", 100), ("10.0.0.1", "/v", 100)), (1, vec![2]), "merged, and said");
    assert_eq!(both(("10.0.0.1", "/v", 100), ("10.0.0.1", "/v", 200)), (2, vec![]), "another site");
    assert_eq!(both(("filer.a.example", "/v", 100), ("filer.b.example", "/v", 100)), (2, vec![]));
    assert_eq!(both(("filer", "/v", 100), ("filer", "/w", 100)), (2, vec![]));
    let three = vec![
        share("datastore-1", "filer", "/v", 100),
        share("datastore-2", "filer.a.example", "/v", 100),
        share("datastore-3", "filer.b.example", "/v", 100),
    ];
    assert_eq!(merged(three), (3, vec![]), "nobody knows whose short name it is");
}

#[test]
fn vsan_is_raw_and_apart_and_an_alias_is_the_same_pool() {
    let pool = |moref: &str, own: &str, of: &str| {
        datastore(moref, "vsan", 900, 600, &[("container_id", text(own)), ("alias_of", text(of))])
    };
    let overview = one(vec![
        datacenter("datacenter-1"),
        pool("datastore-1", "52-a", "52-a"),
        pool("datastore-2", "da-b", "52-a"),
        datastore("datastore-3", "vsan", 700, 700, &[("url", text("ds:///vmfs/volumes/vsan:77-c/"))]),
        datastore("datastore-4", "VMFS", 100, 50, &[("url", text("ds:///vmfs/volumes/5f-a/"))]),
    ]);
    assert_eq!(overview.capacity.storage.capacity_bytes, 100);
    assert_eq!(overview.capacity.vsan.capacity_bytes, 1600);
    assert_eq!(overview.totals.counts.datastores, 3);
    assert_eq!(overview.merged_datastores[0].because, Sameness::VsanPool);
}

#[test]
fn a_host_that_was_added_directly_too_counts_with_its_vcenter_and_a_twin_of_its_uuid_does_not() {
    let esx = |macs: &str, server: Value| {
        host(
            "host-1",
            10,
            64,
            &[
                ("uuid", text("0300-AA")),
                ("managed_by_server", server),
                ("nic_macs", Value::list([text(macs)])),
                ("parent_moref", Value::Null),
            ],
        )
    };
    let managed = |macs: &str| {
        let values = [("uuid", text("0300-aa")), ("nic_macs", Value::list([text(macs)]))];
        vec![
            datacenter("datacenter-1"),
            ha(1, true),
            host("host-7", 10, 64, &values),
            host("host-8", 10, 64, &[]),
        ]
    };
    let of = |own: Object, macs: &str| {
        let both = [
            (vcenter("alone", "0300-aa"), read(vec![datacenter("ha-datacenter"), own], 1)),
            (vcenter("Berlin", "b"), read(managed(macs), 1)),
        ];
        Overview::of(&both, NOW)
    };
    let twice = of(esx("aa:01", text("10.0.0.5")), "AA:01");
    assert_eq!(
        (twice.totals.counts.hosts, twice.capacity.cpu.total_mhz, twice.totals.vcenters),
        (2, 20_000, 2)
    );
    assert_eq!(twice.vcenters[0].counted_with.as_deref(), Some("Berlin"));
    assert_eq!(twice.vcenters[0].counts.hosts, 1, "by itself it has what it has");
    let [said] = &twice.hosts_counted_once[..] else { panic!("{:?}", twice.hosts_counted_once) };
    assert_eq!((&*said.name, &*said.vcenter, &*said.counted_with), ("host-7", "alone", "Berlin"));
    assert_eq!(twice.totals.datacenters, 1);
    for other in [of(esx("bb:02", text("10.0.0.5")), "aa:01"), of(esx("aa:01", Value::Null), "aa:01")] {
        assert_eq!((other.totals.counts.hosts, other.hosts_counted_once.len()), (3, 0));
    }
}

#[test]
fn nothing_is_nothing_and_what_was_never_read_has_no_age() {
    let none = Overview::of(&[], NOW);
    assert_eq!(none, Overview::default());
    let empty = Overview::of(&[(vcenter("Berlin", "b"), Arc::new(Snapshot::default()))], NOW);
    assert_eq!((empty.totals.vcenters, empty.vcenters[0].synced_at), (1, None));
    assert_eq!(empty.capacity.cpu.after_failover_mhz, None);
}
