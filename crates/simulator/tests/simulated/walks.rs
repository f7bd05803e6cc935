//! What a request must say about itself, about objects and traversals, and how far it may go.

use crate::faults::logged_in;
use crate::raw::{COLLECTOR, Raw, Reply, VIEW_MANAGER, enveloped};
use crate::support::start;

const ROOT: &str = "<obj type=\"Folder\">group-d1</obj>";

fn spec(type_name: &str, path: &str, from: &str) -> String {
    format!(
        "<propSet><type>{type_name}</type><pathSet>{path}</pathSet></propSet><objectSet>{from}</objectSet>"
    )
}

fn select(type_name: &str, path: &str, below: &str) -> String {
    format!(
        "<selectSet xsi:type=\"TraversalSpec\"><type>{type_name}</type><path>{path}</path>{below}</selectSet>"
    )
}

/// Retrieves what is asked for in each specSet.
async fn retrieve(raw: &mut Raw, specs: &[String]) -> Reply {
    let sets: String = specs.iter().map(|spec| format!("<specSet>{spec}</specSet>")).collect();
    raw.call("RetrievePropertiesEx", COLLECTOR, &format!("{sets}<options/>")).await
}

#[tokio::test]
async fn a_version_that_is_not_spoken_and_a_foreign_namespace_are_no_requests() {
    let simulator = start(1, 1).await;
    let mut raw = logged_in(&simulator).await;
    let request = |namespace: &str| {
        enveloped(&format!(
            "<CurrentTime{namespace}><_this type=\"ServiceInstance\">ServiceInstance</_this></CurrentTime>"
        ))
    };
    let ours = request(" xmlns=\"urn:vim25\"");
    for action in [
        "urn:vim25/8.0.3.0",
        "\"urn:vim25/8.0.2.0\"",
        "urn:vim25/6.5",
        "urn:vim25/9.1.0.0",
        "urn:vim25",
        "\"urn:vim25\"",
    ] {
        let header = format!("SOAPAction: {action}\r\n");
        assert_eq!(raw.post_as(&header, ours.as_bytes()).await.status, 200, "{action}");
    }
    let unknown = [
        "urn:vim25/8.0.3",
        "urn:vim25/7.9.9.9",
        "urn:vim25/9.x",
        "urn:vim25/",
        "urn:vim2/2.0",
        "urn:vim258.0.3.0",
        "",
    ];
    for action in unknown {
        let header = format!("SOAPAction: {action}\r\n");
        assert_eq!(raw.post_as(&header, ours.as_bytes()).await.fault(), "InvalidRequest", "{action}");
    }
    assert_eq!(raw.post_as("", ours.as_bytes()).await.fault(), "InvalidRequest");
    for namespace in ["", " xmlns=\"urn:vim2\"", " xmlns=\"urn:vim25/8.0.3.0\""] {
        assert_eq!(raw.post(request(namespace).as_bytes()).await.fault(), "InvalidRequest", "{namespace}");
    }
}

#[tokio::test]
async fn an_argument_that_is_required_and_missing_is_no_request() {
    let simulator = start(5, 1).await;
    let mut raw = logged_in(&simulator).await;
    let name = spec("Folder", "name", ROOT);
    let whole = [
        (
            "CreateContainerView",
            VIEW_MANAGER,
            "<container type=\"Folder\">group-d1</container>@<recursive>true</recursive>".to_owned(),
        ),
        ("RetrievePropertiesEx", COLLECTOR, format!("<specSet>{name}</specSet>@<options/>")),
        ("CreateFilter", COLLECTOR, format!("<spec>{name}</spec>@<partialUpdates>false</partialUpdates>")),
    ];
    for (method, this, arguments) in whole {
        let (one, other) = arguments.split_once('@').unwrap();
        assert_eq!(raw.call(method, this, &arguments.replace('@', "")).await.status, 200, "{method}");
        let without = raw.call(method, this, one).await;
        assert_eq!(without.fault(), "InvalidRequest", "{method}");
        if method != "RetrievePropertiesEx" {
            assert_eq!(raw.call(method, this, other).await.fault(), "InvalidRequest", "{method}");
        }
    }
    for method in ["ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx"] {
        assert_eq!(raw.call(method, COLLECTOR, "").await.fault(), "InvalidRequest");
    }
}

#[tokio::test]
async fn a_traversal_says_that_it_is_one_and_is_checked_where_nothing_comes_by() {
    let simulator = start(5, 1).await;
    let mut raw = logged_in(&simulator).await;
    let down = |select: &str| spec("Datacenter", "name", &format!("{ROOT}<skip>true</skip>{select}"));
    let children = |below: &str| select("Folder", "childEntity", below);
    let reply = retrieve(&mut raw, &[down(&children(""))]).await;
    assert_eq!(reply.body.matches("<objects>").count(), 1, "{}", reply.body);
    let untyped = children("").replace(" xsi:type=\"TraversalSpec\"", "");
    let another = children("").replace("TraversalSpec", "ObjectSpec");
    let no_path = "<selectSet xsi:type=\"TraversalSpec\"><type>Folder</type></selectSet>";
    let no_type = "<selectSet xsi:type=\"TraversalSpec\"><path>childEntity</path></selectSet>";
    for wrong in [&untyped, &another, no_path, no_type, &children(&untyped)] {
        assert_eq!(retrieve(&mut raw, &[down(wrong)]).await.fault(), "InvalidRequest", "{wrong}");
    }
    // No walk from a folder comes by these.
    for (wrong, fault) in [
        (select("VirtualMachine", "no.such.path", ""), "InvalidProperty"),
        (select("ContainerView", "no.such.path", ""), "InvalidProperty"),
        (select("NoSuchType", "childEntity", ""), "InvalidArgument"),
        (
            select("VirtualMachine", "network", "<selectSet><name>nowhere</name></selectSet>"),
            "InvalidArgument",
        ),
    ] {
        assert_eq!(retrieve(&mut raw, &[down(&wrong)]).await.fault(), fault, "{wrong}");
        assert_eq!(retrieve(&mut raw, &[down(&children(&wrong))]).await.fault(), fault, "{wrong}");
    }
}

#[tokio::test]
async fn properties_are_read_of_the_objects_of_their_own_spec_set() {
    let simulator = start(5, 1).await;
    let mut raw = logged_in(&simulator).await;
    let children = format!("{ROOT}<skip>true</skip>{}", select("Folder", "childEntity", ""));
    let specs = [spec("Folder", "name", ROOT), spec("ManagedEntity", "overallStatus", &children)];
    let reply = retrieve(&mut raw, &specs).await;
    let objects: Vec<&str> = reply.body.split("<objects>").skip(1).collect();
    assert_eq!(objects.len(), 2, "{}", reply.body);
    assert!(objects[0].contains("group-d1<") && objects[0].contains("<name>name</name>"));
    assert!(!objects[0].contains("overallStatus"), "{}", objects[0]);
    assert!(objects[1].contains("datacenter-") && objects[1].contains("<name>overallStatus</name>"));
}

/// Four thousand traversals of one view, in so many object sets.
async fn view_four_thousand_times(raw: &mut Raw, view: &str, sets: usize) -> Reply {
    let selects = select("ContainerView", "view", "").repeat(4_000 / sets);
    let set = format!("<objectSet><obj type=\"ContainerView\">{view}</obj>{selects}</objectSet>");
    let properties = "<propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>";
    retrieve(raw, &[format!("{properties}{}", set.repeat(sets))]).await
}

#[tokio::test]
async fn a_request_meets_only_so_many_objects_however_it_asks() {
    let simulator = start(600, 1).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("VirtualMachine").await;
    for sets in [1, 4, 400] {
        let reply = view_four_thousand_times(&mut raw, &view, sets).await;
        assert_eq!(
            (reply.fault(), reply.between("<property>", "</property>")),
            ("LimitExceeded", "selectSet")
        );
    }
    let hosts = raw.view("HostSystem").await;
    assert_eq!(view_four_thousand_times(&mut raw, &hosts, 4).await.status, 200);
}
