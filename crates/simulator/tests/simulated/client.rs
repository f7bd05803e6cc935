//! Muster's own client reads everything.

use contract::Kind;
use std::collections::BTreeSet;
use vsphere::{PropertySet, Trust, Value, View};

use crate::support::{endpoint, login, read, start};

#[tokio::test]
async fn our_client_reads_every_kind_and_logs_out() {
    let simulator = start(300, 1).await;
    let session = login(&simulator).await;
    assert_eq!(session.about().instance_uuid.as_deref(), simulator.instance_uuid());
    assert_eq!(session.api_version().to_string(), "8.0.3.0");
    let contents = simulator.contents();
    for kind in Kind::READ {
        let objects = read(&session, kind).await;
        let expected = match kind {
            Kind::Datacenters => contents.datacenters,
            Kind::Clusters => contents.clusters,
            Kind::Hosts => contents.hosts,
            Kind::Vms => contents.vms,
            Kind::Datastores => contents.datastores,
            Kind::Networks => contents.networks,
            Kind::Folders => contents.folders,
            // Clusters extend the type that is asked for.
            Kind::StandaloneHosts => contents.standalone_hosts + contents.clusters,
            Kind::ResourcePools => contents.pools,
            _ => unreachable!("{kind} is not read"),
        };
        assert_eq!(objects.len(), expected, "{kind}");
        assert!(!objects.is_empty(), "{kind}");
        assert!(objects.values().all(|object| object.missing.is_empty()), "{kind}");
    }
    session.logout().await.unwrap();
    assert!(matches!(session.current_time().await, Err(vsphere::Error::NotAuthenticated { .. })));
    simulator.stop().await;
}

#[tokio::test]
async fn the_certificate_is_trusted_by_its_fingerprint_and_by_its_authority() {
    let simulator = start(1, 7).await;
    for host in ["127.0.0.1", "localhost"] {
        let mut by_ca = endpoint(&simulator, Trust::Ca(simulator.ca_pem().to_owned()));
        by_ca.host = host.into();
        assert!(vsphere::probe(&by_ca).await.unwrap().trusted, "{host}");
    }
    let probe = vsphere::probe(&endpoint(&simulator, Trust::System)).await.unwrap();
    assert!(!probe.trusted);
    let (now, day) = (jiff::Timestamp::now().as_millisecond(), 24 * 60 * 60 * 1000);
    let (age, left) = (now - probe.certificate.not_before, probe.certificate.not_after - now);
    assert!((day..=3 * day).contains(&age), "valid for {age} ms");
    assert!((728 * day..=732 * day).contains(&left), "valid for {left} ms more");
    let session = login(&simulator).await;
    let vms = read(&session, Kind::Vms).await;
    assert_eq!(vms.len(), 1);
    let uuid =
        vms.values().next().unwrap().property("config.instanceUuid").and_then(Value::as_str).map(str::len);
    assert_eq!(uuid, Some(36));
}

/// Texts anywhere below a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Text(text) => found.push(text.to_string()),
        Value::Ref(_) => {}
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Struct { fields, .. } => fields.iter().for_each(|(_, value)| texts(value, found)),
    }
}

#[tokio::test]
async fn serial_numbers_uuids_and_mac_addresses_are_there_once() {
    let simulator = start(1_500, 9).await;
    let session = login(&simulator).await;
    let (hosts, vms) = (read(&session, Kind::Hosts).await, read(&session, Kind::Vms).await);
    let mut seen = BTreeSet::new();
    let mut once =
        |what: &str, text: &str| assert!(seen.insert(text.to_owned()), "{what} {text} is there twice");
    for host in hosts.values() {
        once("uuid", host.property("summary.hardware.uuid").and_then(Value::as_str).unwrap());
        let infos = host.property("summary.hardware.otherIdentifyingInfo").unwrap().as_list();
        let key = |info: &Value| info.field("identifierType.key").and_then(Value::as_str).map(str::to_owned);
        let serial =
            infos.iter().find(|info| key(info).is_some_and(|key| key.contains("SerialNumberTag"))).unwrap();
        once("serial number", serial.field("identifierValue").and_then(Value::as_str).unwrap());
        for nic in host.property("config.network.pnic").map_or(&[][..], Value::as_list) {
            once("mac", nic.field("mac").and_then(Value::as_str).unwrap());
        }
    }
    for vm in vms.values() {
        once("uuid", vm.property("config.uuid").and_then(Value::as_str).unwrap());
        once("uuid", vm.property("config.instanceUuid").and_then(Value::as_str).unwrap());
        let devices = vm.property("config.hardware.device").unwrap().as_list();
        let cards = devices.iter().filter_map(|device| device.field("macAddress")?.as_str());
        cards.for_each(|mac| once("mac", mac));
    }
    session.logout().await.unwrap();
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_a_pass_is_seen_as_that() {
    let simulator = start(300, 4).await;
    let session = login(&simulator).await;
    let view = View::open(&session, "VirtualMachine", None).await.unwrap();
    let listed = view.list(&session.collector()).await.unwrap().members;
    simulator.end_sessions();
    let sets = [PropertySet::new("VirtualMachine", ["name"])];
    let ended = session.collector().retrieve(&listed, &sets, true).await;
    assert!(matches!(ended, Err(vsphere::Error::NotAuthenticated { .. })));
    assert!(matches!(view.list(&session.collector()).await, Err(vsphere::Error::NotAuthenticated { .. })));
    assert!(matches!(session.current_time().await, Err(vsphere::Error::NotAuthenticated { .. })));
    let again = login(&simulator).await;
    assert_eq!(read(&again, Kind::Vms).await.len(), 300);
    again.logout().await.unwrap();
}

#[tokio::test]
async fn hosts_follow_their_cluster_in_evc_and_in_vsan() {
    let simulator = start(1_000, 9).await;
    let mut raw = crate::faults::logged_in(&simulator).await;
    let clusters = raw.view("ClusterComputeResource").await;
    let paths = ["configurationEx", "summary"];
    let clusters = raw.retrieve_view(&clusters, "ClusterComputeResource", &paths, 100).await;
    let hosts = raw.view("HostSystem").await;
    let paths = ["parent", "config.virtualNicManagerInfo.netConfig", "summary.currentEVCModeKey"];
    let hosts = raw.retrieve_view(&hosts, "HostSystem", &paths, 100).await;
    let (mut with, mut without) = (0, 0);
    for host in hosts.body.split("<objects>").skip(1).filter(|host| host.contains("netConfig<")) {
        let Some((_, parent)) = host.split_once("type=\"ClusterComputeResource\"") else { continue };
        let parent = parent.split(['>', '<']).nth(1).unwrap();
        let cluster =
            clusters.body.split("<objects>").find(|one| one.contains(&format!(">{parent}<"))).unwrap();
        let has_vsan = cluster.contains("<vsanConfigInfo><enabled>true</enabled>");
        assert_eq!(host.contains("<selectedVnic>vsan.key-vim.host.VirtualNic-vmk2"), has_vsan, "{host}");
        assert_eq!(host.contains("currentEVCModeKey"), cluster.contains("currentEVCModeKey"), "{host}");
        *if has_vsan { &mut with } else { &mut without } += 1;
    }
    assert!(with > 0 && without > 0, "{with} and {without}");
}

#[tokio::test]
async fn a_seed_and_a_size_give_the_same_values_at_each_start_and_new_secrets() {
    let (one, other, third) = (start(120, 5).await, start(120, 5).await, start(120, 6).await);
    assert_eq!(one.instance_uuid(), other.instance_uuid());
    assert_ne!(one.instance_uuid(), third.instance_uuid());
    assert_ne!((one.password(), one.sha256()), (other.password(), other.sha256()));
    let (first, second, another) = (login(&one).await, login(&other).await, login(&third).await);
    for kind in Kind::READ {
        let objects = read(&first, kind).await;
        assert_eq!(objects, read(&second, kind).await, "{kind}");
        assert_ne!(objects, read(&another, kind).await, "{kind}");
    }
}

#[tokio::test]
async fn names_come_escaped_and_notes_as_they_were_written() {
    let simulator = start(1_000, 2).await;
    let session = login(&simulator).await;
    let (mut names, mut notes) = (Vec::new(), Vec::new());
    for network in read(&session, Kind::Networks).await.values() {
        texts(network.property("name").unwrap(), &mut names);
    }
    assert!(names.iter().any(|name| name.ends_with("file%2fprint")), "{names:?}");
    for vm in read(&session, Kind::Vms).await.values() {
        texts(vm.property("config.annotation").unwrap(), &mut notes);
        texts(vm.property("name").unwrap(), &mut names);
    }
    assert!(names.iter().all(|name| !name.contains('/')));
    for written in ["ERP R&D <prod>", "Özdemir", "ERP team\nRestart"] {
        assert!(notes.iter().any(|note| note.contains(written)), "{written}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_estate_is_listed_and_read_by_reference() {
    let simulator = start(30_000, 1).await;
    let session = login(&simulator).await;
    let listed = View::open(&session, "VirtualMachine", None)
        .await
        .unwrap()
        .list(&session.collector())
        .await
        .unwrap()
        .members;
    let names = session.retrieve(&listed, "VirtualMachine", &["name"]).await.unwrap();
    let vms: BTreeSet<_> = names.into_iter().map(|object| object.moref).collect();
    assert_eq!((listed.len(), vms.len()), (30_000, 30_000));
    session.logout().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute where nothing is optimized; prints figures"]
async fn the_largest_estate_is_read_whole() {
    let began = std::time::Instant::now();
    let simulator = start(30_000, 1).await;
    let made = began.elapsed();
    let session = login(&simulator).await;
    let vms = read(&session, Kind::Vms).await;
    assert_eq!(vms.len(), 30_000);
    let rest: usize = {
        let mut count = 0;
        for kind in Kind::READ.into_iter().filter(|kind| *kind != Kind::Vms) {
            count += read(&session, kind).await.len();
        }
        count
    };
    let (whole, bytes) = (began.elapsed() - made, session.traffic().bytes);
    println!("made in {made:?}; 30,000 VMs and {rest} others read in {whole:?}: {bytes} bytes");
    session.logout().await.unwrap();
}
