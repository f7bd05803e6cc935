//! govc, an independent client, reads from the simulator what Muster's own client reads. It waits for updates where
//! ours turns pages.

use std::collections::BTreeMap;
use std::process::Command;

use contract::Kind;
use serde_json::Value;
use simulator::Simulator;

use crate::peer::program;
use crate::support::{login, read, start};

/// The documents that govc prints.
async fn govc(simulator: &Simulator, arguments: &[&str]) -> Vec<Value> {
    let home = tempfile::tempdir().unwrap();
    let ca = home.path().join("ca.pem");
    std::fs::write(&ca, simulator.ca_pem()).unwrap();
    let mut command = Command::new(program("govc"));
    command
        .args(arguments)
        .env("GOVC_URL", format!("https://{}/sdk", simulator.address()))
        .env("GOVC_USERNAME", simulator.user())
        .env("GOVC_PASSWORD", simulator.password())
        .env("GOVC_TLS_CA_CERTS", ca)
        .env("GOVMOMI_HOME", home.path());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output =
        output.unwrap_or_else(|error| panic!("govc can't be started ({error}): ./dev test builds it"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "govc {arguments:?}: {error}");
    serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect::<Result<_, _>>().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Values by moref and path, as govc collects them.
async fn collected(
    simulator: &Simulator,
    kind: Kind,
    paths: &[&str],
) -> BTreeMap<String, BTreeMap<String, String>> {
    let arguments = [&["object.collect", "-json", "-type", kind.object_type(), "/"], paths].concat();
    let objects = govc(simulator, &arguments).await.into_iter().map(|update| {
        let changes = update["changeSet"].as_array().unwrap().iter();
        let values = changes.map(|change| (text(&change["name"]), text(&change["val"]))).collect();
        (text(&update["obj"]["value"]), values)
    });
    objects.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn govc_reads_what_our_client_reads() {
    let simulator = start(250, 3).await;
    let session = login(&simulator).await;
    for (kind, paths) in [
        (Kind::Datacenters, &["name"][..]),
        (Kind::Clusters, &["name", "summary.totalMemory", "summary.numEffectiveHosts"]),
        (
            Kind::Hosts,
            &["name", "runtime.connectionState", "summary.hardware.memorySize", "summary.hardware.model"],
        ),
        (
            Kind::Vms,
            &["name", "runtime.powerState", "config.instanceUuid", "guest.ipAddress", "config.annotation"],
        ),
        (Kind::Datastores, &["name", "summary.capacity", "summary.freeSpace", "summary.url"]),
        (Kind::Networks, &["name", "summary.accessible"]),
        (Kind::ResourcePools, &["name"]),
        (Kind::Folders, &["name"]),
    ] {
        let ours = read(&session, kind).await.into_iter().map(|(moref, object)| {
            // What Muster asks for whole, it reads a part of.
            let inside = |path: &str| {
                let (whole, field) = path.rsplit_once('.')?;
                object.property(whole)?.field(field)
            };
            let value = |path: &str| object.property(path).or_else(|| inside(path))?.as_str();
            let of = |path: &str| Some((path.to_owned(), value(path)?.to_owned()));
            (moref, paths.iter().filter_map(|path| of(path)).collect())
        });
        let ours: BTreeMap<String, BTreeMap<String, String>> = ours.collect();
        assert_eq!(collected(&simulator, kind, paths).await, ours, "{kind}");
    }
    session.logout().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn govc_finds_its_way_by_paths_and_asks_for_whole_objects() {
    let simulator = start(100, 3).await;
    let session = login(&simulator).await;
    let found = govc(&simulator, &["find", "-json", "/", "-type", "m"]).await;
    assert_eq!(found[0].as_array().unwrap().len(), 100);
    let vms = read(&session, Kind::Vms).await;
    let domain_controller =
        vms.values().find(|vm| vm.property("name").and_then(|name| name.as_str()) == Some("dc01"));
    let uuid = domain_controller.and_then(|vm| vm.property("config.uuid")?.as_str()).unwrap().to_owned();
    let path = found[0].as_array().unwrap().iter().map(text).find(|path| path.ends_with("/dc01")).unwrap();
    let whole = govc(&simulator, &["vm.info", "-json", &path]).await;
    assert_eq!(whole[0]["virtualMachines"][0]["config"]["uuid"], uuid.as_str());
    let devices = govc(&simulator, &["device.ls", "-json", "-vm", &path]).await;
    assert!(devices[0]["devices"].as_array().unwrap().len() >= 4);
    session.logout().await.unwrap();
}
