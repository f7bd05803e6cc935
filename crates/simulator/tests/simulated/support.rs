//! A running simulator and Muster's own client, logged in.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use contract::Kind;
use contract::columns;
use secrecy::SecretString;
use simulator::{Behavior, Options, Simulator};
use vsphere::{Client, Collector, Endpoint, Object, PropertySet, Session, Trust, View, Way};

pub(crate) fn pin(sha256: &str) -> Trust {
    let mut pin = [0; 32];
    for (byte, hex) in pin.iter_mut().zip(sha256.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    }
    Trust::Pin(pin)
}

pub(crate) fn endpoint(simulator: &Simulator, trust: Trust) -> Endpoint {
    let (host, port) = (simulator.address().ip().to_string(), simulator.address().port());
    Endpoint { host, port, trust, way: Way::Direct, timeout: Duration::from_secs(60) }
}

pub(crate) async fn start(vms: u32, seed: u64) -> Simulator {
    Simulator::start(Options::new(vms, seed)).await.unwrap()
}

pub(crate) async fn start_with(vms: u32, seed: u64, behavior: Behavior) -> Simulator {
    Simulator::start(Options { behavior, ..Options::new(vms, seed) }).await.unwrap()
}

pub(crate) async fn client(simulator: &Simulator) -> Client {
    Client::connect(&endpoint(simulator, pin(simulator.sha256())), "Muster/test").await.unwrap()
}

pub(crate) async fn login(simulator: &Simulator) -> Session {
    let password = SecretString::from(simulator.password());
    client(simulator).await.login(simulator.user(), &password).await.unwrap()
}

/// The paths that Muster asks for of every object of a kind.
pub(crate) fn paths(kind: Kind) -> Vec<String> {
    let common = columns::of(kind).asked().filter(|column| column.subtype.is_none());
    let mut paths: Vec<String> = common.map(|column| column.source.to_string()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Everything of a kind, as Muster reads it: what the view lists and what is asked for by it must be the same.
pub(crate) async fn read(session: &Session, kind: Kind) -> BTreeMap<String, Object> {
    let view = View::open(session, kind.object_type(), None).await.unwrap();
    let listed = view.list(&session.collector()).await.unwrap().members;
    let collector = Collector::create(session).await.unwrap();
    let (sets, mut objects) = ([PropertySet::new(kind.object_type(), paths(kind))], BTreeMap::new());
    for chunk in listed.chunks(500) {
        let retrieved = collector.retrieve(chunk, &sets, true).await.unwrap();
        assert!(retrieved.cut_short.is_none());
        objects.extend(retrieved.objects.into_iter().map(|object| (object.moref.value.to_string(), object)));
    }
    collector.destroy().await;
    view.close().await;
    let listed: HashSet<&str> = listed.iter().map(|moref| &*moref.value).collect();
    assert_eq!(listed, objects.keys().map(String::as_str).collect(), "{kind}");
    objects
}
