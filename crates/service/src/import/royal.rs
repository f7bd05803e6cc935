//! Documents of Royal TS: the file itself (.rtsz), which is one flat list of objects in XML that name their folder by its id; its
//! JSON, in which folders hold objects or objects name a path; and its export as CSV, which has objects of one type.
//! Refuses logins: what the file has of users and passwords isn't looked at.

use super::read::distinct;
use super::table::{Table, plain};
use super::workbook::{local, resolved};
use super::{Entry, Listed};
use crate::validate;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Objects of a document at most.
const MOST_OBJECTS: usize = 200_000;

/// Folders in one another.
const DEEPEST: usize = 64;

/// Letters of one property that is looked at.
const LONGEST_TEXT: usize = 4_000;

/// An object, as far as it is looked at.
#[derive(Clone, Debug, Default)]
struct Object {
    number: u64,
    kind: String,
    id: String,
    parent: String,
    name: String,
    uri: String,
    port: String,
    folders: Vec<String>,
}

impl Object {
    fn take(&mut self, property: &str, text: &str) {
        let text = text.trim().chars().take(LONGEST_TEXT).collect();
        match property {
            "ID" => self.id = text,
            "ParentID" => self.parent = text,
            "Name" => self.name = text,
            "URI" | "ComputerName" | "URL" if self.uri.is_empty() => self.uri = text,
            // That of a VMware connection; others have theirs in the URI.
            "ServicePort" | "Port" => self.port = text,
            _ => {}
        }
    }

    /// Whether it leads to a vCenter: a VMware connection always does, a web page where its address looks like one.
    fn leads_to_a_vcenter(&self) -> bool {
        let kind = self.kind.strip_prefix("Royal").unwrap_or(&self.kind).to_lowercase();
        match &*kind {
            "vmwareconnection" | "vmware" => true,
            "webconnection" | "web" => {
                let uri = self.uri.to_lowercase();
                let path = uri.split_once("://").map_or(&*uri, |(_, rest)| rest);
                let path = path.split_once('/').map_or("", |(_, path)| path);
                let first = path.split(['/', '?', '#']).next().unwrap_or_default();
                let says = |word: &str| uri.contains(word) || self.name.to_lowercase().contains(word);
                matches!(first, "vsphere-client" | "vsphere-ui")
                    || ["vcenter", "vcsa", "vsphere", "esxi"].into_iter().any(says)
            }
            // An export as CSV has the type that was chosen, and doesn't always say which.
            "" => true,
            _ => false,
        }
    }

    fn is_vmware_connection(&self) -> bool {
        self.kind.to_lowercase().contains("vmware")
    }

    fn entry(self) -> Entry {
        let tags = self.folders.iter().filter_map(|folder| validate::name("tag", folder).ok());
        let tags: Vec<Value> = tags.map(Value::String).collect();
        let port =
            self.port.parse().ok().filter(|port| self.is_vmware_connection() && !matches!(port, 0 | 443));
        let names_port = validate::address(&self.uri).is_ok_and(|(_, port)| port != 443);
        let mut settings = Map::new();
        if !tags.is_empty() {
            settings.insert("tags".to_owned(), json!(tags));
        }
        Entry {
            line: self.number,
            name: Some(self.name).filter(|name| !name.is_empty()),
            host: self.uri,
            port: port.filter(|_| !names_port),
            settings,
            ..Entry::default()
        }
    }
}

fn listed(format: &'static str, place: &'static str, objects: Vec<Object>) -> Listed {
    let (vcenters, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(Object::leads_to_a_vcenter);
    // A connection says more of a vCenter than a web page of the same address.
    let (mut first, then): (Vec<_>, Vec<_>) = vcenters.into_iter().partition(Object::is_vmware_connection);
    first.extend(then);
    let entries = distinct(first.into_iter().map(Object::entry));
    Listed { passed_over: others.len(), ..Listed::of_others(format, place, entries) }
}

/// The document itself.
pub(super) fn document(text: &str) -> Result<Listed, String> {
    let mut objects: Vec<Object> = Vec::new();
    let (mut path, mut content) = (Vec::<String>::new(), String::new());
    let mut reader = Reader::from_str(text);
    let damaged = |at: u64| format!("it is no valid XML (byte {at})");
    loop {
        let event = reader.read_event().map_err(|_| damaged(reader.error_position()))?;
        match event {
            Event::Start(tag) => {
                let name = tag.name();
                let name = local(name.into_inner()).to_owned();
                match path.len() {
                    0 if name != "RTSZDocument" => {
                        return Err("it is XML, but no document of Royal TS".to_owned());
                    }
                    1 if objects.len() >= MOST_OBJECTS => return Err("it has too many objects".to_owned()),
                    1 => {
                        let number = objects.len() as u64 + 1;
                        objects.push(Object { number, kind: name.clone(), ..Object::default() });
                    }
                    DEEPEST.. => return Err("it is nested too deeply".to_owned()),
                    _ => {}
                }
                path.push(name);
                content.clear();
            }
            Event::End(_) => {
                if let (3, Some(property), Some(object)) = (path.len(), path.last(), objects.last_mut()) {
                    object.take(property, &content);
                }
                path.pop();
                content.clear();
            }
            Event::Text(more) if path.len() == 3 => content.push_str(&more.xml10_content()),
            Event::CData(more) if path.len() == 3 => content.push_str(&more.xml10_content()),
            Event::GeneralRef(name) if path.len() == 3 => content.push_str(&resolved(&name)),
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof if path.is_empty() => break,
            Event::Eof => return Err(damaged(text.len() as u64)),
            _ => {}
        }
    }
    let by_id: HashMap<String, (String, String, String)> = objects
        .iter()
        .map(|one| (one.id.clone(), (one.kind.clone(), one.name.clone(), one.parent.clone())))
        .collect();
    objects.retain_mut(|object| {
        let mut parent = object.parent.clone();
        for _ in 0..DEEPEST {
            match by_id.get(&parent) {
                Some((kind, ..)) if kind == "RoyalTrash" => return false,
                Some((kind, name, above)) => {
                    if kind == "RoyalFolder" {
                        object.folders.insert(0, name.clone());
                    }
                    parent.clone_from(above);
                }
                None => break,
            }
        }
        !is_order(&object.kind)
    });
    Ok(listed("Royal TS", "object", objects))
}

/// Whether a kind of object only holds or arranges others.
fn is_order(kind: &str) -> bool {
    matches!(kind, "RoyalDocument" | "RoyalFolder" | "RoyalTrash" | "Folder")
}

/// Its JSON.
pub(super) fn objects(value: &Value) -> Listed {
    let mut found = Vec::new();
    take(value, &[], &mut found);
    listed("Royal TS (JSON)", "object", found)
}

/// The objects of a list, and of the folders in it. How deep these are, the JSON parser has limited.
fn take(value: &Value, folders: &[String], found: &mut Vec<Object>) {
    for one in value.as_array().into_iter().flatten() {
        let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = text("Type");
        if is_order(kind) {
            let inside: Vec<String> = folders.iter().cloned().chain([text("Name").to_owned()]).collect();
            take(one.get("Objects").unwrap_or(&Value::Null), &inside, found);
            continue;
        }
        let mut object = Object {
            number: found.len() as u64 + 1,
            kind: kind.to_owned(),
            folders: match text("Path") {
                "" => folders.to_vec(),
                path => folders_of(path),
            },
            ..Object::default()
        };
        for key in ["Name", "ComputerName", "URL", "URI"] {
            object.take(key, text(key));
        }
        if let Some(port) = one.get("Port").and_then(Value::as_u64) {
            object.port = port.to_string();
        }
        found.push(object);
    }
}

fn folders_of(path: &str) -> Vec<String> {
    path.split(['/', '\\']).map(str::trim).filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
}

/// Its export as CSV.
pub(super) fn table(table: &Table<'_>) -> Listed {
    let column = |names: &[&str]| table.column(|title| names.contains(&title));
    let (name, uri) = (column(&["name"]), column(&["uri", "computername", "url"]));
    let kind = column(&["objecttype", "type", "connectiontype", "royalobjecttype"]);
    let (folder, port) =
        (column(&["folder", "path", "folderpath", "parentfolder"]), column(&["serviceport"]));
    let objects = table.rows().map(|(number, record)| {
        let text = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
        let mut object = Object {
            number,
            kind: plain(text(kind)).replace("royal", ""),
            folders: folders_of(text(folder)),
            ..Object::default()
        };
        object.take("Name", text(name));
        object.take("URI", text(uri));
        object.take("ServicePort", text(port));
        if port.is_some() && object.kind.is_empty() {
            // Only VMware connections have a service port.
            "vmwareconnection".clone_into(&mut object.kind);
        }
        object
    });
    listed("Royal TS (CSV)", "line", objects.collect())
}
