//! The column registry: what every kind can show, where it comes from and how it is read.
//! Refuses to know any client: grid, exports, queries and the command line all read it from here.
//! Adding a column is adding one line to the kind's file.

mod compute;
#[cfg(test)]
mod declared;
mod layout;
mod place;
mod shape;
mod storage;
#[cfg(test)]
mod tests;
mod vms;

pub use layout::Group;
pub use shape::{Flat, Shape, Type, Unit};

use crate::words::Terms;
use crate::{ApiError, Code, Kind, Missing, Row, Value};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

/// Where a column's value comes from.
#[derive(Clone, Debug)]
pub enum Get {
    /// It stands in the object's document.
    Stored {
        /// Its place in `Object::values`.
        slot: usize,
        /// How it is read.
        shape: Shape,
    },
    /// It is computed from stored columns, its own or those of related objects.
    Derived {
        /// The stored columns of its own object that it needs.
        from: &'static [&'static str],
        /// The computation.
        value: fn(&Row<'_>) -> Value,
        /// Why the computation ends at another object, if it does.
        beyond: fn(&Row<'_>) -> Option<Missing>,
    },
    /// It says which row this is; every kind has these.
    Identity(fn(&Row<'_>) -> Value),
}

/// Where a column leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// To objects of this kind, whose morefs stand in the column of the same id with `_moref` after it.
    Objects(Kind),
    /// To the rows of this kind that have the object's own moref in this column.
    Rows(Kind, &'static str),
}

/// One column of one kind.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its id, in snake_case: a contract with other people's scripts.
    pub id: Cow<'static, str>,
    /// Its title for people.
    pub title: Cow<'static, str>,
    /// What its values are.
    pub ty: Type,
    /// Unit of its values.
    pub unit: Option<Unit>,
    /// The property path it is read from, or what it is computed from. A path may only go through declared types:
    /// a vCenter refuses the whole call for a property that only a subtype has.
    pub source: Cow<'static, str>,
    /// What is read out of the property's value, where a path can't lead to it or where the whole comes anyway.
    pub field: Option<&'static str>,
    /// The subtype of the kind's object type that alone has the property.
    pub subtype: Option<&'static str>,
    /// Whether it is a place in the inventory, or its alarms, which a vCenter keeps itself: it knows that also of an object
    /// that it can't reach, so that what it leaves out is unset.
    pub is_place: bool,
    /// The id that earlier releases stored its values by.
    pub formerly: Option<&'static str>,
    /// vSphere API version in which the path exists since, major and minor.
    pub since: (u16, u16),
    /// Other names it can be asked for by.
    pub aliases: &'static [&'static str],
    /// Whether it only serves other columns; every other one is in JSON, exports and the column list.
    pub is_internal: bool,
    /// Where it leads.
    pub link: Option<Link>,
    /// vSphere's words among its values, and those for people.
    pub terms: Terms,
    /// Whether its values are IP addresses.
    pub is_address: bool,
    /// Whether its values are names of hosts, which people know without their domain.
    pub is_host_name: bool,
    /// Whether the sum of its values over many rows means something.
    pub is_summed: bool,
    /// Whether its values are measured anew each time: another one is no change that a history tells.
    pub is_volatile: bool,
    /// Whether it is so much to read that only full syncs ask for it; else it stays as it is known.
    pub is_heavy: bool,
    /// Whether it is so much that not even each of those does: once a week is enough.
    pub is_weekly: bool,
    /// Where its value comes from.
    pub get: Get,
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            id: &'a str,
            title: &'a str,
            r#type: Type,
            unit: Option<Unit>,
            source: &'a str,
            aliases: &'a [&'static str],
        }
        let Column { id, title, ty, unit, aliases, .. } = self;
        let source = &self.origin();
        Shown { id, title, r#type: *ty, unit: *unit, source, aliases }.serialize(serializer)
    }
}

/// Every vSphere server that Muster speaks to knows what 5.5 knew.
const BASE: (u16, u16) = (5, 5);

impl Column {
    /// Whether it is kept as it was read, and not computed of others.
    pub fn is_stored(&self) -> bool {
        matches!(self.get, Get::Stored { .. })
    }

    fn stored(id: &'static str, title: &'static str, source: &'static str, shape: Shape) -> Column {
        let (ty, unit) = shape.column_type();
        Column {
            id: id.into(),
            title: title.into(),
            ty,
            unit,
            source: source.into(),
            field: None,
            subtype: None,
            is_place: false,
            formerly: None,
            since: BASE,
            aliases: &[],
            is_internal: false,
            link: None,
            terms: &[],
            is_address: matches!(shape, Shape::Addresses(_) | Shape::VnicAddresses(_)),
            is_host_name: false,
            is_summed: false,
            is_volatile: false,
            is_heavy: false,
            is_weekly: false,
            // The schema numbers the slots when it has all columns.
            get: Get::Stored { slot: usize::MAX, shape },
        }
    }

    fn derived(
        id: &'static str,
        title: &'static str,
        source: &'static str,
        from: &'static [&'static str],
        value: fn(&Row<'_>) -> Value,
    ) -> Column {
        let get = Get::Derived { from, value, beyond: |_| None };
        Column { get, ..Column::stored(id, title, source, Shape::Text) }
    }

    /// Says why a derived column that leads through other objects ends at one of them.
    fn beyond(mut self, why: fn(&Row<'_>) -> Option<Missing>) -> Column {
        if let Get::Derived { beyond, .. } = &mut self.get {
            *beyond = why;
        }
        self
    }

    fn ty(mut self, ty: Type) -> Column {
        self.ty = ty;
        self
    }

    fn unit(mut self, unit: Unit) -> Column {
        self.unit = Some(unit);
        self
    }

    fn field(mut self, field: &'static str) -> Column {
        self.field = Some(field);
        self
    }

    fn of(mut self, subtype: &'static str) -> Column {
        self.subtype = Some(subtype);
        self
    }

    fn place(mut self) -> Column {
        self.is_place = true;
        self
    }

    fn formerly(mut self, id: &'static str) -> Column {
        self.formerly = Some(id);
        self
    }

    fn since(mut self, major: u16, minor: u16) -> Column {
        self.since = (major, minor);
        self
    }

    fn alias(mut self, aliases: &'static [&'static str]) -> Column {
        self.aliases = aliases;
        self
    }

    fn links(mut self, link: Link) -> Column {
        self.link = Some(link);
        self
    }

    fn terms(mut self, terms: Terms) -> Column {
        self.terms = terms;
        self
    }

    fn address(mut self) -> Column {
        self.is_address = true;
        self
    }

    fn host_name(mut self) -> Column {
        self.is_host_name = true;
        self
    }

    fn summed(mut self) -> Column {
        self.is_summed = true;
        self
    }

    fn volatile(mut self) -> Column {
        self.is_volatile = true;
        self
    }

    fn heavy(mut self) -> Column {
        self.is_heavy = true;
        self
    }

    fn weekly(mut self) -> Column {
        self.is_weekly = true;
        self.heavy()
    }

    /// Whether a reading asks for it.
    pub fn is_due(&self, due: Due) -> bool {
        (due.heavy || !self.is_heavy) && (due.weekly || !self.is_weekly)
    }

    /// A share of a whole, in percent.
    fn percent(self) -> Column {
        self.ty(Type::Decimal).unit(Unit::Percent)
    }

    /// A number that is computed.
    fn number(self, unit: Unit) -> Column {
        self.ty(Type::Integer).unit(unit)
    }

    fn internal(mut self) -> Column {
        self.is_internal = true;
        self
    }

    /// Where its value stands, for people: the property path, and the field of its value that is read.
    pub fn origin(&self) -> Cow<'static, str> {
        match self.field {
            Some(field) => format!("{}.{field}", self.source).into(),
            None => self.source.clone(),
        }
    }

    /// The id that a change of a stored value is told under: that of the column that shows what it refers to.
    pub fn property(&self) -> String {
        let many = self.id.strip_suffix("_refs").map(|one| format!("{one}s"));
        let one = self.id.strip_suffix("_ref").or_else(|| self.id.strip_suffix("_moref")).map(str::to_owned);
        many.or(one).unwrap_or_else(|| self.id.clone().into_owned())
    }

    /// Whether it goes by this name, without regard to case.
    fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }
}

/// What a reading asks for beside what each of them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What is heavy.
    pub heavy: bool,
    /// What is read once a week.
    pub weekly: bool,
}

impl Due {
    /// All there is.
    pub const EVERYTHING: Due = Due { heavy: true, weekly: true };
}

/// The columns of a kind.
#[derive(Debug)]
pub struct Schema {
    kind: Kind,
    columns: Vec<Column>,
    stored: Vec<usize>,
    slots: HashMap<Cow<'static, str>, usize>,
}

impl Schema {
    fn new(kind: Kind, mut columns: Vec<Column>) -> Schema {
        let mut stored = Vec::new();
        let mut slots = HashMap::new();
        for (position, column) in columns.iter_mut().enumerate() {
            if let Get::Stored { slot, .. } = &mut column.get {
                *slot = stored.len();
                slots.insert(column.id.clone(), *slot);
                slots.extend(column.formerly.map(|id| (id.into(), *slot)));
                stored.push(position);
            }
        }
        Schema { kind, columns, stored, slots }
    }

    /// Every column that users can ask for.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.is_internal)
    }

    /// The columns that stand in an object's document, internal ones included, in the order of their slots.
    pub fn stored(&self) -> impl ExactSizeIterator<Item = (&Column, Shape)> {
        self.stored.iter().map(|position| {
            let column = &self.columns[*position];
            match column.get {
                Get::Stored { shape, .. } => (column, shape),
                _ => unreachable!("only stored columns are numbered"),
            }
        })
    }

    /// The columns whose source is a property that a server is asked for. Several may share one.
    pub fn asked(&self) -> impl Iterator<Item = &Column> {
        self.stored().filter(|(_, shape)| shape.is_property()).map(|(column, _)| column)
    }

    /// The column that a change is told by: the one of this id, or the stored one whose changes have it.
    pub fn changing(&self, property: &str) -> Option<&Column> {
        let told = || self.stored().map(|(column, _)| column).find(|column| column.property() == property);
        self.columns().find(|column| *column.id == *property).or_else(told)
    }

    /// Place of a stored column in `Object::values`.
    pub fn slot(&self, id: &str) -> Option<usize> {
        self.slots.get(id).copied()
    }

    /// The column of that name: its id, an alias, or the title that people read above it.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let called = self.columns().find(|column| column.is_called(name));
        called.or_else(|| self.columns().find(|column| column.title.eq_ignore_ascii_case(name)))
    }

    /// The same, or an error that lists the columns there are.
    pub fn named(&self, name: &str) -> Result<&Column, ApiError> {
        self.column(name.trim()).ok_or_else(|| {
            let known: Vec<&str> = self.columns().map(|column| &*column.id).collect();
            let message = format!("{} have no column \"{name}\"", self.kind.plural());
            ApiError::new(Code::InvalidValue, message)
                .next(format!("Their columns are: {}.", known.join(", ")))
        })
    }
}

/// The columns of a kind. Columns that differ per vCenter (custom attributes, tags) will join a schema of their
/// own vCenter; that is why ids and titles need not be static.
pub fn of(kind: Kind) -> &'static Arc<Schema> {
    static SCHEMAS: LazyLock<BTreeMap<Kind, Arc<Schema>>> = LazyLock::new(|| {
        let with_identity = |kind| {
            let mut columns = columns_of(kind);
            columns.extend(identity());
            (kind, Arc::new(Schema::new(kind, columns)))
        };
        Kind::ALL.into_iter().map(with_identity).collect()
    });
    &SCHEMAS[&kind]
}

/// The columns that every row of every kind begins with in JSON.
pub const IDENTITY: [&str; 5] = ["vcenter", "vcenter_instance_uuid", "kind", "moref", "synced_at"];

/// These columns, which are the same for every kind.
pub fn of_identity() -> impl Iterator<Item = &'static Column> {
    IDENTITY.iter().filter_map(|id| of(Kind::Vms).column(id))
}

fn identity() -> [Column; 5] {
    let column = |id, title, source, value| Column {
        get: Get::Identity(value),
        ..Column::stored(id, title, source, Shape::Text)
    };
    [
        column("vcenter", "vCenter", "configuration", |row| Value::text(&*row.vcenter.name)),
        column("vcenter_instance_uuid", "vCenter instance UUID", "about.instanceUuid", |row| {
            row.vcenter.instance_uuid.as_deref().map(Value::text).into()
        }),
        column("kind", "Kind", "type of the object", |row| Value::text(row.object.kind.name())),
        column("moref", "Moref", "managed object reference", |row| Value::text(row.object.moref.clone())),
        column("synced_at", "Synced", "beginning of the sync that read it", |row| {
            row.synced_at().map(|time| Value::Int(time.0)).into()
        })
        .ty(Type::Time),
    ]
}

fn columns_of(kind: Kind) -> Vec<Column> {
    match kind {
        Kind::Datacenters => place::datacenters(),
        Kind::Folders => place::folders(),
        Kind::StandaloneHosts => place::standalone_hosts(),
        Kind::Clusters => compute::clusters(),
        Kind::Hosts => compute::hosts(),
        Kind::ResourcePools => compute::resource_pools(),
        Kind::Vms => vms::vms(),
        Kind::Snapshots => vms::snapshots(),
        Kind::Datastores => storage::datastores(),
        Kind::Networks => storage::networks(),
    }
}
