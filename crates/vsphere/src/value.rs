//! What a property can hold, and reading it without caring how exactly the server wrote it.
//! Keeps texts as they came: a value that doesn't fit costs its reader one `None`, never a page.

use std::{fmt, sync::Arc};

/// A reference to a managed object, unique within one vCenter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MoRef {
    /// Managed object type, like `HostSystem`.
    pub kind: Arc<str>,
    /// The id, like `host-12`.
    pub value: Arc<str>,
}

impl MoRef {
    /// A reference of this type and id.
    pub fn new(kind: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        Self { kind: kind.into(), value: value.into() }
    }
}

impl fmt::Display for MoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

/// A value as it came from the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any simple value: text, number, boolean, time, enumeration.
    Text(Box<str>),
    /// A reference to a managed object.
    Ref(MoRef),
    /// The items of an array, or a field that came more than once.
    List(Vec<Value>),
    /// A data object.
    Struct {
        /// The type, where the server named it (`xsi:type` without its prefix).
        type_name: Option<Arc<str>>,
        /// Name and value, in the server's order; a name stands here once.
        fields: Vec<(Arc<str>, Value)>,
    },
}

impl Value {
    /// The value at a path of field names, like `systemInfo.uuid`. Takes no index into a list.
    pub fn field(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(self, |value, name| match value {
            Self::Struct { fields, .. } => {
                fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
            }
            _ => None,
        })
    }

    /// The items at a path: empty where nothing is there, one item where it came without an array around it.
    pub fn list(&self, path: &str) -> &[Value] {
        self.field(path).map_or(&[], Self::as_list)
    }

    /// The value as a list: an array's items, nothing for an empty element, else itself as the only item.
    pub fn as_list(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            Self::Text(text) if text.is_empty() => &[],
            Self::Struct { fields, .. } if fields.is_empty() => &[],
            single => std::slice::from_ref(single),
        }
    }

    /// The text, as the server sent it. An empty data object counts as an empty text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Struct { fields, .. } if fields.is_empty() => Some(""),
            _ => None,
        }
    }

    /// `true`, `false`, `1` or `0`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_str()?.trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// A whole number in the range of 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_str()?.trim().parse().ok()
    }

    /// A finite number.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_str()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// An `xsd:dateTime` as milliseconds since 1970-01-01 UTC; without a zone it is UTC.
    pub fn as_time_ms(&self) -> Option<i64> {
        time_ms(self.as_str()?)
    }

    /// The reference.
    pub fn as_ref(&self) -> Option<&MoRef> {
        match self {
            Self::Ref(moref) => Some(moref),
            _ => None,
        }
    }

    /// The type of a data object, where the server named it.
    pub fn type_name(&self) -> Option<&str> {
        match self {
            Self::Struct { type_name, .. } => type_name.as_deref(),
            _ => None,
        }
    }
}

fn time_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let local = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(jiff::tz::Offset::UTC.to_timestamp(local).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn times_come_with_and_without_zone_and_fraction() {
        let expected = Some(1_709_292_645_000);
        assert_eq!(text("2024-03-01T11:30:45Z").as_time_ms(), expected);
        assert_eq!(text("2024-03-01T11:30:45").as_time_ms(), expected);
        assert_eq!(text("2024-03-01T13:30:45+02:00").as_time_ms(), expected);
        assert_eq!(text(" 2024-03-01T11:30:45.000000Z ").as_time_ms(), expected);
        assert_eq!(text("2024-03-01T11:30:45.123456789Z").as_time_ms(), expected.map(|ms| ms + 123));
        assert_eq!(text("1969-12-31T23:59:59.5Z").as_time_ms(), Some(-500));
        for bad in
            ["", "yesterday", "2024-13-01T00:00:00Z", "2024-03-01T11:30:45Zulu", "99999-01-01T00:00:00Z"]
        {
            assert_eq!(text(bad).as_time_ms(), None, "{bad}");
        }
    }

    #[test]
    fn a_fraction_may_have_none_to_six_digits_and_a_zone_may_be_local() {
        for (fraction, ms) in [
            ("", 0),
            (".7", 700),
            (".07", 70),
            (".123", 123),
            (".1239", 123),
            (".12399", 123),
            (".999999", 999),
        ] {
            for zone in ["Z", "+01:00", "-11:30", "+00:00"] {
                let minutes = match zone {
                    "+01:00" => -60,
                    "-11:30" => 11 * 60 + 30,
                    _ => 0,
                };
                let expected = Some(1_709_292_645_000 + ms + minutes * 60_000);
                let time = format!("2024-03-01T11:30:45{fraction}{zone}");
                assert_eq!(text(&time).as_time_ms(), expected, "{time}");
            }
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_none() {
        assert_eq!(text("12").as_i64(), Some(12));
        assert_eq!(text("12.5").as_i64(), None);
        assert_eq!(text("9223372036854775808").as_i64(), None);
        assert_eq!(text("NaN").as_f64(), None);
        assert_eq!(text("TRUE").as_bool(), None);
        assert_eq!(text("1").as_bool(), Some(true));
        assert_eq!(text("x").as_ref(), None);
    }

    #[test]
    fn a_list_may_come_empty_single_or_whole() {
        let single = Value::Struct { type_name: None, fields: vec![("disk".into(), text("a"))] };
        assert_eq!(single.list("disk"), [text("a")]);
        assert_eq!(single.list("nic"), []);
        assert_eq!(text("").as_list(), []);
        assert_eq!(Value::List(vec![text("a"), text("b")]).as_list().len(), 2);
    }
}
