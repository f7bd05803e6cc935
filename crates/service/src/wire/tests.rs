//! Objects as servers send them, and what becomes of them.

use super::*;
use vsphere::Value as Wire;

fn text(text: &str) -> Wire {
    Wire::Text(text.into())
}

fn record(fields: &[(&str, Wire)]) -> Wire {
    let fields = fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    Wire::Struct { type_name: None, fields }
}

fn root() -> MoRef {
    MoRef::new("Folder", "group-d1")
}

fn asked(sets: &[PropertySet]) -> Vec<String> {
    sets.iter().flat_map(|set| &set.properties).map(|property| property.path.clone()).collect()
}

/// Every path of a kind, its subtypes' too.
fn all(kind: Kind) -> Vec<String> {
    asked(&sets(kind, ApiVersion::new(8, 0), &BTreeSet::new(), Due::EVERYTHING))
}

/// What becomes of an object of which these properties came, and nothing else, though everything was asked for.
fn came(object_type: &str, moref: &str, properties: &[(&str, Wire)]) -> Object {
    came_without(object_type, moref, properties, &[])
}

fn came_without(
    object_type: &str,
    moref: &str,
    properties: &[(&str, Wire)],
    missing: &[(&str, vsphere::Missing)],
) -> Object {
    let kind = Kind::of_object_type(object_type).unwrap();
    let asked = all(kind);
    let asked: HashSet<&str> = asked.iter().map(String::as_str).collect();
    for path in properties.iter().map(|(path, _)| path).chain(missing.iter().map(|(path, _)| path)) {
        assert!(asked.contains(path), "{path} is not asked for");
    }
    let sent = vsphere::Object {
        moref: MoRef::new(object_type, moref),
        properties: properties.iter().map(|(path, value)| ((*path).into(), value.clone())).collect(),
        missing: missing.iter().map(|(path, why)| ((*path).into(), why.clone())).collect(),
    };
    super::object(kind, &asked, &sent, &root())
}

/// A stored value, and why it isn't current.
fn of<'a>(object: &'a Object, id: &str) -> (&'a Value, Option<Missing>) {
    assert!(columns::of(object.kind).slot(id).is_some(), "no column {id}");
    (object.stored(id), object.reason(id))
}

const NOTHING: Value = Value::Null;

#[test]
fn a_clusters_summary_is_asked_for_once_and_its_fields_are_read_out_of_it() {
    let asked = all(Kind::Clusters);
    assert_eq!(asked.iter().filter(|path| path.starts_with("summary")).collect::<Vec<_>>(), ["summary"]);
    let summary = record(&[
        ("totalCpu", text("6882")),
        ("effectiveMemory", text("12286")),
        ("numEffectiveHosts", text("many")),
        ("currentEVCModeKey", text("intel-broadwell")),
    ]);
    let cluster = came("ClusterComputeResource", "domain-c1", &[("summary", summary)]);
    assert_eq!(of(&cluster, "evc_mode"), (&Value::text("intel-broadwell"), None));
    assert_eq!(of(&cluster, "cpu_total_mhz"), (&Value::Int(6882), None));
    assert_eq!(of(&cluster, "memory_effective_bytes"), (&Value::Int(12286 << 20), None));
    assert_eq!(of(&cluster, "cpu_effective_mhz"), (&NOTHING, None), "unset");
    assert_eq!(of(&cluster, "effective_host_count"), (&NOTHING, Some(Missing::BadValue)));
}

#[test]
fn a_summary_in_which_nothing_is_set_is_no_bad_one() {
    for nothing in [text(""), record(&[])] {
        let cluster = came("ClusterComputeResource", "domain-c1", &[("summary", nothing)]);
        assert_eq!(of(&cluster, "evc_mode"), (&NOTHING, None));
    }
}

#[test]
fn a_summary_that_did_not_come_is_missing_in_each_of_its_columns() {
    let missing = [("summary", vsphere::Missing::NoPermission(None))];
    let cluster = came_without("ClusterComputeResource", "domain-c1", &[], &missing);
    let garbled = came("ClusterComputeResource", "domain-c1", &[("summary", text("green"))]);
    for id in ["evc_mode", "cpu_total_mhz", "memory_total_bytes", "effective_host_count"] {
        assert_eq!(of(&cluster, id), (&NOTHING, Some(Missing::NoPermission)), "{id}");
        assert_eq!(of(&garbled, id), (&NOTHING, Some(Missing::BadValue)), "{id}");
    }
}

#[test]
fn what_only_a_vapp_has_is_asked_of_vapps_alone() {
    let sets = sets(Kind::ResourcePools, ApiVersion::new(5, 5), &BTreeSet::new(), Due::EVERYTHING);
    let types: Vec<&str> = sets.iter().map(|set| &*set.type_name).collect();
    assert_eq!(types, ["ResourcePool", "VirtualApp"]);
    let allocated = ["cpuAllocation", "memoryAllocation"].into_iter().flat_map(|allocation| {
        ["limit", "reservation", "shares.shares"].map(|path| format!("config.{allocation}.{path}"))
    });
    let own: Vec<String> =
        allocated.chain(["effectiveRole", "name", "owner", "parent", "vm"].map(str::to_owned)).collect();
    assert_eq!(asked(&sets[..1]), own);
    assert_eq!(asked(&sets[1..]), ["parentFolder", "parentVApp"]);
    let folder = [("parentFolder", Wire::Ref(MoRef::new("Folder", "group-v3")))];
    let vapp = came("VirtualApp", "resgroup-v1", &folder);
    let expected = Value::Ref(Ref { kind: Kind::Folders, moref: "group-v3".into() });
    assert_eq!(of(&vapp, "parent_folder_moref"), (&expected, None));
    let pool = came("ResourcePool", "resgroup-1", &[]);
    assert_eq!(of(&pool, "parent_folder_moref"), (&NOTHING, None), "it has none, for no reason");
}

#[test]
fn what_is_too_new_for_a_server_or_was_refused_is_not_asked_for_and_not_reported() {
    let refused = BTreeSet::from(["guest.net".to_owned()]);
    let asked = asked(&sets(Kind::Vms, ApiVersion::new(6, 5), &refused, Due::EVERYTHING));
    for path in ["config.createDate", "guest.net"] {
        assert!(all(Kind::Vms).iter().any(|known| known == path), "{path}");
        assert!(!asked.iter().any(|asked| asked == path), "{path}");
    }
    let asked = asked.iter().map(String::as_str).collect();
    let sent = vsphere::Object {
        moref: MoRef::new("VirtualMachine", "vm-1"),
        properties: vec![("runtime.connectionState".into(), text("disconnected"))],
        missing: Vec::new(),
    };
    let vm = super::object(Kind::Vms, &asked, &sent, &root());
    assert_eq!(of(&vm, "created_at"), (&NOTHING, Some(Missing::NotReported)));
    assert_eq!(of(&vm, "ip_addresses"), (&NOTHING, Some(Missing::NotReported)));
}

#[test]
fn of_values_that_hold_much_only_what_columns_read_is_built() {
    let sets = sets(Kind::Vms, ApiVersion::new(8, 0), &BTreeSet::new(), Due::EVERYTHING);
    let fields = |path: &str| {
        let found = sets.iter().flat_map(|set| &set.properties).find(|property| property.path == path);
        found.unwrap().fields.clone()
    };
    assert_eq!(fields("config.hardware.device"), ["connectable", "connected", "macAddress"]);
    assert_eq!(fields("guest.net"), ["ipAddress"]);
    assert!(fields("snapshot.rootSnapshotList").contains(&"childSnapshotList"));
    assert!(fields("name").is_empty() && fields("datastore").is_empty());
}

#[test]
fn what_a_lost_host_left_out_is_not_empty_and_what_came_is_current() {
    for state in ["disconnected", "notResponding"] {
        let host = came(
            "HostSystem",
            "host-1",
            &[
                ("name", text("esx-1")),
                ("parent", Wire::Ref(MoRef::new("ClusterComputeResource", "domain-c1"))),
                ("runtime.connectionState", text(state)),
                ("runtime.powerState", text("unknown")),
                ("config.network.pnic", Wire::List(Vec::new())),
            ],
        );
        for id in ["memory_usage_bytes", "boot_time", "management_ips", "serial_number", "vm_count"] {
            assert_eq!(of(&host, id), (&NOTHING, Some(Missing::NotConnected)), "{state}: {id}");
        }
        assert_eq!(of(&host, "connection_state"), (&Value::text(state), None));
        assert_eq!(of(&host, "power_state"), (&Value::text("unknown"), None));
        assert_eq!(of(&host, "nic_macs"), (&Value::List(Box::default()), None), "an empty list came");
        assert_eq!(of(&host, "parent_moref").1, None);
    }
}

#[test]
fn a_name_that_was_left_out_is_lost_and_not_unset() {
    let host = came("HostSystem", "host-1", &[("runtime.connectionState", text("connected"))]);
    assert_eq!(of(&host, "name"), (&NOTHING, Some(Missing::Fault)));
}

#[test]
fn what_a_connected_object_left_out_is_unset() {
    let host = came(
        "HostSystem",
        "host-1",
        &[("name", text("esx-1")), ("runtime.connectionState", text("connected"))],
    );
    let vm = came(
        "VirtualMachine",
        "vm-1",
        &[
            ("name", text("web-1")),
            ("runtime.connectionState", text("connected")),
            ("runtime.powerState", text("poweredOff")),
            ("config.uuid", text("4208")),
        ],
    );
    assert_eq!((&*host.missing, &*vm.missing), (&[][..], &[][..]));
    let none = Value::List(Box::default());
    for id in ["management_ips", "nic_macs", "datastore_refs", "network_refs"] {
        assert_eq!(of(&host, id).0, &none, "{id}");
    }
    for id in ["ip_addresses", "mac_addresses", "datastore_refs", "network_refs"] {
        assert_eq!(of(&vm, id).0, &none, "{id}");
    }
    assert_eq!((of(&host, "vm_count").0, of(&vm, "snapshot_count").0), (&Value::Int(0), &Value::Int(0)));
    for id in ["ip_address", "guest_hostname", "boot_time", "snapshot_oldest_at", "folder_ref"] {
        assert_eq!(of(&vm, id).0, &NOTHING, "{id}");
    }
}

#[test]
fn a_vm_that_its_server_can_not_read_keeps_its_place() {
    let vapp = ("parentVApp", Wire::Ref(MoRef::new("VirtualApp", "resgroup-v1")));
    for state in ["disconnected", "orphaned", "inaccessible", "invalid"] {
        let vm = came("VirtualMachine", "vm-1", &[("runtime.connectionState", text(state)), vapp.clone()]);
        for id in
            ["is_template", "ip_address", "ip_addresses", "snapshot_count", "committed_bytes", "host_ref"]
        {
            assert_eq!(of(&vm, id), (&NOTHING, Some(Missing::NotConnected)), "{state}: {id}");
        }
        // In a vApp it has no parent, and a template is in no pool: the inventory itself is never out of reach.
        for id in ["folder_ref", "resource_pool_moref"] {
            assert_eq!(of(&vm, id), (&NOTHING, None), "{state}: {id}");
        }
        assert_eq!(of(&vm, "vapp_moref").1, None);
    }
}

#[test]
fn a_vm_without_any_configuration_is_out_of_reach_whatever_it_says_of_its_connection() {
    let vm = came("VirtualMachine", "vm-1", &[("runtime.connectionState", text("connected"))]);
    for id in ["is_template", "cpu_count", "guest_hostname"] {
        assert_eq!(of(&vm, id), (&NOTHING, Some(Missing::NotConnected)), "{id}");
    }
    assert_eq!(of(&vm, "connection_state"), (&Value::text("connected"), None));
}

#[test]
fn a_configuration_that_may_not_be_read_is_withheld_and_not_absent() {
    let asked = all(Kind::Vms);
    let config = asked.iter().filter(|path| path.starts_with("config."));
    let missing: Vec<_> = config.map(|path| (path.as_str(), vsphere::Missing::NoPermission(None))).collect();
    let connected = [("runtime.connectionState", text("connected"))];
    let vm = came_without("VirtualMachine", "vm-1", &connected, &missing);
    assert_eq!(of(&vm, "is_template"), (&NOTHING, Some(Missing::NoPermission)));
    assert_eq!(of(&vm, "guest_hostname"), (&NOTHING, None), "the guest told none");
}

#[test]
fn the_last_known_value_stays_with_its_reason_until_the_host_is_back() {
    let usage = |value: &str| ("summary.quickStats.overallCpuUsage", text(value));
    let state = |state: &str| ("runtime.connectionState", text(state));
    let known = came("HostSystem", "host-1", &[state("connected"), usage("700")]);
    let mut lost = came("HostSystem", "host-1", &[state("notResponding")]);
    lost.keep_known(&known);
    assert_eq!(of(&lost, "cpu_usage_mhz"), (&Value::Int(700), Some(Missing::NotConnected)));
    assert_eq!(of(&lost, "connection_state"), (&Value::text("notResponding"), None));
    let mut lost_still = came("HostSystem", "host-1", &[state("notResponding")]);
    lost_still.keep_known(&lost);
    assert_eq!(of(&lost_still, "cpu_usage_mhz"), (&Value::Int(700), Some(Missing::NotConnected)));
    let mut back = came("HostSystem", "host-1", &[state("connected")]);
    back.keep_known(&lost_still);
    assert_eq!(of(&back, "cpu_usage_mhz"), (&NOTHING, None), "now it is unset");
}

#[test]
fn only_the_folder_that_the_server_names_is_the_root() {
    let is_root = |object_type, moref| came(object_type, moref, &[]).stored("is_root").clone();
    assert_eq!(is_root("Folder", "group-d1"), Value::Bool(true));
    assert_eq!(is_root("Folder", "group-d2"), Value::Bool(false), "without a parent too");
    assert_eq!(is_root("StoragePod", "group-d1"), Value::Bool(false));
}

#[test]
fn identical_names_are_two_objects() {
    let [one, other] = ["vm-1", "vm-2"].map(|moref| {
        came("VirtualMachine", moref, &[("name", text("web")), ("config.uuid", text("03000200-0400"))])
    });
    assert_eq!((of(&one, "name"), of(&one, "bios_uuid")), (of(&other, "name"), of(&other, "bios_uuid")));
    assert_ne!(one.moref, other.moref);
}

#[test]
fn what_lies_deeper_in_a_whole_is_read_out_of_it_step_by_step() {
    let sets = sets(Kind::Datastores, ApiVersion::new(8, 0), &BTreeSet::new(), Due::EVERYTHING);
    let info = sets[0].properties.iter().find(|property| property.path == "info").unwrap();
    for field in ["timestamp", "aliasOf", "containerId", "nas", "remoteHost", "remotePath"] {
        assert!(info.fields.contains(&field), "{field} is passed over");
    }
    let nas = record(&[("remoteHost", text("filer.example.org")), ("remotePath", text("/vol/1"))]);
    let nfs = came("Datastore", "datastore-1", &[("info", record(&[("nas", nas)]))]);
    assert_eq!(of(&nfs, "remote_host"), (&Value::text("filer.example.org"), None));
    assert_eq!(of(&nfs, "remote_path"), (&Value::text("/vol/1"), None));
    assert_eq!(of(&nfs, "alias_of"), (&NOTHING, None), "it is no vSAN");
    let vsan = came("Datastore", "datastore-2", &[("info", record(&[("aliasOf", text("52-a"))]))]);
    assert_eq!(
        (of(&vsan, "alias_of"), of(&vsan, "remote_host")),
        ((&Value::text("52-a"), None), (&NOTHING, None))
    );
    let host = Wire::Ref(MoRef::new("HostSystem", "host-1"));
    let policy = record(&[("failoverHosts", host)]);
    let das = record(&[("enabled", text("true")), ("admissionControlPolicy", policy)]);
    let cluster = came("ClusterComputeResource", "domain-c1", &[("configuration.dasConfig", das)]);
    assert_eq!(of(&cluster, "dedicated_failover_hosts"), (&Value::Int(1), None));
    assert_eq!(of(&cluster, "admission_cpu_percent"), (&NOTHING, None), "another policy");
}
