//! An inventory object as the document that its row holds, and back.
//! Refuses to fail for a column it doesn't know: another release wrote it.

use contract::columns::{self, Shape};
use contract::{Kind, Missing, Moref, Object, Value};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Content hash of a row.
pub(crate) type Hash = [u8; blake3::OUT_LEN];

/// The document of an object: `{"values": {column: value}, "missing": {column: reason}}`.
pub(crate) fn encode(object: &Object) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Document(object))
}

#[cfg(test)]
thread_local! {
    /// Documents that this thread hashed.
    pub(crate) static HASHED_HERE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What tells whether an object is as it was.
pub(crate) fn hash(object_type: &str, document: &str) -> Hash {
    #[cfg(test)]
    HASHED_HERE.set(HASHED_HERE.get() + 1);
    let mut hasher = blake3::Hasher::new();
    hasher.update(object_type.as_bytes()).update(&[0]).update(document.as_bytes());
    *hasher.finalize().as_bytes()
}

/// The hash of a row, if its document is what was written with it.
pub(crate) fn verified(object_type: &str, document: &str, hash: &[u8]) -> Option<Hash> {
    let found = self::hash(object_type, document);
    (found == hash).then_some(found)
}

/// So many characters at the beginning of a document hold its name, with what stands before that and what is escaped in it:
/// a vCenter takes no name of more than 80.
pub(crate) const BEGINNING: i64 = 200;

/// What the object of a document is called, by the document's beginning; `None` if that doesn't say. It does where the name
/// is the first of the stored columns.
pub(crate) fn name(beginning: &str) -> Option<Box<str>> {
    let rest = beginning.strip_prefix(r#"{"values":{"name":"#)?;
    serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()
}

/// The object of a row.
pub(crate) fn decode(
    kind: Kind,
    moref: Moref,
    object_type: Box<str>,
    document: &str,
) -> Result<Object, serde_json::Error> {
    let schema = columns::of(kind);
    let mut object = Object {
        kind,
        moref,
        object_type,
        values: vec![Value::Null; schema.stored().len()].into(),
        missing: Box::default(),
    };
    let mut json = serde_json::Deserializer::from_str(document);
    Whole { object: &mut object, shapes: &shapes(kind) }.deserialize(&mut json)?;
    json.end()?;
    Ok(object)
}

fn shapes(kind: Kind) -> Vec<Shape> {
    columns::of(kind).stored().map(|(_, shape)| shape).collect()
}

struct Document<'a>(&'a Object);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_map(Some(2))?;
        document.serialize_entry("values", &Values(self.0))?;
        document.serialize_entry("missing", &Reasons(self.0))?;
        document.end()
    }
}

struct Values<'a>(&'a Object);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = columns::of(self.0.kind);
        let known = columns.stored().zip(&self.0.values).filter(|(_, value)| !value.is_null());
        serializer.collect_map(known.map(|((column, _), value)| (&*column.id, value.to_document())))
    }
}

struct Reasons<'a>(&'a Object);

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = columns::of(self.0.kind);
        // In the order of the columns, so that equal objects have equal documents.
        let reasons = columns.stored().enumerate().filter_map(|(slot, (column, _))| {
            let missing = self.0.missing.iter().find(|(missing, _)| usize::from(*missing) == slot)?;
            Some((&*column.id, missing.1.name()))
        });
        serializer.collect_map(reasons)
    }
}

/// Fills an object from its document.
struct Whole<'a> {
    object: &'a mut Object,
    shapes: &'a [Shape],
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document with values and missing")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut document: A) -> Result<(), A::Error> {
        while let Some(part) = document.next_key::<Cow<'de, str>>()? {
            match &*part {
                "values" => {
                    document.next_value_seed(Filling { object: &mut *self.object, shapes: self.shapes })?
                }
                "missing" => self.object.missing = reasons(self.object.kind, document.next_value()?),
                _ => {
                    document.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Fills the values of an object.
struct Filling<'a> {
    object: &'a mut Object,
    shapes: &'a [Shape],
}

impl<'de> DeserializeSeed<'de> for Filling<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Filling<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let columns = columns::of(self.object.kind);
        while let Some(column) = values.next_key::<Cow<'de, str>>()? {
            match columns.slot(&column) {
                Some(slot) => {
                    self.object.values[slot] = Value::from_document(self.shapes[slot], values.next_value()?);
                }
                None => {
                    values.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The reasons that this release knows, of the columns that it knows.
fn reasons(kind: Kind, reasons: serde_json::Map<String, serde_json::Value>) -> Box<[(u16, Missing)]> {
    let columns = columns::of(kind);
    let known = reasons.into_iter().filter_map(|(column, reason)| {
        let slot = u16::try_from(columns.slot(&column)?).ok()?;
        Some((slot, serde_json::from_value(reason).ok()?))
    });
    let mut known: Vec<(u16, Missing)> = known.collect();
    known.sort_by_key(|(slot, _)| *slot);
    known.into()
}
