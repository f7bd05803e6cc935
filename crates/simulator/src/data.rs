//! Values of properties, and how they are written on the wire.
//! Refuses to write what XML can't hold: characters it doesn't have are left out.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::estate::{Estate, Id};

/// The value of a property, or of a field inside of one.
#[derive(Clone, Debug)]
pub(crate) enum Data<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Short(u16),
    Int(i64),
    Long(i64),
    /// Milliseconds since 1970 UTC.
    Time(i64),
    /// An enumeration and its word.
    Word(&'static str, &'static str),
    Reference(Id),
    /// A reference to what has no place in the inventory: its type and moref.
    Outside(&'static str, &'static str),
    /// References, an `ArrayOfManagedObjectReference` even when there are none.
    References(Vec<Id>),
    /// The name of the items' type (`string` for texts), and the items.
    List(&'static str, Vec<Data<'a>>),
    Record(Record<'a>),
}

/// A data object.
#[derive(Clone, Debug)]
pub(crate) struct Record<'a> {
    type_name: &'static str,
    /// Whether the field that it stands in is declared with a base type.
    is_subtype: bool,
    fields: Vec<(&'static str, Data<'a>)>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(type_name: &'static str) -> Record<'a> {
        Record { type_name, is_subtype: false, fields: Vec::new() }
    }

    /// One that has to name its type wherever it stands.
    pub(crate) fn subtype(type_name: &'static str) -> Record<'a> {
        Record { is_subtype: true, ..Record::new(type_name) }
    }

    pub(crate) fn with(mut self, field: &'static str, value: Data<'a>) -> Record<'a> {
        self.fields.push((field, value));
        self
    }

    /// The field only where there is a value.
    pub(crate) fn maybe(mut self, field: &'static str, value: Option<Data<'a>>) -> Record<'a> {
        self.fields.extend(value.map(|value| (field, value)));
        self
    }
}

impl<'a> From<Record<'a>> for Data<'a> {
    fn from(record: Record<'a>) -> Data<'a> {
        Data::Record(record)
    }
}

impl<'a> Data<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Data<'a> {
        Data::Text(text.into())
    }

    /// Bytes, as vSphere counts them.
    pub(crate) fn bytes(bytes: u64) -> Data<'a> {
        Data::Long(bytes as i64)
    }

    /// The references in it, for walking along them.
    pub(crate) fn references(self) -> Vec<Id> {
        match self {
            Data::Reference(id) => vec![id],
            Data::References(ids) => ids,
            _ => Vec::new(),
        }
    }

    /// A field of a data object.
    pub(crate) fn into_field(self, name: &str) -> Option<Data<'a>> {
        match self {
            Data::Record(record) => {
                record.fields.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// As the `val` of a property, with its type.
    pub(crate) fn write_val(&self, estate: &Estate, out: &mut String) {
        match self {
            Data::Reference(id) => {
                let (kind, moref) = (estate.kind(*id).type_name(), estate.moref(*id));
                let _ = write!(out, "<val type=\"{kind}\" xsi:type=\"ManagedObjectReference\">{moref}</val>");
            }
            Data::References(ids) => {
                out.push_str("<val xsi:type=\"ArrayOfManagedObjectReference\">");
                write_references(ids, estate, out);
                out.push_str("</val>");
            }
            Data::List(item, items) => {
                let array = array_of(item);
                let _ = write!(out, "<val xsi:type=\"{array}\">");
                for value in items {
                    value.write_item(item, estate, out);
                }
                out.push_str("</val>");
            }
            other => {
                let _ = write!(out, "<val xsi:type=\"{}\">", other.type_name());
                other.write_content(estate, out);
                out.push_str("</val>");
            }
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Data::Text(_) => "xsd:string",
            Data::Bool(_) => "xsd:boolean",
            Data::Short(_) => "xsd:short",
            Data::Int(_) => "xsd:int",
            Data::Long(_) => "xsd:long",
            Data::Time(_) => "xsd:dateTime",
            Data::Word(type_name, _) => type_name,
            Data::Record(record) => record.type_name,
            Data::Reference(_) | Data::Outside(..) | Data::References(_) | Data::List(..) => {
                "ManagedObjectReference"
            }
        }
    }

    /// As an element of an array, which is called like the array's items. As a vCenter does, it names its own type.
    fn write_item(&self, item: &str, estate: &Estate, out: &mut String) {
        match self {
            Data::Record(record) => {
                let _ = write!(out, "<{item} xsi:type=\"{}\">", record.type_name);
                record.write_fields(estate, out);
                let _ = write!(out, "</{item}>");
            }
            Data::Int(value) if item == "byte" => {
                let _ = write!(out, "<byte xsi:type=\"xsd:byte\">{value}</byte>");
            }
            other => other.write_field(item, estate, out),
        }
    }

    /// As a field of a data object; a list is its items, one after the other.
    pub(crate) fn write_field(&self, name: &str, estate: &Estate, out: &mut String) {
        match self {
            Data::Reference(id) => {
                let (kind, moref) = (estate.kind(*id).type_name(), estate.moref(*id));
                let _ = write!(out, "<{name} type=\"{kind}\">{moref}</{name}>");
            }
            Data::Outside(kind, moref) => {
                let _ = write!(out, "<{name} type=\"{kind}\">{moref}</{name}>");
            }
            Data::References(ids) => {
                for id in ids {
                    Data::Reference(*id).write_field(name, estate, out);
                }
            }
            Data::List(_, items) => {
                for item in items {
                    item.write_field(name, estate, out);
                }
            }
            Data::Record(record) if record.is_subtype => {
                let _ = write!(out, "<{name} xsi:type=\"{}\">", record.type_name);
                record.write_fields(estate, out);
                let _ = write!(out, "</{name}>");
            }
            other => {
                let _ = write!(out, "<{name}>");
                other.write_content(estate, out);
                let _ = write!(out, "</{name}>");
            }
        }
    }

    fn write_content(&self, estate: &Estate, out: &mut String) {
        // Writing to a text can't fail.
        let _ = match self {
            Data::Text(text) => {
                escape(text, out);
                Ok(())
            }
            Data::Bool(value) => write!(out, "{value}"),
            Data::Short(value) => write!(out, "{value}"),
            Data::Int(value) | Data::Long(value) => write!(out, "{value}"),
            Data::Time(ms) => write!(out, "{}", time(*ms)),
            Data::Word(_, word) => write!(out, "{word}"),
            Data::Reference(id) => write!(out, "{}", estate.moref(*id)),
            Data::Outside(_, moref) => write!(out, "{moref}"),
            Data::References(_) | Data::List(..) => Ok(()),
            Data::Record(record) => {
                record.write_fields(estate, out);
                Ok(())
            }
        };
    }
}

impl Record<'_> {
    fn write_fields(&self, estate: &Estate, out: &mut String) {
        for (name, value) in &self.fields {
            value.write_field(name, estate, out);
        }
    }
}

/// Array elements with a reference each.
pub(crate) fn write_references(ids: &[Id], estate: &Estate, out: &mut String) {
    for id in ids {
        let (kind, moref) = (estate.kind(*id).type_name(), estate.moref(*id));
        let _ = write!(
            out,
            "<ManagedObjectReference type=\"{kind}\" xsi:type=\"ManagedObjectReference\">{moref}</ManagedObjectReference>"
        );
    }
}

fn array_of(item: &str) -> String {
    match item {
        "string" => "ArrayOfString".into(),
        "int" => "ArrayOfInt".into(),
        "byte" => "ArrayOfByte".into(),
        other => format!("ArrayOf{other}"),
    }
}

/// A time as it is on the wire.
pub(crate) fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// Text as the content of an element or an attribute.
pub(crate) fn escape(text: &str, out: &mut String) {
    // Most texts have nothing to escape, and go over in one piece.
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let written = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\r' => "&#13;",
            b'\n' | b'\t' => continue,
            ..b' ' => "",
            // U+FFFE and U+FFFF, which are no characters, begin with this.
            0xef if matches!(text.as_bytes().get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => {
                out.push_str(&text[from..at]);
                from = at + 3;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(written);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// A name as vSphere gives it out: escaped as in a path.
pub(crate) fn name(name: &str) -> Data<'_> {
    if name.contains(['%', '/', '\\']) {
        Data::text(name.replace('%', "%25").replace('/', "%2f").replace('\\', "%5c"))
    } else {
        Data::text(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        let mut out = String::new();
        escape("a<b>&\"c\" \u{1}\u{0}d\r\n\te\u{fffe}f\u{ffff}ä😀\u{fffd}", &mut out);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c&quot; d&#13;\n\tefä😀\u{fffd}");
    }

    #[test]
    fn names_are_escaped_as_in_a_path() {
        assert!(matches!(name("a/b%c\\d e"), Data::Text(text) if text == "a%2fb%25c%5cd e"));
    }
}
