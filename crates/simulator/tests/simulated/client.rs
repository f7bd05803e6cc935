//! Muster's own client reads everything.

use contract::Kind;
use std::collections::BTreeSet;
use vsphere::{Event, Selection, Trust, Value, Watcher};

use crate::support::{endpoint, login, read, start};

#[tokio::test]
async fn our_client_reads_every_kind_and_logs_out() {
    let simulator = start(300, 1).await;
    let session = login(&simulator).await;
    assert_eq!(session.about().instance_uuid.as_deref(), Some(simulator.instance_uuid()));
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
            _ => objects.len(),
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
    assert!(!vsphere::probe(&endpoint(&simulator, Trust::System)).await.unwrap().trusted);
    let session = login(&simulator).await;
    let vms = read(&session, Kind::Vms).await;
    assert_eq!(vms.len(), 1);
    let uuid =
        vms.values().next().unwrap().property("config.instanceUuid").and_then(Value::as_str).map(str::len);
    assert_eq!(uuid, Some(36));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_estate_is_read_in_three_hundred_pages() {
    let simulator = start(30_000, 1).await;
    let session = login(&simulator).await;
    let mut watcher = Watcher::new(&session, Selection::new("VirtualMachine", ["name"]), 1_000);
    let (mut pages, mut vms) = (0, BTreeSet::new());
    while let Event::Page { objects, .. } = watcher.next().await.unwrap() {
        pages += 1;
        vms.extend(objects.into_iter().map(|object| object.moref));
    }
    assert_eq!((pages, vms.len()), (300, 30_000));
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
