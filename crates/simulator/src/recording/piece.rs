//! Elements as they stand in a text: found, cut out and given another name, and otherwise byte for byte as they were.
//! Refuses to check the text: whoever asks knows that it is well-formed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    /// With its prefix.
    pub(super) name: &'a str,
    attributes: &'a str,
    /// What is between its tags.
    pub(super) inner: &'a str,
    /// With its tags.
    pub(super) whole: &'a str,
}

/// Declarations of namespaces, by the attributes that make them.
pub(super) type Scope<'a> = BTreeMap<&'a str, &'a str>;

impl<'a> Piece<'a> {
    /// The elements in a text, those inside of them left out.
    pub(super) fn all(text: &'a str) -> impl Iterator<Item = Piece<'a>> {
        let mut reader = Reader::from_str(text);
        std::iter::from_fn(move || next(&mut reader, text))
    }

    /// The first of them.
    pub(crate) fn first(text: &'a str) -> Option<Piece<'a>> {
        Piece::all(text).next()
    }

    /// The elements directly in it.
    pub(super) fn children(self) -> impl Iterator<Item = Piece<'a>> {
        Piece::all(self.inner)
    }

    /// Those of a name.
    pub(crate) fn named(self, name: &str) -> impl Iterator<Item = Piece<'a>> {
        self.children().filter(move |child| child.local() == name)
    }

    /// The first of a name.
    pub(crate) fn child(self, name: &str) -> Option<Piece<'a>> {
        self.named(name).next()
    }

    /// Its name without the prefix.
    pub(super) fn local(self) -> &'a str {
        local(self.name)
    }

    /// The text directly in it.
    pub(crate) fn text(self) -> String {
        let mut reader = Reader::from_str(self.inner);
        let mut out = String::new();
        loop {
            match reader.read_event() {
                Ok(Event::Text(text)) => out.push_str(&text.xml10_content()),
                Ok(Event::CData(text)) => out.push_str(&text.xml10_content()),
                Ok(Event::GeneralRef(name)) => match name.resolve_char_ref() {
                    Ok(Some(character)) => out.push(character),
                    _ => out.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
                },
                Ok(Event::Start(tag)) => {
                    if reader.read_to_end(tag.name()).is_err() {
                        return out;
                    }
                }
                Ok(Event::Eof) | Err(_) => return out,
                Ok(_) => {}
            }
        }
    }

    /// An attribute by its whole name.
    pub(super) fn attribute(self, name: &str) -> Option<String> {
        let (_, value) = self.pairs().find(|(key, _)| *key == name)?;
        Some(unescape(value).map_or_else(|_| value.to_owned(), Cow::into_owned))
    }

    /// Of which managed object type a reference is.
    pub(super) fn refers(self) -> Option<String> {
        self.attribute("type")
    }

    /// The type that it says its value is of, without the prefix.
    pub(super) fn xsi_type(self) -> Option<&'a str> {
        self.pairs().find(|(key, _)| is_xsi_type(key)).map(|(_, value)| local(value))
    }

    /// Adds the namespaces that it declares.
    pub(super) fn declare(self, scope: &mut Scope<'a>) {
        scope.extend(self.pairs().filter(|(key, _)| is_declaration(key)));
    }

    /// Writes it as an element of another name, with these namespaces, and of the type if it doesn't say of which it is.
    pub(super) fn write_as(self, name: &str, scope: &Scope<'a>, xsi_type: Option<&str>, out: &mut String) {
        let mut scope = scope.clone();
        self.declare(&mut scope);
        let own = self.pairs().filter(|(key, _)| !is_declaration(key));
        out.push('<');
        out.push_str(name);
        for (key, value) in scope.iter().map(|(key, value)| (*key, *value)).chain(own) {
            write_attribute(key, value, out);
        }
        if let Some(xsi_type) = xsi_type.filter(|_| self.xsi_type().is_none()) {
            write_attribute("xsi:type", xsi_type, out);
        }
        out.push('>');
        out.push_str(self.inner);
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }

    /// Its attributes as they stand there.
    fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next()?;
            let (value, after) = after.get(1..)?.split_once(quote)?;
            rest = after;
            Some((key.trim(), value))
        })
    }
}

/// Writes an attribute whose value is escaped already.
pub(super) fn write_attribute(key: &str, value: &str, out: &mut String) {
    // It may have stood between quotes of the other sort.
    let value =
        if value.contains('"') { Cow::Owned(value.replace('"', "&quot;")) } else { Cow::Borrowed(value) };
    out.push(' ');
    out.push_str(key);
    out.push_str("=\"");
    out.push_str(&value);
    out.push('"');
}

fn next<'a>(reader: &mut Reader<&'a [u8]>, text: &'a str) -> Option<Piece<'a>> {
    loop {
        let before = place(reader);
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let opened = place(reader);
                let inside = reader.read_to_end(tag.name()).ok()?;
                let closed = usize::try_from(inside.end).ok()?;
                let whole = text.get(before..place(reader))?;
                return Some(piece(&tag, text.get(before..opened)?, text.get(opened..closed)?, whole));
            }
            Ok(Event::Empty(tag)) => {
                let whole = text.get(before..place(reader))?;
                return Some(piece(&tag, whole, "", whole));
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// `head` is the opening tag.
fn piece<'a>(tag: &BytesStart<'_>, head: &'a str, inner: &'a str, whole: &'a str) -> Piece<'a> {
    let content = head.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
    let (name, attributes) = content.split_at_checked(tag.name().0.len()).unwrap_or((content, ""));
    Piece { name, attributes, inner, whole }
}

fn is_declaration(key: &str) -> bool {
    key == "xmlns" || key.starts_with("xmlns:")
}

/// The only attribute with a prefix and this name that vSphere sends.
fn is_xsi_type(key: &str) -> bool {
    key.ends_with(":type")
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAL: &str = "<val xmlns:X=\"http://x\" X:type='ArrayOfThing'>\n <Thing X:type=\"Other\"><a>1 &lt; 2</a></Thing> \
        <Thing/><!-- --><b:c t='\"'>d<e>f</e></b:c></val>";

    #[test]
    fn pieces_are_what_stands_there() {
        let val = Piece::first(VAL).unwrap();
        assert_eq!((val.name, val.whole, val.xsi_type()), ("val", VAL, Some("ArrayOfThing")));
        let children: Vec<Piece<'_>> = val.children().collect();
        assert_eq!(children.iter().map(|child| child.local()).collect::<Vec<_>>(), ["Thing", "Thing", "c"]);
        assert_eq!(children[0].inner, "<a>1 &lt; 2</a>");
        assert_eq!(children[0].child("a").unwrap().text(), "1 < 2");
        assert_eq!((children[1].whole, children[1].inner), ("<Thing/>", ""));
        assert_eq!(children[2].text(), "d");
    }

    #[test]
    fn a_piece_under_another_name_keeps_attributes_and_namespaces() {
        let val = Piece::first(VAL).unwrap();
        let mut scope = Scope::new();
        val.declare(&mut scope);
        let mut out = String::new();
        let children: Vec<Piece<'_>> = val.children().collect();
        children[0].write_as("thing", &scope, Some("Thing"), &mut out);
        children[1].write_as("thing", &Scope::new(), Some("Thing"), &mut out);
        children[2].write_as("c", &Scope::new(), None, &mut out);
        assert_eq!(
            out,
            "<thing xmlns:X=\"http://x\" X:type=\"Other\"><a>1 &lt; 2</a></thing><thing xsi:type=\"Thing\"></thing>\
             <c t=\"&quot;\">d<e>f</e></c>"
        );
    }
}
