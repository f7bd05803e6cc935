//! A recording of what a real server answered, to be answered again: the content of its service instance, and of each
//! object the properties that were recorded.
//! Refuses a file that can't be used, with the place and what is wrong there; an object whose parent is missing is no
//! reason.

mod piece;
mod text;
mod values;

use std::collections::HashMap;
use std::path::Path;

use crate::estate::Id;
use crate::options::Error;
use crate::schema::type_of;
use crate::soap::MoRef;
pub(crate) use piece::Piece;
use piece::{Scope, write_attribute};
use text::{Wrong, line_and_column, unpacked, well_formed};
use values::Values;

/// What a real server answered.
#[derive(Debug)]
pub struct Recording {
    source: String,
    content: RecordedContent,
    root: Id,
    objects: Vec<Recorded>,
    places: HashMap<MoRef, Id>,
    /// What lies directly in each object, in the order of recording.
    children: Vec<Vec<Id>>,
}

/// What the server said about itself.
#[derive(Debug)]
pub(crate) struct RecordedContent {
    /// The fields of ServiceContent.
    pub(crate) fields: String,
    /// Attributes of the element around them: namespaces that they need.
    pub(crate) scope: String,
    /// `vimServiceVersions.xml`, where it was recorded.
    pub(crate) versions: Option<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) instance_uuid: Option<String>,
    /// The managers that it has, each once.
    pub(crate) managers: Vec<MoRef>,
}

#[derive(Debug)]
struct Recorded {
    moref: MoRef,
    values: Values,
}

impl Recording {
    /// Reads a recording from a file: XML, packed with gzip or not.
    ///
    /// # Errors
    /// [`Error::Recording`] for a file that can't be read, or that is no recording.
    pub fn read(file: &Path) -> Result<Recording, Error> {
        let unusable = |why| Error::Recording { file: file.to_owned(), why };
        let packed = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        Recording::parse(&packed).map_err(unusable)
    }

    /// Where it comes from, as it says itself.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many objects of a type and of its subtypes it has.
    pub fn count(&self, type_name: &str) -> usize {
        self.objects.iter().filter(|one| crate::collector::is_a(&one.moref.kind, type_name)).count()
    }

    /// How many of its VMs say that they are templates.
    pub(crate) fn templates(&self) -> usize {
        self.vals("VirtualMachine", "config.template").filter(|val| val.contains(">true<")).count()
    }

    /// How many snapshots its VMs have.
    pub(crate) fn snapshots(&self) -> usize {
        let trees = self.vals("VirtualMachine", "snapshot.rootSnapshotList");
        trees.map(|tree| tree.matches("<snapshot ").count()).sum()
    }

    fn vals<'a>(&'a self, type_name: &'a str, path: &'a str) -> impl Iterator<Item = String> + 'a {
        let of_type = self.objects.iter().filter(move |one| one.moref.kind == type_name);
        of_type.filter_map(move |one| one.values.read(type_name, path))
    }

    fn parse(bytes: &[u8]) -> Result<Recording, Wrong> {
        let text = unpacked(bytes)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        well_formed(text)?;
        let recording = Piece::first(text).ok_or("it is empty")?;
        if recording.local() != "recording" {
            return Err(format!("it begins with <{}> and not with <recording>", recording.name));
        }
        let content = recording.child("content").ok_or("it has no <content>, the server's ServiceContent")?;
        let mut scope = Scope::new();
        recording.declare(&mut scope);
        let (mut objects, mut places) = (Vec::new(), HashMap::new());
        for (number, element) in recording.named("objects").enumerate() {
            add(element, &mut objects, &mut places)
                .map_err(|why| format!("{}: object {}: {why}", position(text, element), number + 1))?;
        }
        let root = content.child("rootFolder").and_then(reference);
        let root = root.or_else(|| parentless(&objects)).ok_or_else(|| {
            format!(
                "{}: <content> names no rootFolder, and no folder is without a parent",
                position(text, content)
            )
        })?;
        let root = *places.entry(root.clone()).or_insert_with(|| {
            objects.push(Recorded { moref: root, values: Values::default() });
            Id::new(objects.len() as u32)
        });
        let versions = recording.child("versions").map(Piece::text);
        let content = RecordedContent::of(content, versions, &objects[index(root)].moref)
            .map_err(|why| format!("{}: {why}", position(text, content)))?;
        let source = recording.attribute("source").unwrap_or_default();
        let children = children(&objects, &places);
        Ok(Recording { source, content, root, objects, places, children })
    }

    pub(crate) fn content(&self) -> &RecordedContent {
        &self.content
    }

    pub(crate) fn find(&self, type_name: &str, moref: &str) -> Option<Id> {
        self.places.get(&MoRef { kind: type_name.to_owned(), value: moref.to_owned() }).copied()
    }

    pub(crate) fn moref(&self, id: Id) -> Option<&MoRef> {
        self.objects.get(index(id)).map(|object| &object.moref)
    }

    /// The value at a path, as a `val`.
    pub(crate) fn value(&self, id: Id, path: &str) -> Option<String> {
        let object = self.objects.get(index(id))?;
        object.values.read(&object.moref.kind, path)
    }

    /// The objects that a value refers to; those that weren't recorded are left out.
    pub(crate) fn references(&self, id: Id, path: &str) -> Vec<Id> {
        let Some(val) = self.value(id, path) else { return Vec::new() };
        referred(&val).iter().filter_map(|moref| self.places.get(moref).copied()).collect()
    }

    /// Everything below a container, at any depth or directly in it. The root has everything below it, also what lies
    /// in something that wasn't recorded.
    pub(crate) fn below(&self, container: Id, recursive: bool) -> Vec<Id> {
        let known =
            |id: &Id| self.objects.get(index(*id)).is_some_and(|one| type_of(&one.moref.kind).is_some());
        if container == self.root && recursive {
            let all = (1..=self.objects.len() as u32).map(Id::new);
            return all.filter(|id| *id != self.root && known(id)).collect();
        }
        let (mut found, mut seen) = (Vec::new(), vec![false; self.objects.len()]);
        let mut open: Vec<Id> = self.children[index(container)].iter().rev().copied().collect();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[index(id)], true) || id == container {
                continue;
            }
            found.push(id);
            if recursive {
                open.extend(self.children[index(id)].iter().rev());
            }
        }
        found.retain(known);
        found
    }
}

impl RecordedContent {
    fn of(content: Piece<'_>, versions: Option<String>, root: &MoRef) -> Result<RecordedContent, Wrong> {
        let about =
            content.child("about").ok_or("<content> has no <about>, which says what the server is")?;
        let told =
            |name| about.child(name).map(|one| one.text().trim().to_owned()).filter(|one| !one.is_empty());
        let (api_version, instance_uuid) = (told("apiVersion"), told("instanceUuid"));
        let mut fields = content.inner.to_owned();
        // What a client can't do without, should it not have been recorded.
        let needed = [
            ("rootFolder", root.kind.as_str(), root.value.as_str()),
            ("propertyCollector", "PropertyCollector", "propertyCollector"),
            ("viewManager", "ViewManager", "ViewManager"),
            ("sessionManager", "SessionManager", "SessionManager"),
        ];
        for (field, kind, id) in needed {
            if content.child(field).is_none() {
                fields.push_str(&format!("<{field} type=\"{kind}\">{id}</{field}>"));
            }
        }
        let managers =
            Piece::all(&fields).filter(|one| one.local() != "rootFolder").filter_map(reference).collect();
        let (mut names, mut scope) = (Scope::new(), String::new());
        content.declare(&mut names);
        names.iter().for_each(|(key, value)| write_attribute(key, value, &mut scope));
        Ok(RecordedContent { scope, versions, api_version, instance_uuid, managers, fields })
    }
}

/// Takes an object in, or what is new of one that is there already.
fn add(
    element: Piece<'_>,
    objects: &mut Vec<Recorded>,
    places: &mut HashMap<MoRef, Id>,
) -> Result<(), Wrong> {
    let moref =
        element.child("obj").and_then(reference).ok_or("it has no <obj type=\"…\"> with a reference")?;
    let id = *places.entry(moref.clone()).or_insert_with(|| {
        objects.push(Recorded { moref: moref.clone(), values: Values::default() });
        Id::new(objects.len() as u32)
    });
    for set in element.named("propSet") {
        let name = set.child("name").map(Piece::text).ok_or("a <propSet> has no <name>")?;
        let val = set.child("val").ok_or_else(|| format!("{name} of {} has no <val>", moref.value))?;
        objects[index(id)].values.add(name.trim(), val.whole);
    }
    Ok(())
}

fn index(id: Id) -> usize {
    (id.number() as usize).wrapping_sub(1)
}

/// The reference that an element is.
fn reference(element: Piece<'_>) -> Option<MoRef> {
    let value = element.text().trim().to_owned();
    (!value.is_empty()).then_some(())?;
    Some(MoRef { kind: element.refers()?, value })
}

/// The references that a value is or has in it.
fn referred(val: &str) -> Vec<MoRef> {
    let Some(val) = Piece::first(val) else { return Vec::new() };
    match val.refers() {
        Some(_) => reference(val).into_iter().collect(),
        None => val.children().filter_map(reference).collect(),
    }
}

fn parentless(objects: &[Recorded]) -> Option<MoRef> {
    let is_root =
        |one: &&Recorded| one.moref.kind == "Folder" && one.values.read("Folder", "parent").is_none();
    objects.iter().find(is_root).map(|one| one.moref.clone())
}

/// By what an object says it lies in. A VM also lies in its pool, its vApp and its host.
fn children(objects: &[Recorded], places: &HashMap<MoRef, Id>) -> Vec<Vec<Id>> {
    let mut children = vec![Vec::new(); objects.len()];
    for (number, object) in objects.iter().enumerate() {
        let above: &[&str] = match object.moref.kind.as_str() {
            "VirtualMachine" => &["parent", "resourcePool", "parentVApp", "runtime.host"],
            _ => &["parent"],
        };
        let vals = above.iter().filter_map(|path| object.values.read(&object.moref.kind, path));
        let parents = vals.flat_map(|val| referred(&val));
        for parent in parents.filter_map(|moref| places.get(&moref).copied()) {
            children[index(parent)].push(Id::new(number as u32 + 1));
        }
    }
    children
}

/// Where an element stands.
fn position(text: &str, element: Piece<'_>) -> String {
    // It is a part of the text.
    let at = (element.whole.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    line_and_column(text, at.min(text.len()))
}

#[cfg(test)]
mod tests;
