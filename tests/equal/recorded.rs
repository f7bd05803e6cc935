//! A recording as an inventory: read with a parser that nothing of Muster uses, and put into the form that govc prints.
//! Refuses to know the simulator: what it serves, and cuts out and puts together for it, is what this is held against.

use super::govc::Object;
use flate2::read::GzDecoder;
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// What a recording has in it.
pub(crate) struct Recorded {
    about: Value,
    root: String,
    objects: Vec<Kept>,
}

/// An object with what was recorded of it, by path.
struct Kept {
    object_type: String,
    moref: String,
    values: BTreeMap<String, Value>,
}

/// The type of types, and those that are found with it.
const SUBTYPES: [(&str, &[&str]); 4] = [
    ("Folder", &["StoragePod"]),
    ("ComputeResource", &["ClusterComputeResource"]),
    ("ResourcePool", &["VirtualApp"]),
    ("Network", &["DistributedVirtualPortgroup", "OpaqueNetwork"]),
];

/// Fields that are numbers, where the recording doesn't say so. Source: the vSphere API's reference.
const NUMBERS: [&str; 28] = [
    "balloonedMemory",
    "swappedMemory",
    "cpuFailoverResourcesPercent",
    "memoryFailoverResourcesPercent",
    "numCPU",
    "numCoresPerSocket",
    "memoryMB",
    "memorySize",
    "cpuMhz",
    "numCpuPkgs",
    "numCpuCores",
    "numCpuThreads",
    "overallCpuUsage",
    "overallMemoryUsage",
    "committed",
    "uncommitted",
    "capacity",
    "freeSpace",
    "totalCpu",
    "totalMemory",
    "effectiveCpu",
    "effectiveMemory",
    "numEffectiveHosts",
    "failoverLevel",
    "reservation",
    "limit",
    "shares",
    "id",
];

/// Fields that are true or false.
const FLAGS: [&str; 11] = [
    "alarmActionsEnabled",
    "connected",
    "accessible",
    "multipleHostAccess",
    "template",
    "quiesced",
    "rebootRequired",
    "enabled",
    "admissionControlEnabled",
    "inMaintenanceMode",
    "consolidationNeeded",
];

/// Types of numbers, where the recording names them.
const NUMERIC: [&str; 4] = ["short", "int", "long", "byte"];

impl Recorded {
    /// Reads a recording.
    pub(crate) fn of(text: &str) -> Recorded {
        let document = Document::parse(text).expect("XML");
        let recording = document.root_element();
        let content = child(recording, "content").expect("the content of the service instance");
        Recorded {
            about: value(child(content, "about").expect("what the server is")),
            root: child(content, "rootFolder")
                .and_then(|root| root.text())
                .expect("a root folder")
                .to_owned(),
            objects: recording.children().filter(|node| is(*node, "objects")).map(kept).collect(),
        }
    }

    /// What the server says it is.
    pub(super) fn about(&self, field: &str) -> Value {
        self.about[field].clone()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Objects of these types and of their subtypes; the root folder isn't among them, as it is in no view.
    pub(super) fn objects(&self, types: &[&str], paths: &[&str]) -> Vec<Object> {
        let subtypes =
            SUBTYPES.iter().filter(|(of, _)| types.contains(of)).flat_map(|(_, below)| below.iter());
        let types: Vec<&str> = types.iter().chain(subtypes).copied().collect();
        let found =
            self.objects.iter().filter(|one| types.contains(&&*one.object_type) && one.moref != self.root);
        found
            .map(|one| Object {
                object_type: one.object_type.clone(),
                moref: one.moref.clone(),
                properties: paths
                    .iter()
                    .filter_map(|path| Some(((*path).to_owned(), one.at(path)?)))
                    .collect(),
            })
            .collect()
    }
}

/// The text of a file.
pub(crate) fn unpacked(file: &Path) -> String {
    let packed = File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    std::io::read_to_string(GzDecoder::new(packed)).expect("a packed text")
}

impl Kept {
    /// What was recorded at a path: itself, or inside of the nearest that was recorded whole.
    fn at(&self, path: &str) -> Option<Value> {
        if let Some(value) = self.values.get(path) {
            return Some(value.clone());
        }
        let mut around = path;
        while let Some((above, _)) = around.rsplit_once('.') {
            around = above;
            if let Some(whole) = self.values.get(around) {
                let inside =
                    path[around.len() + 1..].split('.').try_fold(whole, |value, name| value.get(name));
                return inside.cloned();
            }
        }
        None
    }
}

fn kept(node: Node<'_, '_>) -> Kept {
    let obj = child(node, "obj").expect("a reference");
    let sets = node.children().filter(|node| is(*node, "propSet"));
    let values = sets.map(|set| {
        let path = child(set, "name").and_then(|name| name.text()).expect("a path");
        let val = child(set, "val").expect("a value");
        (path.to_owned(), typed(val, path.rsplit('.').next().unwrap_or(path)))
    });
    Kept {
        object_type: obj.attribute("type").expect("a type").to_owned(),
        moref: obj.text().expect("a moref").to_owned(),
        values: values.collect(),
    }
}

/// An element's value, by what it is called and says it is.
fn value(node: Node<'_, '_>) -> Value {
    typed(node, node.tag_name().name())
}

fn typed(node: Node<'_, '_>, name: &str) -> Value {
    let says = |is_xsi: bool| {
        node.attributes().find(|one| one.name() == "type" && one.namespace().is_some() == is_xsi)
    };
    let xsi_type = says(true).map(|one| one.value().rsplit(':').next().unwrap_or_default());
    let text = node.text().unwrap_or_default();
    let elements: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
    match xsi_type {
        Some(array) if array.starts_with("ArrayOf") => return elements.into_iter().map(value).collect(),
        Some(number) if NUMERIC.contains(&number) => {
            return json!(text.trim().parse::<i64>().expect("a number"));
        }
        Some("boolean") => return json!(text.trim() == "true"),
        _ => {}
    }
    if let Some(kind) = says(false) {
        return json!({"type": kind.value(), "value": text.trim()});
    }
    if !elements.is_empty() {
        return record(&elements);
    }
    match xsi_type {
        None if NUMBERS.contains(&name) => {
            text.trim().parse::<i64>().map_or_else(|_| json!(text), Value::from)
        }
        None if FLAGS.contains(&name) => json!(text.trim() == "true"),
        _ => json!(text),
    }
}

/// Fields by name; one that comes more than once is a list.
fn record(elements: &[Node<'_, '_>]) -> Value {
    let mut fields = Map::new();
    for element in elements {
        let value = value(*element);
        match fields.get_mut(element.tag_name().name()) {
            None => {
                fields.insert(element.tag_name().name().to_owned(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    Value::Object(fields)
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|node| is(*node, name))
}
