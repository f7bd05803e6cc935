//! Paths lead through declared types and nowhere else, as on a vCenter.

use simulator::{Behavior, Named};

use crate::faults::logged_in;
use crate::support::{start, start_with};

/// Paths into what only a subtype has, each with the part of it that nobody declares.
const INTO_SUBTYPES: [(&str, &str, &str); 5] = [
    ("ClusterComputeResource", "configurationEx.dasConfig.enabled", "configurationEx.dasConfig"),
    ("ClusterComputeResource", "configurationEx.drsConfig", "configurationEx.drsConfig"),
    ("ClusterComputeResource", "summary.currentEVCModeKey", "summary.currentEVCModeKey"),
    ("ResourcePool", "parentFolder", "parentFolder"),
    ("Folder", "summary.capacity", "summary"),
];

#[tokio::test]
async fn a_path_into_a_subtype_is_refused_by_its_whole_name() {
    let simulator = start(20, 1).await;
    let mut raw = logged_in(&simulator).await;
    for (type_name, path, _) in INTO_SUBTYPES {
        let reply = raw.retrieve(("Folder", "group-d1"), type_name, &["name", path]).await;
        assert_eq!((reply.fault(), reply.between("<name>", "</name>")), ("InvalidProperty", path));
    }
}

#[tokio::test]
async fn a_server_may_name_only_so_much_of_a_path_as_it_does_not_know() {
    let behavior = Behavior { invalid_property: Named::Prefix, ..Behavior::default() };
    let simulator = start_with(20, 1, behavior).await;
    let mut raw = logged_in(&simulator).await;
    for (type_name, path, prefix) in INTO_SUBTYPES {
        let reply = raw.retrieve(("Folder", "group-d1"), type_name, &["name", path]).await;
        assert_eq!((reply.fault(), reply.between("<name>", "</name>")), ("InvalidProperty", prefix));
    }
}

#[tokio::test]
async fn what_is_asked_for_whole_is_of_the_subtype_that_it_is() {
    let simulator = start(1_000, 9).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("ClusterComputeResource").await;
    let paths = [
        "configuration.dasConfig.enabled",
        "configuration.dasConfig.admissionControlEnabled",
        "configuration.drsConfig.enabled",
        "configuration.drsConfig.defaultVmBehavior",
        "configurationEx",
        "summary",
    ];
    let clusters = raw.retrieve_view(&view, "ClusterComputeResource", &paths, 100).await;
    assert!(clusters.objects().len() > 1);
    for cluster in clusters.body.split("<objects>").skip(1) {
        for path in paths {
            assert!(cluster.contains(&format!("<name>{path}</name><val xsi:type=")), "{path} in {cluster}");
        }
        assert!(cluster.contains("xsi:type=\"ClusterComputeResourceSummary\">"), "{cluster}");
        assert!(cluster.contains("xsi:type=\"ClusterConfigInfoEx\">"), "{cluster}");
        assert!(cluster.contains("xsi:type=\"DrsBehavior\">"), "{cluster}");
    }
    assert!(clusters.body.contains("<currentEVCModeKey>"), "{}", clusters.body);
    let view = raw.view("VirtualApp").await;
    let apps = raw.retrieve_view(&view, "VirtualApp", &["parentFolder"], 100).await;
    assert!(!apps.objects().is_empty());
    assert!(apps.body.contains(
        "<name>parentFolder</name><val type=\"Folder\" xsi:type=\"ManagedObjectReference\">group-v"
    ));
}
