//! What an answer looks like when its texts are left out: elements, their order, their types.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{NsReader, name::ResolveResult};

/// An element without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) name: String,
    /// Type of the object referred to.
    pub(crate) refers: Option<String>,
    /// The xsi:type, which the items of an array may leave out.
    pub(crate) kind: Option<String>,
    /// Only of elements that are called `name`: the path of a property.
    pub(crate) text: Option<String>,
    pub(crate) children: Vec<Shape>,
}

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Shape {
    pub(crate) fn of(body: &str) -> Shape {
        let mut reader = NsReader::from_str(body);
        let mut open: Vec<Shape> = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => {
                    let shape = Shape::start(&reader, &tag);
                    open.push(shape);
                }
                Event::Empty(tag) => {
                    let shape = Shape::start(&reader, &tag);
                    open.last_mut().unwrap().children.push(shape);
                }
                Event::End(_) => {
                    let shape = open.pop().unwrap();
                    match open.last_mut() {
                        Some(parent) => parent.children.push(shape),
                        None => return shape,
                    }
                }
                Event::Text(text) => {
                    let last = open.last_mut().filter(|last| last.name == "name");
                    if let Some(last) = last {
                        last.text.get_or_insert_default().push_str(&text.xml10_content());
                    }
                }
                Event::Eof => panic!("{body} breaks off"),
                _ => {}
            }
        }
    }

    fn start(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Shape {
        let name = tag.local_name().into_inner().to_owned();
        let (mut refers, mut kind) = (None, None);
        for attribute in tag.attributes().flatten() {
            let (space, local) = reader.resolver().resolve_attribute(attribute.key);
            if local.into_inner() != "type" {
                continue;
            }
            let value = attribute.value.to_string();
            match space {
                ResolveResult::Bound(space) if space.into_inner() == XSI => {
                    let local = value.rsplit_once(':').map_or(value.as_str(), |(_, local)| local).to_owned();
                    // An item that says what it is anyway says nothing.
                    kind = Some(local).filter(|kind| *kind != name);
                }
                _ => refers = Some(value),
            }
        }
        Shape { name, refers, kind, text: None, children: Vec::new() }
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Shape> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The same without the texts that were kept.
    pub(crate) fn bare(mut self) -> Shape {
        self.text = None;
        self.children = self.children.into_iter().map(Shape::bare).collect();
        self
    }

    /// Every element below with this name.
    pub(crate) fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Shape>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.all(name, found);
        }
    }

    /// Names of the children, each once, in their order.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.children.iter().map(|child| child.name.as_str()).collect();
        names.dedup();
        names
    }

    /// Where this one says something that none of others like it says; `path` is for the message.
    pub(crate) fn strays_from(&self, others: &[&Shape], path: &str, found: &mut Vec<String>) {
        let alike: Vec<&Shape> = others.iter().filter(|other| other.kind == self.kind).copied().collect();
        if alike.is_empty() {
            let theirs = others.iter().filter_map(|other| other.kind.as_deref()).next().unwrap_or("-");
            found.push(format!("{path}: {} and not {theirs}", self.kind.as_deref().unwrap_or("-")));
            return;
        }
        let fits = alike.iter().any(|other| is_part(&self.names(), &other.names()));
        let has_content = alike.iter().any(|other| !other.children.is_empty());
        if has_content && !fits {
            found.push(format!("{path}: {:?} and not {:?}", self.names(), alike[0].names()));
        }
        for child in &self.children {
            let same =
                alike.iter().flat_map(|other| &other.children).filter(|other| other.name == child.name);
            let mut same: Vec<&Shape> = same.collect();
            if child.name == self.name {
                // A tree may be deeper than theirs happens to be.
                same.extend(&alike);
            }
            if !same.is_empty() {
                child.strays_from(&same, &format!("{path}/{}", child.name), found);
            }
        }
    }
}

/// Whether all of `some` stand in `all` in this order.
fn is_part(some: &[&str], all: &[&str]) -> bool {
    let mut all = all.iter();
    some.iter().all(|name| all.any(|other| other == name))
}
