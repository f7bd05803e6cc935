//! Objects by reference, in chunks, several at a time on one session.

use simulator::Behavior;

use crate::faults::{logged_in, raw};
use crate::raw::{COLLECTOR, chunk};
use crate::support::{start, start_with};

const OPTIONS: &str = "<options><maxObjects>100</maxObjects></options>";

#[tokio::test]
async fn objects_that_are_gone_are_left_out_where_that_is_asked_for_and_a_fault_where_not() {
    let simulator = start(20, 1).await;
    let mut raw = logged_in(&simulator).await;
    let view = raw.view("VirtualMachine").await;
    let vms = raw.retrieve_view(&view, "VirtualMachine", &["name"], 100).await;
    let vms: Vec<(&str, &str)> = vms.objects().into_iter().map(|vm| ("VirtualMachine", vm)).collect();
    let gone = ("VirtualMachine", "vm-99999");
    let mut asked = vms.clone();
    asked.insert(3, gone);
    let with = chunk("VirtualMachine", &["name"], &asked, true) + OPTIONS;
    let reply = raw.call("RetrievePropertiesEx", COLLECTOR, &with).await;
    assert_eq!(reply.objects(), vms.iter().map(|(_, id)| *id).collect::<Vec<_>>());
    let without = chunk("VirtualMachine", &["name"], &asked, false) + OPTIONS;
    let fault = raw.call("RetrievePropertiesEx", COLLECTOR, &without).await;
    assert_eq!(
        (fault.fault(), fault.between("<obj type=\"VirtualMachine\">", "</obj>")),
        ("ManagedObjectNotFound", "vm-99999")
    );
    // All of them gone is an answer without objects; the other mistakes stay mistakes.
    let all = chunk("VirtualMachine", &["name"], &[gone], true) + OPTIONS;
    let nothing = raw.call("RetrievePropertiesEx", COLLECTOR, &all).await;
    assert!(nothing.status == 200 && !nothing.body.contains("returnval"), "{}", nothing.body);
    let path = chunk("VirtualMachine", &["no.such.path"], &[gone], true) + OPTIONS;
    assert_eq!(raw.call("RetrievePropertiesEx", COLLECTOR, &path).await.fault(), "InvalidProperty");
}

#[tokio::test]
async fn a_filter_leaves_out_what_is_gone_as_well() {
    let simulator = start(20, 1).await;
    let mut raw = logged_in(&simulator).await;
    let objects = [("Folder", "group-d1"), ("Folder", "group-v99999")];
    for (reports, status) in [(true, 200), (false, 500)] {
        let spec = chunk("Folder", &["name"], &objects, reports);
        let spec = spec.replace("specSet>", "spec>") + "<partialUpdates>false</partialUpdates>";
        assert_eq!(raw.call("CreateFilter", COLLECTOR, &spec).await.status, status);
    }
    let told = raw.call("WaitForUpdatesEx", COLLECTOR, "<version></version>").await;
    assert_eq!(told.body.matches("<kind>enter</kind>").count(), 1, "{}", told.body);
}

#[tokio::test]
async fn a_token_belongs_to_its_collector_and_ends_with_it() {
    let simulator = start(40, 1).await;
    let mut raw = logged_in(&simulator).await;
    let collectors = [
        raw.call("CreatePropertyCollector", COLLECTOR, "").await.made().to_owned(),
        raw.call("CreatePropertyCollector", COLLECTOR, "").await.made().to_owned(),
    ];
    let [one, other] = [("PropertyCollector", &*collectors[0]), ("PropertyCollector", &*collectors[1])];
    let view = raw.view("VirtualMachine").await;
    let page = raw.retrieve_view(&view, "VirtualMachine", &["name"], 100).await;
    let vms: Vec<(&str, &str)> = page.objects().into_iter().map(|vm| ("VirtualMachine", vm)).collect();
    let some =
        chunk("VirtualMachine", &["name"], &vms, true) + "<options><maxObjects>7</maxObjects></options>";
    let first = raw.call("RetrievePropertiesEx", one, &some).await;
    assert_eq!(first.objects().len(), 7);
    for stranger in [COLLECTOR, other] {
        let refused = raw.call("ContinueRetrievePropertiesEx", stranger, &first.token()).await;
        assert_eq!(refused.fault(), "InvalidArgument");
        assert_eq!(
            raw.call("CancelRetrievePropertiesEx", stranger, &first.token()).await.fault(),
            "InvalidArgument"
        );
    }
    let second = raw.call("ContinueRetrievePropertiesEx", one, &first.token()).await;
    assert_eq!(second.objects(), vms[7..14].iter().map(|(_, id)| *id).collect::<Vec<_>>());
    assert_eq!(raw.call("DestroyPropertyCollector", one, "").await.status, 200);
    for method in ["ContinueRetrievePropertiesEx", "DestroyPropertyCollector"] {
        assert_eq!(raw.call(method, one, &second.token()).await.fault(), "ManagedObjectNotFound");
    }
    assert_eq!(raw.call("RetrievePropertiesEx", other, &some).await.status, 200, "the other one lives");
}

#[tokio::test]
async fn a_server_may_refuse_collectors_and_then_the_shared_one_does_it_all() {
    let behavior = Behavior { own_collectors: false, ..Behavior::default() };
    let simulator = start_with(20, 1, behavior).await;
    let mut raw = logged_in(&simulator).await;
    assert_eq!(raw.call("CreatePropertyCollector", COLLECTOR, "").await.fault(), "MethodNotFound");
    let root = chunk("Folder", &["name"], &[("Folder", "group-d1")], true) + OPTIONS;
    assert_eq!(raw.call("RetrievePropertiesEx", COLLECTOR, &root).await.objects(), ["group-d1"]);
}

#[tokio::test]
async fn a_page_has_as_many_objects_as_asked_for_and_never_more_than_the_server_gives() {
    for (page, asked, expected) in [(100, 30, 30), (100, 500, 100), (250, 500, 250), (7, 500, 7), (7, 3, 3)] {
        let simulator = start_with(300, 1, Behavior { page, ..Behavior::default() }).await;
        let mut raw = logged_in(&simulator).await;
        let view = raw.view("VirtualMachine").await;
        let first = raw.retrieve_view(&view, "VirtualMachine", &["name"], asked).await;
        assert_eq!(first.objects().len(), expected, "{asked} of a server that gives {page}");
        let next = raw.call("ContinueRetrievePropertiesEx", COLLECTOR, &first.token()).await;
        assert!(!next.objects().is_empty() && next.objects().len() <= expected);
        simulator.stop().await;
    }
}

/// Also where the runtime has one thread only.
#[tokio::test]
async fn calls_on_one_session_are_answered_side_by_side() {
    const AT_ONCE: usize = 4;
    let simulator = start(20, 1).await;
    let first = logged_in(&simulator).await;
    simulator.gather(AT_ONCE);
    let root = chunk("Folder", &["name"], &[("Folder", "group-d1")], true) + OPTIONS;
    let mut calls = tokio::task::JoinSet::new();
    for own in [true, true, false, false] {
        let (mut raw, root) = (raw(&simulator), root.clone());
        raw.cookie.clone_from(&first.cookie);
        calls.spawn(async move {
            let collector = if own {
                raw.call("CreatePropertyCollector", COLLECTOR, "").await.made().to_owned()
            } else {
                COLLECTOR.1.to_owned()
            };
            raw.call("RetrievePropertiesEx", ("PropertyCollector", &collector), &root).await.status
        });
    }
    assert_eq!(calls.join_all().await, [200; AT_ONCE]);
    assert_eq!(simulator.most_pages_at_once(), AT_ONCE);
}
