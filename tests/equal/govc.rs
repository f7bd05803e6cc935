//! The inventory as govc prints it, or as a recording has it: objects with their properties, and the tree they stand in.
//! Refuses to use anything of Muster: what is compared must not come from the code that is tested.

use super::make::list;
use super::recorded::Recorded;
use crate::support::Peer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An object with the properties that were asked for.
pub(crate) struct Object {
    /// The exact type, such as `VirtualApp`.
    pub(crate) object_type: String,
    /// The bare reference, such as `host-12`.
    pub(crate) moref: String,
    pub(super) properties: BTreeMap<String, Value>,
}

/// Who says what the inventory is.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// An independent client, of the server that Muster reads.
    Govc(&'a Peer),
    /// The recording that the server answers from.
    Recorded(&'a Recorded),
}

/// A server's inventory, asked for piece by piece.
pub(crate) struct Inventory<'a> {
    pub(super) source: Source<'a>,
    tree: BTreeMap<String, Object>,
    datacenters: Vec<Object>,
    vapps: BTreeMap<String, Object>,
    /// What tells this server from all others.
    pub(crate) instance_uuid: Value,
}

/// Every type that stands in the tree. The server adds their subtypes.
const TREE: [&str; 8] = [
    "Folder",
    "Datacenter",
    "ComputeResource",
    "HostSystem",
    "ResourcePool",
    "Datastore",
    "Network",
    "VirtualMachine",
];

/// The folders that every datacenter has.
const FOLDERS: [&str; 4] = ["vmFolder", "hostFolder", "datastoreFolder", "networkFolder"];

impl<'a> Inventory<'a> {
    /// Reads names and parents of everything.
    pub(crate) fn of(source: Source<'a>) -> Inventory<'a> {
        let tree = source.objects(&TREE, &["name", "parent"]);
        let by_moref = |objects: Vec<Object>| -> BTreeMap<String, Object> {
            objects.into_iter().map(|object| (object.moref.clone(), object)).collect()
        };
        let (tree, datacenters) = (by_moref(tree), source.objects(&["Datacenter"], &FOLDERS));
        let vapps = BTreeMap::new();
        let mut inventory =
            Inventory { source, tree, datacenters, vapps, instance_uuid: source.instance_uuid() };
        inventory.vapps = by_moref(inventory.objects(&["VirtualApp"], &["parentFolder"]));
        inventory
    }

    /// Objects of a type, which stands first, and of its subtypes.
    pub(crate) fn objects(&self, types: &[&str], paths: &[&str]) -> Vec<Object> {
        // Where there is nothing to collect govc waits for ever until there is.
        if !self.tree.values().any(|object| types.contains(&&*object.object_type)) {
            return Vec::new();
        }
        self.source.objects(&types[..1], paths)
    }

    /// A node of every snapshot tree, with what its place in the tree says: `vm`, `depth`, `current`.
    pub(crate) fn snapshots(&self) -> Vec<Object> {
        let vms = self.objects(&["VirtualMachine"], &["snapshot"]);
        vms.iter()
            .flat_map(|vm| {
                let current = &vm.get("snapshot")["currentSnapshot"]["value"];
                let mut found = Vec::new();
                flatten(&vm.get("snapshot")["rootSnapshotList"], 1, current, &mut found);
                found
            })
            .collect()
    }

    /// The object itself and what it is in, outwards; the root folder belongs to no path.
    pub(crate) fn outwards(&self, moref: &str) -> impl Iterator<Item = &Object> {
        let next = |object: &&Object| self.tree.get(object.reference("parent")?);
        std::iter::successors(self.tree.get(moref), next)
    }

    /// The folder that a vApp says it is in; one in a vApp leaves that to the outermost.
    pub(crate) fn folder_of_vapp(&self, vapp: &str) -> Option<&str> {
        self.outwards(vapp).find_map(|around| self.vapps.get(&around.moref)?.reference("parentFolder"))
    }

    /// Which of its datacenter's folders this is: `vm`, `host`, `datastore` or `network`.
    pub(crate) fn role(&self, folder: &str) -> Option<&'static str> {
        let of =
            |datacenter: &Object| FOLDERS.into_iter().find(|role| datacenter.reference(role) == Some(folder));
        self.datacenters.iter().find_map(of)?.strip_suffix("Folder")
    }

    /// Whether it has this object, so that names lead to it.
    pub(crate) fn has(&self, moref: &str) -> bool {
        self.tree.contains_key(moref)
    }

    /// What an alarm is called; nobody recorded that.
    pub(crate) fn alarm(&self, moref: &str) -> String {
        let Source::Govc(peer) = self.source else { return moref.to_owned() };
        let mut told = peer.govc(&["object.collect", "-json", &format!("Alarm:{moref}"), "info.name"]);
        let name = told.remove(0)[0]["val"].take();
        name["_value"].as_str().or(name.as_str()).expect("a name").to_owned()
    }

    /// An object's name as people gave it.
    pub(crate) fn name(&self, moref: &str) -> Option<String> {
        self.tree.get(moref)?.name()
    }
}

impl Object {
    /// A property; null where the server sent none.
    pub(crate) fn get(&self, path: &str) -> &Value {
        self.properties.get(path).unwrap_or(&Value::Null)
    }

    /// The moref in a property.
    pub(crate) fn reference(&self, path: &str) -> Option<&str> {
        self.get(path)["value"].as_str()
    }

    /// The name as people gave it.
    pub(crate) fn name(&self) -> Option<String> {
        self.get("name").as_str().map(decoded)
    }
}

/// Undoes the server's escapes in a name: `%2f` is `/`, and a `+` is a `+`.
pub(crate) fn decoded(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

impl Source<'_> {
    /// Objects of these types and of their subtypes.
    fn objects(self, types: &[&str], paths: &[&str]) -> Vec<Object> {
        match self {
            Source::Govc(peer) => objects(peer, types, paths),
            Source::Recorded(recorded) => recorded.objects(types, paths),
        }
    }

    /// The version of the API, major and minor; all there is of one that isn't recorded.
    pub(super) fn api_version(self) -> f64 {
        match self {
            Source::Govc(_) => f64::INFINITY,
            Source::Recorded(recorded) => {
                let version = recorded.about("apiVersion");
                let numbers: Vec<&str> = version.as_str().expect("a version").split('.').take(2).collect();
                numbers.join(".").parse().expect("numbers")
            }
        }
    }

    /// What tells the server from all others. A host that is asked directly has no id of its own: it is known by its
    /// hardware.
    fn instance_uuid(self) -> Value {
        let own = match self {
            Source::Govc(peer) => peer.govc(&["about", "-json"]).remove(0)["about"]["instanceUuid"].take(),
            Source::Recorded(recorded) => recorded.about("instanceUuid"),
        };
        if own.as_str().is_some_and(|own| !own.is_empty()) {
            return own;
        }
        let hosts = self.objects(&["HostSystem"], &["summary.hardware.uuid"]);
        hosts.first().expect("a host").get("summary.hardware.uuid").clone()
    }
}

fn objects(peer: &Peer, types: &[&str], paths: &[&str]) -> Vec<Object> {
    let mut arguments = vec!["object.collect", "-json"];
    for object_type in types {
        arguments.extend(["-type", object_type]);
    }
    arguments.push("/");
    arguments.extend(paths);
    peer.govc(&arguments).into_iter().map(object).collect()
}

fn object(mut printed: Value) -> Object {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no reference: {printed}")).to_owned();
    let (object_type, moref) = (text(&printed["obj"]["type"]), text(&printed["obj"]["value"]));
    let changes = printed["changeSet"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let properties = changes.into_iter().map(|mut change| {
        let path = change["name"].as_str().expect("a path").to_owned();
        (path, unwrapped(change["val"].take()))
    });
    Object { object_type, moref, properties: properties.collect() }
}

/// A list stands in an object of its own, where an empty one is null.
fn unwrapped(mut value: Value) -> Value {
    match value.get_mut("_value").map(Value::take) {
        Some(Value::Null) => json!([]),
        Some(list) => list,
        None => value,
    }
}

fn flatten(nodes: &Value, depth: u64, current: &Value, found: &mut Vec<Object>) {
    for node in list(nodes) {
        let moref = &node["snapshot"]["value"];
        let mut properties: BTreeMap<String, Value> =
            node.as_object().expect("a node").clone().into_iter().collect();
        properties.insert("depth".to_owned(), json!(depth));
        properties.insert("current".to_owned(), json!(moref == current));
        found.push(Object {
            object_type: "VirtualMachineSnapshot".to_owned(),
            moref: moref.as_str().expect("a moref").to_owned(),
            properties,
        });
        flatten(&node["childSnapshotList"], depth + 1, current, found);
    }
}
