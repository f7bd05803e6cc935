//! Turns tags and texts into values. Sees one event at a time, so it doesn't matter how the bytes arrived.

use std::sync::Arc;

use quick_xml::{
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart},
};

use super::{
    Document, Limits, ParseError,
    names::{Names, Namespace, Prefixes},
    object::{self, Object},
};
use crate::value::{MoRef, Value};

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
    done: Option<(Arc<str>, Value)>,
}

impl Builder {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            names: Names::default(),
            prefixes: Prefixes::default(),
            open: Vec::with_capacity(16),
            text: String::new(),
            elements: 0,
            objects: Vec::new(),
            done: None,
        }
    }

    pub(super) fn finish(self) -> Option<Document> {
        self.done.map(|(name, root)| Document { name, root, objects: self.objects })
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Cause> {
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
        if self.open.len() >= self.limits.depth {
            return Err(Cause::TooDeep(self.limits.depth));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(Cause::TooLarge("elements", self.limits.elements));
        }
        self.text.clear();
        let prefixes = self.prefixes.len();
        let name = self.names.get(tag.local_name().into_inner());
        let mut frame = Frame { name, type_name: None, kind: None, content: Content::Text, prefixes };
        if !tag.attributes_raw().is_empty() {
            self.attributes(tag, &mut frame);
        }
        if frame.type_name.as_deref().is_some_and(|name| name.starts_with("ArrayOf")) {
            frame.content = Content::Items(Vec::new());
        }
        self.open.push(frame);
        Ok(())
    }

    fn attributes(&mut self, tag: &BytesStart<'_>, frame: &mut Frame) {
        // A prefix may be declared after its use in the same tag: vcsim does that.
        if tag.attributes_raw().contains("xmlns") {
            for attribute in tag.attributes().with_checks(false).flatten() {
                if let Some(prefix) = attribute.key.as_ref().strip_prefix("xmlns:") {
                    self.prefixes.declare(prefix, attribute.value.trim());
                }
            }
        }
        for attribute in tag.attributes().with_checks(false).flatten() {
            match attribute.key.as_ref().split_once(':') {
                None if attribute.key.as_ref() == "type" => {
                    frame.kind = Some(self.names.get(attribute.value.trim()))
                }
                Some((prefix, "type")) if self.prefixes.resolve(prefix) == Namespace::SchemaInstance => {
                    frame.type_name = self.data_type(attribute.value.trim());
                }
                _ => {}
            }
        }
    }

    /// The name of a data object's type; nothing for a simple type.
    fn data_type(&mut self, name: &str) -> Option<Arc<str>> {
        match name.split_once(':') {
            Some((prefix, _)) if self.prefixes.resolve(prefix) == Namespace::Schema => None,
            Some((_, local)) => Some(self.names.get(local)),
            None => Some(self.names.get(name)),
        }
    }

    pub(super) fn end(&mut self, name: &str) -> Result<(), Cause> {
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
        let (name, value) = (frame.name.clone(), value(frame, &self.text));
        self.text.clear();
        if self.open.is_empty() {
            self.done = Some((name, value));
            return Ok(());
        }
        if &*name == "objects" && self.in_page() {
            return self.object(value);
        }
        if let Some(parent) = self.open.last_mut() {
            add(parent, name, value);
        }
        Ok(())
    }

    /// Whether the open elements are Envelope, Body, the answer of a method and its `returnval`.
    fn in_page(&self) -> bool {
        match &self.open[..] {
            [_, _, answer, returnval] => {
                &*returnval.name == "returnval" && answer.name.ends_with("PropertiesExResponse")
            }
            _ => false,
        }
    }

    fn object(&mut self, value: Value) -> Result<(), Cause> {
        if self.objects.len() >= self.limits.objects {
            return Err(Cause::TooLarge("objects", self.limits.objects as u64));
        }
        let object = object::from_content(value, &mut self.names);
        self.objects.push(object.ok_or_else(|| Cause::Malformed("an object without a reference".into()))?);
        Ok(())
    }
}

fn value(frame: Frame, text: &str) -> Value {
    match frame.content {
        Content::Items(items) => Value::List(items),
        Content::Fields { fields, .. } => Value::Struct { type_name: frame.type_name, fields },
        Content::Text => match (frame.kind, frame.type_name) {
            (Some(kind), _) => Value::Ref(MoRef { kind, value: text.trim().into() }),
            (None, Some(type_name)) if text.is_empty() => {
                Value::Struct { type_name: Some(type_name), fields: Vec::new() }
            }
            _ => Value::Text(text.into()),
        },
    }
}

/// Puts a child into its parent. Fields that repeat become one list: that is how a vCenter writes arrays.
fn add(parent: &mut Frame, name: Arc<str>, value: Value) {
    match &mut parent.content {
        Content::Items(items) => items.push(value),
        content @ Content::Text => {
            *content = Content::Fields { fields: vec![(name, value)], repeated: false };
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

/// A name of the answer for an error text, cut to a length that can be shown.
fn short(name: &str) -> String {
    name.chars().take(40).collect()
}
