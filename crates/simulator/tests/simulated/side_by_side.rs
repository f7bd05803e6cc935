//! The same requests to the simulator and to govmomi's, which is written by others: where both can answer, the
//! answers look the same.

use std::collections::{BTreeMap, BTreeSet};

use contract::Kind;
use simulator::Simulator;

use crate::faults::raw;
use crate::peer::Peer;
use crate::raw::{COLLECTOR, Raw, Reply, SERVICE, SESSION_MANAGER, VIEW_MANAGER, chunk};
use crate::shape::Shape;
use crate::support::{paths, start};

/// Both, logged in.
struct Both {
    _simulator: Simulator,
    _peer: Peer,
    ours: Raw,
    theirs: Raw,
}

const MODEL: [&str; 8] = ["--hosts-per-cluster", "8", "--vms", "12", "--datastores", "3", "--pods", "1"];

impl Both {
    async fn start() -> Both {
        let (simulator, peer) = (start(300, 1).await, Peer::start(&MODEL));
        let (ours, theirs) = (raw(&simulator), peer.raw());
        let mut both = Both { ours, theirs, _simulator: simulator, _peer: peer };
        let login = both.logins().await;
        same("Login", &login);
        both
    }

    async fn logins(&mut self) -> [Reply; 2] {
        let (user, password) = (self._simulator.user().to_owned(), self._simulator.password().to_owned());
        let ours = self.ours.login(&user, &password).await;
        let theirs = self.theirs.login(self._peer.text("user"), self._peer.text("pass")).await;
        [ours, theirs]
    }

    async fn call(&mut self, method: &str, this: (&str, &str), arguments: &str) -> [Reply; 2] {
        [self.ours.call(method, this, arguments).await, self.theirs.call(method, this, arguments).await]
    }
}

/// Status, elements, their order and their types are the same.
#[track_caller]
fn same(what: &str, [ours, theirs]: &[Reply; 2]) {
    assert_eq!(ours.status, theirs.status, "{what}: {} and {}", ours.body, theirs.body);
    let (own, other) = (Shape::of(&ours.body).bare(), Shape::of(&theirs.body).bare());
    assert_eq!(own, other, "{what}:\n{}\n{}", ours.body, theirs.body);
}

#[tokio::test]
async fn service_content_time_views_and_faults_look_the_same() {
    let mut both = Both::start().await;
    same("content", &both.call("RetrieveServiceContent", SERVICE, "").await);
    same("time", &both.call("CurrentTime", SERVICE, "").await);
    let container = "<container type=\"Folder\">group-d1</container><type>HostSystem</type>\
        <recursive>true</recursive>";
    let views = both.call("CreateContainerView", VIEW_MANAGER, container).await;
    same("view", &views);
    let id = |reply: &Reply| reply.between("<returnval type=\"ContainerView\">", "</returnval>").to_owned();
    let (own, other) = (id(&views[0]), id(&views[1]));
    let destroyed = [
        both.ours.call("DestroyView", ("ContainerView", &own), "").await,
        both.theirs.call("DestroyView", ("ContainerView", &other), "").await,
    ];
    same("destroyed view", &destroyed);
    let again = [
        both.ours.call("DestroyView", ("ContainerView", &own), "").await,
        both.theirs.call("DestroyView", ("ContainerView", &other), "").await,
    ];
    same("view that is gone", &again);
    let gone = ("HostSystem", "host-99999");
    let gone = [
        both.ours.retrieve(gone, "HostSystem", &["name"]).await,
        both.theirs.retrieve(gone, "HostSystem", &["name"]).await,
    ];
    same("unknown object", &gone);
    let container = container.replace("group-d1", "group-d99999");
    same("unknown container", &both.call("CreateContainerView", VIEW_MANAGER, &container).await);
    same("unknown method", &both.call("MakeCoffee", SERVICE, "").await);
    same("method of another type", &both.call("PowerOnVM_Task", ("Folder", "group-d1"), "").await);
    let again = both.logins().await;
    same("login while logged in", &again);
    same("logout", &both.call("Logout", SESSION_MANAGER, "").await);
    let root = ("Folder", "group-d1");
    let refused = [
        both.ours.retrieve(root, "Folder", &["name"]).await,
        both.theirs.retrieve(root, "Folder", &["name"]).await,
    ];
    same("no session", &refused);
    let wrong = [both.ours.login("root", "wrong").await, both.theirs.login("root", "wrong").await];
    same("wrong login", &wrong);
}

#[tokio::test]
async fn the_root_folder_looks_the_same_and_nothing_is_nothing() {
    let mut both = Both::start().await;
    let root = ("Folder", "group-d1");
    for paths in [&["name"][..], &["name", "parent"], &["childType"]] {
        let root = [
            both.ours.retrieve(root, "Folder", paths).await,
            both.theirs.retrieve(root, "Folder", paths).await,
        ];
        same("root folder", &root);
    }
    let (own, other) = (both.ours.view("OpaqueNetwork").await, both.theirs.view("OpaqueNetwork").await);
    let own = both.ours.retrieve_view(&own, "OpaqueNetwork", &["name"], 5).await;
    let other = both.theirs.retrieve_view(&other, "OpaqueNetwork", &["name"], 5).await;
    // A vCenter returns nothing where there is nothing, and not theirs: an empty list.
    assert!(own.body.contains("<RetrievePropertiesExResponse xmlns=\"urn:vim25\"></"), "{}", own.body);
    assert!(other.body.contains("<returnval></returnval>"), "{}", other.body);
}

#[tokio::test]
async fn pages_come_with_and_without_a_token_alike() {
    let mut both = Both::start().await;
    let (own, other) = (both.ours.view("VirtualMachine").await, both.theirs.view("VirtualMachine").await);
    let paths = ["name", "config.instanceUuid", "runtime.powerState"];
    let pages = [
        both.ours.retrieve_view(&own, "VirtualMachine", &paths, 2).await,
        both.theirs.retrieve_view(&other, "VirtualMachine", &paths, 2).await,
    ];
    same("first page", &pages);
    let token = |reply: &Reply| format!("<token>{}</token>", reply.between("<token>", "</token>"));
    let (own, other) = (token(&pages[0]), token(&pages[1]));
    let next = [
        both.ours.call("ContinueRetrievePropertiesEx", COLLECTOR, &own).await,
        both.theirs.call("ContinueRetrievePropertiesEx", COLLECTOR, &other).await,
    ];
    same("second page", &next);
    let (own, other) = (both.ours.view("Datacenter").await, both.theirs.view("Datacenter").await);
    let last = [
        both.ours.retrieve_view(&own, "Datacenter", &["overallStatus"], 1).await,
        both.theirs.retrieve_view(&other, "Datacenter", &["overallStatus"], 1).await,
    ];
    // We have two datacenters and they have one.
    assert!(last[0].body.contains("<token>") && !last[1].body.contains("<token>"));
}

#[tokio::test]
async fn a_chunk_through_a_collector_of_its_own_leaves_out_what_is_gone() {
    let mut both = Both::start().await;
    let made = both.call("CreatePropertyCollector", COLLECTOR, "").await;
    same("own collector", &made);
    let [own, other] = [made[0].made().to_owned(), made[1].made().to_owned()];
    let root = ("Folder", "group-d1");
    for (objects, reports) in
        [(&[root, ("Folder", "group-v99999")][..], true), (&[root], true), (&[root], false)]
    {
        let arguments = format!(
            "{}<options><maxObjects>5</maxObjects></options>",
            chunk("Folder", &["name"], objects, reports)
        );
        let chunks = [
            both.ours.call("RetrievePropertiesEx", ("PropertyCollector", &own), &arguments).await,
            both.theirs.call("RetrievePropertiesEx", ("PropertyCollector", &other), &arguments).await,
        ];
        same("chunk", &chunks);
        assert!(chunks.iter().all(|chunk| chunk.objects() == ["group-d1"]), "{chunks:?}");
    }
    let arguments = chunk("Folder", &["name"], &[root, ("Folder", "group-v99999")], false) + "<options/>";
    same("what is gone is a fault", &both.call("RetrievePropertiesEx", COLLECTOR, &arguments).await);
    for what in ["destroyed collector", "collector that is gone"] {
        let destroyed = [
            both.ours.call("DestroyPropertyCollector", ("PropertyCollector", &own), "").await,
            both.theirs.call("DestroyPropertyCollector", ("PropertyCollector", &other), "").await,
        ];
        same(what, &destroyed);
    }
}

/// The root folder, and a traversal from it to what lies below.
const WALK: &str = "<objectSet><obj type=\"Folder\">group-d1</obj><skip>false</skip><selectSet \
    xsi:type=\"TraversalSpec\"><name>folder</name><type>Folder</type><path>childEntity</path><skip>false</skip>\
    <selectSet><name>folder</name></selectSet><selectSet><name>datacenter</name></selectSet></selectSet><selectSet \
    xsi:type=\"TraversalSpec\"><name>datacenter</name><type>Datacenter</type><path>hostFolder</path><skip>true</skip>\
    <selectSet><name>folder</name></selectSet></selectSet></objectSet>";

/// Objects in an answer by type, each shape once.
fn objects(body: &str, element: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = Vec::new();
    let whole = Shape::of(body);
    whole.all(element, &mut found);
    let mut objects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for object in found {
        let kind = object.child("obj").and_then(|obj| obj.refers.clone()).unwrap();
        objects.entry(kind).or_default().insert(format!("{:?}", object.clone().bare()));
    }
    objects
}

#[tokio::test]
async fn a_walk_from_folder_to_datacenter_looks_the_same() {
    let mut both = Both::start().await;
    for type_name in ["Datacenter", "ClusterComputeResource"] {
        let properties = format!("<propSet><type>{type_name}</type><pathSet>name</pathSet></propSet>");
        let arguments = format!("<specSet>{properties}{WALK}</specSet><options/>");
        let [ours, theirs] = both.call("RetrievePropertiesEx", COLLECTOR, &arguments).await;
        assert_eq!((ours.status, theirs.status), (200, 200), "{} and {}", ours.body, theirs.body);
        let (own, other) = (objects(&ours.body, "objects"), objects(&theirs.body, "objects"));
        assert_eq!(own.keys().collect::<Vec<_>>(), [type_name]);
        assert_eq!(own, other, "{}\n{}", ours.body, theirs.body);
    }
}

#[tokio::test]
async fn a_filter_and_the_first_updates_look_the_same() {
    let mut both = Both::start().await;
    let spec = format!(
        "<spec><propSet><type>Datacenter</type><pathSet>name</pathSet></propSet>{WALK}</spec>\
         <partialUpdates>false</partialUpdates>"
    );
    let filters = both.call("CreateFilter", COLLECTOR, &spec).await;
    same("filter", &filters);
    let updates = both.call("WaitForUpdatesEx", COLLECTOR, "<version></version>").await;
    assert_eq!((updates[0].status, updates[1].status), (200, 200));
    for (filter, update) in filters.iter().zip(&updates) {
        let filter = filter.between("<returnval type=\"PropertyFilter\">", "</returnval>");
        assert!(
            update.body.contains(&format!("<filter type=\"PropertyFilter\">{filter}</filter>")),
            "{}",
            update.body
        );
    }
    let [own, other] = [&updates[0], &updates[1]].map(|update| objects(&update.body, "objectSet"));
    assert_eq!(own, other, "{}\n{}", updates[0].body, updates[1].body);
}

#[tokio::test]
async fn the_list_of_versions_looks_the_same() {
    let both = Both::start().await;
    let request = b"GET /sdk/vimServiceVersions.xml HTTP/1.0\r\n\r\n";
    let [ours, theirs] = [both.ours.send(request).await, both.theirs.send(request).await].map(|answer| {
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{head}");
        body.to_owned()
    });
    let ways = |body: &str| -> BTreeSet<String> {
        let mut ways = BTreeSet::new();
        paths_of(&Shape::of(body), "", &mut ways);
        ways
    };
    assert!(ours.contains("<name>urn:vim25</name>") && theirs.contains("<name>urn:vim25</name>"));
    assert_eq!(ways(&ours), ways(&theirs), "{ours}\n{theirs}");
}

/// Where elements stand, each place once.
fn paths_of(shape: &Shape, above: &str, found: &mut BTreeSet<String>) {
    let path = format!("{above}/{}", shape.name);
    shape.children.iter().for_each(|child| paths_of(child, &path, found));
    found.insert(path);
}

/// Where a wrong token is answered by another fault: theirs is not a vCenter's.
#[tokio::test]
async fn a_wrong_token_is_a_fault_to_both() {
    let mut both = Both::start().await;
    let [ours, theirs] = both.call("ContinueRetrievePropertiesEx", COLLECTOR, "<token>made-up</token>").await;
    assert_eq!((ours.fault(), theirs.fault()), ("InvalidArgument", "InvalidPropertyFault"));
}

/// Values by path, of all objects of a kind.
async fn values(raw: &mut Raw, kind: Kind, paths: &[&str]) -> BTreeMap<String, Vec<Shape>> {
    let mut found: BTreeMap<String, Vec<Shape>> = BTreeMap::new();
    // Theirs answers what its types don't have, and ours is strict: a view of the exact type is asked for.
    let view = raw.view(kind.object_type()).await;
    let mut reply = raw.retrieve_view(&view, kind.object_type(), paths, 50).await;
    loop {
        assert_eq!(reply.status, 200, "{kind}: {}", reply.body);
        let (page, mut sets) = (Shape::of(&reply.body), Vec::new());
        page.all("propSet", &mut sets);
        for set in sets {
            let path = set.child("name").and_then(|name| name.text.clone()).unwrap();
            let known = found.entry(path).or_default();
            // Without a value (their later pages) there is nothing to look at; many of one shape are one.
            if let Some(value) = set.child("val").filter(|value| !known.contains(value)) {
                known.push(value.clone());
            }
        }
        if !reply.body.contains("<token>") {
            return found;
        }
        let token = format!("<token>{}</token>", reply.between("<token>", "</token>"));
        reply = raw.call("ContinueRetrievePropertiesEx", COLLECTOR, &token).await;
    }
}

#[tokio::test]
async fn properties_have_the_same_types_and_fields() {
    let mut both = Both::start().await;
    let (mut strays, mut only_ours) = (Vec::new(), BTreeSet::new());
    for kind in Kind::READ {
        let paths = paths(kind);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let ours = values(&mut both.ours, kind, &paths).await;
        let theirs = values(&mut both.theirs, kind, &paths).await;
        for (path, values) in &ours {
            let others: Vec<&Shape> = theirs.get(path).into_iter().flatten().collect();
            if others.is_empty() {
                only_ours.insert(format!("{kind} {path}"));
                continue;
            }
            values
                .iter()
                .for_each(|value| value.strays_from(&others, &format!("{kind} {path}"), &mut strays));
        }
        for path in theirs.keys() {
            assert!(ours.contains_key(path), "{kind} {path} is theirs alone");
        }
    }
    strays.sort();
    strays.dedup();
    assert_eq!(strays, EXPECTED);
    assert_eq!(only_ours.iter().map(String::as_str).collect::<Vec<_>>(), ONLY_OURS);
}

/// Where ours differs, and should.
const EXPECTED: [&str; 6] = [
    // Theirs has no EVC mode, and ours doesn't sum up what the cluster's VMs use.
    "clusters summary: [\"totalCpu\", \"totalMemory\", \"numCpuCores\", \"numCpuThreads\", \"effectiveCpu\", \
     \"effectiveMemory\", \"numHosts\", \"numEffectiveHosts\", \"overallStatus\", \"currentFailoverLevel\", \
     \"numVmotions\", \"currentEVCModeKey\"] and not [\"totalCpu\", \"totalMemory\", \"numCpuCores\", \
     \"numCpuThreads\", \"effectiveCpu\", \"effectiveMemory\", \"numHosts\", \"numEffectiveHosts\", \
     \"overallStatus\", \"currentFailoverLevel\", \"numVmotions\", \"usageSummary\"]",
    // A vCenter tells where a host has mounted a datastore.
    "datastores host/DatastoreHostMount/mountInfo: [\"path\", \"accessMode\", \"mounted\", \"accessible\"] and not \
     [\"accessMode\", \"mounted\", \"accessible\"]",
    // Theirs has local datastores alone.
    "datastores info: NasDatastoreInfo and not VmfsDatastoreInfo",
    "datastores info: VsanDatastoreInfo and not VmfsDatastoreInfo",
    // What the vSphere client sets for a new VM; theirs is what its own templates have.
    "vms config.hardware.device/VirtualDevice/backing: VirtualCdromRemotePassthroughBackingInfo and not \
     VirtualCdromAtapiBackingInfo",
    // Their VMs have E1000 cards, which have the same fields.
    "vms config.hardware.device/VirtualDevice: VirtualVmxnet3 and not VirtualPCIController",
];

/// What theirs never has a value for: it keeps most of a cluster's settings in configurationEx alone, and knows neither
/// alarm actions nor time servers nor BMCs nor paths to storage nor HA agents, nor anybody who manages a VM.
const ONLY_OURS: [&str; 10] = [
    "clusters alarmActionsEnabled",
    "clusters configuration.drsConfig.defaultVmBehavior",
    "clusters configuration.drsConfig.enabled",
    "hosts alarmActionsEnabled",
    "hosts config.dateTimeInfo.ntpConfig.server",
    "hosts config.ipmi.bmcIpAddress",
    "hosts config.ipmi.bmcMacAddress",
    "hosts config.multipathState.path",
    "hosts runtime.dasHostState.state",
    "vms config.managedBy",
];
