//! The client against govmomi's simulator, which `./dev test` builds from tests/peers before it runs the tests.

#[path = "../../../../tests/support/testvc.rs"]
mod testvc;

use std::{collections::BTreeSet, time::Duration};

use secrecy::SecretString;
use testvc::Testvc;
use vsphere::{Client, Collector, Endpoint, Error, MoRef, PropertySet, Session, Trust, View, Way, probe};

struct Peer {
    _process: Testvc,
    endpoint: Endpoint,
    ca: String,
    user: String,
    password: SecretString,
}

impl Peer {
    fn start(arguments: &[&str]) -> Self {
        let process = Testvc::start(arguments);
        let text = |name: &str| {
            let (_, rest) = process.ready.split_once(&format!("\"{name}\":\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let (host, port) =
            text("address").rsplit_once(':').map(|(h, p)| (h.to_owned(), p.parse().unwrap())).unwrap();
        let mut pin = [0; 32];
        for (byte, hex) in pin.iter_mut().zip(text("sha256").as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
        }
        let endpoint = Endpoint {
            host,
            port,
            trust: Trust::Pin(pin),
            way: Way::Direct,
            timeout: Duration::from_secs(30),
        };
        let ca = std::fs::read_to_string(text("ca")).unwrap();
        let (user, password) = (text("user"), SecretString::from(text("pass")));
        Self { _process: process, endpoint, ca, user, password }
    }

    async fn login(&self) -> Session {
        let client = Client::connect(&self.endpoint, "Muster/test").await.unwrap();
        client.login(&self.user, &self.password).await.unwrap()
    }
}

/// All objects of a type that a view lists, asked for in chunks of this size through a collector of its own.
async fn read(session: &Session, kind: &str, chunk: usize) -> BTreeSet<MoRef> {
    let view = View::open(session, kind, None).await.unwrap();
    let listed = view.list(&session.collector()).await.unwrap();
    assert!(listed.root_came);
    let (collector, mut found) = (Collector::create(session).await.unwrap(), BTreeSet::new());
    let sets = [PropertySet::new(kind, ["name", "no.such.path"])];
    for chunk in listed.members.chunks(chunk) {
        let retrieved = collector.retrieve(chunk, &sets, true).await.unwrap();
        assert!(retrieved.cut_short.is_none() && retrieved.bytes > 0);
        let is_whole =
            |object: &vsphere::Object| object.property("name").is_some() && object.missing.len() == 1;
        assert!(retrieved.objects.iter().all(is_whole));
        found.extend(retrieved.objects.into_iter().map(|object| object.moref));
    }
    assert_eq!(found, listed.members.into_iter().collect());
    collector.destroy().await;
    view.close().await;
    found
}

#[tokio::test]
async fn every_kind_reads_the_same_in_chunks_of_two_and_in_one() {
    let peer = Peer::start(&["-extra-hosts", "20", "-extra-vms", "50", "-gzip", "-odd-names"]);
    let session = peer.login().await;
    for kind in ["HostSystem", "VirtualMachine", "Datastore", "ClusterComputeResource", "Folder", "Network"] {
        let small = read(&session, kind, 2).await;
        assert_eq!(small, read(&session, kind, 10_000).await, "{kind}");
        assert!(!small.is_empty(), "{kind}");
    }
    assert!((session.current_time().await.unwrap() - jiff::Timestamp::now().as_millisecond()).abs() < 60_000);
    assert!(session.traffic().bytes > 10_000);
    session.logout().await.unwrap();
    assert!(matches!(session.current_time().await, Err(Error::NotAuthenticated { .. })));
}

#[tokio::test]
async fn logins_objects_and_certificates_are_judged_as_by_a_vcenter() {
    let peer = Peer::start(&[]);
    let mut by_ca = peer.endpoint.clone();
    by_ca.trust = Trust::Ca(peer.ca.clone());
    assert!(probe(&by_ca).await.unwrap().trusted);
    by_ca.trust = Trust::System;
    assert!(!probe(&by_ca).await.unwrap().trusted);
    let client = Client::connect(&peer.endpoint, "Muster/test").await.unwrap();
    let rejected = client.login(&peer.user, &SecretString::from("wrong")).await;
    assert!(matches!(rejected, Err(Error::InvalidLogin { .. })));
    let session = client.login(&peer.user, &peer.password).await.unwrap();
    let gone = [MoRef::new("HostSystem", "host-99999")];
    let error = session.retrieve(&gone, "HostSystem", &["name"]).await.unwrap_err();
    assert!(matches!(error, Error::ManagedObjectNotFound { moref: Some(moref), .. } if moref == gone[0]));
    let hosts: Vec<_> = read(&session, "HostSystem", 100).await.into_iter().collect();
    let paths = ["name", "runtime.connectionState"];
    assert_eq!(session.retrieve(&hosts, "HostSystem", &paths).await.unwrap().len(), hosts.len());
    // Said to be left out where it doesn't exist, instead of failing the call.
    let sets = [PropertySet::new("HostSystem", paths)];
    let asked = [&hosts[..], &gone[..]].concat();
    let reported = session.collector().retrieve(&asked, &sets, true).await.unwrap();
    assert_eq!(reported.objects.len(), hosts.len());
    session.logout().await.unwrap();
}

#[tokio::test]
async fn an_esxi_is_known_by_its_hardware() {
    let peer = Peer::start(&["-model", "esx"]);
    let session = peer.login().await;
    assert!(session.about().is_host());
    assert_eq!(session.about().instance_uuid, None);
    let identity = session.host_identity().await.unwrap();
    assert_eq!(identity.uuid.map(|uuid| uuid.len()), Some(36));
    let is_mac = |mac: &String| mac.len() == 17 && *mac == mac.to_lowercase();
    assert!(!identity.macs.is_empty() && identity.macs.iter().all(is_mac), "{:?}", identity.macs);
    session.logout().await.unwrap();
}
