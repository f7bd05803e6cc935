//! Files that are recordings, files that are none, and recordings with holes.

use std::io::Write as _;

use super::*;
use crate::inventory::Inventory;
use flate2::Compression;
use flate2::write::GzEncoder;

const CONTENT: &str = "<content><rootFolder type=\"Folder\">group-d1</rootFolder><about><apiVersion>6.7</apiVersion>\
    <instanceUuid>i</instanceUuid></about></content>";

fn recording(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<recording xmlns=\"urn:vim25\" source=\"a &amp; b\">\n{inside}\n</recording>"
    )
}

fn object(kind: &str, id: &str, properties: &[(&str, &str)]) -> String {
    let sets = properties.iter().map(|(name, val)| format!("<propSet><name>{name}</name>{val}</propSet>"));
    format!("<objects><obj type=\"{kind}\">{id}</obj>{}</objects>", sets.collect::<String>())
}

fn lies_in(kind: &str, id: &str) -> (&'static str, String) {
    ("parent", format!("<val xsi:type=\"ManagedObjectReference\" type=\"{kind}\">{id}</val>"))
}

fn morefs(recording: &Recording, ids: &[Id]) -> Vec<String> {
    ids.iter().map(|id| recording.moref(*id).unwrap().value.clone()).collect()
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_the_place() {
    let second = recording(&format!("{CONTENT}\n<objects><obj>vm-1</obj></objects>"));
    let no_val = recording(&format!(
        "{CONTENT}<objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>name</name></propSet></objects>"
    ));
    let bomb = "<a>".repeat(2000);
    for (text, why) in [
        ("", "it has no element: it is not valid XML"),
        ("hello", "it has no element: it is not valid XML"),
        ("<recording>\n<content>", "line 2, column 10: it ends before its elements do"),
        ("<recording>\n<a></b></recording>", "line 2, column 4: "),
        ("<html/>", "it begins with <html> and not with <recording>"),
        (&recording(""), "it has no <content>, the server's ServiceContent"),
        (&recording("<content></content>"), "line 3, column 1: <content> names no rootFolder"),
        (
            &recording("<content><rootFolder type=\"Folder\">f</rootFolder></content>"),
            "line 3, column 1: <content> has no <about>",
        ),
        (&second, "line 4, column 1: object 1: it has no <obj type=\"…\"> with a reference"),
        (&no_val, "object 1: name of vm-1 has no <val>"),
        (&bomb, "its elements nest too deep"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><recording/>", "it has a document type"),
    ] {
        let wrong = Recording::parse(text.as_bytes()).map(|_| ()).unwrap_err();
        assert!(wrong.contains(why), "{text:?}: {wrong}");
    }
    for (bytes, why) in [
        (&[0x1f, 0x8b, 8, 0, 0][..], "it can't be unpacked: "),
        (&[b'<', 0xff][..], "it is not valid UTF-8, from byte 1 on"),
    ] {
        let wrong = Recording::parse(bytes).map(|_| ()).unwrap_err();
        assert!(wrong.contains(why), "{wrong}");
    }
    let missing = Recording::read(Path::new("/no/such/recording")).map(|_| ()).unwrap_err().to_string();
    assert!(missing.starts_with("the recording /no/such/recording can't be used: No such file"), "{missing}");
}

#[test]
fn packed_or_not_and_with_a_byte_order_mark_it_is_the_same() {
    let text = recording(CONTENT);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    for bytes in [text.clone().into_bytes(), format!("\u{feff}{text}").into_bytes(), packed.finish().unwrap()]
    {
        let recording = Recording::parse(&bytes).unwrap();
        assert_eq!(recording.source(), "a & b");
        assert_eq!(recording.content().instance_uuid.as_deref(), Some("i"));
        assert_eq!(recording.content().api_version.as_deref(), Some("6.7"));
    }
}

#[test]
fn objects_whose_parents_are_missing_are_in_the_roots_view_and_their_own_places() {
    let parent = lies_in("Folder", "group-v3");
    let parent = (parent.0, parent.1.as_str());
    let pool =
        ("resourcePool", "<val xsi:type=\"ManagedObjectReference\" type=\"ResourcePool\">resgroup-8</val>");
    let objects = [
        object("VirtualMachine", "vm-1", &[parent, pool]),
        object("VirtualMachine", "vm-2", &[]),
        object("ResourcePool", "resgroup-8", &[]),
        object("Task", "task-1", &[]),
        object("VirtualMachine", "vm-1", &[("name", "<val>late</val>"), parent]),
    ];
    let recording =
        Recording::parse(recording(&format!("{CONTENT}{}", objects.concat())).as_bytes()).unwrap();
    let root = recording.find("Folder", "group-d1").expect("the root is there although it wasn't recorded");
    assert_eq!(morefs(&recording, &recording.below(root, true)), ["vm-1", "vm-2", "resgroup-8"]);
    assert!(recording.below(root, false).is_empty());
    let pool = recording.find("ResourcePool", "resgroup-8").unwrap();
    assert_eq!(morefs(&recording, &recording.below(pool, true)), ["vm-1"]);
    let vm = recording.find("VirtualMachine", "vm-1").unwrap();
    assert_eq!(recording.value(vm, "name").as_deref(), Some("<val>late</val>"));
    assert_eq!(recording.references(vm, "resourcePool"), [pool]);
    assert!(recording.references(vm, "parent").is_empty());
    assert_eq!(recording.count("ManagedEntity"), 4);
    assert!(Inventory::Recorded(recording).find("VirtualMachine", "vm-3").is_none());
}

#[test]
fn where_no_root_is_named_the_folder_without_a_parent_is_it_and_a_client_is_told() {
    let (name, val) = lies_in("Folder", "group-d1");
    let objects = [object("Folder", "group-v3", &[(name, &val)]), object("Folder", "group-d1", &[])];
    let content = "<content><about><version>5.5.0</version></about></content>";
    let recording =
        Recording::parse(recording(&format!("{content}{}", objects.concat())).as_bytes()).unwrap();
    let content = recording.content();
    assert!(
        content.fields.contains("<rootFolder type=\"Folder\">group-d1</rootFolder>"),
        "{}",
        content.fields
    );
    assert!(
        content.fields.contains("<sessionManager type=\"SessionManager\">SessionManager</sessionManager>")
    );
    let managers: Vec<&str> = content.managers.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(managers, ["PropertyCollector", "ViewManager", "SessionManager"]);
}
