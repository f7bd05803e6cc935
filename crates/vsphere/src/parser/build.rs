//! Turns tags and texts into values. Sees one event at a time, so it doesn't matter how the bytes arrived.

use std::sync::Arc;

use quick_xml::{
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, attributes::Attribute},
};

use super::{
    Document, Limits, ParseError,
    keep::{Keep, Narrowed},
    names::{Names, Namespace, Prefixes},
    object::{self, Object},
};
use crate::value::{MoRef, Value};

/// Attributes in one tag. A vCenter writes three at most, beside the declarations in the envelope.
const ATTRIBUTES: usize = 64;

/// An error that doesn't know yet where it happened.
#[derive(Debug)]
pub(super) enum Cause {
    Malformed(String),
    TooLarge(&'static str, u64),
    TooDeep(usize),
}

impl Cause {
    pub(super) fn at(self, offset: u64) -> ParseError {
        match self {
            Self::Malformed(detail) => ParseError::Malformed { offset, detail },
            Self::TooLarge(what, limit) => ParseError::TooLarge { what, limit },
            Self::TooDeep(limit) => ParseError::TooDeep { limit },
        }
    }
}

/// An element that is open.
#[derive(Debug)]
struct Frame {
    name: Arc<str>,
    /// `xsi:type` without its prefix, unless it is a simple type.
    type_name: Option<Arc<str>>,
    /// The attribute `type`, which only references have.
    kind: Option<Arc<str>>,
    content: Content,
    /// Whether elements in it were passed over: then what stands around them is no text.
    is_hollow: bool,
    /// Prefixes declared outside of this element.
    prefixes: usize,
}

#[derive(Debug)]
enum Content {
    /// No child yet: a text, or nothing.
    Text,
    Items(Vec<Value>),
    Fields {
        fields: Vec<(Arc<str>, Value)>,
        /// The last field came more than once, and is a list of our making.
        repeated: bool,
    },
}

#[derive(Debug)]
pub(super) struct Builder {
    limits: Limits,
    names: Names,
    prefixes: Prefixes,
    open: Vec<Frame>,
    /// The text since the last tag. Text between children is dropped, so one buffer serves all.
    text: String,
    elements: u64,
    objects: Vec<Object>,
    /// Those of the object under way.
    properties: Vec<(Arc<str>, Value)>,
    /// Room that the last property gave back.
    spare: Vec<(Arc<str>, Value)>,
    done: Option<(Arc<str>, Value)>,
    keep: Keep,
    /// The property's value under way, if not all of it is built.
    narrowed: Option<Narrowed>,
    /// Open elements that are passed over, one in another.
    passed_over: usize,
}

impl Builder {
    pub(super) fn new(limits: Limits, keep: Keep) -> Self {
        Self {
            limits,
            keep,
            narrowed: None,
            passed_over: 0,
            names: Names::default(),
            prefixes: Prefixes::default(),
            open: Vec::with_capacity(16),
            text: String::new(),
            elements: 0,
            objects: Vec::new(),
            properties: Vec::new(),
            spare: Vec::new(),
            done: None,
        }
    }

    pub(super) fn finish(self, end: u64) -> Option<Document> {
        self.done.map(|(name, root)| Document { name, root, objects: self.objects, end })
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Cause> {
        if self.passed_over > 0 {
            return Ok(());
        }
        if self.open.is_empty() {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => Err(Cause::Malformed("text outside of the answer".into())),
            };
        }
        if self.text.len() + text.len() > self.limits.text {
            return Err(Cause::TooLarge("bytes in one text", self.limits.text as u64));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// `&amp;`, `&#228;` and the like. What can't be resolved stays as it was written.
    pub(super) fn reference(&mut self, name: &BytesRef<'_>) -> Result<(), Cause> {
        match name.resolve_char_ref() {
            Ok(Some(character)) => self.text(character.encode_utf8(&mut [0; 4])),
            Err(_) => self.text("\u{fffd}"),
            Ok(None) => match resolve_predefined_entity(name) {
                Some(text) => self.text(text),
                None => self.text(&format!("&{};", &**name)),
            },
        }
    }

    pub(super) fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Cause> {
        if self.done.is_some() {
            return Err(Cause::Malformed("more after the end of the answer".into()));
        }
        if self.passed_over > 0 || self.is_unwanted(local(tag.name().into_inner())) {
            self.passed_over += 1;
            if let Some(parent) = self.open.last_mut() {
                parent.is_hollow = true;
            }
            return Ok(());
        }
        if self.open.len() >= self.limits.depth {
            return Err(Cause::TooDeep(self.limits.depth));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(Cause::TooLarge("elements", self.limits.elements));
        }
        self.text.clear();
        let prefixes = self.prefixes.len();
        let name = self.names.get(local(tag.name().into_inner()));
        let mut frame =
            Frame { name, type_name: None, kind: None, content: Content::Text, is_hollow: false, prefixes };
        if !tag.attributes_raw().is_empty() {
            self.attributes(tag, &mut frame)?;
        }
        if frame.type_name.as_deref().is_some_and(|name| name.starts_with("ArrayOf")) {
            frame.content = Content::Items(Vec::new());
        }
        if self.narrowed.is_none() && !self.keep.is_empty() && &*frame.name == "val" {
            self.narrowed = self.narrow();
        }
        self.open.push(frame);
        Ok(())
    }

    /// Whether an element inside of the value under way is none of those that are built.
    fn is_unwanted(&self, name: &str) -> bool {
        let Some(narrowed) = self.narrowed else { return false };
        // An array's items are not fields: their names are those of their types.
        let is_item = self.open.len() == narrowed.depth
            && matches!(self.open.last(), Some(Frame { content: Content::Items(_), .. }));
        !is_item && !self.keep.wants(narrowed, name)
    }

    /// What is built of the value that begins in the innermost element, a property of a page; all if nothing is said.
    fn narrow(&self) -> Option<Narrowed> {
        if self.in_page() != Some(2) {
            return None;
        }
        let Content::Fields { fields, .. } = &self.open.last()?.content else { return None };
        let path = fields.iter().find(|(field, _)| &**field == "name")?.1.as_str()?;
        self.keep.narrow(path.trim(), self.open.len() + 1)
    }

    fn attributes(&mut self, tag: &BytesStart<'_>, frame: &mut Frame) -> Result<(), Cause> {
        // A prefix may be declared after its use in the same tag (vcsim does that), so types wait for the end.
        let mut typed: [Option<Attribute<'_>>; 2] = [None, None];
        for (index, attribute) in tag.attributes().with_checks(false).enumerate() {
            if index >= ATTRIBUTES {
                return Err(Cause::TooLarge("attributes", ATTRIBUTES as u64));
            }
            let Ok(attribute) = attribute else { continue };
            let key = attribute.key.as_ref();
            if let Some(prefix) = key.strip_prefix("xmlns:") {
                let prefix = self.names.get(prefix);
                self.prefixes
                    .declare(prefix, attribute.value.trim())
                    .map_err(|limit| Cause::TooLarge("namespace prefixes", limit as u64))?;
            } else if key == "type" {
                frame.kind = Some(self.names.get(attribute.value.trim()));
            } else if key.ends_with(":type")
                && let Some(free) = typed.iter_mut().find(|typed| typed.is_none())
            {
                *free = Some(attribute);
            }
        }
        for attribute in typed.into_iter().flatten() {
            let prefix = attribute.key.as_ref().trim_end_matches(":type");
            if self.prefixes.resolve(prefix) == Namespace::SchemaInstance {
                frame.type_name = self.data_type(attribute.value.trim());
            }
        }
        Ok(())
    }

    /// The name of a data object's type; nothing for a simple type.
    fn data_type(&mut self, name: &str) -> Option<Arc<str>> {
        let local = local(name);
        let prefix = name[..name.len() - local.len()].strip_suffix(':');
        let is_simple = prefix.is_some_and(|prefix| self.prefixes.resolve(prefix) == Namespace::Schema);
        (!is_simple).then(|| self.names.get(local))
    }

    pub(super) fn end(&mut self, name: &str) -> Result<(), Cause> {
        if self.passed_over > 0 {
            self.passed_over -= 1;
            return Ok(());
        }
        if self.narrowed.is_some_and(|narrowed| narrowed.depth == self.open.len()) {
            self.narrowed = None;
        }
        let Some(frame) = self.open.pop() else {
            return Err(Cause::Malformed(format!("</{}> without a start", short(name))));
        };
        if &*frame.name != name {
            return Err(Cause::Malformed(format!(
                "<{}> is closed by </{}>",
                short(&frame.name),
                short(name)
            )));
        }
        self.prefixes.truncate(frame.prefixes);
        let (name, value) = value(frame, &self.text);
        self.text.clear();
        match &*name {
            "objects" if self.in_page() == Some(0) => self.object(value)?,
            "propSet" if self.in_page() == Some(1) => self.property(value),
            _ => match self.open.last_mut() {
                Some(parent) => add(parent, name, value, &mut self.spare),
                None => self.done = Some((name, value)),
            },
        }
        Ok(())
    }

    /// How many elements are open below a page's `returnval`: 0 between its objects, 1 in one of them. Asked by name
    /// all the way, since data objects of a vCenter may have fields of the same names.
    fn in_page(&self) -> Option<usize> {
        match &self.open[..] {
            [_, body, answer, returnval, below @ ..]
                if &*body.name == "Body"
                    && &*returnval.name == "returnval"
                    && answer.name.ends_with("PropertiesExResponse")
                    && below.first().is_none_or(|first| &*first.name == "objects") =>
            {
                Some(below.len())
            }
            _ => None,
        }
    }

    /// Takes a property of the object under way out of its element at once: most of a page is made of these.
    fn property(&mut self, set: Value) {
        if let Value::Struct { mut fields, .. } = set {
            self.properties.extend(object::property(fields.drain(..), &mut self.names));
            self.spare = fields;
        }
    }

    fn object(&mut self, value: Value) -> Result<(), Cause> {
        if self.objects.len() >= self.limits.objects {
            return Err(Cause::TooLarge("objects", self.limits.objects as u64));
        }
        // The next object will have as many.
        let room = Vec::with_capacity(self.properties.len());
        let properties = std::mem::replace(&mut self.properties, room);
        let object = object::from_content(value, properties, &mut self.names);
        self.objects.push(object.ok_or_else(|| Cause::Malformed("an object without a reference".into()))?);
        Ok(())
    }
}

fn value(frame: Frame, text: &str) -> (Arc<str>, Value) {
    let text = if frame.is_hollow { "" } else { text };
    let value = match frame.content {
        Content::Items(items) => Value::List(items),
        Content::Fields { fields, .. } => Value::Struct { type_name: frame.type_name, fields },
        Content::Text => match (frame.kind, frame.type_name) {
            (Some(kind), _) => Value::Ref(MoRef { kind, value: text.trim().into() }),
            (None, Some(type_name)) if text.is_empty() => {
                Value::Struct { type_name: Some(type_name), fields: Vec::new() }
            }
            _ => Value::Text(text.into()),
        },
    };
    (frame.name, value)
}

/// Puts a child into its parent. Fields that repeat become one list: that is how a vCenter writes arrays.
fn add(parent: &mut Frame, name: Arc<str>, value: Value, spare: &mut Vec<(Arc<str>, Value)>) {
    match &mut parent.content {
        Content::Items(items) => items.push(value),
        content @ Content::Text => {
            let mut fields = std::mem::take(spare);
            fields.push((name, value));
            *content = Content::Fields { fields, repeated: false };
        }
        Content::Fields { fields, repeated } => match fields.last_mut() {
            Some((last, Value::List(items))) if *repeated && *last == name => items.push(value),
            Some((last, first)) if *last == name => {
                let first_value = std::mem::replace(first, Value::List(Vec::new()));
                *first = Value::List(vec![first_value, value]);
                *repeated = true;
            }
            _ => {
                fields.push((name, value));
                *repeated = false;
            }
        },
    }
}

/// A name without its prefix. Names are too short for the machinery of a search.
pub(super) fn local(name: &str) -> &str {
    name.bytes().position(|byte| byte == b':').map_or(name, |colon| &name[colon + 1..])
}

/// A name of the answer for an error text, cut to a length that can be shown.
fn short(name: &str) -> String {
    name.chars().take(40).collect()
}
