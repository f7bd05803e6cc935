//! A request as a tree of elements.
//! Refuses document types, deep nesting and more elements than any client needs, so that no request costs much.

use quick_xml::{
    NsReader,
    escape::{resolve_predefined_entity, unescape},
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
};

/// Nested elements: a traversal that selects below itself is the deepest there is.
const DEPTH: usize = 64;

/// A request for 500 objects by reference has some 1,500.
const ELEMENTS: usize = 20_000;

/// Of vSphere's methods and their arguments.
const VIM: Namespace<'static> = Namespace("urn:vim25");
const XSI: Namespace<'static> = Namespace("http://www.w3.org/2001/XMLSchema-instance");

/// An element with what matters of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Without its prefix.
    pub(crate) name: String,
    /// Whether it is in the namespace of vSphere.
    pub(crate) is_vim: bool,
    /// The attribute `xsi:type`, without its prefix.
    pub(crate) xsi_type: Option<String>,
    /// The attribute `type`: the managed object type of a reference.
    pub(crate) kind: Option<String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// The request is no XML, or more than is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadXml(String);

impl Element {
    /// The outermost element of a document.
    pub(crate) fn parse(body: &[u8]) -> Result<Element, BadXml> {
        let mut reader = NsReader::from_reader(body);
        // Its text isn't read by line, and names are compared as they are closed.
        reader.config_mut().allow_dangling_amp = true;
        let (mut open, mut done, mut count) = (Vec::<Element>::new(), None, 0_usize);
        loop {
            let bad = |error: &dyn std::fmt::Display| BadXml(error.to_string());
            match reader.read_event().map_err(|error| bad(&error))? {
                Event::Start(tag) => {
                    count += 1;
                    if open.len() >= DEPTH || count > ELEMENTS || done.is_some() {
                        return Err(BadXml("too many elements".into()));
                    }
                    open.push(Element::named(&reader, &tag));
                }
                Event::Empty(tag) => {
                    count += 1;
                    if count > ELEMENTS || done.is_some() {
                        return Err(BadXml("too many elements".into()));
                    }
                    close(Element::named(&reader, &tag), &mut open, &mut done);
                }
                Event::End(_) => {
                    let Some(element) = open.pop() else { return Err(BadXml("nothing to close".into())) };
                    close(element, &mut open, &mut done);
                }
                Event::Text(text) => add(&mut open, &text.xml10_content()),
                Event::CData(text) => add(&mut open, &text.xml10_content()),
                Event::GeneralRef(name) => match name.resolve_char_ref() {
                    Ok(Some(character)) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                    _ => match resolve_predefined_entity(&name) {
                        Some(text) => add(&mut open, text),
                        None => return Err(BadXml("an unknown entity".into())),
                    },
                },
                Event::DocType(_) => return Err(BadXml("a document type".into())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if open.is_empty() => return done.ok_or_else(|| BadXml("no element".into())),
                Event::Eof => return Err(BadXml("an element isn't closed".into())),
            }
        }
    }

    fn named(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Element {
        let name = local(tag.name().into_inner()).to_owned();
        let is_vim = reader.resolver().resolve_element(tag.name()).0 == ResolveResult::Bound(VIM);
        let mut element = Element { name, is_vim, ..Element::default() };
        for attribute in tag.attributes().with_checks(false).take(64).flatten() {
            let raw = attribute.value.trim();
            let text = || unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned());
            match reader.resolver().resolve_attribute(attribute.key) {
                (ResolveResult::Unbound, name) if name.as_ref() == "type" => element.kind = Some(text()),
                (ResolveResult::Bound(XSI), name) if name.as_ref() == "type" => {
                    element.xsi_type = Some(local(&text()).to_owned());
                }
                _ => {}
            }
        }
        element
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name, without the blanks around it.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Whether the child of this name says yes.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.value(name), Some("true" | "1"))
    }
}

fn close(element: Element, open: &mut [Element], done: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *done = Some(element),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_as_it_was_written() {
        let xml = "<a:b xmlns:a='x' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><c type='HostSystem'> \
            &lt;&amp;&#228;<![CDATA[<]]></c><d xmlns='urn:vim25' i:type='a:Spec'/></a:b>";
        let element = Element::parse(xml.as_bytes()).unwrap();
        assert_eq!(element.name, "b");
        let c = element.child("c").unwrap();
        assert_eq!((c.text.as_str(), c.kind.as_deref()), (" <&ä<", Some("HostSystem")));
        let d = element.child("d").unwrap();
        assert_eq!((d.xsi_type.as_deref(), d.kind.as_deref(), d.is_vim), (Some("Spec"), None, true));
        assert!(!element.is_vim && !c.is_vim);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
        for xml in [
            "",
            "hello",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a>&x;</a>",
            &deep,
            &wide,
        ] {
            assert!(Element::parse(xml.as_bytes()).is_err(), "{}", &xml[..xml.len().min(40)]);
        }
        assert!(Element::parse(&[b'<', b'a', b'>', 0xff, 0xfe, b'<']).is_err());
    }
}
