//! Recordings of real servers, served again: tests/recorded of the project has them.

use std::path::{Path, PathBuf};

use simulator::{Access, Behavior, Recording, Simulator};

use crate::faults::logged_in;
use crate::raw::{Raw, Reply, SERVICE, VIEW_MANAGER, chunk};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recorded").join(format!("{name}.xml.gz"))
}

async fn replay(name: &str, behavior: Behavior) -> Simulator {
    Simulator::replay(Recording::read(&file(name)).unwrap(), Access::default(), behavior).await.unwrap()
}

/// Everything of a type through a view on the root folder, page by page.
async fn read(raw: &mut Raw, root: &str, collector: &str, type_name: &str, paths: &[&str]) -> Vec<Reply> {
    let arguments = format!(
        "<container type=\"Folder\">{root}</container><type>{type_name}</type><recursive>true</recursive>"
    );
    let view = raw.call("CreateContainerView", VIEW_MANAGER, &arguments).await.made().to_owned();
    let from = format!(
        "<objectSet><obj type=\"ContainerView\">{view}</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\">\
         <type>ContainerView</type><path>view</path></selectSet></objectSet></specSet>"
    );
    let spec = chunk(type_name, paths, &[], false).replace("</specSet>", &from) + "<options/>";
    let collector = ("PropertyCollector", collector);
    let mut pages = vec![raw.call("RetrievePropertiesEx", collector, &spec).await];
    while pages.last().unwrap().body.contains("<token>") {
        let token = pages.last().unwrap().token();
        pages.push(raw.call("ContinueRetrievePropertiesEx", collector, &token).await);
    }
    pages
}

#[tokio::test]
async fn a_recorded_vcenter_answers_as_it_did() {
    let simulator = replay("vcenter-5.5", Behavior { page: 10, ..Behavior::default() }).await;
    assert_eq!(simulator.instance_uuid(), Some("D6EB1D64-05B2-4937-BFF6-6F77C6E647B7"));
    let contents = simulator.contents();
    assert_eq!((contents.vms, contents.hosts, contents.clusters, contents.networks), (64, 16, 4, 8));
    let mut raw = logged_in(&simulator).await;
    let content = raw.call("RetrieveServiceContent", SERVICE, "").await;
    assert_eq!(content.between("<apiVersion>", "</apiVersion>"), "5.5");
    let pages = read(&mut raw, "group-d1", "propertyCollector", "VirtualMachine", &["name"]).await;
    let mut vms: Vec<&str> = pages.iter().flat_map(Reply::objects).collect();
    assert_eq!((pages.len(), vms.len()), (7, 64));
    vms.dedup();
    assert_eq!(vms.len(), 64);
    // What was recorded at deeper paths makes the whole, and a part that wasn't recorded isn't there.
    let paths = ["summary", "configuration.dasConfig.enabled", "configurationEx", "overallStatus"];
    let clusters =
        read(&mut raw, "group-d1", "propertyCollector", "ClusterComputeResource", &paths).await.remove(0);
    assert_eq!(
        clusters.body.matches("<val xsi:type=\"ClusterComputeResourceSummary\"><effectiveCpu").count(),
        4
    );
    assert_eq!(clusters.body.matches("<name>configuration.dasConfig.enabled</name>").count(), 4);
    assert!(!clusters.body.contains("configurationEx") && !clusters.body.contains("overallStatus"));
    let strict = read(
        &mut raw,
        "group-d1",
        "propertyCollector",
        "ClusterComputeResource",
        &["summary.currentEVCModeKey"],
    );
    assert_eq!(strict.await[0].fault(), "InvalidProperty");
}

#[tokio::test]
async fn a_recorded_host_has_its_own_names_for_what_every_server_has() {
    let simulator = replay("esxi-8.0.1", Behavior::default()).await;
    assert_eq!(simulator.instance_uuid(), None);
    let mut raw = crate::faults::raw(&simulator);
    let credentials =
        format!("<userName>{}</userName><password>{}</password>", simulator.user(), simulator.password());
    let manager = ("SessionManager", "ha-sessionmgr");
    assert_eq!(raw.call("Login", ("SessionManager", "SessionManager"), &credentials).await.status, 500);
    assert_eq!(raw.call("Login", manager, &credentials).await.status, 200);
    let pages =
        read(&mut raw, "ha-folder-root", "ha-property-collector", "VirtualMachine", &["name", "runtime"])
            .await;
    assert_eq!(pages[0].objects().len(), 3);
    assert!(
        pages[0].body.contains("<name>runtime</name><val xsi:type=\"VirtualMachineRuntimeInfo\"><host "),
        "{}",
        pages[0].body
    );
    assert_eq!(raw.call("Logout", manager, "").await.status, 200);
}

#[tokio::test]
async fn objects_without_parents_are_found_and_versions_come_as_recorded() {
    let simulator = replay("vcenter-8.0.3", Behavior::default()).await;
    let mut raw = logged_in(&simulator).await;
    let versions = raw.send(b"GET /sdk/vimServiceVersions.xml HTTP/1.0\r\n\r\n").await;
    assert!(String::from_utf8_lossy(&versions).contains("<version>uA046D008</version>"));
    for (type_name, count) in
        [("VirtualMachine", 3), ("HostSystem", 1), ("Datastore", 1), ("ManagedEntity", 7)]
    {
        let pages = read(&mut raw, "group-d1", "propertyCollector", type_name, &["name", "parent"]).await;
        assert_eq!(pages[0].objects().len(), count, "{type_name}");
    }
}

#[tokio::test]
async fn what_is_asked_for_whole_comes_byte_for_byte() {
    let name = "vcenter-8.0.1-vmc";
    let mut text = String::new();
    let packed = std::fs::read(file(name)).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*packed), &mut text).unwrap();
    let simulator = replay(name, Behavior::default()).await;
    let mut raw = logged_in(&simulator).await;
    for (type_name, path) in
        [("ClusterComputeResource", "configurationEx"), ("VirtualMachine", "guest"), ("Datastore", "info")]
    {
        let page = read(&mut raw, "group-d1", "propertyCollector", type_name, &[path]).await.remove(0);
        let sets: Vec<&str> = page.body.split("<propSet>").skip(1).collect();
        assert!(!sets.is_empty());
        for set in sets {
            let set = set.split("</propSet>").next().unwrap();
            assert!(text.contains(&format!("<propSet>{set}</propSet>")), "{set}");
        }
    }
}
