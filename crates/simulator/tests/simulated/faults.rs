//! Sessions, tokens and views die as a vCenter's do, and everything wrong is answered by the fault that it answers.

use std::time::Duration;

use simulator::{Access, Error, Options, Simulator};

use crate::raw::{COLLECTOR, Raw, SERVICE, SESSION_MANAGER, VIEW_MANAGER, enveloped};
use crate::support::start;

pub(crate) fn raw(simulator: &Simulator) -> Raw {
    Raw::new(&simulator.address().to_string(), simulator.ca_pem())
}

pub(crate) async fn logged_in(simulator: &Simulator) -> Raw {
    let mut raw = raw(simulator);
    let reply = raw.login(simulator.user(), simulator.password()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(raw.cookie.is_some());
    raw
}

#[tokio::test]
async fn sizes_that_no_estate_has_are_refused() {
    for vms in [0, 30_001, u32::MAX] {
        let refused = Simulator::start(Options::new(vms, 1)).await;
        assert!(matches!(refused, Err(Error::Size { vms: named }) if named == vms));
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_and_one_given_back_is_free() {
    let simulator = start(1, 1).await;
    let port = simulator.address().port();
    assert!(simulator.address().ip().is_loopback());
    let options = || Options { access: Access { port, ..Access::default() }, ..Options::new(1, 1) };
    assert!(matches!(Simulator::start(options()).await, Err(Error::Listen { .. })));
    simulator.stop().await;
    Simulator::start(options()).await.unwrap().stop().await;
}

#[tokio::test]
async fn nothing_is_read_without_a_session() {
    let simulator = start(10, 1).await;
    let mut raw = raw(&simulator);
    assert_eq!(raw.call("RetrieveServiceContent", SERVICE, "").await.status, 200);
    for cookie in [None, Some("vmware_soap_session=\"made-up\"")] {
        raw.cookie = cookie.map(str::to_owned);
        assert_eq!(raw.call("CurrentTime", SERVICE, "").await.fault(), "NotAuthenticated");
        assert_eq!(raw.call("Logout", SESSION_MANAGER, "").await.fault(), "NotAuthenticated");
        let refused = raw.retrieve(("Folder", "group-d1"), "Folder", &["name"]).await;
        assert_eq!(refused.fault(), "NotAuthenticated");
        assert!(refused.body.contains("<privilegeId>System.View</privilegeId>"));
    }
}

#[tokio::test]
async fn wrong_logins_are_rejected_and_five_of_them_lock_the_account() {
    let simulator = start(1, 1).await;
    let mut raw = raw(&simulator);
    for (user, password) in [("root", simulator.password()), ("", ""), (simulator.user(), "")] {
        assert_eq!(raw.login(user, password).await.fault(), "InvalidLogin");
    }
    for _ in 0..3 {
        assert_eq!(raw.login(simulator.user(), "wrong").await.fault(), "InvalidLogin");
    }
    let reply = raw.login(simulator.user(), simulator.password()).await;
    assert_eq!(reply.status, 200, "four are not too many: {}", reply.body);
    raw.cookie = None;
    for _ in 0..5 {
        assert_eq!(raw.login(simulator.user(), "wrong").await.fault(), "InvalidLogin");
    }
    assert_eq!(raw.login(simulator.user(), simulator.password()).await.fault(), "InvalidLogin");
}

#[tokio::test]
async fn a_token_works_once_and_only_in_its_session() {
    let simulator = start(40, 1).await;
    let (mut one, mut other) = (logged_in(&simulator).await, logged_in(&simulator).await);
    let view = one.view("VirtualMachine").await;
    let page = one.retrieve_view(&view, "VirtualMachine", &["name"], 3).await;
    assert_eq!(page.body.matches("<objects>").count(), 3);
    let token = format!("<token>{}</token>", page.between("<token>", "</token>"));
    let stolen = other.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await;
    assert_eq!(stolen.fault(), "InvalidArgument");
    assert_eq!(stolen.between("<invalidProperty>", "</invalidProperty>"), "token");
    let next = one.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await;
    assert_eq!(next.body.matches("<objects>").count(), 3);
    assert_eq!(one.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await.fault(), "InvalidArgument");
    let token = format!("<token>{}</token>", next.between("<token>", "</token>"));
    assert_eq!(one.call("CancelRetrievePropertiesEx", COLLECTOR, &token).await.status, 200);
    assert_eq!(one.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await.fault(), "InvalidArgument");
}

#[tokio::test]
async fn views_die_with_their_session_and_are_nobody_elses() {
    let simulator = start(10, 1).await;
    let (mut one, mut other) = (logged_in(&simulator).await, logged_in(&simulator).await);
    let view = one.view("HostSystem").await;
    let gone = other.retrieve_view(&view, "HostSystem", &["name"], 10).await;
    assert_eq!(gone.fault(), "ManagedObjectNotFound");
    assert_eq!(gone.between("<obj type=\"ContainerView\">", "</obj>"), view);
    assert_eq!(
        other.call("DestroyView", ("ContainerView", &view), "").await.fault(),
        "ManagedObjectNotFound"
    );
    assert_eq!(one.retrieve_view(&view, "HostSystem", &["name"], 10).await.status, 200);
    assert_eq!(one.call("DestroyView", ("ContainerView", &view), "").await.status, 200);
    assert_eq!(one.retrieve_view(&view, "HostSystem", &["name"], 10).await.fault(), "ManagedObjectNotFound");
    let view = one.view("HostSystem").await;
    assert_eq!(one.call("Logout", SESSION_MANAGER, "").await.status, 200);
    assert_eq!(one.retrieve_view(&view, "HostSystem", &["name"], 10).await.fault(), "NotAuthenticated");
    one.cookie = None;
    assert_eq!(one.login(simulator.user(), simulator.password()).await.status, 200);
    assert_eq!(one.retrieve_view(&view, "HostSystem", &["name"], 10).await.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn tokens_filters_and_collectors_die_with_their_session() {
    let simulator = start(40, 1).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("VirtualMachine").await;
    let page = raw.retrieve_view(&view, "VirtualMachine", &["name"], 3).await;
    let token = format!("<token>{}</token>", page.between("<token>", "</token>"));
    let collector = raw.call("CreatePropertyCollector", COLLECTOR, "").await;
    let collector = collector.between("<returnval type=\"PropertyCollector\">", "</returnval>").to_owned();
    let filter = raw.call("CreateFilter", COLLECTOR, FILTER).await;
    let filter = filter.between("<returnval type=\"PropertyFilter\">", "</returnval>").to_owned();
    assert_eq!(raw.call("Logout", SESSION_MANAGER, "").await.status, 200);
    raw.cookie = None;
    assert_eq!(raw.login(simulator.user(), simulator.password()).await.status, 200);
    let next = raw.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await;
    assert_eq!(
        (next.fault(), next.between("<invalidProperty>", "</invalidProperty>")),
        ("InvalidArgument", "token")
    );
    let own = ("PropertyCollector", collector.as_str());
    for method in ["DestroyPropertyCollector", "WaitForUpdatesEx"] {
        assert_eq!(raw.call(method, own, "").await.fault(), "ManagedObjectNotFound");
    }
    let destroyed = raw.call("DestroyPropertyFilter", ("PropertyFilter", &filter), "").await;
    assert_eq!(destroyed.fault(), "ManagedObjectNotFound");
    let told =
        raw.call("WaitForUpdatesEx", COLLECTOR, "<options><maxWaitSeconds>0</maxWaitSeconds></options>");
    assert!(!told.await.body.contains("returnval"), "there is nothing to tell of");
}

/// What there is to know of the root folder.
const FILTER: &str = "<spec><propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet>\
    <obj type=\"Folder\">group-d1</obj></objectSet></spec><partialUpdates>false</partialUpdates>";

#[tokio::test]
async fn a_session_holds_only_so_much() {
    let simulator = start(40, 1).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("VirtualMachine").await;
    for _ in 0..64 {
        assert_eq!(raw.retrieve_view(&view, "VirtualMachine", &["name"], 1).await.status, 200);
    }
    let token = raw.retrieve_view(&view, "VirtualMachine", &["name"], 1).await;
    assert_eq!(token.fault(), "LimitExceeded");
    assert_eq!(raw.retrieve_view(&view, "VirtualMachine", &["name"], 100).await.status, 200, "it needs none");
    // The part of the shared collector that is this session's counts as one.
    for _ in 0..63 {
        assert_eq!(raw.call("CreateFilter", COLLECTOR, FILTER).await.status, 200);
    }
    assert_eq!(raw.call("CreateFilter", COLLECTOR, FILTER).await.fault(), "LimitExceeded");
    assert_eq!(raw.call("CreatePropertyCollector", COLLECTOR, "").await.fault(), "LimitExceeded");
    assert_eq!(raw.call("DestroyView", ("ContainerView", &view), "").await.status, 200);
    let arguments = "<container type=\"Folder\">group-d1</container><recursive>true</recursive>";
    for _ in 0..64 {
        assert_eq!(raw.call("CreateContainerView", VIEW_MANAGER, arguments).await.status, 200);
    }
    assert_eq!(raw.call("CreateContainerView", VIEW_MANAGER, arguments).await.fault(), "LimitExceeded");
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let simulator = start(10, 1).await;
    let mut raw = logged_in(&simulator).await;
    let path = raw.retrieve(("Folder", "group-d1"), "Folder", &["name", "no.such.path"]).await;
    assert_eq!((path.fault(), path.between("<name>", "</name>")), ("InvalidProperty", "no.such.path"));
    // A path that only a subtype has is unknown to the type, as on a vCenter.
    let view = raw.view("ComputeResource").await;
    let path = raw.retrieve_view(&view, "ComputeResource", &["configuration.dasConfig.enabled"], 10).await;
    assert_eq!(path.fault(), "InvalidProperty");
    for object in
        [("HostSystem", "host-99999"), ("HostSystem", "group-d1"), ("Folder", "host-1"), ("Nothing", "x")]
    {
        let object = raw.retrieve(object, "ManagedEntity", &["name"]).await;
        assert_eq!(object.fault(), "ManagedObjectNotFound", "{}", object.body);
    }
    let kind = raw.retrieve(("Folder", "group-d1"), "NoSuchType", &["name"]).await;
    assert_eq!(kind.fault(), "InvalidArgument");
    for (this, fault) in [
        (SERVICE, "MethodNotFound"),
        (("Folder", "group-d1"), "MethodNotFound"),
        (("EventManager", "EventManager"), "MethodNotFound"),
        (("VirtualMachine", "vm-999999"), "ManagedObjectNotFound"),
        (("ServiceInstance", "another"), "ManagedObjectNotFound"),
        (("PropertyCollector", "another"), "ManagedObjectNotFound"),
    ] {
        let reply = raw.call("Destroy_Task", this, "").await;
        assert_eq!(reply.fault(), fault, "{this:?}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_a_fault_and_what_is_no_path_of_ours_is_not_found() {
    let simulator = start(1, 1).await;
    let mut raw = logged_in(&simulator).await;
    let no_this = enveloped("<CurrentTime xmlns=\"urn:vim25\"/>");
    for body in ["", "hello", "<a>", "<a/>", "{}", &enveloped(""), &no_this] {
        assert_eq!(raw.post(body.as_bytes()).await.fault(), "InvalidRequest", "{body}");
    }
    let status = |answer: Vec<u8>| String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().to_owned();
    assert_eq!(status(raw.send(b"GET /ui HTTP/1.0\r\n\r\n").await), "404");
    assert_eq!(status(raw.send(b"GET /sdk HTTP/1.0\r\n\r\n").await), "405");
    assert_eq!(status(raw.send(b"GET /sdk/vimServiceVersions.xml HTTP/1.0\r\n\r\n").await), "200");
    let large = format!("POST /sdk HTTP/1.0\r\nContent-Length: {}\r\n\r\n", 2 << 20);
    let answer = raw.send(&[large.as_bytes(), &vec![b'a'; 2 << 20]].concat()).await;
    assert!(answer.is_empty() || status(answer) == "413");
}

#[tokio::test]
async fn a_disconnected_host_has_no_config_and_still_a_summary() {
    let simulator = start(300, 1).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("HostSystem").await;
    let paths =
        ["runtime.connectionState", "config", "config.network.pnic", "summary.config.product.version"];
    let page = raw.retrieve_view(&view, "HostSystem", &paths, 100).await;
    let mut lost = 0;
    for host in page.body.split("<objects>").skip(1) {
        let is_connected = host.contains(">connected<");
        lost += u32::from(!is_connected);
        assert_eq!(host.contains("<name>config</name>"), is_connected, "{host}");
        assert_eq!(host.contains("<name>config.network.pnic</name>"), is_connected, "{host}");
        assert!(host.contains("<name>summary.config.product.version</name>"), "{host}");
    }
    assert!(lost > 0);
}

#[tokio::test]
async fn stopping_does_not_wait_for_idle_connections() {
    let simulator = start(1, 1).await;
    let raw = logged_in(&simulator).await;
    let _idle = raw.connect().await;
    tokio::time::timeout(Duration::from_secs(5), simulator.stop()).await.unwrap();
}

#[tokio::test]
async fn an_answer_is_packed_for_those_who_take_it() {
    let simulator = start(100, 1).await;
    let raw = raw(&simulator);
    let request = enveloped(
        "<RetrieveServiceContent xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this>\
         </RetrieveServiceContent>",
    );
    for (header, is_packed) in [("Accept-Encoding: gzip\r\n", true), ("", false)] {
        let head = format!(
            "POST /sdk HTTP/1.0\r\nSOAPAction: urn:vim25\r\n{header}Content-Length: {}\r\n\r\n",
            request.len()
        );
        let answer = raw.send(&[head.as_bytes(), request.as_bytes()].concat()).await;
        let head = String::from_utf8_lossy(&answer).to_lowercase();
        assert_eq!(head.contains("content-encoding: gzip"), is_packed, "{head}");
    }
}
