//! A value of one column of one object, as the cache holds it.
//! Refuses to guess: what a stored value means is told by its column's shape.

use crate::columns::{Column, Shape, Type};
use crate::{Kind, Moref, Time};
use serde_json::Value as Json;

/// A reference to another inventory object of the same vCenter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref {
    /// Kind of the object referred to.
    pub kind: Kind,
    /// Its moref.
    pub moref: Moref,
}

/// A value; times are milliseconds in UTC, sizes bytes, clocks MHz.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// Never known, or not set on the server.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number, or a time in milliseconds.
    Int(i64),
    /// A computed number with decimals, in thousandths. Never stored.
    Decimal(i64),
    /// Text, decoded.
    Text(Box<str>),
    /// A reference.
    Ref(Ref),
    /// A list, sorted; link-local addresses stand last.
    List(Box<[Value]>),
}

impl Value {
    /// Text as a value.
    pub fn text(text: impl Into<Box<str>>) -> Value {
        Value::Text(text.into())
    }

    /// A part of a whole in percent; nothing where there is no whole.
    pub fn percent(part: i64, whole: i64) -> Value {
        Value::divided(i128::from(part) * 100, whole)
    }

    /// A number divided by another; nothing where that is none.
    pub fn ratio(number: i64, by: i64) -> Value {
        Value::divided(i128::from(number), by)
    }

    fn divided(number: i128, by: i64) -> Value {
        if by <= 0 {
            return Value::Null;
        }
        let thousandths = number * 1000 / i128::from(by);
        i64::try_from(thousandths).map_or(Value::Null, Value::Decimal)
    }

    /// A list as a value, sorted.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
        let mut values: Vec<Value> = values.into_iter().collect();
        values.sort();
        Value::List(values.into())
    }

    /// Whether nothing is known.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The references in a value: one, several or none.
    pub fn refs(&self) -> impl Iterator<Item = &Ref> {
        let values = match self {
            Value::List(values) => &values[..],
            one => std::slice::from_ref(one),
        };
        values.iter().filter_map(|value| match value {
            Value::Ref(reference) => Some(reference),
            _ => None,
        })
    }

    /// The value as it stands in a stored document.
    pub fn to_document(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Int(number) => Json::from(*number),
            Value::Decimal(thousandths) => decimal(*thousandths),
            Value::Text(text) => Json::from(&**text),
            Value::Ref(reference) => Json::from(format!("{}:{}", reference.kind.name(), reference.moref)),
            Value::List(values) => values.iter().map(Value::to_document).collect(),
        }
    }

    /// The value as programs read it: times in RFC 3339, references as morefs.
    pub fn to_json(&self, column: &Column) -> Json {
        match self {
            Value::Int(ms) if column.ty == Type::Time => Time(*ms).to_string().into(),
            Value::Ref(reference) => Json::from(&*reference.moref),
            Value::List(values) => values.iter().map(|value| value.to_json(column)).collect(),
            plain => plain.to_document(),
        }
    }

    /// The value that `to_document` wrote for a column of this shape; `Null` for what doesn't fit it.
    pub fn from_document(shape: Shape, json: Json) -> Value {
        match (json, shape.holds_references()) {
            (Json::Bool(flag), _) => Value::Bool(flag),
            (Json::Number(number), _) if shape.is_decimal() => number.as_f64().and_then(thousandths).into(),
            (Json::Number(number), _) => number.as_i64().map_or(Value::Null, Value::Int),
            (Json::String(text), false) => Value::Text(text.into()),
            (Json::String(text), true) => text
                .split_once(':')
                .and_then(|(kind, moref)| Some(Ref { kind: Kind::from_name(kind)?, moref: moref.into() }))
                .map_or(Value::Null, Value::Ref),
            (Json::Array(values), _) => {
                Value::List(values.into_iter().map(|value| Value::from_document(shape, value)).collect())
            }
            (Json::Null | Json::Object(_), _) => Value::Null,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "three decimals of what is a share or a ratio")]
fn decimal(thousandths: i64) -> Json {
    Json::from(thousandths as f64 / 1000.0)
}

/// The number that `decimal` wrote.
#[expect(clippy::cast_possible_truncation, reason = "what is too large for it is none")]
fn thousandths(number: f64) -> Option<Value> {
    let thousandths = (number * 1000.0).round();
    (thousandths.abs() < 1e15).then_some(Value::Decimal(thousandths as i64))
}

impl From<Option<Value>> for Value {
    fn from(value: Option<Value>) -> Value {
        value.unwrap_or_default()
    }
}
