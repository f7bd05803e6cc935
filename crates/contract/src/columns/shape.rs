//! What the values of a column are, and how a property of the server becomes one.
//! Refuses to read: that is the service's part.

use crate::Value;
use serde::Serialize;

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text; vSphere's own words are never translated.
    Text,
    /// Whole number.
    Integer,
    /// Number with up to three decimals.
    Decimal,
    /// Yes or no.
    Boolean,
    /// Point in time.
    Time,
    /// List of texts, sorted.
    List,
}

/// The unit of a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Megahertz.
    #[serde(rename = "MHz")]
    Mhz,
    /// A number of things.
    Count,
    /// A share of a whole.
    Percent,
    /// A time span.
    Seconds,
}

/// How a property of the server becomes a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Text as it is; enumerations too.
    Text,
    /// An object's name: percent-escaped by the server, decoded here.
    Name,
    /// Whole number.
    Int,
    /// Size in units of 2^20 bytes, kept as bytes.
    Mebibytes,
    /// Whole number that limits; -1 is no limit.
    Limit,
    /// Size in units of 2^20 bytes that limits, kept as bytes; -1 is no limit.
    MebibytesLimit,
    /// xsd:boolean.
    Bool,
    /// xsd:dateTime.
    Time,
    /// A reference.
    Reference,
    /// A list of references.
    References,
    /// The hosts in a list of DatastoreHostMount that can access the datastore.
    Mounts,
    /// Length of a list.
    Length,
    /// Values of a HostSystemIdentificationInfo list with one of these keys, comma-joined; the first key
    /// that has a value wins.
    Identification(&'static [&'static str]),
    /// Addresses of the virtual NICs that a VirtualNicManagerNetConfig list selects for this service.
    VnicAddresses(&'static str),
    /// Texts in this field of every element of a list.
    Each(&'static str),
    /// IP addresses in this field of every element of a list, link-local ones last.
    Addresses(&'static str),
    /// MAC addresses of the VirtualEthernetCards in a list of VirtualDevice.
    CardMacs,
    /// The CD/DVD and floppy drives in a list of VirtualDevice that are connected, each by its type.
    Drives,
    /// A list of texts.
    Texts,
    /// Free space of the fullest volume in a list of GuestDiskInfo, in percent.
    LeastFree,
    /// Path of that volume.
    Fullest,
    /// Names of the sensors in a list of HostNumericSensorInfo that are red.
    RedSensors,
    /// Names of the alarms in a list of AlarmState that have this status, are about the object itself and that nobody
    /// acknowledged. The list has those of everything below, too.
    Alarms(&'static str),
    /// How many in a list of HostMultipathStateInfoPath are dead.
    DeadPaths,
    /// Until when the certificate is valid whose PEM the bytes are.
    CertificateEnd,
    /// Who signed it.
    CertificateIssuer,
    /// When the columns that are read once a week were asked for; no property of its own.
    WeeklyReadAt,
    /// How many nodes a list of VirtualMachineSnapshotTree has.
    SnapshotCount,
    /// createTime of the oldest node of a list of VirtualMachineSnapshotTree.
    SnapshotOldest,
    /// Which kind of object a Folder holds, from its childType.
    FolderType,
    /// Filled while a VM's snapshot tree is read, not from a property of its own.
    FromTree(Flat),
    /// Whether it is the folder that the server's ServiceContent names as the root; no property of its own.
    IsRoot,
}

/// What a value that is filled from a tree looks like in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flat {
    /// Text, number, boolean or time.
    Plain,
    /// A reference.
    Reference,
}

impl Shape {
    /// Whether texts in a stored document are references.
    pub fn holds_references(self) -> bool {
        matches!(
            self,
            Shape::Reference | Shape::References | Shape::Mounts | Shape::FromTree(Flat::Reference)
        )
    }

    /// Whether its values are decimal numbers.
    pub fn is_decimal(self) -> bool {
        self.column_type().0 == Type::Decimal
    }

    /// Whether it is read from a property of the object itself.
    pub fn is_property(self) -> bool {
        !matches!(self, Shape::FromTree(_) | Shape::IsRoot | Shape::WeeklyReadAt)
    }

    /// What an object has that the server left out because there is none: an unset list and an empty one are the same
    /// to vSphere.
    pub fn unset(self) -> Value {
        match self.column_type().0 {
            Type::List => Value::List(Box::default()),
            _ if matches!(self, Shape::Length | Shape::SnapshotCount | Shape::DeadPaths) => Value::Int(0),
            _ => Value::Null,
        }
    }

    /// What a column of this shape is, unless it says otherwise.
    pub(super) fn column_type(self) -> (Type, Option<Unit>) {
        match self {
            Shape::Text
            | Shape::Name
            | Shape::Reference
            | Shape::Identification(_)
            | Shape::FolderType
            | Shape::CertificateIssuer
            | Shape::Fullest => (Type::Text, None),
            Shape::FromTree(_) => (Type::Text, None),
            Shape::Int | Shape::Limit => (Type::Integer, None),
            Shape::Length | Shape::SnapshotCount | Shape::DeadPaths => (Type::Integer, Some(Unit::Count)),
            Shape::Mebibytes | Shape::MebibytesLimit => (Type::Integer, Some(Unit::Bytes)),
            Shape::Bool | Shape::IsRoot => (Type::Boolean, None),
            Shape::Time | Shape::SnapshotOldest | Shape::CertificateEnd | Shape::WeeklyReadAt => {
                (Type::Time, None)
            }
            Shape::References
            | Shape::Mounts
            | Shape::VnicAddresses(_)
            | Shape::Each(_)
            | Shape::Addresses(_)
            | Shape::CardMacs
            | Shape::Drives
            | Shape::Texts
            | Shape::RedSensors
            | Shape::Alarms(_) => (Type::List, None),
            Shape::LeastFree => (Type::Decimal, Some(Unit::Percent)),
        }
    }
}
